//! `gloss convert`: a data set from the format of one tool into that of another.

use std::{
    fs::{self, File},
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::{self, ExitCode},
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use engine::{
    Offsets,
    convert::{self, Dataset, FormatName, Options, Part, Reading, Remark, Source},
};

use crate::{
    failure::{Failure, why},
    terminal::{self, counted, plain},
};

/// Remarks on single rows are printed up to this many, then counted.
const SAID: usize = 20;

const EXAMPLES: &str = "\
Examples:
  gloss convert export.json rows.jsonl                     Label Studio's tasks, as rows for an editor
  gloss convert tickets.csv rows.jsonl --separator ';'     cells with several labels: `refund;card`
  gloss convert old.csv new.csv --encoding gbk             as UTF-8
  gloss convert rows.jsonl nlu.yml                         for Rasa
  gloss convert train.conll spans.jsonl --to doccano       tags of tokens as spans
  gloss convert corpus/ rows.jsonl                         a folder of brat's pairs of .txt and .ann
  zcat rows.jsonl.gz | gloss convert - - --to fasttext

The format of IN is found out from its name and content, that of OUT from its name, where OUT.jsonl is \
Gloss's own; --from and --to say it otherwise. What OUT cannot hold is left out, and said with the lines of IN.

OUT appears whole or not at all. Names of integer labels come from --labels, or from a README.md beside IN.

Exit codes: 0 written, and what was left out is said; 2 it could not be done.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file to read; `-` is standard input. A folder is read as pairs of brat.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write; `-` is standard output.
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// The format of IN.
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    from: Option<FormatName>,
    /// The format of OUT.
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    to: Option<FormatName>,
    /// What the offsets of spans count in IN.
    #[arg(long, value_name = "UNIT", default_value = "code-points", value_parser = offsets())]
    offsets: Offsets,
    /// What they count in OUT.
    #[arg(long, value_name = "UNIT", default_value = "code-points", value_parser = offsets())]
    to_offsets: Offsets,
    /// What stands between several labels in a cell.
    #[arg(long)]
    separator: Option<String>,
    /// Names of integer labels: a data set's README.md, JSON with id2label, or a name a line. Written as a card for
    /// --to hugging-face if it is not there.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// The encoding of IN, such as gbk, utf-16le or latin-1 [default: found out]. OUT is UTF-8.
    #[arg(long)]
    encoding: Option<String>,
    /// The field or column of the text [default: found out].
    #[arg(long, value_name = "FIELD")]
    text: Option<String>,
    /// The field or column of the label, or Label Studio's control or Argilla's question [default: found out].
    #[arg(long, value_name = "FIELD")]
    label: Option<String>,
    /// Write over OUT if it is there.
    #[arg(long)]
    force: bool,
}

fn formats() -> impl TypedValueParser<Value = FormatName> {
    let names = PossibleValuesParser::new(FormatName::ALL.map(FormatName::name));
    names.try_map(|name| FormatName::named(&name).ok_or("no format"))
}

