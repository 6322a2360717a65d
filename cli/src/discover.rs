//! Which files are checked, and what they are called.
//!
//! Folders are walked as `git` would see them (`.gitignore`, but what git tracks is read all the same), also without build output,
//! `node_modules`, vendored code, and what tools keep for themselves (`.venv`, `.cache`). What `.ignore` names is left out, tracked or
//! not: it is there for tools like this one. Symbolic links are not followed, except where the user names one. A file that is named is
//! always read. Code of others that a package brings along within itself is read, for the package calls it, and nothing is reported
//! there.

use crate::hidden::{Hidden, repository_of};
use crate::modules::name_modules;
use crate::report::Warning;
use crate::terminal;
use anyhow::{Context, Result, bail};
use fsrace_analyzer::language::mentions::begins;
use fsrace_analyzer::source::{LanguageId, Package};
use ignore::{DirEntry, WalkBuilder, WalkState};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};

/// Manifests of Python's, which name where programs begin that need no `main`.
pub const MANIFESTS: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// What the user asked for.
#[derive(Debug)]
pub struct Scope {
    /// Paths in reports are relative to it. Absolute, without symbolic links, and an ancestor of all `roots`.
    pub base: PathBuf,
    /// Files and folders, absolute, without symbolic links.
    pub roots: Vec<PathBuf>,
    /// Only findings in these packages are reported, and other files are read only if they belong to `members`.
    pub selection: Option<Selection>,
}

/// Packages by their root folders, relative to the base.
#[derive(Debug)]
pub struct Selection {
    /// Read and linked.
    pub members: BTreeSet<String>,
    /// Reported on.
    pub shown: BTreeSet<String>,
}

impl Scope {
    /// The scope of paths as named on the command line.
    ///
    /// # Errors
    /// Where a path does not exist or cannot be looked at.
    pub fn of_paths(paths: &[PathBuf]) -> Result<Scope> {
        let mut roots = Vec::with_capacity(paths.len());
        let mut folders = 0;
        for path in paths {
            let shown = path.display().to_string();
            let root = fs::canonicalize(path).with_context(|| {
                format!("cannot check {}: name a file or folder that exists", terminal::line(&shown))
            })?;
            let metadata =
                fs::metadata(&root).with_context(|| format!("cannot look at {}", terminal::line(&shown)))?;
            if metadata.is_dir() {
                folders += 1;
            } else if !metadata.is_file() {
                bail!("cannot check {}: it is neither a file nor a folder", terminal::line(&shown));
            }
            roots.push(root);
        }
        if let ([root], 1) = (roots.as_slice(), folders) {
            return Ok(Scope { base: root.clone(), roots, selection: None });
        }
        let working = fs::canonicalize(".").context("cannot look at the working directory")?;
        let base = match roots.iter().all(|r| r.starts_with(&working)) {
            true => working,
            false => common_folder(&roots).context("the paths have no folder in common")?,
        };
        Ok(Scope { base, roots, selection: None })
    }

    /// How a path below the base is called in reports; none if its name is not UTF-8, or it is not below the base.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let parts: Option<Vec<&str>> =
            path.strip_prefix(&self.base).ok()?.components().map(|c| c.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }

