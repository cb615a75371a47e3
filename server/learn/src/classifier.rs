//! The ladder: every step is a [`Classifier`].

use std::{
    fmt,
    io::{self, Read, Write},
    ops::Range,
    sync::Arc,
};

use catalogue::{Phrase, phrase};

use crate::{
    Control, Embeddings, Encode, Estimate, Lesson, Matrix, Renames, Task, Text,
    export::Head,
    lexical::Lexical,
    probe::Probe,
    reasons::Reasons,
    spans::{self, Tags},
    tuned::Tuned,
};

/// A step of the ladder of classifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    Lexical,
    Probe,
    FineTuned,
}

impl Step {
    /// As users meet it: "lexical", "probe", "fine-tuned".
    pub fn name(self) -> &'static str {
        match self {
            Step::Lexical => "lexical",
            Step::Probe => "probe",
            Step::FineTuned => "fine-tuned",
        }
    }

    pub fn named(name: &str) -> Option<Step> {
        [Step::Lexical, Step::Probe, Step::FineTuned].into_iter().find(|step| step.name() == name)
    }
}

pub trait Classifier: Send + Sync + fmt::Debug {
    fn step(&self) -> Step;
    /// The classes, in the order of the columns of [`Classifier::predict`]. Empty before the first fit.
    fn labels(&self) -> &[Arc<str>];
    /// Learns the lesson, starting from what `self` knows (a blank one: from nothing), whatever its labels were.
    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError>;
    /// The same, with other names for labels; a fit that follows starts from it. Two that come to have one name are told apart until then.
    fn renamed(&self, names: &Renames) -> Arc<dyn Classifier>;
    /// Calibrated probabilities, a row a text, a column a label; rows sum to 1 where there are no [`Classifier::thresholds`].
    fn predict(&self, texts: &[Text]) -> Matrix;
    /// From which probability on each label is given, where labels do not exclude each other ([`crate::Task::Multi`]); then each
    /// column of [`Classifier::predict`] is the calibrated probability that its label applies. None: one label a text.
    fn thresholds(&self) -> Option<&[f32]>;
    /// What the labels of a text are to each other.
    fn task(&self) -> Task {
        if self.thresholds().is_some() { Task::Multi } else { Task::Single }
    }
    /// Labelled parts of each text, of a classifier of [`Task::Spans`]; that predicts nothing of a text as a whole.
    fn tag(&self, _texts: &[Text]) -> Vec<Tags> {
        Vec::new()
    }
    /// The labels that a part of a text may have, most probable first, of a classifier of [`Task::Spans`].
    fn rank(&self, _text: &Text, _part: Range<usize>) -> Vec<(u32, f32)> {
        Vec::new()
    }
    /// What each word of a text adds to a label. None: there is no such label, nothing to say of it, or a cancel.
    fn reasons(&self, _text: &Text, _label: u32, _control: &Control) -> Option<Reasons> {
        None
    }
    /// What each word of a text adds to the label of a part of it, of a classifier of [`Task::Spans`]: to how far its score is above that of no
    /// label. None as above.
    fn reasons_of_part(&self, _text: &Text, _part: Range<usize>, _label: u32, _control: &Control) -> Option<Reasons> {
        None
    }
    /// Does what a first prediction of texts at hand would take its time for.
    fn get_ready(&self, _texts: &[Text], _control: &Control) {}
    /// Whether predicting this text takes no more than a moment.
    fn at_hand(&self, _text: &Text) -> bool {
        true
    }
    /// Who serves a text that is not at hand.
    fn below(&self) -> Option<&Arc<dyn Classifier>> {
        None
    }
    /// The encoder, and the head on its vectors. None: it has no encoder, or has learned nothing.
    fn parts(&self) -> Option<(Arc<dyn Encode>, Head)> {
        None
    }
    /// The vectors that it judges texts by. Where it trained their encoder, what [`Classifier::save`] writes names that by its id
    /// alone: it is kept beside ([`crate::Encoder::write_tuned`]).
    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        None
    }
    fn save(&self, to: &mut dyn Write) -> io::Result<()>;
}

#[derive(Clone, Debug)]
pub struct Fit {
    pub classifier: Arc<dyn Classifier>,
    pub held_out: HeldOut,
}

