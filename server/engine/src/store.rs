//! What was learned, on the disk: the classifier, what it says of each text, and the history of runs, in SQLite.
//!
//! What must stay true: everything here can be deleted, and costs only time. A store that is damaged, or another program's or
//! a newer version's, is set aside under another name, never written over and never fatal. Several editors may read and
//! write at once (write-ahead logging); each writes all of one run or nothing. A connection lives as long as one call.

mod blob;
mod generations;
pub(crate) mod saver;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalogue::{Phrase, phrase};
use learn::{Embeddings, Encode, Estimate, Step};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, TransactionBehavior, named_params};

use crate::{
    learned::{Counts, Learned},
    project::Project,
};

/// The folder beside gloss.toml, ignored by git by itself.
pub const FOLDER: &str = ".gloss";
const FILE: &str = "gloss.db";
/// "glss": tells the file from those of other programs.
const APPLICATION: i32 = 0x676C_7373;
/// To be raised whenever a table or a blob changes its meaning.
const VERSION: i32 = 8;
/// Runs that are remembered.
const RUNS: u32 = 1000;
/// How long another editor's writing is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Stores of single files that were not used for so long are removed from the cache.
const STALE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

const TABLES: &str = "
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, version INTEGER NOT NULL, step TEXT NOT NULL, seconds REAL NOT NULL,
        rows INTEGER NOT NULL, labelled INTEGER NOT NULL, labels INTEGER NOT NULL, folds INTEGER NOT NULL,
        accuracy REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, macro_f1 REAL NOT NULL, micro_f1 REAL NOT NULL, ece REAL NOT NULL,
        log_loss REAL NOT NULL, judged INTEGER NOT NULL,
        test_accuracy REAL, test_low REAL, test_high REAL, test_macro_f1 REAL, test_micro_f1 REAL, test_ece REAL, test_log_loss REAL,
        test_judged INTEGER
    );
    CREATE TABLE learned (
        id INTEGER PRIMARY KEY CHECK (id = 1), run INTEGER NOT NULL REFERENCES runs (id), fingerprint INTEGER NOT NULL,
        compared INTEGER NOT NULL, classifier BLOB NOT NULL, lexical BLOB NOT NULL, glances BLOB NOT NULL,
        doubts BLOB NOT NULL, queue BLOB NOT NULL, trained_on BLOB NOT NULL, considered INTEGER, witnesses BLOB NOT NULL,
        tally BLOB NOT NULL, verdicts BLOB NOT NULL
    );";

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    folder: PathBuf,
    /// Whether the folder lies among a person's own files.
    in_project: bool,
}

/// A run of the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Seconds since 1970, UTC.
    pub at: i64,
    pub version: u64,
    pub step: Step,
    pub seconds: f32,
    pub counts: Counts,
    pub labels: usize,
    pub folds: usize,
    /// Cross-validated.
    pub estimate: Estimate,
    pub test: Option<Estimate>,
}

enum Failure {
    /// The store is none of ours, or broken; the text ends the sentence "the store ...".
    Useless(Phrase),
    /// It cannot be reached.
    Unreachable(Phrase),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Failure::Useless(phrase!("store-damaged")),
            // What has a wrong type or a missing table was written by somebody else.
            Some(ErrorCode::Unknown) | None => {
                Failure::Useless(phrase!("store-not-understood", error = error.to_string()))
            }
            Some(_) => Failure::Unreachable(Phrase::verbatim(error.to_string())),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                Failure::Useless(phrase!("store-damaged-by", error = error.to_string()))
            }
            _ => Failure::Unreachable(Phrase::verbatim(error.to_string())),
        }
    }
}

impl Store {
    /// Beside gloss.toml; for a file without one in the user's cache folder. None for a buffer without a file.
    pub fn of(project: &Project) -> Option<Store> {
        if project.config_file.is_some() {
            return Some(Store { folder: project.root.join(FOLDER), in_project: true });
        }
        project.folder()?;
        let name = format!("{:016x}", dataset::text_key(&project.root.to_string_lossy()));
        Some(Store { folder: cache()?.join(name), in_project: false })
    }

