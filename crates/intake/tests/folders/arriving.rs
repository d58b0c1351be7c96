//! Mails come in: what was there, what arrives while the server tells of it or is asked, through disconnects, restarts,
//! a killed process, and numbers given anew.

use std::time::Duration;

use intake::imap::Pace;
use intake::reading::reader_of_notices;
use mailserver::Dovecot;
use model::mail_folder::{FolderStart, FolderTrouble, MailFolder};
use model::notice::NoticeKind;

use crate::house::{House, folder, letter, notice, order, quick, roots};

fn orders(numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers.map(order).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_and_what_arrives_is_taken_once_and_left_as_it_was() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    for number in 1..=3 {
        dovecot.deliver("INBOX", &notice(number)).unwrap();
        dovecot.deliver("INBOX", &letter(number)).unwrap();
    }
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let watching = house.watch(roots(&dovecot));
    house.wait_for_mails(6).await;
    // By IDLE: the folder is not looked at by itself within this test.
    house.wait_until_read_once().await;
    dovecot.deliver("INBOX", &notice(4)).unwrap();
    house.wait_for_suppressed(4).await;
    dovecot.deliver("INBOX", &notice(5)).unwrap();
    house.wait_for_suppressed(5).await;
    watching.stop().await;
    assert_eq!(house.suppressed().await, orders(1..=5));
    assert_eq!(house.mails().await.len(), 8);
    let status = house.status().await;
    assert!(status.last_mail_at.is_some() && status.last_notice_at.is_some() && status.trouble.is_none());
    let (new, cur) = dovecot.files("INBOX");
    assert_eq!(new.len() + cur.len(), 8, "nothing was moved");
    assert!(cur.iter().all(|name| !name.contains(":2,") || name.ends_with(":2,")), "no flag was set: {cur:?}");
    // Started anew, nothing comes twice.
    let watching = house.watch(roots(&dovecot));
    house.wait_until_read().await;
    watching.stop().await;
    assert_eq!(house.mails().await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_idle_is_asked() {
    let Some(dovecot) = Dovecot::imap("imap_capability = IMAP4rev1 AUTH=PLAIN") else { return };
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let watching = house.watch(roots(&dovecot));
    house.wait_until_read().await;
    dovecot.deliver("INBOX", &notice(1)).unwrap();
    house.wait_for_suppressed(1).await;
    watching.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_idle_is_begun_anew() {
    let Some(dovecot) = Dovecot::imap("mailbox_idle_check_interval = 10 mins") else { return };
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let pace = Pace { idle: Duration::from_millis(300), ..quick() };
    let watching = house.watch_at(pace, roots(&dovecot));
    for _ in 0..3 {
        house.wait_until_read().await;
    }
    watching.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_again_costs_nothing() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let watching = house.watch(roots(&dovecot));
    dovecot.deliver("INBOX", &notice(1)).unwrap();
    house.wait_for_suppressed(1).await;
    dovecot.stop().unwrap();
    house.wait_for_trouble(FolderTrouble::Unreachable).await;
    dovecot.deliver("INBOX", &notice(2)).unwrap();
    dovecot.start().unwrap();
    house.wait_for_suppressed(2).await;
    house.wait_until_well().await;
    dovecot.deliver("INBOX", &notice(3)).unwrap();
    house.wait_for_suppressed(3).await;
    watching.stop().await;
    assert_eq!(house.mails().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_given_anew_lose_nothing_and_count_nothing_twice() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let watching = house.watch(roots(&dovecot));
    for number in 1..=3 {
        dovecot.deliver("INBOX", &notice(number)).unwrap();
    }
    house.wait_for_suppressed(3).await;
    house.wait_until_read_once().await;
    let before = house.status().await.cursor.unwrap();
    // With fewer mails than before, the next one's number is one that was taken already.
    dovecot.remove_all("INBOX").unwrap();
    dovecot.number_anew("INBOX").unwrap();
    dovecot.deliver("INBOX", &notice(3)).unwrap();
    dovecot.deliver("INBOX", &notice(4)).unwrap();
    house.wait_for_suppressed(4).await;
    watching.stop().await;
    assert_eq!(house.suppressed().await, orders(1..=4));
    let after = house.status().await.cursor.unwrap();
    assert!(after.validity != before.validity && after.uid < before.uid, "{before:?} {after:?}");
    let repeated = house
        .mails()
        .await
        .iter()
        .flat_map(|row| &row.readings)
        .filter(|reading| reading.outcome == model::inbound::Outcome::Repeated)
        .count();
    assert_eq!(repeated, 1, "the third notice came once more and changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_mails_none_is_left_out_where_watching_is_broken_off() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    for number in 1..=450 {
        dovecot.deliver("INBOX", &notice(number)).unwrap();
    }
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let watching = house.watch(roots(&dovecot));
    house.wait_for_mails(60).await;
    watching.stop().await;
    assert!(house.suppressed().await.len() < 450, "it was broken off too late");
    let cursor = house.status().await.cursor.unwrap();
    assert!(
        usize::try_from(cursor.uid).unwrap() <= house.mails().await.len(),
        "no mail is passed that is not recorded"
    );
    let watching = house.watch(roots(&dovecot));
    house.wait_for_suppressed(450).await;
    house.wait_until_read_once().await;
    watching.stop().await;
    assert_eq!(house.suppressed().await, orders(1..=450));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_does_not_move_before_a_mail_is_recorded() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    dovecot.deliver("INBOX", &notice(1)).unwrap();
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    // A reader that has begun and does not end before it is told to.
    let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let (whole, may_go_on) = (reader_of_notices(), std::sync::Mutex::new(may_go_on));
    let reader = move |raw: &[u8]| {
        let _ = begun.send(());
        let _ = may_go_on.lock().unwrap().recv();
        whole(raw)
    };
    let watching = house.watch_reading(std::sync::Arc::new(reader), quick(), roots(&dovecot));
    has_begun.recv().await.unwrap();
    assert_eq!(house.status().await.cursor, None);
    watching.stop().await;
    drop(go_on);
    assert!(house.mails().await.is_empty());
    let watching = house.watch(roots(&dovecot));
    house.wait_for_suppressed(1).await;
    watching.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_reading_begins_is_as_it_was_asked() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    dovecot.deliver_aged("INBOX", &notice(1), Duration::from_hours(24 * 61)).unwrap();
    dovecot.deliver("INBOX", &notice(2)).unwrap();
    for (start, expected) in
        [(FolderStart::Now, vec![3]), (FolderStart::Recent, vec![2, 3]), (FolderStart::Whole, vec![1, 2, 3])]
    {
        let house = House::new().await;
        house.set(MailFolder { start, ..folder(&dovecot) }).await;
        let watching = house.watch(roots(&dovecot));
        house.wait_until_read_once().await;
        if start == FolderStart::Now {
            dovecot.deliver("INBOX", &notice(3)).unwrap();
        }
        house.wait_for_suppressed(expected.len()).await;
        watching.stop().await;
        assert_eq!(house.suppressed().await, expected.into_iter().map(order).collect::<Vec<_>>(), "{start}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_over_the_limit_is_looked_at_by_its_beginning_and_holds_up_none() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let mut large = notice(1);
    large.extend_from_slice(&b"and so on, and so forth, for ever and ever\r\n".repeat(700_000));
    dovecot.deliver("INBOX", &large).unwrap();
    let mut foreign = letter(1);
    foreign.extend_from_slice(&b"and so on, and so forth, for ever and ever\r\n".repeat(700_000));
    dovecot.deliver("INBOX", &foreign).unwrap();
    dovecot.deliver("INBOX", &notice(2)).unwrap();
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let watching = house.watch(roots(&dovecot));
    house.wait_for_mails(3).await;
    watching.stop().await;
    let mails = house.mails().await;
    assert_eq!(house.suppressed().await, orders(1..=2));
    let foreign: Vec<_> = mails
        .iter()
        .flat_map(|row| &row.readings)
        .filter(|reading| reading.kind == NoticeKind::NotAmazon)
        .map(|reading| reading.outcome)
        .collect();
    assert_eq!(foreign, [model::inbound::Outcome::Review], "somebody must look at what was not read");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_watch_a_folder_one_at_a_time() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let house = House::new().await;
    house.set(folder(&dovecot)).await;
    let other = house.other_node().await;
    let (one, two) = (house.watch(roots(&dovecot)), other.watch(roots(&dovecot)));
    for number in 1..=5 {
        dovecot.deliver("INBOX", &notice(number)).unwrap();
        house.wait_for_suppressed(number.try_into().unwrap()).await;
    }
    assert_eq!(house.mails().await.len(), 5, "each mail was taken by one node");
    assert_eq!(dovecot.log().matches("Login: ").count(), 1, "and only one signed in");
    // The one that has it stops, and the other goes on.
    one.stop().await;
    dovecot.deliver("INBOX", &notice(6)).unwrap();
    house.wait_for_suppressed(6).await;
    two.stop().await;
    assert_eq!(house.mails().await.len(), 6);
}
