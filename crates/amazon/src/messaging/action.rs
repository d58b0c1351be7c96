//! The nine kinds of message of Amazon's model of August 2026, each with its limits. Names beyond them occur in answers
//! (`updateFeedback`) and are passed over; the one for the removal of feedback is gone from the model and not built.

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// A question about the customization of a product.
    ConfirmCustomizationDetails,
    /// A question about the delivery.
    ConfirmDeliveryDetails,
    /// A disclosure that the law demands.
    LegalDisclosure,
    /// A question before the order is shipped.
    ConfirmOrderDetails,
    /// A question about a Home Services call.
    ConfirmServiceDetails,
    /// The papers of a warranty.
    Warranty,
    /// A key to something digital.
    DigitalAccessKey,
    /// Something unexpected that keeps the order from the buyer.
    UnexpectedProblem,
    /// The invoice.
    Invoice,
}

/// What a kind of message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most characters of its text; none where it has no text. A text has at least one.
    pub text: Option<usize>,
    /// The fewest and the most attachments.
    pub attachments: (usize, usize),
    /// Whether it may name when a warranty begins and ends.
    pub coverage: bool,
}

impl Action {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::ConfirmCustomizationDetails,
        Self::ConfirmDeliveryDetails,
        Self::LegalDisclosure,
        Self::ConfirmOrderDetails,
        Self::ConfirmServiceDetails,
        Self::Warranty,
        Self::DigitalAccessKey,
        Self::UnexpectedProblem,
        Self::Invoice,
    ];

    /// The last part of the path it is sent to.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmCustomizationDetails => "confirmCustomizationDetails",
            Self::ConfirmDeliveryDetails => "confirmDeliveryDetails",
            Self::LegalDisclosure => "legalDisclosure",
            Self::ConfirmOrderDetails => "confirmOrderDetails",
            Self::ConfirmServiceDetails => "confirmServiceDetails",
            Self::Warranty => "warranty",
            Self::DigitalAccessKey => "digitalAccessKey",
            Self::UnexpectedProblem => "unexpectedProblem",
            Self::Invoice => "invoice",
        }
    }

    /// By the name that an order offers it under. The invoice is listed as `sendInvoice` and sent to `invoice`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = if name == "sendInvoice" { "invoice" } else { name };
        Self::ALL.iter().copied().find(|action| action.as_str() == name)
    }

    /// What it takes. A disclosure without an attachment would say nothing, so it needs one, though the model does not say so.
    pub const fn limits(self) -> Limits {
        match self {
            Self::ConfirmCustomizationDetails => Limits { text: Some(800), attachments: (0, 5), coverage: false },
            Self::ConfirmDeliveryDetails
            | Self::ConfirmOrderDetails
            | Self::ConfirmServiceDetails
            | Self::UnexpectedProblem => Limits { text: Some(2_000), attachments: (0, 0), coverage: false },
            Self::LegalDisclosure | Self::Invoice => Limits { text: None, attachments: (1, 5), coverage: false },
            Self::Warranty => Limits { text: None, attachments: (1, 5), coverage: true },
            Self::DigitalAccessKey => Limits { text: Some(400), attachments: (0, 5), coverage: false },
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
