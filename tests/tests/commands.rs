//! The code lens on the first line, the commands behind it, and actions on many rows at once.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

const NAME: &str = "rows.jsonl";
const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl"]
    [suggest]
    accept_above = 0.5
    //- rows.jsonl
    {"text": "I was charged twice on my invoice", "label": "billing"}
    {"text": "the invoice shows a wrong charge", "label": "billing"}
    {"text": "wrong charge on the bill", "label": "billing"}
    {"text": "cannot log in, password rejected", "label": "login"}
    {"text": "login page says wrong password", "label": "login"}
    {"text": "forgot my password, cannot log in", "label": "login"}
    {"text": "another charge on the invoice"}
    {"text": "😀 password rejected again", "label": null}
    {"text": "a charge on my bill", "label": ""}
    "#;

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client.suggestions(NAME, 3);
    client
}

/// The line that the server asks to be shown next.
fn shown(client: &mut Client) -> u64 {
    let shown = client.wait_for("window/showDocument", "a place to show", |_| true);
    assert_eq!((&shown["takeFocus"], &shown["external"]), (&json!(true), &json!(false)));
    shown["selection"]["start"]["line"].as_u64().expect("a line")
}

#[test]
fn the_lens_counts_and_leads_to_the_commands() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": client.identify(NAME) }));
    let lenses = lenses.as_array().expect("a list");
    assert!(lenses.iter().all(|lens| lens["range"]["start"] == json!({ "line": 0, "character": 0 })));
    let title = lenses[0]["command"]["title"].as_str().expect("a title");
    assert!(title.starts_with("6 of 9 rows labelled · lexical · held-out accuracy "), "{title}");
    let commands: Vec<_> = lenses.iter().map(|lens| lens["command"]["command"].as_str().expect("a name")).collect();
    assert_eq!(commands, ["gloss.train", "gloss.nextToLabel", "gloss.nextSuspect", "gloss.acceptAll"]);
    let known = client.server_capabilities()["executeCommandProvider"]["commands"].clone();
    for lens in lenses {
        assert!(known.as_array().expect("a list").contains(&lens["command"]["command"]), "{lens}");
        assert_eq!(lens["command"]["arguments"], json!([workspace.uri(NAME)]));
    }
}

#[test]
fn train_learns_anew_although_nothing_changed() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let model = client.wait_for_model(NAME, 0).model_version().expect("just seen");
    client.command("gloss.train", NAME);
    client.wait_for_model(NAME, model);
}

#[test]
fn next_to_label_goes_through_the_queue_and_begins_again() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let queue = client.wait_for_codes(NAME, &["label-next"], 3);
    let lines: Vec<_> = queue.iter().map(|next| next["range"]["start"]["line"].as_u64().expect("a line")).collect();
    assert_eq!(lines, [6, 7, 8]);
    for expected in [6, 7, 8, 6] {
        client.command("gloss.nextToLabel", NAME);
        assert_eq!(shown(&mut client), expected);
        // The editor scrolls there and asks for the hints of what is in sight: that leads nowhere else.
        client.hints(NAME, 0..client.text(NAME).len() / 2);
    }
}

#[test]
fn next_suspect_leads_from_one_to_the_other() {
    let name = "tickets.jsonl";
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open(name);
    let picture = client.wait_for_diagnostics(name, "suspects", |diagnostics| {
        diagnostics.iter().any(|diagnostic| diagnostic["code"] == "suspect-label")
    });
    for suspect in picture.with_code("suspect-label").into_iter().take(3) {
        client.command("gloss.nextSuspect", name);
        let shown = client.wait_for("window/showDocument", "a suspect", |_| true);
        assert_eq!(shown["uri"], workspace.uri(name));
        assert_eq!(shown["selection"], suspect["range"], "its label, to be typed over");
    }
}

#[test]
fn where_there_is_no_next_the_person_is_told() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    client.command("gloss.nextSuspect", NAME);
    let said = client.wait_for("window/showMessage", "why nothing is shown", |_| true);
    assert_eq!(said, json!({ "type": 3, "message": "No row is marked suspect-label here." }));
}

#[test]
fn accept_all_is_one_edit_of_every_sure_row() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    client.command("gloss.acceptAll", NAME);
    let asked = client.wait_for("workspace/applyEdit", "the edit", |_| true);
    assert_eq!(asked["label"], "Accept 3 suggestions at 50% or more");
    client.suggestions(NAME, 0);
    let end: Vec<_> = client.text(NAME).lines().skip(6).collect();
    assert_eq!(
        end,
        [
            r#"{"text": "another charge on the invoice", "label": "billing"}"#,
            r#"{"text": "😀 password rejected again", "label": "login"}"#,
            r#"{"text": "a charge on my bill", "label": "billing"}"#,
        ]
    );
    assert_eq!(workspace.read(NAME).matches("\"billing\"").count(), 3, "the file itself is the editor's to write");
}

