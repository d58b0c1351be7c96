//! Taking an order report: the upload is read as it comes in, on a thread of its own, and recorded slice by slice.
//! Neither the file nor its orders are ever held whole.

use std::io::{self, Read};

use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use model::order::{ImportedOrder, ImportedOrders};
use model::{AccountId, Clock, Marketplace, OrderId, Timestamp};
use report::{Counts, Defaults, Reader, ReportError, Row};
use store::RECORDED_AT_ONCE;
use tokio::sync::mpsc;

use crate::admission::InAccount;
use crate::language::for_the_reader;
use crate::pages::orders;
use crate::pages::upload::{File, Part, Upload};
use crate::problem::{Problem, capital};
use crate::state::Dashboard;

/// The largest report, in bytes as it is sent.
pub(crate) const LARGEST: usize = 200 * 1024 * 1024;

/// Bad rows that are named.
const NAMED: usize = 100;

/// What an upload did.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub imported: ImportedOrders,
    pub counts: Counts,
    pub bad: Vec<BadRow>,
    /// Why it was not read to its end; what came before is kept.
    pub broke_off: Option<String>,
}

/// A row that could not be read in full.
#[derive(Debug)]
pub(crate) struct BadRow {
    pub line: u64,
    pub order_id: Option<OrderId>,
    pub column: &'static str,
    pub problem: String,
}

/// `POST /a/{handle}/orders`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    multipart: Multipart,
) -> Result<Response, Problem> {
    match take(&dashboard, &visit, multipart).await {
        Ok(taken) => orders::with(&visit, Some(taken), None, String::new()),
        Err(problem) if problem.is_his() => {
            let shown = orders::with(&visit, None, Some(problem.sentence()), String::new())?;
            Ok((problem.status(), shown).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn take(dashboard: &Dashboard, visit: &InAccount, multipart: Multipart) -> Result<Taken, Problem> {
    let mut upload = Upload::new(multipart, &visit.form_token);
    let mut defaults = Defaults::default();
    let file = loop {
        match upload.next().await? {
            Some(Part::Field { name, value }) if name == "store" && !value.is_empty() => {
                let store =
                    Marketplace::from_code(&value).map_err(|fault| Problem::unclear(capital(&fault.to_string())))?;
                defaults.store = Some(store);
            }
            Some(Part::Field { .. }) => {}
            Some(Part::File(file)) => break file,
            None => return Err(Problem::unclear("Choose a file first.")),
        }
    };
    let (mine, account) = (dashboard.clone(), visit.account.id);
    read_as_it_comes(file, move |incoming| read(&mine, account, incoming, defaults)).await
}

/// Hands an upload over, as it comes in, to a reader on a thread that may block.
pub(crate) async fn read_as_it_comes<T: Send + 'static>(
    mut file: File<'_>,
    read: impl FnOnce(Incoming) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let (sender, receiver) = mpsc::channel(8);
    let reading =
        tokio::task::spawn_blocking(for_the_reader(move || read(Incoming { receiver, current: Bytes::new() })));
    let mut broken = None;
    loop {
        match file.chunk().await {
            // Once the reader has given up, the rest is only drained, so that the browser gets its answer.
            Ok(Some(chunk)) => drop(sender.send(Ok(chunk)).await),
            Ok(None) => break,
            Err(problem) => {
                drop(sender.send(Err(io::ErrorKind::ConnectionAborted.into())).await);
                broken = Some(problem);
                break;
            }
        }
    }
    drop(sender);
    let read = reading.await.map_err(|_| Problem::fault("reading a report broke off"))?;
    match broken {
        Some(problem) => Err(problem),
        None => read,
    }
}

/// Reads the report on a blocking thread.
fn read(dashboard: &Dashboard, account: AccountId, incoming: Incoming, defaults: Defaults) -> Result<Taken, Problem> {
    let mut reader = Reader::new(incoming, defaults).map_err(|fault| unreadable(&fault))?;
    let (mut taken, mut orders) = (Taken::default(), Vec::new());
    for row in reader.by_ref() {
        match row {
            Ok(Row::Order(order)) => {
                orders.push(*order);
                if orders.len() >= RECORDED_AT_ONCE {
                    record(dashboard, account, std::mem::take(&mut orders), &mut taken)?;
                }
            }
            Ok(Row::Bad { line, order_id, column, problem }) => {
                if taken.bad.len() < NAMED {
                    let column = column.unwrap_or_default();
                    taken.bad.push(BadRow { line, order_id, column, problem: capital(&problem.to_string()) });
                }
            }
            Ok(Row::SkippedMcf { .. }) => {}
            Err(fault) => taken.broke_off = Some(capital(&fault.to_string())),
        }
    }
    record(dashboard, account, orders, &mut taken)?;
    taken.counts = reader.counts();
    Ok(taken)
}

fn record(
    dashboard: &Dashboard,
    account: AccountId,
    orders: Vec<ImportedOrder>,
    taken: &mut Taken,
) -> Result<(), Problem> {
    if orders.is_empty() {
        return Ok(());
    }
    let clock = Clock::real(Timestamp::from_clock());
    let step = dashboard.store.record_orders(account, orders, clock);
    let one = tokio::runtime::Handle::current().block_on(step)?;
    let all = &mut taken.imported;
    all.added += one.added;
    all.updated += one.updated;
    all.unchanged += one.unchanged;
    all.foreign_store += one.foreign_store;
    all.no_store += one.no_store;
    all.too_old += one.too_old;
    all.buyers_learnt += one.buyers_learnt;
    all.withdrawn += one.withdrawn;
    Ok(())
}

pub(crate) fn unreadable(fault: &ReportError) -> Problem {
    Problem::unclear(capital(&fault.to_string()))
}

/// The upload as a stream of bytes for a thread that may block.
pub(crate) struct Incoming {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        let taken = self.current.split_to(length);
        if let Some(place) = buffer.get_mut(..length) {
            place.copy_from_slice(&taken);
        }
        Ok(length)
    }
}
