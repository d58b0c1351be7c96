//! The reading room: hostile mail harms neither the program nor the mails beside it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use intake::ReadingRoom;
use intake::reading::{Arrival, ReadOut, RoomSettings};
use model::inbound::Door;
use model::{AccountId, MailRead, Provenance, Timestamp};
use sha2::{Digest, Sha256};

fn read_out(subject: String) -> ReadOut {
    ReadOut {
        read: MailRead { subject: Some(subject), from_domain: None, readings: Vec::new(), self_test: None },
        written_at: None,
    }
}

/// A reader for mails that say what to do with it.
fn obey(raw: &[u8]) -> ReadOut {
    match raw {
        b"panic" => panic!("asked for"),
        b"abort" => std::process::abort(),
        b"recurse" => read_out(depth(100_000).to_string()),
        b"overflow" => read_out(depth(usize::MAX).to_string()),
        _ => read_out(String::from_utf8_lossy(raw).into_owned()),
    }
}

#[inline(never)]
fn depth(left: usize) -> usize {
    if left == 0 { 0 } else { std::hint::black_box(depth(std::hint::black_box(left - 1))) + 1 }
}

fn room(notes: Option<&Path>, threads: usize) -> ReadingRoom {
    let settings = RoomSettings { threads, notes: notes.map(Path::to_owned), ..RoomSettings::default() };
    ReadingRoom::open(Arc::new(obey), &settings).unwrap()
}

fn subject(room: &ReadingRoom, raw: &[u8]) -> Option<String> {
    room.understand_blocking(raw.to_vec()).unwrap().read_out.map(|out| out.read.subject.unwrap())
}

#[test]
fn a_mail_comes_back_with_its_bytes_digest_and_reading() {
    let understood = room(None, 1).understand_blocking(b"hello".to_vec()).unwrap();
    assert_eq!(understood.raw, b"hello");
    assert_eq!(understood.digest, <[u8; 32]>::from(Sha256::digest(b"hello")));
    assert!(!format!("{understood:?}").contains("hello"));
    let account = AccountId::generate();
    let arrival = |door| Arrival { account, address: None, source: None, door, received_at: Timestamp::MIN };
    let mail = understood.clone().into_mail(arrival(Door::File));
    assert_eq!((mail.provenance, mail.read.unwrap().subject.as_deref()), (Provenance::Vouched, Some("hello")));
    assert_eq!(understood.into_mail(arrival(Door::Smtp)).provenance, Provenance::Unproven);
}

#[test]
fn a_reader_that_panics_leaves_the_mail_unread_and_goes_on() {
    let room = room(None, 1);
    assert_eq!(subject(&room, b"panic"), None);
    assert_eq!(subject(&room, b"next").as_deref(), Some("next"));
}

#[test]
fn readers_have_a_deep_stack() {
    assert_eq!(subject(&room(None, 1), b"recurse").as_deref(), Some("100000"));
}

#[test]
fn mails_are_read_at_once_on_all_threads() {
    let meeting = std::sync::Barrier::new(3);
    let met = AtomicUsize::new(0);
    let reader = move |_: &[u8]| {
        meeting.wait();
        met.fetch_add(1, Ordering::SeqCst);
        read_out(String::new())
    };
    let room = ReadingRoom::open(Arc::new(reader), &RoomSettings { threads: 3, ..RoomSettings::default() }).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| room.understand_blocking(Vec::new()).unwrap());
        }
    });
}

/// Not a test by itself: what the next one runs in a process that is to die.
#[test]
fn die_over_a_mail() {
    let (Ok(notes), Ok(mail)) = (std::env::var("INTAKE_TEST_NOTES"), std::env::var("INTAKE_TEST_MAIL")) else { return };
    let room = room(Some(Path::new(&notes)), 2);
    let read = subject(&room, mail.as_bytes());
    // Reached only where the mail was not read.
    assert_eq!(read, None);
}

/// Whether the process died.
fn dies(notes: &Path, mail: &str) -> bool {
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "die_over_a_mail", "--test-threads", "1"])
        .env("INTAKE_TEST_NOTES", notes)
        .env("INTAKE_TEST_MAIL", mail)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    use std::os::unix::process::ExitStatusExt;
    assert!(status.success() || status.signal().is_some(), "the child failed in another way: {status}");
    !status.success()
}

#[test]
fn a_mail_that_kills_the_process_is_not_read_a_third_time() {
    for mail in ["abort", "overflow"] {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("reading-now");
        assert!(dies(&notes, mail), "the first time it is read");
        assert!(dies(&notes, mail), "one death may have been a power cut, so it is read once more");
        assert!(!dies(&notes, mail), "now it is stored unread");
        assert!(!dies(&notes, mail), "and that is not forgotten");
        let room = room(Some(&notes), 1);
        assert_eq!(subject(&room, mail.as_bytes()), None);
        assert_eq!(subject(&room, b"another").as_deref(), Some("another"));
    }
}

#[test]
fn a_mail_that_was_read_when_the_process_was_killed_is_read_again_and_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let line = |mail: &[u8]| format!("{}\n", hex(&Sha256::digest(mail)));
    let now = folder.path().join("1-0.now");
    std::fs::write(&now, line(b"one") + &line(b"two")).unwrap();
    let first = room(Some(folder.path()), 2);
    assert!(!now.exists(), "what a dead process left is taken over");
    assert_eq!(subject(&first, b"one").as_deref(), Some("one"));
    drop(first);
    std::fs::write(&now, line(b"one") + &line(b"two")).unwrap();
    let second = room(Some(folder.path()), 2);
    assert_eq!(subject(&second, b"one").as_deref(), Some("one"), "it survived in between");
    assert_eq!(subject(&second, b"two"), None, "it did not");
}

#[test]
fn the_note_of_a_living_process_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _living = room(Some(folder.path()), 1);
    let _other = room(Some(folder.path()), 1);
    let notes = std::fs::read_dir(folder.path()).unwrap();
    let count = notes.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "now")).count();
    assert_eq!(count, 2);
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[tokio::test]
async fn a_small_mail_does_not_wait_for_the_large_ones_before_it() {
    let gate = Arc::new(AtomicUsize::new(0));
    let reader = {
        let gate = Arc::clone(&gate);
        move |raw: &[u8]| {
            while raw.len() > 1000 && gate.load(Ordering::Acquire) == 0 {
                std::thread::yield_now();
            }
            read_out(raw.len().to_string())
        }
    };
    let room = ReadingRoom::open(Arc::new(reader), &RoomSettings { threads: 2, ..RoomSettings::default() }).unwrap();
    let mut large: Vec<_> = (0..20).map(|_| Box::pin(room.understand(vec![b'x'; 2 << 20]))).collect();
    for mail in &mut large {
        // Each stands where it stands before the small one comes.
        std::future::poll_fn(|context| {
            assert!(mail.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    let small = tokio::time::timeout(std::time::Duration::from_secs(30), room.understand(b"small".to_vec())).await;
    assert!(small.expect("it waited behind the large ones").unwrap().read_out.is_some());
    gate.store(1, Ordering::Release);
    for mail in large {
        assert!(mail.await.unwrap().read_out.is_some());
    }
}
