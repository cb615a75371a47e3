//! The ladder: the lexical classifier answers, texts are embedded in the background, the probe takes over where it is better, and the
//! encoder is trained, which takes over where it is better still.

#[path = "../../learn/tests/encoder/tiny.rs"]
mod tiny;

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use catalogue::Phrase;

use engine::{
    Cancel, Change, Control, Embeddings, Engine, Event, FetchError, Fetching, FitError, Limits, Message, Step,
    position::Encoding,
    supply::{Request, Supply},
};
use learn::{Encode, Encoder, Matrix};
use tempfile::TempDir;

/// Only a fault reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Knows what no n-gram tells: whether a text has an even number of letters.
#[derive(Debug, Default)]
struct Parity {
    embedded: AtomicUsize,
    /// A probe reads its vectors alone, no words.
    is_bare: bool,
}

impl Encode for Parity {
    fn id(&self) -> u64 {
        17
    }
    fn width(&self) -> usize {
        3
    }
    fn is_unit(&self) -> bool {
        !self.is_bare
    }
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
        let vector = |text: &&str| if text.len().is_multiple_of(2) { [1.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0] };
        Ok(Matrix { columns: 3, values: texts.iter().flat_map(vector).collect() })
    }
}

/// Sees nothing in texts, until it is trained.
#[derive(Debug)]
struct Blind(Encoder);

impl Blind {
    fn new() -> Arc<Blind> {
        let folder = TempDir::new().unwrap();
        tiny::write(folder.path(), "bert", 40, |_| {});
        Arc::new(Blind(Encoder::open(folder.path(), None).unwrap()))
    }
}

impl Encode for Blind {
    fn id(&self) -> u64 {
        self.0.id()
    }
    fn width(&self) -> usize {
        3
    }
    fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
        let vector = |text: &&str| {
            let angle = dataset::text_key(text) as f32;
            [angle.sin(), angle.cos(), 0.0]
        };
        Ok(Matrix { columns: 3, values: texts.iter().flat_map(vector).collect() })
    }
    fn trainable(&self) -> Option<&Encoder> {
        Some(&self.0)
    }
}

enum Shop {
    Has(Arc<Embeddings>),
    Fails,
}

