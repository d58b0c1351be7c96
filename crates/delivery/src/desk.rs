//! The campaigns of the accounts that a pass meets, read once and parsed once for each of their versions.
//! Nothing that the gate reads is kept here: it decides on the store's own facts.

use std::collections::HashMap;

use campaign::Campaign;
use model::campaign::StoredCampaign;
use model::message::{ClaimedMessage, SiblingMessage};
use model::{AccountId, Attachment, CampaignId, Order, OrderId};
use store::{Store, StoreError};

/// A campaign as it is stored and as it was understood.
pub(crate) struct Known {
    pub stored: StoredCampaign,
    /// None where the text can't be read by this program (one of a newer release, say): it plans nothing.
    pub campaign: Option<Campaign>,
}

impl Known {
    pub fn of(stored: StoredCampaign) -> Self {
        let campaign = Campaign::parse(&stored.text);
        if campaign.is_err() {
            tracing::warn!(campaign = %stored.id, version = stored.version, "a stored campaign can't be read by this release");
        }
        Self { campaign: campaign.ok(), stored }
    }

    /// The files that go with its letters. They are read anew for each message and not kept here: ten megabytes for
    /// each campaign of each account would be too much, and a store's server takes few messages a second.
    pub async fn attachments(&self, account: AccountId, store: &Store) -> Result<Vec<Attachment>, StoreError> {
        store.campaign_attachments(account, self.stored.id, self.stored.version).await
    }
}

/// What a pass has read so far.
pub(crate) struct Desk<'s> {
    store: &'s Store,
    campaigns: HashMap<AccountId, Vec<Known>>,
    versions: HashMap<(CampaignId, u32), Option<Known>>,
    names: HashMap<AccountId, String>,
    orders: HashMap<(AccountId, OrderId), Order>,
}

impl<'s> Desk<'s> {
    pub fn new(store: &'s Store) -> Self {
        Self {
            store,
            campaigns: HashMap::new(),
            versions: HashMap::new(),
            names: HashMap::new(),
            orders: HashMap::new(),
        }
    }

    /// The store behind it.
    pub const fn store(&self) -> &'s Store {
        self.store
    }

    /// All campaigns of an account in their newest version.
    pub async fn campaigns(&mut self, account: AccountId) -> Result<&[Known], StoreError> {
        if !self.campaigns.contains_key(&account) {
            let known = self.store.campaigns(account).await?.into_iter().map(Known::of).collect();
            self.campaigns.insert(account, known);
        }
        Ok(self.campaigns.get(&account).map_or(&[], Vec::as_slice))
    }

    /// One version of a campaign, as a message names it.
    pub async fn version(
        &mut self,
        account: AccountId,
        campaign: CampaignId,
        version: u32,
    ) -> Result<Option<&Known>, StoreError> {
        let key = (campaign, version);
        if !self.versions.contains_key(&key) {
            let known = self.store.campaign_version(account, campaign, version).await?.map(Known::of);
            self.versions.insert(key, known);
        }
        Ok(self.versions.get(&key).and_then(Option::as_ref))
    }

    /// Lays the orders of a claim ready, read at once and in place of those of the claim before.
    pub async fn lay_ready(&mut self, claimed: &[ClaimedMessage]) -> Result<(), StoreError> {
        let asked = claimed.iter().map(|message| (message.account, message.order_id)).collect();
        self.orders = self.store.orders(asked).await?;
        Ok(())
    }

    /// A message's order: as it was laid ready, once, else as it stands now.
    pub async fn order(&mut self, message: &ClaimedMessage) -> Result<Option<Order>, StoreError> {
        match self.orders.remove(&(message.account, message.order_id)) {
            Some(order) => Ok(Some(order)),
            None => self.store.order(message.account, message.order_id).await,
        }
    }

    /// What the campaigns have made of a message's order so far; read anew, since it changes with every attempt.
    pub async fn messages_of_campaigns(&self, message: &ClaimedMessage) -> Result<Vec<SiblingMessage>, StoreError> {
        self.store.messages_of_campaigns(message.account, message.order_id).await
    }

    /// The account's name, as templates show it.
    pub async fn account_name(&mut self, account: AccountId) -> Result<String, StoreError> {
        if let Some(name) = self.names.get(&account) {
            return Ok(name.clone());
        }
        let name = self.store.account_by_id(account).await?.name;
        self.names.insert(account, name.clone());
        Ok(name)
    }
}
