//! More unproven mail at one address than is believable: the peer is asked to come back later, a member is told, and
//! nothing is dropped. An account that trusts its addresses has said that it wants all of it.

use model::{AccountId, AddressId, AlertKind, Span, Timestamp};

use crate::engine::sql;
use crate::error::StoreError;
use crate::{Store, alerts};

/// Unproven mails that an address takes within an hour; those still to be graded count as unproven.
pub const UNPROVEN_AN_HOUR: u32 = 60;

impl Store {
    /// Whether an address has had its hour's share of unproven mail. The account's members are told, once a day.
    pub async fn is_flooded(&self, account: AccountId, address: AddressId, now: Timestamp) -> Result<bool, StoreError> {
        let flooded = self
            .read(move |tx, _| {
                Box::pin(async move {
                    let trusts = tx
                        .row(sql!("SELECT trust_addresses FROM account WHERE id = $1"), &[account.into()])
                        .await?
                        .map_or(Ok(false), |row| row.flag(0))?;
                    if trusts {
                        return Ok(false);
                    }
                    let since = now.minus(Span::hours(1));
                    let row = tx
                        .row(
                            sql!(
                                "SELECT COUNT(*) FROM (SELECT 1 FROM inbound_mail WHERE address_id = $1
                                 AND received_at > $2 AND provenance = 'unproven' LIMIT $3) AS counted"
                            ),
                            &[address.into(), since.into(), UNPROVEN_AN_HOUR.into()],
                        )
                        .await?;
                    Ok(row.map_or(Ok(0), |row| row.count(0))? >= u64::from(UNPROVEN_AN_HOUR))
                })
            })
            .await?;
        if flooded {
            self.write(move |tx, keys| {
                Box::pin(async move {
                    alerts::raise(tx, keys, account, AlertKind::UnprovenFlood, &address.to_string(), now).await
                })
            })
            .await?;
        }
        Ok(flooded)
    }
}
