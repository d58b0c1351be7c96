//! The measurement: claimed messages of orders spread over the accounts, a fifth of them refused for their order or
//! their buyer, taken through an indexed read, the facts and decision, and the whole attempt, round after round.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use model::member::Actor;
use model::message::ClaimedMessage;
use model::suppression::{ImportedSuppression, SuppressionReason, Target};
use model::{Clock, Timestamp};
use policy::RenderedText;
use store::{Attempt, CLAIMED_AT_ONCE, Foreseen, IMPORTED_AT_ONCE, Store};

use super::Wanted;
use crate::counters::{Counters, forget_peak_memory};
use crate::figures;
use crate::house::{self, EngineName, House};
use crate::one_read::OneRead;

/// Messages of a round: each kind of measurement takes all of them before the next begins.
const ROUND: usize = 2_000;
/// Of so many orders one is refused.
const ONE_REFUSED_OF: u64 = 5;
/// What the issue asks for, with 10^7 entries.
const TARGET_A_SECOND: f64 = 25_000.0;
const TARGET_MIB: f64 = 150.0;

/// What one kind of measurement added up to.
#[derive(Default)]
struct Spell {
    times: Vec<Duration>,
    counters: Counters,
    count: u32,
}

impl Spell {
    fn add(&mut self, begun: (Instant, Counters), count: usize) {
        self.times.push(begun.0.elapsed());
        self.counters = self.counters.plus(Counters::now().since(begun.1));
        self.count += u32::try_from(count).unwrap_or_default();
    }

    /// Prints it; how many a second by the clock, and how many a second of processor time.
    fn print(&mut self, what: &str) -> (f64, f64) {
        self.times.sort_unstable();
        let median = self.times.get(self.times.len() / 2).copied().unwrap_or_default();
        let each = self.count / u32::try_from(self.times.len()).unwrap_or(1).max(1);
        let by_clock = figures::rate(what, each, median);
        let count = f64::from(self.count.max(1));
        let processor = self.counters.processor().as_secs_f64();
        println!(
            "{:<44} {:>9.2} pages read, {:.1} µs of processor time each",
            "",
            self.counters.pages() / count,
            processor / count * 1e6
        );
        (by_clock, count / processor.max(1e-9))
    }
}

fn begin() -> (Instant, Counters) {
    (Instant::now(), Counters::now())
}

/// Prepares the orders and measures.
pub async fn on(house: &House, engine: EngineName, wanted: &Wanted, entries: u64) -> Result<(), String> {
    let store = house.open().await?;
    let orders = prepare(house, &store, wanted).await?;
    forget_peak_memory();
    println!("-- {engine}, {entries} entries, {} account(s), {orders} attempts", wanted.accounts);
    let one_read = OneRead::open(house).await?;
    let (mut reads, mut facts, mut attempts) = (Spell::default(), Spell::default(), Spell::default());
    let (mut permitted, mut refused) = (0_u64, 0_u64);
    loop {
        let claimed = claim(&store).await?;
        if claimed.is_empty() {
            break;
        }
        let begun = begin();
        one_read.look(&claimed).await?;
        reads.add(begun, claimed.len());
        let messages: Vec<_> = claimed.iter().map(|message| (message.clone(), Some(text(message)))).collect();
        let begun = begin();
        for part in messages.chunks(200) {
            let clock = Clock::real(Timestamp::from_clock());
            let foreseen = store.foresee_attempts(part.to_vec(), clock).await.map_err(|error| error.to_string())?;
            if foreseen.iter().any(|answer| matches!(answer, Foreseen::Gone | Foreseen::Waits(..))) {
                return Err(format!("the case is built wrongly: {:?}", foreseen.first()));
            }
        }
        facts.add(begun, claimed.len());
        let begun = begin();
        for part in messages.chunks(200) {
            let clock = Clock::real(Timestamp::from_clock());
            let under_way =
                part.iter().map(|(message, text)| store.begin_attempt(message.clone(), text.clone(), clock));
            for attempt in join_all(under_way).await {
                match attempt.map_err(|error| error.to_string())? {
                    Attempt::Permitted(_) => permitted += 1,
                    Attempt::Refused(_) => refused += 1,
                    other => return Err(format!("the case is built wrongly: {other:?}")),
                }
            }
        }
        attempts.add(begun, claimed.len());
    }
    if refused * ONE_REFUSED_OF != permitted + refused {
        return Err(format!("{refused} were refused of {}, which is not one of five", permitted + refused));
    }
    let (read_rate, _) = reads.print("one indexed read");
    let (facts_rate, facts_on_a_core) = facts.print("facts and decision");
    let (_, attempts_on_a_core) = attempts.print("begin_attempt, recorded and durable");
    figures::ratio("facts and decision, in indexed reads", read_rate / facts_rate.max(1e-9), "none", true);
    let target = format!("{TARGET_A_SECOND} /s");
    if engine == EngineName::Sqlite {
        figures::ratio("facts and decision, /s by the clock", facts_rate, &target, facts_rate >= TARGET_A_SECOND);
        figures::ratio("  the same by processor time", facts_on_a_core, &target, facts_on_a_core >= TARGET_A_SECOND);
        figures::ratio("begin_attempt, /s of processor time", attempts_on_a_core, "none of its own", true);
    }
    if let Some(mib) = figures::peak_memory_mib() {
        figures::ratio("peak memory while measuring, MiB", mib, &format!("{TARGET_MIB}"), mib <= TARGET_MIB);
    }
    Ok(())
}

