//! What a training job found out, ready to be looked up by text.

use std::{ops::Range, sync::Arc, time::Instant};

use learn::{
    Classifier, Control, Estimate, Fit, FitError, HeldOut, Lesson, Matrix, Renames, Step, Target, Task, Text,
    queue::{self, Candidate, Ground},
    spans::{self, Span, Tags},
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    corpus::{Corpus, Judged},
    doubt::Doubts,
    glance::{Glance, Glances},
    names,
    symbols::{Tally, Witnesses, names_of},
    verdict::{self, Verdicts},
};

/// How many rows the queue holds.
pub const QUEUE: usize = 20;
/// Texts are predicted in pieces of this many, so that a cancel is heard.
const PIECE: usize = 1024;
/// Labelled texts that are embedded at once, where a fit that answers a save meets some that are not known.
const STRANGERS: usize = 8;

/// How much was learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that may be learned from, held-out files aside.
    pub rows: usize,
    pub labelled: usize,
}

/// Does not change once it is made; texts that are met later are predicted into a map of their own.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The step that serves.
    pub classifier: Arc<dyn Classifier>,
    /// Serves where the classifier would have to embed a text first; perhaps one that learned from fewer rows.
    pub lexical: Arc<dyn Classifier>,
    /// Lexical and probe were tried on these very rows, and the one serves that did better, or the one that was trained from it; or a
    /// person chose it.
    pub compared: bool,
    /// The rows that an encoder was last trained on, whether it serves or not, and the fingerprint for which it was last asked
    /// whether to train.
    pub trained_on: Arc<[u64]>,
    pub considered: Option<u64>,
    /// It has seen no label: see [`crate::names`].
    pub from_names: bool,
    /// What the classifier's kin say of the labelled rows that they had not seen. Not stored.
    pub held_out: Option<Arc<HeldOut>>,
    /// Counts the fits of this data set; in the `data` of every diagnostic that comes from the model.
    pub version: u64,
    /// Of what was learned: texts, labels, and which of them are held out.
    pub fingerprint: u64,
    pub counts: Counts,
    /// Cross-validated, of the labelled rows; or as it was measured where the classifier came from.
    pub estimate: Estimate,
    pub folds: usize,
    /// Of the held-out files, where there are some.
    pub test: Option<Estimate>,
    pub seconds: f32,
    /// By which a label is known again that got another name.
    pub witnesses: Arc<Witnesses>,
    /// How each label fares on rows that were held out.
    pub tally: Arc<Tally>,
    /// What models that had not seen a labelled text say of it.
    pub verdicts: Arc<Verdicts>,
    /// By text key, for every unlabelled text of the lesson.
    pub glances: Glances,
    pub doubts: Doubts,
    /// The texts most worth labelling next.
    pub queue: FxHashSet<u64>,
}

impl Learned {
    /// Fits what answers soonest, estimates and predicts: the classifier that served `before` if every labelled text is at its
    /// hand, else the lexical one. The corpus is let go once its texts are read.
    pub fn learn(
        corpus: Corpus,
        before: Option<&Learned>,
        version: u64,
        control: &Control,
    ) -> Result<Learned, FitError> {
        let subject = Subject::of(corpus, version);
        let named = before.filter(|before| before.from_names && !subject.names.is_empty());
        if let Some(embeddings) = named.and_then(|before| before.classifier.embeddings()) {
            return names::learn(&subject, embeddings, control);
        }
        let renamed = before.and_then(|before| before.following(&subject.lesson));
        let before = renamed.as_ref().or(before);
        if let Some(before) = before {
            before.recall_labelled(&subject);
        }
        let lexical = before.map_or_else(learn::lexical, |before| before.lexical.clone());
        let ready = |before: &&Learned| {
            subject.labelled().filter(|(text, _)| !before.classifier.at_hand(text)).count() <= STRANGERS
        };
        match before.filter(ready) {
            Some(before) if before.classifier.step() != Step::Lexical => {
                let fit = before.classifier.fit(&subject.lesson, control)?;
                let learned = Learned::of(&subject, &fit, lexical, control)?.after(before);
                // A trained encoder was compared when its training ended, and another is when that is due.
                Ok(Learned { compared: before.classifier.step() == Step::FineTuned, ..learned })
            }
            before => {
                let fit = lexical.fit(&subject.lesson, control).map_err(|why| names::advise(why, &subject.lesson))?;
                let learned = Learned::of(&subject, &fit, fit.classifier.clone(), control)?;
                Ok(before.map_or(learned.clone(), |before| learned.after(before)))
            }
        }
    }

