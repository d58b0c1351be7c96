//! A list that was uploaded, before it is taken over: which column is taken for what, with a choice for each, how much was
//! found, and the first rows. Nothing of it is entered until the member says so.

use std::collections::HashSet;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::{ListUploadId, Timestamp};
use report::list::{ColumnAt, ColumnUse, ListTable, Picks};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Frame, Here, page};
use crate::language::say;
use crate::pages::list_upload::{self, ListKind};
use crate::pages::{messaged, opt_out_import};
use crate::problem::Problem;
use crate::state::Dashboard;

/// Rows that are shown.
const SAMPLE: usize = 5;
/// Columns that are shown.
const COLUMNS: usize = 12;
/// Lines that were not understood, shown by their number.
const NAMED: usize = 20;

/// A choice for one thing.
struct Choice {
    /// The name of its field.
    field: &'static str,
    label: &'static str,
    /// What is said for leaving it open.
    open: &'static str,
    options: Vec<Choosable>,
}

struct Choosable {
    number: usize,
    label: String,
    chosen: bool,
}

/// What would be taken over as the choices stand.
struct Found {
    orders: usize,
    buyers: usize,
    /// Rows that say the same as one before.
    repeated: usize,
    removed: u64,
    bad: usize,
    bad_lines: Vec<u64>,
}

impl Found {
    const fn is_none(&self) -> bool {
        self.orders + self.buyers == 0
    }
}

#[told("list_choose.html")]
struct Page {
    frame: Frame,
    handle: String,
    id: ListUploadId,
    kind: ListKind,
    rows: u64,
    choices: Vec<Choice>,
    found: Option<Found>,
    /// The heads of the columns that are shown, and the first rows.
    heads: Vec<String>,
    sample: Vec<Vec<String>>,
}

/// `GET /a/{handle}/lists/{upload}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, upload)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let (id, kind, table) = kept(&dashboard, &visit, &upload).await?;
    shown(&visit, (id, kind), &table, &Picks::default())
}

/// `POST /a/{handle}/lists/{upload}`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, upload)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let (id, kind, table) = kept(&dashboard, &visit, &upload).await?;
    let pick = |name: &str| fields.text(name).parse::<usize>().ok().map(ColumnAt::Number);
    let picks = Picks { order: pick("order"), alias: pick("alias"), date: pick("date") };
    match fields.text("action") {
        "take" => {
            let entered = match kind {
                ListKind::Messaged => messaged::enter(&dashboard, &visit, &table, &picks).await,
                ListKind::OptOuts(reason) => opt_out_import::enter(&dashboard, &visit, (&table, reason), &picks).await,
            };
            match entered {
                Ok(page) => {
                    dashboard.store.drop_list_upload(visit.account.id, id).await?;
                    Ok(page)
                }
                Err(problem) if problem.is_his() => shown(&visit, (id, kind), &table, &picks),
                Err(problem) => Err(problem),
            }
        }
        "drop" => {
            dashboard.store.drop_list_upload(visit.account.id, id).await?;
            let back = if kind == ListKind::Messaged { "messaged" } else { "opt-outs/import" };
            Ok(Redirect::to(&format!("/a/{}/{back}", visit.account.handle)).into_response())
        }
        _ => shown(&visit, (id, kind), &table, &picks),
    }
}

async fn kept(
    dashboard: &Dashboard,
    visit: &InAccount,
    upload: &str,
) -> Result<(ListUploadId, ListKind, ListTable), Problem> {
    let id: ListUploadId = upload.parse().map_err(|_| Problem::not_found())?;
    let now = Timestamp::from_clock();
    let content = dashboard.store.list_upload(visit.account.id, id, visit.actor(), now).await?;
    let (kind, table) = list_upload::unpack(content.ok_or_else(Problem::not_found)?).await?;
    Ok((id, kind, table))
}

