//! A peer that talks to a session, and the world behind it.

use std::collections::HashMap;
use std::sync::Arc;

use intake::Recipient;
use intake::data::Allowance;
use intake::session::{Demand, Lookup, ReceivedMail, Recording, Session, Terms};
use model::{AccountId, AddressId};

/// A peer that talks to a session, and the world behind it.
pub struct Dialogue {
    pub session: Session,
    pub known: HashMap<String, Recipient>,
    pub lookups_fail: bool,
    pub recording: Recording,
    pub mails: Vec<ReceivedMail>,
    pub ended: bool,
    pub asked_for: Vec<String>,
}

pub fn terms() -> Terms {
    Terms { tls: true, ..Terms::for_domain("inbox.example.com").unwrap() }
}

pub fn recipient() -> Recipient {
    Recipient { account: AccountId::generate(), address: AddressId::generate() }
}

impl Dialogue {
    pub fn with(terms: Terms) -> Self {
        let session = Session::new(&Arc::new(terms), &Allowance::new(1 << 20));
        let known = ["first-abc", "second-def"].map(|name| (name.to_owned(), recipient()));
        Self {
            session,
            known: known.into(),
            lookups_fail: false,
            recording: Recording::Durable,
            mails: Vec::new(),
            ended: false,
            asked_for: Vec::new(),
        }
    }

    /// After the greeting.
    pub fn new() -> Self {
        let mut dialogue = Self::with(terms());
        assert_eq!(dialogue.raw(b""), "220 inbox.example.com ESMTP Abide\r\n");
        dialogue
    }

    /// After EHLO.
    pub fn greeted() -> Self {
        let mut dialogue = Self::new();
        dialogue.cmd("EHLO peer.example.net", "250");
        dialogue
    }

    /// After MAIL and RCPT.
    pub fn addressed() -> Self {
        let mut dialogue = Self::greeted();
        dialogue.cmd("MAIL FROM:<someone@example.net>", "250 2.1.0");
        dialogue.cmd("RCPT TO:<first-abc@inbox.example.com>", "250 2.1.5");
        dialogue
    }

    pub fn raw(&mut self, mut input: &[u8]) -> String {
        loop {
            let (taken, demand) = self.session.feed(input);
            input = &input[taken..];
            let follow_up = match demand {
                None => break,
                Some(Demand::FindRecipient(local_part)) => {
                    self.asked_for.push(local_part.0.clone());
                    let answer = match self.known.get(&local_part.0) {
                        _ if self.lookups_fail => Lookup::Unavailable,
                        Some(recipient) => Lookup::Known(*recipient),
                        None => Lookup::Unknown,
                    };
                    self.session.recipient_found(answer)
                }
                Some(Demand::Record(mail)) => {
                    self.mails.push(*mail);
                    self.session.recorded(self.recording)
                }
                Some(Demand::StartTls) => {
                    input = b"";
                    self.session.secured();
                    None
                }
                Some(Demand::Close) => Some(Demand::Close),
            };
            if follow_up.is_some() {
                self.ended = true;
                break;
            }
        }
        String::from_utf8(self.session.take_output()).unwrap()
    }

    /// One command and how its reply begins.
    #[track_caller]
    pub fn cmd(&mut self, command: &str, reply: &str) -> String {
        let said = self.raw(format!("{command}\r\n").as_bytes());
        assert!(said.starts_with(reply), "{command:?} was answered by {said:?}, not {reply:?}");
        assert!(said.ends_with("\r\n"));
        said
    }

    #[track_caller]
    pub fn send(&mut self, mail: &str, reply: &str) {
        self.cmd("DATA", "354 ");
        let said = self.raw(mail.as_bytes());
        assert_eq!(said, "", "a reply before the end of the mail");
        let said = self.raw(b"\r\n.\r\n");
        assert!(said.starts_with(reply), "the mail was answered by {said:?}, not {reply:?}");
    }
}
