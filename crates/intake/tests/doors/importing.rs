//! Files into the store: every mail is told of, in order, and recording them again changes nothing.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::desk::{FAIL_FOR_B, FakeRecorder, read_out, room};
use intake::importing::{Again, Taken, Told, Untaken, read_all, record_all};
use intake::reading::{Arrival, RoomSettings};
use intake::{MailFiles, ReadingRoom};
use model::inbound::Door;
use model::{Provenance, Timestamp};

/// An mbox of so many mails, with a file that is no mail behind it.
fn files(folder: &tempfile::TempDir, count: usize) -> Vec<PathBuf> {
    let mut text = String::new();
    for number in 1..=count {
        write!(text, "From a Thu Jan  1 00:00:00 2026\nSubject: {number}\n\n{}\n\n", "x".repeat(number % 7 * 3000))
            .unwrap();
    }
    let (mailbox, wrong) = (folder.path().join("box"), folder.path().join("page.pdf"));
    std::fs::write(&mailbox, text).unwrap();
    std::fs::write(&wrong, b"%PDF-1.7").unwrap();
    vec![mailbox, wrong]
}

fn arrival(recorder: &FakeRecorder) -> Arrival {
    Arrival {
        account: recorder.a.account,
        address: None,
        source: None,
        door: Door::File,
        received_at: Timestamp::from_clock(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_mails_are_recorded_and_told_of_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let paths = files(&folder, 500);
    let recorder = FakeRecorder::new();
    let mut told: Vec<Told<Taken>> = Vec::new();
    // Every third mail takes longer to read than those behind it.
    let slow = |raw: &[u8]| {
        if raw.len().is_multiple_of(3) {
            std::thread::sleep(Duration::from_millis(2));
        }
        read_out()
    };
    let room = ReadingRoom::open(Arc::new(slow), &RoomSettings { threads: 4, ..RoomSettings::default() }).unwrap();
    record_all(MailFiles::new(&paths), &room, &recorder, (arrival(&recorder), Again::PassOver), |one| {
        told.push(one);
        ControlFlow::Continue(())
    })
    .await;
    let expected: Vec<String> = (1..=500).map(|number| format!("{}#{number}", paths[0].display())).collect();
    let sources: Vec<&str> = told.iter().map(|told| told.source.as_str()).collect();
    assert_eq!(sources[..500], expected);
    assert!(told[..500].iter().all(|told| told.outcome.is_ok()));
    assert!(matches!(&told[500].outcome, Err(Untaken::File(problem)) if problem.to_string().contains("PDF")));
    let last = told.last().unwrap().progress;
    assert_eq!(last.bytes, last.total);
    assert_eq!(recorder.raws().len(), 500);
    let recorded = recorder.recorded.lock().unwrap();
    for (number, mail) in recorded.iter().enumerate() {
        assert!(mail.raw.starts_with(format!("Subject: {}\n", number + 1).as_bytes()), "out of order");
        assert_eq!((mail.door, mail.provenance, mail.account), (Door::File, Provenance::Vouched, recorder.a.account));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_not_recorded_is_told_of_and_the_rest_go_on_or_not_as_the_caller_wants() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = FakeRecorder::new();
    recorder.conduct.store(FAIL_FOR_B, Ordering::SeqCst);
    let to_b = Arrival { address: Some(recorder.b.address), ..arrival(&recorder) };
    let room = room();
    let mut failed = 0;
    record_all(MailFiles::new(&files(&folder, 300)), &room, &recorder, (to_b, Again::PassOver), |told| {
        assert!(matches!(told.outcome, Err(Untaken::Recording(_) | Untaken::File(_))));
        failed += 1;
        if failed == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .await;
    assert_eq!(failed, 5);
    assert!(recorder.recorded.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_read_without_any_effect() {
    let folder = tempfile::tempdir().unwrap();
    let room = room();
    let mut read = 0;
    read_all(MailFiles::new(&files(&folder, 40)), &room, |told| {
        read += usize::from(told.outcome.is_ok_and(|understood| understood.read_out.is_some()));
        ControlFlow::Continue(())
    })
    .await;
    assert_eq!(read, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_as_large_as_they_may_be_go_through_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let big = format!("Subject: x\n\n{}", "y".repeat(MailFiles::LARGEST - 12));
    let paths: Vec<PathBuf> = (0..12).map(|number| folder.path().join(format!("{number}.eml"))).collect();
    // One file on the disk under twelve names: 300 MB are more than some machines have left.
    std::fs::write(&paths[0], &big).unwrap();
    for path in &paths[1..] {
        std::fs::hard_link(&paths[0], path).unwrap();
    }
    let recorder = FakeRecorder::new();
    let mut recorded = 0;
    let room = room();
    let all = record_all(MailFiles::new(&paths), &room, &recorder, (arrival(&recorder), Again::PassOver), |told| {
        recorded += usize::from(told.outcome.is_ok());
        recorder.recorded.lock().unwrap().clear();
        ControlFlow::Continue(())
    });
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("mails wait for each other");
    assert_eq!(recorded, 12);
}
