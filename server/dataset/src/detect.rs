//! Finding out which fields hold the text and the label: well-known names first, then the shape of the values.
//!
//! What must stay true: it looks at the first rows only, so that its cost does not grow with the file, and the same bytes
//! always give the same answer.

mod names;

use rustc_hash::FxHashSet;

pub(crate) use self::names::RESPONSES;
pub(crate) use self::names::{LABEL_NAMES, TEXT_NAMES, is_named};
use self::names::{NEITHER, SCORE_NAMES, SPAN_NAMES};
use crate::{
    Format, Hints, Schema, Shape, Task,
    format::{Layout, State, Syntax, Value, tasks::Look},
    schema::Scheme,
};

/// At most this many rows and, from the second row on, this many bytes are looked at.
const MAX_ROWS: usize = 300;
const MAX_BYTES: usize = 1 << 20;

/// The fields of a label's number and name in CLUE.
const CODE: &str = "label";
const DESCRIPTION: &str = "label_desc";

/// So many fields of 0 and 1 are labels; fewer may be remarks about a row.
const FLAGS: usize = 3;

pub(crate) struct Detected {
    pub(crate) schema: Schema,
    /// Whether the fields were seen in the file or given. If not, more rows may teach better.
    pub(crate) settled: bool,
}

pub(crate) fn detect(src: &[u8], format: Format, hints: &Hints) -> Detected {
    let mut schema = Schema {
        format,
        task: hints.task.unwrap_or_default(),
        text: Vec::new(),
        label: String::new(),
        code: None,
        shape: Shape::Value,
        offsets: hints.offsets,
        empty_is_unlabelled: hints.empty_is_unlabelled,
        labels: hints.labels.clone(),
        text_detected: false,
        label_detected: false,
        annotated: false,
    };
    if format == Format::Rasa {
        let is_spans = schema.task == Task::Spans;
        (schema.text, schema.label) = (vec!["examples".into()], if is_spans { "entities" } else { "intent" }.into());
        schema.annotated = true;
        return Detected { schema, settled: true };
    }
    let sample = Sample::take(src, &schema);
    if format == Format::Conll {
        (schema.text, schema.label) = (vec!["token".into()], "tag".into());
        (schema.task, schema.shape) = (Task::Spans, Shape::Tags(Scheme::found(src)));
        schema.annotated = true;
        return Detected { schema, settled: true };
    }
    if format == Format::FastText {
        schema.text = vec!["text".into()];
        schema.label = "label".into();
        schema.task = hints.task.unwrap_or(if sample.most_labels > 1 { Task::Multi } else { Task::Single });
        schema.annotated = true;
        return Detected { schema, settled: true };
    }
    let (text, text_known) = sample.text();
    let text = if hints.text.is_empty() { text } else { hints.text.clone() };
    let (found, code) = sample.described(sample.label(&text, hints), hints);
    schema.text_detected = hints.text.is_empty();
    schema.label_detected = hints.label.is_none() && !matches!(hints.shape, Some(Shape::Flags(_)));
    schema.text = text;
    let label_seen = found.is_seen;
    (schema.task, schema.label, schema.shape) = (found.task, found.label, found.shape);
    schema.code = code.filter(|_| matches!(format, Format::Json | Format::JsonLines));

    let with_text = sample.rows_with_text(&schema.text);
    let mostly_text = with_text > 0 && 2 * with_text > sample.rows;
    schema.annotated = mostly_text
        && found.fits
        && (label_seen || (format == Format::JsonLines && (text_known || !schema.text_detected)));
    let settled = (!schema.text_detected || !schema.text.is_empty()) && (!schema.label_detected || label_seen);
    Detected { schema, settled }
}

impl Found {
    fn flags(fields: Vec<String>, is_seen: bool) -> Found {
        let label = fields.first().cloned().unwrap_or_default();
        Found { task: Task::Multi, label, shape: Shape::Flags(fields), is_seen, fits: true }
    }
}

/// What the first rows hold, field by field.
struct Sample {
    rows: usize,
    fields: Vec<Field>,
    /// The most labels that a row of fastText has.
    most_labels: usize,
    tasks: Look,
}

/// Where labels stand, and how.
struct Found {
    task: Task,
    label: String,
    shape: Shape,
    /// Whether the field was met.
    is_seen: bool,
    /// Whether what it holds is what the task asks for.
    fits: bool,
}

