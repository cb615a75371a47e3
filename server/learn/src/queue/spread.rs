//! Rows that are unlike each other, by vectors of unit length.
//!
//! What must stay true: nothing here is left to chance; of equals, the first row counts. So the order of the rows is part of the question.

use crate::{
    Matrix,
    probe::dense::{add, dot, rows_product},
};

/// Rounds of k-means at most.
const ROUNDS: usize = 10;

/// Greedy k-center: again and again the row that is farthest from what is known and from the rows before it; at first, where nothing is
/// known, the first row.
pub(super) fn farthest(vectors: &Matrix, known: &Matrix, count: usize) -> Vec<usize> {
    let rows = vectors.rows();
    let mut nearest = vec![f32::NEG_INFINITY; rows];
    if known.rows() > 0 {
        let cosines = rows_product(&vectors.values, &known.values, vectors.columns);
        for (nearest, cosines) in nearest.iter_mut().zip(cosines.chunks_exact(known.rows())) {
            *nearest = cosines.iter().copied().fold(*nearest, f32::max);
        }
    }
    let mut left: Vec<usize> = (0..rows).collect();
    let mut chosen = Vec::new();
    while chosen.len() < count
        && let Some(place) = (0..left.len()).min_by(|a, b| nearest[left[*a]].total_cmp(&nearest[left[*b]]))
    {
        let row = left.remove(place);
        chosen.push(row);
        for &other in &left {
            nearest[other] = nearest[other].max(dot(vectors.row(other), vectors.row(row)));
        }
    }
    chosen
}

/// Spherical k-means (Dhillon and Modha 2001) that starts at rows far from each other: the rows of each cluster, nearest to its middle
/// first. Some may have none.
pub(super) fn clusters(vectors: &Matrix, count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return Vec::new();
    }
    let start: Vec<u32> = farthest(vectors, &Matrix::default(), count).into_iter().map(|row| row as u32).collect();
    let mut middles = vectors.of_rows(&start);
    let mut assigned = assign(vectors, &middles);
    for _ in 0..ROUNDS {
        middles.values.fill(0.0);
        for (row, (cluster, _)) in assigned.iter().enumerate() {
            add(&mut middles.values[cluster * vectors.columns..][..vectors.columns], 1.0, vectors.row(row));
        }
        to_unit(&mut middles);
        let next = assign(vectors, &middles);
        let is_settled = next.iter().zip(&assigned).all(|(next, before)| next.0 == before.0);
        assigned = next;
        if is_settled {
            break;
        }
    }
    let mut order: Vec<usize> = (0..vectors.rows()).collect();
    order.sort_by(|a, b| assigned[*b].1.total_cmp(&assigned[*a].1));
    let mut clusters = vec![Vec::new(); middles.rows()];
    order.into_iter().for_each(|row| clusters[assigned[row].0].push(row));
    clusters
}

/// The nearest middle of each row, and the cosine.
fn assign(vectors: &Matrix, middles: &Matrix) -> Vec<(usize, f32)> {
    let cosines = rows_product(&vectors.values, &middles.values, vectors.columns);
    cosines.chunks_exact(middles.rows().max(1)).map(crate::metrics::top).collect()
}

/// A row of zeros stays one.
pub(super) fn to_unit(vectors: &mut Matrix) {
    for vector in vectors.values.chunks_exact_mut(vectors.columns.max(1)) {
        let length = dot(vector, vector).sqrt();
        let scale = if length > 0.0 && length.is_finite() { 1.0 / length } else { 0.0 };
        vector.iter_mut().for_each(|value| *value *= scale);
    }
}
