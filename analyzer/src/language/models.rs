//! Library models: what an API does, as data. One table per language (`<language>/models.toml`), no code per library.
//!
//! # How to add a library
//!
//! Add rows to the table of the language. Rows are sorted by their first name, the one that they are about; the other names
//! of a row are sorted too. A test says where something is not. A row whose words or indexes make no sense is an error that names the row.
//!
//! - It spells the API of another library anew (`tokio::fs`): one `mirror` row. All that holds below `of`, functions and
//!   types, then holds below each `at`.
//! - It has a type with the methods of a known one (`camino::Utf8Path`): a `type` row with `like`, and the two count as one
//!   type. A type that has these methods besides its own (`tempfile::NamedTempFile` is a `File` too) says `also`. Traits are
//!   types to the table: `std::fs::File` is `also` an `std::io::Write`. `items` is the type of what iterating over it yields; `private` says that
//!   its path is its holder's alone.
//! - A function or method of its own: an `api` row.
//!
//! # The fields of an `api` row
//!
//! Arguments count from 0, and a receiver is argument 0.
//!
//! | field | meaning |
//! | --- | --- |
//! | `names` | qualified names; `?::clone` is a method on any receiver |
//! | `effect` | the operation, in the words of the summaries' text form (`check-exists`, `open`, `mkdir-all`, `try-lock`, ..) |
//! | `place`, `other` | the path or handle; the destination of a rename or copy, the new name of a link |
//! | `inside` | the effect is on the file of this name in `place` |
//! | `below`, `other_below` | the open directory that `place` or `other` is relative to (`openat`) |
//! | `flags`, `options` | how `open` opens: fixed words, or the argument that is a builder or an expression of `flag` words |
//! | `mode` | the argument that is a mode: of what is made, of what is changed, or the mask. Without an effect it goes into the builder or the permissions that are the receiver, or is the result |
//! | `access` | the argument is what stat(2) told, and it is asked for owner or mode: that stat was a question of who may do what |
//! | `data`, `fills` | what is written, or of a `channel` how much it holds; the buffer that what is read is put into |
//! | `private` | the effect is on a new path that nobody else knows; with `place`, in that directory. On a `rename`: the row writes a private file (of `data`) and renames it to `other` |
//! | `returns` | the type of the success value, or `data` for what was read, or `guard` for what gives a lock back when it goes |
//! | `fails` | `result` (the default), `option`, `never`, or `status` for a C status that is negative or null on failure |
//! | `path` | the result is a path made of arguments 0 and 1: `same`, `join`, `parent`, `file-name`, `stem`, `with-file-name`, `with-extension`, `concat`; `split` for the directory and the last component as two results, `expand-home` for one with `~` at its beginning, `computed` for what is the same wherever all arguments are, `format` for a text with arguments put in. With `root`, from that in place of argument 0 |
//! | `root` | the result is a well-known directory: `home`, `cache`, `config`, `data`, `state`, `runtime`, `temp`, `working`, `executable` |
//! | `unique` | the result differs from run to run: `random`, `process`, `time`, `instant` (a fine time), `counter` |
//! | `flag` | sets this word of the builder that is the receiver; argument 1 says on or off |
//! | `spawn`, `body`, `joins` | starts a `task` or `process`; the argument that it runs (a process without one goes on from there, as after fork(2)); waits for it, or, with `calls`, for all that is started there |
//! | `calls` | closures that are called at once |
//! | `releases` | the lock, guard or handle that is argument 0 ends here |
//! | `asks` | the result says whether the error that is argument 0 is of this kind, or of the kind that argument 1 is (`given`), or whether it is one of the type of argument 1, which is then set to it (`typed`): of a type's own row, `any` of its failures is one |
//! | `said` | the row holds only where argument 0 is one of these texts, or a constant of that name |
//! | `told` | the result says whether what stat(2) told, which is argument 0, is a `directory` or a `file` |
//! | `raises` | the result is an error, of the kind of the one that is given |
//! | `ends` | the process ends here |
//! | `tolerates` | failures of these kinds are told as successes (`RemoveAll` of what is not there) |
//! | `stream` | reads from or writes to whatever it is given, which need not be a file |
//! | `command` | builds a command line: argument 1 (of a constructor, 0) is its `program`, one `argument`, a list of `arguments`, or the `directory` that it starts in; or argument 0 is a `statement` in SQL, of a library that hands it to SQLite |
//! | `errno` | the result is the error of the `status` row called before |
//! | `descriptor` | `place` is an open descriptor's number, which may be a socket's: what is read from or written to one that was not opened here, nothing is said of. Whatever else is done through one is no look-up of a path |
//! | `outcome` | the result is what the command that argument 0 is came to: `both` its value and its error, or the `value` or the `error` alone |
//! | `program` | argument 1 names a command of this program (`command` rows), the others are its words; where argument 0 is a statement, or argument 1 with a list of what is bound to it in 2, that is run |
//! | `keywords` | names of the arguments by position, where callers may name them; `""` for a receiver |
//! | `when` | what is different where the argument `keyword` is given as anything but false (with `off`, as false; with `with`, beside one of those; with `told`, as a function that raises nothing): another `effect`, other `flags`, what it `tolerates`, or that it `raises` although the row never fails |
//! | `at` | where in the file it writes; of a row without effect, where what is written through argument 0 from then on goes |
//! | `text_mode` | the argument that says how `open` opens in the words of fopen(3), `r` where it is not given |
//! | `lists` | of a listing: what the result gives one by one, or what the closure is called with. `entries` know their path, `names` are names in the directory, `paths` those of what lies in it, `below` in directories below it too, and `tree` gives these directories one by one, each with its names; `matches` are paths, and the place is a pattern |
//! | `parses` | what was read is understood here, so that half of it makes this fail |
//! | `presumed` | the method's name alone is enough where the receiver's type is unknown: only for names that nothing but paths and files have |
//!
//! `slow` lists libraries that speak to a network or run another program: between two steps around a call into one, another
//! instance is likely to come.
//!
//! `alone` lists functions that open what one process at a time has open, as a database that locks its folder: a second one waits, or fails.
//!
//! `shell` lists libraries by which programs take commands from a shell. `repository` lists libraries and programs that work on repositories. `command` rows say what a program does when it is run with one of
//! these `words` as its subcommand: `effect` is `populate` or `update` (a repository, under its lock file); `place` counts the words after the
//! subcommand, options aside, and without it the place is where the command runs, which `directory` is the option for; `valued` lists
//! options that take the next word for their value. A program that is a store does to the key at `place` what `effect` says, unless one of the
//! `new` words is there: then it sets the key only if it is absent, and with an expiry if one of the `expiring` words is there too.
//!
//! `waits` rows say with which `word` a task waits: what tasks share may be tested and set around it, in a text that spells one of
//! the words `beside` it, if there are such.
//!
//! `own` rows list variables that name the program's own file, or the `directory` that it lies in.
//!
//! `serial` lists attributes that keep the test that they stand on from running beside other tests.
//!
//! `pure` lists functions and macros that make a value of what they are given and of nothing else, so that of constants they make one: Go's as they are
//! called, with the package's own name; Python's in full; Rust's macros by their last names.
//!
//! `where_unset` lists APIs that set a variable of the environment only where they find it unset, in one step.
//!
//! `fixture` rows say what tests are handed by the name of the parameter that asks for it: of which `type` it is, and whether it is a `private`
//! place, which nobody else knows.
//!
//! A table of a language that separates the parts of a name by another word says so first: `separator = "."`. `fine` lists what a layout
//! of the time has in it if it tells microseconds or less (`path = "layout"`).
//!
//! `kind` rows say which failure a constant stands for, `flag` rows what an open flag means, `lock` rows what a word of
//! flock(2) and its wrappers asks for (the argument that `options` of a `lock` row names), `mode` rows the bits that a constant stands for.

