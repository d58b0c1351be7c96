//! Every fault at every stage of handing over: before the message's first byte nothing has left and a new gate is asked;
//! after it, only a clear no means that nothing left, only a clear yes that it did, and everything else is lost.

use std::time::{Duration, Instant};

use channel::Timeouts;
use policy::RenderedText;
use proptest::prelude::*;

use crate::server::{At, Fault, Script, Server, says};
use crate::stage::{SHORT, ample, now, open, permit, permit_saying, text, told};

/// What must come of it.
struct Case {
    at: At,
    fault: Fault,
    /// What became of the message, with the reply's code.
    told: (&'static str, Option<u16>),
    /// Whether the line takes the next message.
    usable: bool,
}

fn case(at: At, fault: Fault, told: (&'static str, Option<u16>), usable: bool) -> Case {
    Case { at, fault, told, usable }
}

/// Hands one message over and, where the line is said to be good, another, which must arrive whole.
async fn play(case: Case, timeouts: Timeouts) {
    let name = format!("{:?} {:?}", case.at, case.fault);
    let server = Server::start(Script::with(case.at, case.fault)).await;
    let mut line = open(server.port, &timeouts).await.unwrap();
    let began = Instant::now();
    let sent = line.hand_over(permit(), now).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{name}: took {:?}", began.elapsed());
    assert_eq!((told(&sent), line.is_usable()), (case.told, case.usable), "{name}");
    let arrived = usize::from(case.at == At::End);
    assert_eq!(server.heard().mails.len(), arrived, "{name}: what arrived");
    if case.usable {
        assert!(line.ready().await, "{name}");
        assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)), "{name}: the next message");
        assert_eq!(server.heard().mails.len(), arrived + 1, "{name}: the next message");
    } else {
        assert!(!line.ready().await, "{name}");
        let before = server.heard().lines.len();
        assert_eq!(told(&line.hand_over(permit(), now).await), ("unreachable", None), "{name}: a line that is done");
        assert_eq!(server.heard().lines.len(), before, "{name}: nothing more is said on it");
    }
    line.close().await;
}

