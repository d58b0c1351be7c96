//! Intake: distinct notices over 20 and 200 connections, acknowledged and committed, by SQLite and PostgreSQL,
//! beside Postfix under the same load, one fsync, and a bare insert of the same rows. The receivers take turns
//! of a few seconds, several rounds, and the medians are compared, so that a busy machine harms all alike.
//!
//! Options: `--quick` for a look of some seconds, `--seconds N`, `--rounds N`, `--without-postgres`, and
//! `--program FILE` for the receivers of another build of this bench, such as one of an earlier commit.

mod abide;
mod bare;
mod letter;
mod load;
mod postfix;
mod receiver;

use std::path::PathBuf;
use std::time::Duration;

use self::abide::Abide;
use self::letter::Letter;
use self::load::{Outcome, Target};
use self::postfix::Postfix;
use self::receiver::ACCOUNTS;
use crate::{figures, fsync};

/// Connections at once.
const CONNECTIONS: [usize; 2] = [20, 200];
/// Notices whose rows are put in once more.
const BARE_NOTICES: u32 = 6000;

struct Options {
    turn: Duration,
    rounds: u32,
    postgres: bool,
    program: Option<PathBuf>,
}

impl Options {
    fn of(words: &[String]) -> Result<Self, String> {
        let mut options = Self { turn: Duration::from_secs(3), rounds: 3, postgres: true, program: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => (options.turn, options.rounds) = (Duration::from_millis(500), 1),
                "--seconds" => {
                    options.turn = Duration::from_secs(number(words.next()).ok_or("--seconds wants a number")?.into());
                }
                "--rounds" => options.rounds = number(words.next()).ok_or("--rounds wants a number")?,
                "--program" => options.program = Some(words.next().ok_or("--program wants a file")?.into()),
                "--without-postgres" => options.postgres = false,
                other => return Err(format!("{other} is no option of this bench")),
            }
        }
        Ok(options)
    }
}

fn number(word: Option<&String>) -> Option<u32> {
    word?.parse().ok().filter(|number| *number > 0)
}

/// One receiver under one load.
struct Turn {
    what: &'static str,
    target: Target,
    connections: usize,
    outcomes: Vec<Outcome>,
}

/// Prints the figures.
pub fn run(options: &[String]) -> Result<(), String> {
    if let [role, data, rest @ ..] = options
        && role == "receiver"
    {
        return receiver::run(data.as_ref(), rest.first().map(String::as_str));
    }
    let options = Options::of(options)?;
    let program = options.program.clone().map_or_else(std::env::current_exe, Ok).map_err(|error| error.to_string())?;
    let folder = tempfile::Builder::new().prefix("bench-intake").tempdir().map_err(|error| error.to_string())?;
    let place = |name: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir_all(&place).map(|()| place).map_err(|error| error.to_string())
    };
    // Postfix's own users must be able to pass.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).map_err(|error| error.to_string())?;
    let letter = Letter::new(&now()?);
    println!(
        "notices   {} bytes each, to {ACCOUNTS} accounts, no two alike; disk of {}",
        letter.size(),
        folder.path().display()
    );

    let mut sqlite = Abide::start(&program, &place("sqlite")?, None, 1)?;
    let postfix = match postfix::missing() {
        None => Some(Postfix::start(&place("postfix")?, CONNECTIONS.into_iter().max().unwrap_or(1))?),
        Some(why) => {
            println!("skipped   Postfix and the ratio to it: {why}");
            None
        }
    };
    let database = if options.postgres { cluster::fresh_database() } else { None };
    let postgres = match &database {
        Some(database) => Some(Abide::start(&program, &place("postgres")?, Some(&database.url()), 2)?),
        None => None,
    };

    let mut turns = Vec::new();
    for connections in CONNECTIONS {
        let mut turn = |what, target| turns.push(Turn { what, target, connections, outcomes: Vec::new() });
        turn("Abide, SQLite", sqlite.target());
        if let Some(postfix) = &postfix {
            turn("Postfix", postfix.target());
        }
        if let Some(postgres) = &postgres {
            turn("Abide, PostgreSQL, one node", postgres.one_node());
            turn("Abide, PostgreSQL, two nodes", postgres.target());
        }
    }
    let mut durable = Vec::new();
    for _ in 0..options.rounds {
        durable.push(fsync::one(50)?.as_secs_f64());
        for turn in &mut turns {
            let outcome = load::send(&turn.target, turn.connections, options.turn, &letter);
            turn.outcomes.push(outcome.map_err(|why| format!("{}: {why}", turn.what))?);
            if let Some(postfix) = &postfix {
                postfix.rest()?;
            }
        }
    }
    sqlite.stop();
    tell(&options, &turns, &sqlite, Duration::from_secs_f64(figures::middle(durable)))?;

    let acknowledged = |name: &str| -> u32 {
        turns
            .iter()
            .filter(|turn| turn.what.starts_with(name))
            .map(|turn| load::median(&turn.outcomes).acknowledged)
            .sum()
    };
    let told = |engine: &str, acknowledged: u32, (mails, suppressions): (u32, u32)| {
        println!("{engine}: {acknowledged} acknowledged; {mails} mails and {suppressions} opt-outs committed");
        let kept = mails == acknowledged && suppressions == acknowledged;
        kept.then_some(()).ok_or_else(|| format!("{engine}: what was acknowledged and what is there differ"))
    };
    told("SQLite", acknowledged("Abide, SQLite"), bare::committed(&sqlite.file())?)?;
    if let Some(database) = &database {
        let count = |table: &str| {
            let answer = database.psql(&format!("SELECT COUNT(*) FROM {table}"))?;
            answer.parse::<u32>().map_err(|error| error.to_string())
        };
        let counts = (count("inbound_mail")?, count("suppression")?);
        told("PostgreSQL", acknowledged("Abide, PostgreSQL"), counts)?;
    }
    Ok(())
}

