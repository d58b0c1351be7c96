//! `getMessagingActionsForOrder`: which messages an order offers at this time.

use model::{Marketplace, OrderId};
use serde_json::Value;

use super::Action;
use crate::{Operation, Region, Request, Unreadable, Usage, Words, hal};

/// Asks which messages an order offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetMessagingActions {
    /// The order.
    pub order_id: OrderId,
    /// Its store.
    pub store: Marketplace,
}

/// What an order offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagingActions {
    offered: Vec<(Action, Option<Words>)>,
}

impl MessagingActions {
    /// The messages that can be sent now.
    pub fn allowed(&self) -> impl Iterator<Item = Action> + '_ {
        self.offered.iter().filter(|(_, disabled)| disabled.is_none()).map(|(action, _)| *action)
    }

    /// Whether this one can be sent now.
    pub fn allows(&self, action: Action) -> bool {
        self.allowed().any(|allowed| allowed == action)
    }

    /// Amazon's words (to be sealed) on why one that is listed is switched off; none where it is not.
    pub fn why_disabled(&self, action: Action) -> Option<&Words> {
        self.offered.iter().find(|(listed, _)| *listed == action)?.1.as_ref()
    }
}

impl Operation for GetMessagingActions {
    type Answer = MessagingActions;
    const NAME: &'static str = "getMessagingActionsForOrder";
    const USAGE: Usage = Usage::of(1_000_000, 5);

    fn request(&self) -> Request {
        Request::get(Some(Region::of(self.store)), format!("/messaging/v1/orders/{}", self.order_id))
            .with("marketplaceIds", self.store.facts().id)
    }

    fn read(&self, body: &Value) -> Result<MessagingActions, Unreadable> {
        let mut offered: Vec<(Action, Option<Words>)> = Vec::new();
        for offer in hal::offers(body)? {
            let Some(action) = Action::named(&offer.name) else { continue };
            if offered.iter().all(|(known, _)| *known != action) {
                offered.push((action, offer.disabled));
            }
        }
        Ok(MessagingActions { offered })
    }
}
