//! What lasts from one start to the next, and what a training job that is cut short leaves behind.

use e2e::{Client, Workspace};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";

/// So many labels and texts that a fit from nothing takes seconds.
fn much_to_learn() -> Workspace {
    let workspace = Workspace::new("");
    let words = ["charge", "login", "parcel", "refund", "crash", "invoice", "password", "courier", "bill", "screen"];
    let rows = (0..4000usize).map(|row| {
        let text: Vec<String> = (0..12)
            .map(|word| format!("{}{}", words[(row * 7 + word * row) % 10], (row * 31 + word * 17) % 97))
            .collect();
        json!({ "text": text.join(" "), "label": format!("label {}", row % 80) }).to_string() + "\n"
    });
    workspace.write(NAME, rows.collect::<String>());
    workspace.write("gloss.toml", "");
    workspace
}

#[test]
fn suggestions_are_there_at_once_on_the_next_start() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    let first = client.wait_for_model("tickets.jsonl", 0);
    client.finish();
    assert_eq!(workspace.read(".gloss/.gitignore"), "*\n");

    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    // The very first notes are those of the model before.
    let again = client.wait_for_diagnostics("tickets.jsonl", "notes", |_| true);
    assert_eq!(again.diagnostics, first.diagnostics);
}

#[test]
fn a_file_without_a_configuration_has_its_memory_in_the_cache_folder() {
    let workspace = Workspace::from_fixtures("support-tickets");
    workspace.remove("gloss.toml");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    client.wait_for_model("tickets.jsonl", 0);
    client.finish();
    let folders = std::fs::read_dir(workspace.home().join("cache/gloss")).expect("a cache folder");
    assert_eq!(folders.flatten().filter(|folder| folder.path().join("gloss.db").is_file()).count(), 1);
    assert!(!workspace.path(".gloss").exists(), "nothing is left among a person's files");
}

#[test]
fn learning_is_shown_and_can_be_stopped_and_a_save_starts_it_again() {
    let workspace = much_to_learn();
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let begin = client.wait_for_progress("begin");
    assert_eq!(begin["value"]["cancellable"], true);
    client.notify("window/workDoneProgress/cancel", json!({ "token": begin["token"] }));
    let end = client.wait_for_progress("end");
    assert_eq!((&end["token"], &end["value"]["message"]), (&begin["token"], &json!("not learned")));
    client.save(NAME);
    client.wait_for_progress("begin");
    client.ignore_diagnostics(NAME);
}

#[test]
fn a_kill_in_the_middle_of_learning_loses_nothing() {
    let workspace = much_to_learn();
    let before = workspace.read(NAME);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.wait_for_progress("begin");
    client.kill();

    assert_eq!(workspace.read(NAME), before);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.ignore_diagnostics(NAME);
    client.wait_for_progress("begin");
    assert!(client.ask_at("textDocument/hover", NAME, 0).is_object());
}

#[test]
fn a_damaged_memory_is_set_aside_with_a_message() {
    let workspace = Workspace::from_fixtures("support-tickets");
    workspace.write(".gloss/gloss.db", "this is no database, however long one looks at it");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    client.wait_for("window/showMessage", "what became of it", |message: &Value| {
        message["type"] == 2 && message["message"].as_str().is_some_and(|message| message.contains("set aside"))
    });
    client.wait_for_model("tickets.jsonl", 0);
}
