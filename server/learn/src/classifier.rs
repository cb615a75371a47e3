//! The ladder: every step is a [`Classifier`].

use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
};

use crate::{Control, Estimate, Lesson, Matrix, Text, lexical::Lexical};

/// A step of the ladder of classifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    Lexical,
}

impl Step {
    /// As users meet it: "lexical".
    pub fn name(self) -> &'static str {
        match self {
            Step::Lexical => "lexical",
        }
    }

    pub fn named(name: &str) -> Option<Step> {
        [Step::Lexical].into_iter().find(|step| step.name() == name)
    }
}

pub trait Classifier: Send + Sync + fmt::Debug {
    fn step(&self) -> Step;
    /// The classes, in the order of the columns of [`Classifier::predict`]. Empty before the first fit.
    fn labels(&self) -> &[Arc<str>];
    /// Learns the lesson, starting from what `self` knows (a blank one: from nothing), whatever its labels were.
    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError>;
    /// Calibrated probabilities, a row a text, a column a label; rows sum to 1.
    fn predict(&self, texts: &[Text]) -> Matrix;
    fn save(&self, to: &mut dyn Write) -> io::Result<()>;
}

#[derive(Clone, Debug)]
pub struct Fit {
    pub classifier: Arc<dyn Classifier>,
    pub held_out: HeldOut,
}

/// What models that had not seen a row's text say of it (cross-validation; equal texts share a fold).
#[derive(Clone, Debug)]
pub struct HeldOut {
    pub folds: usize,
    /// Calibrated probabilities: a row for each labelled example, in the lesson's order; a column a label.
    pub probabilities: Matrix,
    pub estimate: Estimate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FitError {
    Cancelled,
    /// What is missing, for people: "Label rows of at least one more class: all 12 labels are `billing`."
    TooLittle(String),
    /// What went wrong and what to do.
    Failed(String),
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FitError::Cancelled => f.write_str("Learning was stopped."),
            FitError::TooLittle(what) | FitError::Failed(what) => f.write_str(what),
        }
    }
}
impl std::error::Error for FitError {}

/// A classifier of this step that has learned nothing.
pub fn blank(step: Step) -> Arc<dyn Classifier> {
    match step {
        Step::Lexical => Arc::new(Lexical::default()),
    }
}

/// What [`Classifier::save`] wrote. Damaged or foreign bytes are an error, never a panic.
pub fn load(step: Step, from: &mut dyn Read) -> io::Result<Arc<dyn Classifier>> {
    match step {
        Step::Lexical => Ok(Arc::new(Lexical::load(from)?)),
    }
}
