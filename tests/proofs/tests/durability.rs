//! Law 1 by tracing the built program with strace: no 250, no 2xx to a mail, no redirection after a form and no exit code 0 is written
//! before its commit is on stable storage; and the same check fails on a program that is not durable.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a proof that fails must stop the test with its reason")]

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use proofs::house::{House, Serving, objects, until};
use proofs::letters::{self, Form, ReportedOrder};
use proofs::smtp::{Answer, Session};
use proofs::trace::{self, Call, Door, Engine};

/// How many mails the traced server takes, one after another.
const MAILS: usize = 12;

/// A house with an account, and the inbound address that takes every kind.
fn house(database: Option<&cluster::FreshDatabase>) -> (House, String) {
    let house = database.map_or_else(House::new, |database| House::on(database.url())).unwrap();
    house.objects(&["account", "add", "Blue Widgets", "--store", "US"]).unwrap();
    let addresses = house.objects(&["address", "list", "--account", "blue-widgets"]).unwrap();
    let any = addresses.iter().find(|address| address["kind"] == "any").unwrap();
    (house, any["address"].as_str().unwrap().to_owned())
}

/// strace, where it may be used. Where it is there and may not trace (a container without the right to), the proof
/// can't be made, and says so.
fn strace(file: &std::path::Path) -> Option<Command> {
    match trace::strace(file) {
        Ok(command) => Some(command),
        Err(why) if why.0.contains("may not trace") => {
            eprintln!("skipped: {why}");
            None
        }
        Err(why) => panic!("{why}"),
    }
}

/// The whole trace: strace writes on for a moment after the program has ended.
fn whole(file: &PathBuf, process: u32) -> String {
    until("strace has written all of its trace", || {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let ends = [" +++ exited with", " +++ killed by"];
        let main = text.lines().any(|line| {
            line.split_whitespace().next() == Some(&process.to_string()) && ends.iter().any(|end| line.contains(end))
        });
        Ok(main.then_some(text))
    })
    .unwrap()
}

/// Runs a command behind strace to its end, with what its trace holds.
fn trace_of(mut command: Command, file: &PathBuf) -> String {
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = running.id();
    objects(&running.wait_with_output().unwrap()).unwrap();
    whole(file, process)
}

/// Lets a traced server take notices, one at a time, and gives its trace.
fn trace_of_a_server(house: &House, address: &str, undurable: bool) -> Option<String> {
    let file = house.path("serve.trace");
    let mut command = house.command_behind(strace(&file)?, &Serving::arguments("intake"));
    if undurable {
        command.env("ABIDE_TEST_SYNCHRONOUS_OFF", "1");
    }
    let mut serving = Serving::start(command).unwrap();
    let smtp = serving.said().unwrap()["smtp"].as_str().unwrap().to_owned();
    let mut session = Session::open(&smtp).unwrap();
    for number in 0..MAILS {
        let mail = letters::opt_out(Form::Header, &letters::order_id(0, number), None, number);
        assert_eq!(session.deliver(address, &mail).unwrap(), Answer::Acknowledged);
    }
    let process = serving.id();
    serving.stop().unwrap();
    Some(whole(&file, process))
}

/// The mails' acknowledgements must all be found, and how many of them came too early.
fn too_early(trace: &str, engine: Engine, door: Door, expected: usize) -> usize {
    let calls = trace::parse(trace);
    let of_door = |found: Vec<trace::Acknowledgement>| found.into_iter().filter(|one| one.door == door).count();
    let told: Vec<&str> = trace.lines().filter(|line| line.contains("exit")).collect();
    assert_eq!(of_door(trace::acknowledgements(&calls)), expected, "acknowledgements in the trace: {told:#?}");
    of_door(trace::undurable(&calls, engine))
}

#[test]
fn on_sqlite_no_mail_is_acknowledged_before_its_commit_is_synced() {
    let (house, address) = house(None);
    let Some(trace) = trace_of_a_server(&house, &address, false) else { return };
    assert_eq!(too_early(&trace, Engine::Sqlite, Door::Smtp, MAILS), 0);
}

#[test]
fn the_same_proof_fails_where_sqlite_does_not_sync() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: a release build can't be made to forget durability");
        return;
    }
    let (house, address) = house(None);
    let Some(trace) = trace_of_a_server(&house, &address, true) else { return };
    assert_eq!(too_early(&trace, Engine::Sqlite, Door::Smtp, MAILS), MAILS);
}

