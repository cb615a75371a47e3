//! The fine-tuned tagger: an encoder that was trained on the spans ([`crate::tuning`]), and a field over its states.
//!
//! Training takes long and happens now and then; a save is answered by the field alone, which learns from the new spans in moments.
//!
//! What must stay true: the encoder has seen the spans that the field learns from, so that the field is never cross-validated; rows are judged,
//! and how far answers can be trusted is told, by what encoders said that had not seen them, or else by the classifier below.

use std::{
    fmt,
    io::{self, Read, Write},
    ops::Range,
    sync::Arc,
};

use catalogue::phrase;
use rustc_hash::FxHashMap;

use super::{
    Estimate, HeldOut, Span, Tagger, Tags,
    belief::Belief,
    classifier::{held_out, of_spans},
    field::{Beliefs, Field},
    fit, load as load_tagger, store,
    tags::apart,
    taught::Said,
};
use crate::{
    Classifier, Control, Embeddings, FitError, Lesson, Matrix, Reasons, Renames, Step, Target, Task, Text,
    bytes::{self, Body, Bytes, damaged},
    classifier::{Fit, Trained},
    lexical,
    tuning::course::Outcome,
};

pub(super) const MAGIC: &[u8; 8] = b"glossspt";
/// To be raised whenever this format changes its meaning.
const VERSION: u32 = 1;

#[derive(Clone)]
pub(crate) struct Tuned {
    below: Arc<dyn Classifier>,
    field: Field,
    judged: Arc<Judged>,
}

/// What encoders said of rows that they had not seen, at the last training.
#[derive(Default)]
struct Judged {
    /// How many encoders did.
    folds: usize,
    labels: Vec<Arc<str>>,
    /// By the text's key.
    said: FxHashMap<u64, Said>,
}

/// From a trained encoder to a classifier. `below` is the fit of the classifier on the encoder as it was.
pub(crate) fn learn(outcome: Outcome<Said>, below: &Fit, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
    let some = of_spans(&outcome.probed(lesson));
    let field = fit::learn(&Field::probe(&outcome.embeddings), &some, &control.quiet())?;
    let said = outcome.keys.into_iter().zip(outcome.held_out);
    let said = said.filter_map(|(key, said)| Some((key, said?))).collect();
    let judged = Arc::new(Judged { folds: outcome.folds, labels: lesson.labels.clone(), said });
    Ok(Tuned { below: below.classifier.clone(), field, judged }.judge(lesson, below))
}

impl Said {
    /// With the labels of another lesson; `None`: one of those that were found is not among them.
    fn moved(&self, labels: &[Option<u32>]) -> Option<Said> {
        let span = |&(span, log_odds): &(Span, f32)| {
            let label = labels.get(span.label as usize).copied().flatten()?;
            Some((Span { label, ..span }, log_odds))
        };
        Some(Said {
            found: self.found.iter().map(span).collect::<Option<_>>()?,
            whole: self.whole,
            given: self.given.iter().filter_map(span).collect(),
        })
    }

    /// Of a span that was found, or that was given when the row was judged.
    fn of(&self, span: &Span) -> Option<f32> {
        self.found.iter().chain(&self.given).find(|(known, _)| known == span).map(|(_, log_odds)| *log_odds)
    }
}

impl Judged {
    /// By the place of the row among all labelled ones.
    fn rows(&self, lesson: &Lesson) -> Vec<(usize, Said)> {
        let place = |name: &Arc<str>| lesson.labels.binary_search(name).ok().map(|place| place as u32);
        let labels: Vec<Option<u32>> = self.labels.iter().map(place).collect();
        let labelled = lesson.examples.iter().filter(|example| example.target.is_some()).enumerate();
        labelled.filter_map(|(row, example)| Some((row, self.said.get(&example.text.key)?.moved(&labels)?))).collect()
    }
}

