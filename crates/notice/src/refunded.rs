//! The amount that a refund notice names, in its subject or else before its order id in the text. Only an amount with
//! a currency's code is taken: `$` is the sign of several, and a wrong amount is worse than none.

use std::sync::LazyLock;

use model::{Marketplace, Money};
use regex::Regex;

use crate::verdict::Case;

static AMOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:([A-Z]{3})[ \u{a0}\u{202f}]?([0-9]{1,9}(?:[.,\u{a0}\u{202f}' ][0-9]{3})*(?:[.,][0-9]{1,2})?)\b|([0-9]{1,9}(?:[.,\u{a0}\u{202f}' ][0-9]{3})*(?:[.,][0-9]{1,2})?)[ \u{a0}\u{202f}]?([A-Z]{3})\b)",
    )
    .ok()
});

/// Signs of a body that are looked at: the amount stands in its first sentence.
const LOOKED_AT: usize = 4_000;

/// The amount refunded: the only one that the subject names, else the first that the text does.
pub fn amount(case: &Case<'_>) -> Option<Money> {
    let in_subject = amounts(case.subject);
    if let [only] = in_subject.as_slice() {
        return Some(only.clone());
    }
    if !in_subject.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    for body in &case.mail.bodies {
        let end = body.text.char_indices().nth(LOOKED_AT).map_or(body.text.len(), |(at, _)| at);
        for amount in amounts(body.text.get(..end).unwrap_or_default()) {
            if !found.contains(&amount) {
                found.push(amount);
            }
        }
    }
    match found.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// The distinct amounts of a text.
fn amounts(text: &str) -> Vec<Money> {
    let Some(pattern) = AMOUNT.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for hit in pattern.captures_iter(text).take(20) {
        let group = |number| hit.get(number).map(|found| found.as_str());
        let written = (group(1).or(group(4)), group(2).or(group(3)));
        let (Some(currency), Some(digits)) = written else { continue };
        let is_known = Marketplace::ALL.iter().any(|store| store.facts().currency == currency);
        if let Some(money) = Money::new(&plain(digits), currency).filter(|_| is_known)
            && !found.contains(&money)
        {
            found.push(money);
        }
    }
    found
}

/// A number as Amazon's stores write it, as a plain decimal: what stands before the last one or two digits is the
/// decimal sign, all else parts thousands.
fn plain(digits: &str) -> String {
    let is_separator = |sign: char| !sign.is_ascii_digit();
    let decimals = digits.rfind(is_separator).filter(|at| digits.len() - at <= 3 && digits.get(*at..=*at).is_some());
    let decimals = decimals.filter(|at| matches!(digits.as_bytes().get(*at), Some(b'.' | b',')));
    let digits_of = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match decimals {
        Some(at) => {
            let (whole, rest) = digits.split_at(at);
            format!("{}.{}", digits_of(whole), digits_of(rest))
        }
        None => digits_of(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_each_store_writes_them() {
        for (text, amount, currency) in [
            ("rimborso 169.01 EUR avviato - ordine 405-1234567-1234567", "169.01", "EUR"),
            ("Gutschrift von 1.169,01 EUR veranlasst", "1169.01", "EUR"),
            ("refund of USD 1,234.5 initiated", "1234.5", "USD"),
            ("返金 JPY 12,340 注文", "12340", "JPY"),
            ("remboursement de 1 234,00 EUR", "1234.00", "EUR"),
            ("refund of 12 USD", "12", "USD"),
        ] {
            assert_eq!(amounts(text), [Money::new(amount, currency).unwrap()], "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in ["order 405-1234567-1234567", "ASIN B0012345 ABC", "$12.00", "12.00 XYZ", "USD", "EURO 12"] {
            assert_eq!(amounts(text), [], "{text}");
        }
    }
}