fn usual_shape(task: Task) -> Shape {
    if task == Task::Single { Shape::Value } else { Shape::List }
}

#[derive(Default)]
struct Field {
    name: String,
    texts: usize,
    /// Rows in which it holds a list of texts or of integers.
    lists: usize,
    /// Those of more than one, and those of none.
    longer_lists: usize,
    empty_lists: usize,
    spans: usize,
    scores: usize,
    /// Rows in which not just one score says yes.
    uneven_scores: usize,
    scalars: usize,
    blanks: usize,
    others: usize,
    chars: usize,
    /// Texts of several words, or in a script that need not have spaces.
    wordy: usize,
    distinct: FxHashSet<Box<[u8]>>,
}

impl Field {
    fn note(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                self.texts += 1;
                self.chars += text.chars().count();
                self.wordy += usize::from(text.trim().contains(char::is_whitespace) || !text.is_ascii());
                self.distinct.insert(text.trim().as_bytes().into());
            }
            Value::Texts { strings, chars } => {
                self.note_list(*strings);
                self.chars += chars;
            }
            Value::Integers { count } => self.note_list(*count),
            Value::Spans => self.spans += 1,
            Value::Scores { given } => {
                self.scores += 1;
                self.uneven_scores += usize::from(*given != 1);
            }
            Value::Scalar(scalar) => {
                self.scalars += 1;
                self.distinct.insert((*scalar).into());
            }
            Value::Blank => self.blanks += 1,
            Value::Other => self.others += 1,
        }
    }

    fn note_list(&mut self, len: usize) {
        self.lists += 1;
        self.longer_lists += usize::from(len > 1);
        self.empty_lists += usize::from(len == 0);
    }

    /// What its values are to rows; `None`: nothing that Gloss knows.
    fn form(&self) -> Option<(Task, Shape)> {
        let nested = self.lists + self.spans + self.scores;
        match () {
            () if self.others > self.values() || (nested > 0 && nested <= self.values()) => None,
            () if self.spans > 0 && self.spans + self.empty_lists == nested => Some((Task::Spans, Shape::List)),
            () if self.scores > 0 && self.scores == nested => {
                Some((if self.uneven_scores == 0 { Task::Single } else { Task::Multi }, Shape::Scores))
            }
            () if self.lists == nested && self.longer_lists > 0 => Some((Task::Multi, Shape::List)),
            () if self.lists == nested && nested > 0 && self.others == 0 => Some((Task::Single, Shape::List)),
            () => (nested == 0).then_some((Task::Single, Shape::Value)),
        }
    }

    /// The form for a task that is given; `None`: it does not fit.
    fn form_for(&self, task: Task) -> Option<Shape> {
        match (task, self.form()) {
            (_, Some((own, shape))) if own == task => Some(shape),
            (Task::Multi, Some((Task::Single, shape))) => Some(shape),
            (Task::Spans, Some((Task::Single, Shape::List))) if self.empty_lists == self.lists => Some(Shape::List),
            // Rows may go on to be labelled: what is blank everywhere is yet to become something.
            (_, Some((Task::Single, Shape::Value))) if self.values() == 0 => Some(usual_shape(task)),
            _ => None,
        }
    }

    /// 0 and 1, and nothing else.
    fn is_flag(&self) -> bool {
        let digits = self.distinct.iter().all(|value| matches!(&**value, b"0" | b"1"));
        self.scalars > 0 && self.scalars + self.blanks > 0 && digits && self.texts + self.lists + self.others == 0
    }

    /// Whether somebody confirmed the row, as Prodigy writes it.
    fn is_confirmation(&self) -> bool {
        let known = |value: &[u8]| matches!(value, b"accept" | b"reject" | b"ignore");
        self.name == "answer" && self.texts > 0 && self.distinct.iter().all(|value| known(value))
    }

    fn values(&self) -> usize {
        self.texts + self.scalars
    }

    /// Texts, nearly all different, of some length: as in prose. The mean length, if so.
    fn like_text(&self) -> Option<usize> {
        let mostly = |part: usize| 10 * part >= 8 * self.texts;
        let like = self.texts > 0 && self.scalars <= self.texts && mostly(self.wordy) && mostly(self.distinct.len());
        let mean = self.chars / self.texts.max(1);
        (like && mean >= 6).then_some(mean)
    }

    /// Short values that come again and again.
    fn like_label(&self) -> bool {
        let values = self.values();
        let short = self.chars <= 40 * self.texts;
        short
            && self.others + self.lists + self.spans + self.scores == 0
            && values >= 4
            && self.distinct.len() >= 2
            && 2 * self.distinct.len() <= values
    }
}

