//! One fit, from a lesson to a classifier and its held-out estimate.

use rustc_hash::FxHashSet;

use catalogue::phrase;

use super::{Probe, choice::FEW, course::Course};
use crate::{Control, Example, FitError, HeldOut, Lesson, Matrix, Text, calibration::Link, folds, lesson::Labelled};

/// Unlabelled texts that are learned from, chosen by chance.
const POOL: usize = 2_000;
/// The share of the whole fit that embedding may take, as progress is told.
const EMBEDDING: f32 = 0.7;

pub(super) fn fit(known: &Probe, lesson: &Lesson, control: &Control) -> Result<(Probe, HeldOut), FitError> {
    control.progress(phrase!("stage-embedding"), 0.0);
    let Labelled { examples: labelled, labels, active, targets } = Labelled::of(lesson)?;
    let embeddings = &known.embeddings;
    embeddings.embed(labelled.iter().map(|example| &example.text), control, |done, of| {
        control.progress(phrase!("stage-embedding"), EMBEDDING * done as f32 / of as f32);
    })?;
    control.progress(phrase!("stage-cross-validation"), EMBEDDING);

    let mut texts: Vec<Text> = labelled.iter().map(|example| example.text.clone()).collect();
    if labelled.len() <= FEW {
        texts.extend(pool(known, lesson, &labelled));
    }
    let keys: Vec<u64> = texts.iter().map(|text| text.key).collect();
    let number = folds::number(folds::distinct(&keys[..targets.len()]));
    let course = Course {
        classes: active.iter().map(|&label| lesson.labels[label as usize].clone()).collect(),
        fold_of: folds::assign(&keys[..targets.len()], &targets.strata(active.len()), number, lesson.seed),
        texts,
        keys,
        targets,
        folds: number,
        seed: lesson.seed,
        embeddings,
        control,
    };
    let outcome = course.run(known).ok_or(FitError::Cancelled)?;
    if control.is_cancelled() {
        return Err(FitError::Cancelled);
    }
    if let Some(kernel) = &outcome.kernel {
        kernel.retain(&lesson.examples.iter().map(|example| example.text.key).collect());
    }
    let all = (&labels, lesson.labels.len());
    let linked = |mut scores: Matrix, rows: &[u32]| {
        let link = Link::fit(&scores, &course.targets, &active, all, rows);
        let columns = lesson.labels.len();
        let mut probabilities = Matrix { columns, values: vec![0.0; labelled.len() * columns] };
        let rows = probabilities.values.chunks_exact_mut(columns);
        for (row, scores) in rows.zip(scores.values.chunks_exact_mut(active.len())) {
            link.spread(scores, &active, row);
        }
        (link, probabilities)
    };
    let (link, probabilities) = linked(outcome.scores, &outcome.judged);
    let doubting = outcome.doubting.map(|scores| linked(scores, &course.judged(None)).1);
    let judged = course.alike(outcome.kernel.as_deref(), (0..labels.len() as u32).collect());
    let estimate = link.estimate(&probabilities, &labels, &judged);
    let classifier = Probe {
        embeddings: embeddings.clone(),
        reads: known.reads,
        labels: lesson.labels.clone(),
        active,
        kernel: outcome.kernel,
        weights: outcome.weights,
        link,
        choice: outcome.choice,
        memory: outcome.memory,
        kept: outcome.kept,
    };
    control.progress(phrase!("stage-fitting"), 1.0);
    Ok((classifier, HeldOut { folds: number, probabilities, doubting, judged, estimate, ..HeldOut::default() }))
}

