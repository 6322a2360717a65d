//! What the name of a place says about who else may touch it.

use fsrace_analyzer::flow::{Place, PlaceKind, Root};

/// A word in a name that tells what the place is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The word, as it stands in the name.
    pub word: &'static str,
    /// Places of this kind are removed by others in the course of things.
    pub removable: bool,
    /// Existence of such a place means ownership.
    pub lock: bool,
}

/// Words by what they tell. Singular; a plural `s` is peeled off before comparing.
const REMOVABLE: &[&str] =
    &["cache", "cached", "temp", "tmp", "log", "socket", "sock", "trash", "stale", "expired", "scratch"];
const LOCKS: &[&str] = &["lock", "lockfile", "flock", "mutex", "pidfile"];
const SHARED: &[&str] = &[
    "state",
    "index",
    "registry",
    "manifest",
    "config",
    "configuration",
    "setting",
    "database",
    "db",
    "pid",
    "history",
    "session",
    "store",
    "storage",
    "credential",
    "token",
    "shim",
    "metadata",
    "journal",
    "database",
    "settings",
    "preference",
    "bookmark",
    "snapshot",
    "checkpoint",
    "inventory",
    "ledger",
];

/// The strongest hint among the names that say what the place itself is: its last component and the directories that literals,
/// fields and functions name on the way. What a whole path is computed from (arguments, the value that has the field) says nothing.
pub fn hint(place: &Place) -> Option<Hint> {
    let mut best: Option<Hint> = None;
    collect(place, &mut best, true, 0);
    best
}

/// Like [`hint`], without what a variable happens to be called.
pub fn written_hint(place: &Place) -> Option<Hint> {
    let mut best: Option<Hint> = None;
    collect(place, &mut best, false, 0);
    best
}

fn collect(place: &Place, best: &mut Option<Hint>, variables: bool, depth: usize) {
    if depth > 32 {
        return;
    }
    if variables || !matches!(place.kind(), PlaceKind::Parameter { .. } | PlaceKind::Opaque { .. }) {
        for name in names(place.kind()) {
            consider(best, name);
        }
    }
    match place.kind() {
        PlaceKind::Join(base, last) | PlaceKind::WithFileName(base, last) => {
            collect(last, best, variables, depth + 1);
            collect(base, best, variables, depth + 1);
        }
        PlaceKind::WithExtension(base, last) => {
            collect(last, best, variables, depth + 1);
            collect(base, best, variables, depth + 1);
        }
        PlaceKind::Concat(parts) => parts.iter().for_each(|p| collect(p, best, variables, depth + 1)),
        _ => {}
    }
}

/// The hint in one name, such as a function's.
pub fn hint_in(name: &str) -> Option<Hint> {
    let mut best = None;
    consider(&mut best, name);
    best
}

/// The well-known shared directory that the place lies in. The working directory and the temporary directory are shared too,
/// but say nothing about who else uses this very file.
pub fn shared_root(place: &Place) -> Option<Root> {
    let mut found = None;
    place.any(&mut |kind| {
        if let PlaceKind::Root(root) = kind
            && !matches!(root, Root::Working | Root::Executable)
        {
            found = Some(*root);
        }
        found.is_some()
    });
    found
}

fn names(kind: &PlaceKind) -> Vec<&str> {
    match kind {
        PlaceKind::Parameter { name, .. } | PlaceKind::Opaque { name, .. } => vec![name],
        PlaceKind::Literal(text) => vec![text],
        PlaceKind::Constant(name) | PlaceKind::Environment(name) => vec![last(name)],
        PlaceKind::Call { callee, .. } => vec![last(callee)],
        PlaceKind::Field { name, .. } => vec![name],
        _ => Vec::new(),
    }
}

/// The last segment of a qualified name.
pub fn last(name: &str) -> &str {
    name.rsplit("::").find(|part| !part.starts_with('{')).unwrap_or(name)
}

fn consider(best: &mut Option<Hint>, name: &str) {
    for word in words(name) {
        let rank = |h: &Hint| (h.lock, h.removable);
        let found = [(REMOVABLE, true, false), (LOCKS, true, true), (SHARED, false, false)]
            .into_iter()
            .find_map(|(list, removable, lock)| {
                let word = list.iter().find(|known| same_word(known, &word))?;
                Some(Hint { word, removable, lock })
            });
        if let Some(found) = found
            && best.as_ref().is_none_or(|b| rank(b) < rank(&found))
        {
            *best = Some(found);
        }
    }
}

fn same_word(known: &str, word: &str) -> bool {
    word == known || word.strip_suffix('s') == Some(known)
}

/// The words of a name in any of the usual cases, lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars().take(256) {
        let starts = c.is_uppercase() && lower;
        if (!c.is_alphanumeric() || starts) && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        lower = c.is_lowercase() || c.is_numeric();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("cacheDir/state.json"), ["cache", "dir", "state", "json"]);
        assert_eq!(words("SCREAMING_LOCK"), ["screaming", "lock"]);
        assert!(hint_in("clock").is_none());
        assert!(hint_in("block_size").is_none());
        assert!(hint_in("PID_LOCKS").is_some_and(|h| h.lock));
    }

    #[test]
    fn a_lock_outweighs_a_cache() {
        let place = Place::parameter(0, "cache_dir").join(&Place::literal("index.lock"));
        assert_eq!(hint(&place).map(|h| h.word), Some("lock"));
    }
}
