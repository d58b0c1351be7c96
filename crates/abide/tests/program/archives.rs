//! Archives of years through the program: every form, an import that was killed and goes on, and archives made to
//! hurt.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::house::{self, House};

const IMPORT: [&str; 4] = ["intake", "import", "--account", "blue-widgets"];

fn order(number: u32) -> String {
    format!("111-{number:07}-0000001")
}

/// A ZIP archive of these entries, the even ones deflated.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (number, (name, content)) in entries.iter().enumerate() {
        let mut sum = Crc::new();
        sum.update(content);
        let (method, packed) = if number % 2 == 0 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content).unwrap();
            (8u16, encoder.finish().unwrap())
        } else {
            (0, content.to_vec())
        };
        let at = u32::try_from(out.len()).unwrap();
        let mut facts =
            [&20u16.to_le_bytes()[..], &[0, 0], &method.to_le_bytes(), &[0; 4], &sum.sum().to_le_bytes()].concat();
        for length in [packed.len(), content.len()] {
            facts.extend(u32::try_from(length).unwrap().to_le_bytes());
        }
        facts.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        facts.extend([0, 0]);
        out.extend([b"PK\x03\x04", &facts[..], name.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &facts[..], &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let (size, at) = (u32::try_from(directory.len()).unwrap(), u32::try_from(out.len()).unwrap());
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]].concat());
    out
}

/// An mbox as Google Takeout writes it.
fn takeout(orders: impl Iterator<Item = u32>) -> String {
    let mail = |number: u32| {
        format!(
            "From 17{number:017}@xxx Sat Aug 15 09:12:01 +0000 2026\r\nX-GM-THRID: 17{number}\r\n\
             X-Gmail-Labels: Inbox,=?UTF-8?Q?Ge=C3=B6ffnet?=\r\n{}\r\n",
            house::opt_out(&order(number))
        )
    };
    orders.map(mail).collect()
}

#[test]
fn every_form_of_archive_is_taken_and_what_is_recorded_is_passed_over() {
    let house = House::with_account();
    let mail = |number| house::opt_out(&order(number));
    let folder = house.path("archive");
    let write = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let unix = |number| mail(number).replace("\r\n", "\n");
    write("Takeout/Mail/All mail Including Spam and Trash.mbox", takeout(1..=3).as_bytes());
    write("Thunderbird/Inbox", format!("From - Thu Jan  1 00:00:00 2026\n{}\n", unix(4)).as_bytes());
    write("Thunderbird/Inbox.msf", b"// <!-- <mdb:mork:z v=\"1.4\"/> -->");
    write("Maildir/cur/5.host:2,S", unix(5).as_bytes());
    write("Maildir/new/6.host", unix(6).as_bytes());
    write("Maildir/.Archive.2019/cur/7.host:2,", unix(7).as_bytes());
    write("Maildir/tmp/half", b"half a mail");
    write("deep/er/8.eml", mail(8).as_bytes());
    write("Messages/9.emlx", format!("{}\n{}<?xml?><plist/>\n", unix(9).len(), unix(9)).as_bytes());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(takeout(10..=11).as_bytes()).unwrap();
    write("old.mbox.gz", &gzip.finish().unwrap());
    let (twelve, thirteen) = (mail(12), takeout(13..=14));
    let entries = [
        ("mails/12.eml", twelve.as_bytes()),
        ("Takeout/archive_browser.html", b"<!DOCTYPE html><html>".as_slice()),
        ("Takeout/Mail/All mail.mbox", thirteen.as_bytes()),
    ];
    write("takeout-001.zip", &zip(&entries));
    write("picture.jpg", b"\xff\xd8\xff\xe0");
    let path = folder.to_str().unwrap();

    let told = house.objects(&[&IMPORT[..], &[path]].concat());
    let mut orders: Vec<&str> = told.iter().map(|told| told["order_id"].as_str().unwrap()).collect();
    orders.sort_unstable();
    assert_eq!(orders, (1..=14).map(order).collect::<Vec<_>>());
    assert!(told.iter().all(|told| told["outcome"] == "suppressed"));
    assert!(
        told.iter()
            .any(|told| told["source"].as_str().unwrap().ends_with("takeout-001.zip!Takeout/Mail/All mail.mbox#2"))
    );
    let mails = |house: &House| house.run(&[&IMPORT[..], &[path]].concat()).done().out;
    let text = mails(&house);
    assert!(text.contains("14 mails taken in") && text.contains("opt_out  repeated"), "{text}");
    assert!(text.contains("14 mails were recorded before") && text.contains("--anew"), "{text}");
    assert!(text.contains("3 files are no mail"), "{text}");
    let anew = house.run(&[&IMPORT[..], &["--anew", path]].concat()).done().out;
    assert!(anew.contains("opt_out  repeated") && !anew.contains("recorded before"), "{anew}");
    assert_eq!(house.objects(&["suppression", "list", "--account", "blue-widgets"]).len(), 14);
}

