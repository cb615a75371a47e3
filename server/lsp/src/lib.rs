//! Gloss as a language server: the only crate that knows LSP.
//!
//! What must stay true here:
//! - Nothing a client sends, and no panic of ours, ends the server; only `exit`, the end of standard input or output, or
//!   the death of the editor does ([`lifecycle`]).
//! - The transport task computes nothing and waits for nobody: a notification is one synchronous call of the
//!   [`Backend`], a request hands over its parameters with a [`Reply`] and waits for that alone.
//! - Handlers never call the client. Everything that goes out by itself goes through the one [`Outbox`].
//! - What is wrong in tower-lsp 0.20 is cured from outside: the [`pump`] in front of its input, a guarded output behind
//!   it, a [`guard`] around each handler. `tests/bare.rs` shows what each of them prevents.
//! - No decision about rows, labels or models is taken here; the engine decides, this crate translates.

pub mod adapter;
mod aside;
pub mod backend;
pub mod capabilities;
mod convert;
mod desk;
mod documentation;
mod face;
mod features;
mod frame;
pub mod guard;
pub mod lifecycle;
mod message;
pub mod outbox;
mod output;
mod progress;
mod pump;
mod server;
pub mod session;
mod settings;
pub mod surrogates;

pub use backend::{Ask, Backend, Notice, Reply};
pub use outbox::Outbox;
pub use progress::Progress;
pub use server::{Options, serve, stdio};
pub use session::{Encoding, Session};
/// The protocol's types, for those who implement a [`Backend`].
pub use tower_lsp::{jsonrpc, lsp_types};
