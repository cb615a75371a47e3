//! `gloss check`: every finding of every file, once. Formats are a file each in `check/`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum, builder::PossibleValuesParser};
use engine::{Code, Control, FitError, Learned, Limits, Project, Severity, agreement::Agreement, discover};

use crate::{
    failure::{Failure, why},
    places::{self, Entry},
    progress,
    terminal::shown,
};

mod github;
mod json;
mod sarif;
mod text;

const EXAMPLES: &str = "\
Examples:
  gloss check                                  what lies in this folder
  gloss check data/ --deny suspect-label       exit 1 on suspects, too
  gloss check --format github                  annotations on a pull request
  gloss check --format sarif > gloss.sarif     for code scanning

Exit codes: 0 no errors; 1 an error, or a finding of a denied code; 2 something could not be checked.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Data files, or folders with gloss.toml or data files.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit 1 on findings of this code too; may be repeated, or list several with commas.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = PossibleValuesParser::new(Code::ALL.map(Code::name)))]
    deny: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for people; hints are counted, not listed.
    Text,
    /// One object a finding and line.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions; hints are left out.
    Github,
}

/// A form in which findings are written, one by one as they are found.
trait Report {
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
    /// `denied`: its code was given to `--deny`.
    fn entry(&mut self, entry: &Entry, denied: bool, out: &mut dyn Write) -> io::Result<()>;
    /// How far people agree who labelled the same texts of a data set.
    fn agreement(&mut self, _agreement: &Agreement) {}
    fn end(&mut self, _files: usize, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut check = Check::new(arguments);
    for set in check.sets(&arguments.paths) {
        check.set(&set)?;
    }
    if !check.begun && !check.incomplete {
        let paths: Vec<String> = arguments.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(nothing_here(&paths.join(", ")).into());
    }
    check.end()
}

fn nothing_here(place: &str) -> String {
    format!("no data set in {place}. Name a data file, or a folder that holds one or a gloss.toml.")
}

/// A data set and what is wanted of it.
struct Set {
    root: PathBuf,
    wanted: Vec<Wanted>,
}

struct Wanted {
    given: PathBuf,
    /// A data file, or the folder above those that are wanted.
    path: PathBuf,
}

struct Check<'a> {
    deny: &'a [String],
    report: Box<dyn Report>,
    out: Box<dyn Write>,
    begun: bool,
    files: usize,
    failed: bool,
    /// Something could not be checked, which was said.
    incomplete: bool,
}

