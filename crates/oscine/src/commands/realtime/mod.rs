//! `oscine realtime`: how a script keeps time on a device, beside what the machine does to a client that only copies and to
//! a bare timer: the paper's Table 3 and Figure 2 for this machine.

mod copy;
mod measure;
mod plan;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::sync::atomic::Ordering::Relaxed;

use self::measure::{Bench, Turn, file_name};
use self::plan::Plan;
use super::run::start::{LEAST_BLOCK_FRAMES, open_hearing};
use super::{compile, interrupt_flag, print};
use crate::args::{LoadArg, RealtimeArgs};
use crate::failure::Failure;
use crate::picture;
use crate::timing::loads::Load;
use crate::timing::report::{About, Place, Report, UnderLoad};
use crate::timing::series::{Slice, Subject};
use crate::timing::{csv, plot};

/// Measures, and tells in tables, data and pictures.
pub fn realtime(args: &RealtimeArgs) -> Result<(), Failure> {
    check(args)?;
    if args.shared.script.extension().is_some_and(|ending| ending == "csv") {
        return show_again(args);
    }
    let mut measured = Measured::default();
    let outcome = measure(args, &mut measured);
    // What was measured until something went wrong is not lost.
    if let Some(about) = measured.about.take().filter(|_| !measured.slices.is_empty()) {
        tell(args, &measured, about)?;
    }
    outcome
}

/// What can be refused before anything is opened.
fn check(args: &RealtimeArgs) -> Result<(), Failure> {
    let block_frames = args.shared.blocksize;
    if block_frames < LEAST_BLOCK_FRAMES {
        let words = format!("--blocksize {block_frames} is too short to play live: at least {LEAST_BLOCK_FRAMES}");
        return Err(Failure::call(words));
    }
    if let Some(path) = &args.plot {
        picture::kind(path).map_err(Failure::Call)?;
    }
    args.csv.iter().chain(&args.plot).chain(&args.shared.stats).try_for_each(|path| crate::stats::check(Some(path)))
}

/// What there is so far.
#[derive(Default)]
struct Measured {
    about: Option<About>,
    slices: Vec<Slice>,
    /// Each load, and what it did.
    done: Vec<(String, Vec<String>)>,
}

fn measure(args: &RealtimeArgs, measured: &mut Measured) -> Result<(), Failure> {
    let shared = &args.shared;
    let output = Bench::open(args.output.as_deref())?;
    let hearing = open_hearing(shared, &output)?;
    let session = compile(shared, &hearing)?;
    let rate = hearing.sample_rate;
    let bench =
        Bench { shared, output_name: args.output.as_deref(), session: &session, rate, interrupted: interrupt_flag() };
    let plan = Plan::of(args);
    let device = output.name();
    drop(output);
    if !shared.quiet {
        let minutes = plan.total_seconds() * args.loads.len() as f64 / 60.0;
        let script = shared.script.display();
        eprintln!("measuring {script} on {device} for {minutes:.1} minutes; Ctrl-C ends it and shows what there is");
    }
    let about = |callback_frames: usize| About {
        script: file_name(&shared.script),
        period_ms: callback_frames as f64 / rate * 1e3,
        place: Some(Place {
            device: device.clone(),
            sample_rate: rate,
            block_frames: shared.blocksize as usize,
            callback_frames,
            machine: machine(),
        }),
    };
    let mut priority = 0;
    for load in distinct(&args.loads) {
        let (name, kinds) = plan::load(load);
        let mut loads =
            kinds.iter().map(|kind| Load::start(*kind)).collect::<Result<Vec<_>, _>>().map_err(Failure::Call)?;
        measured.done.push((name.to_owned(), vec![]));
        'rounds: for round in 1..=plan.rounds {
            if !shared.quiet {
                eprintln!("load: {name}, round {round} of {}", plan.rounds);
            }
            for &subject in plan.subjects {
                let seconds = plan.seconds_of(subject);
                let slice = bench.take(Turn { load: name, loads: &mut loads, subject, round, seconds, priority })?;
                if subject == Subject::Script {
                    priority = slice.account.map_or(0, |account| account.realtime_priority);
                    let frames = (slice.period_ns * rate / 1e9).round() as usize;
                    measured.about.get_or_insert_with(|| about(frames));
                }
                measured.slices.push(slice);
                if bench.interrupted.load(Relaxed) {
                    break 'rounds;
                }
            }
        }
        let done = loads.into_iter().filter_map(Load::end).collect();
        if let Some(last) = measured.done.last_mut() {
            last.1 = done;
        }
        if bench.interrupted.load(Relaxed) {
            break;
        }
    }
    Ok(())
}

/// Each load once, in the order in which they were asked for.
fn distinct(loads: &[LoadArg]) -> Vec<LoadArg> {
    let mut distinct = vec![];
    for load in loads {
        if !distinct.contains(load) {
            distinct.push(*load);
        }
    }
    distinct
}

/// Writes and prints everything that was asked for.
fn tell(args: &RealtimeArgs, measured: &Measured, about: About) -> Result<(), Failure> {
    let slices = &measured.slices;
    if let Some(path) = &args.csv {
        let written = File::create(path).and_then(|file| {
            let mut file = BufWriter::new(file);
            csv::write(slices, &mut file)?;
            file.flush()
        });
        written.map_err(|error| Failure::call(format!("{} cannot be written: {error}", path.display())))?;
    }
    if let Some(path) = &args.plot {
        plot::draw(slices, path).map_err(Failure::Call)?;
    }
    let under = |(load, done): &(String, Vec<String>)| UnderLoad::of(slices, load, done.clone());
    let report = Report { about, loads: measured.done.iter().map(under).filter(|u| !u.figures.is_empty()).collect() };
    if let Some(path) = &args.shared.stats {
        let written = std::fs::write(path, report.json());
        written.map_err(|error| Failure::call(format!("{} cannot be written: {error}", path.display())))?;
    }
    print(&if args.json { report.json() } else { report.markdown() })
}

/// The tables and the plot of a series that `--csv` wrote.
fn show_again(args: &RealtimeArgs) -> Result<(), Failure> {
    let path = &args.shared.script;
    let failed = |words: String| Failure::call(format!("{}: {words}", path.display()));
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let slices = csv::read(&mut BufReader::new(file)).map_err(failed)?;
    let first = slices.first().ok_or_else(|| failed("there is no callback in it".to_owned()))?;
    let about = About { script: file_name(path), period_ms: first.period_ns / 1e6, place: None };
    let mut done: Vec<(String, Vec<String>)> = vec![];
    for slice in &slices {
        if done.iter().all(|(load, _)| *load != slice.load) {
            done.push((slice.load.clone(), vec![]));
        }
    }
    tell(args, &Measured { about: None, slices, done }, about)
}

/// Processors and system, as a table should tell.
fn machine() -> String {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned());
    let build = if cfg!(debug_assertions) { ", a debug build" } else { "" };
    format!("{count} processors ({model}), {}{build}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::distinct;
    use crate::args::LoadArg;

    #[test]
    fn a_load_is_measured_once() {
        let loads = [LoadArg::Cpu, LoadArg::None, LoadArg::Cpu];
        assert_eq!(distinct(&loads), [LoadArg::Cpu, LoadArg::None]);
    }
}
