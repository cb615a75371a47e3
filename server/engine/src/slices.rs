//! Parts of the rows in which models do worse than in the others: by label, by the length and the script of the text, by file, and by
//! each field that gloss.toml names (`[report] slices`).
//!
//! What is counted is what models say of rows that they had not seen ([`crate::verdict`]), so a slice tells how new rows like these will fare. A
//! slice is weak only where chance would hardly have it so, all slices together: [`learn::fisher`].

mod script;

use std::collections::BTreeMap;

use catalogue::phrase;
use learn::fisher;
use rustc_hash::FxHashMap;

use crate::{
    finding::{Code, Data, Finding, percent},
    learned::Learned,
    project::{Place, Project},
    symbols::Measured,
    verdict::Verdict,
};

/// Rows that a slice has at least.
const LEAST: usize = 10;
/// A weak slice would be so by chance at most this often.
const RARE: f64 = 0.05;
/// By length, rows are parted into so many slices of the same size.
const LENGTHS: usize = 4;

/// What rows are parted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Label,
    /// Characters.
    Length,
    Script,
    File,
    /// A field of the rows.
    Field(String),
}

impl By {
    pub fn name(&self) -> &str {
        match self {
            By::Label => "label",
            By::Length => "length",
            By::Script => "script",
            By::File => "file",
            By::Field(name) => name,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    pub by: By,
    pub value: String,
    /// Where its first row stands.
    pub first: Place,
    pub rows: usize,
    /// The share of its rows of which models say all that is given and nothing else, and that of all other rows.
    pub accuracy: f32,
    pub others: f32,
    /// Of a label its own; else the mean of the labels that are given or said there, or, of several labels and of spans, that of all together.
    pub f1: f32,
    /// How often chance alone would make it so much worse than the others, corrected for the number of slices.
    pub chance: f64,
}

impl Slice {
    pub fn is_weak(&self) -> bool {
        self.chance < RARE
    }
}

/// A labelled row of which models that had not seen it say something.
struct Judged<'a> {
    place: Place,
    given: Vec<u32>,
    verdict: &'a Verdict,
    is_right: bool,
}

/// Those with at least 10 rows, held-out files aside, by kind and value. Nothing was learned: none.
pub fn of(project: &Project) -> Vec<Slice> {
    let Some(learned) = project.learned.as_deref() else { return Vec::new() };
    let judged = judged(project, learned);
    let wrong = judged.iter().filter(|row| !row.is_right).count();
    let mut parts = parts(project, learned, &judged);
    // Of all rows there are no others.
    parts.retain(|_, rows| rows.len() >= LEAST && rows.len() < judged.len());
    let wrong_of = |rows: &[usize]| rows.iter().filter(|row| !judged[**row].is_right).count();
    let chances: Vec<f64> =
        parts.values().map(|rows| fisher::chance(wrong_of(rows), rows.len(), wrong, judged.len())).collect();
    let slice = |(((by, value), rows), chance): (((By, String), Vec<usize>), f64)| {
        let here = wrong_of(&rows);
        let share = |wrong: usize, rows: usize| 1.0 - wrong as f32 / rows as f32;
        let of_label = || learned.tally.measured.get(learned.column(&value)?)?.f1();
        Slice {
            f1: if by == By::Label { of_label().unwrap_or(0.0) } else { f1(rows.iter().map(|row| &judged[*row])) },
            first: judged[rows[0]].place,
            rows: rows.len(),
            accuracy: share(here, rows.len()),
            others: share(wrong - here, judged.len() - rows.len()),
            by,
            value,
            chance,
        }
    };
    let corrected = fisher::holm(&chances);
    parts.into_iter().zip(corrected).map(slice).collect()
}

/// The weak ones as findings, each at its first row, with the number of its file; the worst first.
pub fn findings(project: &Project) -> Vec<(usize, Finding)> {
    let all = of(project);
    let mut weak: Vec<&Slice> = all.iter().filter(|slice| slice.is_weak()).collect();
    weak.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let finding = |slice: &Slice| {
        let kind = if matches!(slice.by, By::Field(_)) { "field" } else { slice.by.name() };
        let message = phrase!(
            "weak-slice",
            kind,
            field = slice.by.name(),
            value = &slice.value,
            share = percent(slice.accuracy),
            rows = slice.rows,
            others = percent(slice.others),
            f1 = format!("{:.2}", slice.f1),
            chance = if slice.chance < 0.001 { "< 0.001".to_owned() } else { format!("= {:.3}", slice.chance) },
            slices = all.len()
        );
        let row = project.files[slice.first.file].document.rows()[slice.first.row].range();
        let data = Some(Data::Slice(slice.clone().into()));
        (slice.first.file, Finding { data, ..Finding::plain(Code::WeakSlice, row, message) })
    };
    weak.into_iter().map(finding).collect()
}

fn judged<'a>(project: &Project, learned: &'a Learned) -> Vec<Judged<'a>> {
    let judge = |place: Place| {
        let row = &project.files[place.file].document.rows()[place.row];
        let (answer, verdict) = (row.answer()?, learned.verdicts.get(&row.text_key())?);
        let given = answer.labels().into_iter().filter_map(|label| Some(learned.column(label)? as u32)).collect();
        Some(Judged { place, given, verdict, is_right: verdict.agrees(learned, answer) })
    };
    project.places().filter(|place| !project.files[place.file].held_out).filter_map(judge).collect()
}

