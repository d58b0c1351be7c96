//! A long import beside a stream of notices, short: all rows and all notices are there. The times are measured by
//! `cargo run --release -p proofs -- import`.
#![expect(clippy::unwrap_used, reason = "a proof that fails must stop the test with its reason")]

use std::time::Duration;

use proofs::import::{self, Settings};
use proofs::kill::Engine;

fn short(engine: Engine) {
    let settings = Settings { engine, rows: 5000, rate: 20, quiet: Duration::from_millis(500) };
    let figures = import::run(&settings).unwrap();
    assert!(figures.during.count() > 0);
    eprintln!("{engine}: {} s, {}", figures.import.as_secs(), figures.during);
}

#[test]
fn on_sqlite_nothing_is_lost_between_an_import_and_notices() {
    short(Engine::Sqlite);
}

#[test]
fn on_postgres_nothing_is_lost_between_an_import_and_notices() {
    if std::env::var("ABIDE_SKIP_POSTGRES").is_ok_and(|value| value == "1") {
        eprintln!("skipped: ABIDE_SKIP_POSTGRES=1");
        return;
    }
    short(Engine::Postgres);
}
