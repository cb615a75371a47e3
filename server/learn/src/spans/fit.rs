//! One fit, from a lesson to a tagger and its held-out estimate.

use std::sync::Arc;

use catalogue::phrase;

use super::{
    Estimate, Example, HeldOut, Lesson, Span, Tags,
    belief::Belief,
    course::Course,
    field::{Beliefs, Field, Raw, Scratch},
    tags::apart,
};
use crate::{Control, FitError, Text, embeddings::packed::Packed, folds, ngrams::READ};

/// Bytes of labelled texts that are learned from. Rows beyond, chosen by chance, are judged by the full model, which has not seen them.
const LEARNED_BYTES: usize = 5 << 20;
/// Where tokens have vectors, too, which take more memory than all else.
const SEEN_BYTES: usize = 1 << 20;
/// The share of the whole fit that embedding may take, as progress is told.
const EMBEDDING: f32 = 0.7;

/// What was learned, before anyone knows how far it can be trusted.
struct Learned {
    tagger: Field,
    folds: usize,
    /// Out of fold, of the rows that were learned from.
    raw: Vec<Option<Raw>>,
    /// The other rows.
    spare: Vec<usize>,
}

/// `judged`: whether anything is held out.
fn learned(
    known: &Field,
    lesson: &Lesson,
    labelled: &Labelled,
    judged: bool,
    control: &Control,
) -> Result<Learned, FitError> {
    let most = if known.embeddings.is_some() { SEEN_BYTES } else { LEARNED_BYTES };
    let (learned, spare) = choose(&labelled.rows, most, lesson.seed);
    let (vectors, width) = look(known, learned.iter().map(|&row| &labelled.rows[row].0.text), control)?;
    let texts: Vec<(&str, &[Span])> = learned.iter().map(|&row| labelled.text(row)).collect();
    let keys: Vec<u64> = learned.iter().map(|&row| labelled.rows[row].0.text.key).collect();
    let names = labelled.active.iter().map(|&label| lesson.labels[label as usize].clone()).collect();
    let course = Course {
        texts: &texts,
        keys: &keys,
        vectors: &vectors,
        width,
        names,
        columns: &labelled.columns,
        seed: lesson.seed,
        judged,
        control,
    };
    let outcome = course.run(&known.memory).ok_or(FitError::Cancelled)?;

    let mut raw = vec![None; labelled.rows.len()];
    learned.iter().zip(outcome.raw).for_each(|(&row, answer)| raw[row] = Some(answer));
    let tagger = Field {
        embeddings: known.embeddings.clone(),
        labels: lesson.labels.clone(),
        active: labelled.active.clone(),
        chain: outcome.chain,
        beliefs: Beliefs::default(),
        memory: outcome.memory,
    };
    Ok(Learned { tagger, folds: outcome.folds, raw, spare })
}

/// A tagger that believes its scores, for nothing is held out.
pub(super) fn learn(known: &Field, lesson: &Lesson, control: &Control) -> Result<Field, FitError> {
    Ok(learned(known, lesson, &Labelled::of(lesson)?, false, control)?.tagger)
}

pub(super) fn fit(known: &Field, lesson: &Lesson, control: &Control) -> Result<(Field, HeldOut), FitError> {
    let labelled = Labelled::of(lesson)?;
    let Learned { mut tagger, folds, mut raw, spare } = learned(known, lesson, &labelled, true, control)?;
    let (factors, mut scratch) = (tagger.chain.factors(), Scratch::default());
    for row in spare {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        let (text, spans) = labelled.text(row);
        let asked: Vec<Option<Span>> = spans.iter().map(|span| labelled.in_columns(span)).collect();
        let vectors = look(known, [&labelled.rows[row].0.text].into_iter(), &control.quiet())?.0;
        let vectors = vectors.into_iter().next().unwrap_or_default();
        raw[row] = Some(tagger.chain.answer(&factors, text, &vectors, &asked, &mut scratch));
    }

    // Which of the answers were right says how far the next ones can be trusted.
    let (mut spans, mut wholes) = (Vec::new(), Vec::new());
    for (row, raw) in raw.iter().flatten().enumerate() {
        let (text, given) = labelled.text(row);
        let given: Vec<Span> = apart(text, given).iter().filter_map(|span| labelled.in_columns(span)).collect();
        spans.extend(raw.spans.iter().map(|(span, log_odds)| (*log_odds, given.contains(span))));
        wholes.push((raw.whole, given.iter().eq(raw.spans.iter().map(|(span, _)| span))));
    }
    tagger.beliefs = Beliefs { span: Belief::of(&spans), whole: Belief::of(&wholes) };
    let mut given = Vec::with_capacity(raw.len());
    let mut tags: Vec<Tags> = Vec::with_capacity(raw.len());
    for raw in raw.into_iter().flatten() {
        let probability = |asked: &Option<f32>| asked.map_or(0.0, |asked| tagger.beliefs.span.probability(asked));
        given.push(raw.asked.iter().map(probability).collect());
        tags.push(tagger.tags(raw));
    }
    if control.is_cancelled() {
        return Err(FitError::Cancelled);
    }
    let answers: Vec<Arc<[Span]>> = labelled.rows.iter().map(|row| row.1.clone()).collect();
    let estimate = Estimate::of(&answers, &tags, lesson.labels.len());
    control.progress(phrase!("stage-fitting"), 1.0);
    let judged = (0..tags.len() as u32).collect();
    Ok((tagger, HeldOut { folds, tags, given, judged, estimate }))
}

