//! How a store's own texts leave: the From address that was approved at Amazon, the server that takes the mail,
//! the sign-in there and the limits. Whatever exists here is well formed; whether a server answers is seen later.

use crate::Timestamp;
use crate::public_address::is_public;
use crate::word::words;

words! {
    /// How the connection to a submission server is protected.
    Security ("connection security") {
        /// TLS from the first byte (RFC 8314, usually port 465).
        Tls = "tls",
        /// STARTTLS before anything else (RFC 3207, usually port 587); never without.
        StartTls = "starttls",
        /// No protection: only to a server on this same machine.
        None = "none",
    }
}

/// A mail address of the seller's own (RFC 5321 Mailbox, printable ASCII, at most 254 characters).
#[derive(Clone, PartialEq, Eq)]
pub struct SenderAddress(String);

/// A text that can't be a From address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a plain mail address like orders@example.com")]
pub struct InvalidSenderAddress;

impl SenderAddress {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl std::fmt::Debug for SenderAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SenderAddress(…)")
    }
}

impl std::str::FromStr for SenderAddress {
    type Err = InvalidSenderAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidSenderAddress)?;
        let in_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
        let good_local = (1..=64).contains(&local.len())
            && local.chars().all(in_local)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        if !good_local || text.len() > 254 || !is_host_name(domain) {
            return Err(InvalidSenderAddress);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

/// The server that takes a store's mail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubmissionServer {
    host: String,
    port: u16,
    security: Security,
    only_public: bool,
}

/// A submission server that can't be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubmissionServer {
    /// Not a host.
    #[error("the server must be a host name like smtp.example.com, or an IP address")]
    Host,
    /// Not a port.
    #[error("the port must be between 1 and 65535; 465 for TLS, 587 for STARTTLS")]
    Port,
    /// Unprotected, and not on this machine.
    #[error("a connection without TLS is only made to a server on this machine (127.0.0.1, ::1 or localhost)")]
    Unprotected,
    /// Named by a member, and not of the public internet.
    #[error("a server that a member sets must be one of the public internet; another one only the operator can set")]
    Private,
}

impl SubmissionServer {
    /// Checks host and port; `Security::None` is taken for this machine only. The operator's to name: any of his
    /// machines may be meant.
    pub fn new(host: &str, port: u16, security: Security) -> Result<Self, InvalidSubmissionServer> {
        let host = host.trim().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let address = host.parse::<std::net::IpAddr>();
        if address.is_err() && !is_host_name(&host) {
            return Err(InvalidSubmissionServer::Host);
        }
        if port == 0 {
            return Err(InvalidSubmissionServer::Port);
        }
        let here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if security == Security::None && !here {
            return Err(InvalidSubmissionServer::Unprotected);
        }
        Ok(Self { host, port, security, only_public: false })
    }

    /// The server as a member may name it: whoever connects goes to public addresses alone ([`is_public`]).
    ///
    /// # Errors
    /// An address or a name that is known not to be public, or no TLS.
    pub fn only_public(self) -> Result<Self, InvalidSubmissionServer> {
        let private = self.host.parse::<std::net::IpAddr>().is_ok_and(|address| !is_public(address));
        let local = self.host == "localhost" || self.host.ends_with(".localhost");
        if private || local || self.security == Security::None {
            return Err(InvalidSubmissionServer::Private);
        }
        Ok(Self { only_public: true, ..self })
    }

    /// Whether it is connected to at public addresses alone.
    pub fn is_only_public(&self) -> bool {
        self.only_public
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the connection is protected.
    pub fn security(&self) -> Security {
        self.security
    }
}

impl std::fmt::Display for SubmissionServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} ({})", self.host, self.port, self.security)
    }
}

/// A secret in memory: overwritten when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(zeroize::Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(zeroize::Zeroizing::new(text))
    }

    /// The secret itself, for the one who needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How Abide signs in at the submission server (RFC 4954, PLAIN or LOGIN).
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The user's name there.
    pub user: String,
    /// The password or app password.
    pub password: Secret,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn(…)")
    }
}

/// What a store's server is asked at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderLimits {
    /// Connections at the same time, from one process: 1 to 10. A server that begins to hang after a text was given to it
    /// costs one message on each of them.
    pub connections: u8,
    /// Messages a minute, over all processes: 1 to 6000.
    pub per_minute: u16,
}

impl Default for SenderLimits {
    fn default() -> Self {
        Self { connections: 1, per_minute: 60 }
    }
}

