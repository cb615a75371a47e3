//! The lexical tagger through its public face.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use learn::{
    Cancel, Control, FitError, Step, Text,
    spans::{self, Example, Kind, Lesson, Span, Tagger, Tags},
};

fn text(body: &str) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

/// A text with its spans marked: `to [Paris:1]`.
fn marked(marked: &str) -> (Text, Vec<Span>) {
    let (mut body, mut spans) = (String::new(), Vec::new());
    for part in marked.split_inclusive([']', '[']) {
        match part.strip_suffix(']').and_then(|part| part.rsplit_once(':')) {
            Some((inside, label)) => {
                let start = body.len() as u32;
                body.push_str(inside);
                spans.push(Span { start, end: body.len() as u32, label: label.parse().expect("a label") });
            }
            None => body.push_str(part.trim_end_matches('[')),
        }
    }
    (text(&body), spans)
}

fn example(row: &str) -> Example {
    let (text, spans) = marked(row);
    Example { text, spans: Some(spans.into()) }
}

/// Orders of tickets, of cities (0), days (1), and, in no text, firms (2).
fn tickets() -> Lesson {
    let cities = ["Paris", "Rome", "Oslo", "New York", "Kyoto", "Lima", "Cairo", "北京", "São Paulo", "Den Haag"];
    let days = ["Monday", "Tuesday", "Friday", "May 3", "the 4th of June"];
    let forms = [
        "a ticket to [C:0] on [D:1]",
        "fly to [C:0]",
        "is [D:1] too late ?",
        "thank you",
        "leave [C:0] by [D:1] please",
    ];
    let row = |row: usize| {
        let form = forms[row % forms.len()].replace('C', cities[row * 7 % cities.len()]);
        example(&format!("{} {}", form.replace('D', days[row / 5 % days.len()]), "now ".repeat(row / 25)))
    };
    let mut examples: Vec<Example> = (0..100).map(row).collect();
    examples.push(Example { text: text("to Paris tomorrow"), spans: None });
    Lesson { labels: ["city", "day", "firm"].map(Arc::from).to_vec(), examples, seed: 0 }
}

fn fit(from: &Arc<dyn Tagger>, lesson: &Lesson) -> spans::Fit {
    from.fit(lesson, &Control::default()).expect("a fit")
}

fn answers(lesson: &Lesson) -> Vec<Arc<[Span]>> {
    lesson.examples.iter().filter_map(|example| example.spans.clone()).collect()
}

fn found(tags: &Tags) -> Vec<Span> {
    tags.spans.iter().map(|tagged| tagged.span).collect()
}

#[test]
fn spans_are_learned_and_found_in_texts_never_seen() {
    let lesson = tickets();
    let fit = fit(&spans::lexical(), &lesson);
    assert_eq!(fit.tagger.labels(), lesson.labels);
    let (text, spans) = marked("a ticket to [Buenos Aires:0] on [Friday:1]");
    let tags = &fit.tagger.predict(&[text])[0];
    assert_eq!(found(tags), spans);
    assert!(tags.spans.iter().all(|tagged| tagged.probability > 0.5) && tags.certainty > 0.3, "{tags:?}");
    assert_eq!(found(&fit.tagger.predict(&[marked("thank you").0])[0]), []);
}

#[test]
fn held_out_rows_are_judged_by_models_that_had_not_seen_them() {
    let lesson = tickets();
    let held_out = fit(&spans::lexical(), &lesson).held_out;
    assert_eq!((held_out.tags.len(), held_out.given.len(), held_out.estimate.rows), (100, 100, 100));
    assert!(held_out.estimate.f1 > 0.9, "{:?}", held_out.estimate);
    // A word that only one row has, in a form of its own: nobody else can know it.
    let mut odd = lesson;
    odd.examples.push(example("[Xyzzy:2] qwfp"));
    let held_out = fit(&spans::lexical(), &odd).held_out;
    assert!(held_out.given[100][0] < 0.05, "{:?}", held_out.given[100]);
}

#[test]
fn the_same_lesson_gives_the_same_tagger() {
    let lesson = tickets();
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    let one = fit(&spans::lexical(), &lesson).tagger.predict(&texts);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let other = pool.install(|| fit(&spans::lexical(), &lesson).tagger.predict(&texts));
    assert_eq!(one, other);
}

#[test]
fn a_refit_follows_changed_spans_new_rows_and_new_labels() {
    let mut lesson = tickets();
    let known = fit(&spans::lexical(), &lesson).tagger;
    lesson.labels = ["city", "day", "agency", "firm"].map(Arc::from).to_vec();
    for row in ["ask [Acme Tours:2] about it", "ask [Globe Trips:2] about it", "ask [Far Away:2] about it"] {
        lesson.examples.push(example(row));
    }
    let refit = fit(&known, &lesson);
    let (text, spans) = marked("ask [Sun Travels:2] about it");
    assert_eq!(found(&refit.tagger.predict(&[text])[0]), spans);
    assert!(refit.held_out.estimate.f1 > 0.9, "{:?}", refit.held_out.estimate);
}

