//! What a client or gloss.toml may set.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";

/// Six labelled rows and this many to label, of which twenty are in the queue.
fn rows(unlabelled: usize, config: &str) -> Workspace {
    let workspace = Workspace::new(
        r#"
        //- rows.jsonl
        {"text": "I was charged twice on my invoice", "label": "billing"}
        {"text": "the invoice shows a wrong charge", "label": "billing"}
        {"text": "wrong charge on the bill", "label": "billing"}
        {"text": "cannot log in, password rejected", "label": "login"}
        {"text": "login page says wrong password", "label": "login"}
        {"text": "forgot my password, cannot log in", "label": "login"}
        "#,
    );
    let rows = (0..unlabelled).map(|number| format!("{{\"text\": \"charge number {number} on the bill\"}}\n"));
    workspace.write(NAME, workspace.read(NAME) + &rows.collect::<String>());
    workspace.write("gloss.toml", config);
    workspace
}

fn count(diagnostics: &[Value], code: &str) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic["code"] == code).count()
}

#[test]
fn what_is_left_out_of_the_diagnostics_is_counted_on_the_lens_and_shown_by_hints() {
    let workspace = rows(340, "[dataset]\nfiles = [\"*.jsonl\"]\n");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.wait_for_diagnostics(NAME, "300 suggestions beside the queue", |diagnostics| {
        count(diagnostics, "label-next") == 20 && count(diagnostics, "suggestion") == 300
    });
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": client.identify(NAME) }));
    let title = lenses[0]["command"]["title"].as_str().unwrap_or_default();
    assert!(title.ends_with("20 more suggestion"), "{title}");
    let hints = client.hints(NAME, 0..client.text(NAME).len());
    assert_eq!(hints.len(), 340);
}

#[test]
fn an_editor_may_bear_fewer_suggestions() {
    let workspace = rows(40, "[dataset]\nfiles = [\"*.jsonl\"]\n");
    let options = json!({ "limits": { "suggestions": 3 } });
    let mut client = Client::start_with(&workspace, Setup { options, ..Setup::default() });
    client.open(NAME);
    client.wait_for_diagnostics(NAME, "three suggestions beside the queue", |diagnostics| {
        count(diagnostics, "label-next") == 20 && count(diagnostics, "suggestion") == 3
    });
}

#[test]
fn without_on_save_only_a_command_makes_it_learn() {
    let workspace = rows(40, "[dataset]\nfiles = [\"*.jsonl\"]\n[train]\non_save = false\n");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    let model = client.suggestions(NAME, 40)[0]["data"]["model_version"].as_u64().expect("a version");
    client.append(NAME, "{\"text\": \"a new bill\", \"label\": \"billing\"}\n");
    client.save(NAME);
    client.command("gloss.train", NAME);
    let picture = client.wait_for_diagnostics(NAME, "a newer model", |diagnostics| {
        diagnostics.iter().any(|diagnostic| diagnostic["data"]["model_version"].as_u64() > Some(model))
    });
    assert_eq!(picture.model_version(), Some(model + 1), "the save taught nothing, the command did");
}
