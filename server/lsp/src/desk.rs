//! What all features share: how this client names files, what it can take, and how an edit is put to it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use catalogue::{Locale, Phrase, phrase};
use engine::{
    Engine, Limits, Place, Project, Projects,
    symbols::{Decisions, Home, Site},
};
use tower_lsp::lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, Diagnostic, DiagnosticRelatedInformation, DocumentChanges, Location, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextDocumentPositionParams, TextEdit, Url,
    WorkspaceEdit,
};

use crate::{
    Outbox, Session,
    aside::Aside,
    convert::{self, Page},
    features::{explain::Explained, hints::Waiting},
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
    pub(crate) aside: Aside,
    /// What was last explained.
    pub(crate) explained: Arc<Mutex<Option<Explained>>>,
    limits: Arc<Mutex<Limits>>,
    /// The client's own spelling of the URI of each open file.
    names: Arc<Mutex<HashMap<PathBuf, Url>>>,
}

/// The edits of one document.
pub(crate) struct Edits {
    path: PathBuf,
    version: Option<i32>,
    edits: Vec<TextEdit>,
}

/// The name of the one annotation that an edit may have.
const ANNOTATION: &str = "gloss";

impl Desk {
    pub(crate) fn new(session: &Session, outbox: Outbox, limits: Limits) -> Desk {
        Desk {
            outbox,
            encoding: session.encoding,
            locale: session.locale,
            features: session.features,
            waiting: Waiting::default(),
            aside: Aside::start(),
            explained: Arc::default(),
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

    pub(crate) fn page_of<'a>(&self, project: &'a Project, home: Home) -> Option<Page<'a>> {
        match home {
            Home::Data(file) => Some(self.page(project, file)),
            Home::Config => Some(Page::of_config(project.config_file.as_ref()?, self.encoding)),
        }
    }

    /// Where something is asked about.
    pub(crate) fn place<'a>(
        &self,
        projects: &'a Projects,
        at: &TextDocumentPositionParams,
    ) -> Option<(&'a Project, Home, usize)> {
        let (project, home) = projects.home(&convert::path(&at.text_document.uri))?;
        Some((project, home, self.page_of(project, home)?.offset(at.position)))
    }

    pub(crate) fn location(&self, project: &Project, site: &Site) -> Option<Location> {
        let uri = self.uri(path_of(project, site.home)?)?;
        Some(Location { uri, range: self.page_of(project, site.home)?.range(&site.range) })
    }

    /// The address of a row for a link: "file:///tickets.jsonl#L17".
    pub(crate) fn address(&self, project: &Project, place: Place) -> Option<String> {
        let data = &project.files[place.file];
        let start = self.page(project, place.file).place(data.document.rows().get(place.row)?.range().start);
        self.address_of(&data.path, start.line)
    }

    /// That of a line, counted from 0.
    pub(crate) fn address_of(&self, path: &Path, line: u32) -> Option<String> {
        let mut uri = self.uri(path)?;
        uri.set_fragment(Some(&format!("L{}", line + 1)));
        Some(uri.into())
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
        let both = [(Home::Data(file), edits), (Home::Config, config_edits)];
        let all = both.into_iter().filter(|(_, edits)| !edits.is_empty());
        self.workspace_edit(all.filter_map(|(home, edits)| self.edits_of(project, home, edits)).collect(), None)
    }

    pub(crate) fn edits_of(&self, project: &Project, home: Home, edits: &[engine::TextEdit]) -> Option<Edits> {
        let page = self.page_of(project, home)?;
        let version = match home {
            Home::Data(file) => project.files[file].version,
            Home::Config => project.config_file.as_ref()?.version,
        };
        let edits = edits.iter().map(|edit| page.edit(edit)).collect();
        Some(Edits { path: path_of(project, home)?.to_owned(), version, edits })
    }

    pub(crate) fn edits_of_decisions(&self, decisions: &Decisions) -> Edits {
        let page = Page::of(&decisions.document, self.encoding);
        let edits = decisions.edits.iter().map(|edit| page.edit(edit)).collect();
        Edits { path: decisions.path.clone(), version: None, edits }
    }

    /// Versioned where the client can take it, so that an edit never meets another text than it was made for. `asked`: what the user is
    /// asked before it is made, where the client can ask.
    pub(crate) fn workspace_edit(&self, all: Vec<Edits>, asked: Option<&Phrase>) -> Option<WorkspaceEdit> {
        if all.is_empty() {
            return None;
        }
        let asked = asked.filter(|_| self.features.change_annotations);
        if !self.features.document_changes {
            let changes = all.into_iter().map(|of| Some((self.uri(&of.path)?, of.edits))).collect::<Option<_>>()?;
            return Some(WorkspaceEdit::new(changes));
        }
        let changes = all.into_iter().map(|of| {
            let text_document =
                OptionalVersionedTextDocumentIdentifier { uri: self.uri(&of.path)?, version: of.version };
            let annotated = |text_edit| match &asked {
                Some(_) => OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: ANNOTATION.into() }),
                None => OneOf::Left(text_edit),
            };
            Some(TextDocumentEdit { text_document, edits: of.edits.into_iter().map(annotated).collect() })
        });
        let changes = DocumentChanges::Edits(changes.collect::<Option<_>>()?);
        let annotations = asked.map(|phrase| {
            let label = self.say(phrase);
            let annotation = ChangeAnnotation { label, needs_confirmation: Some(true), description: None };
            HashMap::from([(ANNOTATION.to_owned(), annotation)])
        });
        Some(WorkspaceEdit { document_changes: Some(changes), change_annotations: annotations, changes: None })
    }
}

fn path_of(project: &Project, home: Home) -> Option<&Path> {
    match home {
        Home::Data(file) => Some(&project.files[file].path),
        Home::Config => Some(&project.config_file.as_ref()?.path),
    }
}
