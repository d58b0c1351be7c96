//! Login with Amazon: refresh token in, access token out, which lives an hour.

use model::{Span, Timestamp};
use serde_json::json;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::shop::{Shop, Token};

pub(crate) fn token(shop: &mut Shop, form: &[(String, String)], now: Timestamp, fault: Option<&Fault>) -> Answer {
    let refused = |error: &str, why: &str| Answer::json(400, &json!({"error": error, "error_description": why}));
    if let Some(Fault::SignIn(error)) = fault {
        return refused(error, "The request was refused.");
    }
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let known = ["grant_type", "refresh_token", "client_id", "client_secret"];
    if let Some((odd, _)) = form.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        shop.tally.invalid.push(format!("token: a field {odd} that the sign-in does not have"));
        return refused("invalid_request", "The request has a parameter that is not known.");
    }
    if field("grant_type") != Some("refresh_token") {
        return refused("unsupported_grant_type", "The authorization grant type is not supported.");
    }
    let (Some(id), Some(secret), Some(refresh)) = (field("client_id"), field("client_secret"), field("refresh_token"))
    else {
        return refused("invalid_request", "The request is missing a required parameter.");
    };
    if !shop.accounts.iter().any(|account| account.application == (id.to_owned(), secret.to_owned())) {
        return Answer::json(
            401,
            &json!({"error": "invalid_client", "error_description": "Client authentication failed"}),
        );
    }
    let is_his = |account: &crate::Account| account.application.0 == id && account.refresh_token == refresh;
    let Some(account) = shop.accounts.iter().position(is_his).filter(|_| !refresh.is_empty()) else {
        return refused("invalid_grant", "The request has an invalid grant parameter : refresh_token");
    };
    let token = format!("Atza|stand-in-{}", shop.number());
    shop.tally.sign_ins += 1;
    shop.tokens.insert(token.clone(), Token { account, ends: now.plus(Span::hours(1)), restricted: None });
    Answer::json(
        200,
        &json!({"access_token": token, "refresh_token": refresh, "token_type": "bearer", "expires_in": 3600}),
    )
}
