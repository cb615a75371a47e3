#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gloss_dataset_fuzz::parse("a.yml", data));
