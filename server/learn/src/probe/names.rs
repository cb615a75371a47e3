//! A probe that has seen no label: from what labels are called, and from texts.
//!
//! Texts and names are taken as directions from their means, since names are unlike texts in ways that say nothing of a label. A text
//! belongs to the label whose name is nearest. Then, as in k-means that starts at the names, labels move to the middle of their texts: a
//! mixture of von Mises-Fisher distributions by expectation maximisation (Banerjee et al. 2005), with a prior on each mean direction
//! that pulls it back to its name.
//!
//! Where labels are topics, that is much better than names alone; where they are not, as with sentiment, texts lie in clusters of
//! something else, and labels wander off with these. So the clusters are heeded only if they mostly say what the names had said.
//!
//! What must stay true: nothing here is measured, so probabilities say less than what is likely: on average as much as names and
//! clusters agree, less a tenth; and hardly more than chance where clusters are not heeded.

use catalogue::phrase;

use super::dense;
use crate::{Control, FitError, Matrix, export::Head, metrics, temperature};

/// Concentration of the texts of a label around its direction.
const CONCENTRATION: f32 = 20.0;
/// A name counts as much as this share of the texts that a label has on average, and as so many texts at least.
const PULL: f32 = 0.1;
const LEAST_PULL: f32 = 4.0;
const ROUNDS: usize = 15;
/// The names count as so many texts in what is taken for the mean of all texts.
const IN_MEAN: f32 = 5.0;
/// Cohen's kappa of names and clusters from which on clusters are heeded. It was 0.5 to 0.8 where that helps, 0.2 and less where not.
const TRUST: f32 = 0.4;
/// So many texts, and so many a label, are needed for kappa to tell.
const ENOUGH: usize = 300;
const ENOUGH_EACH: usize = 10;
/// The share of what names and clusters agree on that is claimed to be right.
const CAUTION: f32 = 0.9;
/// How far above chance names alone are claimed to be, as a share of the way to certainty.
const NAMES_ALONE: f32 = 0.1;
/// Cosine from which on two names are one to the encoder.
const SAME: f32 = 0.999;

/// `names`: a unit vector a label, of at least two; `texts`: one a text, of at least one. The head's labels are left empty.
pub(super) fn head(names: &Matrix, texts: &Matrix, control: &Control) -> Result<Head, FitError> {
    let (labels, width) = (names.rows(), names.columns);
    let likeness = dense::rows_product(&names.values, &names.values, width);
    if (0..labels).any(|one| (0..one).any(|other| likeness[one * labels + other] > SAME)) {
        return Err(FitError::TooLittle(phrase!("names-not-apart")));
    }
    let mut named = names.clone();
    subtract(&mut named, &mean(names, None));
    to_unit(&mut named);
    let middle = mean(texts, Some(&mean(names, None)));
    let mut seen = texts.clone();
    subtract(&mut seen, &middle);
    let length = to_unit(&mut seen);

    let clusters = clusters(&named, &seen, control)?;
    let (by_name, by_cluster) = (nearest(&named, &seen), nearest(&clusters, &seen));
    let (agreement, kappa) = agreement(&by_name, &by_cluster, labels);
    let heeded = kappa >= TRUST && texts.rows() >= ENOUGH.max(ENOUGH_EACH * labels);
    let chance = 1.0 / labels as f32;
    let (mut weights, claimed) = if heeded {
        (clusters, (CAUTION * agreement).max(chance))
    } else {
        (named, chance + NAMES_ALONE * (1.0 - chance))
    };
    weights.values.iter_mut().for_each(|weight| *weight *= CONCENTRATION / length);
    let bias: Vec<f32> = weights.values.chunks_exact(width).map(|weights| -dense::dot(weights, &middle)).collect();
    let mut scores = dense::rows_product(&texts.values, &weights.values, width);
    for scores in scores.chunks_exact_mut(labels) {
        dense::add(scores, 1.0, &bias);
    }
    let temperature = temperature_of(&Matrix { columns: labels, values: scores }, claimed);
    Ok(Head { labels: Vec::new(), ridge: None, weights, bias, temperature })
}

