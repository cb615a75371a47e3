//! Up the ladder with an encoder: words and letters answer first, then a probe on the encoder, then the encoder trained.

use std::{
    fs::{self, File},
    path::PathBuf,
    thread,
    time::{Duration, Instant, SystemTime},
};

use e2e::{
    Client, Setup, Workspace,
    encoder::{self, Chance, Fault, LABELS},
};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";
const LABELLED: usize = 160;
const UNLABELLED: usize = 340;
const STEPS: [&str; 3] = ["lexical", "probe", "fine-tuned"];
const KILLS: u64 = 8;
/// Only a fault reaches it.
const PATIENCE: Duration = Duration::from_secs(300);

/// A file of which a part is labelled, beside an encoder.
fn half_labelled(fault: Fault) -> Workspace {
    let workspace = Workspace::new("");
    encoder::write(&workspace.path("encoder"), fault);
    workspace.write("gloss.toml", "[model]\nencoder = \"encoder\"\n");
    workspace.write(NAME, encoder::rows(LABELLED, UNLABELLED));
    workspace
}

fn is_by(step: &str, diagnostic: &Value) -> bool {
    diagnostic["code"] == "suggestion" && diagnostic["data"]["classifier"] == step
}

/// Waits until this step speaks of a row.
fn wait_for_step(client: &mut Client, step: &str) {
    client.wait_for_diagnostics(NAME, &format!("suggestions by the {step} classifier"), |diagnostics| {
        diagnostics.iter().any(|diagnostic| is_by(step, diagnostic))
    });
}

/// Which step serves and its held-out accuracy in percent, as the line above the file has them.
fn standing(client: &mut Client) -> (String, f64) {
    let document = client.identify(NAME);
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": document }));
    let title = lenses[0]["command"]["title"].as_str().expect("a title").to_owned();
    let parts: Vec<&str> = title.split(" · ").collect();
    let number = |part: &str| part.split('%').next()?.rsplit(' ').next()?.parse().ok();
    let [_, step, accuracy, ..] = parts[..] else { panic!("no accuracy in {title:?}") };
    (step.to_owned(), number(accuracy).unwrap_or_else(|| panic!("no accuracy in {title:?}")))
}

/// What is stored of trained encoders: whole generations, and what a kill left half-written.
fn generations(workspace: &Workspace) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = fs::read_dir(workspace.path(".gloss/trained"));
    let paths = entries.into_iter().flatten().map(|entry| entry.expect("a readable folder").path());
    paths.partition(|path| path.extension().is_none())
}

/// Labels the last rows that have no label, each as it should be, and saves.
fn label_some(client: &mut Client, count: usize) {
    let source = client.text(NAME).to_owned();
    let unlabelled = source.lines().enumerate().filter(|(_, line)| !line.contains("\"label\""));
    for (index, line) in unlabelled.collect::<Vec<_>>().into_iter().rev().take(count) {
        let end = client.find(NAME, line) + line.len() - "}".len();
        client.edit(NAME, end..end, &format!(",\"label\":\"{}\"", LABELS[index % 2]));
    }
    client.save(NAME);
}

/// So many labels that another training is due.
fn label_many(client: &mut Client) {
    let labelled = client.text(NAME).matches("\"label\"").count();
    label_some(client, labelled / 8 + 1);
}

/// Waits until the trained encoder has read all rows.
fn settle(client: &mut Client) {
    client.wait_for_diagnostics(NAME, "suggestions by the trained encoder alone", |diagnostics| {
        let mut suggestions = diagnostics.iter().filter(|diagnostic| diagnostic["code"] == "suggestion").peekable();
        suggestions.peek().is_some() && suggestions.all(|diagnostic| is_by("fine-tuned", diagnostic))
    });
}

