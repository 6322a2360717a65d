//! One folder per language: `lower.rs` (syntax to flow), `models.toml` (what each API does), `render.rs` (atomic idiom to edits).

mod aside;
mod command;
mod conditions;
mod drained;
#[cfg(feature = "go")]
pub mod go;
mod listing;
pub mod mentions;
pub mod models;
mod modes;
mod position;
#[cfg(feature = "python")]
pub mod python;
pub mod rust;
mod steps;
mod terms;
mod texts;

use crate::flow::{FileSummary, Place};
use crate::qualified;
use crate::source::{LanguageId, Package, SourceFile, Span};

/// Lowers one file to its summary. Never fails: what cannot be parsed is listed in the summary's errors.
pub fn lower(file: &SourceFile) -> FileSummary {
    lower_with(file, Tests::Read)
}

/// As [`lower`], without such parts of the file as are there in tests only, as far as that is plain to see at a glance. What is
/// left out costs no parsing, and its syntax errors are not told.
pub fn lower_without_tests(file: &SourceFile) -> FileSummary {
    lower_with(file, Tests::LeftOut)
}

fn lower_with(file: &SourceFile, tests: Tests) -> FileSummary {
    let mut summary = match file.language {
        LanguageId::Rust => rust::lower(file, tests),
        #[cfg(feature = "go")]
        LanguageId::Go => go::lower(file, tests),
        #[cfg(feature = "python")]
        LanguageId::Python => python::lower(file, tests),
    };
    // What is kept as long as the program is keeps no room that nothing fills.
    summary.functions.shrink_to_fit();
    for function in &mut summary.functions {
        function.sites.shrink_to_fit();
        function.body.steps.shrink_to_fit();
    }
    summary
}

pub(crate) use conditions::{add_data, all, any};
pub use models::acts;
pub use terms::in_terms_of;

/// Reads the tables of all languages, so that it is done by when they are first asked for.
pub fn prepare() {
    rust::prepare();
    #[cfg(feature = "go")]
    models::Models::go();
    #[cfg(feature = "python")]
    models::Models::python();
}

/// Whether any code of the file may have an effect that a rule reports on. Far cheaper than lowering, and never wrong when it says
/// no: where [`acts`] holds of a file's summary, this holds of its text. A program all of whose files say no has no finding, and need
/// not be parsed.
pub fn may_act(file: &SourceFile, tests: Tests) -> bool {
    match file.language {
        LanguageId::Rust => rust::may_act(&file.text, tests),
        // Nothing is looked for in Go's texts yet.
        #[cfg(feature = "go")]
        LanguageId::Go => true,
        #[cfg(feature = "python")]
        LanguageId::Python => true,
    }
}

/// Whether a type of this name, which is not the program's, calls no method of what derives from it or has it embedded.
pub fn asks_nothing(path: &str, base: &str) -> bool {
    match LanguageId::of_path(path) {
        #[cfg(feature = "python")]
        Some(LanguageId::Python) => python::asks_nothing(base),
        // What is embedded knows nothing of what it is embedded in.
        _ => true,
    }
}

/// Whether in the language of the file, a type need not say which interfaces it fits: a library may ask for a method by its name and
/// signature alone.
pub fn asks_by_name(path: &str) -> bool {
    match LanguageId::of_path(path) {
        #[cfg(feature = "go")]
        Some(LanguageId::Go) => true,
        _ => false,
    }
}

/// Whether calls into the library of this name, in whatever language, take seconds rather than microseconds.
pub fn is_slow(library: &str) -> bool {
    models::Models::all().any(|models| models.is_slow(library))
}

/// Whether the language of the file keeps threads apart that read and set variables of the environment, so that only what they mean
/// goes wrong: in C, and in languages that leave it to libc, a reader may meet freed memory (setenv(3)).
pub fn guards_environment(path: &str) -> bool {
    match LanguageId::of_path(path) {
        Some(LanguageId::Rust) | None => false,
        // syscall.Setenv takes a lock.
        #[cfg(feature = "go")]
        Some(LanguageId::Go) => true,
        // The interpreter's lock is held.
        #[cfg(feature = "python")]
        Some(LanguageId::Python) => true,
    }
}

/// Whether what an API of this name does, it does to a repository: a library's function, or a command as `git pull`.
pub fn is_repository(api: &str) -> bool {
    models::Models::all().any(|models| models.is_repository(models.library(api)))
}

