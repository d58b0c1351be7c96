//! Servers that lie, dawdle and babble, and what is said to a server at all: scripted ones on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use connection::TrustedRoots;
use intake::imap::{ImapFault, Pace, Tried, try_out};
use model::mail_folder::{FolderProof, FolderStart, FolderTrouble, MailFolder};
use model::sender::{Secret, Security, SubmissionServer};

use crate::house::{House, quick};

/// A server with its script; everything that was said to it is told.
fn server(script: impl Fn(&mut Talk) -> std::io::Result<()> + Send + 'static) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap());
            let mut talk = Talk { stream, lines, tell: tell.clone() };
            // A client that hangs up ends the script.
            let _ = script(&mut talk);
        }
    });
    (port, told)
}

/// What a server does with one connection.
type Script = fn(&mut Talk) -> std::io::Result<()>;

struct Talk {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
    tell: mpsc::Sender<String>,
}

impl Talk {
    fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(text.as_bytes())
    }

    fn hear(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        let _ = self.tell.send(line.clone());
        Ok(line)
    }

    /// Hears one command, and says the rest behind its tag, after other text.
    fn answer(&mut self, before: &str, end: &str) -> std::io::Result<String> {
        let line = self.hear()?;
        let tag = line.split(' ').next().unwrap_or_default().to_owned();
        self.say(&format!("{before}{tag} {end}\r\n"))?;
        Ok(line)
    }

    /// Greets, tells what it can do, and takes the sign-in.
    fn begin(&mut self) -> std::io::Result<()> {
        self.say("* OK ready\r\n")?;
        self.answer("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n", "OK done")?;
        self.answer("", "OK signed in")?;
        self.answer("* CAPABILITY IMAP4rev1\r\n", "OK done").map(drop)
    }
}

fn folder(port: u16, security: Security) -> MailFolder {
    MailFolder {
        server: SubmissionServer::new("127.0.0.1", port, security).unwrap(),
        user: "shop".into(),
        proof: FolderProof::Password(Secret::new("tin-whistle".into())),
        folder: "INBOX".parse().unwrap(),
        move_to: None,
        start: FolderStart::Whole,
    }
}

