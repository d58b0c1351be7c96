//! The stores that one call asks about. Amazon answers for one region at a time and names a most for each call.

use model::Marketplace;

use crate::Region;

/// Some stores of one region, each once, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stores {
    region: Region,
    stores: Vec<Marketplace>,
}

/// Stores that can't be asked about in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStores {
    /// None.
    #[error("name at least one store")]
    None,
    /// Of several regions.
    #[error("the stores {0} and {1} are in two of Amazon's regions; ask each region by itself")]
    TwoRegions(Marketplace, Marketplace),
}

impl Stores {
    /// At least one, all of one region. (There are fewer stores than any call's most: 25 for a report, 50 for orders.)
    pub fn new(stores: impl IntoIterator<Item = Marketplace>) -> Result<Self, InvalidStores> {
        let mut known = Vec::new();
        for store in stores {
            if !known.contains(&store) {
                known.push(store);
            }
        }
        let first = *known.first().ok_or(InvalidStores::None)?;
        let region = Region::of(first);
        match known.iter().copied().find(|store| Region::of(*store) != region) {
            Some(other) => Err(InvalidStores::TwoRegions(first, other)),
            None => Ok(Self { region, stores: known }),
        }
    }

    /// One store.
    pub fn one(store: Marketplace) -> Self {
        Self { region: Region::of(store), stores: vec![store] }
    }

    /// Their region.
    pub const fn region(&self) -> Region {
        self.region
    }

    /// They.
    pub fn iter(&self) -> impl Iterator<Item = Marketplace> + '_ {
        self.stores.iter().copied()
    }

    /// Amazon's ids of them.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.iter().map(|store| store.facts().id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Marketplace::{De, Fr, Us};

    #[test]
    fn stores_of_one_call_are_of_one_region() {
        assert_eq!(Stores::new([De, Fr, De]).unwrap().iter().collect::<Vec<_>>(), [De, Fr]);
        assert_eq!(Stores::new([]), Err(InvalidStores::None));
        assert_eq!(Stores::new([De, Fr, Us]), Err(InvalidStores::TwoRegions(De, Us)));
    }
}
