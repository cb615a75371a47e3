//! One fit, from a lesson to a classifier and its held-out estimate.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{
    Probe,
    choice::FEW,
    course::Course,
    space::{Kernel, Points, Space},
};
use crate::{Control, Estimate, Example, FitError, HeldOut, Lesson, Matrix, Text, folds, lesson::active, temperature};

/// Unlabelled texts that are learned from, chosen by chance.
const POOL: usize = 2_000;
/// Of the kernel `exp(-γ |x - z|²)`.
const GAMMA: f32 = 1.0;
/// So many classes, or labelled rows, want the kernel more exactly.
const MANY_CLASSES: usize = 20;
const MANY_ROWS: usize = 2_000;
const MOST_ROWS: usize = 4_000;
/// The share of the whole fit that embedding may take, as progress is told.
const EMBEDDING: f32 = 0.7;

pub(super) fn fit(known: &Probe, lesson: &Lesson, control: &Control) -> Result<(Probe, HeldOut), FitError> {
    control.progress("Embedding", 0.0);
    let labelled: Vec<(&Example, u32)> =
        lesson.examples.iter().filter_map(|example| Some((example, example.target?))).collect();
    let active = active(lesson, &labelled)?;
    let mut column_of = vec![0; lesson.labels.len()];
    for (column, &label) in active.iter().enumerate() {
        column_of[label as usize] = column as u32;
    }
    let targets: Vec<u32> = labelled.iter().map(|&(_, label)| column_of[label as usize]).collect();
    let embeddings = &known.embeddings;
    embeddings.embed(labelled.iter().map(|(example, _)| &example.text), control, |done, of| {
        control.progress("Embedding", EMBEDDING * done as f32 / of as f32);
    })?;
    control.progress("Cross-validation", EMBEDDING);

    let mut texts: Vec<Text> = labelled.iter().map(|(example, _)| example.text.clone()).collect();
    if labelled.len() <= FEW {
        texts.extend(pool(known, lesson, &labelled));
    }
    let vectors = embeddings.of(&texts, control)?;
    let keys: Vec<u64> = texts.iter().map(|text| text.key).collect();
    let mut distinct = keys[..targets.len()].to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let number = folds::number(distinct.len());
    let course = Course {
        classes: active.iter().map(|&label| lesson.labels[label as usize].clone()).collect(),
        fold_of: folds::assign(&keys[..targets.len()], &targets, number, lesson.seed),
        keys,
        targets,
        folds: number,
        seed: lesson.seed,
        linear_only: !embeddings.encoder().is_unit(),
        control,
    };
    let number_of_landmarks = match labelled.len() {
        MOST_ROWS.. if active.len() < MANY_CLASSES => 2_048,
        rows if rows > MANY_ROWS || active.len() >= MANY_CLASSES => 1_024,
        _ => 512,
    };
    let kernel = match &known.space {
        Space::Kernel(_) if !known.choice.is_due(labelled.len()) => known.space.clone(),
        _ => Space::Kernel(Kernel::new(
            GAMMA,
            landmarks(&vectors, &course.keys, labelled.len(), number_of_landmarks, lesson.seed),
        )),
    };
    let space = |of_kernel: bool| if of_kernel { &kernel } else { &Space::Linear };
    let made: [std::sync::OnceLock<Arc<Points>>; 2] = Default::default();
    let points =
        |kernel: bool| made[usize::from(kernel)].get_or_init(|| Arc::new(space(kernel).points(&vectors))).clone();
    let outcome = course.run(&known.memory, known.choice, points).ok_or(FitError::Cancelled)?;
    if control.is_cancelled() {
        return Err(FitError::Cancelled);
    }
    let space = space(outcome.choice.kernel).clone();
    let mut probabilities =
        Matrix { columns: lesson.labels.len(), values: vec![0.0; labelled.len() * lesson.labels.len()] };
    let mut scores = outcome.scores;
    let rows = probabilities.values.chunks_exact_mut(lesson.labels.len());
    for (row, scores) in rows.zip(scores.values.chunks_exact_mut(active.len())) {
        temperature::soften(scores, outcome.temperature);
        for (&label, &probability) in active.iter().zip(&*scores) {
            row[label as usize] = probability;
        }
    }
    let labels: Vec<u32> = labelled.iter().map(|&(_, label)| label).collect();
    let estimate = Estimate::of(&probabilities, &labels);
    let classifier = Probe {
        embeddings: embeddings.clone(),
        labels: lesson.labels.clone(),
        active,
        weights: space.flatten(outcome.weights),
        space,
        temperature: outcome.temperature,
        choice: outcome.choice,
        memory: outcome.memory,
    };
    control.progress("Fitting", 1.0);
    Ok((classifier, HeldOut { folds: number, probabilities, estimate }))
}

