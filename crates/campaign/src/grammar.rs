//! The part of the template language that letters may use: values, filters, comparisons, `if` and `for`. What could
//! build lists or numbers out of others is left out, since the engine's budget does not see every such growth: sixty
//! times `a + a` of a list passes it and then runs for ever. The engine's own tokens are looked at, so that nothing
//! can hide from this check.

use minijinja::machinery::{Token, tokenize};

const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
/// Words after which a bracket begins a list and a parenthesis groups.
const KEYWORDS: [&str; 9] = ["in", "and", "or", "not", "is", "if", "else", "elif", "for"];

/// What an open bracket or parenthesis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Call,
    Group,
    Index,
}

/// What the token before was, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    StatementStart,
    /// A name, a text, or the end of a bracket: something that can be indexed or called.
    Value,
    Other,
}

/// What a source uses that is not offered: each with its line in the source, from 1.
pub(crate) fn not_offered(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut before = Before::Other;
    for token in tokenize(source, false, minijinja::syntax::SyntaxConfig::default()) {
        // What can't be read in tokens can't be compiled either, and is said there.
        let Ok((token, span)) = token else { break };
        let line = usize::from(span.start_line);
        let mut refuse = |what: &str| found.push((line, format!("{what} not offered in letters")));
        let mut now = Before::Other;
        match token {
            Token::BlockStart => now = Before::StatementStart,
            Token::Ident(word) if before == Before::StatementStart && STATEMENTS.contains(&word) => {}
            Token::Ident(word) if before == Before::StatementStart => refuse(&format!("`{{% {word} %}}` is")),
            Token::Ident("recursive") => refuse("recursive loops are"),
            Token::Ident(word) if KEYWORDS.contains(&word) => {}
            Token::Ident(_) | Token::Str(_) | Token::String(_) => now = Before::Value,
            Token::Plus | Token::Mul | Token::Pow => refuse("`+` and `*` are"),
            Token::BraceOpen => refuse("maps in braces are"),
            Token::BracketOpen => {
                if before != Before::Value {
                    refuse("lists in brackets are");
                }
                open.push(Open::Index);
            }
            Token::ParenOpen => open.push(if before == Before::Value { Open::Call } else { Open::Group }),
            Token::BracketClose | Token::ParenClose => {
                open.pop();
                now = Before::Value;
            }
            Token::Comma if open.last() != Some(&Open::Call) => refuse("lists of values are"),
            Token::VariableEnd | Token::BlockEnd => open.clear(),
            _ => {}
        }
        before = now;
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_letters_need_is_offered() {
        for source in [
            "{{ order_id }} + * [a, b] {a} (a, b)",
            "{{ product_name | default(\"a + b, [c]\", true) | upper }}",
            "{% for item in items %}{{ loop.index }}. {{ item.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "{% if quantity > 1 and (quantity < 9 or items[0].sku == 'A') %}x{% elif false %}y{% else %}z{% endif %}",
            "{%- if items -%}{{ (items | first).name }}{%- endif -%}",
            "{{ items[0]['name'] }}{{ 'a' ~ quantity }}{# a + b #}",
        ] {
            assert_eq!(not_offered(source), [], "{source}");
        }
    }

    #[test]
    fn what_could_grow_is_not() {
        for source in [
            "{{ a + a }}",
            "{{ 2 * 3 }}",
            "{{ 2 ** 3 }}",
            "{{ [a, a] }}",
            "{% for x in [a] %}{% endfor %}",
            "{% for x in a, a %}{% endfor %}",
            "{{ (a, a) }}",
            "{{ (a | default((a, a))) }}",
            "{{ {'a': a} }}",
            "{% set a = b %}",
            "{% with a = b %}{% endwith %}",
            "{% filter upper %}{% endfilter %}",
            "{% raw %}{% endraw %}{% set b = a %}",
            "{% for x in a recursive %}{% endfor %}",
            "{#- \" -#}{{ a + a }}{# \" #}",
            "{{ '\\'' }}{{ a + a }}{{ '\\'' }}",
        ] {
            assert_ne!(not_offered(source), [], "{source}");
        }
    }
}
