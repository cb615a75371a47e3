//! Why a label, as a client sees it: in hover, by gloss.explain, and as highlights of the words that decided.

use e2e::{Client, Workspace};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";
const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl"]
    //- rows.jsonl
    {"text": "I was charged twice on my invoice", "label": "billing"}
    {"text": "the invoice shows a wrong charge", "label": "billing"}
    {"text": "wrong charge on the bill 发票", "label": "billing"}
    {"text": "cannot log in, password rejected", "label": "login"}
    {"text": "login page says wrong password", "label": "login"}
    {"text": "forgot my password, cannot log in", "label": "login"}
    {"text": "🙂 \u00abinvoice\u00bb\n发票, a charge", "label": null}
    {"text": "password rejected again", "label": ""}
    "#;

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client.suggestions(NAME, 2);
    client
}

fn explain(client: &mut Client, at: usize) -> Value {
    let arguments = json!([client.identify(NAME)["uri"], client.position(NAME, at)]);
    client.request("workspace/executeCommand", json!({ "command": "gloss.explain", "arguments": arguments }))
}

/// What stands at these ranges.
fn parts(client: &Client, ranges: &Value) -> Vec<String> {
    let part = |one: &Value| {
        let bytes = e2e::text::bytes(client.text(NAME), &one["range"], client.encoding()).expect("a range of the text");
        client.text(NAME)[bytes].to_owned()
    };
    ranges.as_array().expect("a list").iter().map(part).collect()
}

#[test]
fn hover_says_which_words_decided_and_links_the_nearest_rows() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let row = client.find(NAME, "password rejected again");
    let hover = client.ask_at("textDocument/hover", NAME, row);
    let said = hover["contents"]["value"].as_str().expect("Markdown");
    assert!(said.contains("\nWhy `login`: **password** +"), "{said}");
    assert!(said.contains("█"), "bars: {said}");
    let nearest = said.lines().find(|line| line.starts_with("- `login` 0.")).expect("the nearest row");
    assert!(nearest.contains("[cannot log in, password rejected](file:///"), "{nearest}");
    assert!(nearest.contains("rows.jsonl#L4)"), "{nearest}");
}

#[test]
fn the_words_are_marked_through_escapes_and_scripts_of_any_kind() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let row = client.find(NAME, "🙂");
    let explained = explain(&mut client, row);
    assert_eq!(explained["label"], "billing");
    let words = explained["words"].as_array().expect("words");
    assert_eq!(
        parts(&client, &explained["words"]),
        words.iter().map(|w| w["text"].as_str().unwrap()).collect::<Vec<_>>()
    );
    assert!(
        ["invoice", "发票", "charge"].iter().all(|word| words.iter().any(|found| found["text"] == *word)),
        "{words:#?}"
    );
    assert!(words.iter().all(|word| word["weight"].is_f64()) && explained["error"].as_f64() < Some(0.05));
    assert!(explained["nearest"][0]["labels"] == json!(["billing"]) && explained["nearest"][0]["line"].is_u64());

    // They stay highlighted while the text stands as it is.
    let highlighted = client.ask_at("textDocument/documentHighlight", NAME, row);
    assert_eq!(parts(&client, &highlighted), parts(&client, &explained["words"]));
    client.replace(NAME, "a charge", "one charge");
    client.suggestions(NAME, 2);
    let row = client.find(NAME, "🙂");
    let highlighted = client.ask_at("textDocument/documentHighlight", NAME, row);
    assert_eq!(parts(&client, &highlighted), Vec::<String>::new());
}

#[test]
fn of_a_span_the_words_in_it_and_around_it_are_told() {
    const NOTES: &str = "notes.jsonl";
    let workspace = Workspace::from_fixtures("travel-notes");
    let mut client = Client::start(&workspace);
    client.open(NOTES);
    client.wait_for_diagnostics(NOTES, "a suggestion", |all| all.iter().any(|one| !one["data"]["label"].is_null()));
    let place = client.find(NOTES, "Lisbon we rented");
    let arguments = json!([client.identify(NOTES)["uri"], client.position(NOTES, place)]);
    let asked = json!({ "command": "gloss.explain", "arguments": arguments });
    let explained = client.request("workspace/executeCommand", asked);
    assert_eq!(explained["label"], "place");
    assert!(explained["probability"].as_f64().is_some_and(|sure| sure > 0.5), "{explained}");
    let words = explained["words"].as_array().expect("words");
    let word = words.iter().find(|word| word["text"] == "Lisbon").expect("the word itself");
    assert_eq!(client.slice(NOTES, &word["range"]), "Lisbon");
    assert!(words.iter().any(|word| word["text"] == "In"), "the word before it: {explained}");
    let hover = client.ask_at("textDocument/hover", NOTES, place);
    let said = hover["contents"]["value"].as_str().expect("Markdown");
    assert!(said.contains("Why `place`: **"), "{said}");
    // Beside all spans there is no label to explain.
    let beside = client.find(NOTES, "we rented");
    let arguments = json!([client.identify(NOTES)["uri"], client.position(NOTES, beside)]);
    let asked = json!({ "command": "gloss.explain", "arguments": arguments });
    assert_eq!(client.request("workspace/executeCommand", asked)["label"], Value::Null);
    client.ignore_diagnostics(NOTES);
}

#[test]
fn where_there_is_nothing_to_explain_the_answer_is_null() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    for arguments in [json!([]), json!(["file:///elsewhere.jsonl", {"line": 0, "character": 0}]), json!([1, 2])] {
        let params = json!({ "command": "gloss.explain", "arguments": arguments });
        assert_eq!(client.request("workspace/executeCommand", params), Value::Null);
    }
}
