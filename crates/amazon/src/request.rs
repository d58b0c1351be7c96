//! One call, ready to be sent: method, path, query, body and which token it needs. Only this crate makes one, so that what
//! goes to Amazon is one of the calls that Abide knows. Its query and body are never shown.

use model::sender::Secret;

use crate::percent::append;
use crate::{Endpoint, Region};

/// The method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks.
    Get,
    /// Makes something.
    Post,
}

impl Method {
    /// As it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Which token a call needs in [`crate::ACCESS_TOKEN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// None: the call asks for one.
    None,
    /// The access token of the seller's authorisation.
    Access,
    /// A restricted data token for this very method and path, with these data elements (Amazon's names) where it has any.
    Restricted(&'static [&'static str]),
}

/// Where a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    SignIn,
    Region(Region),
    AnyRegion,
}

/// A request for another region than the address it was to go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this call is about stores of the region {asked} and can't go to the address of {given}")]
pub struct OtherRegion {
    /// The stores' region.
    pub asked: Region,
    /// The address's region.
    pub given: Region,
}

/// One call to Amazon.
pub struct Request {
    method: Method,
    target: Target,
    path: String,
    query: String,
    token: TokenKind,
    content_type: Option<&'static str>,
    body: Secret,
}

impl Request {
    fn new(method: Method, target: Target, path: String) -> Self {
        let body = Secret::new(String::new());
        Self { method, target, path, query: String::new(), token: TokenKind::Access, content_type: None, body }
    }

    /// A question about stores of one region, or about none in particular.
    pub(crate) fn get(region: Option<Region>, path: String) -> Self {
        Self::new(Method::Get, region.map_or(Target::AnyRegion, Target::Region), path)
    }

    /// A call with a body of JSON.
    pub(crate) fn post(region: Option<Region>, path: String, json: &serde_json::Value) -> Self {
        let mut request = Self::new(Method::Post, region.map_or(Target::AnyRegion, Target::Region), path);
        request.content_type = Some("application/json");
        request.body = Secret::new(json.to_string());
        request
    }

    /// A call without a body.
    pub(crate) fn post_empty(region: Region, path: String) -> Self {
        Self::new(Method::Post, Target::Region(region), path)
    }

    /// A form for the sign-in.
    pub(crate) fn sign_in(path: &str, fields: &[(&str, &str)]) -> Self {
        let mut request = Self::new(Method::Post, Target::SignIn, path.to_owned());
        request.token = TokenKind::None;
        request.content_type = Some("application/x-www-form-urlencoded;charset=UTF-8");
        // Made at its full length, so that no shorter copy of the secrets in it is left behind.
        let length = fields.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
        let mut form = String::with_capacity(length);
        for (name, value) in fields {
            append(&mut form, name, value);
        }
        request.body = Secret::new(form);
        request
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        append(&mut self.query, name, value);
        self
    }

    /// Adds a list, its values separated by commas, as Amazon's models have it.
    pub(crate) fn with_list<'v>(self, name: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let joined = values.into_iter().collect::<Vec<_>>().join(",");
        if joined.is_empty() { self } else { self.with(name, &joined) }
    }

    pub(crate) fn restricted(mut self, elements: &'static [&'static str]) -> Self {
        self.token = TokenKind::Restricted(elements);
        self
    }

    /// Its method.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Its path, which may name an order and nothing of a buyer's.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its query, encoded, without the question mark; empty where it has none.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The token that it needs.
    pub const fn token(&self) -> TokenKind {
        self.token
    }

    /// The body's media type; none where it has no body.
    pub const fn content_type(&self) -> Option<&'static str> {
        self.content_type
    }

    /// Its body, empty where it has none.
    pub fn body(&self) -> &str {
        self.body.reveal()
    }

    /// The region of the stores that it is about; none where it is about none in particular.
    pub(crate) const fn region(&self) -> Option<Region> {
        match self.target {
            Target::Region(region) => Some(region),
            Target::AnyRegion | Target::SignIn => None,
        }
    }

    /// The whole address at an endpoint.
    ///
    /// # Errors
    /// Where the call is about stores of another region.
    pub fn url(&self, endpoint: &Endpoint) -> Result<String, OtherRegion> {
        let base = match self.target {
            Target::SignIn => endpoint.sign_in(),
            Target::Region(asked) if asked != endpoint.region() => {
                return Err(OtherRegion { asked, given: endpoint.region() });
            }
            Target::Region(_) | Target::AnyRegion => endpoint.api(),
        };
        let mark = if self.query.is_empty() { "" } else { "?" };
        Ok(format!("{base}{}{mark}{}", self.path, self.query))
    }
}

impl std::fmt::Debug for Request {
    /// Method and path alone: a query may hold a token of a page, a body a secret or a buyer's text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({} {})", self.method.as_str(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percent::segment;

    #[test]
    fn a_call_goes_to_its_own_region_with_everything_encoded() {
        let request = Request::get(Some(Region::Europe), format!("/a/{}", segment("x/../y?z")))
            .with("token", "a+b=c&d e")
            .with_list("ids", ["A1", "B2"])
            .with_list("none", []);
        assert_eq!(
            request.url(&Endpoint::of(Region::Europe)).unwrap(),
            "https://sellingpartnerapi-eu.amazon.com/a/x%2F..%2Fy%3Fz?token=a%2Bb%3Dc%26d%20e&ids=A1%2CB2"
        );
        let elsewhere = request.url(&Endpoint::of(Region::NorthAmerica)).unwrap_err();
        assert_eq!((elsewhere.asked, elsewhere.given), (Region::Europe, Region::NorthAmerica));
        assert_eq!(format!("{request:?}"), "Request(GET /a/x%2F..%2Fy%3Fz)");
    }
}
