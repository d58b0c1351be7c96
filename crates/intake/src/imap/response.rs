//! What a response says (RFC 3501, 7), out of its gathered bytes. Pure, without recursion; what Abide has no use for is
//! [`Response::Other`], and nothing in it can steer anything.

use model::Timestamp;

use super::gathering::Gathered;
use super::names;

/// A server's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Done.
    Ok,
    /// Not done.
    No,
    /// Not understood.
    Bad,
    /// The server takes leave.
    Bye,
    /// A greeting: signed in already.
    PreAuth,
}

/// A verdict with its code and words.
#[derive(Clone, PartialEq, Eq)]
pub struct Status {
    /// The verdict.
    pub verdict: Verdict,
    /// What stood in brackets, such as `UIDNEXT 12`.
    pub code: Option<String>,
    /// The words, on one line and at most 300 characters; they may name a person.
    pub words: String,
}

/// What was told of one mail.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Its UID.
    pub uid: Option<u32>,
    /// Its size in bytes, as the server counts.
    pub size: Option<u64>,
    /// When it came into the folder.
    pub date: Option<Timestamp>,
    /// Its bytes, as far as asked for.
    pub body: Option<Vec<u8>>,
}

/// One response.
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// The server waits for more of the command.
    Continue,
    /// A command's end.
    Done {
        /// The command's tag.
        tag: String,
        /// How it ended.
        status: Status,
    },
    /// A status of the server's own.
    Status(Status),
    /// What the server can do, in upper case.
    Capability(Vec<String>),
    /// So many mails are in the folder.
    Exists(u32),
    /// A mail is gone.
    Expunge(u32),
    /// A folder.
    List {
        /// Its name; where it can't be decoded, as the server wrote it.
        name: String,
        /// Whether it can be opened.
        selectable: bool,
    },
    /// A mail.
    Fetch(Fetched),
    /// Anything else.
    Other,
}

impl Status {
    /// The number behind a word in the code: `UIDNEXT 12`.
    pub fn number(&self, word: &str) -> Option<u32> {
        let (its_word, number) = self.code.as_deref()?.split_once(' ')?;
        its_word.eq_ignore_ascii_case(word).then(|| number.trim().parse().ok()).flatten()
    }

    /// Whether the code is this word.
    pub fn is(&self, word: &str) -> bool {
        self.code.as_deref().and_then(|code| code.split(' ').next()).is_some_and(|its| its.eq_ignore_ascii_case(word))
    }
}

/// Understands a gathered response.
pub fn understand(gathered: Gathered) -> Response {
    let text = String::from_utf8_lossy(gathered.bytes.get(..gathered.bytes.len().min(2048)).unwrap_or_default());
    if text == "+" || text.starts_with("+ ") {
        return Response::Continue;
    }
    let Some((tag, rest)) = text.split_once(' ') else { return Response::Other };
    if let Some(status) = status_of(rest) {
        return if tag == "*" { Response::Status(status) } else { Response::Done { tag: tag.to_owned(), status } };
    }
    if tag != "*" {
        return Response::Other;
    }
    let mut words = rest.split(' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if first.eq_ignore_ascii_case("CAPABILITY") {
        return Response::Capability(capabilities(rest));
    }
    if first.eq_ignore_ascii_case("LIST") {
        return listed(&gathered).unwrap_or(Response::Other);
    }
    let Ok(number) = first.parse::<u32>() else { return Response::Other };
    match second.to_ascii_uppercase().as_str() {
        "EXISTS" => Response::Exists(number),
        "EXPUNGE" => Response::Expunge(number),
        "FETCH" => Response::Fetch(fetched(gathered)),
        _ => Response::Other,
    }
}

/// The words of a capability list, without its name.
pub(super) fn capabilities(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().skip(1).take(200).map(str::to_ascii_uppercase).collect()
}

fn status_of(text: &str) -> Option<Status> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let verdict = match word.to_ascii_uppercase().as_str() {
        "OK" => Verdict::Ok,
        "NO" => Verdict::No,
        "BAD" => Verdict::Bad,
        "BYE" => Verdict::Bye,
        "PREAUTH" => Verdict::PreAuth,
        _ => return None,
    };
    let (code, words) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((code, words)) => (Some(code.to_owned()), words),
        None => (None, rest),
    };
    let words: String = words.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    Some(Status { verdict, code, words })
}

/// A piece of a response's data.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Atom(String),
    /// A quoted string without its quotes.
    Quoted(Vec<u8>),
    /// The literal of this number.
    Literal(usize),
}

