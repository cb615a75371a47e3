//! A client that writes much and reads late, or never answers.

mod common;

use common::{FILE, Fake, Wire, answer_nothing, hover_params};
use lsp::{Ask, Notice, lifecycle::Ending, lsp_types::*};
use serde_json::{Value, json};

fn long_hover() -> Hover {
    Hover { contents: HoverContents::Scalar(MarkedString::String("word ".repeat(400))), range: None }
}

/// Each of 500 requests makes the backend ask the client something; the client writes them all before it reads a byte,
/// and answers none of the questions until the end. (`bare.rs`: a handler that waits for the client stalls for good.)
#[tokio::test]
async fn five_hundred_requests_at_once_while_the_client_neither_reads_nor_answers() {
    let mut wire = Wire::initialized(|_, outbox| {
        Fake::new(outbox).on_ask(|ask, outbox| match ask {
            Ask::Hover(_, reply) => {
                outbox.apply_edit("an edit", WorkspaceEdit::default(), |_| {});
                reply.send(Some(long_hover()));
            }
            other => answer_nothing(other),
        })
    })
    .await;
    for id in 0..500 {
        wire.ask(id, "textDocument/hover", hover_params()).await;
    }
    // A megabyte of answers, through a pipe of four kilobytes.
    let (mut answered, mut asked) = (Vec::new(), Vec::new());
    while answered.len() + asked.len() < 1000 {
        let message = wire.read().await;
        match message["method"].as_str() {
            None => answered.push(message["id"].as_i64().expect("an answer to a request")),
            Some(method) => {
                assert_eq!(method, "workspace/applyEdit");
                asked.push(message);
            }
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, Vec::from_iter(0..500));
    assert_eq!(asked.len(), 500);

    // A command is still carried out while all questions are open.
    let answer = wire.request("now", "workspace/executeCommand", json!({ "command": "gloss.train" })).await;
    assert_eq!(answer["result"], Value::Null);

    // Answers that come late, twice, or to no question.
    for question in &asked {
        wire.answer(question, json!({ "applied": true })).await;
        wire.answer(question, json!({ "applied": true })).await;
    }
    wire.answer(&json!({ "id": 123_456 }), Value::Null).await;
    wire.answer(&json!({ "id": null }), Value::Null).await;
    wire.body(r#"{"jsonrpc":"2.0","id":3,"error":{"code":1.5,"message":7,"extra":[]}}"#).await;
    let answer = wire.request("alive?", "workspace/executeCommand", json!({ "command": "gloss.train" })).await;
    assert_eq!(answer["id"], "alive?");
}

/// Handlers wait for the backend alone, so a slow answer holds up nothing that comes after it.
#[tokio::test]
async fn what_is_told_overtakes_nothing_and_is_not_held_up_by_open_requests() {
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (held, mut holding) = tokio::sync::mpsc::unbounded_channel();
    let mut wire = Wire::initialized(move |_, outbox| {
        let fake = Fake::new(outbox).on_notice(move |notice, _| {
            if let Notice::Changed(params) = notice {
                sender.send(params.text_document.version).unwrap_or_default();
            }
        });
        fake.on_ask(move |ask, _| held.send(ask).unwrap_or_default())
    })
    .await;
    for version in 0..60 {
        wire.ask(version, "textDocument/hover", hover_params()).await;
        let change =
            json!({ "textDocument": { "uri": FILE, "version": version }, "contentChanges": [{ "text": "x" }] });
        wire.notify("textDocument/didChange", change).await;
    }
    for version in 0..60 {
        assert_eq!(common::within(told.recv()).await, Some(version));
    }
    for id in 0..60 {
        let Some(Ask::Hover(_, reply)) = common::within(holding.recv()).await else { panic!("no hover") };
        reply.send(None);
        assert_eq!(wire.read().await["id"], id);
    }
}

#[tokio::test]
async fn a_cancelled_request_is_no_longer_wanted() {
    let (held, mut holding) = tokio::sync::mpsc::unbounded_channel();
    let mut wire =
        Wire::initialized(move |_, outbox| Fake::new(outbox).on_ask(move |ask, _| held.send(ask).unwrap_or_default()))
            .await;
    wire.ask(1, "textDocument/hover", hover_params()).await;
    let Some(Ask::Hover(_, reply)) = common::within(holding.recv()).await else { panic!("no hover") };
    assert!(reply.is_wanted());
    wire.notify("$/cancelRequest", json!({ "id": 1 })).await;
    let answer = wire.read().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32800)));
    assert!(!reply.is_wanted());
    reply.send(Some(long_hover()));
    wire.ask(2, "shutdown", Value::Null).await;
    assert_eq!(wire.read().await["id"], 2);
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 0));
}