    fn relative_lossy(&self, path: &Path) -> String {
        path.strip_prefix(&self.base).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

/// The deepest folder that is or holds all of these; a file is held by its folder.
pub fn common_folder(paths: &[PathBuf]) -> Option<PathBuf> {
    let mut folders = paths.iter().map(|p| match fs::metadata(p) {
        Ok(metadata) if metadata.is_dir() => p.as_path(),
        _ => p.parent().unwrap_or(p),
    });
    let mut common = folders.next()?.to_path_buf();
    for folder in folders {
        while !folder.starts_with(&common) {
            if !common.pop() {
                return None;
            }
        }
    }
    Some(common)
}

/// A file to be checked.
#[derive(Debug)]
pub struct Candidate {
    /// To open it.
    pub absolute: PathBuf,
    /// Its name in reports.
    pub path: String,
    /// What it is read as.
    pub language: LanguageId,
    /// The package that holds it.
    pub package: Option<Package>,
    /// The deepest of the folders that the user named and it was found in; none where the user named this very file.
    pub root: Option<Arc<Path>>,
}

impl Candidate {
    /// Whether the user named this very file.
    pub fn is_named(&self) -> bool {
        self.root.is_none()
    }
}

/// The files of a scope, sorted by path, each once, and what got in the way. Walks on so many threads, if that is said.
pub fn discover(scope: &Scope, threads: Option<u16>) -> (Vec<Candidate>, Vec<Warning>) {
    let mut search = Search {
        scope,
        // Zero leaves the number to the walker: one per core.
        threads: threads.map_or(0, usize::from),
        found: BTreeMap::new(),
        warnings: Vec::new(),
        packages: FxHashMap::default(),
        unwanted: FxHashSet::default(),
        repositories: Arc::default(),
    };
    let is_file = |root: &&Path| fs::metadata(root).is_ok_and(|metadata| metadata.is_file());
    let (files, folders): (Vec<&Path>, Vec<&Path>) =
        scope.roots.iter().map(PathBuf::as_path).partition(is_file);
    for file in files {
        search.add(file, None);
    }
    let empty = search.walk(&folders, true);
    // A folder that lies in an ignored place would lose its files to the patterns of the folders above.
    search.walk(&empty, false);
    search.walk_hidden(&folders);
    search.warnings.sort();
    search.warnings.dedup();
    name_modules(&mut search.found);
    (search.found.into_values().collect(), search.warnings)
}

/// All files below these folders that may be texts of the project, in no order: sources of any language, manifests, documentation.
/// None where there are so many that these are no folders of one project.
pub fn texts(folders: &[PathBuf], threads: Option<u16>) -> Option<Vec<PathBuf>> {
    let [first, rest @ ..] = folders else { return None };
    let mut builder = walker(first, rest.iter().map(PathBuf::as_path), threads.map_or(0, usize::from));
    builder.filter_entry(|entry| entry.depth() == 0 || !is_passed_over(entry));
    let (met, files) = mpsc::channel();
    builder.build_parallel().run(|| {
        let met = met.clone();
        Box::new(move |entry| {
            let file = entry.ok().filter(|entry| entry.file_type().is_some_and(|t| t.is_file()));
            if let Some(file) = file.filter(|file| is_text(file.path())) {
                // Whoever takes them waits until the walk is over.
                let _ = met.send(file.into_path());
            }
            WalkState::Continue
        })
    });
    drop(met);
    let files: Vec<PathBuf> = files.into_iter().collect();
    (files.len() <= MOST_TEXTS).then_some(files)
}

/// Whether a file is a text by its name, as far as texts name functions.
fn is_text(path: &Path) -> bool {
    match path.extension().and_then(OsStr::to_str) {
        Some(extension) => TEXTS.binary_search(&extension).is_ok(),
        // Scripts, and what tools are told by: `Makefile`, `Dockerfile`.
        None => true,
    }
}

/// A walk through all of the folders at once: its threads start and end once.
fn walker<'r>(first: &Path, rest: impl Iterator<Item = &'r Path>, threads: usize) -> WalkBuilder {
    let mut builder = WalkBuilder::new(first);
    for root in rest {
        builder.add(root);
    }
    builder
        .follow_links(false)
        // What people keep for their services and agents is theirs: `.github/scripts`, `.claude/hooks`.
        .hidden(false)
        // What git ignores is ignored also where the sources were unpacked without their repository, and the same on every machine.
        .require_git(false)
        .git_global(false)
        .threads(threads);
    builder
}

struct Search<'a> {
    scope: &'a Scope,
    threads: usize,
    found: BTreeMap<String, Candidate>,
    warnings: Vec<Warning>,
    packages: FxHashMap<(LanguageId, PathBuf), Option<Package>>,
    /// Files of packages that are not read.
    unwanted: FxHashSet<String>,
    /// Working folders of repositories that were met on the way.
    repositories: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Search<'_> {
    /// Walks folders, and returns those in which there was no source file.
    fn walk<'r>(&mut self, roots: &[&'r Path], parents: bool) -> Vec<&'r Path> {
        let Some(mut builder) = self.walker(roots) else { return Vec::new() };
        let repositories = Arc::clone(&self.repositories);
        builder.parents(parents).filter_entry(move |entry| {
            if entry.file_name() == OsStr::new(".git")
                && let Some(folder) = entry.path().parent()
            {
                let mut repositories = repositories.lock().unwrap_or_else(PoisonError::into_inner);
                repositories.insert(folder.to_path_buf());
            }
            entry.depth() == 0 || !is_passed_over(entry)
        });
        let filled = self.meet(&builder);
        roots.iter().copied().filter(|root| !filled.contains(*root)).collect()
    }

    /// Walks the folders once more, to what `.gitignore` hides there and is the project's own all the same.
    fn walk_hidden(&mut self, roots: &[&Path]) {
        let Some(mut builder) = self.walker(roots) else { return };
        let hidden = self.hidden(roots);
        if hidden.is_empty() {
            return;
        }
        builder
            .git_ignore(false)
            .git_exclude(false)
            .filter_entry(move |entry| hidden.leads_to(entry.path()) && !is_passed_over(entry));
        self.meet(&builder);
    }

    /// What is below these folders, was not found there, and is tracked or customary.
    fn hidden(&self, roots: &[&Path]) -> Hidden {
        let is_missing = |file: &Path| {
            roots.iter().any(|root| file.starts_with(root))
                && self
                    .scope
                    .relative(file)
                    .is_some_and(|path| !self.found.contains_key(&path) && !self.unwanted.contains(&path))
        };
        let mut hidden = Hidden::default();
        let mut repositories: BTreeSet<PathBuf> =
            self.repositories.lock().unwrap_or_else(PoisonError::into_inner).clone();
        repositories.extend(roots.iter().filter_map(|root| repository_of(root)));
        hidden.add_tracked(repositories.into_iter(), &is_missing);
        let packages: BTreeSet<(LanguageId, &str)> = self
            .packages
            .iter()
            .filter_map(|((language, _), package)| Some((*language, package.as_ref()?.root.as_str())))
            .collect();
        for (language, package) in packages {
            hidden.add_customary(language, &self.scope.base.join(package), &is_missing);
        }
        hidden
    }

    /// A walk through all of the folders.
    fn walker(&self, roots: &[&Path]) -> Option<WalkBuilder> {
        let [first, rest @ ..] = roots else { return None };
        Some(walker(first, rest.iter().copied(), self.threads))
    }

    /// Adds the sources that the walk meets, and returns the roots below which there were any.
    fn meet(&mut self, builder: &WalkBuilder) -> BTreeSet<Arc<Path>> {
        let walk = |met: Sender<Result<DirEntry, ignore::Error>>| {
            builder.build_parallel().run(|| {
                let met = met.clone();
                Box::new(move |entry| {
                    let wanted = match &entry {
                        Ok(entry) => entry.error().is_some() || is_source(entry),
                        Err(_) => true,
                    };
                    // Whoever takes them waits until the walk is over.
                    match !wanted || met.send(entry).is_ok() {
                        true => WalkState::Continue,
                        false => WalkState::Quit,
                    }
                })
            });
        };
        // What is met comes in no order, and is put in order by its name.
        let (met, entries) = mpsc::channel();
        let mut filled: BTreeSet<Arc<Path>> = BTreeSet::new();
        std::thread::scope(|threads| {
            // Whose the files are is looked at beside the walk; after it, where there is no thread for that.
            let walk = &walk;
            let beside = self.threads != 1 && {
                let met = met.clone();
                std::thread::Builder::new().spawn_scoped(threads, move || walk(met)).is_ok()
            };
            match beside {
                true => drop(met),
                false => walk(met),
            }
            for entry in entries {
                match entry {
                    Ok(entry) => {
                        if let Some(error) = entry.error() {
                            self.warn(error);
                        }
                        let root = entry.path().ancestors().nth(entry.depth());
                        if let Some(root) = root.filter(|_| is_source(&entry)) {
                            let root = match filled.get(root) {
                                Some(known) => Arc::clone(known),
                                None => {
                                    let root: Arc<Path> = Arc::from(root);
                                    filled.insert(Arc::clone(&root));
                                    root
                                }
                            };
                            self.add(entry.path(), Some(&root));
                        }
                    }
                    Err(error) => self.warn(&error),
                }
            }
        });
        filled
    }

    /// Adds a file that was found below this root, which the user named, or that the user named itself.
    fn add(&mut self, absolute: &Path, root: Option<&Arc<Path>>) {
        let Some(path) = self.scope.relative(absolute) else {
            let path = self.scope.relative_lossy(absolute);
            self.warnings.push(Warning {
                path,
                message: "its name is not UTF-8, skipped: rename it to check it".to_owned(),
            });
            return;
        };
        let Some(language) = LanguageId::of_path(&path) else {
            self.warnings.push(Warning {
                path,
                message: "no language that fsrace reads (.go, .py, .rs), skipped".to_owned(),
            });
            return;
        };
        let package = self.package(language, absolute.parent().unwrap_or(absolute));
        if let Some(selection) = &self.scope.selection
            && !package.as_ref().is_some_and(|p| selection.members.contains(&p.root))
        {
            self.unwanted.insert(path);
            return;
        }
        let deepest = match self.found.get(&path).map(|known| known.root.as_ref()) {
            None => root,
            Some(known) => {
                root.zip(known).map(|(root, known)| if known.starts_with(root) { known } else { root })
            }
        };
        let root = deepest.map(Arc::clone);
        let absolute = absolute.to_path_buf();
        self.found.insert(path.clone(), Candidate { absolute, path, language, package, root });
    }

    /// The package whose manifest is the nearest at or above the folder.
    fn package(&mut self, language: LanguageId, folder: &Path) -> Option<Package> {
        let mut below = Vec::new();
        let mut package = None;
        for folder in folder.ancestors() {
            let key = (language, folder.to_path_buf());
            if let Some(known) = self.packages.get(&key) {
                package = known.clone();
                break;
            }
            below.push(key);
            if let Some(name) = package_name(language, folder) {
                // A manifest above the base is that of the base.
                let root = self.scope.relative(folder).unwrap_or_default();
                let programs = match language {
                    LanguageId::Python => programs_of(folder),
                    LanguageId::Rust | LanguageId::Go => Arc::default(),
                };
                package = Some(Package { root, name, programs });
                break;
            }
        }
        self.packages.extend(below.into_iter().map(|key| (key, package.clone())));
        package
    }

    fn warn(&mut self, error: &ignore::Error) {
        let path = error_path(error).map(|p| self.scope.relative_lossy(p)).unwrap_or_default();
        let message = match error.io_error() {
            Some(io) => format!("cannot be walked: {}; make it readable or ignore it", io.kind()),
            None => format!("an ignore rule is left out: {}", innermost(error)),
        };
        self.warnings.push(Warning { path, message });
    }
}

