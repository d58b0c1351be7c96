//! Sending for real: the built program, a live store, Debian's Postfix as its submission server; and a server that
//! never answers, over whose message the program is killed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use mailserver::{PASSWORD, Postfix, USER};
use serde_json::json;

use crate::house::{self, House, Serving};

const ANNA: &str = "qk3v8m1x7c2p9ra@marketplace.amazon.com";
const BERT: &str = "t5w2n8b4j6y1zed@marketplace.amazon.com";

/// A campaign for every hour of the week.
fn campaign() -> String {
    let since = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 60)).strftime("%Y-%m-%d");
    format!(
        "name = \"Ask\"\nchannel = \"email\"\norders_after = {since}\n\n[trigger]\nwhen = \"delivered\"\n\n[window]\n\n\
         [template.en]\nsubject = \"Your order {{{{ order_id }}}}\"\ntext = \"How was {{{{ order_id }}}}?\"\n"
    )
}

fn with_campaign() -> House {
    let house = House::with_account();
    let file = house.file("ask.toml", campaign());
    house.run(&["campaign", "add", "--account", "blue-widgets", &file]).done();
    house
}

fn import(house: &House, order: &str, alias: &str) {
    let file = house.file("orders.tsv", house::report(&[(order, alias, 9)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &file]).done();
}

const AT: [&str; 4] = ["--account", "blue-widgets", "--store", "US"];

#[test]
fn messages_leave_through_postfix_and_a_notice_in_between_stops_the_next() {
    let Some(postfix) = Postfix::submission("") else { return };
    let house = with_campaign();
    let authority = postfix.authority_file();
    house.config(&format!("sending_ca = {:?}\n", authority.to_str().unwrap()));
    let password = house.file("password", format!("{PASSWORD}\n"));
    let port = postfix.starttls_port().to_string();
    let sender = |password: &str| {
        let sender = ["--from", USER, "--name", "Blue Widgets", "--server", "localhost", "--port", &port];
        let sign_in = ["--security", "starttls", "--user", USER, "--password-file", password];
        house.run(&[&["sender", "set"], &AT[..], &sender, &sign_in].concat())
    };
    // Nothing can go live before it is known how.
    house.run(&[&["store", "live", "--yes"], &AT[..]].concat()).code_is(2, "no sender yet");
    let wrong = house.file("wrong", "not the password\n");
    let said = sender(&wrong).done();
    assert!(!said.out.contains("not the password"));
    house.run(&[&["sender", "test"], &AT[..]].concat()).code_is(3, "refused the sign-in");
    sender(&password).done();
    let tested = house.run(&[&["sender", "test"], &AT[..]].concat()).done();
    assert!(tested.out.contains("its certificate is good and it took the sign-in"), "{}", tested.out);

    import(&house, "111-0000001-0000001", ANNA);
    house.run(&["run", "--once"]).code_is(0, "");
    // Captured before the switch; what is captured stays so.
    import(&house, "111-0000002-0000002", BERT);
    let asked = house.run(&[&["store", "live"], &AT[..]].concat());
    assert!(asked.out.contains("What would leave Amazon US of blue-widgets"), "{}", asked.out);
    asked.code_is(2, "nothing was changed");
    let shown = || house.run(&[&["sender", "show"], &AT[..]].concat()).done().out;
    assert!(shown().contains("leave like this once the store is live:"), "{}", shown());
    house.run(&[&["store", "live", "--yes"], &AT[..]].concat()).done();
    assert!(shown().contains("leave like this:"), "{}", shown());
    let ran = house.objects(&["run", "--once"]).remove(0);
    assert_eq!((&ran["sent"], &ran["captured"]), (&json!(1), &json!(0)), "{ran}");
    let mails = postfix.mailbox().wait_for(1);
    assert_eq!(mails.len(), 1);
    let mail = String::from_utf8(mails[0].clone()).unwrap();
    let outbox = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    let row = outbox.iter().find(|row| row["order_id"] == "111-0000002-0000002").unwrap();
    assert_eq!(row["state"], "sent");
    let shown = house.objects(&["outbox", "show", row["id"].as_str().unwrap()]).remove(0);
    assert_eq!((&shown["server_code"], &shown["attempts"]), (&json!(250), &json!(1)));
    for field in [
        "Subject: Your order 111-0000002-0000002",
        &format!("To: {BERT}"),
        "Blue Widgets",
        &format!("Message-ID: {}", shown["message_id"].as_str().unwrap()),
    ] {
        assert!(mail.contains(field), "{field} is not in {mail}");
    }
    assert!(!mail.contains("X-Mailer") && !mail.contains(ANNA));

    // A notice by SMTP, after the order is known and before its message leaves.
    import(&house, "111-0000003-0000003", ANNA);
    let serving = Serving::start(&house, &["--roles", "intake"]);
    let addresses = house.objects(&["address", "list", "--account", "blue-widgets"]);
    let address = addresses.iter().find(|row| row["kind"] == "opt_out").unwrap()["address"].as_str().unwrap();
    house::smtp(
        serving.said["smtp"].as_str().unwrap(),
        &[
            ("EHLO test\r\n", "250"),
            ("MAIL FROM:<auto-communication@amazon.com>\r\n", "250"),
            (&format!("RCPT TO:<{address}>\r\n"), "250"),
            ("DATA\r\n", "354"),
            (&format!("{}.\r\n", house::opt_out("111-0000003-0000003")), "250"),
            ("QUIT\r\n", "221"),
        ],
    );
    let ran = house.objects(&["run", "--once"]).remove(0);
    assert_eq!(ran["sent"], 0, "{ran}");
    let outbox = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    let stopped = outbox.iter().find(|row| row["order_id"] == "111-0000003-0000003");
    assert!(stopped.is_none_or(|row| row["reason"] == "opted_out"), "{outbox:?}");
    assert_eq!(postfix.mailbox().mails().len(), 1);

    // The stop holds until it is resumed.
    house.run(&["sending", "stop", "--note", "a test"]).done();
    import(&house, "111-0000004-0000004", "another1buyer2@marketplace.amazon.com");
    assert_eq!(house.objects(&["run", "--once"])[0]["sent"], 0);
    let status = house.objects(&["sending", "status"]).remove(0);
    assert_eq!((&status["store"], status["stopped_by"].is_string()), (&json!("US"), true), "{status}");
    let doctor = house.run(&["doctor", "--connect"]).out;
    assert!(doctor.contains("live sending is stopped for the whole installation"), "{doctor}");
    assert!(doctor.contains("it took the sign-in"), "{doctor}");
    house.run(&["sending", "resume", "--note", "done"]).done();
}

#[test]
fn a_sender_that_is_set_is_tried_out_by_the_worker_and_again_when_it_is_corrected() {
    let Some(postfix) = Postfix::submission("") else { return };
    let house = House::with_account();
    let authority = postfix.authority_file();
    house.config(&format!("sending_ca = {:?}\n", authority.to_str().unwrap()));
    let port = postfix.starttls_port().to_string();
    let set = |password: &str| {
        let password = house.file("password", format!("{password}\n"));
        let sender = ["--from", USER, "--server", "localhost", "--port", &port, "--security", "starttls"];
        let sign_in = ["--user", USER, "--password-file", &password];
        house.run(&[&["sender", "set"], &AT[..], &sender, &sign_in].concat()).done();
    };
    set("not the password");
    let serving = Serving::start(&house, &["--roles", "worker"]);
    let tried = |works: bool| {
        let began = Instant::now();
        while house.objects(&[&["sender", "show"], &AT[..]].concat())[0]["works"] != json!(works) {
            assert!(began.elapsed() < Duration::from_mins(1), "it was never tried out: {works}");
            std::thread::sleep(Duration::from_millis(50));
        }
        house.run(&[&["sender", "show"], &AT[..]].concat()).done().out
    };
    let wrong = tried(false);
    assert!(wrong.contains("does not work") && wrong.contains("refused the sign-in"), "{wrong}");
    set(PASSWORD);
    let right = tried(true);
    assert!(right.contains("its certificate is good and it took the sign-in"), "{right}");
    assert!(postfix.mailbox().mails().is_empty(), "no mail is given to it");
    assert_eq!(serving.stop("-TERM"), 0);
}

/// A server that takes a message's text and never answers it; tells when it has it.
fn silent_server() -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let mut in_text = false;
                (&stream).write_all(b"220 test\r\n").unwrap();
                while let Some(Ok(line)) = lines.next() {
                    let reply: &[u8] = match (in_text, line.as_str()) {
                        (true, ".") => {
                            let _ = tell.send(());
                            b""
                        }
                        (true, _) => b"",
                        (false, "DATA") => {
                            in_text = true;
                            b"354 go on\r\n"
                        }
                        (false, _) => b"250 ok\r\n",
                    };
                    (&stream).write_all(reply).unwrap();
                }
            });
        }
    });
    (port, told)
}

