//! The shell of [`campaign::Reach`]: the account's orders of the last 30 days, asked one by one.

use campaign::{Campaign, REACH_DAYS, REACH_MOST, Reach};
use model::{AccountId, Clock, Span, Timestamp};
use store::{RECENT_AT_ONCE, Store, StoreError};

/// Asks a campaign about the account's last orders, as if it had covered them all, each on the day after it was
/// delivered: so that neither its own beginning nor a window that has closed since hides whom it is for.
pub async fn reach(store: &Store, account: AccountId, campaign: &Campaign, clock: Clock) -> Result<Reach, StoreError> {
    let campaign = Campaign { orders_after: None, ..campaign.clone() };
    let since = clock.now().minus(Span::days(REACH_DAYS));
    let (mut reach, mut before) = (Reach::default(), None);
    loop {
        let page = store.recent_orders(account, since, before).await?;
        for order in &page {
            let delivered = order.delivery.map_or_else(|| clock.now(), |delivery| delivery.latest.plus(Span::days(1)));
            reach.note(&campaign::plan(&campaign, Timestamp::MIN, order, delivered.min(clock.now())));
        }
        before = page.last().and_then(|order| Some((order.purchased_at?, order.order_id)));
        if page.len() < RECENT_AT_ONCE || before.is_none() || reach.orders >= REACH_MOST {
            return Ok(reach);
        }
    }
}
