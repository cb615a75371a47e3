//! Embeddings on the disk, shared by all data sets of this user: SQLite in the cache folder.
//!
//! What must stay true: it is a cache. Whatever is wrong with it costs time, never a message of its own: a damaged file is
//! deleted, one that cannot be reached is done without. It stays below [`MOST`] vectors of texts and [`MOST_BYTES`] of vectors of words; those
//! not used for longest go first.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use learn::{Vault, embeddings::Grain};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use crate::store;

const FILE: &str = "embeddings.db";
/// To be raised whenever the table or the meaning of a vector changes.
const VERSION: i32 = 1;
/// About 400 MB at 384 floats a vector.
const MOST: i64 = 500_000;
/// The vectors of about a million words, at 384 floats.
const MOST_BYTES: i64 = 400 << 20;
/// Of what is kept at most, the part that is deleted at once, so that room is not made each time.
const PART: i64 = 10;
/// How long another editor's writing is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS vectors (
        encoder INTEGER NOT NULL, text INTEGER NOT NULL, day INTEGER NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (encoder, text)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_day ON vectors (day);
    CREATE TABLE IF NOT EXISTS words (
        encoder INTEGER NOT NULL, text INTEGER NOT NULL, day INTEGER NOT NULL, bytes INTEGER NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (encoder, text)
    );
    CREATE INDEX IF NOT EXISTS words_by_day ON words (day, bytes);";

pub struct DiskVault {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl fmt::Debug for DiskVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskVault").field("path", &self.path).finish_non_exhaustive()
    }
}

impl DiskVault {
    /// In the user's cache folder, where there is one.
    pub fn shared() -> Option<DiskVault> {
        Some(DiskVault::at(&store::cache()?))
    }

    fn at(folder: &Path) -> DiskVault {
        DiskVault { path: folder.join(FILE), connection: Mutex::default() }
    }

    /// Whether the work was done.
    fn with(&self, mut work: impl FnMut(&mut Connection) -> rusqlite::Result<()>) -> bool {
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // Once more, if what was there had to be deleted.
        for _ in 0..2 {
            let done = match held.as_mut() {
                Some(connection) => work(connection),
                None => connect(&self.path).and_then(|connection| work(held.insert(connection))),
            };
            match done.map_err(|error| error.sqlite_error_code()) {
                Err(Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)) => {
                    *held = None;
                    for end in ["db", "db-wal", "db-shm"] {
                        let _ = fs::remove_file(self.path.with_extension(end));
                    }
                }
                done => return done.is_ok(),
            }
        }
        false
    }
}

/// Where the vectors of a grain lie.
fn table(grain: Grain) -> &'static str {
    match grain {
        Grain::Texts => "vectors",
        Grain::Words(_) => "words",
    }
}

impl Vault for DiskVault {
    fn recall(&self, grain: Grain, encoder: u64, keys: &[u64], known: &mut dyn FnMut(u64, &[u8])) {
        let table = table(grain);
        self.with(|connection| {
            let today = today();
            let mut stale = Vec::new();
            let find = format!("SELECT day, vector FROM {table} WHERE encoder = ?1 AND text = ?2");
            let mut find = connection.prepare(&find)?;
            for &key in keys {
                let mut rows = find.query(params![encoder.cast_signed(), key.cast_signed()])?;
                let Some(row) = rows.next()? else { continue };
                known(key, row.get_ref(1)?.as_blob()?);
                if row.get::<_, i64>(0)? < today {
                    stale.push(key);
                }
            }
            drop(find);
            if !stale.is_empty() {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let touch = format!("UPDATE {table} SET day = ?1 WHERE encoder = ?2 AND text = ?3");
                let mut touch = transaction.prepare(&touch)?;
                for key in &stale {
                    touch.execute(params![today, encoder.cast_signed(), key.cast_signed()])?;
                }
                drop(touch);
                transaction.commit()?;
            }
            Ok(())
        });
    }

