//! What the name of a place says about who else may touch it.

use fsrace_analyzer::flow::{Place, PlaceKind, Root};
use fsrace_analyzer::qualified;

/// A word in a name that tells what the place is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The word, as it stands in the name.
    pub word: &'static str,
    /// Places of this kind are removed by others in the course of things.
    pub removable: bool,
    /// Such places are there to be cleaned up, by this program or another.
    pub cleaned: bool,
    /// Existence of such a place means ownership.
    pub lock: bool,
    /// Nobody but its maker reads it.
    pub scratch: bool,
    /// People edit it, by hand or by a command.
    pub edited: bool,
}

/// Words by what they tell. Singular; a plural `s` is peeled off before comparing.
const REMOVABLE: &[&str] =
    &["cache", "cached", "temp", "tmp", "log", "socket", "sock", "trash", "stale", "expired", "scratch"];
const CLEANED: &[&str] = &["cache", "cached", "temp", "tmp", "trash", "stale", "expired", "scratch"];
const SCRATCH: &[&str] = &["temp", "tmp", "trash", "stale", "expired", "scratch"];
const LOCKS: &[&str] = &["lock", "lockfile", "flock", "mutex", "pidfile", "pid"];
const EDITED: &[&str] =
    &["config", "configuration", "setting", "settings", "manifest", "preference", "bookmark"];
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

/// Words of a directory that a user hands in for a tool to put its results in, alone or before what says that it is one.
const OUTPUTS: &[&str] = &["out", "output", "target", "dist", "build"];
const FOLDERS: &[&str] = &["dir", "directory", "folder", "root"];

/// The directory of those whose entries come and go without anybody's doing, in which the place lies or which it is: processes, devices.
pub fn in_flux(place: &Place) -> Option<&'static str> {
    let mut place = place;
    while let PlaceKind::Join(base, _) = place.kind() {
        place = base;
    }
    let PlaceKind::Literal(text) = place.kind() else { return None };
    ["/dev", "/proc"]
        .into_iter()
        .find(|root| text.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether the place lies in a directory that a tool fills with its results.
pub fn is_output(place: &Place) -> bool {
    place.any(&mut |kind| {
        names_of(kind).into_iter().any(|name| {
            let words = words(name);
            let is = |word: &String| OUTPUTS.contains(&word.as_str());
            match words.as_slice() {
                [one] => {
                    ["out", "output", "dist", "outdir", "outputdir", "targetdir"].contains(&one.as_str())
                }
                [what, kind] if kind == "path" => ["out", "output", "dist"].contains(&what.as_str()),
                [.., last] => words.iter().any(is) && FOLDERS.contains(&last.as_str()),
                [] => false,
            }
        })
    })
}

/// Words for what is computed from a content, and names it.
const DIGESTS: &[&str] = &[
    "digest",
    "hash",
    "checksum",
    "sha1",
    "sha256",
    "sha512",
    "blake2",
    "blake3",
    "md5",
    "xxh3",
    "fingerprint",
    "oid",
    "cid",
];

/// Whether the last component of the path is computed from a content, by what computes it: whoever writes there writes the same.
pub fn is_content_addressed(place: &Place) -> bool {
    let (PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last)) = place.kind() else { return false };
    let tells =
        |name: &str| words(name).iter().any(|word| DIGESTS.iter().any(|known| same_word(known, word)));
    last.any(&mut |kind| match kind {
        // `sha256::digest`, `blake3::hash`.
        PlaceKind::Call { callee, .. } => callee.split("::").any(tells),
        PlaceKind::Parameter { .. } | PlaceKind::Field { .. } | PlaceKind::Opaque { .. } => {
            names_of(kind).into_iter().any(tells)
        }
        _ => false,
    })
}

/// Whether a function's name promises that nobody meets what it writes half done: `atomicWrite`.
pub fn is_atomic(name: &str) -> bool {
    has_word(name, &["atomic", "atomically"])
}

/// Whether what lies there is another's to change, who is kept in by it: the root of a container, a jail.
pub fn is_anothers(place: &Place) -> bool {
    place.any(&mut |kind| names_of(kind).into_iter().any(is_of_another))
}

/// As [`is_anothers`], of a name.
pub fn is_of_another(name: &str) -> bool {
    const KEPT_IN: [&str; 7] = ["chroot", "guest", "idmap", "jail", "jailer", "mountpoint", "rootfs"];
    words(name).iter().any(|word| KEPT_IN.iter().any(|known| same_word(known, word)))
}

