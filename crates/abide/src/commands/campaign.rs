//! `abide campaign`: a campaign file is checked whole before anything is kept, and every mistake is told at
//! once with its place; so is every rule for messages to buyers that its words break.

use std::path::Path;

use campaign::{Approval, Campaign, HeldBack, Reach, TextFinding};
use model::campaign::StoredCampaign;
use model::member::Actor;
use model::{Account, Attachment, CampaignState, Handle, Timestamp};
use policy::words::Approved;
use serde::Serialize;
use serde_json::json;
use store::{NewCampaign, Store, Switch};

use super::{campaign_files, campaign_reach, campaign_results, campaign_test, campaign_text, dry_run, words};
use crate::arguments::CampaignCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};

/// No campaign needs more bytes than this.
const LARGEST: u64 = 1024 * 1024;

#[derive(Serialize)]
pub(super) struct CampaignShown<'a> {
    name: &'a str,
    version: u32,
    active: bool,
    state: CampaignState,
    activated_at: Timestamp,
    channel: Option<&'static str>,
    priority: Option<u8>,
    orders_after: Option<Timestamp>,
    /// The files that go with its letters.
    attachments: serde_json::Value,
    /// Where it was just switched on: what it makes of the last orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<serde_json::Value>,
}

impl<'a> CampaignShown<'a> {
    pub(super) fn of(stored: &'a StoredCampaign) -> Self {
        // A stored text was checked when it came in; a later release may understand it no more.
        let read = campaign::Campaign::parse(&stored.text).ok();
        Self {
            name: &stored.name,
            version: stored.version,
            active: stored.is_active(),
            state: stored.state,
            activated_at: stored.activated_at,
            channel: read.as_ref().map(|read| read.channel.as_str()),
            priority: read.as_ref().map(|read| read.priority),
            orders_after: read.and_then(|read| read.orders_after),
            attachments: campaign_files::objects(&stored.attachments),
            reach: None,
        }
    }
}

pub async fn run(configuration: &Configuration, output: Output, command: CampaignCommand) -> Result<Ended, Failure> {
    match command {
        CampaignCommand::Add { of, file, test: true, .. } => {
            campaign_test::add(configuration, output, &of.account, &file).await
        }
        CampaignCommand::Add { of, file, anyway, .. } => add(configuration, output, &of.account, (&file, anyway)).await,
        CampaignCommand::List { of } => list(configuration, output, &of.account).await,
        CampaignCommand::On { of, name, anyway } => {
            switch(configuration, output, &of.account, name, Some(anyway)).await
        }
        CampaignCommand::Test { of, name } => campaign_test::switch(configuration, output, &of.account, name).await,
        CampaignCommand::Starters => words::list(output),
        CampaignCommand::New(wanted) => words::new(output, &wanted),
        CampaignCommand::Check { file } => check(output, &file),
        CampaignCommand::Export(wanted) => campaign_text::export(configuration, output, wanted).await,
        CampaignCommand::Show(wanted) => campaign_text::show(configuration, output, wanted).await,
        CampaignCommand::Versions(wanted) => campaign_text::versions(configuration, output, wanted).await,
        CampaignCommand::Clone(wanted) => campaign_text::clone(configuration, output, wanted).await,
        CampaignCommand::Plan(wanted) => dry_run::plan(output, &wanted),
        CampaignCommand::Diff { old, new, over } => dry_run::diff(output, (&old, &new), &over),
        CampaignCommand::Results { of, name, version } => {
            campaign_results::run(configuration, output, &of.account, (&name, version)).await
        }
        CampaignCommand::Off { of, name } => switch(configuration, output, &of.account, name, None).await,
    }
}

/// Reads a campaign file; all its mistakes, and what its words break, go to standard error.
pub fn read(path: &Path) -> Result<NewCampaign, Failure> {
    let text = text_of(path)?;
    let attachments = campaign_files::beside(path, &text).map_err(|faults| {
        note_each(&path.display(), &faults);
        let files = count(faults.len(), "file", "files");
        Failure::usage(format!("the campaign was not added; {files} beside {} can't be attached", path.display()))
    })?;
    let (new, warnings) = checked(&text, attachments).map_err(|held| not_added(path, &held))?;
    note_each(&path.display(), &warnings);
    Ok(new)
}

