//! A label of many rows in many files: its references, and another name for it.

use std::{fmt::Write, time::Instant};

use e2e::Workspace;
use serde_json::json;

use crate::{
    data::{self, Example},
    editor,
    report::{Figure, megabytes, milliseconds},
};

const ROWS: usize = 100_000;
const FILES: usize = 50;
/// One row in so many has no label.
const OPEN: usize = 10;

pub(crate) fn measure(examples: &[Example]) -> Vec<Figure> {
    let workspace = Workspace::new("");
    workspace.write("gloss.toml", "[dataset]\nfiles = [\"rows-*.jsonl\"]\n");
    let (mut size, mut renamed) = (0, 0);
    let label = &examples[0].label;
    for file in 0..FILES {
        let mut source = String::new();
        for row in (file * ROWS / FILES)..((file + 1) * ROWS / FILES) {
            let example = &examples[row % examples.len()];
            let given = Some(example.label.as_str()).filter(|_| row == 0 || row % OPEN != 1);
            renamed += usize::from(given == Some(label));
            let _ = write!(source, "{}", data::row(&example.text, given));
        }
        size += source.len() as u64;
        workspace.write(&name(file), source);
    }
    let mut client = editor(&workspace, "none");
    client.open(&name(0));
    client.wait_for_diagnostics(&name(0), "any notes", |_| true);
    let at =
        client.text(&name(0)).find(&format!("\"label\": \"{label}\"")).expect("the first row") + "\"label\": \"".len();
    let place = json!({ "textDocument": client.identify(&name(0)), "position": client.position(&name(0), at) });

    let mut asked = |method: &str, more: serde_json::Value| {
        let mut params = place.clone();
        more.as_object().into_iter().flatten().for_each(|(key, value)| params[key] = value.clone());
        let start = Instant::now();
        (client.request(method, params), start.elapsed())
    };
    let (found, references) = asked("textDocument/references", json!({ "context": { "includeDeclaration": true } }));
    assert_eq!(found.as_array().map(Vec::len), Some(renamed));
    let (edit, rename) = asked("textDocument/rename", json!({ "newName": "another name" }));
    let edits = edit["documentChanges"].as_array().into_iter().flatten().filter_map(|file| file["edits"].as_array());
    assert_eq!(edits.map(Vec::len).sum::<usize>(), renamed);
    let (_, hover) = asked("textDocument/hover", json!({}));
    let (_, symbols) = asked("textDocument/documentSymbol", json!({}));
    let (_, found) = asked("workspace/symbol", json!({ "query": "no row has this in it" }));
    client.finish();
    vec![
        megabytes("files", size),
        Figure { name: "rows with the label", value: renamed as f64, unit: "rows" },
        milliseconds("references", references),
        milliseconds("rename", rename),
        milliseconds("hover on a label", hover),
        milliseconds("symbols of a file", symbols),
        milliseconds("search in all rows, in vain", found),
    ]
}

fn name(file: usize) -> String {
    format!("rows-{file:02}.jsonl")
}
