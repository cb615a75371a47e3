//! Several labels a row, as a client sees them: the set is suggested, accepted, added to and taken from.

use e2e::{Client, Workspace};
use serde_json::{Value, json};

const NAME: &str = "messages.jsonl";
/// About the wifi and the breakfast, and not labelled.
const OPEN: &str = "The wifi is slow and the breakfast room is loud";
const LABELLED: &str = "There is no wifi at all in room 212";

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client.wait_for_diagnostics(NAME, "suggestions", |diagnostics| diagnostics.iter().any(is_suggestion));
    client
}

fn is_suggestion(diagnostic: &Value) -> bool {
    diagnostic["code"] == "suggestion" || diagnostic["code"] == "label-next"
}

/// The line with this text.
fn line(client: &Client, text: &str) -> String {
    client.text(NAME).lines().find(|line| line.contains(text)).expect("the row").to_owned()
}

fn suggestion(client: &mut Client, text: &str) -> Value {
    let row = client.find(NAME, text);
    let at = client.position(NAME, row)["line"].clone();
    let on_it = move |diagnostic: &Value| is_suggestion(diagnostic) && diagnostic["range"]["start"]["line"] == at;
    let picture = client.wait_for_diagnostics(NAME, "the row's suggestion", |all| all.iter().any(&on_it));
    picture.diagnostics.iter().find(|diagnostic| on_it(diagnostic)).expect("just seen").clone()
}

fn labels(row: &str) -> Vec<String> {
    let row: Value = serde_json::from_str(row).expect("a row");
    let labels = row["labels"].as_array().expect("a list").iter();
    labels.map(|label| label.as_str().expect("a label").to_owned()).collect()
}

#[test]
fn a_set_is_suggested_and_accepted() {
    let workspace = Workspace::from_fixtures("guest-messages");
    let mut client = opened(&workspace);
    let suggested = suggestion(&mut client, OPEN);
    let mut expected: Vec<String> =
        serde_json::from_value(suggested["data"]["label"].clone()).expect("a list of labels");
    assert!(expected.iter().any(|label| label == "wifi"), "{suggested}");
    assert!(suggested["data"]["probability"].as_f64().is_some_and(|probability| probability > 0.0));

    let actions = client.code_actions(NAME, &suggested["range"]);
    let preferred: Vec<&Value> = actions.iter().filter(|action| action["isPreferred"] == true).collect();
    assert_eq!(preferred.len(), 1, "{actions:#?}");
    assert!(preferred[0]["title"].as_str().is_some_and(|title| title.starts_with("Label as `")), "{}", preferred[0]);
    let accept = preferred[0].clone();
    client.run_action(&accept);
    let mut given = labels(&line(&client, OPEN));
    given.sort();
    expected.sort();
    assert_eq!(given, expected);
    client.ignore_diagnostics(NAME);
}

#[test]
fn one_label_is_added_and_one_is_removed() {
    let workspace = Workspace::from_fixtures("guest-messages");
    let mut client = opened(&workspace);
    let row = client.find(NAME, LABELLED);
    let at = row + client.text(NAME)[row..].find("\"room\"").expect("the label");
    let here = client.range(NAME, at..at);
    client.choose(NAME, &here, "Remove `room`");
    assert!(line(&client, LABELLED).ends_with("\"labels\": [\"wifi\"]}"), "{}", line(&client, LABELLED));
    let at = client.find(NAME, LABELLED) + LABELLED.len() + "\", \"labels\": [\"w".len();
    let here = client.range(NAME, at..at);
    client.choose(NAME, &here, "Add `room`");
    assert!(line(&client, LABELLED).ends_with("\"labels\": [\"wifi\", \"room\"]}"), "{}", line(&client, LABELLED));
    client.ignore_diagnostics(NAME);
}

#[test]
fn hints_completion_and_lens_speak_of_sets() {
    let workspace = Workspace::from_fixtures("guest-messages");
    let mut client = opened(&workspace);
    let end = client.text(NAME).len();
    let document = client.identify(NAME);
    let range = client.range(NAME, 0..end);
    let hints = client.request("textDocument/inlayHint", json!({ "textDocument": document, "range": range }));
    let hints = hints.as_array().expect("hints");
    assert_eq!(hints.len(), 16);
    assert!(hints.iter().all(|hint| hint["textEdits"].as_array().is_some_and(|edits| edits.len() == 1)), "{hints:#?}");

    let at = client.find(NAME, LABELLED) + LABELLED.len() + "\", \"labels\": [\"wifi\"".len();
    let completion = client.ask_at("textDocument/completion", NAME, at);
    let offered: Vec<&str> =
        completion.as_array().expect("items").iter().filter_map(|item| item["label"].as_str()).collect();
    assert_eq!(offered.len(), 5, "those that the row does not have: {offered:?}");

    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": document }));
    let title = lenses[0]["command"]["title"].as_str().expect("a title");
    assert!(title.contains("48 of 64 rows labelled · lexical · held-out micro F1"), "{title}");
    client.ignore_diagnostics(NAME);
}

#[test]
fn a_label_outside_the_closed_set_is_named_where_it_stands() {
    let workspace = Workspace::from_fixtures("guest-messages");
    workspace.write(NAME, workspace.read(NAME).replacen("\"labels\": [\"room\"]", "\"labels\": [\"rom\"]", 1));
    let mut client = opened(&workspace);
    let unknown = client.wait_for_codes(NAME, &["unknown-label"], 1).remove(0);
    assert_eq!(client.slice(NAME, &unknown["range"]), "\"rom\"");
    client.choose(NAME, &unknown["range"], "Replace `rom` by `room`");
    client.wait_for_codes(NAME, &["unknown-label"], 0);
    client.ignore_diagnostics(NAME);
}
