//! What a campaign consists of. Only the parser makes one, so that what exists is valid: windows within Amazon's,
//! templates that compile and name the order id.

use std::collections::BTreeSet;

use model::order::{Fulfilment, ItemCondition, Order, OrderMark};
use model::{AttachmentName, Channel, Marketplace, Money, Span, Timestamp};

use crate::conditions::speaks_a_template;
use crate::problem::Problem;
use crate::schedule::SendWindow;
use crate::split::Split;
use crate::template::Templates;

/// A campaign: for which orders, when, and in which words.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its name, unique within the account.
    pub name: String,
    /// How its messages leave.
    pub channel: CampaignChannel,
    /// Of several campaigns the one with the higher number gets an order's one slot: 1 to 100.
    pub priority: u8,
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
    /// Whether its orders are split into variants and a hold-out.
    pub split: Split,
}

impl Campaign {
    /// Reads a campaign file.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the file.
    pub fn parse(toml: &str) -> Result<Self, Vec<Problem>> {
        crate::parse::parse(toml)
    }

    /// How its message for an order leaves.
    pub fn channel_for(&self, order: &Order) -> Channel {
        match self.channel {
            CampaignChannel::Email => Channel::Email,
            CampaignChannel::Fallback if speaks_a_template(self, order) => Channel::Email,
            CampaignChannel::Fallback | CampaignChannel::Solicitation => Channel::Solicitation,
        }
    }

    /// The files that go with any of its letters, each once.
    pub fn attachments(&self) -> Vec<&AttachmentName> {
        fn named(templates: &Templates) -> impl Iterator<Item = &crate::template::WrittenName> {
            templates.written().iter().flat_map(|letter| &letter.attachments)
        }
        let mut names: Vec<&AttachmentName> = self.all_templates().flat_map(named).map(|named| &named.name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The words of each arm of its split test; one where there is none.
    pub(crate) fn all_templates(&self) -> impl Iterator<Item = &Templates> {
        std::iter::once(&self.templates).chain(self.split.variants.iter().map(|variant| &variant.templates))
    }

    /// The marks with which an order gets no message from this campaign, as the gate wants them.
    pub fn withholding_marks(&self) -> Vec<OrderMark> {
        self.skip_when.iter().filter_map(|skip| skip.mark()).collect()
    }
}

/// How a campaign's messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignChannel {
    /// Its own text by e-mail.
    Email,
    /// Amazon's "Request a Review", in Amazon's words.
    Solicitation,
    /// Its own text where it has one in the buyer's language, else Amazon's.
    Fallback,
}

impl CampaignChannel {
    /// The written forms.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("email", Self::Email), ("solicitation", Self::Solicitation), ("fallback", Self::Fallback)];

    /// The written form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Solicitation => "solicitation",
            Self::Fallback => "fallback",
        }
    }
}

/// The priority of a campaign that names none.
pub(crate) const USUAL_PRIORITY: u8 = 50;

/// What starts a campaign's delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The order was placed.
    Confirmed,
    /// It was shipped.
    Shipped,
    /// It was delivered, by the latest day that the delivery date allows.
    Delivered,
    /// A confirmed notice said that a return was asked for.
    Returned,
    /// A confirmed notice said that it was refunded.
    Refunded,
}

