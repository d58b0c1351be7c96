//! Known breaks of the feed: each cause comes and goes by itself, holds what it is about and nothing else, and stands in
//! the ledger.

use model::member::Actor;
use model::{AccountId, AddressKind, BreakCause, Marketplace, Reason};
use store::Store;

use crate::stage::{NOW, Stage, now, permitted, reason_of};
use crate::{Ground, on_both};

async fn causes(store: &Store, account: AccountId) -> Vec<(Option<Marketplace>, BreakCause)> {
    store.feed_breaks(account).await.unwrap().iter().map(|one| (one.store, one.cause)).collect()
}

/// Revokes every address but those of the store `keep`.
async fn revoke_all(stage: &Stage, keep: Option<Marketplace>) {
    for address in stage.store.addresses(stage.account.id).await.unwrap() {
        if keep.is_none() || address.store != keep {
            stage.store.revoke_address(stage.account.id, address.id, Actor::Operator, NOW).await.unwrap();
        }
    }
}

on_both! {
    async fn when_the_last_way_in_of_a_store_ends_its_messages_wait_until_there_is_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let claimed = stage.claimed_email(3, 1).await;
        let own = store.order(account, claimed.order_id).await.unwrap().unwrap().store;
        let addresses = store.addresses(account).await.unwrap();
        let whole = addresses.iter().find(|address| address.store.is_none()).unwrap();
        store.revoke_address(account, whole.id, Actor::Operator, NOW).await.unwrap();
        assert_eq!(causes(store, account).await, [], "each store has addresses of its own");
        revoke_all(&stage, None).await;
        assert!(causes(store, account).await.contains(&(Some(own), BreakCause::NoWayIn)));
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::FeedBroken, "by the store's own break alone");
        // Somebody says that the feed is broken, too; a new address mends what it mends and nothing else.
        store.set_feed_broken(account, true, Actor::Operator, NOW).await.unwrap();
        store.issue_address(account, Some(own), AddressKind::OptOut, Actor::Operator, NOW).await.unwrap();
        let left = causes(store, account).await;
        assert!(!left.contains(&(Some(own), BreakCause::NoWayIn)) && left.contains(&(None, BreakCause::Declared)));
        store.set_feed_broken(account, false, Actor::Operator, NOW).await.unwrap();
        assert!(left.iter().all(|(broken, _)| *broken != Some(own)));
        let later = model::Clock::real(NOW.plus(model::Span::hours(2)));
        let again = store.claim_due(later, 5).await.unwrap().remove(0);
        permitted(crate::stage::attempt(store, &again, later).await);
        let said = stage.ledger().await;
        let told = |words: &str| said.iter().filter(|row| row.payload.as_ref().is_some_and(|said| said.contains(words))).count();
        assert!(told("no_way_in") >= 2 && told("declared") == 2);
    }

    async fn a_break_of_one_store_holds_no_message_of_another(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let claimed = stage.claimed_email(3, 1).await;
        let own = store.order(account, claimed.order_id).await.unwrap().unwrap().store;
        revoke_all(&stage, Some(own)).await;
        let known = causes(store, account).await;
        assert!(!known.is_empty() && known.iter().all(|(broken, _)| broken.is_some_and(|broken| broken != own)), "{known:?}");
        permitted(crate::stage::attempt(store, &claimed, now()).await);
    }
}
