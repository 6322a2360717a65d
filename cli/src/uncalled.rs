//! Which functions nothing in the project calls: asked of the few that findings are about, of all texts of the project.
//!
//! Where a function's name stands nowhere but where it is declared, in comments, and in calls that are known to be of another function, and the same
//! is so of all that lead to it, it never runs. Documentation and manifests are read for this too, which is why it is asked last and of few.
//! That a test calls something says nothing about the program, but of what others may import, that it is there for somebody. A library's
//! functions are there for others, so that this holds in programs only. In doubt, a function is called.

use crate::discover::{MANIFESTS, Scope, texts};
use crate::hidden::repository_of;
use crate::resolve::Sources;
use aho_corasick::AhoCorasick;
use fsrace_analyzer::language::mentions::{
    Form, Met, begins, begins_program, imported, is_mention, is_of_tests, looks_up, pieces, reflects,
    test_parts,
};
use fsrace_analyzer::link::{FileId, FunctionId, Program, Settled};
use fsrace_analyzer::source::LanguageId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Larger texts are data.
const LARGEST: u64 = 2_000_000;
/// What a project's folder holds.
const OF_PROJECTS: [&str; 6] =
    ["Cargo.toml", "go.mod", "pyproject.toml", "setup.cfg", "setup.py", "package.json"];

/// How many folders may lie between a project and a part of it.
const BETWEEN: usize = 2;

/// A function that is asked about.
struct Asked<'p> {
    function: FunctionId,
    /// All that lead to it, and itself.
    leading: Vec<FunctionId>,
    package: &'p str,
    language: LanguageId,
}

/// A function whose name is asked about.
struct Name<'p> {
    name: &'p str,
    function: FunctionId,
    language: LanguageId,
    /// How it is called.
    form: Form,
    /// The file that declares it.
    path: &'p str,
    /// Whether it is one by which others may call what they import: that tests call it, as they do, says that it is there for somebody.
    is_offered: bool,
}

/// What is checked.
#[derive(Clone, Copy)]
pub struct Checked<'p> {
    /// Where it was asked for.
    pub scope: &'p Scope,
    /// What it comes to.
    pub program: &'p Program,
    /// Its texts, as far as they were kept.
    pub sources: &'p Sources,
}

/// What the texts tell.
#[derive(Default)]
struct Told<'n> {
    /// Functions whose names stand where they may be meant.
    mentioned: FxHashSet<FunctionId>,
    /// Packages in which programs begin, as texts and manifests say.
    programs: FxHashSet<&'n str>,
    /// Packages that use others.
    uses: Vec<(&'n str, &'n str)>,
    /// Files that find functions, or methods, by names that they are given at run time.
    looking: FxHashSet<(FileId, bool)>,
    /// Languages whose public functions and methods may be called wherever they are, without a name.
    reflecting: BTreeSet<LanguageId>,
}

