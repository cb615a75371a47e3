//! What is shown where someone looks: hints at row ends, hover, completion, the line of counts on top.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use catalogue::{Count, Phrase, phrase};
use dataset::{Answer, Document, Span, Task, TextEdit};
use learn::{Embeddings, Estimate, Step};

use crate::{
    corpus,
    doubt::{About, Doubt},
    finding::{Findings, Limits, nearest_rows, percent},
    glance::{Glance, written},
    learned::{Counts, Learned},
    names,
    project::{Place, Project},
};

/// A suggestion at the end of its row, with the edit that accepts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub offset: usize,
    pub text: Phrase,
    /// Empty: the row cannot hold it.
    pub accept: Vec<TextEdit>,
}

/// At most so many hints are given at once. Some editors ask for those of the whole buffer at each key.
const HINTS: usize = 5000;

/// The hints of these bytes; where they are very many, those nearest to the row last edited or looked at.
pub fn hints(project: &Project, file: usize, range: Range<usize>) -> Vec<Hint> {
    let Some(learned) = &project.learned else { return Vec::new() };
    let (document, focus) = (&project.files[file].document, project.files[file].focus);
    let suggested = |row: &usize| {
        let record = &document.rows()[*row];
        !record.is_labelled() && project.glance(record.text_key()).is_some()
    };
    let rows: Vec<usize> = document.rows_in(range).filter(suggested).collect();
    let mut hints = Vec::new();
    for &row in nearest_rows(&rows, focus, HINTS) {
        let record = &document.rows()[row];
        let Some(glance) = project.glance(record.text_key()) else { continue };
        let accept = |answer: &Answer| document.answer_edits(row, Some(answer)).unwrap_or_default();
        if glance.spans().is_empty() {
            let mut text = glance.hint(learned);
            if learned.from_names {
                text = phrase!("beside", what = text, note = names::origin());
            }
            let accept = accept(&glance.answer(learned));
            hints.push(Hint { offset: record.range().end, text, accept });
            continue;
        }
        // Each behind its characters; who accepts one has not accepted the others.
        let map = document.text_map(row);
        for tagged in glance.spans() {
            let span = written(tagged.span, learned);
            let text = Phrase::verbatim(format!("{} {}", span.label, percent(tagged.probability)));
            let offset = map.source(span.range()).end;
            hints.push(Hint { offset, text, accept: accept(&Answer::Spans([span].into())) });
        }
    }
    hints
}

/// What is to be said of an encoder that did not read all of some text.
pub fn cut(embeddings: &Embeddings) -> Option<Phrase> {
    let encoder = embeddings.encoder().trainable().filter(|encoder| encoder.cut() > 0)?;
    Some(phrase!("texts-are-cut", tokens = encoder.longest()))
}

/// Lines of Markdown for the row at this offset, and the row's bytes. `noted`: a label whose guideline was said already.
pub fn hover(
    project: &Project,
    file: usize,
    offset: usize,
    noted: Option<&str>,
) -> Option<(Vec<Phrase>, Range<usize>)> {
    let document = &project.files[file].document;
    let row = document.row_at(offset)?;
    let record = &document.rows()[row];
    let mut lines = Vec::new();
    if let Some(learned) = &project.learned {
        if document.schema().task == Task::Spans {
            lines.extend(of_part(project, Place { file, row }, offset));
        } else if !record.is_labelled() {
            for (label, probability) in project.ranked(&corpus::text(document, row)).into_iter().take(5) {
                lines.push(ranked_line(&label, probability));
            }
            lines.push(blank());
        }
        for doubt in project.doubts(Place { file, row }) {
            lines.push(phrase!("without-this-row", what = doubted(learned, doubt)));
            lines.push(blank());
        }
        let step = named(learned.classifier.step());
        lines.push(phrase!("classifier-measured", step, accuracy = accuracy(project)));
    }
    let suggested = || Some(project.glance(record.text_key())?.answer(project.learned.as_ref()?));
    let mut labels: Vec<Arc<str>> =
        record.answer().cloned().or_else(suggested).iter().flat_map(Answer::labels).cloned().collect();
    labels.dedup();
    for label in labels.into_iter().filter(|label| Some(&**label) != noted) {
        if let Some(guideline) = project.config.guideline(&label) {
            lines.push(blank());
            lines.push(Phrase::verbatim(format!("**{label}**: {guideline}")));
        }
    }
    if row == 0 {
        lines.push(blank());
        lines.push(document.schema().describe());
        lines.extend(project.missing.clone());
    }
    (!lines.is_empty()).then(|| (lines, record.range()))
}

