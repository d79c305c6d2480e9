//! `numpy.load`: arrays from `.npy` files and from `.npz` archives that are not compressed.
//!
//! The format of the former is numpy's own (NEP 1): a magic word, a header that is a Python dict, then the numbers. An
//! archive is a zip file (PKWARE's APPNOTE) of such files.

use std::rc::Rc;

use super::super::{Audio, Contribution, Entry};
use crate::evaluate::array::bind;
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dict, Dtype, Items, Name, Raised, Result, Value};

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[Entry {
    name: "numpy.load",
    load: |it, args| {
        let bound = bind("load", args, &["file", "mmap_mode", "allow_pickle"])?;
        let path = it.str(bound.required(0)?)?;
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                raise("FileNotFoundError", format!("[Errno 2] No such file or directory: '{path}'"))
            }
            _ => raise("OSError", format!("cannot read '{path}': {error}")),
        })?;
        if bytes.starts_with(b"PK") {
            let arrays = Rc::new(Dict::new(Items::default()));
            for (name, bytes) in members(&bytes, &path)? {
                it.dict_set(&arrays, &Value::Str(Name::from(name)), Value::Array(array(bytes, &path)?))?;
            }
            return Ok(Value::Dict(arrays));
        }
        array(&bytes, &path).map(Value::Array)
    },
    audio: Audio::LoadOnly,
}];

fn broken(path: &str, words: &str) -> Box<Raised> {
    raise("ValueError", format!("'{path}' cannot be read as an array: {words}"))
}

/// The number of two or four bytes, the lowest first, at a place.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let part = bytes.get(at..at.checked_add(width)?)?;
    Some(part.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// The array that a `.npy` file is.
fn array(bytes: &[u8], path: &str) -> Result<Array> {
    let error = |words: &str| broken(path, words);
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(error("it is no .npy or .npz file"));
    }
    let (width, first) = if bytes.get(6) == Some(&1) { (2, 10) } else { (4, 12) };
    let length = number(bytes, 8, width).ok_or_else(|| error("its header is cut off"))?;
    let end = first + length;
    let header = bytes.get(first..end).ok_or_else(|| error("its header is cut off"))?;
    let header = String::from_utf8_lossy(header).into_owned();
    let after = |key: &str| header.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim_start());
    let descr = after("descr").unwrap_or_default();
    let kind = descr.strip_prefix('\'').and_then(|rest| rest.split('\'').next()).unwrap_or(descr);
    let is_reversed = after("fortran_order").is_some_and(|rest| rest.starts_with("True"));
    let shape = after("shape").and_then(|rest| rest.strip_prefix('(')?.split(')').next()).unwrap_or_default();
    let shape: std::result::Result<Vec<usize>, _> =
        shape.split(',').map(str::trim).filter(|length| !length.is_empty()).map(str::parse).collect();
    let shape = shape.map_err(|_| error("its shape makes no sense"))?;
    let count = shape.iter().try_fold(1usize, |count, length| count.checked_mul(*length));
    let count = count.ok_or_else(|| error("its shape makes no sense"))?;
    let data = &bytes[end..];
    let wide: usize = kind.get(2..).and_then(|width| width.parse().ok()).unwrap_or_default();
    let is_big = kind.starts_with('>');
    let fits = wide > 0 && wide <= 16 && count.checked_mul(wide).is_some_and(|size| size <= data.len());
    if !fits {
        return Err(error(if wide == 0 { "its elements are no numbers" } else { "it is cut off" }));
    }
    let words = data.chunks_exact(wide).take(count).map(|chunk| {
        let mut word = [0; 16];
        word[..wide].copy_from_slice(chunk);
        if is_big {
            word[..wide].reverse();
        }
        word
    });
    let unsigned =
        |word: &[u8; 16]| u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
    let single = |word: &[u8; 16]| f32::from_bits(unsigned(word) as u32);
    let signed = |word: &[u8; 16]| {
        let empty = 64 - 8 * wide.min(8);
        (unsigned(word) << empty) as i64 >> empty
    };
    let (dtype, cells) = match (kind.as_bytes().get(1), wide) {
        (Some(b'f'), 8) => (Dtype::Float, Cells::Float(words.map(|w| f64::from_bits(unsigned(&w))).collect())),
        (Some(b'f'), 4) => (Dtype::Float32, Cells::Float(words.map(|w| f64::from(single(&w))).collect())),
        (Some(b'i'), 1 | 2 | 4 | 8) => (Dtype::Int, Cells::Int(words.map(|w| signed(&w)).collect())),
        (Some(b'u'), 1 | 2 | 4) => (Dtype::Int, Cells::Int(words.map(|w| unsigned(&w) as i64).collect())),
        (Some(b'b'), 1) => (Dtype::Bool, Cells::Bool(words.map(|w| w[0] != 0).collect())),
        (Some(b'c'), 16) => {
            let half = |word: &[u8; 16]| {
                [&word[..8], &word[8..]]
                    .map(|half| f64::from_bits(half.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte))))
            };
            let pairs = words.map(|w| half(&w)).map(|[re, im]| (re, im));
            (Dtype::Complex, Cells::Complex(pairs.collect()))
        }
        _ => return Err(error(&format!("elements of type '{kind}' are not known here"))),
    };
    if is_reversed {
        let reversed = shape.iter().rev().copied().collect();
        let axes: Vec<usize> = (0..shape.len()).rev().collect();
        return Ok(Array::from_cells(dtype, reversed, cells).permuted(&axes).copied());
    }
    Ok(Array::from_cells(dtype, shape, cells))
}

/// The names and bytes of the files in an archive, by its central directory.
fn members<'b>(bytes: &'b [u8], path: &str) -> Result<Vec<(String, &'b [u8])>> {
    let error = |words: &str| broken(path, words);
    let cut = || error("the archive is cut off");
    let end = bytes.windows(4).rposition(|word| word == b"PK\x05\x06").ok_or_else(cut)?;
    let count = number(bytes, end + 10, 2).ok_or_else(cut)?;
    let mut at = number(bytes, end + 16, 4).ok_or_else(cut)?;
    let mut found = vec![];
    for _ in 0..count {
        let part = |offset: usize, width: usize| number(bytes, at + offset, width).ok_or_else(cut);
        let (method, size, start) = (part(10, 2)?, part(20, 4)?, part(42, 4)?);
        let (name_length, extra, comment) = (part(28, 2)?, part(30, 2)?, part(32, 2)?);
        let name = bytes.get(at + 46..at + 46 + name_length).ok_or_else(cut)?;
        let name = String::from_utf8_lossy(name).trim_end_matches(".npy").to_owned();
        if method != 0 {
            return Err(error("the archive is compressed: write it by `np.savez`, not by `np.savez_compressed`"));
        }
        let (own_name, own_extra) =
            (number(bytes, start + 26, 2).ok_or_else(cut)?, number(bytes, start + 28, 2).ok_or_else(cut)?);
        let first = start + 30 + own_name + own_extra;
        found.push((name, bytes.get(first..first.saturating_add(size)).ok_or_else(cut)?));
        at += 46 + name_length + extra + comment;
    }
    Ok(found)
}
