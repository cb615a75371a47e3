//! Rows with several labels and rows with spans: what is read, and what is written into them.

mod support;

use dataset::{Document, Hints, Offsets, Shape, Task, TextEdit};
use support::{answered, labelled, open, open_with, picture, said, set, spans};

fn multi() -> Hints {
    Hints { task: Some(Task::Multi), ..Hints::default() }
}

fn line(source: &str, row: usize) -> String {
    source.lines().nth(row).unwrap_or(source).to_string()
}

fn all_said(document: &Document) -> Vec<String> {
    (0..document.rows().len()).map(|row| said(document, row)).collect()
}

const INTENTS: &str = concat!(
    "{\"text\": \"one\", \"labels\": [\"card\", \"fee\"]}\n",
    "{\"text\": \"two\", \"labels\": []}\n",
    "{\"text\": \"three\", \"labels\": null}\n",
    "{\"text\": \"four\"}\n",
    "{\"text\":\"five\",\"labels\":[\"fee\"]}\n",
);

#[test]
fn a_list_of_labels_is_a_set() {
    let document = open("a.jsonl", INTENTS);
    assert_eq!(document.schema().task, Task::Multi);
    assert_eq!(all_said(&document), ["{card, fee}", "{}", "(none)", "(none)", "{fee}"]);
    assert_eq!(
        document.schema().describe().to_string(),
        "Text from `text`, labels from `labels` (`[]` means that none applies) (detected)."
    );
    let untouched = open_with("a.jsonl", INTENTS, &Hints { empty_is_unlabelled: true, ..Hints::default() });
    assert_eq!(said(&untouched, 1), "(none)");
}

#[test]
fn labels_come_and_go_by_the_smallest_edit() {
    let document = open("a.jsonl", INTENTS);
    let to = |row: usize, labels: &[&str]| line(&answered(&document, row, Some(&set(labels))), row);
    assert_eq!(to(0, &["card", "fee", "why"]), "{\"text\": \"one\", \"labels\": [\"card\", \"fee\", \"why\"]}");
    assert_eq!(to(0, &["fee"]), "{\"text\": \"one\", \"labels\": [\"fee\"]}");
    assert_eq!(to(0, &["card"]), "{\"text\": \"one\", \"labels\": [\"card\"]}");
    assert_eq!(to(0, &["fee", "why"]), "{\"text\": \"one\", \"labels\": [\"why\", \"fee\"]}");
    assert_eq!(to(0, &[]), "{\"text\": \"one\", \"labels\": []}");
    assert_eq!(to(1, &["a", "b"]), "{\"text\": \"two\", \"labels\": [\"a\", \"b\"]}");
    assert_eq!(to(2, &["a"]), "{\"text\": \"three\", \"labels\": [\"a\"]}");
    assert_eq!(to(3, &[]), "{\"text\": \"four\", \"labels\": []}");
    assert_eq!(to(4, &["fee", "a"]), "{\"text\":\"five\",\"labels\":[\"fee\",\"a\"]}");
    let edits = document.answer_edits(0, Some(&set(&["card", "fee", "why"]))).unwrap();
    assert_eq!((edits.len(), edits[0].text.as_str()), (1, ", \"why\""));
    assert!(document.answer_edits(0, Some(&set(&["card", "fee"]))).unwrap().is_empty());
    assert_eq!(line(&answered(&document, 0, None), 0), "{\"text\": \"one\", \"labels\": null}");
    assert!(document.label_edit(0, Some("card")).is_err(), "one label is no answer here");
}

#[test]
fn the_place_of_each_label_is_known() {
    let document = open("a.jsonl", INTENTS);
    let sites: Vec<&str> = document.sites(0).into_iter().map(|site| &document.source()[site]).collect();
    assert_eq!(sites, ["\"card\"", "\"fee\""]);
}

