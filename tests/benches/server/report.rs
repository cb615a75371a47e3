//! Figures as a table for people and as lines of JSON for machines.

use std::time::Duration;

use serde_json::json;

pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

pub(crate) fn milliseconds(name: &'static str, time: Duration) -> Figure {
    Figure { name, value: time.as_secs_f64() * 1e3, unit: "ms" }
}

pub(crate) fn megabytes(name: &'static str, bytes: u64) -> Figure {
    Figure { name, value: bytes as f64 / 1e6, unit: "MB" }
}

/// The time that this share of all stayed within, by the nearest rank.
pub(crate) fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1]
}

pub(crate) fn print(title: &str, figures: &[Figure]) {
    println!("\n{title}");
    for Figure { name, value, unit } in figures {
        println!("  {name:<44} {value:>10.1} {unit}");
    }
    for Figure { name, value, unit } in figures {
        let value = (value * 1e3).round() / 1e3;
        println!("{}", json!({ "bench": title, "figure": name, "value": value, "unit": unit }));
    }
}