#[test]
fn on_postgres_no_mail_is_acknowledged_before_its_commit_is_answered() {
    let Some(database) = cluster::fresh_database() else { return };
    let (house, address) = house(Some(&database));
    let Some(trace) = trace_of_a_server(&house, &address, false) else { return };
    assert_eq!(too_early(&trace, Engine::Postgres, Door::Smtp, MAILS), 0);

    // The same trace, each 250 moved before the answer to its COMMIT: as a program would write that does not wait.
    let calls = trace::parse(&trace);
    let mut lines: Vec<&str> = trace.lines().collect();
    for acknowledgement in trace::acknowledgements(&calls).iter().filter(|one| one.door == Door::Smtp) {
        let answer = last_answer(&calls, acknowledgement.written);
        let reply = lines.remove(acknowledgement.written);
        lines.insert(answer, reply);
    }
    assert_eq!(too_early(&lines.join("\n"), Engine::Postgres, Door::Smtp, MAILS), MAILS);
}

/// The line of the last COMMIT's answer before a line.
fn last_answer(calls: &[Call], before: usize) -> usize {
    let answers = calls.iter().filter(|call| call.reads() && call.arguments.contains("COMMIT\\0"));
    answers.filter_map(|call| call.ended).filter(|line| *line < before).max().unwrap()
}

#[test]
fn no_import_ends_with_0_before_all_of_it_is_durable() {
    let database = cluster::fresh_database();
    let engines =
        std::iter::once((Engine::Sqlite, None)).chain(database.iter().map(|one| (Engine::Postgres, Some(one))));
    for (engine, database) in engines {
        let (house, _) = house(database);
        let orders: Vec<ReportedOrder> =
            (1..300).map(|number| ReportedOrder { id: letters::order_id(0, number), alias: None }).collect();
        let report = house.file("orders.tsv", letters::report(&orders)).unwrap();
        let mail = house.file("one.eml", letters::opt_out(Form::Header, &orders[0].id, None, 1)).unwrap();
        for arguments in [["orders", "import", &report], ["intake", "import", &mail]] {
            let file = house.path("import.trace");
            let Some(front) = strace(&file) else { return };
            let arguments = [&arguments[..], &["--json", "--account", "blue-widgets"]].concat();
            let trace = trace_of(house.command_behind(front, &arguments), &file);
            assert_eq!(too_early(&trace, engine, Door::Exit, 1), 0, "{engine:?} {arguments:?}");
            if cfg!(debug_assertions) && engine == Engine::Sqlite {
                // Changed, so that there is something to commit.
                let other = orders
                    .iter()
                    .map(|order| ReportedOrder { alias: Some("x1@marketplace.amazon.com".into()), ..order.clone() });
                house.file("orders.tsv", letters::report(&other.collect::<Vec<_>>())).unwrap();
                house.file("one.eml", letters::opt_out(Form::Header, &orders[1].id, None, 2)).unwrap();
                let mut command = house.command_behind(strace(&file).unwrap(), &arguments);
                command.env("ABIDE_TEST_SYNCHRONOUS_OFF", "1");
                let trace = trace_of(command, &file);
                assert_eq!(too_early(&trace, engine, Door::Exit, 1), 1, "{arguments:?}");
            }
        }
    }
}

