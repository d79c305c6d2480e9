//! Packets, made by rosc's encoder or by hand, and what they ask for; and packets that nobody should send.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oscine_dsp::{Event, Param, ParamKind};
use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, encoder::encode};

use super::{Command, Malformed, When, read};

fn param(name: &str, kind: ParamKind, min: f64, max: f64) -> Param {
    Param::new(name, kind, min, (min, max))
}

fn params() -> Vec<Param> {
    let shapes = vec!["saw".to_owned(), "square".to_owned()];
    vec![
        param("cutoff", ParamKind::Float, 20.0, 20_000.0),
        param("voice.decay", ParamKind::Float, 0.0, 1.0),
        param("voice.order", ParamKind::Int, 1.0, 12.0),
        param("voices[2].decay", ParamKind::Float, 0.0, 1.0),
        param("bright", ParamKind::Bool, 0.0, 1.0),
        param("shape", ParamKind::Choice(shapes), 0.0, 1.0),
        param("größe", ParamKind::Float, 0.0, 1.0),
    ]
}

fn message(address: &str, args: Vec<OscType>) -> OscPacket {
    OscPacket::Message(OscMessage { addr: address.to_owned(), args })
}

fn bundle(time: impl Into<OscTime>, content: Vec<OscPacket>) -> OscPacket {
    OscPacket::Bundle(OscBundle { timetag: time.into(), content })
}

/// What a message asks for, or why it is refused.
fn asked(address: &str, args: Vec<OscType>) -> Vec<Result<Command, String>> {
    let packet = encode(&message(address, args)).unwrap();
    let asked = read(&packet, &params()).unwrap();
    asked.into_iter().map(|(_, command)| command.map_err(|refused| refused.words)).collect()
}

fn one(address: &str, args: Vec<OscType>) -> Command {
    let mut asked = asked(address, args);
    assert_eq!(asked.len(), 1, "{address}");
    asked.remove(0).unwrap_or_else(|words| panic!("{address}: {words}"))
}

fn refused(address: &str, args: Vec<OscType>) -> String {
    asked(address, args).remove(0).unwrap_err()
}

fn set(name: &str, value: f64) -> Command {
    Command::Set { name: name.to_owned(), value }
}

#[test]
fn parameters_take_each_type_that_makes_sense() {
    use OscType::{Bool, Double, Float, Int, Long, String};
    let text = |text: &str| String(text.to_owned());
    for argument in [Float(440.0), Double(440.0), Int(440), Long(440), text("440"), text(" 4.4e2 ")] {
        assert_eq!(one("/param/cutoff", vec![argument]), set("cutoff", 440.0));
    }
    // The nearest in the range is meant; whoever has the parameter sees to it.
    assert_eq!(one("/param/cutoff", vec![Float(1e9)]), set("cutoff", 1e9));
    for (argument, value) in [
        (Bool(true), 1.0),
        (Bool(false), 0.0),
        (Int(1), 1.0),
        (Float(0.4), 0.0),
        (text("on"), 1.0),
        (text("False"), 0.0),
        (OscType::Inf, 1.0),
    ] {
        assert_eq!(one("/param/bright", vec![argument]), set("bright", value));
    }
    assert_eq!(one("/param/shape", vec![text("square")]), set("shape", 1.0));
    assert_eq!(one("/param/shape", vec![Int(1)]), set("shape", 1.0));
    assert_eq!(one("/param/größe", vec![Float(0.5)]), set("größe", 0.5));
}

#[test]
fn nested_names_are_written_with_dots_or_slashes() {
    for address in ["/param/voice/decay", "/param/voice.decay"] {
        assert_eq!(one(address, vec![OscType::Float(0.5)]), set("voice.decay", 0.5));
    }
    for address in ["/param/voices/2/decay", "/param/voices[2].decay"] {
        assert_eq!(one(address, vec![]), Command::Tell("voices[2].decay".to_owned()));
    }
}

