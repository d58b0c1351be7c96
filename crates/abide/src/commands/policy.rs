//! `abide policy check`: a text held against Amazon's rules for messages to buyers, offline; each finding with its
//! place, the rule's sentence and what to do instead. Exit code 1 where a finding would hold the message back.

use std::io::Read;
use std::path::Path;

use policy::words::{Finding, Letter, Linter, Part};
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
    let file = name_of(&check.file);
    Ok(Ended::with_faults(tell(output, &file, ("", &text), &findings)?))
}

/// Says every finding with its place, and how many there are; whether any holds the message back.
pub fn tell(
    output: Output,
    file: &str,
    (subject, text): (&str, &str),
    findings: &[Finding<'_>],
) -> Result<bool, Failure> {
    for finding in findings {
        let rule = finding.rule;
        let read = if finding.part == Part::Subject { subject } else { text };
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
            read.get(finding.place.clone()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
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
    Ok(errors > 0)
}

/// Where the text comes from, as findings name it.
pub fn name_of(file: &Path) -> String {
    if file == Path::new("-") { "stdin".into() } else { file.display().to_string() }
}

/// Reads a text, standard input for `-`.
pub fn read(file: &Path) -> Result<String, Failure> {
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
