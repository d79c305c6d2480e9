//! The `oscine` command.

use std::process::ExitCode;

use clap::Parser;
use oscine::args::{Cli, Command};
use oscine::failure::Failure;
use oscine::timing::loads;
use oscine::{commands, explain, scaffold};

#[cfg(debug_assertions)]
#[global_allocator]
static ALLOCATOR: oscine_engine::AllocationGuard = oscine_engine::AllocationGuard;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure.to_string();
            if !text.is_empty() {
                eprintln!("{text}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn execute(command: &Command) -> Result<(), Failure> {
    if let Some(what) = command.not_there_yet() {
        return Err(Failure::call(format!("`{what}` comes with a later version of oscine")));
    }
    match command {
        Command::Run(args) => commands::run(args),
        Command::Render(args) => commands::render(args),
        Command::Realtime(args) => commands::realtime(args),
        Command::Load { kind } => loads::work(*kind).map_err(|error| Failure::call(format!("a load: {error}"))),
        Command::Check(args) => commands::check(args),
        Command::Devices(args) => commands::devices(args),
        Command::Latency(args) => commands::latency(args),
        Command::Explain { code: None } => commands::print(&explain::list()),
        Command::Explain { code: Some(code) } => commands::print(page(code)?),
        Command::New { name } => {
            let path = scaffold::write(name)?;
            commands::print(&format!("wrote {0}; hear it with: oscine run {0}\n", path.display()))
        }
        Command::Bench(args) => commands::bench(args),
        Command::Profile(_) => Ok(()),
    }
}

fn page(code: &str) -> Result<&'static str, Failure> {
    explain::page(code).ok_or_else(|| {
        let like = explain::nearest(code).map_or_else(String::new, |like| format!(", but there is `{like}`"));
        Failure::call(format!("there is no error `{code}`{like}; `oscine explain` lists them all"))
    })
}
