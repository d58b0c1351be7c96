//! `abide account forwarder`: the mailboxes whose own signature vouches for notices forwarded by hand.

use model::member::Actor;
use model::{Clock, Timestamp};
use serde::Serialize;

use crate::arguments::ForwarderCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::Output;

#[derive(Serialize)]
struct ForwarderShown<'a> {
    address: &'a str,
    confirmed: bool,
}

pub async fn run(configuration: &Configuration, output: Output, command: ForwarderCommand) -> Result<Ended, Failure> {
    let (named, confirm) = match command {
        ForwarderCommand::List(of) => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let known = store.forwarders(account.id).await?;
            for one in &known {
                output.object(&ForwarderShown { address: &one.address, confirmed: true })?;
                output.line(&format!("{}  since {} by {}", one.address, one.confirmed_at.utc_date(), one.by))?;
            }
            if known.is_empty() {
                output.line("No forwarder is confirmed.")?;
            }
            return Ok(Ended::Done);
        }
        ForwarderCommand::Add(named) => (named, true),
        ForwarderCommand::Remove(named) => (named, false),
    };
    let address = provenance::address(&named.address)
        .ok_or_else(|| Failure::usage("this is not one mailbox's address; write it like owner@shop.example"))?;
    let (store, account) = installation::open_account(configuration, &named.of.account).await?;
    let clock = Clock::real(Timestamp::from_clock());
    if confirm {
        store.confirm_forwarder(account.id, address.clone(), Actor::Operator, clock).await?;
        output.line(&format!("What {address} forwards by hand is vouched for where its own domain has signed it."))?;
    } else {
        if !store.remove_forwarder(account.id, address.clone(), Actor::Operator, clock).await? {
            return Err(Failure::usage(format!(
                "{address} is no confirmed forwarder; `abide account forwarder list` shows them"
            )));
        }
        output.line(&format!("{address} vouches for nothing any more."))?;
    }
    output.object(&ForwarderShown { address: &address, confirmed: confirm })?;
    Ok(Ended::Done)
}
