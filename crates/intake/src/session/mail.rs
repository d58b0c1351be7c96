//! MAIL (RFC 5321, 4.1.1.2) with SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8 (RFC 6531).

use super::envelope::Transaction;
use super::path::{self, Path};
use super::reply::{self, Reply};
use super::{Demand, Session, parameters};

impl Session {
    pub(super) fn mail(&mut self, argument: &str) -> Option<Demand> {
        if !self.greeted {
            return self.fault(if self.is_lmtp() { reply::GREET_FIRST_LMTP } else { reply::GREET_FIRST });
        }
        if self.transaction.is_some() {
            return self.fault(reply::MAIL_OPEN);
        }
        if self.counts.mails >= self.terms.limits.mails {
            return Some(self.close_with(reply::TOO_MANY_MAILS));
        }
        match self.begin_mail(argument) {
            Ok(transaction) => {
                self.transaction = Some(transaction);
                self.say(reply::SENDER_OK)
            }
            // A mail that is too large is no misbehaviour: SIZE is there to ask.
            Err(refusal) if refusal == reply::TOO_LARGE => self.say(refusal),
            Err(refusal) => self.fault(refusal),
        }
    }

    fn begin_mail(&self, argument: &str) -> Result<Transaction, Reply> {
        let path = strip_word(argument, "FROM:").ok_or(reply::BAD_SENDER)?;
        let (sender, rest) = path::parse(path).map_err(|_| reply::BAD_SENDER)?;
        if sender == Path::Postmaster {
            return Err(reply::BAD_SENDER);
        }
        let mut utf8 = false;
        let mut size = None;
        let mut body = None;
        for (keyword, value) in parameters::split(rest) {
            match keyword.to_ascii_uppercase().as_str() {
                "SIZE" if size.is_none() => {
                    size = Some(value.and_then(parameters::size).ok_or(reply::BAD_ARGUMENTS)?);
                }
                "BODY" if body.is_none() => {
                    let known =
                        |value: &str| ["7BIT", "8BITMIME"].iter().any(|known| value.eq_ignore_ascii_case(known));
                    body = Some(value.filter(|value| known(value)).ok_or(reply::BAD_ARGUMENTS)?);
                }
                "SMTPUTF8" if value.is_none() => utf8 = true,
                "SIZE" | "BODY" | "SMTPUTF8" => return Err(reply::BAD_ARGUMENTS),
                _ => return Err(reply::UNKNOWN_PARAMETER),
            }
        }
        if !sender.is_ascii() && !utf8 {
            return Err(reply::SMTPUTF8_NEEDED);
        }
        let limit = u64::try_from(self.terms.limits.mail).unwrap_or(u64::MAX);
        if size.is_some_and(|size| size > limit) {
            return Err(reply::TOO_LARGE);
        }
        Ok(Transaction { utf8, ..Transaction::default() })
    }
}

/// What follows `word`, written in any case, at the beginning of `text`.
pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}
