//! Mail files: what is found, how it is named, and what is said of files that are no mail.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use intake::MailFiles;
use intake::files::FileProblem;
use proptest::prelude::*;

type Found = Result<(String, Vec<u8>), String>;

fn all(files: MailFiles) -> Vec<Found> {
    files
        .map(|result| result.map(|mail| (mail.source, mail.raw)).map_err(|problem: FileProblem| problem.to_string()))
        .collect()
}

fn of_stream(bytes: &[u8]) -> Vec<Found> {
    all(MailFiles::from_stream("x", Box::new(Cursor::new(bytes.to_vec()))))
}

fn mails(bytes: &[u8]) -> Vec<(String, String)> {
    let text = |raw: Vec<u8>| String::from_utf8(raw).unwrap();
    of_stream(bytes).into_iter().map(|found| found.unwrap()).map(|(source, raw)| (source, text(raw))).collect()
}

fn sentence(bytes: &[u8]) -> String {
    let mut found = of_stream(bytes);
    assert_eq!(found.len(), 1);
    found.remove(0).unwrap_err()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

const MBOX: &str = "From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nText\n>From here on\n>>From there on\n\nFrom now on, call at 10:00.\n\n\
    From 123@xxx Sat Aug 15 09:12:01 +0000 2026\nSubject: two\n\nLast\n";

#[test]
fn a_single_mail_is_taken_byte_by_byte_and_bears_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "notice.eml", b"Subject: x\r\n\r\nbody\rwith\nodd\r\nends");
    let found = all(MailFiles::new(std::slice::from_ref(&path)));
    assert_eq!(found, [Ok((path.to_string_lossy().into_owned(), fs::read(&path).unwrap()))]);
}

#[test]
fn an_mbox_is_split_and_its_mails_numbered_from_one() {
    let first = "Subject: one\n\nText\nFrom here on\n>From there on\n\nFrom now on, call at 10:00.\n";
    assert_eq!(mails(MBOX.as_bytes()), [("x#1".into(), first.into()), ("x#2".into(), "Subject: two\n\nLast\n".into())]);
}

#[test]
fn an_mbox_with_crlf_keeps_it() {
    let found = mails(MBOX.replace('\n', "\r\n").as_bytes());
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].1, "Subject: two\r\n\r\nLast\r\n");
}

#[test]
fn an_mbox_of_an_old_mac_is_split() {
    let found = mails(MBOX.replace('\n', "\r").as_bytes());
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].1, "Subject: two\r\rLast\r");
}

#[test]
fn a_whole_from_line_begins_a_mail_even_without_a_blank_line_before() {
    for line in ["From a@b.example Thu Jan  1 00:00:00 2026", "From 123@xxx Sat Aug 15 09:12:01 +0000 2026"] {
        let text = format!("{line}\nSubject: one\n\nText\n{line}\nSubject: two\n\nLast\n");
        let found = mails(text.as_bytes());
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x#1", "x#2"], "{line}");
    }
    for line in [
        "From here on, a@b.example says, Thu Jan  1 00:00:00 2026",
        "From a@b.example Thu Jan 1 at 10:00 of 2026",
        "From a@b.example Thu Jan  1 00:00:00",
        "From a@b.example on Thursday, January 1 2026",
        "From @ Thu Jan  1 00:00:00 2026",
        " From a@b.example Thu Jan  1 00:00:00 2026",
    ] {
        let text = format!("From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nText\n{line}\nSubject: two\n\nLast\n");
        assert_eq!(mails(text.as_bytes()).len(), 1, "{line}");
    }
    let prose =
        "From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nText\nFrom a@b Thu Jan  1 00:00:00 2026\nand so on\n";
    assert_eq!(mails(prose.as_bytes()).len(), 1, "no header follows");
}

#[test]
fn a_from_line_needs_a_blank_line_before_a_date_and_a_header_behind() {
    let start = "From a Thu Jan  1 00:00:00 2026\nSubject: one\n\n";
    for body in [
        "no blank\nFrom a Thu Jan  1 00:00:00 2026\nSubject: inner\n",
        "\nFrom a letter of 2026\nSubject: inner\n",
        "\nFrom a Thu Jan  1 00:00:00 2026\nand so on\n",
        "\nFrom a Thu Jan  1 00:00:00 2026\n",
        "\nFrom a Thu Jan  1 00:00:00 2026\n\n\nFrom 2026 at 10:00\n",
    ] {
        let found = mails(format!("{start}{body}").as_bytes());
        assert_eq!(found.len(), 1, "{body:?}");
        assert_eq!(found[0].1.trim_end(), format!("Subject: one\n\n{body}").trim_end(), "bytes were lost");
    }
}

