//! What is kept of a mail: its row, its bytes sealed, and for how long (law 8). Its effects are recorded in
//! `inbound`, in the same transaction.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use model::inbound::{IncomingMail, Outcome, RecordedReading};
use model::notice::NoticeKind;
use model::{AccountId, Reading, Span, Timestamp};

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::inbound::{ORDERS_TOUCHED, Recording};
use crate::keys::Keys;

/// Law 8: a mail without an order is kept so long.
const KEPT_WITHOUT_ORDER: Span = Span::days(30);

/// What a packed mail's bytes are sealed for; nothing else opens as one.
const PACKED: &str = "packed mail";

/// Bytes of a mail that are sealed in about a millisecond, without troubling another thread.
const SEALED_IN_PASSING: usize = 128 * 1024;

impl Store {
    /// Seals a mail's bytes, which is most of the work, before its step begins: the writer and the account's lock
    /// are everybody's.
    pub(crate) async fn seal_before(&self, mail: IncomingMail) -> Result<(IncomingMail, Option<Vec<u8>>), StoreError> {
        if !is_sealed_before(&mail) {
            return Ok((mail, None));
        }
        let (keys, size) = (Arc::clone(&self.keys), mail.raw.len());
        let seal = move || seal_raw(&keys, mail.account, &mail.raw).map(|sealed| (mail, Some(sealed)));
        if size < SEALED_IN_PASSING {
            return seal();
        }
        tokio::task::spawn_blocking(seal).await.map_err(|_| StoreError::unexpected("sealing a mail broke off"))?
    }
}

/// A mail's bytes, packed (zlib, RFC 1950) and sealed. Amazon's notices are mostly layout and pack to a fraction, and
/// the bytes that a commit must sync are what recording a notice waits for.
pub(crate) fn seal_raw(keys: &Keys, account: AccountId, raw: &[u8]) -> Result<Vec<u8>, StoreError> {
    let unpacked = |error: std::io::Error| StoreError::unexpected(format!("a mail can't be packed ({error})"));
    let mut packed = ZlibEncoder::new(Vec::with_capacity(raw.len() / 2), Compression::fast());
    packed.write_all(raw).map_err(unpacked)?;
    keys.seal(account, PACKED, &packed.finish().map_err(unpacked)?)
}

/// Opens the bytes of a kept mail, which has `size` of them.
pub(crate) fn open_raw(keys: &Keys, account: AccountId, sealed: &[u8], size: u64) -> Result<Vec<u8>, StoreError> {
    let Ok(packed) = keys.open(account, PACKED, sealed) else {
        // Mails kept before packing began were sealed as they came.
        return keys.open(account, "mail", sealed);
    };
    let mut raw = Vec::new();
    ZlibDecoder::new(packed.as_slice())
        .take(size.saturating_add(1))
        .read_to_end(&mut raw)
        .map_err(|_| StoreError::Sealed(PACKED))?;
    if u64::try_from(raw.len()) == Ok(size) { Ok(raw) } else { Err(StoreError::Sealed(PACKED)) }
}

/// Whether a mail's bytes are sealed before its step: not those of a foreign mail, which are not kept, nor those of one
/// that is too old unless its order says otherwise, which few do; these are sealed within the step, except where they
/// are so many that others would wait.
pub(crate) fn is_sealed_before(mail: &IncomingMail) -> bool {
    let foreign = |reading: &Reading| reading.kind == NoticeKind::NotAmazon;
    let is_foreign = mail.read.as_ref().is_some_and(|read| read.readings.iter().all(foreign));
    !is_foreign && (end_by_age(mail) > mail.received_at || mail.raw.len() >= SEALED_IN_PASSING)
}

/// When a mail without a known order stops being kept.
fn end_by_age(mail: &IncomingMail) -> Timestamp {
    mail.written_at.map_or(mail.received_at, |written| written.min(mail.received_at)).plus(KEPT_WITHOUT_ORDER)
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
    let end = end.unwrap_or_else(|| end_by_age(mail));
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
    sealed_or_wanted: (Option<Vec<u8>>, bool),
) -> Result<(), StoreError> {
    let (sealed, wanted_for_grading) = sealed_or_wanted;
    let mail = recording.mail;
    let matters = wanted_for_grading || readings.iter().any(|reading| is_kept(reading.outcome));
    let kept_until = recording.keep_until.filter(|_| matters);
    let subject = mail.read.as_ref().and_then(|read| read.subject.as_deref()).filter(|_| kept_until.is_some());
    let sealed = match (kept_until, sealed) {
        (None, _) => None,
        (Some(_), Some(sealed)) => Some(sealed),
        (Some(_), None) => Some(seal_raw(keys, mail.account, &mail.raw)?),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::create(&folder.path().join("keys")).unwrap();
        (folder, keys)
    }

    #[test]
    fn a_kept_mail_opens_to_the_bytes_that_came() {
        let (_folder, keys) = keys();
        let account = AccountId::generate();
        for raw in [&b""[..], b"Subject: x\r\n\r\n.\r\n", &vec![0xff; 70_000]] {
            let sealed = seal_raw(&keys, account, raw).unwrap();
            assert_eq!(open_raw(&keys, account, &sealed, raw.len().try_into().unwrap()).unwrap(), raw);
        }
    }

    #[test]
    fn a_mail_kept_before_mails_were_packed_still_opens() {
        let (_folder, keys) = keys();
        let account = AccountId::generate();
        let sealed = keys.seal(account, "mail", b"Subject: old\r\n\r\n").unwrap();
        assert_eq!(open_raw(&keys, account, &sealed, 16).unwrap(), b"Subject: old\r\n\r\n");
    }

    #[test]
    fn a_packed_mail_never_unpacks_to_more_than_came() {
        let (_folder, keys) = keys();
        let account = AccountId::generate();
        let sealed = seal_raw(&keys, account, &vec![b' '; 1_000_000]).unwrap();
        assert!(open_raw(&keys, account, &sealed, 999_999).is_err());
        assert!(open_raw(&keys, account, &sealed, 1_000_001).is_err());
    }
}
