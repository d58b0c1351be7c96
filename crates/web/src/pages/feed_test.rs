//! The self-test of a way in: a marked mail to the member who asks for it, whose mailbox must bring it in again.

use axum::extract::State;
use axum::response::Redirect;
use model::{SelfTestMarker, Timestamp, Way};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/feed/test` with `way`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let way: Way = fields.text("way").parse().map_err(|_| Problem::not_found())?;
    if !dashboard.settings.writes_to_members {
        return Err(Problem::unclear(
            "Abide can't write to members here: the operator has named no mail server for it.",
        ));
    }
    let (store, account) = (&dashboard.store, visit.account.id);
    let name = match way {
        Way::Address(id) => {
            let known = store.addresses(account).await?.into_iter().find(|known| known.id == id);
            let known = known.ok_or_else(Problem::not_found)?;
            format!("{}@{}", known.local_part, dashboard.settings.inbound_domain)
        }
        Way::Folder(_) => "the folder that Abide watches".to_owned(),
        Way::HttpDoor(_) => "Abide by HTTP".to_owned(),
    };
    let text = SelfTestMarker::letter(&name);
    store.start_self_test(account, way, visit.member.id, visit.actor(), Timestamp::from_clock(), text).await?;
    let back = if fields.text("back") == "setup" { "/setup?done=testing#proof" } else { "?done=testing#addresses" };
    Ok(Redirect::to(&format!("/a/{}{back}", visit.account.handle)))
}
