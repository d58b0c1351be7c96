//! Help, for everybody who can reach the dashboard, signed in or not: the questions that sellers ask, and what is new. Nothing
//! of an account stands here.

use axum::extract::Query;
use axum::response::Response;
use catalogue_macros::told;
use model::Reason;

use crate::admission::Guest;
use crate::frame::{Done, Frame, page};
use crate::problem::Problem;

/// What is new, as the project tells it.
const CHANGELOG: &str = include_str!("../../../../CHANGELOG.md");
/// News that are shown.
const NEWS: usize = 12;

#[told("help.html")]
struct Page {
    frame: Frame,
    /// Why a message was not sent, in the order of the table: the code and its sentence.
    reasons: Vec<(&'static str, &'static str)>,
    news: Vec<String>,
    /// What was typed to the operator.
    typed: Typed,
}

/// A note as it was typed.
#[derive(Default)]
pub(crate) struct Typed {
    pub email: String,
    pub text: String,
}

/// `GET /help`
pub(crate) async fn show(Query(done): Query<Done>, guest: Guest) -> Result<Response, Problem> {
    shown(&guest, &done, Typed::default(), None)
}

pub(crate) fn shown(guest: &Guest, done: &Done, typed: Typed, trouble: Option<&str>) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::for_guest(guest, "Help").said(done).trouble(trouble),
        typed,
        reasons: Reason::ALL.iter().map(|reason| (reason.as_str(), reason.sentence())).collect(),
        news: news(CHANGELOG),
    })
}

/// The newest points of the newest version, each in one line of plain text.
fn news(changelog: &str) -> Vec<String> {
    let newest = changelog.split("\n## ").nth(1).unwrap_or_default();
    let mut points: Vec<String> = Vec::new();
    for line in newest.lines() {
        if let Some(point) = line.strip_prefix("- ") {
            points.push(point.to_owned());
        } else if let (Some(continued), Some(last)) = (line.strip_prefix("  "), points.last_mut()) {
            last.push(' ');
            last.push_str(continued.trim());
        }
    }
    points.into_iter().rev().take(NEWS).map(|point| point.replace(['`', '*'], "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_points_of_the_newest_version_are_told_in_one_line_each() {
        let log = "# What is new\n\n## Unreleased\n\n- First `one`,\n  in two lines.\n- Second.\n\n## 0.1\n\n- Old.\n";
        assert_eq!(news(log), ["Second.", "First one, in two lines."]);
        assert!(!news(CHANGELOG).is_empty());
    }
}
