//! Answers to hand in.

use amazon::Answer;
use serde_json::Value;

/// Amazon's id of every answer made here.
pub const REQUEST: &str = "5f1c9a52-0d6e-4b7e-9a55-1c2b3d4e5f60";

/// An answer of Amazon's.
pub fn answer(status: u16, body: &Value) -> Answer {
    let headers: [(&str, &[u8]); 2] =
        [("X-Amzn-RequestId", REQUEST.as_bytes()), ("Content-Type", b"application/json; charset=utf-8")];
    Answer::new(status, headers, body.to_string().into_bytes())
}

/// An answer of Amazon's with one error in its list.
pub fn error(status: u16, code: &str, message: &str, details: &str) -> Answer {
    answer(status, &serde_json::json!({"errors": [{"code": code, "message": message, "details": details}]}))
}

/// A page that a proxy or a load balancer puts in the place of an answer.
pub fn page(status: u16) -> Answer {
    let headers: [(&str, &[u8]); 1] = [("content-type", b"text/html")];
    Answer::new(status, headers, b"<html><body><h1>Please sign in to the network</h1></body></html>".to_vec())
}

/// An answer without a header, as anything in between may give it.
pub fn bare(status: u16, body: &str) -> Answer {
    Answer::new(status, [], body.as_bytes().to_vec())
}

/// What a query says, decoded and in order.
pub fn fields(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The same, as pairs to compare with.
pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
