//! Texts that stand more than once: with the same label, with another, or in training and held-out rows.

use e2e::{Client, Workspace};
use serde_json::json;

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["data/*.jsonl"]
    test = ["data/test.jsonl"]
    //- data/a.jsonl
    {"text": "refund please", "label": "billing"}
    {"text": "app crashes", "label": "bug"}
    {"text": "Refund please", "label": "billing"}
    {"text": "refund please", "label": "billing"}
    {"text": "app crashes a lot"}
    //- data/b.jsonl
    {"text": "📎 money back", "label": "billing"}
    {"text": "app crashes", "label": "billing"}
    //- data/test.jsonl
    {"text": "crash at start", "label": "bug"}
    {"text": "📎 money back", "label": "billing"}
    "#;

#[test]
fn the_second_of_two_equal_rows_is_unnecessary() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("data/a.jsonl");
    let duplicate = client.wait_for_codes("data/a.jsonl", &["duplicate"], 1).remove(0);
    assert_eq!(duplicate["range"]["start"], json!({ "line": 3, "character": 0 }), "the whole last row");
    assert_eq!(client.slice("data/a.jsonl", &duplicate["range"]), r#"{"text": "refund please", "label": "billing"}"#);
    assert_eq!((&duplicate["severity"], &duplicate["tags"]), (&json!(4), &json!([1])));
    let related = &duplicate["relatedInformation"][0]["location"];
    assert_eq!(related["uri"], workspace.uri("data/a.jsonl"));
    assert_eq!(related["range"]["start"]["line"], 0);
}

#[test]
fn a_conflict_leads_to_the_other_row_in_the_other_file() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("data/a.jsonl");
    client.open("data/b.jsonl");
    let here = client.wait_for_codes("data/a.jsonl", &["conflicting-duplicate"], 1).remove(0);
    let there = client.wait_for_codes("data/b.jsonl", &["conflicting-duplicate"], 1).remove(0);
    assert_eq!(here["severity"], 2);
    assert_eq!(here["message"], "The same text is labelled `billing` in data/b.jsonl:2.");
    assert_eq!(client.slice("data/a.jsonl", &here["range"]), "\"bug\"");
    for (one, other, name) in [(&here, &there, "data/b.jsonl"), (&there, &here, "data/a.jsonl")] {
        let location = &one["relatedInformation"][0]["location"];
        assert_eq!(location["uri"], workspace.uri(name));
        assert_eq!(location["range"], other["range"], "the label of the other row");
    }

    // Settled in one file, it is gone in both.
    client.replace("data/b.jsonl", r#"app crashes", "label": "billing""#, r#"app crashes", "label": "bug""#);
    client.wait_for_codes("data/b.jsonl", &["conflicting-duplicate"], 0);
    let now_the_same = client.wait_for_codes("data/b.jsonl", &["duplicate"], 1).remove(0);
    assert_eq!(now_the_same["message"], "The same text and label stand in data/a.jsonl:2.");
    client.save("data/b.jsonl");
    client.wait_for_codes("data/a.jsonl", &["conflicting-duplicate"], 0);
}

#[test]
fn a_held_out_text_that_is_trained_on_is_leaked() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("data/test.jsonl");
    let leaked = client.wait_for_codes("data/test.jsonl", &["leaked-row"], 1).remove(0);
    assert_eq!(leaked["severity"], 2);
    assert_eq!(client.slice("data/test.jsonl", &leaked["range"]), r#"{"text": "📎 money back", "label": "billing"}"#);
    let location = &leaked["relatedInformation"][0]["location"];
    assert_eq!(location["uri"], workspace.uri("data/b.jsonl"));
    assert_eq!(location["range"]["start"]["line"], 0);

    client.replace("data/test.jsonl", "📎 money back", "📎 my money back");
    client.wait_for_codes("data/test.jsonl", &["leaked-row"], 0);
    client.ignore_diagnostics("data/test.jsonl");
}

#[test]
fn an_edit_in_one_file_settles_the_conflict_in_the_other() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    let (a, b) = ("data/a.jsonl", "data/b.jsonl");
    client.open(a);
    client.open(b);
    client.suggestions(a, 1); // learned: nothing else will publish it
    client.wait_for_codes(a, &["conflicting-duplicate"], 1);
    client.wait_for_codes(b, &["conflicting-duplicate"], 1);
    client.hints(a, 0..1);
    client.replace(b, r#"app crashes", "label": "billing""#, r#"app crashes", "label": "bug""#);
    client.wait_for_codes(b, &["conflicting-duplicate"], 0);
    client.wait_for_codes(a, &["conflicting-duplicate"], 0);
}

#[test]
fn where_two_people_differ_each_row_leads_to_the_other() {
    let workspace = Workspace::new(
        r#"
    //- gloss.toml
    [dataset]
    files = ["a.jsonl"]
    annotator = "who"
    //- a.jsonl
    {"text": "card charged twice", "label": "billing", "who": "ana"}
    {"text": "card charged twice", "label": "login", "who": "ben"}
    {"text": "cannot log in", "label": "login", "who": "ana"}
    {"text": "cannot log in", "label": "login", "who": "ben"}
    "#,
    );
    let mut client = Client::start(&workspace);
    client.open("a.jsonl");
    let differing = client.wait_for_codes("a.jsonl", &["disagreement"], 2);
    assert_eq!(differing[0]["severity"], 3);
    assert_eq!(differing[0]["message"], "ben labelled the same text `login` in a.jsonl:2.");
    assert_eq!(client.slice("a.jsonl", &differing[0]["range"]), "\"billing\"");
    let location = &differing[0]["relatedInformation"][0]["location"];
    assert_eq!((&location["uri"], &location["range"]), (&json!(workspace.uri("a.jsonl")), &differing[1]["range"]));
    // By one person they are a contradiction.
    client.replace(
        "a.jsonl",
        "\"ben\"}\n{\"text\": \"cannot log in\", \"label\": \"login\", \"who\": \"ana",
        "\"ana\"}\n{\"text\": \"cannot log in\", \"label\": \"login\", \"who\": \"ana",
    );
    client.wait_for_codes("a.jsonl", &["disagreement"], 0);
    client.wait_for_codes("a.jsonl", &["conflicting-duplicate"], 2);
}
