//! Writing a label, a set of them, or spans into a JSON object.
//!
//! What must stay true: what is kept of a list keeps its bytes, and an element that is added follows the spacing of those that are there.

mod spans;
mod tasks;

use std::ops::Range;

use super::{
    Style, escape,
    json_answer::{self, alone, name, own_fields, score},
    json_members::Members,
    json_row::{ObjectReader, elements, is_key, string, whole},
    scan::{Kind, Scanner, Token},
    tasks::Parts,
};
use crate::{
    Schema, Shape, Task, TextEdit,
    label::{self, Label, Spelled, Wanted, Written},
};

/// A record that is to be written into.
struct Target<'a> {
    schema: &'a Schema,
    src: &'a str,
    object: Token,
    members: Members,
    /// The value of the label field, or of each label's own.
    values: Vec<Option<Token>>,
    style: Style,
}

impl ObjectReader<'_> {
    pub(super) fn set_answer(
        &mut self,
        src: &str,
        at: usize,
        answer: Option<&Wanted>,
        style: Style,
    ) -> Result<Vec<TextEdit>, String> {
        let schema = self.schema;
        let own = own_fields(schema);
        let fields = if own.is_empty() { std::slice::from_ref(&schema.label) } else { own };
        let mut members = Members::default();
        let mut values = vec![None; fields.len()];
        let read = Scanner::new(src.as_bytes(), at).object(|key, value| {
            for (field, found) in fields.iter().zip(&mut values) {
                if is_key(src.as_bytes(), key, field) {
                    *found = Some(value);
                }
            }
            members.note(key, value);
        });
        let Ok(object) = read else { return Err("The row is not sound JSON; mend it first.".into()) };
        let mut target = Target { schema, src, object, members, values, style };
        match (answer, &schema.shape) {
            (answer, Shape::Tasks { object }) => {
                let text = self.text_of(src.as_bytes(), at);
                target.set_task(object, answer, &text)
            }
            (answer, Shape::Flags(fields)) => target.set_flags(fields, answer),
            (None, _) => Ok(target.clear()),
            (Some(Wanted::One(spelled)), Shape::Scores) => target.set_scores(&[(&spelled.bare(), *spelled)]),
            (Some(Wanted::Set(labels)), Shape::Scores) => target.set_scores(labels),
            (Some(Wanted::One(spelled)), _) => target.set_one(*spelled),
            (Some(Wanted::Set(labels)), Shape::Separated(separator)) => {
                target.set_one(Spelled::Text(&label::joined(labels, separator)?))
            }
            (Some(Wanted::Set(labels)), _) => target.set_list(labels),
            (Some(Wanted::Spans(spans)), _) => {
                let text = self.text_of(src.as_bytes(), at);
                target.set_spans(spans, &text)
            }
        }
    }

    /// Where each label or span of the object at `at` stands.
    pub(super) fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>> {
        let mut sites = Vec::new();
        for field in own_fields(self.schema) {
            let _ = Scanner::new(src, at).object(|key, value| {
                let text = String::from_utf8_lossy(&src[value.range()]);
                if is_key(src, key, field) && label::flag(text.trim_matches('"')) == Some(true) {
                    sites.push(key.start..value.end);
                }
            });
        }
        self.value_of_label(src, at).map_or(sites, |value| json_answer::sites(self.schema, src, value))
    }

    /// What stands in the label field of the object at `at`, or, of a task, what its control gave.
    pub(super) fn value_of_label(&self, src: &[u8], at: usize) -> Option<Token> {
        if !own_fields(self.schema).is_empty() {
            return None;
        }
        let mut found = None;
        let read = Scanner::new(src, at).object(|key, value| {
            if is_key(src, key, &self.schema.label) {
                found = Some(value);
            }
        });
        let object = read.ok()?;
        if matches!(self.schema.shape, Shape::Tasks { .. }) {
            let parts = Parts::of(src, object, &self.schema.label);
            return if self.schema.task == Task::Spans { parts.result } else { parts.choices };
        }
        found
    }
}

