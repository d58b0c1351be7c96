//! A line of CSV (RFC 4180), as every list of ours is written. A cell that a spreadsheet would run as a formula gets an
//! apostrophe before it (OWASP, CSV Injection), so that what a buyer or a mail says is never run.

/// Adds a line of cells, ended by CRLF.
pub fn line(out: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let cell = cell.as_ref();
        let apostrophe = if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
        if cell.contains([',', '"', '\r', '\n']) {
            out.extend(["\"", apostrophe, &cell.replace('"', "\"\""), "\""]);
        } else {
            out.extend([apostrophe, cell]);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::line;

    fn written(cells: &[&str]) -> String {
        let mut out = String::new();
        line(&mut out, cells);
        out
    }

    #[test]
    fn a_cell_is_quoted_where_it_must_be() {
        assert_eq!(written(&["plain", "", "a \"b\", c", "two\nlines"]), "plain,,\"a \"\"b\"\", c\",\"two\nlines\"\r\n");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        for cell in ["=1+1", "+49", "-abc@marketplace.amazon.com", "@SUM(A1)", "\tx"] {
            assert_eq!(written(&[cell, "b"]), format!("'{cell},b\r\n"));
        }
        assert_eq!(written(&["-a,b", "\rx"]), "\"'-a,b\",\"'\rx\"\r\n");
    }
}
