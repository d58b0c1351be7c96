//! The self-test of a way in: a marked mail that Abide writes to a member, whose mailbox must bring it in again by that
//! way. Only the way it was meant for and a day's time count, and it proves no more than its sentence says.

use crate::inbound::Door;
use crate::word::words;
use crate::{Forwarded, Span, Timestamp, Way};

/// So long after it left, a marked mail may come in.
pub const SELF_TEST_COMES_WITHIN: Span = Span::days(1);

words! {
    /// Where a self-test stands.
    SelfTestState ("state of a self-test") {
        /// The mail is to leave, or on its way.
        Waiting = "waiting",
        /// It came in by the way that was tested.
        Passed = "passed",
        /// It left and did not come in within a day.
        Failed = "failed",
        /// It came in by that way after its day.
        Late = "late",
        /// It never left, so nothing was tested.
        Unsent = "unsent",
        /// Another test took its place, or the way is no more.
        Ended = "ended",
    }
}

/// The secret mark of one test: 24 signs of base32 (120 random bits), in the subject, which every mailbox keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct SelfTestMarker(String);

impl SelfTestMarker {
    /// What the subject begins with, and what a mailbox's filter asks for.
    pub const PHRASE: &str = "Abide self-test";
    /// Random bytes in a marker.
    pub const RANDOM_BYTES: usize = 15;
    const SIGNS: usize = 24;
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

    /// The marker of that randomness.
    pub fn of(random: [u8; Self::RANDOM_BYTES]) -> Self {
        let (mut signs, mut bits, mut held) = (String::with_capacity(Self::SIGNS), 0_u32, 0_u32);
        for byte in random {
            held = (held << 8) | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                let at = usize::try_from((held >> bits) & 31).unwrap_or_default();
                signs.push(char::from(Self::ALPHABET.get(at).copied().unwrap_or(b'a')));
            }
            held &= (1 << bits) - 1;
        }
        Self(signs)
    }

    /// The marker in a decoded subject, whatever a mailbox put before or behind it.
    pub fn in_subject(subject: &str) -> Option<Self> {
        let lower = subject.to_ascii_lowercase();
        let phrase = Self::PHRASE.to_ascii_lowercase();
        lower.match_indices(&phrase).find_map(|(at, _)| {
            let behind = lower.get(at + phrase.len()..)?.strip_prefix(char::is_whitespace)?.trim_start();
            let signs = behind.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let word = behind.get(..signs)?;
            let is_marker = word.len() == Self::SIGNS && word.bytes().all(|sign| Self::ALPHABET.contains(&sign));
            is_marker.then(|| Self(word.to_owned()))
        })
    }

    /// The subject of its mail.
    pub fn subject(&self) -> String {
        format!("{} {}", Self::PHRASE, self.0)
    }

    /// What its mail says; `place` is the way in as the member knows it.
    pub fn letter(place: &str) -> String {
        format!(
            "Somebody of your account asked Abide to test whether mail goes from this mailbox to\n\n    {place}\n\n\
             You need do nothing: the mailbox's own rule should pass this mail on, as it passes on Amazon's notices.\n\
             If it does not arrive within a day, look at the rule. It needs a second clause: subject contains\n\n    {}\n\n\
             What the test proved stands on the dashboard's overview, and in `abide feed show`.\n",
            Self::PHRASE
        )
    }

    /// The 24 signs; whoever knows them can pass the test, so they belong into that mail alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SelfTestMarker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SelfTestMarker(..)")
    }
}

/// One self-test as pages show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelfTest {
    /// What is tested.
    pub way: Way,
    /// Where it stands.
    pub state: SelfTestState,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When the mail server took the marked mail.
    pub sent_at: Option<Timestamp>,
    /// Until when it counts.
    pub ends_at: Timestamp,
    /// When and how it came in.
    pub came: Option<CameIn>,
}

/// How a marked mail came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameIn {
    /// When.
    pub at: Timestamp,
    /// The door.
    pub door: Door,
    /// How it came into the mail.
    pub forwarded: Forwarded,
}

