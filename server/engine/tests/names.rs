//! Nothing is labelled yet: suggestions from what labels are called, said to be that, until rows say more.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use catalogue::Phrase;

use engine::{
    Action, Cancel, Code, Control, Document, Embeddings, Engine, Event, FetchError, Fetching, FitError, Hints, Limits,
    Message, Project, Projects, Step, Store, action,
    climb::{self, Aim},
    corpus::Corpus,
    finding::Data,
    supply::{Request, Supply},
    view,
};
use learn::{Encode, Matrix};
use tempfile::TempDir;

/// Only a fault reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Knows what words are about, and nothing else.
#[derive(Debug)]
struct Topics;

impl Encode for Topics {
    fn id(&self) -> u64 {
        23
    }
    fn width(&self) -> usize {
        3
    }
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        let vector = |text: &&str| {
            let about = |words: [&str; 2]| words.iter().filter(|word| text.contains(**word)).count() as f32;
            let vector = [about(["goal", "ball"]), about(["bank", "loan"]), 1.0];
            let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            vector.map(|value| value / length)
        };
        Ok(Matrix { columns: 3, values: texts.iter().flat_map(vector).collect() })
    }
}

struct Shop(Option<Arc<Embeddings>>);

impl Supply for Shop {
    fn find(&self, _: &Request) -> Option<Arc<Embeddings>> {
        self.0.clone()
    }
    fn bring(
        &self,
        request: &Request,
        _: &Cancel,
        _: &mut dyn FnMut(Fetching<'_>),
    ) -> Result<Arc<Embeddings>, FetchError> {
        self.find(request).ok_or_else(|| FetchError::Failed(Phrase::verbatim("No hub, no pip.")))
    }
}

fn embeddings() -> Arc<Embeddings> {
    Arc::new(Embeddings::new(Arc::new(Topics), None))
}

/// Whether names speak, and of how many texts.
type Told = (bool, usize);

struct Desk {
    engine: Engine,
    told: Receiver<Told>,
    folder: TempDir,
}

const LABELS: &str = "[labels]\nball_games = \"A goal was shot\"\nmoney = \"A bank gives a loan\"\n";

impl Desk {
    fn new(rows: &str) -> Desk {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("gloss.toml"), LABELS).unwrap();
        fs::write(folder.path().join("a.jsonl"), rows).unwrap();
        let (sender, told) = channel();
        let engine = Engine::start_with(Limits::default(), Some(Arc::new(Shop(Some(embeddings())))), move |event| {
            if let Event::Learned { project } | Event::Improved { project } = event
                && let Some(learned) = &project.learned
            {
                let _ = sender.send((learned.from_names, learned.glances.len()));
            }
        });
        let desk = Desk { engine, told, folder };
        desk.engine.send(Message::Open { path: desk.path(), version: 1, source: rows.to_owned() });
        desk
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("a.jsonl")
    }

    /// Another editor saves these rows.
    fn save(&self, rows: &str) {
        fs::write(self.path(), rows).unwrap();
        self.engine.send(Message::Close { path: self.path() });
        self.engine.send(Message::FileChanged { path: self.path() });
    }

    fn wait(&self, wanted: Told) {
        let mut seen = Vec::new();
        loop {
            match self.told.recv_timeout(PATIENCE) {
                Ok(told) if told == wanted => return,
                Ok(told) => seen.push(told),
                Err(_) => panic!("waited in vain for {wanted:?}; told was {seen:?}"),
            }
        }
    }

    fn ask<T: Send + 'static>(&self, question: impl FnOnce(&Project) -> T + Send + 'static) -> T {
        let (sender, answer) = channel();
        self.engine.read(move |projects: &mut Projects| sender.send(question(&projects.all()[0])).unwrap());
        answer.recv_timeout(PATIENCE).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.engine.stop(PATIENCE);
    }
}

/// Forty rows, of which the first few have their label.
fn rows(labelled: usize) -> String {
    let row = |index: usize| {
        let (text, label) = [("a goal", "ball_games"), ("a loan", "money")][index % 2];
        let label = if index < labelled { format!("\"{label}\"") } else { "null".into() };
        format!("{{\"text\": \"{text} {index}\", \"label\": {label}}}\n")
    };
    (0..40).map(row).collect()
}

