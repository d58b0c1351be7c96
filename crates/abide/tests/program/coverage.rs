//! docs/coverage.md names a test for each row; each of them is there.

use std::path::Path;

#[test]
fn every_test_that_the_coverage_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = std::fs::read_to_string(root.join("docs/coverage.md")).unwrap();
    let mut named = 0;
    for line in document.lines().filter(|line| line.starts_with("| ")) {
        let Some(shown) = line.trim_end_matches('|').trim_end().rsplit("| ").next() else { continue };
        let words: Vec<&str> = shown.split('`').filter(|word| !word.trim().is_empty()).collect();
        let [file, test] = words[..] else { continue };
        let source = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(source.contains(&format!("fn {test}(")), "{file} has no test {test}");
        named += 1;
    }
    assert!(named > 40, "{named}");
}
