//! Several labels a text, from outside: what a fit of each step promises.

#[path = "encoder/tiny.rs"]
mod tiny;

use std::sync::Arc;

use learn::{
    Cancel, Classifier, Control, Embeddings, Encode, Encoder, Example, Fit, FitError, Lesson, Matrix, Step, Target,
    Task, Text, fine_tune, lexical, load, none_trained, probe,
    suspects::find_in_sets,
    tuning::{Bench, Plan, Strategy},
};
use tempfile::TempDir;

/// Each is a label of the texts that have the word. No text has the last one.
const LABELS: [&str; 4] = ["app", "refund", "slow", "unheard"];
const OTHERS: [&str; 5] = ["card", "order", "log", "charged", "please"];

fn set(row: usize) -> Arc<[u32]> {
    // Independent of each other: in one row of two, of three, of five.
    [2, 3, 5].iter().zip(0..).filter(|(every, _)| row.is_multiple_of(**every)).map(|(_, label)| label).collect()
}

fn text(row: usize) -> Text {
    let other = |place: usize| OTHERS[(row * 3 + place + row / 5) % OTHERS.len()];
    let said: Vec<&str> = set(row).iter().map(|&label| LABELS[label as usize]).collect();
    Text { key: row as u64 + 1, body: format!("{} {} {}", other(0), said.join(" "), other(2)).into() }
}

fn lesson(rows: usize) -> Lesson {
    let example = |row| Example { text: text(row), target: Some(Target::Set(set(row))) };
    let labels = LABELS.map(Arc::from).to_vec();
    Lesson { task: Task::Multi, labels, examples: (0..rows).map(example).collect(), seed: 5 }
}

/// A value for each word.
#[derive(Debug)]
struct Words;

impl Encode for Words {
    fn id(&self) -> u64 {
        7
    }
    fn width(&self) -> usize {
        LABELS.len() + OTHERS.len()
    }
    fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
        let vector = |text: &&str| {
            let words = LABELS.iter().chain(&OTHERS);
            let values: Vec<f32> =
                words.map(|word| 0.1 + f32::from(u8::from(text.split(' ').any(|own| own == *word)))).collect();
            let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
            values.into_iter().map(move |value| value / length)
        };
        Ok(Matrix { columns: self.width(), values: texts.iter().flat_map(vector).collect() })
    }
}

fn words() -> Arc<Embeddings> {
    Arc::new(Embeddings::new(Arc::new(Words), None))
}

fn fit(from: &dyn Classifier, lesson: &Lesson) -> Fit {
    from.fit(lesson, &Control::default()).expect("a fit")
}

fn steps() -> [Arc<dyn Classifier>; 2] {
    [lexical(), probe(&words())]
}

/// The labels that a classifier gives.
fn given(classifier: &dyn Classifier, texts: &[Text]) -> Vec<Vec<u32>> {
    let (probabilities, thresholds) = (classifier.predict(texts), classifier.thresholds().expect("labels of sets"));
    let of_row = |row: usize| {
        let labels = probabilities.row(row).iter().zip(thresholds).zip(0..);
        labels.filter(|((p, threshold), _)| p >= threshold).map(|(_, label)| label).collect()
    };
    (0..texts.len()).map(of_row).collect()
}

#[test]
fn each_label_is_told_by_itself_and_one_that_no_row_has_is_never_given() {
    let unseen: Vec<Text> = (200..260).map(text).collect();
    for blank in steps() {
        assert_eq!(blank.thresholds(), None);
        let fit = fit(&*blank, &lesson(200));
        let (classifier, estimate) = (&fit.classifier, &fit.held_out.estimate);
        assert_eq!(classifier.thresholds().map(<[f32]>::len), Some(LABELS.len()));
        let right =
            given(&**classifier, &unseen).iter().zip(200..).filter(|(given, row)| **given == *set(*row)).count();
        assert!(right >= 57, "{right} of 60 by {classifier:?}");
        assert!(classifier.predict(&unseen).values.iter().all(|p| (0.0..1.0).contains(p)));
        assert!(estimate.micro_f1 > 0.9 && estimate.low > 0.8 && estimate.ece < 0.1, "{estimate:?}");
        assert_eq!((fit.held_out.probabilities.rows(), fit.held_out.probabilities.columns), (200, LABELS.len()));
    }
}

#[test]
fn equal_lessons_give_equal_classifiers_and_a_changed_set_refits() {
    let unseen: Vec<Text> = (200..240).map(text).collect();
    for blank in steps() {
        let mut lesson = lesson(150);
        let first = fit(&*blank, &lesson).classifier;
        assert_eq!(first.predict(&unseen), fit(&*blank, &lesson).classifier.predict(&unseen));
        lesson.examples[3].target = Some(Target::Set([0, 2].into()));
        let (warm, cold) = (fit(&*first, &lesson), fit(&*blank, &lesson));
        let far =
            |a: &Matrix, b: &Matrix| a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let far = far(&warm.classifier.predict(&unseen), &cold.classifier.predict(&unseen));
        // The warm one keeps what was chosen of old.
        assert!(far < 0.1, "{far} by {:?}", warm.classifier);
    }
}

