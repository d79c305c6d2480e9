//! The channel mask of an extensible wav file, which says where each channel's loudspeaker stands.
//!
//! The decoder completes a mask that has fewer bits than the file has channels, and has room for 32 of them: a file with
//! more, or whose mask leaves no room above its highest bit, is refused before it gets there. ("Multiple Channel Audio
//! Data and WAVE Files", Microsoft, 2007.)

use std::io::{Read, Seek, SeekFrom};

use super::FileProblem;

const EXTENSIBLE: u16 = 0xfffe;
/// The mask's place in the format chunk, and the bytes of that up to its end.
const MASK_AT: usize = 20;
const FORMAT_BYTES: u64 = 24;
/// Chunks that are looked at before the format's.
const MOST_CHUNKS: usize = 64;

/// Whether the decoder can make sense of the mask, if the file has one.
pub(super) fn check(file: &mut (impl Read + Seek)) -> Result<(), FileProblem> {
    let Some(format) = format_chunk(file)? else { return Ok(()) };
    let half = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (tag, channels) = (half(0), u32::from(half(2)));
    let mask = u32::from(half(MASK_AT)) | u32::from(half(MASK_AT + 2)) << 16;
    let missing = channels.saturating_sub(mask.count_ones());
    let room = mask.leading_zeros();
    if tag != EXTENSIBLE || missing == 0 || (missing <= room && missing < 32) {
        return Ok(());
    }
    Err(FileProblem::Unsupported(if channels < 32 {
        format!("the file is damaged: its channel mask {mask:#x} is not for {channels} channels")
    } else {
        format!("is an extensible wav file of {channels} channels; of those, fewer than 32 are read")
    }))
}

/// The beginning of the chunk that says how samples are stored, if it is long enough to have a mask.
fn format_chunk(file: &mut (impl Read + Seek)) -> Result<Option<Vec<u8>>, FileProblem> {
    let next = |count: u64, file: &mut dyn Read| -> Result<Option<Vec<u8>>, FileProblem> {
        let mut bytes = vec![];
        file.take(count).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 == count).then_some(bytes))
    };
    match next(12, file)? {
        Some(start) if start.starts_with(b"RIFF") && start.ends_with(b"WAVE") => {}
        _ => return Ok(None),
    }
    for _ in 0..MOST_CHUNKS {
        let Some(head) = next(8, file)? else { return Ok(None) };
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        if head.starts_with(b"fmt ") {
            return if u64::from(length) < FORMAT_BYTES { Ok(None) } else { next(FORMAT_BYTES, file) };
        }
        // Chunks begin at even places.
        file.seek(SeekFrom::Current(i64::from(length) + i64::from(length % 2)))?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::check;

    fn checked(before: &[u8], channels: u16, mask: u32) -> Result<(), String> {
        let format = [&0xfffe_u16.to_le_bytes()[..], &channels.to_le_bytes(), &[0; 16], &mask.to_le_bytes()].concat();
        let bytes = [b"RIFF\0\0\0\0WAVE", before, b"fmt \x28\0\0\0", &format[..], &[0; 16]].concat();
        check(&mut Cursor::new(bytes)).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_mask_that_has_no_room_for_the_channels_is_refused() {
        let other = b"junk\x03\0\0\0abc\0";
        for before in [&b""[..], other] {
            for (channels, mask) in [(2, 3), (6, 0x3f), (8, 0x3f), (31, 0), (1, 0x8000_0000), (2, 0xff), (0, 7)] {
                assert_eq!(checked(before, channels, mask), Ok(()), "{channels}, {mask:#x}");
            }
            for channels in [32, 64, 65_535] {
                assert!(checked(before, channels, 3).is_err() || channels == 32, "{channels}");
                assert!(checked(before, channels, 0).unwrap_err().contains("fewer than 32 are read"), "{channels}");
            }
            let words = "the file is damaged: its channel mask 0x80000000 is not for 2 channels";
            assert_eq!(checked(before, 2, 0x8000_0000).unwrap_err(), words);
        }
    }

    #[test]
    fn what_is_no_extensible_wav_file_is_left_to_the_decoder() {
        for bytes in [
            &b""[..],
            b"RIFF",
            b"fLaC",
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\xff\xff",
            b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff",
        ] {
            assert!(check(&mut Cursor::new(bytes)).is_ok());
        }
    }
}