fn shown(
    visit: &InAccount,
    list: (ListUploadId, ListKind),
    table: &ListTable,
    picks: &Picks,
) -> Result<Response, Problem> {
    let (id, kind) = list;
    let (found, problem) = match found(kind, table, picks) {
        Ok(found) => (Some(found), None),
        Err(problem) => (None, Some(problem)),
    };
    let title = if kind == ListKind::Messaged { "Orders messaged elsewhere" } else { "Import opt-outs" };
    let here = if kind == ListKind::Messaged { Here::Orders } else { Here::OptOuts };
    let shown_columns = table.columns.len().min(COLUMNS);
    let made = page(&Page {
        frame: Frame::in_account(visit, here, title).trouble(problem.as_ref().map(Problem::sentence)),
        handle: visit.account.handle.to_string(),
        id,
        kind,
        rows: table.rows(),
        choices: choices(kind, table, picks),
        found,
        heads: (0..shown_columns).map(|place| head(table, place)).collect(),
        sample: table.sample(SAMPLE, shown_columns),
    })?;
    Ok(match problem {
        Some(problem) => (problem.status(), made).into_response(),
        None => made,
    })
}

fn head(table: &ListTable, place: usize) -> String {
    table.name_of(place).map_or_else(|| format!("Column {}", place + 1), ToOwned::to_owned)
}

fn choices(kind: ListKind, table: &ListTable, picks: &Picks) -> Vec<Choice> {
    let used = table.uses(picks);
    let choice = |meant: ColumnUse, field, label, open| {
        // Only what was picked, or what would be taken by itself, stands as chosen.
        let chosen = used.iter().find(|(_, used)| *used == meant).map(|(place, _)| *place);
        let holding = table.columns.iter().enumerate().filter(|(_, column)| column.holds(meant) > 0);
        let options = holding.map(|(place, column)| Choosable {
            number: place + 1,
            label: format!("{} ({} of {} rows)", head(table, place), column.holds(meant), table.rows()),
            chosen: chosen == Some(place),
        });
        Choice { field, label, open, options: options.collect() }
    };
    let mut all = Vec::new();
    match kind {
        ListKind::Messaged => all.push(choice(ColumnUse::Order, "order", say("Order ids"), say("choose the column"))),
        ListKind::OptOuts(_) => {
            let anywhere = say("wherever one stands");
            let mut either = [
                choice(ColumnUse::Order, "order", say("Order ids"), anywhere),
                choice(ColumnUse::Alias, "alias", say("Relay addresses"), anywhere),
            ];
            // Unless one is picked, both count in whatever column they stand.
            if picks.order.is_none() && picks.alias.is_none() {
                for option in either.iter_mut().flat_map(|choice| &mut choice.options) {
                    option.chosen = false;
                }
            }
            all.extend(either);
        }
    }
    all.push(choice(ColumnUse::Date, "date", say("Since when"), say("not said")));
    all.retain(|choice| !choice.options.is_empty());
    all
}

fn found(kind: ListKind, table: &ListTable, picks: &Picks) -> Result<Found, Problem> {
    let named = |mut lines: Vec<u64>| {
        let count = lines.len();
        lines.sort_unstable();
        lines.truncate(NAMED);
        (count, lines)
    };
    match kind {
        ListKind::Messaged => {
            let file = table.messaged(picks).map_err(|error| list_upload::unclear(&error))?;
            let orders: HashSet<_> = file.orders.iter().map(|order| order.order_id).collect();
            let repeated = file.orders.len() - orders.len();
            let (bad, bad_lines) = named(file.bad);
            Ok(Found { orders: orders.len(), buyers: 0, repeated, removed: 0, bad, bad_lines })
        }
        ListKind::OptOuts(reason) => {
            let file = table.opt_outs(picks, reason).map_err(|error| list_upload::unclear(&error))?;
            let (mut orders, mut buyers) = (HashSet::new(), HashSet::new());
            for entry in &file.entries {
                match &entry.target {
                    model::suppression::Target::Order(order) => orders.insert(*order),
                    model::suppression::Target::Buyer(alias) => buyers.insert(alias.as_str()),
                };
            }
            let repeated = file.entries.len() - orders.len() - buyers.len();
            let (orders, buyers) = (orders.len(), buyers.len());
            let (bad, bad_lines) = named([file.bad, file.stops_without_order, file.shared].concat());
            Ok(Found { orders, buyers, repeated, removed: file.removed, bad, bad_lines })
        }
    }
}
