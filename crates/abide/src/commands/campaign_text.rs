//! Campaigns as text: what is kept is written out exactly as it was given, version by version, compared line by line,
//! and cloned under another name.

use model::campaign::StoredCampaign;
use model::member::Actor;
use model::{AccountId, Handle};
use serde_json::{Value, json};
use similar::TextDiff;
use store::Store;

use super::campaign::{checked, not_kept};
use super::campaign_files;
use crate::arguments::{CampaignClone, CampaignExport, CampaignNamed, CampaignShow, CampaignVersions};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};

/// The longest name of a file, in bytes, without its ending.
const LONGEST_FILE_NAME: usize = 60;

/// `abide campaign export`.
pub async fn export(configuration: &Configuration, output: Output, wanted: CampaignExport) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &wanted.of.account).await?;
    if let Some(name) = &wanted.name {
        let stored = named(&store, account.id, name).await?;
        return written(output, &stored);
    }
    let Some(folder) = &wanted.to else { return Err(Failure::usage("say where to, with --to DIR")) };
    let campaigns = store.campaigns(account.id).await?;
    let unwritable =
        |error: std::io::Error| Failure::could_not_run(format!("{} can't be written to: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let (mut taken, mut in_the_way) = (Vec::new(), 0_u64);
    for stored in &campaigns {
        let mut file = file_name(&stored.name);
        let mut number = 2;
        while taken.contains(&file) {
            file = format!("{}-{number}", file_name(&stored.name));
            number += 1;
        }
        taken.push(file.clone());
        // What goes with a campaign lies beside it, where another campaign may have a file of that name.
        let folder = if stored.attachments.is_empty() { folder.clone() } else { folder.join(&file) };
        std::fs::create_dir_all(&folder).map_err(unwritable)?;
        let path = folder.join(format!("{file}.toml"));
        let mut kept = campaign_files::keep(&path, stored.text.as_bytes()).map_err(unwritable)?;
        if !stored.attachments.is_empty() {
            for attached in store.campaign_attachments(account.id, stored.id, stored.version).await? {
                let beside = folder.join(attached.file().name.as_str());
                kept &= campaign_files::keep(&beside, attached.content()).map_err(unwritable)?;
            }
        }
        let shown = path.display().to_string();
        output.object(&json!({
            "name": stored.name, "version": stored.version, "active": stored.is_active(), "state": stored.state, "file": shown, "written": kept,
            "attachments": campaign_files::objects(&stored.attachments),
        }))?;
        if kept {
            let files = match stored.attachments.len() {
                0 => String::new(),
                number => format!(", with {}", counted(u64::try_from(number).unwrap_or(u64::MAX), "file", "files")),
            };
            output.line(&format!("{shown}: “{}”, version {}{files}", stored.name, stored.version))?;
        } else {
            in_the_way += 1;
            output::note(&format!(
                "{shown}: not written, since there is a file that says something else; move it away"
            ));
        }
    }
    let written = u64::try_from(campaigns.len()).unwrap_or(u64::MAX).saturating_sub(in_the_way);
    output.line(&format!("{} in {}.", counted(written, "campaign", "campaigns"), folder.display()))?;
    Ok(Ended::with_faults(in_the_way > 0))
}

/// A campaign's name as a file's: letters and digits with hyphens between.
fn file_name(name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut file = String::new();
    for word in plain.split_whitespace() {
        if !file.is_empty() {
            file.push('-');
        }
        file.push_str(word);
    }
    while file.len() > LONGEST_FILE_NAME {
        file.pop();
    }
    if file.is_empty() { "campaign".to_owned() } else { file }
}

/// `abide campaign show`.
pub async fn show(configuration: &Configuration, output: Output, wanted: CampaignShow) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &wanted.campaign.of.account).await?;
    let stored = named(&store, account.id, &wanted.campaign.name).await?;
    match wanted.version {
        Some(version) => written(output, &at(&store, account.id, (&stored, version)).await?),
        None => written(output, &stored),
    }
}

fn written(output: Output, stored: &StoredCampaign) -> Result<Ended, Failure> {
    output.object(&json!({
        "name": stored.name, "version": stored.version, "active": stored.is_active(), "state": stored.state, "text": stored.text,
        "attachments": campaign_files::objects(&stored.attachments),
    }))?;
    output.raw(&stored.text)?;
    if !stored.attachments.is_empty() {
        let files: Vec<_> = stored.attachments.iter().map(|file| format!("{} ({})", file.name, file.size())).collect();
        output::note(&format!(
            "Beside it belong: {}; abide campaign export --all --to DIR writes them, too",
            files.join(", ")
        ));
    }
    Ok(Ended::Done)
}

