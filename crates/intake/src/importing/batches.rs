//! Mails out of files in batches, so that going from thread to thread costs little for each: at most so many mails as
//! share a step, and not many bytes, but for a mail that is large by itself.

use futures_util::stream::{self, Stream};
use model::inbound::RecordedMail;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{Told, Untaken};
use crate::IntakeError;
use crate::files::{FileMail, MailFiles, Progress};
use crate::reading::{Digest, Unread};

/// Mails of a batch.
const MAILS: usize = 16;
/// Bytes of mails after which a batch is closed.
const BYTES: usize = 256 * 1024;

/// Some mails in their order, and the files between them that are none.
pub(super) struct Batch {
    pub(super) places: Places,
    pub(super) mails: Vec<Unread>,
}

/// Where each mail stood, with the problems between them.
#[derive(Default)]
pub(super) struct Places(Vec<Place>);

struct Place {
    source: String,
    offset: u64,
    /// None for a mail.
    problem: Option<Untaken>,
    progress: Progress,
}

impl Batch {
    pub(super) fn bytes(&self) -> usize {
        self.mails.iter().map(|mail| mail.raw.len()).sum()
    }

    pub(super) fn digests(&self) -> Vec<Digest> {
        self.mails.iter().map(|mail| mail.digest).collect()
    }

    /// Takes out the mails that are known; what is known of each of all.
    pub(super) fn take_known(&mut self, mut known: Vec<Option<RecordedMail>>) -> Vec<Option<RecordedMail>> {
        known.resize_with(self.mails.len(), || None);
        let mut is_known = known.iter().map(Option::is_some);
        self.mails.retain(|_| !is_known.next().unwrap_or_default());
        known
    }
}

impl Places {
    /// What became of each mail, with the problems at their places.
    pub(super) fn tell<T>(self, outcomes: Result<Vec<Result<T, Untaken>>, IntakeError>) -> Vec<Told<T>> {
        let mut outcomes = outcomes.map(Vec::into_iter);
        let mut next = || match &mut outcomes {
            Ok(outcomes) => outcomes.next().unwrap_or(Err(Untaken::Reading(IntakeError::Threads(None)))),
            Err(_) => Err(Untaken::Reading(IntakeError::Threads(None))),
        };
        let told = self.0.into_iter().map(|Place { source, offset, problem, progress }| {
            let outcome = problem.map_or_else(&mut next, Err);
            Told { source, offset, outcome, progress }
        });
        told.collect()
    }
}

/// The mails of the files, which are read on a thread that may wait for a disk or a keyboard.
pub(super) fn from_files(mut files: MailFiles) -> impl Stream<Item = Batch> {
    let (sender, mut receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        loop {
            let batch = next_batch(&mut files);
            if batch.places.0.is_empty() || sender.blocking_send(batch).is_err() {
                return;
            }
        }
    });
    stream::poll_fn(move |context| receiver.poll_recv(context))
}

/// The next mails; without any place at the end.
fn next_batch(files: &mut MailFiles) -> Batch {
    let mut batch = Batch { places: Places::default(), mails: Vec::new() };
    let mut bytes = 0;
    while batch.places.0.len() < MAILS && bytes < BYTES {
        let Some(next) = files.next() else { break };
        let progress = files.progress();
        let place = match next {
            Ok(FileMail { source, offset, raw }) => {
                bytes += raw.len();
                let digest = Sha256::digest(&raw).into();
                batch.mails.push(Unread { raw, digest });
                Place { source, offset, problem: None, progress }
            }
            Err(problem) => {
                let (source, offset) = (problem.origin.clone(), problem.offset);
                Place { source, offset, problem: Some(Untaken::File(problem)), progress }
            }
        };
        batch.places.0.push(place);
    }
    batch
}
