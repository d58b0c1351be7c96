//! `abide critical`: what completes an order, to a buyer who opted out. Each text is held against its reason.

use model::CriticalReason;
use policy::words::{CriticalLetter, CriticalLinter};
use serde_json::json;

use super::policy::{name_of, read, tell};
use crate::arguments::{CriticalCheck, CriticalCommand};
use crate::exit::{Ended, Failure, in_full};
use crate::output::Output;

pub fn run(output: Output, command: &CriticalCommand) -> Result<Ended, Failure> {
    match command {
        CriticalCommand::Reasons => reasons(output),
        CriticalCommand::Check(command) => check(output, command),
    }
}

fn reasons(output: Output) -> Result<Ended, Failure> {
    for reason in CriticalReason::ALL {
        output.object(&json!({ "reason": reason, "sentence": reason.sentence() }))?;
    }
    let rows: Vec<Vec<String>> =
        CriticalReason::ALL.iter().map(|reason| vec![reason.to_string(), reason.sentence().to_owned()]).collect();
    output.table(&["Reason", "What it is about"], &rows)?;
    Ok(Ended::Done)
}

fn check(output: Output, command: &CriticalCheck) -> Result<Ended, Failure> {
    let text = read(&command.file)?;
    let linter = CriticalLinter::built_in().map_err(|error| Failure::could_not_run(in_full(error)))?;
    let letter = CriticalLetter {
        order: command.order,
        reason: command.reason,
        subject: &command.subject,
        text: &text,
        language: command.language.as_deref(),
    };
    let held = tell(output, &name_of(&command.file), (&command.subject, &text), &linter.check(&letter))?;
    Ok(Ended::with_faults(held))
}
