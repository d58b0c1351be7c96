//! From orders to messages: the planner, the outbox's workers and the explanation of an order. The thinking is
//! in `campaign` and `policy`; here it is carried to the store and to the channels.

mod counts;
mod critical;
mod desk;
mod error;
mod explain;
mod lane;
mod lanes;
mod member_mail;
mod outbox;
mod planner;
mod prepare;
mod priority;
mod reach;
mod split;
mod step;
mod trials;
mod worker;

pub use counts::OutboxCounts;
pub use error::DeliveryError;
pub use explain::explain;
pub use member_mail::{MemberMailCounts, MemberMailSettings, member_mail_pass, write_to_members_until};
pub use outbox::{Outbox, outbox_pass};
pub use planner::{PlanCounts, plan_pass};
pub use reach::reach;
pub use trials::{sender_fault, trial_pass, try_sender_out, try_senders_until};
pub use worker::work_until;
