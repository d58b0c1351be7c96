//! Folders that are watched: kept sealed, watched by one node at a time, a cursor that no node moves which lost its
//! lease, and a sign-in refused for long, which is a feed that is known broken (law 4).

use model::ledger::LedgerKind;
use model::mail_folder::{FolderCursor, FolderProgress, FolderProof, FolderStart, FolderTrouble, MailFolder};
use model::member::{Actor, Role};
use model::sender::{Secret, Security, SubmissionServer};
use model::{Clock, Marketplace, Reason, Span, Timestamp};
use store::StoreError;

use crate::stage::{NOW, Stage, member, now, permitted, reason_of};
use crate::{Ground, on_both};

pub fn folder() -> MailFolder {
    MailFolder {
        server: SubmissionServer::new("imap.shop.example", 993, Security::Tls).unwrap(),
        user: "kettle-user".into(),
        proof: FolderProof::Password(Secret::new("tin-whistle".into())),
        folder: "Amazon/Böxes".parse().unwrap(),
        move_to: Some("Amazon/Taken".parse().unwrap()),
        start: FolderStart::Recent,
    }
}

fn progress(uid: u32, up_to_date: bool) -> FolderProgress {
    FolderProgress { cursor: FolderCursor { validity: 7, uid }, mail_at: Some(NOW), up_to_date }
}

fn later(minutes: i64) -> Clock {
    Clock::real(NOW.plus(Span::minutes(minutes)))
}

/// Lets every lease run out.
fn forget_leases(ground: &Ground) {
    ground.by_hand_alike("UPDATE mail_folder SET lease_until = 0, next_try = 0");
}