impl Tuned {
    /// Once its field has learned the lesson: how sure it may be, and what is held out.
    fn judge(mut self, lesson: &Lesson, below: &Fit) -> Fit {
        let rows = self.judged.rows(lesson);
        let labelled: Vec<(&Text, &[Span])> = lesson
            .examples
            .iter()
            .filter_map(|example| Some((&example.text, example.target.as_ref().map(Target::spans)?)))
            .collect();
        let Some(spans) =
            below.held_out.spans.clone().filter(|spans| spans.tags.len() == labelled.len() && !rows.is_empty())
        else {
            return Fit { held_out: below.held_out.clone(), classifier: Arc::new(self) };
        };
        let (mut of_spans, mut of_wholes) = (Vec::new(), Vec::new());
        for (row, said) in &rows {
            let (text, given) = labelled[*row];
            let given = apart(&text.body, given);
            of_spans.extend(said.found.iter().map(|(span, log_odds)| (*log_odds, given.contains(span))));
            of_wholes.push((said.whole, given.iter().eq(said.found.iter().map(|(span, _)| span))));
        }
        let beliefs = Beliefs { span: Belief::of(&of_spans), whole: Belief::of(&of_wholes) };
        self.field.beliefs = beliefs;

        let HeldOut { mut tags, mut given, .. } = spans;
        for (row, said) in &rows {
            for (span, probability) in labelled[*row].1.iter().zip(&mut given[*row]) {
                if let Some(log_odds) = said.of(span) {
                    *probability = beliefs.span.probability(log_odds);
                }
            }
            tags[*row] = beliefs.tags(said.found.iter().copied(), said.whole);
        }
        let answers: Vec<Arc<[Span]>> = rows.iter().map(|(row, _)| labelled[*row].1.into()).collect();
        let of_judged: Vec<Tags> = rows.iter().map(|(row, _)| tags[*row].clone()).collect();
        let estimate = Estimate::of(&answers, &of_judged, lesson.labels.len());
        let judged = rows.iter().map(|(row, _)| *row as u32).collect();
        let spans = HeldOut { folds: self.judged.folds, tags, given, judged, estimate };
        Fit { held_out: held_out(lesson, spans), classifier: Arc::new(self) }
    }

    pub(crate) fn load(from: &mut dyn Read, base: &Arc<Embeddings>, trained: Trained<'_>) -> io::Result<Tuned> {
        let body = bytes::read(MAGIC, VERSION, "a fine-tuned tagger", from)?;
        let mut body = Bytes::new(&body);
        let unfit = || damaged("its parts do not fit together");
        let &[id, folds] = &body.array(u64::from_le_bytes)?[..] else { return Err(unfit()) };
        let encoder = base.encoder().trainable().ok_or_else(|| damaged("its encoder cannot be trained"))?;
        let encoder = encoder.read_tuned(&mut trained(id)?)?;
        let embeddings = Arc::new(Embeddings::trained_words(Some(base), encoder));
        if embeddings.encoder().id() != id {
            return Err(unfit());
        }
        let below = load_tagger(Step::Probe, &mut &body.array(|[byte]| byte)?[..], Some(base))?;
        let field = store::load_probe(&mut &body.array(|[byte]| byte)?[..], &embeddings)?;
        let judged = Judged { folds: folds as usize, labels: body.names()?, said: read_said(&mut body)? };
        if !body.is_empty() {
            return Err(unfit());
        }
        Ok(Tuned { below: super::classifier(below), field, judged: Arc::new(judged) })
    }
}

/// Rows one after the other: how many spans each found, and how many were given; then all spans.
fn write_said(said: &FxHashMap<u64, Said>, body: &mut Body) {
    let mut rows: Vec<(&u64, &Said)> = said.iter().collect();
    rows.sort_unstable_by_key(|(key, _)| **key);
    let spans = || rows.iter().flat_map(|(_, said)| said.found.iter().chain(&said.given));
    body.array(&rows, |(key, _)| key.to_le_bytes());
    body.floats(&rows.iter().map(|(_, said)| said.whole).collect::<Vec<_>>());
    let counts = rows.iter().flat_map(|(_, said)| [said.found.len() as u32, said.given.len() as u32]);
    body.integers(&counts.collect::<Vec<_>>());
    body.integers(&spans().flat_map(|(span, _)| [span.start, span.end, span.label]).collect::<Vec<_>>());
    body.floats(&spans().map(|(_, log_odds)| *log_odds).collect::<Vec<_>>());
}

