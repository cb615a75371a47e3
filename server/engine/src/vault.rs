//! Embeddings on the disk, shared by all data sets of this user: SQLite in the cache folder.
//!
//! What must stay true: it is a cache. Whatever is wrong with it costs time, never a message of its own: a damaged file is
//! deleted, one that cannot be reached is done without. It stays below [`MOST`] vectors; those not used for longest go first.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use half::{f16, slice::HalfFloatSliceExt};
use learn::Vault;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use crate::store;

const FILE: &str = "embeddings.db";
/// To be raised whenever the table or the meaning of a vector changes.
const VERSION: i32 = 1;
/// About 400 MB at 384 floats a vector.
const MOST: i64 = 500_000;
/// Room that is made at once, so that it is not made each time.
const ROOM: i64 = MOST / 10;
/// How long another editor's writing is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS vectors (
        encoder INTEGER NOT NULL, text INTEGER NOT NULL, day INTEGER NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (encoder, text)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_day ON vectors (day);";

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

    fn with(&self, mut work: impl FnMut(&mut Connection) -> rusqlite::Result<()>) {
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
                _ => return,
            }
        }
    }
}

impl Vault for DiskVault {
    fn recall(&self, encoder: u64, keys: &[u64], known: &mut dyn FnMut(u64, &[f16])) {
        self.with(|connection| {
            let today = today();
            let mut stale = Vec::new();
            let mut vector = Vec::new();
            let mut find = connection.prepare("SELECT day, vector FROM vectors WHERE encoder = ?1 AND text = ?2")?;
            for &key in keys {
                let mut rows = find.query(params![encoder.cast_signed(), key.cast_signed()])?;
                let Some(row) = rows.next()? else { continue };
                let (halves, []) = row.get_ref(1)?.as_blob()?.as_chunks::<2>() else { continue };
                vector.clear();
                vector.extend(halves.iter().map(|half| f16::from_le_bytes(*half)));
                known(key, &vector);
                if row.get::<_, i64>(0)? < today {
                    stale.push(key);
                }
            }
            drop(find);
            if !stale.is_empty() {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut touch = transaction.prepare("UPDATE vectors SET day = ?1 WHERE encoder = ?2 AND text = ?3")?;
                for key in &stale {
                    touch.execute(params![today, encoder.cast_signed(), key.cast_signed()])?;
                }
                drop(touch);
                transaction.commit()?;
            }
            Ok(())
        });
    }

    fn keep(&self, encoder: u64, vectors: &[(u64, &[f16])]) {
        self.with(|connection| {
            let today = today();
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut put = transaction.prepare("INSERT OR REPLACE INTO vectors VALUES (?1, ?2, ?3, ?4)")?;
            for (key, vector) in vectors {
                let bytes: Vec<u8> = vector.reinterpret_cast().iter().flat_map(|bits| bits.to_le_bytes()).collect();
                put.execute(params![encoder.cast_signed(), key.cast_signed(), today, bytes])?;
            }
            drop(put);
            make_room(&transaction, MOST, ROOM)?;
            transaction.commit()
        });
    }
}

/// Deletes the vectors that were not used for longest, if there are too many.
fn make_room(connection: &Connection, most: i64, room: i64) -> rusqlite::Result<()> {
    // Counting every row takes long; pages are counted already. A vector takes no page of its own, so look closer only then.
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages < most / 8 {
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

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    if let Some(folder) = path.parent() {
        // Where it cannot be made, opening says so.
        let _ = fs::create_dir_all(folder);
    }
    let connection = Connection::open_with_flags(path, OpenFlags::default())?;
    connection.busy_timeout(PATIENCE)?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        connection.execute_batch("DROP TABLE IF EXISTS vectors")?;
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
    use super::*;

    fn vector(value: f32) -> Vec<f16> {
        vec![f16::from_f32(value); 4]
    }

    fn recalled(vault: &DiskVault, encoder: u64, keys: &[u64]) -> Vec<(u64, Vec<f16>)> {
        let mut all = Vec::new();
        vault.recall(encoder, keys, &mut |key, vector| all.push((key, vector.to_vec())));
        all
    }

    #[test]
    fn vectors_are_told_apart_by_encoder_and_text_and_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (vector(0.5), vector(-0.25));
        DiskVault::at(folder.path()).keep(1, &[(u64::MAX, &one), (8, &two)]);
        let vault = DiskVault::at(folder.path());
        assert_eq!(recalled(&vault, 1, &[u64::MAX, 7, 8]), [(u64::MAX, one), (8, two)]);
        assert_eq!(recalled(&vault, 2, &[8]), []);
    }

    #[test]
    fn a_damaged_file_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "no database at all, but long enough to be looked at").unwrap();
        let vault = DiskVault::at(folder.path());
        assert_eq!(recalled(&vault, 1, &[8]), []);
        vault.keep(1, &[(8, &vector(1.0))]);
        assert_eq!(recalled(&vault, 1, &[8]).len(), 1);
    }

    #[test]
    fn where_nothing_can_be_written_it_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be: works for root as well.
        fs::write(folder.path().join("cache"), "").unwrap();
        let vault = DiskVault::at(&folder.path().join("cache"));
        vault.keep(1, &[(8, &vector(1.0))]);
        assert_eq!(recalled(&vault, 1, &[8]), []);
    }

    #[test]
    fn those_not_used_for_longest_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let vault = DiskVault::at(folder.path());
        let one = vector(1.0);
        let vectors: Vec<(u64, &[f16])> = (0..10).map(|key| (key, &one[..])).collect();
        vault.keep(1, &vectors);
        let connection = connect(&vault.path).unwrap();
        connection.execute("UPDATE vectors SET day = 3 WHERE text < 5", []).unwrap();
        recalled(&vault, 1, &[2]);
        make_room(&connection, 7, 1).unwrap();
        let left: Vec<u64> =
            recalled(&vault, 1, &(0..10).collect::<Vec<_>>()).into_iter().map(|(key, _)| key).collect();
        assert_eq!(left, [2, 5, 6, 7, 8, 9]);
    }
}