/// Everything that is to be said of a file, on standard output; nothing is kept.
fn check(output: Output, path: &Path) -> Result<Ended, Failure> {
    let text = text_of(path)?;
    let file = path.display().to_string();
    let (attached, faults) = match campaign_files::beside(path, &text) {
        Ok(attached) => (attached, Vec::new()),
        Err(faults) => (Vec::new(), faults),
    };
    for fault in &faults {
        output.object(&json!({
            "file": file, "line": null, "column": null, "field": "attachments", "severity": "error", "rule": null,
            "sentence": fault,
        }))?;
        output.line(&format!("{file}: {fault}"))?;
    }
    if !faults.is_empty() {
        let files = count(faults.len(), "file", "files");
        output.line(&format!("The file can't be put to use: {files} beside it can't be attached."))?;
        return Ok(Ended::with_faults(true));
    }
    let attached: Vec<_> = attached.iter().map(|attached| attached.file().clone()).collect();
    let (problems, findings) = match campaign::approve(&text, &attached) {
        Ok(approval) => (Vec::new(), approval.warnings),
        Err(HeldBack::Problems(problems)) => (problems, Vec::new()),
        Err(HeldBack::Words(findings)) => (Vec::new(), findings),
    };
    for problem in &problems {
        output.object(&json!({
            "file": file, "line": problem.line, "column": problem.column, "field": problem.field,
            "severity": "error", "rule": null, "sentence": problem.message,
        }))?;
        output.line(&format!("{file}: {problem}"))?;
    }
    for finding in &findings {
        output.object(&json!({
            "file": file, "line": finding.line, "column": finding.column, "field": finding.field,
            "severity": finding.rule.severity.as_str(), "rule": finding.rule.id,
            "sentence": finding.rule.sentence, "instead": finding.rule.instead,
        }))?;
        output.line(&format!("{file}: {finding}"))?;
    }
    let errors = problems.len() + findings.iter().filter(|finding| finding.holds_back()).count();
    output.line(&match (errors, findings.len()) {
        (0, 0) => "The file has no mistake, and its words break no rule.".to_owned(),
        (0, warnings) => format!("The file can be put to use; {}.", count(warnings, "warning", "warnings")),
        (errors, _) if problems.is_empty() => {
            format!("The file can't be put to use: {}.", count(errors, "rule is broken", "rules are broken"))
        }
        (errors, _) => format!("The file can't be put to use: {}.", count(errors, "mistake", "mistakes")),
    })?;
    Ok(Ended::with_faults(errors > 0))
}

