//! A long order import from the command line while notices come in by SMTP at a steady rate: two processes on one
//! database. What is measured is how long a peer waits for its 250, counted from when the notice was due to be sent,
//! so that a wait of one doesn't hide those behind it.

use std::io::{BufWriter, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::house::{House, Serving, objects};
use crate::kill::Engine;
use crate::letters::{self, Form, ReportedOrder};
use crate::smtp::{Answer, Session};
use crate::{Fault, fault};

/// Peers that deliver side by side; more than ever wait at once.
const PEERS: usize = 16;
/// Orders that are looked up afterwards, besides the counts.
const LOOKED_UP: usize = 500;

/// How the proof goes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The database.
    pub engine: Engine,
    /// Rows of the report, each an order of its own.
    pub rows: usize,
    /// Notices a second.
    pub rate: u32,
    /// How long notices come in before the import begins, for comparison.
    pub quiet: Duration,
}

/// Times until the 250, of many notices.
#[derive(Debug, Clone, Default)]
pub struct Waits(Vec<Duration>);

impl Waits {
    /// How many notices.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The wait that so many of a thousand stay below.
    pub fn per_mille(&self, share: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * share).div_ceil(1000).saturating_sub(1);
        sorted.get(place).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |share| self.per_mille(share).as_millis();
        write!(
            f,
            "{} notices, 50th percentile {} ms, 99th {} ms, longest {} ms",
            self.count(),
            ms(500),
            ms(990),
            ms(1000)
        )
    }
}

/// What was measured; all rows and all notices are there.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Waits before the import.
    pub quiet: Waits,
    /// Waits while it ran.
    pub during: Waits,
    /// How long it ran.
    pub import: Duration,
}

/// Runs it. Whether a wait was too long is for the caller to say.
pub fn run(settings: &Settings) -> Result<Figures, Fault> {
    let database = match settings.engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(cluster::fresh_database().ok_or_else(|| fault("PostgreSQL was left out"))?),
    };
    let house = match &database {
        Some(database) => House::on(database.url())?,
        None => House::new()?,
    };
    house.objects(&["account", "add", "Blue Widgets", "--store", "US"])?;
    let addresses = house.objects(&["address", "list", "--account", "blue-widgets"])?;
    let any = addresses.iter().find(|address| address["kind"] == "any").unwrap_or(&addresses[0]);
    let address = any["address"].as_str().unwrap_or_default();
    let report = write_report(&house, settings.rows)?;
    let mut serving = Serving::start(house.command(&Serving::arguments("intake,web,worker")))?;
    let smtp = serving.said()?["smtp"].as_str().unwrap_or_default().to_owned();

    let stream = Stream { smtp: &smtp, address, rate: settings.rate, next: AtomicUsize::new(0), rows: settings.rows };
    let quiet_over = AtomicBool::new(false);
    let quiet = std::thread::scope(|scope| {
        let waits = scope.spawn(|| stream.deliver(&quiet_over));
        std::thread::sleep(settings.quiet);
        quiet_over.store(true, Ordering::Relaxed);
        waits.join().map_err(|_| fault("a peer's thread broke off"))?
    })?;
    let over = AtomicBool::new(false);
    let (during, import, said) = std::thread::scope(|scope| {
        let waits = scope.spawn(|| stream.deliver(&over));
        let began = Instant::now();
        let arguments = ["orders", "import", "--json", "--account", "blue-widgets", &report];
        let output = house.command(&arguments).stderr(Stdio::null()).output();
        let import = began.elapsed();
        over.store(true, Ordering::Relaxed);
        let waits = waits.join().map_err(|_| fault("a peer's thread broke off"))??;
        Ok::<_, Fault>((waits, import, objects(&output?)?))
    })?;
    if said[0]["added"].as_u64() != Some(u64::try_from(settings.rows)?) {
        return Err(fault(format!("not all of {} rows are new orders: {}", settings.rows, said[0])));
    }
    check(&house, stream.next.load(Ordering::Relaxed), settings.rows)?;
    serving.stop()?;
    Ok(Figures { quiet, during, import })
}

