//! The threads that read. A bounded queue leads to them; a mail that was being read when a process died is
//! read with no other beside it, and when it is found so again, it is never read any more. Large mails never hold
//! all threads, so that a notice doesn't wait behind bombs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::now::{Precaution, ReadingNow};
use super::quiet::THREAD_NAME;
use super::{Digest, Reader, Understood};
use crate::IntakeError;

/// How a reading room is furnished.
#[derive(Debug, Clone)]
pub struct RoomSettings {
    /// Threads, at least one; from two on, one of them is always left to mails that are not large.
    pub threads: usize,
    /// Bytes of each thread's stack.
    pub stack: usize,
    /// Mails that may wait; whoever brings one more waits with it.
    pub queue: usize,
    /// The folder in which the note of what is being read is kept (`DATA/reading-now`); none for a room that
    /// remembers nothing.
    pub notes: Option<PathBuf>,
}

impl Default for RoomSettings {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Self { threads, stack: 16 * 1024 * 1024, queue: 64, notes: None }
    }
}

/// A mail that waits to be read.
pub struct Unread {
    /// The raw bytes.
    pub raw: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
}

impl Unread {
    fn new(raw: Vec<u8>) -> Self {
        let digest = Sha256::digest(&raw).into();
        Self { raw, digest }
    }
}

impl std::fmt::Debug for Unread {
    /// Without the mail, which is personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unread").field("bytes", &self.raw.len()).finish_non_exhaustive()
    }
}

/// What one thread is given to read.
enum Job {
    One(Vec<u8>, oneshot::Sender<Understood>),
    Some(Vec<Unread>, oneshot::Sender<Vec<Understood>>),
}

/// A mail of more bytes than this is large: notices have some ten thousand, and reading takes time by size.
const LARGE: usize = 1024 * 1024;

/// Where mails are read. Dropping it lets its threads end after what they hold.
#[derive(Debug)]
pub struct ReadingRoom {
    queue: mpsc::Sender<Job>,
    /// Seats for large mails. Who waits for one stands outside the queue.
    large: Semaphore,
}

impl ReadingRoom {
    /// Starts the threads.
    ///
    /// # Errors
    /// The folder of notes can't be used, or no thread can be started.
    pub fn open(reader: Arc<Reader>, settings: &RoomSettings) -> Result<Self, IntakeError> {
        let threads = settings.threads.max(1);
        let now = match &settings.notes {
            Some(folder) => ReadingNow::open(folder, threads)?,
            None => ReadingNow::forgetful(),
        };
        let (queue, jobs) = mpsc::channel(settings.queue.max(1));
        let desk = Arc::new(Desk { reader, now, jobs: Mutex::new(jobs), alone: RwLock::new(()) });
        for seat in 0..threads {
            let desk = Arc::clone(&desk);
            std::thread::Builder::new()
                .name(format!("{THREAD_NAME}-{seat}"))
                .stack_size(settings.stack)
                .spawn(move || desk.work(seat))
                .map_err(|error| IntakeError::Threads(Some(error)))?;
        }
        Ok(Self { queue, large: Semaphore::new((threads - 1).max(1)) })
    }

    /// Reads a mail. Waits while the queue is full, with a large one while others hold the seats for such.
    ///
    /// # Errors
    /// The threads are gone.
    pub async fn understand(&self, raw: Vec<u8>) -> Result<Understood, IntakeError> {
        // Given back with the answer. It is never closed, so waiting can't fail.
        let _seat = if raw.len() > LARGE { self.large.acquire().await.ok() } else { None };
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::One(raw, answer)).await.map_err(|_| IntakeError::Threads(None))?;
        answered.await.map_err(|_| IntakeError::Threads(None))
    }

    /// Reads mails one after another on one thread, in less time for each than one by one.
    ///
    /// # Errors
    /// The threads are gone.
    pub async fn understand_all(&self, mails: Vec<Unread>) -> Result<Vec<Understood>, IntakeError> {
        let is_large = mails.iter().map(|mail| mail.raw.len()).sum::<usize>() > LARGE;
        let _seat = if is_large { self.large.acquire().await.ok() } else { None };
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Some(mails, answer)).await.map_err(|_| IntakeError::Threads(None))?;
        answered.await.map_err(|_| IntakeError::Threads(None))
    }

    /// As [`Self::understand`] for a caller outside of any async runtime (inside one it would panic). One caller brings one mail at a
    /// time, so none is kept waiting for a seat.
    ///
    /// # Errors
    /// The threads are gone.
    pub fn understand_blocking(&self, raw: Vec<u8>) -> Result<Understood, IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.queue.blocking_send(Job::One(raw, answer)).map_err(|_| IntakeError::Threads(None))?;
        answered.blocking_recv().map_err(|_| IntakeError::Threads(None))
    }
}

/// What the threads share.
struct Desk {
    reader: Arc<Reader>,
    now: ReadingNow,
    jobs: Mutex<mpsc::Receiver<Job>>,
    /// Held for writing by who must read with nobody beside.
    alone: RwLock<()>,
}

impl Desk {
    fn work(&self, seat: usize) {
        loop {
            // Whoever holds the lock waits for the next job; the others wait for the lock.
            let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            // Nobody waits any more where a connection was dropped at the program's end.
            match job {
                None => return,
                Some(Job::One(raw, answer)) => drop(answer.send(self.understood(seat, Unread::new(raw)))),
                Some(Job::Some(mails, answer)) => {
                    drop(answer.send(mails.into_iter().map(|mail| self.understood(seat, mail)).collect()));
                }
            }
        }
    }

    fn understood(&self, seat: usize, Unread { raw, digest }: Unread) -> Understood {
        let read_out = self.read(seat, &digest, &raw);
        Understood { raw, digest, read_out }
    }

    fn read(&self, seat: usize, digest: &Digest, raw: &[u8]) -> Option<super::ReadOut> {
        let precaution = self.now.precaution(digest);
        let (_beside, _alone) = match precaution {
            Precaution::None => (Some(self.alone.read().unwrap_or_else(PoisonError::into_inner)), None),
            Precaution::Alone => (None, Some(self.alone.write().unwrap_or_else(PoisonError::into_inner))),
            Precaution::Unread => {
                tracing::error!(bytes = raw.len(), "a mail that ended the program before is stored unread");
                return None;
            }
        };
        self.now.begin(seat, digest);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.reader)(raw)));
        self.now.end(seat, digest, precaution);
        if outcome.is_err() {
            tracing::error!(bytes = raw.len(), "reading a mail failed; it is stored unread");
        }
        outcome.ok()
    }
}
