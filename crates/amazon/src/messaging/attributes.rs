//! `GetAttributes`: the language that the buyer reads, in which a message's text must be.

use model::{Marketplace, OrderId};
use serde_json::Value;

use crate::orders::value::at;
use crate::{Operation, Region, Request, Unreadable, Usage};

/// Asks for the buyer's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetAttributes {
    /// The order.
    pub order_id: OrderId,
    /// Its store.
    pub store: Marketplace,
}

/// A locale such as `en-US` or `zh-CN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale {
    /// ISO 639, in lower case.
    pub language: String,
    /// ISO 3166, in upper case, where it is told.
    pub country: Option<String>,
}

impl Locale {
    /// From `en-US`, `en_US` or `en`; a script between the two (`zh-Hans-CN`) is passed over.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(['-', '_']);
        let language = parts.next()?.to_ascii_lowercase();
        let is_language = matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_lowercase());
        let country = parts
            .map(str::to_ascii_uppercase)
            .find(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase()));
        is_language.then_some(Self { language, country })
    }
}

impl Operation for GetAttributes {
    /// None where Amazon tells no language.
    type Answer = Option<Locale>;
    const NAME: &'static str = "GetAttributes";
    const USAGE: Usage = Usage::of(1_000_000, 5);

    fn request(&self) -> Request {
        Request::get(Some(Region::of(self.store)), format!("/messaging/v1/orders/{}/attributes", self.order_id))
            .with("marketplaceIds", self.store.facts().id)
    }

    fn read(&self, body: &Value) -> Result<Option<Locale>, Unreadable> {
        match at(body, &["buyer", "locale"]) {
            Value::Null => Ok(None),
            Value::String(text) => Locale::read(text).map(Some).ok_or(Unreadable("the buyer's locale")),
            _ => Err(Unreadable("the buyer's locale")),
        }
    }
}
