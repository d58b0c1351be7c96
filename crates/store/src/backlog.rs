//! What waits for a day with room under the cap, and how many days that takes.

use model::sending::Backlog;
use model::{AccountId, Clock, Delivery};

use crate::Store;
use crate::attempt_facts::cap_use;
use crate::engine::sql;
use crate::error::StoreError;

/// Messages that are counted at most.
const MOST_COUNTED: i64 = 100_000;

impl Store {
    /// An account's backlog as it stands.
    pub async fn backlog(&self, account: AccountId, clock: Clock) -> Result<Backlog, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT COUNT(*) FROM (SELECT 1 FROM message WHERE account_id = $1 AND state = 'waiting'
                             AND reason = 'cap_reached' LIMIT $2) AS counted"
                        ),
                        &[account.into(), MOST_COUNTED.into()],
                    )
                    .await?;
                let waiting = row.map_or(Ok(0), |row| row.count(0))?;
                let cap = cap_use(tx, account, Delivery::Live, clock.now()).await?;
                Ok(Backlog { waiting, a_day: cap.a_day(), days: cap.days_for(waiting) })
            })
        })
        .await
    }
}
