//! `oscine bench`: the paper's tables beside the peers that are found on this machine.

mod plot;

use std::path::{Path, PathBuf};

use clap::Args;
use oscine_bench::children::Children;
use oscine_bench::contest::Effort;
use oscine_bench::files::Folder;
use oscine_bench::kind::{self, Kind};
use oscine_bench::peer::Tools;
use oscine_bench::report::Report;
use oscine_bench::workload::{self, Workload};
use oscine_bench::{contest, latency, scaling, serve};

use self::plot::{Bars, Panels};
use super::print;
use crate::failure::Failure;
use crate::picture;

/// Options of `bench`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct BenchArgs {
    /// What to measure [default: all]: `ring_modulator`, `ring_modulator_lfilter`, `ring_core`, `vcs3`, `one_pole`,
    /// `one_pole_block`, `osc_sine`, `sines64`, `butterworth`, `biquad`, `sin_loop`; or `scaling` alone, cost against voices,
    /// block size and oversampling
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Sides to leave the others out: `interpreted`, `evaluator`, `numba`, `numba-fast-math`, `cython`, `cython-c`, `c`,
    /// `c-fast-math`, `faust`, `faust-fast-math`, `oscine`, `oscine-fast-math`, `oscine-numba-file`, `native`, `native-voices`
    #[arg(long, value_name = "SIDE,...", value_delimiter = ',', value_parser = parse_kind)]
    only: Vec<Kind>,
    /// How often each side runs
    #[arg(long, value_name = "N", default_value_t = 201, value_parser = clap::value_parser!(u32).range(7..=10_000))]
    rounds: u32,
    /// The most time that a side takes of a program, about: what is slow computes fewer than 1000 blocks
    #[arg(long, value_name = "S", default_value_t = 4.0, value_parser = parse_seconds)]
    seconds: f64,
    /// The interpreter that has numpy, numba and cython [default: the environment variable `OSCINE_PYTHON`, else python3]
    #[arg(long, value_name = "PYTHON")]
    python: Option<PathBuf>,
    /// Also tell how soon these scripts are ready in a fresh process
    #[arg(long, value_name = "SCRIPT", num_args = 1..)]
    ready: Vec<PathBuf>,
    /// Compare the outputs of all sides and time nothing
    #[arg(long, conflicts_with_all = ["plot", "ready"])]
    check: bool,
    /// Print the tables as JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print the tables as Markdown
    #[arg(long)]
    markdown: bool,
    /// Draw the times as a bar for each side, or with `scaling` as curves
    #[arg(long, value_name = "FILE.svg|.png")]
    plot: Option<PathBuf>,
    /// Say nothing of what is being measured
    #[arg(short, long)]
    quiet: bool,
    #[arg(long, hide = true, num_args = 2, value_names = ["KIND", "NAME"])]
    serve: Vec<String>,
    #[arg(long, hide = true, value_name = "SCRIPT")]
    cold: Option<PathBuf>,
}

/// Times in a fresh process of one script.
const READY_TIMES: usize = 31;

fn parse_kind(word: &str) -> Result<Kind, String> {
    Kind::named(word).ok_or_else(|| {
        let known: Vec<&str> = kind::ALL.iter().map(|kind| kind.word()).collect();
        format!("there are {}", known.join(", "))
    })
}

fn parse_seconds(word: &str) -> Result<f64, String> {
    word.parse().ok().filter(|seconds| (0.1..=3600.0).contains(seconds)).ok_or_else(|| "0.1 to 3600 seconds".into())
}