#[test]
fn wrong_elements_of_a_list_are_named() {
    let document = open_with(
        "a.jsonl",
        "{\"text\": \"a\", \"label\": [\"x\", {\"y\": 1}]}\n{\"text\": \"b\", \"label\": [\"x\", \"x\"]}\n{\"text\": \"c\", \"label\": \"x\"}\n",
        &Hints { label: Some("label".into()), ..multi() },
    );
    assert_eq!(
        picture(&document),
        "! \"{\\\"y\\\": 1}\": The label field `label` holds an object; expected a list of labels, `[\"a\", \"b\"]`.\n\
         \"b\" => {x} at [\"x\", \"x\"]\n\
         ! \"\\\"x\\\"\": The label `x` stands twice in this row. Delete one of them.\n\
         \"c\" => {x} at \"x\"\n"
    );
    assert_eq!(
        line(&answered(&document, 1, Some(&set(&["x", "y"]))), 2),
        "{\"text\": \"c\", \"label\": [\"x\", \"y\"]}",
        "what is no list becomes one"
    );
}

#[test]
fn numbers_in_lists_have_names() {
    let hints = Hints { labels: vec!["card".into(), "fee".into(), "why".into()], ..Hints::default() };
    let document = open_with("a.jsonl", "{\"text\": \"a\", \"label\": [0, 2]}\n{\"text\": \"b\"}\n", &hints);
    assert_eq!(all_said(&document), ["{card, why}", "(none)"]);
    assert_eq!(line(&answered(&document, 0, Some(&set(&["card", "fee"]))), 0), "{\"text\": \"a\", \"label\": [0, 1]}");
    assert_eq!(line(&answered(&document, 1, Some(&set(&["why"]))), 1), "{\"text\": \"b\", \"label\": [2]}");
}

#[test]
fn several_labels_in_a_cell() {
    let hints = Hints { shape: Some(Shape::Separated("|".into())), ..multi() };
    let document = open_with("a.csv", "text,label\none,card|fee\ntwo,\n\"three, four\",\" fee \"\n", &hints);
    assert_eq!(all_said(&document), ["{card, fee}", "(none)", "{fee}"]);
    let to = |row: usize, labels: &[&str]| line(&answered(&document, row, Some(&set(labels))), row + 1);
    assert_eq!(to(0, &["card"]), "one,card");
    assert_eq!(to(1, &["a", "b"]), "two,a|b");
    assert_eq!(to(2, &["fee", "b"]), "\"three, four\",\"fee|b\"");
    assert!(answered(&document, 0, Some(&set(&[]))).starts_with("! A row cannot"));
    assert!(answered(&document, 0, Some(&set(&["a|b"]))).starts_with("! The label `a|b` contains `|`"));
}

#[test]
fn a_column_a_label() {
    let document = open("a.csv", "id,text,toxic,insult,threat\n1,one,1,0,1\n2,two,0,0,0\n3,three,,,\n4,four\n");
    assert_eq!(document.schema().task, Task::Multi);
    assert_eq!(all_said(&document), ["{toxic, threat}", "{}", "(none)", "(none)"]);
    let to = |row: usize, labels: &[&str]| line(&answered(&document, row, Some(&set(labels))), row + 1);
    assert_eq!(to(0, &["insult", "threat"]), "1,one,0,1,1");
    assert_eq!(to(2, &[]), "3,three,0,0,0");
    assert_eq!(to(3, &["threat"]), "4,four,0,0,1");
    assert_eq!(line(&answered(&document, 0, None), 1), "1,one,,,");
    assert_eq!(answered(&document, 0, Some(&set(&["other"]))), "! The file has no column `other`. Add it first.");
    let sites: Vec<usize> = document.sites(0).into_iter().map(|site| site.start).collect();
    assert_eq!(sites.len(), 2);
}

#[test]
fn a_field_a_label() {
    let fields = ["toxic", "insult"].map(String::from).to_vec();
    let hints = Hints { shape: Some(Shape::Flags(fields)), ..Hints::default() };
    let source =
        "{\"text\": \"a\", \"toxic\": true, \"insult\": false}\n{\"text\": \"b\"}\n{\"text\": \"c\", \"toxic\": 2}\n";
    let document = open_with("a.jsonl", source, &hints);
    assert_eq!(
        picture(&document),
        "\"a\" => {toxic} at true, \"insult\": false\n\"b\" => (none) at -\n! \"2\": The field `toxic` holds `2`; expected 1 if the label applies, else 0.\n"
    );
    assert_eq!(
        line(&answered(&document, 0, Some(&set(&["insult"]))), 0),
        "{\"text\": \"a\", \"toxic\": false, \"insult\": true}"
    );
    assert_eq!(
        line(&answered(&document, 1, Some(&set(&["insult"]))), 1),
        "{\"text\": \"b\", \"toxic\": false, \"insult\": true}"
    );
}