/// Orders of buyers of their own, scattered over the accounts; those that are to be refused have their entry first.
async fn prepare(house: &House, store: &Store, wanted: &Wanted) -> Result<u64, String> {
    let each = wanted.attempts() / u64::try_from(wanted.accounts).unwrap_or(1);
    // Numbers that no earlier run on the same house has used.
    let mut first = Timestamp::from_clock().as_micros().unsigned_abs();
    house.lift_the_cap()?;
    for number in 0..wanted.accounts {
        let account = house::account(store, number).await?;
        let numbers: Vec<u64> = (first..first + each).collect();
        let mut lines = Vec::new();
        for order in numbers.iter().filter(|order| order.is_multiple_of(ONE_REFUSED_OF)) {
            let by_order = order.is_multiple_of(2 * ONE_REFUSED_OF);
            let target =
                if by_order { Target::Order(house::order_id(*order)?) } else { Target::Buyer(house::alias(*order)?) };
            lines.push(ImportedSuppression { target, reason: SuppressionReason::OptOut, since: None });
        }
        let clock = Clock::real(Timestamp::from_clock());
        for part in lines.chunks(IMPORTED_AT_ONCE) {
            let entered = store.import_suppressions(account.id, part.to_vec(), Actor::Operator, clock).await;
            entered.map_err(|error| error.to_string())?;
        }
        house::import(store, &account, &numbers).await?;
        first += each;
    }
    delivery::plan_pass(store, Clock::real(Timestamp::from_clock())).await.map_err(|error| error.to_string())?;
    Ok(each * u64::try_from(wanted.accounts).unwrap_or(1))
}

async fn claim(store: &Store) -> Result<Vec<ClaimedMessage>, String> {
    let mut claimed = Vec::with_capacity(ROUND);
    while claimed.len() < ROUND {
        let clock = Clock::real(Timestamp::from_clock());
        let part = store.claim_due(clock, CLAIMED_AT_ONCE).await.map_err(|error| error.to_string())?;
        if part.is_empty() {
            break;
        }
        claimed.extend(part);
    }
    Ok(claimed)
}

fn text(message: &ClaimedMessage) -> RenderedText {
    let order = message.order_id;
    RenderedText::plain(
        format!("Your order {order}"),
        format!(
            "Hello,\n\nthank you for buying an enamelled kettle from Seller 1. Our records say that order {order} has \
             arrived.\nIf anything is not as it should be, answer this message and we will put it right.\n\nSeller 1"
        ),
    )
}
