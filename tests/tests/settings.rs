//! What a client or gloss.toml may set.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";

#[test]
fn the_lens_counts_what_the_client_s_own_limits_leave_out() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let options = json!({ "limits": { "suspects": 2 } });
    let mut client = Client::start_with(&workspace, Setup { options, ..Setup::default() });
    client.open("tickets.jsonl");
    client.wait_for_codes("tickets.jsonl", &["suspect-label"], 2);
    let document = client.identify("tickets.jsonl");
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": document }));
    assert!(lenses[0]["command"]["title"].as_str().unwrap_or_default().contains(" more suspect-label"), "{lenses}");
}

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
    let model = client.wait_for_model(NAME, 0).model_version().expect("just seen");
    client.append(NAME, "{\"text\": \"a new bill\", \"label\": \"billing\"}\n");
    client.save(NAME);
    client.command("gloss.train", NAME);
    let picture = client.wait_for_model(NAME, model);
    assert_eq!(picture.model_version(), Some(model + 1), "the save taught nothing, the command did");
}

#[test]
fn held_out_rows_are_suggested_but_never_asked_to_be_labelled_next() {
    let workspace = rows(2, "[dataset]\nfiles = [\"rows.jsonl\"]\ntest = [\"test.jsonl\"]\n");
    workspace
        .write("test.jsonl", "{\"text\": \"rejected my password\"}\n{\"text\": \"a bill\", \"label\": \"billing\"}\n");
    let mut client = Client::start(&workspace);
    client.open("test.jsonl");
    let suggested = client.suggestions("test.jsonl", 1).remove(0);
    assert_eq!((&suggested["code"], &suggested["data"]["label"]), (&json!("suggestion"), &json!("login")));
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": client.identify("test.jsonl") }));
    let title = lenses[0]["command"]["title"].as_str().unwrap_or_default();
    assert!(title.starts_with("6 of 8 rows labelled"), "of the training rows alone: {title}");
}

#[test]
fn without_gloss_toml_any_label_is_allowed_again() {
    let workspace = rows(1, "[dataset]\nfiles = [\"*.jsonl\"]\n[labels]\nbilling = \"Charges\"\n");
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.wait_for_codes(NAME, &["unknown-label"], 3);
    workspace.remove("gloss.toml");
    client.wait_for_codes(NAME, &["unknown-label"], 0);
    client.ignore_diagnostics(NAME);
}

#[test]
fn settings_that_change_count_at_once() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    let all = client.wait_for_diagnostics("tickets.jsonl", "suspects", |diagnostics| {
        diagnostics.iter().any(|diagnostic| diagnostic["code"] == "suspect-label")
    });
    assert!(all.with_code("suspect-label").len() > 3);
    let settings = json!({ "settings": { "gloss": { "limits": { "suspects": 3 } } } });
    client.notify("workspace/didChangeConfiguration", settings);
    client.wait_for_codes("tickets.jsonl", &["suspect-label"], 3);
}

#[test]
fn an_editor_that_wants_to_be_asked_for_settings_is_asked() {
    let workspace = rows(0, "");
    let mut setup = Setup::default();
    setup.capabilities["workspace"]["configuration"] = json!(true);
    let mut client = Client::start_with(&workspace, setup);
    client.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    let asked = client.wait_for("workspace/configuration", "a question", |_| true);
    assert_eq!(asked["items"][0]["section"], "gloss");
}
