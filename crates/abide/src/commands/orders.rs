//! `abide orders import`: reports are read as a stream on a thread of their own, which also hashes and seals, and
//! recorded in short transactions, so that a running server gets its turn (design: 50 ms). Every row that could not
//! be taken is named.

mod messaged;
mod report_file;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use model::order::ImportedOrders;
use model::{Account, Handle, Marketplace};
use serde_json::json;
use store::{PreparedOrder, Store};
use tokio::sync::mpsc;

use self::report_file::{Batch, FileCounts, FileEnd, Orders, Problem, Reading};
use crate::arguments::OrdersCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::{self, Output, counted};
use crate::turns::{self, Pace};
use crate::{installation, progress};

/// Bad rows named on the terminal for each file; the rest is counted. With `--json` all kept ones are told.
const NAMED: usize = 20;

pub async fn run(configuration: &Configuration, output: Output, command: OrdersCommand) -> Result<Ended, Failure> {
    match command {
        OrdersCommand::Import { of, store, files } => import(configuration, output, &of.account, store, files).await,
        OrdersCommand::Messaged(command) => messaged::run(configuration, output, command).await,
    }
}

async fn import(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    default: Option<Marketplace>,
    files: Vec<PathBuf>,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    if let Some(default) = default
        && account.sellers.iter().all(|seller| seller.store != default)
    {
        let sold: Vec<&str> = account.sellers.iter().map(|seller| seller.store.as_str()).collect();
        return Err(Failure::usage(format!(
            "the account does not sell in {default}; its stores are {}",
            sold.join(", ")
        )));
    }
    let known: Vec<Option<u64>> = files.iter().map(|file| report_file::size(file)).collect();
    let bar = progress::over_bytes(known.iter().copied().sum());
    // Some transactions' worth, so that neither waits for the other for long.
    let (batches, received) = mpsc::channel(16);
    let store = Arc::new(store);
    let sold = account.sellers.iter().map(|seller| seller.store).collect();
    let count = files.len();
    let reading = Reading { store: Arc::clone(&store), account: account.id, files, default, sold };
    let advance = bar.clone();
    let reader = tokio::task::spawn_blocking(move || reading.run(&batches, &advance));
    let recorded = record(&store, &account, received, output, &bar).await;
    bar.finish_and_clear();
    let told = recorded?;
    reader.await.map_err(|_| Failure::could_not_run("reading the reports broke off; import them again"))?;
    if told.unread == count {
        let what = if count == 1 { "the report was not" } else { "none of the reports was" };
        return Err(Failure::usage(format!("{what} imported; the reason stands above")));
    }
    if !output.is_json() && told.any_recorded {
        output.line("Next: abide run --once, or abide serve")?;
    }
    Ok(Ended::with_faults(told.any_fault))
}

#[derive(Default)]
struct Told {
    any_fault: bool,
    any_recorded: bool,
    unread: usize,
}

/// What was recorded of one file.
#[derive(Default, Clone, Copy)]
struct Recorded {
    counts: ImportedOrders,
    /// Orders of bad rows that could not be made to wait, since their store is not known.
    not_held: u64,
}

async fn record(
    store: &Store,
    account: &Account,
    mut received: mpsc::Receiver<Batch>,
    output: Output,
    bar: &indicatif::ProgressBar,
) -> Result<Told, Failure> {
    let (mut told, mut of_file) = (Told::default(), Recorded::default());
    let (mut pace, mut ready) = (Pace::new(), Orders::default());
    while let Some(batch) = received.recv().await {
        match batch {
            Batch::Orders(orders) => {
                ready.add(orders);
                if ready.len() >= pace.size() {
                    record_ready(store, account, &mut pace, &mut ready, &mut of_file).await?;
                }
            }
            Batch::End(end) => {
                record_ready(store, account, &mut pace, &mut ready, &mut of_file).await?;
                output::even_unheard(bar.suspend(|| tell(output, &end, of_file)))?;
                let counts = of_file.counts;
                let recorded = counts.added + counts.updated + counts.unchanged + counts.too_old;
                told.any_recorded |= recorded > 0;
                told.any_fault |= end.fault.is_some()
                    || end.counts.bad > 0
                    || end.counts.unknown_channel > 0
                    || counts.foreign_store + counts.no_store > 0;
                told.unread += usize::from(end.fault.is_some() && end.counts.orders == 0);
                of_file = Recorded::default();
            }
        }
    }
    Ok(told)
}

/// Records all that is ready.
async fn record_ready(
    store: &Store,
    account: &Account,
    pace: &mut Pace,
    ready: &mut Orders,
    of_file: &mut Recorded,
) -> Result<(), Failure> {
    let Orders { whole, nowhere } = std::mem::take(ready);
    let whole = record_slice(store, account, pace, whole).await?;
    add(&mut of_file.counts, whole);
    // Last, so that what good rows say of the same order counts.
    let mut nowhere = record_slice(store, account, pace, nowhere).await?;
    of_file.not_held += std::mem::take(&mut nowhere.no_store);
    add(&mut of_file.counts, nowhere);
    Ok(())
}

