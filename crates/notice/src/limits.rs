//! How much of a mail is opened. Each limit is far above what Amazon or a mail program writes, and keeps the
//! time linear and the memory bounded for bytes that somebody made to hurt. What lies beyond is never
//! dropped silently: the reading says `too_deep` or `truncated`.

/// Bytes of one header block that are read; RFC 5322 sets no limit, large ones in the wild have 64 KiB.
pub const HEADER_BYTES: usize = 512 * 1024;
/// Fields of one header block that are read.
pub const HEADER_FIELDS: usize = 2_000;
/// Bytes of one field's value that are decoded (a `From`, a `Subject`).
pub const FIELD_BYTES: usize = 16 * 1024;
/// Levels of multipart within one mail.
pub const MULTIPART_DEPTH: usize = 16;
/// Levels of mails attached to mails.
pub const MAIL_DEPTH: usize = 8;
/// Parts of one received mail, those of attached mails included: several for each attached mail.
pub const PARTS: usize = 25_000;
/// Attached mails that are opened: a seller may forward a year's notices at once. The limits on bytes bound the
/// work, this one only the number of readings.
pub const ATTACHED_MAILS: usize = 5_000;
/// Bytes of attached mails that had to be decoded or copied, over the whole received mail.
pub const DECODED_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of one body, transfer encoding undone, that are read for wording.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of text kept of one body, mark-up removed.
pub const TEXT_BYTES: usize = 1024 * 1024;
/// Bytes of text read over the whole received mail; no body is opened beyond them, and the reading says so.
pub const ALL_TEXT_BYTES: usize = 16 * 1024 * 1024;
/// Links kept of one body.
pub const LINKS: usize = 2_000;
/// Order ids kept of one reading.
pub const ORDER_IDS: usize = 100;
/// Characters of the subject shown in the inbound log.
pub const SUBJECT_CHARS: usize = 300;
/// Bytes kept of a report's fields, or of the headers it returns.
pub const REPORT_BYTES: usize = 64 * 1024;
/// Such parts that are kept of one mail.
pub const REPORT_PARTS: usize = 5;
/// Entries of an attached ZIP archive that are looked at.
pub const ZIP_ENTRIES: u64 = 5_000;
