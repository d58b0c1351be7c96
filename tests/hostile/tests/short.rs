//! The fuzz targets on stable Rust for some seconds each: every file of the corpus, then changes to them, from
//! the same numbers each time. `./fuzz/run` does it by coverage and for long.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::panic::catch_unwind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hostile::Mutator;

/// Changed inputs of each target.
const INPUTS: u32 = 20_000;
/// Where a slow machine stops earlier.
const LONGEST: Duration = Duration::from_secs(6);

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn run(target: &str) {
    let folder = fuzz().join("corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no corpus for {target}");
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    for (file, seed) in files.iter().zip(&seeds) {
        assert!(seed.len() <= 4096, "{} is too large for a seed", file.display());
        hostile::check(target, seed);
    }
    let dictionary = std::fs::read_to_string(fuzz().join("dictionary")).unwrap();
    let mut mutator = Mutator::new(0x5EED, seeds, &dictionary);
    let begun = Instant::now();
    let mut count = 0;
    while count < INPUTS && begun.elapsed() < LONGEST {
        let input = mutator.next_input();
        if let Err(panic) = catch_unwind(|| hostile::check(target, &input)) {
            eprintln!("{target} fails on input {count}: {:?}", input.escape_ascii().to_string());
            std::panic::resume_unwind(panic);
        }
        count += 1;
    }
    println!("{target}: {count} inputs in {:?}", begun.elapsed());
    assert!(count > 50, "{target} was hardly tried");
}

#[test]
fn any_bytes_to_the_smtp_session() {
    run("session");
}

#[test]
fn any_bytes_to_the_data_reader() {
    run("data");
}

#[test]
fn any_bytes_as_a_list_of_another_tool() {
    run("list");
}

#[test]
fn any_bytes_from_an_imap_server() {
    run("imap");
}

#[test]
fn any_bytes_to_the_reader_of_notices() {
    run("notice");
}

#[test]
fn any_signatures_to_the_grader() {
    run("provenance");
}

#[test]
fn any_bytes_to_the_report_importer() {
    run("report");
}

#[test]
fn any_text_as_a_campaign() {
    run("campaign");
}

#[test]
fn any_text_as_an_id_an_alias_or_a_ledger_head() {
    run("names");
}

#[test]
fn any_bytes_as_an_archive_of_mail() {
    run("archive");
}

#[test]
fn any_bytes_as_a_form_by_http() {
    run("http");
}

#[test]
fn any_bytes_as_an_answer_of_amazons() {
    run("amazon");
}

#[test]
fn every_target_can_be_run_by_coverage_too() {
    for (target, _) in hostile::TARGETS {
        assert!(fuzz().join("fuzz_targets").join(format!("{target}.rs")).is_file(), "{target}");
    }
}
