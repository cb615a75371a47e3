//! What is shown where someone looks: hover, completion, inlay hints.

use e2e::{Client, Workspace};
use serde_json::Value;

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl", "*.csv"]
    [labels]
    billing = "Charges and invoices"
    login = "Passwords and signing in"
    other = "Whatever is left"
    //- rows.jsonl
    {"text": "I was charged twice on my invoice", "label": "billing"}
    {"text": "the invoice shows a wrong charge", "label": "billing"}
    {"text": "wrong charge on the bill", "label": "billing"}
    {"text": "cannot log in, password rejected", "label": "login"}
    {"text": "login page says wrong password", "label": "login"}
    {"text": "forgot my password, cannot log in", "label": "login"}
    {"text": "where is your office", "label": "other"}
    {"text": "are you open on Sunday", "label": "other"}
    {"text": "do you have jobs", "label": "other"}
    {"text": "another charge on the invoice"}
    {"text": "password rejected again", "label": ""}
    //- rows.csv
    text,label
    "a charge, on the invoice",
    password rejected,lo
    "#;

const NAME: &str = "rows.jsonl";

/// Both files open, with what was learned from both.
fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client.open("rows.csv");
    client.suggestions(NAME, 2);
    client.suggestions("rows.csv", 1);
    client
}

fn contents(hover: &Value) -> &str {
    hover["contents"]["value"].as_str().unwrap_or_else(|| panic!("no text in {hover}"))
}

fn labels(completion: &Value) -> Vec<&str> {
    let items = completion.as_array().unwrap_or_else(|| panic!("no list: {completion}"));
    items.iter().map(|item| item["label"].as_str().expect("a label")).collect()
}

/// Makes the edit of this item, as an editor does when it is chosen.
fn take(client: &mut Client, name: &str, completion: &Value, label: &str) {
    let items = completion.as_array().expect("a list");
    let item = items.iter().find(|item| item["label"] == label).unwrap_or_else(|| panic!("no {label}: {completion}"));
    let edit = &item["textEdit"];
    let bytes = e2e::text::bytes(client.text(name), &edit["range"], client.encoding()).expect("a range of the text");
    client.edit(name, bytes, edit["newText"].as_str().expect("a text"));
}

#[test]
fn hover_ranks_the_labels_of_an_unlabelled_row() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let row = client.find(NAME, "another charge");
    let hover = client.ask_at("textDocument/hover", NAME, row);
    let said = contents(&hover);
    assert!(said.starts_with("`billing` "), "{said}");
    assert!(said.contains("`login` ") && said.contains("`other` ") && said.contains("lexical classifier"), "{said}");
    assert!(said.contains("**billing**: Charges and invoices"), "the guideline of the best label: {said}");
    client.ignore_diagnostics("rows.csv");
}

#[test]
fn hover_gives_the_guideline_of_a_label_and_the_fields_on_the_first_row() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let row = client.find(NAME, "do you have jobs");
    let hover = client.ask_at("textDocument/hover", NAME, row);
    assert!(contents(&hover).contains("**other**: Whatever is left"), "{hover}");
    let first = client.ask_at("textDocument/hover", NAME, 0);
    assert!(contents(&first).contains("text") && contents(&first).contains("label"), "{first}");
}

#[test]
fn completion_ranks_labels_in_a_json_string_and_keeps_what_is_around() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    // Half typed: what stands there is replaced, the quotes stay.
    client.replace(NAME, r#"rejected again", "label": """#, r#"rejected again", "label": "lo""#);
    client.wait_for_codes(NAME, &["unknown-label"], 1);
    let inside = client.find(NAME, "\"lo\"") + "\"lo".len();
    let completion = client.ask_at("textDocument/completion", NAME, inside);
    assert_eq!(labels(&completion)[0], "login", "the most probable first");
    assert_eq!(labels(&completion).len(), 3);
    take(&mut client, NAME, &completion, "login");
    assert!(client.text(NAME).ends_with("{\"text\": \"password rejected again\", \"label\": \"login\"}\n"));
    client.wait_for_codes(NAME, &["unknown-label"], 0);
    client.suggestions(NAME, 1);
}

#[test]
fn completion_fills_an_empty_string_and_a_cell() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let inside = client.find(NAME, "\"label\": \"\"") + "\"label\": \"".len();
    let completion = client.ask_at("textDocument/completion", NAME, inside);
    take(&mut client, NAME, &completion, "other");
    assert!(client.text(NAME).ends_with("{\"text\": \"password rejected again\", \"label\": \"other\"}\n"));

    let end = client.find("rows.csv", ",lo\n") + ",lo".len();
    let completion = client.ask_at("textDocument/completion", "rows.csv", end);
    assert_eq!(labels(&completion)[0], "login");
    take(&mut client, "rows.csv", &completion, "login");
    let empty = client.find("rows.csv", "invoice\",\n") + "invoice\",".len();
    let completion = client.ask_at("textDocument/completion", "rows.csv", empty);
    take(&mut client, "rows.csv", &completion, "billing");
    assert_eq!(client.text("rows.csv"), "text,label\n\"a charge, on the invoice\",billing\npassword rejected,login\n");
    client.suggestions("rows.csv", 0);
    client.suggestions(NAME, 1);
}

#[test]
fn before_anything_is_learned_the_closed_set_is_offered_with_its_guidelines() {
    let workspace = Workspace::new(FIXTURE);
    workspace.write(NAME, "{\"text\": \"the first row\", \"label\": \"\"}\n");
    workspace.write("rows.csv", "text,label\n");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let inside = client.find(NAME, "\"\"") + 1;
    let completion = client.ask_at("textDocument/completion", NAME, inside);
    assert_eq!(labels(&completion), ["billing", "login", "other"], "in the order of gloss.toml");
    assert_eq!(completion[0]["detail"], "Charges and invoices");
    take(&mut client, NAME, &completion, "login");
    assert_eq!(client.text(NAME), "{\"text\": \"the first row\", \"label\": \"login\"}\n");
}

#[test]
fn nothing_is_completed_in_a_text() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let inside = client.find(NAME, "another charge");
    let completion = client.ask_at("textDocument/completion", NAME, inside);
    assert_eq!(labels(&completion), Vec::<&str>::new());
}

#[test]
fn hints_of_a_range_are_those_of_its_rows_and_accept_with_their_edits() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let labelled = client.find(NAME, "do you have jobs");
    assert_eq!(client.hints(NAME, 0..labelled), Vec::<Value>::new(), "these rows have labels");

    let row = client.find(NAME, "another charge");
    let hints = client.hints(NAME, row..row + 1);
    let [hint] = &hints[..] else { panic!("one row, one hint: {hints:?}") };
    let shown = hint["label"].as_str().expect("a label");
    assert!(shown.starts_with("billing ") && shown.ends_with('%'), "{shown}");
    assert_eq!(hint["paddingLeft"], true);
    let edit = serde_json::json!({ "changes": { workspace.uri(NAME): hint["textEdits"] } });
    client.apply(&edit).expect("edits that fit");
    assert!(client.text(NAME).contains(r#"{"text": "another charge on the invoice", "label": "billing"}"#));
    client.suggestions(NAME, 1);
    let row = client.find(NAME, "another charge");
    assert_eq!(client.hints(NAME, row..row + 1), Vec::<Value>::new());
}
