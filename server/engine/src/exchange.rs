//! Classifiers that leave as a folder, and come from one: what `gloss export` and `gloss import` do.
//!
//! What must stay true: what comes serves until the next fit, and is not measured against others before; gloss.toml changes in the keys
//! that [`Offer::configure`] answers with, and in no other byte.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use catalogue::phrase;
use learn::{
    Control, Device, Embeddings, FitError,
    encoder::Pooling,
    export::{self, Imported, Layout},
};

use crate::{
    config::keys::POOLINGS,
    config_edit,
    corpus::Corpus,
    discover::CONFIG_NAME,
    learned::{Learned, Subject},
    project::Project,
    supply::Machine,
};

pub use learn::export::{Layout as ExportLayout, check_target};

/// Writes the classifier that serves, see [`export::write`]. The error is for people.
pub fn write(learned: &Learned, target: &Path) -> Result<Layout, String> {
    if learned.from_names {
        return Err(
            "What serves here comes from label names alone. Label a few rows of each class, then export.".into()
        );
    }
    if learned.classifier.thresholds().is_some() {
        return Err("What serves here gives several labels a text, which an export cannot hold yet.".into());
    }
    let parts = learned.classifier.parts();
    let parts = parts.as_ref().and_then(|(encoder, head)| Some((encoder.trainable()?, head)));
    let Some((encoder, head)) = parts else {
        return Err(format!(
            "The {} classifier serves here, which has no encoder: no library could open it. Let another learn with `gloss train` and \
             an encoder (see [model] encoder in gloss.toml), or name one: --classifier probe.",
            learned.classifier.step().name()
        ));
    };
    export::write(encoder, head, &learned.estimate, learned.folds, target)
}

/// An export, opened and found to be whole.
#[derive(Debug)]
pub struct Offer {
    folder: PathBuf,
    imported: Imported,
    embeddings: Arc<Embeddings>,
}

impl Offer {
    /// The error is for people.
    pub fn open(folder: &Path, machine: &Machine) -> Result<Offer, String> {
        let folder = fs::canonicalize(folder).map_err(|error| format!("{}: {error}.", folder.display()))?;
        let imported = Imported::open(&folder).map_err(|error| error.to_string())?;
        let pooling = (!imported.unit).then_some(Pooling::Cls);
        let embeddings = machine.open(folder.clone(), pooling, Device::Auto).map_err(|why| why.to_string())?;
        let encoder = embeddings.encoder().trainable();
        let check = encoder.map_or(Ok(()), |encoder| imported.check(encoder));
        check.map_err(|why| format!("{}: {why}", folder.display()))?;
        Ok(Offer { folder, imported, embeddings })
    }

    pub fn embeddings(&self) -> &Arc<Embeddings> {
        &self.embeddings
    }

    /// Has gloss.toml name the encoder; one is made where there is none. The answer is the file, and the entries of [model] that it was
    /// given. The error is for people.
    pub fn configure(&self, project: &Project) -> Result<(PathBuf, Vec<String>), String> {
        let Some(root) = project.folder() else { return Err("the data set is no file: it has no gloss.toml.".into()) };
        let source = match (&project.config_file, project.root.file_name()) {
            (Some(file), _) if file.is_readable() => file.source().to_owned(),
            (Some(file), _) => return Err(format!("{} cannot be read; see `gloss check`.", file.path.display())),
            (None, Some(name)) => config_edit::for_file(&name.to_string_lossy()),
            (None, None) => String::new(),
        };
        let mut entries = vec![("encoder", config_edit::folder_name(&self.folder, root)?)];
        entries.extend(self.pooling(project)?.map(|pooling| ("pooling", pooling.to_owned())));
        let entries: Vec<(&str, &str)> = entries.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let changed = config_edit::set_model(&source, &entries)?;
        let path = root.join(CONFIG_NAME);
        config_edit::replace(&path, &changed)
            .map_err(|error| format!("{} cannot be written: {error}.", path.display()))?;
        let said = entries.iter().map(|(key, value)| format!("{key} = \"{value}\"")).collect();
        Ok((path, said))
    }

    /// What [model] pooling must say, if it must say something else than it does.
    fn pooling(&self, project: &Project) -> Result<Option<&'static str>, String> {
        let Imported { pooling, unit, .. } = self.imported;
        match project.config.pooling {
            None if unit => Ok(None),
            Some(present) if present == pooling && unit == (pooling == Pooling::Mean) => Ok(None),
            Some(_) if unit && pooling == Pooling::Cls => {
                Err("gloss.toml has a [model] pooling, which this encoder needs to be left out. Remove that line."
                    .into())
            }
            _ => Ok(POOLINGS.iter().find(|(_, known)| *known == pooling).map(|(name, _)| *name)),
        }
    }

    /// Whether the classifier can serve a data set: it knows all labels there, and no other where they are a closed set. The error is
    /// for people.
    pub fn suits(&self, corpus: &Corpus) -> Result<(), String> {
        let labels = &self.imported.head.labels;
        let listed = |names: Vec<&str>| format!("`{}`", names.join("`, `"));
        let lesson = corpus.lesson();
        let mut given: Vec<&str> = lesson
            .examples
            .iter()
            .filter_map(|example| example.target.as_ref())
            .flat_map(|target| target.labels().iter().map(|label| &*lesson.labels[*label as usize]))
            .collect();
        given.sort_unstable();
        given.dedup();
        given.retain(|name| !labels.iter().any(|label| &**label == *name));
        if !given.is_empty() {
            return Err(format!("it does not know {}, which rows here have", listed(given)));
        }
        let allowed = |label: &str| corpus.closed.is_empty() || corpus.closed.iter().any(|(name, _)| name == label);
        let strange: Vec<&str> = labels.iter().map(|label| &**label).filter(|label| !allowed(label)).collect();
        if strange.is_empty() { Ok(()) } else { Err(format!("it knows {}, which [labels] do not", listed(strange))) }
    }

    /// Has the classifier serve these rows, all of which are embedded first.
    pub fn adopt(&self, corpus: Corpus, version: u64, control: &Control) -> Result<Learned, FitError> {
        let subject = Subject::of(corpus, version);
        let texts = subject.lesson.examples.iter().map(|example| &example.text).chain(subject.held_out_texts());
        self.embeddings
            .embed(texts, control, |done, of| control.progress(phrase!("stage-embedding"), done as f32 / of as f32))?;
        let strange = || FitError::Failed(phrase!("head-of-another-encoder"));
        let classifier = learn::with_head(self.imported.head.clone(), &self.embeddings).ok_or_else(strange)?;
        Learned::adopt(&subject, classifier, (self.imported.estimate.clone(), self.imported.folds), control)
    }
}
