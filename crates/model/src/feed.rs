//! The feed: the ways by which an account's notices come in, and why one is known to be broken (law 4). A known break
//! holds messages; mere silence only warns.

use crate::inbound::Door;
use crate::self_test::SelfTest;
use crate::word::words;
use crate::{AddressId, Forwarded, HttpDoorId, Marketplace, Provenance, Timestamp};

words! {
    /// Why notices are known not to come in. Each cause comes and goes by itself.
    BreakCause ("cause of a broken feed") {
        /// The server of a watched folder has refused the sign-in for ten minutes.
        SignInRefused = "sign_in_refused",
        /// No way in is left: every address revoked, and no folder, token or address of the whole account stands in.
        NoWayIn = "no_way_in",
        /// A self-test of a way that once passed did not come back within a day.
        SelfTestFailed = "self_test_failed",
        /// Somebody said so.
        Declared = "declared",
    }
}

impl BreakCause {
    /// What is wrong, in one plain sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SignInRefused => "The mail server of a watched folder refuses the sign-in.",
            Self::NoWayIn => "No way in is left: all inbound addresses were revoked, and nothing else is set up.",
            Self::SelfTestFailed => "A self-test mail did not come back, though an earlier one did.",
            Self::Declared => "Somebody said that notices do not come in.",
        }
    }

    /// What to do about it, in one plain sentence.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::SignInRefused => {
                "Correct the folder's user, password or token; it mends itself with the next sign-in."
            }
            Self::NoWayIn => "Issue an inbound address, or set up a mail folder or an HTTP token.",
            Self::SelfTestFailed => {
                "Look at the mailbox's filter and run the self-test again; it mends with the first that comes back."
            }
            Self::Declared => "Whoever said so says when it is mended.",
        }
    }
}

/// One known break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedBreak {
    /// The store whose messages it holds; none holds those of the whole account.
    pub store: Option<Marketplace>,
    /// Why.
    pub cause: BreakCause,
    /// Since when.
    pub since: Timestamp,
}

impl FeedBreak {
    /// Whether it holds messages of that store.
    pub fn holds(&self, store: Marketplace) -> bool {
        self.store.is_none_or(|own| own == store)
    }
}

/// A place by which an account's mail comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// An inbound address.
    Address(AddressId),
    /// The watched folder of a store; none: the whole account's.
    Folder(Option<Marketplace>),
    /// A way in by HTTP.
    HttpDoor(HttpDoorId),
}

impl Way {
    /// What must happen to a self-test's mail, in one sentence for whoever starts it.
    pub const fn test_aim(&self) -> &'static str {
        match self {
            Self::Address(_) => {
                "The mailbox's rule must pass it on to this address within a day: give the rule a second clause, subject \
                 contains \"Abide self-test\"."
            }
            Self::Folder(_) => "It must come into the watched folder within a day.",
            Self::HttpDoor(_) => "What hands your mail in by HTTP must hand it in within a day.",
        }
    }
}

/// Where a mail was fetched from or handed in, beside the inbound address that it may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The watched folder of a store; none: the whole account's.
    Folder(Option<Marketplace>),
    /// A way in by HTTP.
    HttpDoor(HttpDoorId),
}

impl From<Source> for Way {
    fn from(source: Source) -> Self {
        match source {
            Source::Folder(store) => Self::Folder(store),
            Source::HttpDoor(door) => Self::HttpDoor(door),
        }
    }
}

impl std::fmt::Display for Way {
    /// The form in tables and in the ledger.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => write!(f, "address {address}"),
            Self::Folder(None) => f.write_str("folder"),
            Self::Folder(Some(store)) => write!(f, "folder {store}"),
            Self::HttpDoor(door) => write!(f, "http {door}"),
        }
    }
}

/// A text that is no way's written form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no way in; one is written `address ID`, `folder`, `folder STORE` or `http ID`")]
pub struct InvalidWay;

impl std::str::FromStr for Way {
    type Err = InvalidWay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(' ') {
            None if text == "folder" => Ok(Self::Folder(None)),
            Some(("folder", store)) => store.parse().map(|store| Self::Folder(Some(store))).map_err(|_| InvalidWay),
            Some(("address", id)) => id.parse().map(Self::Address).map_err(|_| InvalidWay),
            Some(("http", id)) => id.parse().map(Self::HttpDoor).map_err(|_| InvalidWay),
            _ => Err(InvalidWay),
        }
    }
}

/// The last notice that came in by a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastNotice {
    /// When it was received.
    pub at: Timestamp,
    /// By which door, and how it came into its mail; none once its line of the log is erased.
    pub came_by: Option<(Door, Forwarded)>,
    /// How far it is shown to come from Amazon; none while that is still looked at.
    pub grade: Option<Provenance>,
}

impl LastNotice {
    /// By which way and of which grade, in a few words.
    pub fn words(&self) -> String {
        let Some((door, forwarded)) = self.came_by else { return String::new() };
        let forwarded = match forwarded {
            Forwarded::None => "",
            Forwarded::Auto => ", forwarded by a rule",
            Forwarded::Inline => ", forwarded by hand in a text",
            Forwarded::Attached => ", attached to a mail",
        };
        let grade = self.grade.map_or("still being graded", Provenance::as_str);
        format!("by {}{forwarded}; {grade}", door.spoken())
    }
}

/// How one way in fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WayHealth {
    /// Which.
    pub way: Way,
    /// When the last mail came by it.
    pub last_mail_at: Option<Timestamp>,
    /// The last notice.
    pub last_notice: Option<LastNotice>,
    /// The last self-test that left or is to leave, if there was one.
    pub test: Option<SelfTest>,
    /// When a self-test last passed.
    pub passed_at: Option<Timestamp>,
}

impl WayHealth {
    /// A way by which nothing came yet.
    pub const fn unseen(way: Way) -> Self {
        Self { way, last_mail_at: None, last_notice: None, test: None, passed_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_as_it_is_written() {
        let german = "DE".parse().unwrap();
        let ways = [
            Way::Address(AddressId::generate()),
            Way::Folder(None),
            Way::Folder(Some(german)),
            Way::HttpDoor(HttpDoorId::generate()),
        ];
        for way in ways {
            assert_eq!(way.to_string().parse(), Ok(way));
        }
        for wrong in ["", "address", "address x", "folder XX", "folders", "http ", "smtp 1"] {
            assert_eq!(wrong.parse::<Way>(), Err(InvalidWay), "{wrong}");
        }
    }
}