impl Target<'_> {
    fn bytes(&self) -> &[u8] {
        self.src.as_bytes()
    }

    fn value(&self) -> Option<Token> {
        self.values.first().copied().flatten()
    }

    fn clear(&self) -> Vec<TextEdit> {
        let Some(value) = self.value() else { return Vec::new() };
        let text = match (value.kind, &self.schema.shape, self.schema.task) {
            (Kind::Array, Shape::List, Task::Single) => "[]",
            (Kind::Array, _, _) if self.schema.empty_is_unlabelled => "[]",
            _ => "null",
        };
        vec![TextEdit { range: value.range(), text: text.into() }]
    }

    /// Puts a value into the label field, whatever stands there.
    fn put(&self, text: String) -> Result<Vec<TextEdit>, String> {
        let Some(value) = self.value() else { return self.add(&[(&self.schema.label, text)]) };
        Ok(vec![TextEdit { range: value.range(), text }])
    }

    /// Adds members at the end of the object.
    fn add(&self, added: &[(&str, String)]) -> Result<Vec<TextEdit>, String> {
        self.add_to(&self.members, self.object, added)
    }

    fn add_to(&self, members: &Members, object: Token, added: &[(&str, String)]) -> Result<Vec<TextEdit>, String> {
        let mut place = object.end;
        let mut all = Vec::new();
        for (index, (key, value)) in added.iter().enumerate() {
            let (at, text) = members.addition(self.bytes(), object, &escape::encode(key, self.style), value);
            if index > 0 && members.last.is_none() {
                all.extend_from_slice(b", ");
            }
            all.extend(text);
            place = at;
        }
        let text = String::from_utf8(all).map_err(|_| "The row is not UTF-8; mend it first.".to_string())?;
        Ok(if text.is_empty() { Vec::new() } else { vec![TextEdit { range: place..place, text }] })
    }

    fn set_one(&self, label: Spelled) -> Result<Vec<TextEdit>, String> {
        if let (Some(only), Spelled::Text(text) | Spelled::Listed(text)) =
            (self.value().and_then(|value| alone(self.bytes(), value)), label)
        {
            return Ok(vec![TextEdit { range: only.range(), text: escape::encode(text, self.style) }]);
        }
        self.put(match label {
            Spelled::Listed(_) => format!("[{}]", self.spelled(label)),
            _ => self.spelled(label),
        })
    }

    fn spelled(&self, label: Spelled) -> String {
        match label {
            Spelled::Text(text) | Spelled::Listed(text) => escape::encode(text, self.style),
            Spelled::Integer(_) | Spelled::Boolean(_) => label.bare().into_owned(),
        }
    }

    fn set_list(&self, labels: &[(&str, Spelled)]) -> Result<Vec<TextEdit>, String> {
        let list = self.value().filter(|value| value.kind == Kind::Array);
        let present = list.map_or(Vec::new(), |list| elements(self.bytes(), list));
        let mut missing: Vec<&(&str, Spelled)> = labels.iter().collect();
        let mut fates: Vec<Fate> = Vec::new();
        for &element in &present {
            let read = self.read_label(element);
            let known = missing.iter().position(|(label, _)| read.as_deref() == Some(*label));
            fates.push(match known {
                Some(known) => {
                    missing.remove(known);
                    Fate::Kept
                }
                None => Fate::Gone,
            });
        }
        // What comes takes the place of what goes.
        let mut coming = missing.into_iter().map(|(_, spelled)| self.spelled(*spelled));
        for (fate, element) in fates.iter_mut().zip(&present) {
            if matches!(fate, Fate::Gone)
                && let Some(text) = coming.next()
            {
                *fate = Fate::Changed(vec![TextEdit { range: element.range(), text }]);
            }
        }
        let added = coming.map(|text| (present.len(), text)).collect();
        self.change_list(list, &present, fates, added)
    }

    /// The label that an element of the list says, as it is read.
    fn read_label(&self, element: Token) -> Option<String> {
        let bytes = self.bytes();
        let (text, written) = match element.kind {
            Kind::String { escaped } => (string(bytes, element, escaped, &mut Vec::new()), Written::Text),
            Kind::Number => (whole(&bytes[element.range()])?, Written::Integer),
            _ => return None,
        };
        match label::read(text, written, &self.schema.labels) {
            Label::Given(label, _) => Some(label.into_owned()),
            _ => None,
        }
    }

    /// Whether the row has no blanks behind its colons.
    fn is_tight(&self) -> bool {
        self.members.last.is_some_and(|(key, value)| self.bytes()[key.end..value.start] == *b":")
    }

    /// `added`: each with the element before which it comes.
    fn change_list(
        &self,
        list: Option<Token>,
        present: &[Token],
        fates: Vec<Fate>,
        added: Vec<(usize, String)>,
    ) -> Result<Vec<TextEdit>, String> {
        let comma = match present {
            [first, second, ..] => &self.src[first.end..second.start],
            _ if self.is_tight() => ",",
            _ => ", ",
        };
        let stays = |fate: &Fate| !matches!(fate, Fate::Gone);
        let (Some(first), Some(last)) = (fates.iter().position(stays), fates.iter().rposition(stays)) else {
            let added: Vec<String> = added.into_iter().map(|(_, text)| text).collect();
            let is_it = list.is_some_and(|_| added.is_empty() && present.is_empty());
            return if is_it { Ok(Vec::new()) } else { self.put(format!("[{}]", added.join(comma))) };
        };
        let mut edits = Vec::new();
        for (index, (fate, element)) in fates.into_iter().zip(present).enumerate() {
            match fate {
                Fate::Kept => {}
                Fate::Changed(changes) => edits.extend(changes),
                Fate::Gone => {
                    let range = match index > first {
                        true => present[index - 1].end..element.end,
                        false => element.start..present[index + 1].start,
                    };
                    edits.push(TextEdit { range, text: String::new() });
                }
            }
        }
        for (before, text) in added {
            // Beside an element that stays, so that no two changes meet.
            edits.push(match (before..=last).find(|index| *index >= first && *index <= last) {
                Some(index) if index == before => {
                    let place = present[index].start;
                    TextEdit { range: place..place, text: text + comma }
                }
                _ => {
                    let place = present[present.len() - 1].end;
                    TextEdit { range: place..place, text: comma.to_owned() + &text }
                }
            });
        }
        Ok(edits)
    }

    fn set_scores(&self, labels: &[(&str, Spelled)]) -> Result<Vec<TextEdit>, String> {
        let has_scores = |value: Token| self.bytes()[value.range()].contains(&b':');
        if labels.is_empty() && !self.value().is_some_and(has_scores) {
            return Err("The row names no label of which it could say 0; without any, it counts as unlabelled.".into());
        }
        let Some(value) = self.value().filter(|value| value.kind == Kind::Object) else {
            let members: Vec<String> =
                labels.iter().map(|(label, _)| format!("{}: 1", escape::encode(label, self.style))).collect();
            return self.put(format!("{{{}}}", members.join(", ")));
        };
        let mut missing: Vec<&str> = labels.iter().map(|(label, _)| *label).collect();
        let mut edits = Vec::new();
        let mut members = Members::default();
        let mut like = (Kind::Number, false);
        let bytes = self.bytes();
        let _ = Scanner::new(bytes, value.start).object(|key, value| {
            members.note(key, value);
            like = (value.kind, bytes[value.range()].contains(&b'.'));
            let found = missing.iter().position(|label| *label == name(bytes, key));
            found.map(|found| missing.remove(found));
            if score(bytes, value).is_none_or(|score| (score >= 0.5) != found.is_some()) {
                edits.push(TextEdit { range: value.range(), text: yes_or_no(like, found.is_some()).into() });
            }
        });
        let added: Vec<_> = missing.into_iter().map(|label| (label, yes_or_no(like, true).to_owned())).collect();
        edits.extend(self.add_to(&members, value, &added)?);
        Ok(edits)
    }

    fn set_flags(&self, fields: &[String], answer: Option<&Wanted>) -> Result<Vec<TextEdit>, String> {
        let labels = match answer {
            Some(Wanted::Set(labels)) => &labels[..],
            _ => &[],
        };
        if let Some((label, _)) = labels.iter().find(|(label, _)| !fields.iter().any(|field| field == label)) {
            return Err(format!("No field of the rows is `{label}`. Add it to [dataset] label in gloss.toml first."));
        }
        let mut edits = Vec::new();
        let mut added = Vec::new();
        for (field, value) in fields.iter().zip(&self.values) {
            let is_given = labels.iter().any(|(label, _)| label == field);
            let text = match (answer, self.style.written) {
                (None, _) => "null",
                (_, Written::Boolean) => yes_or_no((Kind::True, false), is_given),
                (_, Written::Text) if is_given => "\"1\"",
                (_, Written::Text) => "\"0\"",
                _ => yes_or_no((Kind::Number, false), is_given),
            };
            match value {
                None if answer.is_none() => {}
                None => added.push((field.as_str(), text.to_owned())),
                Some(value) => {
                    let says = label::flag(self.src[value.range()].trim_matches('"'));
                    if answer.is_none() || says != Some(is_given) {
                        edits.push(TextEdit { range: value.range(), text: text.into() });
                    }
                }
            }
        }
        edits.extend(self.add(&added)?);
        Ok(edits)
    }
}

/// As numbers (with a point or without) or booleans stand beside it.
fn yes_or_no((kind, has_point): (Kind, bool), yes: bool) -> &'static str {
    match (kind, has_point, yes) {
        (Kind::True | Kind::False, _, true) => "true",
        (Kind::True | Kind::False, _, false) => "false",
        (_, true, true) => "1.0",
        (_, true, false) => "0.0",
        (_, false, true) => "1",
        (_, false, false) => "0",
    }
}

/// What becomes of an element of a list.
enum Fate {
    Kept,
    Gone,
    Changed(Vec<TextEdit>),
}
