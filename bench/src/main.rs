//! Measures Abide beside its peers and the machine's own limits, in one run on one machine:
//! `cargo run --release -p bench -- NAME`. What the figures mean stands in docs/performance.md.

mod archive;
mod bombs;
mod chance;
mod counters;
mod dry_run;
mod figures;
mod fsync;
mod gate;
mod house;
mod intake;
mod linter;
mod notice;
mod one_read;
mod orders;
mod outbox;
mod pages;
mod program;

use std::process::ExitCode;

/// One bench: its name, what it measures, and the function that prints its figures.
struct Bench {
    name: &'static str,
    what: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "notice", what: "reading a notice, beside a plain MIME parse", run: notice::run },
    Bench { name: "intake", what: "notices by SMTP, beside Postfix, one fsync and a bare insert", run: intake::run },
    Bench { name: "gate", what: "begin_attempt over 10^3, 10^5 and 10^7 suppressions", run: gate::run },
    Bench {
        name: "outbox",
        what: "claimed, rendered, gated, captured, beside a bare insert and update",
        run: outbox::run,
    },
    Bench { name: "orders", what: "order import, beside a csv parse of the same file", run: orders::run },
    Bench { name: "archive", what: "an mbox of many mails, beside Python's mailbox and email", run: archive::run },
    Bench { name: "linter", what: "linting letters, beside a search for one byte", run: linter::run },
    Bench { name: "dry-run", what: "twenty campaigns over a million orders, on one core", run: dry_run::run },
    Bench { name: "pages", what: "each page of the dashboard, with 10 million orders in one account", run: pages::run },
    Bench { name: "bombs", what: "mails, streams and reports made to hurt: time and memory", run: bombs::run },
    Bench { name: "fsync", what: "what one small durable write costs on this disk", run: fsync::run },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let options: Vec<String> = arguments.collect();
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        eprintln!("cargo run --release -p bench -- NAME [OPTION...], where NAME is one of");
        for bench in BENCHES {
            eprintln!("  {:<10} {}", bench.name, bench.what);
        }
        return ExitCode::from(2);
    };
    if cfg!(debug_assertions) {
        eprintln!("note: this is a debug build; its figures mean nothing");
    }
    figures::machine();
    match (bench.run)(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{name}: {problem}");
            ExitCode::FAILURE
        }
    }
}
