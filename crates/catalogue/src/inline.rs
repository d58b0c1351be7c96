//! A template made whole: the frame that it extends, what it includes and the macros that it imports stand in it
//! afterwards, so that its sentences can be told from one text.

use crate::piece::{Piece, inside, pieces};

/// Templates within templates, at most this deep.
const DEEPEST: usize = 8;

/// A template with all that it stands on, `read` giving the text of another by its name.
///
/// # Errors
/// In words, where a template is missing, or they stand on each other without end.
pub fn whole_template(name: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    whole(name, read, 0)
}

fn whole(name: &str, read: &dyn Fn(&str) -> Option<String>, depth: usize) -> Result<String, String> {
    if depth > DEEPEST {
        return Err(format!("the template {name} stands on others more than {DEEPEST} deep"));
    }
    let text = read(name).ok_or_else(|| format!("there is no template {name}"))?;
    let mut base = None;
    let mut made = String::with_capacity(text.len());
    let mut imported = Vec::new();
    for piece in pieces(&text) {
        let Piece::Control(control) = piece else {
            made.push_str(piece.written());
            continue;
        };
        let words = inside(control);
        if words.starts_with("extends ") {
            base = Some(whole(quoted(words)?, read, depth + 1)?);
        } else if words.starts_with("include ") {
            made.push_str(whole(quoted(words)?, read, depth + 1)?.trim_end_matches('\n'));
        } else if words.starts_with("import ") {
            made.push_str(&whole(quoted(words)?, read, depth + 1)?);
            let space = words.split(" as ").nth(1).and_then(|rest| rest.split_whitespace().next());
            imported.push(format!("{}::", space.ok_or_else(|| format!("{name} imports under no name"))?));
        } else {
            made.push_str(control);
        }
    }
    for space in imported {
        made = made.replace(&space, "");
    }
    match base {
        None => Ok(made),
        Some(base) => in_frame(name, &base, &made),
    }
}

/// Puts the block of a template into its frame; what stands before it, macros, goes first.
fn in_frame(name: &str, base: &str, made: &str) -> Result<String, String> {
    const BEGIN: &str = "{% block content %}";
    const END: &str = "{% endblock %}";
    let (before, rest) = made.split_once(BEGIN).ok_or_else(|| format!("{name} has no block of content"))?;
    let (content, _) = rest.rsplit_once(END).ok_or_else(|| format!("the block of {name} has no end"))?;
    let place = format!("{BEGIN}{END}");
    let (head, foot) =
        base.split_once(&place).ok_or_else(|| format!("the frame of {name} has no place for its block"))?;
    Ok([before.trim(), head, content, foot].concat())
}

fn quoted(words: &str) -> Result<&str, String> {
    words.split('"').nth(1).ok_or_else(|| format!("no name stands in `{words}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Option<String> {
        let text = match name {
            "frame" => "<html>{% block content %}{% endblock %}</html>",
            "page" => {
                "{% extends \"frame\" %}{% import \"macros\" as m %}\n{% block content %}A {% include \"part\" %}{% call m::x() %}{% endcall %}{% endblock %}"
            }
            "part" => "B\n",
            "macros" => "{% macro x() %}C{% endmacro %}",
            "endless" => "{% include \"endless\" %}",
            _ => return None,
        };
        Some(text.to_owned())
    }

    #[test]
    fn frame_parts_and_macros_stand_in_one_text() {
        let whole = whole_template("page", &read).unwrap();
        assert_eq!(whole, "{% macro x() %}C{% endmacro %}<html>A B{% call x() %}{% endcall %}</html>");
    }

    #[test]
    fn a_missing_or_endless_template_is_an_error() {
        assert!(whole_template("none", &read).is_err());
        assert!(whole_template("endless", &read).is_err());
    }
}
