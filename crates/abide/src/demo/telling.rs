//! How the demo tells its story: numbered steps with what happened under each.

use serde_json::json;

use crate::exit::Failure;
use crate::output::{self, Output};

/// Tells steps one after another.
pub struct Telling {
    output: Output,
    number: u32,
}

impl Telling {
    pub const fn new(output: Output) -> Self {
        Self { output, number: 0 }
    }

    /// Tells one step; under `--json` as one object with `step`, `title` and `told`.
    pub fn step(&mut self, title: &str, told: &[String]) -> Result<(), Failure> {
        self.number += 1;
        self.output.object(&json!({ "step": self.number, "title": title, "told": told }))?;
        self.output.line("")?;
        self.output.title(&format!("{:>2}. {title}", self.number))?;
        told.iter().try_for_each(|line| self.output.line(&format!("    {line}")))?;
        output::flush()
    }
}