/// Whether a field's name tells which file it names, and not only that it names one: `repoFile`, and not `path` or `tempDir`.
pub fn is_distinct(name: &str) -> bool {
    const PLAIN: [&str; 22] = [
        "base",
        "current",
        "dest",
        "destination",
        "dir",
        "directory",
        "file",
        "filename",
        "folder",
        "full",
        "input",
        "location",
        "name",
        "new",
        "old",
        "out",
        "output",
        "path",
        "root",
        "source",
        "target",
        "tmp",
    ];
    const FILES: [&str; 4] = ["file", "filename", "filepath", "path"];
    let words = words(name);
    // Every part of a program has a lock, a cache or a log of its own.
    let tells = |word: &str| {
        word.len() > 2
            && ![&PLAIN[..], SCRATCH, LOCKS, REMOVABLE, &FILES].iter().any(|known| known.contains(&word))
    };
    words.iter().any(|word| FILES.contains(&word.as_str())) && words.iter().any(|word| tells(word))
}

/// Whether every project has a file of this name, so that the name alone does not tell which.
pub fn is_in_every_project(name: &str) -> bool {
    const NAMES: [&str; 16] = [
        ".env",
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "Dockerfile",
        "LICENSE",
        "Makefile",
        "README.md",
        "go.mod",
        "index.html",
        "lib.rs",
        "main.rs",
        "mod.rs",
        "package.json",
        "pyproject.toml",
        "tsconfig.json",
    ];
    NAMES.contains(&name)
}

/// Whether a value's own name says that it is no secret: who the user is, which program or file it is about.
pub fn is_public_knowledge(value: &Place) -> bool {
    const KNOWN: [&str; 14] = [
        "app", "display", "file", "host", "hostname", "login", "pid", "port", "program", "service", "uid",
        "user", "username", "version",
    ];
    names_of(value.kind()).into_iter().any(|name| {
        let words = words(name);
        words.iter().any(|word| KNOWN.contains(&word.as_str())) && !is_random(value)
    })
}

/// Whether a part of the place is a value that its name, or that of the function which makes it, calls random.
pub fn is_random(place: &Place) -> bool {
    const RANDOM: [&str; 6] = ["random", "rand", "uuid", "guid", "nonce", "nanoid"];
    let says_so = |name: &str| has_word(name, &RANDOM);
    place.any(&mut |kind| match kind {
        PlaceKind::Opaque { name, .. } | PlaceKind::Parameter { name, .. } => says_so(name),
        PlaceKind::Call { callee, .. } => says_so(last(callee)),
        _ => false,
    })
}

/// Whether the place holds what each run would make another of, by its name: a key, a certificate, an identity.
pub fn is_secret(place: &Place) -> bool {
    const MADE: [&str; 11] = [
        "key",
        "secret",
        "token",
        "credential",
        "cert",
        "certificate",
        "pem",
        "uuid",
        "id",
        "identity",
        "salt",
    ];
    let last = match place.kind() {
        PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) => last,
        _ => place,
    };
    names_of(last.kind()).into_iter().any(|name| has_word(name, &MADE))
}

/// Whether by its name it is there to be one process' own: a lock or a socket.
pub fn is_owned(place: &Place) -> bool {
    hint(place).is_some_and(|hint| hint.lock || matches!(hint.word, "socket" | "sock"))
}

/// The strongest hint among the names that say what the place itself is: its last component and the directories that literals,
/// fields and functions name on the way. What a whole path is computed from (arguments, the value that has the field) says nothing.
pub fn hint(place: &Place) -> Option<Hint> {
    let mut best: Option<Hint> = None;
    collect(place, &mut best, 0);
    best
}

