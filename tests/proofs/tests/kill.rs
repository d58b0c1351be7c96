//! The kill loop, short: the long one is `cargo run --release -p proofs -- kill`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a proof that fails must stop the test with its reason")]

use proofs::kill::{self, Engine, Settings};
use proofs::random::Random;

/// A loop that met nothing would prove nothing, and on a busy machine eight rounds may end before anything leaves: then
/// eight more follow, on a fresh installation.
fn short(engine: Engine) {
    let met = |figures: &kill::Figures| figures.acknowledged > 20 && figures.orders > 0 && figures.captured > 0;
    for _ in 0..6 {
        let seed = Random::fresh_seed();
        let settings = Settings { engine, rounds: 8, seed, look_every: 2, live: false, busiest: 60 };
        eprintln!("{engine}: seed {seed}");
        if met(&kill::run(&settings, &mut |line| eprintln!("{line}")).unwrap()) {
            return;
        }
    }
    panic!("nothing left in six loops");
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