    /// Right after a start no vector is at hand yet, though all may be kept.
    fn recall_labelled(&self, subject: &Subject) {
        for embeddings in self.ladder().filter_map(|classifier| classifier.embeddings()) {
            embeddings.recall(subject.labelled().map(|(text, _)| text));
        }
    }

    /// Whether every unlabelled text was judged by the classifier itself, not by one below it.
    pub(crate) fn has_looked_at_all(&self, subject: &Subject) -> bool {
        let mut unlabelled = subject.lesson.examples.iter().filter(|example| example.target.is_none());
        unlabelled.all(|example| {
            self.glances.get(&example.text.key).is_some_and(|glance| glance.step == self.classifier.step())
        })
    }

    /// Whether the best of the steps that may serve does.
    pub(crate) fn is_decided(&self, tunes: bool) -> bool {
        self.compared && (tunes || self.classifier.step() != Step::FineTuned)
    }

    /// With what is known of trainings before, and of labels that are gone.
    pub(crate) fn after(self, before: &Learned) -> Learned {
        Learned {
            trained_on: before.trained_on.clone(),
            considered: before.considered,
            witnesses: (*self.witnesses).clone().after(&before.witnesses).into(),
            ..self
        }
    }

    /// The same under the names that labels got since, to start a fit from; `None`: they are called as they were.
    fn following(&self, lesson: &Lesson) -> Option<Learned> {
        let names = self.witnesses.renames(lesson.task, |tell| names_of(lesson, tell));
        (!names.is_empty()).then(|| self.called(&names, lesson))
    }

    /// The same under other names; the lesson has them already.
    pub(crate) fn called(&self, names: &Renames, lesson: &Lesson) -> Learned {
        Learned {
            classifier: self.classifier.renamed(names),
            lexical: self.lexical.renamed(names),
            trained_on: learn::renamed_rows(&self.trained_on, names, lesson).into(),
            witnesses: self.witnesses.renamed(names).into(),
            ..self.clone()
        }
    }

    /// What comes of a fit.
    pub(crate) fn of(
        subject: &Subject,
        fit: &Fit,
        lexical: Arc<dyn Classifier>,
        control: &Control,
    ) -> Result<Learned, FitError> {
        let held_out = &fit.held_out;
        let measured = (held_out.estimate.clone(), held_out.folds);
        let mut learned = Learned {
            held_out: Some(Arc::new(held_out.clone())),
            doubts: subject.doubts(fit),
            tally: Tally::of(subject, fit).into(),
            verdicts: verdict::of(subject, fit).into(),
            ..Learned::unmeasured(subject, fit.classifier.clone(), lexical, measured)
        };
        learned.look_around(subject, control)?;
        Ok(learned)
    }

    /// Has a classifier serve that learned elsewhere, until the next fit. How it does on these rows is not known: it doubts no label.
    pub(crate) fn adopt(
        subject: &Subject,
        classifier: Arc<dyn Classifier>,
        (estimate, folds): (Estimate, usize),
        control: &Control,
    ) -> Result<Learned, FitError> {
        // Where too little is labelled for one, nothing speaks of texts that are not embedded yet.
        let lexical = match learn::lexical().fit(&subject.lesson, control) {
            Ok(fit) => fit.classifier,
            Err(FitError::TooLittle(_)) => learn::lexical(),
            Err(why) => return Err(why),
        };
        let mut learned = Learned {
            compared: true,
            considered: Some(subject.fingerprint),
            ..Learned::unmeasured(subject, classifier, lexical, (estimate, folds))
        };
        learned.look_around(subject, control)?;
        Ok(learned)
    }

    /// A classifier that was not asked about these rows yet, neither labelled nor unlabelled ones.
    pub(crate) fn unmeasured(
        subject: &Subject,
        classifier: Arc<dyn Classifier>,
        lexical: Arc<dyn Classifier>,
        (estimate, folds): (Estimate, usize),
    ) -> Learned {
        Learned {
            classifier,
            lexical,
            compared: false,
            trained_on: Arc::default(),
            considered: None,
            from_names: false,
            held_out: None,
            version: subject.version,
            fingerprint: subject.fingerprint,
            counts: subject.counts(),
            estimate,
            folds,
            test: None,
            seconds: 0.0,
            witnesses: Witnesses::of(&subject.lesson).into(),
            tally: Arc::default(),
            verdicts: Arc::default(),
            glances: Glances::default(),
            doubts: Doubts::default(),
            queue: FxHashSet::default(),
        }
    }

