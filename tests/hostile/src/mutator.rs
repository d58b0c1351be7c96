//! Changes to seeds, as a fuzzer makes them but without a view of the code: bytes flipped, cut, doubled, joined
//! with another seed, and words of the dictionary put in. The same seed gives the same changes.

/// Makes inputs of seeds.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

/// Inputs are kept no longer than this.
const LONGEST: usize = 16 * 1024;

impl Mutator {
    /// From a number, the corpus, and a dictionary in libFuzzer's form (`"\x0d\x0a"`, one a line).
    pub fn new(number: u64, seeds: Vec<Vec<u8>>, dictionary: &str) -> Self {
        let words = dictionary.lines().filter_map(word).collect();
        Self { state: number | 1, seeds, words }
    }

    fn below(&mut self, end: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn seed(&mut self) -> Vec<u8> {
        let number = self.below(self.seeds.len());
        self.seeds.get(number).cloned().unwrap_or_default()
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..=self.below(6) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(64)).min(input.len());
            match self.below(7) {
                0 if !input.is_empty() => {
                    let at = self.below(input.len());
                    input[at] = u8::try_from(self.below(256)).unwrap_or(0);
                }
                1 => drop(input.drain(at..end)),
                2 => {
                    let again = input[at..end].repeat(1 + self.below(20));
                    input.splice(at..at, again);
                }
                3 => {
                    let other = self.seed();
                    let from = self.below(other.len() + 1);
                    input.truncate(at);
                    input.extend_from_slice(&other[from..]);
                }
                _ => {
                    let number = self.below(self.words.len());
                    if let Some(word) = self.words.get(number).cloned() {
                        let end = if self.below(2) == 0 { at } else { (at + word.len()).min(input.len()) };
                        input.splice(at..end, word);
                    }
                }
            }
        }
        input.truncate(LONGEST);
        input
    }
}

/// One line of a dictionary: what stands in quotes, `\xAB`, `\\` and `\"` undone.
fn word(line: &str) -> Option<Vec<u8>> {
    let inner = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::new();
    let mut rest = inner.as_bytes();
    while let [first, behind @ ..] = rest {
        let (byte, behind) = match (first, behind) {
            (b'\\', [b'x', high, low, behind @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, behind)
            }
            (b'\\', [sign, behind @ ..]) | (sign, behind) => (*sign, behind),
        };
        out.push(byte);
        rest = behind;
    }
    Some(out)
}
