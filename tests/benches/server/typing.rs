//! From key to notes in a large buffer, while the server learns in the background.

use std::{
    fs,
    ops::Range,
    time::{Duration, Instant},
};

use e2e::{Client, Workspace, encoder::Chance};
use serde_json::{Value, json};

use crate::{
    NAME,
    data::{self, Example},
    editor,
    report::{Figure, megabytes, milliseconds, quantile},
};

const ROWS: usize = 100_000;
const LABELLED: usize = 10_000;
/// Bytes of a text, about.
const LENGTH: usize = 170;
const KEYS: usize = 400;
const KEYS_A_SAVE: usize = 40;
/// Odd, so that labels too grow at times and shrink at others.
const KEYS_A_LABEL: usize = 9;

pub(crate) fn measure(examples: &[Example]) -> Vec<Figure> {
    let mut chance = Chance(1);
    let workspace = Workspace::new("");
    let source = source(examples, &mut chance);
    let size = source.len() as u64;
    workspace.write(NAME, source);
    let mut client = editor(&workspace, "none");
    client.open(NAME);
    let opened = client.sent();
    let notes = client.wait_for_diagnostics(NAME, "any notes", |_| true);
    let first = client.wait_for_model(NAME, 0);

    let mut model = first.model_version().expect("just seen");
    let mut times: Vec<Duration> = Vec::new();
    for key in 1..=KEYS {
        press(&mut client, key, &mut chance);
        let pressed = client.sent();
        let picture = client.wait_for_diagnostics(NAME, "the notes of this version", |_| true);
        times.push(picture.arrived.duration_since(pressed));
        model = model.max(picture.model_version().unwrap_or(0));
        if key.is_multiple_of(KEYS_A_SAVE) {
            client.save(NAME);
        }
    }
    client.wait_for_model(NAME, model);
    let (actions, hints, all_hints) = ask(&mut client);
    let (resident, peak) = memory(client.process_id());
    client.finish();
    vec![
        megabytes("file", size),
        milliseconds("open to first notes of any kind", notes.arrived.duration_since(opened)),
        milliseconds("open to first suggestions", first.arrived.duration_since(opened)),
        milliseconds("key to notes, median", quantile(&times, 0.5)),
        milliseconds("key to notes, p99", quantile(&times, 0.99)),
        milliseconds("key to notes, worst", quantile(&times, 1.0)),
        milliseconds("code actions of a row, median", quantile(&actions, 0.5)),
        milliseconds("hints of 60 rows, median", quantile(&hints, 0.5)),
        milliseconds("hints of the whole buffer, median", quantile(&all_hints, 0.5)),
        megabytes("resident at the end", resident),
        megabytes("resident at most", peak),
        Figure { name: "resident at the end / file", value: resident as f64 / size as f64, unit: "x" },
        Figure { name: "resident at most / file", value: peak as f64 / size as f64, unit: "x" },
    ]
}

/// What an editor asks as the cursor moves and the window scrolls: seconds until the answers are here.
fn ask(client: &mut Client) -> (Vec<Duration>, Vec<Duration>, Vec<Duration>) {
    let (mut actions, mut hints, mut all_hints) = (Vec::new(), Vec::new(), Vec::new());
    let time = |client: &mut Client, into: &mut Vec<Duration>, method: &str, params: Value| {
        let start = Instant::now();
        client.request(method, params);
        into.push(start.elapsed());
    };
    for turn in 0..20 {
        let document = client.identify(NAME);
        let lines = |from: usize, to: usize| json!({ "start": { "line": from, "character": 0 }, "end": { "line": to, "character": 0 } });
        let at = turn * ROWS / 20;
        let context = json!({ "diagnostics": [] });
        let params = json!({ "textDocument": document, "range": lines(at, at), "context": context });
        time(client, &mut actions, "textDocument/codeAction", params);
        let params = json!({ "textDocument": document, "range": lines(at, at + 60) });
        time(client, &mut hints, "textDocument/inlayHint", params);
        if turn < 5 {
            let params = json!({ "textDocument": document, "range": lines(0, ROWS) });
            time(client, &mut all_hints, "textDocument/inlayHint", params);
        }
    }
    (actions, hints, all_hints)
}

/// Texts begin as one example and end as another of the same label, so that all differ and a label still means something.
fn source(examples: &[Example], chance: &mut Chance) -> String {
    let row = |index: usize| {
        let label = &examples[chance.below(examples.len())].label;
        let mut half = || {
            let mut at = chance.below(examples.len());
            while examples[at % examples.len()].label != *label {
                at += 1;
            }
            clip(&examples[at % examples.len()].text, LENGTH / 2)
        };
        let text = format!("{} {}", half(), half());
        data::row(&text, index.is_multiple_of(ROWS / LABELLED).then_some(label.as_str()))
    };
    (0..ROWS).map(row).collect()
}

/// The first so many bytes, to the end of a character.
fn clip(text: &str, length: usize) -> &str {
    &text[..(0..=length.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)]
}

/// One character more or less, somewhere in the file: mostly in a text, at times in a label.
fn press(client: &mut Client, key: usize, chance: &mut Chance) {
    let row = chance.below(ROWS / 10) * 10; // a labelled one
    let (row, field) =
        if key.is_multiple_of(KEYS_A_LABEL) { (row, "\"label\": \"") } else { (chance.below(ROWS), "\"text\": \"") };
    let at = place(client.text(NAME), row, field);
    if key.is_multiple_of(2) {
        client.edit(NAME, at, "");
    } else {
        client.edit(NAME, at.start..at.start, "e");
    }
}

/// The second character of a row's field, if it can be taken away alone.
fn place(source: &str, row: usize, field: &str) -> Range<usize> {
    let start = row.checked_sub(1).map_or(0, |before| source.match_indices('\n').nth(before).expect("a row").0 + 1);
    let value = start + source[start..].find(field).expect("a row with this field") + field.len();
    let second = |(at, character): (usize, char)| value + at..value + at + character.len_utf8();
    let plain = |(_, character): &(usize, char)| character.is_alphanumeric();
    source[value..].char_indices().skip(1).find(plain).map(second).expect("a character")
}

/// Bytes that the process holds in memory, now and at most.
pub(crate) fn memory(process: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
    };
    (bytes("VmRSS"), bytes("VmHWM"))
}
