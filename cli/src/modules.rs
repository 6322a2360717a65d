//! What a Go module is called whose manifest is not there, as in a part of a repository, a GOPATH, or a tree that keeps its manifest under
//! another name: its files import each other by their full paths, which end in the folders that hold them.

use crate::discover::Candidate;
use fsrace_analyzer::source::{LanguageId, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// How many files are read for their imports, and how much of each.
const FILES: usize = 400;
const HEAD: u64 = 8 * 1024;
/// How many imports must agree.
const AGREED: usize = 2;
/// How many folders of an import's path must be those of the tree.
const FOLDERS: usize = 2;

/// Gives Go files without a manifest the module that their imports of each other tell.
pub fn name_modules(candidates: &mut BTreeMap<String, Candidate>) {
    let lost = |c: &Candidate| c.language == LanguageId::Go && c.package.is_none();
    let folders: BTreeSet<&str> =
        candidates.values().filter(|c| lost(c)).filter_map(|c| Some(c.path.rsplit_once('/')?.0)).collect();
    if folders.is_empty() {
        return;
    }
    let mut imports = BTreeSet::new();
    for candidate in candidates.values().filter(|c| lost(c)).take(FILES) {
        let mut head = Vec::new();
        let read = File::open(&candidate.absolute).and_then(|file| file.take(HEAD).read_to_end(&mut head));
        if read.is_ok() {
            imports.extend(imports_in(&String::from_utf8_lossy(&head)));
        }
    }
    let Some(package) = told_by(&imports, &folders) else { return };
    let below = |path: &str| {
        package.root.is_empty() || path.strip_prefix(&package.root).is_some_and(|rest| rest.starts_with('/'))
    };
    for candidate in candidates.values_mut().filter(|c| lost(c)) {
        if below(&candidate.path) {
            candidate.package = Some(package.clone());
        }
    }
}

/// The import paths with a host's name in the beginning of a Go file.
fn imports_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if ["func ", "type ", "var ", "const "].into_iter().any(|word| line.starts_with(word)) {
            break;
        }
        let mut parts = line.split('"');
        let (Some(_), Some(path)) = (parts.next(), parts.next()) else { continue };
        if path.split('/').next().is_some_and(|host| host.contains('.')) {
            found.push(path.to_owned());
        }
    }
    found
}

/// The folder and path of a module, of which most imports end in folders below it.
fn told_by(imports: &BTreeSet<String>, folders: &BTreeSet<&str>) -> Option<Package> {
    let mut votes: BTreeMap<Package, usize> = BTreeMap::new();
    for import in imports {
        for folder in folders {
            let shared = import.rsplit('/').zip(folder.rsplit('/')).take_while(|(a, b)| a == b).count();
            if shared < FOLDERS {
                continue;
            }
            let above = |path: &str| {
                let parts: Vec<&str> = path.split('/').collect();
                parts.get(..parts.len().saturating_sub(shared)).unwrap_or_default().join("/")
            };
            let package = Package { root: above(folder), name: above(import), programs: Arc::default() };
            if !package.name.is_empty() {
                *votes.entry(package).or_default() += 1;
            }
        }
    }
    let (package, agreed) = votes.into_iter().max_by_key(|(_, count)| *count)?;
    (agreed >= AGREED).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_told_by_what_its_files_import_of_each_other() {
        let text = "package a\n\nimport (\n\t\"os\"\n\tc \"example.com/tool/cli/config\"\n\t\"example.com/tool/cli/config/file\"\n\t\"example.org/other/store\"\n)\n\nvar x = \"example.com/a/b\"\n";
        let imports: BTreeSet<String> = imports_in(text).into_iter().collect();
        assert_eq!(imports.len(), 3);
        let folders = BTreeSet::from(["part/cli/config", "part/cli/config/file", "part/store"]);
        let told = told_by(&imports, &folders);
        assert_eq!(
            told,
            Some(Package {
                root: "part".to_owned(),
                name: "example.com/tool".to_owned(),
                programs: Arc::default()
            })
        );
        assert_eq!(told_by(&imports, &BTreeSet::from(["store"])), None);
    }
}
