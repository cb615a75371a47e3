//! A surrogate pair split over two edits.

mod common;

use common::{FILE, Fake, Wire, open_params};
use lsp::{Notice, surrogates};
use serde_json::{Value, json};

/// Raw, since no value in Rust can hold half a pair.
fn change(version: i32, character: u32, escaped: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":{{"textDocument":{{"uri":"{FILE}","version":{version}}},
        "contentChanges":[{{"range":{{"start":{{"line":0,"character":{character}}},"end":{{"line":0,"character":{character}}}}},
        "text":"{escaped}"}}]}}}}"#
    )
}

#[tokio::test]
async fn half_a_pair_neither_ends_the_server_nor_moves_positions() {
    let (sender, notices) = std::sync::mpsc::channel();
    let mut wire = Wire::initialized(move |_, outbox| {
        Fake::new(outbox).on_notice(move |notice, _| sender.send(notice).unwrap_or_default())
    })
    .await;
    wire.notify("textDocument/didOpen", open_params("ab\n")).await;
    wire.notify("textDocument/didSave", json!({ "textDocument": { "uri": FILE } })).await;
    wire.body(&change(2, 1, r"\ud83d")).await;
    wire.body(&change(3, 2, r"\ude00")).await;
    wire.body(&change(4, 3, "!")).await;
    wire.notify("textDocument/didSave", json!({ "textDocument": { "uri": FILE } })).await;
    wire.assert_alive().await;

    // The client's document, counted in UTF-16 as it counts.
    let mut units: Vec<u16> = Vec::new();
    let mut saves = Vec::new();
    for notice in notices.try_iter() {
        match notice {
            Notice::Opened(document) => units = document.text.encode_utf16().collect(),
            Notice::Changed(params) => {
                for change in params.content_changes {
                    let range = change.range.unwrap();
                    let (start, end) = (range.start.character as usize, range.end.character as usize);
                    units.splice(start..end, change.text.encode_utf16());
                }
            }
            Notice::Saved { repaired, .. } => saves.push(repaired),
            _ => {}
        }
    }
    let ours = String::from_utf16(&units).unwrap();
    assert_eq!(ours, "a\u{FFFD}\u{FFFD}!b\n", "the exclamation mark stands where the client put it");
    assert_eq!(saves, [false, true], "only the second save is told of a document to heal");
    assert!(surrogates::heals(&ours, "a😀!b\n"));
}

#[tokio::test]
async fn half_a_pair_anywhere_in_a_message_is_read() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    wire.body(r#"{"jsonrpc":"2.0","id":"\ud83d","method":"textDocument/hover","params":{"later":"\ude00","textDocument":{"uri":"file:///x"},"position":{"line":0,"character":0}}}"#)
        .await;
    let answer = wire.read().await;
    assert_eq!((&answer["id"], &answer["result"]), (&json!("\u{FFFD}"), &Value::Null));
    wire.assert_alive().await;
}
