//! The stores in which a seller sells, by `getMarketplaceParticipations`: the call that shows that an authorisation works.

use model::Marketplace;
use serde_json::Value;

use crate::orders::value::{at, text};
use crate::{Operation, Region, Request, Unreadable, Usage};

/// A store of the seller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    /// Which.
    pub store: Marketplace,
    /// What the seller is called there.
    pub name: Option<String>,
    /// Whether he sells there.
    pub is_participating: bool,
    /// Whether his listings there are suspended.
    pub is_suspended: bool,
}

/// The seller's stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participations {
    /// Those that Abide knows.
    pub stores: Vec<Participation>,
    /// Amazon's ids of those that it does not: places that are no shop, or shops that are new.
    pub unknown: Vec<String>,
}

/// Asks for the seller's stores in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetMarketplaceParticipations {
    /// The region.
    pub region: Region,
}

impl Operation for GetMarketplaceParticipations {
    type Answer = Participations;
    const NAME: &'static str = "getMarketplaceParticipations";
    const USAGE: Usage = Usage::of(16_000, 15);

    fn request(&self) -> Request {
        Request::get(Some(self.region), "/sellers/v1/marketplaceParticipations".to_owned())
    }

    fn read(&self, body: &Value) -> Result<Participations, Unreadable> {
        let list = at(body, &["payload"]).as_array().ok_or(Unreadable("the list of stores"))?;
        let mut found = Participations { stores: Vec::new(), unknown: Vec::new() };
        for entry in list {
            let id = text(at(entry, &["marketplace", "id"])).ok_or(Unreadable("the id of a store"))?;
            let Some(store) = Marketplace::from_id(&id) else {
                found.unknown.push(id);
                continue;
            };
            let flag =
                |name| at(entry, &["participation", name]).as_bool().ok_or(Unreadable("a store's participation"));
            let is_participating = flag("isParticipating")?;
            let is_suspended = flag("hasSuspendedListings")?;
            if found.stores.iter().all(|known| known.store != store) {
                let name = text(at(entry, &["storeName"]));
                found.stores.push(Participation { store, name, is_participating, is_suspended });
            }
        }
        Ok(found)
    }
}