/// Unlabelled texts whose vectors are at hand, each once, none that is also labelled.
fn pool(known: &Probe, lesson: &Lesson, labelled: &[(&Example, u32)]) -> Vec<Text> {
    let mut met: FxHashSet<u64> = labelled.iter().map(|(example, _)| example.text.key).collect();
    let unlabelled = lesson.examples.iter().filter(|example| example.target.is_none()).map(|example| &example.text);
    let mut pool: Vec<Text> =
        unlabelled.filter(|text| met.insert(text.key) && known.embeddings.has(text.key)).cloned().collect();
    // Another order than that of the folds.
    pool.sort_by_cached_key(|text| (folds::order(text.key, !lesson.seed), text.key));
    pool.truncate(POOL);
    pool
}

/// Vectors of distinct texts chosen by chance, labelled ones first.
fn landmarks(vectors: &Matrix, keys: &[u64], labelled: usize, count: usize, seed: u64) -> Matrix {
    let mut rows: Vec<usize> = (0..keys.len()).collect();
    rows.sort_by_cached_key(|&row| (row >= labelled, folds::order(keys[row], !seed), keys[row]));
    let mut met = FxHashSet::default();
    rows.retain(|&row| met.insert(keys[row]));
    rows.truncate(count);
    let values = rows.iter().flat_map(|&row| vectors.row(row)).copied().collect();
    Matrix { columns: vectors.columns, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Classifier, Embeddings, Encode, memory::Memory};

    /// A text "CLASS NUMBER" lies near the axis of its class.
    #[derive(Debug)]
    struct Axes;

    impl Encode for Axes {
        fn id(&self) -> u64 {
            1
        }
        fn width(&self) -> usize {
            4
        }
        fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
            let values = texts.iter().flat_map(|text| {
                let numbers: Vec<usize> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
                let mut vector: [f32; 4] =
                    std::array::from_fn(|place| ((numbers[1] * 4 + place) as f32 * 0.618_034).fract() - 0.5);
                vector[numbers[0]] += 0.7;
                let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
                vector.map(|value| value / length)
            });
            Ok(Matrix { columns: 4, values: values.collect() })
        }
    }

    #[test]
    fn a_warm_fit_ends_where_a_cold_one_of_the_same_choice_does() {
        for unlabelled in [0, 200] {
            let example = |row: usize| Example {
                text: Text { key: row as u64 + 1, body: format!("{} {row}", row % 3).into() },
                target: (row < 120).then_some(row as u32 % 3),
            };
            let labels = ["a", "b", "c"].map(Arc::from).to_vec();
            let mut lesson = Lesson { labels, examples: (0..120 + unlabelled).map(example).collect(), seed: 1 };
            let embeddings = Arc::new(Embeddings::new(Arc::new(Axes), None));
            let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
            embeddings.of(&texts, &Control::default()).expect("vectors");
            let (known, _) = fit(&Probe::blank(&embeddings), &lesson, &Control::default()).expect("a fit");
            lesson.examples[4].target = Some(2);
            let forgetful = Probe { memory: Memory::default(), ..known.clone() };
            let predict = |from: &Probe| fit(from, &lesson, &Control::default()).expect("a fit").0.predict(&texts);
            let (warm, cold) = (predict(&known), predict(&forgetful));
            let far = warm.values.iter().zip(&cold.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 0.05, "{far} with {unlabelled} unlabelled rows, {:?}", known.choice);
        }
    }
}
