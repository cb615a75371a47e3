//! The lexical classifier: hashed n-grams and softmax regression, or logistic regression a label. It needs no download, no language, and milliseconds.
//!
//! A text becomes n-grams ([`crate::ngrams`]), weighed by how rare they are in the whole lesson ([`frequencies`], [`space`]); softmax
//! regression learns from the labelled rows ([`dual`]), once for each fold ([`crate::folds`]) and once for all ([`course`]); the
//! out-of-fold scores tell how far its probabilities can be trusted ([`crate::calibration`]). [`fit`] puts these in order; [`crate::memory`] is what the next
//! fit starts from; [`store`] is the form on disk.

mod course;
mod dual;
mod fit;
mod frequencies;
mod progress;
mod reasons;
mod space;
mod store;

use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
};

use rayon::prelude::*;

use self::{course::Choice, dual::Weights, frequencies::Frequencies, space::Space};
use crate::{
    Classifier, Control, Fit, FitError, Lesson, Matrix, Renames, Step, Task, Text, calibration::Link, memory::Memory,
    ngrams::Reader, reasons::Reasons, spans,
};

/// Texts predicted by one task.
const PART: usize = 128;

#[derive(Clone, Default)]
pub(crate) struct Lexical {
    labels: Vec<Arc<str>>,
    /// Labels that had rows, by column of the weights. The others are given no probability.
    active: Vec<u32>,
    space: Space,
    weights: Weights,
    link: Link,
    /// Not kept on disk: counted again at the first refit.
    frequencies: Frequencies,
    choice: Choice,
    memory: Memory,
}

impl Lexical {
    pub(crate) fn load(from: &mut dyn Read) -> io::Result<Lexical> {
        store::load(from)
    }
}

impl fmt::Debug for Lexical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lexical")
            .field("labels", &self.labels)
            .field("dimensions", &self.space.dimensions())
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Classifier for Lexical {
    fn step(&self) -> Step {
        Step::Lexical
    }

    fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
        if lesson.task == Task::Spans {
            return spans::fit(&*spans::lexical(), lesson, control);
        }
        let (classifier, held_out) = fit::fit(self, lesson, control)?;
        Ok(Fit { classifier: Arc::new(classifier), held_out })
    }

    fn renamed(&self, names: &Renames) -> Arc<dyn Classifier> {
        Arc::new(Lexical { labels: names.names(&self.labels), memory: self.memory.renamed(names), ..self.clone() })
    }

    fn predict(&self, texts: &[Text]) -> Matrix {
        let columns = self.labels.len();
        let mut values = vec![0.0; texts.len() * columns];
        let part = |scratch: &mut Scratch, (values, texts): (&mut [f32], &[Text])| {
            for (row, text) in values.chunks_exact_mut(columns).zip(texts) {
                self.predict_one(&text.body, scratch, row);
            }
        };
        match texts.len() {
            _ if columns == 0 => {}
            // Too few to wake other threads for: the row that is being typed.
            0..=PART => part(&mut Scratch::default(), (&mut values, texts)),
            _ => {
                values.par_chunks_mut(PART * columns).zip(texts.par_chunks(PART)).for_each_init(Scratch::default, part)
            }
        }
        Matrix { columns, values }
    }

    fn thresholds(&self) -> Option<&[f32]> {
        self.link.thresholds()
    }

    fn reasons(&self, text: &Text, label: u32, _: &Control) -> Option<Reasons> {
        self.decided(&text.body, label)
    }

    fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        store::save(self, to)
    }
}

#[derive(Default)]
struct Scratch {
    reader: Reader,
    point: Vec<(u32, f32)>,
    scores: Vec<f32>,
}

impl Lexical {
    fn predict_one(&self, text: &str, scratch: &mut Scratch, row: &mut [f32]) {
        self.space.locate(&scratch.reader.read(text), &mut scratch.point);
        scratch.scores.resize(self.weights.stride(), 0.0);
        self.weights.score(scratch.point.iter().copied(), &mut scratch.scores);
        let scores = &mut scratch.scores[..self.active.len()];
        self.link.spread(scores, &self.active, row);
    }
}
