//! What must hold for any answer of several labels or of spans that is written into a row.

mod support;

use std::{path::Path, sync::Arc};

use dataset::{Answer, Document, Hints, Shape, Span, Task};
use proptest::{collection::vec, prelude::*, sample::select};
use support::hints;

fn given() -> Hints {
    hints(&["text"], Some("label"), &[])
}

fn open(name: &str, source: &str, hints: &Hints) -> Option<Document> {
    Document::open(Path::new(name), source.to_string(), hints)
}

const ANSWERS: [&str; 6] = ["x", "y", "a_b", "差", "q\"r", "1"];

fn set_of(wanted: &[(usize, usize, usize)]) -> Answer {
    let mut labels: Vec<Arc<str>> = Vec::new();
    for (label, ..) in wanted {
        let label: Arc<str> = ANSWERS[*label].into();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    Answer::Set(labels.into())
}

/// Spans of whole characters, in the order of the text.
fn spans_in(text: &str, wanted: &[(usize, usize, usize)]) -> Answer {
    let edges: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut spans: Vec<Span> = wanted
        .iter()
        .filter_map(|&(label, start, len)| {
            let (start, end) = (*edges.get(start)?, edges[(start + len).min(edges.len() - 1)]);
            (start < end).then(|| Span { start: start as u32, end: end as u32, label: ANSWERS[label].into() })
        })
        .collect();
    spans.sort();
    spans.dedup();
    Answer::Spans(spans.into())
}

fn sorted(answer: Option<&Answer>) -> Option<Answer> {
    Some(match answer?.clone() {
        Answer::Set(labels) => {
            let mut labels = labels.to_vec();
            labels.sort();
            Answer::Set(labels.into())
        }
        Answer::Spans(spans) => {
            let mut spans = spans.to_vec();
            spans.sort();
            Answer::Spans(spans.into())
        }
        one => one,
    })
}

/// Sound rows in each form that holds several labels or spans.
fn rows_with_answers() -> impl Strategy<Value = (&'static str, String, Hints)> {
    let hints = |task: Task, shape: Option<Shape>| Hints { task: Some(task), shape, ..given() };
    let spans = select(vec![
        "{\"text\": \"one 差😀 \\u00e9\\n two\"}",
        "{\"text\": \"one two\", \"label\": []}",
        "{\"label\": null, \"text\": \"a b c d\"}",
        "{\"text\":\"a b c d\",\"label\":[[0,1,\"x\"],[2,3,\"y\"]]}",
        "{\"text\": \"a b c d\", \"label\": [{\"end\": 3, \"start\": 0, \"label\": \"x\", \"id\": 7}, [ 4, 5, \"x\" ]]}",
    ]);
    let sets = select(vec![
        "{\"text\": \"one\"}",
        "{\"text\": \"one\", \"label\": []}",
        "{\"label\": null, \"text\": \"one\"}",
        "{\"text\":\"one\",\"label\":[\"x\",\"y\",\"a_b\"]}",
        "{\"text\": \"one\", \"label\": [ \"\\u5dee\" , \"x\" ], \"id\": 3}",
    ]);
    let scores = select(vec![
        "{\"text\": \"one\"}",
        "{\"text\": \"one\", \"label\": {\"x\": 1.0, \"y\": 0.0}}",
        "{\"text\": \"one\", \"label\": {\"x\": true}, \"id\": 3}",
    ]);
    let cells = select(vec!["one,x|y", "one,", "\"one, two\",\"x|差\"", "one"]);
    let words = select(vec!["__label__x __label__y one", "one __label__x", "one two", "__label__a_b one __label__x"]);
    let separated = Some(Shape::Separated("|".into()));
    let lines = |rows: Vec<&str>| rows.join("\n") + "\n";
    prop_oneof![
        vec(spans, 1..5).prop_map(move |rows| ("a.jsonl", lines(rows), hints(Task::Spans, Some(Shape::List)))),
        vec(sets.clone(), 1..5).prop_map(move |rows| ("a.jsonl", lines(rows), hints(Task::Multi, Some(Shape::List)))),
        vec(sets, 1..5).prop_map(move |rows| (
            "a.json",
            format!("[{}]", rows.join(",\n")),
            hints(Task::Multi, Some(Shape::List))
        )),
        vec(scores, 1..5).prop_map(move |rows| ("a.jsonl", lines(rows), hints(Task::Multi, Some(Shape::Scores)))),
        vec(cells, 1..5).prop_map(move |rows| (
            "a.csv",
            format!("text,label\n{}", lines(rows)),
            hints(Task::Multi, separated.clone())
        )),
        vec(words, 1..5).prop_map(move |rows| ("a.ft", lines(rows), hints(Task::Multi, None))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// An answer of several labels or of spans is read again, and every other row stays.
    #[test]
    fn an_answer_set_is_an_answer_read(
        (name, source, hints) in rows_with_answers(),
        wanted in vec((0..6usize, 0..12usize, 1..6usize), 0..4),
        at in any::<prop::sample::Index>(),
    ) {
        let document = open(name, &source, &hints).expect("a data file");
        prop_assert_eq!(document.problems(), &[]);
        let index = at.index(document.rows().len());
        let answer = match hints.task {
            Some(Task::Spans) => spans_in(&document.text(index), &wanted),
            _ => set_of(&wanted),
        };
        for answer in [Some(&answer), None] {
            let Ok(edits) = document.answer_edits(index, answer) else {
                let says_none = matches!(answer, Some(Answer::Set(labels)) if labels.is_empty());
                prop_assert!(says_none && hints.shape != Some(Shape::List), "{answer:?} was refused");
                continue;
            };
            let row = document.rows()[index].range();
            let mut after = document.clone();
            let mut behind = usize::MAX;
            for edit in edits.iter().rev() {
                prop_assert!(row.start <= edit.range.start && edit.range.end <= row.end && edit.range.end < behind);
                behind = edit.range.start;
                after.edit(edit);
            }
            prop_assert_eq!(after.problems(), &[], "{}", after.source());
            prop_assert_eq!(sorted(after.rows()[index].answer()), sorted(answer), "{}", after.source());
            prop_assert_eq!(after.sites(index).len(), answer.map_or(0, |answer| answer.labels().len()));
            for other in 0..document.rows().len() {
                prop_assert_eq!(after.text(other), document.text(other));
                if other != index {
                    prop_assert_eq!(after.rows()[other].answer(), document.rows()[other].answer());
                }
            }
            // What is said already takes no edit.
            prop_assert_eq!(after.answer_edits(index, answer).map(|edits| edits.iter().all(|edit| {
                after.source()[edit.range.clone()] == edit.text
            })), Ok(true));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A label by another name: every row says the same with that name in its place, and no bytes go beside what is named.
    #[test]
    fn a_renamed_label_is_read_by_its_new_name((name, source, hints) in rows_with_answers(), to in select(vec!["z", "q\"r", "y", "a,b"])) {
        let document = open(name, &source, &hints).expect("a data file");
        let is_merge = to == "y";
        prop_assume!(!(is_merge && document.has_fields_of_labels()));
        document.check_name(to).expect("a name that each form holds");
        let mut after = document.clone();
        for row in (0..document.rows().len()).rev() {
            for edit in document.rename_edits(row, "x", to).expect("a rename").iter().rev() {
                after.edit(edit);
            }
        }
        prop_assert_eq!(after.problems(), &[], "{}", after.source());
        for row in 0..document.rows().len() {
            let had: Vec<Arc<str>> = labels(&document, row);
            let mut expected: Vec<Arc<str>> =
                had.iter().map(|label| if &**label == "x" { to.into() } else { label.clone() }).collect();
            expected.sort();
            if matches!(document.rows()[row].answer(), Some(Answer::Set(_))) {
                expected.dedup();
            }
            prop_assert_eq!(labels(&after, row), expected, "{}", after.source());
            prop_assert_eq!(after.text(row), document.text(row));
            prop_assert!(after.mentions(row).iter().all(|mention| &*mention.label != "x"));
            // The places of what is given are those of the answer.
            let mut given: Vec<Arc<str>> =
                after.mentions(row).into_iter().filter(|mention| mention.is_given).map(|mention| mention.label).collect();
            given.sort();
            prop_assert_eq!(given, labels(&after, row), "{}", after.source());
        }
    }
}

fn labels(document: &Document, row: usize) -> Vec<Arc<str>> {
    let mut labels: Vec<Arc<str>> =
        document.rows()[row].answer().iter().flat_map(|answer| answer.labels()).cloned().collect();
    labels.sort();
    labels
}
