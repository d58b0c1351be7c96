//! The head of one account's ledger, as its page and its exports show it.

use model::Handle;
use model::ledger::Head;

use crate::Store;
use crate::engine::sql;
use crate::error::StoreError;

impl Store {
    /// The number and code of the account's last entry.
    pub async fn head_of(&self, account: &Handle) -> Result<Head, StoreError> {
        let handle = account.clone();
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT ledger_head.number, ledger_head.mac FROM account
                             JOIN ledger_head ON ledger_head.account_id = account.id WHERE account.handle = $1
                             AND NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_deletion.account_id = account.id)"
                        ),
                        &[handle.as_str().into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::UnknownAccount(handle.to_string()))?;
                Ok(Head { number: row.count(0)?, mac: row.bytes(1)?, account: handle })
            })
        })
        .await
    }
}
