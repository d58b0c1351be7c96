//! One call of the API: its token, its limit, its form, then the operation; and the ways in which it was told to fail.

use model::Timestamp;
use serde_json::Value;

use crate::answer::{Answer, Ending};
use crate::check::check;
use crate::fault::Fault;
use crate::shop::{Call, Shop};
use crate::{operations, orders, reports, sellers, to_buyers};

/// A request as it came.
pub(crate) struct Asked<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) query: &'r [(String, String)],
    pub(crate) headers: &'r [(String, String)],
    pub(crate) body: &'r [u8],
}

impl Asked<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) fn answer(shop: &mut Shop, asked: &Asked<'_>, now: Timestamp) -> Answer {
    let Some((operation, stars)) = operations::find(asked.method, asked.path) else {
        // What Amazon's gateway says of a path that it does not know.
        let body = serde_json::json!({"message": "Missing Authentication Token"});
        return Answer::json(403, &body).with("x-amzn-errortype", "MissingAuthenticationTokenException".to_owned());
    };
    *shop.tally.calls.entry(operation.name).or_default() += 1;
    let fault = shop.fault(operation.name);
    if let Some(early) = fault.as_ref().and_then(early) {
        return early;
    }
    let agent = asked.header("user-agent").unwrap_or_default();
    if agent.is_empty() || agent.len() > 500 {
        shop.tally.invalid.push(format!("{}: a User-Agent of 1 to 500 characters is required", operation.name));
        return Answer::invalid("User-Agent");
    }
    let Some(token) = asked.header("x-amz-access-token") else {
        return Answer::denied("Access token is missing in the request header.");
    };
    let Some(known) = shop.tokens.get(token) else {
        return Answer::denied("The access token you provided is revoked, malformed or invalid.");
    };
    if now >= known.ends {
        return Answer::denied("The access token you provided has expired.");
    }
    let account = known.account;
    let covers = |(method, path, _): &(String, String, Vec<String>)| method == asked.method && path == asked.path;
    let restricted = known.restricted.as_ref().is_some_and(|resources| resources.iter().any(covers));
    if known.restricted.is_some() && !restricted {
        return Answer::denied("The access token you provided is revoked, malformed or invalid.");
    }
    let (name, application) = (shop.accounts[account].name.clone(), shop.accounts[account].application.0.clone());
    if !shop.limits.take((&name, &application), operation.name, operation.plan, now) {
        return Answer::throttled();
    }
    let body = if asked.body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(asked.body).ok() };
    let is_typed =
        asked.body.is_empty() || asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let checked = match &body {
        None => Err("the body is no JSON".to_owned()),
        Some(_) if !is_typed => Err("the body's media type is not application/json".to_owned()),
        Some(body) => check(operation, asked.query, body),
    };
    if let Err(why) = checked {
        shop.tally.invalid.push(format!("{}: {why}", operation.name));
        return with_rate(Answer::invalid("Invalid Input"), operation.plan);
    }
    let body = body.unwrap_or_default();
    let call = Call { account, stars, query: asked.query, body, now, restricted, fault: fault.clone() };
    let answer = with_rate(carry_out(shop, operation, &call), operation.plan);
    late(answer, fault.as_ref())
}

fn carry_out(shop: &mut Shop, operation: &operations::Operation, call: &Call<'_>) -> Answer {
    match operation.name {
        "searchOrders" => orders::search(shop, call),
        "getOrder" => orders::one(shop, call),
        "getOrders" => orders::older(shop, call),
        "getOrderItems" => orders::lines(shop, call),
        "getSolicitationActionsForOrder" => to_buyers::solicitations(shop, call),
        "createProductReviewAndSellerFeedbackSolicitation" => to_buyers::solicit(shop, call),
        "getMessagingActionsForOrder" => to_buyers::messages(shop, call),
        "GetAttributes" => to_buyers::attributes(shop, call),
        "createUploadDestinationForResource" => to_buyers::place_for_file(shop, call),
        "createReport" => reports::create(shop, call),
        "getReport" => reports::get(shop, call),
        "getReportDocument" => reports::document(shop, call),
        "createRestrictedDataToken" => sellers::restricted_token(shop, call),
        "getMarketplaceParticipations" => sellers::participations(shop, call),
        _ => {
            let action = operation.path.rsplit('/').next().unwrap_or_default();
            to_buyers::message(shop, call, action)
        }
    }
}

/// Best effort, and never beside 401, 403 and 429.
fn with_rate(answer: Answer, (micro, _): (u32, u32)) -> Answer {
    if !matches!(answer.status, 200..=204 | 400 | 404) {
        return answer;
    }
    let rate = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    answer.with("x-amzn-ratelimit-limit", rate.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// A failure before anything was done.
pub(crate) fn early(fault: &Fault) -> Option<Answer> {
    match fault {
        Fault::Throttle => Some(Answer::throttled()),
        Fault::TokenExpired => Some(Answer::denied("The access token you provided has expired.")),
        Fault::TokenInvalid => Some(Answer::denied("The access token you provided is revoked, malformed or invalid.")),
        Fault::RoleMissing => Some(Answer::denied("")),
        Fault::Denied(words) => Some(Answer::unauthorized(words)),
        Fault::CutBefore => Some(Answer { ending: Ending::Nothing, ..Answer::page(200) }),
        Fault::Status(status) => Some(failed(*status)),
        Fault::Page(status) => Some(Answer::page(*status)),
        Fault::Redirect(to) => Some(Answer::page(307).with("location", to.clone())),
        Fault::Endless => Some(Answer { ending: Ending::Endless, ..Answer::json(200, &Value::Null) }),
        _ => None,
    }
}

/// A failure after it.
pub(crate) fn late(answer: Answer, fault: Option<&Fault>) -> Answer {
    match fault {
        Some(Fault::Slow(after)) => Answer { after: *after, ..answer },
        Some(Fault::CutAfter) => Answer { ending: Ending::Nothing, ..answer },
        Some(Fault::CutWithin) => Answer { ending: Ending::Half, ..answer },
        Some(Fault::DoneThen(status)) => failed(*status),
        _ => answer,
    }
}

fn failed(status: u16) -> Answer {
    let (code, message) = match status {
        500 => ("InternalFailure", "We encountered an internal error. Please try again."),
        503 => ("ServiceUnavailable", "Service is temporarily unavailable."),
        _ => ("Failure", "The request failed."),
    };
    Answer::error(status, code, message, "")
}
