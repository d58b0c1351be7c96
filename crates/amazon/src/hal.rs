//! The actions that an order offers, as Messaging and Solicitations list them in HAL: names in `_links`, and perhaps beside
//! them in `_embedded` a schema that says whether an action is switched off and why.

use serde_json::Value;

use crate::orders::value::at;
use crate::{Unreadable, Words};

/// The most actions that are looked at; there are about ten.
const MOST: usize = 100;

/// One action of an order.
pub(crate) struct Offer {
    pub(crate) name: String,
    /// Amazon's words, where it is switched off.
    pub(crate) disabled: Option<Words>,
}

pub(crate) fn offers(body: &Value) -> Result<Vec<Offer>, Unreadable> {
    let links = at(body, &["_links", "actions"]).as_array().ok_or(Unreadable("the list of actions"))?;
    let embedded = at(body, &["_embedded", "actions"]).as_array().map(Vec::as_slice).unwrap_or_default();
    let disabled = |name: &str| {
        let mut details = embedded.iter().take(MOST).filter(|action| embedded_name(action) == Some(name));
        details.find_map(|action| {
            let schema = at(action, &["_embedded", "schema"]);
            let is_off = at(schema, &["disabled"]) == &Value::Bool(true);
            is_off.then(|| Words::new(at(schema, &["disabledReason"]).as_str().unwrap_or_default()))
        })
    };
    let named = links.iter().take(MOST).filter_map(link_name);
    Ok(named.map(|name| Offer { name: name.to_owned(), disabled: disabled(name) }).collect())
}

/// A link's name, which may be left out: then it is the last part of its path.
fn link_name(link: &Value) -> Option<&str> {
    let by_path = || at(link, &["href"]).as_str()?.split(['?', '#']).next()?.rsplit('/').next();
    at(link, &["name"]).as_str().or_else(by_path).filter(|name| !name.is_empty())
}

fn embedded_name(action: &Value) -> Option<&str> {
    at(action, &["name"]).as_str().or_else(|| link_name(at(action, &["_links", "self"])))
}
