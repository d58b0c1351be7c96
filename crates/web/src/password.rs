//! Passwords: argon2id, a few at a time and never on a thread that answers requests. An unknown address costs
//! as much time as a known one.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// The fewest characters of a password.
pub(crate) const SHORTEST: usize = 12;

/// The most bytes that are hashed, so that nobody can make hashing dear.
pub(crate) const LONGEST: usize = 1024;

/// Each takes 19 MiB and a core for a while.
const AT_ONCE: usize = 2;

/// Hashes and compares passwords.
pub(crate) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Compared with where no member has the address, so that the answer takes as long.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// argon2id with 19 MiB and two passes (OWASP Password Storage Cheat Sheet).
fn argon() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash_now(password: &str) -> Option<String> {
    let salt = SaltString::generate(&mut OsRng);
    argon().hash_password(password.as_bytes(), &salt).ok().map(|hash| hash.to_string())
}

impl Passwords {
    /// The hash of a new password, as the store keeps it (PHC string).
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        let hash = self.on_a_thread(move || hash_now(&password)).await?;
        hash.ok_or_else(|| Problem::fault("a password could not be hashed"))
    }

    /// Whether the password is the one behind `hash`; without a hash it takes as long and is no.
    pub async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        self.on_a_thread(move || {
            let known = hash.is_some() && password.len() <= LONGEST;
            let compared = hash.as_deref().unwrap_or(&NOBODYS);
            let same = PasswordHash::new(compared).is_ok_and(|hash| {
                argon().verify_password(&password.as_bytes()[..password.len().min(LONGEST)], &hash).is_ok()
            });
            same && known
        })
        .await
    }

    async fn on_a_thread<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> Result<R, Problem> {
        let turn =
            Arc::clone(&self.0).acquire_owned().await.map_err(|_| Problem::fault("the dashboard is stopping"))?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Problem::fault("a password could not be checked"))
    }
}

/// What is wrong with a new password, in a sentence; none where it will do.
pub(crate) fn fault_of(password: &str) -> Option<&'static str> {
    if password.chars().count() < SHORTEST {
        Some("Choose a password of at least 12 characters.")
    } else if password.len() > LONGEST {
        Some("Choose a shorter password.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_password_matches_and_nobodys_never_does() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery".to_owned()).await.ok().unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.matches("correct horse battery".to_owned(), Some(hash.clone())).await.ok().unwrap());
        assert!(!passwords.matches("correct horse batterx".to_owned(), Some(hash)).await.ok().unwrap());
        assert!(!passwords.matches("nobody has this password".to_owned(), None).await.ok().unwrap());
    }
}
