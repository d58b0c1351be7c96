//! STARTTLS (RFC 3207). What the peer said in plain text before is forgotten, and what it sent behind the
//! command is thrown away: somebody in between could have put it there.

use super::{Demand, Session, Stage, Waiting, reply};

impl Session {
    pub(super) fn starttls(&mut self, argument: &str) -> Option<Demand> {
        if !argument.is_empty() {
            return self.fault(reply::BAD_ARGUMENTS);
        }
        if self.secured {
            return self.fault(reply::ALREADY_SECURED);
        }
        if !self.terms.tls {
            return self.fault(reply::NO_TLS);
        }
        reply::READY_FOR_TLS.write_to(&mut self.output);
        self.stage = Stage::Waiting(Waiting::Tls);
        Some(Demand::StartTls)
    }

    /// Answers [`Demand::StartTls`] once the handshake is done; where it fails, the connection is dropped.
    pub fn secured(&mut self) {
        if !matches!(self.stage, Stage::Waiting(Waiting::Tls)) {
            return;
        }
        // RFC 3207, 4.2: the session begins anew, with the peer's EHLO.
        self.stage = Stage::Commands;
        self.secured = true;
        self.greeted = false;
        self.transaction = None;
        self.lines.clear();
    }
}
