//! The small parsers behind which no string is checked twice: what they take, they write so that they take it
//! again as the same.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use model::ledger::Head;
use model::{Alias, Handle, Marketplace, OrderId, Timestamp};

/// The input is one text, tried as each of them.
pub fn check(input: &[u8]) {
    let by_bytes = OrderId::from_bytes(input).ok();
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(by_bytes.is_none());
        return;
    };
    if let Some(id) = by_bytes {
        assert_eq!(id.as_str().as_bytes(), input);
        assert_eq!(text.parse::<OrderId>().ok(), Some(id));
    }
    again::<OrderId>(text);
    again::<Head>(text);
    again::<Handle>(text);
    again::<Timestamp>(text);
    if let Some(alias) = again_by(text, |alias: &Alias| alias.as_str().to_owned()) {
        assert!(alias.as_str().contains("@marketplace.amazon."), "an alias of another domain");
        assert_eq!(alias.as_str(), alias.as_str().to_lowercase());
        assert!(!format!("{alias:?}").contains(alias.as_str()), "an alias in a debug text");
        let _ = alias.is_shared_by_form();
    }
    if let Some(store) = Marketplace::from_sales_channel(text) {
        assert!(Marketplace::ALL.contains(&store));
    }
}

fn again<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    again_by::<T>(text, ToString::to_string);
}

fn again_by<T: FromStr + PartialEq + Debug>(text: &str, write: impl Fn(&T) -> String) -> Option<T> {
    let value: T = text.parse().ok()?;
    let written = write(&value);
    assert!(written.parse::<T>().ok().as_ref() == Some(&value), "written otherwise than it is read");
    Some(value)
}
