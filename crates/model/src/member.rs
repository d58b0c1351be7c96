//! Members: people with a role in an account, and the operator who runs the installation.

use crate::word::words;
use crate::{AccountId, MemberId, Timestamp};

words! {
    /// What a member may do in an account.
    Role ("role") {
        /// Everything, members and live sending among it.
        Owner = "owner",
        /// Everything but members and live sending.
        Manager = "manager",
        /// Daily work: block, stop, upload; no removal of Amazon's opt-outs.
        Agent = "agent",
        /// Look only.
        Viewer = "viewer",
    }
}

impl Role {
    /// Law 7: only owner and manager may remove an Amazon opt-out.
    pub const fn may_remove_opt_out(self) -> bool {
        matches!(self, Self::Owner | Self::Manager)
    }

    /// May change anything at all.
    pub const fn may_change(self) -> bool {
        !matches!(self, Self::Viewer)
    }

    /// May change campaigns, addresses and settings.
    pub const fn may_configure(self) -> bool {
        matches!(self, Self::Owner | Self::Manager)
    }
}

/// A session of a member's that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// What tells it from his others; it opens nothing.
    pub mark: String,
    /// When he signed in.
    pub created_at: Timestamp,
    /// When it ends, if he does not use it.
    pub expires_at: Timestamp,
    /// It is the one that asks.
    pub current: bool,
}

/// Who did something, as the ledger names him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever may run the program on the machine: has every right.
    Operator,
    /// A member, with the role that he had then.
    Member {
        /// The person.
        id: MemberId,
        /// His role in the account.
        role: Role,
    },
    /// Abide itself, following a notice or a rule.
    Abide,
}

impl Actor {
    /// Law 7: only owner and manager (and the operator) may remove an Amazon opt-out.
    pub const fn may_remove_opt_out(&self) -> bool {
        match self {
            Self::Operator => true,
            Self::Member { role, .. } => role.may_remove_opt_out(),
            Self::Abide => false,
        }
    }

    /// May change anything at all.
    pub const fn may_change(&self) -> bool {
        match self {
            Self::Operator | Self::Abide => true,
            Self::Member { role, .. } => role.may_change(),
        }
    }

    /// May add, change and remove members, and switch live sending.
    pub const fn may_manage_members(&self) -> bool {
        matches!(self, Self::Operator | Self::Member { role: Role::Owner, .. })
    }

    /// May change campaigns, addresses and settings.
    pub const fn may_configure(&self) -> bool {
        match self {
            Self::Operator | Self::Abide => true,
            Self::Member { role, .. } => role.may_configure(),
        }
    }
}

impl std::fmt::Display for Actor {
    /// As the ledger names him: an id, never an address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Member { id, role } => write!(f, "{role} {id}"),
            Self::Abide => f.write_str("abide"),
        }
    }
}

/// A person who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub id: MemberId,
    /// The e-mail address he signs in with; personal data.
    pub email: String,
    /// Whether he runs the installation.
    pub operator: bool,
    /// His roles.
    pub roles: Vec<(AccountId, Role)>,
    /// When he was added.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Member {
    /// Without the address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("id", &self.id).field("operator", &self.operator).finish_non_exhaustive()
    }
}

/// What a one-time link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeLink {
    /// Whose password it sets; none makes the installation's first operator.
    pub member: Option<MemberId>,
}

/// A member as he was just added to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedMember {
    /// The person, with his role in this account alone.
    pub member: Member,
    /// The token of the link by which he sets his password; none where he was known to the installation.
    pub link: Option<LinkToken>,
}

/// The secret of a one-time link. It is told once and never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(pub String);

impl std::fmt::Debug for LinkToken {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// What the store says to a person who wants to sign in.
#[derive(Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Too many attempts: nobody is let in before that time.
    LockedUntil(Timestamp),
    /// Nobody with that address has a password. Some password should be checked all the same, so that the time
    /// it takes tells nobody who is a member.
    Unknown,
    /// The person, and the hash (PHC string) that his password must match.
    Known {
        /// The person.
        member: MemberId,
        /// The hash of his password.
        password: String,
    },
}

impl std::fmt::Debug for SignIn {
    /// Without the hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LockedUntil(until) => write!(f, "LockedUntil({until})"),
            Self::Unknown => f.write_str("Unknown"),
            Self::Known { member, .. } => write!(f, "Known({member})"),
        }
    }
}

/// The secret that a member's device shares for one-time codes. Shown to him while he sets it up, and sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret(pub Vec<u8>);

impl std::fmt::Debug for SharedSecret {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

/// How the second factor of a member's sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondFactor {
    /// There is none.
    Off,
    /// A secret was made, and no code of it entered yet: it counts for nothing.
    Waiting(SharedSecret),
    /// Each sign-in asks for a code.
    On {
        /// Since when.
        since: Timestamp,
        /// Recovery codes that were not used.
        codes_left: u64,
    },
}

/// What a right password leads to. Both hold a secret for a cookie.
#[derive(Clone, PartialEq, Eq)]
pub enum BegunSession {
    /// The session.
    SignedIn(String),
    /// A code is asked for; it opens that step alone.
    CodeAsked(String),
}

impl std::fmt::Debug for BegunSession {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::SignedIn(_)) { "SignedIn(…)" } else { "CodeAsked(…)" })
    }
}

/// What a code of the second factor leads to.
#[derive(Clone, PartialEq, Eq)]
pub enum SecondStep {
    /// Too many attempts: nobody is let in before that time.
    LockedUntil(Timestamp),
    /// The sign-in waited too long, or has ended: it begins anew with the password.
    Gone,
    /// This is no code that is good now.
    Wrong,
    /// He is in.
    SignedIn {
        /// The session's token.
        session: String,
        /// A recovery code was used up for it.
        recovered: bool,
    },
}

impl std::fmt::Debug for SecondStep {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LockedUntil(until) => write!(f, "LockedUntil({until})"),
            Self::Gone => f.write_str("Gone"),
            Self::Wrong => f.write_str("Wrong"),
            Self::SignedIn { .. } => f.write_str("SignedIn(…)"),
        }
    }
}
