//! The fine-tuned classifier: what training brings, how it goes on after a stop, what is kept of it.

#[path = "encoder/tiny.rs"]
mod tiny;

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use learn::{
    Cancel, Control, Embeddings, Encoder, Epoch, Example, Fit, FitError, Lesson, Renames, Step, Target, Text,
    fine_tune, is_due, load, probe, renamed_rows,
    tuning::{Bench, Plan, Strategy},
};
use tempfile::TempDir;

const WORDS: [&str; 8] = ["card", "refund", "app", "slow", "order", "log", "charged", "please"];

fn embeddings(family: &str) -> Arc<Embeddings> {
    let folder = TempDir::new().unwrap();
    tiny::write(folder.path(), family, 40, |_| {});
    Arc::new(Embeddings::new(Arc::new(Encoder::open(folder.path(), None).unwrap()), None))
}

/// Texts with "my" in one class and texts with "the" in the other, among other words.
fn lesson(rows: usize) -> Lesson {
    let example = |row: usize| {
        let word = |place: usize| WORDS[(row * 5 + place * 3 + row / 8) % WORDS.len()];
        let class = row as u32 % 2;
        let sign = if class == 0 { "my" } else { "the" };
        let body = format!("{} {sign} {} {}", word(0), word(1), word(row % 3));
        Example { text: Text { key: row as u64 + 1, body: body.into() }, target: Some(Target::One(class)) }
    };
    let labels = ["a", "b"].map(Arc::from).to_vec();
    Lesson { labels, examples: (0..rows).map(example).collect(), seed: 3, ..Lesson::default() }
}

fn plan(strategy: Strategy) -> Plan {
    Plan { strategy, epochs: Some(12), ..Plan::default() }
}

fn below(embeddings: &Arc<Embeddings>, lesson: &Lesson) -> Fit {
    probe(embeddings).fit(lesson, &Control::default()).unwrap()
}

fn trained(embeddings: &Arc<Embeddings>, lesson: &Lesson, strategy: Strategy) -> Fit {
    let below = below(embeddings, lesson);
    let bench = Bench::default();
    fine_tune(embeddings, &below, lesson, plan(strategy), &bench, &Control::default()).unwrap().unwrap().fit
}

fn texts(lesson: &Lesson) -> Vec<Text> {
    lesson.examples.iter().map(|example| example.text.clone()).collect()
}

#[test]
fn every_strategy_trains_and_judges_rows_that_it_has_not_seen() {
    let (embeddings, lesson) = (embeddings("bert"), lesson(64));
    let pretrained = embeddings.encoder().id();
    for strategy in [Strategy::Auto, Strategy::Contrastive, Strategy::All, Strategy::LastBlocks, Strategy::Lora] {
        let fit = trained(&embeddings, &lesson, strategy);
        assert_eq!(fit.classifier.step(), Step::FineTuned);
        assert_ne!(fit.classifier.embeddings().unwrap().encoder().id(), pretrained);
        assert_eq!(fit.classifier.below().unwrap().step(), Step::Probe);
        // Three folds of four.
        let judged = fit.held_out.estimate.rows;
        assert!((40..=56).contains(&judged), "{judged}");
        let predicted = fit.classifier.predict(&texts(&lesson));
        assert!((0..64).all(|row| (predicted.row(row).iter().sum::<f32>() - 1.0).abs() < 1e-4));
        let right = (0..64).filter(|&row| (predicted.row(row)[1] > 0.5) == (row % 2 == 1)).count();
        assert!(right >= 60, "{right} of 64 by {strategy:?}");
    }
}

