//! Products of matrices over the gemm crate, one thread each: the caller gives every core its own share of the rows.

/// A matrix in a slice; a transposed one is another way to step through it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> View<'a> {
        View::strided(values, rows, columns, columns)
    }

    /// Rows that start `step` apart: some columns of a wider matrix.
    pub(crate) fn strided(values: &'a [f32], rows: usize, columns: usize, step: usize) -> View<'a> {
        View { values, rows, columns, row_step: step, column_step: 1 }
    }

    pub(crate) fn transposed(self) -> View<'a> {
        View { rows: self.columns, columns: self.rows, row_step: self.column_step, column_step: self.row_step, ..self }
    }
}

/// What becomes of the numbers that are there already.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Onto {
    Replace,
    Add,
}

/// `to = scale * a b`, or added to it; the rows of `to` start `step` apart.
pub(crate) fn product(to: &mut [f32], step: usize, a: View<'_>, b: View<'_>, scale: f32, onto: Onto) {
    let (m, n, k) = (a.rows, b.columns, a.columns);
    assert_eq!(k, b.rows, "matrices do not match");
    let last = |rows: usize, row_step: usize, columns: usize, column_step: usize| {
        if rows == 0 || columns == 0 { 0 } else { (rows - 1) * row_step + (columns - 1) * column_step + 1 }
    };
    assert!(step >= n, "rows overlap");
    assert!(last(m, step, n, 1) <= to.len(), "the result does not fit");
    assert!(last(a.rows, a.row_step, a.columns, a.column_step) <= a.values.len(), "the left matrix is cut");
    assert!(last(b.rows, b.row_step, b.columns, b.column_step) <= b.values.len(), "the right matrix is cut");
    // SAFETY: the three assertions keep every index within its slice; `to` is borrowed mutably, so it overlaps neither `a` nor
    // `b`; its rows do not overlap each other. Steps are at most isize::MAX, as the lengths of slices are.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr(),
            1,
            step as isize,
            onto == Onto::Add,
            a.values.as_ptr(),
            a.column_step as isize,
            a.row_step as isize,
            b.values.as_ptr(),
            b.column_step as isize,
            b.row_step as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_transposes() {
        // The right two columns of a 2x3, times the transpose of a 2x2.
        let a = [9.0, 1.0, 2.0, 9.0, 3.0, 4.0];
        let b = [1.0, 10.0, 2.0, 20.0];
        let mut to = [1.0; 6];
        let (left, right) = (View::strided(&a[1..], 2, 2, 3), View::new(&b, 2, 2).transposed());
        product(&mut to, 3, left, right, 0.5, Onto::Add);
        assert_eq!(to, [11.5, 22.0, 1.0, 22.5, 44.0, 1.0]);
        product(&mut to, 3, left, right, 1.0, Onto::Replace);
        assert_eq!(to, [21.0, 42.0, 1.0, 43.0, 86.0, 1.0]);
        product(&mut to, 3, View::new(&[], 2, 0), View::new(&[], 0, 2), 1.0, Onto::Replace);
        assert_eq!(to, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "the left matrix is cut")]
    fn never_beyond_a_slice() {
        product(&mut [0.0; 4], 2, View::new(&[1.0; 3], 2, 2), View::new(&[1.0; 4], 2, 2), 1.0, Onto::Replace);
    }
}
