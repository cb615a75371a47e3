//! What each word adds to a label, from outside: it sums up to what the text adds, in every step of the ladder.

#[path = "encoder/tiny.rs"]
mod tiny;

use std::sync::Arc;

use learn::{
    Classifier, Control, Embeddings, Encoder, Example, Lesson, Reasons, Step, Target, Task, Text, fine_tune, lexical,
    probe,
    spans::Span,
    tuning::{Bench, Plan, Strategy},
};

const ROWS: [(&str, u32); 12] = [
    ("the cat was here", 0),
    ("a cat and a dog", 0),
    ("the dog was good", 0),
    ("dog and cat", 0),
    ("the ice was bad", 1),
    ("bad ice cream here", 1),
    ("ice and cream", 1),
    ("a bad cream", 1),
    ("where was it", 2),
    ("who was here", 2),
    ("what is it", 2),
    ("where is the 猫", 2),
];

fn text(body: &str) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

fn lesson(task: Task) -> Lesson {
    let target = |label: u32| match task {
        Task::Multi => Target::Set([label].into()),
        _ => Target::One(label),
    };
    let examples = ROWS.iter().map(|&(body, label)| Example { text: text(body), target: Some(target(label)) });
    Lesson {
        task,
        labels: ["animal", "food", "question"].map(Arc::from).to_vec(),
        examples: examples.collect(),
        seed: 0,
    }
}

/// What reasons are of: how far a label's score is above the mean, or its log odds.
fn score(classifier: &dyn Classifier, body: &str, label: u32) -> f32 {
    let row = classifier.predict(&[text(body)]).values;
    let own = row[label as usize];
    match classifier.task() {
        Task::Multi => own.ln() - (1.0 - own).ln(),
        _ => own.ln() - row.iter().map(|p| p.ln()).sum::<f32>() / row.len() as f32,
    }
}

fn sum(reasons: &Reasons) -> f32 {
    reasons.words.iter().map(|word| word.weight).sum()
}

#[test]
fn a_linear_classifier_says_exactly_what_its_words_add() {
    for task in [Task::Single, Task::Multi] {
        let classifier = lexical().fit(&lesson(task), &Control::default()).unwrap().classifier;
        for body in ["the cat was bad, and a dog", "where is it\u{301} ﬁne Cream", "猫猫 cat", "nothing known, at all"]
        {
            for label in 0..3 {
                let reasons = classifier.reasons(&text(body), label, &Control::default()).unwrap();
                let added = score(&*classifier, body, label) - score(&*classifier, "", label);
                assert!((reasons.total - added).abs() < 1e-3, "{body} {label}: {} {added}", reasons.total);
                assert!(reasons.error < 1e-3 && (sum(&reasons) - added).abs() < 1e-3, "{body} {label}");
            }
        }
        let reasons = classifier.reasons(&text("the cat was bad"), 0, &Control::default()).unwrap();
        let best = reasons.words.iter().max_by(|a, b| a.weight.total_cmp(&b.weight)).unwrap();
        assert_eq!(best.bytes, 4..7, "{reasons:?}");
        assert!(classifier.reasons(&text("the cat"), 3, &Control::default()).is_none());
    }
}

#[test]
fn through_an_encoder_words_add_up_to_what_the_text_does() {
    let folder = tiny::folder("bert");
    let embeddings = Arc::new(Embeddings::new(Arc::new(Encoder::open(folder.path(), None).unwrap()), None));
    for task in [Task::Single, Task::Multi] {
        let (lesson, control) = (lesson(task), Control::default());
        let below = probe(&embeddings).fit(&lesson, &control).unwrap();
        let plan = Plan { strategy: Strategy::All, epochs: Some(2), ..Plan::default() };
        let tuned = fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &control).unwrap().unwrap();
        for classifier in [below.classifier, tuned.fit.classifier] {
            for body in ["the bad ice cream was here", "bad"] {
                let reasons = classifier.reasons(&text(body), 1, &control).unwrap();
                assert!(reasons.error < 0.05, "{:?} {task:?} {body}: {reasons:?}", classifier.step());
                assert!((sum(&reasons) - reasons.total).abs() < 1e-3);
                assert_eq!(reasons.words.len(), body.split(' ').count());
            }
            assert!(classifier.reasons(&text(" "), 1, &control).is_none() && classifier.step() != Step::Lexical);
        }
    }
}

/// Of labelled rows: "to" stands before what is label 0, "the" before what is label 1.
fn lesson_of_parts() -> Lesson {
    const WORDS: [&str; 6] = ["cat", "dog", "ice", "cream", "bad", "good"];
    let example = |row: usize| {
        let (sign, label) = [("to", 0), ("the", 1)][row % 2];
        let start = format!("it was {sign} ").len();
        let body = format!("it was {sign} {} here", WORDS[row / 2 % 6]);
        let span = Span { start: start as u32, end: (body.len() - " here".len()) as u32, label };
        Example { text: text(&body), target: Some(Target::Spans([span].into())) }
    };
    let labels = ["aim", "thing", "unused"].map(Arc::from).to_vec();
    Lesson { task: Task::Spans, labels, examples: (0..12).map(example).collect(), seed: 0 }
}

#[test]
fn of_a_part_the_words_around_it_are_reasons_too() {
    let (lesson, control) = (lesson_of_parts(), Control::default());
    let folder = tiny::folder("bert");
    let embeddings = Arc::new(Embeddings::new(Arc::new(Encoder::open(folder.path(), None).unwrap()), None));
    let below = probe(&embeddings).fit(&lesson, &control).unwrap();
    let plan = Plan { strategy: Strategy::All, epochs: Some(2), ..Plan::default() };
    let tuned = fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &control).unwrap().unwrap();
    let lexical = lexical().fit(&lesson, &control).unwrap().classifier;
    let body = "it was the cat here";
    for classifier in [lexical, below.classifier, tuned.fit.classifier] {
        let step = classifier.step();
        let reasons = |part, label| classifier.reasons_of_part(&text(body), part, label, &control);
        let thing = reasons(11..14, 1).unwrap();
        assert!(thing.error < 0.05 && (sum(&thing) - thing.total).abs() < 1e-3, "{step:?}: {thing:?}");
        assert_eq!(thing.words.len(), 5);
        // What tells the labels apart is the word before the part.
        let aim = reasons(11..14, 0).unwrap();
        let of_sign = |reasons: &Reasons| reasons.words[2].weight;
        assert!(of_sign(&thing) > 0.0 && of_sign(&thing) > of_sign(&aim), "{step:?}: {thing:?} {aim:?}");
        assert!(thing.total > aim.total, "{step:?}");
        // No such label; a label without spans; no words.
        assert!(reasons(11..14, 3).is_none() && reasons(11..14, 2).is_none() && reasons(6..7, 1).is_none());
    }
}

#[test]
fn a_cancel_is_heard() {
    let folder = tiny::folder("bert");
    let embeddings = Arc::new(Embeddings::new(Arc::new(Encoder::open(folder.path(), None).unwrap()), None));
    let classifier = probe(&embeddings).fit(&lesson(Task::Single), &Control::default()).unwrap().classifier;
    let control = Control::default();
    control.cancel.cancel();
    assert!(classifier.reasons(&text("the cat"), 0, &control).is_none());
}
