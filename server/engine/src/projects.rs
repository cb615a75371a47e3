//! All data sets that are open or watched.

use std::path::Path;

use crate::{project::Project, symbols::Home};

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

    /// The project of a data file or a gloss.toml, and which of its files that is.
    pub fn home(&self, path: &Path) -> Option<(&Project, Home)> {
        let of_config = |project: &&Project| project.config_file.as_ref().is_some_and(|file| file.path == path);
        let data = self.find(path).map(|(project, file)| (project, Home::Data(file)));
        data.or_else(|| Some((self.list.iter().find(of_config)?, Home::Config)))
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
