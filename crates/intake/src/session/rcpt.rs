//! RCPT (RFC 5321, 4.1.1.3): which addresses take mail. Unknown ones, and those of other domains, are told
//! apart; who tries too many of either is sent away, since addresses are secrets.

use super::envelope::{Accepted, Lookup};
use super::mail::strip_word;
use super::path::{self, Path};
use super::reply::Reply;
use super::{Demand, SecretLocalPart, Session, Stage, Waiting, parameters, reply};

impl Session {
    pub(super) fn rcpt(&mut self, argument: &str) -> Option<Demand> {
        if !self.greeted {
            return self.fault(if self.is_lmtp() { reply::GREET_FIRST_LMTP } else { reply::GREET_FIRST });
        }
        let Some(transaction) = &self.transaction else { return self.fault(reply::MAIL_FIRST) };
        let parsed = strip_word(argument, "TO:").and_then(|path| path::parse(path).ok());
        let Some((path, rest)) = parsed else { return self.fault(reply::BAD_RECIPIENT) };
        if parameters::split(rest).next().is_some() {
            return self.fault(reply::UNKNOWN_PARAMETER);
        }
        if !path.is_ascii() && !transaction.utf8 {
            return self.fault(reply::SMTPUTF8_NEEDED);
        }
        // In LMTP each is answered for, the same one twice too.
        let taken = if self.is_lmtp() { transaction.accepted.len() } else { transaction.recipients.len() };
        if taken >= self.terms.limits.recipients {
            return self.say(reply::TOO_MANY_RECIPIENTS);
        }
        let (local_part, domain) = match path {
            Path::Null => return self.fault(reply::BAD_RECIPIENT),
            Path::Postmaster => return self.accept_postmaster(),
            Path::Mailbox { local_part, domain } => (local_part, domain),
        };
        if !self.terms.is_own_domain(&domain) {
            return self.refuse_recipient(reply::RELAY_DENIED);
        }
        if local_part.eq_ignore_ascii_case("postmaster") {
            return self.accept_postmaster();
        }
        // What stands behind `+` is the sender's own mark, as with most mailboxes.
        let canonical = local_part.split('+').next().unwrap_or_default().to_ascii_lowercase();
        if canonical.is_empty() {
            return self.refuse_recipient(reply::UNKNOWN_RECIPIENT);
        }
        self.stage = Stage::Waiting(Waiting::Recipient);
        Some(Demand::FindRecipient(SecretLocalPart(canonical)))
    }

    /// Answers [`Demand::FindRecipient`].
    pub fn recipient_found(&mut self, answer: Lookup) -> Option<Demand> {
        if !matches!(self.stage, Stage::Waiting(Waiting::Recipient)) {
            return None;
        }
        self.stage = Stage::Commands;
        match answer {
            Lookup::Known(recipient) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.accept(recipient);
                }
                self.say(reply::RECIPIENT_OK)
            }
            Lookup::Unknown => self.refuse_recipient(reply::UNKNOWN_RECIPIENT),
            Lookup::Flooded => self.say(reply::FLOODED),
            Lookup::Unavailable => self.say(reply::LOOKUP_FAILED),
        }
    }

    fn accept_postmaster(&mut self) -> Option<Demand> {
        if let Some(transaction) = &mut self.transaction {
            transaction.postmaster = true;
            transaction.accepted.push(Accepted::Postmaster);
        }
        self.say(reply::RECIPIENT_OK)
    }

    fn refuse_recipient(&mut self, refusal: Reply) -> Option<Demand> {
        self.counts.unknown_recipients += 1;
        if self.counts.unknown_recipients >= self.terms.limits.unknown_recipients {
            return Some(self.close_with(reply::TOO_MANY_UNKNOWN));
        }
        self.say(refusal)
    }
}
