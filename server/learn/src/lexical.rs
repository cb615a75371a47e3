//! The first step of the ladder: hashed n-grams, TF-IDF and softmax regression. Milliseconds, no download.

use std::sync::{Arc, PoisonError, RwLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::{
    Classifier, Control, Estimate, Fit, FitError, HeldOut, Lesson, Matrix, Step, Text,
    calibration::{soften, temperature},
    features::{Grams, Vocabulary},
    folds,
    softmax::{Problem, score},
    storage,
};

/// The cache of n-grams holds at most this many (8 bytes each): what a hundred thousand short rows need.
const CACHED_GRAMS: usize = 8 << 20;
/// Fewer texts than this are predicted on the caller's thread: an editor asks for one at a time.
const FEW: usize = 64;

/// N-grams of texts by key, shared by all generations of a classifier; filled by fits alone.
#[derive(Debug, Default)]
struct Cache {
    grams: FxHashMap<u64, Arc<Grams>>,
    size: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Lexical {
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) vocabulary: Vocabulary,
    /// Features by classes, then the intercepts.
    pub(crate) weights: Vec<f32>,
    pub(crate) temperature: f32,
    /// Weights of the models that each left one fold out: where their next fit starts. Not saved.
    folds: Vec<Vec<f32>>,
    seed: u64,
    cache: Arc<RwLock<Cache>>,
}

impl Lexical {
    pub(crate) fn restored(
        labels: Vec<Arc<str>>,
        vocabulary: Vocabulary,
        weights: Vec<f32>,
        temperature: f32,
    ) -> Lexical {
        Lexical { labels, vocabulary, weights, temperature, ..Lexical::default() }
    }

    fn grams(&self, text: &Text) -> Arc<Grams> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        match cache.grams.get(&text.key) {
            Some(grams) => grams.clone(),
            None => {
                drop(cache);
                Arc::new(Grams::of(&text.body))
            }
        }
    }

    /// The lesson's n-grams; labelled texts have the first right to a place in the cache.
    fn remember(&self, lesson: &Lesson) -> Vec<Arc<Grams>> {
        let all: Vec<Arc<Grams>> = lesson.examples.par_iter().map(|example| self.grams(&example.text)).collect();
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        let in_order = |labelled: bool| {
            lesson.examples.iter().zip(&all).filter(move |(example, _)| example.target.is_some() == labelled)
        };
        for (example, grams) in in_order(true).chain(in_order(false)) {
            if cache.size + grams.0.len() > CACHED_GRAMS {
                break;
            }
            if cache.grams.insert(example.text.key, grams.clone()).is_none() {
                cache.size += grams.0.len();
            }
        }
        all
    }

    /// Weights of `self` in the order of another vocabulary and other labels; zero where they are new.
    fn carried(&self, weights: &[f32], vocabulary: &Vocabulary, labels: &[Arc<str>]) -> Vec<f32> {
        let (features, classes, before) = (vocabulary.idf.len(), labels.len(), self.labels.len());
        let mut carried = vec![0.0; (features + 1) * classes];
        if weights.is_empty() {
            return carried;
        }
        let columns: Vec<(usize, usize)> = labels
            .iter()
            .enumerate()
            .filter_map(|(to, label)| Some((to, self.labels.iter().position(|known| known == label)?)))
            .collect();
        let mut copy = |to: usize, from: usize| {
            for (column, was) in &columns {
                carried[to * classes + column] = weights[from * before + was];
            }
        };
        for (gram, feature) in &vocabulary.index {
            if let Some(was) = self.vocabulary.index.get(gram) {
                copy(*feature as usize, *was as usize);
            }
        }
        copy(features, self.vocabulary.idf.len());
        carried
    }

    fn scores(&self, texts: &[Text], into: &mut [f32]) {
        for (text, scores) in texts.iter().zip(into.chunks_mut(self.labels.len())) {
            score(&self.vocabulary.vector(&self.grams(text)), &self.weights, scores);
        }
    }
}

impl Classifier for Lexical {
    fn step(&self) -> Step {
        Step::Lexical
    }

    fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
        enough(lesson)?;
        control.progress("reading", 0.0);
        let all = self.remember(lesson);
        let labelled: Vec<usize> = (0..all.len()).filter(|row| lesson.examples[*row].target.is_some()).collect();
        let targets: Vec<u32> = lesson.examples.iter().filter_map(|example| example.target).collect();
        let grams: Vec<&Grams> = labelled.iter().map(|row| all[*row].as_ref()).collect();
        let vocabulary = Vocabulary::of(&grams, all.iter().map(Arc::as_ref));
        let vectors: Vec<Vec<(u32, f32)>> = grams.par_iter().map(|grams| vocabulary.vector(grams)).collect();
        let (features, classes) = (vocabulary.idf.len(), lesson.labels.len());

        let count = folds::count(labelled.len(), classes);
        let keys: Vec<u64> = labelled.iter().map(|row| lesson.examples[*row].text.key).collect();
        let fold_of = folds::assign(&keys, &targets, count, lesson.seed);
        let warm = self.folds.len() == count && self.seed == lesson.seed;
        let done = std::sync::atomic::AtomicUsize::new(0);
        // One job a fold, and one for all rows together, last.
        let fitted: Result<Vec<Vec<f32>>, FitError> = (0..=count)
            .into_par_iter()
            .map(|job| {
                let rows: Vec<usize> = (0..labelled.len()).filter(|row| job == count || fold_of[*row] != job).collect();
                let problem = Problem {
                    rows: rows.iter().map(|row| vectors[*row].as_slice()).collect(),
                    targets: rows.iter().map(|row| targets[*row]).collect(),
                    features,
                    classes,
                };
                let before: &[f32] = match job {
                    _ if job == count => &self.weights,
                    _ if warm => &self.folds[job],
                    _ => &[],
                };
                let mut weights = self.carried(before, &vocabulary, &lesson.labels);
                if !rows.is_empty() {
                    problem.solve(&mut weights, control)?;
                }
                let done = 1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                control.progress("learning", done as f32 / (count + 1) as f32);
                Ok(weights)
            })
            .collect();
        let mut fitted = fitted?;
        let weights = fitted.pop().unwrap_or_default();

        let mut probabilities = Matrix { columns: classes, values: vec![0.0; labelled.len() * classes] };
        for (row, scores) in probabilities.values.chunks_mut(classes).enumerate() {
            score(&vectors[row], &fitted[fold_of[row]], scores);
        }
        let temperature = temperature(&probabilities, &targets);
        soften(&mut probabilities, temperature);
        let estimate = Estimate::of(&probabilities, &targets);
        let classifier = Lexical {
            labels: lesson.labels.clone(),
            vocabulary,
            weights,
            temperature,
            folds: fitted,
            seed: lesson.seed,
            cache: self.cache.clone(),
        };
        Ok(Fit { classifier: Arc::new(classifier), held_out: HeldOut { folds: count, probabilities, estimate } })
    }

    fn predict(&self, texts: &[Text]) -> Matrix {
        let columns = self.labels.len();
        let mut scores = Matrix { columns, values: vec![0.0; texts.len() * columns] };
        if columns == 0 || texts.is_empty() {
            return scores;
        }
        if texts.len() < FEW {
            self.scores(texts, &mut scores.values);
        } else {
            let pieces = texts.par_chunks(FEW).zip(scores.values.par_chunks_mut(FEW * columns));
            pieces.for_each(|(texts, scores)| self.scores(texts, scores));
        }
        soften(&mut scores, self.temperature);
        scores
    }

    fn save(&self, to: &mut dyn std::io::Write) -> std::io::Result<()> {
        storage::write(self, to)
    }
}

