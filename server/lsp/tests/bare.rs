//! Why tower-lsp 0.20 is contained: what it does when it stands alone. Each test here is the failure that another file
//! of this folder shows prevented. If one fails after an update, that containment may no longer be needed.
//!
//! "Never" is shown with the clock paused: tokio moves it on only when every task waits, so that a limit that is reached
//! means that nothing was left that could happen.

mod common;

use std::{sync::Arc, time::Duration};

use common::{Wire, frame, hover_params};
use lsp::{
    jsonrpc::Result,
    lifecycle::Ending,
    lsp_types::{Hover, HoverParams, InitializeParams, InitializeResult, WorkspaceEdit},
};
use serde_json::{Value, json};
use tokio::{io::BufReader, sync::Notify};
use tower_lsp::{Client, LanguageServer, LspService, Server};

struct Bare {
    client: Client,
    hover: How,
}

#[derive(Clone)]
enum How {
    Answer,
    Panic,
    AskTheClient,
    GiveUpOnTheClient(Arc<Notify>),
}

#[tower_lsp::async_trait]
impl LanguageServer for Bare {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }
    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
    async fn hover(&self, _: HoverParams) -> Result<Option<Hover>> {
        match &self.hover {
            How::Answer => {}
            How::Panic => panic!("a handler"),
            How::AskTheClient => {
                let _ = self.client.apply_edit(WorkspaceEdit::default()).await;
            }
            How::GiveUpOnTheClient(notify) => {
                tokio::select! {
                    _ = self.client.apply_edit(WorkspaceEdit::default()) => {}
                    () = notify.notified() => {}
                }
            }
        }
        Ok(None)
    }
}

/// After the handshake.
async fn bare(hover: How) -> Wire {
    let (input, servers_input) = tokio::io::duplex(1 << 20);
    let (output, servers_output) = tokio::io::duplex(1 << 20);
    let (service, socket) = LspService::new(|client| Bare { client, hover });
    let server = tokio::spawn(async move {
        Server::new(servers_input, servers_output, socket).serve(service).await;
        (Ending::Failed, 0)
    });
    let mut wire = Wire { input, output: BufReader::new(output), server };
    wire.handshake(json!({})).await;
    wire
}

async fn never<T>(future: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_secs(30), future).await.is_err()
}

#[tokio::test]
async fn a_body_that_is_not_json_ends_it() {
    let mut wire = bare(How::Answer).await;
    wire.body("{").await;
    assert_eq!(wire.read().await["error"]["code"], -32700);
    wire.ending().await;
}

#[tokio::test]
async fn half_a_surrogate_pair_ends_it() {
    let mut wire = bare(How::Answer).await;
    wire.body(r#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"text":"\ud83d"}}"#).await;
    assert_eq!(wire.read().await["error"]["code"], -32700);
    wire.ending().await;
}

#[tokio::test]
async fn a_panicking_handler_ends_it() {
    let mut wire = bare(How::Panic).await;
    wire.ask(1, "textDocument/hover", hover_params()).await;
    assert!(common::within(&mut wire.server).await.unwrap_err().is_panic());
}

#[tokio::test(start_paused = true)]
async fn handlers_that_wait_for_the_client_stop_it_for_good() {
    let mut wire = bare(How::AskTheClient).await;
    for id in 0..500 {
        wire.ask(id, "textDocument/hover", hover_params()).await;
    }
    // The client answers whatever it is asked, and would answer more.
    let answering = async {
        loop {
            let question = wire.read().await;
            if question["method"] == "workspace/applyEdit" {
                wire.answer(&question, json!({ "applied": true })).await;
            } else if question["id"] == 499 {
                return;
            }
        }
    };
    assert!(never(answering).await);
}

#[tokio::test]
async fn an_answer_to_a_question_that_was_dropped_ends_it() {
    let given_up = Arc::new(Notify::new());
    let mut wire = bare(How::GiveUpOnTheClient(Arc::clone(&given_up))).await;
    wire.ask(1, "textDocument/hover", hover_params()).await;
    let question = wire.read().await;
    given_up.notify_one();
    assert_eq!(wire.read().await["id"], 1);
    wire.answer(&question, json!({ "applied": true })).await;
    assert!(common::within(&mut wire.server).await.unwrap_err().is_panic());
}

#[tokio::test(start_paused = true)]
async fn exit_does_not_end_it_while_standard_input_is_open() {
    let mut wire = bare(How::Answer).await;
    wire.request(1, "shutdown", Value::Null).await;
    wire.body(r#"{"jsonrpc":"2.0","method":"exit"}"#).await;
    assert!(never(&mut wire.server).await);
}

#[tokio::test(start_paused = true)]
async fn a_message_after_exit_keeps_it_even_beyond_the_end_of_standard_input() {
    let Wire { mut input, output: _reading, mut server } = bare(How::Answer).await;
    let messages =
        [frame(r#"{"jsonrpc":"2.0","method":"exit"}"#), frame(r#"{"jsonrpc":"2.0","method":"initialized"}"#)];
    tokio::io::AsyncWriteExt::write_all(&mut input, &messages.concat()).await.unwrap();
    drop(input);
    assert!(never(&mut server).await);
}

#[tokio::test]
async fn an_output_that_broke_ends_it_in_a_panic() {
    let Wire { mut input, output, mut server } = bare(How::Answer).await;
    drop(output);
    let hover = json!({ "jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": hover_params() });
    for _ in 0..3 {
        // Fails when the server is already gone.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut input, &frame(&hover.to_string())).await;
    }
    assert!(common::within(&mut server).await.unwrap_err().is_panic());
}
