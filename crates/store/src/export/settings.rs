//! An account's settings as JSON: what it chose and where it is connected to, and no password, token or secret address.

use model::sending::StopScope;
use model::{Account, AccountSettings};
use serde_json::json;

use crate::Store;
use crate::error::StoreError;

impl Store {
    pub(super) async fn settings_told(&self, account: &Account) -> Result<String, StoreError> {
        let AccountSettings {
            trust_addresses,
            solicit_without_alias,
            delivery_days,
            restricted_since,
            feed_broken_since,
        } = account.settings;
        let mut stores = Vec::new();
        for seller in &account.sellers {
            let sender = self.sender(account.id, seller.store).await?.map(|sender| {
                json!({
                    "from": sender.from.as_str(),
                    "name": sender.name,
                    "server": sender.server.to_string(),
                    "user": sender.sign_in.map(|sign_in| sign_in.user),
                    "connections": sender.limits.connections,
                    "per_minute": sender.limits.per_minute,
                })
            });
            stores.push(json!({
                "store": seller.store.as_str(),
                "delivery": seller.delivery.as_str(),
                "important_by_email": self.important_by_email(account.id, seller.store).await?,
                "sender": sender,
            }));
        }
        let folders = self.mail_folders(account.id).await?.into_iter().map(|(store, folder, _)| {
            json!({
                "store": store.map(model::Marketplace::as_str),
                "server": folder.server.to_string(),
                "user": folder.user,
                "folder": folder.folder.as_str(),
                "move_to": folder.move_to.as_ref().map(model::mail_folder::FolderName::as_str),
            })
        });
        let addresses = self.addresses(account.id).await?.into_iter().map(|address| {
            json!({
                "store": address.store.map(model::Marketplace::as_str),
                "kind": address.kind.as_str(),
                "state": address.state.as_str(),
                "issued_at": address.issued_at,
                "last_mail_at": address.last_mail_at,
                "last_notice_at": address.last_notice_at,
            })
        });
        let doors = self.http_doors(account.id).await?.into_iter().map(|door| {
            json!({
                "name": door.name,
                "kind": door.kind.as_str(),
                "created_at": door.created_at,
                "revoked_at": door.revoked_at,
                "last_mail_at": door.last_mail_at,
            })
        });
        let forwarders = self.forwarders(account.id).await?.into_iter().map(
            |forwarder| json!({ "address": forwarder.address, "confirmed_at": forwarder.confirmed_at, "by": forwarder.by }),
        );
        let stops = self
            .sending_stops(account.id)
            .await?
            .into_iter()
            .map(|stop| json!({ "where": place_of(stop.scope), "since": stop.since, "by": stop.by }));
        let told = json!({
            "account": account.handle.as_str(),
            "name": account.name,
            "created_at": account.created_at,
            "settings": {
                "trust_addresses": trust_addresses,
                "solicit_without_alias": solicit_without_alias,
                "delivery_days": delivery_days,
                "restricted_since": restricted_since,
                "feed_broken_since": feed_broken_since,
            },
            "stores": stores,
            "folders": folders.collect::<Vec<_>>(),
            "addresses": addresses.collect::<Vec<_>>(),
            "http_doors": doors.collect::<Vec<_>>(),
            "forwarders": forwarders.collect::<Vec<_>>(),
            "sending_stops": stops.collect::<Vec<_>>(),
        });
        serde_json::to_string_pretty(&told).map_err(|error| StoreError::unexpected(error.to_string()))
    }
}

/// What a stop stops: everything, the account, or a store by its code.
fn place_of(scope: StopScope) -> String {
    match scope {
        StopScope::Installation => "installation".to_owned(),
        StopScope::Account(_) => "account".to_owned(),
        StopScope::Store(_, store) => store.to_string(),
    }
}
