//! From a line to its verb (RFC 5321, 4.1.1): verbs in any case, one room for each.

use super::line::LineFault;
use super::{Demand, Session, reply};

impl Session {
    /// One line of the peer's.
    pub(super) fn command(&mut self, line: Result<String, LineFault>) -> Option<Demand> {
        self.counts.commands_since_mail += 1;
        if self.counts.commands_since_mail > self.terms.limits.commands_without_mail {
            return Some(self.close_with(reply::TOO_MANY_COMMANDS));
        }
        let line = match line {
            Ok(line) => line,
            Err(LineFault::TooLong) => return self.fault(reply::LINE_TOO_LONG),
            Err(LineFault::LineEnd) => return self.fault(reply::LINE_END),
            Err(LineFault::NotText) => return self.fault(reply::NOT_TEXT),
        };
        let line = line.trim_end_matches(' ');
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            // RFC 2033, 4.1: each language refuses the other's greeting, so that neither is spoken by mistake.
            "EHLO" if !self.is_lmtp() => self.ehlo(argument),
            "HELO" if !self.is_lmtp() => self.helo(argument),
            "LHLO" if self.is_lmtp() => self.ehlo(argument),
            "MAIL" => self.mail(argument),
            "RCPT" => self.rcpt(argument),
            "DATA" => self.data(argument),
            "RSET" => self.rset(argument),
            "NOOP" => self.say(reply::OK),
            "VRFY" => self.say(reply::NOT_VERIFIED),
            "HELP" => self.say(if self.is_lmtp() { reply::HELP_LMTP } else { reply::HELP }),
            "STARTTLS" => self.starttls(argument),
            "QUIT" => self.quit(argument),
            // What follows BDAT would be a mail's bytes; taking them for commands would let a mail's author
            // speak. It is not offered, so nobody honest says it.
            "BDAT" => Some(self.close_with(reply::NOT_IMPLEMENTED)),
            "AUTH" | "EXPN" | "TURN" | "ETRN" | "SEND" | "SOML" | "SAML" => self.fault(reply::NOT_IMPLEMENTED),
            // A page in a browser can post to a local port and smuggle a mail in the body.
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "CONNECT" | "TRACE" | "HOST:" => {
                Some(self.close_with(reply::NOT_HTTP))
            }
            _ => self.fault(reply::UNKNOWN_COMMAND),
        }
    }
}
