//! The crate's place in the house: what the compiler can't see.

use std::path::{Path, PathBuf};

fn code_below(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            found.push((path, code.join("\n")));
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    code_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

#[test]
fn it_opens_no_connection_asks_no_clock_and_waits_for_nothing() {
    let shell = [
        "std::net::Tcp",
        "std::net::Udp",
        "TcpStream",
        "UnixStream",
        "SystemTime",
        "Instant::",
        "::now()",
        "from_clock",
        "async fn",
        ".await",
        "std::thread",
        "std::fs",
        "std::env",
    ];
    let sources = sources();
    assert!(sources.len() > 10);
    for (path, code) in sources {
        for word in shell {
            assert!(!code.contains(word), "{} says {word}", path.display());
        }
    }
}

/// Floor 1: of the workspace's own crates it sees the words and the permit alone.
#[test]
fn it_stands_on_the_model_and_the_permit_alone() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(here.join("Cargo.toml")).unwrap();
    let needed = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    for entry in std::fs::read_dir(here.parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let sees =
            needed.lines().any(|line| line.starts_with(&format!("{name}.")) || line.starts_with(&format!("{name} ")));
        assert_eq!(sees, name == "model" || name == "policy", "{name}");
    }
}

/// The compiler keeps that a call to a buyer is made of a permit; this keeps the ways to one few, and no call to a buyer
/// among those that anybody may make.
#[test]
fn a_call_to_a_buyer_is_made_of_a_permit_in_one_place() {
    let sources = sources();
    let (_, permitted) = sources.iter().find(|(path, _)| path.ends_with("src/permitted.rs")).unwrap();
    assert!(permitted.contains("pub fn new(call: C, permit: Permit) -> Result<Self, OtherPermit>"));
    assert_eq!(permitted.matches("Self { call, permit }").count(), 2, "made once, and taken apart once");
    let declared = permitted.split("pub struct Permitted").next().unwrap().rsplit("#[derive(").next().unwrap();
    assert!(declared.starts_with("Debug)]"), "it must not be copied or read from anywhere: {declared}");
    for word in ["impl Clone", "impl<C> Clone", "Default", "impl From", "Deserialize", "&mut self"] {
        assert!(!permitted.contains(word), "{word}");
    }
    for (path, code) in &sources {
        assert!(!code.contains("Permitted {") || path.ends_with("src/permitted.rs"), "{}", path.display());
        for kind in code.split("impl ToBuyer for ").skip(1) {
            let name = kind.split_whitespace().next().unwrap();
            assert!(!code.contains(&format!("impl Operation for {name}")), "{} {name}", path.display());
        }
    }
}
