//! Words to begin with: `abide campaign starters` and `new`, `abide template import`. What they make is a campaign file
//! on standard output, to be read and changed by a person; nothing is kept.

use std::io::Read;
use std::path::Path;

use campaign::{ForeignLetter, Starter, starters};
use serde_json::json;

use crate::arguments::{NewFromStarter, TemplateCommand};
use crate::exit::{Ended, Failure};
use crate::output::{self, Output, counted};

/// The longest template that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// `abide campaign starters`.
pub fn list(output: Output) -> Result<Ended, Failure> {
    for starter in starters() {
        let languages = starter.languages();
        output.object(&json!({ "starter": starter.id, "summary": starter.summary(), "languages": languages }))?;
    }
    let row = |starter: &Starter| {
        let languages = starter.languages();
        let languages = if languages.is_empty() { "Amazon's".to_owned() } else { languages.join(" ") };
        vec![starter.id.to_owned(), languages, starter.summary().to_owned()]
    };
    output.table(&["STARTER", "LANGUAGES", "WHAT IT DOES"], &starters().iter().map(row).collect::<Vec<_>>())?;
    output.line("They are alternatives: an order gets one message. Next: abide campaign new STARTER > FILE")?;
    Ok(Ended::Done)
}

/// `abide campaign new`.
pub fn new(output: Output, wanted: &NewFromStarter) -> Result<Ended, Failure> {
    let Some(starter) = starters().iter().find(|starter| starter.id == wanted.starter) else {
        let known: Vec<_> = starters().iter().map(|starter| starter.id).collect();
        return Err(Failure::usage(format!(
            "there is no starter `{}`; there are: {}",
            wanted.starter,
            known.join(", ")
        )));
    };
    let known = starter.languages();
    if let Some(lacking) = wanted.language.iter().find(|wanted| !known.contains(&wanted.as_str())) {
        let there = if known.is_empty() {
            "Amazon writes its text, in the buyer's language".to_owned()
        } else {
            format!("there are: {}", known.join(", "))
        };
        return Err(Failure::usage(format!("the starter has no words in `{lacking}`; {there}")));
    }
    let languages: Vec<_> = wanted.language.iter().map(String::as_str).collect();
    let file = starter.file(wanted.name.as_deref(), &languages);
    campaign::Campaign::parse(&file).map_err(|problems| {
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Failure::usage(format!("no campaign can be made of that: {}", said.join("; ")))
    })?;
    output.object(&json!({ "starter": starter.id, "file": file }))?;
    output.raw(&file)?;
    Ok(Ended::Done)
}

/// `abide template …`.
pub fn template(output: Output, command: &TemplateCommand) -> Result<Ended, Failure> {
    let TemplateCommand::Import(wanted) = command;
    let source = read(&wanted.file)?;
    let foreign = ForeignLetter { name: &wanted.name, language: &wanted.language, source: &source };
    let place = if wanted.file == Path::new("-") { "stdin".into() } else { wanted.file.display().to_string() };
    let made = campaign::import(&foreign).map_err(|problems| {
        for problem in &problems {
            output::note(&format!("{place}: {problem}"));
        }
        Failure::usage(format!("no campaign file can be made of {place}"))
    })?;
    let not_carried: Vec<_> = made
        .not_carried
        .iter()
        .map(|note| json!({ "line": note.line, "column": note.column, "found": note.found, "put": note.put, "why": note.why }))
        .collect();
    output.object(&json!({ "file": made.file, "carried": made.carried, "not_carried": not_carried }))?;
    output.raw(&made.file)?;
    for note in &made.not_carried {
        output::note(&format!("{place}: {note}"));
    }
    let carried = counted(u64::try_from(made.carried).unwrap_or(u64::MAX), "variable", "variables");
    let left = counted(u64::try_from(made.not_carried.len()).unwrap_or(u64::MAX), "place", "places");
    output::note(&format!("Carried over: {carried}; to look at: {left}. Next: abide campaign check FILE"));
    Ok(Ended::with_faults(!made.not_carried.is_empty()))
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::usage(format!("the template {} can't be read: {error}", file.display()));
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let open = std::fs::File::open(file).map_err(unreadable)?;
        open.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        return Err(Failure::usage(format!("{} is larger than 64 KB, which no letter is", file.display())));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{} is not UTF-8 text", file.display())))
}
