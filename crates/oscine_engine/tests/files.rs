//! Files by their public face: what is written is what is read, and what is wrong is said.

use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use oscine_engine::files::{FileFormat, FileProblem, Sound, Subtype, Writer, read};

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("oscine-files-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A wav file by hand: format tag 1 for integers, 3 for floats.
fn wav(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let frame_bytes = channels * bits / 8;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16u32.to_le_bytes());
    bytes.extend_from_slice(&tag.to_le_bytes());
    bytes.extend_from_slice(&channels.to_le_bytes());
    bytes.extend_from_slice(&44_100u32.to_le_bytes());
    bytes.extend_from_slice(&(44_100 * u32::from(frame_bytes)).to_le_bytes());
    bytes.extend_from_slice(&frame_bytes.to_le_bytes());
    bytes.extend_from_slice(&bits.to_le_bytes());
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn write(path: &Path, format: FileFormat, sample_rate: f64, channels: &[Vec<f64>], block: usize) {
    let mut writer = Writer::create(path, format, sample_rate, channels.len()).unwrap();
    let frames = channels[0].len();
    for start in (0..frames).step_by(block) {
        let end = (start + block).min(frames);
        let slices: Vec<&[f64]> = channels.iter().map(|channel| &channel[start..end]).collect();
        writer.write(&slices).unwrap();
    }
    writer.finish().unwrap();
}

/// Samples that are whole numbers of `bits` bits, with everything that a coder may stumble on: silence, a tone,
/// full-scale noise, the extremes.
fn exact_samples(frames: usize, bits: u32, seed: u64) -> Vec<f64> {
    let full_scale = f64::from(1u32 << (bits - 1));
    let mut state = seed;
    (0..frames)
        .map(|n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 40) as f64 / f64::from(1u32 << 23) - 1.0;
            let value = match n / 1500 % 4 {
                0 => 0.0,
                1 => 0.7 * (n as f64 * 0.05).sin() + 0.01 * noise,
                2 => noise,
                _ => {
                    if n % 2 == 0 {
                        1.0
                    } else {
                        -1.0
                    }
                }
            };
            (value * full_scale).round().clamp(-full_scale, full_scale - 1.0) / full_scale
        })
        .collect()
}

#[test]
fn every_kind_of_wav_is_read_exactly() {
    let folder = Folder::new("wav-in");
    let cases: [(u16, u16, Vec<u8>, Vec<f64>); 6] = [
        (1, 8, vec![0, 1, 128, 255], vec![-1.0, -127.0 / 128.0, 0.0, 127.0 / 128.0]),
        (
            1,
            16,
            [-32_768i16, -1, 1, 32_767].iter().flat_map(|k| k.to_le_bytes()).collect(),
            [-32_768.0, -1.0, 1.0, 32_767.0].map(|k| k / 32_768.0).to_vec(),
        ),
        (
            1,
            24,
            [-8_388_608i32, -1, 1, 8_388_607].iter().flat_map(|k| k.to_le_bytes()[..3].to_vec()).collect(),
            [-8_388_608.0, -1.0, 1.0, 8_388_607.0].map(|k| k / 8_388_608.0).to_vec(),
        ),
        (
            1,
            32,
            [i32::MIN, -1, 1, i32::MAX].iter().flat_map(|k| k.to_le_bytes()).collect(),
            [f64::from(i32::MIN), -1.0, 1.0, f64::from(i32::MAX)].map(|k| k / 2_147_483_648.0).to_vec(),
        ),
        (
            3,
            32,
            [0.1f32, -2.5, 1e-30, 1.0].iter().flat_map(|x| x.to_le_bytes()).collect(),
            [0.1f32, -2.5, 1e-30, 1.0].map(f64::from).to_vec(),
        ),
        (
            3,
            64,
            [0.1f64, -2.5, 1e-300, 1.0].iter().flat_map(|x| x.to_le_bytes()).collect(),
            vec![0.1, -2.5, 1e-300, 1.0],
        ),
    ];
    for (tag, bits, data, expected) in cases {
        let mono = read(&folder.file("mono.wav", &wav(tag, 1, bits, &data))).unwrap();
        assert_eq!(mono, Sound { sample_rate: Some(44_100.0), channels: vec![expected.clone()] }, "{bits} bits");
        let stereo = read(&folder.file("stereo.wav", &wav(tag, 2, bits, &data))).unwrap();
        assert_eq!(stereo.channels, [vec![expected[0], expected[2]], vec![expected[1], expected[3]]], "{bits} bits");
    }
}

