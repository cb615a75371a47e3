//! Where the binary under test is.

use std::{env, path::PathBuf};

/// `$GLOSS_BIN`, or `gloss` in the folder that this test was built into.
///
/// # Panics
/// If there is none: it has to be built first, as it belongs to another package.
pub fn gloss() -> PathBuf {
    if let Some(path) = env::var_os("GLOSS_BIN") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "GLOSS_BIN is {}, which is no file", path.display());
        return path;
    }
    let test = env::current_exe().expect("the path of this test");
    // target/debug/deps/test-0123 and target/debug/gloss
    let folder = test.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
    let folder = folder.and_then(|deps| deps.parent()).or(test.parent()).expect("a folder of this test");
    let path = folder.join("gloss").with_extension(env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "there is no {}: run `cargo build -p gloss` (same profile) first", path.display());
    path
}
