//! The gate's yes. A permit owns all that is to leave (recipient, text, channel) and its own end, so that
//! there is nothing else to send; it can't be cloned, and only the gate can make one (law 3).

use model::{AccountId, Alias, Attachment, Channel, Delivery, Marketplace, MessageId, OrderId, Span, Timestamp};

/// A subject and a text, rendered and checked, with the files that go with them, on their way to the gate.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedText {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The files that go with it.
    pub attachments: Vec<Attachment>,
}

impl RenderedText {
    /// Words that nothing goes with.
    pub const fn plain(subject: String, text: String) -> Self {
        Self { subject, text, attachments: Vec::new() }
    }
}

impl std::fmt::Debug for RenderedText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.subject.len() + self.text.len();
        f.debug_struct("RenderedText").field("bytes", &bytes).field("attachments", &self.attachments.len()).finish()
    }
}

/// What the permitted message consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sendable {
    /// A mail to the buyer's alias.
    Email {
        /// The recipient.
        to: Alias,
        /// What is said.
        text: RenderedText,
    },
    /// Amazon's own review request: Amazon writes the text and knows the buyer.
    Solicitation,
}

/// The right to let one message leave once, within ten seconds.
///
/// It is handed over by value and used up by that; reading it is free:
///
/// ```
/// fn message_of(permit: &policy::Permit) -> model::MessageId {
///     permit.message()
/// }
/// fn hand_over(permit: policy::Permit) {
///     drop(permit);
/// }
/// ```
///
/// It can't be used twice,
///
/// ```compile_fail,E0382
/// fn hand_over_twice(permit: policy::Permit) {
///     drop(permit);
///     drop(permit);
/// }
/// ```
///
/// nor copied,
///
/// ```compile_fail,E0599
/// fn copy(permit: &policy::Permit) -> policy::Permit {
///     policy::Permit::clone(permit)
/// }
/// ```
///
/// nor made outside the gate,
///
/// ```compile_fail,E0624
/// use policy::{Permit, Sendable};
/// fn make(message: model::MessageId, account: model::AccountId, order: (model::OrderId, model::Marketplace)) -> Permit {
///     Permit::grant(message, account, order, model::Delivery::Live, Sendable::Solicitation, model::Timestamp::MIN)
/// }
/// ```
///
/// nor changed into another's.
///
/// ```compile_fail,E0616
/// fn redirect(permit: &mut policy::Permit, to: model::OrderId) {
///     permit.order_id = to;
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    message: MessageId,
    account: AccountId,
    order_id: OrderId,
    store: Marketplace,
    delivery: Delivery,
    sendable: Sendable,
    expires_at: Timestamp,
}

impl Permit {
    /// How long a permit holds (law 2), by the clock of the machine that asked for it.
    pub const LIFE: Span = Span::seconds(10);

    /// Only the gate calls this.
    pub(crate) fn grant(
        message: MessageId,
        account: AccountId,
        order: (OrderId, Marketplace),
        delivery: Delivery,
        sendable: Sendable,
        now: Timestamp,
    ) -> Self {
        let (order_id, store) = order;
        Self { message, account, order_id, store, delivery, sendable, expires_at: now.plus(Self::LIFE) }
    }

    /// The message it is for.
    pub fn message(&self) -> MessageId {
        self.message
    }

    /// Its account.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its order.
    pub fn order_id(&self) -> OrderId {
        self.order_id
    }

    /// The order's store.
    pub fn store(&self) -> Marketplace {
        self.store
    }

    /// Whether it is to leave or to be captured.
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// What may leave.
    pub fn sendable(&self) -> &Sendable {
        &self.sendable
    }

    /// How it leaves.
    pub fn channel(&self) -> Channel {
        match self.sendable {
            Sendable::Email { .. } => Channel::Email,
            Sendable::Solicitation => Channel::Solicitation,
        }
    }

    /// Until when the first byte must have left; checked last before DATA or the request (law 2).
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether it still holds.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        // A clock that was set back must not lengthen the permit.
        now < self.expires_at && now >= self.expires_at.minus(Self::LIFE)
    }
}
