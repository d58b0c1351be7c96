//! One row as CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV
//! Injection).

/// Adds a row, ended by CRLF.
pub(super) fn row(out: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let cell = cell.as_ref();
        let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        if cell.contains([',', '"', '\r', '\n']) {
            out.push('"');
            out.push_str(if runs { "'" } else { "" });
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(if runs { "'" } else { "" });
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_runs_nowhere() {
        let mut out = String::new();
        row(&mut out, ["plain", "with, comma", "a \"quote\"", "two\nlines", "=1+1", "-a,b"]);
        assert_eq!(out, "plain,\"with, comma\",\"a \"\"quote\"\"\",\"two\nlines\",'=1+1,\"'-a,b\"\r\n");
    }
}
