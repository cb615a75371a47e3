//! Training an encoder to tell labels of texts as a whole.

use std::sync::Arc;

use super::{
    Plan,
    course::{GLANCE, Training},
    glance::{self, Part},
    matter::{Ground, Matter},
    recipe::Recipe,
    trainer::of_samples,
};
use crate::{
    Classifier, Control, Embeddings, Encoder, Estimate, Example, FitError, Lesson, Text, backend::Samples,
    lesson::Labelled, probe::Probe,
};

pub(crate) struct Texts;

impl Matter for Texts {
    /// Probabilities, over the lesson's labels.
    type Said = Box<[f32]>;

    const UPKEEP: f64 = 0.0;

    fn ground(encoder: &Encoder, lesson: &Lesson) -> Option<Ground> {
        let Labelled { examples, active, targets, .. } = Labelled::of(lesson).ok()?;
        let bodies: Vec<&str> = examples.iter().map(|example| &*example.text.body).collect();
        let (sequences, kinds, labels) = (encoder.tokenize(&bodies).into(), Arc::new(targets), active.len());
        let samples = Samples { sequences, read: None, targets: kinds.clone(), classes: labels };
        Some(Ground { samples, kinds, labels })
    }

    fn recipe(plan: &Plan, blocks: usize, rows: usize, labels: usize, tokens: f32) -> Recipe {
        Recipe::new(plan, blocks, rows, labels, tokens)
    }

    fn embeddings(base: Option<&Embeddings>, encoder: Encoder) -> Embeddings {
        match base {
            Some(base) => base.of_encoder(encoder),
            None => Embeddings::new(Arc::new(encoder), None),
        }
    }

    /// Of some held-out rows, by the means of some other rows' classes.
    fn glance(
        training: &Training,
        ground: &Ground,
        some: &dyn Fn(&[usize], usize) -> Vec<usize>,
        control: &Control,
    ) -> Result<(f64, Estimate), FitError> {
        let part = |rows: &[usize]| -> Result<Part, FitError> {
            let rows = some(rows, GLANCE / 2);
            let targets = of_samples(&ground.kinds, &rows);
            Ok(Part { vectors: training.trainer.embed(&rows, control)?, targets })
        };
        let estimate = glance::by_means(&part(&training.rows)?, &part(&training.held_out)?, ground.labels);
        Ok((estimate.log_loss, estimate))
    }

    fn judge(
        embeddings: &Arc<Embeddings>,
        lesson: &Lesson,
        rows: &[&Example],
        control: &Control,
    ) -> Result<Vec<Box<[f32]>>, FitError> {
        let fit = Probe::of_vectors(embeddings).fit(lesson, control)?;
        let texts: Vec<Text> = rows.iter().map(|example| example.text.clone()).collect();
        embeddings.embed(&texts, control, |_, _| {})?;
        let probabilities = fit.classifier.predict(&texts);
        Ok((0..texts.len()).map(|row| probabilities.row(row).into()).collect())
    }
}