impl Sample {
    fn take(src: &[u8], schema: &Schema) -> Sample {
        let layout = Layout::new(schema.clone(), src);
        let mut syntax: Box<dyn Syntax> = layout.syntax();
        let mut sample = Sample { rows: 0, fields: Vec::new(), most_labels: 0, tasks: Look::default() };
        let json = matches!(schema.format, Format::Json | Format::JsonLines);
        let (mut at, mut state) = (0, State::START);
        while at < src.len() && sample.rows < MAX_ROWS && (sample.rows == 0 || at < MAX_BYTES) {
            let item = syntax.next(src, at, state);
            if let Some(record) = item.record.filter(|_| item.sound) {
                sample.rows += 1;
                let place = if json { sample.tasks.note(src, record.start) } else { None };
                let fields = syntax.fields(src, place.unwrap_or(record.start));
                sample.most_labels = sample.most_labels.max(fields.len().saturating_sub(1));
                for (index, (name, value)) in fields.into_iter().enumerate() {
                    if let Some(field) = sample.field(&name, index) {
                        field.note(&value);
                    }
                }
            }
            (at, state) = (item.end, item.state);
        }
        // A CSV file may have a header and no rows yet.
        for name in layout.header.names() {
            let next = sample.fields.len();
            sample.field(name, next);
        }
        sample
    }

    /// The field of this name; most rows have their fields in the same order, so a look at `index` finds it. `None`: it
    /// is one of too many.
    fn field(&mut self, name: &str, index: usize) -> Option<&mut Field> {
        const MAX_FIELDS: usize = 256;
        let is_it = |field: &Field| field.name == name;
        let found = match self.fields.get(index) {
            Some(field) if is_it(field) => Some(index),
            _ => self.fields.iter().position(is_it),
        };
        if found.is_none() && self.fields.len() < MAX_FIELDS {
            self.fields.push(Field { name: name.into(), ..Field::default() });
            return self.fields.last_mut();
        }
        self.fields.get_mut(found?)
    }

    /// The text fields, and whether their names are well known.
    fn text(&self) -> (Vec<String>, bool) {
        let usable = |field: &&Field| {
            let wrong = field.scalars + field.others + field.spans + field.scores;
            wrong <= field.texts + field.lists
        };
        for known in TEXT_NAMES {
            let parts: Option<Vec<&Field>> = known
                .split('+')
                .map(|known| self.fields.iter().filter(usable).find(|field| is_named(&field.name, known)))
                .collect();
            if let Some(parts) = parts {
                return (parts.into_iter().map(|field| field.name.clone()).collect(), true);
            }
        }
        // Of fields of equal length the first is taken, hence the reverse order.
        let for_text = |field: &&Field| !LABEL_NAMES.iter().any(|known| is_named(&field.name, known));
        let shaped = self.fields.iter().rev().filter(for_text);
        let longest = shaped.filter_map(|field| Some((field.like_text()?, field))).max_by_key(|(mean, _)| *mean);
        (longest.into_iter().map(|(_, field)| field.name.clone()).collect(), false)
    }

