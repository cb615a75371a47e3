//! Products of dense matrices.

use crate::{
    Matrix,
    encoder::kernels::product::{self, Onto, View},
};

/// Of rows of equal length, end to end: the dot product of each row of `a` with each of `b`.
pub(crate) fn rows_product(a: &[f32], b: &[f32], length: usize) -> Vec<f32> {
    let (rows, columns) = (a.len().checked_div(length).unwrap_or(0), b.len().checked_div(length).unwrap_or(0));
    let mut values = vec![0.0; rows * columns];
    multiply(View::new(a, rows, length), View::new(b, columns, length).transposed(), columns, &mut values);
    values
}

/// `a b`
pub(super) fn times(a: &Matrix, b: &Matrix) -> Matrix {
    let mut values = vec![0.0; a.rows() * b.columns];
    multiply(view(a), view(b), b.columns, &mut values);
    Matrix { columns: b.columns, values }
}

/// `aᵀ b`
pub(super) fn inner(a: &Matrix, b: &Matrix) -> Matrix {
    let mut values = vec![0.0; a.columns * b.columns];
    multiply(view(a).transposed(), view(b), b.columns, &mut values);
    Matrix { columns: b.columns, values }
}

/// `a wᵀ + intercept`, the intercept being the last column of `w`.
pub(super) fn affine(a: &Matrix, w: &Matrix) -> Matrix {
    let mut values = vec![0.0; a.rows() * w.rows()];
    if a.columns + 1 == w.columns {
        let rows = View::strided(&w.values, w.rows(), a.columns, w.columns);
        multiply(view(a), rows.transposed(), w.rows(), &mut values);
        for row in values.chunks_exact_mut(w.rows().max(1)) {
            row.iter_mut().enumerate().for_each(|(class, score)| *score += w.row(class)[a.columns]);
        }
    }
    Matrix { columns: w.rows(), values }
}

pub(super) fn transposed(a: &Matrix) -> Matrix {
    let (rows, columns) = (a.rows(), a.columns);
    let mut values = vec![0.0; a.values.len()];
    // In blocks, so that neither side leaves the cache.
    for first in (0..columns).step_by(16) {
        for (row, from) in a.values.chunks_exact(columns).enumerate() {
            for (column, value) in from.iter().enumerate().skip(first).take(16) {
                values[column * rows + row] = *value;
            }
        }
    }
    Matrix { columns: rows, values }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

pub(crate) fn add(to: &mut [f32], factor: f32, of: &[f32]) {
    for (to, of) in to.iter_mut().zip(of) {
        *to += factor * of;
    }
}

fn view(a: &Matrix) -> View<'_> {
    View::new(&a.values, a.rows(), a.columns)
}

fn multiply(a: View<'_>, b: View<'_>, columns: usize, to: &mut [f32]) {
    if !to.is_empty() {
        product::product(to, columns, a, b, 1.0, Onto::Replace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        let a = Matrix { columns: 2, values: vec![1.0, 2.0, 3.0, 4.0] };
        let b = Matrix { columns: 2, values: vec![1.0, 0.0, 1.0, 1.0, 0.0, -1.0] };
        assert_eq!(rows_product(&a.values, &b.values, 2), [1.0, 3.0, -2.0, 3.0, 7.0, -4.0]);
        assert_eq!(times(&b, &a).values, [1.0, 2.0, 4.0, 6.0, -3.0, -4.0]);
        assert_eq!(inner(&a, &a).values, [10.0, 14.0, 14.0, 20.0]);
        assert_eq!(transposed(&b), Matrix { columns: 3, values: vec![1.0, 1.0, 0.0, 0.0, 1.0, -1.0] });
        let w = Matrix { columns: 3, values: vec![1.0, 1.0, 10.0, 0.0, 2.0, -1.0] };
        assert_eq!(affine(&a, &w).values, [13.0, 3.0, 17.0, 7.0]);
    }
}
