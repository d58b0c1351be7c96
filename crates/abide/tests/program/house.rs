//! Runs the program in a house of its own: a temporary data folder and no variables from outside.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A folder in which the program runs.
pub struct House {
    folder: tempfile::TempDir,
    database: Option<String>,
}

/// How a run ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl House {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    /// Whose data are in a database elsewhere.
    pub fn on(database: String) -> Self {
        Self::new().in_front_of(database)
    }

    /// The same folder and keys before another database.
    pub fn in_front_of(self, database: String) -> Self {
        Self { database: Some(database), ..self }
    }

    /// With the account `blue-widgets`, selling in US and DE.
    pub fn with_account() -> Self {
        let house = Self::new();
        house.run(&["account", "add", "Blue Widgets", "--store", "US", "--store", "DE"]).done();
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file and returns its path as text.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes the configuration file.
    pub fn config(&self, content: &str) {
        std::fs::create_dir_all(self.data()).unwrap();
        std::fs::write(self.data().join("abide.toml"), content).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command.args(arguments).env_clear().env("ABIDE_DATA", self.data()).env("HOME", self.folder.path());
        command.env("TMPDIR", self.folder.path()).current_dir(self.folder.path());
        command.envs(self.database.iter().map(|url| ("ABIDE_DATABASE", url)));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Runs with `--json` and gives the objects on standard output, which must hold nothing else.
    pub fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert!(ran.code <= 1, "{}", ran.err);
        ran.objects()
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program was killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It must have ended with 0.
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    pub fn objects(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no object: {line}")))
            .collect()
    }

    /// It must have ended with this code, and have said that on standard error.
    pub fn code_is(self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{:?} lacks {words:?}", self.err);
    }

    /// It must have ended with this code, nothing on standard output, and a sentence that holds `words`.
    pub fn refuses(self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{:?} lacks {words:?}", self.err);
        for trace in ["panicked", "RUST_BACKTRACE", "stack backtrace"] {
            assert!(!self.err.contains(trace), "{}", self.err);
        }
        assert_eq!(self.out, "");
    }
}

/// A server that was started and says where it listens.
pub struct Serving {
    child: Child,
    pub said: Value,
}

impl Serving {
    /// Starts `serve --json` on free ports and waits until it has said where it listens.
    pub fn start(house: &House, more: &[&str]) -> Self {
        Self::start_as(house, more, |_| {})
    }

    /// As [`Self::start`], with something changed about the command before it runs.
    pub fn start_as(house: &House, more: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let arguments = ["serve", "--json", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let mut command = house.command(&[&arguments, more].concat());
        change(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("serve said: {line:?}"));
        Self { child, said }
    }

    /// Sends the signal that service managers send, and returns the exit code.
    pub fn stop(mut self, signal: &str) -> i32 {
        self.signal(signal);
        self.child.wait().unwrap().code().expect("the server was killed")
    }

    /// Sends it a signal and does not wait, but for a stop: that one holds when each of its threads stands still.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let began = Instant::now();
        while signal == "-STOP" && !stands_still(&id) {
            assert!(began.elapsed() < Duration::from_mins(1), "it never stood still");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Whether each thread of a process is stopped (proc(5), the state after the name in `stat`).
fn stands_still(id: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    })
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Where a test failed; a server that has ended can't be killed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an HTTP server on this machine answers to a plain GET.
pub fn get(address: &str, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Sets a password by a one-time link's code, as a browser does.
pub fn post_welcome(address: &str, code: &str) {
    let page = get(address, "/welcome");
    let cookie = page.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
    let cookie = cookie.unwrap().split_once(": ").unwrap().1.split(';').next().unwrap();
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("token={token}&code={code}&password=a+long+and+quiet+morning");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /welcome HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
}

/// A dialogue by SMTP: each line sent must be answered with the code beside it. Gives the last reply.
pub fn smtp(address: &str, dialogue: &[(&str, &str)]) -> String {
    converse(std::net::TcpStream::connect(address).unwrap(), dialogue)
}

/// The same over any connection; where nothing is to be said, one more reply is heard.
pub fn converse(stream: impl Read + Write, dialogue: &[(&str, &str)]) -> String {
    let mut stream = BufReader::new(stream);
    let mut last = String::new();
    for (said, expected) in std::iter::once(&("", "220")).chain(dialogue) {
        stream.get_mut().write_all(said.as_bytes()).unwrap();
        loop {
            last.clear();
            assert!(stream.read_line(&mut last).unwrap() > 0, "hung up in place of {expected}");
            if last.as_bytes().get(3) != Some(&b'-') {
                break;
            }
        }
        assert!(last.starts_with(expected), "{last} in place of {expected}");
    }
    last.trim_end().to_owned()
}

/// Hands a mail in by SMTP at an inbound address; its lines may end in LF alone.
pub fn receive(serving: &Serving, from: &str, address: &str, mail: &str) {
    let mail = mail.replace("\r\n", "\n").replace('\n', "\r\n");
    smtp(
        serving.said["smtp"].as_str().unwrap(),
        &[
            ("EHLO test\r\n", "250"),
            (&format!("MAIL FROM:<{from}>\r\n"), "250"),
            (&format!("RCPT TO:<{address}>\r\n"), "250"),
            ("DATA\r\n", "354"),
            (&format!("{}\r\n.\r\n", mail.trim_end()), "250"),
            ("QUIT\r\n", "221"),
        ],
    );
}

/// The account's address for that kind of notice.
pub fn address_for(house: &House, kind: &str) -> String {
    let addresses = house.objects(&["address", "list", "--account", "blue-widgets"]);
    addresses.iter().find(|row| row["kind"] == kind).unwrap()["address"].as_str().unwrap().to_owned()
}

/// An opt-out notice as Amazon sends it, about this order.
pub fn opt_out(order: &str) -> String {
    format!(
        "From: \"Amazon.com\" <auto-communication@amazon.com>\r\nTo: seller@example.com\r\n\
         Date: {}\r\nMessage-ID: <{order}@eu-west-1.amazonses.com>\r\n\
         Subject: Your message to a buyer could not be delivered\r\nX-Marketplace-ID: ATVPDKIKX0DER\r\n\
         X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\nContent-Type: text/plain\r\n\r\n\
         We were unable to deliver the message you sent for order [{order}] because the buyer has chosen to opt out of \
         receiving unsolicited messages from sellers.\r\n",
        jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000")
    )
}

/// A report with these orders: id, buyer's alias, days since delivery.
pub fn report(orders: &[(&str, &str, i64)]) -> String {
    let now = jiff::Timestamp::now();
    let at = |days: i64| now - jiff::SignedDuration::from_hours(24 * days);
    let row = |(id, alias, days): &(&str, &str, i64)| {
        format!("{id}\t{}\tShipped\tAmazon.com\t{alias}\tWID-1\tWidget, blue\t1\t{}\n", at(days + 4), at(*days))
    };
    let header = "amazon-order-id\tpurchase-date\torder-status\tsales-channel\tbuyer-email\tsku\tproduct-name\t\
                  quantity-shipped\testimated-arrival-date\n";
    std::iter::once(header.to_owned()).chain(orders.iter().map(row)).collect::<Vec<_>>().concat()
}

/// The example campaign, reaching into the past.
pub fn campaign() -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/review.toml");
    let text = std::fs::read_to_string(example).unwrap();
    assert!(text.contains("# orders_after = 2026-08-01"));
    let since = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 60)).strftime("%Y-%m-%d").to_string();
    text.replace("# orders_after = 2026-08-01", &format!("orders_after = {since}"))
}

/// The same without weekdays and hours, so that what is due leaves at any time: tests run at night and on Sundays, too.
pub fn campaign_at_any_hour() -> String {
    let campaign = campaign();
    let lines = campaign.lines().filter(|line| !line.starts_with("weekdays =") && !line.starts_with("hours ="));
    lines.collect::<Vec<_>>().join("\n")
}
