//! Messages to what they ask for.

use oscine_dsp::{Event, Param, ParamKind};
use rosc::{OscMessage, OscType};

use super::pattern::{Pattern, by_slashes, param_address};
use crate::settings::accepted;

/// What a message asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A parameter moves. The value may lie outside its range: the nearest in it is meant.
    Set {
        /// Its name.
        name: String,
        /// Where to.
        value: f64,
    },
    /// The value of the parameter of that name is to be told.
    Tell(String),
    /// A note or a controller.
    Event(Event),
    /// The script starts again from its first state.
    Reset,
    /// Bypass on or off; `None` for the other of the two.
    Bypass(Option<bool>),
    /// Mute on or off; `None` for the other of the two.
    Mute(Option<bool>),
    /// The addresses that there are.
    Help,
    /// The counters.
    Stats,
    /// Nothing: a button that was let go.
    Nothing,
}

/// Why a message is not obeyed, in words for its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The address that it was sent to.
    pub address: String,
    /// The reason.
    pub words: String,
}

/// What takes messages besides parameters: an address, its arguments, what it does, and how a message to it is read.
pub(super) struct Method {
    pub(super) address: &'static str,
    pub(super) arguments: &'static str,
    pub(super) words: &'static str,
    read: fn(&[OscType]) -> Option<Command>,
}

/// All of them.
pub(super) const METHODS: [Method; 18] = [
    Method {
        address: "/note",
        arguments: "NOTE VELOCITY",
        words: "note 0 to 127; velocity 0.0 to 1.0 as a float or 0 to 127 as an int; 0 lets the key go",
        read: note,
    },
    Method { address: "/note_on", arguments: "NOTE VELOCITY", words: "the same", read: note },
    Method {
        address: "/note_off",
        arguments: "NOTE",
        words: "the key of note 0 to 127 goes up",
        // Its velocity, where there is one, means nothing here.
        read: |args| match args {
            [of] | [of, _] => Some(Command::Event(Event::NoteOff { note: number(of)? })),
            _ => None,
        },
    },
    Method {
        address: "/control",
        arguments: "NUMBER VALUE",
        words: "controller 0 to 127; value 0.0 to 1.0 as a float or 0 to 127 as an int",
        read: |args| {
            event(args, |[of, value]| Some(Event::ControlChange { number: number(of)?, value: share(value, 127.0)? }))
        },
    },
    Method {
        address: "/pitch_bend",
        arguments: "VALUE",
        words: "-1.0 to 1.0 as a float or -8192 to 8191 as an int",
        read: |args| event(args, |[value]| Some(Event::PitchBend { value: bend(value)? })),
    },
    Method {
        address: "/program_change",
        arguments: "NUMBER",
        words: "program 0 to 127",
        read: |args| event(args, |[of]| Some(Event::ProgramChange { number: number(of)? })),
    },
    Method {
        address: "/channel_pressure",
        arguments: "VALUE",
        words: "all keys are pressed so hard: 0.0 to 1.0 as a float or 0 to 127 as an int",
        read: |args| event(args, |[value]| Some(Event::ChannelPressure { value: share(value, 127.0)? })),
    },
    Method {
        address: "/poly_pressure",
        arguments: "NOTE VALUE",
        words: "the key of note 0 to 127 is pressed so hard: 0.0 to 1.0 as a float or 0 to 127 as an int",
        read: |args| {
            event(args, |[of, value]| Some(Event::PolyPressure { note: number(of)?, value: share(value, 127.0)? }))
        },
    },
    Method {
        address: "/clock",
        arguments: "",
        words: "a tick of the MIDI clock, 24 in a quarter note",
        read: |args| pressed(args, Command::Event(Event::Clock)),
    },
    Method {
        address: "/clock_start",
        arguments: "",
        words: "the song starts with the next tick",
        read: |args| pressed(args, Command::Event(Event::ClockStart)),
    },
    Method {
        address: "/clock_stop",
        arguments: "",
        words: "the song stops where it is",
        read: |args| pressed(args, Command::Event(Event::ClockStop)),
    },
    Method {
        address: "/clock_continue",
        arguments: "",
        words: "the song goes on from there with the next tick",
        read: |args| pressed(args, Command::Event(Event::ClockContinue)),
    },
    Method {
        address: "/song_position",
        arguments: "SIXTEENTHS",
        words: "the song goes on from there: sixteenth notes from its start, 0 to 16383",
        read: |args| {
            event(args, |[of]| Some(Event::SongPosition { sixteenths: float(of)?.clamp(0.0, 16_383.0).round() as i64 }))
        },
    },
    Method {
        address: "/reset",
        arguments: "",
        words: "the script starts again from its first state",
        read: |args| pressed(args, Command::Reset),
    },
    Method {
        address: "/bypass",
        arguments: "[ON]",
        words: "the inputs are heard as they are: true or false; without it, the other of the two",
        read: |args| switch(args, Command::Bypass),
    },
    Method {
        address: "/mute",
        arguments: "[ON]",
        words: "silence: true or false; without it, the other of the two",
        read: |args| switch(args, Command::Mute),
    },
    Method {
        address: "/oscine/help",
        arguments: "",
        words: "replies with a line for each address",
        read: |args| pressed(args, Command::Help),
    },
    Method {
        address: "/oscine/stats",
        arguments: "",
        words: "replies with pairs of a name and a number: frames, load_percent, xruns, ...",
        read: |args| pressed(args, Command::Stats),
    },
];

