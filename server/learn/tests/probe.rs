//! The probe from outside, on vectors made by hand: what a fit promises.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use learn::{
    Cancel, Classifier, Control, Embeddings, Encode, Example, Fit, FitError, Lesson, Matrix, Step, Target, Text, load,
    none_trained, probe,
};

const WIDTH: usize = 8;

/// A text "CLASS NUMBER" lies near the axis of its class; how near, the number says. It is asked about how many texts.
#[derive(Debug, Default)]
struct Axes {
    id: u64,
    asked: AtomicUsize,
}

impl Encode for Axes {
    fn id(&self) -> u64 {
        self.id
    }
    fn width(&self) -> usize {
        WIDTH
    }
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        self.asked.fetch_add(texts.len(), Ordering::Relaxed);
        let mut values = Vec::new();
        for text in texts {
            let numbers: Vec<usize> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
            let mut vector = [0.0f32; WIDTH];
            vector[numbers[0] % WIDTH] = 1.0;
            for (place, value) in vector.iter_mut().enumerate() {
                *value += 0.6 * (((numbers[1] * WIDTH + place) as f32 * 0.618_034).fract() - 0.5);
            }
            let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            values.extend(vector.map(|value| value / length));
        }
        Ok(Matrix { columns: WIDTH, values })
    }
}

fn text(body: &str) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

/// So many rows of each class, then as many unlabelled ones.
fn lesson(counts: &[usize], unlabelled: usize) -> Lesson {
    let labels = (0..counts.len()).map(|class| format!("{class}").into()).collect();
    let row = |class: usize, number: usize| text(&format!("{class} {number}"));
    let labelled = counts.iter().enumerate().flat_map(|(class, &count)| {
        (0..count).map(move |number| Example { text: row(class, number), target: Some(Target::One(class as u32)) })
    });
    let rest = (0..unlabelled).map(|number| Example { text: row(number % counts.len(), 1000 + number), target: None });
    Lesson { labels, examples: labelled.chain(rest).collect(), seed: 1, ..Lesson::default() }
}

fn embeddings() -> Arc<Embeddings> {
    Arc::new(Embeddings::new(Arc::new(Axes::default()), None))
}

fn fit(from: &dyn Classifier, lesson: &Lesson) -> Fit {
    from.fit(lesson, &Control::default()).expect("a fit")
}

fn texts(lesson: &Lesson) -> Vec<Text> {
    lesson.examples.iter().map(|example| example.text.clone()).collect()
}

fn assert_distributions(matrix: &Matrix) {
    for row in 0..matrix.rows() {
        let row = matrix.row(row);
        assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{row:?}");
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{row:?}");
    }
}

#[test]
fn separable_classes_are_told_apart() {
    let embeddings = embeddings();
    let lesson = lesson(&[20, 20, 20], 30);
    let fit = fit(&*probe(&embeddings), &lesson);
    assert_eq!(fit.classifier.step(), Step::Probe);
    assert_eq!((fit.held_out.probabilities.rows(), fit.held_out.estimate.accuracy), (60, 1.0));
    let predicted = fit.classifier.predict(&texts(&lesson));
    assert_distributions(&predicted);
    assert_distributions(&fit.held_out.probabilities);
    for row in 0..30 {
        let row = predicted.row(60 + row);
        assert!(row.iter().any(|p| *p > 0.8), "{row:?}");
    }
}

#[test]
fn only_labelled_texts_are_embedded_by_a_fit() {
    let axes = Arc::new(Axes::default());
    let embeddings = Arc::new(Embeddings::new(axes.clone(), None));
    fit(&*probe(&embeddings), &lesson(&[10, 10], 50));
    assert_eq!(axes.asked.load(Ordering::Relaxed), 20);
}

#[test]
fn a_rare_class_is_found() {
    let lesson = lesson(&[100, 5], 0);
    let fit = fit(&*probe(&embeddings()), &lesson);
    assert!(fit.held_out.estimate.macro_f1 > 0.95, "{:?}", fit.held_out.estimate);
    assert!(fit.classifier.predict(&[text("1 77")]).row(0)[1] > 0.5);
}

