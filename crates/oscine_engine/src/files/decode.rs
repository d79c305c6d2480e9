//! wav, flac, mp3 and ogg vorbis, decoded by symphonia into f64.

use std::fs::File;
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::{FileProblem, Sound};

/// A frame count that only a header which does not know its length would give: that of 2 GiB of 8-bit mono and more.
const UNKNOWN_LENGTH_FRAMES: u64 = 0x7fff_0000;
/// A lossy codec's count may differ from its header's by the frames of a packet or two.
const LOSSY_SLACK_FRAMES: u64 = 4096;

/// Decodes the first sound track. The name's ending is a hint to the prober, no more.
pub(super) fn read(file: File, path: &Path) -> Result<Sound, FileProblem> {
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    if let Some(ending) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(ending);
    }
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| match error {
            Error::DecodeError(what) | Error::LimitError(what) => FileProblem::Damaged(what.to_owned()),
            _ => FileProblem::UnknownFormat,
        })?;
    let track = format.default_track(TrackType::Audio).ok_or(FileProblem::UnknownFormat)?;
    let (track_id, promised) = (track.id, track.num_frames);
    let params = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or_else(|| FileProblem::Unsupported("holds sound in a codec that oscine does not read".to_owned()))?;
    let is_lossless = params.bits_per_sample.is_some();
    let sample_rate = params.sample_rate.map(f64::from);
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|_| FileProblem::Unsupported("holds sound in a codec that oscine does not read".to_owned()))?;

    let mut channels: Vec<Vec<f64>> = Vec::new();
    let mut planes: Vec<Vec<f64>> = Vec::new();
    let mut frames = 0u64;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) | Err(Error::ResetRequired) => break,
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(in_the_middle(&error, frames)),
        };
        if packet.track_id != track_id {
            continue;
        }
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            // A truncated last packet shows in the count of frames below.
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(in_the_middle(&error, frames)),
        };
        decoded.copy_to_vecs_planar::<f64>(&mut planes);
        if channels.is_empty() {
            channels.resize(decoded.num_planes(), Vec::new());
        } else if channels.len() != decoded.num_planes() {
            return Err(FileProblem::Damaged(format!("its number of channels changes at frame {frames}")));
        }
        for (channel, plane) in channels.iter_mut().zip(&planes) {
            channel.extend_from_slice(plane);
        }
        frames += decoded.frames() as u64;
    }
    let slack = if is_lossless { 0 } else { LOSSY_SLACK_FRAMES };
    match promised {
        Some(promised) if promised < UNKNOWN_LENGTH_FRAMES && frames + slack < promised => {
            Err(FileProblem::Truncated { found: frames, promised })
        }
        _ => Ok(Sound { sample_rate, channels }),
    }
}

fn in_the_middle(error: &Error, frames: u64) -> FileProblem {
    match error {
        Error::DecodeError(what) | Error::Unsupported(what) | Error::LimitError(what) => {
            FileProblem::Damaged(format!("{what}, after frame {frames}"))
        }
        error => FileProblem::Damaged(format!("{error}, after frame {frames}")),
    }
}