#[test]
fn wav_and_npy_come_back_as_written() {
    let folder = Folder::new("there-and-back");
    for channels in [1, 2, 5] {
        for frames in [1, 100, 5000] {
            let sound: Vec<Vec<f64>> = (0..channels).map(|c| exact_samples(frames, 16, c)).collect();
            for (name, format) in [
                ("a.wav", FileFormat::Wav(Subtype::Float)),
                ("b.wav", FileFormat::Wav(Subtype::Pcm16)),
                ("c.wav", FileFormat::Wav(Subtype::Pcm24)),
                ("d.npy", FileFormat::Npy),
            ] {
                let path = folder.0.join(name);
                write(&path, format, 48_000.0, &sound, 64);
                let back = read(&path).unwrap();
                assert_eq!(back.channels, sound, "{name}, {channels} channels, {frames} frames");
                assert_eq!(back.sample_rate, (name != "d.npy").then_some(48_000.0));
            }
        }
    }
}

#[test]
fn flac_is_lossless() {
    let folder = Folder::new("flac");
    for (subtype, bits) in [(Subtype::Pcm16, 16), (Subtype::Pcm24, 24)] {
        for (channels, rate) in [(1, 8_000.0), (2, 44_100.0), (8, 192_000.0)] {
            for frames in [1, 2, 5, 17, 4095, 4096, 4097, 4111, 12_000] {
                let sound: Vec<Vec<f64>> = (0..channels).map(|c| exact_samples(frames, bits, c + 1)).collect();
                let path = folder.0.join("sound.flac");
                write(&path, FileFormat::Flac(subtype), rate, &sound, 1000);
                let back = read(&path).unwrap();
                assert_eq!(back.sample_rate, Some(rate));
                assert_eq!(back.channels, sound, "{bits} bits, {channels} channels, {frames} frames");
            }
        }
    }
}

#[test]
fn flac_is_smaller_than_wav_where_the_sound_is_smooth() {
    let folder = Folder::new("flac-size");
    let tone = vec![(0..48_000).map(|n| (f64::from(n) * 0.02).sin() * 0.5).collect()];
    let size = |name: &str, format| {
        let path = folder.0.join(name);
        write(&path, format, 48_000.0, &tone, 64);
        std::fs::metadata(path).unwrap().len()
    };
    let flac = size("tone.flac", FileFormat::Flac(Subtype::Pcm16));
    let wav = size("tone.wav", FileFormat::Wav(Subtype::Pcm16));
    assert!(flac * 3 < wav, "flac {flac} bytes, wav {wav} bytes");
}

#[test]
fn integers_on_the_way_out_are_rounded_and_clipped() {
    let folder = Folder::new("clip");
    let path = folder.0.join("clip.wav");
    write(&path, FileFormat::Wav(Subtype::Pcm16), 48_000.0, &[vec![2.0, -2.0, 0.6 / 32_768.0, 0.25]], 4);
    assert_eq!(read(&path).unwrap().channels, [[32_767.0 / 32_768.0, -1.0, 1.0 / 32_768.0, 0.25]]);
}

