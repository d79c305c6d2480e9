//! Bytes that are meant, for each target: where mutation begins.

use oscine_engine::files::{FileFormat, Subtype, Writer};

/// The seeds of a target.
pub(crate) fn seeds(name: &str) -> Vec<Vec<u8>> {
    match name {
        "osc" => packets(),
        "midi_bytes" => vec![
            vec![0x90, 60, 100, 62, 90, 0x80, 60, 0],
            vec![0xB0, 74, 127, 0xE0, 0, 64, 0xC0, 5, 0xF8, 0xFA, 0xFC],
            vec![0xF0, 1, 2, 3, 0xF8, 4, 0xF7, 0x9F, 127, 127, 0xFF],
            vec![0xA1, 60, 64, 0xD2, 127, 0xF2, 16, 1, 0xFB],
        ],
        "midi_file" => vec![midi(0x60), midi(0xE728)],
        "automation_csv" => vec![
            b"time,name,value,curve\n0.5,gain,1.0,linear\n1.0,gain,0.0,\n".to_vec(),
            b"# comment\n0,\"voice.decay\",0.25,step\r\n2.5,on,true,exp\n".to_vec(),
        ],
        "automation_json" => vec![
            br#"[{"time": 0.5, "name": "gain", "value": 1.0, "curve": "linear"}, {"time": 1, "name": "on", "value": true}]"#
                .to_vec(),
            br#"{"gain": [[0, 0.5], [1.5, 1.0, "exp"]]}"#.to_vec(),
            // Found by libFuzzer: two parameters, the first of them later.
            br#"[{"time": 0.5, "name": "gain", "value": 0.0}, {"time": 0, "name": "on", "value": true}]"#.to_vec(),
        ],
        "sound_file" => sounds(),
        _ => panic!("no target {name}"),
    }
}

/// A string of OSC: a zero at its end, and zeros to a multiple of four.
fn padded(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    bytes.resize((text.len() / 4 + 1) * 4, 0);
    bytes
}

fn message(address: &[u8], tags: &[u8], arguments: &[u8]) -> Vec<u8> {
    [padded(address), padded(tags), arguments.to_vec()].concat()
}

fn packets() -> Vec<Vec<u8>> {
    let gain = message(b"/param/gain", b",f", &0.5f32.to_be_bytes());
    let note = message(b"/note", b",if", &[60u32.to_be_bytes(), 0.8f32.to_bits().to_be_bytes()].concat());
    let pattern = message(b"/param/{gain,on}*[a-z]?", b",T", &[]);
    let sized = |packet: &[u8]| [&(packet.len() as u32).to_be_bytes(), packet].concat();
    let bundle = |inner: &[&[u8]]| {
        let elements: Vec<u8> = inner.iter().flat_map(|packet| sized(packet)).collect();
        [padded(b"#bundle"), 1u64.to_be_bytes().to_vec(), elements].concat()
    };
    let inner = bundle(&[&gain, &note]);
    vec![
        bundle(&[&inner, &pattern]),
        message(b"/oscine/help", b",", &[]),
        message(
            b"/param/voice/decay",
            b",sdhb",
            &[padded(b"0.5"), vec![0; 16], 8u32.to_be_bytes().to_vec(), vec![7; 8]].concat(),
        ),
        inner,
        gain,
        note,
        pattern,
        message(b"/reset", b",", &[]),
        message(b"/bypass", b",i", &[0, 0, 0, 1]),
    ]
}

/// A file of two tracks: tempo, notes by running status, a controller, a bend, text, a position and a start, pressure.
fn midi(division: u16) -> Vec<u8> {
    let first: &[u8] = &[0, 0xFF, 0x51, 3, 7, 0xA1, 0x20, 0, 0xFF, 1, 2, b'h', b'i', 0x83, 0x60, 0xFF, 0x2F, 0];
    let second: &[u8] = &[
        0, 0x90, 60, 100, 0x60, 64, 90, 0x60, 60, 0, 0, 0xB0, 74, 5, 0, 0xE0, 0, 80, 0, 0xF0, 2, 1, 0xF7, 0, 0xC0, 3,
        0, 0xF7, 4, 0xF2, 16, 0, 0xFA, 0, 0xA0, 60, 1, 0, 0xD0, 9, 0, 0xFF, 0x2F, 0,
    ];
    let track = |events: &[u8]| [b"MTrk", &(events.len() as u32).to_be_bytes()[..], events].concat();
    let [high, low] = division.to_be_bytes();
    let header = [b"MThd", &[0, 0, 0, 6, 0, 1, 0, 2, high, low][..]].concat();
    [header, track(first), track(second)].concat()
}

fn sounds() -> Vec<Vec<u8>> {
    let folder = std::env::temp_dir().join(format!("oscine-corpus-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let samples: Vec<f64> = (0..200).map(|n| (f64::from(n) * 0.1).sin() * 0.5).collect();
    let formats = [
        ("a.wav", FileFormat::Wav(Subtype::Pcm16)),
        ("b.wav", FileFormat::Wav(Subtype::Float)),
        ("c.flac", FileFormat::Flac(Subtype::Pcm16)),
        ("d.npy", FileFormat::Npy),
    ];
    let made = formats.map(|(name, format)| {
        let path = folder.join(name);
        let mut writer = Writer::create(&path, format, 48_000.0, 2).expect("a writer");
        writer.write(&[&samples, &samples]).and_then(|()| writer.finish()).expect("a file is written");
        std::fs::read(path).expect("a file")
    });
    let _ = std::fs::remove_dir_all(folder);
    [&made[..], &[extensible()]].concat()
}

/// Found by libFuzzer: an extensible wav file of more channels than its mask has bits.
fn extensible() -> Vec<u8> {
    let float = [3, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    let numbers =
        [&[0xfe, 0xff, 64, 0, 0x80, 0xbb, 0, 0, 0, 0, 0xee, 2, 0, 1, 32, 0, 22, 0, 32, 0, 0, 0, 0, 0][..], &float];
    let chunk = |name: &[u8], bytes: &[u8]| [name, &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let content = [b"WAVE".to_vec(), chunk(b"fmt ", &numbers.concat()), chunk(b"data", &[0; 512])].concat();
    chunk(b"RIFF", &content)
}
