//! What each command does, a file a command.

mod bench;
mod check;
mod devices;
mod latency;
mod realtime;
mod reload;
mod render;
mod run;

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use oscine_engine::StatsSnapshot;
use oscine_lang::diagnostics::Style;

pub use bench::{BenchArgs, bench};
pub use check::check;
pub use devices::devices;
pub use latency::latency;
pub use realtime::realtime;
pub use render::render;
pub use run::run;

use crate::args::{Format, SharedArgs, Subtype};
use crate::failure::Failure;
use crate::hearing::Hearing;
use crate::session::{Options, Session};
use crate::stats::{Distribution, Stats, peak_rss_bytes};

/// Writes to standard output; a reader that has gone, as `head` does, is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::call(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// What standard error can show.
fn style(format: Format) -> Style {
    match format {
        Format::Full if stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() => Style::Coloured,
        Format::Full => Style::Full,
        Format::Concise => Style::Concise,
        Format::Json => Style::Json,
    }
}

/// Opens the input files and compiles the script for the rate that they decide.
fn prepare(args: &SharedArgs) -> Result<(Hearing, Session), Failure> {
    let hearing = Hearing::open(&args.inputs, args.samplerate.map(f64::from))?;
    let session = compile(args, &hearing)?;
    Ok((hearing, session))
}

/// Compiles the script for the rate of what it hears; tells what is worth a line.
fn compile(args: &SharedArgs, hearing: &Hearing) -> Result<Session, Failure> {
    // A script's own words are its business, and so is whether anybody reads them.
    let session = Session::load(&args.script, options(args, hearing.sample_rate), &mut |text| {
        let _ = print(text);
    })?;
    if !args.quiet {
        eprint!("{}", session.warnings);
        hearing.notes.iter().for_each(|note| eprintln!("{note}"));
    }
    Ok(session)
}

/// How the script is compiled.
fn options(args: &SharedArgs, sample_rate: f64) -> Options {
    Options { sample_rate, block_frames: args.blocksize as usize, fast_math: args.fast_math, style: style(args.format) }
}

/// Whole frames of `--seconds`, at least one.
fn asked_frames(args: &SharedArgs, sample_rate: f64) -> Option<u64> {
    args.seconds.map(|seconds| ((seconds * sample_rate).round() as u64).max(1))
}

/// A subtype in the engine's words.
fn engine_subtype(subtype: Subtype) -> oscine_engine::files::Subtype {
    match subtype {
        Subtype::PCM_16 => oscine_engine::files::Subtype::Pcm16,
        Subtype::PCM_24 => oscine_engine::files::Subtype::Pcm24,
        Subtype::FLOAT => oscine_engine::files::Subtype::Float,
    }
}

/// A flag that Ctrl-C raises from now on, and so does what else asks a program to end.
fn interrupt_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    // Without a handler Ctrl-C still ends the program, only less cleanly.
    let _ = ctrlc::set_handler(move || raised.store(true, Relaxed));
    flag
}

/// The fields of `--stats` that a run and a render share.
fn stats(session: &Session, counted: &StatsSnapshot, state_bytes: usize) -> Stats {
    Stats {
        load_ms: session.load_ms,
        compile_ms: session.compile_ms,
        frames: counted.frames,
        process_ns_per_frame: Distribution {
            mean: counted.process_ns_per_frame_mean,
            p50: counted.process_ns_per_frame_p50,
            p99: counted.process_ns_per_frame_p99,
            max: counted.process_ns_per_frame_max,
        },
        peak_rss_bytes: peak_rss_bytes(),
        state_bytes: state_bytes as u64,
        live: None,
    }
}
