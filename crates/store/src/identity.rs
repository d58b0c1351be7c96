//! Whether a notice came before (law 9). What tells notices apart is kept for ever, as hashes: the same one,
//! by any route, changes nothing, even after a removal; a new one counts.

use model::notice::Identity;
use model::{AccountId, NoticeId, NoticeKind, OrderId, Reading};

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;

/// Identities of one subject that are compared at most, newest first: no order has more notices of a kind.
const COMPARED: i64 = 500;

/// A notice's identity, hashed for the tables.
pub(crate) struct Hashed {
    subject: [u8; 32],
    message_id: Option<[u8; 32]>,
    sentence: Option<[u8; 32]>,
    day: Option<i64>,
    digest: [u8; 32],
}

impl Hashed {
    pub fn of(keys: &Keys, account: AccountId, reading: &Reading) -> Result<Self, StoreError> {
        let mut subject: Vec<&[u8]> = vec![account.as_bytes(), reading.kind.as_str().as_bytes()];
        subject.extend(reading.order_ids.iter().map(|order| order.as_str().as_bytes()));
        let buyer = match (&reading.alias, reading.order_ids.is_empty()) {
            (Some(alias), true) => Some(keys.buyer(account, alias)?),
            _ => None,
        };
        if let Some(buyer) = &buyer {
            subject.push(&buyer.0);
        }
        let Identity { message_id, sentence, date, digest } = &reading.identity;
        let hash = |label, part: &[u8]| keys.hash(label, &[account.as_bytes(), part]);
        Ok(Self {
            subject: keys.hash("notice subject", &subject)?,
            message_id: message_id.as_ref().map(|id| hash("notice message-id", id.as_bytes())).transpose()?,
            sentence: sentence.as_ref().map(|sentence| hash("notice sentence", sentence)).transpose()?,
            day: date.map(days_since_1970),
            digest: hash("notice digest", digest)?,
        })
    }

    /// Whether the account has had this notice. One that came without its Message-ID before, and brings it now,
    /// is known by it from now on, so that it is told from a new one of the same day.
    pub async fn is_known(&self, tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
        let rows = tx
            .rows(
                sql!(
                    "SELECT message_id_hash, sentence_hash, day, digest, notice_id FROM notice_identity
                     WHERE account_id = $1 AND subject_hash = $2 ORDER BY notice_id DESC LIMIT $3"
                ),
                &[account.into(), self.subject.into(), COMPARED.into()],
            )
            .await?;
        for row in &rows {
            if self.is_exactly(row)? {
                return Ok(true);
            }
        }
        for row in &rows {
            if self.says_the_same_as(row)? {
                if let (Some(message_id), None) = (self.message_id, row.opt_bytes::<32>(0)?) {
                    let known = NoticeId::from_bytes(row.bytes(4)?);
                    self.complete(tx, account, known, message_id).await?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_exactly(&self, row: &Row) -> Result<bool, StoreError> {
        let same_id = self.message_id.is_some() && self.message_id == row.opt_bytes::<32>(0)?;
        Ok(same_id || row.bytes::<32>(3)? == self.digest)
    }

    /// Where one side came without its Message-ID, as forwarding inline loses it, sentence and date decide.
    fn says_the_same_as(&self, row: &Row) -> Result<bool, StoreError> {
        if self.message_id.is_some() && row.opt_bytes::<32>(0)?.is_some() {
            return Ok(false);
        }
        let same_sentence = self.sentence.is_some() && self.sentence == row.opt_bytes::<32>(1)?;
        // A quoted date is in the forwarder's own zone, so it may be a day off.
        let near = match (self.day, row.opt_int(2)?) {
            (Some(mine), Some(theirs)) => mine.abs_diff(theirs) <= 1,
            _ => false,
        };
        Ok(same_sentence && near)
    }

    async fn complete(
        &self,
        tx: &mut Tx,
        account: AccountId,
        known: NoticeId,
        message_id: [u8; 32],
    ) -> Result<(), StoreError> {
        tx.put(
            sql!(
                "UPDATE notice_identity SET message_id_hash = $4
                 WHERE account_id = $1 AND subject_hash = $2 AND notice_id = $3 AND message_id_hash IS NULL"
            ),
            [account.into(), self.subject.into(), known.into(), message_id.into()],
        )
        .await?;
        Ok(())
    }

    /// Remembers it for ever.
    pub async fn remember(&self, tx: &mut Tx, account: AccountId, notice: NoticeId) -> Result<(), StoreError> {
        let values: [Value; 7] = [
            account.into(),
            self.subject.into(),
            notice.into(),
            self.message_id.map(|hash| hash.to_vec()).into(),
            self.sentence.map(|hash| hash.to_vec()).into(),
            self.day.into(),
            self.digest.into(),
        ];
        tx.put(
            sql!(
                "INSERT INTO notice_identity (account_id, subject_hash, notice_id, message_id_hash, sentence_hash, day, digest)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            ),
            values,
        )
        .await?;
        Ok(())
    }
}

/// Remembers a notice under what a member said it is, too: so the same one, by a route that tells its kind, is known
/// again (law 9).
pub(crate) async fn remember_as(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    notice: NoticeId,
    read: (NoticeKind, &[OrderId]),
    said: (NoticeKind, &[OrderId]),
) -> Result<(), StoreError> {
    let subject = |(kind, orders): (NoticeKind, &[OrderId])| {
        let mut subject: Vec<&[u8]> = vec![account.as_bytes(), kind.as_str().as_bytes()];
        subject.extend(orders.iter().map(|order| order.as_str().as_bytes()));
        keys.hash("notice subject", &subject)
    };
    let (read, said) = (subject(read)?, subject(said)?);
    tx.put(
        sql!(
            "INSERT INTO notice_identity (account_id, subject_hash, notice_id, message_id_hash, sentence_hash, day, digest)
             SELECT account_id, $3, notice_id, message_id_hash, sentence_hash, day, digest FROM notice_identity
             WHERE account_id = $1 AND subject_hash = $4 AND notice_id = $2
             ON CONFLICT (account_id, subject_hash, notice_id) DO NOTHING"
        ),
        [account.into(), notice.into(), said.into(), read.into()],
    )
    .await
}

fn days_since_1970(date: jiff::civil::Date) -> i64 {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    (date - epoch).get_days().into()
}
