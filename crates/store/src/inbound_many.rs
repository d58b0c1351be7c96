//! Many mails of one account at once, as an archive brings them: which of them were recorded before, and all new ones
//! in one step, with the effect that they have one after another. A step takes the account's lock, reads its settings
//! and opens its savepoint once, which for a mail alone is a good part of the work.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::inbound::{Door, IncomingMail, Outcome, RecordedMail, RecordedReading};
use model::{AccountId, MailId};

use crate::Store;
use crate::accounts;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::inbound::record_locked;
use crate::inbound_kept::{is_sealed_before, seal_raw};
use crate::keys::Keys;
use crate::ledger::Ledger;

/// Mails that one step may record: it has to leave the account's lock soon.
pub const MAILS_AT_ONCE: usize = 32;

/// Mails on their way into one step, each with its sealed bytes where they are likely to be kept.
type Batch = Arc<Vec<(IncomingMail, Option<Vec<u8>>)>>;

impl Store {
    /// Records mails of one account in their order, each with all that follows from it. When this returns, all are
    /// durable that it says are (law 1). They share one step; where that fails, each is tried by itself, so that one
    /// which can't be recorded keeps no other from it.
    ///
    /// Nothing is waited for before the step stands in its queue: calls begun one after another take effect so.
    pub async fn record_mails(&self, mails: Vec<IncomingMail>) -> Vec<Result<RecordedMail, StoreError>> {
        let count = mails.len();
        let batch = match self.batch(mails) {
            Ok(Some(batch)) => batch,
            Ok(None) => return Vec::new(),
            Err(error) => return (0..count).map(|_| Err(error.for_another())).collect(),
        };
        match self.record_some(&batch, 0, count).await {
            Ok(recorded) => recorded.into_iter().map(Ok).collect(),
            Err(error) if count == 1 => vec![Err(error)],
            Err(_) => {
                let mut results = Vec::with_capacity(count);
                for number in 0..count {
                    let alone = self.record_some(&batch, number, 1).await;
                    let alone = alone.and_then(|mut one| one.pop().ok_or_else(|| StoreError::unexpected("no mail")));
                    results.push(alone);
                }
                results
            }
        }
    }

    /// Which of the mails with these digests (SHA-256 of the raw bytes) were taken from a file before, each with its
    /// readings as a repetition tells them (law 9). A mail that could not be read is not among them: it is worth
    /// another try.
    pub async fn known_mails(
        &self,
        account: AccountId,
        digests: Vec<[u8; 32]>,
    ) -> Result<Vec<Option<RecordedMail>>, StoreError> {
        self.read(move |tx, _| Box::pin(known(tx, account, digests))).await
    }

    fn batch(&self, mails: Vec<IncomingMail>) -> Result<Option<Batch>, StoreError> {
        let Some(account) = mails.first().map(|mail| mail.account) else { return Ok(None) };
        if mails.len() > MAILS_AT_ONCE || mails.iter().any(|mail| mail.account != account) {
            return Err(StoreError::unexpected("mails that can't share a step"));
        }
        let mut batch = Vec::with_capacity(mails.len());
        for mail in mails {
            let sealed = is_sealed_before(&mail).then(|| seal_raw(&self.keys, account, &mail.raw)).transpose()?;
            batch.push((mail, sealed));
        }
        Ok(Some(Arc::new(batch)))
    }

    async fn record_some(&self, batch: &Batch, first: usize, count: usize) -> Result<Vec<RecordedMail>, StoreError> {
        let Some(account) = batch.first().map(|(mail, _)| mail.account) else { return Ok(Vec::new()) };
        let batch = Arc::clone(batch);
        self.write_together(account, move |tx, keys| {
            Box::pin(async move {
                let mails = batch.get(first..first.saturating_add(count)).unwrap_or_default();
                record_in_order(tx, keys, account, mails).await
            })
        })
        .await
    }
}

async fn record_in_order(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    mails: &[(IncomingMail, Option<Vec<u8>>)],
) -> Result<Vec<RecordedMail>, StoreError> {
    let mut ledger = Ledger::lock(tx, account).await?;
    // Nothing that a mail does changes what is read of them here.
    let settings = accounts::settings_in(tx, account).await?;
    let mut recorded = Vec::with_capacity(mails.len());
    for (mail, sealed) in mails {
        recorded.push(record_locked(tx, keys, &mut ledger, &settings, (mail, sealed.clone())).await?);
    }
    Ok(recorded)
}

async fn known(
    tx: &mut Tx,
    account: AccountId,
    digests: Vec<[u8; 32]>,
) -> Result<Vec<Option<RecordedMail>>, StoreError> {
    let list: Vec<Value> = digests.iter().map(|digest| Value::from(*digest)).collect();
    let rows = tx
        .rows_in(
            sql!(
                "SELECT inbound_mail.digest, inbound_mail.id, notice.part, notice.kind, notice.order_ids, notice.outcome
                 FROM inbound_mail JOIN notice ON notice.mail_id = inbound_mail.id
                 WHERE inbound_mail.account_id = $1 AND inbound_mail.door = $2 AND inbound_mail.digest IN ($3)"
            ),
            &[account.into(), Door::File.as_str().into()],
            &list,
        )
        .await?;
    let mut mails: HashMap<[u8; 32], Vec<&Row>> = HashMap::new();
    for row in &rows {
        mails.entry(row.bytes(0)?).or_default().push(row);
    }
    digests.iter().map(|digest| mails.get(digest).map_or(Ok(None), |rows| first_read(rows))).collect()
}

/// Of the mails with one digest, the first all of which could be read.
fn first_read(rows: &[&Row]) -> Result<Option<RecordedMail>, StoreError> {
    let mut mails: BTreeMap<[u8; 16], Vec<RecordedReading>> = BTreeMap::new();
    for row in rows {
        mails.entry(row.bytes(1)?).or_default().push(as_repetition(row)?);
    }
    for readings in mails.values_mut() {
        readings.sort_by_key(|reading| reading.part);
    }
    let was_read = |readings: &Vec<RecordedReading>| readings.iter().all(|one| one.outcome != Outcome::Unread);
    let first = mails.into_iter().find(|(_, readings)| was_read(readings));
    Ok(first.map(|(id, readings)| RecordedMail { id: MailId::from_bytes(id), readings }))
}

fn as_repetition(row: &Row) -> Result<RecordedReading, StoreError> {
    let orders = row.text(4)?.split_ascii_whitespace().map(str::parse);
    let outcome = match row.word(5)? {
        kept @ (Outcome::Ignored | Outcome::Unread) => kept,
        _ => Outcome::Repeated,
    };
    Ok(RecordedReading {
        part: u32::try_from(row.int(2)?).map_err(|_| StoreError::unexpected("a part out of range"))?,
        kind: row.word(3)?,
        order_ids: orders.collect::<Result<_, _>>().map_err(|_| StoreError::unexpected("an order id that is none"))?,
        outcome,
        withdrawn: Vec::new(),
        already_leaving: Vec::new(),
        covers_buyer: false,
        review: None,
    })
}
