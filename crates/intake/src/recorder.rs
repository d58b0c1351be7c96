//! The store as the receiver's [`Recorder`]: addresses are looked up and mails recorded in its transactions.
//! At the SMTP door the postmaster's box stands beside it.

use std::sync::Arc;

use model::inbound::{IncomingMail, RecordedMail};
use model::{AccountId, Timestamp};
use store::{Store, StoreError};

use crate::postmaster::PostmasterBox;
use crate::recording::{Recipient, Recorder, RecorderError};

impl Recorder for Store {
    async fn find_recipient(&self, local_part: &str) -> Result<Option<Recipient>, RecorderError> {
        let now = Timestamp::from_clock();
        let found = self.find_address(local_part, now).await.map_err(in_doubt)?;
        if let Some(address) = &found
            && self.is_flooded(address.account, address.id, now).await.map_err(in_doubt)?
        {
            return Err(RecorderError::Flooded);
        }
        Ok(found.map(|address| Recipient { account: address.account, address: address.id }))
    }

    async fn record(&self, mail: IncomingMail) -> Result<RecordedMail, RecorderError> {
        self.record_mail(mail).await.map_err(in_doubt)
    }

    async fn record_many(&self, mails: Vec<IncomingMail>) -> Vec<Result<RecordedMail, RecorderError>> {
        self.record_mails(mails).await.into_iter().map(|recorded| recorded.map_err(in_doubt)).collect()
    }

    async fn known(
        &self,
        account: AccountId,
        digests: Vec<[u8; 32]>,
    ) -> Result<Vec<Option<RecordedMail>>, RecorderError> {
        self.known_mails(account, digests).await.map_err(in_doubt)
    }
}

/// The store with the postmaster's box: who takes the mails of the SMTP receiver.
#[derive(Clone)]
pub struct Reception {
    store: Arc<Store>,
    postmaster: PostmasterBox,
}

impl Reception {
    /// Over a store and a box.
    #[must_use]
    pub fn new(store: Arc<Store>, postmaster: PostmasterBox) -> Self {
        Self { store, postmaster }
    }
}

impl std::fmt::Debug for Reception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reception").field("postmaster", &self.postmaster).finish_non_exhaustive()
    }
}

impl Recorder for Reception {
    async fn find_recipient(&self, local_part: &str) -> Result<Option<Recipient>, RecorderError> {
        self.store.find_recipient(local_part).await
    }

    async fn record(&self, mail: IncomingMail) -> Result<RecordedMail, RecorderError> {
        self.store.record(mail).await
    }

    async fn record_postmaster(&self, raw: &[u8]) -> Result<(), RecorderError> {
        self.postmaster.keep(raw.to_vec(), Timestamp::from_clock()).await
    }
}

/// Every failure asks the peer to come again: refusing for good would lose a notice (law 5).
fn in_doubt(error: StoreError) -> RecorderError {
    match error {
        StoreError::Full => RecorderError::storage_full(error),
        other => RecorderError::unavailable(other),
    }
}
