//! Every sentence of the dashboard stands in every catalogue, and no catalogue keeps one that the dashboard says no more.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use catalogue::{Catalogue, sentences};

/// For developers alone: it shows the parts of pages beside their names.
const IN_ENGLISH: [&str; 1] = ["design.html"];

/// After these a sentence of ours follows.
const SAID_BY: [&str; 8] =
    ["say(", "say_with(", "unclear(", "not_allowed(", "too_large(", "out_of(", "for_guest(&guest, ", "trouble = "];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn catalogues() -> Vec<(String, Catalogue)> {
    let read = |path: PathBuf| {
        let catalogue = Catalogue::read(&fs::read_to_string(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), catalogue)
    };
    let all: Vec<_> =
        fs::read_dir(root().join("catalogues")).unwrap().map(|entry| read(entry.unwrap().path())).collect();
    assert!(!all.is_empty());
    all
}

fn files(directory: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, ending, found);
        } else if entry.to_str().unwrap().ends_with(ending) {
            found.push(entry);
        }
    }
}

fn of_templates() -> BTreeSet<String> {
    let mut found = Vec::new();
    files(&root().join("templates"), ".html", &mut found);
    let told = found.iter().filter(|path| !IN_ENGLISH.contains(&path.file_name().unwrap().to_str().unwrap()));
    let all: BTreeSet<String> = told.flat_map(|path| sentences(&fs::read_to_string(path).unwrap())).collect();
    assert!(all.len() > 500, "{}", all.len());
    all
}

/// A string literal at the beginning of a text.
fn literal(text: &str) -> Option<String> {
    let mut read = String::new();
    let mut characters = text.trim_start().strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some(read),
            '\\' => read.push(characters.next()?),
            other => read.push(other),
        }
    }
}

fn before_tests(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

/// Literals that are written like a sentence: of words, with a capital and a full stop.
fn written_sentences(code: &str) -> BTreeSet<String> {
    let lines = code.lines().map(str::trim_start);
    // Comments are nobody's words, faults and the log are the operator's, attributes the compiler's.
    let said = lines.filter(|line| {
        !["//", "tracing::", "#[", "///"].iter().any(|start| line.starts_with(start)) && !line.contains("fault(")
    });
    let literals =
        said.flat_map(|line| line.match_indices('"').filter_map(|(at, _)| literal(&line[at..])).collect::<Vec<_>>());
    let like = |text: &String| {
        let mut letters = text.chars();
        letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
            && letters.next().is_some_and(|letter| letter != '{')
            && text.contains(' ')
            && text.ends_with('.')
    };
    literals.filter(like).collect()
}

/// What the code says: the words of the house, the sentences of model's words, and what is said by name.
fn of_code() -> BTreeSet<String> {
    let mut found = Vec::new();
    files(&root().join("src"), ".rs", &mut found);
    let mut all = BTreeSet::new();
    for path in found {
        let text = before_tests(&path);
        for opener in SAID_BY {
            all.extend(text.match_indices(opener).filter_map(|(at, _)| literal(&text[at + opener.len()..])));
        }
        if path.ends_with("words.rs") {
            let words = text.split_once("coloured! {\n    SelfTestState").unwrap().1;
            let after =
                |arrow: &str| arrow.trim_start().trim_start_matches(|letter: char| letter.is_alphabetic()).to_owned();
            all.extend(words.split("=>").skip(1).filter_map(|rest| literal(&after(rest))));
        }
        if path.ends_with("frame.rs") {
            let done = text.split_once("match self.what.as_str()").unwrap().1.split_once("return None").unwrap().0;
            all.extend(done.split("=>").skip(1).filter_map(|rest| literal(rest.trim_start().trim_start_matches('{'))));
        }
    }
    for room in ["alert", "critical", "feed", "grade", "mail_folder", "notice", "reason", "review"] {
        let text = before_tests(&root().join(format!("../model/src/{room}.rs")));
        let part = text.split_once("fn sentence(").unwrap().1.split_once("\n    }\n").unwrap().0.to_owned();
        all.extend(part.split("=>").skip(1).filter_map(|rest| literal(rest.trim_start().trim_start_matches('{'))));
    }
    // What other rooms say on pages, and whatever else here is written like a sentence.
    let mut rooms = Vec::new();
    files(&root().join("src"), ".rs", &mut rooms);
    rooms.extend(
        ["plan", "look", "conditions", "conditions/lists"]
            .map(|room| root().join(format!("../campaign/src/{room}.rs"))),
    );
    rooms.extend(["live_warning", "self_test"].map(|room| root().join(format!("../model/src/{room}.rs"))));
    rooms.push(root().join("../delivery/src/explain.rs"));
    for room in rooms {
        all.extend(written_sentences(&joined(&before_tests(&room))));
    }
    let rules = fs::read_to_string(root().join("../policy/words/rules.toml")).unwrap();
    all.extend(
        rules
            .lines()
            .filter_map(|line| literal(line.strip_prefix("sentence = ").or_else(|| line.strip_prefix("instead = "))?)),
    );
    assert!(all.len() > 350, "{}", all.len());
    all
}

/// Literals that go over several lines, on one.
fn joined(code: &str) -> String {
    let mut parts = code.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |joined, part| joined + part.trim_start())
}

#[test]
fn every_sentence_stands_in_every_catalogue() {
    for (code, catalogue) in catalogues() {
        let all: BTreeSet<String> = of_templates().union(&of_code()).cloned().collect();
        let missing: Vec<_> = all.iter().filter(|sentence| catalogue.of(sentence).is_none()).collect();
        assert!(missing.is_empty(), "{code}.po lacks {missing:#?}");
    }
}

#[test]
fn no_catalogue_keeps_what_is_said_no_more() {
    let mut sources = Vec::new();
    for directory in ["src", "../model/src", "../campaign/src", "../delivery/src", "../store/src", "../report/src"] {
        files(&root().join(directory), ".rs", &mut sources);
    }
    files(&root().join("templates"), ".html", &mut sources);
    files(&root().join("../policy/words"), "rules.toml", &mut sources);
    files(&root().join("../campaign"), ".toml", &mut sources);
    let code: String = sources.iter().map(|path| before_tests(path)).collect();
    let code = joined(&code);
    let templates = of_templates();
    for (language, catalogue) in catalogues() {
        let stale = catalogue.known().filter(|sentence| {
            let written = sentence.replace('\\', "\\\\").replace('"', "\\\"");
            let said = [format!("\"{written}\""), format!("# {sentence}\n")];
            !templates.contains(*sentence) && !said.iter().any(|said| code.contains(said))
        });
        let stale: Vec<_> = stale.collect();
        assert!(stale.is_empty(), "{language}.po keeps {stale:#?}");
    }
}

#[test]
fn what_is_filled_in_is_the_same_in_every_language() {
    let places = |sentence: &str| -> BTreeSet<String> {
        sentence.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
    };
    for (language, catalogue) in catalogues() {
        for sentence in catalogue.known() {
            let told = catalogue.of(sentence).unwrap();
            assert_eq!(places(sentence), places(told), "{language}: {sentence}");
        }
    }
}
