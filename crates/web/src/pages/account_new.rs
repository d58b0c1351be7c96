//! A new account, made by the operator: a seller's name and his stores. Its set-up goes on from there.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::{Handle, Marketplace, Timestamp};

use crate::admission::SignedIn;
use crate::forms::Fields;
use crate::pages::accounts;
use crate::problem::Problem;
use crate::state::Dashboard;

/// The longest name of an account, in characters.
const LONGEST_NAME: usize = 200;

/// How many sellers of one name get a handle by a number behind it.
const ALIKE: u32 = 99;

/// `POST /accounts`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, Problem> {
    if !signed_in.member.operator {
        return Err(Problem::not_allowed("Only the operator may add an account."));
    }
    let name = fields.text("name");
    match add(&dashboard, name, &fields).await {
        Ok(handle) => Ok(Redirect::to(&format!("/a/{handle}/setup?done=account_added")).into_response()),
        Err(problem) if problem.is_his() => accounts::again(&dashboard, &signed_in, name, &problem).await,
        Err(problem) => Err(problem),
    }
}

async fn add(dashboard: &Dashboard, name: &str, fields: &Fields) -> Result<Handle, Problem> {
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Problem::unclear("Give the account a name of 1 to 200 letters."));
    }
    let chosen = fields.0.iter().filter(|(field, _)| field == "store");
    let stores: Result<Vec<Marketplace>, _> = chosen.map(|(_, code)| Marketplace::from_code(code)).collect();
    let mut stores = stores.map_err(|_| Problem::bad_request())?;
    stores.sort_unstable();
    stores.dedup();
    if stores.is_empty() {
        return Err(Problem::unclear("Choose at least one of Amazon's stores."));
    }
    let suggested = Handle::suggested_by(name);
    let suggested = suggested.ok_or_else(|| {
        Problem::unclear(
            "That name gives no short name of a-z and 0-9. Add an account with `abide account add … --handle`.",
        )
    })?;
    for number in 1..=ALIKE {
        let handle = if number == 1 { Ok(suggested.clone()) } else { format!("{suggested}-{number}").parse() };
        let handle = handle.map_err(|_| Problem::unclear("That name is too long for a short name of its own."))?;
        let now = Timestamp::from_clock();
        match dashboard.store.add_account(name.to_owned(), handle.clone(), stores.clone(), now).await {
            Ok(_) => return Ok(handle),
            Err(store::StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unclear("There are many accounts of that name already; choose another."))
}
