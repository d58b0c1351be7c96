//! Mails that nobody of this project wrote, read from `../shared` (or `ABIDE_SHARED`) where it is present:
//! every style of forwarding carries a notice, no bounce is one.

use std::path::PathBuf;

use model::notice::{Forwarded, Identity, MatchedBy, NoticeKind};

use crate::letter::{ALIAS, Letter, OPT_OUTS, ORDER, only};

fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ABIDE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = root.join(folder);
    if folder.is_dir() {
        Some(folder)
    } else {
        println!("skipped: {} is not here", folder.display());
        None
    }
}

fn files(folder: &str, extension: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = shared(folder) else { return Vec::new() };
    let mut waiting = vec![root];
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|known| known == extension) {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// A style's own mail replaced by a notice: sender, subject and the body's first line.
fn with_notice(style: &str, notice: &crate::letter::Notice) -> String {
    let mut text = style
        .replace("\"John Doe\" <john.doe@acme.com>", notice.from)
        .replace("« John Doe » <john.doe@acme.com>", "« Amazon.it » <auto-communication@amazon.com>")
        .replace("john.doe@acme.com", "auto-communication@amazon.com")
        .replace("John Doe", "Amazon.it")
        .replace("Integer consequat non purus", notice.subject);
    let quote = if text.contains("\n> ") { "> " } else { "" };
    let mut body = Vec::new();
    // Wrapped as mail programs do.
    for line in notice.text().lines() {
        let mut wrapped = String::new();
        for word in line.split(' ') {
            if wrapped.chars().count() + word.chars().count() > 70 {
                body.push(std::mem::take(&mut wrapped));
            }
            if !wrapped.is_empty() {
                wrapped.push(' ');
            }
            wrapped.push_str(word);
        }
        body.push(wrapped);
    }
    let body = body.join(&format!("\n{quote}"));
    for first in ["Aenean quis diam urna.", "Unicum iter ad supremum."] {
        if let Some(at) = text.find(first) {
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            text.replace_range(at..end, &body);
            return text;
        }
    }
    panic!("no body in {style}");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text as a mail program's HTML: quotes as blockquote, lines by `br` or `div`.
fn as_html(text: &str, by_div: bool) -> String {
    let mut out = String::from("<html><body>");
    let mut quoted = false;
    for line in text.lines() {
        let (line, is_quoted) = match line.strip_prefix('>') {
            Some(rest) => (rest.trim_start(), true),
            None => (line, false),
        };
        if is_quoted != quoted {
            out.push_str(if is_quoted { "<blockquote type=\"cite\">" } else { "</blockquote>" });
            quoted = is_quoted;
        }
        let line = match line.split_once(": ") {
            Some((label, value)) if label.len() < 20 => format!("<b>{}:</b>&nbsp;{}", escape(label), escape(value)),
            _ => escape(line),
        };
        let line = line.replace(
            "auto-communication@amazon.com",
            "<a href=\"mailto:auto-communication@amazon.com\">auto-communication@amazon.com</a>",
        );
        let (before, after) = if by_div { ("<div>", "</div>\n") } else { ("", "<br>\n") };
        out.extend([before, &line, after]);
    }
    out + "</body></html>"
}

#[test]
fn every_style_of_forwarding_carries_the_notice_in_every_language() {
    let mut read = 0;
    for (path, style) in files("corpora/forwards", "txt") {
        if path.contains("_subject") {
            continue;
        }
        let style = String::from_utf8(style).unwrap();
        for notice in OPT_OUTS {
            let text = with_notice(&style, notice);
            let subject = format!("Fwd: {}", notice.subject);
            let base = Letter::new("Anna <anna@seller.example>", &subject);
            for letter in [
                base.clone().plain(text.clone()),
                base.clone().html(as_html(&text, false)),
                base.clone().html(as_html(&text, true)),
                base.clone().plain(text.clone()).html(as_html(&text, true)),
            ] {
                let reading = only(&letter.write());
                let told = format!(
                    "{path}\n{}\n{:?}\n{:?}\n{text}\n{reading:#?}",
                    notice.language,
                    letter.html,
                    letter.plain.is_some()
                );
                assert_eq!(reading.kind, NoticeKind::OptOut, "{told}");
                assert_eq!(reading.order_id().map(|id| id.to_string()).as_deref(), Some(ORDER), "{told}");
                assert_eq!(reading.forwarded, Forwarded::Inline, "{told}");
                assert_eq!(reading.language.unwrap().as_str(), notice.language, "{told}");
                // One style names its sender without an address; that alone is not enough to act on.
                let expected =
                    if text.contains("auto-communication@") { MatchedBy::Wording } else { MatchedBy::Structure };
                assert_eq!(reading.matched_by, expected, "{told}");
                assert_eq!(reading.alias.as_ref().map(model::Alias::as_str), Some(ALIAS), "{told}");
                read += 1;
            }
        }
    }
    println!("{read} forwarded mails read");
}

#[test]
fn no_bounce_is_a_notice_of_amazons() {
    for (path, raw) in files("corpora/bounces", "eml") {
        for reading in notice::read(&raw).readings {
            assert!(matches!(reading.kind, NoticeKind::DeliveryFailure | NoticeKind::NotAmazon), "{path}: {reading:?}");
        }
    }
}

#[test]
fn the_sample_notices_are_read() {
    let expected = [
        ("cancel_request_it_2026", NoticeKind::CancellationRequest, "404-1234567-1234567", "it", MatchedBy::Header),
        ("opt_out_en_2017_wording", NoticeKind::OptOut, "111-1234567-1234567", "en", MatchedBy::Wording),
        ("opt_out_fr_2018_wording", NoticeKind::OptOut, "403-1234567-1234567", "fr", MatchedBy::Wording),
        ("opt_out_it_2026", NoticeKind::OptOut, "406-1234567-1234567", "it", MatchedBy::Header),
        ("opt_out_ja_2018_wording", NoticeKind::OptOut, "250-1234567-1234567", "ja", MatchedBy::Wording),
        ("refund_it_2026", NoticeKind::Refund, "405-1234567-1234567", "it", MatchedBy::Header),
    ];
    let files = files("facts/notices", "eml");
    for (name, kind, order, language, matched_by) in expected {
        let Some((_, raw)) = files.iter().find(|(path, _)| path.ends_with(&format!("{name}.eml"))) else { continue };
        let reading = only(raw);
        assert_eq!(reading.kind, kind, "{name}");
        assert_eq!(reading.order_id().unwrap().as_str(), order, "{name}");
        assert_eq!(reading.language.unwrap().as_str(), language, "{name}");
        assert_eq!(reading.matched_by, matched_by, "{name}");
        assert_eq!(reading.forwarded, Forwarded::None, "{name}");
        let Identity { message_id, sentence, date, .. } = reading.identity;
        assert!(message_id.unwrap().ends_with("@eu-west-1.amazonses.com"));
        assert!(sentence.is_some());
        assert_eq!(date.unwrap().to_string(), "2026-09-10");
    }
}
