//! Labels that the model contradicts: found, corrected, or kept for good. The tickets hold eight wrong ones on purpose
//! (fixtures/support-tickets/PLANTED.md).

use e2e::{Client, Workspace};
use serde_json::{Value, json};

const NAME: &str = "tickets.jsonl";
/// Line 171, labelled `refund`: a person cannot log in.
const PLANTED: &str = "The password reset link says it has expired, even though";
const KEPT: &str = "gloss.keep.jsonl";

/// The suspect on the planted row; there are others.
fn planted(client: &mut Client) -> Value {
    let line = line_of(client);
    let on_it = move |diagnostic: &&Value| {
        diagnostic["code"] == "suspect-label" && diagnostic["range"]["start"]["line"] == line
    };
    let picture = client.wait_for_diagnostics(NAME, "the planted suspect", |diagnostics| {
        diagnostics.iter().any(|diagnostic| on_it(&diagnostic))
    });
    picture.diagnostics.iter().find(on_it).expect("just seen").clone()
}

fn line_of(client: &Client) -> Value {
    client.position(NAME, client.find(NAME, PLANTED))["line"].clone()
}

/// Keeps the label of the planted row.
fn keep(client: &mut Client) {
    let suspect = planted(client);
    let keep = client.action(NAME, &suspect["range"], "Keep `refund`");
    assert_eq!(keep.get("edit"), None, "a decision is no edit of the data");
    client.run_action(&keep);
}

/// Waits until the planted row is no suspect.
fn gone(client: &mut Client) {
    let line = line_of(client);
    client.wait_for_diagnostics(NAME, "the suspect gone", |diagnostics| {
        diagnostics
            .iter()
            .all(|diagnostic| diagnostic["code"] != "suspect-label" || diagnostic["range"]["start"]["line"] != line)
    });
}

/// Waits for the model after this one to have its say, and answers the lines of its suspects.
fn lines_of_suspects(client: &mut Client, after_model: u64) -> Vec<Value> {
    let picture = client.wait_for_model(NAME, after_model);
    picture.with_code("suspect-label").iter().map(|suspect| suspect["range"]["start"]["line"].clone()).collect()
}

#[test]
fn a_wrong_label_is_a_warning_with_the_right_one_first() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let suspect = planted(&mut client);
    assert_eq!(suspect["severity"], 2);
    assert_eq!(client.slice(NAME, &suspect["range"]), "\"refund\"");
    assert_eq!(suspect["data"]["label"], "login");
    assert!(suspect["data"]["probability"].as_f64().is_some_and(|probability| (0.0..=1.0).contains(&probability)));
    assert!(suspect["codeDescription"]["href"].as_str().is_some_and(|link| link.ends_with("#suspect-label")));

    let offered: Vec<String> = client
        .code_actions(NAME, &suspect["range"])
        .iter()
        .filter_map(|action| Some(action["title"].as_str()?.strip_prefix("Label as ")?.to_owned()))
        .collect();
    let sure = |title: &String| title.split_once('(')?.1.strip_suffix("%)")?.parse::<u32>().ok();
    let sure: Vec<u32> = offered.iter().filter_map(sure).collect();
    assert_eq!(sure.len(), offered.len(), "{offered:?}");
    assert!(sure.is_sorted_by(|a, b| a >= b) && sure[1] > 0, "of models that have not seen the row: {offered:?}");
    let correct = client.action(NAME, &suspect["range"], "Label as `login`");
    assert_eq!((&correct["kind"], &correct["isPreferred"]), (&json!("quickfix"), &json!(true)));
    client.run_action(&correct);
    gone(&mut client);
}

#[test]
fn a_decision_that_git_brings_is_heeded() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    planted(&mut client);
    let row = client.text(NAME).lines().find(|line| line.contains(PLANTED)).expect("the planted row");
    let row: Value = serde_json::from_str(row).expect("a row");
    workspace.write(KEPT, format!("{}\n", json!({ "text": row["text"], "label": row["label"] })));
    gone(&mut client);
}

#[test]
fn a_kept_label_is_not_raised_again_also_after_a_restart() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let suspect = planted(&mut client);
    let line = suspect["range"]["start"]["line"].clone();
    let before = client.text(NAME).to_owned();

    keep(&mut client);
    gone(&mut client);
    assert_eq!(client.text(NAME), before);
    let written: Value = serde_json::from_str(&workspace.read(KEPT)).expect("one line of JSON");
    assert_eq!(written["label"], "refund");
    assert!(written["text"].as_str().is_some_and(|text| text.starts_with(PLANTED)));

    client.command("gloss.train", NAME);
    let model = suspect["data"]["model_version"].as_u64().expect("a suspect comes from the model");
    assert!(!lines_of_suspects(&mut client, model).contains(&line), "learned anew");
    client.finish();

    let mut client = Client::start(&workspace);
    client.open(NAME);
    let lines = lines_of_suspects(&mut client, 0);
    assert!(!lines.is_empty() && !lines.contains(&line), "after a restart: {lines:?}");
}

#[test]
fn a_kept_label_that_is_changed_may_be_doubted_again() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let suspect = planted(&mut client);
    let model = suspect["data"]["model_version"].as_u64().expect("a suspect comes from the model");
    keep(&mut client);

    let from = client.slice(NAME, &suspect["range"]).len();
    let start = client.text(NAME)[client.find(NAME, PLANTED)..].find("\"refund\"").expect("its label");
    let start = client.find(NAME, PLANTED) + start;
    client.edit(NAME, start..start + from, "\"shipping\"");
    client.save(NAME);
    let line = line_of(&client);
    assert!(lines_of_suspects(&mut client, model).contains(&line), "the decision was about `refund`");
}
