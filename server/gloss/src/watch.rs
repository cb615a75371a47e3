//! `gloss watch`: the loop in a terminal. Learns, prints, and again at every save.
//!
//! Signals keep their meaning: Ctrl+C and SIGTERM end the process at once. Nothing has to be restored, since the cursor is
//! never hidden, the terminal's modes stay as they are, and a report is written whole, styles closed.

use std::{collections::HashMap, path::PathBuf, process, process::ExitCode, thread};

use clap::Args;
use engine::{Engine, Event, FitError, Limits, Message, Project, discover};
use indicatif::ProgressBar;

use crate::{
    failure::{Failure, why},
    progress,
    table::{self, Measured},
    terminal::{self, FAINT, shown, styled},
};

const EXAMPLES: &str = "\
Examples:
  gloss watch                      the data set of this folder
  gloss watch data/train.jsonl     one file
  gloss watch --color always | tee watch.log

It only reads: labels change in your editor. Ctrl+C ends it.

Exit codes: 130 after Ctrl+C; 2 there is no data set.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A data file, or a folder with gloss.toml or data files.
    #[arg(default_value = ".")]
    path: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let given = arguments.path.display();
    let path = arguments.path.canonicalize().map_err(|error| format!("{given}: {}.", why(&error)))?;
    let roots = discover::roots(&path);
    if roots.is_empty() {
        return Err(format!("no data set in {given}. Name a data file, or a folder that holds one.").into());
    }
    let mut screen = Screen { bar: None, fetch: None, accuracies: HashMap::new() };
    let engine = Engine::start(Limits::NONE, move |event| screen.show(event));
    engine.send(Message::Load { path });
    // The engine's thread does the rest, until a signal ends the process.
    loop {
        thread::park();
    }
}

struct Screen {
    bar: Option<ProgressBar>,
    /// Of the encoder.
    fetch: Option<ProgressBar>,
    /// Of each data set's last fit.
    accuracies: HashMap<PathBuf, Measured>,
}

impl Screen {
    fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Learning { progress, .. } => {
                progress::show(self.bar.get_or_insert_with(progress::learning), progress);
            }
            Event::Learned { project } => {
                let Some(learned) = &project.learned else { return };
                let now = Measured::of(learned);
                let before = now.and_then(|now| self.accuracies.insert(project.root.clone(), now));
                self.print(project, &table::learned(project, before));
            }
            Event::NotLearned { project, why } => {
                if project.files.is_empty() && !project.root.is_dir() {
                    // No save can make a data set of this file while nothing says how to read it.
                    eprintln!("gloss: {}: nothing to watch. Name another file.", shown(&project.root));
                    process::exit(2);
                }
                let why = match why {
                    FitError::Cancelled => "Learning was stopped. Save to try again.".to_owned(),
                    _ if project.files.is_empty() => "No data file is here. See `files` in gloss.toml.".to_owned(),
                    why => why.to_string(),
                };
                self.print(project, &table::not_learned(&why));
            }
            Event::Warning { message } | Event::Remark { message } => match &self.bar {
                Some(bar) => progress::say(bar, &message.to_string()),
                None => eprintln!("gloss: {message}"),
            },
            Event::Improved { .. } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            Event::Fetching(Some(fetching)) => {
                progress::fetched(self.fetch.get_or_insert_with(progress::fetching), fetching);
            }
            Event::Fetching(None) => {
                if let Some(bar) = self.fetch.take() {
                    bar.finish_and_clear();
                }
            }
            Event::Opened { .. }
            | Event::Findings { .. }
            | Event::ConfigFindings { .. }
            | Event::Gone { .. }
            | Event::Settled => {}
        }
    }

    fn print(&mut self, project: &Project, outcome: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let waiting = styled(FAINT, "waiting for the next save (Ctrl+C ends)");
        match terminal::print(&format!("{}  {waiting}\n", table::of(project, outcome))) {
            Ok(()) => {}
            Err(Failure::Hangup) => process::exit(0),
            Err(Failure::Message(message)) => {
                eprintln!("gloss: {message}");
                process::exit(2);
            }
        }
    }
}
