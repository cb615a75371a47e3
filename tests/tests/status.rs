//! What editors with a view of their own are told: how a data set stands, its report, and a row as it is labelled by keys.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";
const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl"]
    [labels]
    login = "Getting in"
    billing = "Money"
    //- rows.jsonl
    {"text": "I was charged twice on my invoice", "label": "billing"}
    {"text": "the invoice shows a wrong charge", "label": "billing"}
    {"text": "wrong charge on the bill", "label": "billing"}
    {"text": "cannot log in, password rejected", "label": "login"}
    {"text": "login page says wrong password", "label": "login"}
    {"text": "forgot my password, cannot log in", "label": "login"}
    {"text": "another charge on the invoice"}
    {"text": "password rejected again", "label": null}
    "#;

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start_with(workspace, Setup { options: json!({ "status": true }), ..Setup::default() });
    client.open(NAME);
    client.suggestions(NAME, 2);
    client
}

fn execute(client: &mut Client, command: &str, more: Value) -> Value {
    let uri = client.identify(NAME)["uri"].clone();
    client.request("workspace/executeCommand", json!({ "command": command, "arguments": [uri, more] }))
}

fn row(client: &mut Client, what: &str) -> Value {
    let at = client.position(NAME, client.find(NAME, what));
    execute(client, "gloss.row", json!({ "start": at, "end": at }))
}

#[test]
fn who_asks_is_told_how_a_data_set_stands_as_it_changes() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let status = client.wait_for("gloss/status", "a model", |status| status["model"].is_object());
    assert_eq!((&status["rows"], &status["labelled"]), (&json!(8), &json!(6)));
    assert_eq!(status["files"], json!([workspace.uri(NAME)]));
    assert_eq!(
        (&status["model"]["step"], &status["model"]["measure"]["name"]),
        (&json!("lexical"), &json!("accuracy"))
    );
    assert_eq!((&status["toLabel"], &status["suspects"]), (&json!(2), &json!(0)));
    client.replace(NAME, r#""label": null"#, r#""label": "login""#);
    client.wait_for("gloss/status", "one more label", |status| status["labelled"] == 7 && status["toLabel"] == 1);
}

#[test]
fn who_does_not_ask_is_not_told() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.suggestions(NAME, 2);
    // An answer comes after all that was said before; and what is unread at the end fails the test.
    client.hints(NAME, 0..1);
}

#[test]
fn a_report_counts_labels_probabilities_and_runs() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let report = execute(&mut client, "gloss.report", Value::Null);
    let labels: Vec<_> = report["labels"].as_array().expect("a list").iter().map(|one| &one["label"]).collect();
    assert_eq!(labels, ["login", "billing"], "in the order of [labels]");
    assert_eq!((&report["labels"][1]["rows"], &report["labels"][1]["measured"]["given"]), (&json!(3), &json!(3)));
    let bins = report["calibration"].as_array().expect("a list");
    let count = |key: &str| bins.iter().map(|bin| bin[key].as_u64().expect("a number")).sum::<u64>();
    assert_eq!((bins.len(), count("count")), (10, 6));
    let hits: u64 =
        [0, 1].map(|label: usize| report["labels"][label]["measured"]["hits"].as_u64().expect("a number")).iter().sum();
    assert_eq!(count("right"), hits);
    let next: Vec<_> =
        report["next"].as_array().expect("a list").iter().map(|row| (&row["line"], &row["text"])).collect();
    let texts = ["another charge on the invoice", "password rejected again"].map(Value::from);
    assert_eq!(next, [(&json!(6), &texts[0]), (&json!(7), &texts[1])]);
    assert_eq!(report["status"]["labelled"], 6);
    assert_eq!(report["problem"], Value::Null);
}

