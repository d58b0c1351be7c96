//! The parts of an address that a call goes to: under TLS, or plain to this machine.

use model::sender::{Security, SubmissionServer};

use crate::CarryFault;

/// Where a connection goes, and the rest of the address.
#[derive(Debug)]
pub(crate) struct Address<'u> {
    pub(crate) server: SubmissionServer,
    pub(crate) authority: &'u str,
    pub(crate) target: &'u str,
}

impl<'u> Address<'u> {
    /// `https://` anywhere, `http://` to this machine alone, which the server's type keeps.
    pub(crate) fn of(url: &'u str) -> Result<Self, CarryFault> {
        let (security, rest) = match url.split_once("://") {
            Some(("https", rest)) => (Security::Tls, rest),
            Some(("http", rest)) => (Security::None, rest),
            _ => return Err(CarryFault::Address),
        };
        let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let standard = if security == Security::Tls { 443 } else { 80 };
        let (host, port) = split(authority, standard).ok_or(CarryFault::Address)?;
        let server = SubmissionServer::new(host, port, security).map_err(|_| CarryFault::Address)?;
        Ok(Self { server, authority, target: if target.is_empty() { "/" } else { target } })
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.server.security() == Security::Tls
    }
}

/// Host and port; an IPv6 address stands in brackets.
pub(crate) fn split(authority: &str, standard: u16) -> Option<(&str, u16)> {
    let after_host = authority.rfind(']').map_or(0, |end| end + 1);
    match authority.get(after_host..)?.rfind(':') {
        Some(colon) => {
            Some((authority.get(..after_host + colon)?, authority.get(after_host + colon + 1..)?.parse().ok()?))
        }
        None => Some((authority, standard)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_calls_go_to_this_machine_alone() {
        let address = Address::of("https://sellingpartnerapi-eu.amazon.com/a?b=c").unwrap();
        assert_eq!((address.server.host(), address.server.port()), ("sellingpartnerapi-eu.amazon.com", 443));
        assert_eq!((address.target, address.is_protected()), ("/a?b=c", true));
        let here = Address::of("http://[::1]:9").unwrap();
        assert_eq!((here.server.port(), here.authority, here.target, here.is_protected()), (9, "[::1]:9", "/", false));
        for bad in ["http://amazon.com/", "ftp://localhost/", "https://a b/", "https://u@h/", "https://h:x/", "h", ""] {
            assert_eq!(Address::of(bad).err(), Some(CarryFault::Address), "{bad}");
        }
    }
}
