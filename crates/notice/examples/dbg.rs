fn main() {
    for p in std::env::args().skip(1) {
        println!("{:#?}", notice::read(&std::fs::read(p).unwrap()));
    }
}
