//! Mail to members: what it is about and where it stands. Whom it goes to is not among it: the one door reads a member's
//! address itself.

use crate::word::words;

words! {
    /// What a mail to a member is about.
    MemberMailKind ("kind of mail to a member") {
        /// Alerts of an account that nobody has seen yet.
        Alerts = "alerts",
        /// What happened in an account since the last such mail.
        Digest = "digest",
        /// A marked mail, for the member's own mailbox to forward.
        SelfTest = "self_test",
        /// A letter of a campaign that is tried out, as a buyer would get it.
        TestLetter = "test_letter",
    }
}

words! {
    /// Where a mail to a member stands.
    MemberMailState ("state of a mail to a member") {
        /// It is to be sent, or tried again.
        Waiting = "waiting",
        /// The mail server took it.
        Sent = "sent",
        /// It may not go there: a relay address, a buyer, or no member any more.
        Refused = "refused",
        /// The mail server refused it for good, or it was tried too often.
        Failed = "failed",
    }
}

/// What a mail to a member says: plain text, without any buyer's alias or name. A test letter names what was bought, as
/// the campaign's own words do.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberMailText {
    /// One line.
    pub subject: String,
    /// Lines, parted by `\n`.
    pub text: String,
}

impl std::fmt::Debug for MemberMailText {
    /// Without what it says: a self-test's holds its mark and a secret address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemberMailText").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}
