//! The daily digest: what an account's ledger tells of the time since the last one, with the decisions that wait and the
//! ledger's head, mailed to its owners and managers. Days on which nothing happened and nothing waits bring no mail.

use model::digest::{Digest, EntryTold};
use model::ledger::{Head, LedgerKind};
use model::{Account, AccountId, MemberId, MemberMailKind, MemberMailText, Span, Timestamp};

use crate::Store;
use crate::accounts::account_in;
use crate::alert_mail::recipients;
use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::member_mail::{MEMBER_MAILS_A_DAY, NewMemberMail, Queued, queue};

/// The time of day (UTC) from which a day's digest goes out.
const HOUR: Span = Span::hours(6);
/// Entries that are read at once, and the most that one digest counts; beyond it says so.
const READ_AT_ONCE: u32 = 1000;
const MOST_ENTRIES: u32 = 200_000;
/// Whoever belongs to many accounts gets no more mails a day with their digests: alerts need the rest.
const MOST_A_DAY: u32 = MEMBER_MAILS_A_DAY / 2;
/// Decisions that are counted.
const MOST_WAITING: u32 = 1000;

/// What a digest tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestTold {
    /// What happened.
    pub digest: Digest,
    /// Decisions that wait in the review queue, counted up to 1000.
    pub waiting: u64,
    /// The head of the ledger up to which it counts.
    pub head: Head,
    /// Whether there were more entries than one digest counts.
    pub more: bool,
}

impl Store {
    /// Looks at one account whose digest is due and queues its mails, which `compose` writes; none where no account's is
    /// due, else how many were queued. The first look at an account only notes where its ledger stands.
    pub async fn mail_digest<C>(&self, now: Timestamp, compose: C) -> Result<Option<u32>, StoreError>
    where
        C: Fn(&Account, &DigestTold) -> MemberMailText + Send + Sync + 'static,
    {
        let Some((account, due, told_to)) = self.due_digest(now).await? else { return Ok(None) };
        let (number, mac, account) = self.head_now(account).await?;
        let first = due == Timestamp::from_micros(0);
        let mut told = DigestTold {
            digest: Digest::default(),
            waiting: self.reviews_waiting(account.id, MOST_WAITING).await?,
            head: Head { number: u64::try_from(number).unwrap_or(0), mac, account: account.handle.clone() },
            more: number - told_to > i64::from(MOST_ENTRIES),
        };
        let mut after = if first { number } else { told_to.max(number - i64::from(MOST_ENTRIES)) };
        while after < number {
            after = self.count_entries(account.id, (after, number), &mut told.digest).await?;
        }
        let is_worth_a_mail = !first && (!told.digest.is_quiet() || told.waiting > 0);
        let text = is_worth_a_mail.then(|| compose(&account, &told));
        let next = next_after(now);
        let id = account.id;
        let queued = self
            .write(move |tx, keys| {
                let text = text.clone();
                Box::pin(async move {
                    // Another node may have told of it meanwhile.
                    let noted =
                        sql!("UPDATE account SET digest_at = $3, digest_number = $4 WHERE id = $1 AND digest_at = $2");
                    let noted = tx.run(noted, &[id.into(), due.into(), next.into(), number.into()]).await?;
                    match text {
                        Some(text) if noted == 1 => send(tx, keys, (id, number), &text, now).await,
                        _ => Ok(0),
                    }
                })
            })
            .await?;
        Ok(Some(queued))
    }

    async fn due_digest(&self, now: Timestamp) -> Result<Option<(AccountId, Timestamp, i64)>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let due = sql!(
                    "SELECT id, digest_at, digest_number FROM account WHERE digest_at <= $1 ORDER BY digest_at LIMIT 1"
                );
                let row = tx.row(due, &[now.into()]).await?;
                row.map(|row| Ok((AccountId::from_bytes(row.bytes(0)?), row.time(1)?, row.int(2)?))).transpose()
            })
        })
        .await
    }

    async fn head_now(&self, account: AccountId) -> Result<(i64, [u8; 32], Account), StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let head = sql!("SELECT number, mac FROM ledger_head WHERE account_id = $1");
                let row = tx.row(head, &[account.into()]).await?;
                let row = row.ok_or_else(|| StoreError::unexpected("an account without a ledger"))?;
                Ok((row.int(0)?, row.bytes(1)?, account_in(tx, account).await?))
            })
        })
        .await
    }

    /// Counts some entries behind the first number and up to the last; the last that was counted.
    async fn count_entries(
        &self,
        account: AccountId,
        numbers: (i64, i64),
        digest: &mut Digest,
    ) -> Result<i64, StoreError> {
        let (after, last) = numbers;
        let entries = self
            .read(move |tx, keys| {
                Box::pin(async move {
                    let entries = sql!(
                        "SELECT number, kind, payload_sealed FROM ledger_entry
                         WHERE account_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4"
                    );
                    let rows =
                        tx.rows(entries, &[account.into(), after.into(), last.into(), READ_AT_ONCE.into()]).await?;
                    let mut opened = Vec::with_capacity(rows.len());
                    for row in &rows {
                        // A kind that this program does not know yet is another node's, newer than it.
                        let kind: Option<LedgerKind> = row.text(1)?.parse().ok();
                        let payload = row.opt_blob(2)?;
                        let payload = payload.map(|sealed| keys.open_text(account, "ledger payload", sealed));
                        opened.push((row.int(0)?, kind, payload.transpose()?));
                    }
                    Ok(opened)
                })
            })
            .await?;
        for (_, kind, payload) in &entries {
            if let Some(kind) = kind {
                let told: Option<EntryTold> = payload.as_ref().and_then(|payload| serde_json::from_str(payload).ok());
                digest.count(*kind, told.as_ref());
            }
        }
        Ok(entries.last().map_or(last, |(number, ..)| *number))
    }
}

async fn send(
    tx: &mut Tx,
    keys: &Keys,
    of: (AccountId, i64),
    text: &MemberMailText,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let (account, number) = of;
    let members: Vec<MemberId> = recipients(tx, account).await?;
    let mut queued = 0;
    for member in members {
        // A day on which only something waits has the same head as the one before.
        let key = [number.to_be_bytes(), now.utc_day().to_be_bytes()].concat();
        let mail =
            NewMemberMail { account, member, kind: MemberMailKind::Digest, key: &key, text, most_a_day: MOST_A_DAY };
        queued += u32::from(matches!(queue(tx, keys, &mail, now).await?, Queued::New(_)));
    }
    Ok(queued)
}

/// The next time of day at which digests go out.
fn next_after(now: Timestamp) -> Timestamp {
    let day = Span::days(1).as_micros();
    let today = Timestamp::from_micros(now.utc_day().saturating_mul(day)).plus(HOUR);
    if now < today { today } else { today.plus(Span::days(1)) }
}