/// What a message asks for: several commands if its address is a pattern that is for several.
pub(super) fn of_message(message: &OscMessage, params: &[Param]) -> Vec<Result<Command, Refused>> {
    let refused = |words: String| Refused { address: message.addr.clone(), words };
    // A name may hold brackets, which in a pattern mean something else.
    if let Some(param) = message.addr.strip_prefix("/param/").and_then(|name| named(name, params)) {
        return vec![of_param(param, &message.args).map_err(refused)];
    }
    let Some(pattern) = Pattern::new(&message.addr) else {
        return vec![Err(refused("this is no pattern".to_owned()))];
    };
    let mut commands = vec![];
    for method in &METHODS {
        if pattern.is_for(method.address) {
            let command = (method.read)(&message.args);
            commands.push(command.ok_or_else(|| refused(format!("takes {}", method.takes()))));
        }
    }
    for param in params {
        let is_meant = pattern.is_for(&param_address(&param.name)) || pattern.is_for(&format!("/param/{}", param.name));
        if is_meant {
            commands.push(of_param(param, &message.args).map_err(refused));
        }
    }
    if commands.is_empty() {
        commands.push(Err(refused("there is nothing at this address; /oscine/help tells what there is".to_owned())));
    }
    commands
}

impl Method {
    /// What it takes, in words.
    pub(super) fn takes(&self) -> String {
        if self.arguments.is_empty() { "no argument".to_owned() } else { format!("{}: {}", self.arguments, self.words) }
    }
}

/// The parameter of a name that is written with dots or with slashes.
fn named<'a>(name: &str, params: &'a [Param]) -> Option<&'a Param> {
    params.iter().find(|param| param.name == name || by_slashes(&param.name) == name)
}

/// A parameter's message: its value, or none to ask for it.
fn of_param(param: &Param, args: &[OscType]) -> Result<Command, String> {
    let value = match args {
        [] => return Ok(Command::Tell(param.name.clone())),
        [value] => value_of(param, value),
        _ => None,
    };
    let value = value.ok_or_else(|| format!("takes {}", accepted(param)))?;
    Ok(Command::Set { name: param.name.clone(), value })
}

fn value_of(param: &Param, argument: &OscType) -> Option<f64> {
    match (&param.kind, argument) {
        (ParamKind::Choice(names), OscType::String(text)) => {
            names.iter().position(|name| name == text).map(|index| index as f64)
        }
        (ParamKind::Bool, OscType::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Some(1.0),
            "false" | "off" | "no" | "0" => Some(0.0),
            _ => None,
        },
        (ParamKind::Bool, argument) => truth(argument).map(f64::from),
        // `oscsend` and others send numbers as text if they are not told otherwise.
        (_, OscType::String(text)) => text.trim().parse().ok().filter(|value: &f64| !value.is_nan()),
        (_, OscType::Bool(_)) => None,
        (_, argument) => float(argument),
    }
}

/// A number that is one.
fn float(argument: &OscType) -> Option<f64> {
    let value = match argument {
        OscType::Float(value) => f64::from(*value),
        OscType::Double(value) => *value,
        OscType::Int(value) => f64::from(*value),
        OscType::Long(value) => *value as f64,
        _ => return None,
    };
    (!value.is_nan()).then_some(value)
}

/// True or false; of numbers, what is at least one half is true. An impulse is what a button sends when it is pressed.
fn truth(argument: &OscType) -> Option<bool> {
    match argument {
        OscType::Bool(value) => Some(*value),
        OscType::Inf => Some(true),
        OscType::Nil => Some(false),
        argument => float(argument).map(|value| value >= 0.5),
    }
}

/// A note, controller or program: the nearest of 0 to 127.
fn number(argument: &OscType) -> Option<i64> {
    float(argument).map(|value| value.clamp(0.0, 127.0).round() as i64)
}

/// 0 to 1: a float as it is, an int of so many steps.
fn share(argument: &OscType, steps: f64) -> Option<f64> {
    let divisor = if matches!(argument, OscType::Int(_) | OscType::Long(_)) { steps } else { 1.0 };
    float(argument).map(|value| (value / divisor).clamp(0.0, 1.0))
}

/// -1 to 1: a float as it is, an int as MIDI counts.
fn bend(argument: &OscType) -> Option<f64> {
    let divisor = if matches!(argument, OscType::Int(_) | OscType::Long(_)) { 8192.0 } else { 1.0 };
    float(argument).map(|value| (value / divisor).clamp(-1.0, 1.0))
}

/// An event with so many arguments.
fn event<const N: usize>(args: &[OscType], read: impl Fn(&[OscType; N]) -> Option<Event>) -> Option<Command> {
    read(args.try_into().ok()?).map(Command::Event)
}

fn note(args: &[OscType]) -> Option<Command> {
    let [note, velocity] = args else { return None };
    let (note, velocity) = (number(note)?, share(velocity, 127.0)?);
    let event = if velocity == 0.0 { Event::NoteOff { note } } else { Event::NoteOn { note, velocity } };
    Some(Command::Event(event))
}

/// A button sends something true when it is pressed, and something false when it is let go; others send nothing.
fn pressed(args: &[OscType], command: Command) -> Option<Command> {
    match args {
        [] => Some(command),
        [argument] => truth(argument).map(|is_pressed| if is_pressed { command } else { Command::Nothing }),
        _ => None,
    }
}

/// On or off, or without an argument the other of the two.
fn switch(args: &[OscType], command: fn(Option<bool>) -> Command) -> Option<Command> {
    match args {
        [] => Some(command(None)),
        [argument] => truth(argument).map(|is_on| command(Some(is_on))),
        _ => None,
    }
}
