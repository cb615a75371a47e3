//! The server ends when its client has left, however it left, and says by its exit code whether that was in order.

mod common;

use std::{process, sync::mpsc, time::Duration};

use common::{FILE, Fake, Wire, hover_params, within};
use lsp::{Options, lifecycle::Ending};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

/// `bare.rs`: without the pump the server stays while standard input does.
#[tokio::test]
async fn exit_ends_it_while_standard_input_stays_open() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    wire.request(1, "shutdown", Value::Null).await;
    wire.body(r#"{"jsonrpc":"2.0","method":"exit"}"#).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 0));
    assert_eq!(wire.try_read().await, None, "standard output is closed and nothing was left in it");
}

#[tokio::test]
async fn exit_without_shutdown_is_a_failure() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 1));

    let mut wire = Wire::connect(|_, outbox| Fake::new(outbox));
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 1));
}

/// tower-lsp never returns after a message that follows `exit`.
#[tokio::test]
async fn what_follows_exit_is_not_read() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    let hover = json!({ "jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": hover_params() });
    let exit = common::frame(r#"{"jsonrpc":"2.0","method":"exit"}"#);
    let shutdown = common::frame(r#"{"jsonrpc":"2.0","id":1,"method":"shutdown","params":{}}"#);
    wire.raw(&[shutdown, exit, common::frame(&hover.to_string())].concat()).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 0));
}

#[tokio::test]
async fn exit_does_not_wait_for_an_answer_that_never_comes() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox).on_ask(|ask, _| std::mem::forget(ask))).await;
    wire.ask(1, "textDocument/hover", hover_params()).await;
    wire.ask(2, "shutdown", Value::Null).await;
    assert_eq!(wire.read().await["id"], 2);
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 0));
}

#[tokio::test]
async fn exit_does_not_wait_for_a_client_that_reads_nothing() {
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut wire = Wire::initialized(move |_, outbox| {
        Fake::new(outbox).on_notice(move |notice, outbox| {
            outbox.log(lsp::lsp_types::MessageType::LOG, "x".repeat(1 << 20));
            sender.send(format!("{notice:?}")).unwrap_or_default();
        })
    })
    .await;
    wire.ask(1, "shutdown", Value::Null).await;
    for notice in ["Initialized", "ShutDown"] {
        assert_eq!(within(told.recv()).await.as_deref(), Some(notice));
    }
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 0));
}

#[tokio::test]
async fn a_client_that_dies_takes_the_server_with_it() {
    let Wire { input, output: _reading, mut server } = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    drop(input);
    assert_eq!(within(&mut server).await.unwrap(), (Ending::InputClosed, 1));

    // In the middle of a frame.
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    wire.raw(b"Content-Length: 1000\r\n\r\n{\"jsonrpc\"").await;
    within(wire.input.shutdown()).await.unwrap();
    assert_eq!(wire.ending().await, (Ending::InputClosed, 1));

    // After an orderly shutdown, without `exit`.
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    wire.request(1, "shutdown", Value::Null).await;
    within(wire.input.shutdown()).await.unwrap();
    assert_eq!(wire.ending().await, (Ending::InputClosed, 0));
}

/// `bare.rs`: tower-lsp panics on an answer that it cannot write.
#[tokio::test]
async fn a_client_that_closes_its_end_of_the_output_has_left() {
    let Wire { mut input, output, mut server } = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    drop(output);
    let hover = json!({ "jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": hover_params() });
    within(input.write_all(&common::frame(&hover.to_string()))).await.unwrap();
    assert_eq!(within(&mut server).await.unwrap(), (Ending::OutputClosed, 1));
}

#[cfg(unix)]
#[tokio::test]
async fn the_death_of_the_editor_is_seen_even_if_its_pipes_stay_open() {
    let mut editor = process::Command::new("cat")
        .stdin(process::Stdio::piped())
        .stdout(process::Stdio::null())
        .spawn()
        .expect("cat can be started");
    let mut wire = Wire::connect(|_, outbox| Fake::new(outbox));
    wire.request(1, "initialize", json!({ "processId": editor.id(), "capabilities": {} })).await;
    wire.assert_alive().await;
    editor.kill().unwrap();
    editor.wait().unwrap();
    assert_eq!(wire.ending().await, (Ending::ParentDied, 1));
}

/// An editor in another container names a process that is not to be seen from here.
#[cfg(unix)]
#[tokio::test]
async fn a_parent_never_seen_is_not_missed() {
    let mut gone = process::Command::new("true").spawn().expect("true can be started");
    gone.wait().unwrap();
    let mut wire = Wire::connect(|_, outbox| Fake::new(outbox));
    wire.request(1, "initialize", json!({ "processId": gone.id(), "capabilities": {} })).await;
    for _ in 0..20 {
        wire.assert_alive().await;
    }
    wire.request(2, "shutdown", Value::Null).await;
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 0));
}

#[tokio::test]
async fn the_backend_is_dropped_with_the_server() {
    struct Dropped(mpsc::Sender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.send(()).unwrap_or_default();
        }
    }
    let (sender, dropped) = mpsc::channel();
    let options = Options { grace: Duration::from_secs(60), ..Options::default() };
    let mut wire = Wire::connect_with(options, move |_, outbox| {
        let dropped = Dropped(sender);
        Fake::new(outbox).on_notice(move |_, _| {
            let _held = &dropped;
        })
    });
    wire.handshake(json!({})).await;
    wire.notify("textDocument/didClose", json!({ "textDocument": { "uri": FILE } })).await;
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 1));
    assert_eq!(dropped.try_recv(), Ok(()));
}
