//! `abide intake import`: mails from files, with the effect they have by SMTP. Each is told once it is durable
//! (law 1); the same mail again changes nothing (law 9), so an import that broke off is simply run again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use intake::MailFiles;
use intake::importing::{Told, Untaken, record_all};
use intake::reading::Arrival;
use model::inbound::{Door, Outcome, RecordedMail};
use model::{Handle, NoticeKind, OrderId, Timestamp};
use serde::Serialize;

use super::notice::reading_room;
use crate::arguments::IntakeCommand;
use crate::configuration::Configuration;
use crate::exit::{self, Ended, Failure};
use crate::output::{self, Output, counted};
use crate::{installation, progress};

#[derive(Serialize)]
struct ReadingShown<'a> {
    source: &'a str,
    part: u32,
    kind: NoticeKind,
    order_id: Option<OrderId>,
    order_ids: &'a [OrderId],
    outcome: Outcome,
    covers_buyer: bool,
    withdrawn: usize,
    already_leaving: usize,
}

#[derive(Default)]
struct Counts {
    mails: u64,
    faults: u64,
    outcomes: BTreeMap<(&'static str, &'static str), u64>,
    withdrawn: usize,
    already_leaving: usize,
}

pub async fn run(configuration: &Configuration, output: Output, command: IntakeCommand) -> Result<Ended, Failure> {
    let IntakeCommand::Import { of, paths } = command;
    import(configuration, output, &of.account, &paths).await
}

async fn import(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    paths: &[PathBuf],
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let room = reading_room(Some(configuration.data.join("reading-now")))?;
    let files = MailFiles::new(paths);
    let total = files.progress().total;
    let bar = progress::over_bytes((total > 0).then_some(total));
    let arrival =
        Arrival { account: account.id, address: None, door: Door::File, received_at: Timestamp::from_clock() };
    let (mut counts, mut failure) = (Counts::default(), None);
    record_all(files, &room, &store, arrival, |told| {
        bar.set_position(told.progress.bytes);
        match bar.suspend(|| tell(output, &mut counts, &told)) {
            // Nobody reads on; the mails are taken in all the same, so that 0 means that they are.
            Ok(()) | Err(Failure::OutputClosed) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })
    .await;
    bar.finish_and_clear();
    if let Some(failure) = failure {
        return Err(failure);
    }
    if counts.mails == 0 {
        return Err(Failure::usage("no mail was taken; the reason stands above"));
    }
    output::even_unheard(summary(output, &counts))?;
    Ok(Ended::with_faults(counts.faults > 0))
}

fn tell(output: Output, counts: &mut Counts, told: &Told<RecordedMail>) -> Result<(), Failure> {
    let recorded = match &told.outcome {
        Ok(recorded) => recorded,
        Err(Untaken::Recording(error)) => {
            return Err(Failure::could_not_run(format!(
                "{} was not recorded ({}); {} before it are safe, and importing again changes nothing about them",
                told.source,
                exit::in_full(error),
                counted(counts.mails, "mail", "mails")
            )));
        }
        Err(untaken) => {
            counts.faults += 1;
            output::note(&untaken.to_string());
            return Ok(());
        }
    };
    counts.mails += 1;
    for reading in &recorded.readings {
        *counts.outcomes.entry((reading.kind.as_str(), reading.outcome.as_str())).or_default() += 1;
        counts.withdrawn += reading.withdrawn.len();
        counts.already_leaving += reading.already_leaving.len();
        counts.faults += u64::from(reading.outcome == Outcome::Unread);
        output.object(&ReadingShown {
            source: &told.source,
            part: reading.part,
            kind: reading.kind,
            order_id: match reading.order_ids.as_slice() {
                [only] => Some(*only),
                _ => None,
            },
            order_ids: &reading.order_ids,
            outcome: reading.outcome,
            covers_buyer: reading.covers_buyer,
            withdrawn: reading.withdrawn.len(),
            already_leaving: reading.already_leaving.len(),
        })?;
    }
    Ok(())
}

fn summary(output: Output, counts: &Counts) -> Result<(), Failure> {
    output.title(&format!("{} taken in", counted(counts.mails, "mail", "mails")))?;
    let rows: Vec<Vec<String>> = counts
        .outcomes
        .iter()
        .map(|((kind, outcome), count)| vec![count.to_string(), (*kind).into(), (*outcome).into()])
        .collect();
    output.table(&["COUNT", "KIND", "OUTCOME"], &rows)?;
    if counts.withdrawn > 0 {
        let withdrawn = u64::try_from(counts.withdrawn).unwrap_or(u64::MAX);
        output.line(&format!("{} withdrawn.", counted(withdrawn, "waiting message was", "waiting messages were")))?;
    }
    if counts.already_leaving > 0 {
        let leaving = u64::try_from(counts.already_leaving).unwrap_or(u64::MAX);
        output.line(&format!("{} leaving already.", counted(leaving, "message was", "messages were")))?;
    }
    Ok(())
}
