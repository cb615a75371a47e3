//! Files that other tools really wrote: each is read, or refused with a message, and none crashes.
//!
//! They are not part of this repository: without `../shared/import_fixtures` (or `GLOSS_IMPORT_FIXTURES`) the test says so and
//! passes.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use dataset::convert::{self, FormatName, Options, Source};

fn folder() -> Option<PathBuf> {
    let near = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/import_fixtures");
    let folder = env::var_os("GLOSS_IMPORT_FIXTURES").map_or_else(near, PathBuf::from);
    folder.join("MANIFEST.json").is_file().then_some(folder)
}

#[test]
fn show() {
    let Some(folder) = folder() else { return };
    let manifest = fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let manifest = convert::Json::parse(&manifest).unwrap();
    for entry in manifest.as_list().unwrap() {
        let file = entry.get("file").unwrap().as_text().unwrap();
        let bytes = fs::read(folder.join(file)).unwrap();
        let pair = if file.ends_with(".txt") { "ann" } else { "txt" };
        let beside = if file.contains("brat/") { fs::read(folder.join(file).with_extension(pair)).ok() } else { None };
        let (bytes, beside) = match (file.ends_with(".ann"), beside) {
            (true, Some(text)) => (text, Some(bytes)),
            (_, beside) => (bytes, beside),
        };
        let source = Source { name: file, bytes: &bytes, beside: beside.as_deref() };
        match convert::read(source, None, &Options::default()) {
            Err(why) => println!("{file}: REFUSED {why}"),
            Ok(reading) => {
                let data = &reading.dataset;
                println!("{file}: {:?} {:?} {} {}", reading.format, data.task, data.records.len(), reading.encoding);
                for remark in reading.remarks.iter().take(4) {
                    println!("      {remark}");
                }
            }
        }
    }
}