#[test]
fn a_training_that_was_stopped_goes_on_where_it_was() {
    let (embeddings, lesson) = (embeddings("distilbert"), lesson(48));
    let below = below(&embeddings, &lesson);
    let plan = plan(Strategy::Contrastive);
    let whole = fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &Control::default());
    let whole = whole.unwrap().unwrap().fit;
    let (bench, seen) = (Bench::default(), Arc::new(AtomicUsize::new(0)));
    let mut stops = 0;
    let fit = loop {
        let (cancel, seen) = (Cancel::default(), seen.clone());
        let stop = cancel.clone();
        let on_epoch = move |_: &Epoch| {
            if seen.fetch_add(1, Ordering::Relaxed) % 3 == 0 {
                stop.cancel();
            }
        };
        let control = Control { cancel, on_epoch: Some(Box::new(on_epoch)), ..Control::default() };
        match fine_tune(&embeddings, &below, &lesson, plan, &bench, &control) {
            Ok(tuned) => break tuned.unwrap().fit,
            Err(FitError::Cancelled) => stops += 1,
            Err(why) => panic!("{why}"),
        }
    };
    assert!(stops > 3, "{stops}");
    let id = |fit: &Fit| fit.classifier.embeddings().unwrap().encoder().id();
    assert_eq!(id(&fit), id(&whole), "stops change nothing");
    assert_eq!(fit.held_out.probabilities, whole.held_out.probabilities);
}

#[test]
fn what_waits_is_for_nearly_the_same_rows_alone() {
    let (embeddings, lesson) = (embeddings("bert"), lesson(48));
    let below = below(&embeddings, &lesson);
    let first_step = |lesson: &Lesson, bench: &Bench| {
        let (cancel, first) = (Cancel::default(), Arc::new(AtomicUsize::new(usize::MAX)));
        let (stop, step) = (cancel.clone(), first.clone());
        let on_epoch = move |epoch: &Epoch| {
            step.fetch_min(epoch.step, Ordering::Relaxed);
            stop.cancel();
        };
        let control = Control { cancel, on_epoch: Some(Box::new(on_epoch)), ..Control::default() };
        let stopped = fine_tune(&embeddings, &below, lesson, plan(Strategy::All), bench, &control);
        assert_eq!(stopped.err(), Some(FitError::Cancelled));
        first.load(Ordering::Relaxed)
    };
    let bench = Bench::default();
    let one = first_step(&lesson, &bench);
    let mut little = lesson.clone();
    little.examples[0].target = Some(Target::One(1));
    assert!(first_step(&little, &bench) > one, "one label of 48 is little: it goes on");
    let mut much = lesson.clone();
    much.examples[..10].iter_mut().for_each(|example| example.target = Some(Target::One(0)));
    much.examples.truncate(44);
    assert_eq!(first_step(&much, &bench), one, "it begins anew");
}

#[test]
fn a_training_is_due_when_one_row_in_ten_has_changed() {
    let (embeddings, mut lesson) = (embeddings("bert"), lesson(40));
    let below = below(&embeddings, &lesson);
    let plan = Plan { epochs: Some(1), ..Plan::default() };
    let tuned = fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &Control::default());
    let rows = tuned.unwrap().unwrap().rows;
    assert!(is_due(&[], &lesson) && !is_due(&rows, &lesson));
    for changed in 0..5 {
        lesson.examples[changed].target = None;
        assert_eq!(is_due(&rows, &lesson), changed >= 4, "{changed}");
    }
}

#[test]
fn a_save_is_answered_without_training() {
    let (embeddings, mut lesson) = (embeddings("bert"), lesson(64));
    let fit = trained(&embeddings, &lesson, Strategy::Contrastive);
    let encoder = |fit: &Fit| fit.classifier.embeddings().unwrap().encoder().id();
    lesson.examples[7].target = None;
    let next = fit.classifier.fit(&lesson, &Control::default()).unwrap();
    assert_eq!(encoder(&next), encoder(&fit));
    assert_eq!(next.held_out.probabilities.rows(), 63);
    lesson.labels.push("c".into());
    lesson.examples[7].target = Some(Target::One(2));
    let other = fit.classifier.fit(&lesson, &Control::default()).unwrap();
    assert_eq!((other.classifier.labels().len(), other.held_out.probabilities.columns), (3, 3));
}