#[test]
fn a_mark_before_utf_8_is_no_part_of_a_mail() {
    assert_eq!(mails(b"\xef\xbb\xbfSubject: x\n\n"), [("x".into(), "Subject: x\n\n".into())]);
    assert_eq!(mails(b"\xef\xbb\xbfFrom a Thu Jan  1 00:00:00 2026\nSubject: x\n")[0].0, "x#1");
}

#[test]
fn folders_and_maildirs_are_looked_through_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mail = b"Subject: x\n\n";
    for name in [
        "b.eml",
        "a.EML",
        "deep/er/c.eml",
        "export.mbox/mbox",
        "Maildir/cur/1:2,S",
        "Maildir/new/2",
        "Maildir/.Sent/cur/3",
        "Maildir/.Sent/new/4",
    ] {
        write(folder.path(), name, mail);
    }
    for name in ["notes.txt", ".hidden.eml", "Maildir/tmp/half", "Maildir/dovecot-uidlist"] {
        write(folder.path(), name, b"no mail");
    }
    write(folder.path(), "takeout.mbox", MBOX.as_bytes());
    let mut files = MailFiles::new(&[folder.path().to_owned()]);
    let mails: Vec<_> = files.by_ref().collect();
    assert_eq!(files.progress().passed_over, 3, "notes, hidden, uidlist");
    let found: Vec<String> = mails
        .into_iter()
        .map(|found| found.unwrap().source.strip_prefix(&format!("{}/", folder.path().display())).unwrap().to_owned())
        .collect();
    assert_eq!(
        found,
        [
            "Maildir/.Sent/cur/3",
            "Maildir/.Sent/new/4",
            "Maildir/cur/1:2,S",
            "Maildir/new/2",
            "a.EML",
            "b.eml",
            "deep/er/c.eml",
            "export.mbox/mbox",
            "takeout.mbox#1",
            "takeout.mbox#2"
        ]
    );
}

#[test]
fn what_nothing_names_a_mail_is_taken_by_its_content_alone() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Inbox", MBOX.replace("Subject: one", "From: a@b\nDate: x").as_bytes());
    write(folder.path(), "1234", b"Return-Path: <a@b>\nFrom: a@b\n\n");
    write(folder.path(), "Inbox.msf", b"// <!-- <mdb:mork:z v=\"1.4\"/> -->");
    write(folder.path(), "todo", b"Monday: call\nFrom: home\n");
    write(folder.path(), "letter.pdf", b"%PDF-1.7");
    let mut files = MailFiles::new(&[folder.path().to_owned()]);
    let found: Vec<_> =
        files.by_ref().map(|found| found.unwrap().source.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(
        (found.as_slice(), files.progress().passed_over),
        (&["1234", "Inbox#1", "Inbox#2"].map(String::from)[..], 3)
    );
}

#[test]
fn a_mail_of_apple_mail_s_own_form_is_taken_without_its_properties() {
    let raw = b"Subject: x\n\nText\n";
    let emlx = [b"17        \n".as_slice(), raw, b"<?xml version=\"1.0\"?><plist></plist>\n"].concat();
    assert_eq!(mails(&emlx), [("x".into(), String::from_utf8(raw.to_vec()).unwrap())]);
    // Cut off, and with a count beyond all bounds.
    assert_eq!(mails(b"999\nSubject: x\n"), [("x".into(), "Subject: x\n".into())]);
    assert_eq!(of_stream(b"99999999999999999999\nSubject: x\n").len(), 1);
}

/// An mbox whose mails tell their lengths, without quoting (mboxcl2).
fn mboxcl2(bodies: &[&str]) -> String {
    let from = "From a@b Thu Jan  1 00:00:00 2026\n";
    let mails: Vec<String> =
        bodies.iter().map(|body| format!("{from}Content-Length: {}\n\n{body}\n", body.len())).collect();
    mails.concat()
}

#[test]
fn a_mail_that_tells_its_length_and_keeps_it_holds_whatever_stands_within() {
    let inner = "Look:\n\nFrom c@d Fri Jan  2 00:00:00 2026\nSubject: inner\n\nText\n";
    let found = mails(mboxcl2(&["one\n", inner, "three\n"]).as_bytes());
    let bodies: Vec<&str> = found.iter().map(|(_, mail)| mail.split_once("\n\n").unwrap().1).collect();
    assert_eq!(bodies, ["one\n", inner, "three\n"]);
}

