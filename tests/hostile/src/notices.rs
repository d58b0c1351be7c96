//! The reader of notices: the same bytes read the same, what comes out is bounded, an order id is one of the
//! mail's own, and neither a buyer nor a stranger without Amazon's address opts anybody out.

use model::notice::{MailRead, NoticeKind};
use notice::limits;

/// The input is a mail; then the same once more as a buyer's and as a stranger's.
pub fn check(input: &[u8]) {
    let read = notice::read(input);
    assert_eq!(read, notice::read(input), "the same bytes read otherwise");
    let _ = notice::written_at(input);
    bounded(&read, input);
    if is_plain(input) {
        let digits: Vec<u8> = input.iter().copied().filter(u8::is_ascii_digit).collect();
        for id in read.readings.iter().flat_map(|reading| &reading.order_ids) {
            let id: Vec<u8> = id.as_str().bytes().filter(u8::is_ascii_digit).collect();
            assert!(memchr::memmem::find(&digits, &id).is_some(), "an order id that is not in the mail");
        }
    }
    // The line between keeps the input from going on with the address.
    let buyers = [b"From: Buyer <abc12def34ghi56@marketplace.amazon.it>\r\nX-Line: 1\r\n", input].concat();
    let read = notice::read(&buyers);
    let is_opt_out = |read: &MailRead| read.readings.iter().any(|reading| reading.kind == NoticeKind::OptOut);
    assert!(!is_opt_out(&read), "a buyer's mail opted somebody out");
    if is_plain(input) && !contains_ignoring_case(input, b"amazon") {
        assert!(!is_opt_out(&notice::read(input)), "a stranger's words opted somebody out");
    }
}

fn bounded(read: &MailRead, input: &[u8]) {
    assert!(!read.readings.is_empty() && read.readings.len() <= limits::ATTACHED_MAILS + 1);
    let subject = read.subject.as_deref().unwrap_or_default();
    assert!(subject.chars().count() <= limits::SUBJECT_CHARS);
    assert!(read.from_domain.as_deref().unwrap_or_default().len() <= 4 * limits::FIELD_BYTES);
    for (number, reading) in read.readings.iter().enumerate() {
        assert!(reading.order_ids.len() <= limits::ORDER_IDS);
        assert!(reading.remarks.len() <= 20);
        assert!(reading.identity.message_id.as_deref().unwrap_or_default().len() <= 998);
        assert_ne!(reading.identity.digest, [0; 32], "a reading without its mail's digest");
        let mut ids = reading.order_ids.clone();
        ids.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        ids.dedup();
        assert_eq!(ids.len(), reading.order_ids.len(), "an order id twice");
        assert!(number == 0 || reading.part > read.readings[number - 1].part, "parts out of order");
    }
    // A digest of whole readings can't outgrow the mail by much: nothing is unpacked.
    assert!(read.readings.iter().map(|reading| reading.order_ids.len()).sum::<usize>() <= input.len() / 4 + 1);
}

/// Whether what stands in a mail stands there as it is: no encoding, no mark-up, ASCII alone.
fn is_plain(input: &[u8]) -> bool {
    let encoded: [&[u8]; 6] = [b"base64", b"quoted-printable", b"utf-7", b"utf-16", b"iso-2022", b"charset"];
    let marks = [b'<', b'&', b'%', b'=', 0x1B, 0];
    input.iter().all(|byte| byte.is_ascii() && !marks.contains(byte))
        && !encoded.iter().any(|word| contains_ignoring_case(input, word))
}

fn contains_ignoring_case(input: &[u8], word: &[u8]) -> bool {
    input.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
