//! Campaign files to begin with, in the six languages that the linter knows. They are alternatives, not a series: an
//! order gets one proactive message over all campaigns. Each is a whole file that passes the linter without a finding,
//! which a test holds.

use toml::Value;
use toml::de::DeTable;

/// A campaign file to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    /// By which it is asked for, in small letters with hyphens.
    pub id: &'static str,
    file: &'static str,
}

const STARTERS: [Starter; 4] = [
    Starter { id: "ask-for-a-review", file: include_str!("../starters/ask-for-a-review.toml") },
    Starter { id: "ask-for-seller-feedback", file: include_str!("../starters/ask-for-seller-feedback.toml") },
    Starter { id: "product-help", file: include_str!("../starters/product-help.toml") },
    Starter { id: "amazon-request-a-review", file: include_str!("../starters/amazon-request-a-review.toml") },
];

/// All of them.
pub const fn starters() -> &'static [Starter] {
    &STARTERS
}

impl Starter {
    /// Its name, as the file has it.
    pub fn name(&self) -> &'static str {
        let line = self.file.lines().find_map(|line| line.strip_prefix("name = "));
        line.unwrap_or_default().trim_matches('"')
    }

    /// What it does, in one sentence: the file's first line.
    pub fn summary(&self) -> &'static str {
        self.file.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The languages it has words in, as ISO 639 codes; none where Amazon writes them.
    pub fn languages(&self) -> Vec<&'static str> {
        self.file.lines().filter_map(language_of).collect()
    }

    /// The file, under another name where one is given, and with the words of some languages only where any are
    /// given. Languages that it lacks are left out; ask [`Self::languages`] first.
    pub fn file(&self, name: Option<&str>, languages: &[&str]) -> String {
        let mut file = String::new();
        let mut wanted = true;
        for line in self.file.lines() {
            if let Some(language) = language_of(line) {
                wanted = languages.is_empty() || languages.contains(&language);
            }
            match name.filter(|_| line.starts_with("name = ")) {
                Some(name) => file.extend(["name = ", basic_string(name).as_str()]),
                None if wanted => file.push_str(line),
                None => continue,
            }
            file.push('\n');
        }
        let mut file = file.trim_end().to_owned();
        // The default language has to be named where there are several and none is English.
        if let [first, _, ..] = languages
            && !languages.contains(&"en")
        {
            file = file.replacen("channel = ", &format!("default_language = \"{first}\"\nchannel = "), 1);
        }
        file.push('\n');
        file
    }
}

fn language_of(line: &str) -> Option<&str> {
    line.strip_prefix("[template.")?.strip_suffix(']')
}

/// The same campaign file under another name; none where it is not TOML or has no name.
pub fn renamed(source: &str, name: &str) -> Option<String> {
    let table = DeTable::parse(source).ok()?;
    let place = table.get_ref().get("name")?.span();
    Some(format!("{}{}{}", source.get(..place.start)?, basic_string(name), source.get(place.end..)?))
}

/// A text in quotes, as TOML writes it in one line.
pub(crate) fn basic_string(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Value::String(one_line).to_string()
}
