//! From save to new notes: 10,000 rows, 1,000 of them labelled.

use std::time::Duration;

use e2e::Workspace;

use crate::{
    NAME,
    data::{self, Example},
    editor,
    report::{Figure, milliseconds, quantile},
};

const ROWS: usize = 10_000;
const LABELLED: usize = 1_000;
const ROUNDS: usize = 20;

pub(crate) fn measure(examples: &[Example]) -> Vec<Figure> {
    let workspace = Workspace::new("");
    workspace.write(NAME, source(examples));
    let mut client = editor(&workspace);
    client.open(NAME);
    let opened = client.sent();
    let first = client.wait_for_model(NAME, 0);
    let mut model = first.model_version().expect("just seen");

    let mut times: Vec<Duration> = Vec::new();
    for round in 0..ROUNDS {
        correct(&mut client, round * (ROWS / ROUNDS));
        client.save(NAME);
        let saved = client.sent();
        // The edit alone brings notes too, of the old model.
        let picture = client.wait_for_model(NAME, model);
        times.push(picture.arrived.duration_since(saved));
        model = picture.model_version().expect("just seen");
    }
    client.finish();
    vec![
        milliseconds("open to first suggestions", first.arrived.duration_since(opened)),
        milliseconds("save to notes of the new model, median", quantile(&times, 0.5)),
        milliseconds("save to notes of the new model, worst", quantile(&times, 1.0)),
    ]
}

/// Every tenth row has its label. Texts that come again are told apart by a number.
fn source(examples: &[Example]) -> String {
    let row = |index: usize| {
        let Example { text, label } = &examples[index % examples.len()];
        let repeat = index / examples.len();
        let text = if repeat == 0 { text.clone() } else { format!("{text} ({repeat})") };
        data::row(&text, index.is_multiple_of(ROWS / LABELLED).then_some(label.as_str()))
    };
    (0..ROWS).map(row).collect()
}

/// Gives a labelled row another label, as one quick edit.
fn correct(client: &mut e2e::Client, row: usize) {
    let source = client.text(NAME);
    let start: usize = source.split_inclusive('\n').take(row).map(str::len).sum();
    let line = source[start..].lines().next().expect("a row");
    let key = "\"label\": \"";
    let from = start + line.rfind(key).expect("a labelled row") + key.len();
    let to = start + line.len() - "\"}".len();
    let other = if &source[from..to] == "sports" { "world" } else { "sports" };
    client.edit(NAME, from..to, other);
}
