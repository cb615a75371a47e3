//! Labels by another name, in every format: each row by its least bytes.

mod support;

use dataset::{Document, Hints, Shape, Task};
use support::{hints, open, open_with};

/// The source after the rename, which must touch nothing but names.
fn renamed(document: &Document, from: &str, to: &str) -> String {
    document.check_name(to).unwrap();
    let rows = (0..document.rows().len()).flat_map(|row| document.rename_edits(row, from, to).unwrap());
    let mut edits = document.rename_header_edits(from, to);
    edits.extend(rows);
    let mut source = document.source().to_owned();
    edits.iter().rev().for_each(|edit| source.replace_range(edit.range.clone(), &edit.text));
    source
}

/// What is named in the file, as it stands there; in parentheses what no row is given by it.
fn named(document: &Document) -> Vec<String> {
    let rows = (0..document.rows().len()).flat_map(|row| document.mentions(row));
    let show = |mention: dataset::Mention| {
        let written = &document.source()[mention.range];
        if mention.is_given { written.to_owned() } else { format!("({written})") }
    };
    document.header_mentions().into_iter().chain(rows).map(show).collect()
}

fn multi(shape: Option<Shape>) -> Hints {
    Hints { task: Some(Task::Multi), shape, ..hints(&["text"], Some("label"), &[]) }
}

#[test]
fn a_label_of_json_keeps_its_quotes_and_its_neighbours() {
    let document = open("a.jsonl", "{\"label\": \"fee\", \"text\": \"a fee\"}\n{\"text\":\"b\",\"label\":\" fee \"}\n");
    assert_eq!(named(&document), ["fee", "fee"]);
    assert_eq!(
        renamed(&document, "fee", "the \"fee\""),
        "{\"label\": \"the \\\"fee\\\"\", \"text\": \"a fee\"}\n{\"text\":\"b\",\"label\":\" the \\\"fee\\\" \"}\n"
    );
    let escaped = open("a.jsonl", "{\"text\": \"a\", \"label\": \"\\u9000\\u6b3e\"}\n");
    assert_eq!(named(&escaped), ["\\u9000\\u6b3e"]);
    assert_eq!(
        renamed(&escaped, "退款", "费用"),
        "{\"text\": \"a\", \"label\": \"\\u8d39\\u7528\"}\n",
        "as the file has it"
    );
}

#[test]
fn numbers_become_names_unless_names_stand_elsewhere() {
    let source = "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 0}\n";
    let document = open("a.jsonl", source);
    assert_eq!(renamed(&document, "1", "fee"), source.replacen('1', "\"fee\"", 1));
    let coded = open_with("a.jsonl", source, &hints(&[], None, &["card", "fee"]));
    assert_eq!(named(&coded), ["1", "0"]);
    assert!(!coded.mentions(0)[0].is_name());
    assert_eq!(renamed(&coded, "fee", "charge"), source);
}

#[test]
fn a_row_that_had_both_ends_with_one() {
    let document = open(
        "a.jsonl",
        "{\"text\": \"a\", \"labels\": [\"fee\", \"card\"]}\n{\"text\": \"b\", \"labels\": [\"fee\", \"x\"]}\n",
    );
    assert_eq!(
        renamed(&document, "fee", "card"),
        "{\"text\": \"a\", \"labels\": [\"card\"]}\n{\"text\": \"b\", \"labels\": [\"card\", \"x\"]}\n"
    );
    let words = open_with("a.ft", "__label__fee __label__card one\n__label__fee two\n", &multi(None));
    assert_eq!(renamed(&words, "fee", "card"), "__label__card one\n__label__card two\n");
    let cells = open_with("a.csv", "text,label\none,fee|card\ntwo,fee\n", &multi(Some(Shape::Separated("|".into()))));
    assert_eq!(renamed(&cells, "fee", "card"), "text,label\none,card\ntwo,card\n");
    let spans = "{\"text\": \"a b\", \"spans\": [{\"start\": 0, \"end\": 1, \"label\": \"x\"}, {\"start\": 0, \"end\": 1, \"label\": \"y\"}]}\n";
    let spans = open_with("a.jsonl", spans, &Hints { task: Some(Task::Spans), ..Hints::default() });
    assert_eq!(
        renamed(&spans, "x", "y"),
        "{\"text\": \"a b\", \"spans\": [{\"start\": 0, \"end\": 1, \"label\": \"y\"}]}\n"
    );
}

