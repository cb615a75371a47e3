//! What goes on in the background after a save was answered: texts are embedded in the order of need, the steps of the ladder
//! are measured on the same held-out rows, and the better one takes over; the encoder is trained where that may pay.
//!
//! When an encoder is trained: at first, and then whenever more than one labelled row in ten is new, gone or has another label. A
//! training that a save interrupts goes on afterwards, if no more has changed than that, and else begins anew, from the pretrained
//! encoder: one that had seen a row's label could not be judged by it.
//!
//! What must stay true: a cancel loses nothing but the fit, or the step of a training, that runs, since embeddings are kept; going on
//! costs what is left.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use catalogue::phrase;
use learn::{
    Control, Embeddings, Fit, FitError, Step, Text,
    tuning::{Bench, Plan},
};
use rustc_hash::FxHashSet;

use crate::{
    compare::{beats, takes_over},
    corpus::Corpus,
    learned::{Learned, Subject},
    names::Naming,
};

/// What was embedded is told this often.
const PAUSE: Duration = Duration::from_secs(2);

/// Texts that people look at are embedded before an encoder is trained, so many at most.
const FIRST: usize = 500;

pub(crate) struct Climb {
    pub(crate) corpus: Corpus,
    pub(crate) learned: Arc<Learned>,
    pub(crate) embeddings: Arc<Embeddings>,
    /// Keys of texts near where a person last looked.
    pub(crate) near: FxHashSet<u64>,
    /// Whether a trained encoder may serve, even where none is trained just now.
    pub(crate) tunes: bool,
    pub(crate) training: Option<Training>,
}

/// How the encoder may be trained.
#[derive(Clone, Debug)]
pub(crate) struct Training {
    pub(crate) plan: Plan,
    pub(crate) bench: Arc<Bench>,
}

/// A climb under way.
struct Ascent<'a> {
    subject: Subject,
    learned: Arc<Learned>,
    gained: bool,
    /// The probe on the encoder as it was, of these very rows.
    probe: Option<Fit>,
    control: &'a Control,
    /// A fit's own course is not this job's: the bar would go to and fro.
    quiet: Control,
    tell: &'a dyn Fn(Arc<Learned>),
}

impl Climb {
    /// `tell` hears of every gain; the answer is the last of them, if there was one.
    pub(crate) fn run(self, control: &Control, tell: &dyn Fn(Arc<Learned>)) -> Result<Option<Arc<Learned>>, FitError> {
        let embeddings = embeddings_for(&self.corpus, &self.embeddings);
        let subject = Subject::of(self.corpus, self.learned.version);
        let quiet = control.quiet();
        let mut ascent = Ascent { subject, learned: self.learned, gained: false, probe: None, control, quiet, tell };
        embeddings.recall(ascent.subject.lesson.examples.iter().map(|example| &example.text));
        // Rows that were edited and not saved are embedded, not learned from.
        let settled = ascent.subject.fingerprint == ascent.learned.fingerprint;
        if settled && !ascent.learned.is_decided(self.tunes) {
            ascent.compare(&embeddings)?;
        }
        if let Some(training) = self.training.filter(|_| settled) {
            ascent.train(&embeddings, &training, &self.near)?;
        }
        ascent.embed_all(&self.near, settled)?;
        Ok(ascent.gained.then_some(ascent.learned))
    }
}

