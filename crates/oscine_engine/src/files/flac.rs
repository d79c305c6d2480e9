//! A lossless FLAC encoder: blocks of 4096 frames, each channel by itself as a constant, verbatim, or the residual of
//! a fixed polynomial predictor of order 0 to 4, Rice-coded in up to 64 partitions.
//!
//! Source: RFC 9639, sections 8 (stream), 9 (frames) and 9.2.5 (Rice codes). The checksum of the whole sound is left
//! at zero, which the format defines as "unknown"; every frame carries its own CRC.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};

use super::FileProblem;
use super::bits::{BitWriter, crc8, crc16};
use super::quantise::quantise;
use super::writer::{Sink, Subtype};

const BLOCK_FRAMES: usize = 4096;
const MAX_CHANNELS: usize = 8;
const MAX_RATE: u32 = 655_350;
const MAX_FRAMES: u64 = (1 << 36) - 1;
const MAX_PREDICTOR_ORDER: usize = 4;
const MAX_PARTITION_ORDER: u32 = 6;
/// The largest Rice parameter of the 4-bit and of the 5-bit coding; one more is the escape code.
const MAX_RICE_4: u32 = 14;
const MAX_RICE_5: u32 = 30;

pub(super) struct FlacSink {
    file: BufWriter<File>,
    bits: u32,
    rate: u32,
    /// Frames that wait for their block to be full, a vector a channel.
    pending: Vec<Vec<i32>>,
    blocks: u64,
    frames: u64,
    frame_bytes: BitWriter,
}

impl FlacSink {
    pub(super) fn new(file: File, subtype: Subtype, rate: u32, channels: usize) -> Result<Self, FileProblem> {
        if channels > MAX_CHANNELS {
            return Err(FileProblem::Unsupported(format!("flac holds at most 8 channels, not {channels}")));
        }
        if rate > MAX_RATE {
            return Err(FileProblem::Unsupported(format!("flac holds rates up to 655350 Hz, not {rate}")));
        }
        let bits = if subtype == Subtype::Pcm16 { 16 } else { 24 };
        let pending = vec![Vec::with_capacity(BLOCK_FRAMES); channels];
        let mut sink = Self {
            file: BufWriter::new(file),
            bits,
            rate,
            pending,
            blocks: 0,
            frames: 0,
            frame_bytes: BitWriter::new(),
        };
        sink.write_stream_info(0)?;
        Ok(sink)
    }

    /// Of a stream of so many frames; 0 means "unknown".
    fn write_stream_info(&mut self, frames: u64) -> Result<(), FileProblem> {
        let mut info = BitWriter::new();
        info.put(u64::from(u32::from_be_bytes(*b"fLaC")), 32);
        info.put(1, 1); // the last metadata block
        info.put(0, 7); // which is a STREAMINFO
        info.put(34, 24);
        info.put(BLOCK_FRAMES as u64, 16);
        info.put(BLOCK_FRAMES as u64, 16);
        info.put(0, 48); // sizes of frames in bytes: unknown
        info.put(u64::from(self.rate), 20);
        info.put(self.pending.len() as u64 - 1, 3);
        info.put(u64::from(self.bits) - 1, 5);
        info.put(frames, 36);
        info.put(0, 64);
        info.put(0, 64);
        Ok(self.file.write_all(info.bytes())?)
    }