    /// What the last run learned, if there was one, and if the encoder it needs is there: `embeddings` is asked only then. The
    /// error, for people, says what was done about it.
    pub fn read(&self, embeddings: &dyn Fn() -> Option<Arc<Embeddings>>) -> Result<Option<Learned>, Phrase> {
        self.look(|connection| {
            let read = |row: &Row<'_>| Ok(learned(row, embeddings, &self.folder));
            let learned = connection
                .query_row("SELECT * FROM learned JOIN runs ON runs.id = learned.run", [], read)
                .optional()?;
            Ok(learned.transpose()?.flatten())
        })
        .map(Option::flatten)
    }

    /// The runs of the past, oldest first.
    pub fn runs(&self) -> Result<Vec<Run>, Phrase> {
        self.look(|connection| {
            let mut statement = connection.prepare("SELECT * FROM runs ORDER BY id")?;
            let runs = statement.query_map([], |row| Ok(run(row)))?;
            runs.map(|run| run?).collect()
        })
        .map(Option::unwrap_or_default)
    }

    /// Stores a run with all that it learned. What comes from labels' names alone is not stored: it is made anew in moments, and would
    /// displace what was learned from labels. The error is for people.
    pub fn save(&self, learned: &Learned) -> Result<(), Phrase> {
        if learned.from_names {
            return Ok(());
        }
        let mut saved = self.write(learned);
        if let Err(Failure::Useless(why)) = &saved {
            eprintln!("gloss: {}", self.set_aside(why.clone()));
            saved = self.write(learned);
        }
        saved.map_err(|failure| {
            let (Failure::Useless(why) | Failure::Unreachable(why)) = failure;
            phrase!("not-stored", folder = self.folder.display().to_string(), why)
        })
    }

    fn look<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<Option<T>, Phrase> {
        if !self.path().is_file() {
            return Ok(None);
        }
        match self.connect().and_then(|connection| read(&connection)) {
            Ok(found) => Ok(Some(found)),
            Err(Failure::Useless(why)) => Err(self.set_aside(why)),
            Err(Failure::Unreachable(why)) => {
                Err(phrase!("store-unreadable", path = self.path().display().to_string(), why))
            }
        }
    }

