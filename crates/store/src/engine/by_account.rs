//! What waits, by account, and who works through it. One worker an account at a time, nothing left behind when it goes:
//! whoever brings the first thing must work until [`ByAccount::go_on`] says no, and whoever comes while it works need
//! only wait. Shuttle tries the orders in which threads can meet here.

use std::collections::{HashMap, VecDeque};
#[cfg(not(test))]
use std::sync::{Mutex, PoisonError};

#[cfg(test)]
use shuttle::sync::Mutex;
#[cfg(test)]
use std::sync::PoisonError;

type Account = [u8; 16];

/// The queues. An account stands here as long as somebody works through its queue.
pub(super) struct ByAccount<J> {
    waiting: Mutex<HashMap<Account, VecDeque<J>>>,
}

impl<J> Default for ByAccount<J> {
    fn default() -> Self {
        Self { waiting: Mutex::new(HashMap::new()) }
    }
}

impl<J> ByAccount<J> {
    /// Puts something in the queue; true where nobody works through it yet, so that the caller must.
    pub fn join(&self, account: Account, job: J) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !waiting.contains_key(&account);
        waiting.entry(account).or_default().push_back(job);
        is_first
    }

    /// Whether something waits; where nothing does, the account is left, and the next to come works.
    pub fn go_on(&self, account: Account) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let some = waiting.get(&account).is_some_and(|jobs| !jobs.is_empty());
        if !some {
            waiting.remove(&account);
        }
        some
    }

    /// The next in the queue, for the one who works through it.
    pub fn next(&self, account: Account) -> Option<J> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&account)?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use shuttle::sync::atomic::{AtomicUsize, Ordering};
    use shuttle::sync::{Arc, mpsc};
    use shuttle::thread;

    use super::*;

    const ACCOUNTS: usize = 2;
    /// Steps that one commit gathers at most, as small as it can be and still be more than one.
    const AT_ONCE: usize = 2;

    /// Four callers bring steps for two accounts; each waits until his is told, as `take_one` does.
    fn callers_meet() {
        let queues: Arc<ByAccount<mpsc::Sender<()>>> = Arc::new(ByAccount::default());
        let working: Arc<[AtomicUsize; ACCOUNTS]> = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let callers: Vec<_> = (0..4)
            .map(|caller| {
                let (queues, working) = (Arc::clone(&queues), Arc::clone(&working));
                thread::spawn(move || {
                    let place = caller % ACCOUNTS;
                    let account = [u8::try_from(place).unwrap(); 16];
                    let (tell, told) = mpsc::channel();
                    if queues.join(account, tell) {
                        let (queues, working) = (Arc::clone(&queues), Arc::clone(&working));
                        thread::spawn(move || work(&queues, &working[place], account));
                    }
                    told.recv().expect("the step was forgotten");
                    assert!(told.try_recv().is_err(), "the step was run twice");
                })
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
    }

    fn work(queues: &ByAccount<mpsc::Sender<()>>, working: &AtomicUsize, account: Account) {
        assert_eq!(working.fetch_add(1, Ordering::SeqCst), 0, "two work for one account");
        // Left before the account is, so that who comes next finds nobody: the last look is the leaving.
        loop {
            let mut gathered = Vec::new();
            while gathered.len() < AT_ONCE {
                let Some(tell) = queues.next(account) else { break };
                gathered.push(tell);
                thread::yield_now();
            }
            for tell in gathered {
                // A caller that is gone is no loss.
                let _ = tell.send(());
            }
            working.fetch_sub(1, Ordering::SeqCst);
            if !queues.go_on(account) {
                return;
            }
            assert_eq!(working.fetch_add(1, Ordering::SeqCst), 0, "two work for one account");
        }
    }

    #[test]
    fn every_step_is_run_once_and_one_works_for_an_account_at_a_time_in_whatever_order_threads_meet() {
        shuttle::check_random(callers_meet, 1000);
        shuttle::check_pct(callers_meet, 1000, 3);
    }
}
