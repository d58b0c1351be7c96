//! `abide account`: making accounts and listing them.

mod delete;
mod export;
mod forwarder;
mod token;

use model::member::Actor;
use model::{Account, Delivery, Handle, InboundAddress, Marketplace, Timestamp};
use serde::Serialize;

use super::address::{self, AddressShown};
use crate::arguments::{AccountCommand, AccountSet, DeliveryDays};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::Output;

/// The longest name of an account, in characters.
const LONGEST_NAME: usize = 200;

#[derive(Serialize)]
struct AccountShown<'a> {
    handle: &'a str,
    name: &'a str,
    stores: Vec<Marketplace>,
    live_stores: Vec<Marketplace>,
    delivery_days: Option<u8>,
    trust_addresses: bool,
    solicit_without_alias: bool,
    restricted_since: Option<Timestamp>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<AddressShown>>,
}

impl<'a> AccountShown<'a> {
    fn of(account: &'a Account) -> Self {
        let live = account.sellers.iter().filter(|seller| seller.delivery == Delivery::Live);
        Self {
            handle: account.handle.as_str(),
            name: &account.name,
            stores: account.sellers.iter().map(|seller| seller.store).collect(),
            live_stores: live.map(|seller| seller.store).collect(),
            delivery_days: account.settings.delivery_days,
            trust_addresses: account.settings.trust_addresses,
            solicit_without_alias: account.settings.solicit_without_alias,
            restricted_since: account.settings.restricted_since,
            created_at: account.created_at,
            addresses: None,
        }
    }
}

pub async fn run(configuration: &Configuration, output: Output, command: AccountCommand) -> Result<Ended, Failure> {
    match command {
        AccountCommand::Add { name, stores, handle } => add(configuration, output, &name, stores, handle).await,
        AccountCommand::List => list(configuration, output).await,
        AccountCommand::Set(set) => change(configuration, output, set).await,
        AccountCommand::Export(wanted) => export::run(configuration, output, &wanted).await,
        AccountCommand::Delete(wanted) => delete::run(configuration, output, &wanted).await,
        AccountCommand::Deleted => delete::tombstones(configuration, output).await,
        AccountCommand::Forwarder(command) => forwarder::run(configuration, output, command).await,
        AccountCommand::Token(command) => token::run(configuration, output, command).await,
    }
}

async fn add(
    configuration: &Configuration,
    output: Output,
    name: &str,
    stores: Vec<Marketplace>,
    handle: Option<Handle>,
) -> Result<Ended, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::usage(format!("give the account a name of 1 to {LONGEST_NAME} letters, in one line")));
    }
    let handle = handle.or_else(|| Handle::suggested_by(name)).ok_or_else(|| {
        Failure::usage(format!("`{name}` gives no short name; choose one of a-z, 0-9 and hyphens with --handle"))
    })?;
    let store = installation::open(configuration).await?;
    let account = store.add_account(name.to_owned(), handle, stores, Timestamp::from_clock()).await?;
    let addresses: Vec<InboundAddress> = store.addresses(account.id).await?;
    let domain = &configuration.inbound_domain;
    let mut shown = AccountShown::of(&account);
    shown.addresses = Some(addresses.iter().map(|address| AddressShown::of(address, domain)).collect());
    output.object(&shown)?;
    output.title(&format!("Made the account {} ({}).", account.handle, account.name))?;
    output.line("Its inbound addresses are secret: whoever knows one can put buyers on the opt-out list.")?;
    output.line("")?;
    address::table(output, &addresses, domain)?;
    output.line("")?;
    output.line(&format!("Next: abide orders import --account {} FILE", account.handle))?;
    Ok(Ended::Done)
}

async fn list(configuration: &Configuration, output: Output) -> Result<Ended, Failure> {
    let mut rows = Vec::new();
    if !installation::is_missing(configuration) {
        let store = installation::open(configuration).await?;
        let mut after = None;
        loop {
            let page = store.accounts(after, super::PAGE).await?;
            for account in &page {
                let shown = AccountShown::of(account);
                output.object(&shown)?;
                let stores =
                    |stores: &[Marketplace]| stores.iter().map(|store| store.as_str()).collect::<Vec<_>>().join(" ");
                let live = if shown.live_stores.is_empty() { "–".into() } else { stores(&shown.live_stores) };
                if !output.is_json() {
                    let made = account.created_at.utc_date().to_string();
                    rows.push(vec![
                        account.handle.to_string(),
                        account.name.clone(),
                        stores(&shown.stores),
                        live,
                        made,
                    ]);
                }
            }
            match page.last() {
                Some(last) => after = Some(last.handle.clone()),
                None => break,
            }
        }
    }
    if rows.is_empty() {
        output.line("There are no accounts yet. Make one: abide account add \"Blue Widgets\" --store US")?;
    } else {
        output.table(&["ACCOUNT", "NAME", "STORES", "LIVE", "SINCE"], &rows)?;
    }
    Ok(Ended::Done)
}

async fn change(configuration: &Configuration, output: Output, set: AccountSet) -> Result<Ended, Failure> {
    let AccountSet { of, choices } = set;
    let (store, account) = installation::open_account(configuration, &of.account).await?;
    let now = Timestamp::from_clock();
    let mut wanted = account.settings;
    if let Some(DeliveryDays(days)) = choices.delivery_days {
        wanted.delivery_days = days;
    }
    wanted.trust_addresses = choices.trust_addresses.unwrap_or(wanted.trust_addresses);
    wanted.solicit_without_alias = choices.solicit_without_alias.unwrap_or(wanted.solicit_without_alias);
    let days_changed = wanted.delivery_days != account.settings.delivery_days;
    if wanted != account.settings {
        store.change_settings(account.id, wanted, Actor::Operator, now).await?;
    }
    let lifted = choices.lift_restriction && store.lift_restriction(account.id, Actor::Operator, now).await?;
    let account = store.account(&of.account).await?;
    output.object(&AccountShown::of(&account))?;
    let yes = |choice: bool| if choice { "yes" } else { "no" };
    let settings = &account.settings;
    output.title(&format!("Settings of {}:", account.handle))?;
    let days = settings.delivery_days.map_or_else(|| "none".to_owned(), |days| days.to_string());
    output.line(&format!("  delivery days after shipping  {days}"))?;
    output.line(&format!("  trust addresses               {}", yes(settings.trust_addresses)))?;
    output.line(&format!("  solicit without alias         {}", yes(settings.solicit_without_alias)))?;
    if days_changed {
        output.line(
            "The days count for orders that a report names from now on: import the reports again to date known ones.",
        )?;
    }
    if choices.lift_restriction {
        output.line(if lifted { "The restriction is lifted." } else { "No restriction stood." })?;
    }
    Ok(Ended::Done)
}
