//! `abide member`: people who sign in. A password is never given on the command line: each gets a link that
//! works once, for a quarter of an hour.

use model::Timestamp;
use model::member::{Actor, LinkToken};
use serde_json::json;

use crate::arguments::MemberCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::Output;
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
            let url = dashboard::settings(configuration, configuration.http).public_url;
            let link = added.link.map(|token| link(&url, &token));
            output.object(
                &json!({ "email": added.member.email, "account": account.handle, "role": role, "link": link }),
            )?;
            output.line(&format!("{} is {role} of {} now.", added.member.email, account.handle))?;
            match link {
                Some(link) => tell(output, "Let him set his password", &link)?,
                None => output.line("He is known here already and signs in as before.")?,
            }
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
            let link = link(&dashboard::settings(configuration, configuration.http).public_url, &token);
            output.object(&json!({ "email": email, "link": link }))?;
            tell(output, "Set the operator's password", &link)?;
        }
    }
    Ok(Ended::Done)
}

/// Prints a link with how long it is good for.
pub fn tell(output: Output, what: &str, link: &str) -> Result<(), Failure> {
    output.line(&format!("{what} with this link, which works once and for 15 minutes:"))?;
    output.title(&format!("  {link}"))
}
