//! From a request's bytes to the part of the stand-in that answers it.

use model::Timestamp;

use crate::answer::Answer;
use crate::calls::{Asked, answer, early, late};
use crate::shop::Shop;
use crate::{documents, sign_in};

pub(crate) fn route(shop: &mut Shop, asked: &Asked<'_>, now: Timestamp) -> Answer {
    let aside = match asked.path {
        "/auth/o2/token" => Some("token"),
        path if path.starts_with("/document/") => Some("document"),
        path if path.starts_with("/upload/") => Some("upload"),
        _ => None,
    };
    let mut answered = match aside {
        None => answer(shop, asked, now),
        Some(name) => {
            *shop.tally.calls.entry(name).or_default() += 1;
            let fault = shop.fault(name);
            match fault.as_ref().and_then(early) {
                Some(failed) => failed,
                None if name == "token" => {
                    let form = String::from_utf8_lossy(asked.body);
                    late(sign_in::token(shop, &pairs(&form), now, fault.as_ref()), fault.as_ref())
                }
                None => late(documents::answer(shop, asked, now), fault.as_ref()),
            }
        }
    };
    // A page comes from something in between, which gives no such id.
    let is_page = answered.headers.iter().any(|(_, value)| value.starts_with("text/html"));
    if !is_page {
        answered = answered.with("x-amzn-requestid", format!("stand-in-{}", shop.number()));
    }
    answered
}

/// The pairs of a query or a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        let digits = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        rest = match rest {
            [] => return String::from_utf8_lossy(&bytes).into_owned(),
            [b'%', first, second, after @ ..] if digits(&[*first, *second]).is_some() => {
                bytes.extend(digits(&[*first, *second]));
                after
            }
            [b'+', after @ ..] => {
                bytes.push(b' ');
                after
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        };
    }
}
