//! Opening a dialogue: connect, greeting, TLS, sign-in, each in its own time. Nothing secret is said before TLS stands,
//! and without TLS only to this machine; a token's file is read anew each time.

use std::io::Read;
use std::path::Path;

use connection::TrustedRoots;
use data_encoding::BASE64;
use model::mail_folder::{FolderProof, FolderTrouble, MailFolder};
use model::sender::Security;
use zeroize::Zeroizing;

use super::dialogue::{Dialogue, Times};
use super::response::{Response, Status, Verdict, capabilities};
use super::wire::{Deadline, Wire};
use super::{ImapFault, names};

/// The longest OAuth token, in bytes; providers' have up to some 4,000.
const LONGEST_TOKEN: u64 = 16 * 1024;

/// Connects and signs in.
pub(super) async fn open(folder: &MailFolder, roots: &TrustedRoots, times: &Times) -> Result<Dialogue, ImapFault> {
    let server = &folder.server;
    let stream = connection::connect(server, times.connect).await?;
    let mut wire = match server.security() {
        Security::Tls => Wire::new(connection::under_tls(stream, server, roots, times.connect).await?),
        Security::StartTls | Security::None => Wire::new(stream),
    };
    greeting(&mut wire, times).await?;
    if server.security() == Security::StartTls {
        if !offered(&mut wire, times).await?.iter().any(|word| word == "STARTTLS") {
            return Err(ImapFault::why(
                FolderTrouble::NotSecure,
                "the mail server does not offer STARTTLS, so nothing was said to it",
            ));
        }
        let status = wire.command(b"STARTTLS", times.command, |_| Ok(())).await?;
        if status.verdict != Verdict::Ok {
            let fault = ImapFault::why(FolderTrouble::NotSecure, "the mail server refuses STARTTLS");
            return Err(fault.saying(&status.words));
        }
        let bare = wire.into_stream()?;
        wire = Wire::new(connection::under_tls(bare, server, roots, times.connect).await?);
    }
    // What was offered before TLS counts for nothing (RFC 3501, 6.2.1).
    let before = offered(&mut wire, times).await?;
    sign_in(&mut wire, folder, &before, times).await?;
    let after = offered(&mut wire, times).await?;
    Ok(Dialogue::new(wire, after, *times))
}

async fn greeting(wire: &mut Wire, times: &Times) -> Result<(), ImapFault> {
    match wire.hear(Deadline::within(times.command)).await? {
        Response::Status(Status { verdict: Verdict::Ok, .. }) => Ok(()),
        Response::Status(status) if status.verdict == Verdict::Bye => {
            Err(ImapFault::why(FolderTrouble::Unreachable, "the mail server sends this machine away")
                .saying(&status.words))
        }
        // Signed in without having asked: then TLS can't be begun any more, and it is nobody's mailbox that was named.
        _ => Err(ImapFault::misbehaved()),
    }
}

