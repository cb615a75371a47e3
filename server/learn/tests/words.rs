//! The probe of spans through its public face: with an encoder that knows of words what no feature of theirs tells.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use learn::{
    Control, Embeddings, Encode, FitError, Matrix, Step, Target, Task, Text, none_trained,
    spans::{self, Estimate, Example, Lesson, Span, Tagger, Tags},
};

/// A name is what has an even sum of letters.
#[derive(Debug, Default)]
struct Sums {
    id: u64,
    asked: AtomicUsize,
}

impl Encode for Sums {
    fn id(&self) -> u64 {
        self.id
    }
    fn width(&self) -> usize {
        4
    }
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        self.asked.fetch_add(texts.len(), Ordering::Relaxed);
        let vector = |text: &&str| match is_name(text) {
            true => [1.0, 0.0, 0.5, 0.5],
            false => [0.0, 1.0, 0.5, 0.5],
        };
        Ok(Matrix { columns: 4, values: texts.iter().flat_map(vector).collect() })
    }
}

fn is_name(word: &str) -> bool {
    word.bytes().map(u32::from).sum::<u32>().is_multiple_of(2)
}

fn text(body: &str) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

/// Rows of words that each stand in one row alone.
fn lesson(rows: u64) -> Lesson {
    let row = |row: u64| {
        let words: Vec<String> = (0..6)
            .map(|place| {
                let hash = xxhash_rust::xxh3::xxh3_64(&[row.to_le_bytes(), u64::to_le_bytes(place)].concat());
                (0..6).map(|letter| char::from(b'a' + (hash >> (8 * letter)) as u8 % 26)).collect()
            })
            .collect();
        let (mut body, mut spans) = (String::new(), Vec::new());
        for word in words {
            let start = body.len() as u32;
            body.push_str(&word);
            if is_name(&word) {
                spans.push(Span { start, end: body.len() as u32, label: 0 });
            }
            body.push(' ');
        }
        Example { text: text(&body), spans: Some(spans.into()) }
    };
    let mut examples: Vec<Example> = (0..rows).map(row).collect();
    examples.push(Example { text: text("nobody asked of this"), spans: None });
    Lesson { labels: vec!["name".into()], examples, seed: 0 }
}

fn embeddings(id: u64) -> (Arc<Sums>, Arc<Embeddings>) {
    let sums = Arc::new(Sums { id, ..Sums::default() });
    (sums.clone(), Arc::new(Embeddings::new(sums, None)))
}

fn fit(from: &Arc<dyn Tagger>, lesson: &Lesson) -> spans::Fit {
    from.fit(lesson, &Control::default()).expect("a fit")
}

fn texts(lesson: &Lesson) -> Vec<Text> {
    lesson.examples.iter().map(|example| example.text.clone()).collect()
}

#[test]
fn a_probe_learns_what_words_do_not_tell() {
    let lesson = lesson(120);
    let lexical = fit(&spans::lexical(), &lesson).held_out.estimate.f1;
    let probe = fit(&spans::probe(&embeddings(1).1), &lesson);
    let estimate = &probe.held_out.estimate;
    assert!(lexical < 0.7 && estimate.f1 > 0.95, "{lexical} {estimate:?}");
    // Of words that nobody has met, by their vectors: even, odd.
    let tags = &probe.tagger.predict(&[text("bb ab")])[0];
    assert_eq!(tags.spans.iter().map(|tagged| tagged.span).collect::<Vec<_>>(), [Span { start: 0, end: 2, label: 0 }]);
    assert_eq!(probe.tagger.rank(&text("bb ab"), 0..2), [(0, 1.0)]);
}

#[test]
fn a_fit_embeds_labelled_texts_once_and_others_are_not_at_hand() {
    let lesson = lesson(30);
    let (sums, embeddings) = embeddings(1);
    let tagger = fit(&spans::probe(&embeddings), &lesson).tagger;
    let asked = sums.asked.load(Ordering::Relaxed);
    assert_eq!(asked, 30 * 6);
    let (unlabelled, labelled) = (&lesson.examples[30].text, &lesson.examples[0].text);
    assert!(tagger.at_hand(labelled) && !tagger.at_hand(unlabelled));
    let again = fit(&tagger, &lesson).tagger;
    assert_eq!((sums.asked.load(Ordering::Relaxed), again.step()), (asked, Step::Probe));
    assert!(tagger.embeddings().is_some_and(|words| Arc::ptr_eq(words, &embeddings.words())));
    tagger.predict(std::slice::from_ref(unlabelled));
    assert!(tagger.at_hand(unlabelled));
}

#[test]
fn the_same_lesson_gives_the_same_probe() {
    let lesson = lesson(60);
    let tags = || fit(&spans::probe(&embeddings(1).1), &lesson).tagger.predict(&texts(&lesson));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    assert_eq!(tags(), pool.install(tags));
}

