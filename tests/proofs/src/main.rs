//! The long proofs as commands: `cargo run --release -p proofs -- kill --rounds 300 --engine both`.

use proofs::kill::{self, Engine};
use proofs::random::Random;
use proofs::{Fault, fault, import};

/// What 99 of 100 notices must be acknowledged within while a long import runs.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(1);
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "cargo run --release -p proofs -- COMMAND, where COMMAND is one of
  kill   [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--look-every N] [--capture]
         kills the program under load and checks every law by what stands there
  import [--rows N] [--rate N] [--engine sqlite|postgres|both]
         imports orders from the command line while notices come in by SMTP, and tells how long their peers wait";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Fault> {
    let (command, options) = arguments.split_first().ok_or_else(|| fault(USAGE))?;
    let engines = match option(options, "--engine")?.unwrap_or("both") {
        "sqlite" => vec![Engine::Sqlite],
        "postgres" => vec![Engine::Postgres],
        "both" => vec![Engine::Sqlite, Engine::Postgres],
        _ => return Err(fault(USAGE)),
    };
    match command.as_str() {
        "kill" => {
            let seed = number(options, "--seed")?.unwrap_or_else(Random::fresh_seed);
            for engine in engines {
                let settings = kill::Settings {
                    engine,
                    rounds: number(options, "--rounds")?.unwrap_or(300),
                    seed,
                    look_every: number(options, "--look-every")?.unwrap_or(10),
                    live: !options.iter().any(|option| option == "--capture"),
                    busiest: 90,
                };
                println!("{engine}: {} kills, seed {seed}", settings.rounds);
                let figures = kill::run(&settings, &mut |line| println!("{line}"))?;
                println!("{engine}: every law held. {figures:#?}");
            }
            Ok(())
        }
        "import" => {
            for engine in engines {
                let settings = import::Settings {
                    engine,
                    rows: usize::try_from(number(options, "--rows")?.unwrap_or(1_000_000))?,
                    rate: u32::try_from(number(options, "--rate")?.unwrap_or(30))?,
                    quiet: Duration::from_secs(10),
                };
                println!("{engine}: {} rows, {} notices a second", settings.rows, settings.rate);
                let figures = import::run(&settings)?;
                println!("{engine}: before the import: {}", figures.quiet);
                println!("{engine}: during the import, {} s: {}", figures.import.as_secs(), figures.during);
                if figures.during.per_mille(990) >= ACKNOWLEDGED_WITHIN {
                    return Err(fault("the 99th percentile is not under a second"));
                }
            }
            Ok(())
        }
        _ => Err(fault(USAGE)),
    }
}

fn option<'a>(options: &'a [String], name: &str) -> Result<Option<&'a str>, Fault> {
    let Some(place) = options.iter().position(|option| option == name) else { return Ok(None) };
    options.get(place + 1).map(|value| Some(value.as_str())).ok_or_else(|| fault(format!("{name} lacks its value")))
}

fn number(options: &[String], name: &str) -> Result<Option<u64>, Fault> {
    Ok(option(options, name)?.map(str::parse).transpose()?)
}
