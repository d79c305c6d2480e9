//! The `oscine` command.

use std::io::{ErrorKind, Write, stdout};
use std::process::ExitCode;

use clap::Parser;
use oscine::args::{Cli, Command};
use oscine::failure::Failure;
use oscine::{explain, scaffold};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn execute(command: &Command) -> Result<(), Failure> {
    if let Some(what) = command.not_there_yet() {
        return Err(Failure::call(format!("`{what}` comes with a later version of oscine")));
    }
    match command {
        Command::Explain { code: None } => print(&explain::list()),
        Command::Explain { code: Some(code) } => print(page(code)?),
        Command::New { name } => {
            let path = scaffold::write(name)?;
            print(&format!("wrote {0}; hear it with: oscine run {0}\n", path.display()))
        }
        _ => Ok(()),
    }
}

fn page(code: &str) -> Result<&'static str, Failure> {
    explain::page(code).ok_or_else(|| {
        let like = explain::nearest(code).map_or_else(String::new, |like| format!(", but there is `{like}`"));
        Failure::call(format!("there is no error `{code}`{like}; `oscine explain` lists them all"))
    })
}

/// Writes to standard output; a reader that has gone, as `head` does, is no error.
fn print(text: &str) -> Result<(), Failure> {
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::call(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