fn write_report(house: &House, rows: usize) -> Result<String, Fault> {
    let path = house.path("orders.tsv");
    let mut file = BufWriter::new(std::fs::File::create(&path)?);
    file.write_all(letters::head().as_bytes())?;
    for number in 0..rows {
        let order = ReportedOrder { id: order(number), alias: Some(format!("b{number:014}@marketplace.amazon.com")) };
        file.write_all(letters::rows(&order, 1).as_bytes())?;
    }
    file.into_inner().map_err(|error| fault(error.to_string()))?.sync_all()?;
    Ok(path.display().to_string())
}

fn order(number: usize) -> String {
    letters::order_id(0, number)
}

/// The notice with this number is about an order somewhere in the report, or about one of none.
fn noticed(notice: usize, rows: usize) -> String {
    if notice.is_multiple_of(4) { letters::order_id(1, notice) } else { order(notice * 7919 % rows.max(1)) }
}

/// Notices at a steady rate, each with a number of its own.
struct Stream<'a> {
    smtp: &'a str,
    address: &'a str,
    rate: u32,
    next: AtomicUsize,
    rows: usize,
}

impl Stream<'_> {
    fn deliver(&self, over: &AtomicBool) -> Result<Waits, Fault> {
        let (waits, began, first) = (Mutex::new(Vec::new()), Instant::now(), self.next.load(Ordering::Relaxed));
        std::thread::scope(|scope| {
            let peers: Vec<_> = (0..PEERS).map(|_| scope.spawn(|| self.peer(over, &waits, (began, first)))).collect();
            peers.into_iter().try_for_each(|peer| peer.join().map_err(|_| fault("a peer's thread broke off"))?)
        })?;
        Ok(Waits(waits.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    fn peer(&self, over: &AtomicBool, waits: &Mutex<Vec<Duration>>, start: (Instant, usize)) -> Result<(), Fault> {
        let (began, first) = start;
        let (mut session, mut delivered) = (Session::open(self.smtp)?, 0);
        while !over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let due = began + Duration::from_secs(1) * u32::try_from(number - first)? / self.rate;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let mail = letters::opt_out(Form::Header, &noticed(number, self.rows), None, number);
            match session.deliver(self.address, &mail)? {
                Answer::Acknowledged => waits.lock().unwrap_or_else(PoisonError::into_inner).push(due.elapsed()),
                Answer::NotTaken(reply) => return Err(fault(format!("a notice was answered {reply}"))),
            }
            delivered += 1;
            if delivered % 900 == 0 {
                // A session takes a limited number of mails.
                session = Session::open(self.smtp)?;
            }
        }
        Ok(())
    }
}

/// All notices stand in the list, each order once, and orders from all over the report are there.
fn check(house: &House, notices: usize, rows: usize) -> Result<(), Fault> {
    let list = house.objects(&["suppression", "list", "--account", "blue-widgets"])?;
    let mut listed: Vec<&str> = list.iter().filter_map(|row| row["order_id"].as_str()).collect();
    let mut expected: Vec<String> = (0..notices).map(|number| noticed(number, rows)).collect();
    expected.sort_unstable();
    expected.dedup();
    listed.sort_unstable();
    if listed != expected {
        return Err(fault(format!("{} orders were noticed, {} stand in the list", expected.len(), listed.len())));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = house.store(&runtime)?;
    let account = runtime.block_on(store.account(&"blue-widgets".parse()?))?;
    for number in (0..rows).step_by((rows / LOOKED_UP).max(1)) {
        let id = order(number).parse()?;
        let there = runtime.block_on(store.order(account.id, id))?.is_some_and(|order| order.items.len() == 1);
        if !there {
            return Err(fault(format!("order {id} was imported and is not there")));
        }
    }
    let said = house.objects(&["ledger", "verify"])?;
    if said[0]["verified"] == true { Ok(()) } else { Err(fault("the ledger does not verify")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_waits() {
        let waits = Waits((1..=200).map(Duration::from_millis).collect());
        assert_eq!(waits.per_mille(500), Duration::from_millis(100));
        assert_eq!(waits.per_mille(990), Duration::from_millis(198));
        assert_eq!(waits.per_mille(1000), Duration::from_millis(200));
        assert_eq!(Waits::default().per_mille(990), Duration::ZERO);
    }
}
