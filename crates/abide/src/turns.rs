//! Turns: a command that writes a lot while the server runs pauses between its transactions, so that notices
//! are not kept waiting (design: transactions of at most 50 ms, with pauses).

use std::time::{Duration, Instant};

/// A pause is a part of the time that the transaction took, within these.
const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(15);

/// Lets others have their turn after a transaction that began then.
pub async fn give_way(began: Instant) {
    tokio::time::sleep((began.elapsed() / 4).clamp(SHORTEST, LONGEST)).await;
}