/// Whether a function of this name, in whatever language, opens what one process at a time has open, as most databases in a folder are.
pub fn opens_alone(function: &str) -> bool {
    models::Models::all().any(|models| models.opens_alone(function))
}

/// Whether an API of this name, in whatever language, sets a variable of the environment only where it finds it unset.
pub fn sets_where_unset(api: &str) -> bool {
    models::Models::all().any(|models| models.sets_where_unset(api))
}

/// Whether a variable of this name, in whatever language and whatever module, says where the program itself lies.
pub fn is_own_file(variable: &str) -> bool {
    models::Models::all().any(|models| models.own(qualified::last(variable)).is_some())
}

/// Whether a type of this name, in whatever language, is a lock that keeps threads apart, and other processes not.
pub fn is_thread_lock(type_name: &str) -> bool {
    models::Models::all().any(|models| models.is_thread_lock(&models.in_table(type_name)))
}

/// Whether a value of a type of this name, in whatever language, stands for a path that is its holder's alone: a temporary directory.
pub fn is_private_type(type_name: &str) -> bool {
    models::Models::all().any(|models| models.is_private_type(&models.in_table(type_name)))
}

/// Whether a file is a test, a benchmark or an example by where it lies in its package, so that nothing outside of it can use
/// what it holds: without findings in tests it need not be read.
pub fn is_apart(path: &str, language: LanguageId, package: &Package) -> bool {
    match language {
        LanguageId::Rust => rust::is_target(path, package),
        #[cfg(feature = "go")]
        LanguageId::Go => go::is_target(path, package),
        #[cfg(feature = "python")]
        LanguageId::Python => python::is_target(path),
    }
}

/// Whether code is read that is there in tests only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests {
    /// With all else.
    Read,
    /// It is passed over.
    LeftOut,
}

/// An atomic form to rewrite to, in no language's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idiom {
    /// Create with O_EXCL and treat `AlreadyExists` as what the check's "present" branch did.
    CreateNew,
    /// Create the directory and its parents, an existing one is fine; the check goes.
    CreateAll,
    /// Create the file for its owner only. The check is the creation.
    CreateWithMode,
    /// Open or read, and treat `NotFound` as what the check's "absent" branch did; the check goes.
    OpenThenMatch,
    /// Remove, and ignore `NotFound`; the check goes.
    RemoveIfPresent,
    /// Write a temporary sibling of a unique name and rename it over the place.
    ReplaceAtomically,
    /// Hold one exclusive lock around the read and the write.
    LockAround,
    /// Set a variable for the one child process that is started after, and not for the process itself.
    EnvironmentOfTheChild,
    /// Start the one child process in the directory, and leave the process itself where it is.
    DirectoryOfTheChild,
    /// Rename without replacing; `AlreadyExists` is what the check's "present" branch did.
    NoReplaceRename,
    /// Take a private temporary name in the same directory, and move that file over the target. The check is the move.
    PrivateTemp,
    /// Set a key of a store only if it is absent, with its expiry, in one command. The check is that command, or is made it.
    SetIfAbsent,
}

/// What a rewrite is asked for.
#[derive(Clone, Debug)]
pub struct RewriteRequest<'a> {
    /// The whole text of the file.
    pub text: &'a str,
    /// To which form.
    pub idiom: Idiom,
    /// The function that holds both sites.
    pub function: Span,
    /// The check's call expression, if there is a check in this function.
    pub check: Option<Span>,
    /// The act's call expression.
    pub act: Span,
    /// The read's call expression, for `LockAround`.
    pub read: Option<Span>,
    /// The place, for telling one path expression from another.
    pub place: &'a Place,
}

/// A replacement of a range of the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// A rewrite, rendered in the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// In order, not overlapping.
    pub edits: Vec<Edit>,
    /// What it needs besides: a crate, an import ("the `tempfile` crate").
    pub needs: Vec<String>,
    /// Whether the edits alone give code that compiles and keeps what the code promises; otherwise for display only.
    pub complete: bool,
}

/// Renders an idiom as edits on the user's text, or nothing where it would change what the code promises.
pub fn render(language: LanguageId, request: &RewriteRequest<'_>) -> Option<Rendering> {
    match language {
        LanguageId::Rust => rust::render(request),
        #[cfg(feature = "go")]
        LanguageId::Go => go::render(request),
        #[cfg(feature = "python")]
        LanguageId::Python => python::render(request),
    }
}
