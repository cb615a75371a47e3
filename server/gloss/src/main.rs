//! The command line of Gloss: reads arguments, calls the engine or the server, prints. It decides nothing about data.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

mod check;
mod eval;
mod predict;
mod watch;

/// Labels in the margin of your data: suggestions, suspects and the rows to label next, learned from your own labels.
#[derive(Parser)]
#[command(version, after_help = "Nothing leaves this machine. Data files are read, never written.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The language server on standard input and output: what an editor starts.
    Lsp,
    /// Learns, prints what it found, and does so again at every save.
    Watch {
        /// A data file, or a folder with gloss.toml or data files.
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// One pass over data sets, for CI. Exit 1 on errors (or a denied code), 2 if nothing could be checked.
    Check {
        #[arg(default_value = ".")]
        paths: Vec<PathBuf>,
        #[arg(long, value_enum, default_value_t = check::Format::Text)]
        format: check::Format,
        /// Exit 1 on findings of this code too; may be repeated.
        #[arg(long, value_name = "CODE")]
        deny: Vec<String>,
    },
    /// Trains on one file, measures on another, prints the figures. Exit 2 if it cannot.
    Eval {
        #[arg(long)]
        train: PathBuf,
        #[arg(long)]
        test: PathBuf,
        #[arg(long, value_enum, default_value_t = eval::Format::Text)]
        format: eval::Format,
        #[arg(long, value_enum, default_value_t = Ladder::Auto)]
        classifier: Ladder,
        /// Fixes chance: which rows are held out together.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Streams rows and adds "prediction" to each; every other byte is kept. Exit 2 if it cannot.
    Predict {
        /// The labelled data file to learn from.
        #[arg(long)]
        train: PathBuf,
        /// The rows to predict; standard input if left out.
        file: Option<PathBuf>,
    },
}

/// The step of the ladder of classifiers. `auto` takes the best there is; this version has the lexical step alone.
#[derive(Clone, Copy, ValueEnum)]
enum Ladder {
    Lexical,
    Auto,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Lsp => return lsp::stdio(lsp::adapter::Adapter::new),
        Command::Watch { path } => watch::run(&path),
        Command::Check { paths, format, deny } => check::run(&paths, format, &deny),
        Command::Eval { train, test, format, classifier: Ladder::Lexical | Ladder::Auto, seed } => {
            eval::run(&train, &test, format, seed)
        }
        Command::Predict { train, file } => predict::run(&train, file.as_deref()),
    };
    result.unwrap_or_else(|message| {
        eprintln!("gloss: {message}");
        ExitCode::from(2)
    })
}