#[test]
fn scores_of_labels() {
    let source = "{\"text\": \"a\", \"cats\": {\"x\": 1.0, \"y\": 1.0, \"z\": 0.0}}\n{\"text\": \"b\", \"cats\": {}}\n{\"text\": \"c\"}\n";
    let document = open("a.jsonl", source);
    assert_eq!(document.schema().task, Task::Multi);
    assert_eq!(all_said(&document), ["{x, y}", "(none)", "(none)"]);
    let to = |row: usize, labels: &[&str]| line(&answered(&document, row, Some(&set(labels))), row);
    assert_eq!(
        to(0, &["z", "x", "q"]),
        "{\"text\": \"a\", \"cats\": {\"x\": 1.0, \"y\": 0.0, \"z\": 1.0, \"q\": 1.0}}"
    );
    assert_eq!(to(1, &["x"]), "{\"text\": \"b\", \"cats\": {\"x\": 1}}");
    assert_eq!(to(2, &["x"]), "{\"text\": \"c\", \"cats\": {\"x\": 1}}");
    // Just one of them in each row: they exclude each other.
    let document = open(
        "a.jsonl",
        "{\"text\": \"a\", \"cats\": {\"x\": 1, \"y\": 0}}\n{\"text\": \"b\", \"cats\": {\"x\": 0, \"y\": 1}}\n",
    );
    assert_eq!((document.schema().task, all_said(&document)), (Task::Single, vec!["x".into(), "y".into()]));
    let edit = document.label_edit(0, Some("y"));
    assert!(edit.is_ok());
}

#[test]
fn fasttext_has_several_labels() {
    let document = open("a.ft", "__label__a __label__b one\ntwo __label__a\nthree\n");
    assert_eq!(all_said(&document), ["{a, b}", "{a}", "(none)"]);
    let to = |row: usize, labels: &[&str]| line(&answered(&document, row, Some(&set(labels))), row);
    assert_eq!(to(0, &["b"]), "__label__b one");
    assert_eq!(to(0, &["a"]), "__label__a one");
    assert_eq!(to(0, &["a", "b", "c"]), "__label__a __label__b __label__c one");
    assert_eq!(to(1, &["a", "b"]), "__label__b two __label__a");
    assert_eq!(to(1, &["b"]), "two __label__b");
    assert_eq!(to(2, &["a", "b"]), "__label__a __label__b three");
    assert_eq!(line(&answered(&document, 0, None), 0), "one");
    assert!(answered(&document, 0, Some(&set(&[]))).starts_with("! fastText cannot say"));
}

const CITIES: &str = concat!(
    "{\"text\": \"Fly to 北京 \\ud83d\\ude00 or \\\"Paris\\\"\", \"spans\": [{\"start\": 7, \"end\": 9, \"label\": \"city\"}]}\n",
    "{\"text\": \"none here\", \"spans\": []}\n",
    "{\"text\": \"not yet\"}\n",
);

#[test]
fn spans_stand_on_the_very_characters() {
    let document = open("a.jsonl", CITIES);
    assert_eq!(document.schema().task, Task::Spans);
    assert_eq!(all_said(&document), ["<[北京](city)>", "<>", "(none)"]);
    let text = document.text(0);
    assert_eq!(text, "Fly to 北京 😀 or \"Paris\"");
    let paris = text.find("Paris").unwrap() as u32;
    let city = |start: u32, end: u32| (start, end, "city");
    let more = spans(&[city(7, 13), city(paris, paris + 5)]);
    assert_eq!(
        line(&answered(&document, 0, Some(&more)), 0),
        "{\"text\": \"Fly to 北京 \\ud83d\\ude00 or \\\"Paris\\\"\", \"spans\": [{\"start\": 7, \"end\": 9, \"label\": \"city\"}, \
         {\"start\": 16, \"end\": 21, \"label\": \"city\"}]}"
    );
    let map = document.text_map(0);
    assert_eq!(&document.source()[map.source(14..18)], "\\ud83d\\ude00");
    assert_eq!(map.text(map.source(paris as usize..paris as usize + 5)), paris as usize..paris as usize + 5);
}

