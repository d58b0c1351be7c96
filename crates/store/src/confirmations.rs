//! Requests of mailbox providers to confirm a forwarding rule, as far as they are shown to be genuine and wait for a
//! member: they are shown at the inbound address that they came to, until they are decided or erased.

use model::{AccountId, AddressId, GradeReason, MailId, NoticeId, Timestamp};

use crate::Store;
use crate::engine::sql;
use crate::error::StoreError;
use crate::inbound_kept::open_raw;

/// Requests that are shown at once; the review queue has all.
const SHOWN: u32 = 20;

/// A genuine request that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingConfirmation {
    /// The notice, by which it is decided.
    pub notice: NoticeId,
    /// The mail.
    pub mail: MailId,
    /// The inbound address it came to.
    pub address: Option<AddressId>,
    /// When.
    pub received_at: Timestamp,
    /// The mail's bytes, RFC 5322; personal data.
    pub raw: Vec<u8>,
}

impl Store {
    /// The account's genuine requests that wait, newest first; those that no provider's signature proves are in the
    /// review queue alone.
    pub async fn waiting_confirmations(&self, account: AccountId) -> Result<Vec<WaitingConfirmation>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT notice.id, inbound_mail.id, inbound_mail.address_id, inbound_mail.received_at,
                             inbound_mail.raw_sealed, inbound_mail.size FROM notice
                             JOIN inbound_mail ON inbound_mail.id = notice.mail_id
                             WHERE notice.account_id = $1 AND notice.review = 'confirmation'
                             AND (' ' || notice.grade_reasons || ' ') LIKE $3 AND inbound_mail.raw_sealed IS NOT NULL ORDER BY notice.id DESC LIMIT $2"
                        ),
                        // Asked for here, or requests that nobody signed could crowd a genuine one out.
                        &[account.into(), SHOWN.into(), format!("% {} %", GradeReason::ProviderSigned).into()],
                    )
                    .await?;
                let mut waiting = Vec::new();
                for row in &rows {
                    waiting.push(WaitingConfirmation {
                        notice: NoticeId::from_bytes(row.bytes(0)?),
                        mail: MailId::from_bytes(row.bytes(1)?),
                        address: row.opt_bytes(2)?.map(AddressId::from_bytes),
                        received_at: row.time(3)?,
                        raw: open_raw(keys, account, row.blob(4)?, row.count(5)?)?,
                    });
                }
                Ok(waiting)
            })
        })
        .await
    }
}
