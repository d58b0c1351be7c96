//! More unproven mail at one address than is believable: the peer is asked to come back later, a member is told, and
//! nothing is dropped. An account that trusts its addresses has said that it wants all of it.

use model::inbound::Door;
use model::{AccountId, AddressId, AlertKind, Span, Timestamp};

use crate::engine::{Tx, sql};
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
                    if trusts(tx, account).await? {
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
            self.tell_of_flood(account, address.to_string(), now).await?;
        }
        Ok(flooded)
    }

    /// The same for mail that came by a door and at no address.
    pub async fn is_door_flooded(&self, account: AccountId, door: Door, now: Timestamp) -> Result<bool, StoreError> {
        if door.signs_in() {
            return Ok(false);
        }
        let flooded = self
            .read(move |tx, _| {
                Box::pin(async move {
                    if trusts(tx, account).await? {
                        return Ok(false);
                    }
                    let since = now.minus(Span::hours(1));
                    let row = tx
                        .row(
                            sql!(
                                "SELECT COUNT(*) FROM (SELECT 1 FROM inbound_mail WHERE account_id = $1 AND door = $2
                                 AND received_at > $3 AND provenance = 'unproven' AND address_id IS NULL
                                 LIMIT $4) AS counted"
                            ),
                            &[account.into(), door.as_str().into(), since.into(), UNPROVEN_AN_HOUR.into()],
                        )
                        .await?;
                    Ok(row.map_or(Ok(0), |row| row.count(0))? >= u64::from(UNPROVEN_AN_HOUR))
                })
            })
            .await?;
        if flooded {
            self.tell_of_flood(account, door.to_string(), now).await?;
        }
        Ok(flooded)
    }

    async fn tell_of_flood(&self, account: AccountId, about: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move { alerts::raise(tx, keys, account, AlertKind::UnprovenFlood, &about, now).await })
        })
        .await
        .map(drop)
    }
}

/// Whether the account wants all that comes to its addresses.
async fn trusts(tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
    tx.row(sql!("SELECT trust_addresses FROM account WHERE id = $1"), &[account.into()])
        .await?
        .map_or(Ok(false), |row| row.flag(0))
}
