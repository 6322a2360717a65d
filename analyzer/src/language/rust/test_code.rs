//! What counts as test code.
//!
//! Nothing is reported in test code unless asked for, and none of it is evidence for what the rest does. It is half of a typical
//! crate, so without being asked for, what only tests can use is not read at all: files that are targets of their own, see
//! [`is_target`], and inline modules that are only there under `cfg(test)`, see [`is_in_tests_only`] and `trim.rs`. What is left
//! is judged by [`file_context`] and [`is_test`] as it is with all of it there.

use crate::flow::Context;
use crate::language::aside::is_for_tests;
use crate::source::Package;
use syn::Attribute;

/// Folders whose code is for tests, wherever they are.
const TEST_FOLDERS: [&str; 6] = ["tests", "test", "testing", "test-utils", "testutils", "testsuite"];
/// Files whose code is for tests, wherever they are.
const TEST_FILES: [&str; 8] = [
    "test.rs",
    "tests.rs",
    "testing.rs",
    "testutil.rs",
    "test_fixtures.rs",
    "test_helpers.rs",
    "test_util.rs",
    "test_utils.rs",
];
/// Folders of code that is not the program.
const AUXILIARY_FOLDERS: [&str; 6] = ["examples", "fuzz", "scripts", "xtask", "docs", "ci"];
/// Folders of a package, next to its manifest, in which cargo looks for targets of their own. No other code can call them.
const TARGET_FOLDERS: [&str; 3] = ["tests", "benches", "examples"];

/// What the file's path, in its package if that is known, and inner attributes say of its code.
pub fn file_context(path: &str, package: Option<&Package>, attributes: &[Attribute]) -> Context {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let within = |of: &[&str]| folders.split('/').any(|folder| of.contains(&folder));
    Context {
        test: within(&TEST_FOLDERS)
            || TEST_FILES.contains(&name)
            || [".test.rs", ".tests.rs", "_test.rs", "_tests.rs"].iter().any(|end| name.ends_with(end))
            || is_test(attributes),
        auxiliary: within(&AUXILIARY_FOLDERS)
            || folders.split('/').any(is_for_tests)
            || is_build_script(path, package),
        ..Context::default()
    }
}

/// Whether cargo runs the file before it builds the package: it lies beside the manifest. Among the sources, a `build.rs` is the program's.
fn is_build_script(path: &str, package: Option<&Package>) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name == "build.rs"
        && match package {
            Some(package) => folders == package.root,
            None => !folders.split('/').any(|folder| folder == "src"),
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

/// Whether one of the attributes may make code that calls what it stands at, as `#[no_mangle]`, `#[tauri::command]` and `#[pymethods]` do:
/// all may that are not known for what they are.
pub fn are_registering(attributes: &[Attribute]) -> bool {
    const KNOWN: [&str; 20] = [
        "allow",
        "async_recursion",
        "async_trait",
        "cfg",
        "cold",
        "context",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "forbid",
        "inline",
        "instrument",
        "must_use",
        "named",
        "rustfmt",
        "skip",
        "track_caller",
        "unstable",
        "warn",
    ];
    attributes
        .iter()
        .any(|a| a.path().segments.last().is_none_or(|last| !KNOWN.iter().any(|known| last.ident == known)))
}

/// Whether a module is for tests, by its own name and attributes.
pub fn is_test_module(module: &syn::ItemMod) -> bool {
    module.ident == "tests" || is_test(&module.attrs)
}

/// Whether what stands in `cfg(..)`, spaces aside, says that this is for tests, if not for them alone.
fn is_test_condition(condition: &str) -> bool {
    condition == "test" || condition.starts_with("all(test") || condition.starts_with("any(test")
}

/// Whether an attribute, written without its brackets, leaves an item to tests and nothing else, so that other code cannot use it.
pub fn is_in_tests_only(attribute: &str) -> bool {
    let attribute = without_spaces(attribute);
    let condition = attribute.strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')'));
    condition.is_some_and(|condition| condition == "test" || condition.starts_with("all(test,"))
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_script_lies_beside_the_manifest() {
        let package = |root: &str| Package {
            root: root.to_owned(),
            name: "p".to_owned(),
            programs: std::sync::Arc::default(),
        };
        let is_aside = |path: &str, root| file_context(path, Some(&package(root)), &[]).auxiliary;
        assert!(is_aside("build.rs", "") && is_aside("a/b/build.rs", "a/b"));
        assert!(!is_aside("src/build.rs", "") && !is_aside("a/src/commands/build.rs", "a"));
        assert!(file_context("a/build.rs", None, &[]).auxiliary);
        assert!(!file_context("a/src/build.rs", None, &[]).auxiliary);
    }

    #[test]
    fn targets_are_told_from_folders_among_the_sources() {
        let at = |root: &str| Package {
            root: root.to_owned(),
            name: "p".to_owned(),
            programs: std::sync::Arc::default(),
        };
        for (path, root) in [("tests/a.rs", ""), ("examples/b/main.rs", ""), ("x/benches/c.rs", "x")] {
            assert!(is_target(path, &at(root)), "{path}");
        }
        for (path, root) in [
            ("src/tests/a.rs", ""),
            ("tests.rs", ""),
            ("build.rs", ""),
            ("tests/b/src/lib.rs", "tests/b"),
            ("xtests/tests/c.rs", "x"),
        ] {
            assert!(!is_target(path, &at(root)), "{path}");
        }
    }
}
