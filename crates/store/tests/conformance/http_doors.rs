//! Ways in by HTTP: a token opens until it is revoked, a signed post is good for one mail, and unproven mail without an
//! address is bounded like that of an address.

use model::inbound::{Door, HttpDoorKind};
use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::{AccountSettings, AlertKind, Clock, Span};
use store::{DoorKey, Post, StoreError};

use crate::stage::{Letter, NOW, Stage, member, now};
use crate::{Ground, on_both};

fn mailgun() -> DoorKey {
    DoorKey::Mailgun("key-of-mailgun".to_owned().into())
}

on_both! {
    async fn a_token_opens_its_accounts_way_until_it_is_revoked(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let key = || DoorKey::Token { vouches: true };
        let (door, token) = store.open_http_door(account, "mailer".into(), key(), Actor::Operator, now()).await.unwrap();
        let token = token.unwrap();
        assert_eq!(store.http_door_by_token(&token).await.unwrap(), Some(door.clone()));
        assert_eq!((door.account, door.kind.door()), (account, Door::Http));
        assert_eq!(store.http_door_by_token(&token[1..]).await.unwrap(), None);
        assert_eq!(store.http_door_by_token("").await.unwrap(), None);
        let again = store.open_http_door(account, "mailer".into(), key(), Actor::Operator, now()).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");

        let gone = store.revoke_http_door(account, "mailer".into(), Actor::Operator, now()).await.unwrap();
        assert_eq!(gone, Some(door.id));
        assert_eq!(store.http_door_by_token(&token).await.unwrap(), None);
        assert_eq!(store.revoke_http_door(account, "mailer".into(), Actor::Operator, now()).await.unwrap(), None);
        let said = stage.last_entry(LedgerKind::SettingChanged).await;
        assert_eq!((said["http_door"].as_str(), said["open"].as_bool()), (Some(door.id.to_string().as_str()), Some(false)));
        // The name is free again, and the list tells both.
        let (other, _) = store
            .open_http_door(account, "mailer".into(), DoorKey::Token { vouches: false }, Actor::Operator, now())
            .await
            .unwrap();
        let listed = store.http_doors(account).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.revoked_at.is_some()).collect::<Vec<_>>(), [true, false]);
        assert_eq!((other.kind, other.kind.door().signs_in()), (HttpDoorKind::Relay, false));
    }

    async fn only_who_may_configure_opens_and_revokes_and_the_secret_is_sealed(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        for role in [Role::Agent, Role::Viewer] {
            let opened = store.open_http_door(account, "x".into(), mailgun(), member(role), now()).await;
            assert!(matches!(opened, Err(StoreError::NotAllowed(_))));
        }
        let (door, token) = store.open_http_door(account, "x".into(), mailgun(), Actor::Operator, now()).await.unwrap();
        assert!(token.is_none());
        let (found, secret) = store.mailgun_door(door.id).await.unwrap().unwrap();
        assert_eq!((found, secret.as_str()), (door.clone(), "key-of-mailgun"));
        let revoked = store.revoke_http_door(account, "x".into(), member(Role::Agent), now()).await;
        assert!(matches!(revoked, Err(StoreError::NotAllowed(_))));
        store.revoke_http_door(account, "x".into(), member(Role::Manager), now()).await.unwrap().unwrap();
        assert!(store.mailgun_door(door.id).await.unwrap().is_none());
        assert_eq!(ground.number("SELECT count(*) FROM http_door WHERE secret_sealed IS NOT NULL"), 0);
        let bad = store.open_http_door(account, "a\nb".into(), mailgun(), Actor::Operator, now()).await;
        assert!(matches!(bad, Err(StoreError::Conflict(_))));
    }

    async fn a_signed_post_is_good_for_one_mail_and_forgotten_when_it_is_too_old(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let (one, _) = store.open_http_door(account, "one".into(), mailgun(), Actor::Operator, now()).await.unwrap();
        let (two, _) = store.open_http_door(account, "two".into(), mailgun(), Actor::Operator, now()).await.unwrap();
        let until = NOW.plus(Span::hours(10));
        let remember = |door, digest| store.remember_mailgun_post(door, "1790000000abc", digest, until);
        assert_eq!(remember(one.id, [1; 32]).await.unwrap(), Post::New);
        assert_eq!(remember(one.id, [1; 32]).await.unwrap(), Post::SameMail);
        assert_eq!(remember(one.id, [2; 32]).await.unwrap(), Post::OtherMail);
        assert_eq!(remember(two.id, [2; 32]).await.unwrap(), Post::New, "another route's posts are its own");
        let purged = store.purge(Clock::real(until.minus(Span::seconds(1))), 10).await.unwrap();
        assert_eq!(purged.posts, 0);
        let purged = store.purge(Clock::real(until), 1).await.unwrap();
        assert_eq!((purged.posts, purged.more), (1, true));
        assert_eq!(store.purge(Clock::real(until), 10).await.unwrap().posts, 1);
    }

    async fn the_last_mail_is_noted_in_steps(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let (door, _) = store.open_http_door(account, "x".into(), mailgun(), Actor::Operator, now()).await.unwrap();
        store.touch_http_door(&door, NOW).await.unwrap();
        let (door, _) = store.mailgun_door(door.id).await.unwrap().unwrap();
        assert_eq!(door.last_mail_at, Some(NOW));
        store.touch_http_door(&door, NOW.plus(Span::minutes(9))).await.unwrap();
        assert_eq!(store.http_doors(account).await.unwrap()[0].last_mail_at, Some(NOW));
        store.touch_http_door(&door, NOW.plus(Span::minutes(10))).await.unwrap();
        assert_eq!(store.http_doors(account).await.unwrap()[0].last_mail_at, Some(NOW.plus(Span::minutes(10))));
    }

    async fn unproven_mail_without_an_address_is_bounded_by_its_door(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let settings = AccountSettings { trust_addresses: false, ..stage.account.settings };
        store.change_settings(account, settings, Actor::Operator, NOW).await.unwrap();
        for number in 0..store::UNPROVEN_AN_HOUR {
            assert!(!store.is_door_flooded(account, Door::Mailgun, NOW).await.unwrap(), "{number}");
            stage.receive(&Letter { door: Door::Mailgun, ..Letter::opt_out(number) }).await;
        }
        assert!(store.is_door_flooded(account, Door::Mailgun, NOW).await.unwrap());
        assert!(!store.is_door_flooded(account, Door::Relay, NOW).await.unwrap());
        assert!(!store.is_door_flooded(account, Door::Http, NOW).await.unwrap());
        assert!(!store.is_door_flooded(account, Door::Mailgun, NOW.plus(Span::hours(1))).await.unwrap());
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::UnprovenFlood));
    }
}
