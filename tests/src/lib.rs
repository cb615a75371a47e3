//! End to end: the real binary, spoken to as an editor would, and more strictly than one would.
//!
//! ```no_run
//! use e2e::{Client, Workspace};
//!
//! let workspace = Workspace::new(
//!     r#"
//!     //- data/train.jsonl
//!     {"text": "refund please", "label": "billing"}
//!     {"text": "the app crashes", "label": "bug"}
//!     {"text": "charged twice"}
//!     "#,
//! );
//! let mut client = Client::start(&workspace);
//! client.open("data/train.jsonl");
//! let picture = client.wait_for_diagnostics("data/train.jsonl", "a suggestion", |diagnostics| {
//!     diagnostics.iter().any(|d| d["code"] == "suggestion")
//! });
//! let action = client.code_actions("data/train.jsonl", &picture.diagnostics[0]["range"]).remove(0);
//! client.run_action(&action);
//! client.save("data/train.jsonl");
//! // Dropped: `shutdown`, `exit`, exit code 0, and no message left unread.
//! ```
//!
//! What must stay true:
//! - Nothing here sleeps: it waits for a message, with a deadline that only a fault reaches.
//! - The client knows its documents by their text alone, and applies the server's edits to them; ranges that do not lie
//!   in the text, stale versions, messages that were not agreed upon, and errors all fail the test where they occur.
//! - On a failure, what the server wrote to standard error and the last messages are printed.
//!
//! The binary is `$GLOSS_BIN`, or the `gloss` that `cargo build` put beside the tests.

mod binary;
mod client;
mod conduct;
mod documents;
pub mod encoder;
mod setup;
pub mod text;
mod uri;
mod wire;
mod workspace;

pub use binary::gloss;
pub use client::{Client, Picture};
pub use setup::Setup;
pub use text::Encoding;
pub use workspace::Workspace;