fn blank() -> Phrase {
    Phrase::verbatim("")
}

/// A label and its probability on a line of their own.
fn ranked_line(label: &str, probability: f32) -> Phrase {
    Phrase::verbatim(format!("`{label}` {} {}  ", percent(probability), bar(probability)))
}

/// A probability as a bar of ten cells at most, in eighths of a cell.
fn bar(probability: f32) -> String {
    let eighths = (probability.clamp(0.0, 1.0) * 80.0).round() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + part
}

/// What people call a step of the ladder.
fn named(step: Step) -> Phrase {
    phrase!("step", step = step.name())
}

/// What is said of the span at this offset, that stands there or is suggested, and else of the row.
fn of_part(project: &Project, place: Place, offset: usize) -> Vec<Phrase> {
    let (Some(learned), document) = (&project.learned, &project.files[place.file].document) else { return Vec::new() };
    let text = document.text(place.row);
    let Some(part) = part_at(project, place, &text, offset).map(|span| span.range()) else {
        let glance = project.glance(dataset::text_key(&text)).filter(|_| project.answer(place).is_none());
        let said = |glance: &Glance| phrase!("beside", what = glance.says(learned), note = percent(glance.probability));
        return glance.map(|glance| vec![said(glance), blank()]).unwrap_or_default();
    };
    let mut lines = vec![Phrase::verbatim(format!("{}  ", text.get(part.clone()).unwrap_or_default()))];
    for (label, probability) in project.ranked_part(&corpus::text_of(&text), part).into_iter().take(5) {
        lines.push(ranked_line(&label, probability));
    }
    lines.push(blank());
    lines
}

/// The span at this offset that stands in the row's text, or is suggested.
pub(crate) fn part_at(project: &Project, place: Place, text: &str, offset: usize) -> Option<Span> {
    let document = &project.files[place.file].document;
    let at = document.text_map(place.row).text(offset..offset + 1);
    let touches = |span: &Span| (span.start as usize) < at.end && at.start < span.end as usize;
    match project.answer(place) {
        Some(Answer::Spans(spans)) => spans.iter().find(|span| touches(span)).cloned(),
        Some(_) => None,
        None => {
            let glance = project.glance(dataset::text_key(text))?;
            let learned = project.learned.as_ref()?;
            glance.spans().iter().map(|tagged| written(tagged.span, learned)).find(|span| touches(span))
        }
    }
}

/// A label that could stand here.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    pub label: String,
    pub detail: String,
    pub edit: TextEdit,
    /// What changes elsewhere with it.
    pub more: Vec<TextEdit>,
}

/// Labels for the label value at this offset, most probable first; none elsewhere.
pub fn completion(project: &Project, file: usize, offset: usize) -> Vec<Completion> {
    let document = &project.files[file].document;
    let Some(row) = document.row_at(offset) else { return Vec::new() };
    let site = document.rows()[row].label_range();
    if !document.rows()[row].has_label_site() || offset < site.start || offset > site.end {
        return Vec::new();
    }
    let ranked = project.ranked(&corpus::text(document, row));
    // Where nothing speaks of a text that is not embedded yet, its labels have no order.
    let ranked: Vec<(String, String)> = match Some(ranked).filter(|ranked| !ranked.is_empty()) {
        Some(ranked) => {
            ranked.into_iter().map(|(label, probability)| (label.to_string(), percent(probability))).collect()
        }
        None if project.config.labels.is_empty() => {
            let labels = document.rows().iter().filter_map(|row| row.answer()).flat_map(Answer::labels);
            let labels: BTreeSet<&str> = labels.map(|label| &**label).collect();
            labels.into_iter().map(|label| (label.to_owned(), String::new())).collect()
        }
        None => project.config.labels.to_vec(),
    };
    ranked
        .into_iter()
        .filter_map(|(label, detail)| {
            let answer = completed(document, row, offset, &label)?;
            let edits = document.answer_edits(row, Some(&answer)).ok()?;
            let is_here = |edit: &TextEdit| site.start <= edit.range.start && edit.range.end <= site.end;
            let (edits, more): (Vec<TextEdit>, Vec<TextEdit>) = edits.into_iter().partition(is_here);
            let edit = match &edits[..] {
                [edit] if edit.range.start <= offset && offset <= edit.range.end => edit.clone(),
                edits => whole_value(document.source(), &site, edits)?,
            };
            Some(Completion { label, detail, edit, more })
        })
        .collect()
}

