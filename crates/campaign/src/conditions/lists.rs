//! Conditions that hold an order's values against lists: products and countries. Compared without case; what is not
//! known might be the one that is left out.

use std::collections::BTreeSet;

use super::{shortened, unknown};
use crate::look::{Look, Told};
use crate::types::Lists;

/// Values up to this length are made small without memory of their own; no product number is longer.
const SHORT: usize = 64;

/// `values` gives the order's values anew each time, none for one that is not known.
pub(super) fn check<'o, V: Iterator<Item = Option<&'o str>>>(
    condition: &'static str,
    lists: &Lists,
    values: impl Fn() -> V,
    look: &mut Look,
) {
    let (mut any_known, mut all_known, mut included, mut excluded) = (false, true, lists.include.is_empty(), false);
    for value in values() {
        let Some(value) = value else {
            all_known = false;
            continue;
        };
        any_known = true;
        included = included || holds(&lists.include, value);
        excluded = excluded || holds(&lists.exclude, value);
    }
    let whole = any_known && all_known;
    let met = included && !excluded && (whole || lists.exclude.is_empty());
    look.condition(condition, met, || {
        let known: Vec<&str> = values().flatten().collect();
        let value = if known.is_empty() { unknown() } else { shortened(&known) };
        let sentence = if met {
            format!("The campaign's {condition} let this order through.")
        } else if excluded {
            format!("The campaign excludes one of the order's {condition}.")
        } else if !included && any_known {
            format!("None of the order's {condition} is among those the campaign includes.")
        } else {
            format!("The campaign asks for {condition}, and no report has told all of this order's.")
        };
        Told { value, sentence }
    });
}

/// Whether the set, which is in lower case, holds the value in whatever case.
pub(super) fn holds(set: &BTreeSet<String>, value: &str) -> bool {
    let mut small = [0_u8; SHORT];
    match small.get_mut(..value.len()) {
        Some(small) if value.is_ascii() => {
            small.copy_from_slice(value.as_bytes());
            small.make_ascii_lowercase();
            std::str::from_utf8(small).is_ok_and(|small| set.contains(small))
        }
        _ => set.contains(value.to_lowercase().as_str()),
    }
}
