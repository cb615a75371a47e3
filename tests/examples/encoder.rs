//! Writes a folder in which an encoder is trained within seconds, for tests in editors: cargo run -p gloss-e2e --example encoder -- FOLDER

use std::{env, fs, path::PathBuf, process::ExitCode};

use e2e::encoder::{self, Fault};

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1).map(PathBuf::from) else {
        eprintln!("Name the folder to write.");
        return ExitCode::FAILURE;
    };
    encoder::write(&folder.join("encoder"), Fault::None);
    let files =
        [("gloss.toml", "[model]\nencoder = \"encoder\"\n".to_owned()), ("rows.jsonl", encoder::rows(160, 340))];
    for (name, content) in files {
        if let Err(error) = fs::write(folder.join(name), content) {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
