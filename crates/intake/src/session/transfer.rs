//! DATA (RFC 5321, 4.1.1.4), from the 354 to the acknowledgement.

use super::envelope::{Accepted, ReceivedMail, RecordedFor, Recording};
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
            return self.say(if self.is_lmtp() { reply::NO_RECIPIENT_LMTP } else { reply::NO_RECIPIENT });
        }
        self.stage = Stage::Data(Box::new(DataReader::new(self.terms.limits.mail, &self.allowance)));
        self.say(reply::SEND_DATA)
    }

    /// The line with the single dot has come.
    pub(super) fn data_ended(&mut self) -> Option<Demand> {
        let Stage::Data(reader) = std::mem::replace(&mut self.stage, Stage::Commands) else { return None };
        let transaction = self.transaction.take().unwrap_or_default();
        self.accepted = transaction.accepted;
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
            Err(DataRefusal::TooLarge) => self.refuse_for_all(reply::TOO_LARGE),
            Err(DataRefusal::NoRoom) => self.refuse_for_all(reply::NO_ROOM),
        }
    }

    /// Answers [`Demand::Record`] where the same holds for every recipient.
    pub fn recorded(&mut self, outcome: Recording) -> Option<Demand> {
        self.record_answered(|_| outcome)
    }

    /// Answers [`Demand::Record`], recipient by recipient. In SMTP there is one reply, and it is a 250 only if the mail
    /// is durable for all of them.
    pub fn recorded_for(&mut self, outcomes: &RecordedFor) -> Option<Demand> {
        self.record_answered(|accepted| outcomes.of(accepted))
    }

    /// The one place from which a mail's 250 comes.
    fn record_answered(&mut self, outcome: impl Fn(Accepted) -> Recording) -> Option<Demand> {
        if !matches!(self.stage, Stage::Waiting(Waiting::Record)) {
            return None;
        }
        self.stage = Stage::Commands;
        let outcomes: Vec<Recording> = std::mem::take(&mut self.accepted).into_iter().map(outcome).collect();
        let worst = outcomes.iter().copied().fold(Recording::Durable, Recording::or_worse);
        if worst == Recording::Durable {
            self.counts.mails += 1;
            self.counts.commands_since_mail = 0;
        } else {
            self.counts.refused_mails += 1;
        }
        let answers = if self.is_lmtp() { outcomes } else { vec![worst] };
        for answer in answers {
            self.say(match answer {
                Recording::Durable => reply::MAIL_RECORDED,
                Recording::StorageFull => reply::STORAGE_FULL,
                Recording::TryAgain => reply::NOT_RECORDED,
            });
        }
        None
    }

    /// RFC 2033, 4.2: in LMTP one reply for each recipient that was accepted.
    fn refuse_for_all(&mut self, refusal: Reply) -> Option<Demand> {
        self.counts.refused_mails += 1;
        let accepted = std::mem::take(&mut self.accepted).len();
        for _ in 0..if self.is_lmtp() { accepted } else { 1 } {
            self.say(refusal);
        }
        None
    }
}