impl Ascent<'_> {
    fn gain(&mut self, learned: Learned) {
        self.learned = Arc::new(learned);
        self.gained = true;
        (self.tell)(self.learned.clone());
    }

    /// Measures lexical and probe on the same rows.
    fn compare(&mut self, embeddings: &Arc<Embeddings>) -> Result<(), FitError> {
        let labelled = self.subject.labelled().map(|(text, _)| text);
        embed(embeddings, labelled.chain(self.few_held_out()).collect(), self.control, || {})?;
        let (judged, probe) = judge(&self.subject, &self.learned, embeddings, self.control, &self.quiet)?;
        self.probe = Some(probe);
        self.gain(judged.after(&self.learned));
        Ok(())
    }

    /// Trains the encoder if it is due, and has it serve if it does better.
    fn train(
        &mut self,
        embeddings: &Arc<Embeddings>,
        training: &Training,
        near: &FxHashSet<u64>,
    ) -> Result<(), FitError> {
        let considered = Some(self.subject.fingerprint);
        if self.learned.considered == considered {
            return Ok(());
        }
        let mut result = Ok((*self.learned).clone());
        if learn::is_due(&self.learned.trained_on, &self.subject.lesson) {
            self.embed_first(embeddings, near)?;
            result = self.trained(embeddings, training);
        }
        match result {
            Err(FitError::Cancelled) => return Err(FitError::Cancelled),
            // Not again for the same rows.
            Err(why) => {
                self.gain(Learned { considered, ..(*self.learned).clone() });
                return Err(why);
            }
            Ok(next) => self.gain(Learned { considered, ..next }),
        }
        Ok(())
    }

    /// A training takes its time: until it ends, the probe speaks of these texts.
    fn embed_first(&mut self, embeddings: &Embeddings, near: &FxHashSet<u64>) -> Result<(), FitError> {
        let mut first = self.in_order(near);
        first.truncate(FIRST);
        if embeddings.missing(first.iter().copied()).is_empty() {
            return Ok(());
        }
        embed(embeddings, first, self.control, || {})?;
        if self.learned.classifier.step() == Step::Probe {
            let mut seen = (*self.learned).clone();
            seen.look_at_all(&self.subject, self.control)?;
            self.gain(seen);
        }
        Ok(())
    }

    /// What serves after a training: the trained encoder, or what served before.
    fn trained(&self, embeddings: &Arc<Embeddings>, training: &Training) -> Result<Learned, FitError> {
        let (subject, learned) = (&self.subject, &*self.learned);
        let is_tuned = learned.classifier.step() == Step::FineTuned;
        let below = match (&self.probe, learned.classifier.below()) {
            (Some(probe), _) => probe.clone(),
            (_, Some(below)) => below.fit(&subject.lesson, &self.quiet)?,
            _ => fitted(Step::Probe, subject, learned, embeddings, &self.quiet)?,
        };
        let (plan, bench) = (training.plan, &*training.bench);
        let trained = match learn::fine_tune(embeddings, &below, &subject.lesson, plan, bench, self.control) {
            Ok(Some(trained)) => trained,
            Ok(None) | Err(FitError::TooLittle(_)) => return Ok(learned.clone()),
            Err(why) => return Err(why),
        };
        let rival = match learned.held_out.as_deref().filter(|_| !is_tuned) {
            Some(held_out) => Fit { classifier: learned.classifier.clone(), held_out: held_out.clone() },
            None => below.clone(),
        };
        let better = if takes_over(&trained.fit, &rival, &subject.targets()) {
            Some(&trained.fit)
        } else {
            // What had been trained before is beaten, too.
            is_tuned.then_some(&below)
        };
        let next = match better {
            Some(fit) => {
                if let Some(embeddings) = fit.classifier.embeddings() {
                    embed(embeddings, self.few_held_out().collect(), self.control, || {})?;
                }
                Learned::of(subject, fit, learned.lexical.clone(), &self.quiet)?.after(learned)
            }
            None => learned.clone(),
        };
        Ok(Learned { compared: true, trained_on: trained.rows.into(), ..next })
    }

    /// Texts of held-out files, where they are not so many that a step would be measured much later for them.
    fn few_held_out(&self) -> impl Iterator<Item = &Text> {
        let texts = self.subject.held_out_texts();
        let are_few = texts.len() <= self.subject.labelled().count();
        texts.iter().filter(move |_| are_few)
    }

    /// Unlabelled texts: those that people look at, then those worth labelling, then the others.
    fn in_order(&self, near: &FxHashSet<u64>) -> Vec<&Text> {
        let unlabelled = self.subject.lesson.examples.iter().filter(|example| example.target.is_none());
        let mut order: Vec<&Text> = unlabelled.map(|example| &example.text).collect();
        order.sort_by_key(|text| (!near.contains(&text.key), !self.learned.queue.contains(&text.key)));
        order
    }

    /// Embeds what the classifier has not seen, telling now and then what it makes of it.
    fn embed_all(&mut self, near: &FxHashSet<u64>, settled: bool) -> Result<(), FitError> {
        let Some(embeddings) = self.learned.classifier.embeddings().cloned() else { return Ok(()) };
        let mut order = self.in_order(near);
        order.extend(self.subject.labelled().map(|(text, _)| text));
        order.extend(self.subject.held_out_texts());
        embeddings.recall(order.iter().copied());
        // A process that was ended may have embedded texts without having said what it makes of them.
        if embeddings.missing(order.iter().copied()).is_empty() && self.learned.has_looked_at_all(&self.subject) {
            // After a start: so that the first save is answered as quickly as the next.
            let texts: Vec<Text> = order.into_iter().cloned().collect();
            self.learned.classifier.get_ready(&texts, self.control);
            return Ok(());
        }
        embed(&embeddings, order, self.control, || {
            let mut seen = (*self.learned).clone();
            if seen.look_at_all(&self.subject, self.control).is_ok() {
                (self.tell)(Arc::new(seen));
            }
        })?;
        let mut last = (*self.learned).clone();
        if settled {
            // Now that all texts are known, the classifier may learn from those without a label, too.
            let fit = last.classifier.fit(&self.subject.lesson, &self.quiet)?;
            let learned = Learned::of(&self.subject, &fit, last.lexical.clone(), &self.quiet)?;
            last = Learned { compared: last.compared, ..learned.after(&last) };
        } else {
            last.look_at_all(&self.subject, self.control)?;
        }
        self.gain(last);
        Ok(())
    }
}

