//! The command line of Gloss: reads arguments, calls the engine or the server, prints. It decides nothing about data.
//!
//! What must stay true here:
//! - What is asked for goes to standard output, remarks and progress to standard error.
//! - A command ends with 0 (fine), 1 (`check` found errors, `model where` no encoder) or 2 (could not be done, and it says why and what to do).
//! - A command is a file; what several share is a file by its name.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

mod budget;
mod check;
mod convert;
mod eval;
mod export;
mod failure;
mod import;
mod learning;
mod memory;
mod model;
mod places;
mod predict;
mod progress;
mod table;
mod terminal;
mod train;
mod tuning;
mod watch;

const AFTER: &str = "\
Start with:
  gloss watch data/        learn, see what was found, fix labels in any editor, save, see it follow
  gloss check              the same findings for CI
  gloss COMMAND --help     examples of each command

Exit codes: 0 fine; 1 check found errors, or findings of a denied code, or model where no encoder; 2 it could not be done; 130 after Ctrl+C.

Nothing leaves this machine; the only thing ever fetched is an encoder by its name, and --offline forbids that.
Data files are read, never written; `gloss convert` writes the file that you name, `gloss import` gloss.toml.";

/// Labels in the margin of your data: suggestions, suspects and the rows to label next, learned from your own labels.
#[derive(Parser)]
#[command(version, after_help = AFTER)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to use colours: auto, always or never.
    #[arg(long, global = true, value_enum, default_value_t = terminal::Color::Auto, value_name = "WHEN")]
    #[arg(hide_possible_values = true, display_order = 1000)]
    color: terminal::Color,
    /// Fetch nothing, as GLOSS_OFFLINE=1 and [model] offline = true do.
    #[arg(long, global = true, display_order = 1001)]
    offline: bool,
}

#[derive(Subcommand)]
enum Command {
    /// The language server on standard input and output: what an editor starts.
    Lsp {
        /// Many editors pass this; there is no other way to talk.
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Learns, prints what it found, and does so again at every save.
    Watch(watch::Arguments),
    /// One pass over data sets, for CI.
    Check(check::Arguments),
    /// Learns once, and stores what it learned for the next start of an editor.
    Train(train::Arguments),
    /// Learns from some files, measures on others, prints the figures.
    Eval(eval::Arguments),
    /// Streams rows and adds "prediction" to each; every other byte is kept.
    Predict(predict::Arguments),
    /// Moves a data set from the format of one tool into that of another.
    Convert(convert::Arguments),
    /// Writes the classifier to a folder that Hugging Face's libraries open.
    Export(export::Arguments),
    /// Starts from a folder that `gloss export` wrote: its encoder, and its classifier until the next fit.
    Import(import::Arguments),
    /// Encoders: what is on this machine, bring one, remove one.
    Model(model::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.choose();
    if arguments.offline {
        engine::encoders::forbid_network();
    }
    let result = match &arguments.command {
        Command::Lsp { .. } => {
            memory::share_one_arena();
            return lsp::stdio(lsp::adapter::Adapter::new);
        }
        Command::Watch(arguments) => watch::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Train(arguments) => train::run(arguments),
        Command::Eval(arguments) => eval::run(arguments),
        Command::Predict(arguments) => predict::run(arguments),
        Command::Convert(arguments) => convert::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::Model(arguments) => model::run(arguments),
    };
    result.unwrap_or_else(|failure| match failure {
        Failure::Hangup => ExitCode::SUCCESS,
        Failure::Message(message) => {
            eprintln!("gloss: {message}");
            ExitCode::from(2)
        }
    })
}