    fn write(&self, learned: &Learned) -> Result<(), Failure> {
        self.make_folder()?;
        let mut classifier = Vec::new();
        learned.classifier.save(&mut classifier)?;
        // Empty: it is the classifier itself.
        let mut lexical = Vec::new();
        if learned.classifier.step() != Step::Lexical {
            learned.lexical.save(&mut lexical)?;
        }
        let trained = match (learned.classifier.step(), learned.classifier.embeddings()) {
            (Step::FineTuned, Some(embeddings)) => embeddings.encoder().trainable(),
            _ => None,
        };
        if let Some(encoder) = trained {
            generations::keep(&self.folder, encoder)?;
        }
        let mut connection = self.connect()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (estimate, test) = (&learned.estimate, learned.test.as_ref());
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        transaction.execute(
            "INSERT INTO runs VALUES (NULL, :at, :version, :step, :seconds, :rows, :labelled, :labels, :folds, :accuracy,
                :low, :high, :macro_f1, :micro_f1, :ece, :log_loss, :judged, :test_accuracy, :test_low, :test_high, :test_macro_f1,
                :test_micro_f1, :test_ece, :test_log_loss, :test_judged)",
            named_params! {
                ":at": at, ":version": learned.version as i64, ":step": learned.classifier.step().name(),
                ":seconds": learned.seconds, ":rows": learned.counts.rows as i64,
                ":labelled": learned.counts.labelled as i64, ":labels": learned.classifier.labels().len() as i64,
                ":folds": learned.folds as i64,
                ":accuracy": estimate.accuracy, ":low": estimate.low, ":high": estimate.high,
                ":macro_f1": estimate.macro_f1, ":micro_f1": estimate.micro_f1, ":ece": estimate.ece, ":log_loss": estimate.log_loss,
                ":judged": estimate.rows as i64,
                ":test_accuracy": test.map(|test| test.accuracy), ":test_low": test.map(|test| test.low),
                ":test_high": test.map(|test| test.high), ":test_macro_f1": test.map(|test| test.macro_f1),
                ":test_micro_f1": test.map(|test| test.micro_f1),
                ":test_ece": test.map(|test| test.ece), ":test_log_loss": test.map(|test| test.log_loss),
                ":test_judged": test.map(|test| test.rows as i64),
            },
        )?;
        let run = transaction.last_insert_rowid();
        transaction.execute(
            "INSERT OR REPLACE INTO learned VALUES (1, :run, :fingerprint, :compared, :classifier, :lexical, :glances, :doubts,
                :queue, :trained_on, :considered, :witnesses, :tally, :verdicts)",
            named_params! {
                ":run": run, ":fingerprint": learned.fingerprint.cast_signed(), ":compared": learned.compared,
                ":classifier": classifier, ":lexical": lexical,
                ":glances": blob::of_glances(&learned.glances), ":doubts": blob::of_doubts(&learned.doubts),
                ":queue": blob::of_keys(&learned.queue),
                ":trained_on": blob::of_keys(&*learned.trained_on), ":considered": learned.considered.map(u64::cast_signed),
                ":witnesses": blob::of_witnesses(&learned.witnesses), ":tally": blob::of_tally(&learned.tally),
                ":verdicts": blob::of_verdicts(&learned.verdicts),
            },
        )?;
        transaction.execute("DELETE FROM runs WHERE id <= ?1 - ?2", (run, RUNS))?;
        transaction.commit()?;
        if let Some(encoder) = trained {
            generations::tidy(&self.folder, encoder.id());
        }
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Opens it, makes its tables if it is new, and checks that it is ours.
    fn connect(&self) -> Result<Connection, Failure> {
        let mut connection = Connection::open(self.path())?;
        connection.busy_timeout(PATIENCE)?;
        if origin(&connection)? != (APPLICATION, VERSION) {
            // Two editors may start at once: who comes second finds the tables made.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            match origin(&transaction)? {
                (APPLICATION, VERSION) => {}
                (0, 0) if tables == 0 => {
                    transaction.execute_batch(TABLES)?;
                    transaction.pragma_update(None, "application_id", APPLICATION)?;
                    transaction.pragma_update(None, "user_version", VERSION)?;
                }
                (APPLICATION, version) => {
                    return Err(Failure::Useless(phrase!("store-of-version", version = version.to_string())));
                }
                _ => return Err(Failure::Useless(phrase!("store-of-other"))),
            }
            transaction.commit()?;
        }
        // Where a file system cannot do it, or another editor is just doing it, SQLite goes on as it is.
        let _ = connection.pragma_update(None, "journal_mode", "WAL");
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(connection)
    }

    fn make_folder(&self) -> io::Result<()> {
        let is_new = !self.folder.is_dir();
        if let Some(cache) = self.folder.parent().filter(|_| is_new && !self.in_project) {
            clean(cache);
        }
        fs::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(".gitignore");
        // Empty, it was left by a disk that was full.
        let is_empty = || fs::metadata(&ignore).is_ok_and(|about| about.len() == 0);
        if self.in_project && (is_new || is_empty()) {
            fs::write(ignore, "*\n")?;
        }
        Ok(())
    }

    /// Renames it, and says so.
    fn set_aside(&self, why: Phrase) -> Phrase {
        let path = self.path();
        let aside = path.with_extension("db.set-aside");
        let renamed = fs::rename(&path, &aside);
        for left in ["db-wal", "db-shm"] {
            let _ = fs::remove_file(path.with_extension(left));
        }
        let path = path.display().to_string();
        match renamed {
            Ok(()) => phrase!("store-set-aside", path, why, aside = aside.display().to_string()),
            Err(error) => phrase!("store-left", path, why, error = error.to_string()),
        }
    }
}

