//! The lexical classifier from outside: what a fit promises.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use learn::{
    Cancel, Classifier, Control, Example, Fit, FitError, Lesson, Matrix, Step, Target, Text, lexical, load,
    none_trained,
};

fn text(body: &str) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

/// A lesson of `text -> label` pairs; "" is no label.
fn lesson(rows: &[(&str, &str)]) -> Lesson {
    let mut labels: Vec<Arc<str>> =
        rows.iter().map(|row| row.1).filter(|label| !label.is_empty()).map(Arc::from).collect();
    labels.sort();
    labels.dedup();
    let target = |label: &str| labels.iter().position(|known| **known == *label).map(|place| Target::One(place as u32));
    let examples = rows.iter().map(|(body, label)| Example { text: text(body), target: target(label) }).collect();
    Lesson { labels, examples, seed: 1, ..Lesson::default() }
}

/// Support requests of three kinds, written from a grammar; every fifth has no label.
fn requests(rows: usize) -> Vec<(String, &'static str)> {
    const KINDS: [(&str, [&str; 4], [&str; 4]); 3] = [
        (
            "billing",
            ["refund", "invoice", "charged twice", "payment"],
            ["my card", "last month", "the bank", "your price"],
        ),
        ("access", ["password", "log in", "locked out", "reset"], ["my account", "two-factor", "the app", "an e-mail"]),
        (
            "delivery",
            ["parcel", "courier", "shipped", "tracking"],
            ["my street", "the doorstep", "a neighbour", "late"],
        ),
    ];
    (0..rows)
        .map(|row| {
            let (label, subjects, objects) = KINDS[row % 3];
            let (a, b) = (subjects[row / 3 % 4], objects[row / 12 % 4]);
            let body = format!("Question {}: {a} and {b}, please help {}", row / 7, ["", "soon", "today"][row / 5 % 3]);
            (body, if row % 5 == 4 { "" } else { label })
        })
        .collect()
}

fn request_lesson(rows: usize) -> Lesson {
    let rows = requests(rows);
    lesson(&rows.iter().map(|(body, label)| (body.as_str(), *label)).collect::<Vec<_>>())
}

fn fit(from: &dyn Classifier, lesson: &Lesson) -> Fit {
    from.fit(lesson, &Control::default()).expect("a fit")
}

fn predict(classifier: &dyn Classifier, body: &str) -> (String, f32) {
    let matrix = classifier.predict(&[text(body)]);
    let (column, probability) =
        matrix.row(0).iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("at least one label");
    (classifier.labels()[column].to_string(), *probability)
}

fn assert_distributions(matrix: &Matrix) {
    for row in 0..matrix.rows() {
        let row = matrix.row(row);
        assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{row:?}");
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{row:?}");
    }
}

fn farthest(a: &Matrix, b: &Matrix) -> f32 {
    assert_eq!((a.columns, a.values.len()), (b.columns, b.values.len()));
    a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn mean_distance(a: &Matrix, b: &Matrix) -> f32 {
    a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.values.len() as f32
}

#[test]
fn learns_what_distinguishes_labels() {
    let lesson = request_lesson(120);
    let fit = fit(&*lexical(), &lesson);
    assert_eq!(fit.held_out.probabilities.rows(), 96);
    assert_eq!(fit.held_out.estimate.rows, 96);
    assert!(fit.held_out.estimate.accuracy > 0.95, "{:?}", fit.held_out.estimate);
    assert_distributions(&fit.held_out.probabilities);
    let (label, probability) = predict(&*fit.classifier, "I want my PAYMENT back");
    assert_eq!(label, "billing");
    assert!(probability > 0.5);
    assert_distributions(&fit.classifier.predict(&[text(""), text("🙂"), text("outre"), text("\u{0}")]));
}

#[test]
fn two_rows_in_two_classes_are_enough() {
    let fit = fit(&*lexical(), &lesson(&[("good food", "yes"), ("cold soup", "no"), ("good soup", "")]));
    assert_eq!(predict(&*fit.classifier, "really good food").0, "yes");
    assert_eq!(predict(&*fit.classifier, "soup").0, "no");
    assert_eq!(fit.held_out.folds, 2);
    assert_distributions(&fit.held_out.probabilities);
}

#[test]
fn too_little_says_what_is_missing() {
    let missing = |rows: &[(&str, &str)]| match lexical().fit(&lesson(rows), &Control::default()) {
        Err(FitError::TooLittle(what)) => what.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(&[("a", "")]), "Label a few rows of at least two classes: no row has a label yet.");
    assert_eq!(missing(&[]), "Label a few rows of at least two classes: no row has a label yet.");
    assert_eq!(missing(&[("a", "x")]), "Label rows of at least one more class: the only label is `x`.");
    assert_eq!(missing(&[("a", "x"), ("b", "x")]), "Label rows of at least one more class: all 2 labels are `x`.");
}

#[test]
fn a_target_that_is_no_label_is_an_error() {
    let mut lesson = request_lesson(20);
    lesson.examples[0].target = Some(Target::One(3));
    assert!(matches!(lexical().fit(&lesson, &Control::default()), Err(FitError::Failed(_))));
}

#[test]
fn a_class_of_one_row_and_a_label_without_rows_are_no_trouble() {
    let mut lesson = request_lesson(60);
    lesson.labels.push("unused".into());
    lesson.labels.push("zebra".into());
    lesson.examples.push(Example { text: text("a striped animal"), target: Some(Target::One(4)) });
    let fit = fit(&*lexical(), &lesson);
    assert_distributions(&fit.held_out.probabilities);
    assert_eq!(fit.classifier.labels(), &lesson.labels[..]);
    assert_eq!(predict(&*fit.classifier, "the striped animal").0, "zebra");
    let matrix = fit.classifier.predict(&[text("refund")]);
    assert_distributions(&matrix);
    assert_eq!(matrix.row(0)[3], 0.0);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let lesson = request_lesson(700);
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let fit = fit(&*lexical(), &lesson);
            (fit.classifier.predict(&texts), fit.held_out.probabilities)
        })
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(3));
}

