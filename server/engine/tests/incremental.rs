//! What is said of rows after any edits is what is said of the same text read anew.

use std::{fs, path::Path};

use engine::{Code, Control, Learned, Limits, Project, TextEdit};

const TEXTS: [&str; 6] = [
    "I was charged twice for one order, number",
    "wrong amount on the invoice with the number",
    "password lost",
    "cannot log in",
    "发票 😀",
    "app crashes",
];
const LABELS: [&str; 4] = ["\"billing\"", "\"login\"", "\"nonsense\"", "null"];

/// A generator of its own, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn row(&mut self) -> String {
        let (text, label) = (TEXTS[self.below(TEXTS.len())], LABELS[self.below(LABELS.len())]);
        format!("{{\"text\": \"{text} {}\", \"label\": {label}}}\n", self.below(5))
    }
}

fn project(folder: &Path, random: &mut Random) -> Project {
    fs::write(
        folder.join("gloss.toml"),
        "[dataset]\ntest = [\"test.jsonl\"]\n[labels]\nbilling = \"\"\nlogin = \"\"\nbug = \"\"\n",
    )
    .unwrap();
    for name in ["a.jsonl", "b.jsonl", "test.jsonl"] {
        fs::write(folder.join(name), (0..20).map(|_| random.row()).collect::<String>()).unwrap();
    }
    let mut project = Project::load(folder);
    let (corpus, version) = project.corpus(false).unwrap();
    let learned = Learned::learn(corpus, project.learned.as_deref(), version, &Control::default()).unwrap();
    project.take(learned.into());
    project.find_nears(&Control::default()).unwrap();
    project
}

/// Replaces whole rows, or any bytes, so that rows break and are mended.
fn edit(project: &Project, file: usize, random: &mut Random) -> TextEdit {
    let document = &project.files[file].document;
    let len = document.source().len();
    if random.below(3) == 0 {
        let start = random.below(len + 1);
        let text = ["", "x", "\n", "\"", "billing", "{}\n"][random.below(6)];
        return TextEdit { range: start..(start + random.below(4)).min(len), text: text.into() };
    }
    let lines: Vec<usize> = document.source().match_indices('\n').map(|(at, _)| at + 1).collect();
    let start = lines.get(random.below(lines.len() + 1)).copied().unwrap_or(0);
    let rows: String = (0..random.below(3)).map(|_| random.row()).collect();
    let end = lines.iter().copied().find(|line| *line > start && random.0.is_multiple_of(2)).unwrap_or(start);
    TextEdit { range: start..end, text: rows }
}

#[test]
fn edits_leave_the_findings_of_a_project_read_anew() {
    let mut near = [(Code::NearConflict, 0), (Code::NearLeak, 0)];
    for seed in 0..10 {
        let mut random = Random(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut edited = project(folder.path(), &mut random);
        for turn in 0..60 {
            let file = random.below(3);
            let edit = edit(&edited, file, &mut random);
            edited.edit(file, &edit);
            edited.refresh();

            let mut anew = Project::load(folder.path());
            for file in &edited.files {
                let mut document = file.document.clone();
                document.reread(&edited.hints());
                anew.put(file.path.clone(), file.held_out, document, None);
            }
            anew.refresh();
            anew.take(edited.learned.clone().unwrap());
            anew.take_nears(edited.nears.clone());
            for (file, data) in edited.files.iter().enumerate() {
                let said = edited.findings(file, &Limits::NONE).shown;
                near.iter_mut().for_each(|(code, count)| *count += said.iter().filter(|of| of.code == *code).count());
                assert_eq!(
                    edited.findings(file, &Limits::NONE),
                    anew.findings(file, &Limits::NONE),
                    "seed {seed}, turn {turn}, {}, after {edit:?}:\n{}",
                    data.path.display(),
                    data.document.source()
                );
            }
        }
    }
    assert!(near.iter().all(|(_, count)| *count > 0), "{near:?}");
}