fn collect(place: &Place, best: &mut Option<Hint>, depth: usize) {
    if depth > 32 {
        return;
    }
    for name in names_of(place.kind()) {
        consider(best, name);
    }
    match place.kind() {
        PlaceKind::Join(base, last) | PlaceKind::WithFileName(base, last) => {
            collect(last, best, depth + 1);
            collect(base, best, depth + 1);
        }
        PlaceKind::WithExtension(base, last) => {
            collect(last, best, depth + 1);
            collect(base, best, depth + 1);
        }
        PlaceKind::Concat(parts) => parts.iter().for_each(|p| collect(p, best, depth + 1)),
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
        match kind {
            PlaceKind::Root(root) if !matches!(root, Root::Working | Root::Executable) => found = Some(*root),
            PlaceKind::Literal(text) => found = found.or_else(|| written_root(text)),
            PlaceKind::Parameter { name, .. }
            | PlaceKind::Field { name, .. }
            | PlaceKind::Opaque { name, .. } => {
                found = found.or_else(|| handed_root(name));
            }
            PlaceKind::Call { callee, .. } => found = found.or_else(|| handed_root(last(callee))),
            _ => {}
        }
        found.is_some()
    });
    found
}

/// Whether an absolute path is the directory, or leads below it.
fn is_below(text: &str, root: &str) -> bool {
    text.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Words of a name that a file has until it is whole.
const UNFINISHED: &[&str] = &[
    "tmp",
    "temp",
    "temporary",
    "part",
    "partial",
    "new",
    "incomplete",
    "download",
    "downloading",
    "swap",
    "swp",
    "staging",
    "pending",
    "unfinished",
    "wip",
];

/// Whether any name in the place says that what is there is not whole yet.
pub fn says_unfinished(place: &Place) -> bool {
    place.any(&mut |kind| names_of(kind).into_iter().any(|name| has_word(name, UNFINISHED)))
}

/// Whether the last component of the place says that the file is there only until it is moved into its place.
pub fn is_scratch(place: &Place) -> bool {
    let says = says_unfinished;
    match place.kind() {
        PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) | PlaceKind::WithExtension(_, last) => {
            says(last)
        }
        PlaceKind::Concat(parts) => parts.last().is_some_and(says),
        _ => false,
    }
}

/// Directories that everybody can write.
const WORLD_WRITABLE: &[&str] = &["/tmp", "/var/tmp", "/dev/shm"];

/// Whether the place lies directly in a directory that everybody can write, and not in a directory of somebody's there.
pub fn is_open_to_all(place: &Place) -> bool {
    if let PlaceKind::Concat(parts) = place.kind() {
        let mut texts = parts.iter().map(|part| match part.kind() {
            PlaceKind::Literal(text) => &**text,
            _ => "",
        });
        let first = texts.next().and_then(|text| text.rsplit_once('/'));
        return first.is_some_and(|(directory, _)| WORLD_WRITABLE.contains(&directory))
            && texts.all(|text| !text.contains('/'));
    }
    match place.parent().kind() {
        PlaceKind::Root(Root::Temp) => true,
        PlaceKind::Literal(text) => WORLD_WRITABLE.contains(&text.trim_end_matches('/')),
        _ => false,
    }
}

/// Whether the place lies where only root can write, by the custom of all systems (hier(7)), so that nobody else comes between.
pub fn is_immune(place: &Place) -> bool {
    const ROOTS: [&str; 8] = ["/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/boot", "/root"];
    place.any(&mut |kind| match kind {
        PlaceKind::Literal(text) => {
            ROOTS.into_iter().any(|root| is_below(text, root)) && !is_below(text, "/usr/local")
        }
        _ => false,
    })
}

/// Whether an absolute path leads to a register of the kernel rather than to anybody's file.
pub fn is_register(text: &str) -> bool {
    ["/proc", "/sys", "/dev"].into_iter().any(|root| is_below(text, root)) && !is_below(text, "/dev/shm")
}

/// The directory that everybody knows which an absolute path begins with.
fn written_root(text: &str) -> Option<Root> {
    let below = |root: &str| is_below(text, root);
    if ["/tmp", "/var/tmp", "/dev/shm"].into_iter().any(below) {
        Some(Root::Temp)
    } else if ["/run", "/var/run", "/var/lock"].into_iter().any(below) {
        Some(Root::Runtime)
    } else if below("/var/cache") {
        Some(Root::Cache)
    } else {
        below("/var/lib").then_some(Root::State)
    }
}

/// The directory that everybody knows which a value of this name is, by convention: `cache_dir`, `ConfigRoot`.
fn handed_root(name: &str) -> Option<Root> {
    let words = words(name);
    let [.., what, kind] = words.as_slice() else { return None };
    if !FOLDERS.contains(&kind.as_str()) && kind != "home" {
        return None;
    }
    match what.as_str() {
        "cache" => Some(Root::Cache),
        "config" => Some(Root::Config),
        "data" => Some(Root::Data),
        "state" => Some(Root::State),
        "home" => Some(Root::Home),
        _ => None,
    }
}

