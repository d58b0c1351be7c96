//! The kill loop, short: the long one is `cargo run --release -p proofs -- kill`.
#![expect(clippy::unwrap_used, reason = "a proof that fails must stop the test with its reason")]

use proofs::kill::{self, Engine, Settings};
use proofs::random::Random;

fn short(engine: Engine) {
    let settings = Settings { engine, rounds: 8, seed: Random::fresh_seed(), look_every: 2, live: false, busiest: 60 };
    eprintln!("{engine}: seed {}", settings.seed);
    let figures = kill::run(&settings, &mut |line| eprintln!("{line}")).unwrap();
    // A loop that met nothing would prove nothing.
    assert!(figures.acknowledged > 20 && figures.orders > 0 && figures.captured > 0, "{figures:?}");
}

#[test]
fn on_sqlite_every_law_holds_after_each_kill() {
    short(Engine::Sqlite);
}

#[test]
fn on_postgres_every_law_holds_after_each_kill() {
    if std::env::var("ABIDE_SKIP_POSTGRES").is_ok_and(|value| value == "1") {
        eprintln!("skipped: ABIDE_SKIP_POSTGRES=1");
        return;
    }
    short(Engine::Postgres);
}
