//! Qualified names, cut at `::`. They are short and cut for every name that is met, so bytes are compared rather than searched.

/// What comes before the first `::`: the crate, if the name is whole.
pub fn first(name: &str) -> &str {
    let end = name.as_bytes().windows(2).position(|w| w == b"::");
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// What comes after the last `::`.
pub fn last(name: &str) -> &str {
    rsplit(name).map_or(name, |(_, last)| last)
}

/// Splits off the last segment.
pub fn rsplit(name: &str) -> Option<(&str, &str)> {
    let at = name.as_bytes().windows(2).rposition(|w| w == b"::")?;
    Some((name.get(..at)?, name.get(at + 2..)?))
}

/// The last two segments, if there are as many.
pub fn last_two(name: &str) -> Option<&str> {
    let (before, _) = rsplit(name)?;
    match rsplit(before) {
        Some((outer, _)) => name.get(outer.len() + 2..),
        None => Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_their_ends() {
        assert_eq!((first("a::b::c"), last("a::b::c"), last_two("a::b::c")), ("a", "c", Some("b::c")));
        assert_eq!((first("a"), last("a"), rsplit("a"), last_two("a")), ("a", "a", None, None));
        assert_eq!((last_two("a::b"), rsplit("a::b")), (Some("a::b"), Some(("a", "b"))));
        assert_eq!((first("::a"), last("a::"), rsplit("::a")), ("", "", Some(("", "a"))));
    }
}
