//! Why a call brought nothing, told apart by what somebody has to do about it. `Display` gives the sentence and the request
//! id; Amazon's words are for who seals them.

use model::Span;

use crate::answer::{Answer, Complaint};
use crate::words::{RequestId, Words, fold};

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Too many calls: ask again later.
    Throttled,
    /// The access token has run out or is not believed: get a new one and ask again.
    TokenNotTaken,
    /// The application lacks a role, or the seller did not grant it.
    RoleMissing,
    /// The request itself is wrong in form or carried no token: a fault of Abide's.
    OurMistake,
    /// Amazon denied it for a reason of its own, told by its words.
    Denied,
    /// What was asked about is not there.
    NotFound,
    /// Amazon refused it as it was asked.
    Refused,
    /// Amazon failed.
    AmazonsFault,
    /// It took Amazon too long.
    TimedOut,
    /// The answer is not the API's: a page, a redirection, a proxy's refusal.
    NotAmazon,
    /// Amazon said yes, and the rest is not understood.
    Unreadable,
}

impl FailureKind {
    /// Whether the same call may succeed later without anybody doing anything.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::TokenNotTaken | Self::AmazonsFault | Self::TimedOut | Self::NotAmazon)
    }

    /// What happened, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Throttled => "Amazon asks for fewer calls; this one is made again later",
            Self::TokenNotTaken => "Amazon no longer takes the access token; a new one is asked for",
            Self::RoleMissing => {
                "Amazon denies access: the application lacks the role for it, or the seller has to authorise it anew since it got the role"
            }
            Self::OurMistake => "Amazon could not make sense of the request; please report this",
            Self::Denied => "Amazon denied this; its words say why",
            Self::NotFound => "Amazon does not know what was asked about",
            Self::Refused => "Amazon refused this as it was asked; its words say why",
            Self::AmazonsFault => "Amazon's API failed; the call is made again later",
            Self::TimedOut => "Amazon's API took too long; the call is made again later",
            Self::NotAmazon => {
                "the answer did not come from Amazon's API but from something in between; look at the proxy and the network"
            }
            Self::Unreadable => "Amazon's answer is not what its model says; please report this",
        }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    kind: FailureKind,
    status: u16,
    missing: Option<&'static str>,
    words: Words,
    request_id: Option<RequestId>,
    retry_after: Option<Span>,
    is_amazons: bool,
}

impl Failure {
    /// Classifies an answer whose status is no success.
    pub(crate) fn of(answer: &Answer) -> Self {
        let complaint = answer.complaint();
        Self::new(answer, kind_of(answer, &complaint), complaint)
    }

    /// An answer that says yes and is not understood.
    pub(crate) fn unreadable(answer: &Answer, missing: &'static str) -> Self {
        let kind = if answer.is_page() { FailureKind::NotAmazon } else { FailureKind::Unreadable };
        Self { missing: Some(missing), ..Self::new(answer, kind, answer.complaint()) }
    }

    fn new(answer: &Answer, kind: FailureKind, complaint: Complaint) -> Self {
        Self {
            kind,
            status: answer.status,
            missing: None,
            words: complaint.words,
            request_id: answer.request_id.clone(),
            retry_after: answer.retry_after,
            is_amazons: complaint.is_amazons,
        }
    }

    /// What kind.
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The status of the answer.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Amazon's words, to be sealed.
    pub const fn words(&self) -> &Words {
        &self.words
    }

    /// Amazon's id of the request.
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// How long the answer asks to wait, at most an hour; Amazon itself never says.
    pub const fn retry_after(&self) -> Option<Span> {
        self.retry_after
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub const fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }

    /// Whether it is certain that Amazon itself decided against the call, so that nothing came of it.
    pub(crate) fn is_definite(&self) -> bool {
        let decided = (400..500).contains(&self.status) && !matches!(self.status, 407 | 408 | 499);
        decided && self.is_amazons && self.kind != FailureKind::NotAmazon
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (status {}", self.kind.sentence(), self.status)?;
        if let Some(missing) = self.missing {
            write!(f, ", not understood: {missing}")?;
        }
        match &self.request_id {
            Some(id) => write!(f, ", request {id})"),
            None => f.write_str(")"),
        }
    }
}

impl std::error::Error for Failure {}

fn kind_of(answer: &Answer, complaint: &Complaint) -> FailureKind {
    if answer.is_page() || (100..400).contains(&answer.status) || answer.status == 407 {
        return FailureKind::NotAmazon;
    }
    let words = complaint.words.folded();
    if words.contains("missingauthenticationtoken") {
        return FailureKind::OurMistake;
    }
    match answer.status {
        429 => FailureKind::Throttled,
        400..=499 if complaint.code == "QuotaExceeded" => FailureKind::Throttled,
        408 | 499 => FailureKind::TimedOut,
        500.. => FailureKind::AmazonsFault,
        _ if !complaint.is_amazons => FailureKind::NotAmazon,
        401 => FailureKind::TokenNotTaken,
        403 => denial(complaint, &words),
        // Seen where an application without the role asks for a restricted data token.
        400 if words.contains("applicationdoesnothaveaccess") => FailureKind::RoleMissing,
        404 => FailureKind::NotFound,
        405 | 406 | 411 | 413 | 414 | 415 | 431 => FailureKind::OurMistake,
        _ => FailureKind::Refused,
    }
}

/// A 403 by its words: `Unauthorized` alone can be any of these (threads 19 and 779 of the models' repository, among others).
fn denial(complaint: &Complaint, words: &str) -> FailureKind {
    let of_token = words.contains("accesstoken") || words.contains("securitytoken");
    if words.contains("revokedmalformedorinvalid") || (of_token && words.contains("expired")) {
        return FailureKind::TokenNotTaken;
    }
    let message = fold(&complaint.message);
    let says_no_more = message.is_empty()
        || message.starts_with("accesstorequestedresourceisdenied")
        || message == "accessdenied"
        || message == "forbidden";
    if says_no_more && fold(&complaint.details).is_empty() { FailureKind::RoleMissing } else { FailureKind::Denied }
}