#[test]
fn no_form_is_answered_before_its_change_is_synced() {
    let (house, _) = house(None);
    let file = house.path("web.trace");
    let Some(front) = strace(&file) else { return };
    let mut serving = Serving::start(house.command_behind(front, &Serving::arguments("web"))).unwrap();
    let said = serving.said().unwrap();
    let http = said["http"].as_str().unwrap();
    let code = said["link"].as_str().unwrap().split('#').next_back().unwrap();
    let page = ask(http, &format!("GET /welcome HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n"));
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie =
        page.lines().find_map(|line| line.strip_prefix("set-cookie: ")).map(|cookie| cookie.split(';').next().unwrap());
    let form = format!("token={token}&code={code}&email=operator%40example.com&password=correct-horse-battery-staple");
    let answer = ask(
        http,
        &format!(
            "POST /welcome HTTP/1.1\r\nHost: {http}\r\nOrigin: http://{http}\r\nCookie: {}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            cookie.unwrap_or_default(),
            form.len()
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let process = serving.id();
    serving.stop().unwrap();
    assert_eq!(too_early(&whole(&file, process), Engine::Sqlite, Door::Http, 1), 0);
}

/// Lets a traced server take notices by HTTP, one at a time, and gives its trace.
fn trace_of_posts(house: &House, undurable: bool) -> Option<String> {
    let named = ["account", "token", "add", "--account", "blue-widgets", "--name"];
    let name = if undurable { "undurable" } else { "durable" };
    let opened = house.objects(&[&named[..], &[name]].concat()).unwrap();
    let token = opened[0]["token"].as_str().unwrap();
    let file = house.path("http.trace");
    let mut command = house.command_behind(strace(&file)?, &Serving::arguments("web"));
    if undurable {
        command.env("ABIDE_TEST_SYNCHRONOUS_OFF", "1");
    }
    let mut serving = Serving::start(command).unwrap();
    let http = serving.said().unwrap()["http"].as_str().unwrap().to_owned();
    for number in 0..MAILS {
        let mail = letters::opt_out(Form::Header, &letters::order_id(usize::from(undurable), number), None, number);
        let mail = String::from_utf8(mail).unwrap();
        let answer = ask(
            &http,
            &format!(
                "POST /intake/raw HTTP/1.1\r\nHost: {http}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{mail}",
                mail.len()
            ),
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let process = serving.id();
    serving.stop().unwrap();
    Some(whole(&file, process))
}

#[test]
fn no_mail_by_http_is_acknowledged_before_its_commit_is_durable() {
    let (on_sqlite, _) = house(None);
    let Some(trace) = trace_of_posts(&on_sqlite, false) else { return };
    assert_eq!(too_early(&trace, Engine::Sqlite, Door::Http, MAILS), 0);
    if cfg!(debug_assertions) {
        let trace = trace_of_posts(&on_sqlite, true).unwrap();
        assert_eq!(too_early(&trace, Engine::Sqlite, Door::Http, MAILS), MAILS);
    }
    let Some(database) = cluster::fresh_database() else { return };
    let (on_postgres, _) = house(Some(&database));
    let trace = trace_of_posts(&on_postgres, false).unwrap();
    assert_eq!(too_early(&trace, Engine::Postgres, Door::Http, MAILS), 0);
}

fn ask(http: &str, request: &str) -> String {
    let mut stream = std::net::TcpStream::connect(http).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn where_the_disk_fails_to_sync_no_mail_is_acknowledged() {
    let (house, address) = house(None);
    // The first start writes the certificate for STARTTLS; from then on a start syncs nothing.
    let mut first = Serving::start(house.command(&Serving::arguments("intake"))).unwrap();
    first.said().unwrap();
    first.stop().unwrap();
    let file = house.path("failing.trace");
    let Some(mut front) = strace(&file) else { return };
    front.args(["-e", "inject=fsync,fdatasync:error=EIO"]);
    let mut serving = Serving::start(house.command_behind(front, &Serving::arguments("intake"))).unwrap();
    let smtp = serving.said().unwrap()["smtp"].as_str().unwrap().to_owned();
    let mut session = Session::open(&smtp).unwrap();
    for number in 0..3 {
        let mail = letters::opt_out(Form::Header, &letters::order_id(0, number), None, number);
        let answer = session.deliver(&address, &mail).unwrap();
        assert!(matches!(&answer, Answer::NotTaken(reply) if reply.starts_with('4')), "{answer:?}");
    }
    serving.kill().unwrap();
    // A disk that syncs again: the same mails, sent again as their peer will, are taken.
    let mut serving = Serving::start(house.command(&Serving::arguments("intake"))).unwrap();
    let smtp = serving.said().unwrap()["smtp"].as_str().unwrap().to_owned();
    let mut session = Session::open(&smtp).unwrap();
    for number in 0..3 {
        let mail = letters::opt_out(Form::Header, &letters::order_id(0, number), None, number);
        assert_eq!(session.deliver(&address, &mail).unwrap(), Answer::Acknowledged);
    }
    serving.stop().unwrap();
    assert_eq!(house.objects(&["suppression", "list", "--account", "blue-widgets"]).unwrap().len(), 3);
}