async fn record_slice(
    store: &Store,
    account: &Account,
    pace: &mut Pace,
    orders: Vec<PreparedOrder>,
) -> Result<ImportedOrders, Failure> {
    if orders.is_empty() {
        return Ok(ImportedOrders::default());
    }
    let (count, began) = (orders.len(), Instant::now());
    let counts = store.record_prepared_orders(account.id, orders, installation::clock()).await?;
    pace.took(count, began);
    turns::give_way(began).await;
    Ok(counts)
}

fn add(sum: &mut ImportedOrders, more: ImportedOrders) {
    sum.added += more.added;
    sum.updated += more.updated;
    sum.unchanged += more.unchanged;
    sum.foreign_store += more.foreign_store;
    sum.no_store += more.no_store;
    sum.too_old += more.too_old;
    sum.buyers_learnt += more.buyers_learnt;
    sum.withdrawn += more.withdrawn;
}

/// Says what came of one file. Its fault and its bad rows go to standard error, too.
fn tell(output: Output, end: &FileEnd, of_file: Recorded) -> Result<(), Failure> {
    let recorded = of_file.counts;
    let FileEnd { file, counts, problems, foreign, fault } = end;
    for Problem { line, order_id: _, column, sentence } in problems.iter().take(NAMED) {
        let column = column.map(|column| format!("{column}: ")).unwrap_or_default();
        output::note(&format!("{file}:{line} {column}{sentence}"));
    }
    let unnamed = counts.bad.saturating_sub(u64::try_from(problems.len().min(NAMED)).unwrap_or(u64::MAX));
    if unnamed > 0 {
        output::note(&format!("{file}: … and {unnamed} more bad rows"));
    }
    if let Some(fault) = fault {
        output::note(&format!("{file}: {fault}"));
    }
    let foreign_stores: serde_json::Map<String, serde_json::Value> =
        foreign.iter().map(|(store, count)| (store.to_string(), json!(count))).collect();
    let named: Vec<_> = problems
        .iter()
        .map(|problem| {
            json!({ "line": problem.line, "order_id": problem.order_id, "column": problem.column,
                    "problem": problem.sentence })
        })
        .collect();
    output.object(&json!({
        "file": file,
        "rows": counts.rows,
        "orders": counts.orders,
        "added": recorded.added,
        "updated": recorded.updated,
        "unchanged": recorded.unchanged,
        "too_old": recorded.too_old,
        "foreign_store": recorded.foreign_store,
        "foreign_stores": foreign_stores,
        "no_store": recorded.no_store,
        "skipped_mcf": counts.skipped_mcf,
        "bad_rows": counts.bad,
        "bad_rows_no_store": of_file.not_held,
        "problems": named,
        "unknown_status": counts.unknown_status,
        "unknown_channel": counts.unknown_channel,
        "unusable_alias": counts.unusable_alias,
        "buyers_learnt": recorded.buyers_learnt,
        "withdrawn": recorded.withdrawn,
        "error": fault,
    }))?;
    if fault.is_some() && counts.rows == 0 {
        return Ok(());
    }
    summary(output, file, *counts, foreign, of_file)
}

fn summary(
    output: Output,
    file: &str,
    counts: FileCounts,
    foreign: &[(Marketplace, u64)],
    of_file: Recorded,
) -> Result<(), Failure> {
    let recorded = of_file.counts;
    let orders = counted(counts.orders, "order", "orders");
    output.title(&format!("{file}: {orders} in {}", counted(counts.rows, "row", "rows")))?;
    let say = |count: u64, what: &str| if count > 0 { output.line(&format!("  {count:>8}  {what}")) } else { Ok(()) };
    say(recorded.added, "new")?;
    say(recorded.updated, "changed")?;
    say(recorded.unchanged, "known and the same")?;
    say(recorded.too_old, "of these too old to keep; only their effect was kept")?;
    say(counts.skipped_mcf, "rows of other sales channels (Multi-Channel Fulfilment), skipped")?;
    for (store, count) in foreign {
        say(*count, &format!("of Amazon {store}, where this account has no store; not kept"))?;
    }
    say(recorded.no_store, "without a known sales channel; give their store with --store")?;
    match of_file.not_held {
        0 => say(counts.bad, "rows that could not be read; their orders wait as incomplete_order")?,
        not_held => {
            say(counts.bad, "rows that could not be read; orders known by them wait as incomplete_order")?;
            say(not_held, "orders of these are not known by id, so they don't wait; give --store, so that they do")?;
        }
    }
    say(counts.unusable_alias, "rows whose buyer address is no relay address of Amazon's; it was not kept")?;
    say(recorded.buyers_learnt, "buyers recognised as opted out, now that their relay address is known")?;
    say(recorded.withdrawn, "messages withdrawn because of that")
}