/// Whether the entry is a file of a language that fsrace reads.
fn is_source(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|t| t.is_file())
        && LanguageId::of_path(&entry.path().to_string_lossy()).is_some()
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(error_path),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

fn innermost(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => innermost(err),
        ignore::Error::Partial(errors) => errors.first().map(innermost).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// The package's name as the manifest in a folder says; none if there is no manifest, or it names no package.
fn package_name(language: LanguageId, folder: &Path) -> Option<String> {
    match language {
        LanguageId::Rust => {
            let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
            crate_name(&text)
        }
        LanguageId::Go => {
            let text = fs::read_to_string(folder.join("go.mod")).ok()?;
            module_path(&text)
        }
        // Python finds a module by the folders from the first one that is no package itself.
        LanguageId::Python => {
            let is_package = fs::symlink_metadata(folder.join("__init__.py")).is_ok();
            (!is_package).then(|| folder.file_name().unwrap_or_default().to_string_lossy().into_owned())
        }
    }
}

/// The functions that the programs of a distribution begin with, as its manifests say, which lie in the folder of its packages or above
/// that (`src`).
fn programs_of(folder: &Path) -> Arc<[String]> {
    let folders = [Some(folder), folder.parent()].into_iter().flatten();
    let manifests = folders.flat_map(|folder| MANIFESTS.map(|name| folder.join(name)));
    let texts = manifests.filter_map(|manifest| fs::read_to_string(manifest).ok());
    let mut found: Vec<String> =
        texts.flat_map(|text| begins(&text).map(str::to_owned).collect::<Vec<_>>()).collect();
    found.sort_unstable();
    found.dedup();
    found.into()
}

/// The path of the module that a go.mod is of: `module example.com/tool // a comment`, quoted or not.
fn module_path(manifest: &str) -> Option<String> {
    let mut lines = manifest.lines().filter_map(|line| line.trim().strip_prefix("module"));
    let rest = lines.find(|rest| rest.starts_with([' ', '\t']))?;
    let path = rest.split("//").next()?.trim().trim_matches(['"', '`']);
    (!path.is_empty()).then(|| path.to_owned())
}

/// The name of the package that a Cargo.toml is of; none if it names none.
fn crate_name(text: &str) -> Option<String> {
    let name = |table: &toml::Table| Some(table.get("name")?.as_str()?.to_owned());
    // Its table alone is read where that is plain to see: the rest of a manifest is mostly dependencies.
    if let Some(package) = package_table(text).and_then(|table| table.parse::<toml::Table>().ok())
        && let Some(name) = name(&package)
    {
        return Some(name);
    }
    let table: toml::Table = text.parse().ok()?;
    name(table.get("package")?.as_table()?)
}

/// The lines below `[package]`, up to the next table.
fn package_table(manifest: &str) -> Option<&str> {
    // A text of several lines may hold lines that look like the head of a table.
    if manifest.contains("\"\"\"") || manifest.contains("'''") {
        return None;
    }
    let (before, rest) = manifest.split_once("[package]\n")?;
    let at_line = before.is_empty() || before.ends_with('\n');
    at_line.then(|| rest.split_once("\n[").map_or(rest, |(table, _)| table))
}

/// More texts than any project has.
const MOST_TEXTS: usize = 400_000;

/// Endings of texts that may name functions, sorted.
const TEXTS: [&str; 67] = [
    "R", "adoc", "bash", "bazel", "bzl", "c", "cc", "cfg", "conf", "cpp", "cs", "cu", "fish", "go", "gotmpl",
    "graphql", "h", "hcl", "hpp", "htm", "html", "hx", "in", "ini", "ipynb", "j2", "java", "jinja", "jinja2",
    "jl", "js", "json", "jsx", "kt", "lua", "m", "mako", "md", "mdx", "mjs", "mk", "nix", "proto", "ps1",
    "pxd", "py", "pyi", "pyx", "rb", "rs", "rst", "service", "sh", "svelte", "swift", "template", "tmpl",
    "toml", "tpl", "ts", "tsx", "txt", "udl", "vue", "yaml", "yml", "zsh",
];

/// Folders of tools, sorted: their own state, their caches, and what they brought in. Where a repository is said what to ignore, most
/// are ignored anyway.
const OF_TOOLS: [&str; 26] = [
    ".bzr",
    ".cache",
    ".cargo",
    ".direnv",
    ".eggs",
    ".git",
    ".gradle",
    ".hg",
    ".idea",
    ".ipynb_checkpoints",
    ".jj",
    ".mypy_cache",
    ".next",
    ".nox",
    ".npm",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".ruff_cache",
    ".rustup",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    ".vscode",
    ".yarn",
];

/// Whether a folder holds nothing that its user wrote: a cache, build output, or other people's code.
fn is_passed_over(entry: &DirEntry) -> bool {
    if !entry.file_type().is_some_and(|t| t.is_dir()) {
        return false;
    }
    let folder = entry.path();
    let holds = |folder: &Path, name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
    let build_output = entry.file_name() == OsStr::new("target")
        && folder.parent().is_some_and(|parent| holds(parent, "Cargo.toml"));
    // Modules that a Go module brings along; older tools leave no list of them.
    let vendored = entry.file_name() == OsStr::new("vendor")
        && (["modules.txt", "github.com", "golang.org"].into_iter().any(|name| holds(folder, name))
            || folder.parent().is_some_and(|parent| holds(parent, "go.mod")));
    entry.file_name() == OsStr::new("node_modules")
        || entry.file_name().to_str().is_some_and(|name| OF_TOOLS.binary_search(&name).is_ok())
        || build_output
        || vendored
        || holds(folder, "CACHEDIR.TAG")
        || holds(folder, ".cargo-checksum.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_called_what_their_manifest_says() {
        assert_eq!(
            module_path("// a\nmodule example.com/tool/v2 // b\n\ngo 1.22\n").as_deref(),
            Some("example.com/tool/v2")
        );
        assert_eq!(module_path("module \"example.com/a\"").as_deref(), Some("example.com/a"));
        assert_eq!(module_path("go 1.22\nmodules x\n"), None);
    }

    #[test]
    fn a_package_is_named_by_its_table() {
        for (text, name) in [
            ("[package]\nname = \"a\"\n\n[dependencies]\nb = { version = \"1\" }\n", Some("a")),
            ("# [package]\n[package] # ours\nname = \"a\"\n", Some("a")),
            ("[workspace]\nmembers = [\n  \"b\",\n]\n[package]\nedition = \"2024\"\nname = \"a\"", Some("a")),
            ("package.name = \"a\"\n", Some("a")),
            ("x = \"\"\"\n[package]\nname = \"b\"\n\"\"\"\n[package]\nname = \"a\"\n", Some("a")),
            ("[package]\nkeywords = [\n[package]\n", None),
            ("[workspace.package]\nname = \"a\"\n", None),
        ] {
            assert_eq!(crate_name(text).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn endings_of_texts_are_sorted() {
        assert!(TEXTS.is_sorted());
    }

    #[test]
    fn folders_have_the_deepest_ancestor_in_common() {
        let paths = ["/none/a/b/x.rs", "/none/a/c/y.rs"].map(PathBuf::from);
        assert_eq!(common_folder(&paths), Some(PathBuf::from("/none/a")));
        assert_eq!(common_folder(&[]), None);
    }
}
