//! The fine-tuned tagger: what training brings, how it goes on after a stop, what is kept of it.

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
    Cancel, Control, Embeddings, Encoder, Epoch, Example, Fit, FitError, Lesson, Step, Target, Task, Text, fine_tune,
    load, probe,
    spans::{Span, Tags},
    tuning::{Bench, Plan, Strategy},
};
use tempfile::TempDir;

const WORDS: [&str; 8] = ["card", "refund", "app", "slow", "order", "log", "charged", "please"];

fn embeddings(family: &str) -> Arc<Embeddings> {
    let folder = TempDir::new().unwrap();
    tiny::write(folder.path(), family, 40, |_| {});
    Arc::new(Embeddings::new(Arc::new(Encoder::open(folder.path(), None).unwrap()), None))
}

/// What follows "my" is a thing, what follows "the" is an act, and both words may stand in one text.
fn lesson(rows: usize) -> Lesson {
    let example = |row: usize| {
        let word = |place: usize| WORDS[(row * 5 + place * 3 + row / 8) % WORDS.len()];
        let (mut body, mut spans) = (word(0).to_owned(), Vec::new());
        for (place, (sign, label)) in [("my", 0), ("the", 1)].into_iter().enumerate() {
            if row % 4 == 3 - place {
                continue;
            }
            body = format!("{body} {sign} ");
            let start = body.len() as u32;
            body.push_str(word(place + 1));
            spans.push(Span { start, end: body.len() as u32, label });
        }
        Example { text: Text { key: row as u64 + 1, body: body.into() }, target: Some(Target::Spans(spans.into())) }
    };
    let labels = ["act", "thing", "thought"].map(Arc::from).to_vec();
    Lesson { labels, examples: (0..rows).map(example).collect(), seed: 3, task: Task::Spans }
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

/// How many of these answers are right.
fn right(lesson: &Lesson, tags: &[Tags]) -> usize {
    let answers = lesson.examples.iter().filter_map(|example| example.target.as_ref()).map(Target::spans);
    let is_right = |(answer, tags): &(&[Span], &Tags)| tags.spans.iter().map(|tagged| &tagged.span).eq(*answer);
    answers.zip(tags).filter(is_right).count()
}

fn encoder_of(fit: &Fit) -> u64 {
    fit.classifier.embeddings().unwrap().encoder().id()
}

#[test]
fn rows_are_learned_by_heart_and_judged_by_what_has_not_seen_them() {
    let (embeddings, lesson) = (embeddings("bert"), lesson(20));
    for strategy in [Strategy::Auto, Strategy::LastBlocks, Strategy::Lora] {
        let fit = trained(&embeddings, &lesson, strategy);
        assert_eq!((fit.classifier.step(), fit.classifier.task()), (Step::FineTuned, Task::Spans));
        assert_eq!(fit.classifier.below().unwrap().step(), Step::Probe);
        assert_ne!(encoder_of(&fit), embeddings.encoder().id());
        let tags = fit.classifier.tag(&texts(&lesson));
        assert_eq!(right(&lesson, &tags), 20, "{strategy:?}: {tags:?}");
        // Three folds of four.
        let held_out = fit.held_out.spans.as_ref().unwrap();
        let judged = held_out.estimate.rows;
        assert!((12..=18).contains(&judged) && held_out.folds == 3, "{judged}");
        assert_eq!((held_out.tags.len(), held_out.given.len(), fit.held_out.judged.len()), (20, 20, judged));
    }
}

#[test]
fn a_training_that_was_stopped_goes_on_where_it_was() {
    let (embeddings, lesson) = (embeddings("distilbert"), lesson(24));
    let below = below(&embeddings, &lesson);
    let plan = plan(Strategy::All);
    let whole = fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &Control::default());
    let whole = whole.unwrap().unwrap().fit;
    let (bench, seen) = (Bench::default(), Arc::new(AtomicUsize::new(0)));
    let mut stops = 0;
    let fit = loop {
        let (cancel, seen) = (Cancel::default(), seen.clone());
        let stop = cancel.clone();
        let on_epoch = move |_: &Epoch| {
            if seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
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
    assert_eq!(encoder_of(&fit), encoder_of(&whole), "stops change nothing");
    let tags = |fit: &Fit| fit.held_out.spans.as_ref().unwrap().tags.clone();
    assert_eq!(tags(&fit), tags(&whole));
}

#[test]
fn a_save_is_answered_without_training() {
    let (embeddings, mut lesson) = (embeddings("bert"), lesson(24));
    let fit = trained(&embeddings, &lesson, Strategy::All);
    let judged = &fit.held_out.judged;
    // One that was judged changes its spans: what was said of it still tells how right that was.
    let changed = judged[0] as usize;
    lesson.examples[changed].target = Some(Target::Spans([Span { start: 0, end: 3, label: 2 }].into()));
    let next = fit.classifier.fit(&lesson, &Control::default()).unwrap();
    assert_eq!((encoder_of(&next), &next.held_out.judged), (encoder_of(&fit), judged));
    assert!(next.held_out.spans.as_ref().unwrap().given[changed][0] < 0.5);
    // A label that comes before the others moves their numbers.
    lesson.labels.insert(0, "a".into());
    for example in &mut lesson.examples {
        let spans = example.target.take().map(|target| {
            target.spans().iter().map(|span| Span { label: span.label + 1, ..*span }).collect::<Arc<[Span]>>()
        });
        example.target = spans.map(Target::Spans);
    }
    let other = next.classifier.fit(&lesson, &Control::default()).unwrap();
    assert_eq!((other.classifier.labels().len(), &other.held_out.judged), (4, judged));
    assert_eq!(other.held_out.estimate.micro_f1, next.held_out.estimate.micro_f1);
    // Not one row that was judged is left.
    lesson.examples.iter_mut().for_each(|example| example.text.key += 100);
    let none = other.classifier.fit(&lesson, &Control::default()).unwrap();
    assert_eq!(none.held_out.judged.len(), 24);
}

#[test]
fn what_is_saved_is_what_is_loaded_and_nothing_else_is() {
    let (base, lesson) = (embeddings("roberta"), lesson(24));
    let fit = trained(&base, &lesson, Strategy::LastBlocks);
    let embedded = fit.classifier.embeddings().unwrap();
    let (mut saved, mut weights) = (Vec::new(), Vec::new());
    fit.classifier.save(&mut saved).unwrap();
    embedded.encoder().trainable().unwrap().write_tuned(&mut weights).unwrap();
    let read = |saved: &[u8], weights: &[u8], base: &Arc<Embeddings>| {
        let open = |id: u64| -> io::Result<Box<dyn Read>> {
            assert_eq!(id, embedded.encoder().id());
            Ok(Box::new(io::Cursor::new(weights.to_vec())))
        };
        load(Step::FineTuned, &mut &saved[..], Some(base), &open)
    };
    let texts = texts(&lesson);
    let loaded = read(&saved, &weights, &base).unwrap();
    assert_eq!(loaded.tag(&texts), fit.classifier.tag(&texts));
    let again = loaded.fit(&lesson, &Control::default()).unwrap();
    assert_eq!(again.held_out.judged, fit.held_out.judged);
    assert!(read(&saved, &weights, &embeddings("bert")).is_err());
    assert!(load(Step::FineTuned, &mut &saved[..], None, &|_| Err(io::Error::other("none"))).is_err());
    assert!(load(Step::Probe, &mut &saved[..], Some(&base), &|_| Err(io::Error::other("none"))).is_err());
    for cut in (0..saved.len()).step_by(97) {
        assert!(read(&saved[..cut], &weights, &base).is_err(), "cut at {cut}");
    }
}

#[test]
fn too_little_to_train_on_is_not_trained_on() {
    let embeddings = embeddings("bert");
    let mut bare = lesson(24);
    let few = fine_tune(
        &embeddings,
        &below(&embeddings, &lesson(6)),
        &lesson(6),
        Plan::default(),
        &Bench::default(),
        &Control::default(),
    );
    assert!(few.unwrap().is_none());
    let below = below(&embeddings, &bare);
    bare.examples.iter_mut().for_each(|example| example.target = Some(Target::Spans([].into())));
    let none = fine_tune(&embeddings, &below, &bare, Plan::default(), &Bench::default(), &Control::default());
    assert!(none.unwrap().is_none());
}
