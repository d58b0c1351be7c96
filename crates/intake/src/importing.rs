//! Many mails at once from files: read on all threads, recorded so many at a time that they share commits,
//! told in the order of the files. Memory is bounded however large the mailbox and the mails.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt};
use model::inbound::RecordedMail;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::IntakeError;
use crate::files::{FileMail, FileProblem, MailFiles, Progress};
use crate::reading::{Arrival, ReadingRoom, Understood};
use crate::recording::{Recorder, RecorderError};

/// Mails being recorded at once, which share commits.
const RECORDED_AT_ONCE: usize = 64;

/// Mails being read at once: a few for each thread of any usual machine.
const READ_AT_ONCE: usize = 32;

/// KiB of mails in hand; more than the largest mail.
const MEMORY_KIB: u32 = 128 * 1024;

/// What became of one mail, or of a file without one.
#[derive(Debug)]
pub struct Told<T> {
    /// Where it stood; see [`FileMail::source`].
    pub source: String,
    /// What became of it.
    pub outcome: Result<T, Untaken>,
    /// How far the files were read when this mail came out of them.
    pub progress: Progress,
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Untaken {
    /// The file, or the mail in it, can't be taken.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// It could not be read, for want of threads.
    #[error(transparent)]
    Reading(#[from] IntakeError),
    /// It could not be recorded; nothing of it was kept.
    #[error("the mail was not recorded; import the file again, what is recorded already stays as it is")]
    Recording(#[source] RecorderError),
}

/// Reads all mails without any effect. `tell` hears of each in the order of the files, and may end it.
pub async fn read_all(files: MailFiles, room: &ReadingRoom, mut tell: impl FnMut(Told<Understood>) -> ControlFlow<()>) {
    let mut mails = std::pin::pin!(understood(files, room));
    while let Some(mail) = mails.next().await {
        let Item { source, content, progress } = mail;
        let outcome = content.map(|(understood, _memory)| understood);
        if tell(Told { source, outcome, progress }).is_break() {
            return;
        }
    }
}

/// Records all mails as arrived in this way. `tell` hears of each in the order of the files, once it is
/// durable (law 1) or has failed, and may end it; what is under way then may still be recorded.
pub async fn record_all<R: Recorder>(
    files: MailFiles,
    room: &ReadingRoom,
    recorder: &R,
    arrival: Arrival,
    mut tell: impl FnMut(Told<RecordedMail>) -> ControlFlow<()>,
) {
    let recorded = understood(files, room)
        .map(|item| async move {
            let Item { source, content, progress } = item;
            let outcome = match content {
                Err(untaken) => Err(untaken),
                Ok((understood, _memory)) => {
                    recorder.record(understood.into_mail(arrival)).await.map_err(Untaken::Recording)
                }
            };
            Told { source, outcome, progress }
        })
        // Begun in the order of the files, so that of two same notices the first is the one that counts.
        .buffered(RECORDED_AT_ONCE);
    let mut recorded = std::pin::pin!(recorded);
    while let Some(told) = recorded.next().await {
        if tell(told).is_break() {
            return;
        }
    }
}

/// A mail on its way, with the memory it holds.
struct Item<T> {
    source: String,
    content: Result<T, Untaken>,
    progress: Progress,
}

fn understood(files: MailFiles, room: &ReadingRoom) -> impl Stream<Item = Item<(Understood, OwnedSemaphorePermit)>> {
    let memory = Arc::new(Semaphore::new(usize::try_from(MEMORY_KIB).unwrap_or(usize::MAX)));
    from_files(files)
        // One after another, so that a large mail waits for room and is not overtaken for ever.
        .then(move |item| {
            let memory = Arc::clone(&memory);
            async move {
                let Item { source, content, progress } = item;
                let content = match content {
                    Err(untaken) => Err(untaken),
                    Ok(raw) => {
                        let kib = u32::try_from(raw.len() / 1024 + 1).unwrap_or(MEMORY_KIB).min(MEMORY_KIB);
                        let permit = memory.acquire_many_owned(kib).await.map_err(|_| IntakeError::Threads(None));
                        permit.map(|permit| (raw, permit)).map_err(Untaken::from)
                    }
                };
                Item { source, content, progress }
            }
        })
        .map(move |item| async move {
            let Item { source, content, progress } = item;
            let content = match content {
                Err(untaken) => Err(untaken),
                Ok((raw, permit)) => {
                    room.understand(raw).await.map(|understood| (understood, permit)).map_err(Untaken::from)
                }
            };
            Item { source, content, progress }
        })
        .buffered(READ_AT_ONCE)
}

/// The mails of the files, which are read on a thread that may wait for a disk or a keyboard.
fn from_files(mut files: MailFiles) -> impl Stream<Item = Item<Vec<u8>>> {
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        while let Some(next) = files.next() {
            let progress = files.progress();
            let item = match next {
                Ok(FileMail { source, raw }) => Item { source, content: Ok(raw), progress },
                Err(problem) => Item { source: problem.origin.clone(), content: Err(Untaken::File(problem)), progress },
            };
            if sender.blocking_send(item).is_err() {
                return;
            }
        }
    });
    stream::poll_fn(move |context| receiver.poll_recv(context))
}
