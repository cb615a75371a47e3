//! Spans as a client sees them: on the very characters of the text, labelled by a selection, moved, relabelled and removed.

use e2e::{Client, Workspace};
use serde_json::{Value, json};

const NAME: &str = "notes.jsonl";
const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl"]
    task = "spans"
    [labels]
    city = "Towns"
    date = "Days"
    //- notes.jsonl
    {"text": "\ud83d\ude00 to 北京 or \"Paris\" on Monday", "spans": [{"start": 5, "end": 7, "label": "city"}]}
    {"text": "In Berl", "spans": [{"start": 3, "end": 6, "label": "city"}]}
    {"text": "Nothing", "spans": [{"start": 0, "end": 99, "label": "city"}]}
    {"text": "To Rome", "spans": [{"start": 3, "end": 7, "label": "citi"}]}
    "#;

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client
}

fn line(client: &Client, row: usize) -> String {
    client.text(NAME).lines().nth(row).expect("the row").to_owned()
}

/// The range of the characters in the file.
fn range_of(client: &Client, part: &str) -> Value {
    let start = client.find(NAME, part);
    client.range(NAME, start..start + part.len())
}

#[test]
fn a_span_stands_on_its_characters() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let spans = client.wait_for_codes(NAME, &["span"], 3);
    let parts: Vec<&str> = spans.iter().map(|span| client.slice(NAME, &span["range"])).collect();
    assert_eq!(parts, ["北京", "Ber", "Rome"]);
    assert_eq!((&spans[0]["severity"], &spans[0]["message"]), (&json!(4), &json!("`city`: `北京`")));
    let problem = client.wait_for_codes(NAME, &["invalid-row"], 1).remove(0);
    assert_eq!(client.slice(NAME, &problem["range"]), r#"{"start": 0, "end": 99, "label": "city"}"#);
    client.ignore_diagnostics(NAME);
}

#[test]
fn a_selection_is_labelled() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    client.wait_for_codes(NAME, &["span"], 3);
    let paris = range_of(&client, "Paris");
    client.choose(NAME, &paris, "Label `Paris` as `city`");
    let city = r#"{"start": 5, "end": 7, "label": "city"}"#;
    assert!(
        line(&client, 0).contains(&format!(r#"[{city}, {{"start": 12, "end": 17, "label": "city"}}]"#)),
        "{}",
        line(&client, 0)
    );
    // Without a selection, the word under the cursor.
    let monday = client.find(NAME, "Monday") + 2;
    let cursor = client.range(NAME, monday..monday);
    client.choose(NAME, &cursor, "Label `Monday` as `date`");
    assert!(line(&client, 0).ends_with(r#"{"start": 22, "end": 28, "label": "date"}]}"#), "{}", line(&client, 0));
    client.wait_for_codes(NAME, &["span"], 5);
    client.ignore_diagnostics(NAME);
}

#[test]
fn a_span_is_relabelled_moved_and_removed() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    client.wait_for_codes(NAME, &["span"], 3);
    let beijing = range_of(&client, "北京");
    client.choose(NAME, &beijing, "Relabel `北京` as `date`");
    assert!(line(&client, 0).contains(r#"{"start": 5, "end": 7, "label": "date"}"#), "{}", line(&client, 0));
    let wider = range_of(&client, "to 北京");
    client.choose(NAME, &wider, "Move `date` to `to 北京`");
    assert!(line(&client, 0).contains(r#"{"start": 2, "end": 7, "label": "date"}"#), "{}", line(&client, 0));
    let written = client.find(NAME, r#"{"start": 2"#);
    let written = client.range(NAME, written..written);
    client.choose(NAME, &written, "Remove `date` from `to 北京`");
    assert!(line(&client, 0).ends_with(r#""spans": []}"#), "{}", line(&client, 0));
    client.ignore_diagnostics(NAME);
}

#[test]
fn a_word_that_is_cut_and_an_unknown_label_are_mended() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let cut = client.wait_for_codes(NAME, &["cut-word"], 1).remove(0);
    assert_eq!(client.slice(NAME, &cut["range"]), "Ber");
    client.choose(NAME, &cut["range"], "Grow `city` to `Berl`");
    assert!(line(&client, 1).contains(r#"{"start": 3, "end": 7, "label": "city"}"#), "{}", line(&client, 1));
    client.wait_for_codes(NAME, &["cut-word"], 0);
    let unknown = client.wait_for_codes(NAME, &["unknown-label"], 1).remove(0);
    client.choose(NAME, &unknown["range"], "Replace `citi` by `city`");
    client.wait_for_codes(NAME, &["unknown-label"], 0);
    client.ignore_diagnostics(NAME);
}
