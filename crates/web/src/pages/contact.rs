//! A note to the operator, from anybody who can reach the help page: few from one machine, none from programs that fill in
//! every field, and shown to the operator alone, as text.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Timestamp;

use crate::admission::{Guest, SignedIn};
use crate::forms::Fields;
use crate::frame::Done;
use crate::machine::Machine;
use crate::pages::help::{self, Typed};
use crate::problem::Problem;
use crate::state::Dashboard;

/// The longest note, in characters.
const LONGEST: usize = 2000;

/// `POST /help/contact`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    guest: Guest,
    fields: Fields,
) -> Result<Response, Problem> {
    let typed = Typed { email: fields.text("email").to_owned(), text: fields.text("text").to_owned() };
    match leave(&dashboard, machine, &typed, fields.text("website")).await {
        Ok(()) => Ok(Redirect::to("/help?done=note_left").into_response()),
        Err(problem) if problem.is_his() => {
            let page = help::shown(&guest, &Done::default(), typed, Some(problem.sentence()))?;
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn leave(dashboard: &Dashboard, machine: Machine, typed: &Typed, trap: &str) -> Result<(), Problem> {
    let plain_text = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    let is_address = typed.email.len() <= 254 && typed.email.contains('@') && plain_text(&typed.email);
    if !is_address || typed.email.chars().any(char::is_whitespace) {
        return Err(Problem::unclear("Give your e-mail address, so that the operator can answer."));
    }
    if typed.text.is_empty() || typed.text.chars().count() > LONGEST || !plain_text(&typed.text) {
        return Err(Problem::unclear("Write what it is about, in at most 2,000 letters."));
    }
    let now = Timestamp::from_clock();
    if machine.0.is_some_and(|machine| !dashboard.notes.begin(machine, now)) {
        return Err(Problem::unclear("Those were many notes. Please wait a quarter of an hour."));
    }
    // Nobody sees that field: who fills it in is a program, and is told what it wants to hear.
    if !trap.is_empty() {
        return Ok(());
    }
    if dashboard.store.leave_contact_note(typed.email.clone(), typed.text.clone(), now).await? {
        return Ok(());
    }
    Err(Problem::unclear("The operator has many notes to read already. Please try again another day."))
}

/// `POST /notes/{note}/done`
pub(crate) async fn done(
    State(dashboard): State<Dashboard>,
    Path(note): Path<String>,
    signed_in: SignedIn,
) -> Result<Redirect, Problem> {
    if !signed_in.member.operator {
        return Err(Problem::not_found());
    }
    let note = note.parse().map_err(|_| Problem::not_found())?;
    dashboard.store.erase_contact_note(note).await?;
    Ok(Redirect::to("/accounts?done=note_done"))
}
