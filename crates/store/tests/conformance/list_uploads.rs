//! Lists on their way in: whole to who uploaded them, gone after an hour, one at a time.

use model::member::{Actor, Role};
use model::{Clock, Span};

use crate::stage::{NOW, Stage, member};
use crate::{Ground, on_both};

on_both! {
    async fn a_list_comes_back_whole_to_who_uploaded_it_for_an_hour(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let (one, other) = (member(Role::Agent), Actor::Operator);
        let content: Vec<u8> = (0..=255_u8).cycle().take(3_000_000).collect();
        let id = store.keep_list_upload(account, content.clone(), one.clone(), NOW).await.unwrap();
        let read = |by: &Actor, after: Span| store.list_upload(account, id, by.clone(), NOW.plus(after));
        assert!(read(&one, Span::minutes(59)).await.unwrap().unwrap() == content);
        assert!(read(&one, Span::minutes(60)).await.unwrap().is_none());
        assert!(read(&other, Span::minutes(1)).await.unwrap().is_none());
        // Another member's own goes beside it; his next takes the place of his last.
        let others = store.keep_list_upload(account, vec![1], other.clone(), NOW).await.unwrap();
        assert!(read(&one, Span::minutes(1)).await.unwrap().is_some());
        store.keep_list_upload(account, vec![2], one.clone(), NOW).await.unwrap();
        assert!(read(&one, Span::minutes(1)).await.unwrap().is_none());
        assert_eq!(ground.number("SELECT count(*) FROM list_upload"), 2);
        store.drop_list_upload(account, others).await.unwrap();
        assert_eq!(ground.number("SELECT count(*) FROM list_upload"), 1);
        store.purge(Clock::real(NOW.plus(Span::minutes(59))), 100).await.unwrap();
        assert_eq!(ground.number("SELECT count(*) FROM list_upload"), 1);
        assert_eq!(store.purge(Clock::real(NOW.plus(Span::hours(2))), 100).await.unwrap().lists, 1);
        assert_eq!(ground.number("SELECT count(*) FROM list_upload"), 0);
        assert!(store.keep_list_upload(account, vec![3], member(Role::Viewer), NOW).await.is_err());
    }
}