#[test]
fn a_span_is_relabelled_grown_and_removed_where_it_stands() {
    let document = open("a.jsonl", CITIES);
    let to = |parts: &[(u32, u32, &str)]| document.answer_edits(0, Some(&spans(parts))).unwrap();
    let only = |edits: &[dataset::TextEdit]| match edits {
        [edit] => (document.source()[edit.range.clone()].to_string(), edit.text.clone()),
        _ => panic!("{edits:?}"),
    };
    assert_eq!(only(&to(&[(7, 13, "place")])), ("\"city\"".into(), "\"place\"".into()));
    assert_eq!(only(&to(&[(4, 13, "city")])), ("7".into(), "4".into()));
    assert_eq!(only(&to(&[])), ("[{\"start\": 7, \"end\": 9, \"label\": \"city\"}]".into(), "[]".into()));
    assert_eq!(
        line(&answered(&document, 2, Some(&spans(&[(0, 3, "no")]))), 2),
        "{\"text\": \"not yet\", \"spans\": [{\"start\": 0, \"end\": 3, \"label\": \"no\"}]}"
    );
    assert!(document.answer_edits(1, Some(&spans(&[(3, 99, "x")]))).is_err());
}

#[test]
fn doccano_has_triples_and_others_have_their_own_names() {
    let document = open(
        "a.jsonl",
        "{\"id\":1,\"text\":\"ab cd\",\"label\":[[0,2,\"X\"]]}\n{\"id\":2,\"text\":\"ef\",\"label\":[]}\n",
    );
    assert_eq!(all_said(&document), ["<[ab](X)>", "<>"]);
    assert_eq!(
        line(&answered(&document, 0, Some(&spans(&[(0, 2, "X"), (3, 5, "Y")]))), 0),
        "{\"id\":1,\"text\":\"ab cd\",\"label\":[[0,2,\"X\"],[3,5,\"Y\"]]}"
    );
    assert_eq!(
        line(&answered(&document, 1, Some(&spans(&[(0, 2, "Z")]))), 1),
        "{\"id\":2,\"text\":\"ef\",\"label\":[[0,2,\"Z\"]]}"
    );
    let rasa = open(
        "a.jsonl",
        "{\"text\": \"ab cd\", \"entities\": [{\"start\": 3, \"end\": 5, \"value\": \"cd\", \"entity\": \"x\"}]}\n",
    );
    assert_eq!(all_said(&rasa), ["<[cd](x)>"]);
}

#[test]
fn offsets_count_what_the_file_says() {
    let source = "{\"text\": \"😀 ab\", \"spans\": [[3, 5, \"x\"]]}\n";
    let read = |offsets| open_with("a.jsonl", source, &Hints { offsets, ..Hints::default() });
    assert_eq!(said(&read(Offsets::Utf16), 0), "<[ab](x)>");
    assert_eq!(
        picture(&read(Offsets::CodePoints)),
        "! \"[3, 5, \\\"x\\\"]\": The span from 3 to 5 does not fit the text, which has 4 characters. Correct its offsets, or delete it.\n"
    );
    let bytes = read(Offsets::Bytes);
    assert_eq!(bytes.rows().len(), 0, "within the character");
    let edited = answered(&read(Offsets::Utf16), 0, Some(&spans(&[(5, 6, "x")])));
    assert_eq!(edited, source.replace("3, 5", "3, 4"));
}

#[test]
fn broken_spans_are_named() {
    let hints = Hints { label: Some("spans".into()), task: Some(Task::Spans), ..Hints::default() };
    let document = open_with(
        "a.jsonl",
        concat!(
            "{\"text\": \"abc\", \"spans\": [{\"start\": 2, \"end\": 2, \"label\": \"x\"}]}\n",
            "{\"text\": \"abc\", \"spans\": [{\"start\": 0, \"end\": 2}]}\n",
            "{\"text\": \"abc\", \"spans\": [[0, 1, \"\"]]}\n",
            "{\"text\": \"abc\", \"spans\": \"x\"}\n",
            "{\"text\": \"abc\", \"spans\": [[0, 1, \"x\"]]}\n",
        ),
        &hints,
    );
    let problems: Vec<String> = document.problems().iter().map(|problem| problem.message.to_string()).collect();
    assert_eq!(
        problems,
        [
            "The span ends at 2, and starts at 2: it is empty. Correct its offsets, or delete it.",
            "Expected a span: {\"start\": 0, \"end\": 4, \"label\": \"city\"} or [0, 4, \"city\"].",
            "The span has no label. Name one, or delete the span.",
            "The field `spans` holds a string; expected a list of spans.",
        ]
    );
    assert_eq!(document.rows().len(), 1);
}

