//! The real process on real pipes: that it starts, survives what a client may do to it, and ends when it should.

use e2e::{Client, Encoding, Setup, Workspace};
use serde_json::{Value, json};

const FIXTURE: &str = r#"
    //- data/train.jsonl
    {"text": "refund please", "label": "billing"}
    {"text": "the app crashes", "label": "bug"}
    "#;

fn hover(client: &mut Client, name: &str) -> Result<Value, Value> {
    let params = json!({ "textDocument": client.identify(name), "position": client.position(name, 0) });
    client.try_request("textDocument/hover", params)
}

#[test]
fn a_session_from_beginning_to_end() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    let capabilities = client.server_capabilities().clone();
    assert_eq!(capabilities["textDocumentSync"]["change"], 2, "incremental");
    assert_eq!(capabilities["workspace"]["workspaceFolders"]["supported"], true);
    client.open("data/train.jsonl");
    client.ignore_diagnostics("data/train.jsonl");
    assert!(hover(&mut client, "data/train.jsonl").is_ok());
    client.close("data/train.jsonl");
    client.finish();
}

#[test]
fn the_encoding_is_one_that_was_offered() {
    let workspace = Workspace::new("");
    for (offered, chosen) in [
        (&[Encoding::Utf16][..], Encoding::Utf16),
        (&[Encoding::Utf32, Encoding::Utf16, Encoding::Utf8], Encoding::Utf8),
        (&[], Encoding::Utf16),
    ] {
        let client = Client::start_with(&workspace, Setup::with(offered));
        assert_eq!(client.encoding(), chosen);
    }
}

#[test]
fn malformed_frames_are_survived() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("data/train.jsonl");
    client.ignore_diagnostics("data/train.jsonl");
    client.send_bytes(b"noise\r\n\r\nContent-Length: x\r\n\r\n");
    for body in ["{", r#"{"jsonrpc":"2.0","method":"x","params":1e999}"#, "[]"] {
        client.send_body(body);
        client.wait_for("error", "an answer to what is no message", |error| error["code"].is_i64());
        assert!(hover(&mut client, "data/train.jsonl").is_ok());
    }
}

#[test]
fn half_a_surrogate_pair_is_survived() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open_text("untitled:1", "{\"text\": \"ab\"}\n");
    client.ignore_diagnostics("untitled:1");
    let at = client.find("untitled:1", "ab") + 1;
    let half = '\u{FFFD}'.len_utf8();
    client.edit_as("untitled:1", at..at, "\u{FFFD}", r"\ud83d");
    client.edit_as("untitled:1", at + half..at + half, "\u{FFFD}", r"\ude00");
    // Answered, and in the order sent: the edits have been read before.
    assert!(hover(&mut client, "untitled:1").is_ok());
    client.close("untitled:1");
}

#[test]
fn five_hundred_requests_at_once_are_all_answered() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start_with(&workspace, Setup { answers: false, ..Setup::default() });
    client.open("data/train.jsonl");
    client.ignore_diagnostics("data/train.jsonl");
    let params =
        json!({ "textDocument": client.identify("data/train.jsonl"), "position": { "line": 0, "character": 0 } });
    let ids: Vec<_> = (0..500).map(|_| client.ask("textDocument/hover", params.clone())).collect();
    for id in ids {
        assert!(client.answer_to(id).is_ok());
    }
}

#[test]
fn exit_ends_it_while_standard_input_stays_open() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.notify("exit", Value::Null);
    assert_eq!(client.wait_for_exit().code(), Some(1), "no shutdown was asked for");
}

#[test]
fn a_client_that_dies_takes_it_with_it() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("data/train.jsonl");
    assert_eq!(client.hang_up().code(), Some(1));

    let silent = Client::spawn(&workspace, Setup::default());
    assert_eq!(silent.hang_up().code(), Some(1));
}
