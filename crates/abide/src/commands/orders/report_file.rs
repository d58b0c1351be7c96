//! The reading side of an import: opens report after report, gathers orders into batches, and keeps for each
//! file what was wrong with it. An order with a bad row stays incomplete for the rest of its file, even where
//! a good group of its rows comes later.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use model::{AccountId, Marketplace, OrderId};
use report::{Defaults, Reader, Row};
use store::{PreparedOrder, Store};
use tokio::sync::mpsc;

use crate::exit;

/// Bad rows kept for each file; beyond that they are only counted, so that memory does not grow with the file.
const KEPT: usize = 1000;

/// Orders handed over at once.
const GIVEN_AT_ONCE: usize = 100;

/// What the reader hands over.
pub enum Batch {
    /// Some orders.
    Orders(Orders),
    /// A file's end.
    End(FileEnd),
}

/// Orders ready to be recorded.
#[derive(Default)]
pub struct Orders {
    /// Such as any report has them.
    pub whole: Vec<PreparedOrder>,
    /// Of bad rows whose store is not known, known by their id at most.
    pub nowhere: Vec<PreparedOrder>,
}

impl Orders {
    pub fn len(&self) -> usize {
        self.whole.len() + self.nowhere.len()
    }

    pub fn add(&mut self, more: Self) {
        self.whole.extend(more.whole);
        self.nowhere.extend(more.nowhere);
    }
}

/// A row that could not be read.
pub struct Problem {
    pub line: u64,
    pub order_id: Option<OrderId>,
    pub column: Option<&'static str>,
    pub sentence: String,
}

/// The reader's counts of one file.
pub type FileCounts = report::Counts;

/// What was met in one file.
pub struct FileEnd {
    /// Its name as given.
    pub file: String,
    /// In rows and orders.
    pub counts: FileCounts,
    /// The first bad rows.
    pub problems: Vec<Problem>,
    /// Orders of stores that the account lacks.
    pub foreign: Vec<(Marketplace, u64)>,
    /// Why it could not be read, or not to its end.
    pub fault: Option<String>,
}

/// Files to read, and what is assumed and sold.
pub struct Reading {
    /// Makes the orders ready for this account, so that the recording need not.
    pub store: Arc<Store>,
    pub account: AccountId,
    pub files: Vec<PathBuf>,
    pub default: Option<Marketplace>,
    pub sold: Vec<Marketplace>,
}

/// Bytes of a file; none for standard input and what is not there.
pub fn size(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|known| known.len())
}

impl Reading {
    /// Reads all files; ends early where nobody takes the batches any more.
    pub fn run(self, batches: &mpsc::Sender<Batch>, bar: &ProgressBar) {
        let mut before = 0;
        for path in &self.files {
            let mut end = FileEnd {
                file: path.display().to_string(),
                counts: FileCounts::default(),
                problems: Vec::new(),
                foreign: Vec::new(),
                fault: None,
            };
            bar.set_message(end.file.clone());
            if self.one(path, &mut end, batches, &|bytes| bar.set_position(before + bytes)).is_err() {
                return;
            }
            if batches.blocking_send(Batch::End(end)).is_err() {
                return;
            }
            before += size(path).unwrap_or_default();
            bar.set_position(before);
        }
    }

    /// `Err` where nobody listens any more.
    fn one(
        &self,
        path: &Path,
        end: &mut FileEnd,
        batches: &mpsc::Sender<Batch>,
        advance: &dyn Fn(u64),
    ) -> Result<(), ()> {
        let opened = open(path).and_then(|input| {
            Reader::new(input, Defaults { store: self.default }).map_err(|error| exit::in_full(&error))
        });
        let mut reader = match opened {
            Ok(reader) => reader,
            Err(fault) => {
                end.fault = Some(fault);
                return Ok(());
            }
        };
        let progress = reader.progress();
        let (mut bad, mut foreign) = (HashSet::new(), BTreeMap::new());
        let mut batch = Orders::default();
        for row in &mut reader {
            match row {
                Ok(Row::Order(mut order)) => {
                    order.incomplete |= bad.contains(&order.order_id);
                    if let ([only], true) = (self.sold.as_slice(), order.incomplete) {
                        // A bad row's sales channel can't be read, and here it can be but one. So its order waits.
                        order.store = order.store.or(Some(*only));
                    }
                    if let Some(store) = order.store.filter(|store| !self.sold.contains(store)) {
                        *foreign.entry(store).or_insert(0) += 1;
                    }
                    let nowhere = order.incomplete && order.store.is_none();
                    match self.store.prepare_order(self.account, *order) {
                        Ok(order) if nowhere => batch.nowhere.push(order),
                        Ok(order) => batch.whole.push(order),
                        Err(error) => {
                            end.fault = Some(exit::in_full(&error));
                            break;
                        }
                    }
                }
                Ok(Row::Bad { line, order_id, column, problem }) => {
                    bad.extend(order_id);
                    if end.problems.len() < KEPT {
                        end.problems.push(Problem { line, order_id, column, sentence: problem.to_string() });
                    }
                }
                Ok(Row::SkippedMcf { .. }) => {}
                Err(error) => end.fault = Some(exit::in_full(&error)),
            }
            if batch.len() == GIVEN_AT_ONCE {
                let full = std::mem::take(&mut batch);
                batches.blocking_send(Batch::Orders(full)).map_err(|_| ())?;
                advance(progress.bytes_consumed());
            }
        }
        if batch.len() > 0 {
            batches.blocking_send(Batch::Orders(batch)).map_err(|_| ())?;
        }
        end.counts = reader.counts();
        end.foreign = foreign.into_iter().collect();
        Ok(())
    }
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>, String> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    if path.is_dir() {
        return Err("this is a folder; name the reports in it".into());
    }
    File::open(path).map(|file| Box::new(file) as Box<dyn Read + Send>).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        _ => format!("it can't be read: {error}"),
    })
}