#[test]
fn an_import_killed_in_the_middle_is_run_again_and_goes_on() {
    let house = House::with_account();
    let path = house.file("all.mbox", takeout(0..1200));
    let arguments = [&IMPORT[..], &["--json", &path]].concat();
    let mut child = house.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let told = BufReader::new(child.stdout.take().unwrap()).lines().take(40).count();
    child.kill().unwrap();
    child.wait().unwrap();
    let safe = house.objects(&["suppression", "list", "--account", "blue-widgets"]).len();
    assert!(safe >= told && safe < 1200, "{told} told, {safe} on the list");
    let text = house.run(&[&IMPORT[..], &[&path]].concat()).done().out;
    assert!(text.contains(&format!("{safe} mails were recorded before")), "{safe} were safe\n{text}");
    assert!(text.contains("1200 mails taken in") && text.contains(&format!("{}", 1200 - safe)), "{text}");
    assert_eq!(house.objects(&["suppression", "list", "--account", "blue-widgets"]).len(), 1200);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn the_first_of_two_same_notices_counts_wherever_they_stand() {
    let house = House::with_account();
    let twice = takeout((1..=40).chain(1..=40));
    let told = house.objects(&[&IMPORT[..], &[&house.file("twice.mbox", twice)]].concat());
    let outcomes: Vec<&str> = told.iter().map(|told| told["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, [["suppressed"; 40], ["repeated"; 40]].concat());
}

#[test]
fn archives_made_to_hurt_end_with_a_sentence_and_keep_no_mail_from_the_list() {
    let house = House::with_account();
    let good = house::opt_out(&order(1));
    let bomb = [b"Subject: x\r\n\r\n".as_slice(), &vec![b'x'; 40 << 20]].concat();
    let inner = zip(&[("in.eml", good.as_bytes())]);
    let whole = zip(&[("../../etc/\u{1b}[31mpasswd\n.eml", good.as_bytes()), ("x", b"")]);
    let import = |bytes: &[u8]| {
        let path = house.file("hostile.zip", bytes);
        house.run(&[&IMPORT[..], &[&path]].concat())
    };
    import(&zip(&[("bomb.eml", &bomb)])).refuses(2, "unpacks to more than any mailbox does");
    import(&zip(&[("a.zip", &inner), ("b.eml", &inner)])).refuses(2, "archive within an archive");
    import(&zip(&[("a.txt", b"hello")])).refuses(2, "no mail in this ZIP archive");
    import(b"PK\x03\x04 and then nothing").refuses(2, "damaged or was cut off");
    import(&whole[..whole.len() - 30]).refuses(2, "damaged or was cut off");
    let mut lying = whole.clone();
    let sum = lying.windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 16;
    lying[sum] ^= 1;
    import(&lying).refuses(2, "damaged or was cut off");
    // The same bytes given out as many entries.
    let one = zip(&[("x", b""), ("a.eml", good.as_bytes())]);
    let directory = one.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let end = one.windows(4).position(|window| window == b"PK\x05\x06").unwrap();
    let entry = &one[directory + 46 + 1..end];
    let many = [&one[..directory], &entry.repeat(2000)].concat();
    let size = u32::try_from(entry.len() * 2000).unwrap().to_le_bytes();
    let count = 2000u16.to_le_bytes();
    let at = u32::try_from(directory).unwrap().to_le_bytes();
    let many = [&many[..], b"PK\x05\x06\0\0\0\0", &count, &count, &size, &at, &[0, 0]].concat();
    import(&many).code_is(1, "lie upon each other");
    let ran = import(&whole).done();
    assert!(!ran.out.contains('\u{1b}') && !house.path("etc").exists());
    std::os::unix::fs::symlink("/etc", house.path("linked")).unwrap();
    house.run(&[&IMPORT[..], &["/dev/zero"]].concat()).refuses(2, "device");
    assert_eq!(house.objects(&["suppression", "list", "--account", "blue-widgets"]).len(), 1);
}

#[test]
fn a_notice_in_a_zip_that_is_attached_to_a_mail_counts_and_what_stays_closed_goes_to_review() {
    let house = House::with_account();
    let attach = |subject: &str, archive: &[u8]| {
        let coded = data_encoding::BASE64.encode(archive);
        let lines: Vec<&str> = coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!(
            "From: anna@shop.example\r\nTo: abide@shop.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--b\r\n\
             Content-Type: application/zip; name=\"mails.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
            lines.join("\r\n")
        )
    };
    let mails = [("a/1.eml", house::opt_out(&order(1))), ("2.eml", house::opt_out(&order(2)))];
    let mails: Vec<(&str, &[u8])> = mails.iter().map(|(name, mail)| (*name, mail.as_bytes())).collect();
    let whole = zip(&mails);
    let file = house.file("zipped.eml", attach("The notices", &whole));
    house.run(&[&IMPORT[..], &[&file]].concat()).done();
    let list = house.objects(&["suppression", "list", "--account", "blue-widgets"]);
    let mut orders: Vec<_> = list.iter().map(|entry| entry["order_id"].as_str().unwrap().to_owned()).collect();
    orders.sort();
    assert_eq!(orders, [order(1), order(2)]);
    assert!(house.objects(&["review", "list", "--account", "blue-widgets"]).is_empty());
    // Cut short on its way: nobody may take it for read.
    let cut = house.file("cut.eml", attach("The others", &whole[..whole.len() / 2]));
    house.run(&[&IMPORT[..], &[&cut]].concat());
    let waits = house.objects(&["review", "list", "--account", "blue-widgets"]);
    assert_eq!(waits.len(), 1, "{waits:?}");
}
