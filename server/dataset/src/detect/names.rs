//! What fields are called.

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
pub(super) const NEITHER: &[&str] = &[
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

/// Names of fields that hold labelled parts of the text, best first.
pub(super) const SPAN_NAMES: &[&str] = &["spans", "entities", "annotations"];

/// How names end of what people answered to a question of Argilla's.
pub(crate) const RESPONSES: &str = ".responses";

/// Names of objects with a number a label.
pub(super) const SCORE_NAMES: &[&str] = &["cats"];

/// Whether a field has a well-known name, whatever its case and the marks between its words.
pub(crate) fn is_named(field: &str, known: &str) -> bool {
    let letters = field.chars().filter(|ch| !matches!(ch, '_' | '-' | ' ' | '.'));
    letters.flat_map(char::to_lowercase).eq(known.chars())
}
