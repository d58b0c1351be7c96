//! Steps of one account that wait for the same lock share one commit on PostgreSQL, as all steps do on SQLite:
//! each in its savepoint, so that a failing one takes only itself back, and told only after the commit has
//! returned. A transaction locks one account's ledger head and no other, so no two can wait for each other.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::by_account::ByAccount;
use super::postgres::{PostgresTx, batch, client_of, connection, discard};
use super::{Running, Tx};
use crate::error::StoreError;

/// A commit gathers at most so many steps: PostgreSQL keeps 64 savepoints of a transaction at hand, and with more
/// every other reader must look them up on disk …
const STEPS_PER_COMMIT: usize = 60;
/// … and no new one after this long, so that the account's lock is free for others in between.
const LONGEST_GATHERING: Duration = Duration::from_millis(40);

const OPEN: &str = "SAVEPOINT step";

/// Tells the caller what became of his step; given an error where its commit was lost.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// A step in its queue; where no transaction could be begun, it is given that error in place of one.
type Job = Box<dyn for<'t> FnOnce(Result<&'t mut Tx, StoreError>) -> Answered<'t> + Send>;
type Answered<'t> = Pin<Box<dyn Future<Output = Ran> + Send + 't>>;

/// A step that was run.
struct Ran {
    reply: Reply,
    /// The transaction can't go on: whatever shared it is lost.
    lost: Option<StoreError>,
}

/// The steps that wait, by account.
#[derive(Default)]
pub(super) struct Turns {
    waiting: ByAccount<Job>,
}

impl Turns {
    /// Runs one step together with others of its account that wait, if there are any.
    pub async fn take_one<R, F>(turns: &Arc<Self>, pool: &Pool, account: [u8; 16], step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            Box::pin(async move {
                let (result, lost) = match tx {
                    Ok(tx) => in_savepoint(tx, step).await,
                    Err(error) => (Err(error), None),
                };
                let reply: Reply = Box::new(move |lost| {
                    // Nobody listens any more where the caller was dropped; the step stands all the same.
                    let _ = tell.send(lost.map_or(result, Err));
                });
                Ran { reply, lost }
            })
        });
        if turns.waiting.join(account, job) {
            let (turns, pool) = (Arc::clone(turns), pool.clone());
            // A task of its own: a caller that is dropped must not leave a transaction open, nor others waiting.
            tokio::spawn(async move {
                while turns.waiting.go_on(account) {
                    let client = client_of(&pool).await;
                    turns.commit_together(account, client.map(PostgresTx::on)).await;
                }
            });
        }
        told.await.map_err(|_| StoreError::unexpected("a step broke off"))?
    }

    /// Runs waiting steps in one transaction and tells each, once it is committed or lost.
    async fn commit_together(&self, account: [u8; 16], tx: Result<PostgresTx, StoreError>) {
        let mut tx = match begun(tx).await {
            Ok(tx) => tx,
            Err(error) => {
                // One is told; the others try for themselves, each with the pool's own patience.
                if let Some(job) = self.waiting.next(account) {
                    (job(Err(error)).await.reply)(None);
                }
                return;
            }
        };
        let (mut replies, mut lost) = (Vec::new(), None);
        // The first step may have to wait for the lock; from then on it is held.
        let mut held_since: Option<Instant> = None;
        while lost.is_none()
            && replies.len() < STEPS_PER_COMMIT
            && held_since.is_none_or(|since| since.elapsed() < LONGEST_GATHERING)
        {
            let Some(job) = self.waiting.next(account) else { break };
            let ran = job(Ok(&mut tx)).await;
            replies.push(ran.reply);
            lost = ran.lost;
            held_since.get_or_insert_with(Instant::now);
        }
        if lost.is_none() {
            lost = batch(&mut tx, "COMMIT").await.err();
        }
        if lost.is_some() {
            discard(tx);
        } else {
            // Others may use the connection while the callers are told.
            drop(tx);
        }
        for reply in replies {
            reply(lost.as_ref().map(StoreError::for_another));
        }
    }
}

async fn begun(tx: Result<PostgresTx, StoreError>) -> Result<Tx, StoreError> {
    let mut tx = Tx::Postgres(tx?);
    match batch(&mut tx, "BEGIN ISOLATION LEVEL READ COMMITTED").await {
        Ok(()) => Ok(tx),
        Err(error) => {
            discard(tx);
            Err(error)
        }
    }
}

/// Runs a step in a savepoint; beside its result, the error by which the whole transaction is lost. The step
/// counts as done only when the server has confirmed all of it and the savepoint's release.
async fn in_savepoint<R, F>(tx: &mut Tx, step: F) -> (Result<R, StoreError>, Option<StoreError>)
where
    F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R>,
{
    match open(tx) {
        Ok(()) => {}
        Err(error) => return (Err(error.for_another()), Some(error)),
    }
    let result = AssertUnwindSafe(step(tx)).catch_unwind().await;
    let result = result.unwrap_or_else(|_| Err(StoreError::unexpected("a step broke off")));
    let result = match result {
        Ok(result) => release(tx).await.map(|()| result),
        Err(error) => Err(error),
    };
    match result {
        Ok(result) => (Ok(result), None),
        // Without its savepoint, or with the connection, this fails, too, and all is lost.
        Err(error) => (Err(error), take_back(tx).await.err()),
    }
}

fn open(tx: &mut Tx) -> Result<(), StoreError> {
    connection(tx)?.command(OPEN);
    Ok(())
}

async fn release(tx: &mut Tx) -> Result<(), StoreError> {
    let connection = connection(tx)?;
    connection.command("RELEASE SAVEPOINT step");
    connection.send().await
}

async fn take_back(tx: &mut Tx) -> Result<(), StoreError> {
    if connection(tx)?.forget().contains(&OPEN) {
        // Its savepoint was not even sent.
        return Ok(());
    }
    batch(tx, "ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step").await
}
