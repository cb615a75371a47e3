//! Broken rows are reported each on its line, and the others go on working. fixtures/messy holds one of every kind, and
//! its BROKEN.md says which.

use e2e::{Client, Workspace};

const NAME: &str = "messy.jsonl";
const CODES: [&str; 4] = ["invalid-row", "unknown-label", "duplicate", "conflicting-duplicate"];

/// `(line, code)` of every row of the table that expects a diagnostic.
fn table(workspace: &Workspace) -> Vec<(u64, String)> {
    let page = workspace.read("BROKEN.md");
    let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows = cells.filter_map(|(line, rest)| Some((line.parse().ok()?, rest.split(" | ").next()?.to_owned())));
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 40, "the table was not read: {rows:?}");
    rows.into_iter().filter(|(_, code)| code != "none").collect()
}

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    // Read as bytes are: the file ends some lines with CRLF.
    client.open(NAME);
    client
}

#[test]
fn the_table_of_broken_rows_is_what_the_server_says() {
    let workspace = Workspace::from_fixtures("messy");
    let expected = table(&workspace);
    let mut client = opened(&workspace);
    let found = client.wait_for_codes(NAME, &CODES, expected.len());
    let found: Vec<_> = found
        .iter()
        .map(|diagnostic| {
            let line = diagnostic["range"]["start"]["line"].as_u64().expect("a line") + 1;
            (line, diagnostic["code"].as_str().expect("a code").to_owned())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_offending_part_is_underlined() {
    let workspace = Workspace::from_fixtures("messy");
    let expected = table(&workspace);
    let mut client = opened(&workspace);
    let found = client.wait_for_codes(NAME, &CODES, expected.len());
    let part = |line: u64| {
        let on_line = found.iter().find(|diagnostic| diagnostic["range"]["start"]["line"] == line - 1);
        client.slice(NAME, &on_line.expect("one on this line")["range"]).to_owned()
    };
    assert_eq!(part(49), r#"{"en": "Noise from the pub"}"#, "text is an object");
    assert_eq!(part(52), r#""   ""#, "text of blanks");
    assert_eq!(part(61), r#"["roads", "water"]"#, "a list as label");
    assert_eq!(part(64), r"\x", "no such escape");
    assert_eq!(part(67), "true", "a boolean as label");
    assert_eq!(part(78), r"\ud83d", "half an emoji");
    assert_eq!(part(87), "\"nosie\"");
}

#[test]
fn good_rows_go_on_working_beside_broken_ones() {
    let workspace = Workspace::from_fixtures("messy");
    let mut client = opened(&workspace);
    client.wait_for_model(NAME, 0);
    let row = client.find(NAME, "We've had no water since 8 o'clock");
    let hints = client.hints(NAME, row..row + 1);
    assert_eq!(hints.len(), 1, "{hints:?}");
    assert!(hints[0]["textEdits"][0]["newText"].as_str().is_some_and(|text| text.contains("label")));
}

#[test]
fn a_row_breaks_while_it_is_typed_and_is_whole_again_after() {
    let workspace = Workspace::from_fixtures("messy");
    let count = table(&workspace).iter().filter(|(_, code)| code == "invalid-row").count();
    let mut client = opened(&workspace);
    client.wait_for_codes(NAME, &["invalid-row"], count);
    let whole = r#"{"text": "Hole in the road by the mill", "label": 3}"#;
    client.replace(NAME, whole, r#"{"text": "Hole in the road by the mill", "label": "ro"#);
    let found = client.wait_for_codes(NAME, &["invalid-row"], count + 1);
    assert!(found.iter().any(|diagnostic| diagnostic["range"]["start"]["line"] == 2));
    let half = r#""Hole in the road by the mill", "label": "ro"#;
    client.replace(NAME, half, r#""Hole in the road by the mill", "label": "roads"}"#);
    client.wait_for_codes(NAME, &["invalid-row"], count);
    // The last broken row taken away, none is left behind by the many edits.
    let messy = client.text(NAME).len();
    client.edit(NAME, 0..messy, "{\"text\": \"all new\", \"label\": \"roads\"}\n");
    client.wait_for_codes(NAME, &CODES, 0);
    client.ignore_diagnostics(NAME);
}
