//! What counts as test code, and how to pass it over unread.
//!
//! Nothing is reported in test code unless asked for, and none of it is evidence for what the rest does. It is half of a typical
//! crate, so without being asked for it is cut before the parser sees it: files that are targets of their own, which no other
//! code can name, and inline modules that are only there under `cfg(test)`. What is left is judged by [`file_context`] and
//! [`is_test`] as it is with all of it there.

mod lexer;

use crate::flow::Context;
use crate::source::Package;
use lexer::{Lexer, Token};
use std::borrow::Cow;
use std::ops::Range;
use syn::Attribute;

/// Folders whose code is for tests, wherever they are.
const TEST_FOLDERS: [&str; 6] = ["tests", "test", "testing", "test-utils", "testutils", "testsuite"];
/// Folders of code that is not the program.
const AUXILIARY_FOLDERS: [&str; 7] = ["examples", "benches", "fuzz", "scripts", "xtask", "docs", "ci"];
/// Folders of a package, next to its manifest, in which cargo looks for targets of their own. No other code can call them.
const TARGET_FOLDERS: [&str; 3] = ["tests", "benches", "examples"];

/// What the file's path and inner attributes say of its code.
pub fn file_context(path: &str, attributes: &[Attribute]) -> Context {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let within = |of: &[&str]| folders.split('/').any(|folder| of.contains(&folder));
    Context {
        test: within(&TEST_FOLDERS)
            || matches!(name, "tests.rs" | "test.rs")
            || name.ends_with("_test.rs")
            || name.ends_with("_tests.rs")
            || is_test(attributes),
        auxiliary: within(&AUXILIARY_FOLDERS) || name == "build.rs",
        ..Context::default()
    }
}

/// Whether a file is a test, benchmark or example of its package by where it lies. A folder of such a name among the sources is
/// not one: other modules may use what it holds.
pub fn is_target(path: &str, package: &Package) -> bool {
    let inside = match package.root.as_str() {
        "" => Some(path),
        root => path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')),
    };
    let folder = inside.and_then(|inside| inside.split_once('/'));
    folder.is_some_and(|(folder, _)| TARGET_FOLDERS.contains(&folder))
}

/// Whether attributes say that code is for tests: `#[test]`, `#[tokio::test]`, `#[cfg(test)]` and their like.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| {
        let Some(last) = a.path().segments.last() else { return false };
        let named = ["test", "rstest", "test_case", "proptest", "wasm_bindgen_test", "bench", "apply"];
        if named.iter().any(|name| last.ident == name) {
            return true;
        }
        let syn::Meta::List(list) = &a.meta else { return false };
        last.ident == "cfg" && is_test_condition(&without_spaces(&list.tokens.to_string()))
    })
}

/// Whether a module is for tests, by its own name and attributes.
pub fn is_test_module(module: &syn::ItemMod) -> bool {
    module.ident == "tests" || is_test(&module.attrs)
}

/// Whether what stands in `cfg(..)`, spaces aside, says that this is for tests, if not for them alone.
fn is_test_condition(condition: &str) -> bool {
    condition == "test" || condition.starts_with("all(test") || condition.starts_with("any(test")
}

/// Whether it holds in tests and nowhere else, so that other code cannot use what it governs.
fn holds_in_tests_only(condition: &str) -> bool {
    condition == "test" || condition.starts_with("all(test,")
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The text without the modules of tests that stand at its top level: they are cut off at the end and blank elsewhere, so that
/// all else keeps its offset. The text as it is, where it is in any way doubtful.
pub fn without_test_modules(text: &str) -> Cow<'_, str> {
    // Most files without tests are told by this alone, at a fraction of the cost.
    if !text.contains("test") {
        return Cow::Borrowed(text);
    }
    let modules = test_modules(text).unwrap_or_default();
    let Some(last) = modules.last() else { return Cow::Borrowed(text) };
    let at_end = text.get(last.end..).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_whitespace()));
    let end = if at_end { last.start } else { text.len() };
    let mut kept = String::with_capacity(end);
    let mut from = 0;
    for module in &modules {
        let (Some(before), Some(cut)) = (text.get(from..module.start), text.get(module.clone())) else {
            return Cow::Borrowed(text);
        };
        if from == 0 && module.start == end {
            return Cow::Borrowed(before);
        }
        kept.push_str(before);
        if module.start < end {
            // Lines stay as they were too.
            kept.extend(cut.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        }
        from = module.end;
    }
    kept.push_str(text.get(from..end).unwrap_or_default());
    Cow::Owned(kept)
}

/// The top-level modules of tests, each with its attributes and comments; none where the text is not understood.
fn test_modules(text: &str) -> Option<Vec<Range<usize>>> {
    let mut lexer = Lexer::new(text)?;
    let mut found = Vec::new();
    // The start of the item at hand, as long as nothing but attributes, comments and visibility of it was seen.
    let mut start = None;
    let mut fresh = true;
    let mut test = false;
    while let Some((token, span)) = lexer.next()? {
        match token {
            Token::Comment { doc: false } => {}
            Token::Comment { doc: true } if fresh => {
                start.get_or_insert(span.start);
            }
            Token::Punct(b'#') if fresh => {
                let attribute = lexer.attribute()?;
                // An inner attribute is no part of an item.
                if attribute.outer {
                    start.get_or_insert(span.start);
                    test |= is_test_attribute(text.get(attribute.content)?);
                }
            }
            Token::Word if fresh && text.get(span.clone())? == "pub" => {
                start.get_or_insert(span.start);
                lexer.skip_parentheses()?;
            }
            Token::Word if fresh && text.get(span.clone())? == "mod" => {
                let (Token::Word, _) = lexer.next_but_comments()?? else { return None };
                match lexer.next_but_comments()?? {
                    (Token::Open(b'{'), _) => {
                        let end = lexer.skip_group(b'{')?;
                        found.extend(start.filter(|_| test).map(|start| start..end));
                    }
                    (Token::Punct(b';'), _) => {}
                    _ => return None,
                }
                (start, test) = (None, false);
            }
            Token::Open(bracket) => {
                lexer.skip_group(bracket)?;
                (start, test) = (None, false);
                // A block ends an item, or something follows that begins none.
                fresh = bracket == b'{';
            }
            Token::Punct(b';') => (start, test, fresh) = (None, false, true),
            Token::Close(_) => return None,
            Token::Comment { .. } | Token::Word | Token::Punct(_) | Token::Literal => {
                (start, test, fresh) = (None, false, false);
            }
        }
    }
    Some(found)
}

/// Whether an attribute, without its brackets, leaves the item to tests only.
fn is_test_attribute(content: &str) -> bool {
    let content = without_spaces(content);
    let condition = content.strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')'));
    condition.is_some_and(holds_in_tests_only)
}

#[cfg(test)]
mod tests;
