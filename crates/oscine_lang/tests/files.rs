//! `np.load`: what is in the files that numpy writes, byte for byte as its format says (NEP 1; APPNOTE for archives).

use std::path::PathBuf;

use oscine_lang::evaluate::{LoadOptions, load};

const OPTIONS: LoadOptions = LoadOptions { sample_rate: 48000.0, block_frames: 64 };

/// A `.npy` file of version 1.0.
fn npy(descr: &str, is_fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// An archive of one file, kept as it is (method 0) or said to be compressed (method 8).
fn archive(name: &str, content: &[u8], method: u16) -> Vec<u8> {
    let sizes = [(content.len() as u32).to_le_bytes(), (content.len() as u32).to_le_bytes()].concat();
    let lengths = [(name.len() as u16).to_le_bytes(), [0, 0]].concat();
    // Version, flags, method, time, date, checksum.
    let common = [&[20, 0, 0, 0][..], &method.to_le_bytes(), &[0; 8], &sizes, &lengths].concat();
    let mut bytes = [b"PK\x03\x04", &common[..], name.as_bytes(), content].concat();
    let start = bytes.len() as u32;
    let directory = [b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &[0; 4], name.as_bytes()].concat();
    bytes.extend(&directory);
    let end = [&[0, 0, 0, 0, 1, 0, 1, 0][..], &(directory.len() as u32).to_le_bytes(), &start.to_le_bytes(), &[0, 0]];
    bytes.extend([b"PK\x05\x06", &end.concat()[..]].concat());
    bytes
}

/// What a script prints that reads this file, or the first words of its failure.
fn printed(name: &str, bytes: &[u8], script: &str) -> String {
    let root: PathBuf = std::env::temp_dir().join(format!("oscine-files-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&root).expect("a folder");
    let file = root.join("data.npy");
    std::fs::write(&file, bytes).expect("a file");
    let text = format!("import numpy as np\na = np.load({:?})\n{script}\n", file.display().to_string());
    let mut output = String::new();
    let loaded = load(&root.join("script.py"), text, OPTIONS, &mut |text| output.push_str(text)).map(|_| ());
    std::fs::remove_dir_all(&root).expect("the folder goes");
    match loaded {
        Ok(()) => output,
        Err(failure) => failure.diagnostics[0].message.replace(&file.display().to_string(), "FILE"),
    }
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn arrays_of_every_kind_are_read() {
    let rows = npy("<f8", false, "(2, 3)", &doubles(&[1.0, 2.0, 3.0, 4.0, 5.5, 6.0]));
    assert_eq!(printed("rows", &rows, "print(a, a.dtype)"), "[[1.  2.  3. ]\n [4.  5.5 6. ]] float64\n");
    let columns = npy("<f8", true, "(2, 3)", &doubles(&[1.0, 4.0, 2.0, 5.5, 3.0, 6.0]));
    assert_eq!(printed("columns", &columns, "print(a[1], a.shape)"), "[4.  5.5 6. ] (2, 3)\n");
    let single: Vec<u8> = [0.1f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let single = npy("<f4", false, "(2,)", &single);
    assert_eq!(
        printed("single", &single, "print(a, a.dtype, a.astype(np.float64)[0])"),
        "[ 0.1 -2. ] float32 0.10000000149011612\n"
    );
    let shorts: Vec<u8> = [-2i16, 300].iter().flat_map(|value| value.to_be_bytes()).collect();
    assert_eq!(printed("shorts", &npy(">i2", false, "(2,)", &shorts), "print(a)"), "[ -2 300]\n");
    assert_eq!(printed("bytes", &npy("|u1", false, "(3,)", &[1, 200, 255]), "print(a + 1)"), "[  2 201 256]\n");
    assert_eq!(printed("truth", &npy("|b1", false, "(2,)", &[1, 0]), "print(a)"), "[ True False]\n");
    assert_eq!(printed("scalar", &npy("<f8", false, "()", &doubles(&[2.5])), "print(a * 2)"), "5.0\n");
}

#[test]
fn archives_are_dicts_of_arrays() {
    let inner = npy("<f8", false, "(2,)", &doubles(&[1.0, -1.0]));
    assert_eq!(printed("archive", &archive("w.npy", &inner, 0), "print(a['w'], list(a))"), "[ 1. -1.] ['w']\n");
    let words = printed("packed", &archive("w.npy", &inner, 8), "");
    assert!(words.contains("not by `np.savez_compressed`"), "{words}");
}

#[test]
fn what_is_no_array_is_said_to_be_none() {
    let whole = npy("<f8", false, "(2,)", &doubles(&[1.0, 2.0]));
    for length in 0..whole.len() {
        let words = printed("cut", &whole[..length], "");
        assert!(words.starts_with("ValueError: 'FILE' cannot be read as an array: "), "{length}: {words}");
    }
    let zipped = archive("w.npy", &whole, 0);
    for length in 2..zipped.len() - 2 {
        let words = printed("cut-archive", &zipped[..length], "");
        assert!(words.starts_with("ValueError: 'FILE' cannot be read as an array: "), "{length}: {words}");
    }
    let objects = printed("objects", &npy("|O", false, "(1,)", &[0; 8]), "");
    assert!(objects.contains("its elements are no numbers"), "{objects}");
    let huge = printed("huge", &npy("<f8", false, "(99999999999, 99999999999)", &[]), "");
    assert!(huge.contains("its shape makes no sense"), "{huge}");
}
