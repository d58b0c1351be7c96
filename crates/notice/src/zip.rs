//! The parts of a ZIP archive (PKWARE's APPNOTE 6.3) that whoever reads one needs, from a file or from memory: where its
//! directory is, what an entry's head says, where its content begins. Pure; nothing is unpacked here.

/// Bytes of an entry's head in the directory (4.3.12).
pub const HEAD: usize = 46;
/// Bytes of the head before an entry's content (4.3.7).
pub const LOCAL_HEAD: usize = 30;

/// A number of two bytes at a place (4.4).
pub fn small(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

/// A number of four bytes.
pub fn middle(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)))
}

/// A number of eight bytes.
pub fn large(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Where the directory is, and how many entries it has.
pub struct Directory {
    /// Where it begins.
    pub start: u64,
    /// Its bytes.
    pub size: u64,
    /// How many entries it has.
    pub entries: u64,
}

/// The last end record whose comment reaches to the end of the file.
pub fn end_record(tail: &[u8]) -> Option<usize> {
    memchr::memmem::rfind_iter(tail, b"PK\x05\x06").find(|at| {
        let comment = small(tail, at + 20).and_then(|length| usize::try_from(length).ok());
        comment.is_some_and(|comment| at + 22 + comment <= tail.len())
    })
}

/// Whether an entry of the directory is a file: folders, and links as Unix writes them, have no content of their own.
pub fn is_file(head: &[u8], name: &[u8]) -> bool {
    let unix_kind = (middle(head, 38).unwrap_or_default() >> 16) & 0o170_000;
    !name.ends_with(b"/") && unix_kind != 0o040_000 && unix_kind != 0o120_000
}

/// Where an entry's content begins, by the head before it; none where that is none.
pub fn content_at(local: &[u8], at: u64) -> Option<u64> {
    let (name, extra) = small(local, 26).zip(small(local, 28)).filter(|_| local.starts_with(b"PK\x03\x04"))?;
    at.checked_add(u64::try_from(LOCAL_HEAD).ok()? + name + extra)
}

/// Where an entry stands and what it is to come to.
#[derive(Clone, Copy)]
pub struct Place {
    /// Where its local head stands.
    pub at: u64,
    /// Bytes as they are packed.
    pub packed: u64,
    /// Bytes once unpacked.
    pub size: u64,
    /// CRC-32 of those.
    pub sum: u64,
    /// 0 stored, 8 deflated.
    pub method: u64,
    /// Whether it is encrypted.
    pub is_sealed: bool,
}

impl Place {
    /// From a directory entry's head and its extra field (4.5).
    pub fn of(head: &[u8], extra: &[u8]) -> Option<Self> {
        let mut place = Self {
            is_sealed: small(head, 8)? & 1 != 0,
            method: small(head, 10)?,
            sum: middle(head, 16)?,
            packed: middle(head, 20)?,
            size: middle(head, 24)?,
            at: middle(head, 42)?,
        };
        let mut rest = extra;
        while let (Some(id), Some(length)) = (small(rest, 0), small(rest, 2)) {
            let end = 4 + usize::try_from(length).ok()?;
            let field = rest.get(4..end)?;
            if id == 1 {
                // Only what did not fit above stands here, in this order (4.5.3).
                let mut at = 0;
                for value in [&mut place.size, &mut place.packed, &mut place.at] {
                    if *value == 0xffff_ffff {
                        *value = large(field, at)?;
                        at += 8;
                    }
                }
            }
            rest = rest.get(end..)?;
        }
        Some(place)
    }
}
