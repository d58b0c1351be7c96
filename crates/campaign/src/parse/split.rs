//! The split test of a campaign file: shares that leave something for the main words, and variants that have words in
//! each of their languages.

use super::section::Section;
use super::templates;
use crate::problem::Problems;
use crate::split::{HOLD_OUT_ARM, MAIN_ARM, Split, Variant};
use crate::template::Templates;

/// More variants than that never get enough orders to be told apart.
const MOST_VARIANTS: usize = 4;
/// The longest name of a variant.
const LONGEST_NAME: usize = 20;

/// Reads it; `main` are the main words, none where those could not be read or Amazon writes them.
pub(super) fn read(root: &mut Section<'_>, main: Option<&Templates>, problems: &mut Problems<'_>) -> Split {
    let mut section = root.section("split", problems);
    let hold_out = section.number("hold_out", 1..=90, problems).map_or(0, |found| found.value);
    section.finish(problems);
    let mut table = root.section("variant", problems);
    let (mut variants, mut shares) = (Vec::new(), hold_out);
    for (name, mut variant) in table.sections(problems) {
        let path = variant.name("").trim_end_matches('.').to_owned();
        let shaped = (1..=LONGEST_NAME).contains(&name.value.len())
            && name.value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !shaped || [MAIN_ARM, HOLD_OUT_ARM].contains(&name.value.as_str()) {
            let message = format!(
                "a variant's name is 1 to {LONGEST_NAME} small letters and digits, and not `{MAIN_ARM}`, the main words, or `{HOLD_OUT_ARM}`"
            );
            problems.at(&name.span, path.clone(), message);
        }
        if !variant.has("share") {
            problems.at(&name.span, path.clone(), "a variant needs its share in percent, such as share = 50");
        }
        let share = variant.number("share", 1..=99, problems).map_or(0, |found| found.value);
        let words = templates::of_variant(&mut variant, main, &name.span, problems);
        variant.finish(problems);
        shares += share;
        if shares > 99 {
            let message =
                "with this share nothing is left for the main words; all shares and hold_out come to 99 at most";
            problems.at(&name.span, path, message);
        }
        if let (Some(templates), Ok(share)) = (words, u8::try_from(share)) {
            variants.push(Variant { name: name.value, share, templates });
        }
        if variants.len() > MOST_VARIANTS {
            problems.at(&name.span, "variant", format!("a campaign has at most {MOST_VARIANTS} variants"));
        }
    }
    Split { hold_out: u8::try_from(hold_out).unwrap_or(0), variants }
}
