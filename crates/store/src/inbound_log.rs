//! The inbound log as pages show it: each mail with the named outcome of each of its readings (law 5), for the
//! whole account or for one order, and the raw mail while it is kept (law 8).

use model::inbound::{InboundReading, InboundRow};
use model::{AccountId, AddressId, Cursor, Grade, MailId, NoticeId, OrderId, Page};

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::inbound_kept::open_raw;
use crate::keys::Keys;

/// Readings of one mail that the log shows; a mail has one and one for each mail attached to it.
const READINGS_SHOWN: u32 = 100;

/// Which mails a page of the log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InboundFilter {
    /// All of them.
    #[default]
    All,
    /// Those with a notice that names one order; a notice that only came again is left out.
    Order(OrderId),
}

impl Store {
    /// A page of the inbound log, newest first.
    pub async fn inbound_log(
        &self,
        account: AccountId,
        filter: InboundFilter,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<InboundRow>, StoreError> {
        let before = match before {
            Some(cursor) => cursor.0.parse().map_err(|_| StoreError::NotFound("this page does not exist".into()))?,
            None => MailId::from_bytes([0xff; 16]),
        };
        self.read(move |tx, keys| Box::pin(page(tx, keys, account, filter, before, limit))).await
    }

    /// One mail's row of the log; none where the account has no such mail.
    pub async fn inbound_mail(&self, account: AccountId, mail: MailId) -> Result<Option<InboundRow>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, received_at, door, address_id, size, subject_sealed, from_domain, provenance
                             FROM inbound_mail WHERE account_id = $1 AND id = $2"
                        ),
                        &[account.into(), mail.into()],
                    )
                    .await?;
                match row {
                    Some(row) => opened(tx, keys, account, &row).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// The raw bytes of a mail (RFC 5322); none once they were purged, or where they were never kept.
    pub async fn mail_raw(&self, account: AccountId, mail: MailId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!("SELECT raw_sealed, size FROM inbound_mail WHERE account_id = $1 AND id = $2"),
                        &[account.into(), mail.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let Some(sealed) = row.opt_blob(0)? else { return Ok(None) };
                open_raw(keys, account, sealed, row.count(1)?).map(Some)
            })
        })
        .await
    }
}

async fn page(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    filter: InboundFilter,
    before: MailId,
    limit: u32,
) -> Result<Page<InboundRow>, StoreError> {
    let rows = match filter {
        InboundFilter::All => {
            tx.rows(
                sql!(
                    "SELECT id, received_at, door, address_id, size, subject_sealed, from_domain, provenance
                     FROM inbound_mail WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
                ),
                &[account.into(), before.into(), limit.into()],
            )
            .await?
        }
        InboundFilter::Order(order) => {
            tx.rows(
                sql!(
                    "SELECT id, received_at, door, address_id, size, subject_sealed, from_domain, provenance
                     FROM inbound_mail WHERE account_id = $1 AND CASE WHEN id < $2 THEN 1 ELSE 0 END = 1 AND id IN
                     (SELECT notice.mail_id FROM notice_order JOIN notice ON notice.id = notice_order.notice_id
                      WHERE notice_order.account_id = $1 AND notice_order.order_id = $4)
                     ORDER BY id DESC LIMIT $3"
                ),
                &[account.into(), before.into(), limit.into(), order.into()],
            )
            .await?
        }
    };
    let mut page = Page { rows: Vec::with_capacity(rows.len()), next: None };
    for row in &rows {
        page.rows.push(opened(tx, keys, account, row).await?);
    }
    let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    if let (true, Some(last)) = (full, page.rows.last()) {
        page.next = Some(Cursor(last.id.to_string()));
    }
    Ok(page)
}

async fn opened(tx: &mut Tx, keys: &Keys, account: AccountId, row: &Row) -> Result<InboundRow, StoreError> {
    let id = MailId::from_bytes(row.bytes(0)?);
    let readings = tx
        .rows(
            sql!(
                "SELECT part, kind, order_ids, alias_sealed, marketplace, forwarded, matched_by, outcome,
                 provenance, grade_reasons, graded_by, id, review, remarks FROM notice WHERE mail_id = $1 ORDER BY part LIMIT $2"
            ),
            &[id.into(), READINGS_SHOWN.into()],
        )
        .await?;
    let subject = row.opt_blob(5)?.map(|sealed| keys.open_text(account, "subject", sealed)).transpose()?;
    Ok(InboundRow {
        id,
        received_at: row.time(1)?,
        door: row.word(2)?,
        address: row.opt_bytes(3)?.map(AddressId::from_bytes),
        size: row.count(4)?,
        subject,
        from_domain: row.opt_text(6)?.map(str::to_owned),
        provenance: row.word(7)?,
        readings: readings.iter().map(|row| reading(keys, account, row)).collect::<Result<_, _>>()?,
    })
}

fn reading(keys: &Keys, account: AccountId, row: &Row) -> Result<InboundReading, StoreError> {
    let part = u32::try_from(row.int(0)?).map_err(|_| StoreError::unexpected("a part out of range"))?;
    let orders = row.text(2)?.split_ascii_whitespace().map(str::parse);
    Ok(InboundReading {
        part,
        kind: row.word(1)?,
        order_ids: orders.collect::<Result<_, _>>().map_err(|_| StoreError::unexpected("an order id that is none"))?,
        alias: row.opt_blob(3)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?,
        marketplace: row.opt_word(4)?,
        forwarded: row.word(5)?,
        matched_by: row.word(6)?,
        outcome: row.word(7)?,
        grade: grade(row)?,
        notice: NoticeId::from_bytes(row.bytes(11)?),
        review: row.opt_word(12)?,
        // What a newer program remarks is left out.
        remarks: row.text(13)?.split_ascii_whitespace().filter_map(|remark| remark.parse().ok()).collect(),
    })
}

/// The grade, where there is one; what a newer program says of its reasons is left out.
fn grade(row: &Row) -> Result<Option<Grade>, StoreError> {
    let Some(provenance) = row.opt_word(8)? else { return Ok(None) };
    let reasons = row.opt_text(9)?.unwrap_or_default();
    let reasons = reasons.split_ascii_whitespace().filter_map(|reason| reason.parse().ok()).collect();
    Ok(Some(Grade { provenance, by: row.opt_text(10)?.map(str::to_owned), reasons }))
}
