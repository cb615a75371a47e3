//! The engine as its faces use it: messages in, events out.

use std::{
    cell::{Cell, RefCell},
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use engine::{Change, Code, Engine, Event, Limits, Message, position::Encoding};
use tempfile::TempDir;

/// Only a fault reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

const ROWS: &str = r#"{"text": "I was charged twice", "label": "billing"}
{"text": "the invoice is wrong", "label": "billing"}
{"text": "cannot log in", "label": "login"}
{"text": "forgot my password", "label": "login"}
{"text": "password rejected"}
"#;

/// Events as a test can hold them.
#[derive(Debug)]
enum Told {
    /// The file's name, and the codes of its findings.
    Findings(String, Vec<Code>),
    Config(Vec<String>),
    Gone,
    Learned(u64),
    NotLearned(String),
    Warning(String),
}

struct Desk {
    engine: Engine,
    told: Receiver<Told>,
    folder: TempDir,
}

impl Desk {
    fn new(files: &[(&str, &str)]) -> Desk {
        let folder = TempDir::new().unwrap();
        let (sender, told) = channel();
        let engine = Engine::start_with(Limits::default(), None, move |event| {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            let told = match event {
                Event::Findings { project, file, findings } => {
                    let data = &project.files[file];
                    Told::Findings(name(&data.path), findings.shown.iter().map(|f| f.code).collect())
                }
                Event::ConfigFindings { findings, .. } => {
                    Told::Config(findings.iter().map(|finding| finding.message.to_string()).collect())
                }
                Event::Gone { .. } => Told::Gone,
                Event::Learned { project } => Told::Learned(project.learned.as_ref().unwrap().version),
                Event::NotLearned { why, .. } => Told::NotLearned(why.to_string()),
                Event::Warning { message } => Told::Warning(message.to_string()),
                Event::Opened { .. }
                | Event::Learning { .. }
                | Event::Improved { .. }
                | Event::Fetching(_)
                | Event::Remark { .. }
                | Event::Settled => return,
            };
            let _ = sender.send(told);
        });
        let desk = Desk { engine, told, folder };
        for (name, content) in files {
            desk.write(name, content);
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn open(&self, name: &str) {
        let source = fs::read_to_string(self.path(name)).unwrap();
        self.engine.send(Message::Open { path: self.path(name), version: 1, source });
    }

    fn change(&self, name: &str, version: i32, text: &str) {
        let changes = vec![Change { range: None, text: text.to_owned() }];
        self.engine.send(Message::Change { path: self.path(name), version, changes, encoding: Encoding::Utf8 });
    }

    fn saved(&self, name: &str) {
        self.engine.send(Message::FileChanged { path: self.path(name) });
    }

    fn wait<T>(&self, what: &str, is_it: impl Fn(&Told) -> Option<T>) -> T {
        let mut seen = Vec::new();
        loop {
            let told = self.told.recv_timeout(PATIENCE);
            let told = told.unwrap_or_else(|_| panic!("waited in vain for {what}; told was {seen:#?}"));
            match is_it(&told) {
                Some(found) => return found,
                None => seen.push(told),
            }
        }
    }

    fn codes(&self, name: &str, wanted: Code, count: usize) {
        self.wait(&format!("{count} times {} in {name}", wanted.name()), |told| match told {
            Told::Findings(file, codes) if file == name => {
                (codes.iter().filter(|code| **code == wanted).count() == count).then_some(())
            }
            _ => None,
        });
    }

    fn learned(&self) -> u64 {
        self.wait("a fit", |told| match told {
            Told::Learned(version) => Some(*version),
            _ => None,
        })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.engine.stop(PATIENCE);
    }
}

#[test]
fn what_was_learned_is_there_at_once_on_the_next_start() {
    let first = Desk::new(&[("gloss.toml", ""), ("a.jsonl", ROWS)]);
    first.open("a.jsonl");
    assert_eq!(first.learned(), 1);
    first.engine.stop(PATIENCE);

    let second = Desk::new(&[("gloss.toml", ""), ("a.jsonl", ROWS)]);
    fs::rename(first.path(".gloss"), second.path(".gloss")).unwrap();
    second.open("a.jsonl");
    // The row is in the queue without anything having been learned.
    let first_told = second.wait("findings", |told| match told {
        Told::Findings(_, codes) => Some(codes.clone()),
        Told::Learned(_) => panic!("the rows are the same: there is nothing to learn"),
        _ => None,
    });
    assert_eq!(first_told, [Code::LabelNext]);
    second.write("a.jsonl", &ROWS.replace("password rejected", "my invoice"));
    second.change("a.jsonl", 2, &ROWS.replace("password rejected", "my invoice"));
    second.saved("a.jsonl");
    assert_eq!(second.learned(), 2, "versions go on where they ended");
}

#[test]
fn labels_of_an_open_gloss_toml_count_at_once_and_its_problems_are_told() {
    let desk = Desk::new(&[("gloss.toml", "[labels]\nbilling = \"\"\nlogin = \"\"\n"), ("a.jsonl", ROWS)]);
    desk.open("a.jsonl");
    desk.codes("a.jsonl", Code::UnknownLabel, 0);
    desk.open("gloss.toml");
    desk.change("gloss.toml", 2, "[labels]\nbilling = \"\"\n");
    desk.codes("a.jsonl", Code::UnknownLabel, 2);
    desk.change("gloss.toml", 3, "[labels]\nbilling = \"\"\n[modle]\n");
    let problems = desk.wait("a problem", |told| match told {
        Told::Config(problems) if !problems.is_empty() => Some(problems.clone()),
        _ => None,
    });
    assert_eq!(problems, ["Unknown section `modle`; did you mean `model`?"]);
    // Another program writes it: the open buffer is still what is judged, and what further edits are made in.
    desk.write("gloss.toml", "[suggest]\naccept_above = 0.5\n");
    desk.saved("gloss.toml");
    let problems = desk.wait("what is wrong in the buffer", |told| match told {
        Told::Config(problems) => Some(problems.clone()),
        _ => None,
    });
    assert_eq!(problems, ["Unknown section `modle`; did you mean `model`?"]);
}

#[test]
fn a_saved_gloss_toml_is_read_again() {
    let desk = Desk::new(&[("gloss.toml", ""), ("a.jsonl", ROWS), ("b.jsonl", ROWS)]);
    desk.open("a.jsonl");
    desk.codes("a.jsonl", Code::Duplicate, 0);
    desk.write("gloss.toml", "[dataset]\nfiles = [\"a.jsonl\"]\ntest = [\"b.jsonl\"]\n");
    desk.open("b.jsonl");
    desk.codes("b.jsonl", Code::LeakedRow, 5);
    // No member any more, it has no notes; its rows leak into no training.
    desk.write("gloss.toml", "[dataset]\nfiles = [\"b.jsonl\"]\n");
    desk.saved("gloss.toml");
    desk.wait("the end of its notes", |told| matches!(told, Told::Gone).then_some(()));
    desk.codes("b.jsonl", Code::LeakedRow, 0);
    desk.write("gloss.toml", "[dataset]\nfiles = [\"*.jsonl\"]\n");
    desk.saved("gloss.toml");
    desk.codes("a.jsonl", Code::InvalidRow, 0);
}

#[test]
fn files_come_and_go_while_others_are_open() {
    let desk = Desk::new(&[("gloss.toml", ""), ("a.jsonl", ROWS)]);
    desk.open("a.jsonl");
    desk.learned();
    desk.write("more/b.jsonl", &ROWS.replace("\"login\"", "\"billing\""));
    desk.codes("a.jsonl", Code::ConflictingDuplicate, 2);
    fs::remove_dir_all(desk.path("more")).unwrap();
    desk.codes("a.jsonl", Code::ConflictingDuplicate, 0);
    // The folder's watch went with it; the next one of that name gets its own.
    desk.write("more/b.jsonl", &ROWS.replace("\"login\"", "\"billing\""));
    desk.codes("a.jsonl", Code::ConflictingDuplicate, 2);
    desk.write("more/b.jsonl", ROWS);
    desk.codes("a.jsonl", Code::ConflictingDuplicate, 0);
}

#[test]
fn a_single_file_may_go_and_come_back() {
    let desk = Desk::new(&[("a.jsonl", ROWS)]);
    desk.engine.send(Message::Load { path: desk.path("a.jsonl") });
    desk.learned();
    fs::remove_file(desk.path("a.jsonl")).unwrap();
    desk.wait("nothing to learn from", |told| matches!(told, Told::NotLearned(_)).then_some(()));
    desk.write("a.jsonl", &ROWS.replace("twice", "three times"));
    desk.learned();
}

#[test]
fn a_file_without_a_configuration_moves_under_one_that_appears() {
    let desk = Desk::new(&[("a.jsonl", ROWS)]);
    desk.open("a.jsonl");
    desk.learned();
    desk.write("gloss.toml", "[labels]\nbilling = \"\"\nbug = \"\"\n");
    desk.codes("a.jsonl", Code::UnknownLabel, 2);
    fs::remove_file(desk.path("gloss.toml")).unwrap();
    desk.codes("a.jsonl", Code::UnknownLabel, 0);
}

#[test]
fn too_few_labels_are_said_and_the_row_findings_still_come() {
    let desk = Desk::new(&[("gloss.toml", ""), ("a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{broken\n")]);
    desk.open("a.jsonl");
    // A fit that has nothing to do may end before findings are told.
    let (why, is_found) = (RefCell::new(None), Cell::new(false));
    desk.wait("a reason, and the broken row", |told| {
        match told {
            Told::NotLearned(said) => drop(why.replace(Some(said.clone()))),
            Told::Findings(_, codes) => is_found.set(codes.contains(&Code::InvalidRow)),
            _ => {}
        }
        (is_found.get() && why.borrow().is_some()).then_some(())
    });
    let why = why.into_inner().expect("a reason");
    assert!(why.contains("one more class"), "{why}");
}

#[test]
fn a_buffer_that_becomes_a_data_set_is_one() {
    let desk = Desk::new(&[("notes.csv", "")]);
    desk.open("notes.csv");
    desk.change("notes.csv", 2, "text,label\ncharged twice,billing\nno login,login\n,billing\n");
    desk.codes("notes.csv", Code::InvalidRow, 1);
    desk.engine.send(Message::Close { path: desk.path("notes.csv") });
    desk.wait("the end of its notes", |told| matches!(told, Told::Gone).then_some(()));
}

#[test]
fn a_damaged_store_is_set_aside_with_a_message() {
    let desk = Desk::new(&[("gloss.toml", ""), ("a.jsonl", ROWS), (".gloss/gloss.db", "no database, but long enough")]);
    desk.open("a.jsonl");
    desk.wait("a warning", |told| match told {
        Told::Warning(message) => message.contains("set aside").then_some(()),
        _ => None,
    });
    assert_eq!(desk.learned(), 1);
}

#[test]
fn before_anything_is_labelled_rows_of_each_kind_are_to_be_labelled_first() {
    let rows = |label: &str| {
        (0..40).map(|n| format!("{{\"text\": \"parcel {n}\", \"label\": {label}}}\n")).collect::<String>()
    };
    let desk = Desk::new(&[("gloss.toml", "[model]\nencoder = \"none\"\n"), ("a.jsonl", &rows("null"))]);
    desk.open("a.jsonl");
    desk.wait("why not", |told| matches!(told, Told::NotLearned(_)).then_some(()));
    desk.codes("a.jsonl", Code::LabelNext, 20);
    // What is learned takes their place.
    let labelled = rows("null") + &rows("\"parcel\"") + &rows("\"other\"").replace("parcel ", "invoice ");
    desk.write("a.jsonl", &labelled);
    desk.change("a.jsonl", 2, &labelled);
    desk.saved("a.jsonl");
    desk.learned();
    desk.codes("a.jsonl", Code::LabelNext, 20);
}

#[test]
fn nearly_the_same_texts_are_found_in_the_background_and_follow_what_is_typed() {
    const LINE: &str = "{\"text\": \"I was charged twice for the same order this month\", \"label\": \"billing\"}\n";
    let near = LINE.replace("order this month", "order, this month!").replace("billing", "login");
    // Nothing can be learned from one label; that says nothing of texts.
    let desk = Desk::new(&[("gloss.toml", ""), ("a.jsonl", LINE), ("b.jsonl", "")]);
    desk.open("a.jsonl");
    desk.wait("that nothing is learned", |told| matches!(told, Told::NotLearned(_)).then_some(()));
    desk.write("a.jsonl", &(LINE.to_owned() + &near));
    desk.change("a.jsonl", 2, &(LINE.to_owned() + &near));
    desk.saved("a.jsonl");
    desk.codes("a.jsonl", Code::NearConflict, 2);
    desk.change("a.jsonl", 3, &(LINE.to_owned() + &near.replace("login", "billing")));
    desk.codes("a.jsonl", Code::NearConflict, 0);
    desk.change("a.jsonl", 4, &(LINE.to_owned() + &near));
    desk.codes("a.jsonl", Code::NearConflict, 2);
    // A decision is of the row that it is about.
    desk.write(
        "gloss.keep.jsonl",
        "{\"text\": \"I was charged twice for the same order, this month!\", \"label\": \"login\"}\n",
    );
    desk.saved("gloss.keep.jsonl");
    desk.codes("a.jsonl", Code::NearConflict, 1);
}
