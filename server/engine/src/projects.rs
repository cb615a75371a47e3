//! All data sets that are open or watched.

use std::path::Path;

use crate::project::Project;

#[derive(Debug, Default)]
pub struct Projects {
    pub(crate) list: Vec<Project>,
}

impl Projects {
    /// The project and index of a file.
    pub fn find(&self, path: &Path) -> Option<(&Project, usize)> {
        self.list.iter().find_map(|project| Some((project, project.file(path)?)))
    }

    pub fn find_mut(&mut self, path: &Path) -> Option<(&mut Project, usize)> {
        self.list.iter_mut().find_map(|project| project.file(path).map(|file| (project, file)))
    }

    pub fn all(&self) -> &[Project] {
        &self.list
    }

    pub(crate) fn root(&mut self, root: &Path) -> Option<&mut Project> {
        self.list.iter_mut().find(|project| project.root == root)
    }

    /// The project that this gloss.toml is of.
    pub(crate) fn of_config(&mut self, path: &Path) -> Option<&mut Project> {
        self.list.iter_mut().find(|project| project.config_file.as_ref().is_some_and(|file| file.path == path))
    }
}
