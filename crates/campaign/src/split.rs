//! Split tests: variants of a campaign's words, and orders that get none so that the others can be compared with them.
//! Which order falls where depends on a keyed hash of its id alone, so that it is the same on every node and at every
//! look, and nobody can tell it from outside. What is compared is counted from records; nothing in a letter reports back.

use crate::template::Templates;

/// Places that orders fall on: shares are counted in hundredths of a percent.
pub const PLACES: u16 = 10_000;

/// The arm of the campaign's main words.
pub const MAIN_ARM: &str = "a";
/// The arm of orders that get no message.
pub const HOLD_OUT_ARM: &str = "hold_out";

/// How a campaign's orders are split.
#[derive(Debug, Clone, Default)]
pub struct Split {
    /// Percent of the orders that get no message.
    pub hold_out: u8,
    /// The words beside the main ones; whatever no share names gets the main ones.
    pub variants: Vec<Variant>,
}

/// Other words of a campaign.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Percent of the orders that get them.
    pub share: u8,
    /// The words, in the languages of the main ones.
    pub templates: Templates,
}

/// Where an order falls.
#[derive(Debug, Clone, Copy)]
pub enum Arm<'s> {
    /// The main words.
    Main,
    /// Other words.
    Variant(&'s Variant),
    /// No message.
    HoldOut,
}

impl<'s> Arm<'s> {
    /// Its name.
    pub fn name(self) -> &'s str {
        match self {
            Self::Main => MAIN_ARM,
            Self::Variant(variant) => &variant.name,
            Self::HoldOut => HOLD_OUT_ARM,
        }
    }
}

impl Split {
    /// Where an order falls whose hash gave it this place, below [`PLACES`].
    pub fn arm(&self, place: u16) -> Arm<'_> {
        let mut until = u16::from(self.hold_out) * 100;
        if place < until {
            return Arm::HoldOut;
        }
        for variant in &self.variants {
            until += u16::from(variant.share) * 100;
            if place < until {
                return Arm::Variant(variant);
            }
        }
        Arm::Main
    }

    /// Whether it splits at all.
    pub const fn is_none(&self) -> bool {
        self.hold_out == 0 && self.variants.is_empty()
    }

    /// The names of its arms, the main words first.
    pub fn arms(&self) -> Vec<&str> {
        let variants = self.variants.iter().map(|variant| variant.name.as_str());
        let held_out = (self.hold_out > 0).then_some(HOLD_OUT_ARM);
        std::iter::once(MAIN_ARM).chain(variants).chain(held_out).collect()
    }
}

/// A rate with the range that it most likely lies in: Wilson's interval at 95 %, which holds for small counts, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The share that was counted.
    pub share: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Rate {
    /// So many of so many; none where there is nothing to count.
    pub fn of(hits: u32, tries: u32) -> Option<Self> {
        if tries == 0 || hits > tries {
            return None;
        }
        // The 97.5th percentile of the normal distribution.
        const Z: f64 = 1.959_964;
        let (hits, tries) = (f64::from(hits), f64::from(tries));
        let share = hits / tries;
        let spread = 1.0 + Z * Z / tries;
        let centre = (share + Z * Z / (2.0 * tries)) / spread;
        let half = Z / spread * (share * (1.0 - share) / tries + Z * Z / (4.0 * tries * tries)).sqrt();
        // With none or all of them the one end is the share itself; rounding must not put it on the other side.
        Some(Self { share, low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) })
    }

    /// Whether the two ranges lie apart, so that the difference is hardly chance.
    pub fn lies_apart_from(&self, other: &Self) -> bool {
        self.low > other.high || other.low > self.high
    }
}
