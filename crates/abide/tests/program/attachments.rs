//! The files that go with a campaign's letters: taken from beside its file, told with each message, written out again.

use serde_json::json;

use crate::house::{self, House};

const OF: [&str; 2] = ["--account", "blue-widgets"];

fn campaign(attachments: &str) -> String {
    let text = house::campaign_at_any_hour();
    assert_eq!(text.matches("[template.en]\n").count(), 1);
    text.replacen("[template.en]\n", &format!("[template.en]\nattachments = {attachments}\n"), 1)
}

fn run(house: &House, words: &[&str]) -> house::Ran {
    house.run(&[&["campaign"], words, &OF].concat())
}

fn add(house: &House, attachments: &str) -> house::Ran {
    let file = house.file("review.toml", campaign(attachments));
    run(house, &["add", "--anyway", &file])
}

fn beside(house: &House, name: &str, content: &[u8]) {
    std::fs::write(house.path(name), content).unwrap();
}

#[test]
fn files_beside_a_campaign_go_with_its_messages_and_come_out_with_its_text() {
    let house = House::with_account();
    beside(&house, "manual.pdf", b"%PDF-1.7 one");
    add(&house, "[\"manual.pdf\"]").done();
    // What is beside it later changes nothing of what was added.
    beside(&house, "manual.pdf", b"%PDF-1.7 two two");
    let report = house
        .file("orders.tsv", house::report(&[("111-0000001-0000001", "abc12def34ghi56@marketplace.amazon.com", 9)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &report]).done();
    house.run(&["run", "--once"]).done();
    let sent = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    let id = sent[0]["id"].as_str().unwrap();
    let shown = house.objects(&["outbox", "show", id]);
    assert_eq!(shown[0]["state"], "captured");
    assert_eq!(shown[0]["attachments"], json!([{ "name": "manual.pdf", "bytes": 12 }]));
    assert!(house.run(&["outbox", "show", id]).done().out.contains("attached     manual.pdf, 12 bytes"));

    add(&house, "[\"manual.pdf\"]").done();
    let told = run(&house, &["versions", "Ask for a review", "--diff", "1", "2"]).done().out;
    assert!(
        told.contains("-attached: manual.pdf, 12 bytes\n+attached: manual.pdf, 16 bytes (another content)"),
        "{told}"
    );

    run(&house, &["clone", "Ask for a review", "--as", "Again"]).done();
    run(&house, &["off", "Ask for a review"]).done();
    run(&house, &["on", "Ask for a review", "--anyway"]).done();
    let out = house.path("out");
    run(&house, &["export", "--all", "--to", out.to_str().unwrap()]).done();
    for name in ["ask-for-a-review", "again"] {
        assert_eq!(std::fs::read(out.join(name).join("manual.pdf")).unwrap(), b"%PDF-1.7 two two");
        let file = out.join(name).join(format!("{name}.toml"));
        house.run(&["campaign", "check", file.to_str().unwrap()]).done();
    }
    let shown = run(&house, &["show", "Again"]).done();
    assert!(shown.err.contains("Beside it belong: manual.pdf (16 bytes)"), "{}", shown.err);
}

#[test]
fn a_file_that_is_missing_too_large_or_something_else_keeps_the_campaign_out_and_is_told() {
    let house = House::with_account();
    let kept_out = |ran: house::Ran, words: &str| {
        assert!(ran.code == 2 && ran.err.contains(words) && ran.out.is_empty(), "{words}: {}{}", ran.out, ran.err);
        assert!(house.objects(&["campaign", "list", "--account", "blue-widgets"]).is_empty());
    };
    kept_out(add(&house, "[\"manual.pdf\"]"), "template.en.attachments: the file manual.pdf is not there");
    beside(&house, "manual.pdf", b"MZ\x90\x00");
    kept_out(add(&house, "[\"manual.pdf\"]"), "manual.pdf: its name says PDF, but its content is none");
    beside(&house, "manual.pdf", b"");
    kept_out(add(&house, "[\"manual.pdf\"]"), "manual.pdf: the file is empty");
    let mut large = b"%PDF-".to_vec();
    large.resize(10_000_001, b' ');
    beside(&house, "manual.pdf", &large);
    kept_out(add(&house, "[\"manual.pdf\"]"), "larger than 10 MB");
    large.truncate(6_000_000);
    beside(&house, "manual.pdf", &large);
    beside(&house, "second.pdf", &large);
    kept_out(add(&house, "[\"manual.pdf\", \"second.pdf\"]"), "attachment-size");
    kept_out(add(&house, "[\"../manual.pdf\"]"), "plain name without folders");
    std::fs::create_dir(house.path("folder.pdf")).unwrap();
    kept_out(add(&house, "[\"folder.pdf\"]"), "folder.pdf: it is no file");
    let file = house.file("review.toml", campaign("[\"folder.pdf\"]"));
    let checked = house.run(&["campaign", "check", &file]);
    assert!(checked.code == 1 && checked.out.contains("folder.pdf: it is no file"), "{}{}", checked.out, checked.err);
}