#[test]
fn a_warm_start_ends_where_a_cold_one_does() {
    let mut lesson = request_lesson(300);
    let before = fit(&*lexical(), &lesson);
    let label = lesson.examples[10].target.as_ref().and_then(Target::one);
    lesson.examples[10].target = label.map(|label| Target::One((label + 1) % 3));
    let warm = fit(&*before.classifier, &lesson);
    let cold = fit(&*lexical(), &lesson);
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    let (warm_all, cold_all) = (warm.classifier.predict(&texts), cold.classifier.predict(&texts));
    // As close as the solver's tolerance lets two solutions be.
    for (warm, cold) in [(&warm_all, &cold_all), (&warm.held_out.probabilities, &cold.held_out.probabilities)] {
        assert!(farthest(warm, cold) < 0.12, "{}", farthest(warm, cold));
        assert!(mean_distance(warm, cold) < 0.005, "{}", mean_distance(warm, cold));
    }
    // The change itself is far larger where it was made.
    let moved = farthest(&warm_all, &before.classifier.predict(&texts));
    assert!(moved > 0.2, "{moved}");
}

#[test]
fn labels_may_come_go_and_change_places_between_fits() {
    let first = fit(&*lexical(), &request_lesson(120));
    let rows: Vec<(String, String)> = requests(120)
        .into_iter()
        .map(|(body, label)| (body, label.replace("access", "zzz").replace("billing", "")))
        .chain((0..20).map(|row| (format!("Angry words, number {row}, a complaint"), "aaa".into())))
        .collect();
    let lesson = lesson(&rows.iter().map(|row| (row.0.as_str(), row.1.as_str())).collect::<Vec<_>>());
    assert_eq!(lesson.labels.iter().map(|label| &**label).collect::<Vec<_>>(), ["aaa", "delivery", "zzz"]);
    let second = fit(&*first.classifier, &lesson);
    let cold = fit(&*lexical(), &lesson);
    for (body, label) in [("reset my password", "zzz"), ("a complaint", "aaa"), ("where is the courier", "delivery")] {
        assert_eq!(predict(&*second.classifier, body).0, label);
    }
    assert!(farthest(&second.held_out.probabilities, &cold.held_out.probabilities) < 0.05);
}

#[test]
fn a_cancelled_fit_leaves_nothing() {
    let lesson = request_lesson(300);
    let known = fit(&*lexical(), &lesson);
    let texts = [text("refund my card")];
    let before = known.classifier.predict(&texts);
    // Stopped at every point at which progress is told, one after the other.
    let told = Arc::new(AtomicUsize::new(0));
    let watch = |stop_at: usize| {
        let (cancel, told) = (Cancel::default(), told.clone());
        told.store(0, Ordering::Relaxed);
        let flag = cancel.clone();
        let on_progress: Box<dyn Fn(learn::Progress) + Send + Sync> = Box::new(move |_| {
            if told.fetch_add(1, Ordering::Relaxed) == stop_at {
                flag.cancel();
            }
        });
        Control { cancel, on_progress: Some(on_progress), ..Control::default() }
    };
    assert!(lexical().fit(&lesson, &watch(usize::MAX)).is_ok());
    let points = told.load(Ordering::Relaxed);
    assert!(points > 10);
    for stop_at in 0..points - 1 {
        assert_eq!(lexical().fit(&lesson, &watch(stop_at)).err(), Some(FitError::Cancelled), "{stop_at}");
    }
    assert_eq!(known.classifier.predict(&texts), before);
}

#[test]
fn progress_never_falls_and_ends_at_one() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let control = Control {
        on_progress: Some(Box::new(move |progress| log.lock().expect("a lock").push(progress.fraction))),
        ..Control::default()
    };
    lexical().fit(&request_lesson(200), &control).expect("a fit");
    let seen = seen.lock().expect("a lock");
    assert!(seen.is_sorted() && seen[0] >= 0.0, "{seen:?}");
    assert_eq!(seen.last(), Some(&1.0));
}

