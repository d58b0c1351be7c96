//! The outbox from claim to captured: claimed, the order read, the letter rendered, the gate asked, the outcome
//! recorded, beside a bare insert and update of as many rows of the same size in the same engine. On SQLite, on
//! PostgreSQL with one node, and on PostgreSQL with two.
//!
//! `--quick` takes seconds, `--one-account` gives every order to one account, `--sqlite` and `--postgres` measure
//! that engine alone, `--messages N` says how many fall due in each run.

mod bare;

use std::time::{Duration, Instant};

use delivery::outbox_pass;
use futures_util::future::join_all;
use model::{Clock, Timestamp};
use store::Store;

use crate::counters::{Counters, forget_peak_memory};
use crate::figures;
use crate::house::{self, EngineName, House};

/// What the issue asks for.
const TARGET_A_SECOND: f64 = 3_000.0;
/// Accounts that the orders are spread over.
const ACCOUNTS: usize = 20;
/// Runs, of which the median counts.
const RUNS: usize = 3;

struct Wanted {
    runs: usize,
    messages: u64,
    accounts: usize,
    engines: Vec<EngineName>,
}

impl Wanted {
    fn read(options: &[String]) -> Result<Self, String> {
        let both = vec![EngineName::Sqlite, EngineName::Postgres];
        let mut wanted = Self { runs: RUNS, messages: 20_000, accounts: ACCOUNTS, engines: both };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match option.as_str() {
                "--quick" => (wanted.runs, wanted.messages) = (1, 1_000),
                "--one-account" => wanted.accounts = 1,
                "--sqlite" => wanted.engines = vec![EngineName::Sqlite],
                "--postgres" => wanted.engines = vec![EngineName::Postgres],
                "--messages" => {
                    let number = options.next().and_then(|number| number.parse().ok());
                    wanted.messages = number.ok_or("--messages needs a number")?;
                }
                other => return Err(format!("there is no option {other}")),
            }
        }
        Ok(wanted)
    }
}

/// Measures and prints.
pub fn run(options: &[String]) -> Result<(), String> {
    let wanted = Wanted::read(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    for engine in &wanted.engines {
        let nodes: &[usize] = if *engine == EngineName::Sqlite { &[1] } else { &[1, 2] };
        for nodes in nodes {
            let Some(house) = House::temporary(*engine)? else { continue };
            println!("-- {engine}, {nodes} node(s), {} messages due, {} account(s)", wanted.messages, wanted.accounts);
            runtime.block_on(measure(&house, *engine, *nodes, &wanted))?;
        }
    }
    Ok(())
}

async fn measure(house: &House, engine: EngineName, nodes: usize, wanted: &Wanted) -> Result<(), String> {
    let mut stores = Vec::with_capacity(nodes);
    for _ in 0..nodes {
        stores.push(house.open().await?);
    }
    let first = stores.first().ok_or("no node")?;
    let peer = bare::Bare::open(house).await?;
    let mut times: Vec<(Duration, Counters)> = Vec::new();
    let mut bare_times = Vec::new();
    for run in 0..wanted.runs {
        make_due(house, first, wanted, u64::try_from(run).unwrap_or_default() * wanted.messages).await?;
        forget_peak_memory();
        bare_times.push(peer.insert_and_update(wanted.messages).await?);
        let (begun, counters) = (Instant::now(), Counters::now());
        let captured = pass(&stores).await?;
        times.push((begun.elapsed(), Counters::now().since(counters)));
        if captured != wanted.messages {
            return Err(format!("{captured} of {} were captured", wanted.messages));
        }
    }
    let count = u32::try_from(wanted.messages).map_err(|error| error.to_string())?;
    times.sort_unstable_by_key(|(time, _)| *time);
    bare_times.sort_unstable();
    let (time, counters) = times.get(times.len() / 2).copied().unwrap_or_default();
    let bare_rate = figures::rate("bare insert and update", count, bare_times[bare_times.len() / 2]);
    let rate = figures::rate("claimed, rendered, gated, captured", count, time);
    println!(
        "{:<44} {:>9.1} µs of this process's time each",
        "",
        counters.processor().as_secs_f64() / f64::from(count) * 1e6
    );
    figures::ratio("bare rows for one message", bare_rate / rate.max(1e-9), "none", true);
    figures::ratio("messages a second", rate, &format!("{TARGET_A_SECOND}"), rate >= TARGET_A_SECOND);
    if let (Some(mib), EngineName::Sqlite) = (figures::peak_memory_mib(), engine) {
        println!("{:<44} {mib:>9.1} MiB", "peak memory");
    }
    Ok(())
}

/// Orders from that number on, whose messages are due.
async fn make_due(house: &House, store: &Store, wanted: &Wanted, first: u64) -> Result<(), String> {
    let accounts = u64::try_from(wanted.accounts).unwrap_or(1);
    for number in 0..accounts {
        let account = house::account(store, usize::try_from(number).unwrap_or_default()).await?;
        let numbers: Vec<u64> = (first..first + wanted.messages).filter(|order| order % accounts == number).collect();
        house::import(store, &account, &numbers).await?;
    }
    house.lift_the_cap()?;
    delivery::plan_pass(store, Clock::real(Timestamp::from_clock())).await.map_err(|error| error.to_string())?;
    Ok(())
}

/// One pass on every node at once; how many messages were captured.
async fn pass(stores: &[Store]) -> Result<u64, String> {
    let clock = Clock::real(Timestamp::from_clock());
    let passes = stores.iter().map(|store| outbox_pass(store, clock, Timestamp::from_clock));
    let mut captured = 0;
    for counts in join_all(passes).await {
        captured += counts.map_err(|error| error.to_string())?.captured;
    }
    Ok(captured)
}
