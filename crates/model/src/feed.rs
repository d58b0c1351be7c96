//! The feed: the ways by which an account's notices come in, and why one is known to be broken (law 4). A known break
//! holds messages; mere silence only warns.

use crate::word::words;
use crate::{Marketplace, Timestamp};

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
