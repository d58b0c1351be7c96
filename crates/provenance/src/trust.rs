//! Whom an installation trusts: the domains whose signature proves a mail, and the sealers whose word vouches for
//! one. Compared exactly, never by ending.

use model::Marketplace;

use crate::tags;

/// A sending service of Amazon's that anyone can use: its signature says nothing of who wrote a mail.
pub(crate) const ANYBODYS_SERVICE: &str = "amazonses.com";

/// Sealers that are trusted unless the configuration names others: the two large mailbox providers that seal what
/// they forward.
const SEALERS: [&str; 2] = ["google.com", "microsoft.com"];

/// Whom an installation trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    domains: Vec<String>,
    sealers: Vec<String>,
}

impl Default for Trust {
    fn default() -> Self {
        let mut domains: Vec<String> =
            Marketplace::ALL.iter().map(|store| store.facts().retail_domain.to_owned()).collect();
        domains.sort_unstable();
        domains.dedup();
        Self { domains, sealers: SEALERS.map(str::to_owned).to_vec() }
    }
}

/// Why a name can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untrustworthy {
    /// It is no domain.
    NoDomain(String),
    /// Anyone can sign with it.
    Anybodys(String),
}

impl std::fmt::Display for Untrustworthy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoDomain(name) => {
                write!(f, "`{name}` is not a domain; an internationalised one is written in its xn-- form")
            }
            Self::Anybodys(name) => {
                write!(f, "anyone can have mail signed by {name}, so it proves nothing; leave it out")
            }
        }
    }
}

impl std::error::Error for Untrustworthy {}

impl Trust {
    /// Trusts these domains and sealers instead of those that come with the program.
    pub fn in_only(domains: Option<&[String]>, sealers: Option<&[String]>) -> Result<Self, Untrustworthy> {
        let known = Self::default();
        Ok(Self { domains: domains.map_or(Ok(known.domains), all)?, sealers: sealers.map_or(Ok(known.sealers), all)? })
    }

    /// Whether a signature of exactly this domain proves a mail.
    pub fn proves(&self, domain: &str) -> bool {
        self.domains.iter().any(|known| known == domain)
    }

    /// Whether a seal of exactly this domain vouches for a mail.
    pub fn seals(&self, domain: &str) -> bool {
        self.sealers.iter().any(|known| known == domain)
    }
}

fn all(names: &[String]) -> Result<Vec<String>, Untrustworthy> {
    let one = |name: &String| {
        let domain = tags::domain(name.trim()).filter(|domain| domain.contains('.'));
        let domain = domain.ok_or_else(|| Untrustworthy::NoDomain(name.clone()))?;
        let service = domain == ANYBODYS_SERVICE || domain.ends_with(".amazonses.com");
        if service { Err(Untrustworthy::Anybodys(domain)) } else { Ok(domain) }
    };
    names.iter().map(one).collect()
}
