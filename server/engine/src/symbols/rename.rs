//! A label by another name: in every row of every file, in gloss.toml and in the decisions kept, as one set of edits.
//!
//! What must stay true: nothing is edited where something stands against it; what gloss.toml says afterwards is what it said before, but for
//! the name.

use std::{fs, path::PathBuf};

use catalogue::{Count, Phrase, phrase};
use dataset::{Document, Hints, TextEdit};

use super::{Home, Symbol, at, config, declared, rows_with};
use crate::{
    config::Config,
    config_file::{ConfigFile, key, quoted},
    keep,
    project::Project,
};

/// The edits of a rename.
#[derive(Debug)]
pub struct Rename {
    /// Of each file that changes, in order; those of gloss.toml come last.
    pub edits: Vec<(Home, Vec<TextEdit>)>,
    pub decisions: Option<Decisions>,
    /// Said where two labels become one.
    pub merges: Option<Phrase>,
}

/// What changes in the file of decisions kept.
#[derive(Debug)]
pub struct Decisions {
    pub path: PathBuf,
    pub document: Document,
    pub edits: Vec<TextEdit>,
}

/// The label at this offset, if there is one. The error says why it cannot get another name.
pub fn can_rename(project: &Project, home: Home, offset: usize) -> Result<Option<Symbol>, Phrase> {
    let Some(symbol) = at(project, home, offset) else { return Ok(None) };
    let is_declared = declared(project, &symbol.label).is_some();
    let is_numbered = |document: &Document| {
        let named = |row| is_number(document, row, &symbol.label);
        rows_with(document, &symbol.label).next().is_some_and(named)
    };
    if !is_declared && project.files.iter().any(|file| is_numbered(&file.document)) {
        return Err(phrase!("name-is-of-card", label = &symbol.label));
    }
    Ok(Some(symbol))
}

/// Calls the label at this offset by another name; `None`: there is no label.
pub fn rename(project: &Project, home: Home, offset: usize, to: &str) -> Result<Option<Rename>, Phrase> {
    let Some(symbol) = can_rename(project, home, offset)? else { return Ok(None) };
    let (from, to) = (&*symbol.label, to.trim());
    if to.is_empty() {
        return Err(phrase!("name-empty"));
    }
    project.files.iter().try_for_each(|file| file.document.check_name(to))?;
    if from == to {
        return Ok(Some(Rename { edits: Vec::new(), decisions: None, merges: None }));
    }
    let used = |label: &str| project.files.iter().map(|file| rows_with(&file.document, label).count()).sum::<usize>();
    let is_merge = declared(project, to).is_some() || used(to) > 0 || has_field(project, to);
    if is_merge {
        check_merge(project, from, to)?;
    }
    let mut edits = Vec::new();
    for (file, data) in project.files.iter().enumerate() {
        let of_file = in_rows(&data.document, from, to).map_err(Phrase::verbatim)?;
        if !of_file.is_empty() {
            edits.push((Home::Data(file), of_file));
        }
    }
    if let Some(file) = &project.config_file {
        let of_config = in_config(file, from, to)?;
        if !of_config.is_empty() {
            edits.push((Home::Config, of_config));
        }
    }
    let merges = is_merge.then(|| phrase!("merges-labels", from, to, count = Count(used(from))));
    Ok(Some(Rename { edits, decisions: in_decisions(project, from, to), merges }))
}

/// Whether the label is a number in this row.
fn is_number(document: &Document, row: usize, label: &str) -> bool {
    document.mentions(row).iter().any(|mention| &*mention.label == label && !mention.is_name())
}

/// Whether some file has a field of this label's own.
fn has_field(project: &Project, label: &str) -> bool {
    project.files.iter().map(|file| &file.document).filter(|document| document.has_fields_of_labels()).any(|document| {
        let in_header = document.header_mentions().iter().any(|mention| &*mention.label == label);
        let named = |row| document.mentions(row).iter().any(|mention| &*mention.label == label);
        in_header || (0..document.rows().len()).any(named)
    })
}