pub fn names_of(kind: &PlaceKind) -> Vec<&str> {
    match kind {
        PlaceKind::Parameter { name, .. } | PlaceKind::Opaque { name, .. } => vec![name],
        PlaceKind::Literal(text) => vec![text],
        PlaceKind::Constant(name) | PlaceKind::Environment(name) => vec![last(name)],
        PlaceKind::Call { callee, .. } => vec![last(callee)],
        PlaceKind::Field { name, .. } => vec![name],
        _ => Vec::new(),
    }
}

/// Whether a function of this name waits for work or ends it, as far as names tell.
pub fn ends_work(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "abort",
        "await",
        "close",
        "drain",
        "end",
        "exit",
        "finish",
        "halt",
        "join",
        "kill",
        "quit",
        "shutdown",
        "stop",
        "terminate",
    ];
    words(name).iter().any(|word| WORDS.contains(&word.as_str()) || word.starts_with("wait"))
}

/// Whether a method's name says that none but its type's own methods are to call it, as Python's custom has it.
pub fn is_for_its_type(method: &str) -> bool {
    let name = last(method);
    name.starts_with('_') && !name.starts_with("__")
}

/// Words for saying a path in another form.
const OTHER_FORMS: &[&str] =
    &["encode", "decode", "fsencode", "fsdecode", "escape", "unescape", "quote", "unquote"];

/// Whether what the function of this name returns says the same as what it is given, in another form.
pub fn says_the_same(function: &str) -> bool {
    words(last(function)).first().is_some_and(|first| OTHER_FORMS.contains(&first.as_str()))
}

/// Whether a constant of this name is what the program's user has given it on the command line.
pub fn is_command_line(constant: &str) -> bool {
    matches!(constant, "sys::argv" | "os::Args")
}

/// Whether the place is what a person has picked, in a window that asks for it.
pub fn is_picked(place: &Place) -> bool {
    const WORDS: [&str; 7] =
        ["askdirectory", "askopenfilename", "asksaveasfilename", "chooser", "dialog", "filedialog", "picker"];
    place.any(&mut |kind| matches!(kind, PlaceKind::Call { callee, .. } if has_word(callee, &WORDS)))
}

/// The last segment of a qualified name.
pub fn last(name: &str) -> &str {
    let mut rest = name;
    while let Some((before, part)) = qualified::rsplit(rest) {
        if !part.starts_with('{') {
            return part;
        }
        rest = before;
    }
    if rest.starts_with('{') { name } else { rest }
}

/// Files in which package managers write down what they chose. Nobody owns anything by them.
const DEPENDENCIES: &[&str] = &[
    "Cargo.lock",
    "Gemfile.lock",
    "Podfile.lock",
    "bun.lock",
    "composer.lock",
    "conda-lock.yml",
    "deno.lock",
    "flake.lock",
    "mix.lock",
    "package-lock.json",
    "pdm.lock",
    "pixi.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pubspec.lock",
    "uv.lock",
    "yarn.lock",
];

/// Whether a file of this name keeps a document beside the word: `.terraform.lock.hcl`, `bundle-lock.json`. A lock keeps none.
fn is_pinned(file: &str) -> bool {
    const DOCUMENTS: [&str; 5] = ["hcl", "json", "toml", "yaml", "yml"];
    file.rsplit_once('.').is_some_and(|(stem, extension)| {
        DOCUMENTS.contains(&extension) && (stem.ends_with(".lock") || stem.ends_with("-lock"))
    })
}

fn consider(best: &mut Option<Hint>, name: &str) {
    if name.rsplit('/').next().is_some_and(|file| DEPENDENCIES.contains(&file) || is_pinned(file)) {
        return;
    }
    for word in words(name) {
        let rank = |h: &Hint| (h.lock, h.removable);
        let found = [(REMOVABLE, true, false), (LOCKS, true, true), (SHARED, false, false)]
            .into_iter()
            .find_map(|(list, removable, lock)| {
                let word = list.iter().find(|known| same_word(known, &word))?;
                let cleaned = CLEANED.contains(word);
                let (scratch, edited) = (SCRATCH.contains(word), EDITED.contains(word));
                Some(Hint { word, removable, cleaned, lock, scratch, edited })
            });
        if let Some(found) = found
            && best.as_ref().is_none_or(|b| rank(b) < rank(&found))
        {
            *best = Some(found);
        }
    }
}

