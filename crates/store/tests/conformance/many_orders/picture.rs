//! What the store shows of an account, as lines that are the same for two accounts to which the same happened.

use model::ledger::LedgerKind;

use crate::Ground;
use crate::stage::{Stage, order};

/// Adds the lines of an account.
pub async fn take(ground: &Ground, stage: &Stage, lines: &mut Vec<String>) {
    let account = stage.account.id;
    stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    for row in stage.ledger().await {
        // Each step that records orders has one of these, so their number differs.
        if row.kind == LedgerKind::OrdersImported {
            continue;
        }
        let said: serde_json::Value = serde_json::from_str(row.payload.as_deref().unwrap()).unwrap();
        let many = |what: &str| said[what].as_array().map(Vec::len);
        let (withdrawn, leaving) = (many("withdrawn"), many("already_leaving"));
        lines.push(format!("ledger {} {} {withdrawn:?} {leaving:?}", row.kind, said["order"]));
    }
    for number in 0..50 {
        // `Debug` leaves out what is personal.
        let known = stage.store.order(account, order(number)).await.unwrap();
        let opened = known.as_ref().map(|known| (&known.alias, known.alias_shared, &known.items, &known.ship_country));
        lines.push(format!(
            "order {known:?} {:?}",
            opened.map(|(alias, shared, items, country)| {
                (alias.as_ref().map(|alias| alias.as_str().to_owned()), shared, items.clone(), country.clone())
            })
        ));
        for message in stage.messages(number).await {
            lines.push(format!("message {number} {} {:?} {:?}", message.state, message.reason, message.channel));
        }
    }
    let mut entries: Vec<String> = stage
        .list()
        .await
        .iter()
        .map(|entry| {
            let alias = entry.alias.as_ref().map(|alias| alias.as_str().to_owned());
            format!("entry {:?} {alias:?} {} {:?} {:?}", entry.order_id, entry.covers_buyer, entry.reason, entry.state)
        })
        .collect();
    entries.sort_unstable();
    lines.append(&mut entries);
    let mut alerts: Vec<String> = stage
        .alerts()
        .await
        .iter()
        .map(|alert| {
            // That of a shared alias is the beginning of its hash.
            let about = alert.detail.parse::<model::OrderId>().ok();
            format!("alert {} {about:?}", alert.kind)
        })
        .collect();
    alerts.sort_unstable();
    lines.append(&mut alerts);
    behind_the_doors(ground, stage.account.handle.as_str(), lines);
}

/// What acts later: whom an entry covers, told by the orders of the same buyer; names counted; the planner's queue.
fn behind_the_doors(ground: &Ground, handle: &str, lines: &mut Vec<String>) {
    for query in [
        "SELECT 'covered ' || suppression.order_id || ' ' || orders.order_id FROM suppression_buyer
         JOIN suppression ON suppression.id = suppression_buyer.suppression_id
         JOIN orders ON orders.account_id = suppression_buyer.account_id AND orders.buyer_hash = suppression_buyer.buyer_hash
         JOIN account ON account.id = suppression_buyer.account_id WHERE suppression.order_id IS NOT NULL",
        "SELECT 'covers ' || suppression.order_id || ' ' || count(*) || ' ' || count(suppression_buyer.alias_sealed)
         FROM suppression_buyer JOIN suppression ON suppression.id = suppression_buyer.suppression_id
         JOIN account ON account.id = suppression_buyer.account_id WHERE 0 = 0",
        "SELECT 'buyer ' || orders.order_id || ' ' || buyer.names || ' ' || buyer.shared || ' ' ||
         (SELECT count(*) FROM buyer_name WHERE buyer_name.account_id = buyer.account_id AND buyer_name.buyer_hash = buyer.buyer_hash)
         FROM buyer JOIN orders ON orders.account_id = buyer.account_id AND orders.buyer_hash = buyer.buyer_hash
         JOIN account ON account.id = orders.account_id WHERE 0 = 0",
        "SELECT 'buyers ' || count(*) || ' ' || COALESCE(sum(names), 0) || ' ' || COALESCE(sum(shared), 0) FROM buyer
         JOIN account ON account.id = account_id WHERE 0 = 0",
        "SELECT 'queued ' || order_id FROM plan_queue JOIN account ON account.id = account_id WHERE 0 = 0",
        "SELECT 'counted ' || day || ' ' || what || ' ' || n FROM daily_count
         JOIN account ON account.id = account_id WHERE 0 = 0",
        "SELECT 'kept ' || order_id || ' ' || COALESCE(purge_at, 0) || ' ' || COALESCE(delivery_latest, 0) || ' ' ||
         first_seen_at FROM orders JOIN account ON account.id = account_id WHERE 0 = 0",
    ] {
        let by = if query.contains("'covers ") { " GROUP BY suppression.id, suppression.order_id" } else { "" };
        let mut found = ground.texts(&format!("{query} AND handle = '{handle}'{by}"));
        found.sort_unstable();
        lines.append(&mut found);
    }
}
