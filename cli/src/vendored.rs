//! Code that others wrote, and that a package brings along within itself: its users do not mend it.

use crate::discover::{Candidate, MANIFESTS};
use fsrace_analyzer::source::LanguageId;
use rustc_hash::FxHashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders for other people's code, by custom of all languages.
const FOLDERS: [&str; 10] = [
    "_vendor",
    "_vendored",
    "dist-packages",
    "node_modules",
    "site-packages",
    "third-party",
    "third_party",
    "thirdparty",
    "vendor",
    "vendored",
];

/// What is known of folders. Asked of the few files that findings lie in.
#[derive(Debug)]
pub struct Vendored<'s> {
    /// What the packages' folders are relative to.
    base: &'s Path,
    licensed: FxHashMap<PathBuf, bool>,
    collections: FxHashMap<PathBuf, bool>,
}

/// How many folders with licences of their own, and half of all, make the folder that they lie in one for other people's code.
const SEVERAL: usize = 3;

impl<'s> Vendored<'s> {
    /// Nothing is known yet. `base` is what reports' paths are relative to.
    pub fn new(base: &'s Path) -> Self {
        Vendored { base, licensed: FxHashMap::default(), collections: FxHashMap::default() }
    }

    /// Whether the file lies in other people's code: in a folder for that, or in one with a licence of its own, both below a folder that
    /// the user named. What is licensed where the package begins is the package itself, unless that lies deep in what is distributed by
    /// another manifest. A file that the user named does not.
    pub fn holds(&mut self, file: &Candidate) -> bool {
        let Some(root) = file.root.as_deref() else { return false };
        let [package, manifest] = &self.beginnings(file, root);
        let below_root = |folder: &&Path| *folder != root && folder.starts_with(root);
        file.absolute.ancestors().skip(1).take_while(below_root).any(|folder| {
            let named =
                folder.file_name().and_then(|name| name.to_str()).is_some_and(|n| FOLDERS.contains(&n));
            let is_part = is_within(folder, package) || (folder == package && is_within(folder, manifest));
            named
                || (is_part && self.is_licensed(folder))
                || (folder != manifest && folder.starts_with(manifest) && self.is_collection(folder))
        })
    }

    /// The folder that a file's package begins in, and that of the manifest which it is distributed by. Python's begin in folders that need none.
    fn beginnings(&self, file: &Candidate, root: &Path) -> [PathBuf; 2] {
        let package = self.base.join(file.package.as_ref().map_or("", |package| package.root.as_str()));
        if file.language != LanguageId::Python {
            return [package.clone(), package];
        }
        let mut below_root = file.absolute.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
        let nearest = below_root.find(|folder| is_distribution(folder));
        [package, nearest.unwrap_or(root).to_path_buf()]
    }

    /// Whether mostly packages of others lie in the folder, each with its licence; what lies beside them is brought along too.
    fn is_collection(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.collections.get(folder) {
            return *known;
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
        let licensed = folders.iter().filter(|folder| self.is_licensed(folder)).count();
        let is_collection = licensed >= SEVERAL && licensed * 2 >= folders.len();
        self.collections.insert(folder.to_path_buf(), is_collection);
        is_collection
    }

    fn is_licensed(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.licensed.get(folder) {
            return *known;
        }
        let mut names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let licensed = names.any(|name| name.to_str().is_some_and(is_licence));
        self.licensed.insert(folder.to_path_buf(), licensed);
        licensed
    }
}

/// Whether the folder says of itself that it is a distribution of Python's.
fn is_distribution(folder: &Path) -> bool {
    MANIFESTS.iter().any(|name| fs::symlink_metadata(folder.join(name)).is_ok())
}

/// Whether the folder is a part of the package, and not the package: what a manifest is of often lies in a folder right below it, as
/// what is imported in Python.
fn is_within(folder: &Path, package: &Path) -> bool {
    folder.parent().is_some_and(|parent| parent != package && parent.starts_with(package))
}

/// Whether a file of this name holds a licence: `LICENSE`, `LICENSE-MIT`, `COPYING.txt`, and not `license.go`.
fn is_licence(name: &str) -> bool {
    ["LICENSE", "LICENCE", "COPYING"].into_iter().any(|word| {
        name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    })
}

#[cfg(test)]
mod tests {
    use super::{is_licence, is_within};
    use std::path::Path;

    #[test]
    fn licences_are_told_from_code_about_them() {
        for name in ["LICENSE", "LICENSE.txt", "LICENSE-MIT", "COPYING", "LICENCE.md"] {
            assert!(is_licence(name), "{name}");
        }
        for name in ["license.go", "LICENSES", "licensing.py", "LICENSEE"] {
            assert!(!is_licence(name), "{name}");
        }
    }

    #[test]
    fn a_package_is_its_own() {
        let within = |folder| is_within(Path::new(folder), Path::new("/p"));
        assert!(within("/p/tool/patched/other"));
        assert!(within("/p/internal/other"));
        assert!(!within("/p/tool"));
        assert!(!within("/p"));
        assert!(!within("/q/a/b"));
    }
}