/// Whether a word is the known one, or its plural.
pub fn same_word(known: &str, word: &str) -> bool {
    word == known || word.strip_suffix('s') == Some(known)
}

/// The words of a name in any of the usual cases, lower case. What ends in no word ends in an empty one.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = parts(name).map(lowered).collect();
    let ends_in_word = name.chars().take(LONGEST_NAME).last().is_some_and(char::is_alphanumeric);
    if !ends_in_word {
        words.push(String::new());
    }
    words
}

/// Whether one of these words, which are in lower case, is in the name.
pub fn has_word(name: &str, known: &[&str]) -> bool {
    // Most names have the letters of none of them.
    let is_in = |word: &&str| {
        name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    if name.is_ascii() && !known.iter().any(is_in) {
        return false;
    }
    parts(name).any(|part| match part.is_ascii() {
        true => known.iter().any(|word| word.eq_ignore_ascii_case(part)),
        false => known.contains(&lowered(part).as_str()),
    })
}

/// Of a longer name, nothing behind so many characters is looked at.
const LONGEST_NAME: usize = 256;

/// The words of a name as they are written.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let mut chars = name.char_indices().take(LONGEST_NAME);
    let (mut start, mut lower) = (None, false);
    let mut over = false;
    std::iter::from_fn(move || {
        while !over {
            let Some((at, c)) = chars.next() else {
                over = true;
                let end = name.char_indices().nth(LONGEST_NAME).map_or(name.len(), |(at, _)| at);
                return start.take().and_then(|start: usize| name.get(start..end));
            };
            let (is_letter, begins) = (c.is_alphanumeric(), c.is_uppercase() && lower);
            lower = c.is_lowercase() || c.is_numeric();
            let whole = match !is_letter || begins {
                true => start.take().and_then(|start| name.get(start..at)),
                false => None,
            };
            if is_letter && start.is_none() {
                start = Some(at);
            }
            if whole.is_some() {
                return whole;
            }
        }
        None
    })
}

fn lowered(word: &str) -> String {
    match word.is_ascii() {
        true => word.to_ascii_lowercase(),
        // Letter by letter: a word is no text, in which the last letter may be another one.
        false => word.chars().flat_map(char::to_lowercase).collect(),
    }
}

/// Whether a file holds a command that makes something new where the user says, by the file's name.
pub fn is_one_shot(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    // A name between underscores says what the file is to its folder, and not what the code in it is for.
    if stem.starts_with("__") {
        return false;
    }
    stem.split(['_', '-'])
        .any(|word| ["init", "new", "generate", "scaffold", "template", "completions"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("cacheDir/state.json"), ["cache", "dir", "state", "json"]);
        assert_eq!(words("SCREAMING_LOCK"), ["screaming", "lock"]);
        assert_eq!(words("_aB2C-"), ["a", "b2", "c", ""]);
        assert_eq!(words("straßeÄ__"), ["straße", "ä", ""]);
        assert_eq!(words(""), [""]);
        let long = format!("{}b_c", "a".repeat(255));
        assert_eq!(words(&long), [format!("{}b", "a".repeat(255))]);
        assert!(
            has_word("fileÄ_Unlock", &["unlock"])
                && has_word("ÄRGER", &["ärger"])
                && !has_word("unlocked", &["unlock"])
        );
        assert!(hint_in("clock").is_none());
        assert!(hint_in("block_size").is_none());
        assert!(hint_in("PID_LOCKS").is_some_and(|h| h.lock));
    }

    #[test]
    fn a_document_of_pinned_versions_is_no_lock() {
        assert!(hint_in(".terraform.lock.hcl").is_none());
        assert!(hint_in("conda-lock.yml").is_none());
        assert!(hint_in("state.lock").is_some_and(|h| h.lock));
    }

    #[test]
    fn a_lock_outweighs_a_cache() {
        let place = Place::parameter(0, "cache_dir").join(&Place::literal("index.lock"));
        assert_eq!(hint(&place).map(|h| h.word), Some("lock"));
    }
}
