//! gloss.toml: what may be said about a data set. Wrong keys and types are problems with their place; the rest still counts.

pub(crate) mod keys;

use std::{env, ops::Range, path::Path, time::Duration};

use catalogue::{Phrase, phrase};
use dataset::{Hints, Offsets, Problem, Shape, Task};
use learn::{
    Device,
    encoder::Pooling,
    queue,
    tuning::{Plan, Strategy},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use self::keys::{DEVICES, EMPTY, LABELS, OFFSETS, POOLINGS, QUEUES, SECTIONS, STRATEGIES, TASKS};
use crate::{
    duration,
    encoders::{self, Wanted},
    nearest::nearest,
    supply::Request,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Globs relative to gloss.toml; empty: every data file beneath it that looks annotated.
    pub files: Vec<String>,
    pub text: Vec<String>,
    /// The label field; or, of several labels a row, the field of each.
    pub label: Vec<String>,
    pub task: Option<Task>,
    /// What stands between several labels of one value.
    pub separator: Option<String>,
    /// What spans count.
    pub offsets: Offsets,
    /// An empty list of labels or spans is a row that nobody looked at.
    pub empty_is_unlabelled: bool,
    /// Globs of held-out files: never trained on, always reported.
    pub test: Vec<String>,
    /// The field that says who labelled a row.
    pub annotator: Option<String>,
    /// The closed set of labels with their guidelines, in the order of the file. Empty: any label is allowed.
    pub labels: Vec<(String, String)>,
    /// As it was written; see [`Config::wanted`].
    pub encoder: Option<String>,
    /// Fetch nothing.
    pub offline: bool,
    /// `None`: as the encoder's own files say.
    pub pooling: Option<Pooling>,
    /// Where the encoder is computed and trained.
    pub device: Device,
    pub on_save: bool,
    /// The most time that training the encoder may take; 0: none.
    pub budget: Option<Duration>,
    /// What of the encoder is trained; `None`: nothing.
    pub strategy: Option<Strategy>,
    /// As [`Plan::layer_decay`] and [`Plan::label_smoothing`].
    pub layer_decay: f32,
    pub label_smoothing: f32,
    /// Suggestions of at least this probability are taken by 'accept all'.
    pub accept_above: f32,
    /// How the rows are chosen that are to be labelled next.
    pub queue: queue::Strategy,
    /// Fields by whose values it is looked where models do worse.
    pub slices: Vec<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            files: Vec::new(),
            text: Vec::new(),
            label: Vec::new(),
            task: None,
            separator: None,
            offsets: Offsets::default(),
            empty_is_unlabelled: false,
            test: Vec::new(),
            annotator: None,
            labels: Vec::new(),
            encoder: None,
            offline: false,
            pooling: None,
            device: Device::Auto,
            on_save: true,
            budget: None,
            strategy: Some(Strategy::Auto),
            layer_decay: 1.0,
            label_smoothing: 0.0,
            accept_above: 0.95,
            queue: queue::Strategy::default(),
            slices: Vec::new(),
        }
    }
}

impl Config {
    /// Reads what it can; every key or value that it cannot use is a problem.
    pub fn parse(source: &str) -> (Config, Vec<Problem>) {
        let mut config = Config::default();
        let mut problems = Vec::new();
        let (table, errors) = DeTable::parse_recoverable(source);
        for error in errors {
            let range = error.span().unwrap_or(0..source.len());
            let what = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            problems.push(Problem { range, message: phrase!("no-toml", error = what) });
        }
        for (section, value) in table.get_ref().iter() {
            config.section(section.get_ref(), section.span(), value, &mut problems);
        }
        (config, problems)
    }