/// `abide campaign versions`.
pub async fn versions(
    configuration: &Configuration,
    output: Output,
    wanted: CampaignVersions,
) -> Result<Ended, Failure> {
    let CampaignNamed { of, name } = wanted.campaign;
    let (store, account) = installation::open_account(configuration, &of.account).await?;
    if let [old, new] = wanted.diff.as_slice() {
        let stored = named(&store, account.id, &name).await?;
        let old = at(&store, account.id, (&stored, *old)).await?;
        let new = at(&store, account.id, (&stored, *new)).await?;
        return told_apart(output, &old, &new);
    }
    let known = store.campaign_versions(account.id, name.clone()).await?;
    let (stored, versions) = known.ok_or_else(|| unknown(&name))?;
    for version in &versions {
        output.object(&json!({
            "name": stored.name, "version": version.version, "added_at": version.created_at, "current": version.current,
        }))?;
    }
    let rows: Vec<_> = versions
        .iter()
        .map(|version| {
            let used = if version.current { "in use" } else { "" };
            vec![version.version.to_string(), output::moment(version.created_at), used.to_owned()]
        })
        .collect();
    output.table(&["VERSION", "ADDED", ""], &rows)?;
    Ok(Ended::Done)
}

fn told_apart(output: Output, old: &StoredCampaign, new: &StoredCampaign) -> Result<Ended, Failure> {
    let names = [format!("version {}", old.version), format!("version {}", new.version)];
    let diff = TextDiff::from_lines(&old.text, &new.text);
    let [before, after] = &names;
    let mut told = diff.unified_diff().header(before, after).to_string();
    for line in campaign_files::told_apart(&old.attachments, &new.attachments) {
        told.push_str(&line);
        told.push('\n');
    }
    let told: Value = if told.is_empty() { Value::Null } else { told.into() };
    output.object(&json!({ "name": old.name, "old": old.version, "new": new.version, "diff": told }))?;
    match told.as_str() {
        Some(told) => output.raw(told)?,
        None => output.line("The two versions say the same.")?,
    }
    Ok(Ended::Done)
}

/// `abide campaign clone`: kept switched off, held against the rules as any campaign.
pub async fn clone(configuration: &Configuration, output: Output, wanted: CampaignClone) -> Result<Ended, Failure> {
    let CampaignNamed { of, name } = wanted.campaign;
    let (store, account) = installation::open_account(configuration, &of.account).await?;
    let stored = named(&store, account.id, &name).await?;
    let text = campaign::renamed(&stored.text, &wanted.new_name)
        .ok_or_else(|| Failure::usage(format!("this release can't read the campaign `{name}`")))?;
    let attachments = store.campaign_attachments(account.id, stored.id, stored.version).await?;
    let (new, _) = checked(&text, attachments).map_err(|held| not_kept(&wanted.new_name, &held))?;
    let kept = store.keep_campaign(account.id, new, Actor::Operator, installation::clock()).await?;
    output.object(
        &json!({ "name": kept.name, "version": kept.version, "active": kept.is_active(), "state": kept.state }),
    )?;
    output.line(&format!("Kept the campaign “{}”, switched off.", kept.name))?;
    output.line(&next(&of.account, &kept.name))?;
    Ok(Ended::Done)
}

fn next(handle: &Handle, name: &str) -> String {
    format!(
        "Change it: abide campaign show --account {handle} \"{name}\" > FILE, then abide campaign add. As it is: abide campaign on"
    )
}

async fn named(store: &Store, account: AccountId, name: &str) -> Result<StoredCampaign, Failure> {
    store.campaigns(account).await?.into_iter().find(|stored| stored.name == name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    Failure::usage(format!("there is no campaign `{name}` in the account"))
}

async fn at(store: &Store, account: AccountId, version: (&StoredCampaign, u32)) -> Result<StoredCampaign, Failure> {
    let (stored, version) = version;
    let known = store.campaign_version(account, stored.id, version).await?;
    known.ok_or_else(|| Failure::usage(format!("the campaign `{}` has no version {version}", stored.name)))
}
