//! The whole server over a real pipe: from save to new notes, from key to notes, and what it keeps in memory.
//!
//! ```text
//! cargo build --release -p gloss
//! cargo bench -p gloss-e2e --bench server [-- DATA_FOLDER] [-- save | probe | tuned | training | typing | rename]
//! ```
//!
//! `GLOSS_BIN` chooses another binary. "probe", "tuned" and "training" need an encoder:
//! `GLOSS_BENCH_ENCODER=$(gloss model fetch)`. The data folder (or `GLOSS_DATA`, or `../shared/data` beside the repository) holds
//! `agnews/train.jsonl`; without it nothing is measured. Each figure is a line of the table and a line of JSON.

mod data;
mod rename;
mod report;
mod save;
mod training;
mod typing;

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use e2e::{Client, Setup, Workspace};

const NAME: &str = "rows.jsonl";

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches too, without this flag.
    if !env::args().any(|argument| argument == "--bench") {
        println!("server: measured by `cargo bench -p gloss-e2e --bench server` only");
        return ExitCode::SUCCESS;
    }
    let (wanted, folders): (Vec<_>, Vec<_>) =
        env::args().skip(1).filter(|argument| !argument.starts_with('-')).partition(|argument| {
            matches!(argument.as_str(), "save" | "probe" | "tuned" | "training" | "typing" | "rename")
        });
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = folders.first().map(PathBuf::from);
    let folder = folder.or(env::var_os("GLOSS_DATA").map(PathBuf::from)).unwrap_or_else(beside);
    let examples = match data::read(&folder.join("agnews/train.jsonl")) {
        Ok(examples) => examples,
        Err(why) => {
            println!("server: skipped, {why}; name the data folder as argument or in GLOSS_DATA");
            return ExitCode::SUCCESS;
        }
    };
    println!("{}", e2e::gloss().display());
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    if is_wanted("save") {
        report::print("save: 10,000 rows, 1,000 labelled", &save::measure(&examples));
    }
    type Measure = fn(&[data::Example], &str) -> Vec<report::Figure>;
    let with_encoder: [(&str, Measure); 3] =
        [("probe", save::measure_probe), ("tuned", save::measure_tuned), ("training", training::measure)];
    for (name, measure) in with_encoder.into_iter().filter(|(name, _)| is_wanted(name)) {
        match env::var("GLOSS_BENCH_ENCODER") {
            Ok(encoder) => {
                report::print(&format!("{name}: 10,000 rows, 1,000 labelled"), &measure(&examples, &encoder))
            }
            Err(_) => println!("\n{name}: skipped; name an encoder in GLOSS_BENCH_ENCODER"),
        }
    }
    if is_wanted("typing") {
        report::print("typing: 100,000 rows, 10,000 labelled", &typing::measure(&examples));
    }
    if is_wanted("rename") {
        report::print("rename: 100,000 rows in 50 files", &rename::measure(&examples));
    }
    ExitCode::SUCCESS
}

/// An editor that looks at nothing but the time.
fn editor<'w>(workspace: &'w Workspace, encoder: &str) -> Client<'w> {
    let environment = vec![("GLOSS_ENCODER".to_owned(), encoder.to_owned())];
    let patience = Duration::from_secs(600);
    Client::start_with(workspace, Setup { checks_ranges: false, patience, environment, ..Setup::default() })
}
