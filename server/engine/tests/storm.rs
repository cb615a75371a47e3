//! Everything that may happen, in any order: nothing breaks, and what is said at the end is what a fresh start says.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::channel,
    time::Duration,
};

use engine::{
    Change, Engine, Event, Finding, Limits, Message, Project, action,
    position::Encoding,
    symbols::{self, Home},
    view,
};

/// Only a fault reaches it.
const PATIENCE: Duration = Duration::from_secs(60);
const FILES: [&str; 4] = ["a.jsonl", "b.csv", "deep/c.jsonl", "test.jsonl"];
const CONFIGS: [&str; 4] = [
    "",
    "[dataset]\ntest = [\"test.jsonl\"]\n[labels]\nbilling = \"\"\nlogin = \"\"\n",
    "[dataset]\nfiles = [\"a.jsonl\", \"deep/*\"]\n",
    "[labels]\nbilling = \"\"\n[broken\n",
];

/// A generator of its own, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn content(&mut self, name: &str) -> String {
        let rows = self.below(12);
        let mut source = if name.ends_with(".csv") { "text,label\n".to_owned() } else { String::new() };
        for _ in 0..rows {
            let text = self.pick(&["charged twice", "invoice", "password lost", "cannot log in", "发票 😀", ""]);
            let label = self.pick(&["billing", "login", "bug", ""]);
            source += &match (name.ends_with(".csv"), self.below(12)) {
                (_, 0) => "{\"broken\n".to_owned(),
                (true, _) => format!("{text},{label}\n"),
                (false, _) => format!("{{\"text\": \"{text}\", \"label\": \"{label}\"}}\n"),
            };
        }
        source
    }
}

struct Storm {
    random: Random,
    engine: Engine,
    root: PathBuf,
    /// Open buffers and their versions.
    open: Vec<(&'static str, i32)>,
    config_open: bool,
}

impl Storm {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn step(&mut self) {
        let name = FILES[self.random.below(FILES.len())];
        let path = self.path(name);
        let place = self.open.iter().position(|(open, _)| *open == name);
        match (self.random.below(14), place) {
            (0..=2, None) => {
                let source = fs::read_to_string(&path).unwrap_or_default();
                self.engine.send(Message::Open { path, version: 1, source });
                self.open.push((name, 1));
            }
            (0..=5, Some(place)) => {
                self.open[place].1 += 1;
                let version = self.open[place].1;
                let text = self.random.content(name);
                self.engine.send(Message::Change {
                    path,
                    version,
                    changes: vec![Change { range: None, text }],
                    encoding: Encoding::Utf16,
                });
            }
            (6, Some(place)) => {
                self.open.remove(place);
                self.engine.send(Message::Close { path });
            }
            (7, _) => {
                let _ = fs::remove_file(&path);
                self.engine.send(Message::FileChanged { path });
            }
            (8 | 9, _) => {
                let content = self.random.content(name);
                write(&path, &content);
                self.engine.send(Message::FileChanged { path });
            }
            (10, _) => {
                let path = self.path("gloss.toml");
                match self.random.below(CONFIGS.len() + 1) {
                    0 => drop(fs::remove_file(&path)),
                    config => write(&path, CONFIGS[config - 1]),
                }
                self.engine.send(Message::FileChanged { path });
            }
            (11, _) => {
                let (path, source) = (self.path("gloss.toml"), CONFIGS[self.random.below(CONFIGS.len())].to_owned());
                self.engine.send(match self.config_open {
                    false => Message::Open { path, version: 1, source },
                    true => Message::Close { path },
                });
                self.config_open = !self.config_open;
            }
            (12, _) => self.engine.send(Message::Train { path }),
            _ => self.ask(name),
        }
    }

    /// What an editor asks at any time, of any row.
    fn ask(&mut self, name: &str) {
        let (path, at) = (self.path(name), self.random.below(200));
        let rows = at % 7..at % 7 + 3;
        self.engine.send(Message::Looked { path: path.clone(), rows });
        self.engine.read(move |projects| {
            let Some((project, file)) = projects.find_mut(&path) else { return };
            let _ = project.keep("invoice", "bug");
            action::actions(project, file, at..at + 40, true);
            view::hints(project, file, 0..at);
            view::hover(project, file, at, None);
            view::completion(project, file, at);
            symbols::outline(project, file);
            for home in [Home::Data(file), Home::Config] {
                symbols::highlights(project, home, at);
                let _ = symbols::rename(project, home, at, "invoice");
                if let Some(symbol) = symbols::at(project, home, at) {
                    symbols::references_and_definition(project, &symbol.label);
                    symbols::note(project, &symbol.label);
                }
            }
            view::summary(project, file, &Limits::default());
        });
    }
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Everything that is said of the rows themselves, without the model.
fn plain(project: &Project, file: usize) -> Vec<Finding> {
    let findings = project.findings(file, &Limits::NONE).shown;
    findings.into_iter().filter(|finding| finding.data.is_none()).collect()
}

#[test]
fn whatever_happens_nothing_breaks_and_the_rows_are_judged_as_they_are() {
    let mut compared = 0;
    for seed in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (sender, warnings) = channel();
        let engine = Engine::start_with(Limits::default(), None, move |event| {
            if let Event::Warning { message } = event {
                let _ = sender.send(message);
            }
        });
        let mut storm =
            Storm { random: Random(seed), engine, root: root.clone(), open: Vec::new(), config_open: false };
        for name in FILES {
            let content = storm.random.content(name);
            write(&root.join(name), &content);
        }
        write(&root.join("gloss.toml"), CONFIGS[0]);
        for _ in 0..250 {
            storm.step();
        }
        let (sender, last) = channel();
        storm.engine.read(move |projects| {
            for project in projects.all() {
                // The same texts, put into a project that has seen nothing else.
                let mut anew = Project::load(&project.root);
                let members: Vec<_> = (0..anew.files.len()).map(|file| anew.files[file].path.clone()).collect();
                let known = project.files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
                let same_files = members == known;
                for file in &project.files {
                    let mut document = file.document.clone();
                    document.reread(&anew.hints());
                    anew.put(file.path.clone(), file.held_out, document, file.version);
                }
                anew.refresh();
                if same_files && anew.config == project.config {
                    for file in 0..project.files.len() {
                        let pair = (plain(project, file), plain(&anew, file));
                        let _ = sender.send((project.files[file].path.clone(), pair));
                    }
                }
            }
        });
        storm.engine.stop(PATIENCE);
        for (path, (told, anew)) in last {
            assert_eq!(told, anew, "seed {seed}: {}", path.display());
            compared += told.len();
        }
        let warnings = warnings.into_iter().map(|message| message.to_string());
        let broken: Vec<String> = warnings.filter(|message| message.contains("see the log")).collect();
        assert_eq!(broken, [""; 0], "seed {seed}");
    }
    assert!(compared > 0, "nothing was compared");
}
