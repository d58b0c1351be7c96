//! `abide address`: the secret addresses at which notices come in, each with what it is for.

use model::account::AddressState;
use model::member::Actor;
use model::{AddressKind, InboundAddress, Marketplace, NoticeId, Timestamp};
use serde::Serialize;

use crate::arguments::AddressCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{Output, shown};

/// An inbound address as it is told.
#[derive(Serialize)]
pub struct AddressShown {
    address: String,
    store: Option<Marketplace>,
    kind: AddressKind,
    purpose: String,
    state: AddressState,
    issued_at: Timestamp,
    accepted_until: Option<Timestamp>,
    last_mail_at: Option<Timestamp>,
    last_notice_at: Option<Timestamp>,
}

impl AddressShown {
    pub fn of(address: &InboundAddress, domain: &str) -> Self {
        Self {
            address: format!("{}@{domain}", address.local_part),
            store: address.store,
            kind: address.kind,
            purpose: purpose(address),
            state: address.state,
            issued_at: address.issued_at,
            accepted_until: address.accepted_until,
            last_mail_at: address.last_mail_at,
            last_notice_at: address.last_notice_at,
        }
    }
}

/// What an address is for, and where to enter it.
fn purpose(address: &InboundAddress) -> String {
    let store = address.store.map(|store| format!("Amazon {store}: ")).unwrap_or_default();
    let place = match address.kind {
        AddressKind::Any => "your mailbox's forwarding rule, for notices of every kind and store",
        AddressKind::OptOut => "Notification Preferences > Messaging > Buyer Opt-Out",
        AddressKind::Refund => "Notification Preferences > Return and Claim Notifications > Refund",
    };
    format!("{store}{place}")
}

/// Writes addresses as a table.
pub fn table(output: Output, addresses: &[InboundAddress], domain: &str) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = addresses
        .iter()
        .map(|address| {
            let state = match (address.state, address.accepted_until) {
                (AddressState::Replaced, Some(until)) => format!("replaced, taken until {}", until.utc_date()),
                (state, _) => state.to_string(),
            };
            let last = address.last_notice_at.map(Timestamp::utc_date);
            vec![format!("{}@{domain}", address.local_part), purpose(address), state, shown(last)]
        })
        .collect();
    output.table(&["ADDRESS", "FOR", "STATE", "LAST NOTICE"], &rows)
}

pub async fn run(configuration: &Configuration, output: Output, command: AddressCommand) -> Result<Ended, Failure> {
    let domain = &configuration.inbound_domain;
    match command {
        AddressCommand::List { of } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let addresses = store.addresses(account.id).await?;
            addresses.iter().try_for_each(|address| output.object(&AddressShown::of(address, domain)))?;
            table(output, &addresses, domain)?;
        }
        AddressCommand::Confirmations { of } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let requests = store.waiting_confirmations(account.id).await?;
            for request in &requests {
                let Some(asked) = ::notice::confirmation(&request.raw) else { continue };
                confirmation(output, request.notice, &asked)?;
            }
            if requests.is_empty() {
                output.line(
                    "No mailbox provider's request waits that it has signed; `abide review list` shows the others.",
                )?;
            }
        }
        AddressCommand::Reissue { of, address } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let wanted = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
            let known = store.addresses(account.id).await?;
            let old = known.iter().find(|known| known.local_part == wanted && known.state == AddressState::Active);
            let old = old.ok_or_else(|| {
                Failure::usage(format!(
                    "the account has no active address like that; `abide address list --account {}` shows them all",
                    account.handle
                ))
            })?;
            let new = store.reissue_address(account.id, old.id, Actor::Operator, Timestamp::from_clock()).await?;
            output.object(&AddressShown::of(&new, domain))?;
            output.title(&format!("The new address is {}@{domain}", new.local_part))?;
            output.line("The old one is taken for 90 more days. Put the new one in its place:")?;
            output.line(&purpose(&new))?;
        }
        AddressCommand::Add { of, store: place, kind } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let now = Timestamp::from_clock();
            let new = store.issue_address(account.id, place, kind, Actor::Operator, now).await?;
            output.object(&AddressShown::of(&new, domain))?;
            output.title(&format!("The new address is {}@{domain}", new.local_part))?;
            output.line(&purpose(&new))?;
        }
        AddressCommand::Revoke { of, address } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let wanted = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
            let known = store.addresses(account.id).await?;
            let old = known.iter().find(|known| known.local_part == wanted).ok_or_else(|| {
                Failure::usage(format!(
                    "the account has no address like that; `abide address list --account {}` shows them all",
                    account.handle
                ))
            })?;
            store.revoke_address(account.id, old.id, Actor::Operator, Timestamp::from_clock()).await?;
            output.object(&serde_json::json!({ "revoked": format!("{}@{domain}", old.local_part) }))?;
            output.line("Revoked: no mail is taken there any more.")?;
            for broken in store.feed_breaks(account.id).await? {
                let place = broken.store.map_or_else(|| "all stores".to_owned(), |store| format!("Amazon {store}"));
                output.line(&format!("{place}: {} {}", broken.cause.sentence(), broken.cause.remedy()))?;
            }
        }
    }
    Ok(Ended::Done)
}

#[derive(Serialize)]
struct ConfirmationShown<'a> {
    notice: NoticeId,
    provider: &'a str,
    mailbox: Option<&'a str>,
    code: Option<&'a str>,
    link: Option<&'a str>,
}

/// The code first; the link is text, and nobody follows it but the person who reads it.
fn confirmation(output: Output, notice: NoticeId, asked: &::notice::Confirmation) -> Result<(), Failure> {
    let (mailbox, code, link) = (asked.mailbox.as_deref(), asked.code.as_deref(), asked.link.as_deref());
    output.object(&ConfirmationShown { notice, provider: asked.provider, mailbox, code, link })?;
    output.title(&match mailbox {
        Some(mailbox) => format!("Mailbox {mailbox} asks to forward here: is it yours?"),
        None => format!("A mailbox at {} asks to forward here: is it yours?", asked.provider),
    })?;
    if let Some(code) = code {
        output.line(&format!("If so, type this code in at {}: {code}", asked.provider))?;
    }
    if let Some(link) = link {
        output.line(&format!("Or open in your browser: {link}"))?;
    }
    output.line(&format!("Signed by {}. When it is done: abide review decide {notice} --as nothing", asked.provider))
}
