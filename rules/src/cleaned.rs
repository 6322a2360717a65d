//! What a program cleans up itself: words that name what it removes.
//!
//! A cache is there to be cleaned, but by whom? Where all callers are known, somebody of the program does it, or hardly anybody.

use crate::names;
use crate::trace::Trace;
use fsrace_analyzer::flow::{Operation, Place, PlaceKind};

/// The words, as [`names::hint`] finds them, of what one function removes.
pub fn words_in(trace: &Trace<'_>) -> Vec<&'static str> {
    let removed = trace.events.iter().filter(|event| matches!(event.effect.operation, Operation::Remove(_)));
    let mut words: Vec<_> = removed.filter_map(|event| word(&event.effect.place)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The word that says that what lies there is cleaned up, one for all its forms.
pub fn word(place: &Place) -> Option<&'static str> {
    // Who removes what it has not finished cleans up after itself.
    let is_kept = |place: &&Place| !names::is_scratch(place) && !place.any(&mut is_unique);
    names::hint(place).filter(|hint| hint.cleaned && is_kept(&place)).map(|hint| stem(hint.word))
}

/// `cached` is what lies in a `cache`.
pub fn stem(word: &'static str) -> &'static str {
    if word == "cached" { "cache" } else { word }
}

fn is_unique(kind: &PlaceKind) -> bool {
    matches!(kind, PlaceKind::Unique(..))
}
