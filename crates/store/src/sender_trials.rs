//! Trying a store's sender out: a page asks, one worker takes the question by a lease, connects and signs in, and answers.
//! The dashboard itself opens no connection. What a server said is sealed; a sender that was set anew is asked about anew.

use model::member::Actor;
use model::sender::{Sender, SenderTrial, SenderTried};
use model::{AccountId, Marketplace, Span, Timestamp};

use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::outbox::lease_clock;
use crate::senders::sender_in;
use crate::{Store, accounts};

/// What the words are sealed for.
const WORDS: &str = "sender trial";

/// The longest words that are kept, in bytes.
const LONGEST_WORDS: usize = 1000;

/// How long a worker has for one trial, longer than any dialogue takes; then another may take it.
pub const TRIAL_LEASE: Span = Span::minutes(3);

/// Between two questions about one sender, so that nobody makes Abide knock at a server without end.
const PAUSE: Span = Span::seconds(10);

/// A sender that a worker tries out.
#[derive(Debug, Clone)]
pub struct ClaimedTrial {
    account: AccountId,
    store: Marketplace,
    lease: [u8; 16],
    /// What is tried.
    pub sender: Sender,
}

impl Store {
    /// Asks for a store's sender to be tried out. While a question stands open, and for ten seconds after the last, no new
    /// one is asked. Whether one was.
    ///
    /// # Errors
    /// The actor may not, or no sender is set there.
    pub async fn ask_for_trial(
        &self,
        account: AccountId,
        store: Marketplace,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may try a sender out"));
                }
                accounts::seller_in(tx, account, store).await?;
                if sender_in(tx, keys, account, store).await?.is_none() {
                    return Err(StoreError::NotFound("no sender is set there".into()));
                }
                let recent = sql!(
                    "SELECT 1 FROM sender_trial WHERE account_id = $1 AND store = $2
                     AND (answered_at IS NULL OR (asked_at > $3 AND asked_at <= $4))"
                );
                let values: [Value; 4] = [account.into(), store.into(), now.minus(PAUSE).into(), now.into()];
                if tx.row(recent, &values).await?.is_some() {
                    return Ok(false);
                }
                ask(tx, account, store, now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// The last trial of a store's sender; none where none was asked for.
    pub async fn sender_trial(
        &self,
        account: AccountId,
        store: Marketplace,
    ) -> Result<Option<SenderTrial>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT asked_at, answered_at, works, words_sealed FROM sender_trial
                             WHERE account_id = $1 AND store = $2"
                        ),
                        &[account.into(), store.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let tried = match (row.opt_time(1)?, row.opt_int(2)?, row.opt_blob(3)?) {
                    (Some(at), Some(works), Some(words)) => {
                        Some(SenderTried { at, works: works != 0, words: keys.open_text(account, WORDS, words)? })
                    }
                    _ => None,
                };
                Ok(Some(SenderTrial { asked_at: row.time(0)?, tried }))
            })
        })
        .await
    }

    /// Whether a sender waits to be tried out.
    pub async fn has_trial_due(&self) -> Result<bool, StoreError> {
        self.read(|tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let due = sql!("SELECT 1 FROM sender_trial WHERE answered_at IS NULL AND lease_until < $1 LIMIT 1");
                Ok(tx.row(due, &[now.into()]).await?.is_some())
            })
        })
        .await
    }

    /// Takes the trial that waits longest; none where none does.
    pub async fn claim_trial(&self) -> Result<Option<ClaimedTrial>, StoreError> {
        let lease: [u8; 16] = crate::random::bytes()?;
        self.write(move |tx, keys| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let due = tx.either(
                    sql!(
                        "SELECT account_id, store FROM sender_trial WHERE answered_at IS NULL AND lease_until < $1
                         ORDER BY asked_at LIMIT 1"
                    ),
                    sql!(
                        "SELECT account_id, store FROM sender_trial WHERE answered_at IS NULL AND lease_until < $1
                         ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED"
                    ),
                );
                let Some(row) = tx.row(due, &[now.into()]).await? else { return Ok(None) };
                let (account, store) = (AccountId::from_bytes(row.bytes(0)?), row.word::<Marketplace>(1)?);
                let take =
                    sql!("UPDATE sender_trial SET lease = $3, lease_until = $4 WHERE account_id = $1 AND store = $2");
                let values: [Value; 4] = [account.into(), store.into(), lease.into(), now.plus(TRIAL_LEASE).into()];
                tx.run(take, &values).await?;
                let sender = sender_in(tx, keys, account, store).await?;
                if sender.is_none() {
                    forget(tx, account, store).await?;
                }
                Ok(sender.map(|sender| ClaimedTrial { account, store, lease, sender }))
            })
        })
        .await
    }

    /// Answers a trial. Nothing is kept where the sender was set anew meanwhile; whether it was kept.
    pub async fn finish_trial(&self, claimed: &ClaimedTrial, tried: SenderTried) -> Result<bool, StoreError> {
        let (account, store, lease) = (claimed.account, claimed.store, claimed.lease);
        self.write(move |tx, keys| {
            Box::pin(async move {
                let words = &tried.words[..tried.words.floor_char_boundary(LONGEST_WORDS)];
                let values: [Value; 6] = [
                    account.into(),
                    store.into(),
                    lease.into(),
                    tried.at.into(),
                    tried.works.into(),
                    keys.seal(account, WORDS, words.as_bytes())?.into(),
                ];
                let kept = tx
                    .run(
                        sql!(
                            "UPDATE sender_trial SET answered_at = $4, works = $5, words_sealed = $6, lease = NULL
                             WHERE account_id = $1 AND store = $2 AND lease = $3"
                        ),
                        &values,
                    )
                    .await?;
                Ok(kept == 1)
            })
        })
        .await
    }
}

/// Asks anew, whatever stood there, within a step.
pub(crate) async fn ask(tx: &mut Tx, account: AccountId, store: Marketplace, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        sql!(
            "INSERT INTO sender_trial (account_id, store, asked_at) VALUES ($1, $2, $3)
             ON CONFLICT (account_id, store) DO UPDATE SET asked_at = excluded.asked_at, lease = NULL, lease_until = 0,
             answered_at = NULL, works = NULL, words_sealed = NULL"
        ),
        &[account.into(), store.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Forgets what is asked about a sender that is gone, within a step.
pub(crate) async fn forget(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<(), StoreError> {
    tx.run(sql!("DELETE FROM sender_trial WHERE account_id = $1 AND store = $2"), &[account.into(), store.into()])
        .await?;
    Ok(())
}
