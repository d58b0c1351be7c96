//! Many orders in one step leave what they leave one by one (law 6 among it), however often the same order, line,
//! alias or name comes: random stories are told twice, and everything that the store shows is compared.

mod picture;
mod story;

use model::order::{ImportedOrder, ImportedOrders};
use model::{Account, Channel, Handle, Span};
use store::{PLANNED_AT_ONCE, Planned, PlannedOutcome};

use self::story::{Event, story};
use crate::stage::{Letter, NOW, Stage, alias, live, now, shipped};
use crate::{Ground, on_both};

/// Stories told on each engine; each begins with a number of its own.
const STORIES: u64 = 6;

/// One telling: an installation in which orders are recorded in some way, for two accounts.
struct Telling {
    ground: Ground,
    at_once: bool,
}

impl Telling {
    async fn account(&self, handle: String) -> Stage {
        let store = self.ground.open().await;
        let (germany, handle) = ("DE".parse().unwrap(), handle.parse::<Handle>().unwrap());
        let stores = vec!["US".parse().unwrap(), germany];
        let account: Account = store.add_account("Kettles".into(), handle, stores, NOW).await.unwrap();
        live(&store, &account, germany).await;
        let account = store.account(&account.handle).await.unwrap();
        Stage::with(store, account).await
    }

    /// Tells a story; what the store shows of it at its end, as lines.
    async fn tell(&self, number: u64) -> Vec<String> {
        let accounts = [self.account(format!("blue-{number}")).await, self.account(format!("red-{number}")).await];
        let mut counts = ImportedOrders::default();
        for (account, event) in story(number) {
            let stage = &accounts[account];
            match event {
                Event::Orders(orders) if self.at_once => {
                    add(&mut counts, stage.store.record_orders(stage.account.id, orders, now()).await.unwrap());
                }
                Event::Orders(orders) => {
                    for order in orders {
                        add(&mut counts, stage.import_order(order).await);
                    }
                }
                Event::Notice(letter) => drop(stage.receive(&letter).await),
                Event::Planning => plan_all(&accounts).await,
            }
        }
        let mut lines = vec![format!("{counts:?}")];
        for stage in &accounts {
            picture::take(&self.ground, stage, &mut lines).await;
        }
        // The next story finds an empty queue.
        plan_all(&accounts).await;
        lines
    }
}

/// Plans all that waits: a message of each order, due an hour ago.
async fn plan_all(accounts: &[Stage]) {
    let outcome = PlannedOutcome::Message { due: NOW.minus(Span::hours(1)), closes: NOW.plus(Span::days(15)) };
    loop {
        let queued = accounts[0].store.orders_to_plan(PLANNED_AT_ONCE).await.unwrap();
        if queued.is_empty() {
            return;
        }
        for order in queued {
            let stage = accounts.iter().find(|stage| stage.account.id == order.account).unwrap();
            let planned = Planned { campaign: stage.email, version: 1, channel: Channel::Email, outcome, arm: None };
            stage.store.record_plan(order, vec![planned], now()).await.unwrap();
        }
    }
}

fn add(sum: &mut ImportedOrders, one: ImportedOrders) {
    sum.added += one.added;
    sum.updated += one.updated;
    sum.unchanged += one.unchanged;
    sum.foreign_store += one.foreign_store;
    sum.no_store += one.no_store;
    sum.too_old += one.too_old;
    sum.buyers_learnt += one.buyers_learnt;
    sum.withdrawn += one.withdrawn;
}

/// An order of a buyer under a name.
fn bought(number: u32, buyer: u32, name: u32) -> ImportedOrder {
    ImportedOrder { alias: Some(alias(buyer)), buyer_name: Some(format!("Name {name}")), ..shipped(number) }
}

on_both! {
    async fn many_orders_in_one_step_leave_what_they_leave_one_by_one(ground: Ground) {
        drop(ground.open().await);
        let one_by_one = Telling { ground: ground.sibling(), at_once: false };
        let at_once = Telling { ground, at_once: true };
        let (mut learnt, mut shared, mut withdrawn, mut conflicts) = (0, 0, 0, 0);
        for number in 0..STORIES {
            let (expected, found) = (one_by_one.tell(number).await, at_once.tell(number).await);
            for (expected, found) in expected.iter().zip(&found) {
                assert_eq!(found, expected, "story {number}");
            }
            assert_eq!(found.len(), expected.len(), "story {number}");
            let count = |word: &str| expected.iter().filter(|line| line.contains(word)).count();
            learnt += count("buyer_learnt");
            shared += count("alert shared_alias");
            conflicts += count("alert alias_conflict");
            withdrawn += count("withdrawn");
        }
        // A story in which nothing happens tells nothing.
        let happened = [learnt, shared, withdrawn, conflicts];
        assert!(happened.iter().zip([10, 2, 20, 5]).all(|(found, least)| *found >= least), "{happened:?}");
    }

    async fn an_alias_that_becomes_shared_in_the_middle_of_a_step_was_a_buyer_s_before(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [2, 48] {
            stage.receive(&Letter::opt_out(number)).await;
        }
        // Order 21 brings the 21st name, which makes the alias a shared one.
        let orders = (1..60).map(|number| bought(number, 7, number.min(30))).collect();
        let counts = stage.store.record_orders(stage.account.id, orders, now()).await.unwrap();
        assert_eq!((counts.added, counts.buyers_learnt), (59, 1));
        let covered: Vec<bool> = stage.list().await.iter().map(|entry| entry.covers_buyer).collect();
        assert_eq!(covered, [true, false], "order 2 came before the alias was shared, order 48 after it");
        assert_eq!(ground.number("SELECT names FROM buyer"), 21);
        assert_eq!(ground.number("SELECT count(*) FROM buyer_name"), 21);
    }

    async fn a_buyer_learnt_in_the_middle_of_a_step_leaves_later_orders_for_the_gate(ground: Ground) {
        let stage = Stage::on(&ground).await;
        // Order 6 waits with a message, and no report has yet said whose it is.
        stage.import(6, None).await;
        stage.plan().await;
        stage.receive(&Letter::opt_out(4)).await;
        let orders = vec![bought(2, 9, 1), bought(4, 9, 1), bought(6, 9, 1)];
        let counts = stage.store.record_orders(stage.account.id, orders, now()).await.unwrap();
        assert_eq!((counts.buyers_learnt, counts.withdrawn), (1, 0));
        stage.plan_emails().await;
        for claimed in stage.claim().await {
            let attempt = stage.attempt(&claimed).await;
            assert_eq!(crate::stage::reason_of(&attempt), model::Reason::OptedOut);
        }
    }

    async fn one_line_twice_in_an_order_and_one_order_twice_in_a_step_say_their_last_word(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let line = |quantity| model::order::OrderItem {
            line: "1".into(),
            quantity: Some(quantity),
            ..model::order::OrderItem::default()
        };
        let of = |items| ImportedOrder { items, ..shipped(2) };
        let orders = vec![of(vec![line(1), line(2)]), of(vec![line(3)]), of(vec![line(3)])];
        let counts = stage.store.record_orders(stage.account.id, orders, now()).await.unwrap();
        assert_eq!((counts.added, counts.updated, counts.unchanged), (1, 1, 1));
        let known = stage.store.order(stage.account.id, crate::stage::order(2)).await.unwrap().unwrap();
        assert_eq!(known.items, [line(3)]);
    }
}