#[test]
fn names_suggest_before_a_label_is_there_and_say_so_until_rows_say_more() {
    let desk = Desk::new(&rows(0));
    desk.wait((true, 40));
    let (findings, hint, counts, hover, bulk, stored) = desk.ask(|project| {
        let findings = project.findings(0, &Limits::NONE).shown;
        let whole = 0..project.files[0].document.source().len();
        let actions: Vec<Action> = action::actions(project, 0, whole.clone(), true);
        let stored = Store::of(project).unwrap().runs().unwrap().len();
        let (hover, _) = view::hover(project, 0, 3, None).unwrap();
        let hover = hover.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let hint = view::hints(project, 0, whole)[1].text.to_string();
        let counts = view::summary(project, 0, &Limits::NONE).to_string();
        (findings, hint, counts, hover, actions.iter().any(|action| action.kind == action::Kind::FixAll), stored)
    });
    assert_eq!(findings.len(), 40);
    for (row, finding) in findings.iter().enumerate() {
        let Some(Data::Model { label, probability, classifier, .. }) = &finding.data else {
            panic!("what the model says")
        };
        assert_eq!((label.as_str(), *classifier), (Some(["ball_games", "money"][row % 2]), "probe"), "row {row}");
        assert!(finding.message.to_string().contains("from label names"), "{}", finding.message);
        assert!((0.5..0.7).contains(probability), "modest: {probability}");
        assert!(matches!(finding.code, Code::Suggestion | Code::LabelNext), "{:?}", finding.code);
    }
    assert!(hint.starts_with("money 5") && hint.ends_with("% from label names"), "{hint}");
    assert!(counts.ends_with("0 of 40 rows labelled · probe · from label names, accuracy unknown"), "{counts}");
    assert!(hover.contains("probe classifier, from label names, accuracy unknown"), "{hover}");
    assert!(!bulk, "nobody has measured them: they are accepted one by one");
    assert_eq!(stored, 0);

    // One label has no row yet; then both have.
    desk.save(&rows(1));
    desk.wait((true, 39));
    desk.save(&rows(6));
    desk.wait((false, 34));
    let said = desk.ask(|project| project.findings(0, &Limits::NONE).shown.pop().map(|finding| finding.message));
    assert!(said.as_ref().is_some_and(|said| !said.to_string().contains("names")), "{said:?}");
}

#[test]
fn a_job_at_once_learns_from_names_if_the_encoder_is_there_and_else_says_what_is_missing() {
    let corpus = |labels: &[&str]| {
        let document = Document::from_bytes("a.jsonl".as_ref(), rows(0).into_bytes(), &Hints::default()).unwrap();
        let closed = labels.iter().map(|label| (label.to_string(), String::new())).collect();
        Corpus { documents: vec![(document, false)], closed, queue: learn::queue::Strategy::default(), seed: 0 }
    };
    let at_once = |labels: &[&str], aim, embeddings: Option<&Arc<Embeddings>>| {
        climb::learn_at_once(corpus(labels), aim, embeddings, None, 1, &Control::default())
    };
    let here = embeddings();
    for aim in [Aim::Best, Aim::Only(Step::Probe)] {
        let learned = at_once(&["bank", "goal"], aim, Some(&here)).expect("names say enough");
        assert!(learned.from_names && learned.doubts.is_empty());
        assert_eq!((learned.classifier.step(), learned.estimate.rows, learned.glances.len()), (Step::Probe, 0, 40));
    }
    for (labels, embeddings) in [(&["bank", "goal"][..], None), (&[], Some(&here)), (&["this", "that"], Some(&here))] {
        let why = at_once(labels, Aim::Best, embeddings).expect_err("too little");
        assert!(why.to_string().starts_with("Label a few rows of at least two classes"), "{why}");
    }
    let why = at_once(&[], Aim::Best, Some(&here)).expect_err("too little").to_string();
    assert!(why.ends_with("[labels] of gloss.toml, and suggestions come from their names."), "{why}");
}
