//! Alerts: raised within the step that found something, shown until a member has seen them. The same thing
//! alerts at most once a day (UTC), however often it happens.

use model::{AccountId, Alert, AlertId, AlertKind, Cursor, Page, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;

/// Stands for the whole installation wherever a table or a seal asks for an account.
pub(crate) const INSTALLATION: AccountId = AccountId::from_bytes([0; 16]);

/// Raises an alert, within a step. `detail` says what exactly it is about (an order id, a store, an address's
/// id; no alias, no name) and, with the kind, makes two alerts the same. Returns whether it was raised now.
pub(crate) async fn raise(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    kind: AlertKind,
    detail: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let subject = keys.hash("alert", &[account.as_bytes(), kind.as_str().as_bytes(), detail.as_bytes()])?;
    let values: [Value; 8] = [
        AlertId::generate().into(),
        account.into(),
        kind.as_str().into(),
        now.into(),
        subject.into(),
        now.utc_day().into(),
        keys.seal(account, "alert", detail.as_bytes())?.into(),
        now.into(),
    ];
    let raised = tx
        .run(
            sql!(
                "INSERT INTO alert (id, account_id, kind, at, subject_hash, day, detail_sealed,
                 mail_due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (subject_hash, day) DO NOTHING"
            ),
            &values,
        )
        .await?;
    Ok(raised > 0)
}

impl Store {
    /// The alerts of an account, newest first.
    pub async fn alerts(
        &self,
        account: AccountId,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Alert>, StoreError> {
        // An id of all ones stands after every UUIDv7.
        let before =
            before.and_then(|cursor| cursor.0.parse::<AlertId>().ok()).unwrap_or(AlertId::from_bytes([0xFF; 16]));
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, account_id, kind, at, detail_sealed, seen_at FROM alert
                             WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
                        ),
                        &[account.into(), before.into(), limit.into()],
                    )
                    .await?;
                let rows: Vec<Alert> = rows.iter().map(|row| opened(keys, row)).collect::<Result<_, _>>()?;
                let full = u32::try_from(rows.len()) == Ok(limit);
                let next = rows.last().filter(|_| full).map(|alert| Cursor(alert.id.to_string()));
                Ok(Page { rows, next })
            })
        })
        .await
    }

    /// The alerts of an account that nobody has seen yet, newest first, at most `limit`.
    pub async fn unseen_alerts(&self, account: AccountId, limit: u32) -> Result<Vec<Alert>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, account_id, kind, at, detail_sealed, seen_at FROM alert
                             WHERE account_id = $1 AND seen_at IS NULL ORDER BY id DESC LIMIT $2"
                        ),
                        &[account.into(), limit.into()],
                    )
                    .await?;
                rows.iter().map(|row| opened(keys, row)).collect()
            })
        })
        .await
    }

    /// A member has seen the alert. Again is the same.
    pub async fn mark_seen(&self, account: AccountId, alert: AlertId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                tx.run(
                    sql!("UPDATE alert SET seen_at = $3, mail_due = NULL WHERE id = $1 AND account_id = $2 AND seen_at IS NULL"),
                    &[alert.into(), account.into(), now.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }
}

pub(crate) fn opened(keys: &Keys, row: &Row) -> Result<Alert, StoreError> {
    let account = AccountId::from_bytes(row.bytes(1)?);
    Ok(Alert {
        id: AlertId::from_bytes(row.bytes(0)?),
        account: (account != INSTALLATION).then_some(account),
        kind: row.word(2)?,
        at: row.time(3)?,
        detail: keys.open_text(account, "alert", row.blob(4)?)?,
        seen_at: row.opt_time(5)?,
    })
}
