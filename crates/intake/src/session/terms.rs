//! What a receiver offers and where its limits lie. The limits protect the machine from a peer, and are wide
//! enough that no ordinary mail server meets them.

/// The language of a door. LMTP (RFC 2033) is SMTP for the last step, from the seller's own mail server: it greets with
/// LHLO, and after the mail each recipient is answered for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033.
    Lmtp,
}

/// What a receiver offers its peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The domain of the inbound addresses, in lower case and without a dot at its end; also the name the
    /// receiver gives itself.
    pub domain: String,
    /// The language spoken.
    pub protocol: Protocol,
    /// Whether STARTTLS can be offered.
    pub tls: bool,
    /// The limits.
    pub limits: Limits,
}

/// Where the receiver's patience ends. Times are not here: the session has no clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one mail; announced by SIZE (RFC 1870).
    pub mail: usize,
    /// Bytes of a command line with its CRLF. RFC 5321, 4.5.3.1.4 asks for 512, and extensions add to it.
    pub command_line: usize,
    /// Recipients of one mail. RFC 5321, 4.5.3.1.8 asks for at least 100.
    pub recipients: usize,
    /// Unknown or foreign recipients in one session, since secret addresses could be guessed by trying.
    pub unknown_recipients: u32,
    /// Faulty commands in one session.
    pub faults: u32,
    /// Mails in one session.
    pub mails: u32,
    /// Commands after which a mail must have come, over one session.
    pub commands_without_mail: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mail: 26_214_400,
            command_line: 2048,
            recipients: 100,
            unknown_recipients: 20,
            faults: 10,
            mails: 1000,
            commands_without_mail: 500,
        }
    }
}

/// A text that can't be the domain of inbound addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't be the inbound domain; write a domain such as mail.example.com")]
pub struct InvalidDomain(pub String);

impl Terms {
    /// Terms for a domain, with the usual limits and without TLS.
    pub fn for_domain(domain: &str) -> Result<Self, InvalidDomain> {
        let canonical = domain.trim().trim_end_matches('.').to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if canonical.len() > 253 || !canonical.split('.').all(label) {
            return Err(InvalidDomain(domain.to_owned()));
        }
        Ok(Self { domain: canonical, protocol: Protocol::Smtp, tls: false, limits: Limits::default() })
    }

    /// Whether an address's domain is the receiver's: in any case, and with a dot at its end or without.
    pub(super) fn is_own_domain(&self, domain: &str) -> bool {
        domain.strip_suffix('.').unwrap_or(domain).eq_ignore_ascii_case(&self.domain)
    }
}