fn read_said(body: &mut Bytes<'_>) -> io::Result<FxHashMap<u64, Said>> {
    let keys = body.array(u64::from_le_bytes)?;
    let wholes = body.floats()?;
    let (counts, numbers) = (body.integers()?, body.integers()?);
    let log_odds = body.floats()?;
    let spans = numbers.as_chunks::<3>().0.iter().map(|&[start, end, label]| Span { start, end, label });
    let mut spans = spans.zip(log_odds.iter().copied());
    let all: usize = counts.iter().map(|&count| count as usize).sum();
    let fits = wholes.len() == keys.len()
        && counts.len() == 2 * keys.len()
        && numbers.len() == 3 * all
        && log_odds.len() == all
        && log_odds.iter().chain(&wholes).all(|value| value.is_finite());
    if !fits {
        return Err(damaged("its parts do not fit together"));
    }
    let mut take = |count: u32| spans.by_ref().take(count as usize).collect();
    let rows = keys.into_iter().zip(wholes).zip(counts.as_chunks::<2>().0);
    Ok(rows
        .map(|((key, whole), &[found, given])| (key, Said { found: take(found), whole, given: take(given) }))
        .collect())
}

impl fmt::Debug for Tuned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuned")
            .field("field", &self.field)
            .field("judged", &self.judged.said.len())
            .finish_non_exhaustive()
    }
}

impl Classifier for Tuned {
    fn step(&self) -> Step {
        Step::FineTuned
    }

    fn labels(&self) -> &[Arc<str>] {
        self.field.labels()
    }

    fn task(&self) -> Task {
        Task::Spans
    }

    /// The fields learn; the encoder stays as it is.
    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
        if lesson.task != Task::Spans {
            // The data set has become another.
            return lexical().fit(lesson, control);
        }
        let quiet = control.quiet();
        control.progress(phrase!("stage-fitting"), 0.0);
        let below = self.below.fit(lesson, &quiet)?;
        control.progress(phrase!("stage-fitting"), 0.7);
        let mut field = fit::learn(&self.field, &of_spans(lesson), &quiet)?;
        field.beliefs = self.field.beliefs;
        control.progress(phrase!("stage-fitting"), 1.0);
        Ok(Tuned { below: below.classifier.clone(), field, judged: self.judged.clone() }.judge(lesson, &below))
    }

    fn renamed(&self, names: &Renames) -> Arc<dyn Classifier> {
        let Judged { folds, labels, said } = &*self.judged;
        // Of a merge both are called the same.
        let labels = labels.iter().map(|label| names.name(label)).collect();
        Arc::new(Tuned {
            below: self.below.renamed(names),
            field: self.field.called(names),
            judged: Arc::new(Judged { folds: *folds, labels, said: said.clone() }),
        })
    }

    /// Nothing is said of a text as a whole.
    fn predict(&self, _texts: &[Text]) -> Matrix {
        Matrix::default()
    }

    fn thresholds(&self) -> Option<&[f32]> {
        None
    }

    fn tag(&self, texts: &[Text]) -> Vec<Tags> {
        self.field.predict(texts)
    }

    fn rank(&self, text: &Text, part: Range<usize>) -> Vec<(u32, f32)> {
        self.field.rank(text, part)
    }

    fn reasons_of_part(&self, text: &Text, part: Range<usize>, label: u32, control: &Control) -> Option<Reasons> {
        self.field.reasons(text, part, label, control)
    }

    fn at_hand(&self, text: &Text) -> bool {
        self.field.at_hand(text)
    }

    fn below(&self) -> Option<&Arc<dyn Classifier>> {
        Some(&self.below)
    }

    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        self.field.embeddings()
    }

    fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut body = Body::default();
        let encoder = self.field.embeddings().ok_or_else(|| io::Error::other("it has no encoder"))?.encoder();
        body.array(&[encoder.id(), self.judged.folds as u64], u64::to_le_bytes);
        let (mut below, mut field) = (Vec::new(), Vec::new());
        self.below.save(&mut below)?;
        self.field.save(&mut field)?;
        for bytes in [below, field] {
            body.array(&bytes, |byte| [byte]);
        }
        body.names(&self.judged.labels);
        write_said(&self.judged.said, &mut body);
        body.write(MAGIC, VERSION, to)
    }
}
