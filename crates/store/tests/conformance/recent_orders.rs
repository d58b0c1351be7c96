//! An account's orders newest first, a page at a time: each once, none older than asked for, none of another account's.

use model::order::ImportedOrder;
use model::{OrderId, Span};
use store::{Before, RECENT_AT_ONCE};

use crate::stage::{NOW, Stage, now, order, shipped};
use crate::{Ground, on_both};

on_both! {
    async fn every_recent_order_comes_once_newest_first(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let count = u32::try_from(RECENT_AT_ONCE).unwrap() + 40;
        // Many of them were placed in the same second.
        let placed = |number: u32| NOW.minus(Span::hours(i64::from(number / 7)));
        let orders = (0..count).map(|number| ImportedOrder { purchased_at: Some(placed(number)), ..shipped(number) });
        stage.store.record_orders(stage.account.id, orders.collect(), now()).await.unwrap();
        let (mut seen, mut before): (Vec<Before>, Option<Before>) = (Vec::new(), None);
        loop {
            let page = stage.store.recent_orders(stage.account.id, placed(count - 30), before).await.unwrap();
            seen.extend(page.iter().map(|order| (order.purchased_at.unwrap(), order.order_id)));
            before = seen.last().copied();
            if page.len() < RECENT_AT_ONCE {
                break;
            }
        }
        let mut expected: Vec<(_, OrderId)> =
            (0..count).map(|number| (placed(number), order(number))).filter(|(at, _)| *at >= placed(count - 30)).collect();
        expected.sort();
        expected.reverse();
        assert_eq!(seen, expected);
    }
}
