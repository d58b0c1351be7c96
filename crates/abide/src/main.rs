//! Abide, the program: command line, configuration, roles, start and stop. What it does lives in the crates
//! below; here it is called, and its answers and errors become text, JSON and exit codes.

mod arguments;
mod commands;
mod configuration;
mod dashboard;
mod demo;
mod exit;
mod installation;
mod output;
mod progress;
mod roles;
mod sending;
mod turns;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::configuration::{Configuration, Environment};
use crate::exit::{Ended, Failure};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = start(arguments).and_then(|ended| output::flush().map(|()| ended));
    ExitCode::from(match ended {
        Ok(ended) => ended.code(),
        Err(failure) => {
            if let Some(sentence) = failure.sentence() {
                output::error(sentence);
            }
            failure.code()
        }
    })
}

fn start(mut arguments: Arguments) -> Result<Ended, Failure> {
    let listening = match &arguments.command {
        Command::Serve(serve) => Some(&serve.listening),
        Command::Demo(demo) => Some(&demo.listening),
        _ => None,
    };
    let mut environment = Environment::of_process();
    if matches!(arguments.command, Command::Demo(_)) {
        // The demo must never touch an installation in use: only what stands on its own command line counts.
        environment = environment.without_data();
        if arguments.everywhere.data.is_none() {
            arguments.everywhere.data = Some(demo::fresh_folder()?);
        }
    }
    let configuration = Configuration::settle(&arguments.everywhere, listening, &environment)?;
    log_to_standard_error(matches!(arguments.command, Command::Serve(_)));
    intake::reading::hide_panics_of_readers();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::could_not_run(format!("the program's threads could not be started: {error}")))?;
    let ended = runtime.block_on(commands::run(arguments.command, configuration));
    // A thread that waits for a keyboard or a terminal's end of file must not hold the program up.
    runtime.shutdown_background();
    ended
}

/// Logs hold order ids at most, never an alias, name, address or text (law 8).
fn log_to_standard_error(serving: bool) {
    let default = if serving { "info" } else { "error" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("ABIDE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    // Set only once in a process, so this can't fail.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).try_init();
}