async fn tried(folder: &MailFolder) -> Result<Tried, ImapFault> {
    let pace = quick().with_each_step(Duration::from_secs(1));
    let roots = TrustedRoots::public().unwrap();
    let tried = try_out(folder, &roots, &pace);
    let tried = tokio::time::timeout(Duration::from_secs(20), tried).await.expect("it hangs");
    tried.map_err(|(fault, _)| fault)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_makes_it_wait_or_grow_without_end() {
    let cases: [(&str, FolderTrouble, Script); 7] = [
        ("is silent", FolderTrouble::Lost, |talk| talk.hear().map(drop)),
        ("drips", FolderTrouble::Lost, |talk| {
            talk.say("* OK ")?;
            loop {
                std::thread::sleep(Duration::from_millis(50));
                talk.say("x")?;
            }
        }),
        ("never ends its line", FolderTrouble::Misbehaved, |talk| {
            talk.say("* OK ")?;
            loop {
                talk.say(&"x".repeat(4096))?;
            }
        }),
        ("speaks another language", FolderTrouble::Misbehaved, |talk| talk.say("220 smtp.example ESMTP\r\n")),
        ("babbles", FolderTrouble::Misbehaved, |talk| {
            talk.say("* OK ready\r\n")?;
            talk.hear()?;
            loop {
                talk.say(&"* 1 EXISTS\r\n".repeat(500))?;
            }
        }),
        ("announces a huge literal", FolderTrouble::Misbehaved, |talk| {
            talk.begin()?;
            talk.hear()?;
            talk.say("* 1 FETCH (BODY[] {4000000000}\r\n")?;
            talk.hear().map(drop)
        }),
        ("hangs up", FolderTrouble::Lost, |talk| {
            talk.begin()?;
            talk.hear()?;
            talk.say("* BYE shop, go away\r\n")
        }),
    ];
    for (what, trouble, script) in cases {
        let (port, _told) = server(script);
        let began = Instant::now();
        let fault = tried(&folder(port, Security::None)).await.unwrap_err();
        assert_eq!(fault.trouble, trouble, "it {what}: {fault:?}");
        assert!(!format!("{fault} {fault:?}").contains("shop"), "the server's words are shown to nobody");
        println!("it {what}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_said_before_tls() {
    let (port, told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n", "OK done")?;
        talk.hear().map(drop)
    });
    let fault = tried(&folder(port, Security::StartTls)).await.unwrap_err();
    assert_eq!(fault.trouble, FolderTrouble::NotSecure);
    assert_eq!(told.iter().take(1).collect::<Vec<_>>(), ["a1 CAPABILITY"]);
    // What a stranger slips in behind the answer is not taken for the server's word under TLS.
    let (port, told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1 STARTTLS\r\n", "OK done")?;
        talk.answer("", "OK begin\r\n* CAPABILITY AUTH=PLAIN")?;
        talk.hear().map(drop)
    });
    let fault = tried(&folder(port, Security::StartTls)).await.unwrap_err();
    assert_eq!(fault.trouble, FolderTrouble::Misbehaved);
    let said: Vec<String> = told.try_iter().collect();
    assert_eq!(said[..2], ["a1 CAPABILITY", "a2 STARTTLS"]);
    assert!(!said.concat().contains("AUTHENTICATE"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_refuse_for_now() {
    let (port, _told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n", "OK done")?;
        talk.answer("", "NO [UNAVAILABLE] shop: come back later").map(drop)
    });
    let fault = tried(&folder(port, Security::None)).await.unwrap_err();
    assert_eq!(fault.trouble, FolderTrouble::Unreachable, "a server in trouble refuses nobody");
    assert_eq!(fault.said.as_deref(), Some("shop: come back later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_signing_in_says_what_it_should() {
    // LOGIN, with literals where there is more than ASCII.
    let (port, told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1\r\n", "OK done")?;
        talk.hear()?;
        for _ in 0..2 {
            talk.say("+ go on\r\n")?;
            talk.hear()?;
        }
        talk.say("a2 NO no\r\n")
    });
    let beyond =
        MailFolder { proof: FolderProof::Password(Secret::new("p\u{f6}".into())), ..folder(port, Security::None) };
    assert_eq!(tried(&beyond).await.unwrap_err().trouble, FolderTrouble::SignInRefused);
    assert_eq!(told.iter().take(4).collect::<Vec<_>>(), ["a1 CAPABILITY", "a2 LOGIN {4}", "shop {3}", "p\u{f6}"]);

    // PLAIN without an initial response; none where the server takes no password at all.
    let (port, told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "OK done")?;
        talk.hear()?;
        talk.say("+ \r\n")?;
        talk.hear()?;
        talk.say("a2 NO [AUTHENTICATIONFAILED] no\r\n")
    });
    assert_eq!(tried(&folder(port, Security::None)).await.unwrap_err().trouble, FolderTrouble::SignInRefused);
    assert_eq!(told.iter().skip(1).take(2).collect::<Vec<_>>(), ["a2 AUTHENTICATE PLAIN", "AHNob3AAdGluLXdoaXN0bGU="]);
    let (port, told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2\r\n", "OK done")?;
        talk.hear().map(drop)
    });
    let fault = tried(&folder(port, Security::None)).await.unwrap_err();
    assert_eq!(fault.trouble, FolderTrouble::SignInRefused);
    assert!(fault.sentence.contains("OAuth"), "{fault}");
    assert_eq!(told.try_iter().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_read_anew_at_each_sign_in() {
    for (offered, first, second) in [
        ("XOAUTH2", "dXNlcj1zaG9wAWF1dGg9QmVhcmVyIG9uZQEB", "dXNlcj1zaG9wAWF1dGg9QmVhcmVyIHR3bwEB"),
        ("OAUTHBEARER", "", ""),
    ] {
        let (port, told) = server(move |talk| {
            talk.say("* OK ready\r\n")?;
            talk.answer(&format!("* CAPABILITY IMAP4rev1 SASL-IR AUTH={offered}\r\n"), "OK done")?;
            talk.hear()?;
            // The reason, which the client has to answer before the verdict.
            talk.say("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")?;
            talk.hear()?;
            talk.say("a2 NO no\r\n")
        });
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("token");
        let folder = MailFolder { proof: FolderProof::TokenFile(file.clone()), ..folder(port, Security::None) };
        let mut said = Vec::new();
        for token in ["one\n", "two\n"] {
            std::fs::write(&file, token).unwrap();
            assert_eq!(tried(&folder).await.unwrap_err().trouble, FolderTrouble::SignInRefused);
            let heard: Vec<String> = told.iter().take(3).collect();
            said.push((heard[1].clone(), heard[2].clone()));
        }
        assert_ne!(said[0].0, said[1].0);
        for ((line, empty), expected) in said.iter().zip([first, second]) {
            assert!(line.starts_with(&format!("a2 AUTHENTICATE {offered} {expected}")), "{line}");
            assert_eq!(empty, if offered == "XOAUTH2" { "" } else { "AQ==" });
        }
        std::fs::write(&file, "two\nlines\n").unwrap();
        assert_eq!(tried(&folder).await.unwrap_err().trouble, FolderTrouble::NoToken);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_told_of_before_the_server_says_that_it_idles_is_not_left_until_the_idle_ends() {
    let (port, told) = server(|talk| {
        talk.say("* OK ready\r\n")?;
        talk.answer("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n", "OK done")?;
        talk.answer("", "OK signed in")?;
        talk.answer("* CAPABILITY IMAP4rev1 IDLE\r\n", "OK done")?;
        talk.answer("* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n", "OK [READ-ONLY] open")?;
        let line = talk.hear()?;
        talk.say("* 1 EXISTS\r\n+ idling\r\n")?;
        talk.hear()?;
        talk.say(&format!("{} OK idled\r\n", line.split(' ').next().unwrap_or_default()))?;
        talk.hear().map(drop)
    });
    let house = House::new().await;
    house.set(folder(port, Security::None)).await;
    let watching = house.watch_at(Pace { idle: Duration::from_mins(9), ..quick() }, TrustedRoots::public().unwrap());
    let said = tokio::task::spawn_blocking(move || {
        let mut said = Vec::new();
        while let Ok(line) = told.recv_timeout(Duration::from_secs(20)) {
            said.push(line);
            if said.last().is_some_and(|line| line == "DONE") {
                break;
            }
        }
        said
    });
    let said = said.await.unwrap();
    assert_eq!(said.last().map(String::as_str), Some("DONE"), "{said:?}");
    watching.stop().await;
}
