//! gloss.toml as a document of its own: what is wrong in it is said there.

use e2e::{Client, Workspace};
use serde_json::json;

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl"]
    lable = "intent"
    [labels]
    billing = "账单 😀"
    login = 3
    //- rows.jsonl
    {"text": "charged twice", "intent": "billing"}
    "#;

#[test]
fn every_problem_stands_at_its_place_and_goes_when_it_is_mended() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("gloss.toml");
    let problems = client.wait_for_codes("gloss.toml", &["invalid-config"], 2);
    let places: Vec<_> = problems.iter().map(|problem| client.slice("gloss.toml", &problem["range"])).collect();
    assert_eq!(places, ["lable", "3"]);
    assert_eq!(problems[0]["message"], "Unknown key `lable`; did you mean `label`?");
    assert_eq!((&problems[0]["severity"], &problems[0]["source"]), (&json!(1), &json!("gloss")));

    client.replace("gloss.toml", "login = 3", "login = \"Passwords\"");
    client.wait_for_codes("gloss.toml", &["invalid-config"], 1);
    client.replace("gloss.toml", "lable", "label");
    client.wait_for_codes("gloss.toml", &["invalid-config"], 0);
}

#[test]
fn a_gloss_toml_that_is_not_open_is_judged_as_well() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("rows.jsonl");
    client.ignore_diagnostics("rows.jsonl");
    client.wait_for_codes("gloss.toml", &["invalid-config"], 2);
    workspace.write("gloss.toml", "[dataset]\nlabel = \"intent\"\n");
    client.wait_for_codes("gloss.toml", &["invalid-config"], 0);
}

#[test]
fn broken_toml_is_one_problem_and_the_rows_go_on_working() {
    let workspace = Workspace::new(FIXTURE);
    workspace.write("gloss.toml", "[dataset\n");
    workspace.write("rows.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{\n");
    let mut client = Client::start(&workspace);
    client.open("gloss.toml");
    client.open("rows.jsonl");
    client.wait_for_codes("gloss.toml", &["invalid-config"], 1);
    client.wait_for_codes("rows.jsonl", &["invalid-row"], 1);
}