#[test]
fn notes_and_controllers_count_as_their_types_say() {
    use OscType::{Float, Int};
    let on = |note, velocity| Command::Event(Event::NoteOn { note, velocity });
    let off = |note| Command::Event(Event::NoteOff { note });
    for address in ["/note", "/note_on"] {
        assert_eq!(one(address, vec![Int(60), Float(1.0)]), on(60, 1.0));
        assert_eq!(one(address, vec![Int(60), Int(127)]), on(60, 1.0));
        assert_eq!(one(address, vec![Float(60.0), Int(1)]), on(60, 1.0 / 127.0));
        assert_eq!(one(address, vec![Int(60), Int(0)]), off(60));
        assert_eq!(one(address, vec![Int(200), Float(7.0)]), on(127, 1.0));
    }
    assert_eq!(one("/note_off", vec![Int(60)]), off(60));
    assert_eq!(one("/note_off", vec![Int(60), Int(64)]), off(60));
    let control = Command::Event(Event::ControlChange { number: 74, value: 1.0 });
    assert_eq!(one("/control", vec![Int(74), Int(127)]), control);
    assert_eq!(one("/control", vec![Int(74), Float(1.0)]), control);
    assert_eq!(one("/pitch_bend", vec![Int(-8192)]), Command::Event(Event::PitchBend { value: -1.0 }));
    assert_eq!(one("/pitch_bend", vec![Float(0.25)]), Command::Event(Event::PitchBend { value: 0.25 }));
    assert_eq!(one("/program_change", vec![Int(3)]), Command::Event(Event::ProgramChange { number: 3 }));
    let pressure = Command::Event(Event::ChannelPressure { value: 1.0 });
    assert_eq!(one("/channel_pressure", vec![Int(127)]), pressure);
    assert_eq!(one("/channel_pressure", vec![Float(1.5)]), pressure);
    let pressure = Command::Event(Event::PolyPressure { note: 60, value: 0.25 });
    assert_eq!(one("/poly_pressure", vec![Int(60), Float(0.25)]), pressure);
    let position = |sixteenths| Command::Event(Event::SongPosition { sixteenths });
    assert_eq!(one("/song_position", vec![Int(20_000)]), position(16_383));
    assert_eq!(one("/song_position", vec![Float(16.0)]), position(16));
}

#[test]
fn buttons_act_when_they_are_pressed() {
    use OscType::{Bool, Float, Int};
    assert_eq!(one("/reset", vec![]), Command::Reset);
    assert_eq!(one("/reset", vec![Float(1.0)]), Command::Reset);
    assert_eq!(one("/reset", vec![Float(0.0)]), Command::Nothing);
    assert_eq!(one("/mute", vec![]), Command::Mute(None));
    assert_eq!(one("/mute", vec![Bool(true)]), Command::Mute(Some(true)));
    assert_eq!(one("/bypass", vec![Int(0)]), Command::Bypass(Some(false)));
    assert_eq!(one("/clock_start", vec![Float(1.0)]), Command::Event(Event::ClockStart));
    assert_eq!(one("/clock_stop", vec![]), Command::Event(Event::ClockStop));
    assert_eq!(one("/clock_continue", vec![Float(0.0)]), Command::Nothing);
}

#[test]
fn a_pattern_is_for_all_that_match() {
    let half = || vec![OscType::Float(0.5)];
    let all = |address: &str| asked(address, half()).into_iter().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(all("/param/voice/decay"), [set("voice.decay", 0.5)]);
    assert_eq!(all("/param/*/decay"), [set("voice.decay", 0.5)]);
    assert_eq!(all("/param/voice/{decay,order}"), [set("voice.decay", 0.5), set("voice.order", 0.5)]);
    assert_eq!(all("/param/voice/[a-d]ecay"), [set("voice.decay", 0.5)]);
    assert_eq!(all("/param/cut???"), [set("cutoff", 0.5)]);
    assert_eq!(all("/{mute,bypass}"), [Command::Bypass(Some(true)), Command::Mute(Some(true))]);
    assert!(refused("/param/*/nothing", half()).starts_with("there is nothing at this address"));
    assert_eq!(refused("/param/[", half()), "this is no pattern");
}

#[test]
fn what_cannot_be_obeyed_is_told() {
    use OscType::{Bool, Float, Int, Nil, String};
    let text = |text: &str| String(text.to_owned());
    assert!(refused("/params/cutoff", vec![Float(1.0)]).starts_with("there is nothing at this address"));
    assert_eq!(refused("/param/cutoff", vec![text("high")]), "takes a number from 20 to 20000");
    assert_eq!(refused("/param/cutoff", vec![Float(f32::NAN)]), "takes a number from 20 to 20000");
    assert_eq!(refused("/param/cutoff", vec![Bool(true)]), "takes a number from 20 to 20000");
    assert_eq!(refused("/param/cutoff", vec![Int(1), Int(2)]), "takes a number from 20 to 20000");
    assert_eq!(refused("/param/voice/order", vec![Nil]), "takes a whole number from 1 to 12");
    assert_eq!(refused("/param/shape", vec![text("sine")]), "takes one of saw, square");
    assert!(refused("/note", vec![Int(60)]).starts_with("takes NOTE VELOCITY"));
    assert!(refused("/note", vec![text("C4"), Int(1)]).starts_with("takes NOTE VELOCITY"));
    assert_eq!(refused("/reset", vec![Int(1), Int(1)]), "takes no argument");
}

#[test]
fn a_bundle_gives_its_time_to_what_is_in_it() {
    let moment = UNIX_EPOCH + Duration::from_hours(500_000);
    let later = moment + Duration::from_millis(500);
    let tag = |time: SystemTime| OscTime::try_from(time).unwrap();
    let mute = || message("/mute", vec![]);
    let packet =
        bundle(tag(moment), vec![mute(), bundle(tag(later), vec![mute()]), mute(), bundle((0, 1), vec![mute()])]);
    let times: Vec<_> = read(&encode(&packet).unwrap(), &[]).unwrap().into_iter().map(|(when, _)| when).collect();
    let near = |when: &When, time: SystemTime| {
        let When::At(at) = when else { return false };
        at.duration_since(time).unwrap_or_else(|error| error.duration()) < Duration::from_micros(1)
    };
    assert!(near(&times[0], moment) && near(&times[1], later) && near(&times[2], moment), "{times:?}");
    assert_eq!(times[3], When::Now);
}

