//! Build constraints: files that no system of the abstract filesystem's kind builds are left out.

/// Systems that are no POSIX, or have no files.
const OTHERS: [&str; 4] = ["js", "plan9", "wasip1", "windows"];
/// How deep a constraint may nest.
const MAX_DEPTH: usize = 64;

/// Whether a file is for other systems only, or for none.
pub fn is_left_out(path: &str, text: &str) -> bool {
    named_for_others(path) || text.lines().map_while(head).flatten().any(|c| holds(c) == Some(false))
}

/// `lock_windows.go`, `lock_windows_amd64.go`; with `_test` behind it or not.
fn named_for_others(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".go").trim_end_matches("_test");
    let mut parts = name.rsplit('_');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    before.is_some() && OTHERS.contains(&last)
        || before.is_some_and(|system| OTHERS.contains(&system)) && parts.next().is_some()
}

/// The constraint on a line of the head of a file, if there is one; nothing where the head is over.
fn head(line: &str) -> Option<Option<&str>> {
    let line = line.trim();
    let constraint = line.strip_prefix("//go:build ");
    (line.is_empty() || line.starts_with("//") || line.starts_with("/*") || line.starts_with('*'))
        .then_some(constraint)
}

/// Whether a constraint holds on a POSIX system, as far as that is known.
fn holds(constraint: &str) -> Option<bool> {
    let spaced = ["(", ")", "!", "&&", "||"]
        .into_iter()
        .fold(constraint.to_owned(), |text, mark| text.replace(mark, &format!(" {mark} ")));
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (value, _) = alternative(&words, 0)?;
    value
}

/// A value, and the words that are left.
type Read<'w> = Option<(Option<bool>, &'w [&'w str])>;

fn alternative<'w>(words: &'w [&'w str], depth: usize) -> Read<'w> {
    let (mut value, mut rest) = conjunction(words, depth)?;
    while let Some((&"||", after)) = rest.split_first() {
        let (other, left) = conjunction(after, depth)?;
        value = match (value, other) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
        rest = left;
    }
    Some((value, rest))
}

fn conjunction<'w>(words: &'w [&'w str], depth: usize) -> Read<'w> {
    let (mut value, mut rest) = term(words, depth)?;
    while let Some((&"&&", after)) = rest.split_first() {
        let (other, left) = term(after, depth)?;
        value = match (value, other) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        rest = left;
    }
    Some((value, rest))
}

fn term<'w>(words: &'w [&'w str], depth: usize) -> Read<'w> {
    if depth > MAX_DEPTH {
        return None;
    }
    let (first, rest) = words.split_first()?;
    match *first {
        "!" => {
            let (value, rest) = term(rest, depth + 1)?;
            Some((value.map(|v| !v), rest))
        }
        "(" => {
            let (value, rest) = alternative(rest, depth + 1)?;
            let (_, rest) = rest.split_first()?;
            Some((value, rest))
        }
        "unix" => Some((Some(true), rest)),
        "ignore" => Some((Some(false), rest)),
        tag if OTHERS.contains(&tag) => Some((Some(false), rest)),
        _ => Some((None, rest)),
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
}