impl Supply for Shop {
    fn find(&self, _: &Request) -> Option<Arc<Embeddings>> {
        match self {
            Shop::Has(embeddings) => Some(embeddings.clone()),
            Shop::Fails => None,
        }
    }
    fn bring(
        &self,
        request: &Request,
        _: &Cancel,
        on: &mut dyn FnMut(Fetching<'_>),
    ) -> Result<Arc<Embeddings>, FetchError> {
        on(Fetching { what: &Phrase::verbatim("weights"), done: 1, total: Some(2) });
        self.find(request).ok_or_else(|| FetchError::Failed(Phrase::verbatim("No hub, no pip.")))
    }
}

#[derive(Debug, PartialEq)]
enum Told {
    /// The step that serves, how many texts it speaks of itself, and of how many the lexical one.
    Known(Step, usize, usize),
    Fetching(bool),
    Warning(String),
}

struct Desk {
    engine: Engine,
    told: Receiver<Told>,
    folder: TempDir,
}

impl Desk {
    fn new(shop: Shop, folder: TempDir) -> Desk {
        let (sender, told) = channel();
        let engine = Engine::start_with(Limits::default(), Some(Arc::new(shop)), move |event| {
            let told = match event {
                Event::Learned { project } | Event::Improved { project } => {
                    let learned = project.learned.as_ref().unwrap();
                    let by = |step| learned.glances.values().filter(|glance| glance.step == step).count();
                    let step = learned.classifier.step();
                    Told::Known(step, by(step), if step == Step::Lexical { 0 } else { by(Step::Lexical) })
                }
                Event::Fetching(fetching) => Told::Fetching(fetching.is_some()),
                Event::Warning { message } => Told::Warning(message.to_string()),
                _ => return,
            };
            let _ = sender.send(told);
        });
        Desk { engine, told, folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("a.jsonl")
    }

    fn open(&self) {
        let source = fs::read_to_string(self.path()).unwrap();
        self.engine.send(Message::Open { path: self.path(), version: 1, source });
    }

    fn wait(&self, wanted: &Told) {
        let mut seen = Vec::new();
        loop {
            match self.told.recv_timeout(PATIENCE) {
                Ok(told) if told == *wanted => return,
                Ok(told) => seen.push(told),
                Err(_) => panic!("waited in vain for {wanted:?}; told was {seen:?}"),
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.engine.stop(PATIENCE);
    }
}

/// Words that say nothing.
fn words() -> impl FnMut(usize) -> String {
    let mut random = 1u32;
    move |letters: usize| {
        let mut letter = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + (random >> 24) as u8 % 26)
        };
        (0..letters).map(|_| letter()).collect()
    }
}

fn rows() -> String {
    let mut word = words();
    let row = |index: usize| {
        let text = word(12 + index % 2);
        match index {
            0..40 => format!("{{\"text\": \"{text}\", \"label\": \"{}\"}}\n", ["even", "odd"][index % 2]),
            _ => format!("{{\"text\": \"{text}\", \"label\": null}}\n"),
        }
    };
    (0..60).map(row).collect()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("gloss.toml"), "").unwrap();
    fs::write(folder.path().join("a.jsonl"), rows()).unwrap();
    folder
}

fn shop() -> (Shop, Arc<Parity>) {
    let parity = Arc::new(Parity::default());
    (Shop::Has(Arc::new(Embeddings::new(parity.clone(), None))), parity)
}

#[test]
fn the_probe_takes_over_and_the_next_save_and_the_next_start_begin_with_it() {
    let (shop, parity) = shop();
    let desk = Desk::new(shop, folder());
    desk.open();
    desk.wait(&Told::Known(Step::Lexical, 20, 0));
    // First it knows the labelled texts only, so that the lexical one speaks of the others.
    desk.wait(&Told::Known(Step::Probe, 0, 20));
    desk.wait(&Told::Known(Step::Probe, 20, 0));
    assert_eq!(parity.embedded.load(Ordering::Relaxed), 60, "each text once");

    // A new text is spoken of at once, and by the probe soon after.
    let more = rows() + "{\"text\": \"unseen\"}\n";
    fs::write(desk.path(), &more).unwrap();
    let changes = vec![Change { range: None, text: more }];
    desk.engine.send(Message::Change { path: desk.path(), version: 2, changes, encoding: Encoding::Utf8 });
    let (sender, seen) = channel();
    desk.engine.read(move |projects| {
        let glance = projects.all()[0].glance(dataset::text_key("unseen")).cloned();
        sender.send(glance.map(|glance| glance.step)).unwrap();
    });
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), Some(Step::Lexical));
    desk.wait(&Told::Known(Step::Probe, 21, 0));
    desk.engine.send(Message::FileChanged { path: desk.path() });
    desk.wait(&Told::Known(Step::Probe, 21, 0));
    desk.engine.stop(PATIENCE);

    let next = TempDir::new().unwrap();
    for name in ["gloss.toml", "a.jsonl"] {
        fs::copy(desk.folder.path().join(name), next.path().join(name)).unwrap();
    }
    fs::rename(desk.folder.path().join(".gloss"), next.path().join(".gloss")).unwrap();
    let again = Desk::new(self::shop().0, next);
    let (sender, step) = channel();
    again.open();
    again.engine.read(move |projects| {
        let step = projects.all()[0].learned.as_ref().map(|learned| learned.classifier.step());
        sender.send(step).unwrap();
    });
    assert_eq!(step.recv_timeout(PATIENCE).unwrap(), Some(Step::Probe));
}

#[test]
fn the_probe_takes_over_where_rows_have_several_labels() {
    let folder = folder();
    // Whether the text is even, which the encoder knows; and that it has an x in front, which both may learn.
    let mut word = words();
    let row = |index: usize| {
        let marked = index.is_multiple_of(3);
        let text = format!("{}{}", if marked { "xxx " } else { "" }, word(12 + index % 2));
        let labels = match (index.is_multiple_of(2), marked) {
            (true, true) => r#"["even", "marked"]"#,
            (true, false) => r#"["even"]"#,
            (false, true) => r#"["marked"]"#,
            (false, false) => "[]",
        };
        match index {
            0..60 => format!("{{\"text\": \"{text}\", \"labels\": {labels}}}\n"),
            _ => format!("{{\"text\": \"{text}\"}}\n"),
        }
    };
    fs::write(folder.path().join("a.jsonl"), (0..80).map(row).collect::<String>()).unwrap();
    let desk = Desk::new(shop().0, folder);
    desk.open();
    desk.wait(&Told::Known(Step::Lexical, 20, 0));
    desk.wait(&Told::Known(Step::Probe, 20, 0));
    let (sender, seen) = channel();
    desk.engine.read(move |projects| {
        let project = &projects.all()[0];
        let learned = project.learned.as_ref().unwrap();
        let rows = project.files[0].document.rows();
        let said = |row: usize| project.glance(rows[row].text_key()).map(|glance| glance.says(learned).to_string());
        sender.send([60, 61, 62].map(said)).unwrap();
    });
    let said = seen.recv_timeout(PATIENCE).unwrap();
    let expected = ["`even`, `marked`", "no label", "`even`"];
    let sorted = |said: &Option<String>| {
        let mut labels: Vec<String> = said.as_deref().unwrap_or_default().split(", ").map(str::to_owned).collect();
        labels.sort();
        labels.join(", ")
    };
    assert_eq!(said.each_ref().map(sorted), expected);
}