#[test]
fn numpy_dtypes_are_scaled_as_wav_scales_them() {
    let folder = Folder::new("npy-in");
    macro_rules! npy {
        ($sample:ty, $values:expr, $shape:expr, $order:expr) => {{
            let mut bytes = Vec::new();
            let mut writer = npyz::WriteOptions::new()
                .default_dtype()
                .shape(&$shape)
                .order($order)
                .writer(&mut bytes)
                .begin_nd()
                .unwrap();
            writer.extend($values.iter().copied().map(|x| x as $sample)).unwrap();
            writer.finish().unwrap();
            bytes
        }};
    }
    let c = npyz::Order::C;
    let mono = |bytes: &[u8]| read(&folder.file("a.npy", bytes)).map(|sound| sound.channels);
    assert_eq!(mono(&npy!(f64, [0.5, -0.25], [2], c)).unwrap(), [[0.5, -0.25]]);
    assert_eq!(mono(&npy!(f32, [0.1f32], [1], c)).unwrap(), [[f64::from(0.1f32)]]);
    assert_eq!(mono(&npy!(i16, [-32_768, 16_384], [2], c)).unwrap(), [[-1.0, 0.5]]);
    assert_eq!(mono(&npy!(i32, [i32::MIN, 1 << 30], [2], c)).unwrap(), [[-1.0, 0.5]]);
    assert_eq!(mono(&npy!(u8, [0, 192], [2], c)).unwrap(), [[-1.0, 0.5]]);
    let columns = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    assert_eq!(mono(&npy!(f64, [1., 4., 2., 5., 3., 6.], [3, 2], c)).unwrap(), columns);
    assert_eq!(mono(&npy!(f64, [1., 2., 3., 4., 5., 6.], [3, 2], npyz::Order::Fortran)).unwrap(), columns);

    let wrong = |bytes: &[u8]| mono(bytes).unwrap_err().to_string();
    assert!(wrong(&npy!(i64, [1], [1], c)).contains("its dtype is '<i8'; sound is float64"));
    assert!(wrong(&npy!(f64, [1.0], [1, 1, 1], c)).contains("3 dimensions"));
    assert!(wrong(&npy!(f64, [0.0; 0], [0], c)).contains("holds no samples"));
    let whole = npy!(f64, [1., 2., 3., 4.], [2, 2], c);
    assert!(wrong(&whole[..whole.len() - 8]).contains("promises 2 frames, it holds 1"));
}

