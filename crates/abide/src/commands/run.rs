//! `abide run --once`: one pass of planner and outbox, by this machine's clock or, as a trial, by a given one.

use model::{Clock, Timestamp};
use serde_json::json;

use crate::arguments::Run;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};

pub async fn run(configuration: &Configuration, output: Output, run: Run) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    if run.now.is_some() && store.any_live_store().await? {
        return Err(Failure::usage(
            "--now is for trials, and a store of this installation sends for real; leave it out, or set every store to \
             capture first",
        ));
    }
    let clock = Clock { real: Timestamp::from_clock(), given: run.now };
    let planned = delivery::plan_pass(&store, clock).await.map_err(of_delivery)?;
    let worked = delivery::outbox_pass(&store, clock, Timestamp::from_clock).await.map_err(of_delivery)?;
    output.object(&json!({
        "as_of": clock.now(),
        "orders_planned": planned.orders,
        "messages_planned": planned.messages,
        "orders_waiting": planned.waiting,
        "captured": worked.captured,
        "refused": worked.refused,
        "waiting": worked.waiting,
        "gone": worked.gone,
    }))?;
    output.line(&format!(
        "Planned {}: {}, {} that must wait.",
        counted(planned.orders, "changed order", "changed orders"),
        counted(planned.messages, "message", "messages"),
        planned.waiting
    ))?;
    output.line(&format!(
        "Of the messages due by {} UTC: {} captured, {} refused, {} put off.",
        output::moment(clock.now()),
        worked.captured,
        worked.refused,
        worked.waiting
    ))?;
    Ok(Ended::Done)
}

/// A pass that broke off.
pub fn of_delivery(error: delivery::DeliveryError) -> Failure {
    let delivery::DeliveryError::Store(error) = error;
    error.into()
}
