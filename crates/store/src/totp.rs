//! One-time codes by time (RFC 6238 over RFC 4226): HMAC-SHA-1, six digits, steps of 30 seconds. Pure; which steps were
//! used is kept by whoever asks.

use model::Timestamp;
use ring::hmac;
use subtle::ConstantTimeEq;

/// The length of a secret in bytes (RFC 4226, 4: 160 bits are recommended).
pub(crate) const SECRET_BYTES: usize = 20;
/// The length of a step in seconds (RFC 6238, 5.2).
const STEP_SECONDS: i64 = 30;
/// Steps that a device's clock may be off, either way (RFC 6238, 5.2 and 6).
const DRIFT: i64 = 1;
/// Ten to the number of digits.
const SIX_DIGITS: u32 = 1_000_000;

/// The step that a time is in, counted from 1970.
pub(crate) fn step_at(now: Timestamp) -> i64 {
    now.as_micros().div_euclid(STEP_SECONDS * 1_000_000)
}

/// The code of a step, six digits (RFC 4226, 5.3).
fn code_of(secret: &[u8], step: i64) -> String {
    // Its weaknesses don't touch HMAC, and authenticator apps know nothing else for certain.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = tag.last().map_or(0, |last| usize::from(last & 0x0f));
    let cut = tag.get(at..at + 4).and_then(|cut| <[u8; 4]>::try_from(cut).ok()).unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(cut) & 0x7fff_ffff) % SIX_DIGITS)
}

/// The step whose code this is: of those near `now`, and after the last one that was used, so that no code is taken
/// twice. Takes as long for any code.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp, last_used: i64) -> Option<i64> {
    let here = step_at(now);
    let mut found = None;
    for step in here - DRIFT..=here + DRIFT {
        let same: bool = code_of(secret, step).as_bytes().ct_eq(code.as_bytes()).into();
        if same && step > last_used && found.is_none() {
            found = Some(step);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, and RFC 4226, appendix D: the same secret.
    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_codes_are_those_that_rfc_6238_publishes() {
        // The appendix tells eight digits; six are their last ones.
        for (seconds, published) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code_of(SECRET, step_at(at(seconds))), published[2..], "{seconds}");
        }
    }

    #[test]
    fn the_codes_are_those_that_rfc_4226_publishes() {
        let published =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, published) in (0..).zip(published) {
            assert_eq!(code_of(SECRET, step), published, "{step}");
        }
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_no_more() {
        let now = at(1_111_111_111);
        let here = step_at(now);
        for off in -4..=4 {
            let taken = step_of(SECRET, &code_of(SECRET, here + off), now, 0);
            assert_eq!(taken, (off.abs() <= 1).then_some(here + off), "{off}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_none_before_it_any_more() {
        let now = at(1_111_111_111);
        let here = step_at(now);
        assert_eq!(step_of(SECRET, &code_of(SECRET, here), now, here), None);
        assert_eq!(step_of(SECRET, &code_of(SECRET, here - 1), now, here), None);
        assert_eq!(step_of(SECRET, &code_of(SECRET, here + 1), now, here), Some(here + 1));
        for no_code in ["", "05047", "0504711", "05047x", "٠٥٠٤٧١"] {
            assert_eq!(step_of(SECRET, no_code, now, 0), None, "{no_code}");
        }
    }
}
