//! One SMTP or LMTP session as a state machine over bytes (RFC 5321, RFC 2033): bytes in, replies and demands out, no socket
//! and no clock. What needs the world (finding an address, recording a mail, TLS, closing) is a [`Demand`];
//! until it is answered no further byte is taken. A 250 for a mail exists only as the answer to
//! [`Session::recorded`] with [`Recording::Durable`] (law 1).

mod command;
mod envelope;
mod greeting;
mod line;
mod mail;
mod parameters;
mod path;
mod rcpt;
mod reply;
mod short_verbs;
mod starttls;
mod terms;
mod transfer;

use std::sync::Arc;

pub use envelope::{Lookup, ReceivedMail, RecordedFor, Recording};
pub use terms::{InvalidDomain, Limits, Protocol, Terms};

use crate::data::{Allowance, DataReader};
use envelope::{Accepted, Transaction};
use line::CommandLines;
use reply::Reply;

/// One session with one peer.
#[derive(Debug)]
pub struct Session {
    terms: Arc<Terms>,
    allowance: Arc<Allowance>,
    stage: Stage,
    lines: CommandLines,
    /// Whether the peer has said EHLO, HELO or LHLO.
    greeted: bool,
    /// Whether TLS is active.
    secured: bool,
    transaction: Option<Transaction>,
    /// Whom the mail is for whose recording is awaited, in the order of their RCPTs.
    accepted: Vec<Accepted>,
    counts: Tally,
    output: Vec<u8>,
}

#[derive(Debug)]
enum Stage {
    /// The next bytes are a command.
    Commands,
    /// The next bytes are a mail.
    Data(Box<DataReader>),
    /// A demand is open.
    Waiting(Waiting),
    /// Nothing is taken any more.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Recipient,
    Record,
    Tls,
}

/// What came of a session so far, in numbers alone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Mails recorded and acknowledged.
    pub mails: u32,
    /// Mails that came whole and were refused, for good or for now.
    pub refused_mails: u32,
    /// Recipients that are unknown or of another domain.
    pub unknown_recipients: u32,
    /// Faulty commands.
    pub faults: u32,
    /// Commands since the last mail.
    pub commands_since_mail: u32,
}

/// What the session needs from the world before it goes on.
#[derive(Debug)]
pub enum Demand {
    /// Look an inbound address up and answer with [`Session::recipient_found`]. The local part is a secret.
    FindRecipient(SecretLocalPart),
    /// Record the mail and answer with [`Session::recorded`].
    Record(Box<ReceivedMail>),
    /// Send the output, throw away what else the peer sent in plain text, make TLS, and answer with
    /// [`Session::secured`].
    StartTls,
    /// Send the output and close.
    Close,
}

/// The part before `@` of an inbound address, canonical; hidden from `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretLocalPart(pub String);

impl std::fmt::Debug for SecretLocalPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretLocalPart")
    }
}

impl Session {
    /// A session whose first output is the greeting (RFC 5321, 4.3.1).
    pub fn new(terms: &Arc<Terms>, allowance: &Arc<Allowance>) -> Self {
        let mut session = Self {
            terms: Arc::clone(terms),
            allowance: Arc::clone(allowance),
            stage: Stage::Commands,
            lines: CommandLines::new(terms.limits.command_line),
            greeted: false,
            secured: false,
            transaction: None,
            accepted: Vec::new(),
            counts: Tally::default(),
            output: Vec::new(),
        };
        session.say_greeting();
        session
    }

    /// Takes bytes from the peer, up to the first demand. Returns how many were taken, and the demand.
    /// With a demand open, or after [`Demand::Close`], none are taken.
    pub fn feed(&mut self, input: &[u8]) -> (usize, Option<Demand>) {
        let mut taken = 0;
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            let demand = match &mut self.stage {
                Stage::Commands => {
                    let (count, line) = self.lines.take(rest);
                    taken += count;
                    match line {
                        None => return (taken, None),
                        Some(line) => self.command(line),
                    }
                }
                Stage::Data(reader) => {
                    let (count, ended) = reader.feed(rest);
                    taken += count;
                    if !ended {
                        return (taken, None);
                    }
                    self.data_ended()
                }
                Stage::Waiting(_) | Stage::Closed => return (taken, None),
            };
            if demand.is_some() {
                return (taken, demand);
            }
        }
    }

    /// The replies to send to the peer now. They never repeat anything that the peer said.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Whether the peer is in the middle of a mail's bytes.
    pub fn in_data(&self) -> bool {
        matches!(self.stage, Stage::Data(_))
    }

    /// Whether TLS is active.
    pub fn is_secured(&self) -> bool {
        self.secured
    }

    /// What came of it so far.
    pub fn tally(&self) -> Tally {
        self.counts
    }

    /// Ends the session from this side (RFC 5321, 3.8): the program stops.
    pub fn shut_down(&mut self) -> Demand {
        self.close_with(reply::SHUTTING_DOWN)
    }

    /// Ends the session from this side (RFC 5321, 4.5.3.2): the peer took too long.
    pub fn time_out(&mut self) -> Demand {
        self.close_with(reply::TIMED_OUT)
    }

    fn is_lmtp(&self) -> bool {
        self.terms.protocol == Protocol::Lmtp
    }

    fn say(&mut self, reply: Reply) -> Option<Demand> {
        reply.write_to(&mut self.output);
        None
    }

    /// A reply to something the peer should not have said; too many of them end the session.
    fn fault(&mut self, reply: Reply) -> Option<Demand> {
        self.counts.faults += 1;
        if self.counts.faults >= self.terms.limits.faults {
            return Some(self.close_with(reply::TOO_MANY_FAULTS));
        }
        self.say(reply)
    }

    fn close_with(&mut self, reply: Reply) -> Demand {
        reply.write_to(&mut self.output);
        self.stage = Stage::Closed;
        self.transaction = None;
        Demand::Close
    }
}
