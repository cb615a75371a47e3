//! Progress bars on standard error. They show on a terminal alone; anywhere else nothing is written.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use engine::{Control, Fetching, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::tuning;

/// A fit's fraction is shown in this many steps.
pub(crate) const STEPS: u64 = 1000;

/// The bar of a training job.
pub(crate) fn learning() -> ProgressBar {
    ProgressBar::new(STEPS).with_style(style("{msg:16} {bar:32} {percent:>3}%"))
}

/// Moves the bar of a training job.
pub(crate) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_message(progress.stage.to_string());
    bar.set_position((progress.fraction * STEPS as f32) as u64);
}

/// The control of a training job that moves its own bar, and writes a table above it where an encoder is trained.
pub(crate) fn control(bar: &ProgressBar) -> Control {
    let (moved, table, begun) = (bar.clone(), bar.clone(), AtomicBool::new(false));
    Control {
        on_progress: Some(Box::new(move |progress| show(&moved, progress))),
        on_epoch: Some(Box::new(move |epoch| {
            if !begun.swap(true, Ordering::Relaxed) {
                table.println(tuning::HEAD);
            }
            table.println(tuning::line(epoch));
        })),
        ..Control::default()
    }
}

/// For a file of which that many bytes are read.
pub(crate) fn bytes(len: u64) -> ProgressBar {
    ProgressBar::new(len).with_style(style("Predicting       {bar:32} {percent:>3}%  {bytes} of {total_bytes}, {eta}"))
}

/// The bar of a fetch, of which nobody knows yet how long it is.
pub(crate) fn fetching() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg} {bytes}"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Moves the bar of a fetch.
pub(crate) fn fetched(bar: &ProgressBar, fetching: Fetching<'_>) {
    if bar.length() != fetching.total {
        match fetching.total {
            Some(total) => {
                bar.set_style(style("{bar:32} {percent:>3}%  {bytes} of {total_bytes}, {eta}  {msg}"));
                bar.set_length(total);
            }
            None => {
                bar.set_style(style("{spinner} {msg} {bytes}"));
                bar.unset_length();
            }
        }
    }
    let what = fetching.what.to_string();
    if bar.message() != what {
        bar.set_message(what);
    }
    bar.set_position(fetching.done);
}

/// For an input without an end in sight: counts rows.
pub(crate) fn rows() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(style("{spinner} Predicting       {human_pos} rows"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Says something on standard error, above the bar.
pub(crate) fn say(bar: &ProgressBar, message: &str) {
    bar.suspend(|| eprintln!("gloss: {message}"));
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸ ")
}
