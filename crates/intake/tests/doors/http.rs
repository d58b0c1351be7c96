//! The way in by HTTP where the machine is short of something: slow senders, no memory left, a flood; and the state that
//! a crash between Mailgun's post and its mail leaves behind.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use intake::http::{HttpSettings, router};
use model::member::Actor;
use model::{Account, AccountSettings, Clock, Marketplace, Span, Timestamp};
use sha2::{Digest, Sha256};
use store::{DoorKey, HttpDoor, Post, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::notice_by_smtp::{Ground, reading_room};

const KEY: &str = "key";

struct Served {
    _ground: Ground,
    store: Arc<Store>,
    account: Account,
    address: String,
}

async fn served(settings: HttpSettings) -> Served {
    let ground = Ground { folder: tempfile::tempdir().unwrap(), postgres: None };
    let store = ground.store().await;
    let us: Marketplace = "US".parse().unwrap();
    let now = Timestamp::from_clock();
    let account = store.add_account("Blue Widgets".into(), "blue".parse().unwrap(), vec![us], now).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = router(Arc::clone(&store), reading_room(), settings);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { _ground: ground, store, account, address }
}

impl Served {
    async fn token(&self) -> String {
        let key = DoorKey::Token { vouches: true };
        let clock = Clock::real(Timestamp::from_clock());
        let opened = self.store.open_http_door(self.account.id, "x".into(), key, Actor::Operator, clock).await;
        opened.unwrap().1.unwrap().to_string()
    }

    async fn mailgun(&self) -> HttpDoor {
        let key = DoorKey::Mailgun(KEY.to_owned().into());
        let clock = Clock::real(Timestamp::from_clock());
        self.store.open_http_door(self.account.id, "m".into(), key, Actor::Operator, clock).await.unwrap().0
    }

    /// Sends what is given and hears the whole answer.
    async fn answer(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn post(&self, door: &HttpDoor, token: &str, mail: &str) -> String {
        let at = Timestamp::from_clock().as_micros() / 1_000_000;
        let body: String = fields(at, token, mail)
            .map(|(name, value)| format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"))
            .concat()
            + "--b--";
        let head = format!(
            "POST /intake/mailgun/{}/mime HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\n\r\n",
            door.id,
            body.len()
        );
        self.answer(format!("{head}{body}").as_bytes()).await
    }
}

fn fields(at: i64, token: &str, mail: &str) -> [(&'static str, String); 4] {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(format!("{at}{token}").as_bytes());
    let signature = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    [("body-mime", mail.to_owned()), ("timestamp", at.to_string()), ("token", token.into()), ("signature", signature)]
}

fn opt_out(number: u32) -> String {
    format!(
        "From: \"Amazon.com\" <auto-communication@amazon.com>\r\nMessage-ID: <{number}@eu-west-1.amazonses.com>\r\n\
         Subject: Your message could not be delivered\r\nX-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\n\r\n\
         The message for order [111-{number:07}-0000001] was not delivered because the buyer has chosen to opt out of\r\n\
         receiving unsolicited messages from sellers.\r\n"
    )
}

#[tokio::test]
async fn who_sends_too_slowly_or_in_all_too_long_is_let_go() {
    for (pause, whole) in [(200, 60_000), (60_000, 200)] {
        let settings = HttpSettings {
            pause: Duration::from_millis(pause),
            whole: Duration::from_millis(whole),
            ..HttpSettings::default()
        };
        let served = served(settings).await;
        let head = format!(
            "POST /intake/raw HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\nFrom: a",
            served.token().await
        );
        let answer = served.answer(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn a_mail_for_which_no_memory_is_left_is_asked_to_come_again_and_then_has_it() {
    let served = served(HttpSettings { mail_memory: 100_000, ..HttpSettings::default() }).await;
    let token = served.token().await;
    let head = |length: usize| {
        format!(
            "POST /intake/raw HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    };
    let large = head(150_000) + &"x".repeat(150_000);
    let answer = served.answer(large.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 60"), "{answer}");
    let mail = opt_out(1);
    for _ in 0..3 {
        let answer = served.answer((head(mail.len()) + &mail).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "what a mail had is given back: {answer}");
    }
}

#[tokio::test]
async fn a_crash_between_a_post_and_its_mail_leaves_a_post_that_may_bring_this_mail() {
    let served = served(HttpSettings::default()).await;
    let door = served.mailgun().await;
    let mail = opt_out(1);
    // As it stands after a crash: the post is remembered, the mail is not recorded. All within the second that is signed.
    let (at, until) = (Timestamp::from_clock().as_micros() / 1_000_000, Timestamp::from_clock().plus(Span::hours(10)));
    for second in 0..5 {
        let signed = format!("{}aaa", at + second);
        let digest = Sha256::digest(mail.as_bytes()).into();
        let remembered = served.store.remember_mailgun_post(door.id, &signed, digest, until).await.unwrap();
        assert_eq!(remembered, Post::New);
    }
    let answer = served.post(&door, "aaa", &opt_out(2)).await;
    assert!(answer.starts_with("HTTP/1.1 406"), "{answer}");
    let answer = served.post(&door, "aaa", &mail).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("suppressed"), "{answer}");
}

#[tokio::test]
async fn a_flood_of_unproven_posts_is_asked_to_come_back_later() {
    let served = served(HttpSettings::default()).await;
    let settings = AccountSettings { trust_addresses: false, ..served.account.settings };
    let now = Timestamp::from_clock();
    served.store.change_settings(served.account.id, settings, Actor::Operator, now).await.unwrap();
    let door = served.mailgun().await;
    for number in 0..store::UNPROVEN_AN_HOUR {
        let answer = served.post(&door, &format!("t{number}"), &opt_out(number)).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let answer = served.post(&door, "last", &opt_out(999)).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 900"), "{answer}");
}
