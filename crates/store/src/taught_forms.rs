//! Forms that an account's members taught by a decision: a later mail of the same form is taken in the same way, without
//! asking again. Never shared between accounts; forgotten again with the decision, or by itself.

use std::borrow::Cow;

use model::ledger::LedgerKind;
use model::member::Actor;
use model::notice::MatchedBy;
use model::review::{Ruling, TaughtForm};
use model::{AccountId, Clock, NoticeId, Reading};
use serde_json::json;

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;

/// Forms that an account may have: Amazon has some dozen kinds of mail in some dozen languages.
const MOST: i64 = 500;

impl Store {
    /// The forms that were taught in an account, newest first, at most `limit`.
    pub async fn taught_forms(&self, account: AccountId, limit: u32) -> Result<Vec<TaughtForm>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT notice_id, ruling, actor, at FROM taught_form WHERE account_id = $1
                             ORDER BY at DESC, notice_id DESC LIMIT $2"
                        ),
                        &[account.into(), limit.into()],
                    )
                    .await?;
                let form = rows.iter().map(|row| {
                    Ok(TaughtForm {
                        notice: NoticeId::from_bytes(row.bytes(0)?),
                        ruling: row.word(1)?,
                        by: row.text(2)?.to_owned(),
                        at: row.time(3)?,
                    })
                });
                form.collect()
            })
        })
        .await
    }

    /// Forgets the form that a notice taught: later mails of it wait for a member again. What was recorded by it stays.
    /// Whether there was one. Only owner, manager and operator may.
    pub async fn forget_form(
        &self,
        account: AccountId,
        notice: NoticeId,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                may_teach(&by)?;
                let forgotten = forget(tx, account, notice).await?;
                if forgotten {
                    let said = json!({ "by": by.to_string(), "notice": notice, "form": "forgotten" });
                    ledger.append(tx, keys, clock, LedgerKind::ReviewDecided, &said).await?;
                }
                Ok(forgotten)
            })
        })
        .await
    }
}

pub(crate) fn may_teach(by: &Actor) -> Result<(), StoreError> {
    if by.may_configure() {
        return Ok(());
    }
    Err(StoreError::NotAllowed("only an owner or a manager may teach or forget a form"))
}

/// A form as it stands in the tables: keyed, since it is made of words of a mail.
pub(crate) fn hash_of(keys: &Keys, account: AccountId, form: [u8; 32]) -> Result<[u8; 32], StoreError> {
    keys.hash("form", &[account.as_bytes(), &form])
}

/// A reading as the account's members taught to take it, and what they said that such mails are. Known words and
/// headers stand before what was taught.
pub(crate) async fn applied<'a>(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    reading: &'a Reading,
) -> Result<(Cow<'a, Reading>, Option<Ruling>), StoreError> {
    let is_open = matches!(reading.matched_by, MatchedBy::Structure | MatchedBy::None);
    let (true, Some(form)) = (is_open, reading.form) else { return Ok((Cow::Borrowed(reading), None)) };
    let row = tx
        .row(
            sql!("SELECT ruling FROM taught_form WHERE account_id = $1 AND form_hash = $2"),
            &[account.into(), hash_of(keys, account, form)?.into()],
        )
        .await?;
    let Some(row) = row else { return Ok((Cow::Borrowed(reading), None)) };
    let ruling: Ruling = row.word(0)?;
    let mut taken = reading.clone();
    taken.matched_by = MatchedBy::Taught;
    taken.kind = ruling.kind().unwrap_or(reading.kind);
    Ok((Cow::Owned(taken), Some(ruling)))
}

/// Teaches a form, in place of what it was taught for before.
pub(crate) async fn teach(
    tx: &mut Tx,
    account: AccountId,
    form: ([u8; 32], NoticeId),
    ruling: Ruling,
    by: (&Actor, Clock),
) -> Result<(), StoreError> {
    let (hash, notice) = form;
    let taught = tx
        .row(
            sql!("SELECT COUNT(*) FROM taught_form WHERE account_id = $1 AND form_hash <> $2"),
            &[account.into(), hash.into()],
        )
        .await?
        .map_or(Ok(0), |row| row.int(0))?;
    if taught >= MOST {
        return Err(StoreError::Conflict(format!("an account has at most {MOST} taught forms; forget one first")));
    }
    let values: [Value; 6] =
        [account.into(), hash.into(), ruling.as_str().into(), notice.into(), by.1.real.into(), by.0.to_string().into()];
    tx.put(
        sql!(
            "INSERT INTO taught_form (account_id, form_hash, ruling, notice_id, at, actor) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id, form_hash) DO UPDATE SET ruling = excluded.ruling, notice_id = excluded.notice_id,
             at = excluded.at, actor = excluded.actor"
        ),
        values,
    )
    .await
}

pub(crate) async fn forget(tx: &mut Tx, account: AccountId, notice: NoticeId) -> Result<bool, StoreError> {
    let forgotten = tx
        .run(sql!("DELETE FROM taught_form WHERE account_id = $1 AND notice_id = $2"), &[account.into(), notice.into()])
        .await?;
    Ok(forgotten > 0)
}