#[test]
fn a_refit_follows_changed_spans_and_new_labels() {
    let mut lesson = lesson(60);
    let known = fit(&spans::probe(&embeddings(1).1), &lesson).tagger;
    lesson.labels = ["alias", "name"].map(Arc::from).to_vec();
    for example in &mut lesson.examples {
        let renamed = |spans: &Arc<[Span]>| spans.iter().map(|span| Span { label: 1, ..*span }).collect();
        example.spans = example.spans.as_ref().map(renamed);
    }
    let refit = fit(&known, &lesson);
    assert!(refit.held_out.estimate.f1 > 0.95, "{:?}", refit.held_out.estimate);
    assert!(
        refit.tagger.predict(&texts(&lesson)).iter().all(|tags| tags.spans.iter().all(|span| span.span.label == 1))
    );
}

#[test]
fn many_refits_end_near_a_fit_from_nothing() {
    // The rows behind those that are learned from judge.
    let mut lesson = lesson(400);
    let judges: Vec<Example> = lesson.examples.drain(150..).filter(|example| example.spans.is_some()).collect();
    let answers: Vec<Arc<[Span]>> = judges.iter().filter_map(|example| example.spans.clone()).collect();
    let texts: Vec<Text> = judges.into_iter().map(|example| example.text).collect();
    for blank in [spans::lexical(), spans::probe(&embeddings(1).1)] {
        let judge = |tagger: &dyn Tagger| Estimate::of(&answers, &tagger.predict(&texts), 1).f1;
        let first = fit(&blank, &lesson);
        let (mut tagger, mut held_out) = (first.tagger.clone(), 0.0);
        for turn in 0..12 {
            // A row loses its spans, and gets them back.
            let spans = lesson.examples[turn / 2].spans.clone();
            let mut changed = lesson.clone();
            changed.examples[turn / 2].spans = if turn % 2 == 0 { Some([].into()) } else { spans };
            let fit = fit(&tagger, &changed);
            (tagger, held_out) = (fit.tagger, fit.held_out.estimate.f1);
        }
        let (began, ended) = (judge(&*first.tagger), judge(&*tagger));
        assert!((began - ended).abs() < 0.03, "{began} {ended}");
        let before = first.held_out.estimate.f1;
        assert!((before - held_out).abs() < 0.05, "{before} {held_out}");
    }
}

#[test]
fn a_cancelled_fit_ends_and_says_so() {
    let control = Control::default();
    control.cancel.cancel();
    let error = spans::probe(&embeddings(1).1).fit(&lesson(30), &control).expect_err("cancelled");
    assert_eq!(error, FitError::Cancelled);
}

#[test]
fn what_is_saved_is_loaded_with_the_same_encoder_only() {
    let lesson = lesson(60);
    let (_, embeddings_here) = embeddings(1);
    let tagger = fit(&spans::probe(&embeddings_here), &lesson).tagger;
    let mut saved = Vec::new();
    tagger.save(&mut saved).expect("saved");
    let load = |bytes: &[u8], id| spans::load(Step::Probe, &mut &bytes[..], Some(&embeddings(id).1));
    let loaded = load(&saved, 1).expect("loaded");
    assert_eq!(loaded.predict(&texts(&lesson)), tagger.predict(&texts(&lesson)));
    assert!(fit(&loaded, &lesson).held_out.estimate.f1 > 0.95);
    assert!(load(&saved, 2).is_err() && spans::load(Step::Probe, &mut &saved[..], None).is_err());
    for place in (0..saved.len()).step_by(saved.len() / 40) {
        let mut damaged = saved.clone();
        damaged[place] ^= 0x10;
        assert_eq!(load(&damaged, 1).expect_err("damaged").kind(), ErrorKind::InvalidData);
        assert!(load(&saved[..place], 1).is_err());
    }
    let mut blank = Vec::new();
    spans::probe(&embeddings_here).save(&mut blank).expect("saved");
    assert_eq!(load(&blank, 1).expect("loaded").predict(&texts(&lesson)[..1]), [Tags::default()]);
}

#[test]
fn it_is_the_probe_of_the_ladder() {
    let of_spans = lesson(60);
    let target = |example: &Example| example.spans.clone().map(Target::Spans);
    let example = |example: &Example| learn::Example { text: example.text.clone(), target: target(example) };
    let examples = of_spans.examples.iter().map(example).collect();
    let lesson = learn::Lesson { task: Task::Spans, labels: of_spans.labels.clone(), examples, seed: 0 };
    let (_, embeddings_here) = embeddings(1);
    let fit = learn::probe(&embeddings_here).fit(&lesson, &Control::default()).expect("a fit");
    let classifier = &fit.classifier;
    assert_eq!((classifier.step(), classifier.task()), (Step::Probe, Task::Spans));
    assert!(fit.held_out.estimate.micro_f1 > 0.9 && fit.held_out.spans.is_some());
    assert!(classifier.at_hand(&of_spans.examples[0].text) && !classifier.at_hand(&of_spans.examples[60].text));
    assert!(classifier.embeddings().is_some_and(|words| words.has(of_spans.examples[0].text.key)));
    let mut saved = Vec::new();
    classifier.save(&mut saved).expect("saved");
    let load = |from| learn::load(Step::Probe, &mut &saved[..], from, &none_trained);
    let loaded = load(Some(&embeddings_here)).expect("loaded");
    assert_eq!(loaded.tag(&texts(&of_spans)), classifier.tag(&texts(&of_spans)));
    assert!(load(None).is_err());
}
