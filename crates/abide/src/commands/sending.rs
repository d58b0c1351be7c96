//! `abide sending stop|resume|status`: the emergency stop of live sending, for a store, an account or everything, and
//! how live stores fare. Capturing is never stopped by it.

use model::member::Actor;
use model::sending::{SendingStop, StopScope};
use model::{AccountId, Delivery};
use serde_json::json;
use store::Store;

use crate::arguments::{SendingCommand, StopScope as Asked};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output};

pub async fn run(configuration: &Configuration, output: Output, command: SendingCommand) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    match command {
        SendingCommand::Stop { scope, note } => {
            let (asked, place) = resolved(&store, &scope).await?;
            store.stop_sending(asked, Actor::Operator, note, installation::clock()).await?;
            output.object(&json!({ "account": scope.account, "store": scope.store, "stopped": true }))?;
            output.title(&format!("Live sending is stopped for {place}."))?;
            output.line("What was under way ends within seconds; everything else waits as `live_off`. To go on:")?;
            output.line(&format!("  abide sending resume{} --note WHY", flags(&scope)))?;
        }
        SendingCommand::Resume { scope, note } => {
            let (asked, place) = resolved(&store, &scope).await?;
            store.resume_sending(asked, Actor::Operator, note, installation::clock()).await?;
            output.object(&json!({ "account": scope.account, "store": scope.store, "stopped": false }))?;
            output.title(&format!("Live sending goes on for {place}."))?;
        }
        SendingCommand::Status => status(&store, output).await?,
    }
    Ok(Ended::Done)
}

fn flags(scope: &Asked) -> String {
    let account = scope.account.as_ref().map_or_else(String::new, |account| format!(" --account {account}"));
    let store = scope.store.map_or_else(String::new, |store| format!(" --store {store}"));
    account + &store
}

/// What is meant, and its name.
async fn resolved(store: &Store, scope: &Asked) -> Result<(StopScope, String), Failure> {
    let Some(handle) = &scope.account else {
        return Ok((StopScope::Installation, "the whole installation".to_owned()));
    };
    let account = store.account(handle).await?;
    Ok(match scope.store {
        None => (StopScope::Account(account.id), format!("all of {handle}")),
        Some(marketplace) => {
            installation::must_have(&account, marketplace)?;
            (StopScope::Store(account.id, marketplace), format!("Amazon {marketplace} of {handle}"))
        }
    })
}

async fn status(store: &Store, output: Output) -> Result<(), Failure> {
    let (mut rows, mut after, mut everything) = (Vec::new(), None, None);
    loop {
        let accounts = store.accounts(after, super::PAGE).await?;
        for account in &accounts {
            let stops = store.sending_stops(account.id).await?;
            everything = stops.iter().find(|stop| stop.scope == StopScope::Installation).cloned();
            for seller in account.sellers.iter().filter(|seller| seller.delivery == Delivery::Live) {
                let stop = stops.iter().find(|stop| bears_on(stop, account.id, seller.store));
                let sender = store.sender(account.id, seller.store).await?;
                let trouble = store.sender_status(account.id, seller.store).await?;
                output.object(&json!({
                    "account": account.handle,
                    "store": seller.store,
                    "stopped_since": stop.map(|stop| stop.since),
                    "stopped_by": stop.map(|stop| &stop.by),
                    "server": sender.as_ref().map(|sender| sender.server.to_string()),
                    "trouble": trouble.as_ref().map(|trouble| trouble.reason),
                    "trouble_since": trouble.as_ref().map(|trouble| trouble.since),
                    "paused_until": trouble.as_ref().map(|trouble| trouble.paused_until),
                }))?;
                let state = match (stop, &trouble, &sender) {
                    (Some(stop), ..) => format!("stopped {} by {}", output::moment(stop.since), stop.by),
                    (None, _, None) => "no sender is set".to_owned(),
                    (None, Some(trouble), _) => {
                        format!("{}, tried again {}", trouble.reason, output::moment(trouble.paused_until))
                    }
                    (None, None, Some(_)) => "sends".to_owned(),
                };
                let server = output::shown(sender.map(|sender| sender.server));
                rows.push(vec![account.handle.to_string(), seller.store.to_string(), state, server]);
            }
        }
        match accounts.last() {
            Some(last) => after = Some(last.handle.clone()),
            None => break,
        }
    }
    if let Some(stop) = everything {
        output.title(&format!(
            "Live sending is stopped for the whole installation since {} UTC.",
            output::moment(stop.since)
        ))?;
    }
    if rows.is_empty() {
        return output.line("No store is live; every message is captured, and nothing leaves.");
    }
    output.table(&["ACCOUNT", "STORE", "LIVE SENDING", "SERVER"], &rows)
}

/// Whether a stop that bears on the account bears on that store of it.
fn bears_on(stop: &SendingStop, account: AccountId, store: model::Marketplace) -> bool {
    match stop.scope {
        StopScope::Installation => true,
        StopScope::Account(stopped) => stopped == account,
        StopScope::Store(of, stopped) => (of, stopped) == (account, store),
    }
}