    pub fn hints(&self) -> Hints {
        Hints {
            text: self.text.clone(),
            label: self.label.first().filter(|_| self.label.len() == 1).cloned(),
            shape: match (&self.separator, self.label.len()) {
                (_, 2..) => Some(Shape::Flags(self.label.clone())),
                (Some(separator), _) => Some(Shape::Separated(separator.clone())),
                (None, _) => None,
            },
            task: self.task.or(self.separator.as_ref().map(|_| Task::Multi)),
            offsets: self.offsets,
            empty_is_unlabelled: self.empty_is_unlabelled,
            labels: self.labels.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    /// The encoder that is asked for: here, else by the variable GLOSS_ENCODER, else the default one. `root` is the folder of
    /// gloss.toml. A name that is none asks for none, and has a problem.
    pub fn wanted(&self, root: &Path) -> Wanted {
        let named = self.encoder.clone().or_else(|| env::var(encoders::VARIABLE).ok());
        Wanted::parse(named.as_deref().unwrap_or(encoders::DEFAULT), root).unwrap_or(Wanted::None)
    }

    pub fn request(&self, root: &Path) -> Request {
        Request { wanted: self.wanted(root), pooling: self.pooling, device: self.device, offline: self.offline }
    }

    /// How the encoder is trained; `None`: not at all.
    pub fn plan(&self) -> Option<Plan> {
        let mut plan = Plan { strategy: self.strategy?, ..Plan::default() };
        (plan.layer_decay, plan.label_smoothing) = (self.layer_decay, self.label_smoothing);
        plan.budget = self.budget.unwrap_or(plan.budget);
        (!plan.budget.is_zero()).then_some(plan)
    }

    pub fn guideline(&self, label: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == label).map(|(_, guideline)| guideline.as_str())
    }

    fn section(&mut self, name: &str, place: Range<usize>, value: &Spanned<DeValue>, problems: &mut Vec<Problem>) {
        let known = SECTIONS.iter().find(|(section, _)| *section == name).map(|(_, keys)| *keys);
        if known.is_none() && name != LABELS {
            let names = keys::tables();
            problems.push(unknown("section", name, place, names));
            return;
        }
        let Some(table) = value.get_ref().as_table() else {
            problems.push(wrong(value, phrase!("a-table", name)));
            return;
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            match known {
                None => match value.get_ref().as_str() {
                    Some(guideline) => self.labels.push((key.get_ref().to_string(), guideline.to_owned())),
                    None => problems.push(wrong(value, phrase!("a-guideline"))),
                },
                Some(keys) if !keys.contains(&key.get_ref().as_ref()) => {
                    problems.push(unknown("key", key.get_ref(), key.span(), keys.iter().copied()));
                }
                Some(_) => self.entry(key.get_ref(), value, problems),
            }
        }
    }

    fn entry(&mut self, key: &str, value: &Spanned<DeValue>, problems: &mut Vec<Problem>) {
        let inner = value.get_ref();
        match key {
            "files" | "text" | "test" | "label" | "slices" => match strings(inner) {
                Some(list) => match key {
                    "files" => self.files = list,
                    "text" => self.text = list,
                    "label" => self.label = list,
                    "slices" => self.slices = list,
                    _ => self.test = list,
                },
                None => problems.push(wrong(value, phrase!("a-text-or-list"))),
            },
            "task" => self.task = chosen(key, value, &TASKS, problems).or(self.task),
            "offsets" => self.offsets = chosen(key, value, &OFFSETS, problems).unwrap_or(self.offsets),
            "empty" => {
                self.empty_is_unlabelled = chosen(key, value, &EMPTY, problems).unwrap_or(self.empty_is_unlabelled);
            }
            "separator" => match inner.as_str().filter(|separator| !separator.is_empty()) {
                Some(separator) => self.separator = Some(separator.to_owned()),
                None => problems.push(wrong(value, phrase!("a-separator"))),
            },
            "annotator" => match inner.as_str() {
                Some(field) => self.annotator = Some(field.to_owned()),
                None => problems.push(wrong(value, phrase!("a-field"))),
            },
            "on_save" => match inner.as_bool() {
                Some(on_save) => self.on_save = on_save,
                None => problems.push(wrong(value, phrase!("true-or-false"))),
            },
            "accept_above" => match number(inner) {
                Some(share) if (0.0..=1.0).contains(&share) => self.accept_above = share,
                _ => problems.push(wrong(value, phrase!("a-probability"))),
            },
            "layer_decay" => match number(inner) {
                Some(share) if share > 0.0 && share <= 1.0 => self.layer_decay = share,
                _ => problems.push(beyond(value, phrase!("a-layer-decay"))),
            },
            "label_smoothing" => match number(inner) {
                Some(share) if (0.0..1.0).contains(&share) => self.label_smoothing = share,
                _ => problems.push(beyond(value, phrase!("a-label-smoothing"))),
            },
            "encoder" => match inner.as_str() {
                Some(name) => self.encoder = Some(name.to_owned()),
                None => problems.push(wrong(value, phrase!("an-encoder"))),
            },
            "offline" => match inner.as_bool() {
                Some(offline) => self.offline = offline,
                None => problems.push(wrong(value, phrase!("true-or-false"))),
            },
            "pooling" => self.pooling = chosen(key, value, &POOLINGS, problems).or(self.pooling),
            "strategy" => self.strategy = chosen(key, value, &STRATEGIES, problems).unwrap_or(self.strategy),
            "queue" => self.queue = chosen(key, value, &QUEUES, problems).unwrap_or(self.queue),
            "device" => match chosen(key, value, &DEVICES, problems).map(|device| (device, device.missing())) {
                Some((device, None)) => self.device = device,
                Some((_, Some(missing))) => problems.push(Problem { range: value.span(), message: missing }),
                None => {}
            },
            // "budget": every key of SECTIONS that is not above.
            _ => match inner.as_str().map(duration::parse) {
                Some(Ok(budget)) => self.budget = Some(budget),
                Some(Err(why)) => problems.push(Problem { range: value.span(), message: phrase!("no-budget", why) }),
                None => problems.push(wrong(value, phrase!("a-duration"))),
            },
        }
    }
}

/// The value of that name; another is a problem with the nearest right one.
fn chosen<T: Copy>(
    key: &str,
    value: &Spanned<DeValue>,
    values: &[(&str, T)],
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let Some(name) = value.get_ref().as_str() else {
        let names = values.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>();
        problems.push(wrong(value, phrase!("one-of", names = names.join(", "))));
        return None;
    };
    let found = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if found.is_none() {
        problems.push(unknown(key, name, value.span(), values.iter().map(|(name, _)| *name)));
    }
    found
}

fn strings(value: &DeValue) -> Option<Vec<String>> {
    match value {
        DeValue::String(one) => Some(vec![one.to_string()]),
        DeValue::Array(list) => list.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn number(value: &DeValue) -> Option<f32> {
    match value {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

fn wrong(value: &Spanned<DeValue>, expected: Phrase) -> Problem {
    let found = value.get_ref().type_str();
    Problem { range: value.span(), message: phrase!("wrong-type", found, expected) }
}

/// A number out of its range, or no number.
fn beyond(value: &Spanned<DeValue>, expected: Phrase) -> Problem {
    let found = match value.get_ref() {
        DeValue::Float(number) => number.as_str(),
        DeValue::Integer(number) => number.as_str(),
        other => other.type_str(),
    };
    Problem { range: value.span(), message: phrase!("out-of-range", found, expected) }
}

fn unknown<'a>(kind: &str, name: &str, range: Range<usize>, names: impl Iterator<Item = &'a str> + Clone) -> Problem {
    let message = match nearest(name, names.clone()) {
        Some(near) => phrase!("unknown-near", kind, name, near),
        None => phrase!("unknown-known", kind, name, known = names.collect::<Vec<_>>().join(", ")),
    };
    Problem { range, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_product_md_lists_is_read() {
        let (config, problems) = Config::parse(
            "[dataset]\nfiles = [\"data/*.jsonl\"]\ntext = \"text\"\nlabel = \"label\"\ntask = \"single\"\ntest = [\"t.jsonl\"]\n\
             [labels]\nrefund = \"Money back\"\nbilling = \"Charges\"\n[model]\nencoder = \"none\"\n[train]\non_save = false\n\
             [suggest]\naccept_above = 0.8\nqueue = \"k-center\"\n",
        );
        assert_eq!(problems, []);
        assert_eq!(config.files, ["data/*.jsonl"]);
        assert_eq!(config.hints().labels, ["refund", "billing"], "in the order of the file");
        assert_eq!(config.guideline("billing"), Some("Charges"));
        assert!(!config.on_save);
        assert_eq!((config.accept_above, config.queue), (0.8, queue::Strategy::KCenter));
    }

    #[test]
    fn fields_beside_text_and_label_are_read_and_a_misspelt_key_is_known() {
        let (config, problems) =
            Config::parse("[dataset]\nannotator = \"who\"\n[report]\nslices = [\"product\", \"region\"]\n");
        assert_eq!(problems, []);
        assert_eq!((config.annotator.as_deref(), config.slices.len()), (Some("who"), 2));
        assert_eq!(Config::parse("[report]\nslices = \"product\"\n").0.slices, ["product"]);
        let (config, problems) = Config::parse("[dataset]\nanotator = \"who\"\n[report]\nslice = \"product\"\n");
        assert_eq!(config, Config::default());
        let said: Vec<_> = problems.iter().map(|problem| problem.message.to_string()).collect();
        assert!(said.iter().any(|said| said.contains("did you mean `annotator`")), "{said:?}");
        assert!(said.iter().any(|said| said.contains("did you mean `slices`")), "{said:?}");
        assert_eq!(Config::parse("[dataset]\nannotator = [\"who\"]\n").1.len(), 1);
    }

    #[test]
    fn a_wrong_key_has_its_place_and_the_nearest_right_one_and_the_rest_counts() {
        let source = "[dataset]\nlable = \"x\"\ntext = 3\nlabel = \"intent\"\n";
        let (config, problems) = Config::parse(source);
        assert_eq!(config.label, ["intent"]);
        let said: Vec<_> = problems.iter().map(|p| (&source[p.range.clone()], p.message.to_string())).collect();
        let said: Vec<_> = said.iter().map(|(place, message)| (*place, message.as_str())).collect();
        assert!(said.contains(&("lable", "Unknown key `lable`; did you mean `label`?")), "{said:?}");
        assert!(said.iter().any(|(place, message)| *place == "3" && message.contains("list of them")), "{said:?}");
    }

    #[test]
    fn what_concerns_the_encoder_is_read_and_a_wrong_value_has_the_nearest_right_one() {
        let (config, problems) = Config::parse(
            "[model]\nencoder = \"none\"\noffline = true\npooling = \"cls\"\ndevice = \"cpu\"\n\
             [train]\nbudget = \"1m30s\"\nstrategy = \"last-layers\"\n",
        );
        assert_eq!(problems, []);
        assert_eq!(config.wanted(Path::new(".")), Wanted::None);
        assert!(config.offline);
        assert_eq!(config.device, Device::Cpu);
        assert_eq!((config.pooling, config.strategy), (Some(Pooling::Cls), Some(Strategy::LastBlocks)));
        assert_eq!(config.budget, Some(Duration::from_secs(90)));

        let source = "[model]\noffline = 1\npooling = \"men\"\ndevice = \"mettal\"\n[train]\nbudget = \"30\"\nstrategy = \"al\"\n";
        let (config, problems) = Config::parse(source);
        assert_eq!(config, Config::default());
        let said: Vec<_> = problems.iter().map(|p| format!("{}: {}", &source[p.range.clone()], p.message)).collect();
        let expected = ["1: Found", "did you mean `mean`", "did you mean `metal`", "no budget", "did you mean `all`"];
        for expected in expected {
            assert!(said.iter().any(|said| said.contains(expected)), "{expected}: {said:?}");
        }
    }

    #[test]
    fn a_device_that_this_build_lacks_is_a_problem_that_says_what_to_do() {
        for (name, device) in DEVICES {
            let (config, problems) = Config::parse(&format!("[model]\ndevice = \"{name}\"\n"));
            match device.missing() {
                None => assert_eq!((config.device, problems.len()), (device, 0)),
                Some(_) => {
                    assert_eq!((config.device, problems.len()), (Device::Auto, 1));
                    assert!(problems[0].message.to_string().contains(&format!("--features {name}")), "{problems:?}");
                }
            }
        }
    }

    #[test]
    fn how_the_encoder_is_trained_is_read_within_its_bounds() {
        let (config, problems) =
            Config::parse("[train]\nstrategy = \"lora\"\nlayer_decay = 0.9\nlabel_smoothing = 0.1\n");
        assert_eq!(problems, []);
        let plan = Plan { strategy: Strategy::Lora, layer_decay: 0.9, label_smoothing: 0.1, ..Plan::default() };
        assert_eq!(config.plan(), Some(plan));
        assert_eq!(Config::parse("[train]\nlayer_decay = 1\n").1, []);
        for (line, found) in [
            ("layer_decay = 0.0", "Found 0.0; a layer_decay is a number above 0, and at most 1."),
            ("layer_decay = 1.5", "Found 1.5; "),
            ("layer_decay = nan", "Found nan; "),
            ("layer_decay = \"1\"", "Found string; "),
            ("label_smoothing = 1", "Found 1; a label_smoothing is a number from 0 to below 1."),
            ("label_smoothing = -0.1", "Found -0.1; "),
        ] {
            let (config, problems) = Config::parse(&format!("[train]\n{line}\n"));
            assert_eq!(config, Config::default());
            assert!(
                matches!(&problems[..], [one] if one.message.to_string().starts_with(found)),
                "{line}: {problems:?}"
            );
        }
    }

    #[test]
    fn broken_toml_is_a_problem_not_a_panic() {
        let (config, problems) = Config::parse("[dataset\nfiles = ");
        assert_eq!(config, Config::default());
        assert!(!problems.is_empty());
    }
}