/// Two labelled rows of two classes are the least.
fn enough(lesson: &Lesson) -> Result<(), FitError> {
    let mut targets = lesson.examples.iter().filter_map(|example| example.target);
    let Some(first) = targets.next() else {
        return Err(FitError::TooLittle(
            "No row has a label yet. Label one row of each of two classes to begin.".into(),
        ));
    };
    let (mut count, mut other) = (1, false);
    for target in targets {
        count += 1;
        other |= target != first;
    }
    if other {
        return Ok(());
    }
    let label = &lesson.labels[first as usize];
    let rows = if count == 1 { "The one label is".to_owned() } else { format!("All {count} labels are") };
    Err(FitError::TooLittle(format!("{rows} `{label}`. Label a row of one more class to begin.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Example, metrics::best};

    fn text(body: &str) -> Text {
        Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
    }

    fn lesson(labels: &[&str], rows: &[(&str, Option<u32>)]) -> Lesson {
        let labels = labels.iter().map(|label| Arc::from(*label)).collect();
        let example = |(body, target): &(&str, Option<u32>)| Example { text: text(body), target: *target };
        Lesson { labels, examples: rows.iter().map(example).collect(), seed: 0 }
    }

    fn tickets() -> Lesson {
        lesson(
            &["billing", "login"],
            &[
                ("I was charged twice on my invoice", Some(0)),
                ("the invoice shows a charge I do not know", Some(0)),
                ("why is my bill higher this month", Some(0)),
                ("cannot log in, password rejected", Some(1)),
                ("login page says wrong password", Some(1)),
                ("forgot my password and cannot sign in", Some(1)),
                ("password reset mail never came", None),
            ],
        )
    }

    fn said(classifier: &dyn Classifier, body: &str) -> String {
        classifier.labels()[best(&classifier.predict(&[text(body)]).values)].to_string()
    }

    #[test]
    fn it_learns_words_and_gives_probabilities() {
        let fit = Lexical::default().fit(&tickets(), &Control::default()).unwrap();
        assert_eq!(said(&*fit.classifier, "there is a charge on the bill"), "billing");
        assert_eq!(said(&*fit.classifier, "my password does not work"), "login");
        for row in 0..6 {
            let sum: f32 = fit.held_out.probabilities.row(row).iter().sum();
            assert!((sum - 1.0).abs() < 1e-5);
        }
        assert_eq!(fit.held_out.estimate.rows, 6);
    }

    #[test]
    fn chinese_needs_no_tokenizer() {
        let lesson = lesson(
            &["好评", "差评"],
            &[
                ("味道很好，下次再来", Some(0)),
                ("很好吃，推荐", Some(0)),
                ("太难吃了，送得慢", Some(1)),
                ("难吃，差评", Some(1)),
            ],
        );
        let fit = Lexical::default().fit(&lesson, &Control::default()).unwrap();
        assert_eq!(said(&*fit.classifier, "真的很好"), "好评");
        assert_eq!(said(&*fit.classifier, "这家难吃"), "差评");
    }

    #[test]
    fn two_rows_are_enough_and_one_class_says_what_is_missing() {
        let two = lesson(&["a", "b"], &[("red apple", Some(0)), ("blue sky", Some(1))]);
        let fit = Lexical::default().fit(&two, &Control::default()).unwrap();
        assert_eq!(said(&*fit.classifier, "an apple"), "a");
        let one = lesson(&["a", "b"], &[("red", Some(0)), ("blue", Some(0)), ("green", None)]);
        let error = Lexical::default().fit(&one, &Control::default()).unwrap_err();
        assert_eq!(error.to_string(), "All 2 labels are `a`. Label a row of one more class to begin.");
    }

    #[test]
    fn threads_change_nothing_and_a_warm_fit_agrees_with_a_cold_one() {
        let fit = |threads: usize, from: &dyn Classifier| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| from.fit(&tickets(), &Control::default()).unwrap())
        };
        let (one, two) = (fit(1, &Lexical::default()), fit(2, &Lexical::default()));
        assert_eq!(one.held_out.probabilities, two.held_out.probabilities);
        let texts = [text("invoice"), text("sign in")];
        assert_eq!(one.classifier.predict(&texts), two.classifier.predict(&texts));
        let warm = fit(1, &*one.classifier);
        for (a, b) in warm.classifier.predict(&texts).values.iter().zip(one.classifier.predict(&texts).values) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
    }

    #[test]
    fn labels_may_come_go_and_change_places() {
        let first = Lexical::default().fit(&tickets(), &Control::default()).unwrap();
        let mut more = tickets();
        more.labels = ["bug", "billing", "login"].map(Arc::from).to_vec();
        more.examples.iter_mut().for_each(|example| example.target = example.target.map(|target| target + 1));
        more.examples.push(Example { text: text("the app crashes at start"), target: Some(0) });
        let second = first.classifier.fit(&more, &Control::default()).unwrap();
        assert_eq!(said(&*second.classifier, "it crashes"), "bug");
        assert_eq!(said(&*second.classifier, "wrong password"), "login");
    }

    #[test]
    fn a_cancelled_fit_says_so() {
        let control = Control::default();
        control.cancel.cancel();
        assert_eq!(Lexical::default().fit(&tickets(), &control).unwrap_err(), FitError::Cancelled);
    }
}
