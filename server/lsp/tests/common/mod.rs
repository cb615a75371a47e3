//! A client in memory that writes raw bytes and reads raw frames, and a backend that does what a test tells it.
//!
//! Tests wait for messages, never for time; a limit far above need turns a hang into a failure.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{future::Future, time::Duration};

use lsp::{Ask, Backend, Notice, Options, Outbox, Session, lifecycle::Ending};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream},
    task::JoinHandle,
};

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("nothing happened for 60 s")
}

type Handler<T> = Box<dyn Fn(T, &Outbox) + Send + Sync>;

pub struct Fake {
    notice: Handler<Notice>,
    ask: Handler<Ask>,
    outbox: Outbox,
}

impl Backend for Fake {
    fn notice(&self, notice: Notice) {
        (self.notice)(notice, &self.outbox);
    }
    fn ask(&self, ask: Ask) {
        (self.ask)(ask, &self.outbox);
    }
}

impl Fake {
    /// Answers each request with nothing at once.
    pub fn new(outbox: Outbox) -> Fake {
        Fake { notice: Box::new(|_, _| {}), ask: Box::new(|ask, _| answer_nothing(ask)), outbox }
    }

    pub fn on_notice(mut self, notice: impl Fn(Notice, &Outbox) + Send + Sync + 'static) -> Fake {
        self.notice = Box::new(notice);
        self
    }

    pub fn on_ask(mut self, ask: impl Fn(Ask, &Outbox) + Send + Sync + 'static) -> Fake {
        self.ask = Box::new(ask);
        self
    }
}

pub fn answer_nothing(ask: Ask) {
    match ask {
        Ask::CodeActions(_, reply) => reply.send(None),
        Ask::InlayHints(_, reply) => reply.send(None),
        Ask::Completion(_, reply) => reply.send(None),
        Ask::Hover(_, reply) => reply.send(None),
        Ask::CodeLenses(_, reply) => reply.send(None),
        Ask::Definition(_, reply) => reply.send(None),
        Ask::References(_, reply) => reply.send(None),
        Ask::Highlights(_, reply) => reply.send(None),
        Ask::PrepareRename(_, reply) => reply.send(None),
        Ask::Rename(_, reply) => reply.send(None),
        Ask::Colours(_, _, reply) => reply.send(None),
        Ask::DocumentSymbols(_, reply) => reply.send(None),
        Ask::WorkspaceSymbols(_, reply) => reply.send(None),
        Ask::Execute(_, reply) => reply.send(None),
    }
}

pub struct Wire {
    pub input: DuplexStream,
    pub output: BufReader<DuplexStream>,
    pub server: JoinHandle<(Ending, u8)>,
}

/// How much the server can write before the client reads.
const PIPE: usize = 4 << 10;

impl Wire {
    pub fn connect<B: Backend>(make: impl FnOnce(Session, Outbox) -> B + Send + 'static) -> Wire {
        // No grace: nothing in memory takes time, and a test of what hangs need not wait.
        Wire::connect_with(
            Options { look_for_parent: Duration::from_millis(1), grace: Duration::from_millis(50) },
            make,
        )
    }

    pub fn connect_with<B: Backend>(
        options: Options,
        make: impl FnOnce(Session, Outbox) -> B + Send + 'static,
    ) -> Wire {
        let (input, servers_input) = tokio::io::duplex(PIPE);
        let (output, servers_output) = tokio::io::duplex(PIPE);
        let server = tokio::spawn(lsp::serve(servers_input, servers_output, options, make));
        Wire { input, output: BufReader::new(output), server }
    }

    /// Connected and past the handshake.
    pub async fn initialized<B: Backend>(make: impl FnOnce(Session, Outbox) -> B + Send + 'static) -> Wire {
        let mut wire = Wire::connect(make);
        wire.handshake(json!({})).await;
        wire
    }

    pub async fn handshake(&mut self, capabilities: Value) -> Value {
        let params = json!({ "processId": null, "capabilities": capabilities });
        let answer = self.request("first", "initialize", params).await;
        self.notify("initialized", json!({})).await;
        answer
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        within(self.input.write_all(bytes)).await.expect("the server closed its input");
    }

    pub async fn body(&mut self, body: &str) {
        self.raw(&frame(body)).await;
    }

    pub async fn notify(&mut self, method: &str, params: Value) {
        self.body(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()).await;
    }

    pub async fn ask(&mut self, id: impl Into<Value>, method: &str, params: Value) {
        let id: Value = id.into();
        self.body(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()).await;
    }

    /// The next message must be the answer.
    pub async fn request(&mut self, id: impl Into<Value>, method: &str, params: Value) -> Value {
        let id: Value = id.into();
        self.ask(id.clone(), method, params).await;
        let answer = self.read().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    pub async fn answer(&mut self, request: &Value, result: Value) {
        self.body(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string()).await;
    }

    /// Asks something that is answered only by a server that is alive and in step.
    pub async fn assert_alive(&mut self) {
        let answer = self.request("alive?", "textDocument/hover", hover_params()).await;
        assert_eq!(answer["result"], Value::Null, "{answer}");
        assert_eq!(answer.get("error"), None);
    }

    pub async fn read(&mut self) -> Value {
        self.try_read().await.expect("the server closed its output")
    }

    pub async fn try_read(&mut self) -> Option<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if within(self.output.read_line(&mut line)).await.expect("a readable stream") == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().expect("a number"),
                _ if line == "\r\n" => break,
                _ => panic!("not a header: {line:?}"),
            }
        }
        let mut body = vec![0; length];
        within(self.output.read_exact(&mut body)).await.expect("a whole body");
        Some(serde_json::from_slice(&body).expect("JSON"))
    }

    /// How the server ended, by itself; standard input stays open.
    pub async fn ending(&mut self) -> (Ending, u8) {
        within(&mut self.server).await.expect("no panic")
    }
}

pub fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub const FILE: &str = "file:///data/train.jsonl";

pub fn hover_params() -> Value {
    json!({ "textDocument": { "uri": FILE }, "position": { "line": 0, "character": 0 } })
}

pub fn open_params(text: &str) -> Value {
    json!({ "textDocument": { "uri": FILE, "languageId": "jsonl", "version": 1, "text": text } })
}