mod parse;
#[cfg(test)]
mod tests;
mod words;

pub use words::{Words, acts};

use crate::flow::{
    ErrorKind, FileKind, Kinds, LockScope, OpenFlags, Operation, Place, PlaceKind, Root, Uniqueness,
};
use crate::qualified;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;
use std::sync::LazyLock;

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
    /// Argument that is the open directory (or `AT_FDCWD`) that the place is relative to.
    pub below: Option<usize>,
    /// Argument that is the open directory that the other place is relative to.
    pub other_below: Option<usize>,
    /// Argument that is the data written.
    pub data: Option<usize>,
    /// Argument that is a buffer which what was read is put into.
    pub fills: Option<usize>,
    /// Argument that is what stat(2) told, and is asked for owner or mode.
    pub access: Option<usize>,
    /// Argument that is a mode, or a mask. Without an effect, the receiver is a builder or permissions that it goes into, or the result
    /// is that mode.
    pub mode: Option<usize>,
    /// Argument that is an options builder or a flags expression. An `Open` takes its flags from it (the operation's own are
    /// then all off), a `CreateDir` whether to make parents (builder flag `recursive`), a `Lock` which lock
    /// ([`Models::lock_flags`]). Without an effect, the argument's flags are added to the builder that is the receiver.
    pub options: Option<usize>,
    /// The effect is on a new private path that only this process knows (mkdtemp, mkstemp); with `place`, below that directory.
    /// A private rename first writes a private file, of `data` if given, and then renames it to the other place.
    pub private: bool,
    /// Type of the success value, by canonical name; `data` for what was read, `guard` for what releases a lock when it goes.
    pub returns: Option<String>,
    /// How failure shows.
    pub fails: Fails,
    /// The result is a C status: negative or null is failure, its kind is in errno. `fails` is then [`Fails::Never`].
    pub status: bool,
    /// The result is a path computed from arguments 0 and 1 (1 the component, name or extension). With a root, from that in
    /// place of argument 0.
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
    /// Argument that is the spawned work. On a row that spawns nothing: a closure that runs in a child process, between fork
    /// and exec, so that nothing of it happens here.
    pub body: Option<usize>,
    /// Waits for the spawned work that argument 0 is the handle of; of a row that calls closures, for all that they started.
    pub joins: bool,
    /// Releases the lock, guard or handle that is argument 0.
    pub releases: bool,
    /// The method's name alone is enough, on a receiver whose type is not known.
    pub presumed: bool,
    /// The place is an open descriptor's number, and no path.
    pub descriptor: bool,
    /// The effect is on the file of this name in the place.
    pub inside: Option<String>,
    /// The result is the error that errno stands for.
    pub errno: bool,
    /// Builds a command line: what argument 1 (of a constructor, 0) is to it.
    pub command: Option<CommandPart>,
    /// The result says whether the error that is argument 0 is of a kind.
    pub asks: Option<Asks>,
    /// The row holds only where argument 0 is one of these texts, or a constant of that name.
    pub said: Vec<String>,
    /// The result says whether what stat(2) told, which is argument 0, is of this kind.
    pub told: Option<FileKind>,
    /// The result is an error, of the kind of the one that is given, if one is.
    pub raises: bool,
    /// The process ends here.
    pub ends: bool,
    /// Reads from or writes to whatever it is given, be it a file or not.
    pub stream: bool,
    /// Failures of these kinds are told as successes.
    pub tolerates: Kinds,
    /// The result is what the command that argument 0 is came to.
    pub outcome: Option<OutcomePart>,
    /// Argument 1 names a command of this program, the others are its words.
    pub program: Option<String>,
    /// Names of the arguments by their position, where callers may name them; of a receiver, empty.
    pub keywords: Vec<String>,
    /// What is different where an argument says so.
    pub when: Vec<When>,
    /// Argument that says how a file is opened in the words of fopen(3); read only where it is not given.
    pub text_mode: Option<usize>,
    /// Argument that says where in the file something is written, now or, without an effect, from now on.
    pub at: Option<usize>,
    /// What was read is understood here, and half of it makes this fail.
    pub parses: bool,
    /// What the result gives of what lies in the place.
    pub lists: Option<Lists>,
}

