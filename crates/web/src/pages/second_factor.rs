//! A member's second factor, switched on and off by himself: a secret for his device, shown until a code of it is entered,
//! and recovery codes, shown once in the answer itself.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Timestamp;
use model::member::{SharedSecret, SignIn};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::admission::SignedIn;
use crate::forms::Fields;
use crate::machine::Machine;
use crate::pages::me;
use crate::problem::Problem;
use crate::state::Dashboard;

/// Modules of white around a code (ISO/IEC 18004, 6.3.8).
const QUIET: i32 = 4;

/// A secret as a device takes it: by camera, as an address, or typed in.
pub(crate) struct ForDevice {
    /// In groups of four, base32.
    pub typed: String,
    /// `otpauth://totp/…`
    pub address: String,
    /// The side of the code's picture in modules, and the path of its dark ones.
    pub side: i32,
    pub path: String,
}

impl ForDevice {
    pub fn of(secret: &SharedSecret, email: &str) -> Result<Self, Problem> {
        let base32 = data_encoding::BASE32_NOPAD.encode(&secret.0);
        let escaped: String = email
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect();
        let address = format!("otpauth://totp/Abide:{escaped}?secret={base32}&issuer=Abide");
        let code = QrCode::encode_text(&address, QrCodeEcc::Medium)
            .map_err(|_| Problem::fault("the picture of a secret could not be drawn"))?;
        let mut path = String::new();
        for (x, y) in (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y))) {
            if code.get_module(x, y) {
                path.extend(["M", &(x + QUIET).to_string(), " ", &(y + QUIET).to_string(), "h1v1h-1z"]);
            }
        }
        let grouped: Vec<&str> =
            (0..base32.len()).step_by(4).filter_map(|at| base32.get(at..(at + 4).min(base32.len()))).collect();
        Ok(Self { typed: grouped.join(" "), address, side: code.size() + 2 * QUIET, path })
    }
}

/// `POST /me/second-factor/prepare`
pub(crate) async fn prepare(State(dashboard): State<Dashboard>, signed_in: SignedIn) -> Result<Redirect, Problem> {
    dashboard.store.prepare_second_factor(signed_in.member.id).await?;
    Ok(Redirect::to("/me#second-factor"))
}

/// `POST /me/second-factor/confirm`
pub(crate) async fn confirm(
    State(dashboard): State<Dashboard>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    let confirmed = dashboard.store.confirm_second_factor(signed_in.member.id, fields.text("code"), now).await?;
    if let Some(codes) = confirmed {
        return me::with_codes(&dashboard, &signed_in, codes).await;
    }
    let sentence = "That is not the code of now. Look at your device again; its clock must be right to half a minute.";
    me::again(&dashboard, &signed_in, &Problem::unclear(sentence)).await
}

/// `POST /me/second-factor/off`: the password and a code, each counted as an attempt.
pub(crate) async fn switch_off(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, Problem> {
    match try_to_switch_off(&dashboard, machine, &signed_in, &fields).await {
        Ok(()) => Ok(Redirect::to("/me?done=factor_off").into_response()),
        Err(problem) if problem.is_his() => me::again(&dashboard, &signed_in, &problem).await,
        Err(problem) => Err(problem),
    }
}

async fn try_to_switch_off(
    dashboard: &Dashboard,
    machine: Machine,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<(), Problem> {
    let now = Timestamp::from_clock();
    me::right_password(dashboard, machine, &signed_in.member.email, fields.raw("current"), now).await?;
    if dashboard.store.remove_second_factor(signed_in.member.id, fields.text("code"), now).await? {
        return Ok(());
    }
    Err(Problem::unclear("This code is not good, or was used before. Nothing was changed."))
}

/// Looks at a password as a sign-in does.
pub(crate) async fn sign_in_of(dashboard: &Dashboard, email: &str, now: Timestamp) -> Result<Option<String>, Problem> {
    match dashboard.store.begin_sign_in(email, now).await? {
        SignIn::LockedUntil(_) => Err(Problem::unclear(me::TOO_MANY)),
        SignIn::Unknown => Ok(None),
        SignIn::Known { password, .. } => Ok(Some(password)),
    }
}
