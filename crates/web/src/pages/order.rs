//! One order: what is known of it, what was said about it, its messages, and why there is one or none (law 5).

use axum::extract::{Path, Query, State};
use axum::response::Response;
use catalogue_macros::told;
use model::explain::Explanation;
use model::inbound::InboundRow;
use model::message::OutboxRow;
use model::order::OrderMark;
use model::suppression::{SuppressionRow, SuppressionState};
use model::{CampaignState, Clock, MessageState, Order, OrderId, Timestamp};
use policy::RenderedText;
use store::InboundFilter;

use crate::admission::InAccount;
use crate::frame::{Done, Frame, Here, page};
use crate::language::say_with;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// Mails about an order that are shown.
const MAILS: u32 = 20;

/// Messages whose text is shown.
const TEXTS: usize = 10;

struct Message {
    row: OutboxRow,
    content: Option<RenderedText>,
}

#[told("order.html")]
struct Page {
    frame: Frame,
    handle: String,
    id: OrderId,
    explanation: Explanation,
    messages: Vec<Message>,
    mails: Vec<InboundRow>,
    stopped: bool,
}

/// `GET /a/{handle}/orders/{order}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, order)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let id: OrderId = order.parse().map_err(|_| Problem::not_found())?;
    let account = visit.account.id;
    let mut explanation = (dashboard.explain)(account, id, Clock::real(Timestamp::from_clock())).await?;
    let mut messages = Vec::new();
    for row in std::mem::take(&mut explanation.messages) {
        let content = match messages.len() {
            0..TEXTS => dashboard.store.message_content(account, row.id).await?,
            _ => None,
        };
        messages.push(Message { row, content });
    }
    let mut mails = dashboard.store.inbound_log(account, InboundFilter::Order(id), None, MAILS).await?.rows;
    for mail in &mut mails {
        mail.readings.retain(|reading| reading.order_ids.contains(&id));
    }
    page(&Page {
        frame: Frame::in_account(&visit, Here::Orders, "Order")
            .named(say_with("Order {id}", &[("id", &id)]))
            .said(&done),
        handle: visit.account.handle.to_string(),
        id,
        stopped: stands(&explanation.suppressions),
        explanation,
        messages,
        mails,
    })
}

/// Whether something keeps this order's messages back already.
fn stands(entries: &[SuppressionRow]) -> bool {
    entries.iter().any(|entry| entry.state == SuppressionState::Active)
}

impl Page {
    /// The other order by which an entry came to cover this one's buyer.
    fn through(&self, entry: &SuppressionRow) -> Option<OrderId> {
        entry.order_id.filter(|order| *order != self.id)
    }

    fn has_question(&self) -> bool {
        self.explanation.order.as_ref().is_some_and(|order| order.has_mark(OrderMark::OpenQuestion))
    }

    fn can_block(&self) -> bool {
        self.explanation.order.as_ref().is_some_and(|order: &Order| order.alias.is_some() && !order.alias_shared)
    }
}

impl Message {
    fn waits(&self) -> bool {
        matches!(self.row.state, MessageState::Planned | MessageState::Waiting)
    }
}
