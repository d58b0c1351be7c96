//! See `hostile::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hostile::check("amazon", input));