/// The middle of each label's texts, pulled to its name.
fn clusters(named: &Matrix, seen: &Matrix, control: &Control) -> Result<Matrix, FitError> {
    let (labels, width) = (named.rows(), named.columns);
    let pull = (PULL * seen.rows() as f32 / labels as f32).max(LEAST_PULL);
    let mut clusters = named.clone();
    for _ in 0..ROUNDS {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        let mut shares = dense::rows_product(&seen.values, &clusters.values, width);
        for shares in shares.chunks_exact_mut(labels) {
            temperature::soften(shares, 1.0 / CONCENTRATION);
        }
        clusters = dense::inner(&Matrix { columns: labels, values: shares }, seen);
        dense::add(&mut clusters.values, pull, &named.values);
        to_unit(&mut clusters);
    }
    Ok(clusters)
}

fn nearest(directions: &Matrix, seen: &Matrix) -> Vec<usize> {
    let cosines = dense::rows_product(&seen.values, &directions.values, seen.columns);
    cosines.chunks_exact(directions.rows()).map(|cosines| metrics::top(cosines).0).collect()
}

/// The share of texts that both give the same label, and how far that is above chance (Cohen 1960).
fn agreement(one: &[usize], other: &[usize], labels: usize) -> (f32, f32) {
    let rows = one.len() as f32;
    let share = |of: &[usize], label: usize| of.iter().filter(|given| **given == label).count() as f32 / rows;
    let same = one.iter().zip(other).filter(|(one, other)| one == other).count() as f32 / rows;
    let by_chance: f32 = (0..labels).map(|label| share(one, label) * share(other, label)).sum();
    // Where all texts are given one label, they tell nothing.
    let kappa = if by_chance < 1.0 { (same - by_chance) / (1.0 - by_chance) } else { 0.0 };
    (same, kappa)
}

/// The temperature at which the top probability is this on average.
fn temperature_of(scores: &Matrix, claimed: f32) -> f32 {
    let (mut low, mut high) = (-5.0f32, 5.0f32);
    let mut row = vec![0.0; scores.columns];
    for _ in 0..30 {
        let middle = f32::midpoint(low, high);
        let mut sum = 0.0;
        for scores in scores.values.chunks_exact(scores.columns) {
            row.copy_from_slice(scores);
            temperature::soften(&mut row, middle.exp());
            sum += metrics::top(&row).1;
        }
        // Hotter is less sure.
        if sum / scores.rows() as f32 > claimed { low = middle } else { high = middle }
    }
    high.exp()
}

/// Of the rows; with one more that counts as [`IN_MEAN`] of them.
fn mean(of: &Matrix, with: Option<&[f32]>) -> Vec<f32> {
    let mut mean = vec![0.0; of.columns];
    of.values.chunks_exact(of.columns).for_each(|row| dense::add(&mut mean, 1.0, row));
    let mut count = of.rows() as f32;
    if let Some(with) = with {
        dense::add(&mut mean, IN_MEAN, with);
        count += IN_MEAN;
    }
    mean.iter_mut().for_each(|value| *value /= count);
    mean
}

fn subtract(from: &mut Matrix, what: &[f32]) {
    from.values.chunks_exact_mut(from.columns).for_each(|row| dense::add(row, -1.0, what));
}

