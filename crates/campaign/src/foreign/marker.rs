//! A marker at a place of a foreign text: four ways of writing a variable, and two of statements and remarks.

/// The longest name between a marker's ends, in characters.
const LONGEST_NAME: usize = 120;

/// What opens and closes a marker. The longer opening stands before the shorter that it begins with.
const ENDS: [(&str, &str); 8] =
    [("%%", "%%"), ("[[", "]]"), ("{{{", "}}}"), ("{{", "}}"), ("${{", "}}"), ("${", "}"), ("{%", "%}"), ("{#", "#}")];

/// A marker, found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker<'a> {
    /// All of it.
    pub(super) whole: &'a str,
    /// What stands between its ends, without blanks around.
    pub(super) name: &'a str,
    /// Whether it is a statement or a remark by the way it is written.
    pub(super) statement: bool,
}

/// The marker that a text begins with.
pub(super) fn at_start(text: &str) -> Option<Marker<'_>> {
    ENDS.iter().find_map(|(open, close)| {
        let behind = text.strip_prefix(open)?;
        let line = behind.split('\n').next().unwrap_or_default();
        let inner = line.split_once(close)?.0;
        let name = inner.trim();
        let statement = matches!(*open, "{%" | "{#");
        let nested = !statement && inner.contains(['[', ']', '{', '}', '%', '$']);
        // "50%% off and 10%% more" holds no marker.
        let blanks = *open == "%%" && name != inner;
        if name.is_empty() || nested || blanks || inner.chars().count() > LONGEST_NAME {
            return None;
        }
        let whole = text.get(..open.len() + inner.len() + close.len())?;
        Some(Marker { whole, name, statement })
    })
}