#[test]
fn lossy_files_are_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    // Half a second of a 441 Hz sine of amplitude one half at 44.1 kHz, by LAME and by oggenc.
    for name in ["sine.mp3", "sine.ogg"] {
        let sound = read(&data.join(name)).unwrap();
        assert_eq!(sound.sample_rate, Some(44_100.0), "{name}");
        assert_eq!(sound.channels.len(), 1, "{name}");
        assert_eq!(sound.frames(), 22_050, "{name}");
        let worst = (5_000..17_000)
            .map(|n| (sound.channels[0][n] - 0.5 * (n as f64 * std::f64::consts::TAU / 100.0).sin()).abs())
            .fold(0.0, f64::max);
        // MP3 is off by 0.025 here; a shift by one frame would be off by 0.04.
        assert!(worst < 0.03, "{name}: off by {worst}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name() {
    let folder = Folder::new("wrong");
    let whole = wav(1, 1, 16, &[0; 2000]);
    let flac = folder.0.join("whole.flac");
    write(&flac, FileFormat::Flac(Subtype::Pcm16), 48_000.0, &[exact_samples(9000, 16, 3)], 64);
    let flac = std::fs::read(flac).unwrap();
    let said = |path: &Path| {
        let message = read(path).unwrap_err().to_string();
        assert!(message.starts_with(&path.display().to_string()), "{message}");
        message
    };
    assert!(said(&folder.0.join("none.wav")).ends_with("no such file"));
    assert!(said(&folder.0).ends_with("is a directory, not a sound file"));
    assert!(said(&folder.file("empty.wav", b"")).ends_with("the file is empty"));
    assert!(said(&folder.file("header-only.wav", &wav(1, 1, 16, &[]))).ends_with("holds no samples"));
    assert!(said(&folder.file("text.wav", b"one two three four five six seven")).contains("not a sound file"));
    assert!(
        said(&folder.file("short.wav", &whole[..1044]))
            .ends_with("the file is truncated or damaged: its header promises 1000 frames, it holds 500")
    );
    assert!(said(&folder.file("short.flac", &flac[..flac.len() - 100])).contains("promises 9000 frames"));
    let mut broken = flac;
    broken[5000] ^= 0x55;
    assert!(said(&folder.file("broken.flac", &broken)).contains("truncated or damaged"));
}

#[test]
fn a_target_is_whole_or_untouched() {
    let folder = Folder::new("atomic");
    let target = folder.file("out.wav", b"precious");
    let mut writer = Writer::create(&target, FileFormat::Wav(Subtype::Float), 48_000.0, 1).unwrap();
    writer.write(&[&[0.5; 1000]]).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"precious");
    drop(writer);
    assert_eq!(folder.names(), ["out.wav"]);
    assert_eq!(std::fs::read(&target).unwrap(), b"precious");

    write(&target, FileFormat::Wav(Subtype::Float), 48_000.0, &[vec![0.5; 10]], 4);
    assert_eq!(read(&target).unwrap().channels, [[0.5; 10]]);
    assert_eq!(folder.names(), ["out.wav"]);
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is() {
    let folder = Folder::new("refused");
    let problem = |path: &Path, format, rate, channels| match Writer::create(path, format, rate, channels) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.problem,
    };
    let float = FileFormat::Wav(Subtype::Float);
    let flac = FileFormat::Flac(Subtype::Pcm24);
    assert!(matches!(problem(&folder.0, float, 48_000.0, 1), FileProblem::Directory));
    assert!(matches!(problem(&folder.0.join("no/a.wav"), float, 48_000.0, 1), FileProblem::MissingFolder));
    assert!(matches!(problem(&folder.0.join("a.wav"), float, 44_100.5, 1), FileProblem::Unsupported(_)));
    assert!(matches!(problem(&folder.0.join("a.wav"), float, 48_000.0, 0), FileProblem::Unsupported(_)));
    assert!(matches!(problem(&folder.0.join("a.wav"), float, 48_000.0, 70_000), FileProblem::Unsupported(_)));
    assert!(matches!(problem(&folder.0.join("a.flac"), flac, 48_000.0, 9), FileProblem::Unsupported(_)));
    assert!(matches!(problem(&folder.0.join("a.flac"), flac, 768_000.0, 1), FileProblem::Unsupported(_)));
    #[cfg(unix)]
    assert!(matches!(problem(Path::new("/dev/null"), float, 48_000.0, 1), FileProblem::NotRegular));
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn the_ending_chooses_the_format() {
    let format = |name: &str, subtype| FileFormat::from_path(Path::new(name), subtype);
    assert_eq!(format("a.WAV", None).unwrap(), FileFormat::Wav(Subtype::Float));
    assert_eq!(format("a.wav", Some(Subtype::Pcm16)).unwrap(), FileFormat::Wav(Subtype::Pcm16));
    assert_eq!(format("a.flac", None).unwrap(), FileFormat::Flac(Subtype::Pcm24));
    assert_eq!(format("a.npy", None).unwrap(), FileFormat::Npy);
    assert!(format("a.npy", Some(Subtype::Pcm16)).is_err());
    assert!(format("a.flac", Some(Subtype::Float)).is_err());
    assert_eq!(
        format("a.mp3", None).unwrap_err().to_string(),
        "a.mp3: `.mp3` is not a kind of file that oscine writes (.wav, .flac, .npy)"
    );
    assert!(format("noise", None).unwrap_err().to_string().ends_with("must end in .wav, .flac or .npy"));
}