/// Answers with the mean length that rows had.
fn to_unit(of: &mut Matrix) -> f32 {
    let rows = of.rows() as f32;
    let mut sum = 0.0;
    for row in of.values.chunks_exact_mut(of.columns) {
        // What has no direction stays near zero.
        let length = dense::dot(row, row).sqrt().max(1e-6);
        sum += length;
        row.iter_mut().for_each(|value| *value /= length);
    }
    sum / rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors: each of `of` with some noise that depends on its place.
    fn vectors(of: impl Iterator<Item = [f32; 4]>) -> Matrix {
        let noise = |row: usize, column: usize| 0.4 * (((row * 4 + column) as f32 * 0.618_034).fract() - 0.5);
        let values =
            of.enumerate().flat_map(|(row, center)| std::array::from_fn::<_, 4, _>(|c| center[c] + noise(row, c)));
        let mut made = Matrix { columns: 4, values: values.collect() };
        to_unit(&mut made);
        made
    }

    /// What comes of texts: how many are given the label of their number modulo two, and how sure the head is on average.
    fn right(names: &Matrix, texts: &Matrix) -> (usize, f32) {
        let head = head(names, texts, &Control::default()).expect("a head");
        let mut scores = dense::rows_product(&texts.values, &head.weights.values, 4);
        let (mut right, mut sure) = (0, 0.0);
        for (row, scores) in scores.chunks_exact_mut(2).enumerate() {
            dense::add(scores, 1.0, &head.bias);
            temperature::soften(scores, head.temperature);
            let (label, probability) = metrics::top(scores);
            right += usize::from(label == row % 2);
            sure += probability;
        }
        (right, sure / texts.rows() as f32)
    }

    /// Two names that differ a little along the first axis, and along the second as much as `askew`.
    fn names(askew: f32) -> Matrix {
        let mut names = Matrix { columns: 4, values: vec![0.5, askew, 0.0, 1.0, -0.5, -askew, 0.0, 1.0] };
        to_unit(&mut names);
        names
    }

    #[test]
    fn labels_move_to_the_clusters_that_are_near_their_names() {
        // Two topics along the first axis; the names lie askew, so that they alone mistake some texts.
        let texts = vectors((0..400).map(|row| {
            let (topic, askew) = ([0.5, -0.5][row % 2], [-0.9, 0.0, 0.9][row / 2 % 3]);
            [topic, askew * 0.4, 1.0, 0.0]
        }));
        let names = names(0.7);
        let (all, sure) = right(&names, &texts);
        assert!(all >= 390, "{all} of 400");
        assert!((0.5..0.9).contains(&sure), "{sure}");
        let few = Matrix { columns: 4, values: texts.values[..4 * 100].to_vec() };
        let (alone, sure) = right(&names, &few);
        assert!((50..95).contains(&alone), "{alone} of 100 by names alone");
        assert!((sure - 0.55).abs() < 0.01, "{sure}");
    }

    #[test]
    fn clusters_of_something_else_are_not_heeded() {
        // What the labels mean is a little along the first axis; texts lie in two clusters far apart along the second.
        let texts = vectors((0..400).map(|row| [[0.25, -0.25][row % 2], [1.0, -1.0][row / 2 % 2], 0.4, 0.0]));
        let (all, sure) = right(&names(0.02), &texts);
        assert!(all >= 300, "{all} of 400");
        assert!((sure - 0.55).abs() < 0.01, "{sure}");
    }

    #[test]
    fn names_that_are_one_to_the_encoder_say_nothing() {
        let one = Matrix { columns: 4, values: [1.0, 0.0, 0.0, 0.0].repeat(2) };
        let texts = vectors((0..10).map(|_| [1.0, 0.0, 0.0, 0.0]));
        let why = head(&one, &texts, &Control::default()).map(|head| head.bias).expect_err("no head");
        assert!(matches!(&why, FitError::TooLittle(what) if what.to_string().contains("apart")), "{why}");
    }

    #[test]
    fn kappa_by_hand() {
        let (same, kappa) = agreement(&[0, 0, 1, 1], &[0, 1, 1, 1], 2);
        assert_eq!((same, kappa), (0.75, 0.5));
        assert_eq!(agreement(&[1, 1], &[1, 1], 2), (1.0, 0.0));
    }
}
