//! What `doctor` looks at of live sending: senders, servers, stops, and messages that somebody must settle. It connects
//! to the stores' servers only where it was told to.

use model::sending::{Counted, StopScope};
use model::{Account, Delivery, Marketplace};
use store::Store;

use super::Finding;
use crate::configuration::Configuration;
use crate::exit::Failure;
use crate::output::{counted, moment};
use crate::{installation, sending};

/// Whether the file of further authorities can be used.
pub fn certificates(configuration: &Configuration) -> Option<Finding> {
    let file = configuration.sending_ca.as_ref()?;
    Some(match sending::trust(configuration) {
        Ok(_) => Finding::good("sending", format!("authorities of {} are believed, too", file.display())),
        Err(failure) => Finding::fault(
            "sending",
            failure.sentence().unwrap_or_default().to_owned(),
            "until then the worker does not start",
        ),
    })
}

/// Of each live store: its sender, its server, what stops it; of the account: what was lost.
pub async fn of_account(
    configuration: &Configuration,
    store: &Store,
    account: &Account,
    connect: bool,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let handle = &account.handle;
    let live: Vec<Marketplace> =
        account.sellers.iter().filter(|seller| seller.delivery == Delivery::Live).map(|seller| seller.store).collect();
    let Some(first) = live.first() else { return Ok(findings) };
    for stop in store.sending_stops(account.id).await? {
        let (place, flags) = match stop.scope {
            StopScope::Installation => ("the whole installation".to_owned(), String::new()),
            StopScope::Account(_) => (handle.to_string(), format!(" --account {handle}")),
            StopScope::Store(_, store) => {
                (format!("{handle}, Amazon {store}"), format!(" --account {handle} --store {store}"))
            }
        };
        findings.push(Finding::warning(
            "stopped",
            format!("live sending is stopped for {place} since {} UTC", moment(stop.since)),
            format!("once the cause is settled: abide sending resume{flags} --note WHY"),
        ));
    }
    for marketplace in &live {
        findings.push(of_store(configuration, store, (account, *marketplace), connect).await?);
    }
    let lost = store.live_summary(account.id, *first, installation::clock()).await?.unknown;
    if lost != Counted::default() {
        findings.push(Finding::warning(
            "unknown",
            format!("{} of {handle} were lost on their way", counted(lost.n, "message", "messages")),
            format!("look in Seller Central, then `abide outbox resolve`; `abide outbox list --account {handle}`"),
        ));
    }
    Ok(findings)
}

async fn of_store(
    configuration: &Configuration,
    store: &Store,
    (account, marketplace): (&Account, Marketplace),
    connect: bool,
) -> Result<Finding, Failure> {
    let name = format!("{}, Amazon {marketplace}", account.handle);
    let Some(sender) = store.sender(account.id, marketplace).await? else {
        return Ok(Finding::fault(
            "sender",
            format!("{name} is live and has no sender, so its messages wait"),
            format!("abide sender set --account {} --store {marketplace} …", account.handle),
        ));
    };
    let advice = "put the server, the network or the sign-in right (`abide sender set`); it is tried again by itself";
    if connect {
        let trust = sending::trust(configuration)?;
        return Ok(match sending::try_out(&sender, &trust).await {
            Ok(proved) => Finding::good("sender", format!("{name}: {proved}")),
            Err(error) => {
                let failure = sending::in_words(&sender, &error);
                Finding::fault("sender", format!("{name}: {}", failure.sentence().unwrap_or_default()), advice)
            }
        });
    }
    Ok(match store.sender_status(account.id, marketplace).await? {
        Some(trouble) => {
            let said =
                trouble.reply.map_or_else(String::new, |reply| format!(" It said: {} {}", reply.code(), reply.words()));
            Finding::fault(
                "sender",
                format!(
                    "{name}: {}{said} Since {} UTC; tried again {} UTC",
                    trouble.reason.sentence(),
                    moment(trouble.since),
                    moment(trouble.paused_until)
                ),
                advice,
            )
        }
        None => Finding::good("sender", format!("{name}: no trouble with {}; --connect tries it out", sender.server)),
    })
}
