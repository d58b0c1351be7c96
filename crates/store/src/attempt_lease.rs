//! Holding on to an attempt whose server takes its time: without it another worker would call the message lost.

use model::message::ClaimedMessage;

use crate::Store;
use crate::engine::sql;
use crate::error::StoreError;
use crate::outbox::{LEASE, lease_clock};

impl Store {
    /// Holds an attempt that is under way for another [`LEASE`]. Whether it was still held: one whose lease has run
    /// out may have been called lost already.
    pub async fn hold_attempt(&self, claimed: &ClaimedMessage) -> Result<bool, StoreError> {
        let (account, message, lease) = (claimed.account, claimed.id, claimed.lease);
        self.write(move |tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let held = tx
                    .run(
                        sql!(
                            "UPDATE message SET lease_until = $5 WHERE account_id = $1 AND id = $2 AND lease = $3
                             AND state = 'sending' AND lease_until >= $4"
                        ),
                        &[account.into(), message.into(), lease.0.into(), now.into(), now.plus(LEASE).into()],
                    )
                    .await?;
                Ok(held == 1)
            })
        })
        .await
    }
}
