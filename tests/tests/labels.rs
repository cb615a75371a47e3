//! Labels outside the closed set of gloss.toml.

use e2e::{Client, Workspace};
use serde_json::json;

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl", "*.csv"]
    [labels]
    billing = "Charges and invoices"
    login = "Passwords and signing in"
    //- rows.jsonl
    {"text": "账单 refund 😀 please", "label": "Biling"}
    {"text": "password wrong", "label": "qqqq"}
    {"text": "cannot log in", "label": "login"}
    //- rows.csv
    text,label
    "refund, please","logn"
    money back,billing
    "#;

#[test]
fn a_near_miss_is_replaced_by_its_action() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("rows.jsonl");
    let unknown = client.wait_for_codes("rows.jsonl", &["unknown-label"], 2);
    assert_eq!(unknown[0]["severity"], 1);
    assert_eq!(unknown[0]["message"], "Unknown label `Biling`; did you mean `billing`?");
    assert_eq!(client.slice("rows.jsonl", &unknown[0]["range"]), "\"Biling\"");

    let replace = client.action("rows.jsonl", &unknown[0]["range"], "Replace `Biling` by `billing`");
    assert_eq!((&replace["kind"], &replace["isPreferred"]), (&json!("quickfix"), &json!(true)));
    client.run_action(&replace);
    assert!(client.text("rows.jsonl").starts_with(r#"{"text": "账单 refund 😀 please", "label": "billing"}"#));
    client.wait_for_codes("rows.jsonl", &["unknown-label"], 1);
    client.ignore_diagnostics("rows.jsonl");
}

#[test]
fn a_label_far_from_all_others_is_only_named() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("rows.jsonl");
    let far = client.wait_for_codes("rows.jsonl", &["unknown-label"], 2).remove(1);
    assert!(far["message"].as_str().is_some_and(|message| !message.contains("did you mean")), "{far}");
    let actions = client.code_actions("rows.jsonl", &far["range"]);
    assert!(actions.iter().all(|action| !action["title"].as_str().unwrap_or_default().starts_with("Replace")));
}

#[test]
fn a_cell_in_quotes_stays_in_quotes() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("rows.csv");
    let unknown = client.wait_for_codes("rows.csv", &["unknown-label"], 1).remove(0);
    client.choose("rows.csv", &unknown["range"], "Replace `logn` by `login`");
    assert_eq!(client.text("rows.csv"), "text,label\n\"refund, please\",\"login\"\nmoney back,billing\n");
    client.wait_for_codes("rows.csv", &["unknown-label"], 0);
    client.ignore_diagnostics("rows.csv");
}

#[test]
fn a_set_that_grows_in_gloss_toml_makes_labels_known() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("rows.jsonl");
    client.wait_for_codes("rows.jsonl", &["unknown-label"], 2);
    workspace.write("gloss.toml", workspace.read("gloss.toml") + "qqqq = \"A queue\"\n");
    let left = client.wait_for_codes("rows.jsonl", &["unknown-label"], 1).remove(0);
    assert_eq!(client.slice("rows.jsonl", &left["range"]), "\"Biling\"");
    client.ignore_diagnostics("rows.jsonl");
}

#[test]
fn a_new_label_is_added_to_gloss_toml() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("gloss.toml");
    client.open("rows.jsonl");
    let far = client.wait_for_codes("rows.jsonl", &["unknown-label"], 2).remove(1);
    client.choose("rows.jsonl", &far["range"], "Add `qqqq` to [labels] in gloss.toml");
    assert!(client.text("gloss.toml").ends_with("login = \"Passwords and signing in\"\nqqqq = \"\"\n"));
    // It counts before gloss.toml is saved.
    client.wait_for_codes("rows.jsonl", &["unknown-label"], 1);
    client.ignore_diagnostics("rows.jsonl");
}
