//! What is shown where someone looks: hints at row ends, hover, completion, the line of counts on top.

use std::{collections::BTreeSet, ops::Range};

use dataset::TextEdit;
use learn::Embeddings;

use crate::{
    corpus,
    finding::{Findings, Limits, grouped, nearest_rows, percent},
    learned::Counts,
    names::ORIGIN,
    project::{Place, Project},
};

/// A suggestion at the end of its row, with the edit that accepts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub offset: usize,
    pub text: String,
    pub accept: Option<TextEdit>,
}

/// At most so many hints are given at once. Some editors ask for those of the whole buffer at each key.
const HINTS: usize = 5000;

/// The hints of these bytes; where they are very many, those nearest to the row last edited or looked at.
pub fn hints(project: &Project, file: usize, range: Range<usize>) -> Vec<Hint> {
    let Some(learned) = &project.learned else { return Vec::new() };
    let (document, focus) = (&project.files[file].document, project.files[file].focus);
    let suggested = |row: &usize| {
        let record = &document.rows()[*row];
        record.label().is_none() && project.glance(record.text_key()).is_some()
    };
    let rows: Vec<usize> = document.rows_in(range).filter(suggested).collect();
    nearest_rows(&rows, focus, HINTS)
        .iter()
        .filter_map(|&row| {
            let record = &document.rows()[row];
            let glance = project.glance(record.text_key())?;
            let label = learned.label(glance.label);
            let mut text = format!("{label} {}", percent(glance.probability));
            if learned.from_names {
                text.push_str(&format!(" {ORIGIN}"));
            }
            Some(Hint { offset: record.range().end, text, accept: document.label_edit(row, Some(label)).ok() })
        })
        .collect()
}

/// What is to be said of an encoder that did not read all of some text.
pub fn cut(embeddings: &Embeddings) -> Option<String> {
    let encoder = embeddings.encoder().trainable().filter(|encoder| encoder.cut() > 0)?;
    let longest = encoder.longest();
    Some(format!(
        "Some texts are longer than the {longest} tokens that the encoder reads: of these it reads the beginning."
    ))
}

/// Markdown for the row at this offset, and the row's bytes.
pub fn hover(project: &Project, file: usize, offset: usize) -> Option<(String, Range<usize>)> {
    let document = &project.files[file].document;
    let row = document.row_at(offset)?;
    let record = &document.rows()[row];
    let mut lines = Vec::new();
    if let Some(learned) = &project.learned {
        if record.label().is_none() {
            for (label, probability) in learned.ranked(&corpus::text(document, row)).iter().take(5) {
                lines.push(format!("`{label}` {}  ", percent(*probability)));
            }
            lines.push(String::new());
        } else if let Some(doubt) = project.doubt(Place { file, row }) {
            let suggested = learned.label(doubt.label);
            lines.push(format!("Without this row the model says `{suggested}` ({}).\n", percent(doubt.probability)));
        }
        lines.push(format!("{} classifier, {}", learned.classifier.step().name(), accuracy(project)));
    }
    let suggested = || {
        let glance = project.glance(record.text_key())?;
        Some(project.learned.as_ref()?.label(glance.label).clone())
    };
    if let Some(label) = record.label().cloned().or_else(suggested)
        && let Some(guideline) = project.config.guideline(&label)
    {
        lines.push(format!("\n**{label}**: {guideline}"));
    }
    if row == 0 {
        lines.push(format!("\n{}", document.schema().describe()));
        lines.extend(project.missing.clone());
    }
    (!lines.is_empty()).then(|| (lines.join("\n"), record.range()))
}

/// A label that could stand here.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    pub label: String,
    pub detail: String,
    pub edit: TextEdit,
}

/// Labels for the label value at this offset, most probable first; none elsewhere.
pub fn completion(project: &Project, file: usize, offset: usize) -> Vec<Completion> {
    let document = &project.files[file].document;
    let Some(row) = document.row_at(offset) else { return Vec::new() };
    let site = document.rows()[row].label_range();
    if !document.rows()[row].has_label_site() || offset < site.start || offset > site.end {
        return Vec::new();
    }
    let ranked = project.learned.as_ref().map(|learned| learned.ranked(&corpus::text(document, row)));
    // Where nothing speaks of a text that is not embedded yet, its labels have no order.
    let ranked: Vec<(String, String)> = match ranked.filter(|ranked| !ranked.is_empty()) {
        Some(ranked) => {
            ranked.into_iter().map(|(label, probability)| (label.to_string(), percent(probability))).collect()
        }
        None if project.config.labels.is_empty() => {
            let labels: BTreeSet<&str> = document.rows().iter().filter_map(|row| Some(&**row.label()?)).collect();
            labels.into_iter().map(|label| (label.to_owned(), String::new())).collect()
        }
        None => project.config.labels.to_vec(),
    };
    ranked
        .into_iter()
        .filter_map(|(label, detail)| {
            let edit = document.label_edit(row, Some(&label)).ok()?;
            let holds = edit.range.start <= offset && offset <= edit.range.end;
            let edit = if holds { edit } else { whole_value(document.source(), &site, &edit)? };
            Some(Completion { label, detail, edit })
        })
        .collect()
}

/// The same edit, said of the whole label value: editors want the cursor inside a completion's range.
fn whole_value(source: &str, site: &Range<usize>, edit: &TextEdit) -> Option<TextEdit> {
    let before = source.get(site.start..edit.range.start)?;
    let after = source.get(edit.range.end..site.end)?;
    Some(TextEdit { range: site.clone(), text: format!("{before}{}{after}", edit.text) })
}

/// "held-out accuracy 84% (80–87%)"; of what comes from label names, as held-out files have it.
pub fn accuracy(project: &Project) -> String {
    let Some(learned) = &project.learned else { return "nothing learned yet".into() };
    if learned.from_names && learned.test.is_none() {
        return format!("{ORIGIN}, accuracy unknown");
    }
    let origin = if learned.from_names { format!("{ORIGIN}, ") } else { String::new() };
    let estimate = learned.test.as_ref().unwrap_or(&learned.estimate);
    let (low, high) = (estimate.low * 100.0, estimate.high * 100.0);
    format!("{origin}held-out accuracy {:.0}% ({low:.0}–{high:.0}%)", estimate.accuracy * 100.0)
}

/// The line of counts above a file.
pub fn summary(project: &Project, file: usize, limits: &Limits) -> String {
    let Counts { rows, labelled } = project.counts();
    let mut line = format!("{} of {} rows labelled", grouped(labelled), grouped(rows));
    if let Some(learned) = &project.learned {
        line.push_str(&format!(" · {} · {}", learned.classifier.step().name(), accuracy(project)));
    }
    for (code, more) in Findings::omitted(project, file, limits) {
        line.push_str(&format!(" · {} more {}", grouped(more), code.name()));
    }
    if let Some(missing) = &project.missing {
        line.push_str(&format!(" · {missing}"));
    }
    line
}