impl SelfTest {
    /// What is said of an address that Seller Central names.
    pub const SELLER_CENTRAL: &str = "Amazon itself writes to this address, as Seller Central's notification preferences \
         name it. Nobody else can have Amazon send a mail, so that can't be tested: look at its last mail.";

    /// When its mail came in, else when it was asked for.
    pub fn told_at(&self) -> Timestamp {
        self.came.map_or(self.started_at, |came| came.at)
    }

    /// Where it stands and what that proves, in plain sentences.
    pub fn sentence(&self) -> String {
        match (self.state, self.came) {
            (SelfTestState::Waiting, _) if self.sent_at.is_none() => "The marked mail is about to leave.".to_owned(),
            (SelfTestState::Waiting, _) => "The marked mail left; it has a day to come in here.".to_owned(),
            (SelfTestState::Failed, _) => "The marked mail left and did not come in within a day.".to_owned(),
            (SelfTestState::Late, _) => {
                "The marked mail came in after more than a day: the path holds, and something on it is slow.".to_owned()
            }
            (SelfTestState::Unsent, _) => {
                "No mail server is known to have taken the marked mail, so nothing was tested.".to_owned()
            }
            (SelfTestState::Ended, _) => "The test was given up.".to_owned(),
            (SelfTestState::Passed, came) => passed(self.way, self.sent_at, came),
        }
    }
}

fn passed(way: Way, sent_at: Option<Timestamp>, came: Option<CameIn>) -> String {
    let took = came.zip(sent_at).map(|(came, sent_at)| match came.at.since(sent_at).as_micros() / 60_000_000 {
        ..1 => " in less than a minute".to_owned(),
        1 => " in a minute".to_owned(),
        minutes => format!(" in {minutes} minutes"),
    });
    let took = took.unwrap_or_default();
    let how = match came.map(|came| (came.door, came.forwarded)) {
        Some((Door::Imap, _)) | None => "",
        Some((_, Forwarded::Auto)) => ", passed on by a rule",
        Some((_, Forwarded::Inline | Forwarded::Attached)) => ", forwarded by hand",
        Some((_, Forwarded::None)) => ", without the traces that most mailboxes' rules leave",
    };
    let place = match way {
        Way::Address(_) => "this address",
        Way::Folder(_) => "this folder",
        Way::HttpDoor(_) => "this way in",
    };
    format!(
        "Abide's mail to the member's mailbox came in here{took}{how}. That proves the path from the mailbox to {place}, \
         not that the mailbox's filter catches Amazon's notices."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_from_its_subject_whatever_stands_around_it() {
        let marker = SelfTestMarker::of(*b"\x00\xff\x10\x80fifteen byt");
        assert_eq!(marker.reveal().len(), 24);
        let subject = marker.subject();
        let quoted = [format!("Fwd: [{subject}]"), format!("\"{subject}\""), format!("Abide self-test: {subject}.")];
        let around = [subject.clone(), format!("WG: {subject}"), format!("{subject} [extern]"), subject.to_uppercase()];
        for told in quoted.into_iter().chain(around) {
            assert_eq!(SelfTestMarker::in_subject(&told), Some(marker.clone()), "{told}");
        }
    }

    #[test]
    fn nothing_else_is_a_marker() {
        let long = format!("Abide self-test {}", "a".repeat(25));
        let cases = ["", "Abide self-test", "Abide self-test short", "Abide self-testaaaaaaaaaaaaaaaaaaaaaaaa", &long];
        for told in cases.into_iter().chain(["Abide self-test aaaaaaaaaaaaaaaaaaaaaaa1", "aaaaaaaaaaaaaaaaaaaaaaaa"]) {
            assert_eq!(SelfTestMarker::in_subject(told), None, "{told}");
        }
    }

    #[test]
    fn the_marker_is_the_base32_of_its_bytes() {
        assert_eq!(SelfTestMarker::of([0; 15]).reveal(), "a".repeat(24));
        assert_eq!(SelfTestMarker::of([255; 15]).reveal(), "7".repeat(24));
        assert_eq!(SelfTestMarker::of(*b"foobarfoobarfoo").reveal(), "mzxw6ytboj tg63 3cmfzgm33p".replace(' ', ""));
    }
}
