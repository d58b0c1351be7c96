//! Counts sign-ins by machine, in memory that can't grow without end; the store counts them by address. Whoever
//! tries too often has to wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::{Span, Timestamp};

/// Tries are forgotten after so long.
const WINDOW: Span = Span::minutes(15);

/// Wrong tries from one machine within the window; several people may share it.
const FROM_ONE_MACHINE: u32 = 40;

/// Machines that are remembered.
const REMEMBERED: usize = 20_000;

/// The tries of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, (Timestamp, u32)>>);

impl Attempts {
    /// Counts a try before it is looked at, so that many at once can't slip through. False: it has to wait.
    pub fn begin(&self, machine: IpAddr, now: Timestamp) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED {
            counts.retain(|_, (since, _)| now < since.plus(WINDOW));
        }
        if counts.len() >= REMEMBERED {
            // A flood from everywhere: the store's own count of all tries still holds.
            counts.clear();
        }
        let (since, count) = counts.entry(machine).or_insert((now, 0));
        if now >= since.plus(WINDOW) {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= FROM_ONE_MACHINE
    }

    /// The try was right: it does not count.
    pub fn succeeded(&self, machine: IpAddr) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = counts.get_mut(&machine) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_machine_waits_after_too_many_wrong_tries_and_others_do_not() {
        let (attempts, now) = (Attempts::default(), Timestamp::from_micros(0));
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        assert!((0..FROM_ONE_MACHINE).all(|_| attempts.begin(one, now)));
        assert!(!attempts.begin(one, now));
        assert!(attempts.begin(other, now));
        assert!(attempts.begin(one, now.plus(WINDOW)));
    }

    #[test]
    fn right_tries_never_lock_a_shared_machine() {
        let (attempts, now, machine) = (Attempts::default(), Timestamp::from_micros(0), IpAddr::from([192, 0, 2, 1]));
        for _ in 0..1000 {
            assert!(attempts.begin(machine, now));
            attempts.succeeded(machine);
        }
    }
}
