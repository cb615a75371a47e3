//! Finding out which fields hold the text and the label: well-known names first, then the shape of the values.
//!
//! What must stay true: it looks at the first rows only, so that its cost does not grow with the file, and the same bytes
//! always give the same answer.

use rustc_hash::FxHashSet;

use crate::{
    Format, Hints, Schema,
    format::{Layout, State, Syntax, Value},
};

/// At most this many rows and, from the second row on, this many bytes are looked at.
const MAX_ROWS: usize = 300;
const MAX_BYTES: usize = 1 << 20;

/// Names of text fields, best first, in the spelling of [`is_named`]. Fields joined by `+` belong together.
pub(crate) const TEXT_NAMES: &[&str] = &[
    "text",
    "title+body",
    "title+description",
    "title+content",
    "title+abstract",
    "subject+body",
    "headline+body",
    "premise+hypothesis",
    "sentence1+sentence2",
    "question1+question2",
    "sentence",
    "content",
    "review",
    "reviewtext",
    "reviewbody",
    "utterance",
    "question",
    "query",
    "body",
    "message",
    "document",
    "comment",
    "commenttext",
    "tweet",
    "post",
    "description",
    "passage",
    "paragraph",
    "abstract",
    "summary",
    "title",
    "headline",
    "subject",
    "prompt",
    "input",
    "sms",
    "email",
    "transcript",
    "文本",
    "内容",
    "评论",
];

/// Names of label fields, best first.
pub(crate) const LABEL_NAMES: &[&str] = &[
    "label",
    "goldlabel",
    "category",
    "intent",
    "sentiment",
    "class",
    "target",
    "topic",
    "emotion",
    "polarity",
    "tag",
    "labels",
    "annotation",
    "labeltext",
    "labelname",
    "coarselabel",
    "finelabel",
    "categoryname",
    "classname",
    "accept",
    "answer",
    "rating",
    "stars",
    "type",
    "y",
    "标签",
    "类别",
];

/// Names that are never the label by their shape alone, though few values may stand in them.
const NEITHER: &[&str] = &[
    "id",
    "idx",
    "index",
    "uid",
    "uuid",
    "guid",
    "url",
    "link",
    "source",
    "split",
    "fold",
    "lang",
    "language",
    "date",
    "time",
    "timestamp",
    "created",
    "createdat",
    "updatedat",
    "level",
    "author",
    "user",
    "name",
    "prediction",
    "score",
    "probability",
    "confidence",
];

/// Names of fields that hold labelled parts of the text: another task.
const SPAN_NAMES: &[&str] = &["spans", "entities", "tokens", "nertags", "tags"];

/// Whether a field has a well-known name, whatever its case and the marks between its words.
pub(crate) fn is_named(field: &str, known: &str) -> bool {
    let letters = field.chars().filter(|ch| !matches!(ch, '_' | '-' | ' ' | '.'));
    letters.flat_map(char::to_lowercase).eq(known.chars())
}

pub(crate) struct Detected {
    pub(crate) schema: Schema,
    /// Whether the fields were seen in the file or given. If not, more rows may teach better.
    pub(crate) settled: bool,
}

pub(crate) fn detect(src: &[u8], format: Format, hints: &Hints) -> Detected {
    let mut schema = Schema {
        format,
        task: hints.task,
        text: Vec::new(),
        label: String::new(),
        listed: false,
        labels: hints.labels.clone(),
        text_detected: false,
        label_detected: false,
        annotated: false,
    };
    if format == Format::FastText {
        schema.text = vec!["text".into()];
        schema.label = "label".into();
        schema.annotated = true;
        return Detected { schema, settled: true };
    }
    let sample = Sample::take(src, &schema);
    let (text, text_known) = sample.text();
    let label = sample.label(if hints.text.is_empty() { &text } else { &hints.text });
    schema.text_detected = hints.text.is_empty();
    schema.label_detected = hints.label.is_none();
    schema.text = if schema.text_detected { text } else { hints.text.clone() };
    let label_seen = match &hints.label {
        None => label.is_some(),
        Some(given) => sample.fields.iter().any(|field| field.name == *given),
    };
    schema.label = hints.label.clone().or(label).unwrap_or_else(|| "label".into());

    let holds_lists = || sample.fields.iter().any(|field| field.name == schema.label && field.holds_lists_of_one());
    schema.listed = hints.listed.unwrap_or_else(holds_lists);

    let with_text = sample.rows_with_text(&schema.text);
    let mostly_text = with_text > 0 && 2 * with_text > sample.rows;
    schema.annotated = mostly_text
        && sample.may_be_single_label(&schema.label)
        && (label_seen || (format == Format::JsonLines && (text_known || !schema.text_detected)));
    let settled = (!schema.text_detected || !schema.text.is_empty()) && (!schema.label_detected || label_seen);
    Detected { schema, settled }
}