#[test]
fn what_is_saved_is_what_is_loaded_and_nothing_else_is() {
    let (base, lesson) = (embeddings("roberta"), lesson(40));
    let fit = trained(&base, &lesson, Strategy::LastBlocks);
    let encoder = fit.classifier.embeddings().unwrap().encoder();
    let (mut saved, mut weights) = (Vec::new(), Vec::new());
    fit.classifier.save(&mut saved).unwrap();
    encoder.trainable().unwrap().write_tuned(&mut weights).unwrap();
    let read = |saved: &[u8], weights: &[u8], base: &Arc<Embeddings>| {
        let open = |id: u64| -> io::Result<Box<dyn Read>> {
            assert_eq!(id, encoder.id());
            Ok(Box::new(io::Cursor::new(weights.to_vec())))
        };
        load(Step::FineTuned, &mut &saved[..], Some(base), &open)
    };
    let texts = texts(&lesson);
    let loaded = read(&saved, &weights, &base).unwrap();
    assert_eq!(loaded.predict(&texts), fit.classifier.predict(&texts));
    assert!(loaded.fit(&lesson, &Control::default()).is_ok());
    assert!(read(&saved, &weights, &embeddings("bert")).is_err());
    assert!(load(Step::FineTuned, &mut &saved[..], None, &|_| Err(io::Error::other("none"))).is_err());
    assert!(load(Step::FineTuned, &mut &saved[..], Some(&base), &|_| Err(io::Error::other("none"))).is_err());
    for cut in (0..saved.len()).step_by(97) {
        assert!(read(&saved[..cut], &weights, &base).is_err(), "cut at {cut}");
    }
    for at in (0..weights.len()).step_by(997) {
        let mut damaged = weights.clone();
        damaged[at] ^= 64;
        assert!(read(&saved, &damaged, &base).is_err(), "byte {at}");
    }
}

#[test]
fn too_few_rows_are_not_trained_on() {
    let (embeddings, lesson) = (embeddings("bert"), lesson(6));
    let below = below(&embeddings, &lesson);
    let tuned = fine_tune(&embeddings, &below, &lesson, Plan::default(), &Bench::default(), &Control::default());
    assert!(tuned.unwrap().is_none());
}

#[test]
fn a_renamed_label_loses_nothing() {
    let (embeddings, before) = (embeddings("bert"), lesson(48));
    let fit = trained(&embeddings, &before, Strategy::All);
    let named = |names: &[&str], targets: [u32; 2]| {
        let mut lesson = before.clone();
        lesson.labels = names.iter().map(|&name| name.into()).collect();
        for example in &mut lesson.examples {
            example.target =
                example.target.as_ref().and_then(Target::one).map(|label| Target::One(targets[label as usize]));
        }
        lesson
    };
    // "a" is "z" now, so that columns change places.
    let (renames, after) = (Renames::new(vec![("a".into(), "z".into())]), named(&["b", "z"], [1, 0]));
    let renamed = fit.classifier.renamed(&renames);
    assert_eq!(renamed.labels().iter().map(|name| &**name).collect::<Vec<_>>(), ["z", "b"]);
    assert_eq!(renamed.predict(&texts(&before)), fit.classifier.predict(&texts(&before)));
    let control = Control::default();
    let [same, again] = [fit.classifier.fit(&before, &control), renamed.fit(&after, &control)].map(Result::unwrap);
    assert_eq!(again.held_out.judged, same.held_out.judged, "what was held out from the encoder still tells");
    assert_eq!(again.held_out.estimate.accuracy, same.held_out.estimate.accuracy);
    let rows = |lesson: &Lesson| {
        let below = below(&embeddings, lesson);
        let plan = plan(Strategy::All);
        fine_tune(&embeddings, &below, lesson, plan, &Bench::default(), &control).unwrap().unwrap().rows
    };
    let learned = rows(&before);
    assert!(is_due(&learned, &after));
    assert!(!is_due(&renamed_rows(&learned, &renames, &after), &after));
    // Where both are one, rows are those of that one.
    let one = named(&["b"], [0, 0]);
    assert!(!is_due(&renamed_rows(&learned, &Renames::new(vec![("a".into(), "b".into())]), &one), &one));
}
