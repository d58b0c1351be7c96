//! Lines of CSV as RFC 4180 has them, written so that no spreadsheet runs a cell as a formula.

/// A line of cells with its line end. A cell that a spreadsheet would run gets an apostrophe before it.
pub fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(&defused(cell))).collect();
    format!("{}\r\n", cells.join(","))
}

fn defused(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        for cell in ["=1+1", "+49", "-abc@marketplace.amazon.com", "@SUM(A1)"] {
            assert_eq!(line(&[cell.into(), "b".into()]), format!("'{cell},b\r\n"));
        }
        assert_eq!(line(&["a \"b\", c".into(), String::new()]), "\"a \"\"b\"\", c\",\r\n");
    }
}