#[test]
fn held_out_files_measure_the_probe_at_once_or_once_it_knows_their_texts() {
    // Few, and more than labelled rows.
    for (rows, measures) in [(30, &[Some(30)][..]), (50, &[None, Some(50)])] {
        let folder = folder();
        let mut word = words();
        let row = |index: usize| {
            let label = ["even", "odd"][index % 2];
            format!("{{\"text\": \"{}\", \"label\": \"{label}\"}}\n", word(20 + index % 2))
        };
        fs::write(folder.path().join("test.jsonl"), (0..rows).map(row).collect::<String>()).unwrap();
        let config = "[dataset]\nfiles = [\"a.jsonl\"]\ntest = [\"test.jsonl\"]\n";
        fs::write(folder.path().join("gloss.toml"), config).unwrap();
        let (sender, told) = channel();
        let engine = Engine::start_with(Limits::default(), Some(Arc::new(shop().0)), move |event| {
            if let Event::Learned { project } = event {
                let learned = project.learned.as_ref().unwrap();
                let _ = sender.send((learned.classifier.step(), learned.test.as_ref().map(|test| test.rows)));
            }
        });
        engine.send(Message::Load { path: folder.path().canonicalize().unwrap() });
        let next = || told.recv_timeout(PATIENCE).unwrap();
        assert_eq!(next(), (Step::Lexical, Some(rows)));
        measures.iter().for_each(|&measure| assert_eq!(next(), (Step::Probe, measure)));
        engine.stop(PATIENCE);
    }
}

#[test]
fn the_trained_encoder_takes_over_and_is_there_at_the_next_start() {
    let folder = folder();
    let mut word = words();
    // How many words there are, the lexical classifier cannot tell, nor can the blind.
    let row = |index: usize| {
        let text = [word(9), word(9), word(9), word(9)][..2 + index % 2 * 2].join(" ");
        match index {
            0..60 => format!("{{\"text\": \"{text}\", \"label\": \"{}\"}}\n", ["two", "four"][index % 2]),
            _ => format!("{{\"text\": \"{text}\", \"label\": null}}\n"),
        }
    };
    let rows: String = (0..80).map(row).collect();
    fs::write(folder.path().join("a.jsonl"), rows).unwrap();
    let blind = Blind::new();
    let shop = || Shop::Has(Arc::new(Embeddings::new(blind.clone(), None)));
    let desk = Desk::new(shop(), folder);
    desk.open();
    desk.wait(&Told::Known(Step::FineTuned, 20, 0));

    // A save is answered by it, and neither step below takes over again.
    let more = fs::read_to_string(desk.path()).unwrap().replacen("\"label\": null", "\"label\": \"two\"", 1);
    fs::write(desk.path(), &more).unwrap();
    let changes = vec![Change { range: None, text: more }];
    desk.engine.send(Message::Change { path: desk.path(), version: 2, changes, encoding: Encoding::Utf8 });
    desk.engine.send(Message::FileChanged { path: desk.path() });
    // Told by the fit, and at the end of the climb after it.
    for _ in 0..2 {
        desk.wait(&Told::Known(Step::FineTuned, 19, 0));
    }
    desk.engine.stop(PATIENCE);

    let trained = |folder: &TempDir| fs::read_dir(folder.path().join(".gloss/trained")).unwrap().count();
    assert_eq!(trained(&desk.folder), 1);
    let next = TempDir::new().unwrap();
    for name in ["gloss.toml", "a.jsonl"] {
        fs::copy(desk.folder.path().join(name), next.path().join(name)).unwrap();
    }
    fs::rename(desk.folder.path().join(".gloss"), next.path().join(".gloss")).unwrap();
    let again = Desk::new(shop(), next);
    again.open();
    let (sender, served) = channel();
    again.engine.read(move |projects| {
        let learned = projects.all()[0].learned.as_ref();
        sender.send(learned.map(|learned| (learned.classifier.step(), learned.estimate.rows))).unwrap();
    });
    let (step, judged) = served.recv_timeout(PATIENCE).unwrap().expect("what was learned");
    assert_eq!(step, Step::FineTuned);
    assert!((40..60).contains(&judged), "{judged} rows were judged by encoders that had not seen them");
}

