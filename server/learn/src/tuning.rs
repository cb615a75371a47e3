//! Training an encoder by gradient descent, so that texts of equal labels lie near each other.
//!
//! A [`course`] is one fit: it trains on all rows but some, to see what training is worth, then on all of them; a [`recipe`] says how.
//! [`trainer`] makes the steps: a batch ([`sampler`]), its [`loss`], the way back, [`adamw`].
//!
//! What must stay true: a course that was stopped goes on where it was; what a row is judged by has not seen its label.

mod adamw;
pub(crate) mod course;
mod loss;
pub(crate) mod recipe;
mod sampler;
mod trainer;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use self::course::Course;
pub use self::recipe::Strategy;

/// What a person, or a program for them, wants of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    pub strategy: Strategy,
    /// How often each row is seen; none: as the rows and the budget have it.
    pub epochs: Option<usize>,
    /// The most time of one fit.
    pub budget: Duration,
    /// When it must have ended, what follows the training included.
    pub until: Option<Instant>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { strategy: Strategy::Auto, epochs: None, budget: Duration::from_secs(60), until: None }
    }
}

/// Where a training that was stopped waits to be gone on with.
#[derive(Default)]
pub struct Bench(Mutex<Option<Course>>);

impl Bench {
    pub(crate) fn take(&self) -> Option<Course> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn leave(&self, course: Course) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(course);
    }
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bench")
    }
}
