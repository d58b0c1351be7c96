//! Mailgun's signature: HMAC-SHA256 over time and token, in hex, by the account's signing key (Mailgun's manual,
//! "Securing webhooks"). Pure: the time is an argument.

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, Mac};
use model::{Span, Timestamp};
use sha2::Sha256;

/// How old a signed time may be. Mailgun tries a post again for about 8 hours.
pub const SIGNED_FOR: Span = Span::hours(9);

/// How far the sender's clock may be ahead.
const AHEAD: Span = Span::minutes(5);

/// What a post brings to show that it is Mailgun's.
#[derive(Clone, PartialEq, Eq)]
pub struct PostSignature {
    /// Seconds since 1970.
    timestamp: String,
    token: String,
    signed_at: Timestamp,
}

impl std::fmt::Debug for PostSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostSignature").field("signed_at", &self.signed_at).finish_non_exhaustive()
    }
}

impl PostSignature {
    /// The signature, if it is right and neither too old nor of the future. Which of these is wrong isn't told.
    pub fn checked(key: &str, timestamp: &str, token: &str, signature: &str, now: Timestamp) -> Option<Self> {
        let seconds = Some(timestamp).filter(|text| (1..=11).contains(&text.len()));
        let seconds = seconds.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let signed_at = Timestamp::from_micros(seconds?.parse::<i64>().ok()?.saturating_mul(1_000_000));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
        mac.update(timestamp.as_bytes());
        mac.update(token.as_bytes());
        let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).ok()?;
        // In constant time.
        mac.verify_slice(&signature).ok()?;
        let fresh = now.since(signed_at) <= SIGNED_FOR && signed_at.since(now) <= AHEAD;
        fresh.then(|| Self { timestamp: timestamp.to_owned(), token: token.to_owned(), signed_at })
    }

    /// The signed text, by which a post is known: moving a digit between its two parts changes nothing.
    pub fn signed(&self) -> String {
        format!("{}{}", self.timestamp, self.token)
    }

    /// When it is too old to come again, by any clock that is nearly right.
    pub fn forget_after(&self) -> Timestamp {
        self.signed_at.plus(SIGNED_FOR).plus(Span::hours(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "key-0123";
    const AT: i64 = 1_790_000_000;
    // printf 1790000000abc | openssl dgst -sha256 -hmac key-0123
    const RIGHT: &str = "548a13183991a87ce6606986b01d35b9837a252473db9d05fb32f7d0bf7c0238";

    fn checked(key: &str, timestamp: &str, token: &str, signature: &str, seconds: i64) -> bool {
        let now = Timestamp::from_micros(seconds * 1_000_000);
        PostSignature::checked(key, timestamp, token, signature, now).is_some()
    }

    #[test]
    fn a_known_answer_of_another_program_is_right_and_any_change_is_wrong() {
        assert!(checked(KEY, "1790000000", "abc", RIGHT, AT));
        assert!(checked(KEY, "1790000000", "abc", &RIGHT.to_uppercase(), AT));
        assert!(!checked("key-0124", "1790000000", "abc", RIGHT, AT));
        assert!(!checked(KEY, "1790000001", "abc", RIGHT, AT));
        assert!(!checked(KEY, "1790000000", "abd", RIGHT, AT));
        assert!(!checked(KEY, "1790000000", "abc", &RIGHT[..62], AT), "a part of it");
        assert!(!checked(KEY, "1790000000", "abc", "", AT));
        assert!(!checked(KEY, "1790000000", "abc", &RIGHT.replace(&RIGHT[..2], "zz"), AT));
        assert!(!checked(KEY, "179000000", "0abc", RIGHT, AT), "a moved digit is another time");
        assert!(!checked(KEY, "+1790000000", "abc", RIGHT, AT));
    }

    #[test]
    fn a_signed_time_is_good_for_nine_hours_and_five_minutes_ahead() {
        let at = |seconds| checked(KEY, "1790000000", "abc", RIGHT, AT + seconds);
        assert!(at(9 * 3600) && at(-300));
        assert!(!at(9 * 3600 + 1) && !at(-301));
    }
}