/// What a listing gives, one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Values that know the path, and of which one can ask for the name.
    Entries,
    /// Names in the directory.
    Names,
    /// Paths of what lies in the directory.
    Paths,
    /// Paths of what lies in the directory, and in those below it.
    Below,
    /// Paths that a pattern fits: the place is that.
    Matches,
    /// The directories below, the place itself among them: each with the names of what lies in it.
    Tree,
}

/// What is asked of a command that is kept as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomePart {
    /// Its value, and its error.
    Both,
    /// Its value alone.
    Value,
    /// Its error alone.
    Error,
}

/// What an argument changes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The argument, by its name in `keywords`.
    pub keyword: String,
    /// It must be given as plainly false (or zero, or none); otherwise as anything but that.
    pub off: bool,
    /// One of these must be given too, as anything but that; empty where no other matters.
    pub with: Vec<String>,
    /// The operation then.
    pub effect: Option<Operation>,
    /// The failures that are then told as successes.
    pub tolerates: Kinds,
    /// Its failure then shows as that of other rows does, where the row says that it has none.
    pub raises: bool,
    /// It must be a function that is told of failures and raises nothing.
    pub told: bool,
}

impl Api {
    /// Whether the row holds where argument 0 is this place.
    pub fn holds_of(&self, first: Option<&Place>) -> bool {
        let is_said = |place: &Place| match place.kind() {
            PlaceKind::Literal(text) => self.said.iter().any(|said| **said == **text),
            PlaceKind::Constant(name) => {
                let name = name.replace("::", ".");
                self.said.iter().any(|said| **said == *name)
            }
            _ => false,
        };
        self.said.is_empty() || first.is_some_and(is_said)
    }
}