impl<'a> Check<'a> {
    fn new(arguments: &'a Arguments) -> Check<'a> {
        let report: Box<dyn Report> = match arguments.format {
            Format::Text => Box::new(text::Text::default()),
            Format::Json => Box::new(json::Json),
            Format::Sarif => Box::new(sarif::Sarif::default()),
            Format::Github => Box::new(github::Github),
        };
        let out: Box<dyn Write> = match arguments.format {
            Format::Text => Box::new(BufWriter::new(anstream::stdout().lock())),
            _ => Box::new(BufWriter::new(io::stdout().lock())),
        };
        Check { deny: &arguments.deny, report, out, begun: false, files: 0, failed: false, incomplete: false }
    }

    /// The data sets of the paths, each once however often it is named.
    fn sets(&mut self, paths: &[PathBuf]) -> Vec<Set> {
        let mut sets: Vec<Set> = Vec::new();
        for given in paths {
            let mut path = match given.canonicalize() {
                Ok(path) => path,
                Err(error) => {
                    self.cannot(&format!("{}: {}.", given.display(), why(&error)));
                    continue;
                }
            };
            // gloss.toml stands for its data set.
            if path.ends_with(discover::CONFIG_NAME) {
                path.pop();
            }
            let roots = discover::roots(&path);
            if roots.is_empty() {
                self.cannot(&nothing_here(&given.display().to_string()));
            }
            for root in roots {
                let wanted = Wanted { given: given.clone(), path: path.clone() };
                match sets.iter_mut().find(|set| set.root == root) {
                    Some(set) => set.wanted.push(wanted),
                    None => sets.push(Set { root, wanted: vec![wanted] }),
                }
            }
        }
        sets
    }

    fn set(&mut self, set: &Set) -> Result<(), Failure> {
        let mut project = Project::load(&set.root);
        let covers = |path: &Path| set.wanted.iter().any(|wanted| path.starts_with(&wanted.path));
        // A file that was met in a folder without gloss.toml need not be data.
        let met = !set.root.is_dir() && !set.wanted.iter().any(|wanted| wanted.path == set.root);
        for (path, why) in &project.unreadable {
            if !met || File::open(path).is_err() {
                self.cannot(&format!("{} {why}.", shown(path)));
            }
        }
        let files: Vec<usize> = (0..project.files.len())
            .filter(|file| covers(&project.files[*file].path))
            .filter(|file| !met || project.files[*file].document.schema().annotated)
            .collect();
        let problems = places::in_config(&project);
        for wanted in set.wanted.iter().filter(|_| !met && problems.is_empty()) {
            let mut members = project.files.iter().map(|file| &file.path);
            let mut known = project.unreadable.iter().map(|(path, _)| path);
            if !members.any(|path| path.starts_with(&wanted.path)) && !known.any(|path| path.starts_with(&wanted.path))
            {
                let config = shown(&set.root.join(discover::CONFIG_NAME));
                self.cannot(&format!(
                    "{}: no file of the data set of {config} is here. Add it to `files` there, or name another.",
                    wanted.given.display()
                ));
            }
        }
        if files.is_empty() && problems.is_empty() {
            return Ok(());
        }
        self.begin()?;
        for problem in &problems {
            self.entry(problem)?;
        }
        if !files.is_empty() {
            learn(&mut project);
            // Without a cancel flag set, this cannot be cancelled.
            let _ = project.find_nears(&Control::default());
        }
        // Whether a label is used, and which rows fare worse, all files tell together.
        let is_whole = files.len() == project.files.len();
        for file in files {
            self.files += 1;
            let path = shown(&project.files[file].path);
            for finding in project.findings(file, &Limits::NONE).shown {
                self.entry(&Entry::of(&project, file, &path, finding))?;
            }
        }
        for entry in places::of_labels(&project).into_iter().chain(places::of_slices(&project)).filter(|_| is_whole) {
            self.entry(&entry)?;
        }
        for field in project.missing_fields() {
            eprintln!("gloss: {}: no row has the field `{field}` that gloss.toml names.", shown(&project.root));
        }
        self.written(|report, out| {
            project.agreement().into_iter().for_each(|agreement| report.agreement(&agreement));
            out.flush()
        })
    }

    /// Something that was asked for cannot be checked; the rest is.
    fn cannot(&mut self, message: &str) {
        eprintln!("gloss: {message}");
        self.incomplete = true;
    }

    fn begin(&mut self) -> Result<(), Failure> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        self.written(|report, out| report.begin(out))
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        let denied = self.deny.iter().any(|code| code == entry.code.name());
        self.failed |= denied || entry.severity() == Severity::Error;
        self.written(|report, out| report.entry(entry, denied, out))
    }

    fn end(mut self) -> Result<ExitCode, Failure> {
        if self.begun {
            let files = self.files;
            self.written(|report, out| report.end(files, out).and_then(|()| out.flush()))?;
        }
        Ok(ExitCode::from(match (self.incomplete, self.failed) {
            (true, _) => 2,
            (false, failed) => u8::from(failed),
        }))
    }

    /// Once nobody reads any more, the rest is checked for the exit code alone.
    fn written(
        &mut self,
        write: impl FnOnce(&mut dyn Report, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match write(&mut *self.report, &mut *self.out).map_err(Failure::of_output) {
            Err(Failure::Hangup) => {
                self.out = Box::new(io::sink());
                Ok(())
            }
            written => written,
        }
    }
}

/// Without enough labels the findings of the rows themselves are still given.
fn learn(project: &mut Project) {
    let Some((corpus, version)) = project.corpus(true) else { return };
    let bar = progress::learning();
    let learned = Learned::learn(corpus, project.learned.as_deref(), version, &progress::control(&bar));
    bar.finish_and_clear();
    match learned {
        Ok(learned) => drop(project.take(learned.into())),
        Err(FitError::Cancelled) => {}
        Err(why) => {
            eprintln!("gloss: {}: nothing could be learned, rows are checked alone. {why}", shown(&project.root))
        }
    }
}
