//! The SMTP session: replies from a closed list, the same dialogue and the same mails whatever the pieces in
//! which the bytes came, a 250 for exactly the mails that were said to be durable, memory given back.

use std::sync::Arc;

use intake::Recipient;
use intake::data::Allowance;
use intake::session::{Demand, Lookup, Protocol, RecordedFor, Recording, Session, Tally, Terms};
use model::{AccountId, AddressId};

const MEMORY: usize = 64 * 1024;

/// All lines that the receiver ever says, by how they begin; a word of the peer's would be none of them.
const REPLIES: &[&str] = &[
    "214 2.0.0 HELO EHLO STARTTLS MAIL RCPT DATA RSET NOOP VRFY HELP QUIT",
    "220 2.0.0 Ready to start TLS",
    "220 inbox.example.com ESMTP Abide",
    "220 inbox.example.com LMTP Abide",
    "214 2.0.0 LHLO STARTTLS MAIL RCPT DATA RSET NOOP VRFY HELP QUIT",
    "503 5.5.1 Say LHLO first",
    "503 5.5.1 No valid recipients",
    "221 2.0.0 Goodbye",
    "250 inbox.example.com",
    "250-inbox.example.com",
    "250-PIPELINING",
    "250-SIZE 40000",
    "250-8BITMIME",
    "250-SMTPUTF8",
    "250-ENHANCEDSTATUSCODES",
    "250 ENHANCEDSTATUSCODES",
    "250 STARTTLS",
    "250 2.0.0 OK",
    "250 2.1.0 Sender OK",
    "250 2.1.5 Recipient OK",
    "250 2.6.0 Recorded",
    "252 2.1.5 Addresses are not verified; send the mail and see",
    "354 Send the mail, end it with CRLF.CRLF",
    "421 4.7.0 Too many errors",
    "421 4.7.0 Too many unknown recipients",
    "421 4.7.0 Too many mails in one connection; open another",
    "421 4.7.0 Too many commands without a mail",
    "421 4.7.0 This is a mail server",
    "451 4.3.0 The address can't be looked up now; try again later",
    "451 4.3.0 The mail can't be recorded now; try again later",
    "452 4.3.1 Storage is full; try again later",
    "452 4.3.1 Too much mail at once; try again later",
    "452 4.5.3 Too many recipients; send the rest in another mail",
    "500 5.5.2 Line too long",
    "500 5.5.2 A line must end with CRLF",
    "500 5.5.2 A line must be text without control characters",
    "500 5.5.1 Unknown command",
    "501 5.5.4 Bad arguments",
    "501 5.5.4 Say your name after the command",
    "501 5.1.7 Bad sender; write MAIL FROM:<address>",
    "501 5.1.3 Bad recipient; write RCPT TO:<address>",
    "502 5.5.1 Command not implemented",
    "502 5.5.1 TLS is not offered",
    "503 5.5.1 Say EHLO first",
    "503 5.5.1 TLS is active already",
    "503 5.5.1 A mail is begun already",
    "503 5.5.1 Say MAIL first",
    "554 5.5.1 No valid recipients",
    "550 5.1.1 No such address here",
    "550 5.7.1 Relaying denied; that domain is not ours",
    "552 5.3.4 The mail is too large",
    "553 5.6.7 Such an address needs SMTPUTF8",
    "555 5.5.4 Unknown parameter",
];

#[derive(Debug, PartialEq, Eq)]
struct Told {
    replies: Vec<u8>,
    mails: Vec<(usize, bool, Vec<u8>, bool)>,
    tally: Tally,
    durable: usize,
    /// Bytes of the stream taken until the end.
    taken: usize,
}

/// The first byte says how the stream is cut, the second whether TLS is offered, whether LMTP is spoken, and how
/// recording ends.
pub fn check(input: &[u8]) {
    let [seed, world, stream @ ..] = input else { return };
    let tls = world & 1 == 1;
    let told = talk(std::iter::once(stream), *world, tls);
    look_at(&told, stream);
    if !tls && !stream.is_empty() {
        // What follows STARTTLS is thrown away by pieces, so with it the pieces do matter.
        let in_pieces = talk(crate::pieces(stream, *seed).into_iter(), *world, tls);
        // A line that is too long is told of as soon as that shows, so one that ends the session may end it before its
        // own end; no later line is ever taken by the one and not by the other.
        let (fewer, more) = (told.taken.min(in_pieces.taken), told.taken.max(in_pieces.taken));
        assert!(
            !stream[fewer..more.saturating_sub(1).max(fewer)].contains(&b'\n'),
            "the pieces changed what was taken"
        );
        assert_eq!(Told { taken: told.taken, ..in_pieces }, told, "the pieces changed the dialogue");
    }
}