/// Which kind of error is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// This.
    Kind(ErrorKind),
    /// The one that argument 1 is.
    Given,
    /// Any, as of the type that the row names: what a library's failures are.
    Any,
    /// The one whose type argument 1 has, which is set to it.
    Typed,
}

/// What an argument is to a command line that is built step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandPart {
    /// The program.
    Program,
    /// One more word.
    Argument,
    /// A list of words.
    Arguments,
    /// The directory that it starts in.
    Directory,
    /// All of it, in SQL.
    Statement,
}

/// What a command does to the filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// `Populate` or `Update`, or what is done to a key.
    pub effect: Operation,
    /// Which of the words after the subcommand, options aside, is the place; without, it is where the command runs.
    pub place: Option<usize>,
    /// Options that take the next word for their value.
    pub valued: Vec<String>,
    /// The option whose value is where the command runs.
    pub directory: Option<String>,
    /// Words with which a key is set only if it is not there.
    pub new: Vec<String>,
    /// Words with which it goes by itself.
    pub expiring: Vec<String>,
}

impl Api {
    /// How many arguments, the receiver included, the row speaks of. A call that is presumed by its method's name alone has
    /// exactly these: `query.exists(&connection)` is no question about a path.
    pub fn arguments(&self) -> usize {
        let named = [
            self.place,
            self.other,
            self.below,
            self.other_below,
            self.data,
            self.fills,
            self.mode,
            self.options,
            self.body,
        ];
        named.iter().flatten().chain(&self.calls).max().map_or(0, |last| last + 1)
    }
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
    /// Argument 0 is a format, the others are put in.
    Format,
    /// Two results: the directory that holds it, and its last component.
    Split,
    /// The same path, where `~` at its beginning is the user's home.
    ExpandHome,
    /// The time that is argument 0, laid out as argument 1 says.
    Layout,
    /// What this function makes of its arguments, of the same ones always the same.
    Computed,
}

