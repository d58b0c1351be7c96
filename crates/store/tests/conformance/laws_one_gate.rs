//! Law 3: one gate. The compiler keeps a permit from being made or copied elsewhere (the examples that must not
//! compile stand beside it); these checks read the sources for what the compiler can't see.

use std::path::{Path, PathBuf};

use model::Channel;
use policy::Sendable;
use store::{Attempt, Foreseen};

use crate::stage::{Stage, alias, now, permitted, text};
use crate::{Ground, on_both};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every source file of the program, with its path below `crates/`, without its tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(crates()).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            walk(&source, &mut found);
        }
    }
    let named = found.into_iter().map(|path| {
        let name = path.strip_prefix(crates()).unwrap().display().to_string();
        let source = std::fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        (name, code.join("\n"))
    });
    named.filter(|(name, _)| !name.ends_with("/tests.rs")).collect()
}

/// The files in which the code says one of the words.
fn files_that_say(words: &[&str]) -> Vec<String> {
    let says = |code: &str| words.iter().any(|word| code.contains(word));
    let mut files: Vec<String> = sources().into_iter().filter(|(_, code)| says(code)).map(|(name, _)| name).collect();
    files.sort();
    files
}

#[test]
fn the_gate_is_asked_in_one_place() {
    assert_eq!(files_that_say(&["policy::decide", "decide as ", "gate::decide"]), ["store/src/attempt.rs"]);
    let (_, attempt) = sources().into_iter().find(|(name, _)| name == "store/src/attempt.rs").unwrap();
    assert_eq!(attempt.matches("policy::decide(").count(), 1);
    assert!(!attempt.contains("use policy::decide"));
    // Nobody brings it in by a list or a star.
    for (name, code) in sources() {
        for import in code.split("use policy::").skip(1) {
            let import = import.split(';').next().unwrap_or_default();
            assert!(
                !import.contains('*')
                    && !import.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "decide"),
                "{name} brings the gate in"
            );
        }
    }
}

/// Campaigns are put to use with approved words alone; what approves them reads all letters of the file.
#[test]
fn words_are_approved_in_one_place() {
    assert_eq!(files_that_say(&[".judge("]), ["campaign/src/approval.rs"]);
    assert_eq!(files_that_say(&["Approved {"]), ["policy/src/words/approval.rs"]);
}

/// Critical messages are made of words held against one order and its reason, where a person gives them: neither what plans
/// nor what sends campaigns can make one.
#[test]
fn critical_messages_are_made_by_the_form_alone() {
    // The command and the guided form, each for one order at a time.
    let doors = ["abide/src/commands/critical.rs", "web/src/pages/critical.rs"];
    assert_eq!(files_that_say(&[".vet("]), doors);
    assert_eq!(files_that_say(&[".write_critical("]), doors);
    assert_eq!(files_that_say(&["ApprovedCritical {"]), ["policy/src/words/critical.rs"]);
}

#[test]
fn permits_are_granted_by_the_gate_alone() {
    assert_eq!(files_that_say(&["Permit::grant"]), ["policy/src/gate.rs"]);
    let (_, permit) = sources().into_iter().find(|(name, _)| name == "policy/src/permit.rs").unwrap();
    let declared = permit.split("pub struct Permit").next().unwrap();
    let derived = declared.rsplit("#[derive(").next().unwrap();
    assert!(
        derived.starts_with("Debug)]"),
        "a permit must not be copied, made by default or read from anywhere: {derived}"
    );
    assert!(permit.contains("pub(crate) fn grant("));
    for word in ["unsafe", "impl Clone for Permit", "impl Default for Permit", "impl From", "Deserialize"] {
        assert!(!permit.contains(word), "{word}");
    }
}

#[test]
fn only_the_channel_links_an_smtp_client() {
    for entry in std::fs::read_dir(crates()).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        // `smtp-proto` reads command lines for the receiver and opens no connection.
        for client in ["lettre", "mail-send", "async-smtp", "mailio"] {
            let linked = manifest.lines().any(|line| line.trim_start().starts_with(client));
            assert!(!linked || name == "channel", "{name} links {client}");
        }
    }
}