#[test]
fn tasks_are_found() {
    let task = |source: &str| {
        let schema = open("a.jsonl", source).schema().clone();
        (schema.task, schema.label)
    };
    // One label a row, beside spans and several labels.
    assert_eq!(
        task("{\"text\": \"a b\", \"label\": \"x\", \"spans\": [[0, 1, \"y\"]]}\n"),
        (Task::Single, "label".into())
    );
    assert_eq!(
        task("{\"text\": \"a b\", \"labels\": [\"x\", \"y\"], \"spans\": [[0, 1, \"y\"]]}\n"),
        (Task::Multi, "labels".into())
    );
    assert_eq!(
        task(
            "{\"text\": \"a b\", \"spans\": [{\"start\": 0, \"end\": 1, \"label\": \"y\"}], \"answer\": \"accept\"}\n"
        ),
        (Task::Spans, "spans".into())
    );
    let hints = Hints { task: Some(Task::Spans), ..Hints::default() };
    let both = open_with("a.jsonl", "{\"text\": \"a b\", \"label\": \"x\", \"spans\": [[0, 1, \"y\"]]}\n", &hints);
    assert_eq!((both.schema().label.as_str(), said(&both, 0).as_str()), ("spans", "<[a](y)>"));
}

const TASKS: &str = r#"[
  {"id": 1, "data": {"text": "fly to \"Oslo\" 😀", "n": 3}, "annotations": [
    {"result": [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["fine"]}}], "was_cancelled": true},
    {"result": [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]}
  ]},
  {"id": 2, "data": {"text": "two", "n": 1}, "annotations": [], "predictions": []},
  {"id": 3, "data": {"text": "three", "n": 1}, "predictions": []}
]
"#;

#[test]
fn choices_in_tasks_of_label_studio() {
    let document = open("tasks.json", TASKS);
    assert_eq!(
        document.schema().describe().to_string(),
        "Text from `text`, choices of `mood` in Label Studio's tasks (detected)."
    );
    assert_eq!(all_said(&document), ["good", "(none)", "(none)"]);
    assert_eq!(document.problems(), []);
    let to = |row: usize, label: Option<&str>| {
        let mut after = document.clone();
        let edit = document.label_edit(row, label).expect("an edit");
        after.edit(&edit);
        assert_eq!(said(&after, row), label.unwrap_or("(none)"), "{}", after.source());
        (document.source()[edit.range.clone()].to_string(), edit.text)
    };
    assert_eq!(to(0, Some("bad")), ("\"good\"".into(), "\"bad\"".into()));
    let result = r#"{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["bad"]}}"#;
    assert_eq!(to(1, Some("bad")), ("[]".into(), format!("[{{\"result\": [{result}]}}]")));
    assert_eq!(to(2, Some("bad")), (String::new(), format!(", \"annotations\": [{{\"result\": [{result}]}}]")));
    to(0, None);
    let several = open("tasks.json", &TASKS.replace("[\"good\"]", "[\"good\", \"kind\"]"));
    assert_eq!(all_said(&several), ["{good, kind}", "(none)", "(none)"]);
    let edits = several.answer_edits(0, Some(&set(&["kind"]))).expect("edits");
    assert_eq!(&several.source()[edits[0].range.clone()], "\"good\", ");
}

