//! `abide intake import`: mails from files, with the effect they have by SMTP. Each is told once it is durable
//! (law 1); the same mail again changes nothing (law 9), so an import that broke off is simply run again: what is
//! recorded is looked up by its digest and passed over.

mod summary;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use intake::MailFiles;
use intake::importing::{Again, Taken, Told, Untaken, record_all};
use intake::reading::Arrival;
use model::inbound::{Door, Outcome};
use model::{Handle, NoticeKind, OrderId, Timestamp};
use serde::Serialize;

use super::notice::reading_room;
use crate::arguments::IntakeCommand;
use crate::configuration::Configuration;
use crate::exit::{self, Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};
use crate::progress::Counting;
use summary::Counts;

/// Lines are written together, when they are so many bytes …
const LINES_BYTES: usize = 16 * 1024;
/// … or so old.
const LINES_AGE: Duration = Duration::from_millis(100);

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

pub async fn run(configuration: &Configuration, output: Output, command: IntakeCommand) -> Result<Ended, Failure> {
    let IntakeCommand::Import { of, anew, paths } = command;
    let again = if anew { Again::Read } else { Again::PassOver };
    import(configuration, output, &of.account, &paths, again).await
}

async fn import(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    paths: &[PathBuf],
    again: Again,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let room = reading_room(Some(configuration.data.join("reading-now")))?;
    let files = MailFiles::new(paths);
    let total = files.progress().total;
    let arrival = Arrival {
        account: account.id,
        address: None,
        source: None,
        door: Door::File,
        received_at: Timestamp::from_clock(),
    };
    let mut teller = Teller {
        output,
        bar: Counting::over_bytes((total > 0).then_some(total), "mails"),
        counts: Counts::default(),
        lines: String::new(),
        written: Instant::now(),
        failure: None,
    };
    let stopped = tokio::select! {
        () = record_all(files, &room, &store, (arrival, again), |told| teller.hear(&told)) => false,
        Ok(()) = tokio::signal::ctrl_c() => true,
    };
    let Teller { bar, counts, mut lines, failure, .. } = teller;
    bar.end();
    output::even_unheard(output.gathered(&mut lines))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if stopped {
        let mails = counted(counts.mails, "mail is", "mails are");
        return Err(Failure::could_not_run(format!(
            "stopped; {mails} recorded, and the same command goes on from there"
        )));
    }
    if counts.mails == 0 {
        return Err(Failure::usage("no mail was taken; the reason stands above"));
    }
    output::even_unheard(counts.summary(output))?;
    Ok(Ended::with_faults(counts.faults > 0))
}

/// Tells of each mail as it is done.
struct Teller {
    output: Output,
    bar: Counting,
    counts: Counts,
    /// Not written yet.
    lines: String,
    written: Instant,
    failure: Option<Failure>,
}

impl Teller {
    fn hear(&mut self, told: &Told<Taken>) -> ControlFlow<()> {
        match self.tell(told) {
            // Nobody reads on; the mails are taken in all the same, so that 0 means that they are.
            Ok(()) | Err(Failure::OutputClosed) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn tell(&mut self, told: &Told<Taken>) -> Result<(), Failure> {
        self.counts.passed_over = told.progress.passed_over;
        let taken = match &told.outcome {
            Ok(taken) => taken,
            Err(Untaken::Recording(error)) => {
                return Err(Failure::could_not_run(format!(
                    "{} was not recorded ({}); {} before it are safe, and importing again changes nothing about them",
                    told.source,
                    exit::in_full(error),
                    counted(self.counts.mails, "mail", "mails")
                )));
            }
            Err(untaken) => {
                self.counts.faults += 1;
                self.bar.suspend(|| output::note(&untaken.to_string()));
                return Ok(());
            }
        };
        self.counts.add(taken);
        self.bar.at(told.progress.bytes, self.counts.mails);
        for reading in &taken.mail().readings {
            if reading.outcome == Outcome::Unread {
                let Told { source, offset, .. } = told;
                let place = if *offset == 0 { source.clone() } else { format!("{source} (at byte {offset})") };
                self.bar.suspend(|| {
                    output::note(&format!("{place}: reading this mail failed; it is kept for review"));
                });
            }
            let shown = ReadingShown {
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
            };
            self.output.gather(&shown, &mut self.lines)?;
        }
        if self.lines.len() >= LINES_BYTES || self.written.elapsed() >= LINES_AGE {
            self.written = Instant::now();
            let (output, lines) = (self.output, &mut self.lines);
            return self.bar.suspend(|| output.gathered(lines));
        }
        Ok(())
    }
}