struct Tokens<'a> {
    gathered: &'a Gathered,
    place: usize,
    literal: usize,
}

impl<'a> Tokens<'a> {
    fn behind(gathered: &'a Gathered, words: usize) -> Self {
        let mut place = 0;
        for _ in 0..words {
            let rest = gathered.bytes.get(place..).unwrap_or_default();
            place += memchr::memchr(b' ', rest).map_or(rest.len(), |space| space + 1);
        }
        Self { gathered, place, literal: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.gathered.bytes.get(self.place).copied()
    }

    fn quoted(&mut self) -> Token {
        let mut text = Vec::new();
        self.place += 1;
        while let Some(byte) = self.byte() {
            self.place += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    text.extend(self.byte());
                    self.place += 1;
                }
                _ => text.push(byte),
            }
        }
        Token::Quoted(text)
    }

    fn atom(&mut self) -> Token {
        let begin = self.place;
        let mut in_brackets = false;
        while let Some(byte) = self.byte() {
            match byte {
                b'[' => in_brackets = true,
                b']' => in_brackets = false,
                b' ' | b'(' | b')' | b'"' | b'{' | b'\r' | b'\n' if !in_brackets => break,
                _ => {}
            }
            self.place += 1;
        }
        if self.place == begin {
            // A byte that begins nothing.
            self.place += 1;
        }
        let end = self.place.min(begin + 256);
        Token::Atom(String::from_utf8_lossy(self.gathered.bytes.get(begin..end).unwrap_or_default()).into_owned())
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.byte() == Some(b' ') {
            self.place += 1;
        }
        Some(match self.byte()? {
            b'(' => {
                self.place += 1;
                Token::Open
            }
            b')' => {
                self.place += 1;
                Token::Close
            }
            b'"' => self.quoted(),
            b'{' if self.gathered.literals.get(self.literal).is_some_and(|range| range.start > self.place) => {
                let number = self.literal;
                self.place = self.gathered.literals.get(number).map_or(self.place + 1, |range| range.end);
                self.literal += 1;
                Token::Literal(number)
            }
            _ => self.atom(),
        })
    }
}

/// `* LIST (\HasNoChildren) "/" name`.
fn listed(gathered: &Gathered) -> Option<Response> {
    let mut tokens = Tokens::behind(gathered, 2);
    if tokens.next()? != Token::Open {
        return None;
    }
    let mut selectable = true;
    loop {
        match tokens.next()? {
            Token::Close => break,
            Token::Atom(flag) => {
                let closed = ["\\Noselect", "\\NonExistent"].iter().any(|closed| flag.eq_ignore_ascii_case(closed));
                selectable &= !closed;
            }
            _ => {}
        }
    }
    tokens.next()?;
    let name = match tokens.next()? {
        Token::Atom(name) => name.into_bytes(),
        Token::Quoted(name) => name,
        Token::Literal(number) => gathered.bytes.get(gathered.literals.get(number)?.clone())?.to_vec(),
        Token::Open | Token::Close => return None,
    };
    let written: String = String::from_utf8_lossy(&name).chars().filter(|c| !c.is_control()).take(300).collect();
    Some(Response::List { name: names::decoded(&written).unwrap_or(written), selectable })
}

/// `* 12 FETCH (UID 5 RFC822.SIZE 100 INTERNALDATE "…" BODY[]<0> {100}…)`.
fn fetched(mut gathered: Gathered) -> Fetched {
    let mut found = Fetched::default();
    let mut body = None;
    let mut tokens = Tokens::behind(&gathered, 3);
    if tokens.next() != Some(Token::Open) {
        return found;
    }
    while let Some(Token::Atom(item)) = tokens.next() {
        let Some(value) = tokens.next() else { break };
        let item = item.to_ascii_uppercase();
        match (item.as_str(), value) {
            ("UID", Token::Atom(number)) => found.uid = number.parse().ok(),
            ("RFC822.SIZE", Token::Atom(number)) => found.size = number.parse().ok(),
            ("INTERNALDATE", Token::Quoted(date)) => found.date = date_of(&date),
            (item, Token::Quoted(text)) if item.starts_with("BODY[]") => {
                found.body = Some(text);
                body = None;
            }
            (item, Token::Literal(number)) if item.starts_with("BODY[]") => body = Some(number),
            (_, Token::Open) => {
                let mut depth = 1_u32;
                while depth > 0 {
                    match tokens.next() {
                        Some(Token::Open) => depth += 1,
                        Some(Token::Close) => depth -= 1,
                        Some(_) => {}
                        None => break,
                    }
                }
            }
            _ => {}
        }
    }
    if let Some(range) = body.and_then(|number| gathered.literals.get(number)).cloned() {
        // The mail stays where it lies: it may be large.
        gathered.bytes.truncate(range.end);
        gathered.bytes.drain(..range.start);
        found.body = Some(gathered.bytes);
    }
    found
}

