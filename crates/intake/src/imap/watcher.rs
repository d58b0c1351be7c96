//! The worker that watches folders: it claims those that nobody watches, keeps its leases, and lets a folder go when it
//! is not its own any more or the program stops. What is under way may be dropped at any point: a mail counts as taken
//! only when its commit has returned, and the cursor moves after that.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connection::TrustedRoots;
use model::mail_folder::ClaimedFolder;
use model::{Clock, Span, Timestamp};
use store::{FOLDER_LEASE, Store};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::{Id, JoinSet};

use super::taking::{MEMORY_KIB, Taker};
use super::watching::{Ended, Pace, watch as watch_folder};
use crate::ReadingRoom;

/// Folders watched by one process, each with a connection of its own.
const MOST_FOLDERS: usize = 2000;

/// How often it is looked for folders that nobody watches.
const LOOKS: Duration = Duration::from_secs(1);

/// How often leases are renewed: well within one.
const HOLDS: Duration = Duration::from_secs(5);

/// Leases renewed in one step.
const HELD_AT_ONCE: usize = 200;

/// Watches all folders that no other node watches.
pub struct FolderWatcher {
    store: Arc<Store>,
    room: Arc<ReadingRoom>,
    roots: TrustedRoots,
    pace: Pace,
    memory: Arc<Semaphore>,
}

impl std::fmt::Debug for FolderWatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FolderWatcher").finish_non_exhaustive()
    }
}

/// A folder under watch.
struct Watched {
    claimed: ClaimedFolder,
    /// Dropped to make the watch end.
    _let_go: oneshot::Sender<()>,
}

impl FolderWatcher {
    /// Over a store, at the usual pace.
    pub fn new(store: Arc<Store>, room: Arc<ReadingRoom>, roots: TrustedRoots) -> Self {
        let memory = usize::try_from(MEMORY_KIB).unwrap_or_default();
        Self { store, room, roots, pace: Pace::default(), memory: Arc::new(Semaphore::new(memory)) }
    }

    /// At another pace.
    #[must_use]
    pub fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Works until `stop` turns true; all folders are let go of then.
    pub async fn work_until(self, mut stop: watch::Receiver<bool>) {
        let this = Arc::new(self);
        let mut tasks = JoinSet::new();
        let mut watched: HashMap<Id, Watched> = HashMap::new();
        let mut held = Instant::now();
        loop {
            this.claim(&mut watched, &mut tasks).await;
            if held.elapsed() >= HOLDS {
                held = Instant::now();
                this.hold(&mut watched).await;
            }
            let stopped = async { stop.wait_for(|stop| *stop).await.map(|_| ()) };
            tokio::select! {
                _ = stopped => break,
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => match ended {
                    Ok((task, ())) => {
                        watched.remove(&task);
                    }
                    Err(error) => {
                        // No longer held, its lease runs out, and then it is tried again.
                        watched.remove(&error.id());
                        tracing::error!(%error, "watching a folder broke off");
                    }
                },
                () = tokio::time::sleep(LOOKS) => {}
            }
        }
        watched.clear();
        while tasks.join_next().await.is_some() {}
    }

    async fn claim(self: &Arc<Self>, watched: &mut HashMap<Id, Watched>, tasks: &mut JoinSet<()>) {
        while watched.len() < MOST_FOLDERS {
            // Looking is reading alone, so that a silent installation writes nothing.
            let claimed = match self.store.has_mail_folder_due().await {
                Ok(false) => return,
                Ok(true) => self.store.claim_mail_folder().await,
                Err(error) => Err(error),
            };
            let claimed = match claimed {
                Ok(Some(claimed)) => claimed,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(error = crate::error::in_full(&error), "folders to watch can't be looked for");
                    return;
                }
            };
            let (let_go, gone) = oneshot::channel();
            let this = Arc::clone(self);
            let own = claimed.clone();
            let task = tasks.spawn(async move { this.watch_one(&own, gone).await });
            watched.insert(task.id(), Watched { claimed, _let_go: let_go });
        }
    }

    async fn hold(&self, watched: &mut HashMap<Id, Watched>) {
        let all: Vec<(Id, ClaimedFolder)> =
            watched.iter().map(|(task, watched)| (*task, watched.claimed.clone())).collect();
        for some in all.chunks(HELD_AT_ONCE) {
            match self.store.hold_mail_folders(some.iter().map(|(_, claimed)| claimed.clone()).collect()).await {
                Ok(held) => {
                    for ((task, _), held) in some.iter().zip(held) {
                        if !held {
                            watched.remove(task);
                        }
                    }
                }
                // Whoever lost his lease by that moves no cursor any more.
                Err(error) => {
                    tracing::error!(error = crate::error::in_full(&error), "leases of folders could not be renewed");
                }
            }
        }
    }

    async fn watch_one(&self, claimed: &ClaimedFolder, gone: oneshot::Receiver<()>) {
        let account = claimed.account;
        let taker = Taker { store: &self.store, room: &self.room, memory: &self.memory, claimed };
        let ended = tokio::select! {
            ended = watch_folder(&taker, &self.roots, &self.pace) => Some(ended),
            _ = gone => None,
        };
        let now = Timestamp::from_clock();
        let (trouble, next_try) = match ended {
            Some(Ended::Fault(fault)) => {
                // What was read well ends the count of failures, which the claim knew from before.
                let failures = self.failures(claimed).await;
                let wait = self.pace.wait_after(fault.trouble, failures);
                tracing::warn!(%account, trouble = %fault.trouble, reason = fault.sentence, wait_s = wait.as_secs(),
                    "a watched folder can't be read now");
                let wait = Span::micros(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 4));
                (Some(fault.trouble), now.plus(wait))
            }
            Some(Ended::NotOurs) | None => (None, now),
        };
        if let Err(error) = self.store.release_mail_folder(claimed, trouble, next_try, Clock::real(now)).await {
            let lease_s = FOLDER_LEASE.as_micros() / 1_000_000;
            tracing::error!(%account, lease_s, error = crate::error::in_full(&error), "a folder could not be let go of; its lease runs out");
        }
    }

    async fn failures(&self, claimed: &ClaimedFolder) -> u32 {
        match self.store.mail_folder(claimed.account, claimed.store).await {
            Ok(Some((_, status))) if status.trouble.is_none() => 0,
            _ => claimed.failures,
        }
    }
}