impl Trigger {
    /// The written forms.
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("confirmed", Self::Confirmed),
        ("shipped", Self::Shipped),
        ("delivered", Self::Delivered),
        ("returned", Self::Returned),
        ("refunded", Self::Refunded),
    ];

    /// The mark that the trigger waits for, where a notice tells of it.
    pub const fn mark(self) -> Option<OrderMark> {
        match self {
            Self::Confirmed | Self::Shipped | Self::Delivered => None,
            Self::Returned => Some(OrderMark::Returned),
            Self::Refunded => Some(OrderMark::Refunded),
        }
    }
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

    /// What a mark that a campaign leaves out keeps back by.
    pub(crate) const fn of_mark(mark: OrderMark) -> Self {
        match mark {
            OrderMark::Refunded => Self::Refunded,
            OrderMark::Returned => Self::Returned,
            OrderMark::Claim => Self::Claim,
            OrderMark::CancellationRequested => Self::CancellationRequested,
            OrderMark::OpenQuestion => Self::OpenQuestion,
        }
    }

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
    /// Only these stores, or all but these.
    pub stores: Option<Stores>,
    /// By the seller's product numbers, compared without case.
    pub skus: Lists,
    /// By Amazon's product numbers, compared without case.
    pub asins: Lists,
    /// Only what Amazon or only what the seller ships.
    pub fulfilment: Option<Fulfilment>,
    /// In what state its items were offered.
    pub item_condition: Option<ItemConditions>,
    /// Amazon Business.
    pub business: Option<Choice>,
    /// By destination, ISO 3166 codes.
    pub countries: Lists,
    /// Pieces in the order, all items together.
    pub quantity: Option<Amount>,
    /// What one piece of each of its items costs.
    pub price: Option<MoneyRange>,
    /// What all its items cost together, without postage.
    pub order_value: Option<MoneyRange>,
    /// Whether a promotion was used.
    pub promotion: Option<Choice>,
    /// Whether the same buyer had ordered before, by the alias.
    pub buyer: Option<BuyerKind>,
    /// Whether it came late.
    pub late: Option<Choice>,
    /// Only orders that notices marked so; leaving them out is [`SkipWhen`].
    pub only_marked: Vec<OrderMark>,
    /// How much of it was refunded.
    pub refunded: Option<RefundedPart>,
    /// The stars that the buyer gave the seller for it.
    pub feedback_stars: Option<Amount>,
    /// The stars that the buyer gave the product.
    pub review_stars: Option<Amount>,
    /// By the buyer's language, ISO 639.
    pub buyer_language: Option<Languages>,
}

/// Stores that a campaign is for, or that it is not for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stores {
    /// Which.
    pub stores: Vec<Marketplace>,
    /// Only those, or all but those.
    pub choice: Choice,
}

/// States of items that a campaign is for, or that it is not for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemConditions {
    /// Which.
    pub conditions: Vec<ItemCondition>,
    /// Every item is in one of those, or none is.
    pub choice: Choice,
}

/// Whether a buyer had ordered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuyerKind {
    /// It is his first order in this account.
    New,
    /// It is not.
    Repeat,
}

impl BuyerKind {
    /// The written forms.
    pub(crate) const WORDS: [(&'static str, Self); 2] = [("new", Self::New), ("repeat", Self::Repeat)];
}

/// How much of an order must have been refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundedPart {
    /// A part of it and no more.
    OnlyPartly,
    /// All of it.
    OnlyFully,
    /// Nothing or a part of it.
    ExcludeFully,
}

impl RefundedPart {
    /// The written forms, beside `only` and `exclude`, which ask for any refund.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("only_partly", Self::OnlyPartly), ("only_fully", Self::OnlyFully), ("exclude_fully", Self::ExcludeFully)];
}

/// The languages of buyers that a campaign is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Languages {
    /// One that is spoken in the order's store (Amazon's list of marketplaces).
    OfStore,
    /// One that the campaign has a template in.
    OfTemplates,
    /// These, and not those.
    Listed(Lists),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// At least.
    pub min: Option<u32>,
    /// At most.
    pub max: Option<u32>,
    /// Only what lies within, or all but that.
    pub choice: Choice,
}

impl Amount {
    /// Whether a number lies within the range, whatever the choice.
    pub(crate) fn holds(&self, number: u64) -> bool {
        self.min.is_none_or(|min| number >= u64::from(min)) && self.max.is_none_or(|max| number <= u64::from(max))
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => write!(f, "of {min}"),
            (Some(min), Some(max)) => write!(f, "from {min} to {max}"),
            (Some(min), None) => write!(f, "from {min}"),
            (None, Some(max)) => write!(f, "up to {max}"),
            (None, None) => f.write_str("of any number"),
        }
    }
}

/// A range of money in one currency, both ends within; an order in another currency can't be held against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyRange {
    /// Only what lies within, or all but that.
    pub choice: Choice,
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
            Some(min) => amount.compared_with(min, pieces)?.is_ge(),
            None => true,
        };
        let below = match &self.max {
            Some(max) => amount.compared_with(max, pieces)?.is_le(),
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
