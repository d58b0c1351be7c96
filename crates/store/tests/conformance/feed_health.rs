//! How ways in fare: what each has seen last, what is pointed out about its address, and the warning of silence.

use model::account::AddressKind;
use model::inbound::Door;
use model::member::Actor;
use model::{AlertKind, Forwarded, NoticeKind, Provenance, Source, Span, Timestamp, Way, WayHealth};
use store::DoorKey;

use crate::stage::{Letter, NOW, Stage, now};
use crate::{Ground, on_both};

async fn health(stage: &Stage, way: Way) -> WayHealth {
    stage.store.feed_health(stage.account.id).await.unwrap().into_iter().find(|health| health.way == way).unwrap()
}

async fn kinds(stage: &Stage) -> Vec<AlertKind> {
    stage.alerts().await.iter().map(|alert| alert.kind).collect()
}

fn day(days: i64) -> Timestamp {
    NOW.plus(Span::days(days))
}

on_both! {
    async fn the_last_notice_of_an_address_says_by_which_way_it_came_and_of_which_grade(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let issued = stage.store.issue_address(stage.account.id, None, AddressKind::Any, Actor::Operator, NOW).await.unwrap();
        let way = Way::Address(issued.id);
        assert_eq!((health(&stage, way).await.last_mail_at, health(&stage, way).await.last_notice), (None, None));
        let notice = Letter { door: Door::Lmtp, forwarded: Forwarded::Auto, received_at: day(1), ..Letter::opt_out(1) };
        let mut mail = notice.mail(&stage.account);
        mail.address = Some(issued.id);
        mail.provenance = Provenance::Proven;
        stage.store.record_mail(mail).await.unwrap();
        // Any other mail is the last mail and not the last notice.
        for (days, kind) in [(2, NoticeKind::NotAmazon), (3, NoticeKind::DeliveryFailure), (4, NoticeKind::ForwardingConfirmation)] {
            let mut other = Letter { received_at: day(days), ..Letter::of(kind, 2) }.mail(&stage.account);
            other.address = Some(issued.id);
            stage.store.record_mail(other).await.unwrap();
        }
        let seen = health(&stage, way).await;
        let last = seen.last_notice.unwrap();
        assert_eq!((seen.last_mail_at, last.at, last.came_by), (Some(day(4)), day(1), Some((Door::Lmtp, Forwarded::Auto))));
        assert_eq!(last.grade, Some(Provenance::Proven));
        assert_eq!(last.words(), "by LMTP, forwarded by a rule; proven");
    }

    async fn the_last_notice_of_a_way_in_by_http_is_told_beside_that_of_the_address_it_names(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let issued = store.issue_address(account, None, AddressKind::Any, Actor::Operator, NOW).await.unwrap();
        let key = DoorKey::Token { vouches: true };
        let (door, _) = store.open_http_door(account, "shop".into(), key, Actor::Operator, now()).await.unwrap();
        let notice = Letter { door: Door::Http, provenance: Provenance::Vouched, ..Letter::opt_out(1) };
        let mut mail = notice.mail(&stage.account);
        (mail.address, mail.source) = (Some(issued.id), Some(Source::HttpDoor(door.id)));
        store.record_mail(mail).await.unwrap();
        for way in [Way::Address(issued.id), Way::HttpDoor(door.id)] {
            let last = health(&stage, way).await.last_notice.unwrap();
            assert_eq!((last.at, last.grade), (NOW, Some(Provenance::Vouched)));
            assert_eq!(last.came_by, Some((Door::Http, Forwarded::None)));
        }
    }

    async fn a_notice_from_a_watched_folder_is_told_there_and_to_whoever_lets_its_store_send(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let german: model::Marketplace = "DE".parse().unwrap();
        store.set_mail_folder(account, Some(german), crate::mail_folders::folder(), Actor::Operator, now()).await.unwrap();
        let last = async || store.live_summary(account, german, now()).await.unwrap().last_notice_at;
        assert_eq!(last().await, None);
        let way = Way::Folder(Some(german));
        for (days, kind) in [(1, NoticeKind::OptOut), (2, NoticeKind::UnrecognisedAmazon)] {
            let mut mail = Letter { door: Door::Imap, received_at: day(days), ..Letter::of(kind, 1) }.mail(&stage.account);
            mail.source = Some(Source::Folder(Some(german)));
            store.record_mail(mail).await.unwrap();
        }
        let notice = health(&stage, way).await.last_notice.unwrap();
        assert_eq!((notice.at, notice.came_by), (day(1), Some((Door::Imap, Forwarded::None))));
        assert_eq!(last().await, Some(day(1)));
        // Of another store's folder it says nothing.
        let other = store.live_summary(account, "US".parse().unwrap(), now()).await.unwrap();
        assert_eq!(other.last_notice_at, None);
    }

    async fn a_notice_at_another_stores_address_counts_and_is_pointed_out(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let german = Some("DE".parse().unwrap());
        let issued = store.issue_address(account, german, AddressKind::Any, Actor::Operator, NOW).await.unwrap();
        // The letters of these stories are of the store US.
        let mut mail = Letter { provenance: Provenance::Proven, ..Letter::opt_out(2) }.mail(&stage.account);
        mail.address = Some(issued.id);
        store.record_mail(mail).await.unwrap();
        assert_eq!(stage.list().await.len(), 1);
        let alert = stage.alerts().await.into_iter().find(|alert| alert.kind == AlertKind::NoticeAtOtherStore).unwrap();
        assert_eq!(alert.detail, format!("{} US", issued.id));
    }

    async fn silence_while_messages_go_out_warns_once_a_week_and_holds_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let look = async |days| stage.store.warn_of_silence(day(days), 10).await.unwrap();
        stage.receive(&Letter::opt_out(9)).await;
        assert_eq!(look(0).await, 1);
        assert_eq!(look(0).await, 0, "looked at once a day");
        look(20).await;
        assert!(!kinds(&stage).await.contains(&AlertKind::Silence), "nothing was sent, so nobody is missed");
        let account = stage.account.id;
        let hex = crate::member_mail::hex(account.as_bytes());
        for today in [day(20).utc_day(), day(34).utc_day()] {
            ground.by_hand(
                &format!("INSERT INTO daily_count (account_id, day, what, n) VALUES (x'{hex}', {today}, 'sent', 3)"),
                &format!("INSERT INTO daily_count (account_id, day, what, n) VALUES ('\\x{hex}', {today}, 'sent', 3)"),
            );
        }
        assert_eq!(look(21).await, 1);
        let silent = |kinds: Vec<AlertKind>| kinds.iter().filter(|kind| **kind == AlertKind::Silence).count();
        assert_eq!(silent(kinds(&stage).await), 1);
        assert_eq!(look(27).await, 0);
        assert_eq!(look(28).await, 1);
        assert_eq!(silent(kinds(&stage).await), 2);
        assert!(stage.store.feed_breaks(account).await.unwrap().is_empty(), "silence only warns");
        // A file that somebody hands in ends it only where no way ever brought anything; any mail by a way does.
        stage.receive(&Letter { received_at: day(30), orders: Vec::new(), ..Letter::of(NoticeKind::NotAmazon, 3) }).await;
        look(35).await;
        assert_eq!(silent(kinds(&stage).await), 2);
    }
}
