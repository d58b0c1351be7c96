//! Counts sign-ins and notes by machine, in memory that can't grow without end; the store counts them by address. Whoever
//! tries too often has to wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::{Span, Timestamp};

/// Tries are forgotten after so long.
const WINDOW: Span = Span::minutes(15);

/// Wrong sign-ins from one machine within the window; several people may share it.
const SIGN_INS: u32 = 40;

/// Notes to the operator from one machine within the window.
const NOTES: u32 = 5;

/// Machines that are remembered.
const REMEMBERED: usize = 20_000;

/// The tries of late.
#[derive(Debug)]
pub(crate) struct Attempts {
    counts: Mutex<HashMap<IpAddr, (Timestamp, u32)>>,
    from_one_machine: u32,
}

impl Attempts {
    /// Of sign-ins.
    pub fn of_sign_ins() -> Self {
        Self { counts: Mutex::default(), from_one_machine: SIGN_INS }
    }

    /// Of notes to the operator.
    pub fn of_notes() -> Self {
        Self { counts: Mutex::default(), from_one_machine: NOTES }
    }

    /// Counts a try before it is looked at, so that many at once can't slip through. False: it has to wait.
    pub fn begin(&self, machine: IpAddr, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
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
        *count <= self.from_one_machine
    }

    /// The try was right: it does not count.
    pub fn succeeded(&self, machine: IpAddr) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
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
        let (attempts, now) = (Attempts::of_sign_ins(), Timestamp::from_micros(0));
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        assert!((0..SIGN_INS).all(|_| attempts.begin(one, now)));
        assert!(!attempts.begin(one, now));
        assert!(attempts.begin(other, now));
        assert!(attempts.begin(one, now.plus(WINDOW)));
    }

    #[test]
    fn right_tries_never_lock_a_shared_machine() {
        let (attempts, now, machine) =
            (Attempts::of_sign_ins(), Timestamp::from_micros(0), IpAddr::from([192, 0, 2, 1]));
        for _ in 0..1000 {
            assert!(attempts.begin(machine, now));
            attempts.succeeded(machine);
        }
    }
}
