//! The second factor: switched on by a code, each code good once on any node, recovery codes, and the step between
//! password and code.

use data_encoding::BASE32_NOPAD;
use model::member::{Actor, BegunSession, LinkToken, Role, SecondFactor, SecondStep, SignIn};
use model::{AccountId, MemberId, Span, Timestamp};
use ring::hmac;
use store::{ATTEMPTS_FOR_ONE, ATTEMPTS_WINDOW, HALF_SIGN_IN_LASTS, RECOVERY_CODES, Store, StoreError};

use crate::{Ground, at, on_both};

const EMAIL: &str = "ann@example.com";

fn now() -> Timestamp {
    at("2026-08-20T12:00:00Z")
}

/// What an authenticator app shows at that time, by RFC 6238 and written apart from the program.
fn shown(secret: &[u8], time: Timestamp) -> String {
    let step = u64::try_from(time.as_micros() / 30_000_000).unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let cut = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", cut % 1_000_000)
}

async fn member(store: &Store, account: AccountId) -> MemberId {
    let added = store.add_member(account, EMAIL, Role::Agent, Actor::Operator, now()).await.unwrap();
    if let Some(LinkToken(token)) = added.link {
        store.set_password_by_link(&token, "hash".into(), now()).await.unwrap();
    }
    added.member.id
}

/// Switches it on; its secret and the recovery codes.
async fn switched_on(store: &Store, member: MemberId, time: Timestamp) -> (Vec<u8>, Vec<String>) {
    store.prepare_second_factor(member).await.unwrap();
    let SecondFactor::Waiting(secret) = store.second_factor(member).await.unwrap() else { panic!("prepared") };
    let codes = store.confirm_second_factor(member, &shown(&secret.0, time), time).await.unwrap().unwrap();
    (secret.0, codes)
}

async fn half(store: &Store, member: MemberId, time: Timestamp) -> String {
    match store.begin_session(member, time).await.unwrap() {
        BegunSession::CodeAsked(token) => token,
        BegunSession::SignedIn(_) => panic!("signed in without a code"),
    }
}

