//! Folders whose code is not the program, by custom of all languages.

/// Whether a folder's name says that what it holds works with tests or benchmarks: `ansible_test`, `bench-runner`, `mocks`.
pub fn is_for_tests(folder: &str) -> bool {
    const WORDS: [&str; 8] =
        ["test", "tests", "bench", "benches", "benchmark", "benchmarks", "mock", "mocks"];
    // Words that are written as one; others that end alike, as `latest` or `contest`, mean something else.
    const JOINED: [&str; 11] = [
        "testsuite",
        "testsuites",
        "testutil",
        "testutils",
        "testhelper",
        "testhelpers",
        "testsupport",
        "inttest",
        "itest",
        "itests",
        "unittests",
    ];
    folder.split(['-', '_']).any(|word| WORDS.contains(&word) || JOINED.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::is_for_tests;

    #[test]
    fn a_word_says_so() {
        for folder in ["test", "ansible_test", "bench-runner", "test-utils", "mocks", "testsuite", "inttest"]
        {
            assert!(is_for_tests(folder), "{folder}");
        }
        for folder in ["latest", "contest", "workbench", "pytest", "nextest-runner", "ab_testing", "unittest"]
        {
            assert!(!is_for_tests(folder), "{folder}");
        }
    }
}
