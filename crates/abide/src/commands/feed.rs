//! `abide feed`: how the ways in fare by which notices come, what is known to be broken, and the self-test of a way.

use std::collections::HashMap;

use ::store::Store;
use model::account::AddressState;
use model::member::{Actor, Member};
use model::{Account, AddressKind, SelfTest, SelfTestMarker, Timestamp, Way, WayHealth};
use serde_json::json;

use super::folder::place;
use crate::arguments::{FeedCommand, FeedTest};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{Output, moment, shown};

pub async fn run(configuration: &Configuration, output: Output, command: FeedCommand) -> Result<Ended, Failure> {
    match command {
        FeedCommand::Show { of } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            show(&store, &account, &configuration.inbound_domain, output).await
        }
        FeedCommand::Test(wanted) => test(configuration, output, &wanted).await,
    }
}

/// A way as a person knows it.
struct Named {
    name: String,
    /// Whether Amazon alone writes there, since Seller Central names it.
    is_seller_central: bool,
}

async fn names(store: &Store, account: &Account, domain: &str) -> Result<HashMap<Way, Named>, Failure> {
    let mut names = HashMap::new();
    for address in store.addresses(account.id).await? {
        let replaced = if address.state == AddressState::Replaced { " (replaced)" } else { "" };
        let name = format!("{}@{domain}{replaced}", address.local_part);
        let is_seller_central = address.kind != AddressKind::Any;
        names.insert(Way::Address(address.id), Named { name, is_seller_central });
    }
    for (at, folder, _) in store.mail_folders(account.id).await? {
        let name = format!("folder {} of {} ({})", folder.folder.as_str(), folder.server, place(at));
        names.insert(Way::Folder(at), Named { name, is_seller_central: false });
    }
    for door in store.http_doors(account.id).await? {
        names.insert(Way::HttpDoor(door.id), Named { name: format!("HTTP: {}", door.name), is_seller_central: false });
    }
    Ok(names)
}

async fn show(store: &Store, account: &Account, domain: &str, output: Output) -> Result<Ended, Failure> {
    let names = names(store, account, domain).await?;
    for health in store.feed_health(account.id).await? {
        let Some(named) = names.get(&health.way) else { continue };
        tell(output, named, &health)?;
    }
    let breaks = store.feed_breaks(account.id).await?;
    for broken in &breaks {
        output.object(&json!({ "broken": broken.cause, "store": broken.store, "since": broken.since }))?;
        output.title(&format!(
            "Broken for {} since {} UTC: messages wait",
            place(broken.store),
            moment(broken.since)
        ))?;
        output.line(&format!("  {} {}", broken.cause.sentence(), broken.cause.remedy()))?;
    }
    if breaks.is_empty() {
        output.line("")?;
        output.line("Nothing is known to be broken.")?;
    }
    Ok(Ended::Done)
}

fn tell(output: Output, named: &Named, health: &WayHealth) -> Result<(), Failure> {
    let (notice, test) = (health.last_notice, health.test);
    let came_by = notice.and_then(|notice| notice.came_by);
    output.object(&json!({
        "way": named.name,
        "last_mail_at": health.last_mail_at,
        "last_notice_at": notice.map(|notice| notice.at),
        "last_notice_door": came_by.map(|(door, _)| door),
        "last_notice_forwarded": came_by.map(|(_, forwarded)| forwarded),
        "last_notice_grade": notice.and_then(|notice| notice.grade),
        "self_test": test.map(of_test),
        "self_test_passed_at": health.passed_at,
    }))?;
    output.title(&named.name)?;
    output.line(&format!("  last mail    {}", shown(health.last_mail_at.map(moment))))?;
    let notice = notice.map(|notice| format!("{} {}", moment(notice.at), notice.words()));
    output.line(&format!("  last notice  {}", shown(notice)))?;
    let said = match (test, health.passed_at) {
        (Some(test), Some(passed)) if test.came.is_none() => {
            format!("{} (an earlier one passed {})", test.sentence(), moment(passed))
        }
        (Some(test), _) => test.sentence(),
        (None, _) if named.is_seller_central => "can't be made: Amazon alone writes here".to_owned(),
        (None, _) => "never made; abide feed test".to_owned(),
    };
    output.line(&format!("  self-test    {said}"))
}

