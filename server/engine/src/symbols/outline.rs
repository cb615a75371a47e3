//! A file by what its rows are: to label next, suspects, unlabelled, and by label; and what a search finds in all files.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use catalogue::{Count, Phrase, phrase};
use dataset::Document;

use super::{Home, Site, definition, labels};
use crate::{corpus::beginning, finding::Code, project::Project};

/// Rows shown of each group.
pub const CHILDREN: usize = 100;
/// What a search answers with at most.
pub const FOUND: usize = 100;
/// Rows that a search reads at most.
const READ: usize = 200_000;
/// Characters of a text that are shown.
const SHOWN: usize = 80;

/// In their order.
pub type Outline = Vec<Group>;

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// "suspects (12)", "billing (34)".
    pub name: Phrase,
    pub is_label: bool,
    pub count: usize,
    /// The first rows, so many as are shown.
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The beginning of the text.
    pub name: String,
    pub range: Range<usize>,
    /// Its label value, or the row where that is missing.
    pub site: Range<usize>,
}

impl Group {
    fn of(name: Phrase, is_label: bool, rows: &[usize], document: &Document) -> Option<Group> {
        let entry = |row: &usize| {
            let record = &document.rows()[*row];
            let site = if record.has_label_site() { record.label_range() } else { record.range() };
            // CoNLL's tags stand in a column: a place within the row must do.
            let is_within = record.range().start <= site.start && site.end <= record.range().end;
            let site = if is_within { site } else { record.range() };
            Entry { name: beginning(&document.text(*row), SHOWN), range: record.range(), site }
        };
        let entries: Vec<Entry> = rows.iter().take(CHILDREN).map(entry).collect();
        (!rows.is_empty()).then_some(Group { name, is_label, count: rows.len(), entries })
    }

    /// How many more rows there are than are shown.
    pub fn more(&self) -> Option<Phrase> {
        let more = self.count - self.entries.len();
        (more > 0).then(|| phrase!("rows-more", count = Count(more)))
    }

    /// From its first row to the last that is shown.
    pub fn range(&self) -> Range<usize> {
        match &self.entries[..] {
            [first, .., last] => first.range.start..last.range.end,
            [only] => only.range.clone(),
            [] => 0..0,
        }
    }
}

pub fn outline(project: &Project, file: usize) -> Outline {
    let data = &project.files[file];
    let document = &data.document;
    let mut by_code = data.rows_by_code();
    let [next, suspects] =
        [Code::LabelNext, Code::SuspectLabel].map(|code| std::mem::take(&mut by_code[code as usize]));
    let mut unlabelled = Vec::new();
    let mut by_label: BTreeMap<&Arc<str>, Vec<usize>> = BTreeMap::new();
    for (row, record) in document.rows().iter().enumerate() {
        match record.answer() {
            None => unlabelled.push(row),
            Some(answer) => {
                for label in answer.labels() {
                    let rows = by_label.entry(label).or_default();
                    if rows.last() != Some(&row) {
                        rows.push(row);
                    }
                }
            }
        }
    }
    let named = |what: Phrase, rows: &[usize]| phrase!("group", what, count = Count(rows.len()));
    let state = |what: Phrase, rows: &[usize]| Group::of(named(what, rows), false, rows, document);
    let states = [
        state(phrase!("group-to-label-next"), &next),
        state(phrase!("group-suspects"), &suspects),
        state(phrase!("group-unlabelled"), &unlabelled),
    ];
    let of_label = |(label, rows): (&Arc<str>, Vec<usize>)| {
        Group::of(named(Phrase::verbatim(label), &rows), true, &rows, document)
    };
    states.into_iter().flatten().chain(by_label.into_iter().filter_map(of_label)).collect()
}

/// A label or a row that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub name: String,
    pub is_label: bool,
    pub site: Site,
}

/// Labels, then rows, whose name or text has this in it, whatever the case; rows only where something is asked for.
pub fn found(project: &Project, query: &str, limit: usize) -> Vec<Found> {
    let query = query.to_lowercase();
    let is_found = |text: &str| text.to_lowercase().contains(&query);
    let mut names: Vec<Arc<str>> = labels(project).into_keys().collect();
    names.extend(project.config.labels.iter().map(|(name, _)| Arc::from(name.as_str())));
    names.sort();
    names.dedup();
    let label =
        |label: Arc<str>| Some(Found { site: definition(project, &label)?, name: label.to_string(), is_label: true });
    let mut all: Vec<Found> = names.into_iter().filter(|name| is_found(name)).filter_map(label).take(limit).collect();
    if query.trim().is_empty() {
        return all;
    }
    let rows = project
        .files
        .iter()
        .enumerate()
        .flat_map(|(file, data)| (0..data.document.rows().len()).map(move |row| (file, row)));
    for (file, row) in rows.take(READ) {
        if all.len() >= limit {
            break;
        }
        let document = &project.files[file].document;
        let text = document.text(row);
        if is_found(&text) {
            let site = Site { home: Home::Data(file), range: document.rows()[row].range() };
            all.push(Found { name: beginning(&text, SHOWN), is_label: false, site });
        }
    }
    all
}
