//! `abide member`: people who sign in. A password is never given on the command line: each gets a link that
//! works once, for a quarter of an hour.

use model::member::{Actor, LinkToken};
use model::{Handle, Timestamp};
use serde_json::json;

use crate::arguments::MemberCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::{self, Output};
use crate::{dashboard, installation};

/// The address of a one-time link: the token is in the fragment, which no server and no log ever sees.
pub fn link(url: &str, token: &LinkToken) -> String {
    format!("{url}{}", dashboard::welcome_path(&token.0))
}

pub async fn run(configuration: &Configuration, output: Output, command: MemberCommand) -> Result<Ended, Failure> {
    match command {
        MemberCommand::Add { email, of, role } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let added = store.add_member(account.id, &email, role, Actor::Operator, Timestamp::from_clock()).await?;
            let token = match added.link {
                // He was added before and never set a password: nothing of his could be taken over by a new link.
                None if store.password_of(added.member.id).await?.is_none() => {
                    Some(store.create_one_time_link(Some(added.member.id), Timestamp::from_clock()).await?)
                }
                link => link,
            };
            let link = token.map(|token| here(configuration, &token));
            output.object(
                &json!({ "email": added.member.email, "account": account.handle, "role": role, "link": link }),
            )?;
            output.line(&format!("{} is {role} of {} now.", added.member.email, account.handle))?;
            match link {
                Some(link) => tell(output, "Let him set his password", &link)?,
                None => output.line("He is known here already and signs in as before.")?,
            }
        }
        MemberCommand::List { of } => list(configuration, output, &of.account).await?,
        MemberCommand::Link { email } => {
            let store = installation::open_existing(configuration).await?;
            let known = store.member_by_email(&email).await?;
            let member = known.ok_or_else(|| {
                Failure::usage(
                    "nobody signs in with this address; `abide member list --account A` shows who does, `abide member \
                     add` adds somebody",
                )
            })?;
            let token = store.create_one_time_link(Some(member.id), Timestamp::from_clock()).await?;
            let link = here(configuration, &token);
            output.object(&json!({ "email": member.email, "link": link }))?;
            tell(output, "Let him set a new password", &link)?;
            output.line("The old password, if there is one, is good until then.")?;
        }
        MemberCommand::NoSecondStep { email } => {
            let store = installation::open_existing(configuration).await?;
            let known = store.member_by_email(&email).await?;
            let member = known.ok_or_else(|| Failure::usage("nobody signs in with this address"))?;
            let now = Timestamp::from_clock();
            let reset = store.reset_second_factor(None, member.id, Actor::Operator, now).await?;
            output.object(&json!({ "email": member.email, "second_step_taken_away": reset }))?;
            output.line(if reset {
                "His second step is off, and he is signed out everywhere: his password alone lets him in."
            } else {
                "He has no second step; nothing was changed."
            })?;
        }
        MemberCommand::Operator { email } => {
            let store = installation::open(configuration).await?;
            let now = Timestamp::from_clock();
            let member = match &email {
                Some(email) => {
                    let known = store.member_by_email(email).await?.filter(|member| member.operator);
                    Some(known.ok_or_else(|| Failure::usage("there is no operator with this address"))?.id)
                }
                None if store.operator_exists().await? => {
                    return Err(Failure::usage(
                        "the installation has an operator already; name his address to get him a new link",
                    ));
                }
                None => None,
            };
            let token = store.create_one_time_link(member, now).await?;
            let link = here(configuration, &token);
            output.object(&json!({ "email": email, "link": link }))?;
            tell(output, "Set the operator's password", &link)?;
        }
    }
    Ok(Ended::Done)
}

async fn list(configuration: &Configuration, output: Output, handle: &Handle) -> Result<(), Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let mut rows = Vec::new();
    for member in store.members(account.id).await? {
        let role = member.roles.iter().find(|(of, _)| *of == account.id).map(|(_, role)| *role);
        let has_password = store.password_of(member.id).await?.is_some();
        output.object(&json!({
            "email": member.email,
            "role": role,
            "operator": member.operator,
            "has_password": has_password,
            "created_at": member.created_at,
        }))?;
        let password = if has_password { "set" } else { "not set; abide member link" };
        let since = member.created_at.utc_date().to_string();
        rows.push(vec![member.email, output::shown(role), password.to_owned(), since]);
    }
    if rows.is_empty() {
        return output.line(&format!("Nobody is a member yet: abide member add EMAIL --account {handle} --role owner"));
    }
    output.table(&["E-MAIL", "ROLE", "PASSWORD", "SINCE"], &rows)
}

/// The address of a one-time link where this installation's dashboard is reached.
fn here(configuration: &Configuration, token: &LinkToken) -> String {
    link(&dashboard::settings(configuration, configuration.http).public_url, token)
}

/// Prints a link with how long it is good for.
pub fn tell(output: Output, what: &str, link: &str) -> Result<(), Failure> {
    output.line(&format!("{what} with this link, which works once and for 15 minutes:"))?;
    output.title(&format!("  {link}"))
}