/// Whose file it is and of which version, both of one moment.
fn origin(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    let both = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version";
    connection.query_row(both, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// None: it needs an encoder that is not there, or another one now.
fn learned(
    row: &Row<'_>,
    embeddings: &dyn Fn() -> Option<Arc<Embeddings>>,
    store: &Path,
) -> Result<Option<Learned>, Failure> {
    let damaged = || Failure::Useless(phrase!("store-damaged"));
    let blob = |name| row.get_ref(name)?.as_blob().map_err(|_| damaged());
    let run = run(row)?;
    let embeddings = if run.step == Step::Lexical { None } else { embeddings() };
    if run.step != Step::Lexical && embeddings.is_none() {
        return Ok(None);
    }
    let trained = |id: u64| generations::open(store, id);
    let classifier = learn::load(run.step, &mut blob("classifier")?, embeddings.as_ref(), &trained)?;
    let lexical = match blob("lexical")? {
        [] => classifier.clone(),
        mut bytes => learn::load(Step::Lexical, &mut bytes, None, &trained)?,
    };
    let labels = classifier.labels().len();
    Ok(Some(Learned {
        classifier,
        lexical,
        compared: row.get("compared")?,
        trained_on: blob::keys::<Vec<u64>>(blob("trained_on")?).ok_or_else(damaged)?.into(),
        considered: row.get::<_, Option<i64>>("considered")?.map(i64::cast_unsigned),
        from_names: false,
        held_out: None,
        version: run.version,
        fingerprint: row.get::<_, i64>("fingerprint")?.cast_unsigned(),
        counts: run.counts,
        estimate: run.estimate,
        folds: run.folds,
        test: run.test,
        seconds: run.seconds,
        witnesses: blob::witnesses(blob("witnesses")?).ok_or_else(damaged)?.into(),
        tally: blob::tally(blob("tally")?, labels).ok_or_else(damaged)?.into(),
        verdicts: blob::verdicts(blob("verdicts")?, labels).ok_or_else(damaged)?.into(),
        glances: blob::glances(blob("glances")?, labels).ok_or_else(damaged)?,
        doubts: blob::doubts(blob("doubts")?, labels).ok_or_else(damaged)?,
        queue: blob::keys(blob("queue")?).ok_or_else(damaged)?,
    }))
}

fn run(row: &Row<'_>) -> Result<Run, Failure> {
    let step: String = row.get("step")?;
    let count = |name: &str| row.get::<_, i64>(name).map(|count| usize::try_from(count).unwrap_or(0));
    let test: Option<i64> = row.get("test_judged")?;
    let test = test.map(|_| estimate(row, "test_")).transpose()?;
    Ok(Run {
        at: row.get("at")?,
        version: row.get::<_, i64>("version")?.cast_unsigned(),
        step: Step::named(&step).ok_or_else(|| Failure::Useless(phrase!("store-unknown-step", step)))?,
        seconds: row.get("seconds")?,
        counts: Counts { rows: count("rows")?, labelled: count("labelled")? },
        labels: count("labels")?,
        folds: count("folds")?,
        estimate: estimate(row, "")?,
        test,
    })
}

fn estimate(row: &Row<'_>, prefix: &str) -> Result<Estimate, Failure> {
    let number = |name: &str| row.get::<_, f64>(&*format!("{prefix}{name}"));
    Ok(Estimate {
        rows: usize::try_from(row.get::<_, i64>(&*format!("{prefix}judged"))?).unwrap_or(0),
        accuracy: number("accuracy")?,
        low: number("low")?,
        high: number("high")?,
        macro_f1: number("macro_f1")?,
        micro_f1: number("micro_f1")?,
        ece: number("ece")?,
        log_loss: number("log_loss")?,
    })
}

/// Where Gloss keeps what belongs to this user and can be made again.
pub fn cache() -> Option<PathBuf> {
    programs_cache().map(|cache| cache.join("gloss"))
}

/// Where programs of this user do so.
fn programs_cache() -> Option<PathBuf> {
    let named = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return named("LOCALAPPDATA");
    }
    let beneath_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    named("XDG_CACHE_HOME").or_else(|| env::home_dir().map(|home| home.join(beneath_home)))
}

/// Removes stores that were not written to for a long time.
fn clean(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache) else { return };
    for entry in entries.flatten() {
        let written = fs::metadata(entry.path().join(FILE)).and_then(|about| about.modified());
        if written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
