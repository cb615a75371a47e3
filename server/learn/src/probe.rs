//! The probe: a small classifier on the vectors of a frozen encoder. Milliseconds, once texts are embedded.
//!
//! There are two: kernel ridge regression ([`ridge`]) on how alike texts are to landmarks ([`kernel`]), by their
//! vectors and by their words ([`landmarks`], [`words`]), and softmax regression on
//! the vectors themselves, with self-training ([`linear`]). Each learns once for each fold and once for all; out-of-fold scores
//! choose between them and their penalties ([`course`], [`choice`]), and tell how far probabilities can be trusted
//! ([`crate::calibration`]). [`fit`] puts these in order; [`store`] is the form on disk. Where nothing is labelled yet, there is one from
//! what labels are called ([`names`]).
//!
//! What must stay true: a fit embeds labelled texts only; of the unlabelled ones it learns from those whose vectors are at hand.

mod choice;
mod cholesky;
mod course;
pub(crate) mod dense;
mod dual;
mod fit;
mod head;
mod kernel;
pub(crate) mod landmarks;
mod likenesses;
mod linear;
mod names;
mod reasons;
mod ridge;
mod store;
pub(crate) mod words;

use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
};

use catalogue::phrase;
use rayon::prelude::*;

use self::{choice::Choice, course::Kept, kernel::Kernel};
use crate::{
    Classifier, Control, Embeddings, Encode, Fit, FitError, Lesson, Matrix, Renames, Step, Task, Text,
    calibration::Link, export::Head, memory::Memory, reasons::Reasons, spans,
};

/// Texts predicted by one task.
const PART: usize = 256;

#[derive(Clone)]
pub(crate) struct Probe {
    embeddings: Arc<Embeddings>,
    /// Words count, too, in how alike texts are.
    reads: bool,
    labels: Vec<Arc<str>>,
    /// Labels that had rows, by column of the weights. The others are given no probability.
    active: Vec<u32>,
    /// Of ridge regression; `None`: softmax regression.
    kernel: Option<Arc<Kernel>>,
    /// A row a class, a column for each value of a vector, or landmark, and one for the intercept.
    weights: Matrix,
    link: Link,
    choice: Choice,
    /// What a refit starts from: softmax regression's, and ridge regression's, which is not saved.
    memory: Memory,
    kept: Kept,
}

impl Probe {
    pub(crate) fn blank(embeddings: &Arc<Embeddings>) -> Probe {
        Probe {
            embeddings: embeddings.clone(),
            reads: true,
            labels: Vec::new(),
            active: Vec::new(),
            kernel: None,
            weights: Matrix::default(),
            link: Link::default(),
            choice: Choice::default(),
            memory: Memory::default(),
            kept: Kept::default(),
        }
    }

    /// On vectors alone, as those of an encoder that was trained for these labels.
    pub(crate) fn of_vectors(embeddings: &Arc<Embeddings>) -> Probe {
        Probe { reads: false, ..Probe::blank(embeddings) }
    }

    pub(crate) fn load(from: &mut dyn Read, embeddings: &Arc<Embeddings>) -> io::Result<Probe> {
        store::load(from, embeddings)
    }

    /// With this head, and nothing learned yet. The head must be of the width of the vectors.
    pub(crate) fn with_head(head: Head, embeddings: &Arc<Embeddings>) -> Probe {
        head::probe(head, embeddings)
    }

    /// From what labels are called alone, and unlabelled texts whose vectors are at hand. See [`crate::from_names`].
    pub(crate) fn from_names(
        lesson: &Lesson,
        names: &[Text],
        embeddings: &Arc<Embeddings>,
        control: &Control,
    ) -> Result<Probe, FitError> {
        let blank = Probe::blank(embeddings);
        let texts = fit::pool(&blank, lesson, &[]);
        if names.len() < 2 || texts.is_empty() || !embeddings.encoder().is_unit() {
            return Err(FitError::TooLittle(phrase!("no-class-yet")));
        }
        let names = embeddings.of(names, control)?;
        let head = names::head(&names, &embeddings.at_hand(&texts), control)?;
        Ok(Probe::with_head(Head { labels: lesson.labels.clone(), ..head }, embeddings))
    }

    /// Probabilities of texts whose vectors are at hand, in rows of `values`.
    fn judge(&self, texts: &[Text], values: &mut [f32]) {
        let mut scores = match &self.kernel {
            Some(kernel) => dense::affine(&kernel.likeness(texts, &self.embeddings), &self.weights),
            None => dense::affine(&self.embeddings.at_hand(texts), &self.weights),
        };
        let rows = values.chunks_exact_mut(self.labels.len());
        for (row, scores) in rows.zip(scores.values.chunks_exact_mut(self.active.len())) {
            if self.kernel.is_some() {
                ridge::link(scores, self.thresholds().is_some());
            }
            self.link.spread(scores, &self.active, row);
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("labels", &self.labels)
            .field("choice", &self.choice)
            .field("share_of_words", &self.kernel.as_ref().map(|kernel| kernel.landmarks.share))
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Classifier for Probe {
    fn step(&self) -> Step {
        Step::Probe
    }

    fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
        if lesson.task == Task::Spans {
            return spans::fit(&*spans::probe(&self.embeddings), lesson, control);
        }
        let (classifier, held_out) = fit::fit(self, lesson, control)?;
        Ok(Fit { classifier: Arc::new(classifier), held_out })
    }

    /// Embeds what is not at hand.
    fn renamed(&self, names: &Renames) -> Arc<dyn Classifier> {
        Arc::new(Probe { labels: names.names(&self.labels), memory: self.memory.renamed(names), ..self.clone() })
    }

    fn predict(&self, texts: &[Text]) -> Matrix {
        let columns = self.labels.len();
        let mut values = vec![0.0; texts.len() * columns];
        if columns > 0 && self.embeddings.embed(texts, &Control::default(), |_, _| {}).is_ok() {
            let parts = values.par_chunks_mut(PART * columns).zip(texts.par_chunks(PART));
            parts.for_each(|(values, texts)| self.judge(texts, values));
        }
        Matrix { columns, values }
    }

    fn thresholds(&self) -> Option<&[f32]> {
        self.link.thresholds()
    }

    fn reasons(&self, text: &Text, label: u32, control: &Control) -> Option<Reasons> {
        self.decided(&text.body, label, control)
    }

    fn get_ready(&self, texts: &[Text], control: &Control) {
        if let Some(kernel) = &self.kernel {
            let at_hand: Vec<Text> = texts.iter().filter(|text| self.at_hand(text)).cloned().collect();
            // What comes of it is kept.
            kernel.likenesses(&kernel.lacking(&at_hand), &self.embeddings, control);
        }
    }

    fn at_hand(&self, text: &Text) -> bool {
        self.embeddings.has(text.key)
    }

    fn parts(&self) -> Option<(Arc<dyn Encode>, Head)> {
        Some((self.embeddings.encoder().clone(), head::of(self)?))
    }

    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        Some(&self.embeddings)
    }

    fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        store::save(self, to)
    }
}
