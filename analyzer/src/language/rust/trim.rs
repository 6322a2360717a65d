//! The text as the parser gets it: without documentation, which the parser would turn into attributes token by token, and where
//! tests are left out, without the modules that are there for them only.
//!
//! What goes is blank, or cut off at the end, so that all else keeps its offset. A text that is in any way doubtful stays as it is.

mod scanner;

use super::test_code::is_in_tests_only;
use crate::language::Tests;
use scanner::{Scanner, Token};
use std::borrow::Cow;
use std::ops::Range;

/// What blanks are taken from.
const BLANK: &str =
    "                                                                                                ";

/// The text without what the analysis does not look at.
pub fn trimmed(text: &str, tests: Tests) -> Cow<'_, str> {
    let Some(Removed { modules, documentation }) = removed(text) else { return Cow::Borrowed(text) };
    let mut ranges = documentation;
    if tests == Tests::LeftOut {
        ranges.extend(modules);
        ranges.sort_by_key(|range| range.start);
    }
    without(text, &ranges).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The top-level modules of the text that are there for tests only; none where the text is not understood.
pub fn test_modules(text: &str) -> Vec<Range<usize>> {
    removed(text).map_or_else(Vec::new, |removed| removed.modules)
}

/// The names, keywords, lifetimes and numbers of the text, comments and literals left out; none where the text is not understood.
pub fn words(text: &str) -> Option<Vec<&str>> {
    let mut scanner = Scanner::new(text)?;
    let mut words = Vec::new();
    while let Some((token, span)) = scanner.next()? {
        if token == Token::Word {
            words.push(text.get(span)?);
        }
    }
    Some(words)
}

/// The text with these ranges blank, which come sorted by their starts; none if they do not fit it.
fn without(text: &str, ranges: &[Range<usize>]) -> Option<String> {
    let last = ranges.iter().max_by_key(|range| range.end)?;
    let at_end = text.get(last.end..)?.bytes().all(|b| b.is_ascii_whitespace());
    let end = if at_end { last.start } else { text.len() };
    let mut kept = String::with_capacity(end);
    for range in ranges {
        // Documentation within a module that is gone is gone with it.
        let (start, stop) = (range.start.max(kept.len()), range.end.min(end));
        if start >= stop {
            continue;
        }
        kept.push_str(text.get(kept.len()..start)?);
        let mut missing = stop - start;
        while missing > 0 {
            let blank = BLANK.get(..missing).unwrap_or(BLANK);
            kept.push_str(blank);
            missing -= blank.len();
        }
    }
    kept.push_str(text.get(kept.len()..end)?);
    Some(kept)
}

/// What may go.
struct Removed {
    /// The top-level modules of tests, each with its attributes and comments.
    modules: Vec<Range<usize>>,
    /// Documentation comments.
    documentation: Vec<Range<usize>>,
}

/// Finds it; none where the text is not understood.
fn removed(text: &str) -> Option<Removed> {
    let mut scanner = Scanner::new(text)?;
    let mut modules = Vec::new();
    // The start of the item at hand, as long as nothing but attributes, comments and visibility of it was seen.
    let mut start = None;
    let mut fresh = true;
    let mut test = false;
    while let Some((token, span)) = scanner.next()? {
        match token {
            Token::Comment => {}
            Token::Documentation if fresh => {
                start.get_or_insert(span.start);
            }
            Token::Punct(b'#') if fresh => {
                let attribute = scanner.attribute()?;
                // An inner attribute is no part of an item.
                if attribute.outer {
                    start.get_or_insert(span.start);
                    test |= is_in_tests_only(text.get(attribute.content)?);
                }
            }
            Token::Word if fresh && text.get(span.clone())? == "pub" => {
                start.get_or_insert(span.start);
                scanner.skip_parentheses()?;
            }
            Token::Word if fresh && text.get(span.clone())? == "mod" => {
                let (Token::Word, _) = scanner.next_but_comments()?? else { return None };
                match scanner.next_but_comments()?? {
                    (Token::Open(b'{'), _) => {
                        let end = scanner.skip_group(b'{')?;
                        modules.extend(start.filter(|_| test).map(|start| start..end));
                    }
                    (Token::Punct(b';'), _) => {}
                    _ => return None,
                }
                (start, test) = (None, false);
            }
            Token::Open(bracket) => {
                scanner.skip_group(bracket)?;
                (start, test) = (None, false);
                // A block ends an item, or something follows that begins none.
                fresh = bracket == b'{';
            }
            Token::Punct(b';') => (start, test, fresh) = (None, false, true),
            Token::Close(_) => return None,
            Token::Documentation | Token::Word | Token::Punct(_) | Token::Literal => {
                (start, test, fresh) = (None, false, false);
            }
        }
    }
    Some(Removed { modules, documentation: scanner.documentation })
}

#[cfg(test)]
mod tests;
