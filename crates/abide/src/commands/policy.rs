//! `abide policy check`: a text held against Amazon's rules for messages to buyers, offline; each finding with its
//! place, the rule's sentence and what to do instead. Exit code 1 where a finding would hold the message back.

use std::io::Read;
use std::path::Path;

use policy::words::{Letter, Linter};
use serde_json::json;

use crate::arguments::PolicyCommand;
use crate::exit::{Ended, Failure, in_full};
use crate::output::Output;

/// The longest text that is read, in bytes; messages are far shorter.
const LONGEST: u64 = 4 * 1024 * 1024;

pub fn run(output: Output, command: &PolicyCommand) -> Result<Ended, Failure> {
    let PolicyCommand::Check(check) = command;
    let text = read(&check.file)?;
    let linter = Linter::built_in().map_err(|error| Failure::could_not_run(in_full(error)))?;
    let letter = Letter {
        text: &text,
        language: check.language.as_deref(),
        order: check.order_id,
        template: check.template,
        ..Letter::default()
    };
    let findings = linter.check(&letter);
    let file = if check.file == Path::new("-") { "stdin".into() } else { check.file.display().to_string() };
    for finding in &findings {
        let rule = finding.rule;
        output.object(&json!({
            "file": file,
            "line": finding.line,
            "column": finding.column,
            "start": finding.place.start,
            "end": finding.place.end,
            "rule": rule.id,
            "severity": rule.severity.as_str(),
            "sentence": rule.sentence,
            "instead": rule.instead,
            "source": rule.source,
            "date": rule.date,
        }))?;
        let (line, column, severity) = (finding.line, finding.column, rule.severity.as_str());
        output.line(&format!("{file}:{line}:{column}: {severity} ({}): {}", rule.id, rule.sentence))?;
        let place =
            text.get(finding.place.clone()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        if !place.is_empty() {
            output.line(&format!("    {place}"))?;
        }
        output.aside(&format!("    {}", rule.instead))?;
    }
    let errors = findings.iter().filter(|finding| finding.holds_back()).count();
    let warnings = findings.len() - errors;
    output.line(&match (errors, warnings) {
        (0, 0) => "No rule is broken.".to_owned(),
        _ => format!("Errors: {errors}, warnings: {warnings}."),
    })?;
    Ok(Ended::with_faults(errors > 0))
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::usage(format!("{} can't be read: {error}", file.display()));
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        std::fs::File::open(file)
            .and_then(|open| open.take(LONGEST + 1).read_to_end(&mut bytes))
            .map_err(unreadable)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        return Err(Failure::usage(format!("{} is larger than 4 MB, which no message is", file.display())));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{} is not UTF-8 text", file.display())))
}
