//! Many orders in one step do what they do one by one, however often the same order, line, alias or name comes; and
//! whoever else writes to the database meanwhile gets a turn.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::Alias;
use model::order::{ImportedOrder, ImportedOrders, OrderItem, OrderStatus};

use crate::stage::{Letter, NOW, Stage, alias, now, order, shipped};
use crate::{Ground, on_both};

/// Orders in which all comes again: 150 of 60 ids, 9 of which were opted out, by 25 buyers of whom one has a shared
/// form, and one bought under 30 names.
fn orders() -> Vec<ImportedOrder> {
    let said = |number: u32| {
        let id = (number * 7) % 60;
        let buyer = match number % 25 {
            0 => None,
            1 => Some("no-reply@marketplace.amazon.de".parse::<Alias>().unwrap()),
            buyer if number % 3 == 0 => Some(alias(buyer)),
            _ => (id >= 30).then(|| alias(100)),
        };
        let line = |line: u32| OrderItem {
            line: format!("{}", line % 2),
            sku: (line != 1).then(|| format!("KETTLE{}", number % 4)),
            quantity: Some(number % 3 + line),
            ..OrderItem::default()
        };
        ImportedOrder {
            status: (number % 5 != 0).then_some(if number % 2 == 0 {
                OrderStatus::Shipped
            } else {
                OrderStatus::Pending
            }),
            alias: buyer,
            buyer_name: (number % 4 != 3).then(|| format!("  Name {}", number % 40)),
            business: (number % 11 == 0).then_some(number % 22 == 0),
            items: (0..number % 4).map(line).collect(),
            incomplete: number % 13 == 0,
            store: if number % 17 == 0 { Some("FR".parse().unwrap()) } else { shipped(id).store },
            ..shipped(id)
        }
    };
    (0..150).map(said).collect()
}

fn sum(all: impl IntoIterator<Item = ImportedOrders>) -> ImportedOrders {
    all.into_iter().fold(ImportedOrders::default(), |sum, one| ImportedOrders {
        added: sum.added + one.added,
        updated: sum.updated + one.updated,
        unchanged: sum.unchanged + one.unchanged,
        foreign_store: sum.foreign_store + one.foreign_store,
        no_store: sum.no_store + one.no_store,
        too_old: sum.too_old + one.too_old,
        buyers_learnt: sum.buyers_learnt + one.buyers_learnt,
        withdrawn: sum.withdrawn + one.withdrawn,
    })
}

on_both! {
    async fn many_orders_in_one_step_leave_what_they_leave_one_by_one(ground: Ground) {
        let one_by_one = Stage::on(&ground).await;
        let stores = one_by_one.account.sellers.iter().map(|seller| seller.store).collect();
        let other = ground.open().await;
        let account = other.add_account("Red".into(), "red".parse().unwrap(), stores, NOW).await.unwrap();
        let at_once = Stage::with(other, account).await;
        for stage in [&one_by_one, &at_once] {
            for number in (0..60).step_by(7) {
                stage.receive(&Letter::opt_out(number)).await;
            }
        }
        let mut counts = Vec::new();
        for order in orders() {
            counts.push(one_by_one.import_order(order).await);
        }
        let counted = at_once.store.record_orders(at_once.account.id, orders(), now()).await.unwrap();
        assert_eq!(counted, sum(counts));
        assert!(counted.buyers_learnt > 0 && counted.unchanged > 0 && counted.updated > 0 && counted.foreign_store > 0);
        for number in 0..60 {
            let known = at_once.store.order(at_once.account.id, order(number)).await.unwrap();
            assert_eq!(known, one_by_one.store.order(one_by_one.account.id, order(number)).await.unwrap());
            let known = known.map(|known| (known.items, known.alias_shared));
            let other = one_by_one.store.order(one_by_one.account.id, order(number)).await.unwrap();
            assert_eq!(known, other.map(|known| (known.items, known.alias_shared)), "{number}");
        }
        let covered = |stage: &Stage| ground.number(&format!(
            "SELECT count(*) FROM suppression_buyer JOIN account ON account.id = account_id WHERE handle = '{}'",
            stage.account.handle
        ));
        assert_eq!(covered(&at_once), covered(&one_by_one));
        assert_eq!(at_once.alerts().await.len(), one_by_one.alerts().await.len());
        for counted in ["SELECT count(*) FROM orders", "SELECT sum(n) FROM daily_count", "SELECT sum(names) FROM buyer",
            "SELECT count(*) FROM buyer_name", "SELECT count(*) FROM plan_queue", "SELECT sum(shared) FROM buyer"] {
            assert_eq!(ground.number(counted) % 2, 0, "the two accounts differ: {counted}");
        }
        let again = at_once.store.record_orders(at_once.account.id, vec![shipped(2); 3], now()).await.unwrap();
        assert!(again.updated <= 1 && again.updated + again.unchanged == 3);
    }

    async fn an_import_without_pauses_keeps_nobody_else_from_writing(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let server = ground.open().await;
        let (commits, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let import = async {
            for number in 0.. {
                store.record_orders(account.id, vec![shipped(number % 1000)], now()).await.unwrap();
                commits.fetch_add(1, Ordering::SeqCst);
                if stop.load(Ordering::SeqCst) {
                    return;
                }
            }
        };
        let notices = async {
            let mut between = Vec::new();
            for number in 0..20 {
                let before = commits.load(Ordering::SeqCst);
                server.record_mail(Letter::opt_out(number).mail(&account)).await.unwrap();
                between.push(commits.load(Ordering::SeqCst) - before);
            }
            stop.store(true, Ordering::SeqCst);
            between.sort_unstable();
            between
        };
        let ((), between) = tokio::join!(import, notices);
        // Usually one or two; a busy machine may let one thread sleep meanwhile.
        assert!(between[10] <= 4, "commits of the import while a notice waited: {between:?}");
    }
}
