//! Files, rows and edits.
//!
//! What must stay true here:
//! - Pure: no machine learning, no async, no clock, no network; only [`stream`] reads from a `Read` it is given.
//! - A parser answers with rows *and* problems, never with an error for a whole file; [`convert`] alone, which reads what no
//!   editor shows, refuses files without rows.
//! - Every offset is a byte offset into the document. Line/column encodings exist in [`position`] alone.
//! - An edit changes the smallest byte range; every byte not asked for stays as it was.

pub mod answer;
pub mod convert;
mod detect;
pub mod document;
pub mod edit;
pub mod format;
pub mod label;
pub mod mention;
pub mod offsets;
pub mod position;
mod reading;
pub mod row;
pub mod schema;
pub mod stream;
pub mod text_map;
pub mod words;

pub use answer::{Answer, Span};
pub use document::{Document, Splice};
pub use edit::TextEdit;
pub use format::Format;
pub use mention::Mention;
pub use offsets::Offsets;
pub use row::{Problem, Row, text_key};
pub use schema::{Hints, Schema, Scheme, Shape, Task};
pub use text_map::TextMap;
