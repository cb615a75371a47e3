//! Classifiers: texts and labels in, calibrated probabilities out.
//!
//! What must stay true here:
//! - Knows texts and labels, never files.
//! - A classifier is immutable once made: fitting gives a new one, so that the old one serves meanwhile.
//! - Same lesson, same seed, same number of threads: same result. Work runs on the rayon pool of the caller.
//! - [`Control`] is asked before every iteration; a cancelled fit leaves nothing behind.

pub mod classifier;
pub mod control;
pub mod embeddings;
pub mod lesson;
pub mod lexical;
pub mod metrics;
pub mod queue;
pub mod suspects;

pub use classifier::{Classifier, Fit, FitError, HeldOut, Step, blank, load};
pub use control::{Cancel, Control, Progress};
pub use embeddings::{Embeddings, Encode, Vault};
pub use lesson::{Example, Lesson, Text};
pub use metrics::{Estimate, Matrix};
