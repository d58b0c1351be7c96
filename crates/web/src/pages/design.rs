//! The design system on a page of its own: each part that pages are made of, once. A part that is not here does not exist,
//! which a test holds against the style sheet.

use axum::response::Response;
use catalogue_macros::told;

use crate::admission::Guest;
use crate::frame::{Frame, page};
use crate::problem::Problem;

/// The tokens of colour, and what each is for.
const COLOURS: [(&str, &str); 12] = [
    ("paper", "the page"),
    ("sheet", "what lies on it"),
    ("sunk", "what lies in it"),
    ("line", "between things"),
    ("ink", "text"),
    ("ink-soft", "text beside it"),
    ("accent", "links, and the one thing to do"),
    ("accent-soft", "answers"),
    ("good", "done, works"),
    ("wait", "waits"),
    ("stop", "stopped, refused"),
    ("note", "good to know"),
];

#[told("design.html")]
struct Page {
    frame: Frame,
    colours: &'static [(&'static str, &'static str)],
}

/// `GET /design`
pub(crate) async fn show(guest: Guest) -> Result<Response, Problem> {
    page(&Page { frame: Frame::for_guest(&guest, "Parts of pages"), colours: &COLOURS })
}
