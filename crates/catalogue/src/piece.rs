//! A template cut into its pieces: text, marks of HTML, what is filled in, and what controls the rest. Put together again
//! they are the template, byte for byte.

/// A piece of a template, as it is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that readers see.
    Text(&'a str),
    /// A mark of HTML with its attributes.
    Mark(&'a str),
    /// Something filled in: `{{ … }}`, or a call of a macro without a body.
    Filled(&'a str),
    /// A condition, a loop, a comment: what ends a sentence.
    Control(&'a str),
    /// What is no text for readers, though it is none of the others: the inside of scripts and of preformatted text.
    Raw(&'a str),
}

impl<'a> Piece<'a> {
    /// As it is written.
    pub const fn written(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Mark(text) | Self::Filled(text) | Self::Control(text) | Self::Raw(text) => text,
        }
    }
}

/// Marks whose inside is no text for readers.
const CLOSED: [&str; 4] = ["script", "style", "pre", "textarea"];

/// Cuts a template.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (piece, after) = next(rest);
        pieces.push(piece);
        rest = after;
        if let Piece::Mark(mark) = piece
            && let Some(name) = CLOSED.into_iter().find(|name| name_of(mark) == *name && !mark.starts_with("</"))
        {
            let end = rest.find(&format!("</{name}")).unwrap_or(rest.len());
            let (inside, after) = rest.split_at(end);
            if !inside.is_empty() {
                pieces.push(Piece::Raw(inside));
            }
            rest = after;
        }
    }
    pieces
}

fn next(rest: &str) -> (Piece<'_>, &str) {
    if rest.starts_with("{{") {
        let (written, after) = rest.split_at(end_of(rest, "}}"));
        return (Piece::Filled(written), after);
    }
    if rest.starts_with("{%") {
        let end = end_of(rest, "%}");
        let called = rest.get(..end).is_some_and(|control| inside(control).starts_with("call "));
        if called {
            // A call ends at once: `{% call copy(x) %}{% endcall %}`.
            let end = end_of(rest, "endcall %}");
            let (written, after) = rest.split_at(end);
            return (Piece::Filled(written), after);
        }
        let (written, after) = rest.split_at(end);
        return (Piece::Control(written), after);
    }
    if rest.starts_with("{#") {
        let (written, after) = rest.split_at(end_of(rest, "#}"));
        return (Piece::Control(written), after);
    }
    if rest.starts_with("<!--") {
        let (written, after) = rest.split_at(end_of(rest, "-->"));
        return (Piece::Control(written), after);
    }
    if rest.starts_with('<') {
        let (written, after) = rest.split_at(end_of_mark(rest));
        return (Piece::Mark(written), after);
    }
    let end = ["{{", "{%", "{#", "<"].into_iter().filter_map(|start| rest.find(start)).min().unwrap_or(rest.len());
    let (written, after) = rest.split_at(end);
    (Piece::Text(written), after)
}

fn end_of(rest: &str, end: &str) -> usize {
    rest.find(end).map_or(rest.len(), |at| at + end.len())
}

/// Where a mark ends: a `>` outside of quotation marks and of what is filled in.
fn end_of_mark(rest: &str) -> usize {
    let mut at = 0;
    let mut quoted = false;
    while let Some(here) = rest.get(at..) {
        if here.is_empty() {
            break;
        } else if here.starts_with("{{") {
            at += end_of(here, "}}");
        } else if here.starts_with("{%") {
            at += end_of(here, "%}");
        } else if here.starts_with('"') {
            quoted = !quoted;
            at += 1;
        } else if here.starts_with('>') && !quoted {
            return at + 1;
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// What stands within `{% … %}`.
pub fn inside(control: &str) -> &str {
    control.trim_start_matches("{%").trim_start_matches(['-', '+', '~']).trim_start()
}

/// The name of a mark, in small letters as all are written: `a` of `<a href="…">` and of `</a>`.
pub fn name_of(mark: &str) -> &str {
    let name = mark.trim_start_matches('<').trim_start_matches('/');
    let end = name.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(name.len());
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_template_is_cut_into_its_pieces() {
        let cut = pieces(
            "<p class=\"{{ a }}>\">Now {{ n }}{% if x %}!{% endif %}{% call c(1) %}{% endcall %}</p><pre>a <b</pre>",
        );
        let expected = [
            Piece::Mark("<p class=\"{{ a }}>\">"),
            Piece::Text("Now "),
            Piece::Filled("{{ n }}"),
            Piece::Control("{% if x %}"),
            Piece::Text("!"),
            Piece::Control("{% endif %}"),
            Piece::Filled("{% call c(1) %}{% endcall %}"),
            Piece::Mark("</p>"),
            Piece::Mark("<pre>"),
            Piece::Raw("a <b"),
            Piece::Mark("</pre>"),
        ];
        assert_eq!(cut, expected);
    }

    proptest! {
        #[test]
        fn pieces_put_together_are_the_template(parts in prop::collection::vec(
            prop::sample::select(vec!["<p>", "</p>", "{{ a }}", "{% if b %}", "{% call c %}", "{#", "#}", "a b", "<", ">", "\"", "ü", "<pre>", "</pre>", "{{", "<!--", "-->"]), 0..30)) {
            let template = parts.concat();
            let together: String = pieces(&template).into_iter().map(Piece::written).collect();
            prop_assert_eq!(together, template);
        }
    }
}
