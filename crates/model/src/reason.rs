//! Why a message waits, was refused, withdrawn, failed or is unknown: a closed list. Each code is stable,
//! has one plain sentence, and stands in docs/reasons.md, which a test holds against this list.

use crate::word::words;

words! {
    /// The code of a reason.
    Reason ("reason") {
        /// Active opt-out.
        OptedOut = "opted_out",
        /// A held suppression.
        Held = "held",
        /// A member's block of the buyer.
        Blocked = "blocked",
        /// A member's stop of the order.
        OrderStopped = "order_stopped",
        /// The order's one slot is taken.
        AlreadyMessaged = "already_messaged",
        /// The window has closed.
        OutsideWindow = "outside_window",
        /// The window or the delay has not come yet.
        NotDue = "not_due",
        /// The order was cancelled.
        OrderCancelled = "order_cancelled",
        /// The buyer asked to cancel.
        CancellationRequested = "cancellation_requested",
        /// The order was refunded.
        Refunded = "refunded",
        /// The buyer returns the order.
        Returned = "returned",
        /// A claim was opened.
        ClaimOpened = "claim_opened",
        /// The order has no buyer alias.
        NoAlias = "no_alias",
        /// The alias is shared by many buyers.
        SharedAlias = "shared_alias",
        /// The delivery date is not known.
        DeliveryUnknown = "delivery_unknown",
        /// The order has not been shipped.
        NotShipped = "not_shipped",
        /// A row of the order could not be read.
        IncompleteOrder = "incomplete_order",
        /// The order is not in the list.
        OrderUnknown = "order_unknown",
        /// Amazon restricted the account.
        AccountRestricted = "account_restricted",
        /// The notices' way in is known to be broken.
        FeedBroken = "feed_broken",
        /// A backup was restored.
        Restored = "restored",
        /// The daily cap is reached.
        CapReached = "cap_reached",
        /// The clock is behind the ledger.
        ClockBehind = "clock_behind",
        /// The account's own list can't be read.
        ListUnreadable = "list_unreadable",
        /// The campaign was switched off.
        CampaignOff = "campaign_off",
        /// Bought before the campaign began.
        BeforeCampaign = "before_campaign",
        /// What the campaign's trigger waits for has not happened.
        NotTriggered = "not_triggered",
        /// Another campaign has this order's slot.
        LowerPriority = "lower_priority",
        /// The order is kept out of the campaign by its split test.
        HeldOut = "held_out",
        /// A condition of the campaign does not hold.
        ConditionNotMet = "condition_not_met",
        /// The template could not be rendered.
        TemplateFault = "template_fault",
        /// The text breaks a rule of Amazon's.
        TextRefused = "text_refused",
        /// Critical messages by e-mail are not switched on for the store.
        ImportantOff = "important_off",
        /// The permit ran out before the first byte.
        PermitExpired = "permit_expired",
        /// A member withdrew it.
        WithdrawnByMember = "withdrawn_by_member",
        /// The process died after the first data byte.
        LostInFlight = "lost_in_flight",
        /// The channel can't be used yet.
        ChannelUnavailable = "channel_unavailable",
        /// The submission server can't be reached or doesn't answer as one.
        ServerUnreachable = "server_unreachable",
        /// The submission server asked to come back later (4yz).
        ServerDeferred = "server_deferred",
        /// The submission server refused the sign-in.
        SignInFailed = "sign_in_failed",
        /// The submission server takes no mail of the store's From address or sign-in.
        SenderRefused = "sender_refused",
        /// The server refused it for good.
        RejectedByServer = "rejected_by_server",
        /// It left, and a report on its delivery says that it failed.
        Bounced = "bounced",
        /// Live sending is off.
        LiveOff = "live_off",
        /// The store's limit of messages a minute is reached.
        Paced = "paced",
    }
}