/// The row's answer with this label where the cursor is: in the place of the one there, or beside the others.
fn completed(document: &Document, row: usize, offset: usize, label: &str) -> Option<Answer> {
    let label: Arc<str> = label.into();
    match document.schema().task {
        Task::Single => Some(Answer::One(label)),
        Task::Multi => {
            let answer = document.rows()[row].answer();
            let mut labels: Vec<Arc<str>> = answer.iter().flat_map(|answer| answer.labels()).cloned().collect();
            if labels.contains(&label) {
                return None;
            }
            // Several that stand in one value are not told apart.
            let sites = document.sites(row);
            let here = sites.iter().position(|site| site.contains(&offset) || site.end == offset);
            match here.filter(|_| sites.windows(2).all(|two| two[0] != two[1])) {
                Some(here) => labels[here] = label,
                None => labels.push(label),
            }
            Some(Answer::Set(labels.into()))
        }
        Task::Spans => None,
    }
}

/// The same edits, said of the whole label value: editors want the cursor inside a completion's range.
fn whole_value(source: &str, site: &Range<usize>, edits: &[TextEdit]) -> Option<TextEdit> {
    let (mut text, mut at) = (String::new(), site.start);
    for edit in edits {
        text += source.get(at..edit.range.start)?;
        text += &edit.text;
        at = edit.range.end;
    }
    text += source.get(at..site.end)?;
    Some(TextEdit { range: site.clone(), text })
}

/// "`refund` (93%)", "that `card` (93%) is missing", "that `fee` is wrong (4%)".
fn doubted(learned: &Learned, doubt: &Doubt) -> Phrase {
    let sure = percent(doubt.probability);
    match doubt.about {
        About::Other { label, .. } => phrase!("doubt-other", label = learned.label(label), sure),
        About::Missing { label } => phrase!("doubt-missing", label = learned.label(label), sure),
        About::Wrong { label } => {
            phrase!("doubt-wrong", label = learned.label(label), sure = percent(1.0 - doubt.probability))
        }
        About::Span { instead: Some(span), .. } => {
            phrase!("doubt-elsewhere", label = learned.label(span.label), sure)
        }
        About::Span { given, .. } => {
            let label = given.map_or("it", |span| learned.label(span.label));
            phrase!("doubt-wrong", label, sure = percent(1.0 - doubt.probability))
        }
    }
}

/// "held-out accuracy 84% (80–87%)"; of what comes from label names, as held-out files have it.
pub fn accuracy(project: &Project) -> Phrase {
    let Some(learned) = &project.learned else { return phrase!("nothing-learned-yet") };
    if learned.from_names && learned.test.is_none() {
        return phrase!("accuracy-unknown", origin = names::origin());
    }
    let estimate = learned.test.as_ref().unwrap_or(&learned.estimate);
    let (low, high) = (format!("{:.0}", estimate.low * 100.0), format!("{:.0}%", estimate.high * 100.0));
    let (measure, value) = measure(learned, estimate);
    let held_out = phrase!("held-out", measure, value = format!("{:.0}%", value * 100.0), low, high);
    if learned.from_names { phrase!("noted", what = names::origin(), note = held_out) } else { held_out }
}

/// What people are shown of an estimate: its name and value. The interval is of that.
pub fn measure(learned: &Learned, estimate: &Estimate) -> (Phrase, f64) {
    match learned.classifier.task() {
        learn::Task::Single => (phrase!("accuracy"), estimate.accuracy),
        learn::Task::Multi => (phrase!("micro-f1"), estimate.micro_f1),
        learn::Task::Spans => (phrase!("f1"), estimate.micro_f1),
    }
}

/// The line of counts above a file.
pub fn summary(project: &Project, file: usize, limits: &Limits) -> Phrase {
    let Counts { rows, labelled } = project.counts();
    let mut parts = Vec::new();
    if let Some(learned) = &project.learned {
        parts.extend([named(learned.classifier.step()), accuracy(project)]);
    }
    for (code, more) in Findings::omitted(project, file, limits) {
        parts.push(phrase!("more-findings", count = Count(more), code = code.says()));
    }
    parts.extend(project.missing.clone());
    let line = phrase!("rows-labelled", labelled = Count(labelled), rows = Count(rows));
    parts.into_iter().fold(line, |line, more| phrase!("dotted", line, more))
}
