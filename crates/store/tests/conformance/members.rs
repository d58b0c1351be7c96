//! Members, one-time links, signing in.

use model::member::{Actor, LinkToken, OneTimeLink, Role, SignIn};
use model::{AccountId, MemberId, Span, Timestamp};
use store::{ATTEMPTS_FOR_ALL, ATTEMPTS_FOR_ONE, ATTEMPTS_WINDOW, LINK_GOOD_FOR, SESSION_IDLE, SESSION_LONGEST};
use store::{Store, StoreError};

use crate::{Ground, at, on_both};

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

fn now() -> Timestamp {
    at("2026-08-20T12:00:00Z")
}

async fn member(store: &Store, account: AccountId, email: &str, role: Role) -> MemberId {
    let added = store.add_member(account, email, role, Actor::Operator, now()).await.unwrap();
    if let Some(LinkToken(token)) = added.link {
        store.set_password_by_link(&token, HASH.into(), now()).await.unwrap();
    }
    added.member.id
}

on_both! {
    async fn the_first_operator_is_made_by_a_link_that_works_once(ground: Ground) {
        let store = ground.open().await;
        assert!(!store.operator_exists().await.unwrap());
        let LinkToken(token) = store.create_one_time_link(None, now()).await.unwrap();
        let LinkToken(other) = store.create_one_time_link(None, now()).await.unwrap();
        assert_eq!(store.one_time_link(&token, now()).await.unwrap(), Some(OneTimeLink { member: None }));
        assert!(store.add_operator_by_link(&token, "not an address", HASH.into(), now()).await.is_err());
        let operator = store.add_operator_by_link(&token, " Olga@Example.COM ", HASH.into(), now()).await.unwrap();
        assert!(operator.operator && store.operator_exists().await.unwrap());
        assert_eq!(store.member_by_email("olga@example.com").await.unwrap(), Some(operator.clone()));
        assert_eq!(store.password_of(operator.id).await.unwrap().as_deref(), Some(HASH));
        for spent in [token, other] {
            assert_eq!(store.one_time_link(&spent, now()).await.unwrap(), None);
            assert!(store.add_operator_by_link(&spent, "eve@example.com", HASH.into(), now()).await.is_err());
        }
        assert_eq!(store.member_by_email("eve@example.com").await.unwrap(), None);
    }

    async fn a_link_is_good_for_fifteen_minutes(ground: Ground) {
        let store = ground.open().await;
        let LinkToken(token) = store.create_one_time_link(None, now()).await.unwrap();
        let end = now().plus(LINK_GOOD_FOR);
        assert!(store.one_time_link(&token, end.minus(Span::seconds(1))).await.unwrap().is_some());
        assert_eq!(store.one_time_link(&token, end).await.unwrap(), None);
        assert_eq!(store.use_one_time_link(&token, end).await.unwrap(), None);
        assert_eq!(store.use_one_time_link("guessed", now()).await.unwrap(), None);
        assert!(store.use_one_time_link(&token, now()).await.unwrap().is_some());
        assert_eq!(store.use_one_time_link(&token, now()).await.unwrap(), None);
    }

    async fn of_two_uses_at_once_one_succeeds(ground: Ground) {
        let store = ground.open().await;
        for _ in 0..10 {
            let LinkToken(token) = store.create_one_time_link(None, now()).await.unwrap();
            let (one, two) = tokio::join!(store.use_one_time_link(&token, now()), store.use_one_time_link(&token, now()));
            assert_eq!(u8::from(one.unwrap().is_some()) + u8::from(two.unwrap().is_some()), 1);
        }
    }

    async fn a_new_member_sets_his_password_and_his_owner_sees_no_other_account(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let other = store.add_account("Other".into(), "other".parse().unwrap(), vec![], now()).await.unwrap();
        let added = store.add_member(account.id, "Ann@example.com", Role::Owner, Actor::Operator, now()).await.unwrap();
        let ann = added.member.id;
        let LinkToken(token) = added.link.unwrap();
        assert_eq!(store.password_of(ann).await.unwrap(), None);
        assert_eq!(store.set_password_by_link(&token, HASH.into(), now()).await.unwrap(), ann);
        assert!(store.set_password_by_link(&token, "another".into(), now()).await.is_err());
        assert_eq!(store.password_of(ann).await.unwrap().as_deref(), Some(HASH));

        let again = store.add_member(other.id, "ann@EXAMPLE.com", Role::Viewer, Actor::Operator, now()).await.unwrap();
        assert_eq!((again.member.id, again.link), (ann, None), "nobody gets a link to take over her password");
        assert_eq!(again.member.roles, [(other.id, Role::Viewer)]);
        assert_eq!(store.members(other.id).await.unwrap()[0].roles, [(other.id, Role::Viewer)]);
        assert_eq!(store.member_by_email("ann@example.com").await.unwrap().unwrap().roles.len(), 2);
        let twice = store.add_member(other.id, "ann@example.com", Role::Owner, Actor::Operator, now()).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))));

        let page = store.ledger_page(account.id, None, 1).await.unwrap();
        let said = page.rows[0].payload.clone().unwrap();
        assert!(said.contains("owner") && !said.contains('@'), "{said}");
        store.verify_ledger(&account.handle, None).await.unwrap();
    }

    async fn only_owners_manage_members_and_only_those_of_their_account(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let other = store.add_account("Other".into(), "other".parse().unwrap(), vec![], now()).await.unwrap();
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        let bob = member(&store, account.id, "bob@example.com", Role::Agent).await;
        let foreign = member(&store, other.id, "fay@example.com", Role::Agent).await;
        for role in [Role::Manager, Role::Agent, Role::Viewer] {
            let by = Actor::Member { id: bob, role };
            let refused = [
                store.add_member(account.id, "x@example.com", Role::Owner, by.clone(), now()).await.map(drop),
                store.change_role(account.id, bob, Role::Owner, by.clone(), now()).await,
                store.remove_member(account.id, ann, by.clone(), now()).await,
                store.create_link_for_member(account.id, ann, by, now()).await.map(drop),
            ];
            assert!(refused.iter().all(|one| matches!(one, Err(StoreError::NotAllowed(_)))), "{refused:?}");
        }
        let by = Actor::Member { id: ann, role: Role::Owner };
        for refused in [
            store.change_role(account.id, foreign, Role::Viewer, by.clone(), now()).await,
            store.remove_member(account.id, foreign, by.clone(), now()).await,
            store.create_link_for_member(account.id, foreign, by.clone(), now()).await.map(drop),
        ] {
            assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
        }
        store.change_role(account.id, bob, Role::Manager, by.clone(), now()).await.unwrap();
        store.create_link_for_member(account.id, bob, by.clone(), now()).await.unwrap();
        // Once Bob has rights elsewhere, his password is out of this owner's hands.
        store.add_member(other.id, "bob@example.com", Role::Viewer, Actor::Operator, now()).await.unwrap();
        let refused = store.create_link_for_member(account.id, bob, by, now()).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        store.create_link_for_member(account.id, bob, Actor::Operator, now()).await.unwrap();
    }

    async fn an_account_keeps_its_last_owner_unless_the_operator_decides(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        let by = Actor::Member { id: ann, role: Role::Owner };
        assert!(store.change_role(account.id, ann, Role::Viewer, by.clone(), now()).await.is_err());
        assert!(store.remove_member(account.id, ann, by.clone(), now()).await.is_err());
        let bob = member(&store, account.id, "bob@example.com", Role::Owner).await;
        store.change_role(account.id, ann, Role::Viewer, by, now()).await.unwrap();
        store.remove_member(account.id, bob, Actor::Operator, now()).await.unwrap();
        assert_eq!(store.members(account.id).await.unwrap().len(), 1);
    }

    async fn who_is_removed_from_his_last_account_is_forgotten(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Viewer).await;
        let token = store.create_session(ann, now()).await.unwrap();
        store.remove_member(account.id, ann, Actor::Operator, now()).await.unwrap();
        assert_eq!(store.session(&token, now()).await.unwrap(), None);
        assert_eq!(store.member_by_email("ann@example.com").await.unwrap(), None);
        assert_eq!(ground.number("SELECT count(*) FROM member"), 0);
        assert_eq!(ground.number("SELECT count(*) FROM session"), 0);
    }

    async fn a_members_address_is_never_a_buyers_and_never_stored_in_clear(ground: Ground) {
        let (store, account) = ground.with_account().await;
        for bad in ["abc12def@marketplace.amazon.com", "ann", "@example.com", "a b@example.com", "a@b\r\nBcc: x@y", ""] {
            assert!(store.add_member(account.id, bad, Role::Viewer, Actor::Operator, now()).await.is_err(), "{bad}");
        }
        member(&store, account.id, "findable@example.com", Role::Viewer).await;
        let sealed = if ground.is_postgres() {
            ground.texts("SELECT encode(email_sealed, 'escape') FROM member")
        } else {
            ground.texts("SELECT hex(email_sealed) FROM member")
        };
        let shown = sealed.concat().to_lowercase();
        assert!(!shown.contains("findable") && !shown.contains("66696e6461626c65"));
    }

    async fn a_session_slides_and_ends(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Viewer).await;
        let token = store.create_session(ann, now()).await.unwrap();
        assert_eq!(store.session(&token, now()).await.unwrap().unwrap().id, ann);
        assert_eq!(store.session("guessed", now()).await.unwrap(), None);
        let unused = store.create_session(ann, now()).await.unwrap();
        assert!(store.session(&unused, now().plus(SESSION_IDLE)).await.unwrap().is_none(), "it was not used");
        // Used every hour, it lives until its absolute end and no longer.
        let (mut time, end) = (now(), now().plus(SESSION_LONGEST));
        while time < end {
            assert!(store.session(&token, time).await.unwrap().is_some(), "{time}");
            time = time.plus(Span::hours(1));
        }
        assert_eq!(store.session(&token, end).await.unwrap(), None);
    }

    async fn a_session_knows_the_roles_of_this_moment(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        let token = store.create_session(ann, now()).await.unwrap();
        store.change_role(account.id, ann, Role::Viewer, Actor::Operator, now()).await.unwrap();
        assert_eq!(store.session(&token, now()).await.unwrap().unwrap().roles, [(account.id, Role::Viewer)]);
    }

    async fn signing_out_and_a_new_password_end_sessions(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        let (one, two) = (store.create_session(ann, now()).await.unwrap(), store.create_session(ann, now()).await.unwrap());
        store.end_session(&one).await.unwrap();
        store.end_session(&one).await.unwrap();
        assert_eq!(store.session(&one, now()).await.unwrap(), None);
        assert!(store.session(&two, now()).await.unwrap().is_some());
        store.set_password(ann, "another".into()).await.unwrap();
        assert_eq!(store.session(&two, now()).await.unwrap(), None);
        let three = store.create_session(ann, now()).await.unwrap();
        store.end_sessions_of(ann).await.unwrap();
        assert_eq!(store.session(&three, now()).await.unwrap(), None);
    }

    async fn a_member_has_so_many_sessions_and_the_oldest_goes(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        let mut tokens = Vec::new();
        for minute in 0..25 {
            tokens.push(store.create_session(ann, now().plus(Span::minutes(minute))).await.unwrap());
        }
        let late = now().plus(Span::minutes(30));
        assert_eq!(ground.number("SELECT count(*) FROM session"), 20);
        assert_eq!(store.session(&tokens[4], late).await.unwrap(), None);
        assert!(store.session(&tokens[5], late).await.unwrap().is_some());
    }

    async fn passwords_can_be_guessed_five_times_and_then_not_for_a_while(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        for email in ["ann@example.com", "nobody@example.com"] {
            for guess in 1..=ATTEMPTS_FOR_ONE {
                let answer = store.begin_sign_in(email, now()).await.unwrap();
                assert!(!matches!(answer, SignIn::LockedUntil(_)), "guess {guess} at {email}");
            }
            // The next is refused, whoever it is: the answer tells nobody who is a member.
            let until = now().plus(ATTEMPTS_WINDOW);
            assert_eq!(store.begin_sign_in(email, now()).await.unwrap(), SignIn::LockedUntil(until));
            let just_before = until.minus(Span::seconds(1));
            assert_eq!(store.begin_sign_in(email, just_before).await.unwrap(), SignIn::LockedUntil(until));
        }
        let later = now().plus(ATTEMPTS_WINDOW);
        let known = SignIn::Known { member: ann, password: HASH.into() };
        assert_eq!(store.begin_sign_in(" ANN@example.com", later).await.unwrap(), known);
        assert_eq!(store.begin_sign_in("nobody@example.com", later).await.unwrap(), SignIn::Unknown);
    }

    async fn a_success_forgives_the_failures_before_it(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id, "ann@example.com", Role::Owner).await;
        for _ in 0..10 {
            for _ in 0..ATTEMPTS_FOR_ONE {
                let answer = store.begin_sign_in("ann@example.com", now()).await.unwrap();
                assert!(matches!(answer, SignIn::Known { .. }));
            }
            store.create_session(ann, now()).await.unwrap();
        }
    }

    async fn a_thousand_attempts_at_once_are_no_more_than_five(ground: Ground) {
        let (store, account) = ground.with_account().await;
        member(&store, account.id, "ann@example.com", Role::Owner).await;
        let store = std::sync::Arc::new(store);
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let store = std::sync::Arc::clone(&store);
                tokio::spawn(async move { store.begin_sign_in("ann@example.com", now()).await.unwrap() })
            })
            .collect();
        let mut looked_at = 0;
        for task in tasks {
            looked_at += i64::from(matches!(task.await.unwrap(), SignIn::Known { .. }));
        }
        assert_eq!(looked_at, ATTEMPTS_FOR_ONE);
    }

    async fn guessing_at_many_addresses_is_bounded_and_so_is_its_table(ground: Ground) {
        let store = ground.open().await;
        let mut looked_at = 0;
        for guess in 0..ATTEMPTS_FOR_ALL + 20 {
            let answer = store.begin_sign_in(&format!("guess{guess}@example.com"), now()).await.unwrap();
            looked_at += i64::from(answer == SignIn::Unknown);
        }
        assert_eq!(looked_at, ATTEMPTS_FOR_ALL);
        assert!(ground.number("SELECT count(*) FROM sign_in_attempt") <= ATTEMPTS_FOR_ALL + 1);
        let later = now().plus(ATTEMPTS_WINDOW);
        assert_eq!(store.begin_sign_in("ann@example.com", later).await.unwrap(), SignIn::Unknown);
        assert_eq!(ground.number("SELECT count(*) FROM sign_in_attempt"), 2);
    }

    async fn knocking_at_one_locked_door_does_not_lock_the_others(ground: Ground) {
        let store = ground.open().await;
        for _ in 0..ATTEMPTS_FOR_ALL + 20 {
            store.begin_sign_in("ann@example.com", now()).await.unwrap();
        }
        assert_eq!(store.begin_sign_in("bob@example.com", now()).await.unwrap(), SignIn::Unknown);
    }
}
