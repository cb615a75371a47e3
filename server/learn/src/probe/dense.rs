//! Products of dense matrices, and the root of one.

use crate::{
    Matrix,
    encoder::kernels::{
        self,
        product::{Onto, View},
    },
};

/// `a bᵀ`: of two matrices of equally long rows, the dot product of each row of `a` with each of `b`.
pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    if a.columns == b.columns { rows_product(&a.values, b) } else { Matrix::default() }
}

/// The same of rows end to end.
pub(super) fn rows_product(rows: &[f32], b: &Matrix) -> Matrix {
    let mut values = vec![0.0; rows.len().checked_div(b.columns).unwrap_or(0) * b.rows()];
    multiply(rows, &b.values, b.columns, b.columns, &mut values);
    Matrix { columns: b.rows(), values }
}

/// `a wᵀ + intercept`, the intercept being the last column of `w`.
pub(super) fn affine(a: &Matrix, w: &Matrix) -> Matrix {
    let mut values = vec![0.0; a.rows() * w.rows()];
    if a.columns + 1 == w.columns {
        multiply(&a.values, &w.values, a.columns, w.columns, &mut values);
        for row in values.chunks_exact_mut(w.rows()) {
            row.iter_mut().enumerate().for_each(|(class, score)| *score += w.row(class)[a.columns]);
        }
    }
    Matrix { columns: w.rows(), values }
}

/// Rows of `a` are `length` long; those of `b` begin every `stride`, and only their first `length` values count.
fn multiply(a: &[f32], b: &[f32], length: usize, stride: usize, to: &mut [f32]) {
    let (rows, columns) = (a.len().checked_div(length).unwrap_or(0), b.len().checked_div(stride).unwrap_or(0));
    assert!(length <= stride && a.len() == rows * length && b.len() == columns * stride && to.len() == rows * columns);
    if rows == 0 || columns == 0 {
        return;
    }
    let (a, b) = (View::new(a, rows, length), View::strided(b, columns, length, stride).transposed());
    kernels::product::product(to, columns, a, b, 1.0, Onto::Replace);
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
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

pub(super) fn add(to: &mut [f32], factor: f32, of: &[f32]) {
    for (to, of) in to.iter_mut().zip(of) {
        *to += factor * of;
    }
}

/// The inverse of the lower triangular root L of `a + jitter`, with `L Lᵀ` = that (Cholesky); `a` is square and symmetric.
pub(super) fn inverse_root(a: &Matrix, jitter: f32) -> Matrix {
    let n = a.columns;
    let mut root = vec![0.0f32; n * n];
    for i in 0..n {
        let (above, row) = root.split_at_mut(i * n);
        for j in 0..i {
            let other = &above[j * n..][..n];
            row[j] = (a.row(i)[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let rest = a.row(i)[i] + jitter - dot(&row[..i], &row[..i]);
        row[i] = rest.max(jitter * 0.1).sqrt();
    }
    // Column by column of the inverse, kept as rows of its transpose: x[i] = (e[i] - L[i, ..i] x[..i]) / L[i, i].
    let mut columns = vec![0.0f32; n * n];
    for (j, x) in columns.chunks_exact_mut(n.max(1)).enumerate() {
        x[j] = 1.0 / root[j * n + j];
        for i in j + 1..n {
            x[i] = -dot(&root[i * n + j..i * n + i], &x[j..i]) / root[i * n + i];
        }
    }
    let mut values = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            values[i * n + j] = columns[j * n + i];
        }
    }
    Matrix { columns: n, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        let a = Matrix { columns: 2, values: vec![1.0, 2.0, 3.0, 4.0] };
        let b = Matrix { columns: 2, values: vec![1.0, 0.0, 1.0, 1.0, 0.0, -1.0] };
        assert_eq!(product(&a, &b).values, [1.0, 3.0, -2.0, 3.0, 7.0, -4.0]);
        let w = Matrix { columns: 3, values: vec![1.0, 1.0, 10.0, 0.0, 2.0, -1.0] };
        assert_eq!(affine(&a, &w).values, [13.0, 3.0, 17.0, 7.0]);
    }

    #[test]
    fn an_inverse_root_makes_the_identity() {
        let a = Matrix { columns: 3, values: vec![4.0, 2.0, 1.0, 2.0, 3.0, 0.5, 1.0, 0.5, 2.0] };
        let inverse = inverse_root(&a, 0.0);
        // L⁻¹ A L⁻ᵀ
        let whitened = product(&inverse, &product(&inverse, &a));
        for (place, value) in whitened.values.iter().enumerate() {
            let expected = if place % 4 == 0 { 1.0 } else { 0.0 };
            assert!((value - expected).abs() < 1e-5, "{whitened:?}");
        }
    }
}