/// Those of the functions that nothing in the project calls.
pub fn among(checked: Checked<'_>, functions: &[FunctionId], threads: Option<u16>) -> FxHashSet<FunctionId> {
    let Checked { scope, program, .. } = checked;
    let asked: Vec<Asked<'_>> = functions
        .iter()
        .filter_map(|function| {
            let leading = program.leading_to(*function)?;
            let file = program.file(program.file_of(*function))?;
            let package = package(&file.module);
            let language = LanguageId::of_path(&file.path)?;
            Some(Asked { function: *function, leading, package, language })
        })
        .collect();
    let mut names: Vec<Name<'_>> = asked
        .iter()
        .flat_map(|asked| {
            asked.leading.iter().filter_map(|function| named(checked, *function, asked.language))
        })
        .collect();
    names.sort_unstable_by_key(|of| (of.name, of.function));
    names.dedup_by_key(|of| of.function);
    if names.is_empty() {
        return FxHashSet::default();
    }
    let settled = program.settled(&names.iter().map(|of| of.name).collect());
    let packages: FxHashSet<&str> = program.files().iter().map(|file| package(&file.module)).collect();
    let is_method = |function| program.function(function).is_some_and(|summary| summary.has_receiver);
    let is_called = |asked: &Asked<'_>, told: &Told<'_>, programs: &FxHashSet<&str>, all: bool| {
        // A module that may be run by itself makes no program of the modules beside it, all of which are one package.
        let is_program = match asked.language {
            // Whose manifests may lie above what is checked.
            LanguageId::Python => !all || told.programs.contains(asked.package),
            _ => programs.contains(asked.package),
        };
        !is_program
            || asked.leading.iter().any(|function| {
                let Some(name) = program.own_name(*function) else { return true };
                // A call of a namesake is no call of this one, unless that is what this one stands in for.
                let namesake = || {
                    program.stands_in(*function)
                        && settled.iter().any(|call| {
                            call.name == name
                                && call.function.is_none_or(|called| !asked.leading.contains(&called))
                        })
                };
                let is_public = program.function(*function).is_none_or(|summary| summary.context.public);
                told.mentioned.contains(function)
                    || (is_public && told.reflecting.contains(&asked.language))
                    || told.looking.contains(&(program.file_of(*function), is_method(*function)))
                    || namesake()
            })
    };
    // Nearly all are named somewhere in what is checked, and then nothing else need be known of it.
    let met = read(checked, &names, &settled, &packages, Some(Vec::new()), true).mentioned;
    let is_met = |asked: &Asked<'_>| asked.leading.iter().any(|function| met.contains(function));
    let asked: Vec<Asked<'_>> = asked.into_iter().filter(|asked| !is_met(asked)).collect();
    if asked.is_empty() {
        return FxHashSet::default();
    }
    names.retain(|of| !met.contains(&of.function));
    let uncalled = |texts: Option<Vec<PathBuf>>, all: bool| -> FxHashSet<FunctionId> {
        let told = read(checked, &names, &settled, &packages, texts, false);
        let beginnings = told.programs.iter().copied();
        let programs = program.packages_of_programs(beginnings, told.uses.iter().copied());
        let uncalled = asked.iter().filter(|asked| !is_called(asked, &told, &programs, all));
        uncalled.map(|asked| asked.function).collect()
    };
    // Most are called from what is checked, so that the rest of the project need not be walked.
    match uncalled(Some(Vec::new()), false).is_empty() {
        true => FxHashSet::default(),
        false => uncalled(texts(&projects(scope), threads), true),
    }
}

/// What is asked of texts about one function.
fn named<'p>(
    Checked { program, sources, .. }: Checked<'p>,
    function: FunctionId,
    language: LanguageId,
) -> Option<Name<'p>> {
    let name = program.own_name(function)?;
    let summary = program.function(function)?;
    let file = program.file_of(function);
    let declared = sources.text(file).map(|text| (text, summary.name_span.end as usize));
    let form = Form::of(language, declared, summary.has_receiver, program.is_of_type(function));
    let path = program.file(file)?.path.as_str();
    Some(Name { name, function, language, form, path, is_offered: is_offered(program, language, function) })
}

