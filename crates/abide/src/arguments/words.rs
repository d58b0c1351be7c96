//! The command line of words to begin with: starter campaigns, templates of other tools, and the check of a file.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `template …`.
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// Make a campaign file of another tool's template: %%var%%, [[tag]], {{var}}, ${var}; exit code 1 where something
    /// could not be carried over, each place of which is named
    Import(TemplateImport),
}

/// `template import`.
#[derive(Debug, Args)]
pub struct TemplateImport {
    /// The template, UTF-8, with a first line of `Subject: …`; - is standard input
    pub file: PathBuf,
    /// The language it is written in (en, de, fr …)
    #[arg(long, value_name = "xx", default_value = "en")]
    pub language: String,
    /// The campaign's name
    #[arg(long, default_value = "Imported")]
    pub name: String,
}

/// `campaign new`.
#[derive(Debug, Args)]
pub struct NewFromStarter {
    /// Which, as `abide campaign starters` lists them
    pub starter: String,
    /// Only the words in this language; may be given several times [all six]
    #[arg(long, value_name = "xx")]
    pub language: Vec<String>,
    /// The campaign's name
    #[arg(long)]
    pub name: Option<String>,
}
