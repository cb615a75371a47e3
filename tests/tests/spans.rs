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

/// What is offered there.
fn titles(client: &mut Client, range: &Value) -> Vec<String> {
    let actions = client.code_actions(NAME, range);
    actions.iter().filter_map(|action| action["title"].as_str().map(str::to_owned)).collect()
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

#[test]
fn offsets_that_do_not_fit_are_set_or_the_span_is_removed() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let problem = client.wait_for_codes(NAME, &["invalid-row"], 1).remove(0);
    let titles = titles(&mut client, &problem["range"]);
    assert_eq!(titles, ["Set to 0–7: `Nothing`", "Remove `city` (0–99)"]);
    client.choose(NAME, &problem["range"], "Set to 0–7: `Nothing`");
    assert!(line(&client, 2).contains(r#"[{"start": 0, "end": 7, "label": "city"}]"#), "{}", line(&client, 2));
    client.wait_for_codes(NAME, &["invalid-row"], 0);
    client.ignore_diagnostics(NAME);
}

#[test]
fn offsets_that_count_utf_16_are_found_out() {
    let source = concat!(
        "{\"text\": \"😀 to Rome\", \"spans\": [{\"start\": 6, \"end\": 10, \"label\": \"city\"}]}\n",
        "{\"text\": \"😀 to Rome now\", \"spans\": [{\"start\": 6, \"end\": 10, \"label\": \"city\"}]}\n",
    );
    let workspace = Workspace::new(FIXTURE);
    workspace.write(NAME, source);
    let mut client = opened(&workspace);
    let outside = client.wait_for_codes(NAME, &["invalid-row"], 1).remove(0);
    let cut = client.wait_for_codes(NAME, &["cut-word"], 1).remove(0);
    let count = "Read offsets as UTF-16 units: set `offsets` in gloss.toml";
    for place in [&outside, &cut] {
        assert!(titles(&mut client, &place["range"]).iter().any(|title| title == count));
    }
    client.open("gloss.toml");
    client.choose(NAME, &outside["range"], count);
    assert!(client.text("gloss.toml").contains("[dataset]\noffsets = \"utf-16\"\nfiles"));
    client.save("gloss.toml");
    client.wait_for_codes(NAME, &["invalid-row", "cut-word"], 0);
    assert_eq!(client.text(NAME), source, "the file itself was right");
    client.ignore_diagnostics(NAME);
    client.ignore_diagnostics("gloss.toml");
}

const NOTES: &str = "On 4 May the night train from Paris to Madrid was cancelled.";

/// The travel notes, once spans are suggested.
fn suggested(workspace: &Workspace) -> (Client<'_>, Vec<Value>) {
    let mut client = opened(workspace);
    let line = client.position(NAME, client.find(NAME, NOTES))["line"].clone();
    let is_on_it = move |diagnostic: &&Value| {
        matches!(diagnostic["code"].as_str(), Some("suggestion" | "label-next"))
            && diagnostic["range"]["start"]["line"] == line
    };
    let picture = client.wait_for_diagnostics(NAME, "suggested spans", |all| all.iter().any(|one| is_on_it(&one)));
    let suggestions = picture.diagnostics.iter().filter(is_on_it).cloned().collect();
    (client, suggestions)
}

#[test]
fn spans_are_suggested_on_their_characters_and_accepted_one_by_one() {
    let workspace = Workspace::from_fixtures("travel-notes");
    let (mut client, suggestions) = suggested(&workspace);
    let train = suggestions.iter().find(|one| client.slice(NAME, &one["range"]) == "night train");
    let train = train.unwrap_or_else(|| panic!("the train is not found: {suggestions:#?}")).clone();
    assert_eq!((&train["data"]["label"], &train["data"]["classifier"]), (&json!("transport"), &json!("lexical")));
    let actions = client.code_actions(NAME, &train["range"]);
    let preferred: Vec<&Value> = actions.iter().filter(|action| action["isPreferred"] == true).collect();
    assert_eq!(preferred.len(), 1);
    assert!(
        preferred[0]["title"].as_str().is_some_and(|title| title.starts_with("Label `night train` as `transport` ("))
    );
    let accept = preferred[0].clone();
    client.run_action(&accept);
    let row = client.text(NAME).lines().find(|line| line.contains(NOTES)).expect("the row").to_owned();
    assert!(row.ends_with(r#""spans": [{"start": 13, "end": 24, "label": "transport"}]}"#), "{row}");
    client.ignore_diagnostics(NAME);
}

#[test]
fn all_spans_of_a_row_are_accepted_and_learned_at_the_save() {
    let workspace = Workspace::from_fixtures("travel-notes");
    let (mut client, suggestions) = suggested(&workspace);
    let version = suggestions[0]["data"]["model_version"].as_u64().expect("a version");
    client.choose(NAME, &suggestions[0]["range"], "Accept all ");
    let row = client.text(NAME).lines().find(|line| line.contains(NOTES)).expect("the row").to_owned();
    let written: Value = serde_json::from_str(&row).expect("a row");
    assert_eq!(written["spans"].as_array().map(Vec::len), Some(suggestions.len()), "{row}");
    client.save(NAME);
    client.wait_for_model(NAME, version);
    client.ignore_diagnostics(NAME);
}

#[test]
fn hints_stand_behind_suggested_spans_and_the_line_above_has_their_f1() {
    let workspace = Workspace::from_fixtures("travel-notes");
    let (mut client, suggestions) = suggested(&workspace);
    let row = client.find(NAME, NOTES);
    let document = client.identify(NAME);
    let range = client.range(NAME, row..row + NOTES.len());
    let hints = client.request("textDocument/inlayHint", json!({ "textDocument": document, "range": range }));
    let hints = hints.as_array().expect("hints").clone();
    assert_eq!(hints.len(), suggestions.len());
    for (hint, suggestion) in hints.iter().zip(&suggestions) {
        assert_eq!(hint["position"], suggestion["range"]["end"]);
        assert_eq!(hint["textEdits"].as_array().map(Vec::len), Some(1));
    }
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": document }));
    let title = lenses[0]["command"]["title"].as_str().expect("a title");
    assert!(title.contains("36 of 44 rows labelled · lexical · held-out F1 "), "{title}");
    let hover = client.ask_at("textDocument/hover", NAME, row + NOTES.find("Paris").expect("there"));
    let says = hover["contents"]["value"].as_str().expect("a hover");
    assert!(says.starts_with("Paris") && says.contains("`place` "), "{says}");
    client.ignore_diagnostics(NAME);
}