impl Reason {
    /// Whether a message that ended for this reason comes back by itself where a later plan of its order makes one
    /// again: what a plan took back, a plan may give back. What the list or a member took back stays so.
    pub const fn ends_until_planned_anew(self) -> bool {
        matches!(
            self,
            Self::CampaignOff
                | Self::BeforeCampaign
                | Self::ConditionNotMet
                | Self::OrderCancelled
                | Self::OutsideWindow
                | Self::NotTriggered
                | Self::HeldOut
                | Self::AlreadyMessaged
        )
    }

    /// One plain sentence for the person who asks why.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OptedOut => "The buyer opted out of unsolicited messages; Amazon's notice says so.",
            Self::Held => {
                "A notice about this order or buyer could not be confirmed; a member must decide before anything leaves."
            }
            Self::Blocked => "A member blocked this buyer.",
            Self::OrderStopped => "A member stopped messages for this order.",
            Self::AlreadyMessaged => {
                "This order has had its one message, from Abide or, as an imported list says, from another tool."
            }
            Self::OutsideWindow => "The time in which Amazon allows a message for this order has passed.",
            Self::NotDue => "It is too early: the delay or the window has not come yet.",
            Self::OrderCancelled => "The order was cancelled.",
            Self::CancellationRequested => "The buyer asked to cancel the order.",
            Self::Refunded => "The order was refunded.",
            Self::Returned => "The buyer is returning the order.",
            Self::ClaimOpened => "The buyer opened a claim about the order.",
            Self::NoAlias => "The buyer's relay address is not known, so no e-mail can be sent.",
            Self::SharedAlias => "The order's relay address is shared by many buyers, so no e-mail can be sent to it.",
            Self::DeliveryUnknown => "No report has given a delivery date for this order yet.",
            Self::NotShipped => "The order has not been shipped yet.",
            Self::IncompleteOrder => "A row of this order could not be read; correct the report and import it again.",
            Self::OrderUnknown => "The order is not in Abide's list of orders.",
            Self::AccountRestricted => {
                "Amazon restricted the account from sending messages; a member must review this first."
            }
            Self::FeedBroken => {
                "The way by which Amazon's notices come in is broken, so nothing leaves until it is mended."
            }
            Self::Restored => "A backup was restored; what came in since it was made must be imported again first.",
            Self::CapReached => "The day's limit of messages is reached; it goes on tomorrow.",
            Self::ClockBehind => "This machine's clock is behind the ledger, so nothing leaves until it is set right.",
            Self::ListUnreadable => "The suppression list could not be read, so nothing leaves until it can be.",
            Self::CampaignOff => "The campaign is switched off.",
            Self::BeforeCampaign => "The order was placed before the campaign began.",
            Self::NotTriggered => "What the campaign counts from has not happened for this order.",
            Self::LowerPriority => "A campaign with a higher priority has this order's one message.",
            Self::HeldOut => {
                "The campaign's split test keeps this order without a message, to compare the others with."
            }
            Self::ConditionNotMet => "The order does not meet a condition of the campaign.",
            Self::TemplateFault => "The template could not be filled in for this order.",
            Self::TextRefused => "The text breaks a rule of Amazon's for messages to buyers.",
            Self::ImportantOff => "The operator has not switched critical messages by e-mail on for this store.",
            Self::PermitExpired => {
                "It took longer than ten seconds to begin sending, so the permission lapsed; it is asked for again."
            }
            Self::WithdrawnByMember => "A member withdrew the message.",
            Self::LostInFlight => {
                "The connection or the program was lost while the message was leaving; a member must settle whether it left."
            }
            Self::ChannelUnavailable => "This way of sending is not set up yet for the store.",
            Self::ServerUnreachable => {
                "The mail server of the store could not be reached; it is tried again by itself."
            }
            Self::ServerDeferred => "The mail server asked to come back later; it is tried again by itself.",
            Self::SignInFailed => "The mail server of the store refused the sign-in.",
            Self::SenderRefused => {
                "The mail server takes no mail from the store's From address, or not with this sign-in."
            }
            Self::RejectedByServer => "The server refused the message for good.",
            Self::Bounced => "The message left and came back: it could not be delivered.",
            Self::LiveOff => "Live sending is switched off.",
            Self::Paced => "The store's own limit of messages a minute is reached; it goes on shortly.",
        }
    }
}
