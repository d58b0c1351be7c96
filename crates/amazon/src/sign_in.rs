//! Login with Amazon: a seller's refresh token in, an access token out, which lives an hour. Four of its failures need
//! different people: the seller (authorisation gone), the operator (application refused), nobody (later), or us.

use model::Span;
use model::sender::Secret;
use serde_json::Value;

use crate::answer::Answer;
use crate::operation::text;
use crate::words::{RequestId, Words};
use crate::{Failure, FailureKind, Request};

/// The longest id, secret or token that is taken, in bytes (Login with Amazon gives tokens of up to 2,048).
const LONGEST: usize = 2_048;
/// The longest that an access token is believed to live.
const LONGEST_LIFE: i64 = 86_400;

/// The application that the operator registered with Amazon.
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    client_id: String,
    client_secret: Secret,
}

/// A text that can't be an id, a secret or a token of Login with Amazon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not {0}: expected one line of letters, digits and signs without blanks, at most {LONGEST} long")]
pub struct InvalidCredential(&'static str);

fn credential(text: &str, what: &'static str) -> Result<String, InvalidCredential> {
    let text = text.trim();
    let shaped = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if shaped { Ok(text.to_owned()) } else { Err(InvalidCredential(what)) }
}

impl Application {
    /// Its client id and client secret.
    pub fn new(client_id: &str, client_secret: &Secret) -> Result<Self, InvalidCredential> {
        let client_id = credential(client_id, "a client id")?;
        let client_secret = Secret::new(credential(client_secret.reveal(), "a client secret")?);
        Ok(Self { client_id, client_secret })
    }

    /// Its id, which is no secret.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// The lasting token of one seller's authorisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken(Secret);

impl RefreshToken {
    /// As the seller got it from Amazon.
    pub fn new(token: &Secret) -> Result<Self, InvalidCredential> {
        Ok(Self(Secret::new(credential(token.reveal(), "a refresh token")?)))
    }

    /// The token, to be sealed.
    pub const fn secret(&self) -> &Secret {
        &self.0
    }
}

/// A token for calls, and how long it lives from the answer on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token.
    pub secret: Secret,
    /// How long it lives.
    pub lives: Span,
    /// A refresh token other than the one that was given, where Amazon changes it: it takes the other's place.
    pub renewed: Option<RefreshToken>,
}

/// Why no access token was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFault {
    /// The seller's authorisation is gone: revoked, or a year old and not renewed. `invalid_grant`
    AuthorisationRevoked,
    /// Amazon does not take the application's id and secret, or not for this. `invalid_client`, `unauthorized_client`
    ApplicationRefused,
    /// The request is wrong in form. `invalid_request` and its like
    OurMistake,
    /// Later: too many, Amazon's fault, something in between.
    Later(FailureKind),
}

impl SignInFault {
    /// What happened, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::AuthorisationRevoked => {
                "Amazon no longer takes the seller's authorisation: it was revoked, or its year is over; the seller has to authorise the application anew"
            }
            Self::ApplicationRefused => {
                "Amazon does not take the application's client id and secret; the operator has to look at them"
            }
            Self::OurMistake => "Amazon could not make sense of the sign-in; please report this",
            Self::Later(kind) => kind.sentence(),
        }
    }
}

/// A sign-in that brought no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInFailure {
    /// Why.
    pub fault: SignInFault,
    /// Amazon's words, to be sealed.
    pub words: Words,
    /// The status of the answer.
    pub status: u16,
    /// Amazon's id of the request.
    pub request_id: Option<RequestId>,
}

impl std::fmt::Display for SignInFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (status {}", self.fault.sentence(), self.status)?;
        match &self.request_id {
            Some(id) => write!(f, ", request {id})"),
            None => f.write_str(")"),
        }
    }
}

impl std::error::Error for SignInFailure {}

/// The exchange of a refresh token for an access token.
#[derive(Debug)]
pub struct Renewal<'a> {
    /// Who asks.
    pub application: &'a Application,
    /// For whom.
    pub refresh_token: &'a RefreshToken,
}

impl Renewal<'_> {
    /// The request: a form, without a token.
    pub fn request(&self) -> Request {
        Request::sign_in(
            "/auth/o2/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", self.refresh_token.0.reveal()),
                ("client_id", &self.application.client_id),
                ("client_secret", self.application.client_secret.reveal()),
            ],
        )
    }

    /// Understands the answer.
    ///
    /// # Errors
    /// Told apart by who has to do something about it.
    pub fn understand(&self, answer: &Answer) -> Result<AccessToken, Box<SignInFailure>> {
        let fail = |fault, words| {
            let (status, request_id) = (answer.status, answer.request_id.clone());
            Err(Box::new(SignInFailure { fault, words, status, request_id }))
        };
        if answer.status != 200 || answer.is_page() {
            let failure = Failure::of(answer);
            return fail(fault_of(answer, failure.kind()), failure.words().clone());
        }
        // No words are taken from here on: they could be the token.
        let Some(token) = answer.json().as_ref().and_then(|body| self.read(body)) else {
            return fail(SignInFault::Later(FailureKind::Unreadable), Words::default());
        };
        Ok(token)
    }

    fn read(&self, body: &Value) -> Option<AccessToken> {
        let secret = Secret::new(credential(text(body, "access_token")?, "an access token").ok()?);
        let is_bearer = text(body, "token_type")?.eq_ignore_ascii_case("bearer");
        let seconds = body.get("expires_in")?.as_i64().filter(|seconds| (1..=LONGEST_LIFE).contains(seconds))?;
        let renewed = match body.get("refresh_token") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(RefreshToken::new(&Secret::new(text.clone())).ok()?),
            Some(_) => return None,
        };
        let renewed = renewed.filter(|token| token != self.refresh_token);
        is_bearer.then_some(AccessToken { secret, lives: Span::seconds(seconds), renewed })
    }
}

/// By the error's name (RFC 6749, 5.2), whatever the status beside it, where the answer is no page.
fn fault_of(answer: &Answer, kind: FailureKind) -> SignInFault {
    if answer.is_page() || !(400..500).contains(&answer.status) {
        return SignInFault::Later(kind);
    }
    match answer.complaint().code.as_str() {
        "invalid_grant" => SignInFault::AuthorisationRevoked,
        "invalid_client" | "unauthorized_client" => SignInFault::ApplicationRefused,
        "invalid_request" | "unsupported_grant_type" | "invalid_scope" => SignInFault::OurMistake,
        // Without a name that is known it says nothing about authorisation or application.
        _ => SignInFault::Later(kind),
    }
}