#[test]
fn what_is_no_better_does_not_take_over() {
    let folder = folder();
    let plain = "{\"text\": \"red red\", \"label\": \"a\"}\n{\"text\": \"blue blue\", \"label\": \"b\"}\n";
    let rows: String = (0..20)
        .map(|n| {
            plain
                .replace("red red", &format!("red {}", "x".repeat(n)))
                .replace("blue blue", &format!("blue {}", "y".repeat(n)))
        })
        .collect();
    fs::write(folder.path().join("a.jsonl"), rows + "{\"text\": \"red\"}\n").unwrap();
    let parity = Arc::new(Parity { is_bare: true, ..Parity::default() });
    let shop = Shop::Has(Arc::new(Embeddings::new(parity.clone(), None)));
    let desk = Desk::new(shop, folder);
    desk.open();
    desk.wait(&Told::Known(Step::Lexical, 1, 0));
    // The end of the comparison.
    desk.wait(&Told::Known(Step::Lexical, 1, 0));
    desk.wait(&Told::Known(Step::Lexical, 1, 0));
    assert_eq!(parity.embedded.load(Ordering::Relaxed), 40, "what would not be used is not embedded");
}

#[test]
fn without_an_encoder_the_lexical_classifier_goes_on_and_one_message_says_why() {
    let desk = Desk::new(Shop::Fails, folder());
    desk.open();
    desk.wait(&Told::Fetching(true));
    desk.wait(&Told::Fetching(false));
    desk.wait(&Told::Warning("No hub, no pip.".into()));
    desk.engine.send(Message::Train { path: desk.path() });
    desk.wait(&Told::Warning("No hub, no pip.".into()));
}

/// Knows whether the letters of a text have an even sum.
#[derive(Debug)]
struct Sums;

fn has_even_sum(text: &str) -> bool {
    text.bytes().map(u32::from).sum::<u32>().is_multiple_of(2)
}

impl Encode for Sums {
    fn id(&self) -> u64 {
        18
    }
    fn width(&self) -> usize {
        2
    }
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        let vector = |text: &&str| if has_even_sum(text) { [1.0, 0.0] } else { [0.0, 1.0] };
        Ok(Matrix { columns: 2, values: texts.iter().flat_map(vector).collect() })
    }
}

#[test]
fn the_probe_of_spans_takes_over_where_it_is_better() {
    let mut word = words();
    let row = |index: usize| {
        let words = [word(5), word(5), word(5), word(5)];
        let names = words.iter().enumerate().filter(|(_, word)| has_even_sum(word));
        let spans =
            names.map(|(place, _)| format!(r#"{{"start": {}, "end": {}, "label": "name"}}"#, 6 * place, 6 * place + 5));
        let spans = spans.collect::<Vec<_>>().join(", ");
        let spans = if index < 60 { format!("[{spans}]") } else { "null".to_owned() };
        format!("{{\"text\": \"{}\", \"spans\": {spans}}}\n", words.join(" "))
    };
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("gloss.toml"), "[dataset]\ntask = \"spans\"\n").unwrap();
    fs::write(folder.path().join("a.jsonl"), (0..80).map(row).collect::<String>()).unwrap();
    let desk = Desk::new(Shop::Has(Arc::new(Embeddings::new(Arc::new(Sums), None))), folder);
    desk.open();
    desk.wait(&Told::Known(Step::Lexical, 20, 0));
    // First it knows the words of the labelled texts only.
    desk.wait(&Told::Known(Step::Probe, 0, 20));
    desk.wait(&Told::Known(Step::Probe, 20, 0));
}

#[test]
fn the_encoder_that_was_trained_for_spans_takes_over_and_is_there_at_the_next_start() {
    let mut word = words();
    // The fifth word of ten is a name: too far from both ends for what the lexical step sees, and the blind see no places.
    let row = |index: usize| {
        let text: Vec<String> = (0..10).map(|_| word(3)).collect();
        let spans = if index < 60 { r#"[{"start": 16, "end": 19, "label": "name"}]"# } else { "null" };
        format!("{{\"text\": \"{}\", \"spans\": {spans}}}\n", text.join(" "))
    };
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("gloss.toml"), "[dataset]\ntask = \"spans\"\n").unwrap();
    fs::write(folder.path().join("a.jsonl"), (0..80).map(row).collect::<String>()).unwrap();
    let blind = Blind::new();
    let shop = || Shop::Has(Arc::new(Embeddings::new(blind.clone(), None)));
    let desk = Desk::new(shop(), folder);
    desk.open();
    desk.wait(&Told::Known(Step::FineTuned, 20, 0));
    desk.engine.stop(PATIENCE);

    let next = TempDir::new().unwrap();
    for name in ["gloss.toml", "a.jsonl"] {
        fs::copy(desk.folder.path().join(name), next.path().join(name)).unwrap();
    }
    fs::rename(desk.folder.path().join(".gloss"), next.path().join(".gloss")).unwrap();
    let again = Desk::new(shop(), next);
    again.open();
    let (sender, served) = channel();
    again.engine.read(move |projects| {
        let learned = projects.all()[0].learned.as_ref();
        sender.send(learned.map(|learned| learned.classifier.step())).unwrap();
    });
    assert_eq!(served.recv_timeout(PATIENCE).unwrap(), Some(Step::FineTuned));
}