#[test]
fn mail_is_spoken_to_servers_in_named_places_only() {
    // The demonstration hands its own notices to its own receiver.
    assert_eq!(
        files_that_say(&["MAIL FROM:<{"]),
        ["abide/src/demo/smtp.rs", "channel/src/handing.rs", "channel/src/member_mail.rs"]
    );
    // A receiver knocks at its own socket's path, to see whether another listens there already.
    assert_eq!(
        files_that_say(&["TcpStream::connect", "TcpSocket", "UnixStream::connect"]),
        [
            "abide/src/commands/doctor/places.rs",
            "abide/src/demo/smtp.rs",
            "connection/src/lib.rs",
            "intake/src/server/socket.rs"
        ]
    );
    // A message is handed over with a permit taken by value, and in no other way.
    let (_, handing) = sources().into_iter().find(|(name, _)| name == "channel/src/handing.rs").unwrap();
    assert!(handing.contains("pub async fn hand_over(&mut self, permit: Permit,"));
    assert_eq!(handing.matches("pub ").count(), 1);
    assert_eq!(files_that_say(&["mail::write("]), ["channel/src/handing.rs"]);
}

/// Mail to members takes no permit, so it must not be another way to buyers: its recipient is a type that no relay
/// address can be, made in one place of the store from what stands at the member, and handed over by one caller.
#[test]
fn mail_to_members_has_one_door_and_its_recipient_is_nobodys_to_give() {
    let source = |wanted: &str| sources().into_iter().find(|(name, _)| name == wanted).unwrap().1;
    // The type's own tests make some, too.
    let makers = ["policy/src/member_mailbox.rs", "store/src/member_mail.rs"];
    assert_eq!(files_that_say(&["MemberMailbox::admit"]), makers);
    assert!(
        !source("policy/src/member_mailbox.rs").split("#[cfg(test)]").next().unwrap().contains("MemberMailbox::admit")
    );
    assert_eq!(
        files_that_say(&["hand_to_member(", "MemberLetter {"]),
        ["channel/src/member_mail.rs", "delivery/src/member_mail/mod.rs"]
    );
    let (mailbox, handing) = (source("policy/src/member_mailbox.rs"), source("channel/src/member_mail.rs"));
    // The type can be made by no other way, and the channel takes nothing else as a recipient.
    assert_eq!(mailbox.split("#[cfg(test)]").next().unwrap().matches("-> Result<Self, MailboxRefusal>").count(), 1);
    assert!(mailbox.contains("pub struct MemberMailbox(SenderAddress);"));
    for word in ["impl From", "FromStr", "Deserialize", "Default"] {
        assert!(!mailbox.contains(word), "{word}");
    }
    assert!(handing.contains("pub to: &'a MemberMailbox"));
    assert_eq!(handing.matches("pub async fn ").count(), 1);
    // Only the claim gives one out; queueing takes a member's id.
    let store = source("store/src/member_mail.rs");
    let queued = store.split("pub(crate) struct NewMemberMail").nth(1).unwrap().split('}').next().unwrap();
    assert!(queued.contains("member: MemberId") && !queued.contains("Mailbox") && !queued.contains("address"));
}

#[test]
fn the_web_and_the_pure_crates_open_no_connection() {
    let doors = [
        "TcpStream::connect",
        "TcpSocket",
        "UdpSocket",
        "UnixStream::connect",
        "reqwest",
        "hyper_util::client",
        "hyper::client",
    ];
    for (name, code) in sources() {
        let bound = ["web/", "model/", "policy/", "notice/", "campaign/", "report/", "amazon/"];
        if bound.iter().any(|bound| name.starts_with(bound)) {
            assert!(!doors.iter().any(|door| code.contains(door)), "{name} opens a connection (law 10)");
        }
    }
}

/// Amazon's API is spoken to in one place, and a call that reaches a buyer is handed over there with its permit in it.
#[test]
fn http_is_asked_in_one_place_and_buyers_are_reached_by_a_permitted_call_alone() {
    assert_eq!(
        files_that_say(&["hyper::client", "hyper_util::client", "reqwest", "ureq"]),
        ["courier/src/exchange.rs"]
    );
    assert_eq!(files_that_say(&["into_request(real_now())"]), ["courier/src/line.rs"]);
    let (_, line) = sources().into_iter().find(|(name, _)| name == "courier/src/line.rs").unwrap();
    let handing = line.split("pub async fn ").nth(1).unwrap();
    assert!(handing.starts_with("hand_over<C: ToBuyer>(") && handing.contains("call: Permitted<C>,"));
    assert_eq!(line.matches("pub async fn ").count(), 1);
    for (name, code) in sources() {
        let elsewhere = code.matches(".into_request(").count();
        assert!(elsewhere == 0 || name == "courier/src/line.rs", "{name} takes a request out of its permit");
    }
}