/// How one store's own texts leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The From address and envelope sender: the one approved in Seller Central.
    pub from: SenderAddress,
    /// The name beside it; one line without control characters.
    pub name: Option<String>,
    /// The server.
    pub server: SubmissionServer,
    /// The sign-in, where the server wants one.
    pub sign_in: Option<SignIn>,
    /// The limits.
    pub limits: SenderLimits,
}

/// What trying a sender out has shown: a connection and a sign-in, no mail.
#[derive(Clone, PartialEq, Eq)]
pub struct SenderTried {
    /// When.
    pub at: Timestamp,
    /// Whether the server took connection and sign-in.
    pub works: bool,
    /// What it proved, or what was wrong, in one sentence; at most 1000 bytes. It may hold words of the server, so it is
    /// sealed at rest and never logged.
    pub words: String,
}

impl std::fmt::Debug for SenderTried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SenderTried").field("works", &self.works).finish_non_exhaustive()
    }
}

/// A sender that is tried out: a page asks, a worker answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderTrial {
    /// Since when an answer is asked for.
    pub asked_at: Timestamp,
    /// The answer; none while it is waited for.
    pub tried: Option<SenderTried>,
}

/// What a server answered, as kept beside a message: the code and its words on one line, without control
/// characters, at most 500 bytes. It may name the recipient, so it is sealed at rest and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerReply {
    code: u16,
    words: String,
}

impl ServerReply {
    /// The longest text kept, in bytes.
    pub const LONGEST: usize = 500;

    /// Takes a reply over; what is too long is cut at a character.
    pub fn new(code: u16, words: &str) -> Self {
        let mut kept = String::new();
        for word in words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            let gap = usize::from(!kept.is_empty());
            if kept.len() + gap + word.len() > Self::LONGEST {
                break;
            }
            if gap == 1 {
                kept.push(' ');
            }
            kept.push_str(word);
        }
        Self { code, words: kept }
    }

    /// The three-digit code (RFC 5321, 4.2).
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The server's own words.
    pub fn words(&self) -> &str {
        &self.words
    }
}

impl std::fmt::Debug for ServerReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerReply({})", self.code)
    }
}

/// Labels of letters, digits and inner hyphens (RFC 1123), at most 253 characters.
fn is_host_name(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_names_no_server_of_this_machine_or_of_a_private_network() {
        let server = |host: &str, security| SubmissionServer::new(host, 465, security).unwrap().only_public();
        for host in ["localhost", "mail.localhost", "127.0.0.1", "10.1.2.3", "192.168.0.5", "::1", "[fd00::1]"] {
            assert_eq!(server(host, Security::Tls), Err(InvalidSubmissionServer::Private), "{host}");
        }
        assert_eq!(server("localhost", Security::None), Err(InvalidSubmissionServer::Private));
        for host in ["smtp.example.com", "9.9.9.9", "2620:fe::fe"] {
            assert!(server(host, Security::StartTls).unwrap().is_only_public(), "{host}");
        }
    }

    #[test]
    fn a_from_address_is_one_plain_mailbox_and_nothing_that_could_start_another_line() {
        assert_eq!("Orders@Shop.Example".parse::<SenderAddress>().unwrap().as_str(), "Orders@shop.example");
        for wrong in [
            "",
            "orders",
            "@x.example",
            "a b@x.example",
            "a@x.example\r\nBcc: b@y.example",
            "a@@",
            "a@-x.example",
            "a..b@x.example",
            "<a@x.example>",
            "ä@x.example",
        ] {
            assert!(wrong.parse::<SenderAddress>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_unprotected_connection_goes_to_this_machine_only() {
        assert!(SubmissionServer::new("127.0.0.1", 25, Security::None).is_ok());
        assert!(SubmissionServer::new("::1", 25, Security::None).is_ok());
        assert!(SubmissionServer::new("localhost", 25, Security::None).is_ok());
        for elsewhere in ["smtp.example.com", "localhost.example.com", "10.0.0.1"] {
            assert_eq!(SubmissionServer::new(elsewhere, 25, Security::None), Err(InvalidSubmissionServer::Unprotected));
        }
        assert_eq!(SubmissionServer::new("smtp.example.com", 0, Security::Tls), Err(InvalidSubmissionServer::Port));
        assert_eq!(SubmissionServer::new("smtp example", 25, Security::Tls), Err(InvalidSubmissionServer::Host));
    }

    #[test]
    fn secrets_are_not_shown() {
        let sign_in = SignIn { user: "shop".into(), password: Secret::new("hunter2".into()) };
        assert!(!format!("{sign_in:?} {:?}", sign_in.password).contains("hunter2"));
    }
}
