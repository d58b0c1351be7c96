//! Mail by HTTP at a running server: taken with its effect, repeated without one, refused with a reason, and never lost
//! by a process that is killed. As a plain client speaks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::house::{self, House, Serving};

const KEY: &str = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0";
const RAW: &str = "/intake/raw";

/// An answer: its status, and the JSON of its body.
type Answer = (u16, Value);

fn heard(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{text:?}"));
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// A request with these header lines and this body.
fn send(http: &str, line: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(http).unwrap();
    let more = headers.iter().map(|header| format!("{header}\r\n")).collect::<Vec<_>>().concat();
    let length = body.len();
    write!(stream, "{line} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n")
        .unwrap();
    stream.write_all(body).unwrap();
    heard(stream)
}

fn post(http: &str, token: &str, kind: &str, body: &[u8]) -> Answer {
    let (token, kind) = (format!("Authorization: Bearer {token}"), format!("Content-Type: {kind}"));
    send(http, &format!("POST {RAW}"), &[&token, &kind], body)
}

fn http_of(serving: &Serving) -> String {
    serving.said["http"].as_str().unwrap().to_owned()
}

/// Opens a way in; its object.
fn opened(house: &House, name: &str, more: &[&str]) -> Value {
    let named = ["account", "token", "add", "--account", "blue-widgets", "--name", name];
    house.objects(&[&named[..], more].concat()).remove(0)
}

fn token_of(door: &Value) -> String {
    door["token"].as_str().unwrap().to_owned()
}

fn suppressed(house: &House) -> Vec<String> {
    let list = house.objects(&["suppression", "list", "--account", "blue-widgets"]);
    let mut orders: Vec<String> = list.iter().map(|row| row["order_id"].as_str().unwrap().to_owned()).collect();
    orders.sort();
    orders
}

fn outcome(answer: &Answer) -> &str {
    assert_eq!(answer.0, 200, "{answer:?}");
    answer.1["readings"][0]["outcome"].as_str().unwrap()
}

#[test]
fn a_mail_by_token_takes_effect_once_and_a_revoked_token_opens_nothing() {
    let house = House::with_account();
    let token = token_of(&opened(&house, "mailer", &[]));
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let mail = house::opt_out("111-0000001-0000001");

    let answer = post(&http, &token, "message/rfc822", mail.as_bytes());
    assert_eq!(outcome(&answer), "suppressed");
    assert_eq!(answer.1["readings"][0]["order_ids"][0], "111-0000001-0000001");
    assert_eq!(suppressed(&house), ["111-0000001-0000001"]);
    assert_eq!(outcome(&post(&http, &token, "text/plain", mail.as_bytes())), "repeated");
    let shown = house.objects(&["notice", "show", "--account", "blue-widgets", answer.1["mail"].as_str().unwrap()]);
    assert_eq!((&shown[0]["door"], &shown[0]["provenance"]), (&"http".into(), &"vouched".into()), "{}", shown[0]);

    let other = house::opt_out("111-0000002-0000002");
    let wrong = post(&http, &format!("{token}x"), "message/rfc822", other.as_bytes());
    assert_eq!(wrong.0, 401);
    let without = send(&http, "POST /intake/raw", &["Content-Type: message/rfc822"], other.as_bytes());
    assert_eq!(without, wrong, "nobody is told which part was wrong");
    let named = ["account", "token", "revoke", "--account", "blue-widgets", "--name", "mailer"];
    house.run(&named).done();
    assert_eq!(post(&http, &token, "message/rfc822", other.as_bytes()), wrong, "revoked while the server runs");
    house.run(&named).refuses(2, "no open way in is called `mailer`");
    assert_eq!(suppressed(&house).len(), 1);
    let listed = house.objects(&["account", "token", "list", "--account", "blue-widgets"]);
    assert!(listed[0]["revoked_at"].is_string() && listed[0]["last_mail_at"].is_string(), "{listed:?}");
    assert!(listed[0]["token"].is_null() && !house.run(&named).err.contains(&token));
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn what_is_no_mail_is_refused_with_a_reason_and_too_much_of_it_as_well() {
    let house = House::with_account();
    let token = token_of(&opened(&house, "mailer", &[]));
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let refused = |(status, body): Answer, expected: u16, words: &str| {
        assert_eq!(status, expected, "{body}");
        assert!(body["error"].as_str().is_some_and(|said| said.contains(words)), "{body} lacks {words}");
    };
    refused(post(&http, &token, "application/x-www-form-urlencoded", b"a=b"), 415, "Content-Type: message/rfc822");
    refused(post(&http, &token, "multipart/form-data; boundary=x", b"--x--\r\n"), 400, "no field `email`");
    refused(post(&http, &token, "application/json", b"{}"), 400, "RawEmail");
    refused(post(&http, &token, "message/rfc822", b""), 400, "no mail");
    refused(send(&http, "GET /intake/raw", &[], b""), 405, "POST");
    refused(send(&http, "POST /intake/other", &[], b""), 404, "no way in");
    let bearer = format!("Authorization: Bearer {token}");
    refused(send(&http, "POST /intake/raw", &[&bearer, "Content-Encoding: gzip"], b"x"), 415, "unpacked");

    // By its length, before a byte of it came.
    let mut stream = TcpStream::connect(&http).unwrap();
    write!(
        stream,
        "POST {RAW} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}\r\nContent-Length: 26214401\r\n\r\n"
    )
    .unwrap();
    refused(heard(stream), 413, "26214400");
    // In pieces whose sum nobody told.
    let mut stream = TcpStream::connect(&http).unwrap();
    write!(
        stream,
        "POST {RAW} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..26 {
        write!(stream, "{:x}\r\n", piece.len()).unwrap();
        stream.write_all(&piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    refused(heard(stream), 413, "26214400");
    assert!(suppressed(&house).is_empty());
    // The dashboard beside it is what it was.
    assert!(house::get(&http, "/sign-in").starts_with("HTTP/1.1 200"));
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn what_sendgrid_and_postmark_wrap_is_taken_and_vouched_for_by_nobody() {
    let house = House::with_account();
    let token = token_of(&opened(&house, "service", &["--relay"]));
    let vouching = token_of(&opened(&house, "mailer", &[]));
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let door_of = |answer: &Answer| {
        assert_eq!(outcome(answer), "suppressed");
        let shown = house.objects(&["notice", "show", "--account", "blue-widgets", answer.1["mail"].as_str().unwrap()]);
        (shown[0]["door"].as_str().unwrap().to_owned(), shown[0]["provenance"].as_str().unwrap().to_owned())
    };
    let relay = ("relay".to_owned(), "unproven".to_owned());
    let raw = |number: u8| house::opt_out(&format!("111-000000{number}-0000001"));

    assert_eq!(door_of(&post(&http, &token, "message/rfc822", raw(1).as_bytes())), relay);
    let form = format!(
        "--b0\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nx@in.example\r\n--b0\r\n\
         Content-Disposition: form-data; name=\"email\"\r\n\r\n{}\r\n--b0--\r\n",
        raw(2)
    );
    // SendGrid and Postmark can't set a header, but a name and a password in the address.
    let basic = data_encoding::BASE64.encode(format!("abide:{vouching}").as_bytes());
    let (basic, kind) = (format!("Authorization: Basic {basic}"), "Content-Type: multipart/form-data; boundary=b0");
    assert_eq!(door_of(&send(&http, "POST /intake/raw", &[&basic, kind], form.as_bytes())), relay);
    let json = serde_json::json!({ "From": "a@b.example", "RawEmail": raw(3).replace("\r\n", "\n") }).to_string();
    assert_eq!(door_of(&post(&http, &vouching, "application/json", json.as_bytes())), relay);
    assert_eq!(suppressed(&house).len(), 3);
    assert_eq!(serving.stop("-TERM"), 0);
}

/// What Mailgun posts, signed at `at` (seconds since 1970).
struct MailgunPost {
    key: &'static str,
    at: i64,
    token: &'static str,
    recipient: String,
    mail: String,
}

impl MailgunPost {
    fn now(token: &'static str, mail: &str) -> Self {
        let at = jiff::Timestamp::now().as_second();
        Self { key: KEY, at, token, recipient: "x@in.example".to_owned(), mail: mail.to_owned() }
    }

    fn signature(&self) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).unwrap();
        mac.update(format!("{}{}", self.at, self.token).as_bytes());
        data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())
    }

    fn fields(&self) -> [(&'static str, String); 6] {
        [
            ("recipient", self.recipient.clone()),
            ("subject", "100% = a & b".into()),
            ("body-mime", self.mail.clone()),
            ("timestamp", self.at.to_string()),
            ("token", self.token.into()),
            ("signature", self.signature()),
        ]
    }

    fn url_encoded(&self) -> (String, String) {
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let pairs = self.fields().map(|(name, value)| format!("{name}={}", escaped(&value)));
        ("Content-Type: application/x-www-form-urlencoded".into(), pairs.join("&"))
    }

    fn multipart(&self) -> (String, String) {
        let part = |(name, value): &(&str, String)| {
            format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts = self.fields().iter().map(part).collect::<Vec<_>>().concat();
        ("Content-Type: multipart/form-data; boundary=b0".into(), format!("{parts}--b0--\r\n"))
    }
}

/// A house with a route of Mailgun's, and the path of its address.
fn with_mailgun() -> (House, String) {
    let house = House::with_account();
    let key = house.file("mailgun.key", format!("{KEY}\n"));
    let door = opened(&house, "mailgun", &["--mailgun", "--secret-file", &key]);
    assert!(door["token"].is_null());
    let path = format!("/intake/mailgun/{}/mime", door["id"].as_str().unwrap());
    assert!(door["url"].as_str().unwrap().ends_with(&path), "{door}");
    (house, path)
}

fn deliver(http: &str, path: &str, (kind, body): (String, String)) -> Answer {
    send(http, &format!("POST {path}"), &[&kind], body.as_bytes())
}

#[test]
fn mailguns_posts_are_taken_in_both_forms_and_at_the_address_they_name() {
    let (house, path) = with_mailgun();
    let addresses = house.objects(&["address", "list", "--account", "blue-widgets"]);
    let address = addresses[0]["address"].as_str().unwrap();
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let one = MailgunPost::now("aaa", &house::opt_out("111-0000001-0000001"));
    assert_eq!(outcome(&deliver(&http, &path, one.url_encoded())), "suppressed");
    // Where its lines lost their CR on the way, they get it back.
    let mut two = MailgunPost::now("bbb", &house::opt_out("111-0000002-0000002").replace("\r\n", "\n"));
    two.recipient = address.replace("@localhost", "+x@mg.example");
    let answer = deliver(&http, &path, two.multipart());
    assert_eq!(outcome(&answer), "suppressed");
    let shown = house.objects(&["notice", "show", "--account", "blue-widgets", answer.1["mail"].as_str().unwrap()]);
    assert_eq!((&shown[0]["door"], &shown[0]["provenance"]), (&"mailgun".into(), &"unproven".into()));
    let listed = house.objects(&["address", "list", "--account", "blue-widgets"]);
    let seen: Vec<bool> = listed.iter().map(|one| one["last_mail_at"].is_string()).collect();
    assert_eq!(seen.iter().filter(|seen| **seen).count(), 1, "{listed:?}");
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_post_that_mailgun_did_not_sign_or_that_brings_another_mail_is_refused() {
    let (house, path) = with_mailgun();
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let mail = house::opt_out("111-0000001-0000001");
    let genuine = MailgunPost::now("aaa", &mail);
    let forged = MailgunPost { key: "key-of-somebody-else", ..MailgunPost::now("aaa", &mail) };
    assert_eq!(deliver(&http, &path, forged.url_encoded()).0, 401);
    assert_eq!(deliver(&http, &path, forged.multipart()).0, 401);
    let old = MailgunPost { at: genuine.at - 9 * 3600 - 5, ..MailgunPost::now("bbb", &mail) };
    assert_eq!(deliver(&http, &path, old.multipart()).0, 401);
    let early = MailgunPost { at: genuine.at + 400, ..MailgunPost::now("ccc", &mail) };
    assert_eq!(deliver(&http, &path, early.multipart()).0, 401);
    let elsewhere = "/intake/mailgun/0190a5d0-0000-7000-8000-000000000000/mime";
    assert_eq!(deliver(&http, elsewhere, genuine.multipart()).0, 401);
    assert!(suppressed(&house).is_empty());

    // A retry whose answer was lost goes on; what was overheard brings no other mail.
    assert_eq!(outcome(&deliver(&http, &path, genuine.url_encoded())), "suppressed");
    assert_eq!(outcome(&deliver(&http, &path, genuine.multipart())), "repeated");
    let forged = MailgunPost { mail: house::opt_out("111-0000009-0000009"), ..genuine };
    assert_eq!(deliver(&http, &path, forged.multipart()).0, 406);
    assert_eq!(suppressed(&house), ["111-0000001-0000001"]);
    house.run(&["account", "token", "revoke", "--account", "blue-widgets", "--name", "mailgun"]).done();
    let fresh = MailgunPost::now("ddd", &mail);
    assert_eq!(deliver(&http, &path, fresh.multipart()).0, 401);
    assert_eq!(serving.stop("-TERM"), 0);
}

/// Posts every fourth of some requests until the server is gone; which were acknowledged.
fn until_killed(
    http: &str,
    first: usize,
    answered: &AtomicUsize,
    mut one: impl FnMut(usize) -> (Vec<String>, Vec<u8>),
) -> Vec<usize> {
    let mut acknowledged = Vec::new();
    for number in (first..1000).step_by(4) {
        let (head, body) = one(number);
        let Ok(mut stream) = TcpStream::connect(http) else { break };
        let said = format!("{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", head.join("\r\n"), body.len());
        if stream.write_all(said.as_bytes()).and_then(|()| stream.write_all(&body)).is_err() {
            break;
        }
        let mut answer = String::new();
        // A connection that breaks has acknowledged nothing, unless the status was heard.
        let _ = stream.read_to_string(&mut answer);
        if !answer.starts_with("HTTP/1.1 200") {
            break;
        }
        acknowledged.push(number);
        answered.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

#[test]
fn a_killed_server_has_lost_no_mail_that_it_acknowledged_and_takes_the_others_again() {
    let (house, path) = with_mailgun();
    let token = token_of(&opened(&house, "mailer", &[]));
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let order = |number: usize| format!("111-{number:07}-0000001");
    let at = jiff::Timestamp::now().as_second();
    let mails: Vec<String> = (0..1000).map(|number| house::opt_out(&order(number))).collect();
    // Odd ones by Mailgun, even ones by token.
    let request = |number: usize| {
        let mail = mails[number].clone();
        if number.is_multiple_of(2) {
            let head = [format!("POST {RAW} HTTP/1.1"), "Host: x".into(), format!("Authorization: Bearer {token}")];
            return (head.to_vec(), mail.into_bytes());
        }
        let token: &'static str = format!("t{number}").leak();
        let (kind, body) = MailgunPost { at, recipient: String::new(), ..MailgunPost::now(token, &mail) }.multipart();
        (vec![format!("POST {path} HTTP/1.1"), "Host: x".into(), kind], body.into_bytes())
    };
    let answered = AtomicUsize::new(0);
    let acknowledged: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|first| {
                scope.spawn({
                    let (http, answered, request) = (&http, &answered, &request);
                    move || until_killed(http, first, answered, request)
                })
            })
            .collect();
        while answered.load(Ordering::SeqCst) < 40 {
            std::thread::yield_now();
        }
        serving.signal("-KILL");
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    drop(serving);
    assert!(acknowledged.len() >= 40);
    let list = suppressed(&house);
    for number in &acknowledged {
        assert!(list.contains(&order(*number)), "{number} was acknowledged and is lost");
    }
    // Whoever was not answered sends the same again.
    let serving = Serving::start(&house, &[]);
    let http = http_of(&serving);
    let last = acknowledged.iter().max().unwrap() + 8;
    let again = until_killed(&http, 0, &AtomicUsize::new(0), |number| request((number / 4).min(last)));
    assert_eq!(again.len(), 250);
    assert_eq!(suppressed(&house).len(), last + 1);
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}
