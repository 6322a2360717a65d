//! Library models: what an API does, as data. One table per language (`<language>/models.toml`).

use crate::flow::{ErrorKind, OpenFlags, Operation, Root, Uniqueness};

/// What the table says of one callable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Api {
    /// Canonical name: `std::fs::write`, `std::path::Path::exists`.
    pub name: String,
    /// The operation it performs, if any.
    pub effect: Option<Operation>,
    /// Argument that is the place, or the handle; a receiver is argument 0.
    pub place: Option<usize>,
    /// Argument that is the other place (destination).
    pub other: Option<usize>,
    /// Argument that is the data written.
    pub data: Option<usize>,
    /// Argument that is an options builder whose flags an `Open` takes, or a flags expression.
    pub options: Option<usize>,
    /// The effect is on a new private path that only this process knows (mkdtemp, mkstemp); with `place`, below that directory.
    pub private: bool,
    /// Type of the success value, by canonical name.
    pub returns: Option<String>,
    /// How failure shows.
    pub fails: Fails,
    /// The result is a path computed from arguments 0 and 1 (1 the component, name or extension).
    pub path: Option<PathTransform>,
    /// The result is a well-known directory.
    pub root: Option<Root>,
    /// The result differs from run to run.
    pub unique: Option<Uniqueness>,
    /// Sets this flag of the builder that is the receiver: argument 1 says on or off.
    pub flag: Option<String>,
    /// Starts work beside the caller; `body` says which argument is it.
    pub spawn: Option<SpawnKind>,
    /// Arguments that are closures, called at once, in place.
    pub calls: Vec<usize>,
    /// Argument that is the spawned work.
    pub body: Option<usize>,
    /// Waits for the spawned work that argument 0 is the handle of.
    pub joins: bool,
    /// Releases the lock, guard or handle that is argument 0.
    pub releases: bool,
    /// The method's name alone is enough, on a receiver whose type is not known.
    pub presumed: bool,
}

/// How an API shows its failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fails {
    /// It returns a `Result`.
    #[default]
    Result,
    /// It returns an `Option`.
    Option,
    /// It returns a plain value, or a boolean that is its answer.
    Never,
}

/// How a path is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathTransform {
    /// The same path (`clone`, `to_path_buf`, `as_ref`, `canonicalize`).
    Same,
    /// Argument 0 joined with argument 1.
    Join,
    /// The directory that holds it.
    Parent,
    /// The last component.
    FileName,
    /// The last component without extension.
    Stem,
    /// Another last component.
    WithFileName,
    /// Another extension.
    WithExtension,
    /// Texts one after the other.
    Concat,
}

/// What kind of work is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnKind {
    /// A thread or an async task of this process.
    Task,
    /// A child process.
    Process,
}

/// A language's table.
#[derive(Debug, Default)]
pub struct Models {}

impl Models {
    /// The Rust table.
    pub fn rust() -> &'static Models {
        static MODELS: std::sync::LazyLock<Models> = std::sync::LazyLock::new(Models::default);
        &MODELS
    }

    /// What the table says of a callable by its qualified name: `std::fs::write`, `tokio::fs::write` (a mirror),
    /// `std::path::PathBuf::exists` (a type that is like `Path`).
    pub fn api(&self, _name: &str) -> Option<&Api> {
        None
    }

    /// The row that a method of this name stands for on a receiver of unknown type, where the name alone is enough.
    pub fn presumed_method(&self, _name: &str) -> Option<&Api> {
        None
    }

    /// The canonical name of a type that the table knows (`std::path::PathBuf` -> `std::path::Path`).
    pub fn canonical_type(&self, _name: &str) -> Option<&str> {
        None
    }

    /// The failure kind that a constant or variant stands for (`std::io::ErrorKind::NotFound`, `libc::ENOENT`).
    pub fn error_kind(&self, _name: &str) -> Option<ErrorKind> {
        None
    }

    /// The flags that a constant stands for (`libc::O_CREAT`).
    pub fn open_flag(&self, _name: &str) -> Option<OpenFlags> {
        None
    }
}