/// Vectors of the tokens of each text, if the tagger sees any, and their width.
fn look<'a>(
    known: &Field,
    texts: impl Iterator<Item = &'a Text>,
    control: &Control,
) -> Result<(Vec<Packed>, usize), FitError> {
    let Some(embeddings) = &known.embeddings else { return Ok((Vec::new(), 0)) };
    let texts: Vec<&Text> = texts.collect();
    embeddings.embed(texts.iter().copied(), control, |done, of| {
        control.progress(phrase!("stage-embedding"), EMBEDDING * done as f32 / of as f32);
    })?;
    Ok((embeddings.of_words(&texts, control)?, embeddings.encoder().width()))
}

/// The labelled rows of a lesson.
struct Labelled<'a> {
    rows: Vec<(&'a Example, &'a Arc<[Span]>)>,
    /// The labels that have spans: the columns of a chain.
    active: Vec<u32>,
    /// The column of each label.
    columns: Vec<Option<usize>>,
}

impl<'a> Labelled<'a> {
    fn of(lesson: &'a Lesson) -> Result<Labelled<'a>, FitError> {
        let rows: Vec<(&Example, &Arc<[Span]>)> =
            lesson.examples.iter().filter_map(|example| Some((example, example.spans.as_ref()?))).collect();
        let mut columns = vec![None; lesson.labels.len()];
        for span in rows.iter().flat_map(|row| row.1.iter()) {
            let count = lesson.labels.len();
            let beyond = || FitError::Failed(phrase!("span-label-number-unknown", label = span.label, count));
            *columns.get_mut(span.label as usize).ok_or_else(beyond)? = Some(0);
        }
        let active: Vec<u32> = (0..columns.len() as u32).filter(|&label| columns[label as usize].is_some()).collect();
        active.iter().enumerate().for_each(|(column, &label)| columns[label as usize] = Some(column));
        if active.is_empty() {
            return Err(FitError::TooLittle(phrase!("no-span-yet")));
        }
        let keys: Vec<u64> = rows.iter().map(|row| row.0.text.key).collect();
        if folds::distinct(&keys) < 2 {
            return Err(FitError::TooLittle(phrase!("spans-in-one-text")));
        }
        Ok(Labelled { rows, active, columns })
    }

    fn text(&self, row: usize) -> (&'a str, &'a [Span]) {
        let (example, spans) = self.rows[row];
        (&example.text.body, spans)
    }

    fn in_columns(&self, span: &Span) -> Option<Span> {
        let column = self.columns.get(span.label as usize).copied().flatten()?;
        Some(Span { label: column as u32, ..*span })
    }
}

/// The rows to learn from and the rest, both in the lesson's order.
fn choose(rows: &[(&Example, &Arc<[Span]>)], most: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let bytes = |row: usize| rows[row].0.text.body.len().min(READ);
    let all: Vec<usize> = (0..rows.len()).collect();
    if all.iter().map(|&row| bytes(row)).sum::<usize>() <= most {
        return (all, Vec::new());
    }
    // Another order than that of the folds; rows with spans first, for they say more.
    let mut order = all;
    order.sort_by_cached_key(|&row| (rows[row].1.is_empty(), folds::order(rows[row].0.text.key, !seed), row));
    let mut sum = 0;
    let (mut learned, mut spare): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&row| {
        sum += bytes(row);
        sum <= most
    });
    learned.sort_unstable();
    spare.sort_unstable();
    (learned, spare)
}