/// Reads these texts beside those that are checked; with `only_names` none but what is kept of the latter, of which nothing else is asked.
fn read<'n>(
    checked: Checked<'n>,
    names: &[Name<'_>],
    settled: &[Settled<'_>],
    packages: &FxHashSet<&'n str>,
    texts: Option<Vec<PathBuf>>,
    only_names: bool,
) -> Told<'n> {
    let Checked { scope, program, sources } = checked;
    // What is searched for, and of which functions that tells.
    let mut searched: Vec<(String, bool, &[Name<'_>])> = Vec::new();
    for of in names.chunk_by(|a, b| a.name == b.name) {
        let Some(first) = of.first() else { continue };
        searched.push((first.name.to_owned(), true, of));
        let languages: BTreeSet<LanguageId> = of.iter().map(|of| of.language).collect();
        let pieces = languages.into_iter().flat_map(|language| pieces(language, first.name));
        searched.extend(pieces.map(|piece| (piece, false, of)));
    }
    let search = AhoCorasick::new(searched.iter().map(|(text, ..)| text)).ok();
    let Some((search, texts)) = search.zip(texts) else {
        // What cannot be asked is called.
        let mentioned = names.iter().map(|of| of.function).collect();
        return Told { mentioned, ..Told::default() };
    };
    let mut spans: FxHashMap<FileId, Vec<&Settled<'_>>> = FxHashMap::default();
    for call in settled {
        spans.entry(call.file).or_default().push(call);
    }
    let texts = match only_names {
        true => kept(checked),
        false => all(checked, texts),
    };
    let projects = projects(scope);
    let told = texts.into_par_iter().filter_map(|(path, file)| {
        let source = LanguageId::of_path(&path.to_string_lossy());
        let text = match file.and_then(|file| sources.text(file)) {
            Some(kept) => Cow::Borrowed(kept),
            None if source.is_none() && fs::metadata(&path).ok()?.len() > LARGEST => return None,
            None => Cow::Owned(
                String::from_utf8(fs::read(&path).ok()?)
                    .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            ),
        };
        if only_names && !search.is_match(text.as_ref()) {
            return None;
        }
        let within = |project: &PathBuf| path.strip_prefix(project).ok().map(Path::to_string_lossy);
        let is_test =
            |language| projects.iter().find_map(within).is_some_and(|path| is_of_tests(language, &path));
        let is_test = source.is_some_and(is_test);
        let mut told = Told::default();
        let file = file.or_else(|| file_of(program, &scope.relative(&path)?));
        let calls = file.and_then(|file| spans.get(&file)).map_or(&[][..], Vec::as_slice);
        let tests = LazyCell::new(|| source.map_or_else(Vec::new, |language| test_parts(language, &text)));
        let relative = scope.relative(&path).unwrap_or_default();
        for found in search.find_overlapping_iter(text.as_ref()) {
            let Some((searched, whole, of)) = searched.get(found.pattern().as_usize()) else { continue };
            let (at, end) = (found.start(), found.end());
            let open = || of.iter().filter(|of| !told.mentioned.contains(&of.function));
            if open().next().is_none() {
                continue;
            }
            let is_meant = !whole
                || (is_word(&text, at, end)
                    && is_mention(source, &text, at)
                    && !calls.iter().any(|call| is_of(call, searched, at, &text)));
            if !is_meant {
                continue;
            }
            let in_test = LazyCell::new(|| is_test || tests.iter().any(|tests| tests.contains(&at)));
            let may_be = |of: &&Name<'_>| {
                let (own, beside) = (of.path == relative, folder(of.path) == folder(&relative));
                let met = Met { language: source, path: &relative, text: &text, own, beside };
                (of.is_offered || !*in_test) && (!whole || of.form.fits(met, at, end))
            };
            let meant: Vec<FunctionId> = open().filter(may_be).map(|of| of.function).collect();
            told.mentioned.extend(meant);
        }
        if only_names {
            return Some(told);
        }
        if let (Some(file), Some(language)) = (file, source)
            && let Some(summary) = program.file(file)
        {
            let ways = [true, false].into_iter().filter(|methods| looks_up(language, &text, *methods));
            told.reflecting.extend(reflects(language, &text).then_some(language));
            told.looking.extend(ways.map(|methods| (file, methods)));
            let own = package(&summary.module);
            if begins_program(language, &summary.path, &text) && program.may_begin(summary) {
                told.programs.insert(own);
            }
            let used = imported(language, &text).into_iter().filter_map(|used| packages.get(used));
            told.uses.extend(used.map(|used| (own, *used)));
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if MANIFESTS.contains(&name) {
            let first = |function: &str| function.split(['.', ':']).next().and_then(|of| packages.get(of));
            told.programs.extend(begins(&text).filter_map(first));
        }
        if name == "__main__.py" {
            let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
            told.programs.extend(packages.iter().filter(|package| folder == Some(**package)));
        }
        Some(told)
    });
    told.reduce(Told::default, |mut all, told| {
        all.mentioned.extend(told.mentioned);
        all.programs.extend(told.programs);
        all.uses.extend(told.uses);
        all.looking.extend(told.looking);
        all.reflecting.extend(told.reflecting);
        all
    })
}

/// The files that are checked and whose texts were kept.
fn kept(Checked { scope, program, sources }: Checked<'_>) -> Vec<(PathBuf, Option<FileId>)> {
    let files = (0..).map(FileId).zip(program.files());
    let kept = files.filter(|(id, _)| sources.text(*id).is_some());
    kept.map(|(id, file)| (scope.base.join(&file.path), Some(id))).collect()
}

/// All files that are checked, the manifests beside and above them, and these texts, each once.
fn all(Checked { scope, program, .. }: Checked<'_>, texts: Vec<PathBuf>) -> Vec<(PathBuf, Option<FileId>)> {
    let mut all: FxHashMap<PathBuf, Option<FileId>> = texts.into_iter().map(|path| (path, None)).collect();
    // What is checked was found in its own ways.
    let files = (0..).map(FileId).zip(program.files());
    all.extend(files.map(|(id, file)| (scope.base.join(&file.path), Some(id))));
    let folders: FxHashSet<&Path> =
        program.files().iter().flat_map(|file| Path::new(&file.path).ancestors().skip(1)).collect();
    let manifests = folders.iter().flat_map(|folder| MANIFESTS.map(|name| folder.join(name)));
    all.extend(manifests.map(|manifest| (scope.base.join(manifest), None)));
    all.into_iter().collect()
}

/// The folder of a file.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a program that this is no part of may call the function. What Python's programs are made of is there for them.
fn is_offered(program: &Program, language: LanguageId, function: FunctionId) -> bool {
    let is_library = program.file(program.file_of(function)).is_some_and(|file| file.library);
    let is_public = program.function(function).is_some_and(|summary| summary.context.public);
    language != LanguageId::Python && is_library && is_public
}

/// The package of a module: the first part of its name.
fn package(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// The file of the program at this path.
fn file_of(program: &Program, path: &str) -> Option<FileId> {
    let files = program.files();
    let at = files.partition_point(|file| file.path.as_str() < path);
    files.get(at).filter(|file| file.path == path)?;
    Some(FileId(u32::try_from(at).ok()?))
}

/// Whether what stands there is no part of a longer name.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let joins = |byte: Option<&u8>| {
        byte.is_some_and(|byte| *byte == b'_' || *byte >= 0x80 || byte.is_ascii_alphanumeric())
    };
    let bytes = text.as_bytes();
    !joins(start.checked_sub(1).and_then(|before| bytes.get(before))) && !joins(bytes.get(end))
}

/// Whether the name that begins there is the one that the call is by: the first in it.
fn is_of(call: &Settled<'_>, name: &str, at: usize, text: &str) -> bool {
    let (start, end) = (call.span.start as usize, call.span.end as usize);
    call.name == name
        && text.get(start..end).is_some_and(|within| {
            let mut found = within.match_indices(name).map(|(within, _)| start + within);
            found.find(|at| is_word(text, *at, *at + name.len())) == Some(at)
        })
}

/// The outermost of the folders at and above this one that hold a project, or a part of one, without many in between that do not.
fn outermost(folder: &Path) -> &Path {
    let mut found = folder;
    let mut between = 0;
    for above in folder.ancestors() {
        if OF_PROJECTS.iter().any(|name| fs::symlink_metadata(above.join(name)).is_ok()) {
            (found, between) = (above, 0);
        } else {
            between += 1;
        }
        if between > BETWEEN {
            break;
        }
    }
    found
}

/// The folders of the projects that the scope is of: what lies in another part of a repository may call what is checked.
fn projects(scope: &Scope) -> Vec<PathBuf> {
    let project = |root: &PathBuf| {
        let folder =
            if fs::metadata(root).is_ok_and(|found| found.is_file()) { root.parent()? } else { root };
        Some(repository_of(folder).unwrap_or_else(|| outermost(folder).to_path_buf()))
    };
    let all: BTreeSet<PathBuf> = scope.roots.iter().filter_map(project).collect();
    // What lies in another is walked with that.
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in all {
        if !folders.last().is_some_and(|above| folder.starts_with(above)) {
            folders.push(folder);
        }
    }
    folders
}
