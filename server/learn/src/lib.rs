//! Classifiers: texts and labels in, calibrated probabilities out.
//!
//! What must stay true here:
//! - Knows texts and labels, never data files. The only files here are encoders' ([`encoder`], [`export`]).
//! - A classifier is immutable once made: fitting gives a new one, so that the old one serves meanwhile.
//! - Same lesson, same seed, same number of threads: same result. Work runs on the rayon pool of the caller.
//! - [`Control`] is asked before every iteration; a cancelled fit leaves nothing behind.

pub mod agreement;
mod backend;
mod bytes;
mod calibration;
pub mod classifier;
pub mod control;
pub mod embeddings;
pub mod encoder;
pub mod export;
pub mod fisher;
mod folds;
pub mod lesson;
mod lexical;
mod memory;
pub mod metrics;
pub mod near;
mod nearest;
mod ngrams;
mod probe;
pub mod queue;
pub mod reasons;
mod renames;
mod sigmoid;
mod softmax;
pub mod spans;
pub mod suspects;
mod temperature;
mod tuned;
pub mod tuning;

pub use backend::Device;
pub use classifier::{
    Classifier, Fit, FitError, HeldOut, Step, Trained, from_names, lexical, load, none_trained, probe, with_head,
};
pub use control::{Cancel, Control, Epoch, Progress};
pub use embeddings::{Embeddings, Encode, Grain, Reading, Vault};
pub use encoder::Encoder;
pub use lesson::{Example, Lesson, Target, Task, Text};
pub use metrics::{Estimate, Matrix};
pub use nearest::nearest;
pub use reasons::{Reason, Reasons};
pub use renames::Renames;
pub use tuned::{FineTuned, fine_tune, is_due, renamed_rows};
