//! What is known of orders before a report speaks of them, and what is known after it has.

use model::order::{DeliveryDate, ImportedOrder};
use model::{AccountId, Marketplace, OrderId, Span, Timestamp};

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::BuyerHash;

/// Law 8: personal data of an order are kept so long after its earliest delivery …
const KEPT_AFTER_DELIVERY: Span = Span::days(30);
/// … and so long after its purchase where the delivery is not known.
const KEPT_AFTER_PURCHASE: Span = Span::days(60);

/// An order's row as it stands.
pub(super) struct Known {
    pub values: ImportedOrder,
    pub buyer: Option<BuyerHash>,
    pub alias_sealed: Option<Vec<u8>>,
    pub tracking_sealed: Option<Vec<u8>>,
    pub first_seen_at: Timestamp,
    pub delivery_latest: Option<Timestamp>,
}

/// Those of the orders that are known. No order may be asked for twice.
pub(super) async fn known(tx: &mut Tx, account: AccountId, orders: &[OrderId]) -> Result<Vec<Known>, StoreError> {
    let list: Vec<Value> = orders.iter().map(|order| (*order).into()).collect();
    let rows = tx
        .rows_in(
            sql!(
                "SELECT store, purchased_at, updated_at, status, fulfilment, shipped_at, estimated_arrival,
                 window_start, window_end, promised_at, buyer_hash, alias_sealed, ship_country, business, incomplete,
                 first_seen_at, delivery_latest, order_id, carrier, tracking_sealed, buyer_language,
                 feedback_stars, review_stars FROM orders WHERE account_id = $1 AND order_id IN ($2)"
            ),
            &[account.into()],
            &list,
        )
        .await?;
    rows.iter().map(of_row).collect()
}

fn of_row(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        values: ImportedOrder {
            store: row.opt_word(0)?,
            purchased_at: row.opt_time(1)?,
            updated_at: row.opt_time(2)?,
            status: row.opt_word(3)?,
            fulfilment: row.opt_word(4)?,
            shipped_at: row.opt_time(5)?,
            estimated_arrival: row.opt_time(6)?,
            delivery_window_start: row.opt_time(7)?,
            delivery_window_end: row.opt_time(8)?,
            promised_at: row.opt_time(9)?,
            ship_country: row.opt_text(12)?.map(str::to_owned),
            business: row.opt_int(13)?.map(|flag| flag != 0),
            incomplete: row.flag(14)?,
            carrier: row.opt_text(18)?.map(str::to_owned),
            buyer_language: row.opt_text(20)?.map(str::to_owned),
            feedback_stars: row.opt_int(21)?.and_then(|stars| u8::try_from(stars).ok()),
            review_stars: row.opt_int(22)?.and_then(|stars| u8::try_from(stars).ok()),
            ..ImportedOrder::bare(row.word(17)?)
        },
        buyer: row.opt_bytes(10)?.map(BuyerHash),
        alias_sealed: row.opt_blob(11)?.map(<[u8]>::to_vec),
        tracking_sealed: row.opt_blob(19)?.map(<[u8]>::to_vec),
        first_seen_at: row.time(15)?,
        delivery_latest: row.opt_time(16)?,
    })
}

/// What is known after a report: what it says wins, unless it is older than what is known, then it only fills
/// gaps; what it does not say stays.
pub(super) fn merge(known: Option<&ImportedOrder>, said: &ImportedOrder, store: Marketplace) -> ImportedOrder {
    let mut merged =
        ImportedOrder { items: Vec::new(), alias: None, buyer_name: None, tracking_number: None, ..said.clone() };
    merged.store = Some(store);
    let Some(known) = known else { return merged };
    let older = match (said.updated_at, known.updated_at) {
        (Some(said), Some(known)) => said < known,
        _ => false,
    };
    macro_rules! settle {
        ($($field:ident),+) => {
            $(merged.$field = if older {
                known.$field.clone().or_else(|| said.$field.clone())
            } else {
                said.$field.clone().or_else(|| known.$field.clone())
            };)+
        };
    }
    settle!(
        purchased_at,
        updated_at,
        status,
        fulfilment,
        shipped_at,
        estimated_arrival,
        delivery_window_start,
        delivery_window_end,
        promised_at,
        ship_country,
        business,
        carrier,
        buyer_language,
        feedback_stars,
        review_stars
    );
    merged
}

/// Until when personal data of an order are kept (law 8).
pub(super) fn purge_at(
    delivery: Option<DeliveryDate>,
    purchased_at: Option<Timestamp>,
    first_seen_at: Timestamp,
) -> Timestamp {
    match delivery {
        Some(delivery) => delivery.earliest.plus(KEPT_AFTER_DELIVERY),
        None => purchased_at.unwrap_or(first_seen_at).plus(KEPT_AFTER_PURCHASE),
    }
}
