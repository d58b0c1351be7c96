//! Mails within a ZIP archive that is attached to a mail: each unpacked only as far as the mail's budget allows, checked
//! by length and sum. Archives within archives stay closed, and what can't be opened is remarked.

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::limits;
use crate::zip::{Directory, HEAD, LOCAL_HEAD, Place, content_at, end_record, is_file, middle, small};

/// How many times its packed size an entry may come to: mails pack to a tenth, and a bomb to a thousandth.
const MOST_PACKED: usize = 200;

/// What an archive gave.
#[derive(Debug, Default)]
pub struct Unzipped {
    /// Its mails, in its order.
    pub mails: Vec<Vec<u8>>,
    /// Whether something in it that may be a mail stayed closed.
    pub closed: bool,
    /// Bytes that were unpacked, those in vain among them.
    pub unpacked: usize,
}

/// Unpacks the entries that `may_be_mail` by their name, at most `room` bytes of them together.
pub fn unzip(archive: &[u8], room: usize, may_be_mail: impl Fn(&str) -> bool) -> Unzipped {
    let mut unzipped = Unzipped::default();
    if entries(archive, room, &may_be_mail, &mut unzipped).is_none() {
        unzipped.closed = true;
    }
    unzipped
}

/// None where the archive is damaged.
fn entries(archive: &[u8], room: usize, may_be_mail: &impl Fn(&str) -> bool, unzipped: &mut Unzipped) -> Option<()> {
    let end = end_record(archive)?;
    let record = archive.get(end..)?;
    let directory = Directory { entries: small(record, 10)?, size: middle(record, 12)?, start: middle(record, 16)? };
    let mut at = usize::try_from(directory.start).ok()?;
    let mut packed = 0;
    for number in 0..directory.entries {
        if number >= limits::ZIP_ENTRIES {
            unzipped.closed = true;
            break;
        }
        let head = archive.get(at..at.checked_add(HEAD)?).filter(|head| head.starts_with(b"PK\x01\x02"))?;
        let length = |place| small(head, place).and_then(|length| usize::try_from(length).ok());
        let name_at = at + HEAD;
        let name = archive.get(name_at..name_at.checked_add(length(28)?)?)?;
        let extra = archive.get(name_at + length(28)?..name_at + length(28)? + length(30)?)?;
        at = name_at + length(28)? + length(30)? + length(32)?;
        let shown = String::from_utf8_lossy(name).to_lowercase();
        if !is_file(head, name) {
            continue;
        }
        if [".msg", ".zip", ".p7m"].iter().any(|closed| shown.ends_with(closed)) {
            unzipped.closed = true;
            continue;
        }
        if !may_be_mail(&shown) {
            continue;
        }
        let place = Place::of(head, extra)?;
        packed += usize::try_from(place.packed).ok()?;
        // Each byte of the archive is unpacked once: entries that lie upon each other give nothing.
        let content = content(archive, &place).filter(|_| packed <= archive.len());
        let room = room.saturating_sub(unzipped.unpacked);
        match content.and_then(|raw| unpack(raw, &place, room, &mut unzipped.unpacked)) {
            Some(mail) => unzipped.mails.push(mail),
            None => unzipped.closed = true,
        }
    }
    Some(())
}

fn content<'a>(archive: &'a [u8], place: &Place) -> Option<&'a [u8]> {
    let at = usize::try_from(place.at).ok()?;
    let start = usize::try_from(content_at(archive.get(at..at.checked_add(LOCAL_HEAD)?)?, place.at)?).ok()?;
    archive.get(start..start.checked_add(usize::try_from(place.packed).ok()?)?)
}

/// The entry's bytes. What is tried is counted before it is known to be right: a wrong sum costs as much as a right one.
fn unpack(raw: &[u8], place: &Place, room: usize, unpacked: &mut usize) -> Option<Vec<u8>> {
    let size = usize::try_from(place.size).ok()?;
    if place.is_sealed || size > room || size > raw.len().saturating_mul(MOST_PACKED) {
        return None;
    }
    *unpacked = unpacked.saturating_add(size);
    let mut mail = Vec::new();
    let most = u64::try_from(size).ok()?.saturating_add(1);
    match place.method {
        0 => mail.extend_from_slice(raw.get(..size)?),
        8 => drop(DeflateDecoder::new(raw).take(most).read_to_end(&mut mail).ok()?),
        _ => return None,
    }
    let mut sum = flate2::Crc::new();
    sum.update(&mail);
    (mail.len() == size && u64::from(sum.sum()) == place.sum).then_some(mail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of stored entries, each with the sum given.
    fn stored(entries: &[(&[u8], u32)]) -> Vec<u8> {
        let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let (mut archive, mut directory) = (Vec::new(), Vec::new());
        for (content, sum) in entries {
            let at = number(archive.len());
            let sizes = number(content.len()).repeat(2);
            let common = [&[0; 8][..], &sum.to_le_bytes(), &sizes, &[5, 0, 0, 0]].concat();
            archive.extend([b"PK\x03\x04\x14\0", &common[..], b"a.eml", content].concat());
            directory.extend([b"PK\x01\x02\x14\0\x14\0", &common[..], &[0; 10], &at, b"a.eml"].concat());
        }
        let (start, size) = (number(archive.len()), number(directory.len()));
        let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
        archive.extend(directory);
        archive.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0, 0]].concat());
        archive
    }

    #[test]
    fn what_is_unpacked_in_vain_takes_room_too() {
        let mail = [b'm'; 60];
        let mut crc = flate2::Crc::new();
        crc.update(&mail);
        let archive = stored(&[(&mail, crc.sum() ^ 1), (&mail, crc.sum())]);
        let ample = unzip(&archive, 120, |_| true);
        assert_eq!((ample.mails.len(), ample.closed, ample.unpacked), (1, true, 120));
        let tight = unzip(&archive, 100, |_| true);
        assert_eq!((tight.mails.len(), tight.closed, tight.unpacked), (0, true, 60));
    }
}