    fn keep(&self, grain: Grain, encoder: u64, entries: &[(u64, &[u8])]) -> bool {
        self.with(|connection| {
            let today = today();
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut put = transaction.prepare(match grain {
                Grain::Texts => "INSERT OR REPLACE INTO vectors (encoder, text, day, vector) VALUES (?1, ?2, ?3, ?4)",
                Grain::Words(_) => {
                    "INSERT OR REPLACE INTO words (encoder, text, day, vector, bytes) VALUES (?1, ?2, ?3, ?4, length(?4))"
                }
            })?;
            for (key, bytes) in entries {
                put.execute(params![encoder.cast_signed(), key.cast_signed(), today, bytes])?;
            }
            drop(put);
            match grain {
                Grain::Texts => make_room(&transaction, MOST, MOST / PART)?,
                Grain::Words(_) => make_room_for_words(&transaction, MOST_BYTES, MOST_BYTES / PART)?,
            }
            transaction.commit()
        })
    }
}

/// Counting every row takes long; pages are counted already.
fn pages(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "page_count", |row| row.get(0))
}

/// Deletes the vectors of texts that were not used for longest, if there are too many.
fn make_room(connection: &Connection, most: i64, room: i64) -> rusqlite::Result<()> {
    // A vector takes no page of its own, so look closer only where there are many.
    if pages(connection)? < most / 8 {
        return Ok(());
    }
    let count: i64 = connection.query_row("SELECT count(*) FROM vectors INDEXED BY by_day", [], |row| row.get(0))?;
    if count > most {
        let oldest =
            "DELETE FROM vectors WHERE (encoder, text) IN (SELECT encoder, text FROM vectors ORDER BY day LIMIT ?1)";
        connection.execute(oldest, [count - most + room])?;
    }
    Ok(())
}

/// The same of words' vectors, which are so many bytes at most.
fn make_room_for_words(connection: &Connection, most: i64, room: i64) -> rusqlite::Result<()> {
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    if pages(connection)? * page < most {
        return Ok(());
    }
    let all = "SELECT total(bytes) FROM words INDEXED BY words_by_day";
    let excess = connection.query_row(all, [], |row| row.get::<_, f64>(0))? as i64 - most;
    if excess > 0 {
        // Each row that, with the older ones before it, does not reach what is to go.
        let oldest = "DELETE FROM words WHERE rowid IN (SELECT rowid FROM (SELECT rowid, \
                      sum(bytes) OVER (ORDER BY day, rowid) - bytes AS before FROM words) WHERE before < ?1)";
        connection.execute(oldest, [excess + room])?;
    }
    Ok(())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    if let Some(folder) = path.parent() {
        // Where it cannot be made, opening says so.
        let _ = fs::create_dir_all(folder);
    }
    let connection = Connection::open_with_flags(path, OpenFlags::default())?;
    connection.busy_timeout(PATIENCE)?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        connection.execute_batch("DROP TABLE IF EXISTS vectors; DROP TABLE IF EXISTS words")?;
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    let _ = connection.pragma_update(None, "journal_mode", "WAL");
    // What a power cut takes is embedded again.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute_batch(TABLE)?;
    Ok(connection)
}

