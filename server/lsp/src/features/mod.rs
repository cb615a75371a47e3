//! What an editor's user meets, a file each: questions answered on the engine's thread from its own data.

mod actions;
pub(crate) mod colours;
mod commands;
mod completion;
pub(crate) mod explain;
pub(crate) mod hints;
mod hover;
mod lenses;
mod outline;
mod references;
mod rename;
pub(crate) mod report;
mod row;
