//! The load of one round: peers that deliver notices, an importer of reports, an importer of mail files. Each keeps
//! its own books in the memory and stops when told, or when what it talks to is gone.

use std::io::{Read, Seek};
use std::process::{Child, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::memory::Memory;
use crate::house::House;
use crate::letters;
use crate::random::Random;
use crate::smtp::{Answer, Session};
use crate::{Fault, fault};

/// What the threads of a round share.
pub struct Round<'a> {
    /// The house.
    pub house: &'a House,
    /// The books.
    pub memory: &'a Mutex<Memory>,
    /// Set when the load must end.
    pub over: &'a AtomicBool,
    /// Programs of the importers that run just now, to be killed with the server.
    pub running: &'a Mutex<Vec<Child>>,
}

/// The books, whoever held them before.
pub fn books(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Round<'_> {
    /// Delivers notices by SMTP, one after another. A broken connection ends it and is no fault: nothing was
    /// acknowledged. So does an answer other than 250, as a database that is down gives.
    pub fn deliver(&self, address: &str, mut random: Random) {
        let Ok(mut session) = Session::open(address) else { return };
        while !self.over.load(Ordering::Relaxed) {
            let (place, recipient, mail) = {
                let mut memory = books(self.memory);
                let place = memory.next_notice(&mut random);
                let notice = &memory.notices[place];
                (place, memory.accounts[notice.account].address.clone(), notice.mail.clone())
            };
            match session.deliver(&recipient, &mail) {
                Ok(Answer::Acknowledged) => books(self.memory).notices[place].acknowledged += 1,
                Ok(Answer::NotTaken(_)) => std::thread::sleep(Duration::from_millis(20)),
                Err(_) => return,
            }
            std::thread::sleep(Duration::from_millis(random.below(25)));
        }
    }

    /// Imports reports by the command line, one after another.
    pub fn import_orders(&self, mut random: Random) -> Result<(), Fault> {
        while !self.over.load(Ordering::Relaxed) {
            let (account, chosen, handle, report) = {
                let mut memory = books(self.memory);
                let (account, chosen) = memory.next_report(&mut random);
                let known = &memory.accounts[account];
                let orders: Vec<_> =
                    chosen.iter().filter_map(|id| known.orders.get(id)).map(|known| known.reported.clone()).collect();
                (account, chosen, known.handle.clone(), letters::report(&orders))
            };
            let file = self.house.file(&format!("orders-{}.tsv", random.next()), report)?;
            let ended = self.run(&["orders", "import", "--json", "--account", &handle, &file])?;
            if ended.status.success() {
                books(self.memory).imported(account, &chosen);
            } else if ended.status.code().is_some_and(|code| code != 3) {
                return Err(fault(format!(
                    "orders import: {} {}",
                    ended.status,
                    String::from_utf8_lossy(&ended.stderr)
                )));
            }
            std::fs::remove_file(&file)?;
            std::thread::sleep(Duration::from_millis(random.below(60)));
        }
        Ok(())
    }

    /// Takes in some notices from a folder of files by the command line, one account's at a time.
    pub fn import_mails(&self, mut random: Random) -> Result<(), Fault> {
        while !self.over.load(Ordering::Relaxed) {
            let folder = self.house.path(&format!("mails-{}", random.next()));
            std::fs::create_dir(&folder)?;
            let anew = random.below(2) == 0;
            let (handle, places) = {
                let mut memory = books(self.memory);
                let place = memory.next_notice(&mut random);
                let account = memory.notices[place].account;
                let mut places = vec![place];
                for _ in 0..random.below(6) {
                    let place = memory.next_notice(&mut random);
                    // A file goes to the account that imports it, so another account's is not sent after all.
                    if memory.notices[place].account == account && !places.contains(&place) {
                        places.push(place);
                    } else {
                        memory.notices[place].transmitted -= 1;
                    }
                }
                for place in &places {
                    std::fs::write(folder.join(format!("{place}.eml")), &memory.notices[*place].mail)?;
                    memory.notices[*place].by_file += 1;
                }
                (memory.accounts[account].handle.clone(), places)
            };
            let folder_given = folder.display().to_string();
            let mut arguments = vec!["intake", "import", "--json", "--account", &handle, &folder_given];
            arguments.extend(anew.then_some("--anew"));
            let ended = self.run(&arguments)?;
            if ended.status.success() {
                let mut memory = books(self.memory);
                for place in places {
                    memory.imported_mail(place, anew);
                }
            } else if ended.status.code().is_some_and(|code| code != 3) {
                return Err(fault(format!(
                    "intake import: {} {}",
                    ended.status,
                    String::from_utf8_lossy(&ended.stderr)
                )));
            }
            std::fs::remove_dir_all(&folder)?;
            std::thread::sleep(Duration::from_millis(random.below(150)));
        }
        Ok(())
    }

    /// Runs the program where the killer finds it.
    fn run(&self, arguments: &[&str]) -> Result<Output, Fault> {
        let mut command = self.house.command(arguments);
        let mut complaints = tempfile::tempfile()?;
        let child = command.stdout(Stdio::null()).stderr(complaints.try_clone()?).spawn()?;
        let id = child.id();
        self.running().push(child);
        loop {
            let mut running = self.running();
            let Some(place) = running.iter().position(|child| child.id() == id) else {
                return Err(fault("an importer got lost"));
            };
            if let Some(status) = running[place].try_wait()? {
                running.remove(place).wait()?;
                let mut stderr = Vec::new();
                complaints.rewind()?;
                complaints.read_to_end(&mut stderr)?;
                return Ok(Output { status, stdout: Vec::new(), stderr });
            }
            drop(running);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SIGKILL to every importer that runs just now.
    pub fn kill_importers(&self) -> Result<(), Fault> {
        self.running().iter_mut().try_for_each(|child| Ok(child.kill()?))
    }
}