/// What kind of work is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnKind {
    /// A thread or an async task of this process.
    Task,
    /// A child process.
    Process,
}

/// What an argument of flock(2) or a wrapper asks for, as one word or several or-ed together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockFlags {
    /// Keep all others out.
    pub exclusive: bool,
    /// Keep writers out.
    pub shared: bool,
    /// Fail instead of waiting.
    pub non_blocking: bool,
    /// Give the lock back.
    pub unlock: bool,
}

impl LockFlags {
    /// Both together, as `LOCK_EX | LOCK_NB`.
    #[must_use]
    pub const fn union(self, other: LockFlags) -> Self {
        LockFlags {
            exclusive: self.exclusive || other.exclusive,
            shared: self.shared || other.shared,
            non_blocking: self.non_blocking || other.non_blocking,
            unlock: self.unlock || other.unlock,
        }
    }

    /// The lock that is taken; nothing if these words take none (they give it back, or say too little).
    pub const fn operation(self, scope: LockScope) -> Option<Operation> {
        if self.unlock || !(self.exclusive || self.shared) {
            return None;
        }
        Some(Operation::Lock { shared: !self.exclusive, blocking: !self.non_blocking, scope })
    }
}

/// Why a table is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// The list and the first name of the row: "api row `std::fs::write`". Empty if the text is no table at all.
    pub row: String,
    /// What is wrong, lower case.
    pub problem: String,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.row.is_empty() {
            write!(f, "{}: ", self.row)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ModelError {}

/// A type that the table knows.
#[derive(Debug)]
struct TypeInfo {
    /// Its name, or the one of the type that it is like.
    canonical: Box<str>,
    /// The types and traits whose methods it has too, nearest first, without end of their own.
    supers: Vec<Box<str>>,
    /// The type of what it yields.
    items: Option<Box<str>>,
    /// Whether its path is its holder's alone.
    private: bool,
}

/// Mirrors and aliases lead to one another at most this often (`fs_err::tokio::File` is a mirror of a mirror at most).
const MAX_HOPS: usize = 4;

/// A language's table.
#[derive(Debug, Default)]
pub struct Models {
    /// Between the parts of a qualified name: `::`, or `.`.
    separator: String,
    /// What a layout of the time has in it if it tells microseconds or less.
    fine: Vec<String>,
    apis: FxHashMap<Box<str>, Api>,
    /// Method name to the qualified name of its row.
    presumed: FxHashMap<Box<str>, Box<str>>,
    /// Method name to the types that have a row for it, each with the qualified name of the row.
    methods: FxHashMap<Box<str>, Vec<MethodRow>>,
    types: FxHashMap<Box<str>, TypeInfo>,
    /// What the names of rows begin with, their last parts aside: types and modules.
    owners: FxHashSet<Box<str>>,
    /// From the prefix of the copy to the prefix of the original.
    mirrors: FxHashMap<Box<str>, Box<str>>,
    /// The first segments of the copies: most names have none of them, and are done with at that.
    mirrored: FxHashSet<Box<str>>,
    /// Libraries whose calls take seconds rather than microseconds.
    slow: Vec<Box<str>>,
    /// Functions that open what one process at a time has open.
    alone: Vec<Box<str>>,
    /// Libraries and programs that work on repositories.
    repository: FxHashSet<Box<str>>,
    /// Libraries by which programs take commands from a shell.
    shell: FxHashSet<Box<str>>,
    /// By program and subcommand, as `git:clone`.
    commands: FxHashMap<Box<str>, Command>,
    /// Words with which a task waits, and those one of which must stand beside it for anything to be shared.
    waits: Vec<(Box<str>, Vec<Box<str>>)>,
    /// Variables that name the program's own file, or the directory that this lies in.
    own: FxHashMap<Box<str>, bool>,
    /// Attributes that keep a test from running beside others.
    serial: FxHashSet<Box<str>>,
    /// What makes a value of what it is given, and of nothing else.
    pure: FxHashSet<Box<str>>,
    /// What sets a variable only where it is unset.
    where_unset: FxHashSet<Box<str>>,
    /// What tests are handed, by the name of the parameter that asks for it.
    fixtures: FxHashMap<Box<str>, Fixture>,
    kinds: FxHashMap<Box<str>, ErrorKind>,
    flags: FxHashMap<Box<str>, OpenFlags>,
    locks: FxHashMap<Box<str>, LockFlags>,
    modes: FxHashMap<Box<str>, u32>,
}

/// A type, and the qualified name of the row for a method of it.
type MethodRow = (Box<str>, Box<str>);

/// What a test is handed by the name of a parameter.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its type.
    pub of: Box<str>,
    /// Whether it is a place that nobody else knows.
    pub private: bool,
}

