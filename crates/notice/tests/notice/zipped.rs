//! Notices within a ZIP archive that is attached to a mail, as one hands in many at once; and archives made to hurt.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use model::notice::{Forwarded, NoticeKind, Remark};

use crate::letter::{Letter, OPT_OUTS, base64};
use crate::transports::SELLER;

/// An entry as it is to be written; what it says of itself may be wrong.
struct Entry<'a> {
    name: &'a str,
    content: &'a [u8],
    deflated: bool,
    sealed: bool,
    sum: Option<u32>,
    size: Option<u32>,
}

fn entry<'a>(name: &'a str, content: &'a [u8]) -> Entry<'a> {
    Entry { name, content, deflated: true, sealed: false, sum: None, size: None }
}

fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let short = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    for entry in entries {
        let packed = if entry.deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(entry.content).unwrap();
            encoder.finish().unwrap()
        } else {
            entry.content.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(entry.content);
        let (sum, size) =
            (entry.sum.unwrap_or(crc.sum()), entry.size.map_or(entry.content.len(), |size| size as usize));
        let at = archive.len();
        let flags = short(usize::from(entry.sealed));
        let method = short(if entry.deflated { 8 } else { 0 });
        let common = [
            &flags[..],
            &method,
            &[0; 4],
            &sum.to_le_bytes(),
            &number(packed.len()),
            &number(size),
            &short(entry.name.len()),
            &short(0),
        ]
        .concat();
        archive.extend([b"PK\x03\x04\x14\0", &common[..], entry.name.as_bytes(), &packed].concat());
        let tail = [&[0; 10][..], &number(at), entry.name.as_bytes()].concat();
        directory.extend([b"PK\x01\x02\x14\0\x14\0", &common[..], &tail].concat());
    }
    let (start, size) = (number(archive.len()), number(directory.len()));
    let count = short(entries.len());
    archive.extend(directory);
    archive.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0, 0]].concat());
    archive
}

fn mail_with(archive: &[u8]) -> Vec<u8> {
    let head = b"Content-Type: application/zip; name=\"notices.zip\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"notices.zip\"\r\n\r\n";
    Letter::new(SELLER, "old notices").plain("see the archive").part([&head[..], &base64(archive)].concat()).write()
}

#[test]
fn every_notice_of_an_attached_archive_is_read() {
    let notices: Vec<Vec<u8>> = OPT_OUTS.iter().map(|notice| notice.letter().write()).collect();
    let names: Vec<String> = (0..notices.len()).map(|number| format!("folder/Notice {number}.EML")).collect();
    let mut entries: Vec<Entry<'_>> = names.iter().zip(&notices).map(|(name, notice)| entry(name, notice)).collect();
    entries[0].deflated = false;
    entries.insert(0, entry("folder/", b""));
    entries.push(entry("readme.txt", b"nothing of a mail"));
    let read = notice::read(&mail_with(&zip(&entries)));
    assert_eq!(read.readings.len(), OPT_OUTS.len());
    for reading in &read.readings {
        assert_eq!((reading.kind, reading.forwarded), (NoticeKind::OptOut, Forwarded::Attached));
        assert!(reading.part > 0 && !reading.order_ids.is_empty() && reading.remarks.is_empty(), "{reading:?}");
    }
}

#[test]
fn an_archive_named_as_octets_is_opened_and_other_files_are_not() {
    let notice = OPT_OUTS[0].letter().write();
    let archive = zip(&[entry("a.eml", &notice)]);
    let named = |name: &str| {
        let head = format!(
            "Content-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        );
        let mail = Letter::new(SELLER, "x").plain("y").part([head.as_bytes(), &base64(&archive)].concat()).write();
        notice::read(&mail).readings[0].kind
    };
    assert_eq!(named("Notices.ZIP"), NoticeKind::OptOut);
    assert_eq!(named("letter.docx"), NoticeKind::NotAmazon);
}

#[test]
fn what_can_t_be_opened_is_remarked_and_what_holds_no_mail_is_not() {
    let notice = OPT_OUTS[0].letter().write();
    let good = || entry("a.eml", &notice);
    let closed = |archive: &[u8]| {
        let readings = notice::read(&mail_with(archive)).readings;
        assert!(readings.iter().all(|reading| reading.kind == NoticeKind::NotAmazon));
        readings[0].remarks.contains(&Remark::Unopened)
    };
    let whole = zip(&[good()]);
    let inner = zip(&[good()]);
    for (what, archive) in [
        ("encrypted", zip(&[Entry { sealed: true, ..good() }])),
        ("a wrong sum", zip(&[Entry { sum: Some(1), ..good() }])),
        ("too short a size", zip(&[Entry { size: Some(3), ..good() }])),
        ("too long a size", zip(&[Entry { size: Some(1_000_000), ..good() }])),
        ("cut off", whole[..whole.len() - 10].to_vec()),
        ("its beginning lost", whole[20..].to_vec()),
        ("not a ZIP", b"PK\x03\x04 and nothing more".to_vec()),
        ("an archive within", zip(&[entry("inner.zip", &inner)])),
        ("Outlook's own form", zip(&[entry("a.msg", b"x")])),
    ] {
        assert!(closed(&archive), "{what}");
    }
    assert!(!closed(&zip(&[entry("photo.jpg", b"x"), entry("list.csv", b"x")])));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![0; 8_000_000];
    let bomb = zip(&[entry("a.eml", &zeros)]);
    assert!(bomb.len() < 100_000);
    assert!(notice::read(&mail_with(&bomb)).readings[0].remarks.contains(&Remark::Unopened));
    // The same bytes given out again and again: each is unpacked once at most.
    let notice = OPT_OUTS[0].letter().write();
    let mut same = zip(&[Entry { deflated: false, ..entry("a.eml", &notice) }]);
    let directory = memchr::memmem::find(&same, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::rfind(&same, b"PK\x05\x06").unwrap();
    let one = same[directory..end].to_vec();
    let mut many = same[..directory].to_vec();
    many.extend(one.repeat(1_000));
    let tail = &mut same[end..];
    tail[8..10].copy_from_slice(&1_000_u16.to_le_bytes());
    tail[10..12].copy_from_slice(&1_000_u16.to_le_bytes());
    tail[12..16].copy_from_slice(&u32::try_from(one.len() * 1_000).unwrap().to_le_bytes());
    many.extend_from_slice(tail);
    let readings = notice::read(&mail_with(&many)).readings;
    assert!(readings.len() < 200, "{}", readings.len());
    assert!(readings.iter().any(|reading| reading.remarks.contains(&Remark::Unopened)));
}
