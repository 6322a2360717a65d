//! Whether a text can have an effect, seen before it is parsed.

use super::trim::{self, trimmed};
use crate::language::Tests;
use crate::language::models::{Models, Words};
use std::sync::LazyLock;

/// What `write!` and `writeln!` become.
const WRITE_MACROS: [&str; 2] = ["write", "writeln"];
const WRITE_METHOD: &str = "write_fmt";

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::of(Models::rust()));

/// Reads the table and makes its words.
pub fn prepare() {
    LazyLock::force(&WORDS);
}

/// Whether any code of the text can have an effect that a rule reports on. A text that is not understood can.
pub fn may_act(text: &str, tests: Tests) -> bool {
    let text = trimmed(text, tests);
    let Some(words) = trim::words(&text) else { return true };
    let methods = words.iter().filter(|w| WRITE_MACROS.contains(w)).map(|_| WRITE_METHOD);
    WORDS.may_act(words.iter().copied().chain(methods))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_counts_and_what_is_said_of_it_does_not() {
        for acting in [
            "use std::fs::write as put; fn f() { put(\"a\", \"b\"); }",
            "fn f(p: &Path) -> bool { p.exists() }",
            "fn f(out: &mut std::fs::File) { writeln!(out, \"x\"); }",
            "m! { fs::remove_file(p) }",
            "fn f() { \"unclosed }",
        ] {
            assert!(may_act(acting, Tests::LeftOut), "{acting}");
        }
        for silent in [
            "// fs::write and path.exists()\nfn f() -> u32 { 1 }",
            "fn f() -> &'static str { \"std::fs::write\" }",
            "fn f(m: &Mutex<u32>) -> u32 { *m.lock().unwrap() }",
            "#[cfg(test)]\nmod tests { fn f() { std::fs::write(\"a\", \"b\"); } }",
        ] {
            assert!(!may_act(silent, Tests::LeftOut), "{silent}");
        }
        assert!(may_act("#[cfg(test)]\nmod tests { fn f() { std::fs::write(\"a\", \"b\"); } }", Tests::Read));
    }
}
