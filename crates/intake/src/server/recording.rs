//! From a received mail to its acknowledgement: read once, recorded for each recipient, and *durable* only if
//! every one of them is. What fails for one recipient must not keep the others from theirs.

use model::Timestamp;
use model::inbound::Door;

use crate::reading::{Arrival, ReadingRoom};
use crate::recording::{Recorder, RecorderError};
use crate::session::{ReceivedMail, Recording};

/// Records a mail for all its recipients.
pub(super) async fn record<R: Recorder>(
    recorder: &R,
    room: &ReadingRoom,
    mail: ReceivedMail,
    session: u64,
) -> Recording {
    let ReceivedMail { recipients, postmaster, raw, mixed_line_ends, share } = mail;
    let bytes = raw.len();
    let received_at = Timestamp::from_clock();
    let mut outcome = Recording::Durable;
    if postmaster && let Err(error) = recorder.record_postmaster(&raw).await {
        outcome = worse(outcome, &error, session);
    }
    if !recipients.is_empty() {
        match room.understand(raw).await {
            Err(error) => {
                outcome = worse(outcome, &RecorderError::unavailable(error), session);
            }
            Ok(understood) => {
                let mut understood = Some(understood);
                let count = recipients.len();
                for (number, recipient) in recipients.into_iter().enumerate() {
                    let arrival = Arrival {
                        account: recipient.account,
                        address: Some(recipient.address),
                        door: Door::Smtp,
                        received_at,
                    };
                    // The last one gets the mail itself; nearly always it is the only one.
                    let copy = if number + 1 == count { understood.take() } else { understood.clone() };
                    let Some(copy) = copy else { break };
                    match recorder.record(copy.into_mail(arrival)).await {
                        Ok(recorded) => {
                            tracing::info!(session, bytes, mixed_line_ends, mail = %recorded.id, "mail recorded");
                        }
                        Err(error) => outcome = worse(outcome, &error, session),
                    }
                }
            }
        }
    }
    drop(share);
    outcome
}

fn worse(before: Recording, error: &RecorderError, session: u64) -> Recording {
    tracing::error!(
        session,
        error = error.in_full(),
        "a mail could not be recorded; the peer is asked to send it again"
    );
    match (before, error) {
        (Recording::Durable | Recording::StorageFull, RecorderError::StorageFull(_)) => Recording::StorageFull,
        _ => Recording::TryAgain,
    }
}
