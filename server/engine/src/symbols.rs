//! Labels as symbols: each is defined once, in gloss.toml or by the first row that has it, and used by rows of every file.
//!
//! What must stay true: a place is that of the name alone where the file has it, so that what is found can be renamed.

mod colours;
mod config;
mod measured;
mod note;
mod outline;
mod rename;
mod witnesses;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use catalogue::phrase;
use dataset::{Answer, Document};

pub use self::{
    colours::{COLOURS, Coloured, WHOLE, coloured},
    measured::{Bin, Confusion, Measured, Tally},
    note::{Confused, Note, note},
    outline::{CHILDREN, Entry, FOUND, Found, Group, Outline, found, outline},
    rename::{Decisions, Rename, can_rename, rename},
    witnesses::Witnesses,
};
pub(crate) use self::{
    config::{keys, strings},
    witnesses::names_of,
};
use crate::{
    finding::{Code, Finding, nearest_rows},
    project::{Place, Project},
};

/// Equal labels are marked in so many rows at most, those nearest to the one asked about: editors ask at each move of the cursor.
const HIGHLIGHTED: usize = 1000;

/// One of a project's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    Data(usize),
    /// gloss.toml.
    Config,
}

/// A place in one of a project's files, in bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub home: Home,
    pub range: Range<usize>,
}

/// A label and where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub label: Arc<str>,
    pub range: Range<usize>,
}

/// The label that is named at this offset.
pub fn at(project: &Project, home: Home, offset: usize) -> Option<Symbol> {
    let touches = |range: &Range<usize>| range.start <= offset && offset <= range.end;
    let file = match home {
        Home::Data(file) => file,
        Home::Config => {
            let source = project.config_file.as_ref()?.source();
            let mut named = keys(source).into_iter().chain(strings(source));
            return named.find(|symbol| touches(&symbol.range));
        }
    };
    let document = &project.files[file].document;
    let symbol = |mention: dataset::Mention| Symbol { label: mention.label, range: mention.range };
    let Some(row) = document.row_at(offset) else {
        return document.header_mentions().into_iter().map(symbol).find(|symbol| touches(&symbol.range));
    };
    let mentions = document.mentions(row);
    if let Some(named) = mentions.iter().find(|mention| touches(&mention.range)) {
        return Some(symbol(named.clone()));
    }
    // On what is around the name: a quote, the value of a field that is a label's own.
    let answer = document.rows()[row].answer().filter(|answer| !matches!(answer, Answer::Spans(_)))?;
    let (label, site) = answer.labels().into_iter().zip(document.sites(row)).find(|(_, site)| touches(site))?;
    let named = mentions.into_iter().find(|mention| &mention.label == label);
    Some(named.map_or_else(|| Symbol { label: label.clone(), range: site }, symbol))
}

/// Where a label is defined: its key in gloss.toml, or else the first row that has it.
pub fn definition(project: &Project, label: &str) -> Option<Site> {
    declared(project, label).or_else(|| {
        let mut files = project.files.iter().enumerate();
        files.find_map(|(file, data)| {
            let row = rows_with(&data.document, label).next()?;
            let range = uses(&data.document, row, label).into_iter().next()?;
            Some(Site { home: Home::Data(file), range })
        })
    })
}

/// The key of a label in `[labels]`.
pub(crate) fn declared(project: &Project, label: &str) -> Option<Site> {
    let keys = keys(project.config_file.as_ref()?.source());
    let key = keys.into_iter().find(|key| &*key.label == label)?;
    Some(Site { home: Home::Config, range: key.range })
}

/// Every place in every file of the data set where a row is given the label, in their order.
pub fn references(project: &Project, label: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, data) in project.files.iter().enumerate() {
        for row in rows_with(&data.document, label) {
            let uses = uses(&data.document, row, label);
            sites.extend(uses.into_iter().map(|range| Site { home: Home::Data(file), range }));
        }
    }
    sites
}

/// References, with the definition in gloss.toml before them.
pub fn references_and_definition(project: &Project, label: &str) -> Vec<Site> {
    declared(project, label).into_iter().chain(references(project, label)).collect()
}