#[test]
fn labels_of_a_chosen_part_are_ranked() {
    let tagger = fit(&spans::lexical(), &tickets()).tagger;
    let body = "a ticket to Quito on Friday";
    let labels = |range| tagger.rank(&text(body), range);
    assert_eq!(labels(12..17)[0].0, 0);
    assert_eq!(labels(22..24)[0].0, 1);
    for range in [0..1, 12..17, 5..5, 0..body.len(), 900..1000] {
        let ranked = labels(range);
        assert_eq!(ranked.len(), 3);
        assert!((ranked.iter().map(|label| label.1).sum::<f32>() - 1.0).abs() < 1e-4, "{ranked:?}");
        assert!(ranked.is_sorted_by(|a, b| a.1 >= b.1));
    }
    assert_eq!(spans::lexical().rank(&text(body), 0..5), []);
}

#[test]
fn wrong_spans_are_doubted() {
    let mut lesson = tickets();
    let spans_of = |example: &Example| example.spans.clone().expect("spans").to_vec();
    // Row 5 has lost its city, row 10 has a day for a city.
    let lost = spans_of(&lesson.examples[5])[0];
    lesson.examples[5].spans = Some(spans_of(&lesson.examples[5])[1..].into());
    let mut wrong = spans_of(&lesson.examples[10]);
    wrong[0].label = 1;
    lesson.examples[10].spans = Some(wrong.clone().into());
    let doubts = spans::find(&fit(&spans::lexical(), &lesson).held_out, &answers(&lesson));
    let kinds: Vec<(usize, Kind)> = doubts.iter().take(2).map(|doubt| (doubt.row, doubt.kind)).collect();
    assert!(kinds.contains(&(5, Kind::Missing(lost))), "{doubts:?}");
    assert!(kinds.contains(&(10, Kind::Wrong { given: wrong[0], label: Some(0), instead: None })), "{doubts:?}");
}

#[test]
fn too_little_is_said_in_plain_words() {
    let none = Lesson { labels: vec!["city".into()], examples: vec![example("thank you"), example("to me")], seed: 0 };
    let one = Lesson { examples: vec![example("to [Rome:0]"), example("to [Rome:0]")], ..none.clone() };
    let error = |lesson: &Lesson| spans::lexical().fit(lesson, &Control::default()).expect_err("too little");
    let said = |lesson: &Lesson| match error(lesson) {
        FitError::TooLittle(what) => what.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&none), "Label a few spans in two rows or more: no row has a span yet.");
    assert_eq!(said(&one), "Label spans in one more row: all spans are in one text.");
    let beyond = Lesson { examples: vec![example("to [Rome:7]")], ..none };
    assert_eq!(error(&beyond).to_string(), "A span has label number 7, but there are 1 labels.");
    assert!(matches!(error(&beyond), FitError::Failed(_)));
    let two = Lesson { examples: vec![example("to [Rome:0]"), example("to me")], ..one };
    assert_eq!(fit(&spans::lexical(), &two).held_out.folds, 2);
}

#[test]
fn strange_spans_and_texts_are_borne() {
    let mut lesson = tickets();
    let strange = [(0, 0), (3, 1), (5, 900), (1, 2), (0, 3)].map(|(start, end)| Span { start, end, label: 0 });
    for body in ["éa bb", "", " ", "\u{301}\u{200d}", &"word ".repeat(3000)] {
        lesson.examples.push(Example { text: text(body), spans: Some(strange.into()) });
    }
    let fit = fit(&spans::lexical(), &lesson);
    assert_eq!(fit.held_out.given.last().map(Vec::len), Some(5));
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    for (text, tags) in texts.iter().zip(fit.tagger.predict(&texts)) {
        let mut end = 0;
        for Span { start, end: to, .. } in found(&tags) {
            assert!(end <= start && start < to && text.body.get(start as usize..to as usize).is_some());
            end = to;
        }
    }
    spans::find(&fit.held_out, &answers(&lesson));
}

#[test]
fn a_cancelled_fit_ends_and_says_so() {
    let cancel = Cancel::default();
    let reports = Arc::new(AtomicUsize::new(0));
    let (stop, count) = (cancel.clone(), reports.clone());
    let on_progress = Box::new(move |_| {
        if count.fetch_add(1, Ordering::Relaxed) == 3 {
            stop.cancel();
        }
    });
    let control = Control { cancel, on_progress: Some(on_progress), ..Control::default() };
    assert_eq!(spans::lexical().fit(&tickets(), &control).expect_err("cancelled"), FitError::Cancelled);
}

#[test]
fn what_is_saved_is_loaded_and_damage_is_an_error() {
    let lesson = tickets();
    let texts: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
    let tagger = fit(&spans::lexical(), &lesson).tagger;
    let mut saved = Vec::new();
    tagger.save(&mut saved).expect("saved");
    let loaded = spans::load(Step::Lexical, &mut &saved[..], None).expect("loaded");
    assert_eq!((loaded.labels(), loaded.predict(&texts)), (tagger.labels(), tagger.predict(&texts)));
    assert!(fit(&loaded, &lesson).held_out.estimate.f1 > 0.9);
    for place in (0..saved.len()).step_by(saved.len() / 40) {
        let mut damaged = saved.clone();
        damaged[place] ^= 0x10;
        let error = spans::load(Step::Lexical, &mut &damaged[..], None).expect_err("damaged");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(spans::load(Step::Lexical, &mut &saved[..place], None).is_err());
    }
    let mut blank = Vec::new();
    spans::lexical().save(&mut blank).expect("saved");
    let blank = spans::load(Step::Lexical, &mut &blank[..], None).expect("loaded");
    assert_eq!(blank.predict(&texts[..1]), [Tags::default()]);
    assert!(spans::load(Step::Probe, &mut &saved[..], None).is_err());
}
