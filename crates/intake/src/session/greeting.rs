//! The greeting, EHLO and HELO (RFC 5321, 4.1.1.1), and the extensions offered. CHUNKING and AUTH are absent
//! on purpose: the one would be a second data reader, the other has nobody to sign in.

use super::{Demand, Session, reply};

impl Session {
    pub(super) fn say_greeting(&mut self) {
        // RFC 2034, 4: no enhanced code here, nor in the replies to EHLO and HELO.
        let language = if self.is_lmtp() { "LMTP" } else { "ESMTP" };
        let greeting = format!("220 {} {language} Abide\r\n", self.terms.domain);
        self.output.extend_from_slice(greeting.as_bytes());
    }

    pub(super) fn ehlo(&mut self, name: &str) -> Option<Demand> {
        if name.trim().is_empty() {
            return self.fault(reply::NAME_MISSING);
        }
        self.greet();
        let mut lines = vec![
            self.terms.domain.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", self.terms.limits.mail),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if self.terms.tls && !self.secured {
            lines.push("STARTTLS".to_owned());
        }
        let last = lines.len().saturating_sub(1);
        for (number, line) in lines.iter().enumerate() {
            let mark = if number == last { ' ' } else { '-' };
            self.output.extend_from_slice(format!("250{mark}{line}\r\n").as_bytes());
        }
        None
    }

    pub(super) fn helo(&mut self, name: &str) -> Option<Demand> {
        if name.trim().is_empty() {
            return self.fault(reply::NAME_MISSING);
        }
        self.greet();
        let line = format!("250 {}\r\n", self.terms.domain);
        self.output.extend_from_slice(line.as_bytes());
        None
    }

    /// RFC 5321, 4.1.4: a greeting also ends a mail that was begun. The name is not kept: it proves nothing.
    fn greet(&mut self) {
        self.greeted = true;
        self.transaction = None;
    }
}
