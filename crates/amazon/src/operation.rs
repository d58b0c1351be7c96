//! What every call that reads has in common: a request, a usage plan and how its answer is understood.

use serde_json::Value;

use crate::{Answer, Failure, Request, Usage};

/// The part of an answer that is missing or other than the model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// A call that reads, or makes something that reaches no buyer.
pub trait Operation {
    /// What a good answer tells.
    type Answer;

    /// Amazon's name of it, under which calls are paced and logged.
    const NAME: &'static str;

    /// Its usage plan as Amazon prints it; what an answer's header says comes before it.
    const USAGE: Usage;

    /// The request.
    fn request(&self) -> Request;

    /// Reads the body of a good answer.
    fn read(&self, body: &Value) -> Result<Self::Answer, Unreadable>;

    /// Understands an answer.
    ///
    /// # Errors
    /// The classified failure, where Amazon or somebody in between said no, or where the answer can't be read.
    fn understand(&self, answer: &Answer) -> Result<Self::Answer, Box<Failure>> {
        if !(200..300).contains(&answer.status) {
            return Err(Box::new(Failure::of(answer)));
        }
        let unreadable = |what| Box::new(Failure::unreadable(answer, what));
        if answer.is_page() {
            return Err(unreadable("a page instead of an answer"));
        }
        if answer.is_too_large() {
            return Err(unreadable("a body beyond the limit"));
        }
        let body = answer.json().ok_or_else(|| unreadable("the body as JSON"))?;
        if answer.complaint().is_listed {
            return Err(unreadable("a success with errors in it"));
        }
        self.read(&body).map_err(|Unreadable(what)| unreadable(what))
    }
}

/// A text at a path of names; none where it is left out, null or empty.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}