fn of_test(test: SelfTest) -> serde_json::Value {
    json!({
        "state": test.state,
        "started_at": test.started_at,
        "sent_at": test.sent_at,
        "ends_at": test.ends_at,
        "came_at": test.came.map(|came| came.at),
        "door": test.came.map(|came| came.door),
        "forwarded": test.came.map(|came| came.forwarded),
        "proves": test.sentence(),
    })
}

async fn test(configuration: &Configuration, output: Output, wanted: &FeedTest) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &wanted.of.account).await?;
    if configuration.member_mail.is_none() {
        return Err(Failure::usage(
            "no self-test can be sent: Abide writes to members only where [member_mail] in abide.toml names a server",
        ));
    }
    let way = tested(&store, &account, wanted).await?;
    let names = names(&store, &account, &configuration.inbound_domain).await?;
    let named = names.get(&way).ok_or_else(|| Failure::usage("the account has no such way in"))?;
    let member = mailbox(&store, &account, wanted.to.as_deref()).await?;
    let (text, now) = (SelfTestMarker::letter(&named.name), Timestamp::from_clock());
    let test = store.start_self_test(account.id, way, member.id, Actor::Operator, now, text).await?;
    output.object(&json!({ "self_test": test, "way": named.name, "to": member.email }))?;
    output.title(&format!("A marked mail goes to {}", member.email))?;
    output.line(&format!("to test {}.", named.name))?;
    output.line(way.test_aim())?;
    if named.is_seller_central {
        output.line(SelfTest::SELLER_CENTRAL)?;
    }
    output.line(&format!("What it proved: abide feed show --account {}", account.handle))?;
    Ok(Ended::Done)
}

async fn tested(store: &Store, account: &Account, wanted: &FeedTest) -> Result<Way, Failure> {
    if let Some(folder) = wanted.way.folder {
        return Ok(Way::Folder(folder.0));
    }
    if let Some(name) = &wanted.way.token {
        let doors = store.http_doors(account.id).await?;
        let door = doors.iter().find(|door| door.name == *name && door.revoked_at.is_none());
        return door.map(|door| Way::HttpDoor(door.id)).ok_or_else(|| {
            Failure::usage(format!(
                "the account has no open way in by that name; `abide account token list --account {}` shows them",
                account.handle
            ))
        });
    }
    let local_part = wanted.way.address.as_deref().unwrap_or_default().split('@').next().unwrap_or_default();
    let local_part = local_part.to_ascii_lowercase();
    let addresses = store.addresses(account.id).await?;
    let found = addresses.iter().find(|known| known.local_part == local_part && known.state == AddressState::Active);
    found.map(|address| Way::Address(address.id)).ok_or_else(|| {
        Failure::usage(format!(
            "the account has no active address like that; `abide address list --account {}` shows them all",
            account.handle
        ))
    })
}

/// The member whose mailbox is to bring the mail in.
async fn mailbox(store: &Store, account: &Account, to: Option<&str>) -> Result<Member, Failure> {
    let mut members = store.members(account.id).await?;
    match to {
        Some(email) => members
            .into_iter()
            .find(|member| member.email.eq_ignore_ascii_case(email.trim()))
            .ok_or_else(|| Failure::usage(format!("{email} is no member of {}; add him first", account.handle))),
        None if members.len() == 1 => Ok(members.remove(0)),
        None if members.is_empty() => Err(Failure::usage(
            "the account has no member to write to; `abide member add` adds the one whose mailbox passes notices on",
        )),
        None => Err(Failure::usage("the account has more than one member; say with --to whose mailbox is tested")),
    }
}
