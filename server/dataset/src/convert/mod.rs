//! Files that other tools write, read whole and written anew: what `gloss convert` does. A file a format.
//!
//! What must stay true:
//! - What is read, is read into [`Record`]s that any format may hold; what a target cannot hold is said in a [`Remark`] on
//!   the part of the row that is lost. Nothing is left out in silence.
//! - Offsets are bytes of the text inside; units exist where a format is read or written.
//! - A row that cannot be read or written is named by its line, and the others go on. A file that holds no rows at all is
//!   refused with a message that says what to do.

mod argilla;
mod brat;
mod card;
mod clue;
mod conll;
mod doccano;
pub(crate) mod encoding;
mod fasttext;
mod flat;
mod hugging_face;
mod label_studio;
mod lines;
mod name;
mod plain;
mod prodigy;
mod rasa;
mod rasa_json;
mod rasa_markdown;
mod rasa_yaml;
mod record;
mod refuse;
mod remarks;
mod sniff;
mod spacy;
mod spans;
mod table;
mod tags;
mod values;
mod webanno;

pub use card::{card, label_names};
pub use name::FormatName;
pub use record::{Dataset, Reading, Record, Written};
pub use remarks::{Part, Remark};

pub use crate::format::{Fields, Json};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::{Offsets, Problem, Task};
use lines::Lines;
use remarks::Remarks;

/// What a format leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What the offsets of the file count, in formats that leave it open.
    pub offsets: Offsets,
    /// What stands between several labels in a cell of CSV.
    pub separator: Option<String>,
    /// Names of integer labels.
    pub names: Vec<String>,
    /// Of the bytes that are read: `gbk`, `latin-1` ... What is written is UTF-8.
    pub encoding: Option<String>,
    /// The field or column of the text and of the label, where they are not to be found out.
    pub text: Option<String>,
    pub label: Option<String>,
}

/// A file to be read.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// By whose ending the format is found out.
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// The other half of a pair of brat: the `.ann` beside the `.txt`.
    pub beside: Option<&'a [u8]>,
}

/// Reads a file. The error says why it cannot be read at all, and what to do.
pub fn read(source: Source, format: Option<FormatName>, options: &Options) -> Result<Reading, String> {
    if u32::try_from(source.bytes.len()).is_err() {
        return Err("The file has more than 4 GiB; split it.".into());
    }
    refuse::by_bytes(source.name, source.bytes)?;
    let mut remarks = Remarks::default();
    let (text, encoding) = encoding::decode(source.bytes, options.encoding.as_deref(), &mut remarks)?;
    let beside = source.beside.map(|bytes| encoding::decode(bytes, options.encoding.as_deref(), &mut remarks));
    let beside = beside.transpose()?.map(|(text, _)| text);
    let format = match format {
        Some(format) => format,
        None if beside.is_some() => FormatName::Brat,
        None => sniff::format(source.name, &text, options)?,
    };
    let mut reader = Reader {
        text: &text,
        beside: beside.as_deref(),
        options,
        remarks,
        lines: Lines::new(&text),
        names: options.names.iter().map(|name| name.as_str().into()).collect(),
        faults: [0; 3],
    };
    let mut records = reader.records(format)?;
    for record in &mut records {
        record.line = record.line.max(1);
        unlike(&mut record.rest);
    }
    reader.say_units();
    let (names, remarks) = (reader.names, reader.remarks.into_list());
    if records.is_empty() && !remarks.iter().any(|remark| remark.part == Part::Row) {
        return Err(format!("No rows were found, read as {}. --from says what it is.", format.title()));
    }
    if records.is_empty() {
        let why = remarks.iter().rev().find(|remark| remark.part == Part::Row).map(ToString::to_string);
        return Err(format!("No row could be read as {}: {}", format.title(), why.unwrap_or_default()));
    }
    Ok(Reading { dataset: Dataset::new(records, names), format, encoding, remarks })
}

/// Writes rows. The error names the format, if it is one that is only read.
pub fn write(dataset: &Dataset, format: FormatName, options: &Options) -> Result<Written, String> {
    let mut losses = Remarks::default();
    let mut writer = Writer { dataset, options, losses: &mut losses, format };
    let text = writer.text()?;
    writer.lose_names();
    Ok(Written { bytes: text.into_bytes(), losses: losses.into_list() })
}