#[test]
fn a_false_length_hides_no_mail_behind_it() {
    let rest = "\nFrom c@d Fri Jan  2 00:00:00 2026\nSubject: two\n\nText\n\nFrom e@f Sat Jan  3 00:00:00 2026\nSubject: three\n\nEnd\n";
    for length in ["3", "7", "30", "60", "61", "62", "90", "5000", "99999999999", "-1", "x"] {
        let text = format!("From a@b Thu Jan  1 00:00:00 2026\nContent-Length: {length}\n\none\n{rest}");
        let found = mails(text.as_bytes());
        assert_eq!(found.len(), 3, "{length}");
        assert_eq!(found[1].1, "Subject: two\n\nText\n", "{length}");
    }
    // Exact, but in a file whose other mails tell none: a sender wrote it.
    let text = format!(
        "{}From a@b Thu Jan  1 00:00:00 2026\nContent-Length: {}\n\none\n{rest}",
        "From x@y Thu Jan  1 00:00:00 2026\nSubject: zero\n\n",
        4 + rest.len()
    );
    assert_eq!(mails(text.as_bytes()).len(), 4);
}

#[test]
fn gzip_is_unpacked_as_a_stream_and_a_bomb_ends_early() {
    use std::io::Write as _;
    let gzip = |parts: &mut dyn FnMut(&mut flate2::write::GzEncoder<Vec<u8>>)| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        parts(&mut encoder);
        encoder.finish().unwrap()
    };
    let packed = gzip(&mut |out| out.write_all(MBOX.as_bytes()).unwrap());
    assert_eq!(mails(&packed).len(), 2);
    // Cut off: what came out whole is taken, the rest named.
    let cut = of_stream(&packed[..packed.len() - 9]);
    assert!(cut.last().unwrap().as_ref().unwrap_err().contains("can't be read"), "{cut:?}");
    let bomb = gzip(&mut |out| {
        out.write_all(b"Subject: x\n\n").unwrap();
        (0..40).for_each(|_| out.write_all(&vec![b'x'; 1 << 20]).unwrap());
    });
    assert!(sentence(&bomb).contains("unpacks to more"), "{}", sentence(&bomb));
    let nested = gzip(&mut |out| out.write_all(&packed).unwrap());
    assert!(sentence(&nested).contains("archive within an archive"));
    let nothing = gzip(&mut |_| ()).repeat(100_000);
    assert!(sentence(&nothing).contains("unpacks to nothing"), "{}", sentence(&nothing));
}

#[test]
fn a_device_is_not_read() {
    let found = all(MailFiles::new(&[PathBuf::from("/dev/zero")]));
    assert!(found[0].as_ref().unwrap_err().contains("device"), "{found:?}");
}

#[test]
fn a_circle_of_links_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.eml", b"Subject: x\n\n");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    assert_eq!(all(MailFiles::new(&[folder.path().to_owned()])).len(), 1);
}

#[test]
fn each_wrong_file_is_named_and_the_others_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let paths = [
        folder.path().join("missing.eml"),
        empty,
        write(folder.path(), "nothing.eml", b""),
        write(folder.path(), "outlook.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"),
        write(folder.path(), "good.eml", b"Subject: x\n\n"),
    ];
    let found = all(MailFiles::new(&paths));
    let said: Vec<&str> = found[..4].iter().map(|found| found.as_ref().unwrap_err().as_str()).collect();
    for (said, (path, words)) in
        said.iter().zip(paths.iter().zip(["no such file", "no mail in this folder", "empty", "Outlook .msg"]))
    {
        assert!(said.starts_with(&format!("{}: ", path.display())) && said.contains(words), "{said}");
    }
    assert!(found[4].is_ok());
}

#[test]
fn what_people_take_for_a_mail_is_told_apart() {
    for (bytes, words) in [
        (b"%PDF-1.7".as_slice(), "PDF"),
        (b"PK\x03\x04....", "can't be read from a pipe"),
        (b"\x1f\x8b\x08", "can't be read"),
        (b"BZh91AY", "bzip2"),
        (b"\x89PNG\r\n", "picture"),
        (b"\xff\xfeF\0r\0o\0m\0", "UTF-16"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"12345 67\nSubject: x\n", "header lines"),
        (b"Dear buyer,\nhello", "header lines"),
        (b"\0\0\0\0", "header lines"),
        (b"\n \n", "empty"),
    ] {
        assert!(sentence(bytes).contains(words), "{}", sentence(bytes));
    }
}