async fn offered(wire: &mut Wire, times: &Times) -> Result<Vec<String>, ImapFault> {
    let mut words = Vec::new();
    let status = wire
        .command(b"CAPABILITY", times.command, |response| {
            match response {
                Response::Capability(told) => words = told,
                Response::Status(Status { code: Some(code), .. }) if code.starts_with("CAPABILITY ") => {
                    words = capabilities(&code);
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    if status.verdict == Verdict::Ok { Ok(words) } else { Err(ImapFault::misbehaved().saying(&status.words)) }
}

async fn sign_in(wire: &mut Wire, folder: &MailFolder, offered: &[String], times: &Times) -> Result<(), ImapFault> {
    let offers = |word: &str| offered.iter().any(|offered| offered == word);
    let user = folder.user.as_str();
    let status = match &folder.proof {
        FolderProof::Password(password) if offers("AUTH=PLAIN") => {
            let words = Zeroizing::new(format!("\0{user}\0{}", password.reveal()));
            authenticate(wire, "PLAIN", words.as_bytes(), offers("SASL-IR"), times).await?
        }
        FolderProof::Password(password) if !offers("LOGINDISABLED") => {
            login(wire, user, password.reveal(), times).await?
        }
        FolderProof::Password(_) => {
            return Err(ImapFault::why(
                FolderTrouble::SignInRefused,
                "the mail server takes no password; give an OAuth token (--token-file)",
            ));
        }
        FolderProof::TokenFile(file) => {
            let token = token(file)?;
            let server = &folder.server;
            if offers("AUTH=OAUTHBEARER") {
                let (host, port) = (server.host(), server.port());
                // RFC 7628, 3.1; a comma and an equals sign in the name are written so (RFC 5801, 4).
                let user = user.replace('=', "=3D").replace(',', "=2C");
                let words = Zeroizing::new(format!(
                    "n,a={user},\u{1}host={host}\u{1}port={port}\u{1}auth=Bearer {}\u{1}\u{1}",
                    token.as_str()
                ));
                authenticate(wire, "OAUTHBEARER", words.as_bytes(), offers("SASL-IR"), times).await?
            } else if offers("AUTH=XOAUTH2") {
                let words = Zeroizing::new(format!("user={user}\u{1}auth=Bearer {}\u{1}\u{1}", token.as_str()));
                authenticate(wire, "XOAUTH2", words.as_bytes(), offers("SASL-IR"), times).await?
            } else {
                return Err(ImapFault::why(
                    FolderTrouble::SignInRefused,
                    "the mail server takes no OAuth token; give a password (--password-file)",
                ));
            }
        }
    };
    if status.verdict == Verdict::Ok {
        return Ok(());
    }
    // RFC 5530: for now.
    let for_now = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"].iter().any(|code| status.is(code));
    let fault = if for_now {
        ImapFault::why(FolderTrouble::Unreachable, "the mail server asked to come back later")
    } else {
        ImapFault::of(FolderTrouble::SignInRefused)
    };
    Err(fault.saying(&status.words))
}

/// AUTHENTICATE with one answer (RFC 3501, 6.2.2; RFC 4959). Whatever else the server asks gets an empty one, by which
/// OAuth's mechanisms end after a refusal (RFC 7628, 3.2.3).
async fn authenticate(
    wire: &mut Wire,
    mechanism: &str,
    answer: &[u8],
    at_once: bool,
    times: &Times,
) -> Result<Status, ImapFault> {
    let deadline = Deadline::within(times.command);
    let answer = Zeroizing::new(BASE64.encode(answer));
    let command = if at_once {
        format!("AUTHENTICATE {mechanism} {}", answer.as_str())
    } else {
        format!("AUTHENTICATE {mechanism}")
    };
    let tag = wire.send(Zeroizing::new(command).as_bytes(), deadline).await?;
    let mut answers = if at_once { Vec::new() } else { vec![Zeroizing::new(format!("{}\r\n", answer.as_str()))] };
    for _ in 0..10 {
        match wire.hear(deadline).await? {
            Response::Done { tag: its_tag, status } if its_tag == tag => return Ok(status),
            Response::Continue => {
                let empty = if mechanism == "OAUTHBEARER" { "AQ==\r\n" } else { "\r\n" };
                let line = answers.pop().unwrap_or_else(|| Zeroizing::new(empty.to_owned()));
                wire.say(line.as_bytes(), deadline).await?;
            }
            Response::Status(status) if status.verdict == Verdict::Bye => {
                return Err(ImapFault::lost().saying(&status.words));
            }
            Response::Done { .. } => break,
            _ => {}
        }
    }
    Err(ImapFault::misbehaved())
}

/// LOGIN, for servers without AUTHENTICATE PLAIN; names and passwords beyond ASCII go as literals.
async fn login(wire: &mut Wire, user: &str, password: &str, times: &Times) -> Result<Status, ImapFault> {
    let deadline = Deadline::within(times.command);
    let plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if plain(user) && plain(password) {
        let (user, password) = (names::quoted(user), Zeroizing::new(names::quoted(password)));
        let command = Zeroizing::new(format!("LOGIN {user} {}", password.as_str()));
        let tag = wire.send(command.as_bytes(), deadline).await?;
        return wire.end_of(&tag, deadline, |_| Ok(())).await;
    }
    let tag = wire.send(format!("LOGIN {{{}}}", user.len()).as_bytes(), deadline).await?;
    let second = format!("{user} {{{}}}\r\n", password.len());
    for line in [Zeroizing::new(second), Zeroizing::new(format!("{password}\r\n"))] {
        loop {
            match wire.hear(deadline).await? {
                Response::Continue => break,
                Response::Done { tag: its_tag, status } if its_tag == tag => return Ok(status),
                Response::Done { .. } => return Err(ImapFault::misbehaved()),
                _ => {}
            }
        }
        wire.say(line.as_bytes(), deadline).await?;
    }
    wire.end_of(&tag, deadline, |_| Ok(())).await
}

/// The token in its file: one line.
fn token(file: &Path) -> Result<Zeroizing<String>, ImapFault> {
    let unread = |_| ImapFault::of(FolderTrouble::NoToken);
    let mut text = Zeroizing::new(String::new());
    let opened = std::fs::File::open(file).map_err(unread)?;
    opened.take(LONGEST_TOKEN + 1).read_to_string(&mut text).map_err(unread)?;
    let token = text.trim();
    let whole = u64::try_from(token.len()).is_ok_and(|length| length <= LONGEST_TOKEN);
    if token.is_empty() || !whole || !token.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) {
        return Err(ImapFault::why(
            FolderTrouble::NoToken,
            "the file with the OAuth token must hold the token on one line and nothing else",
        ));
    }
    Ok(Zeroizing::new(token.to_owned()))
}