#[test]
fn what_was_saved_is_loaded() {
    let unseen: Vec<Text> = (100..130).map(text).collect();
    let embeddings = words();
    for blank in [lexical(), probe(&embeddings)] {
        let learned = fit(&*blank, &lesson(100)).classifier;
        let mut saved = Vec::new();
        learned.save(&mut saved).expect("memory to write to");
        let again = load(learned.step(), &mut &saved[..], Some(&embeddings), &none_trained).expect("what was saved");
        assert_eq!(again.predict(&unseen), learned.predict(&unseen));
        assert_eq!(again.thresholds(), learned.thresholds());
        // A refit of what was loaded starts from what it knew.
        fit(&*again, &lesson(101));
        for cut in (0..saved.len()).step_by(saved.len() / 50 + 1) {
            assert!(
                load(learned.step(), &mut &saved[..cut], Some(&embeddings), &none_trained).is_err(),
                "cut at {cut}"
            );
        }
    }
}

#[test]
fn one_label_is_enough_and_less_says_what_is_missing() {
    for blank in steps() {
        let of = |sets: &[&[u32]]| {
            let mut lesson = lesson(sets.len());
            let targets = sets.iter().map(|set| Some(Target::Set((*set).into())));
            lesson.examples.iter_mut().zip(targets).for_each(|(example, target)| example.target = target);
            blank.fit(&lesson, &Control::default())
        };
        assert!(of(&[&[1], &[]]).is_ok());
        assert!(of(&[&[1], &[], &[1], &[1]]).is_ok());
        assert!(matches!(of(&[]), Err(FitError::TooLittle(why)) if why.to_string().contains("Label a few rows")));
        assert!(
            matches!(of(&[&[1], &[1]]), Err(FitError::TooLittle(why)) if why.to_string().contains("`refund` does not apply"))
        );
        assert!(matches!(of(&[&[9], &[1]]), Err(FitError::Failed(_))));
    }
}

#[test]
fn planted_slips_are_found() {
    let mut lesson = lesson(200);
    // 35 lacks its only label, and 31 has one without reason.
    lesson.examples[35].target = Some(Target::Set([].into()));
    lesson.examples[31].target = Some(Target::Set([1].into()));
    for blank in steps() {
        let fit = fit(&*blank, &lesson);
        let targets: Vec<Arc<[u32]>> =
            lesson.examples.iter().flat_map(|example| &example.target).map(|target| target.labels().into()).collect();
        let thresholds = fit.classifier.thresholds().expect("labels of sets");
        let found = find_in_sets(&fit.held_out.probabilities, &targets, thresholds);
        let mut first: Vec<_> = found.iter().take(2).map(|s| (s.row, s.label, s.is_given)).collect();
        first.sort_unstable();
        assert_eq!(first, [(31, 1, true), (35, 2, false)], "{:?}", fit.classifier);
    }
}

#[test]
fn a_cancel_is_heard() {
    for blank in steps() {
        let control = Control { cancel: Cancel::default(), ..Control::default() };
        control.cancel.cancel();
        assert!(matches!(blank.fit(&lesson(60), &control), Err(FitError::Cancelled)));
    }
}

#[test]
fn an_encoder_is_trained_on_sets_and_saved() {
    let folder = TempDir::new().expect("a folder");
    tiny::write(folder.path(), "bert", 40, |_| {});
    let open = || Encoder::open(folder.path(), None).expect("the tiny encoder");
    let embeddings = Arc::new(Embeddings::new(Arc::new(open()), None));
    let lesson = lesson(160);
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    for strategy in [Strategy::Auto, Strategy::Contrastive] {
        let below = fit(&*probe(&embeddings), &lesson);
        let plan = Plan { strategy, epochs: Some(8), ..Plan::default() };
        let tuned = fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &Control::default());
        let fit = tuned.expect("a training").expect("rows enough").fit;
        let (classifier, estimate) = (&fit.classifier, &fit.held_out.estimate);
        assert_eq!(
            (classifier.step(), classifier.thresholds().map(<[f32]>::len)),
            (Step::FineTuned, Some(LABELS.len()))
        );
        assert!(estimate.rows > 0 && estimate.micro_f1 > 0.5, "{estimate:?}");
        assert!(classifier.parts().is_none());
        let (mut saved, mut trained) = (Vec::new(), Vec::new());
        classifier.save(&mut saved).expect("memory to write to");
        let encoder = classifier.embeddings().and_then(|own| own.encoder().trainable().cloned()).expect("its encoder");
        encoder.write_tuned(&mut trained).expect("memory to write to");
        let again = load(Step::FineTuned, &mut &saved[..], Some(&embeddings), &|_| {
            Ok(Box::new(std::io::Cursor::new(trained.clone())))
        });
        let again = again.expect("what was saved");
        assert_eq!(again.thresholds(), classifier.thresholds());
        assert_eq!(again.predict(&texts), classifier.predict(&texts));
    }
}