/// Measures and prints.
pub fn bench(args: &BenchArgs) -> Result<(), Failure> {
    if let [kind, name] = &args.serve[..] {
        return serve::serve(kind, name).map_err(Failure::Call);
    }
    if let Some(script) = &args.cold {
        return latency::answer(script).map_err(Failure::Script);
    }
    if let Some(path) = &args.plot {
        picture::writable(path).map_err(Failure::Call)?;
    }
    if cfg!(debug_assertions) && !args.check {
        return Err(Failure::call("a debug build of oscine measures nothing worth knowing: build it with --release"));
    }
    let tell = |what: &str| {
        if !args.quiet {
            eprintln!("{what} ...");
        }
    };
    let children = Children::default();
    let ending = children.clone();
    // Without a handler Ctrl-C still ends the program, only less cleanly.
    let _ = ctrlc::set_handler(move || ending.end());
    if args.names == ["scaling"] {
        return grow(args, &children, &tell);
    }
    let workloads = workloads(&args.names)?;
    let kinds: Vec<Kind> =
        kind::ALL.into_iter().filter(|kind| args.only.is_empty() || args.only.contains(kind)).collect();
    let program =
        std::env::current_exe().map_err(|error| Failure::call(format!("oscine does not find itself: {error}")))?;
    let folder = Folder::new("peers").map_err(|error| Failure::call(format!("no temporary folder: {error}")))?;
    let python = args.python.clone().or_else(|| std::env::var_os("OSCINE_PYTHON").map(PathBuf::from));
    let python = python.unwrap_or_else(|| PathBuf::from("python3"));
    let tools =
        Tools { folder: &folder, python: &python, program: (&program, &["bench", "--serve"]), children: &children };
    let report = measure(args, &workloads, &kinds, &tools, &program, &tell);
    if children.are_over() {
        return Err(Failure::call("interrupted; nothing was measured"));
    }
    let report = report?;
    if let Some(path) = &args.plot {
        picture::write(&Bars { standings: &report.standings }, path).map_err(Failure::Call)?;
    }
    if args.json { print(&format!("{:#}\n", report.json())) } else { print(&report.print(args.markdown)) }
}

/// Cost against size.
fn grow(args: &BenchArgs, children: &Children, tell: &dyn Fn(&str)) -> Result<(), Failure> {
    if args.check {
        return Err(Failure::call("`scaling` compares no outputs: there is nothing to --check"));
    }
    let panels = scaling::measure(args.rounds as usize, tell, &|| children.are_over()).map_err(Failure::Call)?;
    if let Some(path) = &args.plot {
        picture::write(&Panels { panels: &panels }, path).map_err(Failure::Call)?;
    }
    let text =
        if args.json { format!("{:#}\n", scaling::json(&panels)) } else { scaling::print(&panels, args.markdown) };
    print(&text)
}

fn workloads(names: &[String]) -> Result<Vec<Workload>, Failure> {
    if names.iter().any(|name| name == "scaling") {
        return Err(Failure::call("`scaling` is measured alone: oscine bench scaling"));
    }
    if names.is_empty() {
        return Ok(workload::ALL.to_vec());
    }
    let find = |name: &String| {
        Workload::named(name).ok_or_else(|| {
            let known: Vec<&str> = workload::ALL.iter().map(|workload| workload.name).collect();
            Failure::call(format!(
                "there is nothing called `{name}` to measure; there are {} and scaling",
                known.join(", ")
            ))
        })
    };
    names.iter().map(find).collect()
}

fn measure(
    args: &BenchArgs,
    workloads: &[Workload],
    kinds: &[Kind],
    tools: &Tools,
    program: &Path,
    tell: &dyn Fn(&str),
) -> Result<Report, Failure> {
    let mut report = Report::default();
    for workload in workloads {
        tell(workload.title);
        let rounds = if args.check { 0 } else { args.rounds as usize };
        let effort = Effort { rounds, seconds: args.seconds };
        report.standings.push(contest::run(workload, kinds, effort, tools).map_err(Failure::Call)?);
    }
    if args.check {
        return Ok(report);
    }
    for workload in workloads {
        tell(&format!("{}, from edit to first sample", workload.title));
        report.edits.push(latency::edit(workload, kinds, tools));
    }
    for script in &args.ready {
        tell(&script.display().to_string());
        let ready = latency::ready(program, &["bench", "--cold"], script, READY_TIMES);
        report.ready.push(ready.map_err(Failure::Script)?);
    }
    Ok(report)
}
