//! What is kept of a mail: its row, its bytes sealed, and for how long (law 8). Its effects are recorded in
//! `inbound`, in the same transaction.

use std::sync::Arc;

use model::inbound::{IncomingMail, Outcome, RecordedReading};
use model::notice::NoticeKind;
use model::{Reading, Span, Timestamp};

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::inbound::{ORDERS_TOUCHED, Recording};
use crate::keys::Keys;

/// Law 8: a mail without an order is kept so long.
const KEPT_WITHOUT_ORDER: Span = Span::days(30);

/// Bytes of a mail that are sealed in well under a millisecond, without troubling another thread.
const SEALED_IN_PASSING: usize = 128 * 1024;

impl Store {
    /// Seals a mail's bytes, which is most of the work, before its step begins: the writer and the account's lock
    /// are everybody's. A foreign mail is not kept and need not be sealed.
    pub(crate) async fn seal_before(&self, mail: IncomingMail) -> Result<(IncomingMail, Option<Vec<u8>>), StoreError> {
        let foreign = |reading: &Reading| reading.kind == NoticeKind::NotAmazon;
        if mail.read.as_ref().is_some_and(|read| read.readings.iter().all(foreign)) {
            return Ok((mail, None));
        }
        let (keys, size) = (Arc::clone(&self.keys), mail.raw.len());
        let seal = move || keys.seal(mail.account, "mail", &mail.raw).map(|sealed| (mail, Some(sealed)));
        if size < SEALED_IN_PASSING {
            return seal();
        }
        tokio::task::spawn_blocking(seal).await.map_err(|_| StoreError::unexpected("sealing a mail broke off"))?
    }
}

/// Law 8: 30 days after the earliest delivery of its order (60 after purchase), 30 after receipt without one.
/// A mail that was older than that when it came leaves only its effect.
pub(crate) async fn keep_until(tx: &mut Tx, mail: &IncomingMail) -> Result<Option<Timestamp>, StoreError> {
    let readings = mail.read.iter().flat_map(|read| &read.readings);
    let mut end = None;
    for order in readings.flat_map(|reading| &reading.order_ids).take(ORDERS_TOUCHED) {
        let row = tx
            .row(
                sql!("SELECT purge_at FROM orders WHERE account_id = $1 AND order_id = $2"),
                &[mail.account.into(), (*order).into()],
            )
            .await?;
        if let Some(row) = row {
            // Purged already: nothing of this order is kept any more.
            let purge_at = row.opt_time(0)?.unwrap_or(mail.received_at);
            end = Some(end.map_or(purge_at, |earlier: Timestamp| earlier.min(purge_at)));
        }
    }
    let written_at = mail.written_at.map_or(mail.received_at, |written| written.min(mail.received_at));
    let end = end.unwrap_or_else(|| written_at.plus(KEPT_WITHOUT_ORDER));
    Ok((end > mail.received_at).then_some(end))
}

/// Whether a reading is a reason to keep its mail.
pub(crate) const fn is_kept(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Ignored | Outcome::Repeated)
}

/// The mail's row. Its text is kept only where somebody may have to look at it: not for foreign mail, not for
/// what came before.
pub(crate) async fn insert_mail(
    tx: &mut Tx,
    keys: &Keys,
    recording: &Recording<'_>,
    readings: &[RecordedReading],
    sealed: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let mail = recording.mail;
    let matters = readings.iter().any(|reading| is_kept(reading.outcome));
    let kept_until = recording.keep_until.filter(|_| matters);
    let subject = mail.read.as_ref().and_then(|read| read.subject.as_deref()).filter(|_| kept_until.is_some());
    let sealed = match (kept_until, sealed) {
        (None, _) => None,
        (Some(_), Some(sealed)) => Some(sealed),
        (Some(_), None) => Some(keys.seal(mail.account, "mail", &mail.raw)?),
    };
    let values: [Value; 13] = [
        recording.id.into(),
        mail.account.into(),
        mail.address.into(),
        mail.door.as_str().into(),
        mail.received_at.into(),
        mail.written_at.into(),
        mail.digest.into(),
        i64::try_from(mail.raw.len()).unwrap_or(i64::MAX).into(),
        mail.provenance.as_str().into(),
        mail.read.as_ref().and_then(|read| read.from_domain.clone()).into(),
        subject.map(|subject| keys.seal(mail.account, "subject", subject.as_bytes())).transpose()?.into(),
        sealed.into(),
        kept_until.into(),
    ];
    tx.put(
        sql!(
            "INSERT INTO inbound_mail (id, account_id, address_id, door, received_at, written_at, digest, size,
             provenance, from_domain, subject_sealed, raw_sealed, purge_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        values,
    )
    .await?;
    Ok(())
}
