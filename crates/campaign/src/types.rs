//! What a campaign consists of. Only the parser makes one, so that what exists is valid: windows within Amazon's,
//! templates that compile and name the order id.

use std::collections::BTreeSet;

use model::order::{Fulfilment, OrderMark};
use model::{Channel, Marketplace, Money, Span, Timestamp};

use crate::problem::Problem;
use crate::schedule::SendWindow;
use crate::template::Templates;

/// A campaign: for which orders, when, and in which words.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its name, unique within the account.
    pub name: String,
    /// How its messages leave: `email` or `solicitation`.
    pub channel: Channel,
    /// What starts the delay.
    pub trigger: Trigger,
    /// How long after the trigger, at most 60 days.
    pub delay: Span,
    /// Orders purchased from then on are covered, instead of from the activation on.
    pub orders_after: Option<Timestamp>,
    /// Which orders it is for.
    pub conditions: Conditions,
    /// What keeps a message back; always holds [`SkipWhen::Cancelled`].
    pub skip_when: Vec<SkipWhen>,
    /// When a message may leave.
    pub window: SendWindow,
    /// The words; empty for `solicitation`, where Amazon writes them.
    pub templates: Templates,
}

impl Campaign {
    /// Reads a campaign file.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the file.
    pub fn parse(toml: &str) -> Result<Self, Vec<Problem>> {
        crate::parse::parse(toml)
    }

    /// The marks with which an order gets no message from this campaign, as the gate wants them.
    pub fn withholding_marks(&self) -> Vec<OrderMark> {
        self.skip_when.iter().filter_map(|skip| skip.mark()).collect()
    }
}

/// What starts a campaign's delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The order was placed.
    Confirmed,
    /// It was shipped.
    Shipped,
    /// It was delivered, by the latest day that the delivery date allows.
    Delivered,
}

impl Trigger {
    /// The written forms.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("confirmed", Self::Confirmed), ("shipped", Self::Shipped), ("delivered", Self::Delivered)];
}

/// What keeps a message back for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipWhen {
    /// The order was cancelled.
    Cancelled,
    /// It was refunded.
    Refunded,
    /// A return was asked for.
    Returned,
    /// A claim was opened.
    Claim,
    /// The buyer asked to cancel.
    CancellationRequested,
    /// The buyer wrote, and waits for an answer.
    OpenQuestion,
}

impl SkipWhen {
    /// The written forms.
    pub(crate) const WORDS: [(&'static str, Self); 6] = [
        ("cancelled", Self::Cancelled),
        ("refunded", Self::Refunded),
        ("returned", Self::Returned),
        ("claim", Self::Claim),
        ("cancellation_requested", Self::CancellationRequested),
        ("open_question", Self::OpenQuestion),
    ];

    /// What holds where the file says nothing: all but an open question, since no notice tells that it was answered.
    pub(crate) const DEFAULT: [Self; 5] =
        [Self::Cancelled, Self::Refunded, Self::Returned, Self::Claim, Self::CancellationRequested];

    /// The mark that notices leave for it; cancelled is a status instead.
    pub const fn mark(self) -> Option<OrderMark> {
        match self {
            Self::Cancelled => None,
            Self::Refunded => Some(OrderMark::Refunded),
            Self::Returned => Some(OrderMark::Returned),
            Self::Claim => Some(OrderMark::Claim),
            Self::CancellationRequested => Some(OrderMark::CancellationRequested),
            Self::OpenQuestion => Some(OrderMark::OpenQuestion),
        }
    }
}

/// Which orders a campaign is for; what is not set asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Only these stores.
    pub stores: Option<Vec<Marketplace>>,
    /// By the seller's product numbers, compared without case.
    pub skus: Lists,
    /// By Amazon's product numbers, compared without case.
    pub asins: Lists,
    /// Only what Amazon or only what the seller ships.
    pub fulfilment: Option<Fulfilment>,
    /// Amazon Business.
    pub business: Option<Choice>,
    /// By destination, ISO 3166 codes.
    pub countries: Lists,
    /// Pieces in the order, all items together.
    pub quantity: Amount,
    /// What one piece of each of its items costs.
    pub price: Option<MoneyRange>,
    /// What all its items cost together, without postage.
    pub order_value: Option<MoneyRange>,
    /// Whether a promotion was used.
    pub promotion: Option<Choice>,
}

/// What must and what must not be among the values; in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lists {
    /// At least one value is among these; empty asks nothing.
    pub include: BTreeSet<String>,
    /// No value is among these.
    pub exclude: BTreeSet<String>,
}

impl Lists {
    /// Whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// Only those, or all but those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Only those.
    Only,
    /// All but those.
    Exclude,
}

impl Choice {
    /// The written forms.
    pub(crate) const WORDS: [(&'static str, Self); 2] = [("only", Self::Only), ("exclude", Self::Exclude)];
}

/// A range of whole numbers, both ends within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// At least.
    pub min: Option<u32>,
    /// At most.
    pub max: Option<u32>,
}

/// A range of money in one currency, both ends within; an order in another currency is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyRange {
    /// ISO 4217.
    pub currency: String,
    /// At least, in that currency.
    pub min: Option<Money>,
    /// At most, in that currency.
    pub max: Option<Money>,
}

impl MoneyRange {
    /// Whether an amount for so many pieces lies within; none where it can't be told, such as in another currency.
    pub(crate) fn holds(&self, amount: &Money, pieces: u32) -> Option<bool> {
        if amount.currency != self.currency {
            return None;
        }
        let above = match &self.min {
            Some(min) => amount.is_at_least(&min.times(pieces)?)?,
            None => true,
        };
        let below = match &self.max {
            Some(max) => max.times(pieces)?.is_at_least(amount)?,
            None => true,
        };
        Some(above && below)
    }
}

impl std::fmt::Display for MoneyRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.min, &self.max) {
            (Some(min), Some(max)) => write!(f, "from {min} to {max}"),
            (Some(min), None) => write!(f, "from {min}"),
            (None, Some(max)) => write!(f, "up to {max}"),
            (None, None) => write!(f, "in {}", self.currency),
        }
    }
}