impl Models {
    /// The Rust table.
    pub fn rust() -> &'static Models {
        // A test parses the shipped table, so an empty one never reaches a user.
        static MODELS: LazyLock<Models> =
            LazyLock::new(|| Models::parse(include_str!("rust/models.toml")).unwrap_or_default());
        &MODELS
    }

    /// The Go table.
    #[cfg(feature = "go")]
    pub fn go() -> &'static Models {
        static MODELS: LazyLock<Models> =
            LazyLock::new(|| Models::parse(include_str!("go/models.toml")).unwrap_or_default());
        &MODELS
    }

    /// The Python table.
    #[cfg(feature = "python")]
    pub fn python() -> &'static Models {
        static MODELS: LazyLock<Models> =
            LazyLock::new(|| Models::parse(include_str!("python/models.toml")).unwrap_or_default());
        &MODELS
    }

    /// The tables of all languages.
    pub fn all() -> impl Iterator<Item = &'static Models> {
        let tables = [
            Models::rust(),
            #[cfg(feature = "go")]
            Models::go(),
            #[cfg(feature = "python")]
            Models::python(),
        ];
        tables.into_iter()
    }

    /// Reads a table.
    pub fn parse(text: &str) -> Result<Models, ModelError> {
        parse::parse(text)
    }

    /// What the table says of a callable by its qualified name: `std::fs::write`, `tokio::fs::write` (a mirror),
    /// `std::path::PathBuf::exists` (a type that is like `Path`), `std::fs::File::write_all` (a trait's method).
    pub fn api(&self, name: &str) -> Option<&Api> {
        self.follow_mirrors(name, |name| self.apis.get(name).or_else(|| self.inherited(name)))
    }

    /// What the table says of a method on a receiver of this type; the rows for any receiver (`?::clone`) come last.
    pub fn method(&self, receiver: Option<&str>, name: &str) -> Option<&Api> {
        let own = receiver.and_then(|r| self.api(&[r, &self.separator, name].concat()));
        own.or_else(|| self.apis.get(["?", &self.separator, name].concat().as_str()))
    }

    /// The types that have a method of this name, each with its row, in the order of their names.
    pub fn methods(&self, name: &str) -> impl Iterator<Item = (&str, &Api)> {
        let rows = self.methods.get(name).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|(of, row)| Some((&**of, self.apis.get(row)?)))
    }

    /// The row that a method of this name stands for on a receiver of unknown type, where the name alone is enough.
    pub fn presumed_method(&self, name: &str) -> Option<&Api> {
        self.presumed.get(name).and_then(|row| self.apis.get(row))
    }

    /// Whether the table has anything of a type or module of this name: it has nothing of most.
    pub fn knows(&self, name: &str) -> bool {
        let known =
            |name: &str| self.owners.get(name).or_else(|| self.types.get_key_value(name).map(|(k, _)| k));
        self.follow_mirrors(name, known).is_some()
    }

    /// The canonical name of a type that the table knows (`std::path::PathBuf` -> `std::path::Path`).
    pub fn canonical_type(&self, name: &str) -> Option<&str> {
        self.follow_mirrors(name, |name| self.types.get(name)).map(|t| &*t.canonical)
    }

    /// A name of the program as the table writes it.
    pub fn in_table(&self, name: &str) -> String {
        name.replace("::", &self.separator)
    }

    /// Whether a type is a lock that keeps the threads of one process apart, and other processes not.
    pub fn is_thread_lock(&self, name: &str) -> bool {
        let canonical = self.canonical_type(name);
        canonical.is_some_and(|canonical| {
            ["lock", "Lock", "acquire", "__enter__"].iter().any(|method| {
                let api = self.apis.get([canonical, &self.separator, method].concat().as_str());
                let effect = api.and_then(|api| api.effect);
                matches!(effect, Some(Operation::Lock { scope: LockScope::Thread, .. }))
            })
        })
    }

    /// The type of what iterating over a type yields (`std::fs::ReadDir` -> `std::fs::DirEntry`).
    pub fn item_type(&self, name: &str) -> Option<&str> {
        self.follow_mirrors(name, |name| self.types.get(&*self.types.get(name)?.canonical)?.items.as_ref())
            .map(|s| &**s)
    }

    /// Whether the path that a value of this type stands for is its holder's alone, whoever made it (a temporary directory).
    pub fn is_private_type(&self, canonical: &str) -> bool {
        self.types.get(canonical).is_some_and(|t| t.private)
    }

    /// The failure kind that a constant or variant stands for (`std::io::ErrorKind::NotFound`, `libc::ENOENT`).
    pub fn error_kind(&self, name: &str) -> Option<ErrorKind> {
        self.follow_mirrors(name, |name| self.kinds.get(name)).copied()
    }

    /// The flags that a constant stands for (`libc::O_CREAT`).
    pub fn open_flag(&self, name: &str) -> Option<OpenFlags> {
        self.follow_mirrors(name, |name| self.flags.get(name)).copied()
    }

    /// What a constant asks of a lock (`libc::LOCK_EX`).
    pub fn lock_flags(&self, name: &str) -> Option<LockFlags> {
        self.follow_mirrors(name, |name| self.locks.get(name)).copied()
    }

    /// The mode bits that a constant stands for (`libc::S_IRUSR`).
    pub fn mode_bits(&self, name: &str) -> Option<u32> {
        self.follow_mirrors(name, |name| self.modes.get(name)).copied()
    }

    /// The method that a type has from the types it is like, or from any receiver's rows.
    fn inherited(&self, name: &str) -> Option<&Api> {
        let (owner, method) = name.rsplit_once(&*self.separator)?;
        let info = self.types.get(owner)?;
        let supers = info.supers.iter().map(|s| &**s);
        supers.chain(["?"]).find_map(|s| self.apis.get([s, &self.separator, method].concat().as_str()))
    }

    /// What the time is as the layout says: down to microseconds, it is hardly read twice.
    pub fn laid_out(&self, time: &Place, layout: Option<&Place>) -> Place {
        let tells = |kind: &PlaceKind| match kind {
            PlaceKind::Literal(text) | PlaceKind::Constant(text) => {
                self.fine.iter().any(|mark| text.contains(mark.as_str()))
            }
            _ => false,
        };
        match time.kind() {
            PlaceKind::Unique(Uniqueness::Time, id)
                if layout.is_some_and(|l| l.any(&mut |kind| tells(kind))) =>
            {
                Place::new(PlaceKind::Unique(Uniqueness::Instant, *id))
            }
            _ => time.clone(),
        }
    }

    /// Whether calls into the library, the first part of their names, take seconds rather than microseconds.
    pub fn is_slow(&self, library: &str) -> bool {
        // A handful, asked about for every call: most have another length.
        self.slow.iter().any(|slow| **slow == *library)
    }

    /// The library or program that an API, as a row names it, is of: `git2`, `git`, `github.com/go-git/go-git`.
    pub fn library<'n>(&self, api: &'n str) -> &'n str {
        // The dots of a host are not those that cut a name.
        let package = api.rfind('/').map_or(0, |at| at + 1);
        let rest = api.get(package..).unwrap_or_default();
        let end = [rest.find(self.separator.as_str()), rest.find(' ')].into_iter().flatten().min();
        end.and_then(|end| api.get(..package + end)).unwrap_or(api)
    }

    /// Whether the function of this name, as the program writes it, opens what one process at a time has open.
    pub fn opens_alone(&self, function: &str) -> bool {
        let last = qualified::last(function);
        let mut known = self.alone.iter().filter(|known| {
            known.strip_suffix(last).is_some_and(|before| before.ends_with(self.separator.as_str()))
        });
        known.any(|known| parts(known).eq(parts(function)))
    }

    /// Whether the library or program of this name works on repositories.
    pub fn is_repository(&self, library: &str) -> bool {
        self.repository.contains(library)
    }

    /// Whether programs take commands from a shell by the library of this name.
    pub fn is_of_a_shell(&self, library: &str) -> bool {
        self.shell.contains(library)
    }

    /// What a command of this program and subcommand does.
    pub fn command(&self, program: &str, word: &str) -> Option<&Command> {
        self.commands.get([program, ":", word].concat().as_str())
    }

    /// What a variable of this qualified name says of where the program itself lies.
    pub fn own(&self, name: &str) -> Option<Place> {
        let file = || Place::new(PlaceKind::Root(Root::Executable));
        self.own.get(name).map(|directory| if *directory { file().parent() } else { file() })
    }

    /// What a test is handed that asks for it by a parameter of this name.
    pub fn fixture(&self, parameter: &str) -> Option<&Fixture> {
        self.fixtures.get(parameter)
    }

    /// Whether an attribute of this qualified name keeps the test that it stands on from running beside others.
    pub fn is_serial(&self, attribute: &str) -> bool {
        self.serial.contains(attribute)
    }

    /// Whether what the function or macro of this name gives is made of what it is given, and of nothing else.
    pub fn is_pure(&self, name: &str) -> bool {
        self.pure.contains(name)
    }

    /// Whether the API of this name sets a variable only where it finds it unset.
    pub fn sets_where_unset(&self, api: &str) -> bool {
        self.where_unset.contains(api)
    }

    /// Looks the name up; if that finds nothing, the name that it mirrors, and so on.
    fn follow_mirrors<'m, T>(&'m self, name: &str, look_up: impl Fn(&str) -> Option<&'m T>) -> Option<&'m T> {
        if let Some(found) = look_up(name) {
            return Some(found);
        }
        let mut name = self.original(name)?;
        for _ in 0..MAX_HOPS {
            if let Some(found) = look_up(&name) {
                return Some(found);
            }
            name = self.original(&name)?;
        }
        None
    }

    /// The name in the original of the innermost mirror that the name lies in.
    fn original(&self, name: &str) -> Option<String> {
        // Nearly all names end here, and their parts are short.
        let separator = self.separator.as_bytes();
        let begins = |at: &usize| name.as_bytes().get(*at..).is_some_and(|rest| rest.starts_with(separator));
        let first = memchr::memchr_iter(*separator.first()?, name.as_bytes()).find(begins);
        if !self.mirrored.contains(name.get(..first.unwrap_or(name.len()))?) {
            return None;
        }
        let mut prefix = name;
        loop {
            if let Some(of) = self.mirrors.get(prefix) {
                return Some([of, name.strip_prefix(prefix)?].concat());
            }
            prefix = prefix.rsplit_once(&*self.separator)?.0;
        }
    }
}

/// The parts of a name, as a table or a program writes it; a module's major version, which is a part of its path, aside (`badger/v4`).
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let major = |part: &str| part.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    name.split(['/', ':', '.']).filter(move |part| !part.is_empty() && !major(part))
}