/// Fields from several places of a row may have the same name; the later ones are numbered.
fn unlike(rest: &mut Fields) {
    for index in 1..rest.len() {
        let (before, from) = rest.split_at_mut(index);
        let name = &mut from[0].0;
        let mut number = 2;
        let plain = name.clone();
        while before.iter().any(|(known, _)| known == name) {
            *name = format!("{plain}_{number}");
            number += 1;
        }
    }
}

/// What a format's reader has to work with.
struct Reader<'a> {
    text: &'a str,
    beside: Option<&'a str>,
    options: &'a Options,
    remarks: Remarks,
    lines: Lines<'a>,
    /// Labels that the file names, whether or not rows have them.
    names: Vec<Arc<str>>,
    /// Wrong spans of texts that are not ASCII, if their offsets counted code points, UTF-16 units or bytes.
    faults: [usize; 3],
}

impl Reader<'_> {
    /// Notes a label that the file names.
    fn name(&mut self, label: &str) {
        if !label.is_empty() && !self.names.iter().any(|known| **known == *label) {
            self.names.push(label.into());
        }
    }

    fn records(&mut self, format: FormatName) -> Result<Vec<Record>, String> {
        use FormatName::*;
        Ok(match format {
            Gloss | LabelStudioMin => flat::read(self),
            Prodigy => prodigy::read(self),
            Doccano => doccano::read(self),
            LabelStudio => label_studio::read(self),
            Argilla => argilla::read(self),
            HuggingFace => hugging_face::read(self),
            SpacyCats => spacy::read_cats(self),
            Spacy => spacy::read(self),
            FastText => fasttext::read(self),
            RasaYaml => rasa_yaml::read(self)?,
            RasaMarkdown => rasa_markdown::read(self),
            RasaJson => rasa_json::read(self)?,
            Clue => clue::read(self),
            Conll => conll::read(self),
            Csv => table::read(self, None, self.options.separator.as_deref())?,
            Tsv => table::read(self, Some(b'\t'), self.options.separator.as_deref())?,
            DoccanoCsv => table::read(self, Some(b','), self.options.separator.as_deref().or(Some("#")))?,
            Lines => plain::read(self),
            Brat => brat::read(self)?,
            WebAnno => webanno::read(self)?,
        })
    }

    fn problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            let line = self.lines.of(problem.range.start);
            self.remarks.row(Part::Row, line, problem.message.to_string().trim_end_matches('.'));
        }
    }

    /// Rows of JSON, in lines or in an array, with the lines on which they start.
    fn json_rows(&mut self) -> Vec<(usize, Json)> {
        let mut problems = Vec::new();
        let mut values = crate::format::values(self.text, &mut problems);
        // An array of rows, or of spaCy's pairs; a pair alone on its line is no such array.
        let holds_rows = |list: &[Json]| list.iter().all(|row| matches!(row, Json::Object(_) | Json::List(_)));
        if let [(_, Json::List(list))] = &values[..]
            && holds_rows(list)
        {
            problems.clear();
            values = crate::format::elements(self.text, &[], &mut problems).unwrap_or_default();
        } else if values.is_empty()
            && self.text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with('[')
        {
            // An array that is broken somewhere: the rows before that.
            problems.clear();
            values = crate::format::elements(self.text, &[], &mut problems).unwrap_or_default();
        }
        self.problems(problems);
        values.into_iter().map(|(at, value)| (self.lines.of(at), value)).collect()
    }

    /// The rows of [`Reader::json_rows`] that are objects; the others are said.
    fn json_objects(&mut self) -> Vec<(usize, Fields)> {
        let rows = self.json_rows();
        let mut objects = Vec::with_capacity(rows.len());
        for (line, row) in rows {
            match row {
                Json::Object(fields) => objects.push((line, fields)),
                _ => self.remarks.row(Part::Row, line, "the row is no object: left out"),
            }
        }
        objects
    }
}

/// What a format's writer has to work with.
struct Writer<'a> {
    dataset: &'a Dataset,
    options: &'a Options,
    losses: &'a mut Remarks,
    format: FormatName,
}

