//! The loop as a client sees it: rows in, learned, suggestions back, accepted, saved, learned again.

use e2e::{Client, Workspace};
use serde_json::{Value, json};

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl"]
    [labels]
    billing = "Charges and invoices"
    login = "Passwords and signing in"
    [suggest]
    accept_above = 0.5
    //- tickets.jsonl
    {"text": "I was charged twice on my invoice", "label": "billing"}
    {"text": "the invoice shows a wrong charge", "label": "billing"}
    {"text": "why is the bill so high, wrong charge", "label": "billing"}
    {"text": "cannot log in, password rejected", "label": "login"}
    {"text": "login page says wrong password", "label": "login"}
    {"text": "forgot my password, cannot log in", "label": "login"}
    {"text": "😀 发票 another charge on the invoice", "label": null}
    {"text": "password rejected again"}
    "#;

const NAME: &str = "tickets.jsonl";

fn opened(workspace: &Workspace) -> (Client<'_>, Vec<Value>) {
    let mut client = Client::start(workspace);
    client.open(NAME);
    let suggestions = suggested(&mut client, 2);
    (client, suggestions)
}

/// Waits for the present version's diagnostics with this many rows suggested.
fn suggested(client: &mut Client, count: usize) -> Vec<Value> {
    let is_suggestion = |diagnostic: &&Value| diagnostic["code"] == "suggestion" || diagnostic["code"] == "label-next";
    let picture = client.wait_for_diagnostics(NAME, "suggestions", |diagnostics| {
        diagnostics.iter().filter(is_suggestion).count() == count
    });
    picture.diagnostics.iter().filter(is_suggestion).cloned().collect()
}

fn titled<'a>(actions: &'a [Value], start: &str) -> &'a Value {
    let found = actions.iter().find(|action| action["title"].as_str().is_some_and(|title| title.starts_with(start)));
    found.unwrap_or_else(|| panic!("no action {start}: {actions:#?}"))
}

#[test]
fn a_suggestion_is_accepted_saved_and_learned() {
    let workspace = Workspace::new(FIXTURE);
    let (mut client, suggestions) = opened(&workspace);
    let first = &suggestions[0];
    assert_eq!(client.slice(NAME, &first["range"]), "null");
    assert_eq!(first["data"]["label"], "billing");
    assert_eq!(first["data"]["classifier"], "lexical");
    let version = first["data"]["model_version"].as_u64().unwrap();

    let actions = client.code_actions(NAME, &first["range"]);
    let preferred: Vec<_> = actions.iter().filter(|action| action["isPreferred"] == true).collect();
    assert_eq!(preferred.len(), 1);
    let accept = titled(&actions, "Label as `billing`").clone();
    client.run_action(&accept);
    assert!(client.text(NAME).contains(r#"{"text": "😀 发票 another charge on the invoice", "label": "billing"}"#));
    suggested(&mut client, 1);

    client.forget_diagnostics(NAME);
    client.save(NAME);
    client.wait_for_model(NAME, version);
    client.close(NAME);
    client.ignore_diagnostics(NAME);
    client.finish();
}

#[test]
fn hints_hover_lens_and_completion_say_what_the_model_thinks() {
    let workspace = Workspace::new(FIXTURE);
    let (mut client, suggestions) = opened(&workspace);
    let end = client.text(NAME).len();
    let range = client.range(NAME, 0..end);
    let hints =
        client.request("textDocument/inlayHint", json!({"textDocument": client.identify(NAME), "range": range}));
    let labels: Vec<&str> = hints.as_array().unwrap().iter().map(|hint| hint["label"].as_str().unwrap()).collect();
    assert!(labels[0].starts_with("billing ") && labels[1].starts_with("login "), "{labels:?}");
    assert!(hints[1]["textEdits"][0]["newText"].as_str().unwrap().contains("login"));

    let at = |client: &Client, place: &Value| json!({"textDocument": client.identify(NAME), "position": place});
    let place = suggestions[0]["range"]["start"].clone();
    let params = at(&client, &place);
    let hover = client.request("textDocument/hover", params.clone());
    assert!(hover["contents"]["value"].as_str().unwrap().contains("Charges and invoices"), "{hover}");
    let completion = client.request("textDocument/completion", params);
    let items: Vec<&str> = completion.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect();
    assert_eq!(items, ["billing", "login"], "most probable first");
    let lenses = client.request("textDocument/codeLens", json!({"textDocument": client.identify(NAME)}));
    assert!(lenses[0]["command"]["title"].as_str().unwrap().starts_with("6 of 8 rows labelled"), "{lenses}");
    client.ignore_diagnostics(NAME);
    client.finish();
}

#[test]
fn an_unknown_label_is_an_error_with_the_nearest_right_one() {
    let workspace = Workspace::new(FIXTURE);
    let (mut client, _) = opened(&workspace);
    client.replace(NAME, r#"says wrong password", "label": "login"}"#, r#"says wrong password", "label": "logn"}"#);
    let picture = client.wait_for_diagnostics(NAME, "unknown-label", |diagnostics| {
        diagnostics.iter().any(|diagnostic| diagnostic["code"] == "unknown-label")
    });
    let unknown = picture.with_code("unknown-label")[0].clone();
    assert_eq!(unknown["severity"], 1);
    assert_eq!(client.slice(NAME, &unknown["range"]), "\"logn\"");
    let actions = client.code_actions(NAME, &unknown["range"]);
    let fix = titled(&actions, "Replace `logn` by `login`").clone();
    client.run_action(&fix);
    client.wait_for_diagnostics(NAME, "no unknown label", |diagnostics| {
        diagnostics.iter().all(|diagnostic| diagnostic["code"] != "unknown-label")
    });
    client.ignore_diagnostics(NAME);
    client.finish();
}

#[test]
fn accept_all_takes_every_sure_suggestion_at_once() {
    let workspace = Workspace::new(FIXTURE);
    let (mut client, suggestions) = opened(&workspace);
    let actions = client.code_actions(NAME, &suggestions[1]["range"]);
    let all = titled(&actions, "Accept 2 suggestions at 50% or more").clone();
    assert_eq!(all["kind"], "source.fixAll.gloss");
    client.run_action(&all);
    assert!(client.text(NAME).contains(r#"{"text": "password rejected again", "label": "login"}"#));
    suggested(&mut client, 0);
    client.ignore_diagnostics(NAME);
    client.finish();
}

#[test]
fn hints_asked_for_before_the_first_fit_come_with_it() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.ignore_diagnostics(NAME);
    let end = client.text(NAME).len();
    let range = client.range(NAME, 0..end);
    let hints =
        client.request("textDocument/inlayHint", json!({"textDocument": client.identify(NAME), "range": range}));
    assert_eq!(hints.as_array().map(Vec::len), Some(2), "{hints}");
    client.finish();
}
