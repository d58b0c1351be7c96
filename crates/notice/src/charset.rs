//! Bytes to text. The label is believed only where the bytes bear it out: notices arrive with a missing or a
//! wrong charset (a blog of 2018 reports it of the Japanese one), and a wrong guess loses an opt-out.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to guess.
const SAMPLE: usize = 64 * 1024;

/// The text of `bytes`, by the label where it fits, else by what the bytes look like.
pub fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0;
    }
    let label = label.map(str::trim).unwrap_or_default();
    if label.eq_ignore_ascii_case("utf-7")
        && let Some(decoder) = mail_parser::decoders::charsets::map::charset_decoder(b"utf-7")
    {
        return Cow::Owned(decoder(bytes));
    }
    let named = Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != encoding_rs::REPLACEMENT);
    // Nearly all mail: valid UTF-8, and nothing that says otherwise. It is not copied.
    let is_plain = memchr::memchr2(0, 0x1B, bytes).is_none()
        && named.is_none_or(|encoding| encoding == UTF_8 || encoding.is_single_byte() || bytes.is_ascii());
    if is_plain && let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let encoding = match named {
        // Sixteen bits a character are never mistaken for something else, unless there are no zero bytes.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            if label.eq_ignore_ascii_case("utf-16") {
                wide(bytes).unwrap_or(UTF_16BE)
            } else {
                encoding
            }
        }
        Some(encoding) if fits(bytes, encoding) => encoding,
        _ => guess(bytes),
    };
    encoding.decode_without_bom_handling(bytes).0
}

/// Whether text in that encoding would look like these bytes.
fn fits(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let sample = sample(bytes);
    if wide(sample).is_some() {
        return false;
    }
    if sample.is_ascii() && !escapes(sample) {
        // ASCII is the same in every encoding left here.
        return true;
    }
    if encoding == ISO_2022_JP {
        return escapes(sample);
    }
    if escapes(sample) {
        return false;
    }
    if encoding.is_single_byte() {
        // A single-byte table takes anything, so it must not look better as something else.
        return !sound(sample, UTF_8) && !japanese(sample, SHIFT_JIS) && !japanese(sample, EUC_JP);
    }
    if encoding == SHIFT_JIS || encoding == EUC_JP {
        return japanese(sample, encoding) || (sound(sample, encoding) && !sound(sample, UTF_8));
    }
    sound(sample, encoding)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = sample(bytes);
    if let Some(wide) = wide(sample) {
        wide
    } else if escapes(sample) {
        ISO_2022_JP
    } else if sound(sample, UTF_8) {
        UTF_8
    } else if japanese(sample, EUC_JP) {
        EUC_JP
    } else if japanese(sample, SHIFT_JIS) {
        SHIFT_JIS
    } else if mostly_sound_utf8(sample) {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

fn sample(bytes: &[u8]) -> &[u8] {
    bytes.get(..SAMPLE).unwrap_or(bytes)
}

/// The escape sequences of ISO-2022-JP (RFC 1468).
fn escapes(sample: &[u8]) -> bool {
    memchr::memchr_iter(0x1B, sample).any(|at| {
        matches!(sample.get(at + 1..at + 3), Some([b'$', b'B' | b'@' | b'(']))
            || matches!(sample.get(at + 1..at + 3), Some([b'(', b'I']))
    })
}

/// Zero bytes on one side of every second place: UTF-16 without its mark. Markup and spaces are ASCII, so
/// even Japanese text shows some.
fn wide(sample: &[u8]) -> Option<&'static Encoding> {
    let sample = sample.get(..512).unwrap_or(sample);
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = (sample.len() / 16).max(2);
    if odd >= enough && odd > even * 4 {
        Some(UTF_16LE)
    } else if even >= enough && even > odd * 4 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether it decodes without an error; a character cut off at the sample's end is borne.
fn sound(sample: &[u8], encoding: &'static Encoding) -> bool {
    if encoding == UTF_8 {
        return match std::str::from_utf8(sample) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        };
    }
    let trimmed = sample.get(..sample.len().saturating_sub(4)).filter(|_| sample.len() == SAMPLE).unwrap_or(sample);
    let (text, wrong) = encoding.decode_without_bom_handling(trimmed);
    !wrong || (sample.len() == SAMPLE && text.chars().filter(|sign| *sign == '\u{FFFD}').count() <= 1)
}

/// UTF-8 with a few broken bytes, as after a careless cut.
fn mostly_sound_utf8(sample: &[u8]) -> bool {
    let text = String::from_utf8_lossy(sample);
    let broken = text.chars().filter(|sign| *sign == '\u{FFFD}').count();
    let good = text.chars().filter(|sign| !sign.is_ascii() && *sign != '\u{FFFD}').count();
    good > broken
}

/// Sound, and holding full-width kana as every Japanese sentence does.
fn japanese(sample: &[u8], encoding: &'static Encoding) -> bool {
    if !sound(sample, encoding) {
        return false;
    }
    let (text, _) = encoding.decode_without_bom_handling(sample);
    let mut kana = 0usize;
    let mut odd = 0usize;
    for sign in text.chars().filter(|sign| !sign.is_ascii()) {
        match sign {
            '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FC}' => kana += 1,
            // Half-width kana are what text of another encoding turns into.
            '\u{FF61}'..='\u{FF9F}' | '\u{E000}'..='\u{F8FF}' => odd += 1,
            _ => {}
        }
    }
    kana >= 2 && kana > odd
}
