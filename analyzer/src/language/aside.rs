//! Folders whose code is not the program, by custom of all languages.

/// Whether a folder's name says that what it holds works with tests or benchmarks: `ansible_test`, `bench-runner`, `mocks`.
pub fn is_for_tests(folder: &str) -> bool {
    folder.split(['-', '_']).any(|word| {
        matches!(word, "test" | "tests" | "bench" | "benches" | "benchmark" | "benchmarks" | "mock" | "mocks")
    })
}

#[cfg(test)]
mod tests {
    use super::is_for_tests;

    #[test]
    fn a_word_says_so() {
        for folder in ["test", "ansible_test", "bench-runner", "test-utils", "mocks"] {
            assert!(is_for_tests(folder), "{folder}");
        }
        for folder in ["latest", "contest", "workbench", "pytest", "nextest-runner", "ab_testing"] {
            assert!(!is_for_tests(folder), "{folder}");
        }
    }
}