    fn label(&self, text: &[String], hints: &Hints) -> Found {
        if let Some(Shape::Flags(fields)) = &hints.shape {
            let is_seen = self.fields.iter().any(|field| fields.contains(&field.name));
            return Found::flags(fields.clone(), is_seen);
        }
        if hints.shape.is_none()
            && let Some((task, control, shape)) = self.tasks.found(self.rows, hints.task)
        {
            let label = hints.label.clone().unwrap_or(control);
            return Found { task, label, shape, is_seen: true, fits: true };
        }
        let candidates = || self.fields.iter().filter(|field| !text.contains(&field.name) && !field.is_confirmation());
        let found = match &hints.label {
            Some(given) => self.fields.iter().find(|field| field.name == *given),
            None => self.best(hints.task, &candidates),
        };
        let flags: Vec<String> = candidates().filter(|field| field.is_flag()).map(|field| field.name.clone()).collect();
        if found.is_none()
            && hints.label.is_none()
            && hints.task.is_none_or(|task| task == Task::Multi)
            && flags.len() >= FLAGS
        {
            return Found::flags(flags, true);
        }
        let form = found.and_then(|field| match hints.task {
            Some(task) => Some((task, field.form_for(task)?)),
            None => field.form(),
        });
        let task = hints.task.or(form.as_ref().map(|(task, _)| *task)).unwrap_or_default();
        let shape = hints.shape.clone().or(form.as_ref().map(|(_, shape)| shape.clone()));
        let names_label = |field: &&Field| LABEL_NAMES.iter().any(|known| is_named(&field.name, known));
        let usual = if task == Task::Spans { "spans" } else { "label" };
        Found {
            task,
            label: hints.label.clone().or(found.map(|field| field.name.clone())).unwrap_or_else(|| usual.into()),
            shape: shape.unwrap_or_else(|| usual_shape(task)),
            is_seen: found.is_some(),
            // A field for labels that holds something else altogether tells of another kind of file.
            fits: match found {
                Some(_) => form.is_some(),
                None => !candidates().filter(names_label).any(|field| field.form().is_none()),
            },
        }
    }

    /// CLUE has the label's name beside its number: the name is the label.
    fn described(&self, found: Found, hints: &Hints) -> (Found, Option<String>) {
        let holds_one = |name: &str| {
            let field = self.fields.iter().find(|field| field.name == name);
            field.is_some_and(|field| field.values() > 0 && field.form() == Some((Task::Single, Shape::Value)))
        };
        let is_found = hints.label.as_ref().is_none_or(|label| label == DESCRIPTION);
        let is_single = found.task == Task::Single && found.shape == Shape::Value;
        if !is_found || !is_single || !holds_one(CODE) || !holds_one(DESCRIPTION) {
            return (found, None);
        }
        (Found { label: DESCRIPTION.into(), is_seen: true, fits: true, ..found }, Some(CODE.into()))
    }

    /// The field that holds the labels, most likely. One label a row comes before several, and those before spans: where all stand
    /// in a row, most people mean the first.
    fn best<'a, I: Iterator<Item = &'a Field>>(
        &'a self,
        task: Option<Task>,
        candidates: &dyn Fn() -> I,
    ) -> Option<&'a Field> {
        let named = |names: &[&str], fits: &dyn Fn(&Field) -> bool| {
            names.iter().find_map(|known| candidates().find(|field| is_named(&field.name, known) && fits(field)))
        };
        let of = |task: Task| move |field: &Field| field.form().is_some_and(|(own, _)| own == task);
        let untouched = |field: &Field| field.lists > 0 && field.empty_lists == field.lists;
        let single = || {
            named(LABEL_NAMES, &of(Task::Single))
                .or_else(|| named(SCORE_NAMES, &of(Task::Single)))
                .filter(|field| task.is_some() || !untouched(field) || named(SPAN_NAMES, &of(Task::Spans)).is_none())
        };
        let multi = || named(LABEL_NAMES, &of(Task::Multi)).or_else(|| named(SCORE_NAMES, &of(Task::Multi)));
        let spans = || {
            named(SPAN_NAMES, &|field| field.form_for(Task::Spans).is_some())
                .or_else(|| named(LABEL_NAMES, &of(Task::Spans)))
        };
        let shaped = || {
            let shaped =
                |field: &&Field| field.like_label() && !NEITHER.iter().any(|known| is_named(&field.name, known));
            candidates().filter(shaped).min_by_key(|field| field.distinct.len())
        };
        // Argilla has the answers to a question so.
        let responses = || {
            let fits = |field: &&Field| {
                field.name.ends_with(RESPONSES) && field.form_for(task.unwrap_or(Task::Multi)).is_some()
            };
            candidates().find(fits)
        };
        match task {
            _ if let Some(responses) = responses() => Some(responses),
            Some(Task::Single) => single().or_else(shaped),
            Some(Task::Multi) => multi().or_else(|| named(LABEL_NAMES, &|field| field.form_for(Task::Multi).is_some())),
            Some(Task::Spans) => spans(),
            None => single().or_else(multi).or_else(spans).or_else(shaped),
        }
    }

    fn rows_with_text(&self, text: &[String]) -> usize {
        let fields = self.fields.iter().filter(|field| text.contains(&field.name));
        fields.map(|field| field.texts + field.lists).max().unwrap_or(0)
    }
}
