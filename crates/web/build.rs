//! Names the files that pages are made of, so that a changed sentence is compiled anew.

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=catalogues");
}