    /// Looks at all unlabelled texts, measures on held-out files, and notes how long it all took.
    pub(crate) fn look_around(&mut self, subject: &Subject, control: &Control) -> Result<(), FitError> {
        self.look_at_all(subject, control)?;
        if !subject.test.texts.is_empty() && subject.test.texts.iter().all(|text| self.classifier.at_hand(text)) {
            self.test = Some(self.judge(&subject.test.texts, &subject.test.targets));
        }
        self.seconds = subject.started.elapsed().as_secs_f32();
        Ok(())
    }

    /// Predicts every unlabelled text and chooses the queue among them.
    pub(crate) fn look_at_all(&mut self, subject: &Subject, control: &Control) -> Result<(), FitError> {
        let unlabelled = subject.unlabelled();
        // Strategies weigh the probabilities of labels that exclude each other.
        let is_single = self.classifier.task() == Task::Single;
        let strategy = if is_single { subject.queue } else { queue::Strategy::Margin };
        let (mut glances, mut sureness) = (Glances::default(), FxHashMap::default());
        self.look(&unlabelled, control, &mut |key, glance, probabilities| {
            sureness.insert(key, if is_single { strategy.sureness(probabilities) } else { glance.margin });
            glances.insert(key, glance);
        })?;
        self.glances = glances;
        let candidate = |(place, text): (usize, &Text)| {
            let (label, sureness) = (self.glances.get(&text.key)?.turn(), *sureness.get(&text.key)?);
            Some(Candidate { place, key: text.key, label, sureness })
        };
        let candidates: Vec<_> = unlabelled.iter().enumerate().filter_map(candidate).collect();
        let ground = Ground {
            unlabelled: &unlabelled,
            labelled: subject.labelled().map(|(text, _)| text).collect(),
            embeddings: self.classifier.embeddings().map(|embeddings| &**embeddings),
        };
        let chosen = queue::choose(strategy, &candidates, &ground, QUEUE);
        self.queue = chosen.into_iter().map(|place| unlabelled[place].key).collect();
        Ok(())
    }

    /// Predicts texts, each by what serves it; the error is a cancel.
    pub fn glance_at(&self, texts: &[Text], control: &Control) -> Result<Glances, FitError> {
        let mut glances = Glances::default();
        glances.reserve(texts.len());
        self.look(texts, control, &mut |key, glance, _| drop(glances.insert(key, glance)))?;
        Ok(glances)
    }

    /// Tells of each text, by its key, what it comes to and by which probabilities: none of spans.
    fn look(
        &self,
        texts: &[Text],
        control: &Control,
        tell: &mut dyn FnMut(u64, Glance, &[f32]),
    ) -> Result<(), FitError> {
        for piece in texts.chunks(PIECE) {
            if control.is_cancelled() {
                return Err(FitError::Cancelled);
            }
            let mut left = piece.to_vec();
            for classifier in self.ladder() {
                let texts: Vec<Text>;
                (texts, left) = left.into_iter().partition(|text| classifier.at_hand(text));
                // One that learned other labels speaks of other columns.
                if texts.is_empty() || classifier.labels() != self.classifier.labels() {
                    continue;
                }
                if classifier.task() == Task::Spans {
                    let tags = classifier.tag(&texts);
                    let glances = tags.iter().map(|tags| Glance::of_tags(tags, classifier.step()));
                    texts.iter().zip(glances).for_each(|(text, glance)| tell(text.key, glance, &[]));
                    continue;
                }
                let probabilities = classifier.predict(&texts);
                for (index, text) in texts.iter().enumerate() {
                    let row = probabilities.row(index);
                    if let Some(glance) = Glance::of(row, classifier.thresholds(), classifier.step()) {
                        tell(text.key, glance, row);
                    }
                }
            }
        }
        Ok(())
    }

    /// Who serves a text: the first that has it at hand.
    fn ladder(&self) -> impl Iterator<Item = &Arc<dyn Classifier>> {
        [Some(&self.classifier), self.classifier.below(), Some(&self.lexical)].into_iter().flatten()
    }

    pub(crate) fn serving(&self, text: &Text) -> &Arc<dyn Classifier> {
        self.ladder().find(|classifier| classifier.at_hand(text)).unwrap_or(&self.lexical)
    }

    /// All probabilities of these texts, by the classifier itself, however long that takes.
    pub fn predict(&self, texts: &[Text]) -> Matrix {
        self.classifier.predict(texts)
    }

