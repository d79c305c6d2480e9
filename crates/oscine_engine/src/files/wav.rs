//! RIFF WAVE through hound: 32-bit float, 16-bit or 24-bit integers.

use std::fs::File;
use std::io::BufWriter;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::FileProblem;
use super::quantise::quantise;
use super::writer::{Sink, Subtype};

/// RIFF counts bytes in 32 bits; the rest is room for the headers (at most 68 + 12 bytes).
const MAX_DATA_BYTES: u64 = u32::MAX as u64 - 128;

pub(super) struct WavSink {
    writer: WavWriter<BufWriter<File>>,
    subtype: Subtype,
    data_bytes: u64,
}

impl WavSink {
    pub(super) fn new(file: File, subtype: Subtype, rate: u32, channels: usize) -> Result<Self, FileProblem> {
        let channels = u16::try_from(channels)
            .map_err(|_| FileProblem::Unsupported(format!("wav holds at most 65535 channels, not {channels}")))?;
        let (bits_per_sample, sample_format) = match subtype {
            Subtype::Float => (32, SampleFormat::Float),
            Subtype::Pcm16 => (16, SampleFormat::Int),
            Subtype::Pcm24 => (24, SampleFormat::Int),
        };
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
        let writer = WavWriter::new(BufWriter::new(file), spec).map_err(from_hound)?;
        Ok(Self { writer, subtype, data_bytes: 0 })
    }
}

impl Sink for WavSink {
    fn write(&mut self, channels: &[&[f64]]) -> Result<(), FileProblem> {
        let bits = u32::from(self.writer.spec().bits_per_sample);
        let frames = channels[0].len();
        self.data_bytes = grown(self.data_bytes, (frames * channels.len()) as u64 * u64::from(bits / 8))?;
        for frame in 0..frames {
            for channel in channels {
                let sample = channel[frame];
                match self.subtype {
                    Subtype::Float => self.writer.write_sample(sample as f32),
                    Subtype::Pcm16 | Subtype::Pcm24 => self.writer.write_sample(quantise(sample, bits)),
                }
                .map_err(from_hound)?;
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), FileProblem> {
        self.writer.flush().map_err(from_hound)
    }

    fn finish(self: Box<Self>) -> Result<(), FileProblem> {
        self.writer.finalize().map_err(from_hound)
    }
}

/// The size of the data after `more` bytes, if a RIFF file can hold them.
fn grown(data_bytes: u64, more: u64) -> Result<u64, FileProblem> {
    let grown = data_bytes + more;
    if grown <= MAX_DATA_BYTES {
        Ok(grown)
    } else {
        Err(FileProblem::Unsupported("a wav file holds at most 4 GiB; write .flac or .npy".to_owned()))
    }
}

fn from_hound(error: hound::Error) -> FileProblem {
    match error {
        hound::Error::IoError(error) => FileProblem::Io(error),
        error => FileProblem::Unsupported(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DATA_BYTES, grown};

    #[test]
    fn a_wav_file_stops_short_of_four_gibibytes() {
        assert_eq!(grown(MAX_DATA_BYTES - 4, 4).ok(), Some(MAX_DATA_BYTES));
        assert!(grown(MAX_DATA_BYTES - 4, 8).is_err());
    }
}