#[test]
fn a_message_whose_program_was_killed_after_its_text_is_unknown_until_somebody_settles_it() {
    let (port, has_text) = silent_server();
    let house = with_campaign();
    let port = port.to_string();
    let sender = ["--from", "a@b.example", "--server", "127.0.0.1", "--port", &port, "--security", "none"];
    house.run(&[&["sender", "set"], &AT[..], &sender].concat()).done();
    house.run(&[&["store", "live", "--yes"], &AT[..]].concat()).done();
    import(&house, "111-0000001-0000001", ANNA);
    let mut worker = house.command(&["serve", "--roles", "worker"]);
    let mut worker = worker.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    has_text.recv_timeout(Duration::from_mins(1)).expect("the text never came");
    worker.kill().unwrap();
    worker.wait().unwrap();
    let message = || house.objects(&["outbox", "list", "--account", "blue-widgets"]).remove(0);
    assert_eq!(message()["state"], "sending");
    // Nobody can tell that it is dead before its lease has run out, a minute later.
    let began = Instant::now();
    while message()["state"] == "sending" && began.elapsed() < Duration::from_secs(90) {
        std::thread::sleep(Duration::from_secs(2));
        house.run(&["run", "--once"]).done();
    }
    let lost = message();
    assert_eq!((&lost["state"], &lost["reason"]), (&json!("unknown"), &json!("lost_in_flight")));
    assert!(house.run(&["doctor"]).out.contains("abide outbox resolve"));
    let id = lost["id"].as_str().unwrap();
    house.run(&["outbox", "resolve", id, "perhaps"]).code_is(2, "");
    house.run(&["outbox", "resolve", id, "sent", "--note", "seen in Seller Central"]).done();
    assert_eq!(message()["state"], "sent");
    house.run(&["outbox", "resolve", id, "not_sent"]).code_is(2, "only one that was lost");
    assert!(has_text.try_recv().is_err(), "it was sent once");
}
