//! What Gloss says to people: one catalogue of messages (Fluent), in English and in simplified Chinese.
//!
//! What must stay true here:
//! - Both files have the same messages with the same arguments, and each is used somewhere (`tests/messages.rs`).
//! - A [`Phrase`] is plain data until somebody's language is known: the crates below the editor never ask for it.
//! - Labels, texts and names of fields are arguments, and so is what others say (the system, a parser): never translated.
//! - Rendering never fails. A message that a language lacks comes in English.

mod bundle;
mod locale;
mod phrase;

pub use locale::Locale;
pub use phrase::{Argument, Count, Phrase, grouped};
