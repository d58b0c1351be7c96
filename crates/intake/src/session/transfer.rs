//! DATA (RFC 5321, 4.1.1.4), from the 354 to the acknowledgement.

use super::envelope::{ReceivedMail, Recording};
use super::reply::Reply;
use super::{Demand, Session, Stage, Waiting, reply};
use crate::data::{DataReader, DataRefusal};

impl Session {
    pub(super) fn data(&mut self, argument: &str) -> Option<Demand> {
        if !argument.is_empty() {
            return self.fault(reply::BAD_ARGUMENTS);
        }
        let Some(transaction) = &self.transaction else { return self.fault(reply::MAIL_FIRST) };
        if !transaction.has_recipient() {
            // RFC 5321, 3.3. A pipelining peer may say DATA before it knows, so this is no misbehaviour.
            return self.say(reply::NO_RECIPIENT);
        }
        self.stage = Stage::Data(Box::new(DataReader::new(self.terms.limits.mail, &self.allowance)));
        self.say(reply::SEND_DATA)
    }

    /// The line with the single dot has come.
    pub(super) fn data_ended(&mut self) -> Option<Demand> {
        let Stage::Data(reader) = std::mem::replace(&mut self.stage, Stage::Commands) else { return None };
        let transaction = self.transaction.take().unwrap_or_default();
        match reader.finish() {
            Ok(data) => {
                self.stage = Stage::Waiting(Waiting::Record);
                Some(Demand::Record(Box::new(ReceivedMail {
                    recipients: transaction.recipients,
                    postmaster: transaction.postmaster,
                    raw: data.raw,
                    mixed_line_ends: data.mixed_line_ends,
                    share: data.share,
                })))
            }
            Err(DataRefusal::TooLarge) => self.refuse_mail(reply::TOO_LARGE),
            Err(DataRefusal::NoRoom) => self.refuse_mail(reply::NO_ROOM),
        }
    }

    /// Answers [`Demand::Record`]. The one place from which a mail's 250 comes.
    pub fn recorded(&mut self, outcome: Recording) -> Option<Demand> {
        if !matches!(self.stage, Stage::Waiting(Waiting::Record)) {
            return None;
        }
        self.stage = Stage::Commands;
        match outcome {
            Recording::Durable => {
                self.counts.mails += 1;
                self.counts.commands_since_mail = 0;
                self.say(reply::MAIL_RECORDED)
            }
            Recording::StorageFull => self.refuse_mail(reply::STORAGE_FULL),
            Recording::TryAgain => self.refuse_mail(reply::NOT_RECORDED),
        }
    }

    fn refuse_mail(&mut self, refusal: Reply) -> Option<Demand> {
        self.counts.refused_mails += 1;
        self.say(refusal)
    }
}
