//! docs/reasons.md against the closed list: every code, with its sentence, in its order, and nothing else.

use std::path::Path;

use model::Reason;

#[test]
fn the_documentation_lists_every_reason_with_its_sentence_and_what_to_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reasons.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let documented: Vec<(String, &str)> = rows.iter().map(|row| (row[0].replace('`', ""), row[1])).collect();
    let known: Vec<(String, &str)> = Reason::ALL.iter().map(|reason| (reason.to_string(), reason.sentence())).collect();
    assert_eq!(documented, known);
    for row in &rows {
        assert!(row.len() == 3 && row[2].len() > 6, "{}: say what to do", row[0]);
    }
}
