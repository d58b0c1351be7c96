//! Restricted data tokens (Tokens API): for what Amazon gives out of buyers' data, and for these very methods and paths. One is
//! asked for from the requests that need it, and covers no other.

use model::Span;
use model::sender::Secret;
use serde_json::{Value, json};

use crate::operation::text;
use crate::{Operation, Region, Request, TokenKind, Unreadable, Usage};

/// The most requests that one token is asked for.
const MOST: usize = 50;
/// The longest token that is taken, in bytes.
const LONGEST: usize = 8_192;
/// The longest that one is believed to live, in seconds.
const LONGEST_LIFE: i64 = 86_400;

/// A method and path with the parts of the data that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Resource {
    method: &'static str,
    path: String,
    elements: &'static [&'static str],
}

impl Resource {
    fn of(request: &Request) -> Option<Self> {
        let TokenKind::Restricted(elements) = request.token() else { return None };
        Some(Self { method: request.method().as_str(), path: request.path().to_owned(), elements })
    }
}

/// Asks for a restricted data token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRestrictedDataToken {
    region: Option<Region>,
    resources: Vec<Resource>,
}

/// Requests that no such token can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRestricted {
    /// One needs none.
    #[error("a restricted data token is asked for from requests that need one")]
    NeedsNone,
    /// Too few or too many.
    #[error("a restricted data token is asked for from 1 to {MOST} requests")]
    Count,
    /// Of several regions.
    #[error("a restricted data token is asked for from requests of one region")]
    Regions,
}

impl CreateRestrictedDataToken {
    /// For these requests.
    pub fn new<'r>(requests: impl IntoIterator<Item = &'r Request>) -> Result<Self, NotRestricted> {
        let mut asked = Self { region: None, resources: Vec::new() };
        for request in requests {
            let resource = Resource::of(request).ok_or(NotRestricted::NeedsNone)?;
            let region = request.region();
            if asked.region.is_some() && asked.region != region {
                return Err(NotRestricted::Regions);
            }
            asked.region = region;
            if !asked.resources.contains(&resource) {
                asked.resources.push(resource);
            }
        }
        if (1..=MOST).contains(&asked.resources.len()) { Ok(asked) } else { Err(NotRestricted::Count) }
    }
}

/// A token for some requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedToken {
    /// The token, which goes where the access token goes.
    pub secret: Secret,
    /// How long it lives, from the answer on.
    pub lives: Span,
    resources: Vec<Resource>,
}

impl RestrictedToken {
    /// Whether it is for this request: with any other it would be refused.
    pub fn covers(&self, request: &Request) -> bool {
        Resource::of(request).is_some_and(|resource| self.resources.contains(&resource))
    }
}

impl Operation for CreateRestrictedDataToken {
    type Answer = RestrictedToken;
    const NAME: &'static str = "createRestrictedDataToken";
    const USAGE: Usage = Usage::of(1_000_000, 10);

    fn request(&self) -> Request {
        let resource = |resource: &Resource| {
            let mut value = json!({"method": resource.method, "path": resource.path});
            if !resource.elements.is_empty() {
                value["dataElements"] = json!(resource.elements);
            }
            value
        };
        let body = json!({"restrictedResources": self.resources.iter().map(resource).collect::<Vec<_>>()});
        Request::post(self.region, "/tokens/2021-03-01/restrictedDataToken".to_owned(), &body)
    }

    fn read(&self, body: &Value) -> Result<RestrictedToken, Unreadable> {
        let shaped = |token: &&str| token.len() <= LONGEST && token.bytes().all(|byte| byte.is_ascii_graphic());
        let token = text(body, "restrictedDataToken").filter(shaped).ok_or(Unreadable("the restricted data token"))?;
        let seconds = body.get("expiresIn").and_then(Value::as_i64).filter(|lives| (1..=LONGEST_LIFE).contains(lives));
        let lives = Span::seconds(seconds.ok_or(Unreadable("how long the restricted data token lives"))?);
        Ok(RestrictedToken { secret: Secret::new(token.to_owned()), lives, resources: self.resources.clone() })
    }
}