on_both! {
    async fn a_folder_comes_back_as_it_was_set_and_stands_nowhere_in_clear(ground: Ground) {
        let (store, account) = ground.with_account().await;
        assert_eq!(store.mail_folder(account.id, None).await.unwrap(), None);
        store.set_mail_folder(account.id, None, folder(), member(Role::Manager), now()).await.unwrap();
        let by_token = MailFolder { proof: FolderProof::TokenFile("/run/token".into()), move_to: None, ..folder() };
        store.set_mail_folder(account.id, Some(Marketplace::De), by_token.clone(), Actor::Operator, now()).await.unwrap();
        assert!(store.mail_folder(account.id, None).await.unwrap().unwrap().0 == folder());
        let all = store.mail_folders(account.id).await.unwrap();
        assert_eq!(all.iter().map(|(store, ..)| *store).collect::<Vec<_>>(), [None, Some(Marketplace::De)]);
        assert!(all[1].1 == by_token);
        for column in ["user_sealed", "password_sealed", "folder_sealed", "move_to_sealed", "token_file_sealed"] {
            for secret in ["kettle-user", "tin-whistle", "Amazon", "token"] {
                let (lite, hex) = (format!("instr({column}, CAST('{secret}' AS BLOB)) > 0"), format!("position('{secret}'::bytea in {column}) > 0"));
                let found = format!("SELECT COUNT(*) FROM mail_folder WHERE {}", if ground.is_postgres() { hex } else { lite });
                assert_eq!(ground.number(&found), 0, "{column}");
            }
        }
        let said = store.ledger_page(account.id, None, 1).await.unwrap().rows[0].payload.clone().unwrap();
        assert!(said.contains("mail_folder") && !said.contains("kettle-user") && !said.contains("token"), "{said}");
        for role in [Role::Agent, Role::Viewer] {
            let refused = store.set_mail_folder(account.id, None, folder(), member(role), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
            let refused = store.remove_mail_folder(account.id, None, member(role), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        }
        let nowhere = store.set_mail_folder(account.id, Some(Marketplace::Jp), folder(), Actor::Operator, now()).await;
        assert!(matches!(nowhere, Err(StoreError::UnknownStore(..))));
        assert!(store.remove_mail_folder(account.id, None, Actor::Operator, now()).await.unwrap());
        assert!(!store.remove_mail_folder(account.id, None, Actor::Operator, now()).await.unwrap());
    }

    async fn one_node_watches_a_folder_and_one_that_lost_it_moves_no_cursor(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let other_node = ground.open().await;
        store.set_mail_folder(account.id, None, folder(), Actor::Operator, now()).await.unwrap();
        assert!(other_node.has_mail_folder_due().await.unwrap());
        let mine = store.claim_mail_folder().await.unwrap().unwrap();
        assert!(!other_node.has_mail_folder_due().await.unwrap());
        assert!(mine.folder == folder() && mine.cursor.is_none() && mine.store.is_none());
        assert!(other_node.claim_mail_folder().await.unwrap().is_none(), "it is watched already");
        assert_eq!(store.hold_mail_folders(vec![mine.clone()]).await.unwrap(), [true]);
        assert!(store.mail_folder_read(&mine, progress(10, false), now()).await.unwrap());
        // The node sleeps, and another one goes on.
        forget_leases(&ground);
        assert_eq!(store.hold_mail_folders(vec![mine.clone()]).await.unwrap(), [false], "a lease that ran out is lost");
        let theirs = other_node.claim_mail_folder().await.unwrap().unwrap();
        assert_eq!(theirs.cursor, Some(FolderCursor { validity: 7, uid: 10 }));
        assert!(other_node.mail_folder_read(&theirs, progress(20, true), now()).await.unwrap());
        assert!(!store.mail_folder_read(&mine, progress(11, true), now()).await.unwrap(), "the first node woke up");
        assert_eq!(store.hold_mail_folders(vec![mine.clone(), theirs.clone()]).await.unwrap(), [false, true]);
        store.release_mail_folder(&mine, Some(FolderTrouble::Lost), later(9).real, now()).await.unwrap();
        let (_, status) = store.mail_folder(account.id, None).await.unwrap().unwrap();
        assert_eq!((status.cursor.unwrap().uid, status.read_at, status.trouble), (20, Some(NOW), None));
        assert!(store.claim_mail_folder().await.unwrap().is_none(), "nor does it take the folder from the other");
        other_node.release_mail_folder(&theirs, None, NOW, now()).await.unwrap();
        let again = store.claim_mail_folder().await.unwrap().unwrap();
        assert_eq!((again.cursor.unwrap().uid, again.read_at), (20, Some(NOW)));
    }

    async fn a_folder_set_anew_is_let_go_of_and_goes_on_only_where_it_is_the_same(ground: Ground) {
        let (store, account) = ground.with_account().await;
        store.set_mail_folder(account.id, None, folder(), Actor::Operator, now()).await.unwrap();
        let claimed = store.claim_mail_folder().await.unwrap().unwrap();
        assert!(store.mail_folder_read(&claimed, progress(10, true), now()).await.unwrap());
        let new_password = MailFolder { proof: FolderProof::Password(Secret::new("new".into())), ..folder() };
        store.set_mail_folder(account.id, None, new_password, Actor::Operator, now()).await.unwrap();
        assert_eq!(store.hold_mail_folders(vec![claimed.clone()]).await.unwrap(), [false], "as it was set before");
        assert!(!store.mail_folder_read(&claimed, progress(12, true), now()).await.unwrap());
        store.release_mail_folder(&claimed, Some(FolderTrouble::SignInRefused), later(9).real, now()).await.unwrap();
        let claimed = store.claim_mail_folder().await.unwrap().unwrap();
        assert_eq!((claimed.cursor.unwrap().uid, claimed.read_at, claimed.failures), (10, Some(NOW), 0));
        let another = MailFolder { folder: "INBOX".parse().unwrap(), ..folder() };
        store.set_mail_folder(account.id, None, another, Actor::Operator, now()).await.unwrap();
        store.release_mail_folder(&claimed, None, NOW, now()).await.unwrap();
        let claimed = store.claim_mail_folder().await.unwrap().unwrap();
        assert_eq!((claimed.cursor, claimed.read_at), (None, None), "another folder begins anew");
        assert!(store.remove_mail_folder(account.id, None, Actor::Operator, now()).await.unwrap());
        assert_eq!(store.hold_mail_folders(vec![claimed.clone()]).await.unwrap(), [false]);
        store.release_mail_folder(&claimed, Some(FolderTrouble::Lost), NOW, now()).await.unwrap();
        assert!(store.claim_mail_folder().await.unwrap().is_none());
    }

    async fn trouble_is_kept_with_its_beginning_and_a_folder_in_trouble_waits(ground: Ground) {
        let (store, account) = ground.with_account().await;
        store.set_mail_folder(account.id, None, folder(), Actor::Operator, now()).await.unwrap();
        let next = Timestamp::from_clock().plus(Span::hours(1));
        for minutes in [0, 5] {
            forget_leases(&ground);
            let claimed = store.claim_mail_folder().await.unwrap().unwrap();
            assert_eq!(i64::from(claimed.failures), minutes / 5);
            store.release_mail_folder(&claimed, Some(FolderTrouble::Unreachable), next, later(minutes)).await.unwrap();
        }
        let (_, status) = store.mail_folder(account.id, None).await.unwrap().unwrap();
        assert_eq!(status.trouble, Some((FolderTrouble::Unreachable, NOW)));
        assert_eq!(status.next_try, Some(next));
        assert!(store.claim_mail_folder().await.unwrap().is_none(), "it waits");
        forget_leases(&ground);
        let claimed = store.claim_mail_folder().await.unwrap().unwrap();
        assert!(store.mail_folder_read(&claimed, progress(1, true), now()).await.unwrap());
        let (_, status) = store.mail_folder(account.id, None).await.unwrap().unwrap();
        assert_eq!((status.trouble, status.next_try), (None, None));
        let broken = "SELECT COUNT(*) FROM account WHERE feed_broken_since IS NOT NULL";
        assert_eq!(ground.number(broken), 0, "a server that is down is no broken feed");
    }

    async fn a_sign_in_refused_for_long_holds_messages_until_it_is_mended(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        store.set_mail_folder(account, None, folder(), Actor::Operator, now()).await.unwrap();
        let claimed = stage.claimed_email(3, 1).await;
        let broken = "SELECT COUNT(*) FROM account WHERE feed_broken_since IS NOT NULL";
        for (minutes, expected) in [(-20, 0), (-11, 0), (-10, 1), (-1, 1)] {
            forget_leases(&ground);
            let watched = store.claim_mail_folder().await.unwrap().unwrap();
            let trouble = Some(FolderTrouble::SignInRefused);
            store.release_mail_folder(&watched, trouble, NOW, later(minutes)).await.unwrap();
            assert_eq!(ground.number(broken), expected, "{minutes} minutes");
        }
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::FeedBroken);
        let settings = |rows: Vec<model::ledger::LedgerRow>| rows.iter().filter(|row| row.kind == LedgerKind::SettingChanged
            && row.payload.as_ref().is_some_and(|said| said.contains("feed_broken"))).count();
        assert_eq!(settings(stage.ledger().await), 1);
        let watched = store.claim_mail_folder().await.unwrap().unwrap();
        assert!(store.mail_folder_read(&watched, progress(1, true), now()).await.unwrap());
        assert_eq!(ground.number(broken), 0, "mended by itself");
        let later = later(60);
        let again = store.claim_due(later, 5).await.unwrap().remove(0);
        permitted(crate::stage::attempt(store, &again, later).await);
    }

    async fn what_somebody_else_said_of_the_feed_stays(ground: Ground) {
        let (store, account) = ground.with_account().await;
        store.set_mail_folder(account.id, None, folder(), Actor::Operator, now()).await.unwrap();
        store.set_feed_broken(account.id, true, Actor::Operator, NOW).await.unwrap();
        for minutes in [0, 20] {
            forget_leases(&ground);
            let claimed = store.claim_mail_folder().await.unwrap().unwrap();
            store.release_mail_folder(&claimed, Some(FolderTrouble::SignInRefused), NOW, later(minutes)).await.unwrap();
        }
        assert!(store.remove_mail_folder(account.id, None, Actor::Operator, now()).await.unwrap());
        let causes: Vec<_> = store.feed_breaks(account.id).await.unwrap().iter().map(|one| one.cause).collect();
        assert_eq!(causes, [model::BreakCause::Declared]);
        assert_eq!(ground.number("SELECT feed_broken_since FROM account"), NOW.as_micros());
    }
}