/// The figures of each load, and how they stand to each other.
fn tell(options: &Options, turns: &[Turn], sqlite: &Abide, durable: Duration) -> Result<(), String> {
    println!("rounds    {} of {:.1} s each, medians", options.rounds, options.turn.as_secs_f64());
    figures::rate("one fsync", 1, durable);
    let rows = bare::Rows::of(&sqlite.file(), BARE_NOTICES)?;
    for connections in CONNECTIONS {
        println!("{connections} connections");
        let mut bare = Vec::new();
        for _ in 0..options.rounds {
            let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
            bare.push(rows.insert_into(&folder.path().join("bare.db"), connections)?);
        }
        let bare = figures::middle(bare);
        println!("{:<44} {bare:>9.0} /s", format!("bare insert of the same rows, {connections} a commit"));
        let mut rates = Vec::new();
        for turn in turns.iter().filter(|turn| turn.connections == connections) {
            let outcome = load::median(&turn.outcomes);
            outcome.print(turn.what);
            rates.push((turn.what, outcome.a_second));
        }
        let rate = |name: &str| rates.iter().find(|(what, _)| *what == name).map(|(_, rate)| *rate);
        let Some(abide) = rate("Abide, SQLite") else { continue };
        if let Some(postfix) = rate("Postfix") {
            let ratio = abide / postfix.max(1e-9);
            figures::ratio("Abide, SQLite, beside Postfix", ratio, "at least 3", ratio >= 3.0);
        }
        figures::ratio("Abide, SQLite, beside the bare insert", abide / bare.max(1e-9), "near 1", abide >= bare * 0.5);
        figures::ratio("notices for the time of one fsync", abide * durable.as_secs_f64(), "none", true);
        if let (Some(one), Some(two)) = (rate("Abide, PostgreSQL, one node"), rate("Abide, PostgreSQL, two nodes")) {
            figures::ratio("PostgreSQL, two nodes beside one", two / one.max(1e-9), "none", true);
        }
    }
    println!("The load, the receivers and PostgreSQL share the cores; docs/performance.md says what limits them.");
    Ok(())
}

/// The date as it stands in a mail: notices must be young, or they leave only their effect.
fn now() -> Result<String, String> {
    let date =
        std::process::Command::new("date").args(["-u", "+%a, %d %b %Y %H:%M:%S +0000"]).env("LC_ALL", "C").output();
    let date = date.map_err(|error| format!("no date: {error}"))?;
    Ok(String::from_utf8_lossy(&date.stdout).trim().to_owned())
}
