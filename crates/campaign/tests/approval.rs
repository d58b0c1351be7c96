//! A campaign's words against the rules for messages to buyers: what holds it back, and where in the file it stands.

#![expect(clippy::panic, reason = "a test that can't set up its case must stop")]

use campaign::{HeldBack, TextFinding, approve};
use policy::words::Severity;
use proptest::prelude::*;

fn file(subject: &str, text: &str) -> String {
    format!(
        "name = \"Ask\"\nchannel = \"email\"\ntrigger = {{ when = \"delivered\" }}\n\n[template.en]\nsubject = {subject}\n\
         text = {text}\n"
    )
}

fn held(source: &str) -> Vec<TextFinding> {
    match approve(source, &[]) {
        Err(HeldBack::Words(findings)) => findings,
        other => panic!("{other:?}"),
    }
}

const SUBJECT: &str = "\"Order {{ order_id }}\"";

#[test]
fn errors_hold_a_campaign_back_and_every_finding_is_told_with_its_place() {
    let text = "\"\"\"\nWould you write a review?\n\nWe have a free \\\n   gift for you,\tand \\u0047ift cards. PLEASE READ EVERY WORD now!!\n\"\"\"";
    let source = file(SUBJECT, text);
    let findings = held(&source);
    let gift = findings.iter().find(|finding| finding.rule.id == "incentive").unwrap();
    assert!(gift.holds_back() && gift.field == "template.en.text", "{gift:?}");
    assert!(gift.words.contains("review") || gift.words.contains("free gift"), "{gift:?}");
    let shouting: Vec<_> = findings.iter().filter(|finding| finding.rule.id == "shouting").collect();
    let line = source.lines().nth(10).unwrap();
    let places: Vec<_> = shouting.iter().map(|finding| (finding.line, finding.column)).collect();
    assert_eq!(places, [(11, line.find("PLEASE").unwrap() + 1), (11, line.find("!!").unwrap() + 1)]);
    assert!(shouting.iter().all(|finding| !finding.holds_back()));
    let said = gift.to_string();
    for words in ["line ", "column ", "template.en.text", "error (incentive)", &gift.rule.sentence, &gift.rule.instead]
    {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn warnings_hold_nothing_back() {
    let source = file(SUBJECT, "\"How was it??\"");
    let approval = approve(&source, &[]).unwrap();
    assert_eq!(approval.approved.source(), source);
    let told: Vec<_> =
        approval.warnings.iter().map(|finding| (finding.rule.id.as_str(), finding.rule.severity)).collect();
    assert_eq!(told, [("shouting", Severity::Warning)]);
}

#[test]
fn every_language_and_the_subject_are_read() {
    let source = format!(
        "{}\n[template.de]\nsubject = 'Gratisgeschenk zu {{{{ order_id }}}}'\ntext = 'Wie war es?'\n",
        file("\"A free gift: {{ order_id }}\"", "'How was it?'")
    );
    let places: Vec<_> =
        held(&source).iter().map(|finding| (finding.field.clone(), finding.line, finding.column)).collect();
    assert_eq!(places, [("template.en.subject".into(), 6, 14), ("template.de.subject".into(), 10, 12)]);
}

#[test]
fn a_file_with_mistakes_is_told_those_first_and_one_in_amazons_words_has_nothing_to_check() {
    assert!(matches!(approve("name = 1", &[]), Err(HeldBack::Problems(_))));
    let amazons = "name = \"Ask\"\nchannel = \"solicitation\"\ntrigger = { when = \"delivered\" }\n";
    assert!(approve(amazons, &[]).unwrap().warnings.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However a text is quoted and escaped, what is found in it is shown where it stands in the file.
    #[test]
    fn a_place_is_right_behind_any_escapes(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a ", "ü", "\\n", "\\t", "\\\\ ", "\\\" ", "\\u00e4", "\\U0001D11E ", "日本 ", "\\\n   ", "\n", "\r\n", "' ",
        ]), 0..12),
        opening in prop::sample::select(vec!["\"\"\"", "\"\"\"\n", "\"\"\"\r\n"]),
    ) {
        let source = file(SUBJECT, &format!("{opening}{}. {{{{ order_id }}}} www.example.com\"\"\"", pieces.concat()));
        let findings = held(&source);
        let link = findings.iter().find(|finding| finding.rule.id == "link").unwrap();
        let at = source.find("www.").unwrap();
        let before = &source[..at];
        prop_assert_eq!(link.line, before.matches('\n').count() + 1);
        prop_assert_eq!(link.column, before.rsplit('\n').next().unwrap().chars().count() + 1);
    }
}
