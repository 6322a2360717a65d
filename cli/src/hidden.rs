//! Sources that `.gitignore` hides though they are the project's own: a pattern for what is built, as `bin/` or the program's name, is one
//! for `src/bin/` and `cmd/program/` too. Git ignores such a pattern for what it tracks, and so does fsrace. Where there is no index to ask,
//! as in sources that were unpacked from an archive, what lies where cargo and Go's custom have programs begin is never build output.

use crate::tracked;
use fsrace_analyzer::source::LanguageId;
use rustc_hash::FxHashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How many folders deep a program's own sources are looked for by custom.
const DEPTH: usize = 8;

/// What is to be looked for once more, whatever `.gitignore` says.
#[derive(Debug, Default)]
pub struct Hidden {
    files: FxHashSet<PathBuf>,
    folders: FxHashSet<PathBuf>,
    /// Folders that git tracks a source in.
    tracked: FxHashSet<PathBuf>,
}

impl Hidden {
    /// Adds what the repositories with these working folders track, and `is_missing` accepts.
    pub fn add_tracked(
        &mut self,
        repositories: impl Iterator<Item = PathBuf>,
        is_missing: &impl Fn(&Path) -> bool,
    ) {
        for repository in repositories {
            for source in tracked::sources(&repository).unwrap_or_default() {
                let file = repository.join(source);
                add_folders(&mut self.tracked, &file);
                self.add(file, is_missing);
            }
        }
    }

    /// Adds what lies where the package in this folder has its programs begin, and `is_missing` accepts. Git is not asked twice.
    pub fn add_customary(
        &mut self,
        language: LanguageId,
        package: &Path,
        is_missing: &impl Fn(&Path) -> bool,
    ) {
        if self.tracked.contains(package) {
            return;
        }
        match language {
            LanguageId::Rust => {
                self.add(package.join("src/main.rs"), is_missing);
                self.add_below(&package.join("src/bin"), language, DEPTH, is_missing);
            }
            LanguageId::Go => self.add_below(&package.join("cmd"), language, DEPTH, is_missing),
            LanguageId::Python => {}
        }
    }

    fn add_below(
        &mut self,
        folder: &Path,
        language: LanguageId,
        depth: usize,
        is_missing: &impl Fn(&Path) -> bool,
    ) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth > 0 => {
                    self.add_below(&path, language, depth - 1, is_missing);
                }
                Ok(kind)
                    if kind.is_file() && LanguageId::of_path(&path.to_string_lossy()) == Some(language) =>
                {
                    self.add(path, is_missing);
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, file: PathBuf, is_missing: &impl Fn(&Path) -> bool) {
        if is_missing(&file) {
            add_folders(&mut self.folders, &file);
            self.files.insert(file);
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether the path is to be looked for, or the way to what is.
    pub fn leads_to(&self, path: &Path) -> bool {
        self.files.contains(path) || self.folders.contains(path)
    }
}

/// Adds the folders that the file lies in.
fn add_folders(folders: &mut FxHashSet<PathBuf>, file: &Path) {
    for folder in file.ancestors().skip(1) {
        if !folders.insert(folder.to_path_buf()) {
            break;
        }
    }
}

/// The nearest folder at or above this one that is the working folder of a repository.
pub fn repository_of(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| fs::symlink_metadata(above.join(".git")).is_ok()).map(Path::to_path_buf)
}