#[test]
fn suggestions_climb_from_words_to_a_probe_to_a_trained_encoder() {
    let workspace = half_labelled(Fault::None);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let mut served: Vec<(String, f64)> = Vec::new();
    for step in STEPS {
        wait_for_step(&mut client, step);
        // The line is asked for after the notes: by then the next step may serve, never one before.
        let now = standing(&mut client);
        let below = STEPS.iter().take_while(|&&other| other != step);
        assert!(below.into_iter().all(|below| now.0 != *below), "{now:?} after notes by {step}");
        if served.last().is_none_or(|last| last.0 != now.0) {
            served.push(now);
        }
    }
    assert!(served.is_sorted_by(|below, above| below.1 < above.1), "{served:?}");
    assert_eq!(served.last().map(|last| last.0.as_str()), STEPS.last().copied());

    settle(&mut client);

    // One more label is answered by what serves, without another training.
    let before = client.diagnostics(NAME).and_then(|picture| picture.model_version()).expect("suggestions");
    label_some(&mut client, 1);
    let answered = client.wait_for_model(NAME, before);
    assert!(answered.with_code("suggestion").iter().all(|diagnostic| is_by("fine-tuned", diagnostic)));
    let served = answered.model_version();
    client.finish();
    assert_eq!(generations(&workspace).0.len(), 1, "the encoder was trained once");

    // From the store, before anything is learned.
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let opened = client.sent();
    let first = client.wait_for_diagnostics(NAME, "notes", |_| true);
    eprintln!("a warm start shows suggestions after {:?}", first.arrived.duration_since(opened));
    assert_eq!(first.model_version(), served);
    assert!(first.with_code("suggestion").iter().all(|diagnostic| is_by("fine-tuned", diagnostic)));
}

#[test]
fn a_text_that_is_longer_than_the_encoder_reads_is_remarked_on() {
    let workspace = half_labelled(Fault::None);
    let mut rows = workspace.read(NAME);
    rows.push_str(&(json!({ "text": rows.replace(|c: char| !c.is_ascii_lowercase(), " ") }).to_string() + "\n"));
    workspace.write(NAME, rows);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.wait_for_log("longer than the 64 tokens");
    client.kill();
}

#[test]
fn an_edit_in_the_middle_of_a_training_is_answered_and_the_training_goes_on() {
    let workspace = half_labelled(Fault::None);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    wait_for_step(&mut client, "probe");
    let before = client.diagnostics(NAME).and_then(|picture| picture.model_version()).expect("suggestions");
    label_some(&mut client, 1);
    client.wait_for_model(NAME, before);
    wait_for_step(&mut client, "fine-tuned");
}

#[test]
fn a_kill_at_any_moment_leaves_what_was_stored_to_serve() {
    let workspace = half_labelled(Fault::None);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    settle(&mut client);
    client.finish();
    for seed in 0..KILLS {
        let mut chance = Chance(seed);
        let before = generations(&workspace);
        let mut client = warm(&workspace, seed);
        label_many(&mut client);
        let saved = workspace.read(NAME);
        // Requests are the clock: some time after the save, or just after the new encoder began to be written.
        if seed % 2 == 1 {
            wait_until(&mut client, "a new generation", || generations(&workspace) != before);
        }
        for _ in 0..chance.below(if seed % 2 == 1 { 4 } else { 400 }) {
            client.ask_at("textDocument/hover", NAME, 0);
        }
        client.kill();
        assert_eq!(workspace.read(NAME), saved, "seed {seed}");
    }

    // What was half-written is removed once that can no longer be another editor's.
    let aside = workspace.path(".gloss/trained/0123456789abcdef.new-1");
    fs::create_dir_all(&aside).expect("a folder");
    for path in generations(&workspace).1 {
        let folder = File::open(path).expect("a folder");
        folder.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("a time that can be set");
    }
    let mut client = warm(&workspace, KILLS);
    label_many(&mut client);
    let newest = generations(&workspace).0;
    wait_until(&mut client, "a new generation", || generations(&workspace).0.iter().any(|path| !newest.contains(path)));
    client.finish();
    let (whole, half) = generations(&workspace);
    assert!(half.is_empty(), "{half:?}");
    assert!(whole.len() <= 2, "{whole:?}");
    assert!(!workspace.path(".gloss/gloss.db.set-aside").exists());
}

