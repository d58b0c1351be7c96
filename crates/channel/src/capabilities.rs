//! What a server says of itself in its answer to EHLO (RFC 5321, 4.1.1.1), as far as a sender needs it. Pipelining is
//! not among it: each command waits for its reply, so that the permit can be checked between them.

use crate::reply::Reply;

/// A server's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent extensions, each its own word in the reply")]
pub(crate) struct Capabilities {
    pub(crate) start_tls: bool,
    pub(crate) plain: bool,
    pub(crate) login: bool,
    /// It wants to hear a message's size with MAIL (RFC 1870). Its limit is not looked at: who lies about it is told the
    /// size all the same and says no itself, in words that can be shown.
    pub(crate) size: bool,
}

impl Capabilities {
    pub(crate) fn of(reply: &Reply) -> Self {
        let mut found = Self::default();
        // The first line is the server's name.
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            // Some old servers write `AUTH=PLAIN`.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => found.start_tls = true,
                Some("SIZE") => found.size = true,
                Some("AUTH") => {
                    for mechanism in words {
                        found.plain |= mechanism == "PLAIN";
                        found.login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_read_in_any_case_and_the_servers_name_is_none() {
        let lines = ["starttls", "Starttls", "auth=LOGIN", "AUTH plain XOAUTH2", "SIZE", "8BITMIME"];
        let reply = Reply { code: 250, lines: lines.map(str::to_owned).to_vec() };
        assert_eq!(Capabilities::of(&reply), Capabilities { start_tls: true, plain: true, login: true, size: true });
        let bare = Reply { code: 250, lines: vec!["STARTTLS SIZE".into()] };
        assert_eq!(Capabilities::of(&bare), Capabilities::default());
    }
}