/// The rows of each slice, by their number among those judged, in order.
fn parts(project: &Project, learned: &Learned, judged: &[Judged]) -> BTreeMap<(By, String), Vec<usize>> {
    let mut parts: BTreeMap<(By, String), Vec<usize>> = BTreeMap::new();
    let mut lengths: Vec<(usize, usize)> = Vec::with_capacity(judged.len());
    for (number, row) in judged.iter().enumerate() {
        let Place { file, row: at } = row.place;
        let document = &project.files[file].document;
        let text = document.text(at);
        lengths.push((text.chars().count(), number));
        let mut add = |by: By, value: String| parts.entry((by, value)).or_default().push(number);
        let mut labels = row.given.clone();
        labels.dedup();
        labels.iter().for_each(|label| add(By::Label, learned.label(*label).to_string()));
        script::of(&text).into_iter().for_each(|script| add(By::Script, script.to_owned()));
        add(By::File, project.name_of(file));
        for field in &project.config.slices {
            document.field(at, field).into_iter().for_each(|value| add(By::Field(field.clone()), value));
        }
    }
    for (name, mut rows) in by_length(lengths) {
        rows.sort_unstable();
        parts.insert((By::Length, name), rows);
    }
    parts
}

/// Rows of about equally many lengths; equal lengths stay together.
fn by_length(mut lengths: Vec<(usize, usize)>) -> Vec<(String, Vec<usize>)> {
    lengths.sort_unstable();
    let mut groups: Vec<&[(usize, usize)]> = Vec::new();
    let mut start = 0;
    for part in 1..=LENGTHS {
        let end = (lengths.len() * part / LENGTHS).max(start);
        let last = end.checked_sub(1).map_or(0, |last| lengths[last].0);
        let end = lengths.partition_point(|(length, _)| *length <= last);
        if end > start {
            groups.push(&lengths[start..end]);
        }
        start = end.max(start);
    }
    let named = |group: &[(usize, usize)]| {
        let (least, most) = (group[0].0, group[group.len() - 1].0);
        let name = if least == most { most.to_string() } else { format!("{least}-{most}") };
        (name, group.iter().map(|(_, row)| *row).collect())
    };
    groups.into_iter().map(named).collect()
}

fn f1<'a>(rows: impl Iterator<Item = &'a Judged<'a>>) -> f32 {
    let mut by_label: FxHashMap<u32, Measured> = FxHashMap::default();
    let mut all = Measured::default();
    for row in rows {
        let row = match row.verdict {
            Verdict::One(said) => {
                for given in &row.given {
                    by_label.entry(*given).or_default().given += 1;
                    by_label.entry(*given).or_default().hits += u32::from(given == said);
                }
                by_label.entry(*said).or_default().predicted += 1;
                continue;
            }
            Verdict::Set(said) => {
                let hits = said.iter().filter(|label| row.given.contains(label)).count() as u32;
                Measured { given: row.given.len() as u32, predicted: said.len() as u32, hits }
            }
            Verdict::Spans(measured) => *measured,
        };
        all.given += row.given;
        all.predicted += row.predicted;
        all.hits += row.hits;
    }
    let of_labels: Vec<f32> = by_label.values().filter_map(|measured| measured.f1()).collect();
    match of_labels.len() {
        0 => all.f1().unwrap_or(0.0),
        labels => of_labels.iter().sum::<f32>() / labels as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_parted_evenly_and_equal_ones_stay_together() {
        let names = |lengths: &[usize]| {
            let rows = lengths.iter().copied().zip(0..).collect();
            by_length(rows).into_iter().map(|(name, rows)| (name, rows.len())).collect::<Vec<_>>()
        };
        assert_eq!(
            names(&[1, 2, 3, 4, 5, 6, 7, 8]).iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
            ["1-2", "3-4", "5-6", "7-8"]
        );
        assert_eq!(names(&[5, 5, 5, 5, 5, 9]), [("5".to_owned(), 5), ("9".to_owned(), 1)]);
        assert_eq!(names(&[7]), [("7".to_owned(), 1)]);
        assert_eq!(names(&[]), []);
    }
}
