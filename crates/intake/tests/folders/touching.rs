//! What is moved, and that nothing else is touched.

use std::time::{Duration, Instant};

use mailserver::Dovecot;
use model::mail_folder::{FolderTrouble, MailFolder};

use crate::house::{House, folder, letter, notice, roots};

async fn moves(further: &str) {
    let Some(dovecot) = Dovecot::imap(further) else { return };
    dovecot.make("Taken").unwrap();
    // Marked by its owner, who has not made up his mind.
    dovecot.deliver_marked("INBOX", &letter(1), "ST").unwrap();
    dovecot.deliver("INBOX", &notice(1)).unwrap();
    dovecot.deliver("INBOX", &letter(2)).unwrap();
    dovecot.deliver("INBOX", &notice(2)).unwrap();
    let house = House::new().await;
    house.set(MailFolder { move_to: Some("Taken".parse().unwrap()), ..folder(&dovecot) }).await;
    let watching = house.watch(roots(&dovecot));
    house.wait_for_suppressed(2).await;
    house.wait_until_read_once().await;
    dovecot.deliver("INBOX", &notice(3)).unwrap();
    house.wait_for_suppressed(3).await;
    let began = Instant::now();
    // Copied first and taken away afterwards, where the server has no MOVE.
    while count(&dovecot, "Taken") < 3 || count(&dovecot, "INBOX") > 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", dovecot.files("Taken"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    watching.stop().await;
    assert_eq!(count(&dovecot, "INBOX"), 2, "letters stay");
    let (_, cur) = dovecot.files("INBOX");
    assert!(cur.iter().any(|name| name.ends_with(":2,ST")), "his mark is his own: {cur:?}");
    let (_, cur) = dovecot.files("Taken");
    let seen = |name: &String| name.split(":2,").nth(1).unwrap_or_default().contains('S');
    assert!(!cur.iter().any(seen), "unread as they were: {cur:?}");
}

fn count(dovecot: &Dovecot, folder: &str) -> usize {
    let (new, cur) = dovecot.files(folder);
    new.len() + cur.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_moved_where_that_was_asked_for() {
    moves("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_move_they_are_copied_and_only_they_are_taken_away() {
    moves("imap_capability = IMAP4rev1 AUTH=PLAIN UIDPLUS IDLE").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_they_can_t_be_moved_they_are_recorded_all_the_same_and_it_is_said() {
    for (further, target) in [("imap_capability = IMAP4rev1 AUTH=PLAIN IDLE", "Taken"), ("", "Nowhere")] {
        let Some(dovecot) = Dovecot::imap(further) else { return };
        dovecot.make("Taken").unwrap();
        dovecot.deliver("INBOX", &notice(1)).unwrap();
        let house = House::new().await;
        house.set(MailFolder { move_to: Some(target.parse().unwrap()), ..folder(&dovecot) }).await;
        let watching = house.watch(roots(&dovecot));
        house.wait_for_trouble(FolderTrouble::NotMoved).await;
        assert_eq!(house.suppressed().await.len(), 1);
        watching.stop().await;
        assert_eq!(count(&dovecot, "INBOX"), 1);
        let (_, cur) = dovecot.files("INBOX");
        assert!(cur.iter().all(|name| !name.ends_with('T')), "nothing is marked as deleted: {cur:?}");
    }
}
