//! From save to new notes: 10,000 rows, 1,000 of them labelled. With the lexical classifier, and with a probe whose texts are embedded.

use std::{
    ops::Range,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use e2e::{Client, Workspace};

use crate::{
    NAME,
    data::{self, Example},
    editor,
    report::{Figure, megabytes, milliseconds, quantile},
    typing,
};

const ROWS: usize = 10_000;
pub(crate) const LABELLED: usize = 1_000;
const ROUNDS: usize = 20;
const READING: Duration = Duration::from_secs(3);
pub(crate) const APART: usize = ROWS / 2 / LABELLED;

pub(crate) fn measure(examples: &[Example]) -> Vec<Figure> {
    let workspace = Workspace::new("");
    workspace.write(NAME, source(examples));
    let mut client = editor(&workspace, "none");
    let mut figures = Vec::new();
    saves(&mut client, ROUNDS, &mut figures);
    client.finish();
    figures
}

/// `gloss train` embeds and stores before the editor starts.
pub(crate) fn measure_probe(examples: &[Example], encoder: &str) -> Vec<Figure> {
    measure_stored(examples, encoder, "[train]\nstrategy = \"head\"\n", "probe")
}

/// It also trains the encoder.
pub(crate) fn measure_tuned(examples: &[Example], encoder: &str) -> Vec<Figure> {
    measure_stored(examples, encoder, "", "fine-tuned")
}

fn measure_stored(examples: &[Example], encoder: &str, config: &str, step: &str) -> Vec<Figure> {
    let workspace = Workspace::new("");
    workspace.write("gloss.toml", config);
    workspace.write(NAME, source(examples));
    let started = Instant::now();
    let trained = Command::new(e2e::gloss())
        .arg("train")
        .current_dir(workspace.root())
        .env("XDG_CACHE_HOME", workspace.home().join("cache"))
        .env("GLOSS_ENCODER", encoder)
        .output()
        .expect("gloss train");
    let report = String::from_utf8_lossy(&trained.stdout);
    assert!(
        report.contains(&format!("{step} classifier")),
        "the {step} classifier does not serve:\n{report}{}",
        String::from_utf8_lossy(&trained.stderr)
    );
    let mut figures = vec![milliseconds("gloss train, nothing embedded before", started.elapsed())];
    let mut client = editor(&workspace, encoder);
    saves(&mut client, ROUNDS, &mut figures);
    figures.push(megabytes("resident memory, most", typing::memory(client.process_id()).1));
    client.finish();
    figures
}

fn saves(client: &mut Client, rounds: usize, figures: &mut Vec<Figure>) {
    client.open(NAME);
    let opened = client.sent();
    let first = client.wait_for_model(NAME, 0);
    let mut model = first.model_version().expect("just seen");
    figures.push(milliseconds("open to first suggestions", first.arrived.duration_since(opened)));
    // Who opens a file reads before they write.
    thread::sleep(READING);
    let mut times = |edit: &dyn Fn(&mut Client, usize)| -> Vec<Duration> {
        let save = |round| {
            edit(client, round * (ROWS / 2 / ROUNDS));
            client.save(NAME);
            let saved = client.sent();
            // The edit alone brings notes too, of the old model.
            let picture = client.wait_for_model(NAME, model);
            model = picture.model_version().expect("just seen");
            picture.arrived.duration_since(saved)
        };
        (0..rounds).map(save).collect()
    };
    let changed = times(&correct);
    let labelled = times(&|client, row| label(client, ROWS / 2 + row));
    figures.push(milliseconds("save to notes of the new model, median", quantile(&changed, 0.5)));
    figures.push(milliseconds("the same, worst: the first", quantile(&changed, 1.0)));
    figures.push(milliseconds("where a row more has a label, median", quantile(&labelled, 0.5)));
    figures.push(milliseconds("the same, worst", quantile(&labelled, 1.0)));
}

/// Of the first half every fifth row has its label. Texts that come again, told apart by a number, are none of these: a label
/// would give another away.
pub(crate) fn source(examples: &[Example]) -> String {
    let row = |index: usize| {
        let Example { text, label } = &examples[index % examples.len()];
        let repeat = index / examples.len();
        let text = if repeat == 0 { text.clone() } else { format!("{text} ({repeat})") };
        data::row(&text, (index < ROWS / 2 && index.is_multiple_of(APART)).then_some(label.as_str()))
    };
    (0..ROWS).map(row).collect()
}

/// Gives a row without a label one.
fn label(client: &mut Client, row: usize) {
    let end = line(client, row).end - "}".len();
    client.edit(NAME, end..end, ", \"label\": \"sports\"");
}

/// Where a row stands, without its line's end.
fn line(client: &Client, row: usize) -> Range<usize> {
    let source = client.text(NAME);
    let start: usize = source.split_inclusive('\n').take(row).map(str::len).sum();
    start..start + source[start..].lines().next().expect("a row").len()
}

/// Gives a labelled row another label, as one quick edit.
pub(crate) fn correct(client: &mut Client, row: usize) {
    let Range { start, end } = line(client, row);
    let source = client.text(NAME);
    let line = &source[start..end];
    let key = "\"label\": \"";
    let from = start + line.rfind(key).expect("a labelled row") + key.len();
    let to = start + line.len() - "\"}".len();
    let other = if &source[from..to] == "sports" { "world" } else { "sports" };
    client.edit(NAME, from..to, other);
}
