//! Memory of the server, on Linux with glibc.
//!
//! glibc gives each thread an arena of its own and keeps what was freed there: a large document that goes from the transport to
//! the engine to a training job would be kept three times. With one arena what one thread frees is the next one's. glibc
//! reads that from the environment alone, before a program starts; so the program starts itself once more in its own place,
//! with the same process id and the same pipes.

/// Goes on as it is where that cannot be done; the setting of whoever starts it is left alone.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn share_one_arena() {
    use std::{env, os::unix::process::CommandExt, process::Command};

    const ARENAS: &str = "MALLOC_ARENA_MAX";
    if env::var_os(ARENAS).is_some() {
        return;
    }
    if let Ok(program) = env::current_exe() {
        let mut arguments = env::args_os();
        let name = arguments.next().unwrap_or_else(|| program.clone().into());
        // It returns only if it failed.
        let _ = Command::new(program).arg0(name).args(arguments).env(ARENAS, "1").exec();
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn share_one_arena() {}
