//! Critical messages by e-mail: the operator's switch for a store, what bears on the route, and the outbox message that carries
//! one. Its words stay with the critical message; the gate reads the switch and the confirmation of a block for itself.

use model::critical::{CriticalMessage, RouteFacts};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, Channel, Clock, Marketplace, MessageId, OrderId, Purpose};
use serde_json::json;

use crate::Store;
use crate::critical::{known, opened};
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;

impl Store {
    /// What bears on the route of a critical message of an order.
    ///
    /// # Errors
    /// Where the account does not know the order.
    pub async fn critical_route_facts(&self, account: AccountId, order: OrderId) -> Result<RouteFacts, StoreError> {
        self.read(move |tx, _| Box::pin(async move { Ok(known(tx, account, order).await?.route) })).await
    }

    /// The critical message that an outbox message carries.
    pub async fn critical_of_message(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<CriticalMessage>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, order_id, store, reason, language, route, state, actor, confirmed, created_at,
                             done_at, ledger_number, content_sealed, message_id FROM critical_message
                             WHERE account_id = $1 AND message_id = $2"
                        ),
                        &[account.into(), message.into()],
                    )
                    .await?;
                row.map(|row| opened(keys, account, &row)).transpose()
            })
        })
        .await
    }

    /// Lets critical messages of a store go by e-mail, or not. The operator's alone: Amazon announced the end of it. Whether
    /// that changed anything.
    pub async fn set_important_by_email(
        &self,
        account: AccountId,
        store: Marketplace,
        on: bool,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if by != Actor::Operator {
                    return Err(StoreError::NotAllowed("only the operator may let critical messages go by e-mail"));
                }
                if important_by_email(tx, account, store).await? == on {
                    return Ok(false);
                }
                tx.run(
                    sql!("UPDATE seller SET important_by_email = $3 WHERE account_id = $1 AND store = $2"),
                    &[account.into(), store.into(), on.into()],
                )
                .await?;
                let said = json!({ "important_by_email": on, "store": store, "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::SendingChanged, &said).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Whether critical messages of a store may go by e-mail.
    pub async fn important_by_email(&self, account: AccountId, store: Marketplace) -> Result<bool, StoreError> {
        self.read(move |tx, _| Box::pin(important_by_email(tx, account, store))).await
    }
}

async fn important_by_email(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!("SELECT important_by_email FROM seller WHERE account_id = $1 AND store = $2"),
            &[account.into(), store.into()],
        )
        .await?
        .ok_or_else(|| StoreError::NotFound(format!("the account does not sell in Amazon {store}")))?;
    row.flag(0)
}

/// One that goes by e-mail, due now. It takes no slot and comes from no campaign; its words stay with the critical message,
/// where the worker reads them.
pub(crate) async fn into_the_outbox(
    tx: &mut Tx,
    account: AccountId,
    critical: &CriticalMessage,
    as_message: (MessageId, Clock),
) -> Result<(), StoreError> {
    let (message, clock) = as_message;
    let values: [Value; 8] = [
        message.into(),
        account.into(),
        critical.order_id.into(),
        critical.store.into(),
        Channel::Email.as_str().into(),
        Purpose::Critical.as_str().into(),
        clock.now().into(),
        clock.real.into(),
    ];
    tx.put(
        sql!(
            "INSERT INTO message (id, account_id, order_id, store, channel, purpose, state, due, next_try, attempts, captures,
             created_at) VALUES ($1, $2, $3, $4, $5, $6, 'planned', $7, $7, 0, 0, $8)"
        ),
        values,
    )
    .await?;
    Ok(())
}