on_both! {
    async fn it_counts_once_a_code_was_entered(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        assert_eq!(store.second_factor(ann).await.unwrap(), SecondFactor::Off);
        assert!(store.confirm_second_factor(ann, "123456", now()).await.is_err(), "nothing is prepared");
        store.prepare_second_factor(ann).await.unwrap();
        let SecondFactor::Waiting(first) = store.second_factor(ann).await.unwrap() else { panic!() };
        assert_eq!(first.0.len(), 20);
        assert!(matches!(store.begin_session(ann, now()).await.unwrap(), BegunSession::SignedIn(_)), "not before");
        store.prepare_second_factor(ann).await.unwrap();
        let SecondFactor::Waiting(second) = store.second_factor(ann).await.unwrap() else { panic!() };
        assert_ne!(first, second, "begun anew, it is another");
        assert_eq!(store.confirm_second_factor(ann, &shown(&first.0, now()), now()).await.unwrap(), None);
        let codes = store.confirm_second_factor(ann, &shown(&second.0, now()), now()).await.unwrap().unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let left = SecondFactor::On { since: now(), codes_left: 10 };
        assert_eq!(store.second_factor(ann).await.unwrap(), left);
        assert!(store.prepare_second_factor(ann).await.is_err(), "it is not changed while it is on");
        assert!(matches!(store.create_session(ann, now()).await, Err(StoreError::NotAllowed(_))));
        // Neither the secret nor a code stands there in clear.
        let stored = if ground.is_postgres() {
            ground.texts("SELECT encode(secret_sealed, 'hex') FROM second_factor")
        } else {
            ground.texts("SELECT hex(secret_sealed) FROM second_factor")
        };
        assert!(!stored.concat().to_lowercase().contains(&data_encoding::HEXLOWER.encode(&second.0)));
        let plain = BASE32_NOPAD.decode(codes[0].replace('-', "").to_uppercase().as_bytes()).unwrap();
        assert_eq!(plain.len(), 10);
    }

    async fn a_code_is_taken_once_on_whatever_node(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        let (secret, _) = switched_on(&store, ann, now()).await;
        let same = half(&store, ann, now()).await;
        let again = store.finish_sign_in(&same, &shown(&secret, now()), now()).await.unwrap();
        assert_eq!(again, SecondStep::Wrong, "the code that switched it on");
        let later = now().plus(Span::seconds(60));
        let code = shown(&secret, later);
        let (one, two) = (half(&store, ann, later).await, half(&store, ann, later).await);
        let other = ground.open().await;
        let answers =
            [store.finish_sign_in(&one, &code, later).await.unwrap(), other.finish_sign_in(&two, &code, later).await.unwrap()];
        assert!(matches!(answers[0], SecondStep::SignedIn { recovered: false, .. }), "{answers:?}");
        assert_eq!(answers[1], SecondStep::Wrong);
        // Nor is the one of the step before, though it is within the drift.
        let before = shown(&secret, later.minus(Span::seconds(30)));
        assert_eq!(store.finish_sign_in(&two, &before, later).await.unwrap(), SecondStep::Wrong);
    }

    async fn a_clock_may_be_off_by_one_step(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        let (secret, _) = switched_on(&store, ann, now()).await;
        let mut time = now();
        for (off, good) in [(-90, false), (90, false), (-60, false), (60, false), (-30, true), (30, true), (0, true)] {
            time = time.plus(Span::hours(1));
            let token = half(&store, ann, time).await;
            let code = shown(&secret, time.plus(Span::seconds(off)));
            let answer = store.finish_sign_in(&token, &code, time).await.unwrap();
            assert_eq!(matches!(answer, SecondStep::SignedIn { .. }), good, "{off}");
        }
    }

    async fn a_recovery_code_is_good_once(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        let (_, codes) = switched_on(&store, ann, now()).await;
        let token = half(&store, ann, now()).await;
        let typed = codes[3].to_uppercase().replace('-', " ");
        let answer = store.finish_sign_in(&token, &typed, now()).await.unwrap();
        assert!(matches!(answer, SecondStep::SignedIn { recovered: true, .. }), "{answer:?}");
        let token = half(&store, ann, now()).await;
        assert_eq!(store.finish_sign_in(&token, &codes[3], now()).await.unwrap(), SecondStep::Wrong);
        let left = SecondFactor::On { since: now(), codes_left: 9 };
        assert_eq!(store.second_factor(ann).await.unwrap(), left);
        let told = ledger(&store, account.id).await;
        assert!(told.last().unwrap().contains("recovery_code_used"), "{told:?}");
        assert!(!told.concat().contains(&codes[3]));
    }

    async fn a_half_sign_in_opens_nothing_and_ends_soon(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        let (secret, _) = switched_on(&store, ann, now()).await;
        let later = now().plus(Span::minutes(1));
        let token = half(&store, ann, later).await;
        assert!(store.session(&token, later).await.unwrap().is_none());
        assert!(store.one_time_link(&token, later).await.unwrap().is_none());
        let end = later.plus(HALF_SIGN_IN_LASTS);
        assert!(store.is_code_asked(&token, end.minus(Span::seconds(1))).await.unwrap());
        assert!(!store.is_code_asked(&token, end).await.unwrap());
        assert_eq!(store.finish_sign_in(&token, &shown(&secret, end), end).await.unwrap(), SecondStep::Gone);
        assert_eq!(store.finish_sign_in("guessed", &shown(&secret, end), end).await.unwrap(), SecondStep::Gone);
        // It is used up by the sign-in, and a new password ends those that wait.
        let right = store.finish_sign_in(&token, &shown(&secret, later), later).await.unwrap();
        let SecondStep::SignedIn { session, .. } = right else { panic!("{right:?}") };
        assert_eq!(store.session(&session, later).await.unwrap().unwrap().id, ann);
        assert_eq!(store.finish_sign_in(&token, &shown(&secret, later), later).await.unwrap(), SecondStep::Gone);
        let token = half(&store, ann, later).await;
        store.set_password(ann, "another".into()).await.unwrap();
        assert!(!store.is_code_asked(&token, later).await.unwrap());
    }

    async fn wrong_codes_lock_as_wrong_passwords_do(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        let (secret, _) = switched_on(&store, ann, now()).await;
        let later = now().plus(Span::minutes(1));
        let mut tries = 0;
        // Whoever has the password may begin anew for each code: it is all counted at one address.
        let locked = loop {
            if let SignIn::LockedUntil(until) = store.begin_sign_in(EMAIL, later).await.unwrap() {
                break until;
            }
            let token = half(&store, ann, later).await;
            match store.finish_sign_in(&token, "000000", later).await.unwrap() {
                SecondStep::LockedUntil(until) => break until,
                answer => assert_eq!(answer, SecondStep::Wrong),
            }
            tries += 1;
        };
        assert!(tries < ATTEMPTS_FOR_ONE, "{tries}");
        assert_eq!(locked, later.plus(ATTEMPTS_WINDOW));
        let token = half(&store, ann, later).await;
        let right = store.finish_sign_in(&token, &shown(&secret, later), later).await.unwrap();
        assert_eq!(right, SecondStep::LockedUntil(locked), "even with the right one");
        // A success forgives them.
        let token = half(&store, ann, locked).await;
        let right = store.finish_sign_in(&token, &shown(&secret, locked), locked).await.unwrap();
        assert!(matches!(right, SecondStep::SignedIn { .. }));
        for _ in 0..ATTEMPTS_FOR_ONE {
            assert!(matches!(store.begin_sign_in(EMAIL, locked).await.unwrap(), SignIn::Known { .. }));
        }
    }

    async fn it_is_switched_off_with_a_code_and_taken_away_by_who_may(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        let (secret, _) = switched_on(&store, ann, now()).await;
        let later = now().plus(Span::minutes(1));
        assert!(!store.remove_second_factor(ann, "000000", later).await.unwrap());
        assert!(store.remove_second_factor(ann, &shown(&secret, later), later).await.unwrap());
        assert_eq!(store.second_factor(ann).await.unwrap(), SecondFactor::Off);

        switched_on(&store, ann, later).await;
        let token = half(&store, ann, later).await;
        let owner = Actor::Member { id: MemberId::generate(), role: Role::Owner };
        let manager = Actor::Member { id: MemberId::generate(), role: Role::Manager };
        let of = Some(account.id);
        assert!(store.reset_second_factor(of, ann, manager, later).await.is_err());
        assert!(store.reset_second_factor(None, ann, owner.clone(), later).await.is_err());
        let foreign = store
            .add_account("Green".into(), "green".parse().unwrap(), vec![model::Marketplace::De], now())
            .await
            .unwrap();
        assert!(store.reset_second_factor(Some(foreign.id), ann, owner.clone(), later).await.is_err());
        assert!(store.reset_second_factor(of, ann, owner.clone(), later).await.unwrap());
        assert!(!store.reset_second_factor(of, ann, owner.clone(), later).await.unwrap(), "there is none any more");
        assert!(!store.is_code_asked(&token, later).await.unwrap());
        assert_eq!(ground.number("SELECT count(*) FROM recovery_code"), 0);
        // Who has rights elsewhere is the operator's matter; every account's ledger tells of it.
        store.add_member(foreign.id, EMAIL, Role::Viewer, Actor::Operator, later).await.unwrap();
        switched_on(&store, ann, later).await;
        assert!(store.reset_second_factor(of, ann, owner, later).await.is_err());
        assert!(store.reset_second_factor(None, ann, Actor::Operator, later).await.unwrap());
        for account in [account.id, foreign.id] {
            let told = ledger(&store, account).await;
            assert!(told.iter().any(|told| told.contains("switched_on") && told.contains(&ann.to_string())), "{told:?}");
            assert!(told.last().unwrap().contains("reset") && told.last().unwrap().contains("operator"), "{told:?}");
            assert!(!told.concat().contains(&BASE32_NOPAD.encode(&secret)));
        }
    }

    async fn who_is_forgotten_leaves_no_second_factor(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let ann = member(&store, account.id).await;
        switched_on(&store, ann, now()).await;
        half(&store, ann, now()).await;
        store.remove_member(account.id, ann, Actor::Operator, now()).await.unwrap();
        for table in ["second_factor", "recovery_code", "half_sign_in"] {
            assert_eq!(ground.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
    }
}

/// What the ledger says of members, oldest first.
async fn ledger(store: &Store, account: AccountId) -> Vec<String> {
    let mut rows = store.ledger_page(account, None, 200).await.unwrap().rows;
    rows.reverse();
    rows.retain(|row| row.kind == model::ledger::LedgerKind::MemberChanged);
    rows.iter().map(|row| format!("{:?}", row.payload)).collect()
}