#[test]
fn a_command_typed_without_a_file_is_for_the_open_one() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.request("workspace/executeCommand", json!({ "command": "gloss.acceptAll" }));
    let said = client.wait_for("window/showMessage", "what to do first", |_| true);
    assert_eq!(said["message"], "Open a data set first; then run this command again.");
    client.open(NAME);
    client.suggestions(NAME, 3);
    client.request("workspace/executeCommand", json!({ "command": "gloss.acceptAll" }));
    client.wait_for("workspace/applyEdit", "the edit", |_| true);
    client.suggestions(NAME, 0);
}

#[test]
fn accept_all_says_so_where_nothing_is_sure_enough() {
    let workspace = Workspace::new(FIXTURE);
    workspace.write("gloss.toml", "[dataset]\nfiles = [\"*.jsonl\"]\n[suggest]\naccept_above = 1.0\n");
    let mut client = opened(&workspace);
    client.command("gloss.acceptAll", NAME);
    let said = client.wait_for("window/showMessage", "why nothing happens", |_| true);
    assert_eq!(said["message"], "No suggestion reaches 100%.");
}

#[test]
fn a_selection_is_accepted_alone() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let (from, to) = (client.find(NAME, "another charge"), client.find(NAME, "rejected again"));
    let selection = client.range(NAME, from..to);
    let rewrite = |actions: Vec<Value>| {
        let mut found: Vec<_> = actions.into_iter().filter(|action| action["kind"] == "refactor.rewrite").collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    };
    let action = rewrite(client.code_actions(NAME, &selection));
    assert_eq!(action["title"], "Accept 2 suggestions at 50% or more");
    client.run_action(&action);
    let left = client.suggestions(NAME, 1).remove(0);
    assert_eq!(client.slice(NAME, &left["range"]), "\"\"", "the row below the selection");
}

#[test]
fn an_editor_that_asks_for_one_kind_gets_that_kind() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let at = client.find(NAME, "another charge");
    let range = client.range(NAME, at..at);
    let mut kinds = |only: &str| {
        let context = json!({ "diagnostics": [], "only": [only] });
        let document = client.identify(NAME);
        let params = json!({ "textDocument": document, "range": range, "context": context });
        let actions = client.request("textDocument/codeAction", params);
        let mut kinds: Vec<_> =
            actions.as_array().expect("a list").iter().map(|action| action["kind"].clone()).collect();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds("quickfix"), ["quickfix"]);
    assert_eq!(kinds("source"), ["source.fixAll.gloss"]);
    assert_eq!(kinds("source.organizeImports"), Vec::<Value>::new());
}

#[test]
fn without_versioned_edits_the_plain_kind_is_sent() {
    let mut setup = Setup::default();
    setup.capabilities["workspace"]["workspaceEdit"] = json!({});
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start_with(&workspace, setup);
    client.open(NAME);
    let place = client.suggestions(NAME, 3)[1]["range"].clone();
    let action = client.action(NAME, &place, "Label as `login`");
    assert!(action["edit"]["changes"].is_object(), "{action}");
    client.run_action(&action);
    client.suggestions(NAME, 2);
}

#[test]
fn very_many_suggestions_are_accepted_by_a_command_or_by_the_edit_that_was_asked_for() {
    let workspace = Workspace::new(FIXTURE);
    let rows = (0..1100).map(|number| format!("{{\"text\": \"charge number {number} on the invoice\"}}\n"));
    workspace.write(NAME, workspace.read(NAME) + &rows.collect::<String>());
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.wait_for_model(NAME, 0);
    let place = client.range(NAME, 0..0);
    // An offer that comes with each move of the cursor: made when it is taken.
    let offer = client.action(NAME, &place, "Accept 1,1");
    assert_eq!((offer.get("edit"), &offer["command"]["command"]), (None, &json!("gloss.acceptAll")));
    // As an editor asks that accepts on save.
    let document = client.identify(NAME);
    let context = json!({ "diagnostics": [], "only": ["source.fixAll"] });
    let params = json!({ "textDocument": document, "range": place, "context": context });
    let asked = client.request("textDocument/codeAction", params);
    let edits = asked[0]["edit"]["documentChanges"][0]["edits"].as_array().map_or(0, Vec::len);
    assert!(edits > 1000, "{edits}");

    client.run_action(&offer);
    client.wait_for("workspace/applyEdit", "the edit", |_| true);
    assert!(client.text(NAME).matches("\"label\": \"billing\"").count() > 1000);
    client.ignore_diagnostics(NAME);
}