#[test]
fn the_pure_crates_hold_no_clock() {
    let clocks = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "from_clock()"];
    for (name, code) in sources() {
        let pure = ["policy/", "notice/", "campaign/", "report/", "amazon/"];
        if pure.iter().any(|pure| name.starts_with(pure)) {
            assert!(!clocks.iter().any(|clock| code.contains(clock)), "{name} asks a clock");
        }
    }
}

on_both! {
    async fn a_permit_owns_all_that_is_to_leave_and_its_own_end(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        let permit = permitted(stage.attempt(&claimed).await);
        assert_eq!(permit.sendable(), &Sendable::Email { to: alias(1), text: text() });
        assert_eq!((permit.message(), permit.account(), permit.order_id()), (claimed.id, stage.account.id, claimed.order_id));
        assert_eq!(permit.channel(), Channel::Email);
        assert_eq!(permit.expires_at(), now().real.plus(model::Span::seconds(10)));
        assert!(permit.holds_at(now().real));
        assert!(!permit.holds_at(permit.expires_at()), "ten seconds and no more");
        assert!(!permit.holds_at(now().real.minus(model::Span::micros(1))), "a clock set back lengthens nothing");
        assert_eq!(stage.store.message_content(stage.account.id, claimed.id).await.unwrap(), Some(text()));
    }

    async fn what_the_worker_claims_to_send_is_read_again_by_the_store(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        // Another's account, a lease that is not his, a message that is none.
        let forged = [
            model::message::ClaimedMessage { lease: model::message::Lease([7; 16]), ..claimed.clone() },
            model::message::ClaimedMessage { id: model::MessageId::generate(), ..claimed.clone() },
        ];
        for message in forged {
            assert!(matches!(stage.attempt(&message).await, store::Attempt::Gone));
        }
        permitted(stage.attempt(&claimed).await);
    }

    async fn a_claim_that_names_another_order_channel_or_purpose_is_not_believed(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        stage.import(4, Some(alias(2))).await;
        let forged = [
            model::message::ClaimedMessage { order_id: crate::stage::order(4), ..claimed.clone() },
            model::message::ClaimedMessage { channel: Channel::Solicitation, ..claimed.clone() },
            model::message::ClaimedMessage { purpose: model::Purpose::Critical, ..claimed.clone() },
        ];
        for message in forged {
            let answer = stage.attempt(&message).await;
            assert!(matches!(answer, store::Attempt::Gone), "{answer:?}");
        }
        permitted(stage.attempt(&claimed).await);
    }
}

on_both! {
    async fn what_is_foreseen_is_what_an_attempt_would_get_and_begins_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [2, 4, 6] {
            stage.import(number, Some(alias(number))).await;
        }
        stage.receive(&crate::stage::Letter::opt_out(4)).await;
        stage.import(4, Some(alias(4))).await;
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        let before = stage.ledger().await.len();
        let asked = || claimed.iter().map(|message| (message.clone(), Some(text()))).collect::<Vec<_>>();
        let foreseen = stage.store.foresee_attempts(asked(), now()).await.unwrap();
        assert_eq!(stage.ledger().await.len(), before, "nothing was recorded");
        assert_eq!(stage.store.foresee_attempts(asked(), now()).await.unwrap(), foreseen, "nothing was begun");
        let mut permits = 0;
        for (message, foreseen) in claimed.iter().zip(foreseen) {
            match (stage.attempt(message).await, foreseen) {
                (Attempt::Permitted(_), Foreseen::Permitted) => permits += 1,
                (Attempt::Refused(refusal), Foreseen::Refused(expected)) => assert_eq!(refusal, expected),
                (attempt, foreseen) => panic!("{foreseen:?} was foreseen, and it is {attempt:?}"),
            }
        }
        assert_eq!((permits, claimed.len()), (2, 3));
        let after = stage.store.foresee_attempts(asked(), now()).await.unwrap();
        assert!(after.iter().all(|answer| *answer == Foreseen::Gone), "an attempt that was begun is nobody's to begin");
    }
}
