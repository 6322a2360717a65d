//! What steps are decided by: truth values over results of earlier steps, and the kinds of failures that they tell apart.

use super::{Place, ResultId};
use std::fmt;

/// A failure's kind, in io::ErrorKind's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// ENOENT.
    NotFound,
    /// EEXIST.
    AlreadyExists,
    /// EACCES, EPERM.
    PermissionDenied,
    /// ENOTDIR.
    NotADirectory,
    /// EISDIR.
    IsADirectory,
    /// ENOTEMPTY.
    DirectoryNotEmpty,
    /// EAGAIN, EWOULDBLOCK: a lock that is held.
    WouldBlock,
    /// Any other, and failures of the program's own making.
    Other,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [ErrorKind; 8] = [
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
        ErrorKind::PermissionDenied,
        ErrorKind::NotADirectory,
        ErrorKind::IsADirectory,
        ErrorKind::DirectoryNotEmpty,
        ErrorKind::WouldBlock,
        ErrorKind::Other,
    ];
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A set of failure kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kinds(u16);

impl Kinds {
    /// Every kind.
    pub const ANY: Kinds = Kinds((1 << ErrorKind::ALL.len()) - 1);
    /// No kind.
    pub const NONE: Kinds = Kinds(0);

    /// The set of one kind.
    pub const fn of(kind: ErrorKind) -> Self {
        Kinds(1 << kind as u16)
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Kinds) -> Self {
        Kinds(self.0 | other.0)
    }

    /// This set without the other's kinds.
    #[must_use]
    pub const fn without(self, other: Kinds) -> Self {
        Kinds(self.0 & !other.0)
    }

    /// Whether the kind is in the set.
    pub const fn contains(self, kind: ErrorKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Kinds::ANY {
            return f.write_str("any");
        }
        let names: Vec<String> =
            ErrorKind::ALL.into_iter().filter(|k| self.contains(*k)).map(|k| k.to_string()).collect();
        f.write_str(&names.join("|"))
    }
}

/// What stat(2) tells a file's type to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// Whether it is true, or holds anything.
    Truth,
    /// Whether it is nothing, as `None` and `nil` are.
    Absence,
    /// Whether there is another item in it, which is no longer so when all were taken.
    Next,
    /// Whether it is this text or constant.
    Same(Place),
}

/// A question about what a function is given, of which an unknown stands for the answer: who calls it may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which unknown the answer is.
    pub id: u32,
    /// Which parameter it is about.
    pub of: u32,
    /// What is asked of it.
    pub asked: Asked,
}

/// A truth value over results of earlier steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Known.
    Constant(bool),
    /// The boolean that the result is or carries (`exists`, `Ok(true)` of `try_exists`, a helper's `bool`) is true. Of a result
    /// that failed, false.
    True(ResultId),
    /// The result is a success (`Ok`, `Some`).
    Ok(ResultId),
    /// The result is a failure of one of these kinds.
    Failed(ResultId, Kinds),
    /// Unknown, but the same for the same number as long as the observed results are the same: a test of a file's content or
    /// age names the results that it looked at.
    Opaque {
        /// Which unknown.
        id: u32,
        /// The results that it was computed from.
        observed: Vec<ResultId>,
    },
    /// What the result tells of, a stat(2), is of this kind.
    Kind {
        /// The result.
        of: ResultId,
        /// The kind.
        kind: FileKind,
        /// Which unknown it is where the result does not tell.
        id: u32,
    },
    /// Negation.
    Not(Box<Condition>),
    /// All hold; evaluated left to right.
    All(Vec<Condition>),
    /// One holds; evaluated left to right.
    Any(Vec<Condition>),
}

impl Condition {
    /// The negation, with double negations folded.
    #[must_use]
    pub fn negated(self) -> Condition {
        match self {
            Condition::Constant(b) => Condition::Constant(!b),
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        }
    }

    /// How many results a condition may ask. What is decided by more is too much to follow, and to repeat it in each of the
    /// conditions that it goes into would double it every time.
    pub const LARGEST: usize = 48;

    /// Whether it asks more than [`Self::LARGEST`].
    pub fn is_too_large(&self) -> bool {
        self.asks() > Self::LARGEST
    }

    fn asks(&self) -> usize {
        match self {
            Condition::Not(c) => c.asks(),
            Condition::All(cs) | Condition::Any(cs) => cs.iter().map(Condition::asks).sum(),
            Condition::Constant(_)
            | Condition::True(_)
            | Condition::Ok(_)
            | Condition::Failed(..)
            | Condition::Opaque { .. }
            | Condition::Kind { .. } => 1,
        }
    }

    /// Calls `visit` on each result that the condition depends on.
    pub fn results(&self, visit: &mut impl FnMut(ResultId)) {
        match self {
            Condition::Constant(_) => {}
            Condition::True(r) | Condition::Ok(r) | Condition::Failed(r, _) => visit(*r),
            Condition::Opaque { observed, .. } => observed.iter().for_each(|r| visit(*r)),
            Condition::Kind { of, .. } => visit(*of),
            Condition::Not(c) => c.results(visit),
            Condition::All(cs) | Condition::Any(cs) => cs.iter().for_each(|c| c.results(visit)),
        }
    }
}
