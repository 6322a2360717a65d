//! Qualified names, cut at `::`.

use memchr::{memchr_iter, memrchr_iter};

/// What comes before the first `::`: the crate, if the name is whole.
pub fn first(name: &str) -> &str {
    let mut colons = memchr_iter(b':', name.as_bytes());
    let end = colons.find(|at| name.as_bytes().get(at + 1) == Some(&b':'));
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// What comes after the last `::`.
pub fn last(name: &str) -> &str {
    rsplit(name).map_or(name, |(_, last)| last)
}

/// Splits off the last segment.
pub fn rsplit(name: &str) -> Option<(&str, &str)> {
    let mut colons = memrchr_iter(b':', name.as_bytes());
    colons.find_map(|at| Some((name.get(..at)?.strip_suffix(':')?, name.get(at + 1..)?)))
}

/// The last two segments, if there are as many.
pub fn last_two(name: &str) -> Option<&str> {
    let (before, _) = rsplit(name)?;
    match rsplit(before) {
        Some((outer, _)) => name.get(outer.len() + 2..),
        None => Some(name),
    }
}

/// A type and the fields that lead from it, `crate::Owner.state.store`: dots before the last `::` are those of import paths.
pub fn fields(name: &str) -> (&str, impl Iterator<Item = &str>) {
    let start = rsplit(name).map_or(0, |(_, last)| name.len() - last.len());
    let dot = name.get(start..).and_then(|last| last.find('.')).map_or(name.len(), |at| start + at);
    let (owner, rest) = name.split_at_checked(dot).unwrap_or((name, ""));
    (owner, rest.split('.').skip(1))
}

/// Splits off the last field or method after a dot, of a name like those of [`fields`].
pub fn rsplit_field(name: &str) -> Option<(&str, &str)> {
    let start = rsplit(name).map_or(0, |(_, last)| name.len() - last.len());
    let dot = start + name.get(start..)?.rfind('.')?;
    Some((name.get(..dot)?, name.get(dot + 1..)?))
}

/// What the elements of a field go by that holds several: `items[]`.
pub fn element(field: &str) -> String {
    [field, "[]"].concat()
}

/// The words of a name in any of the usual cases, in lower case: `load_config`, `loadConfig`.
pub fn words(name: &str) -> impl Iterator<Item = String> {
    parts(name).map(str::to_lowercase)
}

/// As [`words`], as they are written. What ends in no word ends in an empty one.
pub fn parts(name: &str) -> impl Iterator<Item = &str> {
    // Nearly all names are ASCII, of which every byte is a letter.
    let ascii = name.is_ascii();
    let mut rest = Some(name);
    std::iter::from_fn(move || {
        let rest_of = rest?;
        let text = match ascii {
            true => {
                let signs = rest_of.bytes().take_while(|b| !b.is_ascii_alphanumeric()).count();
                rest_of.get(signs..)?
            }
            false => rest_of.trim_start_matches(|c: char| !c.is_alphanumeric()),
        };
        let mut lower = false;
        let mut starts = |is_letter: bool, is_upper: bool| {
            let starts = !is_letter || (is_upper && lower);
            lower = !is_upper;
            starts
        };
        let end = match ascii {
            true => text.bytes().position(|b| starts(b.is_ascii_alphanumeric(), b.is_ascii_uppercase())),
            false => {
                let mut letters = text.char_indices();
                letters.find(|(_, c)| starts(c.is_alphanumeric(), c.is_uppercase())).map(|(at, _)| at)
            }
        };
        let (part, after) = end
            .and_then(|end| text.split_at_checked(end))
            .map_or((text, None), |(part, after)| (part, Some(after)));
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_after_the_path() {
        let split = |name: &'static str| {
            let (owner, fields) = fields(name);
            (owner, fields.collect::<Vec<_>>())
        };
        assert_eq!(split("a::App.state.store"), ("a::App", vec!["state", "store"]));
        assert_eq!(split("example.com/a::App"), ("example.com/a::App", vec![]));
        assert_eq!(split("example.com/a::App.state"), ("example.com/a::App", vec!["state"]));
        assert_eq!(rsplit_field("a::App.state.save"), Some(("a::App.state", "save")));
        assert_eq!(rsplit_field("example.com/a::save"), None);
    }

    #[test]
    fn names_are_words_in_every_case() {
        let split = |name| words(name).collect::<Vec<_>>();
        assert_eq!(split("shallow_clone"), ["shallow", "clone"]);
        assert_eq!(split("downloadAndUnZIP"), ["download", "and", "un", "zip"]);
        assert_eq!(split("HTTPGet"), ["httpget"]);
        assert_eq!(split("__private__call_"), ["private", "call", ""]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("_größeLesen_2x"), ["größe", "lesen", "2x"]);
    }

    #[test]
    fn names_are_cut_at_their_ends() {
        assert_eq!((first("a::b::c"), last("a::b::c"), last_two("a::b::c")), ("a", "c", Some("b::c")));
        assert_eq!((first("a"), last("a"), rsplit("a"), last_two("a")), ("a", "a", None, None));
        assert_eq!((last_two("a::b"), rsplit("a::b")), (Some("a::b"), Some(("a", "b"))));
        assert_eq!((first("::a"), last("a::"), rsplit("::a")), ("", "", Some(("", "a"))));
    }
}
