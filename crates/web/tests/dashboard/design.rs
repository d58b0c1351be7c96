//! The style sheet, the templates and the page of parts, held against each other: no part is written that no page uses, and
//! the parts that many pages share stand on the page of parts.

use std::collections::BTreeSet;
use std::path::Path;

use crate::app::TestApp;

/// The classes that the style sheet has rules for.
fn styled() -> BTreeSet<String> {
    let css = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/abide.css")).unwrap();
    let mut classes = BTreeSet::new();
    // What stands between braces are values, what stands before them selectors.
    for selector in css.split('}').filter_map(|rule| rule.rsplit_once('{').map(|(selector, _)| selector)) {
        for part in selector.split('.').skip(1) {
            let name: String =
                part.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                classes.insert(name);
            }
        }
    }
    classes
}

/// Everything that can write a class: templates and the code beside them.
fn written() -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = String::new();
    let mut folders = vec![here.join("templates"), here.join("src"), here.join("assets")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ["html", "rs", "js"].contains(&ending) {
                all.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

#[test]
fn the_style_sheet_has_no_part_that_no_page_uses() {
    let written = written();
    let is_made = |class: &str| {
        // Written in two parts: the kind, and the word that a value gives.
        ["badge-", "step-", "swatch-"].iter().any(|kind| class.starts_with(kind) && written.contains(kind))
    };
    let unused: Vec<_> = styled()
        .into_iter()
        .filter(|class| {
            !is_made(class)
                && !written
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                    .any(|word| word == class)
        })
        .collect();
    assert_eq!(unused, Vec::<String>::new());
    assert!(styled().len() > 60, "the style sheet was read");
}

#[tokio::test]
async fn the_parts_that_pages_share_stand_on_a_page_of_their_own() {
    let app = TestApp::new().await;
    let page = app.stranger().get("/design").await.body;
    for part in [
        "lead",
        "muted",
        "hint",
        "id",
        "alias",
        "mail",
        "diff",
        "badge badge-plain",
        "badge badge-good",
        "badge badge-wait",
        "badge badge-stop",
        "badge badge-note",
        "banner banner-good",
        "banner banner-note",
        "banner banner-stop banner-row",
        "verdict",
        "verdict verdict-stop",
        "warnings",
        "buttons",
        "primary",
        "danger",
        "small",
        "quiet",
        "button",
        "ask",
        "panel",
        "card stack",
        "field",
        "short",
        "choice",
        "table-box",
        "actions",
        "facts card",
        "counts",
        "items",
        "todo",
        "empty",
        "quiet-empty",
    ] {
        assert!(page.contains(&format!("class=\"{part}\"")), "{part}");
    }
    let badges = styled().into_iter().filter(|class| class.starts_with("badge-") || class.starts_with("banner-"));
    for class in badges {
        assert!(page.contains(&class), "{class} is a part, too");
    }
}
