//! What gloss.toml knows: its tables, their keys, and the values of those keys that take one of a few.

use dataset::{Offsets, Task};
use learn::{Device, encoder::Pooling, queue, tuning::Strategy};

pub(crate) const POOLINGS: [(&str, Pooling); 2] = [("mean", Pooling::Mean), ("cls", Pooling::Cls)];
pub(crate) const STRATEGIES: [(&str, Option<Strategy>); 6] = [
    ("auto", Some(Strategy::Auto)),
    ("head", None),
    ("last-layers", Some(Strategy::LastBlocks)),
    ("all", Some(Strategy::All)),
    ("contrastive", Some(Strategy::Contrastive)),
    ("lora", Some(Strategy::Lora)),
];
pub(crate) const TASKS: [(&str, Task); 3] = [("single", Task::Single), ("multi", Task::Multi), ("spans", Task::Spans)];
pub(crate) const OFFSETS: [(&str, Offsets); 3] =
    [("code-points", Offsets::CodePoints), ("utf-16", Offsets::Utf16), ("bytes", Offsets::Bytes)];
/// Whether an empty list of labels or spans means that nobody looked at the row.
pub(crate) const EMPTY: [(&str, bool); 2] = [("none", false), ("unlabelled", true)];
pub(crate) const DEVICES: [(&str, Device); 4] =
    [("auto", Device::Auto), ("cpu", Device::Cpu), ("cuda", Device::Cuda), ("metal", Device::Metal)];
pub(crate) const QUEUES: [(&str, queue::Strategy); 5] = [
    ("mixed", queue::Strategy::Mixed),
    ("margin", queue::Strategy::Margin),
    ("entropy", queue::Strategy::Entropy),
    ("confidence", queue::Strategy::Confidence),
    ("k-center", queue::Strategy::KCenter),
];

/// The table whose keys are a person's own.
pub(crate) const LABELS: &str = "labels";
pub(crate) const SECTIONS: [(&str, &[&str]); 5] = [
    ("dataset", &["files", "text", "label", "task", "test", "separator", "offsets", "empty", "annotator"]),
    ("model", &["encoder", "offline", "pooling", "device"]),
    ("train", &["on_save", "budget", "strategy", "layer_decay", "label_smoothing"]),
    ("suggest", &["accept_above", "queue"]),
    ("report", &["slices"]),
];

/// All tables.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> + Clone {
    SECTIONS.iter().map(|(section, _)| *section).chain([LABELS])
}

/// The values that a key takes, as they are written; none where there are others, too.
pub(crate) fn values(key: &str) -> Vec<String> {
    fn quoted<T>(values: &[(&'static str, T)]) -> Vec<String> {
        values.iter().map(|(name, _)| format!("\"{name}\"")).collect()
    }
    match key {
        "task" => quoted(&TASKS),
        "offsets" => quoted(&OFFSETS),
        "empty" => quoted(&EMPTY),
        "pooling" => quoted(&POOLINGS),
        "device" => quoted(&DEVICES),
        "strategy" => quoted(&STRATEGIES),
        "queue" => quoted(&QUEUES),
        "on_save" | "offline" => ["true", "false"].map(str::to_owned).to_vec(),
        _ => Vec::new(),
    }
}
