//! The stand-in's time: the machine's, the machine's speeded up, or one that a test moves by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use model::{Span, Timestamp};

/// A clock, shared by all who hold it.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Speeded { start: Timestamp, since: Instant, times: i64 },
    ByHand(Mutex<Timestamp>),
}

impl Clock {
    /// Runs from `start` on, `times` as fast as the machine's.
    pub fn speeded(start: Timestamp, times: u32) -> Self {
        Self(Arc::new(Kind::Speeded { start, since: Instant::now(), times: times.into() }))
    }

    /// Stands still until it is moved.
    pub fn by_hand(start: Timestamp) -> Self {
        Self(Arc::new(Kind::ByHand(Mutex::new(start))))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Kind::Speeded { start, since, times } => {
                let passed = i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX);
                start.plus(Span::micros(passed.saturating_mul(*times)))
            }
            Kind::ByHand(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a clock that stands still; others go their own way.
    pub fn advance(&self, by: Span) {
        if let Kind::ByHand(time) = &*self.0 {
            let mut time = time.lock().unwrap_or_else(PoisonError::into_inner);
            *time = time.plus(by);
        }
    }
}
