//! The wording packs: every one parses, every entry is found in a notice made from it.

use model::notice::{MatchedBy, NoticeKind};
use notice::wording::{PACKS, Place, Wording};

use crate::letter::{ALIAS, Letter, ORDER, only};

#[test]
fn every_pack_parses() {
    let wording = Wording::from_packs(PACKS).unwrap();
    assert_eq!(wording.entries().len(), Wording::built_in().entries().len());
    assert!(wording.entries().len() > 30);
    assert!(wording.entries().iter().all(|entry| !entry.source.is_empty()));
}

#[test]
fn every_entry_is_matched_by_a_notice_made_from_it() {
    for entry in Wording::built_in().entries() {
        let words = entry
            .words
            .replace("{order}", ORDER)
            .replace("{buyer}", "Jean-Luc D'Été")
            .replace("{date}", "2026-09-10")
            .replace("{text}", "etwas");
        let local = entry.from.first().map_or("auto-communication", String::as_str);
        let from = match entry.kind {
            NoticeKind::BuyerMessage => ALIAS.to_owned(),
            _ => format!("\"Amazon\" <{local}@amazon.com>"),
        };
        let letter = match entry.place {
            Place::Subject => Letter::new(&from, &words).plain("body"),
            Place::Body => Letter::new(&from, "subject").plain(format!("Hello,\n{words}\n")),
        };
        let reading = only(&letter.write());
        assert_eq!(reading.kind, entry.kind, "{words}");
        assert_eq!(reading.matched_by, MatchedBy::Wording, "{words}");
        assert_eq!(reading.language, Some(entry.language), "{words}");
        if entry.words.contains("{order}") {
            assert_eq!(reading.order_id().unwrap().as_str(), ORDER, "{words}");
        }
    }
}

#[test]
fn an_opt_out_always_needs_its_order() {
    for entry in Wording::built_in().entries().iter().filter(|entry| entry.kind == NoticeKind::OptOut) {
        assert!(entry.words.contains("{order}"), "{}", entry.words);
        assert_eq!(entry.place, Place::Body);
    }
}

#[test]
fn a_faulty_pack_is_refused_in_words() {
    for (text, says) in [
        ("language = 5", "could not be read"),
        ("language = \"eng\"\nwording = []", "two-letter"),
        (
            "language = \"en\"\n[[wording]]\nkind = \"x\"\nsubject = \"a\"\nsource = \"s\"\nconfirmed = \"real\"",
            "no known kind",
        ),
        ("language = \"en\"\n[[wording]]\nkind = \"refund\"\nsource = \"s\"\nconfirmed = \"real\"", "needs a subject"),
        (
            "language = \"en\"\n[[wording]]\nkind = \"refund\"\nsubject = \"{order}\"\nsource = \"s\"\nconfirmed = \"real\"",
            "needs a subject",
        ),
        (
            "language = \"en\"\n[[wording]]\nkind = \"refund\"\nsubject = \"a {x}\"\nsource = \"s\"\nconfirmed = \"real\"",
            "placeholder",
        ),
    ] {
        let error = Wording::from_packs(&[("en", text)]).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
