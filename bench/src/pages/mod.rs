//! How long the server takes for each page of an account with ten million orders, a million opt-outs and five million messages,
//! on both engines: the limit is 50 ms for the 99th of a hundred. Pages are found by following links, and every page that
//! the dashboard's own table of routes names must have been found.
//!
//! `--quick` takes a hundredth, `--size N` so many orders (opt-outs and messages in proportion), `--sqlite` or `--postgres` one
//! engine alone, `--rounds N` so many times each page. `--until-the-end` exports the account then, and deletes it.

mod filler;
mod walk;

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::member::Actor;
use model::{Clock, Marketplace, Timestamp};
use store::{Erased, Store};

use crate::counters::forget_peak_memory;
use crate::figures;
use crate::house::{self, EngineName, House};
use filler::Size;
use walk::Visitor;

/// What the issue asks for.
const FULL: u64 = 10_000_000;
/// Rows of a deleted account in one transaction, as the worker takes them.
const ERASED_AT_ONCE: u32 = 400;
const LIMIT: Duration = Duration::from_millis(50);

struct Wanted {
    orders: u64,
    rounds: usize,
    engines: Vec<EngineName>,
    until_the_end: bool,
}

impl Wanted {
    fn read(options: &[String]) -> Result<Self, String> {
        let mut wanted = Self {
            orders: FULL,
            rounds: 200,
            engines: vec![EngineName::Sqlite, EngineName::Postgres],
            until_the_end: false,
        };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut number = || {
                let value = options.next().ok_or_else(|| format!("{option} needs a number"))?;
                value.parse::<u64>().map_err(|_| format!("{option} needs a number"))
            };
            match option.as_str() {
                "--until-the-end" => wanted.until_the_end = true,
                "--quick" => wanted.orders = FULL / 100,
                "--size" => wanted.orders = number()?.max(1000),
                "--rounds" => wanted.rounds = usize::try_from(number()?.max(1)).map_err(|error| error.to_string())?,
                "--sqlite" => wanted.engines = vec![EngineName::Sqlite],
                "--postgres" => wanted.engines = vec![EngineName::Postgres],
                other => return Err(format!("there is no option {other}")),
            }
        }
        Ok(wanted)
    }
}

/// Runs it.
pub fn run(options: &[String]) -> Result<(), String> {
    let wanted = Wanted::read(options)?;
    figures::machine();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let mut missed = 0;
    for engine in &wanted.engines {
        if let Some(house) = House::temporary(*engine)? {
            missed += runtime.block_on(on(&house, *engine, &wanted))?;
        }
    }
    if missed > 0 {
        return Err(format!("{missed} pages took more than {} ms", LIMIT.as_millis()));
    }
    Ok(())
}

async fn on(house: &House, engine: EngineName, wanted: &Wanted) -> Result<usize, String> {
    let size = Size { orders: wanted.orders, opt_outs: wanted.orders / 10, messages: wanted.orders / 2 };
    println!(
        "-- {engine}: {} orders, {} opt-outs, {} messages in one account",
        size.orders, size.opt_outs, size.messages
    );
    let session = prepare(house, size).await?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load      {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    let store = Arc::new(house.open().await?);
    let visitor = Visitor::new(&store, &session);
    // Orders from all over the two years, beside those that the lists show.
    let scattered = (0..80).map(|part| format!("/a/seller-0/orders/{}", filler::order(part * size.orders / 80)));
    let found = visitor.walk("/a/seller-0", scattered.collect()).await?;
    let mut missed = 0;
    println!("{:<58} {:>9} {:>9} {:>9}   limit {} ms", "page", "median", "99th", "longest", LIMIT.as_millis());
    for (kind, paths) in found {
        let mut times = Vec::with_capacity(wanted.rounds);
        for path in paths.iter().cycle().take(wanted.rounds) {
            let begun = Instant::now();
            visitor.get(path).await?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let at = |part: usize| times.get((times.len() * part / 100).min(times.len() - 1)).copied().unwrap_or_default();
        let (median, most, longest) = (at(50), at(99), at(100));
        let holds = most <= LIMIT;
        missed += usize::from(!holds);
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let mark = if holds { "" } else { "  MISSED" };
        println!("{kind:<58} {:>9.2} {:>9.2} {:>9.2}{mark}", ms(median), ms(most), ms(longest));
    }
    if wanted.until_the_end {
        export(&store).await?;
        delete(&store).await?;
    }
    Ok(missed)
}

async fn account(store: &Store) -> Result<model::Account, String> {
    let handle = "seller-0".parse().map_err(|_| "no handle".to_owned())?;
    store.account(&handle).await.map_err(|error| error.to_string())
}

/// Everything of the account, into nothing.
async fn export(store: &Store) -> Result<(), String> {
    let account = account(store).await?;
    forget_peak_memory();
    let (out, mut pieces) = tokio::sync::mpsc::channel(2);
    let begun = Instant::now();
    let taking = async { while pieces.recv().await.is_some() {} };
    let (exported, ()) =
        tokio::join!(store.export_account(&account, Actor::Operator, Timestamp::from_clock(), out), taking);
    let bytes = exported.map_err(|error| error.to_string())?.bytes;
    let (seconds, mib) = (begun.elapsed().as_secs_f64(), figures::peak_memory_mib().unwrap_or_default());
    println!("export    {} MB in {seconds:.0} s, peak memory {mib:.0} MiB", bytes / 1_000_000);
    Ok(())
}

/// All of it erased, as the worker does.
async fn delete(store: &Store) -> Result<(), String> {
    let said = |error: store::StoreError| error.to_string();
    let account = account(store).await?;
    store.delete_account(account.id, Actor::Operator, Timestamp::from_clock()).await.map_err(said)?;
    let (begun, mut rows, mut longest) = (Instant::now(), 0_u64, Duration::ZERO);
    loop {
        let turn = Instant::now();
        let erased = store.erase_deleted(ERASED_AT_ONCE, Timestamp::from_clock()).await.map_err(said)?;
        longest = longest.max(turn.elapsed());
        match erased {
            Erased::Some(count) => rows += count,
            Erased::Waiting => return Err("a message was on its way".into()),
            Erased::Nothing | Erased::Finished => break,
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "deletion  {rows} rows in {seconds:.0} s, {ERASED_AT_ONCE} at once; the longest turn {} ms",
        longest.as_millis()
    );
    Ok(())
}

/// Makes the account, fills it, and lets somebody sign in.
async fn prepare(house: &House, size: Size) -> Result<String, String> {
    let begun = Instant::now();
    let said = |error: store::StoreError| error.to_string();
    let store: Store = house.open().await?;
    let now = Timestamp::from_clock();
    let account = house::account(&store, 0).await?;
    store.add_store(account.id, Marketplace::De, Actor::Operator, now).await.map_err(said)?;
    house::import(&store, &account, &(0..300).collect::<Vec<_>>()).await?;
    delivery::plan_pass(&store, Clock::real(now)).await.map_err(|error| error.to_string())?;
    let campaigns = store.campaigns(account.id).await.map_err(said)?;
    let campaign = campaigns.first().ok_or("there is no campaign")?.id;
    let member = store.add_operator("operator@example.com", "none".into(), now).await.map_err(said)?;
    let session = store.create_session(member.id, now).await.map_err(said)?;
    drop(store);
    filler::fill(house, account.id, campaign, size)?;
    println!("filled in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(session)
}
