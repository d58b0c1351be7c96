//! The files that go with a campaign's letters: named beside each letter, held against Amazon's limits, and part of what
//! is filled in for an order.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod order;

use campaign::{Campaign, HeldBack, StoreNames, approve, render};
use model::{AttachedFile, Attachment};

fn file(attachments: &str, more: &str) -> String {
    format!(
        "name = \"Ask\"\nchannel = \"email\"\ntrigger = {{ when = \"delivered\" }}\n\n[template.en]\n\
         subject = \"Order {{{{ order_id }}}}\"\ntext = \"How was it?\"\nattachments = {attachments}\n{more}"
    )
}

fn beside(files: &[(&str, u64)]) -> Vec<AttachedFile> {
    let digest = model::attachment::AttachmentDigest([1; 32]);
    files.iter().map(|(name, bytes)| AttachedFile { name: name.parse().unwrap(), bytes: *bytes, digest }).collect()
}

fn rules(source: &str, files: &[(&str, u64)]) -> Vec<(String, String, usize, usize, String)> {
    match approve(source, &beside(files)) {
        Ok(_) => Vec::new(),
        Err(HeldBack::Words(found)) => found
            .into_iter()
            .map(|found| (found.rule.id.clone(), found.field, found.line, found.column, found.words))
            .collect(),
        Err(HeldBack::Problems(problems)) => panic!("{problems:?}"),
    }
}

fn problems(source: &str, files: &[(&str, u64)]) -> Vec<String> {
    match approve(source, &beside(files)) {
        Err(HeldBack::Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_is_named_must_be_there_and_be_a_plain_name_of_the_right_kind() {
    let source = file(r#"["manual.pdf", "photo.png"]"#, "");
    assert!(rules(&source, &[("manual.pdf", 10), ("photo.png", 10), ("another.pdf", 99_000_000)]).is_empty());
    let missing = problems(&source, &[("photo.png", 10)]);
    assert_eq!(missing.len(), 1);
    assert!(missing[0].starts_with("line 8, column 16: template.en.attachments: the file manual.pdf is not there"));
    let wrong = problems(&file(r#"["../../etc/passwd.pdf", "a.exe", "a.pdf", "a.pdf", 3, ""]"#, ""), &[("a.pdf", 1)]);
    let said = wrong.join("\n");
    for words in ["plain name without folders", "PDF, JPG or PNG", "named twice", "a text in quotes", "is empty"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(wrong.len(), 5, "{said}");
}

#[test]
fn five_files_and_ten_megabytes_are_the_most_of_each_letter() {
    let six = r#"["1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf", "6.pdf"]"#;
    let small: Vec<(&str, u64)> = ["1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf", "6.pdf"].map(|name| (name, 10)).into();
    let found = rules(&file(six, ""), &small);
    assert_eq!(found.len(), 1);
    let (rule, field, line, column, words) = found[0].clone();
    assert_eq!((rule.as_str(), field.as_str(), line), ("attachment-count", "template.en.attachments", 8));
    assert_eq!((column, words.as_str()), (61, "6.pdf"));
    let two = r#"["1.pdf", "2.pdf"]"#;
    let found = rules(&file(two, ""), &[("1.pdf", 9_999_999), ("2.pdf", 2)]);
    assert_eq!(found.iter().map(|found| found.0.as_str()).collect::<Vec<_>>(), ["attachment-size"]);
    assert!(rules(&file(two, ""), &[("1.pdf", 9_999_999), ("2.pdf", 1)]).is_empty());
    // Each letter has its own: what goes with the German one weighs nothing in the English one.
    let german =
        "[template.de]\nsubject = \"Bestellung {{ order_id }}\"\ntext = \"Wie war es?\"\nattachments = [\"2.pdf\"]\n";
    let source = file(r#"["1.pdf"]"#, german);
    assert!(rules(&source, &[("1.pdf", 9_000_000), ("2.pdf", 9_000_000)]).is_empty());
}

#[test]
fn a_letter_takes_the_files_of_its_language_and_is_not_made_without_them() {
    let german = "[template.de]\nsubject = \"Bestellung {{ order_id }}\"\ntext = \"Wie war es?\"\nattachments = [\"anleitung.pdf\"]\n\
                  [template.fr]\nsubject = \"Commande {{ order_id }}\"\ntext = \"Tout va bien ?\"\n";
    let campaign = Campaign::parse(&file(r#"["manual.pdf", "photo.png"]"#, german)).unwrap();
    let names: Vec<_> = campaign.attachments().into_iter().map(ToString::to_string).collect();
    assert_eq!(names, ["anleitung.pdf", "manual.pdf", "photo.png"]);
    let kept: Vec<Attachment> =
        [("photo.png", &b"\x89PNG\r\n\x1a\n"[..]), ("manual.pdf", b"%PDF-1"), ("anleitung.pdf", b"%PDF-2")]
            .map(|(name, content)| Attachment::new(name.parse().unwrap(), content.to_vec()).unwrap())
            .into();
    let letter = |language: &str| {
        let mut order = order::order();
        order.buyer_language = Some(language.to_owned());
        render(&campaign, &order, &StoreNames { store_name: "Blue Widgets" }).unwrap()
    };
    let attached = |language: &str| {
        let text = letter(language).into_text(&kept).unwrap();
        text.attachments.iter().map(|attached| attached.file().name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(attached("en"), ["manual.pdf", "photo.png"]);
    assert_eq!(attached("de"), ["anleitung.pdf"]);
    assert!(attached("fr").is_empty());
    let lacking = letter("en").into_text(&kept[..1]).unwrap_err();
    assert_eq!(lacking.as_str(), "manual.pdf");
}

#[test]
fn amazons_own_words_take_no_files() {
    let source =
        "name = \"Ask\"\nchannel = \"solicitation\"\ntrigger = { when = \"delivered\" }\nattachments = [\"a.pdf\"]\n";
    assert!(problems(source, &[("a.pdf", 1)])[0].contains("attachments: this field is not known"));
}
