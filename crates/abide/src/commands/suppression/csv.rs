//! Lines of CSV as RFC 4180 has them, written so that no spreadsheet runs a cell as a formula, and split again.

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

/// The cells of a line, trimmed, without the apostrophe that defused them.
pub fn split(line: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut inside) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if inside || cell.trim().is_empty() => inside = !inside,
            _ if letter == separator && !inside => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().trim_start_matches('\'').trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_defused_and_comes_back_as_it_was() {
        for cell in ["=1+1", "+49", "-abc@marketplace.amazon.com", "@SUM(A1)"] {
            let written = line(&[cell.into(), "b".into()]);
            assert!(written.starts_with('\''), "{written}");
            assert_eq!(split(written.trim_end(), ','), [cell, "b"]);
        }
        let written = line(&["a \"b\", c".into(), String::new()]);
        assert_eq!(split(written.trim_end(), ','), ["a \"b\", c", ""]);
    }
}
