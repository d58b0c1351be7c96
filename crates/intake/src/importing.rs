//! Many mails at once from files: those that were recorded before are passed over, the others read on all threads and
//! recorded so many at a time that they share steps and commits, told in the order of the files. Memory is bounded
//! however large the mailbox and the mails.

mod batches;

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::stream::{Stream, StreamExt};
use model::inbound::{IncomingMail, RecordedMail};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::IntakeError;
use crate::files::{FileProblem, MailFiles, Progress};
use crate::reading::{Arrival, ReadingRoom, Understood};
use crate::recording::{Recorder, RecorderError};
use batches::{Batch, from_files};

/// Batches being recorded at once, which share commits.
const RECORDED_AT_ONCE: usize = 8;

/// Batches being read at once: some for each thread of any usual machine.
const READ_AT_ONCE: usize = 8;

/// KiB of mails in hand; more than the largest mail.
const MEMORY_KIB: u32 = 64 * 1024;

/// What became of one mail, or of a file without one.
#[derive(Debug)]
pub struct Told<T> {
    /// Where it stood; see [`FileMail::source`](crate::files::FileMail::source).
    pub source: String,
    /// At which byte it began; see [`FileMail::offset`](crate::files::FileMail::offset).
    pub offset: u64,
    /// What became of it.
    pub outcome: Result<T, Untaken>,
    /// How far the files were read when this mail came out of them.
    pub progress: Progress,
}

/// What became of a mail that was taken.
#[derive(Debug)]
pub enum Taken {
    /// It was recorded now.
    Recorded(RecordedMail),
    /// It was recorded before, from a file; it was not read again, and nothing changed.
    Known(RecordedMail),
}

impl Taken {
    /// What was recorded, now or before.
    pub const fn mail(&self) -> &RecordedMail {
        match self {
            Self::Recorded(mail) | Self::Known(mail) => mail,
        }
    }
}

/// What is done with mails that were recorded from a file before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// They are passed over.
    PassOver,
    /// They are read and recorded again, which changes nothing that is understood as before (law 9).
    Read,
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
    let read = in_memory(from_files(files))
        .map(|(batch, memory)| async move {
            let Batch { places, mails, .. } = batch;
            let understood = room.understand_all(mails).await;
            (places.tell(understood.map(|mails| mails.into_iter().map(Ok).collect())), memory)
        })
        .buffered(READ_AT_ONCE);
    tell_each(read, &mut tell).await;
}

/// Records all mails as arrived in this way. `tell` hears of each in the order of the files, once it is
/// durable (law 1) or has failed, and may end it; what is under way then may still be recorded.
pub async fn record_all<R: Recorder>(
    files: MailFiles,
    room: &ReadingRoom,
    recorder: &R,
    (arrival, again): (Arrival, Again),
    mut tell: impl FnMut(Told<Taken>) -> ControlFlow<()>,
) {
    let recorded = in_memory(from_files(files))
        .map(|(mut batch, memory)| async move {
            let known = match again {
                // Where that can't be told, recording will say why.
                Again::PassOver => recorder.known(arrival.account, batch.digests()).await.unwrap_or_default(),
                Again::Read => Vec::new(),
            };
            let known = batch.take_known(known);
            let mails = std::mem::take(&mut batch.mails);
            let understood = if mails.is_empty() { Ok(Vec::new()) } else { room.understand_all(mails).await };
            (batch, known, understood, memory)
        })
        .buffered(READ_AT_ONCE)
        .map(|(batch, known, understood, memory)| async move {
            let recorded = match understood {
                Ok(mails) if mails.is_empty() => Ok(Vec::new()),
                Ok(mails) => {
                    let mails: Vec<IncomingMail> = mails.into_iter().map(|mail| mail.into_mail(arrival)).collect();
                    Ok(recorder.record_many(mails).await)
                }
                Err(error) => Err(error),
            };
            let recorded = recorded.map(|recorded| joined(known, recorded));
            (batch.places.tell(recorded), memory)
        })
        // Begun in the order of the files, so that of two same notices the first is the one that counts.
        .buffered(RECORDED_AT_ONCE);
    tell_each(recorded, &mut tell).await;
}

/// What became of a batch's mails, in their order: those that were known stand at their places.
fn joined(
    known: Vec<Option<RecordedMail>>,
    recorded: Vec<Result<RecordedMail, RecorderError>>,
) -> Vec<Result<Taken, Untaken>> {
    let mut recorded = recorded.into_iter();
    let missing = || Err(RecorderError::unavailable("the recorder said nothing of it"));
    known
        .into_iter()
        .map(|known| match known {
            Some(mail) => Ok(Taken::Known(mail)),
            None => recorded.next().unwrap_or_else(missing).map(Taken::Recorded).map_err(Untaken::Recording),
        })
        .collect()
}

async fn tell_each<T>(
    batches: impl Stream<Item = (Vec<Told<T>>, Option<OwnedSemaphorePermit>)>,
    tell: &mut impl FnMut(Told<T>) -> ControlFlow<()>,
) {
    let mut batches = std::pin::pin!(batches);
    while let Some((batch, _memory)) = batches.next().await {
        for told in batch {
            if tell(told).is_break() {
                return;
            }
        }
    }
}

/// Each batch with the memory that it holds. One after another, so that a large mail waits for room and is not
/// overtaken for ever.
fn in_memory(batches: impl Stream<Item = Batch>) -> impl Stream<Item = (Batch, Option<OwnedSemaphorePermit>)> {
    let memory = Arc::new(Semaphore::new(usize::try_from(MEMORY_KIB).unwrap_or(usize::MAX)));
    batches.then(move |batch| {
        let memory = Arc::clone(&memory);
        async move {
            let kib = u32::try_from(batch.bytes() / 1024 + 1).unwrap_or(MEMORY_KIB).min(MEMORY_KIB);
            // It is never closed, so waiting can't fail.
            let permit = memory.acquire_many_owned(kib).await.ok();
            (batch, permit)
        }
    })
}