async fn play_all(cases: Vec<Case>, timeouts: Timeouts) {
    let mut running = tokio::task::JoinSet::new();
    for case in cases {
        running.spawn(play(case, timeouts));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

const BEFORE_THE_MESSAGE: [At; 3] = [At::Mail, At::Rcpt, At::Data];

#[tokio::test]
async fn a_clear_no_before_the_message_leaves_the_line_good() {
    let mut cases = Vec::new();
    for at in BEFORE_THE_MESSAGE {
        cases.push(case(at, says("450 4.2.0 greylisted"), ("deferred", Some(450)), true));
        cases.push(case(at, says("452-4.3.1 full\r\n452 4.3.1 come back"), ("deferred", Some(452)), true));
        cases.push(case(at, says("552 5.3.4 too large"), ("rejected", Some(552)), true));
    }
    cases.push(case(At::Rcpt, says("550 5.1.1 no such user"), ("rejected", Some(550)), true));
    cases.push(case(At::Rcpt, says("501 5.1.3 bad address"), ("rejected", Some(501)), true));
    cases.push(case(At::Data, says("554 5.5.1 no valid recipients"), ("rejected", Some(554)), true));
    play_all(cases, ample()).await;
}

#[tokio::test]
async fn what_stands_against_the_stores_settings_fails_no_message_for_good() {
    let mut cases = vec![
        // The From address is not this user's: true of every message of the store.
        case(At::Mail, says("550 5.7.1 sender not allowed"), ("sender", Some(550)), true),
        case(At::Mail, says("553 not owned by user"), ("sender", Some(553)), true),
        case(At::Rcpt, says("553 5.7.1 sender address rejected: not owned by user"), ("sender", Some(553)), true),
        case(At::Rcpt, says("554 5.7.1 relay access denied"), ("sender", Some(554)), true),
        case(At::Rcpt, says("550-5.1.8 sender's domain not found\r\n550 5.1.8 see above"), ("sender", Some(550)), true),
    ];
    for at in BEFORE_THE_MESSAGE {
        cases.push(case(at, says("530 5.7.0 authentication required"), ("sign-in", Some(530)), false));
        cases.push(case(at, says("535 5.7.8 expired"), ("sign-in", Some(535)), false));
        cases.push(case(at, says("503 5.5.1 bad sequence"), ("unreachable", Some(503)), false));
        cases.push(case(at, says("500 5.5.2 what?"), ("unreachable", Some(500)), false));
    }
    play_all(cases, ample()).await;
}

#[tokio::test]
async fn a_dialogue_out_of_step_before_the_message_ends_the_line_and_nothing_leaves() {
    let mut cases = Vec::new();
    for at in BEFORE_THE_MESSAGE {
        cases.push(case(at, Fault::Cuts, ("unreachable", None), false));
        cases.push(case(at, says("421 4.3.2 shutting down"), ("deferred", Some(421)), false));
        cases.push(case(at, Fault::SaysAndCuts("421 bye\r\n".into()), ("deferred", Some(421)), false));
        cases.push(case(at, says("hello there"), ("unreachable", None), false));
        cases.push(case(at, Fault::Says("\u{0}\u{1}\r\n".into()), ("unreachable", None), false));
        cases.push(case(at, says("250-one\r\n251 two"), ("unreachable", None), false));
        cases.push(case(at, Fault::Says(format!("250 {}", "x".repeat(100_000))), ("unreachable", None), false));
        cases.push(case(at, Fault::Says("250-x\r\n".repeat(20_000)), ("unreachable", None), false));
        cases.push(case(at, says("199 hm"), ("unreachable", None), false));
        cases.push(case(at, says("220 who is there?"), ("unreachable", Some(220)), false));
        cases.push(case(at, Fault::Adds("250 and more\r\n".into()), ("unreachable", None), false));
    }
    cases.push(case(At::Mail, says("354 go ahead"), ("unreachable", Some(354)), false));
    cases.push(case(At::Rcpt, says("354 go ahead"), ("unreachable", Some(354)), false));
    cases.push(case(At::Data, says("250 ok"), ("unreachable", Some(250)), false));
    play_all(cases, ample()).await;
}

#[tokio::test]
async fn a_server_that_hangs_or_drips_before_the_message_gets_its_time_and_no_more() {
    let mut cases = Vec::new();
    for at in BEFORE_THE_MESSAGE {
        cases.push(case(at, Fault::Hangs, ("unreachable", None), false));
        cases.push(case(at, Fault::Drips, ("unreachable", None), false));
    }
    play_all(cases, Timeouts { command: SHORT, ..ample() }).await;
}

#[tokio::test]
async fn after_the_message_a_clear_answer_counts() {
    let cases = vec![
        case(At::End, says("250 2.0.0 Ok: queued as 4ABC"), ("sent", Some(250)), true),
        case(At::End, says("250-2.0.0 Ok\r\n250 queued"), ("sent", Some(250)), true),
        case(At::End, says("451 4.3.0 try later"), ("deferred", Some(451)), true),
        case(At::End, says("421 4.3.2 shutting down"), ("deferred", Some(421)), false),
        case(At::End, says("550 5.7.1 spam"), ("rejected", Some(550)), true),
        case(At::End, says("554 5.6.0 no"), ("rejected", Some(554)), true),
        case(At::End, says("535 5.7.8 expired"), ("sign-in", Some(535)), false),
    ];
    play_all(cases, ample()).await;
}

#[tokio::test]
async fn after_the_message_everything_but_a_clear_answer_is_lost() {
    let cases = vec![
        case(At::End, Fault::Cuts, ("lost", None), false),
        case(At::End, Fault::SaysAndCuts("25".into()), ("lost", None), false),
        case(At::End, Fault::SaysAndCuts("250-almost\r\n".into()), ("lost", None), false),
        case(At::End, says("fine, thanks"), ("lost", None), false),
        case(At::End, says("354 go ahead"), ("lost", None), false),
        case(At::End, says("220 hello"), ("lost", None), false),
        case(At::End, says("250-ok\r\n550 no"), ("lost", None), false),
        case(At::End, Fault::Says(format!("250 {}", "x".repeat(100_000))), ("lost", None), false),
    ];
    play_all(cases, ample()).await;
    let silent =
        vec![case(At::End, Fault::Hangs, ("lost", None), false), case(At::End, Fault::Drips, ("lost", None), false)];
    play_all(silent, Timeouts { last_reply: SHORT, ..ample() }).await;
}

#[tokio::test]
async fn a_line_whose_reset_fails_is_done_though_the_message_is_judged_by_its_own_reply() {
    for fault in [Fault::Cuts, says("500 what?"), says("421 bye"), Fault::Hangs] {
        let name = format!("{fault:?}");
        // The fault stands at RSET; a permit that lapses before DATA leads there.
        let server = Server::start(Script::with(At::Rset, fault)).await;
        let mut line = open(server.port, &Timeouts { aside: SHORT, ..ample() }).await.unwrap();
        let sent = line.hand_over(permit(), crate::stage::lapsing_after(1)).await;
        assert_eq!((told(&sent), line.is_usable()), (("expired", None), false), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_in_the_message_leaves_it_unknown_after_its_time() {
    let server = Server::start(Script::with(At::Data, Fault::SaysAndHangs("354 go ahead\r\n".into()))).await;
    let mut line = open(server.port, &Timeouts { data: SHORT, ..ample() }).await.unwrap();
    // More than the buffers on the way take.
    let large = RenderedText { text: "many words\n".repeat(1_200_000), ..text() };
    let began = Instant::now();
    let sent = line.hand_over(permit_saying(large), now).await;
    assert_eq!((told(&sent), line.is_usable()), (("lost", None), false));
    assert!(began.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn a_server_that_hangs_up_over_the_message_never_makes_it_sent() {
    let server = Server::start(Script::with(At::Data, Fault::SaysAndCuts("354 go ahead\r\n".into()))).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    let sent = line.hand_over(permit(), now).await;
    // Seen before the first byte, nothing has left; seen later, it can't be told.
    assert!(matches!(told(&sent), ("lost" | "unreachable", None)), "{sent:?}");
    assert!(!line.is_usable());
}

/// What a server may say at a step, for chance to choose from.
fn any_reply() -> impl Strategy<Value = Option<String>> {
    let good = || prop_oneof![Just("250 ok"), Just("354 go"), Just("250-a\r\n250 b"), Just("251 ok")];
    let bad = prop_oneof![
        Just("450 later"),
        Just("421 bye"),
        Just("550 no"),
        Just("550 5.7.1 no"),
        Just("552 large"),
        Just("535 who"),
        Just("503 order"),
        Just("220 hm"),
        Just("999"),
        Just("what"),
        Just("250 ok\r\n250 ok"),
    ];
    prop_oneof![
        // `None` hangs up.
        1 => Just(None),
        6 => good().prop_map(|reply| Some(reply.to_owned())),
        5 => bad.prop_map(|reply| Some(reply.to_owned())),
        1 => "[ -~]{0,20}".prop_map(Some),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a server says at whichever step: what is called sent was taken with a clear yes, what is called not sent
    /// was not, and a message that never began is never called lost.
    #[test]
    fn no_chance_of_replies_turns_what_left_into_not_sent(
        mail in any_reply(), rcpt in any_reply(), data in any_reply(), end in any_reply(),
    ) {
        let script = [(At::Mail, mail.clone()), (At::Rcpt, rcpt.clone()), (At::Data, data.clone()), (At::End, end.clone())];
        let faults = script.map(|(at, reply)| {
            (at, reply.map_or(Fault::Cuts, |reply| Fault::Says(format!("{reply}\r\n"))))
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sent, usable, asked, taken) = runtime.block_on(async {
            let server = Server::start(Script { faults: faults.to_vec(), ..Script::behaving() }).await;
            let mut line = open(server.port, &ample()).await.unwrap();
            let sent = line.hand_over(permit(), now).await;
            let usable = line.ready().await;
            drop(line);
            let asked = server.verbs();
            let heard = server.heard();
            (sent, usable, asked, !heard.mails.is_empty())
        });
        let code = |reply: &Option<String>| reply.as_ref().and_then(|reply| reply.get(..3)?.parse::<u16>().ok());
        let word = told(&sent).0;
        if asked.contains(&"DATA".to_owned()) {
            prop_assert_eq!(code(&mail), Some(250));
            prop_assert!(matches!(code(&rcpt), Some(250 | 251)));
        }
        if taken {
            let clear_yes = matches!(code(&end), Some(250..=259));
            let clear_no = matches!(code(&end), Some(400..=599));
            prop_assert!(word != "sent" || clear_yes, "{sent:?}");
            prop_assert!(!clear_yes || matches!(word, "sent" | "lost"), "{sent:?}");
            prop_assert!(clear_yes || clear_no || word == "lost", "{sent:?}");
        } else {
            prop_assert!(!matches!(word, "sent" | "lost" | "captured"), "{sent:?}");
        }
        prop_assert!(!usable || word != "lost");
    }
}