/// `17-Jul-1996 02:44:25 -0700`, a single digit behind a space.
fn date_of(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.trim();
    jiff::Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text).ok().map(Timestamp::from_jiff)
}

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Status").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("uid", &self.uid).field("size", &self.size).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done { status, .. } | Self::Status(status) => status.fmt(f),
            Self::Fetch(fetched) => fetched.fmt(f),
            Self::Exists(count) => write!(f, "Exists({count})"),
            Self::Expunge(number) => write!(f, "Expunge({number})"),
            Self::Continue => f.write_str("Continue"),
            Self::Capability(_) => f.write_str("Capability(…)"),
            Self::List { .. } => f.write_str("List(…)"),
            Self::Other => f.write_str("Other"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::gathering::Gatherer;
    use super::*;

    fn one(said: &[u8]) -> Response {
        let mut gatherer = Gatherer::new(1000);
        gatherer.push(said);
        understand(gatherer.next().unwrap().unwrap())
    }

    #[test]
    fn mails_are_understood_in_any_order_of_their_items() {
        let said = b"* 12 FETCH (FLAGS (\\Seen (x)) BODY[]<0> {7}\r\na)\r\n\"{3 UID 5 RFC822.SIZE 123 \
                     INTERNALDATE \" 7-Jul-2026 02:44:25 -0700\")\r\n";
        let Response::Fetch(found) = one(said) else { panic!("no mail") };
        assert_eq!((found.uid, found.size, found.body.as_deref()), (Some(5), Some(123), Some(&b"a)\r\n\"{3"[..])));
        assert_eq!(found.date, Some("2026-07-07T09:44:25Z".parse().unwrap()));
        let Response::Fetch(found) = one(b"* 1 FETCH (BODY[] \"a\\\"b\" UID 4294967296)\r\n") else {
            panic!("no mail")
        };
        assert_eq!((found.uid, found.body.as_deref()), (None, Some(&b"a\"b"[..])));
        let Response::Fetch(found) = one(b"* 1 FETCH (UID 7 BODY[] NIL)\r\n") else { panic!("no mail") };
        assert_eq!((found.uid, found.body), (Some(7), None));
    }

    #[test]
    fn statuses_with_their_codes_and_folders_with_their_names() {
        let Response::Status(status) = one(b"* OK [UIDVALIDITY 3857529045] UIDs valid\r\n") else { panic!() };
        assert_eq!(status.number("uidvalidity"), Some(3_857_529_045));
        let Response::Done { tag, status } = one(b"a7 NO [AUTHENTICATIONFAILED] no\x07 way\r\n") else { panic!() };
        assert_eq!((tag.as_str(), status.verdict, status.words.as_str()), ("a7", Verdict::No, "no  way"));
        assert!(status.is("AUTHENTICATIONFAILED"));
        assert!(one(b"+ idling\r\n") == Response::Continue);
        assert!(one(b"* 23 EXISTS\r\n") == Response::Exists(23));
        assert!(
            one(b"* CAPABILITY IMAP4rev1 Idle\r\n") == Response::Capability(vec!["IMAP4REV1".into(), "IDLE".into()])
        );
        let list = |name: &str, selectable| Response::List { name: name.into(), selectable };
        assert!(one(b"* LIST (\\HasNoChildren) \"/\" INBOX\r\n") == list("INBOX", true));
        assert!(one(b"* LIST (\\Noselect) NIL \"a \\\"b\"\r\n") == list("a \"b", false));
        assert!(one(b"* LIST () \".\" {9}\r\nB&APY-xes\r\n") == list("B\u{f6}xes", true));
        assert!(one(b"* SEARCH 1 2 3\r\n") == Response::Other);
    }

    proptest! {
        #[test]
        fn any_text_is_understood_without_harm(said in "(\\* [0-9]{1,3} FETCH )?[ -~]{0,200}") {
            let mut gatherer = Gatherer::new(100);
            gatherer.push(said.as_bytes());
            gatherer.push(b"\r\n");
            while let Ok(Some(gathered)) = gatherer.next() {
                let _ = understand(gathered);
            }
        }
    }
}
