//! Calls that take seconds rather than microseconds: what happens between two steps around them is likely to meet another
//! instance.

use crate::language::is_slow;
use crate::qualified;

/// Verbs of work over a network, in another process, on many files, or by a person.
const LABOURS: &[&str] = &[
    "build",
    "checkout",
    "clone",
    "compile",
    "confirm",
    "decompress",
    "download",
    "extract",
    "fetch",
    "install",
    "interact",
    "prompt",
    "request",
    "sleep",
    "unpack",
    "untar",
    "unzip",
    "upload",
];

/// Whether a call of this qualified name with so many arguments, the receiver included, does such work, as far as names tell.
/// `build` and `clone` alone are what builders and values do; with an object they are work.
pub fn takes_long(callee: &str, arguments: usize) -> bool {
    // Every call comes here, so that nothing is made anew: most begin and end like none of these.
    let (owner, last) = qualified::rsplit(callee).unwrap_or(("", callee));
    if (last == "clone" && arguments > 1) || is_labour(last) {
        return true;
    }
    !owner.is_empty()
        && (last.starts_with(char::is_lowercase) || callee.contains('/'))
        && last != "new"
        && is_slow(qualified::first(owner))
}

/// Whether a verb of such work is in a name of its own.
fn is_labour(name: &str) -> bool {
    if !may_hold_verb(name.as_bytes()) {
        return false;
    }
    let is_upper = |c: &u8| c.is_ascii_uppercase();
    match name.as_bytes().iter().any(is_upper) || (!name.is_ascii() && name.contains(char::is_uppercase)) {
        // `DownloadStep`; the name of a type is none.
        true => {
            let is_alone = || qualified::parts(name).nth(1).is_none();
            let mut parts = qualified::parts(name).map(str::as_bytes);
            parts.any(|word| is_verb(word) && !(is_common(word) && is_alone()))
        }
        false => {
            let alone = !name.as_bytes().contains(&b'_');
            let mut parts = name.as_bytes().split(|c| *c == b'_');
            parts.any(|word| is_verb(word) && !(alone && is_common(word)))
        }
    }
}

/// Whether the name has two letters in a row that verbs begin with, as few names have.
fn may_hold_verb(name: &[u8]) -> bool {
    name.array_windows().any(|[first, second]| {
        PAIRS.get(usize::from(first & 31)).is_some_and(|seconds| seconds & (1 << (second & 31)) != 0)
    })
}

/// The second letters of verbs, as bits by number, by the number of the first; whatever their case.
#[expect(clippy::indexing_slicing, reason = "done by the compiler, which would say so")]
const PAIRS: [u32; 32] = {
    let (mut pairs, mut left) = ([0; 32], LABOURS);
    while let [labour, rest @ ..] = left {
        if let [first, second, ..] = labour.as_bytes() {
            pairs[(*first & 31) as usize] |= 1 << (*second & 31);
        }
        left = rest;
    }
    pairs
};

fn is_verb(word: &[u8]) -> bool {
    // Shorter and longer than any of these are most words, and begin with other letters.
    matches!(word.len(), 5..=10)
        && word.first().is_some_and(|c| BEGINNINGS & (1 << (c & 31)) != 0)
        && LABOURS.iter().any(|labour| labour.as_bytes().eq_ignore_ascii_case(word))
}

/// The letters that verbs begin with, as bits by number, whatever their case.
const BEGINNINGS: u32 = {
    let (mut bits, mut left) = (0, LABOURS);
    while let [labour, rest @ ..] = left {
        if let [first, ..] = labour.as_bytes() {
            bits |= 1 << (*first & 31);
        }
        left = rest;
    }
    bits
};

/// Whether the verb alone says nothing.
fn is_common(word: &[u8]) -> bool {
    const COMMON: [&str; 6] = ["build", "clone", "request", "extract", "install", "compile"];
    COMMON.iter().any(|common| common.as_bytes().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_verbs_are_as_long_as_verbs_are() {
        assert!(LABOURS.iter().all(|labour| is_verb(labour.as_bytes())));
    }

    #[test]
    fn work_is_told_from_builders_and_values() {
        for long in [
            "app::download",
            "reqwest::blocking::get",
            "git::shallow_clone",
            "fetch_and_unpack",
            "build_image",
            "DownloadStep",
            "github.com/a/b::CloneInto",
        ] {
            assert!(takes_long(long, 1), "{long}");
        }
        for short in [
            "Builder::build",
            "value.clone",
            "clone",
            "reqwest::Client::new",
            "rebuilt",
            "reqwest::Error",
            "Build",
        ] {
            assert!(!takes_long(short, 1), "{short}");
        }
    }
}
