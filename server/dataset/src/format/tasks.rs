//! Label Studio's tasks: `{"data": {"text": "..."}, "annotations": [{"result": [{"type": "choices", ...}]}]}`.
//!
//! Of several annotations the first counts that was not cancelled, one of the ground truth before others. In its result, choices are
//! labels and labelled regions are spans; what other controls gave stays as it is.

use super::{
    json_answer::name,
    json_row::{elements, is_key},
    json_spans::span_tokens,
    scan::{Kind, Scanner, Token},
};
use crate::{Shape, Task};

/// In older exports the annotations have the second name.
const ANNOTATIONS: [&str; 2] = ["annotations", "completions"];

/// Where the parts of a task stand.
#[derive(Clone, Copy, Default)]
pub(super) struct Parts {
    pub(super) data: Option<Token>,
    /// The list of annotations.
    pub(super) annotations: Option<Token>,
    /// The list that the annotation which counts gave.
    pub(super) result: Option<Token>,
    /// In it, the list of choices of the control.
    pub(super) choices: Option<Token>,
}

/// A member of an object; the last one, where the key stands twice.
fn member(src: &[u8], object: Token, key: &str) -> Option<Token> {
    let mut found = None;
    if object.kind == Kind::Object {
        let _ = Scanner::new(src, object.start).object(|name, value| {
            if is_key(src, name, key) {
                found = Some(value);
            }
        });
    }
    found
}

fn list(src: &[u8], object: Token, key: &str) -> Option<Token> {
    member(src, object, key).filter(|value| value.kind == Kind::Array)
}

impl Parts {
    /// `control`: whose choices count; empty: the first that gave some.
    pub(super) fn of(src: &[u8], task: Token, control: &str) -> Parts {
        let data = member(src, task, "data").filter(|data| data.kind == Kind::Object);
        let annotations = ANNOTATIONS.iter().find_map(|name| list(src, task, name));
        let is = |one: &Token, flag: &str| member(src, *one, flag).is_some_and(|value| value.kind == Kind::True);
        let counts = |one: &Token| one.kind == Kind::Object && !is(one, "was_cancelled");
        let given: Vec<Token> =
            annotations.map_or(Vec::new(), |list| elements(src, list)).into_iter().filter(counts).collect();
        let chosen = given.iter().find(|one| is(one, "ground_truth")).or(given.first());
        let result = chosen.and_then(|one| list(src, *one, "result"));
        let choices = result.and_then(|result| {
            let of_control = |element: &Token| control.is_empty() || named(src, *element, "from_name") == control;
            let mut elements = elements(src, result).into_iter().filter(of_control);
            elements.find_map(|element| list(src, member(src, element, "value")?, "choices"))
        });
        Parts { data, annotations, result, choices }
    }
}

fn named(src: &[u8], element: Token, key: &str) -> String {
    member(src, element, key).map_or(String::new(), |value| name(src, value).into_owned())
}

/// What the first tasks of a file have in common.
#[derive(Debug, Default)]
pub(crate) struct Look {
    tasks: usize,
    given: Results,
    /// What other models said: counts for what controls are called where nobody gave an answer yet, and for nothing else.
    predicted: Results,
}

#[derive(Debug, Default)]
struct Results {
    choices: usize,
    /// Those with more than one choice.
    longer: usize,
    spans: usize,
    /// The names of the first control and of what it labels.
    names: Option<(String, String)>,
}

impl Results {
    fn note(&mut self, src: &[u8], results: Option<Token>) {
        for element in results.map_or(Vec::new(), |results| elements(src, results)) {
            let choices = member(src, element, "value").and_then(|value| list(src, value, "choices"));
            let is_span = span_tokens(src, element).is_some();
            self.choices += usize::from(choices.is_some());
            self.longer += usize::from(choices.is_some_and(|choices| elements(src, choices).len() > 1));
            self.spans += usize::from(is_span);
            if self.names.is_none() && (is_span || choices.is_some()) {
                self.names = Some((named(src, element, "from_name"), named(src, element, "to_name")));
            }
        }
    }
}

impl Look {
    /// Where the fields of the record stand, if it is a task.
    pub(crate) fn note(&mut self, src: &[u8], at: usize) -> Option<usize> {
        let task = Scanner::new(src, at).object(|_, _| {}).ok()?;
        let parts = Parts::of(src, task, "");
        let data = parts.data?;
        if parts.annotations.is_none() && member(src, task, "predictions").is_none() {
            return None;
        }
        self.tasks += 1;
        self.given.note(src, parts.result);
        for prediction in list(src, task, "predictions").map_or(Vec::new(), |list| elements(src, list)) {
            self.predicted.note(src, list(src, prediction, "result"));
        }
        Some(data.start)
    }

    /// Task, the control's name and the form, if most of so many rows are tasks.
    pub(crate) fn found(&self, rows: usize, task: Option<Task>) -> Option<(Task, String, Shape)> {
        if self.tasks == 0 || 2 * self.tasks <= rows {
            return None;
        }
        let results = if self.given.names.is_some() { &self.given } else { &self.predicted };
        let task = task.unwrap_or(match (results.choices, results.longer, results.spans) {
            (0, _, 1..) => Task::Spans,
            (_, 1.., _) => Task::Multi,
            _ => Task::Single,
        });
        let (control, object) = results.names.clone().unwrap_or_default();
        let or = |name: String, usual: &str| if name.is_empty() { usual.to_owned() } else { name };
        Some((task, or(control, "label"), Shape::Tasks { object: or(object, "text") }))
    }
}