    /// What the classifier's probabilities of a text come to.
    pub fn glance(&self, probabilities: &[f32]) -> Option<Glance> {
        Glance::of(probabilities, self.classifier.thresholds(), self.classifier.step())
    }

    /// What the classifier finds in each text, however long that takes; `None`: it labels texts as a whole.
    pub fn find_spans(&self, texts: &[Text]) -> Option<Vec<Glance>> {
        let is_one = self.classifier.task() == Task::Spans;
        let glance = |tags: &Tags| Glance::of_tags(tags, self.classifier.step());
        is_one.then(|| self.classifier.tag(texts).iter().map(glance).collect())
    }

    /// How well the classifier does on these texts, which it has not seen.
    pub fn judge(&self, texts: &[Text], targets: &[Target]) -> Estimate {
        match self.classifier.task() {
            Task::Spans => of_spans(&self.classifier.tag(texts), targets, self.classifier.labels().len()),
            _ => estimate(&self.classifier.predict(texts), targets, self.classifier.thresholds()),
        }
    }

    /// The labels that a part of a text may have, most probable first.
    pub fn ranked_part(&self, text: &Text, part: Range<usize>) -> Vec<(Arc<str>, f32)> {
        let ranked = self.serving(text).rank(text, part);
        ranked.into_iter().map(|(label, probability)| (self.label(label).clone(), probability)).collect()
    }

    pub fn label(&self, index: u32) -> &Arc<str> {
        &self.classifier.labels()[index as usize]
    }

    /// The number of a label.
    pub fn column(&self, label: &str) -> Option<usize> {
        self.classifier.labels().iter().position(|known| &**known == label)
    }

    /// Labels with their probabilities, best first.
    pub fn ranked(&self, text: &Text) -> Vec<(Arc<str>, f32)> {
        let classifier = self.serving(text);
        let probabilities = classifier.predict(std::slice::from_ref(text));
        let mut ranked: Vec<_> =
            classifier.labels().iter().cloned().zip(probabilities.values.iter().copied()).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

/// A snapshot of a data set as classifiers see it.
pub(crate) struct Subject {
    pub(crate) lesson: Lesson,
    pub(crate) fingerprint: u64,
    /// What each label is called, if that is to speak; else empty.
    pub(crate) names: Vec<Text>,
    queue: queue::Strategy,
    version: u64,
    test: Judged,
    started: Instant,
}

impl Subject {
    pub(crate) fn of(corpus: Corpus, version: u64) -> Subject {
        let started = Instant::now();
        let lesson = corpus.lesson();
        let test = corpus.held_out(&lesson.labels);
        let names = if corpus.asks_names() { names::of(&corpus) } else { Vec::new() };
        let queue = corpus.queue;
        Subject { lesson, fingerprint: corpus.fingerprint(), names, queue, version, test, started }
    }

    /// Each with its label or labels.
    pub(crate) fn labelled(&self) -> impl Iterator<Item = (&Text, &Target)> {
        self.lesson.examples.iter().filter_map(|example| Some((&example.text, example.target.as_ref()?)))
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        self.labelled().map(|(_, target)| target.clone()).collect()
    }

    fn counts(&self) -> Counts {
        Counts { rows: self.lesson.examples.len(), labelled: self.labelled().count() }
    }

    pub(crate) fn unlabelled(&self) -> Vec<Text> {
        let unlabelled = self.lesson.examples.iter().filter(|example| example.target.is_none());
        unlabelled.map(|example| example.text.clone()).collect()
    }

    pub(crate) fn held_out_texts(&self) -> &[Text] {
        &self.test.texts
    }
}

fn of_spans(tags: &[Tags], targets: &[Target], labels: usize) -> Estimate {
    let answers: Vec<Arc<[Span]>> = targets.iter().map(|target| target.spans().into()).collect();
    spans::estimate(&answers, tags, labels)
}

/// How good predictions are, of one label a text or, where there are thresholds, of several.
pub fn estimate(probabilities: &Matrix, targets: &[Target], thresholds: Option<&[f32]>) -> Estimate {
    match thresholds {
        None => Estimate::of(probabilities, &targets.iter().filter_map(Target::one).collect::<Vec<_>>()),
        Some(thresholds) => Estimate::of_sets(probabilities, &sets(targets), thresholds),
    }
}

pub(crate) fn sets(targets: &[Target]) -> Vec<Arc<[u32]>> {
    targets.iter().map(|target| target.labels().into()).collect()
}
