//! `abide doctor`: looks whether everything is in order, and says of each thing what it found and what to do.
//! It changes nothing, but for the confirmation that the keys have a backup of their own.

mod folders;
mod member_mail;
mod places;
mod sending;

use model::account::AddressState;
use model::{Account, Delivery, SelfTestState, Span, Timestamp, Way};
use serde_json::json;
use store::{Database, Store};

use crate::arguments::Doctor;
use crate::configuration::{Configuration, INBOUND_DOMAIN};
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output};

/// Beyond this the clock is too far behind the ledger to send by (design, law 4).
const CLOCK_BEHIND: Span = Span::minutes(5);

/// How a thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Good,
    Warning,
    Fault,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing that was looked at.
struct Finding {
    check: &'static str,
    state: State,
    found: String,
    advice: Option<String>,
}

impl Finding {
    fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Good, found: found.into(), advice: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    fn fault(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Fault, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Findings, told as they come.
struct Report {
    output: Output,
    worst: State,
}

impl Report {
    fn tell(&mut self, finding: Finding) -> Result<(), Failure> {
        let Finding { check, state, found, advice } = finding;
        self.worst = self.worst.max(state);
        self.output.object(&json!({ "check": check, "state": state.as_str(), "found": found, "advice": advice }))?;
        self.output.line(&format!("{:<8} {check:<12} {found}", state.as_str()))?;
        match advice {
            Some(advice) => self.output.line(&format!("{:<8} {:<12} → {advice}", "", "")),
            None => Ok(()),
        }
    }
}

pub async fn run(configuration: &Configuration, output: Output, doctor: Doctor) -> Result<Ended, Failure> {
    let mut report = Report { output, worst: State::Good };
    if installation::is_missing(configuration) {
        report.tell(Finding::warning(
            "data",
            format!("there are no data in {} yet", configuration.data.display()),
            "begin with `abide account add NAME --store US`, or name the right folder with --data",
        ))?;
        return Ok(Ended::Done);
    }
    for finding in places::permissions(configuration) {
        report.tell(finding)?;
    }
    let store = match installation::open(configuration).await {
        Ok(store) => store,
        Err(failure) => {
            let found = failure.sentence().unwrap_or_default().to_owned();
            report.tell(Finding::fault("database", found, "put this right first; the rest was not looked at"))?;
            return Err(Failure::could_not_run("the database can't be used; the reason stands above"));
        }
    };
    let engine = match &configuration.database {
        Database::Sqlite(path) => format!("SQLite, {}", path.display()),
        Database::Postgres(_) => "PostgreSQL".to_owned(),
    };
    report.tell(Finding::good("database", format!("{engine}: reachable, schema known, commits are durable")))?;
    report
        .tell(Finding::good("keys", format!("those in {} belong to the database", configuration.keys().display())))?;
    report.tell(places::keys_backup(configuration, doctor.keys_backed_up)?)?;
    for finding in places::listening(configuration).await {
        report.tell(finding)?;
    }
    report.tell(inbound_domain(configuration))?;
    if let Some(finding) = places::postmaster(&configuration.postmaster()) {
        report.tell(finding)?;
    }
    report.tell(operator(&store).await?)?;
    if let Some(finding) = sending::certificates(configuration) {
        report.tell(finding)?;
    }
    report.tell(member_mail::finding(configuration, doctor.connect).await)?;
    if let Some(since) = store.restored_at().await? {
        report.tell(Finding::warning(
            "restored",
            format!("a backup was restored {since}; nothing is sent for real"),
            "import what came in since the backup, then run `abide restore --acknowledge`",
        ))?;
    }
    if doctor.connect {
        report.tell(places::name_servers(configuration).await)?;
    }
    let mut after = None;
    loop {
        let accounts = store.accounts(after, super::PAGE).await?;
        for account in &accounts {
            of_account(&store, account, &mut report).await?;
            for finding in folders::of_account(configuration, &store, account, doctor.connect).await? {
                report.tell(finding)?;
            }
            for finding in sending::of_account(configuration, &store, account, doctor.connect).await? {
                report.tell(finding)?;
            }
        }
        match accounts.last() {
            Some(last) => after = Some(last.handle.clone()),
            None => break,
        }
    }
    Ok(Ended::with_faults(report.worst == State::Fault))
}

fn inbound_domain(configuration: &Configuration) -> Finding {
    let domain = &configuration.inbound_domain;
    if domain == INBOUND_DOMAIN {
        return Finding::warning(
            "domain",
            "inbound addresses end in @localhost, so only this machine can send to them",
            "set inbound_domain in abide.toml (docs/abide.toml shows how), or import mails from files",
        );
    }
    Finding::good("domain", format!("inbound addresses end in @{domain}"))
}

async fn operator(store: &Store) -> Result<Finding, Failure> {
    Ok(if store.operator_exists().await? {
        Finding::good("operator", "there is one")
    } else {
        Finding::warning(
            "operator",
            "nobody is operator of the dashboard yet",
            "open the link of `abide member operator`",
        )
    })
}

async fn of_account(store: &Store, account: &Account, report: &mut Report) -> Result<(), Failure> {
    let handle = &account.handle;
    let now = Timestamp::from_clock();
    let last = store.ledger_page(account.id, None, 1).await?.rows.into_iter().next();
    if let Some(behind) = last.map(|entry| entry.time.since(now)).filter(|behind| *behind > CLOCK_BEHIND) {
        report.tell(Finding::fault(
            "clock",
            format!(
                "this machine's clock is {} minutes behind the ledger of {handle}",
                behind.as_micros() / 60_000_000
            ),
            "nothing leaves until it is right: set the clock, and let NTP keep it",
        ))?;
    } else {
        report.tell(Finding::good("clock", format!("not behind the ledger of {handle}")))?;
    }
    let live: Vec<&str> = account
        .sellers
        .iter()
        .filter(|seller| seller.delivery == Delivery::Live)
        .map(|seller| seller.store.as_str())
        .collect();
    let sends =
        if live.is_empty() { "captures; nothing leaves".to_owned() } else { format!("sends for {}", live.join(" ")) };
    report.tell(Finding::good("account", format!("{handle} {sends}")))?;
    if let Some(since) = account.settings.restricted_since {
        report.tell(Finding::fault(
            "restricted",
            format!("Amazon restricted {handle}, seen {since}; nothing leaves"),
            "read Amazon's notice in the inbound log and settle it there first",
        ))?;
    }
    for broken in store.feed_breaks(account.id).await? {
        let place = broken.store.map_or_else(|| "all stores".to_owned(), |store| format!("Amazon {store}"));
        report.tell(Finding::fault(
            "feed",
            format!(
                "{handle}, {place}: {} Since {} UTC; messages wait",
                broken.cause.sentence(),
                output::moment(broken.since)
            ),
            broken.cause.remedy(),
        ))?;
    }
    for door in store.http_doors(account.id).await?.iter().filter(|door| door.revoked_at.is_none()) {
        let last = door.last_mail_at.map_or("no mail yet".into(), |at| format!("last mail {} UTC", output::moment(at)));
        report.tell(Finding::good("http", format!("{handle}, {} ({}): {last}", door.name, door.kind)))?;
    }
    let addresses = store.addresses(account.id).await?;
    for health in store.feed_health(account.id).await? {
        if let Some(test) =
            health.test.filter(|test| matches!(test.state, SelfTestState::Failed | SelfTestState::Unsent))
        {
            let name = match health.way {
                Way::Address(id) => {
                    addresses.iter().find(|address| address.id == id).map_or_else(String::new, |address| {
                        let place =
                            address.store.map_or_else(|| "all stores".to_owned(), |store| format!("Amazon {store}"));
                        format!("address for {place}, {}", address.kind)
                    })
                }
                Way::Folder(store) => format!("mail folder for {}", super::folder::place(store)),
                Way::HttpDoor(_) => "way in by HTTP".to_owned(),
            };
            report.tell(Finding::warning(
                "self-test",
                format!("{handle}, {name}: {}", test.sentence()),
                "look at the mailbox's rule, then test again: abide feed test",
            ))?;
        }
    }
    for address in addresses {
        let place = address.store.map_or_else(|| "all stores".to_owned(), |store| format!("Amazon {store}"));
        let name = format!("{handle}, {place}, {}", address.kind);
        report.tell(match (address.state, address.last_notice_at) {
            (AddressState::Replaced, _) if address.last_mail_at > Some(address.issued_at) => Finding::warning(
                "address",
                format!("{name}: replaced, and mail still came to it"),
                "put the new address into Seller Central before the old one ends",
            ),
            (_, Some(at)) => Finding::good("address", format!("{name}: last notice {} UTC", output::moment(at))),
            (_, None) => Finding::good("address", format!("{name}: no notice yet")),
        })?;
    }
    Ok(())
}
