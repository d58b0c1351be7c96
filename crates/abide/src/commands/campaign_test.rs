//! Trying a campaign out: it is kept or switched into test, and it is said to whom letters will go, or why to nobody.

use std::path::Path;

use model::campaign::StoredCampaign;
use model::member::Actor;
use model::{AccountId, Handle};
use store::{Store, Switch, TEST_LETTERS_A_DAY};

use super::campaign::{CampaignShown, approved_today, read};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::Output;

/// `abide campaign add --test`: a new campaign, or a new version of the one with that name, and in test.
pub async fn add(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    file: &Path,
) -> Result<Ended, Failure> {
    let new = read(file)?;
    let (store, account) = installation::open_account(configuration, handle).await?;
    let stored = store.try_campaign(account.id, new, Actor::Operator, installation::clock()).await?;
    output.object(&CampaignShown::of(&stored))?;
    tell(configuration, output, (&store, account.id), &stored).await
}

/// `abide campaign test`.
pub async fn switch(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    name: String,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let approved = approved_today(&store, &account, &name).await?.approved;
    let to = Switch::Test(approved);
    let stored = store.switch_campaign(account.id, name, to, Actor::Operator, installation::clock()).await?;
    output.object(&CampaignShown::of(&stored))?;
    tell(configuration, output, (&store, account.id), &stored).await
}

/// What being in test means, and what may keep its letters from anybody.
pub async fn tell(
    configuration: &Configuration,
    output: Output,
    of: (&Store, AccountId),
    stored: &StoredCampaign,
) -> Result<Ended, Failure> {
    let (store, account) = of;
    output.line(&format!(
        "The campaign “{}”, version {}, is in test: nothing of it leaves to buyers.",
        stored.name, stored.version
    ))?;
    output.line(&if configuration.member_mail.is_none() {
        "No letters go to members either: abide.toml has no [member_mail].".to_owned()
    } else if store.has_confirmed_members(account).await? {
        format!(
            "At most {TEST_LETTERS_A_DAY} letters a day, as buyers would get them, go to the account's owners and managers while abide serve runs."
        )
    } else {
        "No letters go yet: the account has no owner or manager who has set a password. Invite one: abide member add".to_owned()
    })?;
    Ok(Ended::Done)
}