#[test]
fn compatibility_forms_are_one_text() {
    let fit = fit(&*lexical(), &request_lesson(120));
    let matrix = fit.classifier.predict(&[text("ｒｅｆｕｎｄ"), text("REFUND"), text("refund")]);
    assert_eq!(matrix.row(0), matrix.row(2));
    assert_eq!(matrix.row(1), matrix.row(2));
}

#[test]
fn scripts_without_spaces_are_learned() {
    for rows in [
        [("送餐很快味道好", "好"), ("太慢了，难吃", "差"), ("味道不错很好吃", "好"), ("又冷又难吃太差", "差")],
        [("อาหารอร่อยมาก", "好"), ("ส่งช้ามากแย่", "差"), ("อร่อยดีมาก", "好"), ("แย่มากช้า", "差")],
        [("とても美味しい", "好"), ("遅くてまずい", "差"), ("美味しかった", "好"), ("まずいし遅い", "差")],
        [("🙂🙂 👍", "好"), ("🙁 👎", "差"), ("👍 🙂", "好"), ("👎👎 🙁", "差")],
    ] {
        let fit = fit(&*lexical(), &lesson(&rows));
        assert_eq!(predict(&*fit.classifier, rows[2].0).0, "好", "{rows:?}");
        assert_eq!(predict(&*fit.classifier, rows[1].0).0, "差", "{rows:?}");
    }
}

#[test]
fn very_long_and_empty_texts_are_learned() {
    let long = "a long story about nothing at all, and yet ".repeat(250_000);
    let mut rows = vec![("", "x"), (&long, "y")];
    rows.extend([("short one", "x"), ("another short one", "y")]);
    let fit = fit(&*lexical(), &lesson(&rows));
    assert_distributions(&fit.classifier.predict(&[text(&long), text("")]));
}

#[test]
fn equal_texts_are_judged_by_models_that_saw_neither() {
    // Were one of two equal rows learned while the other is judged, it would be told by heart.
    let rows: Vec<(String, &str)> =
        (0..80).map(|row| (format!("{}", (row / 2 + 1) * 7919), ["a", "b"][row / 2 % 2])).collect();
    let fit = fit(&*lexical(), &lesson(&rows.iter().map(|row| (row.0.as_str(), row.1)).collect::<Vec<_>>()));
    assert!(fit.held_out.estimate.accuracy < 0.8, "{:?}", fit.held_out.estimate);
}

#[test]
fn what_was_saved_is_loaded() {
    let lesson = request_lesson(200);
    let fitted = fit(&*lexical(), &lesson).classifier;
    let mut saved = Vec::new();
    fitted.save(&mut saved).expect("a Vec takes everything");
    let loaded = load(Step::Lexical, &mut &saved[..], None, &none_trained).expect("what was saved");
    assert_eq!(loaded.labels(), fitted.labels());
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    assert_eq!(loaded.predict(&texts), fitted.predict(&texts));
    // It goes on from where it stood, as well as the one that was never saved.
    let (a, b) = (fit(&*loaded, &lesson), fit(&*fitted, &lesson));
    assert_eq!(a.classifier.predict(&texts), b.classifier.predict(&texts));
    assert_eq!(a.held_out.probabilities, b.held_out.probabilities);
    let mut empty = Vec::new();
    lexical().save(&mut empty).expect("a Vec takes everything");
    assert!(load(Step::Lexical, &mut &empty[..], None, &none_trained).expect("a blank one").labels().is_empty());
}

#[test]
fn damaged_bytes_are_errors() {
    let mut saved = Vec::new();
    fit(&*lexical(), &request_lesson(30)).classifier.save(&mut saved).expect("a Vec takes everything");
    for cut in [0, 5, 27, 28, 100, saved.len() / 2, saved.len() - 1] {
        assert!(load(Step::Lexical, &mut &saved[..cut], None, &none_trained).is_err(), "cut at {cut}");
    }
    for at in (0..28).chain((28..saved.len()).step_by(997)) {
        let mut damaged = saved.clone();
        damaged[at] ^= 0x41;
        assert!(load(Step::Lexical, &mut &damaged[..], None, &none_trained).is_err(), "byte {at}");
    }
    // A sound checksum over parts that lie.
    for at in (28..saved.len().min(4000)).step_by(4) {
        let mut lying = saved.clone();
        lying[at] = lying[at].wrapping_add(0x7f);
        let checksum = xxhash_rust::xxh3::xxh3_64(&lying[28..]);
        lying[20..28].copy_from_slice(&checksum.to_le_bytes());
        if let Ok(classifier) = load(Step::Lexical, &mut &lying[..], None, &none_trained) {
            classifier.predict(&[text("refund my card"), text("")]);
        }
    }
    assert!(
        load(Step::Lexical, &mut &b"SQLite format 3\0 and much more than a head needs"[..], None, &none_trained)
            .is_err()
    );
}