/// Every place near this offset, in the same file, where the label is named.
pub fn highlights(project: &Project, home: Home, offset: usize) -> Vec<Range<usize>> {
    let Some(symbol) = at(project, home, offset) else { return Vec::new() };
    let Home::Data(file) = home else {
        let source = project.config_file.as_ref().map_or("", |file| file.source());
        let named = keys(source).into_iter().chain(strings(source));
        return named.filter(|named| named.label == symbol.label).map(|named| named.range).collect();
    };
    let document = &project.files[file].document;
    let rows: Vec<usize> = rows_with(document, &symbol.label).collect();
    let here = document.row_at(offset).unwrap_or(0);
    let mut ranges: Vec<Range<usize>> = document
        .header_mentions()
        .into_iter()
        .filter(|mention| mention.label == symbol.label)
        .map(|mention| mention.range)
        .collect();
    for &row in nearest_rows(&rows, here, HIGHLIGHTED) {
        let named: Vec<_> =
            document.mentions(row).into_iter().filter(|mention| mention.label == symbol.label).collect();
        match named.is_empty() {
            true => ranges.extend(uses(document, row, &symbol.label)),
            false => ranges.extend(named.into_iter().map(|mention| mention.range)),
        }
    }
    ranges
}

/// The rows that have the label, in order.
fn rows_with<'a>(document: &'a Document, label: &'a str) -> impl Iterator<Item = usize> + 'a {
    let has = move |answer: &Answer| match answer {
        Answer::One(given) => &**given == label,
        Answer::Set(given) => given.iter().any(|given| &**given == label),
        Answer::Spans(spans) => spans.iter().any(|span| &*span.label == label),
    };
    let rows = document.rows().iter().enumerate();
    rows.filter(move |(_, row)| row.answer().is_some_and(has)).map(|(row, _)| row)
}

/// Where the row is given the label: each name, or else the value that says so.
fn uses(document: &Document, row: usize, label: &str) -> Vec<Range<usize>> {
    let mentions = document.mentions(row).into_iter();
    let named: Vec<Range<usize>> =
        mentions.filter(|mention| mention.is_given && &*mention.label == label).map(|mention| mention.range).collect();
    if !named.is_empty() {
        return named;
    }
    let labels = document.rows()[row].answer().map(Answer::labels).unwrap_or_default();
    let sites = labels.into_iter().zip(document.sites(row));
    sites.filter(|(given, _)| &***given == label).map(|(_, site)| site).collect()
}

/// How many rows have each label, in the order of their names.
pub fn labels(project: &Project) -> BTreeMap<Arc<str>, usize> {
    let mut counts = BTreeMap::new();
    for row in project.files.iter().flat_map(|file| file.document.rows()) {
        let mut labels = row.answer().map(Answer::labels).unwrap_or_default();
        labels.sort_unstable();
        labels.dedup();
        for label in labels {
            match counts.get_mut(label) {
                Some(count) => *count += 1,
                None => drop(counts.insert(label.clone(), 1)),
            }
        }
    }
    counts
}

/// The labels of rows that are not in `[labels]`, in the order of their names.
pub(crate) fn unknown(project: &Project) -> BTreeSet<Arc<str>> {
    let mut unknown = BTreeSet::new();
    for file in &project.files {
        let marked = file.marks.iter().zip(file.document.rows()).filter(|(mark, _)| mark.says(Code::UnknownLabel));
        let labels = marked.filter_map(|(_, row)| row.answer()).flat_map(Answer::labels);
        unknown.extend(labels.filter(|label| !project.allows(label)).cloned());
    }
    unknown
}

/// The keys of `[labels]` that no row has, once some row has a label.
fn unused(project: &Project) -> Vec<Symbol> {
    let Some(file) = &project.config_file else { return Vec::new() };
    let keys = keys(file.source());
    if keys.is_empty() {
        return Vec::new();
    }
    let used = labels(project);
    let is_unused = |key: &Symbol| !used.is_empty() && !used.contains_key(&key.label);
    keys.into_iter().filter(is_unused).collect()
}

impl Project {
    /// What is to be said of the labels in gloss.toml.
    pub fn label_findings(&self) -> Vec<Finding> {
        let unused = unused(self).into_iter();
        let finding =
            |key: Symbol| Finding::plain(Code::UnusedLabel, key.range, phrase!("unused-label", label = &key.label));
        unused.map(finding).collect()
    }

    /// The places of all rows with one of these texts that still have the label, so many at most.
    pub(crate) fn examples(&self, keys: &[u64], label: &str, count: usize) -> Vec<Place> {
        let mut places = Vec::new();
        for (file, data) in self.files.iter().enumerate() {
            let rows = rows_with(&data.document, label);
            let known = rows.filter(|row| keys.contains(&data.document.rows()[*row].text_key()));
            places.extend(known.map(|row| Place { file, row }).take(count - places.len()));
        }
        places
    }
}