/// Asks until something holds, with a pause: training yields to everything, and would get no core beside one question after another.
fn wait_until(client: &mut Client, what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        client.ask_at("textDocument/hover", NAME, 0);
        thread::sleep(Duration::from_millis(5));
    }
}

/// A start whose very first notes are of what is stored: a trained encoder, or, where the rows that were saved were new to that, the
/// probe that went before the next training.
fn warm(workspace: &Workspace, seed: u64) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    let first = client.wait_for_diagnostics(NAME, "notes", |_| true);
    let has_note = |step: &&str| first.diagnostics.iter().any(|diagnostic| is_by(step, diagnostic));
    assert!(STEPS[1..].iter().any(has_note), "seed {seed}: {:#?}", first.diagnostics);
    settle(&mut client);
    client
}

#[test]
fn a_trained_encoder_that_cannot_be_stored_serves_and_a_message_says_so() {
    let workspace = half_labelled(Fault::None);
    // As a full disk would, and for every user.
    workspace.write(".gloss/trained", "no folder");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    wait_for_step(&mut client, "fine-tuned");
    client.wait_for("window/showMessage", "what cannot be stored", |message| {
        message["type"] == 2 && message["message"].as_str().is_some_and(|text| text.contains("Suggestions go on"))
    });
    client.finish();

    // What had been stored before serves until there is better.
    let mut client = Client::start(&workspace);
    client.open(NAME);
    wait_for_step(&mut client, "probe");
    client.kill();
}

#[test]
fn a_training_that_diverges_says_so_and_the_probe_goes_on() {
    let workspace = half_labelled(Fault::Diverges);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.wait_for("window/showMessage", "what became of the training", |message| {
        message["type"] == 1 && message["message"].as_str().is_some_and(|text| text.contains("diverged"))
    });
    let before = client.diagnostics(NAME).and_then(|picture| picture.model_version()).expect("suggestions");
    label_some(&mut client, 1);
    let answered = client.wait_for_model(NAME, before);
    assert!(answered.with_code("suggestion").iter().any(|diagnostic| is_by("probe", diagnostic)));
    // Not in order: that training may be tried again, and say so again.
    client.kill();
}

/// The same with a real encoder and real texts:
/// `GLOSS_BENCH_ENCODER=FOLDER GLOSS_DATA=../shared/data cargo test --release -p gloss-e2e --test climbing -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes; needs GLOSS_BENCH_ENCODER, a folder, and GLOSS_DATA, which holds trec/train.jsonl"]
fn real_texts_climb_with_a_real_encoder() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let rows = fs::read_to_string(format!("{}/trec/train.jsonl", variable("GLOSS_DATA"))).expect("rows of trec");
    let half = |(index, line): (usize, &str)| {
        let row: Value = serde_json::from_str(line).expect("a row");
        let text = &row["text"];
        (if index % 2 == 0 { row.clone() } else { json!({ "text": text }) }).to_string() + "\n"
    };
    let workspace = Workspace::new("");
    workspace.write(NAME, rows.lines().take(1200).enumerate().map(half).collect::<String>());
    workspace.write("gloss.toml", "");
    let environment = vec![("GLOSS_ENCODER".to_owned(), variable("GLOSS_BENCH_ENCODER"))];
    let setup = Setup { environment, patience: Duration::from_secs(600), ..Setup::default() };
    let mut client = Client::start_with(&workspace, setup);
    client.open(NAME);
    let opened = client.sent();
    let mut accuracies = Vec::new();
    for step in STEPS {
        wait_for_step(&mut client, step);
        let (serves, accuracy) = standing(&mut client);
        eprintln!("{step} after {:.1} s: held-out accuracy {accuracy}%", opened.elapsed().as_secs_f32());
        assert_eq!(serves, step);
        accuracies.push(accuracy);
    }
    assert!(accuracies.is_sorted_by(|below, above| below < above), "{accuracies:?}");
}
