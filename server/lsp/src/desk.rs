//! What all features share: how this client names files, what it can take, and how an edit is put to it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use catalogue::{Locale, Phrase, phrase};
use engine::{Engine, Limits, Project};
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DocumentChanges, Location, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

use crate::{
    Outbox, Session,
    convert::{self, Page},
    features::hints::Waiting,
    guard::lock,
    session::{Encoding, Features},
};

#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) outbox: Outbox,
    pub(crate) encoding: Encoding,
    pub(crate) locale: Locale,
    pub(crate) features: Features,
    pub(crate) waiting: Waiting,
    limits: Arc<Mutex<Limits>>,
    /// The client's own spelling of the URI of each open file.
    names: Arc<Mutex<HashMap<PathBuf, Url>>>,
}

/// The edits of one document.
struct Edits {
    path: PathBuf,
    version: Option<i32>,
    edits: Vec<TextEdit>,
}

impl Desk {
    pub(crate) fn new(session: &Session, outbox: Outbox, limits: Limits) -> Desk {
        Desk {
            outbox,
            encoding: session.encoding,
            locale: session.locale,
            features: session.features,
            waiting: Waiting::default(),
            limits: Arc::new(Mutex::new(limits)),
            names: Arc::default(),
        }
    }

    /// In the client's language.
    pub(crate) fn say(&self, phrase: &Phrase) -> String {
        phrase.in_(self.locale)
    }

    pub(crate) fn name(&self, path: PathBuf, uri: Url) {
        lock(&self.names).insert(path, uri);
    }

    pub(crate) fn uri(&self, path: &Path) -> Option<Url> {
        lock(&self.names).get(path).cloned().or_else(|| convert::uri(path))
    }

    pub(crate) fn page<'a>(&self, project: &'a Project, file: usize) -> Page<'a> {
        Page::of(&project.files[file].document, self.encoding)
    }

    pub(crate) fn limits(&self) -> Limits {
        *lock(&self.limits)
    }

    pub(crate) fn limit(&self, engine: &Engine, limits: Limits) {
        *lock(&self.limits) = limits;
        engine.send(engine::Message::Limit(limits));
    }

    pub(crate) fn diagnostic(&self, project: &Project, file: usize, finding: &engine::Finding) -> Diagnostic {
        let related = finding.related.filter(|_| self.features.related_information).and_then(|other| {
            let theirs = &project.files[other.file];
            let range = self.page(project, other.file).range(&theirs.document.rows()[other.row].label_range());
            let location = Location { uri: self.uri(&theirs.path)?, range };
            Some(vec![DiagnosticRelatedInformation { location, message: self.say(&phrase!("other-row")) }])
        });
        Diagnostic { related_information: related, ..self.page(project, file).diagnostic(finding, self.locale) }
    }

    /// Edits of a file of the project, and of its gloss.toml.
    pub(crate) fn edit(
        &self,
        project: &Project,
        file: usize,
        edits: &[engine::TextEdit],
        config_edits: &[engine::TextEdit],
    ) -> Option<WorkspaceEdit> {
        let mut all = Vec::new();
        if !edits.is_empty() {
            let (data, page) = (&project.files[file], self.page(project, file));
            let edits = edits.iter().map(|edit| page.edit(edit)).collect();
            all.push(Edits { path: data.path.clone(), version: data.version, edits });
        }
        if let Some(config) = project.config_file.as_ref().filter(|_| !config_edits.is_empty()) {
            let page = Page::of_config(config, self.encoding);
            let edits = config_edits.iter().map(|edit| page.edit(edit)).collect();
            all.push(Edits { path: config.path.clone(), version: config.version, edits });
        }
        self.workspace_edit(all)
    }

    /// Versioned where the client can take it, so that an edit never meets another text than it was made for.
    fn workspace_edit(&self, all: Vec<Edits>) -> Option<WorkspaceEdit> {
        if all.is_empty() {
            return None;
        }
        if !self.features.document_changes {
            let changes = all.into_iter().map(|of| Some((self.uri(&of.path)?, of.edits))).collect::<Option<_>>()?;
            return Some(WorkspaceEdit::new(changes));
        }
        let changes = all.into_iter().map(|of| {
            let text_document =
                OptionalVersionedTextDocumentIdentifier { uri: self.uri(&of.path)?, version: of.version };
            Some(TextDocumentEdit { text_document, edits: of.edits.into_iter().map(OneOf::Left).collect() })
        });
        let changes = DocumentChanges::Edits(changes.collect::<Option<_>>()?);
        Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
    }
}