/// How far up the ladder a one-time job goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// To the best step that there is, each measured.
    Best,
    /// To this one, whatever the others would do.
    Only(Step),
}

/// All that jobs of the engine do one after the other, at once. A cancel after the first fit answers with what was reached.
pub fn learn_at_once(
    corpus: Corpus,
    aim: Aim,
    embeddings: Option<&Arc<Embeddings>>,
    plan: Option<Plan>,
    version: u64,
    control: &Control,
) -> Result<Learned, FitError> {
    if let (Aim::Best | Aim::Only(Step::Probe), Some(embeddings), true) = (aim, embeddings, corpus.asks_names()) {
        let (corpus, embeddings) = (corpus.clone(), embeddings.clone());
        let naming = Naming { corpus, version, embeddings, near: FxHashSet::default() };
        match naming.run(control, &|_| {}) {
            // Names say nothing to this encoder: perhaps the few rows do.
            Err(FitError::TooLittle(_)) => {}
            named => return named.map(Arc::unwrap_or_clone),
        }
    }
    match (aim, embeddings) {
        (Aim::Only(Step::Probe), Some(embeddings)) => {
            let embeddings = &embeddings_for(&corpus, embeddings);
            let subject = Subject::of(corpus, version);
            let fit = probe(&subject, embeddings, control)?;
            Learned::of(&subject, &fit, learn::lexical(), control)
        }
        (Aim::Only(Step::FineTuned), Some(embeddings)) => {
            let embeddings = &embeddings_for(&corpus, embeddings);
            let subject = Subject::of(corpus, version);
            let below = probe(&subject, embeddings, control)?;
            let plan = plan.unwrap_or_default();
            let trained = learn::fine_tune(embeddings, &below, &subject.lesson, plan, &Bench::default(), control)?;
            let Some(trained) = trained else {
                return Err(FitError::TooLittle(phrase!("too-few-to-train")));
            };
            Learned::of(&subject, &trained.fit, learn::lexical(), control)
        }
        (Aim::Best, Some(embeddings)) => {
            let first = Arc::new(Learned::learn(corpus.clone(), None, version, control)?);
            let best = Mutex::new(first.clone());
            let tell = |learned| *best.lock().unwrap_or_else(PoisonError::into_inner) = learned;
            let embeddings = embeddings.clone();
            let training = plan.map(|plan| Training { plan, bench: Arc::default() });
            let climb = Climb {
                corpus,
                learned: first,
                embeddings,
                near: FxHashSet::default(),
                tunes: plan.is_some(),
                training,
            };
            match climb.run(control, &tell) {
                Ok(_) | Err(FitError::Cancelled) => {}
                Err(why) => return Err(why),
            }
            let best = best.into_inner().unwrap_or_else(PoisonError::into_inner);
            Ok((*best).clone())
        }
        _ => Learned::learn(corpus, None, version, control),
    }
}

