//! The door to orders: finding one by its id, and the form for uploading a report.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::OrderId;
use model::account::Seller;

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Frame, Here, page};
use crate::pages::order_upload::Taken;
use crate::problem::Problem;
use crate::state::Dashboard;

#[told("orders.html")]
pub(crate) struct Page {
    pub frame: Frame,
    pub sellers: Vec<Seller>,
    pub taken: Option<Taken>,
    pub asked: String,
}

/// `GET /a/{handle}/orders`
pub(crate) async fn show(visit: InAccount) -> Result<Response, Problem> {
    with(&visit, None, None, String::new())
}

/// The page, with what an upload did, or what is wrong.
pub(crate) fn with(
    visit: &InAccount,
    taken: Option<Taken>,
    trouble: Option<&str>,
    asked: String,
) -> Result<Response, Problem> {
    let frame = Frame::in_account(visit, Here::Orders, "Orders").trouble(trouble);
    page(&Page { frame, sellers: visit.account.sellers.clone(), taken, asked })
}

/// `POST /a/{handle}/orders/find`
pub(crate) async fn find(State(_): State<Dashboard>, visit: InAccount, fields: Fields) -> Result<Response, Problem> {
    let asked = fields.text("order");
    match asked.parse::<OrderId>() {
        Ok(order) => Ok(Redirect::to(&format!("/a/{}/orders/{order}", visit.account.handle)).into_response()),
        Err(fault) => {
            let trouble = crate::problem::capital(&fault.to_string());
            let shown = with(&visit, None, Some(&trouble), asked.to_owned())?;
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
    }
}
