//! From a received mail to its acknowledgement: read once, recorded for each recipient, *durable* for those for whom it
//! is. What fails for one recipient must not keep the others from theirs.

use model::Timestamp;
use model::inbound::Door;

use crate::reading::{Arrival, ReadingRoom};
use crate::recording::{Recorder, RecorderError};
use crate::session::{ReceivedMail, RecordedFor, Recording};

/// Records a mail for all its recipients, as come in by `door`.
pub(super) async fn record<R: Recorder>(
    recorder: &R,
    room: &ReadingRoom,
    door: Door,
    mail: ReceivedMail,
    session: u64,
) -> RecordedFor {
    let ReceivedMail { recipients, postmaster, raw, mixed_line_ends, share } = mail;
    let bytes = raw.len();
    let received_at = Timestamp::from_clock();
    let mut outcomes = RecordedFor { recipients: Vec::with_capacity(recipients.len()), postmaster: None };
    if postmaster {
        let recorded = recorder.record_postmaster(&raw).await;
        outcomes.postmaster = Some(recorded.map_or_else(|error| failed(&error, session), |()| Recording::Durable));
    }
    if !recipients.is_empty() {
        match room.understand(raw).await {
            Err(error) => {
                let outcome = failed(&RecorderError::unavailable(error), session);
                outcomes.recipients = vec![outcome; recipients.len()];
            }
            Ok(understood) => {
                let mut understood = Some(understood);
                let count = recipients.len();
                for (number, recipient) in recipients.into_iter().enumerate() {
                    let arrival = Arrival {
                        account: recipient.account,
                        address: Some(recipient.address),
                        source: None,
                        door,
                        received_at,
                    };
                    // The last one gets the mail itself; nearly always it is the only one.
                    let copy = if number + 1 == count { understood.take() } else { understood.clone() };
                    let Some(copy) = copy else { break };
                    outcomes.recipients.push(match recorder.record(copy.into_mail(arrival)).await {
                        Ok(recorded) => {
                            tracing::info!(session, bytes, mixed_line_ends, mail = %recorded.id, "mail recorded");
                            Recording::Durable
                        }
                        Err(error) => failed(&error, session),
                    });
                }
            }
        }
    }
    drop(share);
    outcomes
}

fn failed(error: &RecorderError, session: u64) -> Recording {
    tracing::error!(
        session,
        error = error.in_full(),
        "a mail could not be recorded; the peer is asked to send it again"
    );
    match error {
        RecorderError::StorageFull(_) => Recording::StorageFull,
        RecorderError::Unavailable(_) | RecorderError::Flooded => Recording::TryAgain,
    }
}