fn look_at(told: &Told, stream: &[u8]) {
    let text = std::str::from_utf8(&told.replies).expect("replies are text");
    assert!(text.is_empty() || text.ends_with("\r\n"));
    for line in text.split_terminator("\r\n") {
        assert!(REPLIES.contains(&line), "not one of the replies: {line:?}");
    }
    assert_eq!(text.matches("250 2.6.0").count(), told.durable, "a 250 without a durable mail, or none for one");
    assert!(told.replies.len() <= 200 + stream.len() * 60);
    for (_, _, raw, mixed) in &told.mails {
        assert!(raw.len() <= stream.len());
        assert_eq!(*mixed, crate::data::has_bare_line_end(raw));
    }
}

fn talk<'a>(pieces: impl Iterator<Item = &'a [u8]>, world: u8, tls: bool) -> Told {
    let lmtp = world & 128 == 128;
    let protocol = if lmtp { Protocol::Lmtp } else { Protocol::Smtp };
    let mut terms = Terms { tls, protocol, ..Terms::for_domain("inbox.example.com").unwrap() };
    terms.limits.mail = 40_000;
    terms.limits.recipients = 3;
    let allowance = Allowance::new(MEMORY);
    let mut session = Session::new(&Arc::new(terms), &allowance);
    let mut told = Told { replies: Vec::new(), mails: Vec::new(), tally: session.tally(), durable: 0, taken: 0 };
    let (account, addresses) = (AccountId::generate(), [AddressId::generate(), AddressId::generate()]);
    'stream: for mut piece in pieces {
        loop {
            let (taken, demand) = session.feed(piece);
            assert!(taken <= piece.len());
            told.taken += taken;
            piece = &piece[taken..];
            told.replies.extend(session.take_output());
            let Some(demand) = demand else {
                assert!(piece.is_empty(), "bytes were left without a demand");
                break;
            };
            let next = match demand {
                Demand::FindRecipient(local) => session.recipient_found(match local.0.as_str() {
                    "first-abc" => Lookup::Known(Recipient { account, address: addresses[0] }),
                    "second-def" => Lookup::Known(Recipient { account, address: addresses[1] }),
                    "doubtful" => Lookup::Unavailable,
                    _ => Lookup::Unknown,
                }),
                Demand::Record(mail) => {
                    let outcome = match (usize::from(world >> 1) + told.mails.len()) % 4 {
                        0 => Recording::TryAgain,
                        1 => Recording::StorageFull,
                        _ => Recording::Durable,
                    };
                    // In LMTP each RCPT has its own answer; the first address' outcome, and the others are durable.
                    let mut each = vec![Recording::Durable; mail.recipients.len()];
                    if let Some(first) = each.first_mut() {
                        *first = outcome;
                    }
                    let postmaster = mail.postmaster.then_some(outcome);
                    told.mails.push((mail.recipients.len(), mail.postmaster, mail.raw, mail.mixed_line_ends));
                    let after = session.recorded_for(&RecordedFor { recipients: each, postmaster });
                    let said = session.take_output();
                    let answers = String::from_utf8(said.clone()).unwrap().matches("250 2.6.0").count();
                    assert!(lmtp || answers == usize::from(outcome == Recording::Durable));
                    told.durable += answers;
                    told.replies.extend(said);
                    after
                }
                Demand::StartTls => {
                    piece = b"";
                    session.secured();
                    None
                }
                Demand::Close => Some(Demand::Close),
            };
            told.replies.extend(session.take_output());
            if next.is_some() {
                let (after, demand) = session.feed(b"NOOP\r\n");
                assert!(after == 0 && demand.is_none(), "a closed session took bytes");
                break 'stream;
            }
        }
    }
    told.tally = session.tally();
    drop(session);
    assert_eq!(allowance.free(), MEMORY, "memory was not given back");
    told
}
