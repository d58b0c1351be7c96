//! RSET and QUIT (RFC 5321, 4.1.1.5 and 4.1.1.10).

use super::{Demand, Session, reply};

impl Session {
    pub(super) fn rset(&mut self, argument: &str) -> Option<Demand> {
        if !argument.is_empty() {
            return self.fault(reply::BAD_ARGUMENTS);
        }
        self.transaction = None;
        self.say(reply::OK)
    }

    pub(super) fn quit(&mut self, argument: &str) -> Option<Demand> {
        if !argument.is_empty() {
            return self.fault(reply::BAD_ARGUMENTS);
        }
        Some(self.close_with(reply::BYE))
    }
}
