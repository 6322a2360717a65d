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

/// The letters that they begin with.
const BEGINNINGS: &[u8] = b"bcdefiprsu";

/// Whether a call of this qualified name with so many arguments, the receiver included, does such work, as far as names tell.
/// `build` and `clone` alone are what builders and values do; with an object they are work.
pub fn takes_long(callee: &str, arguments: usize) -> bool {
    // Every call comes here: most begin and end like none of these.
    let library = is_slow(qualified::first(callee));
    let last = qualified::last(callee);
    let alone = !last.contains('_');
    let labours = |word: &str, alone: bool| {
        word.as_bytes().first().is_some_and(|first| BEGINNINGS.contains(first))
            && LABOURS.binary_search(&word).is_ok()
            && !(alone && ["build", "clone", "request", "extract", "install", "compile"].contains(&word))
    };
    let named = match last.contains(char::is_uppercase) {
        // `DownloadStep`; the name of a type is none.
        true => {
            let words: Vec<String> = qualified::words(last).collect();
            words.iter().any(|word| labours(word, words.len() < 2))
        }
        false => last.split('_').any(|word| labours(word, alone)),
    };
    named
        || (last == "clone" && arguments > 1)
        || (library && (last.starts_with(char::is_lowercase) || callee.contains('/')) && last != "new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_beginnings_are_there() {
        assert!(LABOURS.iter().all(|l| BEGINNINGS.contains(&l.as_bytes()[0])));
    }

    #[test]
    fn work_is_told_from_builders_and_values() {
        for long in [
            "app::download",
            "reqwest::blocking::get",
            "git::shallow_clone",
            "fetch_and_unpack",
            "build_image",
        ] {
            assert!(takes_long(long, 1), "{long}");
        }
        for short in
            ["Builder::build", "value.clone", "clone", "reqwest::Client::new", "rebuilt", "reqwest::Error"]
        {
            assert!(!takes_long(short, 1), "{short}");
        }
    }
}
