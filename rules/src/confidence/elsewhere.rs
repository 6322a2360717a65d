//! Other sides that are none, because what they do is done to another thing: to a directory where the candidate is about a file, and the
//! other way round. Two names that vary in one directory need not be one name.

use crate::evidence::{Kind, Use};
use crate::pairs::Candidate;

/// Whether the candidate is about a file or a directory, as far as its steps tell.
pub fn kind(candidate: &Candidate) -> Option<Kind> {
    Kind::of(candidate.act.effect.operation).or_else(|| {
        let check = candidate.check.as_ref().filter(|check| check.effect.place == candidate.place)?;
        Kind::of(check.effect.operation)
    })
}

/// Whether what is used is another thing than the candidate's, which is of this kind.
pub fn is_met(found: &Use, kind: Option<Kind>) -> bool {
    kind.zip(found.kind).is_some_and(|(own, other)| own != other)
}
