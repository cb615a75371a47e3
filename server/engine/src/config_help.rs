//! What may be written in gloss.toml where the cursor is, and what a key there means.

use std::ops::Range;

use catalogue::{Phrase, phrase};
use dataset::TextEdit;
use toml::de::DeTable;

use crate::{
    config::keys::{LABELS, SECTIONS, tables, values},
    config_file::key,
    project::Project,
    symbols,
};

/// What could be written, with a word on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub name: String,
    pub about: Option<Phrase>,
    pub edit: TextEdit,
}

/// A line up to the cursor, and where it stands.
struct Line<'a> {
    source: &'a str,
    start: usize,
    end: usize,
    at: usize,
    /// The table that it is in.
    table: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn at(source: &'a str, at: usize) -> Line<'a> {
        let at = source.floor_char_boundary(at);
        let start = source[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = source[at..].find(['\n', '\r']).map_or(source.len(), |end| at + end);
        let header = source[..start].lines().rev().find(|line| line.trim_start().starts_with('['));
        Line { source, start, end, at, table: header.and_then(inside_brackets) }
    }

    fn text(&self) -> &'a str {
        &self.source[self.start..self.end]
    }

    /// Where the `=` stands.
    fn equals(&self) -> Option<usize> {
        self.text().find('=').map(|at| self.start + at)
    }

    /// The key before `=`, or what stands of one.
    fn key(&self) -> Range<usize> {
        let end = self.equals().unwrap_or(self.end);
        let text = &self.source[self.start..end];
        let start = self.start + text.len() - text.trim_start().len();
        start..(start + text.trim().len())
    }

    /// What stands behind `=`, without a comment.
    fn value(&self, equals: usize) -> Range<usize> {
        let text = &self.source[equals + 1..self.end];
        let text = &text[..text.find('#').unwrap_or(text.len())];
        let start = equals + 1 + text.len() - text.trim_start().len();
        start..(start + text.trim().len()).max(start)
    }
}

fn inside_brackets(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.split(']').next().map(str::trim)
}

/// What may stand at this offset of gloss.toml.
pub fn offers(project: &Project, offset: usize) -> Vec<Offer> {
    let Some(file) = &project.config_file else { return Vec::new() };
    let line = Line::at(file.source(), offset);
    if line.text().trim_start().starts_with('[') {
        return of_tables(&line);
    }
    match line.equals() {
        Some(equals) if line.at > equals => of_values(&line, equals),
        _ if line.table == Some(LABELS) => of_labels(project, &line),
        _ => of_keys(&line),
    }
}

fn of_tables(line: &Line) -> Vec<Offer> {
    let open = line.start + line.text().find('[').unwrap_or(0) + 1;
    let close = line.source[open..line.end].find(']').map_or(line.end, |at| open + at);
    let ending = if close == line.end { "]" } else { "" };
    let offer = |name: &str| Offer {
        name: name.to_owned(),
        about: Some(phrase!("config-table", table = name)),
        edit: TextEdit { range: open..close, text: format!("{name}{ending}") },
    };
    tables().map(offer).collect()
}

fn of_values(line: &Line, equals: usize) -> Vec<Offer> {
    let range = line.value(equals);
    let offer = |value: String| Offer {
        name: value.clone(),
        about: None,
        edit: TextEdit { range: range.clone(), text: value },
    };
    values(&line.source[line.key()]).into_iter().map(offer).collect()
}

/// Keys that do not stand in the table yet.
fn of_keys(line: &Line) -> Vec<Offer> {
    let (parsed, _) = DeTable::parse_recoverable(line.source);
    let written = |key: &str| {
        let table = line.table.and_then(|table| parsed.get_ref().get(table)?.get_ref().as_table());
        table.is_some_and(|table| table.contains_key(key))
    };
    let here = line.source[line.key()].to_owned();
    let keys = SECTIONS.iter().find(|(section, _)| Some(*section) == line.table).map_or(&[][..], |(_, keys)| keys);
    let keys = keys.iter().filter(|key| **key == here || !written(key));
    keys.map(|name| entry(line, name, name.to_string(), Some(phrase!("config-key", key = *name)))).collect()
}

/// Labels of rows that are not listed yet.
fn of_labels(project: &Project, line: &Line) -> Vec<Offer> {
    let listed = symbols::keys(line.source);
    let used = symbols::labels(project).into_iter();
    let used = used.filter(|(label, _)| !listed.iter().any(|listed| listed.label == *label));
    used.map(|(label, count)| {
        let about = phrase!("rows-of-label", count = catalogue::Count(count));
        entry(line, &label, key(&label), Some(about))
    })
    .collect()
}

fn entry(line: &Line, name: &str, written: String, about: Option<Phrase>) -> Offer {
    let value = match (line.equals(), line.table) {
        (Some(_), _) => "",
        (None, Some(LABELS)) => " = \"\"",
        (None, _) => " = ",
    };
    Offer { name: name.to_owned(), about, edit: TextEdit { range: line.key(), text: format!("{written}{value}") } }
}

/// What the key or table at this offset of gloss.toml means.
pub fn help(source: &str, offset: usize) -> Option<(Phrase, Range<usize>)> {
    let line = Line::at(source, offset);
    let range = line.key();
    if let Some(name) = inside_brackets(line.text()) {
        let table = tables().find(|table| *table == name)?;
        return Some((phrase!("config-table", table), range));
    }
    let (_, keys) = SECTIONS.iter().find(|(section, _)| Some(*section) == line.table)?;
    let key = keys.iter().find(|key| **key == &source[range.clone()]).filter(|_| range.contains(&offset))?;
    Some((phrase!("config-key", key = *key), range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_table_has_a_word() {
        for (table, keys) in SECTIONS {
            assert_ne!(phrase!("config-table", table).to_string(), table);
            keys.iter().for_each(|key| assert_ne!(phrase!("config-key", key = *key).to_string(), *key));
        }
        assert_ne!(phrase!("config-table", table = LABELS).to_string(), LABELS);
    }

    #[test]
    fn a_key_is_known_where_it_stands() {
        let source = "[dataset]\ntask = \"single\"\n[train]\n  budget = \"30s\"\n";
        let said = |at: &str| help(source, source.find(at).unwrap() + 1).map(|(word, range)| (word, &source[range]));
        assert_eq!(said("task"), Some((phrase!("config-key", key = "task"), "task")));
        assert_eq!(said("budget"), Some((phrase!("config-key", key = "budget"), "budget")));
        assert_eq!(said("train]"), Some((phrase!("config-table", table = "train"), "[train]")));
        assert_eq!(said("single"), None);
    }
}
