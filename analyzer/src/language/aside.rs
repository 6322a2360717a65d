//! Folders whose code is not the program, by custom of all languages.

/// Whether a folder's name says that what it holds works with tests or benchmarks: `ansible_test`, `bench-runner`, `mocks`.
pub fn is_for_tests(folder: &str) -> bool {
    const WORDS: [&str; 8] =
        ["test", "tests", "bench", "benches", "benchmark", "benchmarks", "mock", "mocks"];
    // Words that are written as one; others that end alike, as `latest` or `contest`, mean something else.
    const JOINED: [&str; 8] =
        ["inttest", "itest", "itests", "selftest", "selftests", "testsuite", "testsuites", "unittests"];
    // As a word beside others, it says what a program does.
    matches!(folder, "testing" | "_testing")
        || folder
            .split(['-', '_', ' '])
            .any(|word| WORDS.contains(&word) || JOINED.contains(&word) || helps_tests(word))
}

/// Whether a file's name, without its ending, says that tests are helped by what it holds: `testutils`, `test_helpers`.
pub fn is_helper_of_tests(stem: &str) -> bool {
    let (before, last) = stem.rsplit_once('_').unwrap_or(("", stem));
    helps_tests(last) || (before.rsplit('_').next() == Some("test") && HELP.contains(&last))
}

/// What is said of code that others are helped by.
const HELP: [&str; 6] = ["util", "utils", "helper", "helpers", "support", "fixtures"];

/// Whether the word is of tests and of help: `testutil`, also with the name of what is tested before it (`dtestutils`).
fn helps_tests(word: &str) -> bool {
    HELP.iter().any(|help| word.strip_suffix(help).is_some_and(|whose| whose.ends_with("test")))
}

#[cfg(test)]
mod tests {
    use super::{is_for_tests, is_helper_of_tests};

    #[test]
    fn a_word_says_so() {
        for folder in [
            "test",
            "ansible_test",
            "bench-runner",
            "test-utils",
            "mocks",
            "testsuite",
            "inttest",
            "selftests",
            "dtestutils",
            "test cases",
            "testing",
            "_testing",
        ] {
            assert!(is_for_tests(folder), "{folder}");
        }
        for folder in ["latest", "contest", "workbench", "pytest", "nextest-runner", "ab_testing", "unittest"]
        {
            assert!(!is_for_tests(folder), "{folder}");
        }
    }

    #[test]
    fn a_file_says_so() {
        for stem in ["testutils", "test_helpers", "store_test_util", "dbtestutil"] {
            assert!(is_helper_of_tests(stem), "{stem}");
        }
        for stem in ["test", "utils", "latest", "contest_view", "helpers"] {
            assert!(!is_helper_of_tests(stem), "{stem}");
        }
    }
}