/// What the first rows hold, field by field.
struct Sample {
    rows: usize,
    fields: Vec<Field>,
}

#[derive(Default)]
struct Field {
    name: String,
    /// Rows in which it holds a text or a list of texts.
    texts: usize,
    lists: usize,
    /// Lists of more than one text.
    longer_lists: usize,
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
                self.lists += 1;
                self.longer_lists += usize::from(*strings > 1);
                self.chars += chars;
            }
            Value::Scalar(scalar) => {
                self.scalars += 1;
                self.distinct.insert((*scalar).into());
            }
            Value::Blank => self.blanks += 1,
            Value::Other => self.others += 1,
        }
    }

    /// As doccano and Prodigy write one label a row.
    fn holds_lists_of_one(&self) -> bool {
        self.lists > self.values() && self.longer_lists + self.others == 0
    }

    /// One label a row does not stand so.
    fn holds_more(&self) -> bool {
        self.lists + self.others > self.values() && !self.holds_lists_of_one()
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
            && self.others + self.lists == 0
            && values >= 4
            && self.distinct.len() >= 2
            && 2 * self.distinct.len() <= values
    }
}

impl Sample {
    fn take(src: &[u8], schema: &Schema) -> Sample {
        let layout = Layout::new(schema.clone(), src);
        let mut syntax: Box<dyn Syntax> = layout.syntax();
        let mut sample = Sample { rows: 0, fields: Vec::new() };
        let (mut at, mut state) = (0, State::START);
        while at < src.len() && sample.rows < MAX_ROWS && (sample.rows == 0 || at < MAX_BYTES) {
            let item = syntax.next(src, at, state);
            if let Some(record) = item.record.filter(|_| item.sound) {
                sample.rows += 1;
                for (index, (name, value)) in syntax.fields(src, record.start).into_iter().enumerate() {
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
            let wrong = field.scalars + field.others;
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

    fn label(&self, text: &[String]) -> Option<String> {
        let candidates = || self.fields.iter().filter(|field| !text.contains(&field.name));
        for known in LABEL_NAMES {
            let single = |field: &&Field| !field.holds_more();
            if let Some(field) = candidates().filter(single).find(|field| is_named(&field.name, known)) {
                return Some(field.name.clone());
            }
        }
        let shaped = |field: &&Field| field.like_label() && !NEITHER.iter().any(|known| is_named(&field.name, known));
        candidates().filter(shaped).min_by_key(|field| field.distinct.len()).map(|field| field.name.clone())
    }

    /// Longer lists and objects in a field for labels tell of another task, unless there is a field for one label beside it.
    fn may_be_single_label(&self, label: &str) -> bool {
        let is_among = |field: &Field, names: &[&str]| names.iter().any(|known| is_named(&field.name, known));
        let holds_spans = |field: &Field| is_among(field, SPAN_NAMES) && field.lists + field.others > field.values();
        match self.fields.iter().find(|field| field.name == label) {
            Some(field) => !field.holds_more(),
            None => !self
                .fields
                .iter()
                .any(|field| holds_spans(field) || (is_among(field, LABEL_NAMES) && field.holds_more())),
        }
    }

    fn rows_with_text(&self, text: &[String]) -> usize {
        let fields = self.fields.iter().filter(|field| text.contains(&field.name));
        fields.map(|field| field.texts + field.lists).max().unwrap_or(0)
    }
}