/// Unlabelled texts whose vectors are at hand, each once, none that is also labelled.
pub(super) fn pool(known: &Probe, lesson: &Lesson, labelled: &[&Example]) -> Vec<Text> {
    let mut met: FxHashSet<u64> = labelled.iter().map(|example| example.text.key).collect();
    let unlabelled = lesson.examples.iter().filter(|example| example.target.is_none()).map(|example| &example.text);
    let mut pool: Vec<Text> =
        unlabelled.filter(|text| met.insert(text.key) && known.embeddings.has(text.key)).cloned().collect();
    // Another order than that of the folds.
    pool.sort_by_cached_key(|text| (folds::order(text.key, !lesson.seed), text.key));
    pool.truncate(POOL);
    pool
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Classifier, Embeddings, Encode, Target, memory::Memory, probe::course::Kept};

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
        for (labelled, unlabelled) in [(120, 0), (120, 200), (700, 50)] {
            let example = |row: usize| Example {
                text: Text { key: row as u64 + 1, body: format!("{} {row}", row % 3).into() },
                target: (row < labelled).then_some(Target::One(row as u32 % 3)),
            };
            let labels = ["a", "b", "c"].map(Arc::from).to_vec();
            let examples = (0..labelled + unlabelled).map(example).collect();
            let mut lesson = Lesson { labels, examples, seed: 1, ..Lesson::default() };
            let embeddings = Arc::new(Embeddings::new(Arc::new(Axes), None));
            let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
            embeddings.of(&texts, &Control::default()).expect("vectors");
            let (known, _) = fit(&Probe::blank(&embeddings), &lesson, &Control::default()).expect("a fit");
            lesson.examples[4].target = Some(Target::One(2));
            let forgetful = Probe { memory: Memory::default(), kept: Kept::default(), ..known.clone() };
            let predict = |from: &Probe| fit(from, &lesson, &Control::default()).expect("a fit").0.predict(&texts);
            let (warm, cold) = (predict(&known), predict(&forgetful));
            let far = warm.values.iter().zip(&cold.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 0.05, "{far} with {labelled} rows and {unlabelled} unlabelled ones, {:?}", known.choice);
        }
    }

    #[test]
    fn a_label_more_or_less_refits_as_if_all_were_new() {
        let example = |row: usize| Example {
            text: Text { key: row as u64 + 1, body: format!("{} {row}", row % 3).into() },
            target: (row < 700).then_some(Target::One(row as u32 % 3)),
        };
        let labels = ["a", "b", "c"].map(Arc::from).to_vec();
        let mut lesson = Lesson { labels, examples: (0..720).map(example).collect(), seed: 1, ..Lesson::default() };
        let embeddings = Arc::new(Embeddings::new(Arc::new(Axes), None));
        let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
        let (known, _) = fit(&Probe::blank(&embeddings), &lesson, &Control::default()).expect("a fit");
        let lacking = |probe: &Probe| probe.kernel.as_ref().map(|kernel| kernel.lacking(&texts).len());
        embeddings.of(&texts, &Control::default()).expect("vectors");
        assert_eq!(lacking(&known), Some(20));
        known.get_ready(&texts, &Control::default());
        assert_eq!(lacking(&known), Some(0));
        // A fit that nobody took: what it compared texts with must not be taken for what comes now.
        lesson.examples[715].target = Some(Target::One(715 % 3));
        fit(&known, &lesson, &Control::default()).expect("a fit").0.predict(&texts);
        lesson.examples[715].target = None;
        lesson.examples[710].target = Some(Target::One(710 % 3));
        lesson.examples[9].target = None;
        let (warm, _) = fit(&known, &lesson, &Control::default()).expect("a fit");
        let (cold, _) = fit(&Probe::blank(&embeddings), &lesson, &Control::default()).expect("a fit");
        let landmarks = |probe: &Probe| probe.kernel.as_ref().map(|kernel| kernel.keys.len());
        assert_eq!((landmarks(&known), landmarks(&warm), landmarks(&cold)), (Some(700), Some(701), Some(700)));
        let (warm, cold) = (warm.predict(&texts), cold.predict(&texts));
        let far = warm.values.iter().zip(&cold.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 0.02, "{far}");
    }
}