/// What models that had not seen a row's text say of it (cross-validation; equal texts share a fold).
#[derive(Clone, Debug, Default)]
pub struct HeldOut {
    /// 1: one part of the rows was held out, and the estimate is of that alone.
    pub folds: usize,
    /// Calibrated probabilities: a row for each labelled example, in the lesson's order; a column a label.
    pub probabilities: Matrix,
    /// The same of models that tell wrong labels better, though they err more on new texts, if there are such.
    pub doubting: Option<Matrix>,
    /// In its place, of [`Task::Spans`].
    pub spans: Option<spans::HeldOut>,
    /// Places of the rows that tell how a new text fares: of those alone is the estimate, and only by those may classifiers be compared.
    pub judged: Vec<u32>,
    pub estimate: Estimate,
}

impl HeldOut {
    /// By what labels are doubted: a row for each labelled example; a column a label.
    pub fn doubts(&self) -> &Matrix {
        self.doubting.as_ref().unwrap_or(&self.probabilities)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FitError {
    Cancelled,
    /// What is missing, for people: "Label rows of at least one more class: all 12 labels are `billing`."
    TooLittle(Phrase),
    /// What went wrong and what to do.
    Failed(Phrase),
}

impl FitError {
    pub fn says(&self) -> Phrase {
        match self {
            FitError::Cancelled => phrase!("learning-stopped"),
            FitError::TooLittle(what) | FitError::Failed(what) => what.clone(),
        }
    }
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.says().fmt(f)
    }
}
impl std::error::Error for FitError {}

/// A lexical classifier that has learned nothing.
pub fn lexical() -> Arc<dyn Classifier> {
    Arc::new(Lexical::default())
}

/// A probe that has learned nothing.
pub fn probe(embeddings: &Arc<Embeddings>) -> Arc<dyn Classifier> {
    Arc::new(Probe::blank(embeddings))
}

/// One with the head of another, which its first fit forgets. None: the head is not made for vectors like these.
pub fn with_head(head: Head, embeddings: &Arc<Embeddings>) -> Option<Arc<dyn Classifier>> {
    let fits = head.fits(embeddings.encoder().width());
    fits.then(|| Arc::new(Probe::with_head(head, embeddings)) as Arc<dyn Classifier>)
}

/// A probe that has seen no label: from what labels are called, `names` being a text for each of the lesson's labels, and from
/// its unlabelled texts whose vectors are at hand. How right it is nobody has measured, and its probabilities are modest. The error says
/// what is missing.
pub fn from_names(
    lesson: &Lesson,
    names: &[Text],
    embeddings: &Arc<Embeddings>,
    control: &Control,
) -> Result<Arc<dyn Classifier>, FitError> {
    Ok(Arc::new(Probe::from_names(lesson, names, embeddings, control)?))
}

/// Trained encoders by their ids; the error says what is missing.
pub type Trained<'a> = &'a dyn Fn(u64) -> io::Result<Box<dyn Read>>;

/// Where no encoder was trained.
pub fn none_trained(id: u64) -> io::Result<Box<dyn Read>> {
    Err(io::Error::new(io::ErrorKind::NotFound, format!("the trained encoder {id:016x} is not here")))
}

/// What [`Classifier::save`] wrote. Damaged or foreign bytes are an error, never a panic; so are a missing encoder and another one
/// than it learned with.
pub fn load(
    step: Step,
    from: &mut dyn Read,
    embeddings: Option<&Arc<Embeddings>>,
    trained: Trained<'_>,
) -> io::Result<Arc<dyn Classifier>> {
    let missing = || io::Error::other(format!("the {} step needs an encoder, and there is none", step.name()));
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    let from = &mut &bytes[..];
    match step {
        Step::FineTuned if spans::is_saved(&bytes) => {
            Ok(Arc::new(spans::Tuned::load(from, embeddings.ok_or_else(missing)?, trained)?))
        }
        _ if spans::is_saved(&bytes) => Ok(spans::classifier(spans::load(step, from, embeddings)?)),
        Step::Lexical => Ok(Arc::new(Lexical::load(from)?)),
        Step::Probe => Ok(Arc::new(Probe::load(from, embeddings.ok_or_else(missing)?)?)),
        Step::FineTuned => Ok(Arc::new(Tuned::load(from, embeddings.ok_or_else(missing)?, trained)?)),
    }
}
