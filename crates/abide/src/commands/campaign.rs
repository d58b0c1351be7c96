//! `abide campaign`: a campaign file is checked whole before anything is kept, and every mistake is told at
//! once with its place.

use std::path::Path;

use model::campaign::StoredCampaign;
use model::member::Actor;
use model::{Handle, Timestamp};
use serde::Serialize;
use store::NewCampaign;

use crate::arguments::CampaignCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};

/// No campaign needs more bytes than this.
const LARGEST: u64 = 1024 * 1024;

#[derive(Serialize)]
struct CampaignShown<'a> {
    name: &'a str,
    version: u32,
    active: bool,
    activated_at: Timestamp,
    channel: Option<model::Channel>,
    orders_after: Option<Timestamp>,
}

impl<'a> CampaignShown<'a> {
    fn of(stored: &'a StoredCampaign) -> Self {
        // A stored text was checked when it came in; a later release may understand it no more.
        let read = campaign::Campaign::parse(&stored.text).ok();
        Self {
            name: &stored.name,
            version: stored.version,
            active: stored.active,
            activated_at: stored.activated_at,
            channel: read.as_ref().map(|read| read.channel),
            orders_after: read.and_then(|read| read.orders_after),
        }
    }
}

pub async fn run(configuration: &Configuration, output: Output, command: CampaignCommand) -> Result<Ended, Failure> {
    match command {
        CampaignCommand::Add { of, file } => add(configuration, output, &of.account, &file).await,
        CampaignCommand::List { of } => list(configuration, output, &of.account).await,
        CampaignCommand::On { of, name } => switch(configuration, output, &of.account, name, true).await,
        CampaignCommand::Off { of, name } => switch(configuration, output, &of.account, name, false).await,
    }
}

/// Reads a campaign file; all its mistakes go to standard error.
pub fn read(path: &Path) -> Result<NewCampaign, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::usage(format!("the campaign file {} can't be read: {error}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > LARGEST {
        return Err(unreadable(&"it is larger than 1 MiB, which no campaign is"));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable(&"it is not UTF-8; save it as UTF-8 text"))?;
    checked(text).map_err(|problems| {
        for problem in &problems {
            output::note(&format!("{}: {problem}", path.display()));
        }
        let count = u64::try_from(problems.len()).unwrap_or(u64::MAX);
        Failure::usage(format!(
            "the campaign was not added; correct {} in {}",
            counted(count, "mistake", "mistakes"),
            path.display()
        ))
    })
}

/// A campaign's text as the store takes it, or every mistake in it.
pub fn checked(text: String) -> Result<NewCampaign, Vec<campaign::Problem>> {
    let read = campaign::Campaign::parse(&text)?;
    let withholding = read.withholding_marks();
    Ok(NewCampaign { name: read.name, text, withholding, orders_after: read.orders_after })
}

async fn add(configuration: &Configuration, output: Output, handle: &Handle, file: &Path) -> Result<Ended, Failure> {
    let new = read(file)?;
    let (store, account) = installation::open_account(configuration, handle).await?;
    let stored = store.add_campaign(account.id, new, Actor::Operator, installation::clock()).await?;
    let shown = CampaignShown::of(&stored);
    output.object(&shown)?;
    output.title(&format!("Added the campaign “{}”, version {}.", stored.name, stored.version))?;
    let from = shown.orders_after.unwrap_or(stored.activated_at);
    output.line(&format!("It covers orders purchased after {} UTC.", output::moment(from)))?;
    output.line("Next: abide run --once, or abide serve")?;
    Ok(Ended::Done)
}

async fn list(configuration: &Configuration, output: Output, handle: &Handle) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let campaigns = store.campaigns(account.id).await?;
    campaigns.iter().try_for_each(|stored| output.object(&CampaignShown::of(stored)))?;
    if campaigns.is_empty() {
        return output
            .line(&format!("No campaigns yet. Add one: abide campaign add --account {handle} FILE"))
            .map(|()| Ended::Done);
    }
    let row = |stored: &StoredCampaign| {
        let state = if stored.active { "on" } else { "off" };
        vec![stored.name.clone(), state.into(), stored.version.to_string(), output::moment(stored.activated_at)]
    };
    output.table(&["CAMPAIGN", "STATE", "VERSION", "FIRST ON"], &campaigns.iter().map(row).collect::<Vec<_>>())?;
    Ok(Ended::Done)
}

async fn switch(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    name: String,
    active: bool,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let stored = store.switch_campaign(account.id, name, active, Actor::Operator, installation::clock()).await?;
    output.object(&CampaignShown::of(&stored))?;
    let state = if active { "on" } else { "off; nothing it has planned leaves" };
    output.line(&format!("The campaign “{}” is {state}.", stored.name))?;
    Ok(Ended::Done)
}