#[test]
fn a_report_lists_rows_that_are_rightly_told() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let report = execute(&mut client, "gloss.report", Value::Null);
    for label in report["labels"].as_array().expect("a list") {
        let right = label["right"].as_array().expect("a list");
        assert_eq!(right.len() as u64, label["measured"]["hits"], "fewer than are left out");
        for row in right {
            let line = client.text(NAME).lines().nth(row["line"].as_u64().expect("a number") as usize);
            let written = format!("\"label\": {}", label["label"]);
            assert!(line.is_some_and(|line| line.contains(&written)), "{row}");
        }
    }
    assert!(report["labels"][0]["right"][0]["text"].as_str().is_some_and(|text| text.contains("password")), "{report}");
    // A row with another label is not rightly told any more.
    let first = report["labels"][0]["right"][0]["line"].clone();
    let line = client.text(NAME).lines().nth(first.as_u64().expect("a number") as usize).expect("a line").to_owned();
    client.replace(NAME, &line, &line.replace("login\"}", "billing\"}"));
    let report = execute(&mut client, "gloss.report", Value::Null);
    let lines =
        |label: usize| report["labels"][label]["right"].as_array().expect("a list").iter().map(|row| &row["line"]);
    assert!(!lines(0).chain(lines(1)).any(|line| *line == first), "{report}");
}

#[test]
fn runs_are_in_the_report_once_they_are_stored() {
    let workspace = Workspace::new(FIXTURE);
    let client = opened(&workspace);
    // The end of the server is the moment by which what was learned is stored.
    client.finish();
    let mut client = opened(&workspace);
    let report = execute(&mut client, "gloss.report", Value::Null);
    let run = &report["runs"][0];
    assert_eq!((&run["step"], &run["rows"], &run["labelled"]), (&json!("lexical"), &json!(8), &json!(6)));
    assert!(run["estimate"]["accuracy"].is_number(), "{run}");
}

#[test]
fn a_row_offers_its_labels_by_number_and_what_accepting_does() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let offered = row(&mut client, "password rejected again");
    let names: Vec<_> = offered["choices"].as_array().expect("a list").iter().map(|choice| &choice["name"]).collect();
    assert_eq!(names, ["login", "billing"], "numbers stay: the order of [labels]");
    assert!(offered["choices"][0]["probability"].as_f64() > Some(0.5), "{offered}");
    assert_eq!(
        (&offered["labelled"], &offered["task"], &offered["keep"]),
        (&json!(false), &json!("single"), &Value::Null)
    );
    client.apply(&offered["choices"][1]["edit"]).expect("an edit of this version");
    let labelled = row(&mut client, "password rejected again");
    assert_eq!((&labelled["labelled"], &labelled["choices"][1]["given"]), (&json!(true), &json!(true)));
    assert_eq!(labelled["accept"], Value::Null, "a row that asks for nothing");
    let other = row(&mut client, "another charge");
    assert!(other["accept"]["title"].as_str().is_some_and(|title| title.contains("billing")), "{other}");
    client.apply(&other["accept"]["edit"]).expect("an edit of this version");
    assert!(client.text(NAME).contains(r#"{"text": "another charge on the invoice", "label": "billing"}"#));
}

#[test]
fn the_next_row_may_be_asked_for_without_being_shown() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let mut next =
        |options: Value| execute(&mut client, "gloss.nextToLabel", options)["range"]["start"]["line"].clone();
    assert_eq!(next(json!({ "show": false })), 6);
    assert_eq!(next(json!({ "show": false, "after": { "line": 6, "character": 0 } })), 7);
    assert_eq!(next(json!({ "show": false, "after": { "line": 6, "character": 0 } })), 7);
    assert_eq!(next(json!({ "show": false, "after": { "line": 0, "character": 0 } })), 6);
    assert_eq!(execute(&mut client, "gloss.nextSuspect", json!({ "show": false })), Value::Null);
}

#[test]
fn beyond_the_queue_come_other_rows_without_a_label() {
    let rows: String = (0..30).map(|row| format!("{{\"text\": \"row {row} of many, charge {row}\"}}\n")).collect();
    let workspace = Workspace::new(FIXTURE);
    workspace.write(NAME, workspace.read(NAME) + &rows);
    let mut client = opened_with_queue(&workspace);
    let mut seen = Vec::new();
    while let Some(line) =
        execute(&mut client, "gloss.nextToLabel", json!({ "show": false }))["range"]["start"]["line"].as_u64()
    {
        let at = client.text(NAME).lines().nth(line as usize).expect("a line").to_owned();
        let choice = row(&mut client, &at)["choices"][0]["edit"].clone();
        client.apply(&choice).expect("an edit of this version");
        seen.push(line);
    }
    seen.sort_unstable();
    assert_eq!(seen, (6..38).collect::<Vec<_>>(), "each once");
}

fn opened_with_queue(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client.wait_for_codes(NAME, &["label-next"], 20);
    client
}