#[test]
fn predictions_of_other_models_are_no_labels() {
    let predicted = r#"[{"model_version": "other", "result": [{"from_name": "mood", "to_name": "words", "type": "choices", "value": {"choices": ["good"]}}]}]"#;
    let source = format!(
        "[{{\"data\": {{\"text\": \"one\"}}, \"predictions\": {predicted}}},\n \
         {{\"data\": {{\"text\": \"two\"}}, \"annotations\": [], \"predictions\": {predicted}}}]\n"
    );
    let document = open("tasks.json", &source);
    assert_eq!(
        (document.schema().label.as_str(), all_said(&document)),
        ("mood", vec!["(none)".into(), "(none)".into()])
    );
    let result = r#"{"from_name": "mood", "to_name": "words", "type": "choices", "value": {"choices": ["bad"]}}"#;
    assert_eq!(
        labelled(&document, 1, Some("bad")),
        source.replace("\"annotations\": []", &format!("\"annotations\": [{{\"result\": [{result}]}}]")),
        "they tell what the control is called, and stay"
    );
}

#[test]
fn regions_in_tasks_of_label_studio() {
    let region = r#"{"id": "a", "from_name": "city", "to_name": "text", "type": "labels", "value": {"start": 8, "end": 12, "text": "Oslo", "labels": ["town"]}}"#;
    let source = TASKS.replace(
        r#"{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}"#,
        &format!(r#"{{"from_name": "note", "type": "textarea", "value": {{"text": ["x"]}}}}, {region}"#),
    );
    let source = source.replace("\"choices\": [\"fine\"]", "\"rating\": 3");
    let document = open("tasks.json", &source);
    assert_eq!(
        (document.schema().task, all_said(&document)),
        (Task::Spans, vec!["<[Oslo](town)>".into(), "(none)".into(), "(none)".into()])
    );
    let to = |row: usize, parts: &[(u32, u32, &str)]| {
        let mut after = document.clone();
        let edits = document.answer_edits(row, Some(&spans(parts))).expect("edits");
        for edit in edits.iter().rev() {
            after.edit(edit);
        }
        assert_eq!(after.problems(), [], "{}", after.source());
        edits.iter().map(|edit| edit.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(to(0, &[(8, 12, "port")]), ["\"port\""]);
    assert_eq!(to(0, &[(8, 11, "town")]), ["11", "\"Osl\""]);
    assert_eq!(to(0, &[]), [""], "the other control's result stays");
    let new = r#"{"from_name": "city", "to_name": "text", "type": "labels", "value": {"start": 0, "end": 3, "text": "two", "labels": ["town"]}}"#;
    assert_eq!(to(1, &[(0, 3, "town")]), [format!("[{{\"result\": [{new}]}}]")]);
}

#[test]
fn responses_of_argilla() {
    let source = concat!(
        "{\"text\": \"one\", \"mood.responses\": [\"good\"], \"mood.responses.status\": [\"submitted\"], \"mood.suggestion\": \"bad\"}\n",
        "{\"text\": \"two\", \"mood.suggestion\": \"bad\"}\n",
        "{\"text\": \"three\", \"mood.responses\": [\"bad\"], \"mood.responses.status\": [\"discarded\"]}\n",
    );
    let document = open("a.jsonl", source);
    assert_eq!(
        (document.schema().label.as_str(), all_said(&document)),
        ("mood.responses", vec!["good".into(), "(none)".into()])
    );
    let edit = document.label_edit(1, Some("good")).expect("an edit");
    assert_eq!(edit.text, ", \"mood.responses\": [\"good\"]");
}

#[test]
fn the_number_of_a_label_goes_with_its_name() {
    let source = concat!(
        "{\"label\": \"108\", \"label_desc\": \"news_edu\", \"sentence\": \"今年的期末考试\"}\n",
        "{\"label\": \"104\", \"label_desc\": \"news_finance\", \"sentence\": \"怎样记账\"}\n",
        "{\"label\":null, \"label_desc\": null, \"sentence\": \"股票\"}\n",
        "{\"id\":4,\"sentence\":\"考试\"}\n",
        "{\"label\": 9, \"label_desc\": \"news_ninth\", \"sentence\": \"nine\"}\n",
    );
    let document = open("dev.json", source);
    assert_eq!(
        document.schema().describe().to_string(),
        "Text from `sentence`, label from `label_desc`, its number in `label` (detected)."
    );
    assert_eq!(all_said(&document), ["news_edu", "news_finance", "(none)", "(none)", "news_ninth"]);
    let to = |row: usize, label: &str| line(&labelled(&document, row, Some(label)), row);
    assert!(to(0, "news_finance").starts_with("{\"label\": \"104\", \"label_desc\": \"news_finance\", "));
    assert!(to(2, "news_edu").starts_with("{\"label\":\"108\", \"label_desc\": \"news_edu\", "));
    assert_eq!(to(3, "news_ninth"), "{\"id\":4,\"sentence\":\"考试\",\"label_desc\":\"news_ninth\",\"label\":9}");
    assert_eq!(labelled(&document, 0, Some("news_edu")), source);
    assert!(line(&labelled(&document, 0, None), 0).starts_with("{\"label\": null, \"label_desc\": null, "));
    assert_eq!(
        labelled(&document, 0, Some("news_new")),
        "! No row says which number `news_new` has in the field `label`. Write both into one row by hand."
    );
    let by_number = open_with("dev.json", source, &Hints { label: Some("label".into()), ..Hints::default() });
    assert_eq!(said(&by_number, 0), "108", "asked for, the number is the label");
}

#[test]
fn spans_that_do_not_fit_can_be_mended() {
    let source = concat!(
        "{\"text\": \"\\ud83d\\ude00 in Rome\", \"spans\": [{\"start\": 5, \"end\": 99, \"label\": \"city\"}, {\"start\": 2, \"end\": 4, \"label\": \"in\"}]}\n",
        "{\"text\": \"To Oslo\", \"spans\": [[7, 3, \"city\"], [90, 99, \"city\"]]}\n",
        "{\"text\": \"To Oslo\", \"spans\": [{\"start\": 8, \"end\": 12, \"text\": \"Oslo\", \"label\": \"city\"}]}\n",
        "{\"text\": \"😀 Rome, Oslo\", \"spans\": [[3, 7, \"city\"], [9, 13, \"city\"]]}\n",
        "{\"text\": \"To Oslo\", \"spans\": [[3, 7, \"city\"]]}\n",
    );
    let document = open("a.jsonl", source);
    let mending = |row: usize| document.mending(source.lines().take(row).map(|line| line.len() + 1).sum::<usize>() + 9);
    let after = |row: usize, edits: &[TextEdit]| {
        let mut after = source.to_owned();
        edits.iter().rev().for_each(|edit| after.replace_range(edit.range.clone(), &edit.text));
        line(&after, row).split_once("\"spans\": ").expect("spans").1.to_owned()
    };
    let of = |row: usize| mending(row).misfits.into_iter().next().expect("a misfit");
    let near = |row: usize| of(row).instead.expect("characters");
    assert_eq!((near(0).start, near(0).end, near(0).part.as_str()), (5, 9, "Rome"));
    assert!(after(0, &near(0).edits).starts_with("[{\"start\": 5, \"end\": 9, \"label\": \"city\"}, {\"start\": 2,"));
    assert_eq!(after(0, &of(0).removal), "[{\"start\": 2, \"end\": 4, \"label\": \"in\"}]}");
    assert_eq!(after(1, &near(1).edits), "[[3, 7, \"city\"], [90, 99, \"city\"]]}");
    let beyond = &mending(1).misfits[1];
    assert_eq!((&beyond.instead, after(1, &beyond.removal).as_str()), (&None, "[[7, 3, \"city\"]]}"));
    assert_eq!(after(2, &near(2).edits), "[{\"start\": 3, \"end\": 7, \"text\": \"Oslo\", \"label\": \"city\"}]}");
    assert_eq!(mending(3).offsets, Some(Offsets::Utf16), "they count UTF-16 units");
    assert_eq!([0, 1, 2, 4].map(|row| mending(row).offsets), [None; 4]);
    assert_eq!(mending(4).misfits, []);
    let tasks = r#"[{"data": {"text": "In Rome"}, "annotations": [{"result": [{"from_name": "city", "to_name": "text", "type": "labels", "value": {"start": 3, "end": 70, "text": "Rome", "labels": ["town"]}}]}]}]"#;
    let document = open("tasks.json", tasks);
    let misfit = &document.mending(5).misfits[0];
    assert_eq!(
        (misfit.label.as_str(), misfit.instead.as_ref().map(|near| near.edits[0].text.as_str())),
        ("town", Some("7"))
    );
}