/// Two labels that have fields, or numbers, of their own do not become one by a name.
fn check_merge(project: &Project, from: &str, to: &str) -> Result<(), Phrase> {
    for document in project.files.iter().map(|file| &file.document) {
        if document.has_fields_of_labels() {
            return Err(phrase!("merge-of-fields", from, to));
        }
        let has_numbers = |label| rows_with(document, label).any(|row| is_number(document, row, label));
        let others = project.config.labels.iter().map(|(name, _)| name.as_str());
        if others.chain([from, to]).any(has_numbers) {
            return Err(phrase!("merge-of-numbers", from, to));
        }
    }
    Ok(())
}

fn in_rows(document: &Document, from: &str, to: &str) -> Result<Vec<TextEdit>, String> {
    let mut edits = document.rename_header_edits(from, to);
    if document.has_fields_of_labels() {
        // A field is named whether the label applies or not.
        for row in 0..document.rows().len() {
            edits.extend(document.rename_edits(row, from, to)?);
        }
    } else {
        for row in rows_with(document, from) {
            edits.extend(document.rename_edits(row, from, to)?);
        }
    }
    Ok(edits)
}

fn in_config(file: &ConfigFile, from: &str, to: &str) -> Result<Vec<TextEdit>, Phrase> {
    let source = file.source();
    let fields = config::strings(source).into_iter().filter(|field| &*field.label == from);
    let mut edits: Vec<TextEdit> =
        fields.map(|field| TextEdit { range: config::outer(source, field.range), text: quoted(to) }).collect();
    let keys = config::keys(source);
    let find = |label: &str| keys.iter().find(|key| &*key.label == label);
    match (find(from), find(to)) {
        (Some(name), None) => {
            edits.push(TextEdit { range: config::outer(source, name.range.clone()), text: key(to) });
        }
        // The guideline of the other one stays.
        (Some(_), Some(_)) => {
            let range = config::line_of(source, from).ok_or_else(|| phrase!("labels-not-changed", label = from))?;
            edits.push(TextEdit { range, text: String::new() });
        }
        (None, _) => {}
    }
    edits.sort_by_key(|edit| edit.range.start);
    let mut changed = source.to_owned();
    edits.iter().rev().for_each(|edit| changed.replace_range(edit.range.clone(), &edit.text));
    let (mut expected, problems) = Config::parse(source);
    let (found, problems_then) = Config::parse(&changed);
    expected.rename(from, to);
    if found == expected && problems_then.len() <= problems.len() {
        Ok(edits)
    } else {
        Err(phrase!("labels-not-changed", label = from))
    }
}

/// Decisions are lines of a text and a label; of a span, "city: Paris".
fn in_decisions(project: &Project, from: &str, to: &str) -> Option<Decisions> {
    let path = project.folder()?.join(keep::FILE_NAME);
    let source = fs::read_to_string(&path).ok().filter(|source| !source.is_empty())?;
    let hints = Hints { text: vec!["text".into()], label: Some("label".into()), ..Hints::default() };
    let document = Document::open(&path, source, &hints)?;
    let mut edits = Vec::new();
    for (row, record) in document.rows().iter().enumerate() {
        let Some(label) = record.label() else { continue };
        let name = match label.strip_prefix(from) {
            Some("") => to.to_owned(),
            Some(part) if part.starts_with(": ") => format!("{to}{part}"),
            _ => continue,
        };
        edits.extend(document.rename_edits(row, label, &name).ok()?);
    }
    (!edits.is_empty()).then_some(Decisions { path, document, edits })
}

impl Config {
    /// What it says once a label is called otherwise.
    fn rename(&mut self, from: &str, to: &str) {
        if self.label.len() > 1 {
            self.label.iter_mut().filter(|field| *field == from).for_each(|field| to.clone_into(field));
        }
        let is_there = self.labels.iter().any(|(name, _)| name == to);
        self.labels.retain(|(name, _)| name != from || !is_there);
        self.labels.iter_mut().filter(|(name, _)| name == from).for_each(|(name, _)| to.clone_into(name));
    }
}
