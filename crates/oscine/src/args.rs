//! The words of the command line, as clap reads them.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::BenchArgs;

use crate::safety::SafetyArgs;
use crate::timing::loads::Kind;

/// Write sound at the sample level in plain Python and hear it in real time.
#[derive(Debug, Parser)]
#[command(name = "oscine", version, arg_required_else_help = true, infer_long_args = false)]
#[command(after_help = "A first sound:  oscine run examples/vcs3.py\n\
                        A first script: oscine new hello, then oscine run hello.py")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a script: on the default sound device, or a built-in silent one where there is none
    Run(RunArgs),
    /// Compute a script's sound into a file, faster than real time, bit for bit what `run` computes
    Render(RenderArgs),
    /// Compile only: show the errors, or the script's form, inputs, outputs, parameters, state and latency
    Check(CheckArgs),
    /// Measure how a script keeps time on a device while the machine is busy: the paper's Table 3 and Figure 2, from 30
    /// seconds of play unless --seconds says otherwise
    Realtime(RealtimeArgs),
    /// Keep the machine busy until standard input ends
    #[command(hide = true)]
    Load {
        /// With what
        #[arg(value_enum)]
        kind: Kind,
    },
    /// List the sound devices: what -o and -i take
    Devices(DevicesArgs),
    /// Measure how long sound takes from the output back to the input: through a cable, or a JACK server's connections
    Latency(LatencyArgs),
    /// Explain an error by its code, or list all codes
    Explain {
        /// As printed between brackets: `allocates-in-process`
        code: Option<String>,
    },
    /// Write a first script to start from
    New {
        /// Its name; `hello` makes `hello.py`
        name: PathBuf,
    },
    /// Per-line hits and time
    #[command(hide = true)]
    Profile(Later),
    /// Measure the paper's programs beside Python, Numba, Cython, C and Faust, as far as these are found here
    Bench(BenchArgs),
}

/// Whatever follows a command that is not there yet.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Later {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<String>,
}

/// Options of `run`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RunArgs {
    /// What is common to `run` and `render`
    #[command(flatten)]
    pub shared: SharedArgs,
    /// The output device, by its name or number in `oscine devices`, or `null` for the built-in silent one
    #[arg(short, long, value_name = "DEVICE")]
    pub output: Option<String>,
    /// What must not be heard, and what happens then
    #[command(flatten)]
    pub safety: SafetyArgs,
    /// Record what is heard into a .wav, .flac or .npy file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// How samples are stored in a recorded wav file [default: `FLOAT`] or flac file [default: `PCM_24`]
    #[arg(long, value_enum, ignore_case = true, requires = "record")]
    pub subtype: Option<Subtype>,
    /// Take OSC messages by UDP at this port of this machine, 0 for any that is free: parameters, notes, reset ...
    #[arg(long, value_name = "PORT")]
    pub osc: Option<u16>,
    /// The address to take OSC messages at; 0.0.0.0 lets every machine of the network send
    #[arg(long, value_name = "ADDR", requires = "osc", default_value = "127.0.0.1")]
    pub osc_bind: IpAddr,
    /// Play without a window (there is none yet)
    #[arg(long, conflicts_with = "gui")]
    pub no_gui: bool,
    /// Reload the script whenever it, or a module beside it that it imports, is saved; this is the default
    #[arg(long, conflicts_with = "no_watch")]
    pub watch: bool,
    /// Do not ask for a real-time priority for the audio thread, nor lock memory
    #[arg(long)]
    pub no_realtime: bool,
    /// Play the script as it is now, whatever is saved later
    #[arg(long)]
    pub no_watch: bool,
    #[arg(long, hide = true)]
    gui: bool,
}

/// Options of `realtime`.
#[derive(Debug, Args)]
pub struct RealtimeArgs {
    /// What is common to `run` and `render`; the script may be a series that `--csv` wrote, to be shown again
    #[command(flatten)]
    pub shared: SharedArgs,
    /// The output device, by its name or number in `oscine devices`, or `null` for the built-in silent one
    #[arg(short, long, value_name = "DEVICE")]
    pub output: Option<String>,
    /// What keeps the machine busy meanwhile; several are measured one after another, `all` is all at once
    #[arg(long = "load", value_enum, value_delimiter = ',', default_value = "none")]
    pub loads: Vec<LoadArg>,
    /// Measure in turn with the script a client that only copies its input, and a bare timer: what both suffer is not
    /// the script's fault
    #[arg(long)]
    pub controls: bool,
    /// How long the script's turn is, and twice that of a control's [default: 60, or a third of --seconds]
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, conflicts_with = "rounds")]
    pub slice: Option<f64>,
    /// How many turns the script has, in place of their length
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,
    /// Write the series: a line a callback
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Draw the series
    #[arg(long, value_name = "FILE.png|.svg")]
    pub plot: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print the tables as Markdown; this is the default
    #[arg(long)]
    pub markdown: bool,
}

/// What keeps the machine busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LoadArg {
    /// Nothing
    None,
    /// Frames are drawn into memory, 60 a second
    Gui,
    /// A directory tree is copied over and over
    Copy,
    /// Every processor computes
    Cpu,
    /// All three at once
    All,
}

/// Options of `render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// What is common to `run` and `render`
    #[command(flatten)]
    pub shared: SharedArgs,
    /// The file to write: .wav, .flac or .npy
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// How samples are stored in a wav file [default: `FLOAT`] or a flac file [default: `PCM_24`]
    #[arg(long, value_enum, ignore_case = true)]
    pub subtype: Option<Subtype>,
}

