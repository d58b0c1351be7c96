//! The store as the receiver's [`Recorder`]: addresses are looked up and mails recorded in its transactions.

use model::Timestamp;
use model::inbound::{IncomingMail, RecordedMail};
use store::{Store, StoreError};

use crate::recording::{Recipient, Recorder, RecorderError};

impl Recorder for Store {
    async fn find_recipient(&self, local_part: &str) -> Result<Option<Recipient>, RecorderError> {
        let found = self.find_address(local_part, Timestamp::from_clock()).await.map_err(in_doubt)?;
        Ok(found.map(|address| Recipient { account: address.account, address: address.id }))
    }

    async fn record(&self, mail: IncomingMail) -> Result<RecordedMail, RecorderError> {
        self.record_mail(mail).await.map_err(in_doubt)
    }
}

/// Every failure asks the peer to come again: refusing for good would lose a notice (law 5).
fn in_doubt(error: StoreError) -> RecorderError {
    match error {
        StoreError::Full => RecorderError::storage_full(error),
        other => RecorderError::unavailable(other),
    }
}
