//! Numbers that look random and are the same in every run, so that two runs measure the same work.

/// A stream of such numbers (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// The stream of this number.
    pub const fn new(stream: u64) -> Self {
        Self(stream)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True so many times in a hundred.
    pub const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = usize::try_from(self.next()).unwrap_or_default().checked_rem(words.len()).unwrap_or_default();
        words.get(place).copied().unwrap_or_default()
    }
}
