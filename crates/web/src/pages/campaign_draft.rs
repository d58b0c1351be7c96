//! A campaign's text as it was typed, with the files that were chosen beside it, held against all rules before anything is
//! kept. What was typed comes back with what stands against it; files that were chosen do not, since no browser lets a page
//! choose them again.

use axum::extract::Multipart;
use campaign::{Approval, Campaign, HeldBack, TextFinding};
use model::{Attachment, OrderId};
use store::NewCampaign;

use crate::admission::InAccount;
use crate::pages::upload::{Part, Upload};
use crate::problem::{Problem, capital};

/// The largest form, in bytes: a text, and the files of one letter.
pub(crate) const LARGEST: usize = 12 * 1024 * 1024;
/// The longest text, in bytes; no campaign file is larger.
const LONGEST_TEXT: usize = 512 * 1024;
/// Files that are taken with one form.
const MOST_FILES: usize = 20;

/// What a member typed and chose.
pub(crate) struct Draft {
    pub text: String,
    pub files: Vec<Attachment>,
    /// The version that he had before him.
    pub seen: u32,
    /// It is to be kept; otherwise it is only checked.
    pub keep: bool,
    /// The order to show the letter for.
    pub order: Option<OrderId>,
}

/// What the rules say of a draft.
pub(crate) enum Judged {
    /// It may be kept.
    Fine(NewCampaign),
    /// It may not.
    Held(Findings),
}

/// What stands against a text, as pages show it.
#[derive(Default)]
pub(crate) struct Findings {
    /// Mistakes of the file, each with its place.
    pub mistakes: Vec<String>,
    /// Words that break a rule.
    pub words: Vec<TextFinding>,
}

impl Findings {
    pub fn is_empty(&self) -> bool {
        self.mistakes.is_empty() && self.words.is_empty()
    }
}

impl Draft {
    /// Reads the form.
    pub async fn take(visit: &InAccount, multipart: Multipart) -> Result<Self, Problem> {
        let mut upload = Upload::new(multipart, &visit.form_token).with_fields_of(LONGEST_TEXT);
        let mut draft = Self { text: String::new(), files: Vec::new(), seen: 0, keep: false, order: None };
        while let Some(part) = upload.next().await? {
            match part {
                Part::Field { name, value } => match name.as_str() {
                    // Browsers send CRLF from a text field (RFC 7578); a campaign file has LF, so that a text that nobody
                    // changed stays the same.
                    "text" => draft.text = value.replace("\r\n", "\n"),
                    "seen" => draft.seen = value.parse().unwrap_or_default(),
                    "order" => draft.order = value.parse().ok(),
                    "action" => draft.keep = value == "keep",
                    _ => {}
                },
                Part::File(file) => {
                    let name = file.name();
                    let content = file.whole(LARGEST).await?;
                    if name.is_empty() && content.is_empty() {
                        continue;
                    }
                    if draft.files.len() == MOST_FILES {
                        return Err(Problem::unclear(format!("Choose at most {MOST_FILES} files at once.")));
                    }
                    let unfit = |why: String| Problem::unclear(format!("A file can't be attached: {why}."));
                    let name = name
                        .parse()
                        .map_err(|error: model::attachment::InvalidAttachmentName| unfit(error.to_string()))?;
                    let file = Attachment::new(name, content).map_err(|error| unfit(error.to_string()))?;
                    // Of two files of one name the later counts, as it does on a disk.
                    draft.files.retain(|earlier| earlier.file().name != file.file().name);
                    draft.files.push(file);
                }
            }
        }
        if draft.text.trim().is_empty() {
            return Err(Problem::unclear("The text is empty. A campaign begins with a name, a channel and a trigger."));
        }
        Ok(draft)
    }

    /// Holds it against the rules, with the files of the version before it where none of that name was chosen now.
    pub fn held_against_rules(self, kept: Vec<Attachment>) -> (String, Judged) {
        let mut files = self.files;
        for file in kept {
            if files.iter().all(|chosen| chosen.file().name != file.file().name) {
                files.push(file);
            }
        }
        let known: Vec<_> = files.iter().map(|file| file.file().clone()).collect();
        let judged = match campaign::approve(&self.text, &known) {
            Ok(Approval { campaign, approved, .. }) => {
                files.retain(|file| campaign.attachments().contains(&&file.file().name));
                let withholding = campaign.withholding_marks();
                let Campaign { name, orders_after, priority, .. } = campaign;
                let new = NewCampaign { name, text: approved, withholding, orders_after, priority, attachments: files };
                Judged::Fine(new)
            }
            Err(HeldBack::Problems(problems)) => Judged::Held(Findings {
                mistakes: problems.iter().map(|problem| capital(&problem.to_string())).collect(),
                words: Vec::new(),
            }),
            Err(HeldBack::Words(words)) => Judged::Held(Findings { mistakes: Vec::new(), words }),
        };
        (self.text, judged)
    }
}
