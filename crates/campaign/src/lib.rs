//! Campaigns: read from TOML with every mistake named at once, planned for one order at one moment with a reason for
//! everything, and rendered in the buyer's language. Pure: no I/O, no clock; a campaign that exists is valid, and no
//! plan of it ever leaves Amazon's window of 5 to 30 days.
//!
//! `docs/examples/review.toml` shows every field.

mod approval;
mod conditions;
mod dates;
mod dry_run;
mod foreign;
mod grammar;
mod links;
mod look;
mod parse;
mod plan;
mod priority;
mod problem;
mod reach;
mod render;
mod schedule;
mod split;
mod starters;
mod template;
mod types;

pub use approval::{Approval, HeldBack, LetterFinding, TextFinding, approve};
pub use dry_run::{DryRun, DryRunCounts, Verdict, verdict};
pub use foreign::{ForeignLetter, Imported, NotCarried, import};
pub use plan::{Outcome, Plan, Step, StepOutcome, outcome, plan};
pub use priority::{LAST_DAYS, Ranked, Standing, rank};
pub use problem::Problem;
pub use reach::{REACH_DAYS, REACH_MOST, Reach};
pub use render::{Rendered, StoreNames, render, render_at};
pub use schedule::{SendWindow, Slots};
pub use split::{Arm, HOLD_OUT_ARM, MAIN_ARM, PLACES, Rate, Split, Variant};
pub use starters::{Starter, renamed, starters};
pub use template::{TemplateFault, Templates};
pub use types::{
    Amount, BuyerKind, Campaign, CampaignChannel, Choice, Conditions, ItemConditions, Languages, Lists, MoneyRange,
    RefundedPart, SkipWhen, Stores, Trigger,
};
