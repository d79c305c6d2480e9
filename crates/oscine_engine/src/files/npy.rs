//! npy arrays as sound: `(frames,)` or `(frames, channels)`, floats as they are, integers as wav's would be.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use npyz::{NpyFile, Order, TypeChar};

use super::writer::Sink;
use super::{FileProblem, Sound};

/// Reads an array of float64, float32, int8, int16, int32 (`k / 2^(bits-1)`) or uint8 (offset 128, as in wav).
pub(super) fn read<R: Read>(reader: BufReader<R>) -> Result<Sound, FileProblem> {
    let npy = NpyFile::new(reader).map_err(|error| FileProblem::Damaged(error.to_string()))?;
    let shape = npy.shape().to_vec();
    let (frames, channel_count) = match shape[..] {
        [frames] => (frames as usize, 1),
        [frames, channels] => (frames as usize, channels as usize),
        _ => {
            return Err(FileProblem::Unsupported(format!(
                "its array has {} dimensions; sound is (frames,) or (frames, channels)",
                shape.len()
            )));
        }
    };
    let by_rows = npy.order() == Order::C;
    let flat = read_values(npy)?;
    let at = |frame: usize, channel: usize| {
        if by_rows { flat[frame * channel_count + channel] } else { flat[channel * frames + frame] }
    };
    let channels = (0..channel_count).map(|channel| (0..frames).map(|frame| at(frame, channel)).collect()).collect();
    Ok(Sound { sample_rate: None, channels })
}

fn read_values<R: Read>(npy: NpyFile<R>) -> Result<Vec<f64>, FileProblem> {
    let promised = npy.shape().first().copied().unwrap_or(0);
    let per_frame = npy.shape().get(1).copied().unwrap_or(1).max(1);
    let dtype = npy.dtype();
    let unsupported = || {
        FileProblem::Unsupported(format!(
            "its dtype is {}; sound is float64, float32, int8, int16, int32 or uint8",
            dtype.descr()
        ))
    };
    let npyz::DType::Plain(scalar) = &dtype else { return Err(unsupported()) };
    let (kind, bytes) = (scalar.type_char(), scalar.size_field());
    macro_rules! values {
        ($sample:ty, $to_f64:expr) => {{
            let mut values = Vec::new();
            for value in npy.data::<$sample>().map_err(|_| unsupported())? {
                match value {
                    Ok(value) => values.push($to_f64(value)),
                    Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                        return Err(FileProblem::Truncated { found: values.len() as u64 / per_frame, promised });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(values)
        }};
    }
    match (kind, bytes) {
        (TypeChar::Float, 8) => values!(f64, |value| value),
        (TypeChar::Float, 4) => values!(f32, f64::from),
        (TypeChar::Int, 1) => values!(i8, |value| f64::from(value) / 128.0),
        (TypeChar::Int, 2) => values!(i16, |value| f64::from(value) / 32_768.0),
        (TypeChar::Int, 4) => values!(i32, |value| f64::from(value) / 2_147_483_648.0),
        (TypeChar::Uint, 1) => values!(u8, |value| (f64::from(value) - 128.0) / 128.0),
        _ => Err(unsupported()),
    }
}

/// Bytes of the header: room for any length, and a multiple of 64 as the format wants it.
const HEADER_BYTES: usize = 128;

/// Writes float64, `(frames,)` for one channel, else `(frames, channels)`; the length enters the header, which is that of
/// version 1.0 (numpy.lib.format), at the end and at each checkpoint.
pub(super) struct NpySink {
    file: BufWriter<File>,
    channels: usize,
    frames: u64,
}

impl NpySink {
    pub(super) fn new(file: File, channels: usize) -> Result<Self, FileProblem> {
        let mut sink = Self { file: BufWriter::new(file), channels, frames: 0 };
        sink.write_header()?;
        Ok(sink)
    }

    fn write_header(&mut self) -> Result<(), FileProblem> {
        let channels = if self.channels == 1 { String::new() } else { self.channels.to_string() };
        let array = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {channels}), }}", self.frames);
        let mut header = b"\x93NUMPY\x01\x00".to_vec();
        header.extend((HEADER_BYTES as u16 - 10).to_le_bytes());
        header.extend(array.as_bytes());
        header.resize(HEADER_BYTES - 1, b' ');
        header.push(b'\n');
        Ok(self.file.write_all(&header)?)
    }
}

impl Sink for NpySink {
    fn write(&mut self, channels: &[&[f64]]) -> Result<(), FileProblem> {
        let frames = channels[0].len();
        for frame in 0..frames {
            for channel in channels {
                self.file.write_all(&channel[frame].to_le_bytes())?;
            }
        }
        self.frames += frames as u64;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), FileProblem> {
        self.file.rewind()?;
        self.write_header()?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), FileProblem> {
        self.checkpoint()
    }
}
