//! The buffer moves while the server works: what is answered and published is of the text as it is.

use e2e::{Client, Workspace};
use serde_json::Value;

const NAME: &str = "rows.jsonl";
const FIXTURE: &str = r#"
    //- rows.jsonl
    {"text": "I was charged twice on my invoice", "label": "billing"}
    {"text": "the invoice shows a wrong charge", "label": "billing"}
    {"text": "wrong charge on the bill", "label": "billing"}
    {"text": "cannot log in, password rejected", "label": "login"}
    {"text": "login page says wrong password", "label": "login"}
    {"text": "forgot my password, cannot log in", "label": "login"}
    {"text": "another charge on the invoice"}
    {"text": "password rejected again", "label": null}
    "#;

fn opened(workspace: &Workspace) -> Client<'_> {
    let mut client = Client::start(workspace);
    client.open(NAME);
    client.suggestions(NAME, 2);
    client
}

#[test]
fn an_action_from_before_an_edit_is_refused_and_asked_anew_is_right() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let place = client.suggestions(NAME, 2)[1]["range"].clone();
    let stale = client.action(NAME, &place, "Label as `login`");
    client.edit(NAME, 0..0, "{\"text\": \"😀 a new first row\", \"label\": \"billing\"}\n");
    let refused = client.apply(&stale["edit"]).expect_err("the edit names the version it is for");
    assert!(refused.contains("for version 1"), "{refused}");

    // Asked at once, without waiting for new diagnostics: requests and edits keep their order.
    let null = client.find(NAME, "null");
    let place = client.range(NAME, null..null + "null".len());
    let fresh = client.action(NAME, &place, "Label as `login`");
    client.apply(&fresh["edit"]).expect("an edit of this version");
    assert!(client.text(NAME).ends_with("{\"text\": \"password rejected again\", \"label\": \"login\"}\n"));
    client.suggestions(NAME, 1);
}

#[test]
fn diagnostics_follow_their_rows_through_edits_above() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let line = |diagnostic: &Value| diagnostic["range"]["start"]["line"].as_u64();
    assert_eq!(line(&client.suggestions(NAME, 2)[1]), Some(7));
    client.edit(NAME, 0..0, "\n\n{\"text\": \"x\", \"label\": \"login\"}\n");
    assert_eq!(line(&client.suggestions(NAME, 2)[1]), Some(10));
    let first = client.text(NAME).find("{\"text\": \"the invoice").expect("a row");
    client.edit(NAME, 0..first, "");
    assert_eq!(line(&client.suggestions(NAME, 2)[1]), Some(6));
}

#[test]
fn a_suggestion_follows_the_text_that_is_typed() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    assert_eq!(client.suggestions(NAME, 2)[1]["data"]["label"], "login");
    client.replace(NAME, "password rejected again", "the invoice shows a charge again");
    assert_eq!(client.suggestions(NAME, 2)[1]["data"]["label"], "billing");
}

#[test]
fn a_label_taken_away_makes_room_for_a_suggestion() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    client.replace(NAME, "says wrong password\", \"label\": \"login\"", "says wrong password\", \"label\": \"\"");
    let suggested = client.suggestions(NAME, 3).remove(0);
    assert_eq!(client.slice(NAME, &suggested["range"]), "\"\"");
    assert_eq!(suggested["data"]["label"], "login");
}

#[test]
fn a_storm_of_edits_ends_in_the_picture_of_the_last() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    for letter in "and again and again".chars() {
        let end = client.find(NAME, "password rejected again") + "password rejected again".len();
        client.edit(NAME, end..end, &letter.to_string());
    }
    assert_eq!(client.version(NAME), 20);
    let last = client.suggestions(NAME, 2).remove(1);
    assert_eq!(client.slice(NAME, &last["range"]), "null");
}

#[test]
fn a_change_without_a_range_is_the_whole_text() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    // Taken for an edit of everything by the client, but sent as editors do that know no ranges.
    let new =
        client.text(NAME).replace("another charge on the invoice\"}", "another charge\", \"label\": \"billing\"}");
    client.replace_all(NAME, &new);
    let left = client.suggestions(NAME, 1).remove(0);
    assert_eq!(client.slice(NAME, &left["range"]), "null");
}

#[test]
fn closed_it_has_no_notes_and_opened_again_it_has_them_from_version_one() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace);
    let place = client.suggestions(NAME, 2)[0]["range"].clone();
    client.choose(NAME, &place, "Label as `billing`");
    client.suggestions(NAME, 1);
    client.close(NAME);
    let closed = client.wait_for_diagnostics(NAME, "no notes", |diagnostics| diagnostics.is_empty());
    assert_eq!(closed.version, None);

    // It was not saved: the row has no label again.
    client.open(NAME);
    client.suggestions(NAME, 2);
    assert_eq!(client.version(NAME), 1);
    client.close(NAME);
    client.wait_for_diagnostics(NAME, "no notes", |diagnostics| diagnostics.is_empty());
}

#[test]
fn a_file_closed_in_the_midst_of_learning_stays_quiet() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    client.open("test.jsonl");
    client.close("tickets.jsonl");
    // Answered once something was learned; what is published then has come by the time that an edit is answered.
    client.hints("test.jsonl", 0..1);
    client.edit("test.jsonl", 0..0, "\n");
    client.wait_for_diagnostics("test.jsonl", "the notes of the edit", |_| true);
    client.hints("test.jsonl", 0..1);
    let closed = client.diagnostics("tickets.jsonl").expect("what closing it brought");
    assert_eq!((closed.version, closed.diagnostics), (None, Vec::new()));
}
