//! The story itself, step by step: orders, a campaign, messages, notices by real SMTP, and what they stop.

use std::net::SocketAddr;
use std::sync::Arc;

use ::campaign::HeldBack;
use model::member::Actor;
use model::{Account, AddressKind, Clock, Handle, Marketplace, MessageState, OrderId, Span, Timestamp};
use report::{Defaults, Reader, Row};
use store::Store;

use super::changes::{Outbox, newest_mail};
use super::notices::{self, Letter};
use super::orders::{self, Sample};
use super::smtp;
use super::telling::Telling;
use crate::commands::{campaign, run};
use crate::exit::Failure;
use crate::output;

/// The campaign that ships as the commented example.
const CAMPAIGN: &str = include_str!("../../../../docs/examples/review.toml");

/// The demo while it runs.
pub struct Story<'a> {
    pub store: &'a Arc<Store>,
    pub telling: Telling,
    /// Where the receiver listens.
    pub smtp: SocketAddr,
    pub inbound_domain: &'a str,
    /// The data folder, as it is shown.
    pub data: String,
}

impl Story<'_> {
    /// Tells it from beginning to end.
    pub async fn tell(&mut self) -> Result<(), Failure> {
        let account = self.account().await?;
        self.import("Imports a report of twelve orders", &account, &orders::SAMPLE).await?;
        self.campaign(&account).await?;
        self.pass("Plans and works the outbox", &account, true).await?;
        let now = Timestamp::from_clock();
        let (us, any) = (Some(Marketplace::Us), None);
        self.notice(
            &account,
            "Amazon's notice that a buyer opted out arrives",
            notices::opt_out(now),
            (us, AddressKind::OptOut),
        )
        .await?;
        self.notice(
            &account,
            "A second opt-out, which the seller forwarded by hand",
            notices::forwarded_opt_out(now),
            (any, AddressKind::Any),
        )
        .await?;
        self.notice(&account, "A refund", notices::refund(now), (us, AddressKind::Refund)).await?;
        self.notice(
            &account,
            "A forgery from a domain that only looks like Amazon's",
            notices::forgery(now),
            (us, AddressKind::OptOut),
        )
        .await?;
        self.notice(
            &account,
            "The first notice once more: the same again changes nothing",
            notices::opt_out(now),
            (us, AddressKind::OptOut),
        )
        .await?;
        self.import("A later order of the buyer who opted out comes in", &account, &[orders::LATER]).await?;
        self.pass("The next pass asks the gate", &account, false).await?;
        self.explain(&account).await?;
        self.verify(&account).await
    }

    async fn account(&mut self) -> Result<Account, Failure> {
        let handle: Handle =
            "blue-widgets".parse().map_err(|_| Failure::could_not_run("the demo's handle is wrong"))?;
        let stores = vec![Marketplace::Us, Marketplace::De];
        let now = Timestamp::from_clock();
        let account = self.store.add_account("Blue Widgets".into(), handle, stores, now).await?;
        let addresses = self.store.addresses(account.id).await?;
        let mut told = vec!["Its stores capture: texts are kept and nothing leaves this machine.".to_owned()];
        told.push("Notices come in at secret addresses, among them:".into());
        told.extend(addresses.iter().take(2).map(|known| format!("  {}@{}", known.local_part, self.inbound_domain)));
        self.telling.step("Makes the account Blue Widgets with the stores US and DE", &told)?;
        Ok(account)
    }

    async fn import(&mut self, title: &str, account: &Account, samples: &[Sample]) -> Result<(), Failure> {
        let text = orders::report(samples, Timestamp::from_clock());
        let broken = |error: &dyn std::fmt::Display| Failure::could_not_run(format!("the sample report: {error}"));
        let reader = Reader::new(text.as_bytes(), Defaults::default()).map_err(|error| broken(&error))?;
        let mut orders = Vec::new();
        for row in reader {
            if let Row::Order(order) = row.map_err(|error| broken(&error))? {
                orders.push(*order);
            }
        }
        let counts = self.store.record_orders(account.id, orders, clock()).await?;
        let mut told = vec![format!("{} new, {} changed", counts.added, counts.updated)];
        if let [only] = samples {
            told = vec![format!("order {}, delivered 6 days ago: its message would be due now", only.id)];
        }
        if counts.buyers_learnt > 0 {
            told.push("its buyer is recognised as opted out".into());
        }
        self.telling.step(title, &told)
    }

    async fn campaign(&mut self, account: &Account) -> Result<(), Failure> {
        let text = campaign_for_the_demo(Timestamp::from_clock());
        let (new, _) = campaign::checked(&text, Vec::new()).map_err(|held| {
            let first = match held {
                HeldBack::Problems(problems) => problems.first().map(ToString::to_string),
                HeldBack::Words(findings) => findings.first().map(ToString::to_string),
            };
            Failure::could_not_run(format!("the example campaign is at fault: {}", first.unwrap_or_default()))
        })?;
        let stored = self.store.add_campaign(account.id, new, Actor::Operator, clock()).await?;
        let told = [
            format!("“{}”: one neutral question to each buyer, 5 days after delivery at the earliest.", stored.name),
            "It is docs/examples/review.toml, for once at any hour and for orders of the last weeks.".into(),
        ];
        self.telling.step("Adds the example campaign", &told)
    }

    async fn pass(&mut self, title: &str, account: &Account, first: bool) -> Result<(), Failure> {
        let before = Outbox::of(self.store, account).await?;
        let clock = clock();
        delivery::plan_pass(self.store, clock).await.map_err(run::of_delivery)?;
        delivery::outbox_pass(self.store, clock, Timestamp::from_clock).await.map_err(run::of_delivery)?;
        let after = Outbox::of(self.store, account).await?;
        let told = if first {
            let count = |state| after.count(state);
            let mut told = vec![
                format!("{} captured: their time had come", count(MessageState::Captured)),
                format!("{} planned for the days to come", count(MessageState::Planned)),
                "and, each with its reason:".into(),
            ];
            told.extend(after.reasons());
            told
        } else {
            after.since(&before)
        };
        self.telling.step(title, &told)
    }

    /// Delivers one notice to one of the account's own addresses, and tells what it changed.
    async fn notice(
        &mut self,
        account: &Account,
        title: &str,
        letter: Letter,
        at: (Option<Marketplace>, AddressKind),
    ) -> Result<(), Failure> {
        let before = Outbox::of(self.store, account).await?;
        let addresses = self.store.addresses(account.id).await?;
        let address = addresses.iter().find(|known| (known.store, known.kind) == at);
        let address = address.ok_or_else(|| Failure::could_not_run("the demo's account lacks an inbound address"))?;
        let recipient = format!("{}@{}", address.local_part, self.inbound_domain);
        let answer = smtp::deliver(self.smtp, &recipient, &letter).await?;
        let mut told = vec![format!("SMTP to {recipient}"), format!("answered {answer}")];
        let (_, mail) = newest_mail(self.store, account).await?;
        told.extend(mail);
        // A mark is weighed by the planner, as the worker does it every second.
        delivery::plan_pass(self.store, clock()).await.map_err(run::of_delivery)?;
        let changes = Outbox::of(self.store, account).await?.since(&before);
        if changes.is_empty() {
            told.push("no message changed".into());
        }
        told.extend(changes);
        self.telling.step(title, &told)
    }

    async fn explain(&mut self, account: &Account) -> Result<(), Failure> {
        let order: OrderId =
            orders::LATER.id.parse().map_err(|_| Failure::could_not_run("the demo's order id is wrong"))?;
        let explanation = delivery::explain(self.store, account.id, order, clock()).await?;
        let mut told = vec![explanation.summary.clone()];
        for row in &explanation.suppressions {
            told.push(format!(
                "on the list: {} by {}, {}, since {}",
                row.reason,
                row.origin,
                row.state,
                output::moment(row.since)
            ));
        }
        self.telling.step(
            &format!("Explains it: abide explain {order} --account {} --data {}", account.handle, self.data),
            &told,
        )
    }

    async fn verify(&mut self, account: &Account) -> Result<(), Failure> {
        let verified = self.store.verify_ledger(&account.handle, None).await?;
        let told = [format!("{} entries, all in order", verified.head.number), format!("head {}", verified.head)];
        self.telling.step("Verifies the ledger, in which all of this stands", &told)
    }
}

fn clock() -> Clock {
    Clock::real(Timestamp::from_clock())
}

/// The example, for orders of the last weeks and at any hour, so that something is due whenever it is run.
fn campaign_for_the_demo(now: Timestamp) -> String {
    let since = now.minus(Span::days(60)).utc_date();
    let line = |line: &str| {
        if line.starts_with("# orders_after") {
            format!("orders_after = {since}")
        } else if line.starts_with("weekdays =") || line.starts_with("hours =") {
            String::new()
        } else {
            line.to_owned()
        }
    };
    CAMPAIGN.lines().map(|written| line(written) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_campaign_is_the_example_at_any_hour_and_for_past_orders() {
        let now: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
        let campaign = ::campaign::Campaign::parse(&campaign_for_the_demo(now)).unwrap();
        assert!(campaign.orders_after.is_some_and(|after| after < now.minus(Span::days(59))));
        let slots = campaign.window.slots();
        let any_hour_of_a_week = (0..7 * 24).all(|hour| slots.allow(Marketplace::De, now.plus(Span::hours(hour))));
        assert!(any_hour_of_a_week);
        assert!(::campaign::Campaign::parse(CAMPAIGN).is_ok());
    }
}