/// Reads a campaign file for a dry run, which its words need not have passed; all its mistakes go to standard error.
pub fn read_draft(path: &Path) -> Result<campaign::Campaign, Failure> {
    campaign::Campaign::parse(&text_of(path)?).map_err(|problems| {
        note_each(&path.display(), &problems);
        let mistakes = count(problems.len(), "mistake", "mistakes");
        Failure::usage(format!("correct {mistakes} in {}", path.display()))
    })
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::usage(format!("the campaign file {} can't be read: {error}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > LARGEST {
        return Err(unreadable(&"it is larger than 1 MiB, which no campaign is"));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    String::from_utf8(bytes).map_err(|_| unreadable(&"it is not UTF-8; save it as UTF-8 text"))
}

/// A campaign's text and the files beside it as the store takes them, with what should be mended in its words.
pub fn checked(text: &str, mut attachments: Vec<Attachment>) -> Result<(NewCampaign, Vec<TextFinding>), HeldBack> {
    let files: Vec<_> = attachments.iter().map(|attached| attached.file().clone()).collect();
    let Approval { campaign: read, approved, warnings } = campaign::approve(text, &files)?;
    attachments.retain(|attached| read.attachments().contains(&&attached.file().name));
    let withholding = read.withholding_marks();
    let Campaign { name, orders_after, priority, .. } = read;
    Ok((NewCampaign { name, text: approved, withholding, orders_after, priority, attachments }, warnings))
}

/// Tells everything that holds a campaign back, each with its place; the failure says how much it is.
fn not_added(path: &Path, held: &HeldBack) -> Failure {
    let file = path.display();
    match held {
        HeldBack::Problems(problems) => {
            note_each(&file, problems);
            let mistakes = count(problems.len(), "mistake", "mistakes");
            Failure::usage(format!("the campaign was not added; correct {mistakes} in {file}"))
        }
        HeldBack::Words(findings) => {
            note_each(&file, findings);
            Failure::usage(format!("the campaign was not added; its words break {} in {file}", rules_broken(findings)))
        }
    }
}

/// The same for a text that is kept already, as a new campaign.
pub(super) fn not_kept(name: &str, held: &HeldBack) -> Failure {
    let why = match held {
        HeldBack::Problems(problems) => {
            note_each(&name, problems);
            format!("this release finds {} in it", count(problems.len(), "mistake", "mistakes"))
        }
        HeldBack::Words(findings) => {
            note_each(&name, findings);
            format!("its words break {}", rules_broken(findings))
        }
    };
    Failure::usage(format!("the campaign was not kept; {why}"))
}

fn note_each(place: &impl std::fmt::Display, told: &[impl std::fmt::Display]) {
    for one in told {
        output::note(&format!("{place}: {one}"));
    }
}

fn rules_broken(findings: &[TextFinding]) -> String {
    let errors = findings.iter().filter(|finding| finding.holds_back()).count();
    format!("{} for messages to buyers", count(errors, "rule", "rules"))
}

fn count(number: usize, one: &str, many: &str) -> String {
    counted(u64::try_from(number).unwrap_or(u64::MAX), one, many)
}

async fn add(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    file: (&Path, bool),
) -> Result<Ended, Failure> {
    let (file, anyway) = file;
    let new = read(file)?;
    let (store, account) = installation::open_account(configuration, handle).await?;
    let reach = match Campaign::parse(new.text.source()) {
        Ok(campaign) => Some(campaign_reach::ask(&store, &account, &campaign, anyway).await?),
        Err(_) => None,
    };
    let stored = store.add_campaign(account.id, new, Actor::Operator, installation::clock()).await?;
    let mut shown = CampaignShown::of(&stored);
    shown.reach = reach.as_ref().map(campaign_reach::object);
    output.object(&shown)?;
    output.title(&format!("Added the campaign “{}”, version {}.", stored.name, stored.version))?;
    if stored.state == CampaignState::Test {
        return campaign_test::tell(configuration, output, (&store, account.id), &stored).await;
    }
    let from = shown.orders_after.unwrap_or(stored.activated_at);
    output.line(&format!("It covers orders purchased after {} UTC.", output::moment(from)))?;
    if let Some(reach) = &reach {
        output.line(&reach.sentence())?;
    }
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
        let state = match stored.state {
            CampaignState::Active => "on",
            CampaignState::Test => "test",
            CampaignState::Off => "off",
        };
        vec![stored.name.clone(), state.into(), stored.version.to_string(), output::moment(stored.activated_at)]
    };
    output.table(&["CAMPAIGN", "STATE", "VERSION", "SINCE"], &campaigns.iter().map(row).collect::<Vec<_>>())?;
    Ok(Ended::Done)
}

async fn switch(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    name: String,
    on_anyway: Option<bool>,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let (to, reach) = match on_anyway {
        Some(anyway) => {
            let (approved, reach) = on(&store, &account, (&name, anyway)).await?;
            (Switch::On(approved), Some(reach))
        }
        None => (Switch::Off, None),
    };
    let stored = store.switch_campaign(account.id, name, to, Actor::Operator, installation::clock()).await?;
    let shown = CampaignShown { reach: reach.as_ref().map(campaign_reach::object), ..CampaignShown::of(&stored) };
    output.object(&shown)?;
    let state = if on_anyway.is_some() { "on" } else { "off; nothing it has planned leaves" };
    output.line(&format!("The campaign “{}” is {state}.", stored.name))?;
    if let Some(reach) = &reach {
        output.line(&reach.sentence())?;
    }
    Ok(Ended::Done)
}

/// Holds the stored text against the rules as they are today, and asks whom it reaches.
async fn on(store: &Store, account: &Account, campaign: (&str, bool)) -> Result<(Approved, Reach), Failure> {
    let (name, anyway) = campaign;
    let Approval { campaign, approved, .. } = approved_today(store, account, name).await?;
    let reach = campaign_reach::ask(store, account, &campaign, anyway).await?;
    Ok((approved, reach))
}

/// The stored text, held against the rules as they are today.
pub(super) async fn approved_today(store: &Store, account: &Account, name: &str) -> Result<Approval, Failure> {
    let known = store.campaigns(account.id).await?.into_iter().find(|stored| stored.name == name);
    let Some(known) = known else {
        return Err(Failure::usage(format!("there is no campaign `{name}` in the account")));
    };
    let why = match campaign::approve(&known.text, &known.attachments) {
        Ok(approval) => return Ok(approval),
        Err(HeldBack::Problems(problems)) => {
            note_each(&name, &problems);
            format!("this release finds {} in it", count(problems.len(), "mistake", "mistakes"))
        }
        Err(HeldBack::Words(findings)) => {
            note_each(&name, &findings);
            format!("its words break {}", rules_broken(&findings))
        }
    };
    let stays = match known.state {
        CampaignState::Active => "nothing was changed",
        CampaignState::Test => "the campaign stays in test",
        CampaignState::Off => "the campaign stays off",
    };
    Err(Failure::usage(format!("{stays}; {why}")))
}