#[test]
fn a_message_may_lack_its_type_tags() {
    assert_eq!(read(b"/mute\0\0\0", &[]).unwrap(), [(When::Now, Ok(Command::Mute(None)))]);
}

#[test]
fn what_is_no_packet_is_malformed() {
    let deep = (0..9).fold(message("/mute", vec![]), |packet, _| bundle((0, 1), vec![packet]));
    let arrays = [b"/mute\0\0\0,".to_vec(), b"[".repeat(60_000), vec![0; 3]].concat();
    for (bytes, reason) in [
        (b"".to_vec(), "not a packet of OSC"),
        (b"hello world!".to_vec(), "not a packet of OSC"),
        (b"/mu".to_vec(), "no multiple of four bytes"),
        (b"/mute\0\0\0,i\0\0".to_vec(), "not a packet of OSC"),
        (b"/mute\0\0\0,i\0\0\0\0\0\x01\0\0\0\0".to_vec(), "more bytes than it says"),
        (b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x40/mut".to_vec(), "shorter than it says"),
        (encode(&deep).unwrap(), "too many bundles within bundles"),
        (arrays, "too many arrays within arrays"),
        (vec![0; 70_000], "too long"),
    ] {
        assert_eq!(read(&bytes, &params()), Err(Malformed(reason)), "{:?}", &bytes[..bytes.len().min(40)]);
    }
}

/// A generator of numbers (xorshift; G. Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// A packet that makes sense, or nearly.
fn some_packet(random: &mut Random, depth: usize) -> OscPacket {
    const ADDRESSES: [&str; 12] = [
        "/param/cutoff",
        "/param/voice/decay",
        "/param/voices[2].decay",
        "/param/*",
        "/param/{voice,cutoff}*",
        "/note",
        "/note_off",
        "/control",
        "/[a-z]*",
        "/oscine/help",
        "/bypass",
        "/?ute",
    ];
    if depth > 0 && random.below(3) == 0 {
        let content = (0..random.below(4)).map(|_| some_packet(random, depth - 1)).collect();
        return bundle((random.next() as u32, random.next() as u32), content);
    }
    let args = (0..random.below(4))
        .map(|_| match random.below(8) {
            0 => OscType::Float(f32::from_bits(random.next() as u32)),
            1 => OscType::Double(f64::from_bits(random.next())),
            2 => OscType::Int(random.next() as i32),
            3 => OscType::Long(random.next() as i64),
            4 => OscType::String("square".to_owned()),
            5 => OscType::Bool(random.below(2) == 0),
            6 => OscType::Blob(vec![0; random.below(5)]),
            _ => OscType::Array(rosc::OscArray { content: vec![OscType::Inf] }),
        })
        .collect();
    message(ADDRESSES[random.below(ADDRESSES.len())], args)
}

#[test]
fn any_bytes_are_an_answer_or_an_error() {
    let params = params();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut good, mut bad) = (0, 0);
    let mut look = |bytes: &[u8]| match read(bytes, &params) {
        Ok(asked) => {
            good += 1;
            for (_, command) in asked {
                match command {
                    Ok(Command::Set { name, value }) => {
                        assert!(params.iter().any(|param| param.name == name) && !value.is_nan());
                    }
                    Ok(Command::Event(Event::NoteOn { note, velocity })) => {
                        assert!((0..=127).contains(&note) && (0.0..=1.0).contains(&velocity));
                    }
                    Ok(Command::Event(Event::ControlChange { number, value })) => {
                        assert!((0..=127).contains(&number) && (0.0..=1.0).contains(&value));
                    }
                    Ok(_) => {}
                    Err(refused) => assert!(!refused.words.is_empty()),
                }
            }
        }
        Err(_) => bad += 1,
    };
    for _ in 0..20_000 {
        let bytes = encode(&some_packet(&mut random, 3)).unwrap();
        look(&bytes);
        let mut mutated = bytes.clone();
        for _ in 0..=random.below(4) {
            match random.below(4) {
                0 if !mutated.is_empty() => {
                    let at = random.below(mutated.len());
                    mutated[at] = random.next() as u8;
                }
                1 if !mutated.is_empty() => {
                    let at = random.below(mutated.len());
                    mutated[at] = b"*?[]{},/#!-\0"[random.below(12)];
                }
                2 => mutated.truncate(random.below(mutated.len() + 1)),
                _ => mutated.extend_from_slice(&bytes[..random.below(bytes.len() + 1)]),
            }
        }
        look(&mutated);
        let noise: Vec<u8> = (0..random.below(64)).map(|_| random.next() as u8).collect();
        look(&noise);
    }
    // Both ways were gone, so that neither is untested.
    assert!(good > 20_000 && bad > 10_000, "{good} good, {bad} bad");
}
