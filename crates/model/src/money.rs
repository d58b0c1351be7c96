//! An amount of money: a decimal text with its currency, kept exactly as the report wrote it.

use serde::{Deserialize, Serialize};

/// A decimal amount with an ISO 4217 code. Never a floating-point number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Digits with at most one point, perhaps a leading minus.
    pub amount: String,
    /// Three upper-case letters.
    pub currency: String,
}

impl Money {
    /// Checks the shapes of both parts.
    pub fn new(amount: &str, currency: &str) -> Option<Self> {
        let digits = amount.strip_prefix('-').unwrap_or(amount);
        let shaped = digits.len() <= 20
            && digits.bytes().any(|byte| byte.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
        let coded = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        (shaped && coded).then(|| Self { amount: amount.to_owned(), currency: currency.to_owned() })
    }
}
