//! Whether a message may leave: the gate, the permit it grants, the refusal it gives, and the daily cap.
//! Pure: every fact is an argument, the clock among them; the store reads the facts inside its transaction.

pub mod cap;
pub mod facts;
pub mod gate;
pub mod member_mailbox;
pub mod pace;
pub mod permit;
pub mod refusal;
pub mod retry;
pub mod words;

pub use cap::{CapUse, daily_cap, reserve, turn};
pub use facts::{Facts, OrderFacts, SuppressionFact};
pub use gate::{Verdict, decide};
pub use member_mailbox::{MailboxRefusal, MemberMailbox};
pub use pace::Pace;
pub use permit::{Permit, RenderedText, Sendable};
pub use refusal::Refusal;
pub use retry::{Retry, retry_after};
