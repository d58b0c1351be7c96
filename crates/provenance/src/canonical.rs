//! The two canonical forms of DKIM (RFC 6376, 3.4), written so that a body that ends in lines of blanks counts as
//! the RFC says: such a line is empty in the relaxed form, and empty lines at the end are left out.

use ring::digest::{Context, SHA256};

use crate::lines::Field;

/// A canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Simple,
    Relaxed,
}

/// The forms of headers and body, as `c=` names them; what is left out is simple.
pub(crate) fn forms(value: Option<&str>) -> Option<(Form, Form)> {
    let of = |name: &str| match name.to_ascii_lowercase().as_str() {
        "simple" => Some(Form::Simple),
        "relaxed" => Some(Form::Relaxed),
        _ => None,
    };
    match value {
        None => Some((Form::Simple, Form::Simple)),
        Some(value) => match value.split_once('/') {
            Some((header, body)) => Some((of(header)?, of(body)?)),
            None => Some((of(value)?, Form::Simple)),
        },
    }
}

/// Appends a field in its form, without the CRLF at its end. `value` stands for the field's own value where that
/// is changed before signing.
pub(crate) fn header(form: Form, field: &Field<'_>, value: Option<&[u8]>, into: &mut Vec<u8>) {
    match (form, value) {
        (Form::Simple, None) => into.extend_from_slice(field.line),
        (Form::Simple, Some(value)) => {
            let name = field.line.len() - field.value.len();
            into.extend_from_slice(field.line.get(..name).unwrap_or_default());
            into.extend_from_slice(value);
        }
        (Form::Relaxed, value) => {
            into.extend(field.name.bytes().map(|byte| byte.to_ascii_lowercase()));
            into.push(b':');
            let mut blank = false;
            let mut begun = false;
            for &byte in value.unwrap_or(field.value) {
                match byte {
                    b'\r' | b'\n' => {}
                    b' ' | b'\t' => blank = true,
                    byte => {
                        if blank && begun {
                            into.push(b' ');
                        }
                        (blank, begun) = (false, true);
                        into.push(byte);
                    }
                }
            }
        }
    }
}

/// SHA-256 of a body in its form.
pub(crate) fn body_hash(form: Form, body: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    // Empty lines that are told only when another line follows.
    let mut empty_lines = 0_u64;
    let mut any = false;
    let mut relaxed = Vec::new();
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        let text = match form {
            Form::Simple => text,
            Form::Relaxed => {
                relaxed_line(text, &mut relaxed);
                relaxed.as_slice()
            }
        };
        if text.is_empty() {
            empty_lines += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            context.update(b"\r\n");
        }
        context.update(text);
        context.update(b"\r\n");
        any = true;
    }
    // An empty body is one line end in the simple form and nothing in the relaxed one.
    if !any && form == Form::Simple {
        context.update(b"\r\n");
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn relaxed_line(text: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let end = text.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
    let text = text.get(..end).unwrap_or_default();
    // Most lines have no two blanks beside each other and no tab.
    if memchr::memchr(b'\t', text).is_none() && memchr::memmem::find(text, b"  ").is_none() {
        into.extend_from_slice(text);
        return;
    }
    let mut blank = false;
    for &byte in text {
        match byte {
            b' ' | b'\t' => blank = true,
            byte => {
                if std::mem::take(&mut blank) {
                    into.push(b' ');
                }
                into.push(byte);
            }
        }
    }
}