/// Those by which a probe judges: of spans, of each word.
fn embeddings_for(corpus: &Corpus, embeddings: &Arc<Embeddings>) -> Arc<Embeddings> {
    if corpus.task() == dataset::Task::Spans { embeddings.words() } else { embeddings.clone() }
}

fn probe(subject: &Subject, embeddings: &Arc<Embeddings>, control: &Control) -> Result<Fit, FitError> {
    let texts = subject.lesson.examples.iter().map(|example| &example.text).chain(subject.held_out_texts());
    embed(embeddings, texts.collect(), control, || {})?;
    learn::probe(embeddings).fit(&subject.lesson, control)
}

/// `tell` is asked now and then, while there is more to embed, to say what is made of it.
pub(crate) fn embed(
    embeddings: &Embeddings,
    texts: Vec<&Text>,
    control: &Control,
    mut tell: impl FnMut(),
) -> Result<(), FitError> {
    let mut told = Instant::now();
    embeddings.embed(texts, control, |count, of| {
        control.progress(phrase!("stage-embedding"), count as f32 / of as f32);
        if told.elapsed() >= PAUSE && count < of {
            told = Instant::now();
            tell();
        }
    })
}

/// This step, lexical or probe, learned from these rows; if it serves already, as it is.
fn fitted(
    step: Step,
    subject: &Subject,
    learned: &Learned,
    embeddings: &Arc<Embeddings>,
    quiet: &Control,
) -> Result<Fit, FitError> {
    let serves = learned.classifier.step() == step;
    match &learned.held_out {
        Some(held_out) if serves => Ok(Fit { classifier: learned.classifier.clone(), held_out: (**held_out).clone() }),
        _ if serves => learned.classifier.fit(&subject.lesson, quiet),
        _ if step == Step::Lexical => learned.lexical.fit(&subject.lesson, quiet),
        _ => learn::probe(embeddings).fit(&subject.lesson, quiet),
    }
}

/// Fits the steps that are not measured yet, and has the better one serve. With the probe, if it does not.
fn judge(
    subject: &Subject,
    learned: &Learned,
    embeddings: &Arc<Embeddings>,
    control: &Control,
    quiet: &Control,
) -> Result<(Learned, Fit), FitError> {
    control.progress(phrase!("stage-comparing"), 0.0);
    let lexical = fitted(Step::Lexical, subject, learned, embeddings, quiet)?;
    let probe = fitted(Step::Probe, subject, learned, embeddings, quiet)?;
    let better = if beats(&probe, &lexical, &subject.targets()) { &probe } else { &lexical };
    let mut judged = Learned::of(subject, better, lexical.classifier.clone(), quiet)?;
    judged.compared = true;
    control.progress(phrase!("stage-comparing"), 1.0);
    Ok((judged, probe))
}
