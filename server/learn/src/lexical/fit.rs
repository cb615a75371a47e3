//! One fit, from a lesson to a classifier and its held-out estimate.

use rustc_hash::FxHashMap;

use catalogue::phrase;

use super::{Lexical, course::Course, dual, frequencies::Frequencies, progress::Steps, space::Space};
use crate::{Control, Example, FitError, HeldOut, Lesson, Matrix, calibration::Link, folds, lesson::Labelled};

/// Bytes of labelled texts that are learned from; about 2.5 features each, and 8 bytes a feature. Rows beyond - chosen by chance,
/// but for the first [`SPARED`] of each class - are judged by the full model, which has not seen them.
const LEARNED_BYTES: usize = 5 << 20;
const SPARED: usize = 50;
/// Floats of one model's weights.
const WEIGHTS: usize = 8 << 20;
const FEWEST_DIMENSIONS: usize = 1 << 15;
const MOST_DIMENSIONS: usize = 1 << 19;

pub(super) fn fit(known: &Lexical, lesson: &Lesson, control: &Control) -> Result<(Lexical, HeldOut), FitError> {
    let progress = Steps::new(control);
    progress.at(phrase!("stage-reading"), 0.0);
    let Labelled { examples: labelled, labels, active, targets } = Labelled::of(lesson)?;
    let (learned, spare) = choose(&labelled, &targets.strata(active.len()), lesson.seed);

    let frequencies = Frequencies::of(&lesson.examples, &known.frequencies, control).ok_or(FitError::Cancelled)?;
    progress.at(phrase!("stage-reading"), 0.1);
    let dimensions = (WEIGHTS / dual::stride(active.len())).clamp(FEWEST_DIMENSIONS, MOST_DIMENSIONS);
    let examples: Vec<&Example> = learned.iter().map(|&row| labelled[row as usize]).collect();
    let (space, rows) = Space::of(&examples, &frequencies, dimensions, control).ok_or(FitError::Cancelled)?;
    progress.at(phrase!("stage-cross-validation"), 0.15);

    let targets = targets.of_rows(&learned);
    let course = Course::new(lesson, &active, &examples, space.dimensions(), &rows, targets, control);
    let outcome = course.run(&known.memory, known.choice, &progress).ok_or(FitError::Cancelled)?;

    // Out-of-fold scores of all labelled rows, in the lesson's order.
    let columns = active.len();
    let mut scores = Matrix { columns, values: vec![0.0; labelled.len() * columns] };
    for (learned_row, &row) in learned.iter().enumerate() {
        scores.values[row as usize * columns..][..columns].copy_from_slice(outcome.scores.row(learned_row));
    }
    let judged = course.judged(course.folds);
    let link = Link::fit(&outcome.scores, &course.targets, &active, (&labels, lesson.labels.len()), &judged);
    let mut classifier = Lexical {
        labels: lesson.labels.clone(),
        active,
        space,
        weights: outcome.weights,
        link,
        frequencies,
        choice: outcome.choice,
        memory: outcome.memory,
    };
    let mut probabilities =
        Matrix { columns: lesson.labels.len(), values: vec![0.0; labelled.len() * lesson.labels.len()] };
    for row in 0..labelled.len() {
        let scores = &mut scores.values[row * columns..][..columns];
        let row = &mut probabilities.values[row * lesson.labels.len()..][..lesson.labels.len()];
        classifier.link.spread(scores, &classifier.active, row);
    }
    let texts: Vec<crate::Text> = spare.iter().map(|&row| labelled[row as usize].text.clone()).collect();
    let predicted = crate::Classifier::predict(&classifier, &texts);
    for (spare_row, &row) in spare.iter().enumerate() {
        probabilities.values[row as usize * predicted.columns..][..predicted.columns]
            .copy_from_slice(predicted.row(spare_row));
    }
    if control.is_cancelled() {
        return Err(FitError::Cancelled);
    }
    let judged: Vec<u32> = (0..labels.len() as u32).collect();
    let estimate = classifier.link.estimate(&probabilities, &labels, &judged);
    classifier.space.features.shrink_to_fit();
    progress.at(phrase!("stage-fitting"), 1.0);
    let held_out = HeldOut { folds: course.folds, probabilities, judged, estimate, ..HeldOut::default() };
    Ok((classifier, held_out))
}

/// The rows to learn from and the rest, both in the lesson's order.
fn choose(labelled: &[&Example], targets: &[u32], seed: u64) -> (Vec<u32>, Vec<u32>) {
    let bytes = |row: &u32| labelled[*row as usize].text.body.len().min(crate::ngrams::READ);
    let mut rows: Vec<u32> = (0..labelled.len() as u32).collect();
    if rows.iter().map(bytes).sum::<usize>() <= LEARNED_BYTES {
        return (rows, Vec::new());
    }
    // Another order than that of the folds.
    rows.sort_by_cached_key(|&row| (folds::order(labelled[row as usize].text.key, !seed), row));
    let mut met = FxHashMap::<u32, usize>::default();
    rows.sort_by_cached_key(|&row| {
        let met = met.entry(targets[row as usize]).or_default();
        *met += 1;
        *met > SPARED
    });
    let mut sum = 0;
    let (mut learned, mut spare): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(|row| {
        sum += bytes(row);
        sum <= LEARNED_BYTES
    });
    learned.sort_unstable();
    spare.sort_unstable();
    (learned, spare)
}
