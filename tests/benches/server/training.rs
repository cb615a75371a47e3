//! What the training of an encoder costs those who work meanwhile: how late a thread of the foreground wakes up, and how long a
//! cancel takes to be obeyed.

use std::{
    thread,
    time::{Duration, Instant},
};

use e2e::{Client, Workspace, encoder::Chance};
use serde_json::{Value, json};

use crate::{
    NAME,
    data::Example,
    editor,
    report::{Figure, milliseconds, quantile},
    save,
};

const SLEEP: Duration = Duration::from_millis(1);
const WATCHED: Duration = Duration::from_secs(8);
const CANCELS: usize = 20;
/// Labels changed after each.
const OTHERS: usize = save::LABELLED / 8;
/// Reports after which a cancel comes, at most: so that it meets any moment of a step.
const REPORTS: usize = 6;

pub(crate) fn measure(examples: &[Example], encoder: &str) -> Vec<Figure> {
    let workspace = Workspace::new("");
    workspace.write("gloss.toml", "[train]\nbudget = \"10m\"\n");
    workspace.write(NAME, save::source(examples));
    let mut client = editor(&workspace, encoder);
    let idle = wake_ups();
    client.open(NAME);
    let mut token = training(&mut client, &Value::Null);
    let busy = wake_ups();
    let (mut model, mut times, mut chance) = (0, Vec::new(), Chance(1));
    for round in 0..CANCELS {
        (0..chance.below(REPORTS)).for_each(|_| token = training(&mut client, &Value::Null));
        // A little later than a report, which comes at the end of a step.
        thread::sleep(SLEEP * chance.below(300) as u32);
        client.notify("window/workDoneProgress/cancel", json!({ "token": token }));
        let cancelled = Instant::now();
        while client.wait_for_progress("end")["token"] != token {}
        times.push(cancelled.elapsed());
        // So many that the training begins anew: it would come to its end before the last cancel.
        (0..OTHERS).for_each(|row| save::correct(&mut client, (round + row * CANCELS) % save::LABELLED * save::APART));
        client.save(NAME);
        model = client.wait_for_model(NAME, model).model_version().expect("just seen");
        token = training(&mut client, &token);
    }
    client.finish();
    vec![
        milliseconds("wake-up after 1 ms of sleep, late by, p99", quantile(&idle, 0.99)),
        milliseconds("the same, worst", quantile(&idle, 1.0)),
        milliseconds("while an encoder is trained, p99", quantile(&busy, 0.99)),
        milliseconds("the same, worst", quantile(&busy, 1.0)),
        milliseconds("cancel of a training to its end, median", quantile(&times, 0.5)),
        milliseconds("the same, worst", quantile(&times, 1.0)),
    ]
}

/// Waits until the encoder is being trained, in other work than this, and answers that work's token.
fn training(client: &mut Client, ended: &Value) -> Value {
    loop {
        let report = client.wait_for_progress("report");
        if report["value"]["message"] == "Fine-tuning" && report["token"] != *ended {
            return report["token"].clone();
        }
    }
}

/// How late a thread wakes up that sleeps a moment, again and again.
fn wake_ups() -> Vec<Duration> {
    let end = Instant::now() + WATCHED;
    let mut late = Vec::new();
    while Instant::now() < end {
        let started = Instant::now();
        thread::sleep(SLEEP);
        late.push(started.elapsed().saturating_sub(SLEEP));
    }
    late
}
