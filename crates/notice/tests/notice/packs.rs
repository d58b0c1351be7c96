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
        // An opt-out that names no order is for a person to look at.
        let is_held = entry.kind == NoticeKind::OptOut && !entry.words.contains("{order}");
        let by = if is_held { MatchedBy::Structure } else { MatchedBy::Wording };
        assert_eq!(reading.matched_by, by, "{words}");
        assert_eq!(reading.language, Some(entry.language), "{words}");
        if entry.words.contains("{order}") {
            assert_eq!(reading.order_id().unwrap().as_str(), ORDER, "{words}");
        }
    }
}

#[test]
fn an_opt_out_without_its_order_is_held_with_the_orders_around() {
    let opt_outs = Wording::built_in().entries().iter().filter(|entry| entry.kind == NoticeKind::OptOut);
    let mut without =
        opt_outs.inspect(|entry| assert_eq!(entry.place, Place::Body)).filter(|entry| !entry.words.contains("{order}"));
    let words = &without.next().unwrap().words;
    assert!(without.next().is_none());
    let text = format!("Order {ORDER}\n{words}");
    let forwarded = format!("From: Amazon <auto-communication@amazon.com>\nSubject: x\nTo: y\n\n{text}");
    for letter in [
        Letter::new("auto-communication@amazon.com", "x").plain(text),
        Letter::new("a@seller.example", "x").plain(forwarded),
    ] {
        let reading = only(&letter.write());
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
        assert_eq!(reading.order_id().unwrap().as_str(), ORDER);
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