#[test]
fn cells_are_quoted_where_they_must_be() {
    let document = open("a.csv", "text,label\none,fee\n\"two, too\",\"fee\"\nthree,card\n");
    assert_eq!(named(&document), ["fee", "fee", "card"]);
    assert_eq!(renamed(&document, "fee", "x"), "text,label\none,x\n\"two, too\",\"x\"\nthree,card\n");
    assert_eq!(
        renamed(&document, "fee", "a, \"b\""),
        "text,label\none,\"a, \"\"b\"\"\"\n\"two, too\",\"a, \"\"b\"\"\"\nthree,card\n"
    );
    let pieces = open_with("a.csv", "text,label\none,fee | card\n", &multi(Some(Shape::Separated("|".into()))));
    assert_eq!(named(&pieces), ["fee", "card"]);
    assert_eq!(renamed(&pieces, "card", "x"), "text,label\none,fee | x\n");
    assert_eq!(renamed(&pieces, "card", "x, y"), "text,label\none,\"fee|x, y\"\n");
}

#[test]
fn fields_of_labels_are_renamed_where_they_are_named() {
    let table = open("a.csv", "text,toxic,insult,threat\none,1,0,0\ntwo,0,1,1\n");
    assert_eq!(named(&table), ["(toxic)", "(insult)", "(threat)"]);
    assert_eq!(renamed(&table, "insult", "in, sult"), "text,toxic,\"in, sult\",threat\none,1,0,0\ntwo,0,1,1\n");
    let flags = Hints {
        task: Some(Task::Multi),
        shape: Some(Shape::Flags(vec!["x".into(), "y".into()])),
        ..hints(&["text"], None, &[])
    };
    let objects = open_with("a.jsonl", "{\"text\": \"x\", \"x\": 1, \"y\": 0}\n{\"text\": \"b\", \"y\": 1}\n", &flags);
    assert_eq!(named(&objects), ["x", "(y)", "y"]);
    assert_eq!(renamed(&objects, "y", "z"), "{\"text\": \"x\", \"x\": 1, \"z\": 0}\n{\"text\": \"b\", \"z\": 1}\n");
    let scores = open(
        "a.jsonl",
        "{\"text\": \"a\", \"cats\": {\"x\": 1.0, \"y\": 0.0}}\n{\"text\": \"b\", \"cats\": {\"x\": 0.0, \"y\": 1.0}}\n",
    );
    assert_eq!(named(&scores), ["x", "(y)", "(x)", "y"]);
    assert!(renamed(&scores, "x", "z").ends_with("{\"z\": 0.0, \"y\": 1.0}}\n"));
}

#[test]
fn spans_are_renamed_in_each_of_their_forms() {
    let conll = open("a.conll", "In O\nNew B-city\nYork I-city\n\nMay B-date\n");
    assert_eq!(named(&conll), ["city", "(city)", "date"]);
    assert_eq!(renamed(&conll, "city", "place"), "In O\nNew B-place\nYork I-place\n\nMay B-date\n");
    let spans = Hints { task: Some(Task::Spans), ..Hints::default() };
    let mixed = open_with(
        "a.jsonl",
        "{\"text\": \"a b\", \"label\": [[0, 1, \"x\"], {\"label\": \"y\", \"start\": 2, \"end\": 3}]}\n",
        &spans,
    );
    assert_eq!(named(&mixed), ["x", "y"]);
    assert_eq!(
        renamed(&mixed, "x", "z"),
        "{\"text\": \"a b\", \"label\": [[0, 1, \"z\"], {\"label\": \"y\", \"start\": 2, \"end\": 3}]}\n"
    );
    let task = "[{\"data\": {\"text\": \"a fee\"}, \"annotations\": [{\"result\": [{\"from_name\": \"intent\", \"to_name\": \"text\", \"type\": \"choices\", \"value\": {\"choices\": [\"fee\"]}}]}]}]\n";
    let tasks = open("a.json", task);
    assert_eq!(named(&tasks), ["fee"]);
    assert_eq!(renamed(&tasks, "fee", "card"), task.replace("[\"fee\"]", "[\"card\"]"));
}

#[test]
fn what_a_file_cannot_hold_is_refused() {
    let refused = |document: &Document, name: &str| document.check_name(name).unwrap_err().to_string();
    let lines = open("a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n");
    assert_eq!(refused(&lines, " "), "A label needs a name.");
    assert_eq!(refused(&lines, "?"), "`?` means that a row has no label. Choose another name.");
    assert_eq!(refused(&lines, "a\nb"), "A name of a label cannot hold line breaks or control characters.");
    let words = open_with("a.ft", "__label__x one\n", &Hints::default());
    assert_eq!(
        refused(&words, "a b"),
        "In fastText, a name of a label cannot hold blanks, as `a b` does. Write it like `a_b`."
    );
    let cells = open_with("a.csv", "text,label\none,x\n", &multi(Some(Shape::Separated("|".into()))));
    assert_eq!(
        refused(&cells, "a|b"),
        "`|` stands between labels here, so that `a|b` would be read as several. Choose another name."
    );
}
