//! Why a label: behind hover, and by the command gloss.explain, which answers with data and has the words that decided highlighted.

use engine::{
    Control, Projects,
    explain::{self, Explanation, Neighbour, Question},
    symbols::Home,
};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    DocumentHighlight, DocumentHighlightKind, Position, Range, TextDocumentIdentifier, TextDocumentPositionParams, Url,
};

use crate::{
    Reply,
    convert::{self, Page},
    desk::Desk,
    guard::lock,
};

/// What was last explained, while its document stays as it is.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    uri: Url,
    version: Option<i32>,
    row: Range,
    words: Vec<DocumentHighlight>,
}

impl Desk {
    /// The command: its arguments are a URI and a position.
    pub(crate) fn explain(&self, projects: &Projects, arguments: &[Value], reply: Reply<Option<Value>>) {
        let asked = || {
            let uri = convert::named(arguments)?;
            let position: Position = serde_json::from_value(arguments.get(1)?.clone()).ok()?;
            let at =
                TextDocumentPositionParams { text_document: TextDocumentIdentifier { uri: uri.clone() }, position };
            let (project, Home::Data(file), offset) = self.place(projects, &at)? else { return None };
            let question = explain::question(project, file, offset)?;
            Some((question, uri, project.files[file].version))
        };
        let Some((question, uri, version)) = asked() else { return reply.send(None) };
        let desk = self.clone();
        self.aside.run(move || {
            if reply.is_wanted() {
                let explanation = question.answer(&Control::default());
                let page = Page::of(question.document(), desk.encoding);
                let words = explanation.words.iter().map(|word| highlight(page.range(&word.bytes), word.weight));
                let explained = Explained { uri, version, row: page.range(&question.row()), words: words.collect() };
                *lock(&desk.explained) = Some(explained);
                reply.send(Some(desk.data(&explanation, page)));
            }
        });
    }

    fn data(&self, explanation: &Explanation, page: Page<'_>) -> Value {
        let word = |word: &explain::Word| json!({ "range": page.range(&word.bytes), "text": word.text, "weight": word.weight });
        let neighbour = |one: &Neighbour| {
            let labels: Vec<&str> = one.answer.labels().into_iter().map(|label| &**label).collect();
            json!({ "uri": self.uri(&one.path), "line": one.line, "labels": labels, "likeness": one.likeness,
                "text": one.text })
        };
        json!({
            "label": explanation.label.as_deref(), "probability": explanation.probability,
            "total": explanation.total, "error": explanation.error,
            "words": explanation.words.iter().map(word).collect::<Vec<_>>(),
            "nearest": explanation.neighbours.iter().map(neighbour).collect::<Vec<_>>(),
        })
    }

    /// The words that decided, if the row was explained that is asked about: those for the label as written, those against it as read.
    pub(crate) fn decisive_words(
        &self,
        at: &TextDocumentPositionParams,
        version: Option<i32>,
    ) -> Option<Vec<DocumentHighlight>> {
        let explained = lock(&self.explained).clone()?;
        let is_there = explained.uri == at.text_document.uri && explained.version == version;
        let is_in_row = explained.row.start <= at.position && at.position <= explained.row.end;
        (is_there && is_in_row).then_some(explained.words)
    }

    /// Lines of Markdown.
    pub(crate) fn reasons(&self, question: &Question) -> Vec<String> {
        let link = |neighbour: &Neighbour| self.address_of(&neighbour.path, neighbour.line);
        question.answer(&Control::default()).says(link).iter().map(|line| self.say(line)).collect()
    }
}

fn highlight(range: Range, weight: f32) -> DocumentHighlight {
    let kind = if weight > 0.0 { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ };
    DocumentHighlight { range, kind: Some(kind) }
}