/// Options of `run` and `render`.
#[derive(Debug, Args)]
pub struct SharedArgs {
    /// The script, a .py file; or the name of a native processor: `one_pole`, `butterworth`, `sine`, `sines`, `ring_modulator`, `vcs3`
    pub script: PathBuf,
    /// What an input hears: a wav, flac, mp3, ogg or npy file, `demo` (a built-in loop), `silence`, `noise`, or with
    /// `run` an input device; repeat it for several inputs, by the names of process's arguments or in their order
    #[arg(short, long = "input", value_name = "[NAME=]FILE|DEVICE|demo|silence|noise")]
    pub inputs: Vec<String>,
    /// Samples a second, in Hz [default: the first input file's, else 48000]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8000..=192_000))]
    pub samplerate: Option<u32>,
    /// Frames that are computed at a time, 1 to 8192; below 16 for `render` only
    #[arg(long, value_name = "FRAMES", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=8192))]
    pub blocksize: u32,
    /// Channels of a script that takes one: each runs an independent instance [default: the input's]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub channels: Option<u32>,
    /// Stop after this long [default: the longest input file's length, or the longest MIDI file's and 2 s]
    #[arg(long, value_parser = parse_seconds)]
    pub seconds: Option<f64>,
    /// Give a parameter a value: a number in its range, true or false, or one of its choices; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// Allow fused and re-associated arithmetic: faster, but no longer bit for bit Python's
    #[arg(long)]
    pub fast_math: bool,
    /// Write timing, memory and counts as JSON
    #[arg(long, value_name = "FILE.json")]
    pub stats: Option<PathBuf>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// How errors are shown
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Move parameters along the points of a file: time, name, value and curve of each; repeatable
    #[arg(long, value_name = "FILE.csv|.json")]
    pub automation: Vec<PathBuf>,
    /// Notes and controllers: a MIDI file, or with `run` an input port by its name, a part of it, its number in
    /// `oscine devices` or HOST:NAME; repeatable
    #[arg(long, value_name = "FILE.mid|PORT")]
    pub midi: Vec<String>,
    /// Hear one MIDI channel only, 1 to 16 [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub midi_channel: Option<u8>,
    /// Have a MIDI controller, 0 to 127, the pitch wheel, `bend`, or the pressure on the keys, `pressure`, move a
    /// parameter; repeatable
    #[arg(long = "map", value_name = "N|bend|pressure=NAME")]
    pub maps: Vec<String>,
}

/// Options of `latency`.
#[derive(Debug, Args)]
pub struct LatencyArgs {
    /// The output device, as for `run`
    #[arg(short, long, value_name = "DEVICE")]
    pub output: Option<String>,
    /// The input device [default: the output's own connection where it can make one, as JACK can, else the default input]
    #[arg(short, long, value_name = "DEVICE")]
    pub input: Option<String>,
    /// Samples a second, in Hz [default: 48000, or what the device runs at]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8000..=192_000))]
    pub samplerate: Option<u32>,
    /// Frames that are computed at a time
    #[arg(long, value_name = "FRAMES", default_value_t = 64, value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub blocksize: u32,
    /// How many sweeps are sent
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// The sweep's level, in dB of full scale
    #[arg(long, value_name = "DB", default_value_t = -12.0, value_parser = parse_level, allow_negative_numbers = true)]
    pub level: f64,
    /// The longest time that is looked for, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = parse_longest)]
    pub longest: f64,
    /// Leave the audio thread at its ordinary priority
    #[arg(long)]
    pub no_realtime: bool,
    /// Write the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `devices`.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// As data
    #[arg(long)]
    pub json: bool,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The script, a .py file; or the name of a native processor: `one_pole`, `butterworth`, `sine`, `sines`, `ring_modulator`, `vcs3`
    pub script: PathBuf,
    /// Samples a second, in Hz
    #[arg(long, value_name = "HZ", default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8000..=192_000))]
    pub samplerate: u32,
    /// Frames that are computed at a time
    #[arg(long, value_name = "FRAMES", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=8192))]
    pub blocksize: u32,
    /// How errors, and with `json` the script's face, are shown
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How diagnostics are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// With the source around them
    #[default]
    Full,
    /// One line each: `path:line:col: error[code] message`
    Concise,
    /// One JSON object a line
    Json,
}

/// How a sound file stores its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(non_camel_case_types, reason = "libsndfile's names, which soundfile's users know")]
pub enum Subtype {
    /// 16-bit integers
    #[value(name = "PCM_16")]
    PCM_16,
    /// 24-bit integers
    #[value(name = "PCM_24")]
    PCM_24,
    /// 32-bit floats
    #[value(name = "FLOAT")]
    FLOAT,
}

impl Command {
    /// The first thing asked for that a later version will bring, by its name on the command line.
    pub fn not_there_yet(&self) -> Option<&'static str> {
        match self {
            Command::Profile(_) => Some("oscine profile"),
            Command::Run(args) if args.gui => Some("--gui"),
            _ => None,
        }
    }
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("a number of seconds above 0 and up to 86400 is needed".to_owned()),
    }
}

fn parse_level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(db) if (-80.0..=0.0).contains(&db) => Ok(db),
        _ => Err("a level from -80 to 0 dB of full scale is needed".to_owned()),
    }
}

fn parse_longest(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=10.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0.01 to 10 is needed".to_owned()),
    }
}