fn offsets() -> impl TypedValueParser<Value = Offsets> {
    let names = PossibleValuesParser::new([Offsets::CodePoints, Offsets::Utf16, Offsets::Bytes].map(Offsets::name));
    names.try_map(|name| Offsets::named(&name).ok_or("no unit"))
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    // Before time goes into reading.
    let format = arguments.target()?;
    let (names, card) = arguments.names()?;
    let mut options = Options {
        offsets: arguments.offsets,
        separator: arguments.separator.clone(),
        names,
        encoding: arguments.encoding.clone(),
        text: arguments.text.clone(),
        label: arguments.label.clone(),
    };
    let input = Input::of(&arguments.input);
    let reading =
        if arguments.input.is_dir() { input.folder(&options)? } else { input.file(arguments.from, &options)? };
    input.say(&reading.remarks);
    options.offsets = arguments.to_offsets;
    let written = convert::write(&reading.dataset, format, &options)?;
    let output = shown_or(&arguments.output, "standard output");
    if is_dash(&arguments.output) {
        let mut out = io::stdout().lock();
        out.write_all(&written.bytes).and_then(|()| out.flush()).map_err(Failure::of_output)?;
    } else {
        write_aside(&arguments.output, &written.bytes, arguments.force)?;
    }
    for loss in &written.losses {
        // Lines are those of IN.
        let name = if loss.lines.is_empty() { &output } else { &input.name };
        eprintln!("gloss: {name}: {}", plain(&loss.to_string()));
    }
    let lost = lines_of(&written.losses, Part::Row);
    eprintln!(
        "gloss: read {} as {}, wrote {} as {} to {output}.",
        counted(reading.dataset.records.len(), "row", "rows"),
        reading.format.title(),
        counted(reading.dataset.records.len() - lost.min(reading.dataset.records.len()), "row", "rows"),
        format.title(),
    );
    if format == FormatName::HuggingFace
        && let Some(path) = card
    {
        write_card(&path, &reading.dataset)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// The format of OUT, if OUT may be written.
    fn target(&self) -> Result<FormatName, Failure> {
        let name = self.output.to_string_lossy();
        let format = match (self.to, FormatName::of_file(&name)) {
            (Some(format), _) | (None, Some(format)) => format,
            (None, None) if name.to_ascii_lowercase().ends_with(".json") => {
                return Err(format!("{name}: .json may be label-studio, spacy or rasa-json; --to says which.").into());
            }
            (None, None) => {
                return Err(format!("{name}: the format to write is not plain from the name; --to says it.").into());
            }
        };
        if !format.is_written() {
            return Err(format!("{} is read, not written; --to names another.", format.title()).into());
        }
        if !is_dash(&self.output) && !self.force && self.output.symlink_metadata().is_ok() {
            return Err(format!("{name}: this is there already; --force writes over it.").into());
        }
        Ok(format)
    }

    /// Names of integer labels, and where a card with them is to be written.
    fn names(&self) -> Result<(Vec<String>, Option<PathBuf>), Failure> {
        let read = |path: &Path| fs::read(path).map(|bytes| convert::label_names(&String::from_utf8_lossy(&bytes)));
        if let Some(path) = &self.labels {
            return match read(path) {
                Ok(Ok(names)) => Ok((names, None)),
                Ok(Err(why)) => Err(format!("{}: {why}", path.display()).into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.to == Some(FormatName::HuggingFace) => {
                    Ok((Vec::new(), Some(path.clone())))
                }
                Err(error) => Err(format!("{}: {}.", path.display(), why(&error)).into()),
            };
        }
        let card = self.input.parent().map(|folder| folder.join("README.md"));
        let card = card.filter(|_| !is_dash(&self.input) && !self.input.is_dir());
        let names = card.as_deref().and_then(|path| {
            // Most such files are no cards.
            let source = fs::read_to_string(path).ok().filter(|source| source.contains("class_label:"))?;
            convert::label_names(&source).ok()
        });
        if let (Some(names), Some(path)) = (&names, &card) {
            eprintln!("gloss: {}: {} of integer labels.", path.display(), counted(names.len(), "name", "names"));
        }
        Ok((names.unwrap_or_default(), None))
    }
}

struct Input<'a> {
    path: &'a Path,
    name: String,
}

impl<'a> Input<'a> {
    fn of(path: &'a Path) -> Input<'a> {
        Input { path, name: shown_or(path, "standard input") }
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = if is_dash(path) {
            if io::stdin().is_terminal() {
                eprintln!("gloss: reading rows from standard input.");
            }
            io::stdin().lock().read_to_end(&mut bytes)
        } else {
            File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
        };
        read.map_err(|error| format!("{}: {}.", shown_or(path, "standard input"), why(&error)))?;
        Ok(bytes)
    }

    fn file(&self, from: Option<FormatName>, options: &Options) -> Result<Reading, Failure> {
        let name = if is_dash(self.path) { String::new() } else { self.path.to_string_lossy().into_owned() };
        let bytes = self.bytes(self.path)?;
        let ending = self.path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let other = match ending.as_deref() {
            Some("ann") => Some("txt"),
            Some("txt") if from.is_none_or(|format| format == FormatName::Brat) => Some("ann"),
            _ => None,
        };
        let other = other.map(|ending| self.path.with_extension(ending)).filter(|other| other.is_file());
        let other = other.map(|other| self.bytes(&other)).transpose()?;
        let (bytes, beside) = match (ending.as_deref(), other) {
            (Some("ann"), Some(text)) => (text, Some(bytes)),
            (_, other) => (bytes, other),
        };
        let source = Source { name: &name, bytes: &bytes, beside: beside.as_deref() };
        convert::read(source, from, options).map_err(|why| format!("{}: {why}", self.name).into())
    }

    /// Each pair of a text and its spans as a row, in the order of their names.
    fn folder(&self, options: &Options) -> Result<Reading, Failure> {
        let failed = |error: io::Error| format!("{}: {}.", self.name, why(&error));
        let mut notes = Vec::new();
        for entry in fs::read_dir(self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|ending| ending == "ann") {
                notes.push(path);
            }
        }
        notes.sort();
        let (mut records, mut remarks, mut last) = (Vec::new(), Vec::new(), None);
        for path in &notes {
            let one = Input::of(path);
            match one.file(Some(FormatName::Brat), options) {
                Ok(mut reading) => {
                    one.say(&reading.remarks);
                    records.append(&mut reading.dataset.records);
                    last = Some(reading);
                }
                Err(Failure::Message(message)) => eprintln!("gloss: {}", plain(&message)),
                Err(failure) => return Err(failure),
            }
        }
        let Some(reading) = last else {
            return Err(format!(
                "{}: this is a folder without pairs of brat, x.txt and x.ann; name a file in it.",
                self.name
            )
            .into());
        };
        for (index, record) in records.iter_mut().enumerate() {
            record.line = index + 1;
        }
        let message = "lines stand for the texts of the folder, in the order of their names".into();
        remarks.push(Remark { part: Part::File, message, lines: Vec::new() });
        Ok(Reading { dataset: Dataset::new(records, Vec::new()), remarks, ..reading })
    }

    fn say(&self, remarks: &[Remark]) {
        for remark in remarks.iter().take(SAID) {
            eprintln!("gloss: {}: {}", self.name, plain(&remark.to_string()));
        }
        if remarks.len() > SAID {
            let more = counted(remarks.len() - SAID, "more remark", "more remarks");
            eprintln!("gloss: {}: {more} of this kind.", self.name);
        }
        let lost = lines_of(remarks, Part::Row);
        if lost > 0 {
            eprintln!("gloss: {}: {} left out in all.", self.name, counted(lost, "row was", "rows were"));
        }
    }
}

/// The rows that remarks on this part name.
fn lines_of(remarks: &[Remark], part: Part) -> usize {
    remarks.iter().filter(|remark| remark.part == part).map(|remark| remark.lines.len()).sum()
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn shown_or(path: &Path, dash: &str) -> String {
    if is_dash(path) { dash.into() } else { terminal::shown(path) }
}

/// Writes beside the file, then renames, so that whoever looks sees all of it or nothing.
fn write_aside(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::from(format!("{}: {}.", path.display(), why(&error)));
    let Some(name) = path.file_name() else { return Err(failed(io::ErrorKind::IsADirectory.into())) };
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let mut aside = std::ffi::OsString::from(".");
    aside.push(name);
    aside.push(format!(".{}.new", process::id()));
    let aside = path.with_file_name(aside);
    let written = File::create_new(&aside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let placed = written.and_then(|()| match force {
        true => fs::rename(&aside, path),
        // A link fails where a file came in the meantime; not every file system has links.
        false => fs::hard_link(&aside, path).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::rename(&aside, path),
        }),
    });
    if placed.is_err() || !force {
        let _ = fs::remove_file(&aside);
    }
    placed.map_err(failed)
}

fn write_card(path: &Path, dataset: &Dataset) -> Result<(), Failure> {
    let labels = dataset.labels();
    if labels.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = labels.iter().map(|label| &**label).collect();
    let several = dataset.records.iter().any(|record| record.labels.as_ref().is_some_and(|labels| labels.len() > 1));
    write_aside(path, convert::card(&names, several).as_bytes(), false)?;
    eprintln!("gloss: wrote the names of {} to {}.", counted(names.len(), "label", "labels"), path.display());
    Ok(())
}
