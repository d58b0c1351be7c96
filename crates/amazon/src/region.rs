//! The three regions in which Amazon's stores are grouped: one authorisation of a seller, one address of the API each.

use model::Marketplace;

/// A region of the Selling Partner API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Region {
    /// North and South America.
    NorthAmerica,
    /// Europe, the Middle East, Africa and India.
    Europe,
    /// The Far East and Australia.
    FarEast,
}

impl Region {
    /// Every region.
    pub const ALL: &'static [Self] = &[Self::NorthAmerica, Self::Europe, Self::FarEast];

    /// Amazon's short name, as in its addresses and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NorthAmerica => "na",
            Self::Europe => "eu",
            Self::FarEast => "fe",
        }
    }

    /// The region of a store (Amazon's table of marketplaces).
    pub const fn of(store: Marketplace) -> Self {
        use Marketplace::{Ae, Au, Be, Br, Ca, De, Eg, Es, Fr, Gb, Ie, In, It, Jp, Mx, Nl, Pl, Sa, Se, Sg, Tr, Us, Za};
        match store {
            Br | Ca | Mx | Us => Self::NorthAmerica,
            Ae | Be | De | Eg | Es | Fr | Gb | Ie | In | It | Nl | Pl | Sa | Se | Tr | Za => Self::Europe,
            Au | Jp | Sg => Self::FarEast,
        }
    }
}

/// A text that names no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a region of Amazon's API; use na (America), eu (Europe, Middle East, Africa, India) or fe (Far East)"
)]
pub struct UnknownRegion(pub String);

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Region {
    type Err = UnknownRegion;

    /// By Amazon's short name in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.iter().copied().find(|region| text.trim().eq_ignore_ascii_case(region.as_str()));
        named.ok_or_else(|| UnknownRegion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_has_the_region_of_amazons_table() {
        let count = |wanted| Marketplace::ALL.iter().filter(|store| Region::of(**store) == wanted).count();
        assert_eq!([Region::NorthAmerica, Region::Europe, Region::FarEast].map(count), [4, 16, 3]);
        assert_eq!(Region::of(Marketplace::In), Region::Europe);
        assert_eq!(Region::of(Marketplace::Sg), Region::FarEast);
        for region in Region::ALL {
            assert_eq!(region.to_string().to_uppercase().parse(), Ok(*region));
        }
        assert!("us".parse::<Region>().is_err());
    }
}
