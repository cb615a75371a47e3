//! A project in motion: files and buffers, what was learned from them, and what is to be said of each row.
//!
//! What must stay true here:
//! - A finding, an action or a hint is made once, as plain data; the language server and the command line only map it.
//! - One actor ([`actor`]) owns the mutable state; a training job works on a snapshot and its result carries the
//!   generation it came from, so that an older result never replaces a newer one.
//! - Old suggestions stay until new ones are there. A failed or cancelled job leaves the old classifier serving.
//! - Data files are read, never written. What a person decided ('keep this label') goes to `gloss.keep.jsonl`.

pub mod action;
pub mod actor;
pub mod agreement;
mod beginning;
mod card;
pub mod climb;
mod compare;
pub mod config;
mod config_edit;
pub mod config_file;
pub mod config_help;
pub mod corpus;
pub mod discover;
pub mod doubt;
pub mod duration;
pub mod encoders;
pub mod exchange;
pub mod explain;
pub mod finding;
pub mod glance;
pub mod keep;
pub mod learned;
mod mark;
pub mod message;
pub mod names;
pub mod near;
pub mod nearest;
pub mod power;
mod project;
pub mod projects;
pub mod report;
pub mod slices;
pub mod store;
pub mod supply;
pub mod symbols;
mod twins;
pub mod vault;
pub mod verdict;
pub mod view;
pub mod watch;

pub use action::Action;
pub use actor::Engine;
pub use config::Config;
pub use config_file::ConfigFile;
pub use dataset::{
    Answer, Document, Format, Hints, Offsets, Schema, Shape, Task, TextEdit, convert, offsets::Ruler, position, stream,
};
pub use encoders::{Encoders, FetchError, Fetching, Wanted};
pub use finding::{Code, Finding, Findings, Limits, Severity};
pub use glance::{Glance, Guess};
pub use learn::{
    Cancel, Control, Embeddings, Epoch, Estimate, FitError, Progress, Step, Target, Task as LearnedTask, Text,
    spans::Tagged,
    tuning::{Plan, Strategy},
};
pub use learned::Learned;
pub use message::{Change, Event, Message};
pub use project::{DataFile, Place, Project};
pub use projects::Projects;
pub use store::Store;
