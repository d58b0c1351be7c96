//! How the demo tells its story: numbered steps with what happened under each.

use serde_json::json;

use crate::commands::member;
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

    /// Tells one step; under `--json` as one object with `step`, `title`, `told`, `url` and `link`.
    pub fn step(&mut self, title: &str, told: &[String]) -> Result<(), Failure> {
        self.number += 1;
        self.output.object(&json!({
            "step": self.number, "title": title, "told": told, "url": null, "link": null,
        }))?;
        self.output.line("")?;
        self.output.title(&format!("{:>2}. {title}", self.number))?;
        told.iter().try_for_each(|line| self.output.line(&format!("    {line}")))?;
        output::flush()
    }

    /// Says where the dashboard is, and how to sign in there.
    pub fn dashboard(&mut self, url: &str, link: Option<&str>) -> Result<(), Failure> {
        self.number += 1;
        let title = format!("The dashboard is at {url}");
        self.output.object(&json!({
            "step": self.number, "title": title, "told": [], "url": url, "link": link,
        }))?;
        self.output.line("")?;
        self.output.title(&title)?;
        match link {
            Some(link) => member::tell(self.output, "Sign in", link),
            None => Ok(()),
        }
    }
}
