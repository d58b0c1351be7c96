//! A campaign as the store keeps it: its text with the version that each message names, and whether it runs.

use crate::word::words;
use crate::{AttachedFile, CampaignId, Timestamp};

words! {
    /// Whether a campaign writes to buyers.
    CampaignState ("state of a campaign") {
        /// It plans messages.
        Active = "active",
        /// It plans none; a few letters a day go to members, as they would go to buyers.
        Test = "test",
        /// It plans none.
        Off = "off",
    }
}

/// One version of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCampaign {
    /// The campaign, over all its versions.
    pub id: CampaignId,
    /// Its name, unique within the account.
    pub name: String,
    /// 1 and up; each message names the version it was made by.
    pub version: u32,
    /// The TOML text, as it was given.
    pub text: String,
    /// Whether it plans messages.
    pub state: CampaignState,
    /// When it was first kept: it covers orders purchased after, unless it says `orders_after`.
    pub activated_at: Timestamp,
    /// The files that go with its letters, by name; each letter names its own.
    pub attachments: Vec<AttachedFile>,
}

impl StoredCampaign {
    /// Whether it plans messages.
    pub fn is_active(&self) -> bool {
        self.state == CampaignState::Active
    }
}

/// One of a campaign's versions, without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CampaignVersion {
    /// 1 and up.
    pub version: u32,
    /// When it was added.
    pub created_at: Timestamp,
    /// Whether it is the one in use.
    pub current: bool,
}

/// What became of the orders of one arm of a split test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArmCounts {
    /// Orders that fell into it and had a message planned, or would have had.
    pub orders: u32,
    /// Messages that left.
    pub sent: u32,
    /// Messages that were captured.
    pub captured: u32,
    /// Messages that were refused or failed.
    pub refused: u32,
    /// Orders of which Amazon's notice says that the buyer opted out.
    pub opted_out: u32,
    /// Orders of which a list says that the buyer reviewed the product.
    pub reviewed: u32,
}