#[test]
fn a_mail_beyond_the_limit_is_left_out_and_named_while_the_next_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let big = format!(
        "From a Thu Jan  1 00:00:00 2026\nSubject: big\n\n{}\n\nFrom b Thu Jan  1 00:00:00 2026\nSubject: small\n",
        "x".repeat(3 << 20)
    );
    let path = write(folder.path(), "box", big.as_bytes());
    let found = all(MailFiles::with_limit(std::slice::from_ref(&path), 2 << 20));
    assert_eq!(found.len(), 2);
    assert!(found[0].as_ref().unwrap_err().contains("box#1: the mail is larger than 2 MiB"));
    let second = MailFiles::with_limit(std::slice::from_ref(&path), 2 << 20).nth(1).unwrap().unwrap();
    assert!(big[usize::try_from(second.offset).unwrap()..].starts_with("From b"), "where it begins");
    assert_eq!(found[1].as_ref().unwrap().1, b"Subject: small\n");
    let path = write(folder.path(), "big.eml", format!("Subject: x\n\n{}", "x".repeat(3 << 20)).as_bytes());
    assert!(all(MailFiles::with_limit(&[path], 2 << 20))[0].as_ref().unwrap_err().contains("larger than"));
}

#[test]
fn progress_ends_where_the_total_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.eml", b"Subject: x\n\n");
    write(folder.path(), "b.mbox", MBOX.as_bytes());
    let mut files = MailFiles::new(&[folder.path().to_owned()]);
    assert_eq!(files.progress().bytes, 0);
    files.by_ref().for_each(drop);
    assert_eq!(files.progress().bytes, files.progress().total);
    assert_eq!(files.progress().total, 12 + u64::try_from(MBOX.len()).unwrap());
}

/// A mailbox without end, so that a reader that collects it would never answer.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mail = b"From a Thu Jan  1 00:00:00 2026\nSubject: again\n\nText\n\n";
        for (at, byte) in buffer.iter_mut().enumerate() {
            let at = usize::try_from(self.0).unwrap() + at;
            *byte = mail[at % mail.len()];
        }
        self.0 += u64::try_from(buffer.len()).unwrap();
        Ok(buffer.len())
    }
}

#[test]
fn a_mailbox_is_read_as_a_stream() {
    let mut files = MailFiles::from_stream("endless", Box::new(Endless(0)));
    let last = files.nth(100_000).unwrap().unwrap();
    assert_eq!((last.source.as_str(), last.raw.as_slice()), ("endless#100001", b"Subject: again\n\nText\n".as_slice()));
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("\n".to_owned()),
        Just("From a Thu Jan  1 00:00:00 2026\n".to_owned()),
        Just(">From a Thu Jan  1 00:00:00 2026\n".to_owned()),
        Just("Subject: x\n".to_owned()),
        Just("text\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(format!("{}\n", "y".repeat(5000))),
        "[ -~]{0,12}\n",
    ];
    proptest::collection::vec(line, 0..30).prop_map(|lines| lines.concat())
}

/// mboxrd as its inventor has it: quote, a `From ` line before, a blank line behind.
fn mboxrd(mails: &[String]) -> String {
    let mut text = String::new();
    for mail in mails {
        text.push_str("From a Thu Jan  1 00:00:00 2026\n");
        for line in mail.split_inclusive('\n') {
            if line.trim_start_matches('>').starts_with("From ") {
                text.push('>');
            }
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

proptest! {
    #[test]
    fn mails_put_into_an_mbox_come_out_as_they_were(bodies in proptest::collection::vec(lines(), 1..6)) {
        let written: Vec<String> = bodies.iter().map(|body| format!("Subject: x\n\n{body}")).collect();
        let read: Vec<String> = mails(mboxrd(&written).as_bytes()).into_iter().map(|(_, raw)| raw).collect();
        prop_assert_eq!(read, written);
    }
}

/// Mails that nobody of this project wrote, where they are at hand.
#[test]
fn real_mails_with_any_line_ends_are_taken_whole() {
    let shared = std::env::var_os("ABIDE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("corpora/bounces/maildir");
    if !folder.is_dir() {
        println!("skipped: {} is absent (set ABIDE_SHARED)", folder.display());
        return;
    }
    let mut files = MailFiles::new(&[folder]);
    let (mut count, mut lost) = (0, BTreeMap::new());
    for found in files.by_ref() {
        let mail = found.unwrap();
        let file = mail.source.split('#').next().unwrap().to_owned();
        let whole = fs::read(&file).unwrap();
        assert!(mail.source != file || mail.raw == whole, "{file}");
        // One of these files is an mbox of two mails; `From ` lines and quotes are left out.
        *lost.entry(file).or_insert(whole.len()) -= mail.raw.len();
        count += 1;
    }
    assert!(lost.values().all(|&bytes| bytes < 200), "{lost:?}");
    assert!(count > 800, "{count} mails");
    assert_eq!(files.progress().bytes, files.progress().total);
}
