//! `gloss watch`: what it prints after each save, and how it ends.

#![cfg(unix)]

mod common;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use common::{Folder, weather};
use rustix::process::{Pid, Signal, kill_process};

/// Only a fault reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Folder, arguments: &[&str]) -> Watch {
        let mut command = folder.command(&[&["watch"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Watch { child, lines }
    }

    /// What is printed up to the next 'waiting'.
    fn report(&mut self) -> String {
        let mut report = String::new();
        while !report.contains("waiting for the next save") {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => report += &format!("{line}\n"),
                Err(error) => {
                    let _ = self.child.kill();
                    panic!("{error} after: {report}");
                }
            }
        }
        report
    }

    /// The signal that ended it, and what stood on standard error.
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        let err = std::io::read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().signal(), err)
    }
}

#[test]
fn a_report_shows_the_data_set_and_a_save_brings_the_next() {
    let folder = Folder::new(&[("gloss.toml", "[dataset]\nlable = \"label\"\n"), ("a.jsonl", &weather(20))]);
    let mut watch = Watch::start(&folder, &[]);
    let first = watch.report();
    for part in [
        "  rows      20 labelled of 21\n",
        "  labels    rain  10\n            sun   10\n",
        "  accuracy  100.0% (",
        "-fold cross-validation of 20 rows\n",
        "  learned   lexical classifier in ",
        "    gloss.toml:2  Unknown key `lable`; did you mean `label`?\n",
        "  label next\n    a.jsonl:21  Label this next",
    ] {
        assert!(first.contains(part), "{part} is not in:\n{first}");
    }
    let wrong = "{\"text\": \"the sun shines and it is warm, day 8 of the sun\", \"label\": \"rain\"}\n";
    folder.write("a.jsonl", weather(20) + wrong);
    let second = watch.report();
    assert!(second.contains("21 labelled of 22") && second.contains("rain  11"), "{second}");
    assert!(second.contains(" points\n"), "{second}");
    assert!(second.contains("  suspects\n    a.jsonl:22  Labelled `rain`"), "{second}");
    let (signal, err) = watch.end(Signal::INT);
    assert_eq!((signal, err.as_str()), (Some(Signal::INT.as_raw()), ""), "no bar where there is no terminal");
}

#[test]
fn what_cannot_be_learned_says_what_to_do_and_is_learned_once_it_can() {
    let folder = Folder::new(&[("a.jsonl", "{\"text\": \"wet rain\", \"label\": \"rain\"}\n")]);
    let mut watch = Watch::start(&folder, &["a.jsonl"]);
    let first = watch.report();
    assert!(first.contains("learned   nothing yet. Label rows of at least one more class"), "{first}");
    folder.write("a.jsonl", weather(4));
    assert!(watch.report().contains("lexical classifier"));
    assert_eq!(watch.end(Signal::TERM).0, Some(Signal::TERM.as_raw()));
}

#[test]
fn many_labels_are_cut_short() {
    let rows: String =
        (0..30).map(|row| format!("{{\"text\": \"text {row}\", \"label\": \"l{}\"}}\n", row % 15)).collect();
    let folder = Folder::new(&[("a.jsonl", &rows)]);
    let mut watch = Watch::start(&folder, &[]);
    let report = watch.report();
    assert!(report.contains("            l6   2\n            and 3 more\n"), "{report}");
    watch.end(Signal::TERM);
}

#[test]
fn nothing_to_watch_ends_at_once() {
    let folder = Folder::new(&[("x.bin", "\0"), ("notes/readme.md", "")]);
    folder.gloss(&["watch", "notes"]).refuses("no data set in notes");
    folder.gloss(&["watch", "missing"]).refuses("missing: no such file or folder");
    folder.gloss(&["watch", "x.bin"]).refuses("x.bin: nothing to watch");
}
