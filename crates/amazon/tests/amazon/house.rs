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

/// Floor 2: of the workspace's own crates it sees the words alone.
#[test]
fn it_stands_on_the_model_alone() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(here.join("Cargo.toml")).unwrap();
    let needed = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    for entry in std::fs::read_dir(here.parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let sees =
            needed.lines().any(|line| line.starts_with(&format!("{name}.")) || line.starts_with(&format!("{name} ")));
        assert_eq!(sees, name == "model", "{name}");
    }
}

/// The gate's permit is made on a floor that this crate does not see, so nothing but this keeps a call to a buyer from being
/// permitted by somebody else than the crate that takes permits by value.
#[test]
fn calls_to_buyers_are_permitted_by_the_channel_alone() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            code_below(&source, &mut found);
        }
    }
    let own = crates.join("amazon/src/permitted.rs");
    for (path, code) in &found {
        let says = code.contains("under_permit") || code.contains("Permitted {");
        assert!(!says || *path == own || path.starts_with(crates.join("channel/src")), "{}", path.display());
    }
    let (_, permitted) = found.iter().find(|(path, _)| *path == own).unwrap();
    assert_eq!(permitted.matches("-> Self").count(), 2, "one way to make a permitted call, and one to read an answer");
    let declared = permitted.split("pub struct Permitted").next().unwrap().rsplit("#[derive(").next().unwrap();
    assert!(declared.starts_with("Debug)]"), "it must not be copied or read from anywhere: {declared}");
    for word in ["impl Clone", "impl<C> Clone", "Default", "impl From", "Deserialize", "&mut self"] {
        assert!(!permitted.contains(word), "{word}");
    }
    // And no call to a buyer is one that anybody may make.
    for (path, code) in found.iter().filter(|(path, _)| path.starts_with(crates.join("amazon/src"))) {
        for kind in code.split("impl ToBuyer for ").skip(1) {
            let name = kind.split_whitespace().next().unwrap();
            assert!(!code.contains(&format!("impl Operation for {name}")), "{} {name}", path.display());
        }
    }
}
