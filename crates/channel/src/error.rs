//! Why a line could not be opened. The caller asks what matters to him; neither `Display` nor `Debug` shows a name, an
//! address, a secret or the server's words, which `reply` gives to the one who seals them.

use connection::ConnectFault;
use model::Reason;
use model::sender::ServerReply;

use crate::wire::WireFault;

/// A line that could not be opened.
#[derive(thiserror::Error)]
#[error("{}", self.sentence())]
pub struct LineError {
    kind: Kind,
    reply: Option<ServerReply>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    NoAddress,
    NoConnection,
    Lost,
    TooSlow,
    NotSmtp,
    Tls,
    Certificate,
    NoStartTls,
    NoSignIn,
    SignInRefused,
    Refused,
    Deferred,
}

impl LineError {
    fn of(kind: Kind) -> Self {
        Self { kind, reply: None }
    }

    pub(crate) fn too_slow() -> Self {
        Self::of(Kind::TooSlow)
    }

    pub(crate) fn no_start_tls(reply: Option<ServerReply>) -> Self {
        Self { kind: Kind::NoStartTls, reply }
    }

    pub(crate) fn no_sign_in() -> Self {
        Self::of(Kind::NoSignIn)
    }

    /// From a reply that says no: 4yz is for now, 5yz for good.
    pub(crate) fn said_no(reply: ServerReply) -> Self {
        let kind = match reply.code() {
            400..=499 => Kind::Deferred,
            500..=599 => Kind::Refused,
            _ => Kind::NotSmtp,
        };
        Self { kind, reply: Some(reply) }
    }

    /// From a reply to the sign-in.
    pub(crate) fn sign_in(reply: ServerReply) -> Self {
        match reply.code() {
            500..=599 => Self { kind: Kind::SignInRefused, reply: Some(reply) },
            _ => Self::said_no(reply),
        }
    }

    /// The server could not be reached, was lost or too slow, or does not speak SMTP.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, Kind::NoAddress | Kind::NoConnection | Kind::Lost | Kind::TooSlow | Kind::NotSmtp)
    }

    /// The server refused the sign-in for good, or offers none that Abide knows.
    pub fn is_sign_in_refused(&self) -> bool {
        matches!(self.kind, Kind::SignInRefused | Kind::NoSignIn)
    }

    /// TLS failed: not offered, not agreed on, or the certificate is not to be believed.
    pub fn is_tls_problem(&self) -> bool {
        matches!(self.kind, Kind::Tls | Kind::Certificate | Kind::NoStartTls)
    }

    /// Whether it may pass by itself; else a person has to change something.
    pub fn is_transient(&self) -> bool {
        self.is_unreachable() || self.kind == Kind::Deferred
    }

    /// What the server said, where it said no. It may name the user: sealed at rest and never logged.
    pub fn reply(&self) -> Option<&ServerReply> {
        self.reply.as_ref()
    }

    /// The outbox's word for it.
    pub fn reason(&self) -> Reason {
        match self.kind {
            Kind::SignInRefused | Kind::NoSignIn => Reason::SignInFailed,
            Kind::Deferred => Reason::ServerDeferred,
            _ => Reason::ServerUnreachable,
        }
    }

    /// One plain sentence for the person who set the server up.
    pub fn sentence(&self) -> &'static str {
        match self.kind {
            Kind::NoAddress => "the mail server's name leads to no address",
            Kind::NoConnection => "the mail server takes no connection on this port",
            Kind::Lost => "the mail server closed the connection",
            Kind::TooSlow => "the mail server did not answer in time",
            Kind::NotSmtp => {
                "what answers there does not speak SMTP as it should; check port and security (tls, starttls)"
            }
            Kind::Tls => "the mail server and Abide could not agree on TLS; check port and security (tls, starttls)",
            Kind::Certificate => {
                "the mail server's certificate is not to be believed: wrong name, expired, or from an unknown authority"
            }
            Kind::NoStartTls => "the mail server does not offer STARTTLS, so nothing was said to it",
            Kind::NoSignIn => "the mail server offers no sign-in that Abide knows (PLAIN, LOGIN)",
            Kind::SignInRefused => "the mail server refused the sign-in",
            Kind::Refused => "the mail server refuses this machine",
            Kind::Deferred => "the mail server asked to come back later",
        }
    }
}

impl From<ConnectFault> for LineError {
    fn from(fault: ConnectFault) -> Self {
        Self::of(match fault {
            ConnectFault::NoAddress => Kind::NoAddress,
            ConnectFault::NoConnection => Kind::NoConnection,
            ConnectFault::TooSlow => Kind::TooSlow,
            ConnectFault::Lost => Kind::Lost,
            ConnectFault::Tls => Kind::Tls,
            ConnectFault::Certificate => Kind::Certificate,
        })
    }
}

impl From<WireFault> for LineError {
    fn from(fault: WireFault) -> Self {
        Self::of(match fault {
            WireFault::Lost => Kind::Lost,
            WireFault::TooSlow => Kind::TooSlow,
            WireFault::OutOfStep => Kind::NotSmtp,
        })
    }
}

impl std::fmt::Debug for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineError").field("kind", &self.kind).field("reply", &self.reply).finish()
    }
}
