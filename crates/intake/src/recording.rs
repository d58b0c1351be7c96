//! The seam to whoever knows the inbound addresses and records mails. The receiver says 250 only after
//! [`Recorder::record`] has said that the mail and its effects are durable (law 1); recording the same mail
//! twice changes nothing (law 9), so in doubt the peer is asked to send again.

use std::future::Future;

use model::inbound::{IncomingMail, RecordedMail};
use model::{AccountId, AddressId};

/// An inbound address that takes mail, as the receiver needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// The account whose address it is.
    pub account: AccountId,
    /// The address.
    pub address: AddressId,
}

/// The one who knows addresses and records mails durably.
pub trait Recorder: Send + Sync + 'static {
    /// The address with this local part, if it takes mail now. `local_part` is in ASCII lower case, without
    /// quotes and `+tag`; the domain was checked before.
    fn find_recipient(&self, local_part: &str)
    -> impl Future<Output = Result<Option<Recipient>, RecorderError>> + Send;

    /// Records a mail with its effects; returns only when they are on stable storage (law 1).
    fn record(&self, mail: IncomingMail) -> impl Future<Output = Result<RecordedMail, RecorderError>> + Send;

    /// Records mails of one account in their order; what became of each. Calls begun one after another take effect so.
    fn record_many(
        &self,
        mails: Vec<IncomingMail>,
    ) -> impl Future<Output = Vec<Result<RecordedMail, RecorderError>>> + Send {
        async {
            let mut recorded = Vec::with_capacity(mails.len());
            for mail in mails {
                recorded.push(self.record(mail).await);
            }
            recorded
        }
    }

    /// Which of the mails with these digests were recorded from a file before and would change nothing; in their order.
    /// Who can't tell knows none.
    fn known(
        &self,
        _account: AccountId,
        digests: Vec<[u8; 32]>,
    ) -> impl Future<Output = Result<Vec<Option<RecordedMail>>, RecorderError>> + Send {
        async move { Ok(digests.iter().map(|_| None).collect()) }
    }

    /// Takes mail to `postmaster@`, which no account owns (RFC 5321, 4.5.1); returns only when it is on stable
    /// storage. Who has no place for it takes none, so that the peer keeps it.
    fn record_postmaster(&self, _raw: &[u8]) -> impl Future<Output = Result<(), RecorderError>> + Send {
        async { Err(RecorderError::unavailable("there is no box for mail to postmaster here")) }
    }
}

/// Why a mail was not recorded. Either way it may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// No space is left on the storage.
    #[error("the storage is full; free some space, and the mail will be sent again by itself")]
    StorageFull(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An address has had more mail without proof within the hour than is believable.
    #[error("more unproven mail came to this address within an hour than is believable; it may come back later")]
    Flooded,
    /// Anything else that may pass.
    #[error("the storage could not take the mail; it will be sent again by itself")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl RecorderError {
    /// A failure that may pass.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    /// A full storage.
    pub fn storage_full(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::StorageFull(source.into())
    }

    /// The error with its sources in one line, for the operator's log.
    pub(crate) fn in_full(&self) -> String {
        crate::error::in_full(self)
    }
}
