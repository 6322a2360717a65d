//! Build constraints: files that no system of the abstract filesystem's kind builds are left out.

/// Systems that are no POSIX, or have no files.
pub const OTHERS: [&str; 4] = ["js", "plan9", "wasip1", "windows"];
/// Other systems of the kind; what is looked at is Linux.
const KIN: [&str; 11] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "netbsd",
    "openbsd",
    "solaris",
    "zos",
];
/// How deep a constraint may nest.
const MAX_DEPTH: usize = 64;

/// Whether a file is for other systems only, or for none.
pub fn is_left_out(path: &str, text: &str) -> bool {
    named_for(path, &OTHERS) || text.lines().map_while(head).flatten().any(|c| holds(c, posix) == Some(false))
}

/// Whether a file is built for other systems than Linux, such as there may be one of the same names for.
pub fn is_foreign(path: &str, text: &str) -> bool {
    named_for(path, &KIN) || text.lines().map_while(head).flatten().any(|c| holds(c, linux) == Some(false))
}

/// What is known of a tag on any POSIX system.
fn posix(tag: &str) -> Option<bool> {
    match tag {
        "unix" => Some(true),
        "ignore" => Some(false),
        tag if OTHERS.contains(&tag) => Some(false),
        _ => None,
    }
}

/// What is known of a tag on Linux.
fn linux(tag: &str) -> Option<bool> {
    match tag {
        "linux" => Some(true),
        tag if KIN.contains(&tag) => Some(false),
        tag => posix(tag),
    }
}

/// `lock_windows.go`, `lock_windows_amd64.go`; with `_test` behind it or not.
fn named_for(path: &str, systems: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".go").trim_end_matches("_test");
    let mut parts = name.rsplit('_');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    before.is_some() && systems.contains(&last)
        || before.is_some_and(|system| systems.contains(&system)) && parts.next().is_some()
}

/// The constraint on a line of the head of a file, if there is one; nothing where the head is over.
fn head(line: &str) -> Option<Option<&str>> {
    let line = line.trim();
    let constraint = line.strip_prefix("//go:build ");
    (line.is_empty() || line.starts_with("//") || line.starts_with("/*") || line.starts_with('*'))
        .then_some(constraint)
}

/// What is known of a tag.
type Tags = fn(&str) -> Option<bool>;

/// Whether a constraint holds, as far as that is known.
fn holds(constraint: &str, tags: Tags) -> Option<bool> {
    let spaced = ["(", ")", "!", "&&", "||"]
        .into_iter()
        .fold(constraint.to_owned(), |text, mark| text.replace(mark, &format!(" {mark} ")));
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (value, _) = alternative(&words, tags, 0)?;
    value
}

/// A value, and the words that are left.
type Read<'w> = Option<(Option<bool>, &'w [&'w str])>;

fn alternative<'w>(words: &'w [&'w str], tags: Tags, depth: usize) -> Read<'w> {
    let (mut value, mut rest) = conjunction(words, tags, depth)?;
    while let Some((&"||", after)) = rest.split_first() {
        let (other, left) = conjunction(after, tags, depth)?;
        value = match (value, other) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
        rest = left;
    }
    Some((value, rest))
}

fn conjunction<'w>(words: &'w [&'w str], tags: Tags, depth: usize) -> Read<'w> {
    let (mut value, mut rest) = term(words, tags, depth)?;
    while let Some((&"&&", after)) = rest.split_first() {
        let (other, left) = term(after, tags, depth)?;
        value = match (value, other) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        rest = left;
    }
    Some((value, rest))
}

fn term<'w>(words: &'w [&'w str], tags: Tags, depth: usize) -> Read<'w> {
    if depth > MAX_DEPTH {
        return None;
    }
    let (first, rest) = words.split_first()?;
    match *first {
        "!" => {
            let (value, rest) = term(rest, tags, depth + 1)?;
            Some((value.map(|v| !v), rest))
        }
        "(" => {
            let (value, rest) = alternative(rest, tags, depth + 1)?;
            let (_, rest) = rest.split_first()?;
            Some((value, rest))
        }
        tag => Some((tags(tag), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_other_systems_are_left_out() {
        for (path, head) in [
            ("lock_windows.go", ""),
            ("lock_windows_amd64.go", ""),
            ("a_plan9_test.go", ""),
            ("a.go", "//go:build windows\n\n"),
            ("a.go", "// Copyright\n\n//go:build !unix && go1.20\n"),
            ("a.go", "//go:build (windows || plan9) && !race\n"),
            ("a.go", "//go:build ignore\n"),
        ] {
            assert!(is_left_out(path, &format!("{head}package a\n")), "{path} {head}");
        }
        for (path, head) in [
            ("windows.go", ""),
            ("lock_linux.go", ""),
            ("a.go", "//go:build !windows\n"),
            ("a.go", "//go:build windows || darwin\n"),
            ("a.go", "//go:build e2e\n"),
            ("a.go", "package a\n//go:build windows\n"),
        ] {
            assert!(!is_left_out(path, &format!("{head}package a\n")), "{path} {head}");
        }
    }

    #[test]
    fn files_for_other_systems_than_linux_are_known() {
        for (path, head, foreign) in [
            ("lock_darwin.go", "", true),
            ("lock_linux.go", "", false),
            ("lock_unix.go", "//go:build unix\n", false),
            ("lock_bsd.go", "//go:build freebsd || darwin\n", true),
            ("lock_other.go", "//go:build !linux\n", true),
            ("lock.go", "//go:build linux || darwin\n", false),
        ] {
            assert_eq!(is_foreign(path, &format!("{head}package a\n")), foreign, "{path} {head}");
        }
    }
}