#[test]
fn one_class_is_too_little_and_two_rows_are_not() {
    let missing = |counts: &[usize]| match probe(&embeddings()).fit(&lesson(counts, 3), &Control::default()) {
        Err(FitError::TooLittle(what)) => what.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(&[3, 0]), "Label rows of at least one more class: all 3 labels are `0`.");
    assert_eq!(missing(&[0, 0]), "Label a few rows of at least two classes: no row has a label yet.");
    let fit = fit(&*probe(&embeddings()), &lesson(&[1, 0, 1], 3));
    assert_distributions(&fit.held_out.probabilities);
    let predicted = fit.classifier.predict(&[text("2 9")]);
    assert_distributions(&predicted);
    // A label without rows is given no probability.
    assert_eq!(predicted.row(0)[1], 0.0);
    assert!(predicted.row(0)[2] > predicted.row(0)[0]);
}

#[test]
fn equal_lessons_make_equal_probes() {
    let lesson = lesson(&[30, 20, 10], 150);
    let once = || {
        let embeddings = embeddings();
        embeddings.of(&texts(&lesson), &Control::default()).expect("vectors");
        let fit = fit(&*probe(&embeddings), &lesson);
        (fit.classifier.predict(&texts(&lesson)), fit.held_out.probabilities)
    };
    assert_eq!(once(), once());
}

#[test]
fn what_was_saved_is_loaded() {
    // Few rows and more of them: they learn by different means.
    what_was_saved_is_loaded_of(40);
    what_was_saved_is_loaded_of(350);
}

fn what_was_saved_is_loaded_of(rows: usize) {
    let embeddings = embeddings();
    let lesson = lesson(&[rows, rows], 150);
    embeddings.of(&texts(&lesson), &Control::default()).expect("vectors");
    let fit = fit(&*probe(&embeddings), &lesson);
    let mut saved = Vec::new();
    fit.classifier.save(&mut saved).expect("a Vec takes everything");
    let loaded = load(Step::Probe, &mut &saved[..], Some(&embeddings), &none_trained).expect("what was saved");
    assert_eq!(loaded.predict(&texts(&lesson)), fit.classifier.predict(&texts(&lesson)));
    let (warm, again) = (loaded.fit(&lesson, &Control::default()), fit.classifier.fit(&lesson, &Control::default()));
    assert_eq!(warm.expect("a fit").held_out.probabilities, again.expect("a fit").held_out.probabilities);

    let other = Arc::new(Embeddings::new(Arc::new(Axes { id: 9, ..Axes::default() }), None));
    assert!(load(Step::Probe, &mut &saved[..], Some(&other), &none_trained).is_err());
    assert!(load(Step::Probe, &mut &saved[..], None, &none_trained).is_err());
    assert!(load(Step::Lexical, &mut &saved[..], None, &none_trained).is_err());

    let mut empty = Vec::new();
    probe(&embeddings).save(&mut empty).expect("a Vec takes everything");
    assert!(
        load(Step::Probe, &mut &empty[..], Some(&embeddings), &none_trained).expect("a blank one").labels().is_empty()
    );
}

#[test]
fn damaged_bytes_are_an_error() {
    let embeddings = embeddings();
    let mut saved = Vec::new();
    fit(&*probe(&embeddings), &lesson(&[4, 4], 0)).classifier.save(&mut saved).expect("a Vec takes everything");
    for cut in 0..saved.len() {
        assert!(load(Step::Probe, &mut &saved[..cut], Some(&embeddings), &none_trained).is_err(), "cut at {cut}");
    }
    for at in 0..saved.len() {
        let mut damaged = saved.clone();
        damaged[at] ^= 0x55;
        assert!(load(Step::Probe, &mut &damaged[..], Some(&embeddings), &none_trained).is_err(), "byte {at}");
    }
    // Whatever a body with a true checksum says: no panic, not even when it predicts or learns.
    for at in 28..saved.len() {
        let mut lying = saved.clone();
        lying[at] ^= 0x55;
        let checksum = xxhash_rust::xxh3::xxh3_64(&lying[28..]);
        lying[20..28].copy_from_slice(&checksum.to_le_bytes());
        if let Ok(classifier) = load(Step::Probe, &mut &lying[..], Some(&embeddings), &none_trained) {
            classifier.predict(&[text("1 2")]);
            classifier.fit(&lesson(&[4, 4], 0), &Control::default()).ok();
        }
    }
}

#[test]
fn a_cancel_is_heard() {
    for embedded in [false, true] {
        let embeddings = embeddings();
        let lesson = lesson(&[40, 40], 150);
        if embedded {
            embeddings.of(&texts(&lesson), &Control::default()).expect("vectors");
        }
        let control = Control { cancel: Cancel::default(), ..Control::default() };
        control.cancel.cancel();
        assert_eq!(probe(&embeddings).fit(&lesson, &control).err(), Some(FitError::Cancelled));
    }
}