fn today() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs() / (24 * 60 * 60)) as i64
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use learn::{Control, Embeddings, Encode, FitError, Matrix, Reading, Text};

    use super::*;

    /// Every part is alike.
    #[derive(Debug, Default)]
    struct Ones(AtomicUsize);

    impl Encode for Ones {
        fn id(&self) -> u64 {
            1
        }
        fn width(&self) -> usize {
            4
        }
        fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
            self.0.fetch_add(texts.len(), Ordering::Relaxed);
            Ok(Matrix { columns: 4, values: vec![1.0; 4 * texts.len()] })
        }
    }

    #[test]
    fn after_a_restart_words_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let texts = ["to me", "to you all", ""].map(|body| Text { key: body.len() as u64, body: body.into() });
        let embedded = || {
            let ones = Arc::new(Ones::default());
            let embeddings = Arc::new(Embeddings::new(ones.clone(), Some(Arc::new(DiskVault::at(folder.path())))));
            embeddings.words().embed(&texts, &Control::default(), |_, _| {}).unwrap();
            ones.0.load(Ordering::Relaxed)
        };
        assert_eq!([embedded(), embedded()], [5, 0]);
        // Of texts as they are now: what was kept for another one is none of theirs.
        DiskVault::at(folder.path()).keep(Grain::Words(Reading::Pretrained), 1, &[(5, &[1; 7])]);
        assert_eq!([embedded(), embedded()], [2, 0]);
    }

    const GRAINS: [Grain; 2] = [Grain::Texts, Grain::Words(Reading::Pretrained)];

    fn recalled(vault: &DiskVault, grain: Grain, encoder: u64, keys: &[u64]) -> Vec<(u64, Vec<u8>)> {
        let mut all = Vec::new();
        vault.recall(grain, encoder, keys, &mut |key, bytes| all.push((key, bytes.to_vec())));
        all
    }

    /// Vectors of so many texts, of which the first five were last used long ago, but for the third.
    fn of_ten(folder: &Path, grain: Grain) -> (DiskVault, Connection) {
        let vault = DiskVault::at(folder);
        let entries: Vec<(u64, &[u8])> = (0..10).map(|key| (key, &[1; 8][..])).collect();
        assert!(vault.keep(grain, 1, &entries));
        let connection = connect(&vault.path).unwrap();
        connection.execute(&format!("UPDATE {} SET day = 3 WHERE text < 5", table(grain)), []).unwrap();
        recalled(&vault, grain, 1, &[2]);
        (vault, connection)
    }

    fn left(vault: &DiskVault, grain: Grain) -> Vec<u64> {
        recalled(vault, grain, 1, &(0..10).collect::<Vec<_>>()).into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn vectors_are_told_apart_by_grain_encoder_and_text_and_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        for grain in GRAINS {
            let (one, two) = (vec![u8::from(grain != Grain::Texts); 8], vec![2; 16]);
            assert!(DiskVault::at(folder.path()).keep(grain, 1, &[(u64::MAX, &one), (8, &two), (9, &[])]));
            let vault = DiskVault::at(folder.path());
            assert_eq!(recalled(&vault, grain, 1, &[u64::MAX, 7, 8, 9]), [(u64::MAX, one), (8, two), (9, vec![])]);
            assert_eq!(recalled(&vault, grain, 2, &[8]), []);
        }
        assert_eq!(recalled(&DiskVault::at(folder.path()), Grain::Texts, 1, &[u64::MAX])[0].1, [0; 8]);
    }

    #[test]
    fn a_file_from_before_words_were_kept_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        DiskVault::at(folder.path()).keep(Grain::Texts, 1, &[(8, &[1; 8])]);
        connect(&folder.path().join(FILE)).unwrap().execute_batch("DROP TABLE words").unwrap();
        let vault = DiskVault::at(folder.path());
        assert!(vault.keep(Grain::Words(Reading::Pretrained), 1, &[(8, &[2; 6])]));
        assert_eq!(recalled(&vault, Grain::Texts, 1, &[8]).len(), 1);
    }

    #[test]
    fn a_damaged_file_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "no database at all, but long enough to be looked at").unwrap();
        let vault = DiskVault::at(folder.path());
        assert_eq!(recalled(&vault, Grain::Words(Reading::Pretrained), 1, &[8]), []);
        assert!(vault.keep(Grain::Words(Reading::Pretrained), 1, &[(8, &[1; 6])]));
        assert_eq!(recalled(&vault, Grain::Words(Reading::Pretrained), 1, &[8]).len(), 1);
    }

    #[test]
    fn where_nothing_can_be_written_it_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be: works for root as well.
        fs::write(folder.path().join("cache"), "").unwrap();
        let vault = DiskVault::at(&folder.path().join("cache"));
        for grain in GRAINS {
            assert!(!vault.keep(grain, 1, &[(8, &[1; 8])]));
            assert_eq!(recalled(&vault, grain, 1, &[8]), []);
        }
    }

    #[test]
    fn those_not_used_for_longest_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, connection) = of_ten(folder.path(), Grain::Texts);
        make_room(&connection, 7, 1).unwrap();
        assert_eq!(left(&vault, Grain::Texts), [2, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn words_make_room_by_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, connection) = of_ten(folder.path(), Grain::Words(Reading::Pretrained));
        make_room_for_words(&connection, 80, 8).unwrap();
        // Counted without being read, which would be a use.
        let count: i64 = connection.query_row("SELECT count(*) FROM words", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 10);
        // 24 bytes too many, and room for 8 more.
        make_room_for_words(&connection, 56, 8).unwrap();
        assert_eq!(left(&vault, Grain::Words(Reading::Pretrained)), [2, 5, 6, 7, 8, 9]);
    }
}