    fn write_block(&mut self) -> Result<(), FileProblem> {
        let block_frames = self.pending[0].len();
        let out = &mut self.frame_bytes;
        out.clear();
        out.put(0b1111_1111_1111_1000, 16); // synchronisation, blocks of fixed size
        out.put(if block_frames == BLOCK_FRAMES { 0b1100 } else { 0b0111 }, 4);
        out.put(0, 4); // rate as in STREAMINFO
        out.put(self.pending.len() as u64 - 1, 4);
        out.put(if self.bits == 16 { 0b100 } else { 0b110 }, 3);
        out.put(0, 1);
        put_coded_number(out, self.blocks);
        if block_frames != BLOCK_FRAMES {
            out.put(block_frames as u64 - 1, 16);
        }
        let checksum = crc8(out.bytes());
        out.put(u64::from(checksum), 8);
        for samples in &self.pending {
            put_subframe(out, samples, self.bits);
        }
        out.align();
        let checksum = crc16(out.bytes());
        out.put(u64::from(checksum), 16);
        self.file.write_all(out.bytes())?;
        self.blocks += 1;
        self.pending.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

impl Sink for FlacSink {
    fn write(&mut self, channels: &[&[f64]]) -> Result<(), FileProblem> {
        self.frames += channels[0].len() as u64;
        if self.frames > MAX_FRAMES {
            return Err(FileProblem::Unsupported("a flac file holds at most 2^36 frames; write .npy".to_owned()));
        }
        let mut done = 0;
        while done < channels[0].len() {
            let count = (BLOCK_FRAMES - self.pending[0].len()).min(channels[0].len() - done);
            for (pending, channel) in self.pending.iter_mut().zip(channels) {
                pending.extend(channel[done..done + count].iter().map(|sample| quantise(*sample, self.bits)));
            }
            done += count;
            if self.pending[0].len() == BLOCK_FRAMES {
                self.write_block()?;
            }
        }
        Ok(())
    }

    /// Without the frames that wait for their block to be full: no block but the last may be shorter than the others.
    fn checkpoint(&mut self) -> Result<(), FileProblem> {
        let frames = self.frames - self.pending[0].len() as u64;
        self.file.rewind()?;
        self.write_stream_info(frames)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), FileProblem> {
        if !self.pending[0].is_empty() {
            self.write_block()?;
        }
        self.checkpoint()
    }
}

/// A number of up to 36 bits in the manner of UTF-8 (RFC 9639, section 9.1.5).
fn put_coded_number(out: &mut BitWriter, number: u64) {
    if number < 0x80 {
        return out.put(number, 8);
    }
    // Each further byte carries 6 bits; the first has as many ones as there are bytes, a zero, and the rest.
    let further = (1..=6).find(|n| number < 1 << (6 * n + 6 - n)).unwrap_or(6);
    out.put((0xff00 >> (further + 1)) & 0xff | number >> (6 * further), 8);
    for byte in (0..further).rev() {
        out.put(0x80 | (number >> (6 * byte)) & 0x3f, 8);
    }
}

fn put_subframe(out: &mut BitWriter, samples: &[i32], bits: u32) {
    let put_sample = |out: &mut BitWriter, sample: i32| out.put(sample as u64 & ((1 << bits) - 1), bits);
    if samples.iter().all(|sample| *sample == samples[0]) {
        out.put(0, 8);
        return put_sample(out, samples[0]);
    }
    let verbatim_bits = samples.len() as u64 * u64::from(bits);
    let (order, residual, partitions) = best_predictor(samples);
    if partitions.cost_bits + (order as u64) * u64::from(bits) >= verbatim_bits {
        out.put(0b0000_0010, 8);
        return samples.iter().for_each(|sample| put_sample(out, *sample));
    }
    out.put((0b00_1000 | order as u64) << 1, 8);
    samples[..order].iter().for_each(|sample| put_sample(out, *sample));
    put_residual(out, &residual, order, &partitions);
}

/// The predictor whose residual takes the fewest bits: its order, its residual folded to unsigned, its partitions.
fn best_predictor(samples: &[i32]) -> (usize, Vec<u64>, Partitions) {
    let mut difference: Vec<i64> = samples.iter().map(|sample| i64::from(*sample)).collect();
    let mut best: Option<(usize, Vec<u64>, Partitions)> = None;
    for order in 0..=MAX_PREDICTOR_ORDER.min(samples.len() - 1) {
        // The residual of order k + 1 is the difference of that of order k: the predictors are polynomials.
        if order > 0 {
            difference = difference.windows(2).map(|pair| pair[1] - pair[0]).collect();
        }
        let folded: Vec<u64> = difference.iter().map(|r| ((r << 1) ^ (r >> 63)) as u64).collect();
        let partitions = Partitions::best(&folded, order);
        if best.as_ref().is_none_or(|(.., least)| partitions.cost_bits < least.cost_bits) {
            best = Some((order, folded, partitions));
        }
    }
    best.expect("order 0 always applies")
}

/// A division of a block's residual into `2^order` parts, each with its Rice parameter.
struct Partitions {
    order: u32,
    parameters: Vec<u32>,
    cost_bits: u64,
}

impl Partitions {
    fn best(folded: &[u64], predictor_order: usize) -> Self {
        let block_frames = folded.len() + predictor_order;
        (0..=MAX_PARTITION_ORDER)
            .take_while(|order| block_frames.is_multiple_of(1 << order) && block_frames >> order > predictor_order)
            .map(|order| Self::of_order(folded, predictor_order, order))
            .min_by_key(|partitions| partitions.cost_bits)
            .expect("one partition always applies")
    }

    fn of_order(folded: &[u64], predictor_order: usize, order: u32) -> Self {
        let mut cost_bits = 6;
        let parameters = parts(folded, predictor_order, order)
            .map(|part| {
                let (parameter, bits) = best_rice(part);
                cost_bits += bits + 5;
                parameter
            })
            .collect();
        Self { order, parameters, cost_bits }
    }
}

/// The parts of a residual; the first lacks the frames that the predictor takes to start.
fn parts(folded: &[u64], predictor_order: usize, order: u32) -> impl Iterator<Item = &[u64]> {
    let part_frames = (folded.len() + predictor_order) >> order;
    (0..1usize << order).map(move |part| {
        let start = (part * part_frames).saturating_sub(predictor_order);
        &folded[start..(part + 1) * part_frames - predictor_order]
    })
}

/// The Rice parameter that takes the fewest bits, and these bits. A value `v` takes `(v >> k) + 1 + k` bits.
fn best_rice(part: &[u64]) -> (u32, u64) {
    let cost = |k: u32| part.iter().map(|value| (value >> k) + 1 + u64::from(k)).sum::<u64>();
    let mean = part.iter().sum::<u64>() / (part.len() as u64).max(1);
    // The optimum lies within one of the logarithm of the mean.
    let guess = (mean.max(1)).ilog2();
    (guess.saturating_sub(1)..=(guess + 1).min(MAX_RICE_5))
        .map(|k| (k, cost(k)))
        .min_by_key(|(_, bits)| *bits)
        .expect("the range holds at least one parameter")
}

fn put_residual(out: &mut BitWriter, folded: &[u64], predictor_order: usize, partitions: &Partitions) {
    let is_wide = partitions.parameters.iter().any(|k| *k > MAX_RICE_4);
    out.put(u64::from(is_wide), 2);
    out.put(u64::from(partitions.order), 4);
    let parameters = partitions.parameters.iter();
    for (part, k) in parts(folded, predictor_order, partitions.order).zip(parameters) {
        out.put(u64::from(*k), if is_wide { 5 } else { 4 });
        for value in part {
            out.put_zeros(value >> k);
            out.put(1 << k | value & ((1 << k) - 1), k + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BitWriter, put_coded_number};

    #[test]
    fn numbers_are_coded_as_utf_8_codes_them() {
        for number in [0u32, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000, 0x10_ffff] {
            let mut out = BitWriter::new();
            put_coded_number(&mut out, u64::from(number));
            let expected = char::from_u32(number).unwrap().to_string();
            assert_eq!(out.bytes(), expected.as_bytes(), "{number:#x}");
        }
        let mut out = BitWriter::new();
        put_coded_number(&mut out, (1 << 36) - 1);
        assert_eq!(out.bytes(), [0xfe, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf]);
    }
}
