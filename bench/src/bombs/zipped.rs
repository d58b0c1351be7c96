//! Bombs of attached ZIP archives for the reader of notices: as much as the limits let through, in one piece and in many.

use std::hint::black_box;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::Bomb;

const HEAD: &str = "From: s@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
                    --b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: binary\r\n\r\n";

/// A mail of about so many bytes, of words that pack well, but not better than a mail may.
fn letter(size: usize) -> Vec<u8> {
    let head = "From: \"Amazon.it\" <auto-communication@amazon.com>\r\nDate: Thu, 10 Sep 2026 00:04:50 +0000\r\nSubject: x\r\n\r\n";
    let mut letter = head.as_bytes().to_vec();
    let mut number: u32 = 1;
    while letter.len() < size {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        letter.extend_from_slice(
            format!("order [406-1234567-{:07}] was not delivered\r\n", number % 10_000_000).as_bytes(),
        );
    }
    letter
}

/// The archive of one mail again and again, each with its own content.
fn archive(letter: &[u8], times: u16) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(letter).and_then(|()| encoder.finish()).unwrap_or_default();
    let mut sum = flate2::Crc::new();
    sum.update(letter);
    let number = |n: usize| u32::try_from(n).unwrap_or_default().to_le_bytes();
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    let name = b"a.eml";
    let sizes = [number(packed.len()), number(letter.len())].concat();
    let common = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &sum.sum().to_le_bytes(), &sizes, &[5, 0, 0, 0]].concat();
    for _ in 0..times {
        let at = number(archive.len());
        archive.extend([b"PK\x03\x04\x14\0", &common[..], name, &packed].concat());
        directory.extend([b"PK\x01\x02\x14\0\x14\0", &common[..], &[0; 10], &at, name].concat());
    }
    let (start, size, count) = (number(archive.len()), number(directory.len()), times.to_le_bytes());
    archive.extend(directory);
    archive.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0, 0]].concat());
    archive
}

fn reading(letter: usize, times: u16) -> Box<dyn FnOnce()> {
    let mut raw = HEAD.as_bytes().to_vec();
    raw.extend(archive(&self::letter(letter), times));
    raw.extend_from_slice(b"\r\n--b--\r\n");
    Box::new(move || {
        black_box(notice::read(black_box(&raw)));
    })
}

/// All of them.
pub fn all() -> Vec<Bomb> {
    vec![
        Bomb { name: "a ZIP of one mail of 60 MB", prepare: || reading(60_000_000, 1) },
        Bomb { name: "a ZIP of 5,000 mails of 12 kB", prepare: || reading(12_000, 5_000) },
        Bomb { name: "a ZIP of 65,000 mails of 300 bytes", prepare: || reading(300, 65_000) },
    ]
}