impl Writer<'_> {
    fn text(&mut self) -> Result<String, String> {
        use FormatName::*;
        Ok(match self.format {
            Gloss => flat::write(self),
            Prodigy => prodigy::write(self),
            Doccano => doccano::write(self),
            LabelStudio => label_studio::write(self),
            Argilla => argilla::write(self),
            HuggingFace => hugging_face::write(self),
            SpacyCats => spacy::write_cats(self),
            Spacy => spacy::write(self),
            FastText => fasttext::write(self),
            RasaYaml => rasa_yaml::write(self),
            RasaMarkdown => rasa_markdown::write(self),
            RasaJson => rasa_json::write(self),
            Clue => clue::write(self),
            Conll => conll::write(self),
            Csv => table::write(self, b',', self.options.separator.clone())?,
            Tsv => table::write(self, b'\t', self.options.separator.clone())?,
            DoccanoCsv => table::write(self, b',', self.options.separator.clone().or(Some("#".into())))?,
            Lines => plain::write(self),
            LabelStudioMin | Brat | WebAnno => {
                return Err(format!("{} is read, not written.", self.format.title()));
            }
        })
    }

    /// Says which labels that were named stand in no row, where the format has no place for them.
    fn lose_names(&mut self) {
        use FormatName::*;
        let several = self.dataset.task == Task::Multi;
        if matches!(self.format, HuggingFace | Spacy | SpacyCats) || (self.format == Prodigy && several) {
            return;
        }
        let used: FxHashSet<&Arc<str>> = self.dataset.records.iter().flat_map(|record| record.labels()).collect();
        let unused = self.dataset.names.iter().filter(|name| !used.contains(name));
        let unused: Vec<_> = unused.map(|name| format!("`{name}`")).collect();
        if !unused.is_empty() {
            self.losses.file(Part::File, format!("labels that no row has are left out: {}", unused.join(", ")));
        }
    }

    fn lose(&mut self, part: Part, record: &Record, message: &str) {
        self.losses.row(part, record.line, message);
    }

    /// Says that the format has no place for other fields, if the row has some.
    fn lose_rest(&mut self, record: &Record) {
        if !record.rest.is_empty() {
            let message = format!("other fields are left out; {} holds none", self.format.title());
            self.lose(Part::Fields, record, &message);
        }
    }

    fn lose_spans(&mut self, record: &Record) {
        if record.spans.is_some() {
            let what = if record.spans().is_empty() { "that there are no spans is" } else { "spans are" };
            let message = format!("{what} left out; {} holds none", self.format.title());
            self.lose(Part::Spans, record, &message);
        }
    }

    fn lose_labels(&mut self, record: &Record) {
        if record.labels.is_some() {
            let message = format!("labels of the whole text are left out; {} holds none", self.format.title());
            self.lose(Part::Labels, record, &message);
        }
    }

    /// Where the format writes "nobody looked" and "none applies" in the same way.
    fn blur_empty(&mut self, record: &Record) {
        let message =
            format!("that none applies is written as if nobody had looked; {} has no sign for it", self.format.title());
        self.lose(Part::Empty, record, &message);
    }

    /// The other fields, without those that the format gives a meaning of its own.
    fn rest(&mut self, record: &Record, taken: &[&str]) -> Fields {
        let mut rest = Fields::with_capacity(record.rest.len());
        for (key, value) in &record.rest {
            if taken.contains(&&**key) {
                let message =
                    format!("the field `{key}` is left out; the name means something else in {}", self.format.title());
                self.lose(Part::Fields, record, &message);
            } else {
                rest.push((key.clone(), value.clone()));
            }
        }
        rest
    }
}

/// One object a line.
fn json_lines(rows: impl IntoIterator<Item = Fields>) -> String {
    let mut out = String::new();
    for fields in rows {
        Json::Object(fields).write(&mut out);
        out.push('\n');
    }
    out
}

/// An array, a row a line.
fn json_array(rows: impl IntoIterator<Item = Json>) -> String {
    let mut out = String::from("[");
    for (index, row) in rows.into_iter().enumerate() {
        out += if index == 0 { "\n  " } else { ",\n  " };
        row.write(&mut out);
    }
    out += "\n]\n";
    out
}
