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
