//! Where a name is met in a text: what of that may lead to the function that goes by it.

mod form;

pub use form::{Form, Met};

use crate::source::LanguageId;
use std::ops::Range;

/// Whether the name that begins at `at` may stand for the function there, and is not where one of this name is declared, or in a line that is
/// nothing but a comment. Texts of other kinds, as manifests and documentation, are taken at their word.
pub fn is_mention(language: Option<LanguageId>, text: &str, at: usize) -> bool {
    let Some(language) = language else { return true };
    let begin = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let before = text.get(begin..at).unwrap_or_default();
    let line = before.trim_start();
    let declares = |word: &str| {
        line.strip_suffix(' ').map(str::trim_end).is_some_and(|line| {
            line.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
        })
    };
    match language {
        // Documentation holds examples, which are tests.
        LanguageId::Rust => {
            let comment = line.starts_with("//") && !line.starts_with("///") && !line.starts_with("//!");
            !comment && !declares("fn")
        }
        #[cfg(feature = "go")]
        LanguageId::Go => {
            // A comment without a space after its sign is one for tools: `//export name`.
            let comment = line.strip_prefix("//").is_some_and(|rest| rest.starts_with([' ', '\t']));
            let method = line.starts_with("func (") && line.trim_end().ends_with(')');
            !comment && !method && !declares("func")
        }
        #[cfg(feature = "python")]
        LanguageId::Python => !line.starts_with('#') && !declares("def"),
    }
}

/// Whether what the file holds is there for tests only, by its path: that a test calls something says nothing about the program.
pub fn is_of_tests(language: LanguageId, path: &str) -> bool {
    match language {
        LanguageId::Rust => path.split('/').rev().skip(1).any(|folder| matches!(folder, "tests" | "benches")),
        #[cfg(feature = "go")]
        LanguageId::Go => super::go::is_test_file(path),
        #[cfg(feature = "python")]
        LanguageId::Python => super::python::is_target(path),
    }
}

/// The parts of a text that are there for tests only.
pub fn test_parts(language: LanguageId, text: &str) -> Vec<Range<usize>> {
    match language {
        LanguageId::Rust if text.contains("cfg(test)") => super::rust::test_modules(text),
        _ => Vec::new(),
    }
}

/// Beginnings and ends of the name that a text may put together with others, as `"cmd_" + name` and `f"{name}_hook"` do, in languages whose
/// functions are found by such names. Each stands beside a quote, or beside what is put in.
pub fn pieces(language: LanguageId, name: &str) -> Vec<String> {
    #[cfg(feature = "python")]
    if language == LanguageId::Python {
        let cuts = || name.match_indices('_').map(|(at, _)| at).filter(|at| *at > 0 && at + 1 < name.len());
        let beginnings = cuts().filter_map(|at| name.get(..=at)).flat_map(|piece| {
            ["\"", "'"].into_iter().flat_map(move |quote| {
                ["\"", "'", "{", "%"].into_iter().map(move |after| [quote, piece, after].concat())
            })
        });
        let ends = cuts().filter_map(|at| name.get(at..)).flat_map(|piece| {
            ["\"", "'"].into_iter().flat_map(move |quote| {
                ["\"", "'", "}", "%s"].into_iter().map(move |before| [before, piece, quote].concat())
            })
        });
        return beginnings.chain(ends).collect();
    }
    let _ = (language, name);
    Vec::new()
}

/// Whether the text looks for functions of its own, or for methods, by names that it is given at run time.
pub fn looks_up(language: LanguageId, text: &str, methods: bool) -> bool {
    #[cfg(feature = "python")]
    if language == LanguageId::Python {
        const FUNCTIONS: [&str; 5] =
            ["getattr(sys.modules", "getmembers(", "globals()", "locals()", "vars(sys.modules"];
        const METHODS: [&str; 5] = ["dir(self", "getattr(cls", "getattr(self", "getmembers(", "vars(self"];
        // `isdir(self` is another word.
        let is_whole = |at: usize| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|c| c != '_' && !c.is_alphanumeric())
        };
        return if methods { METHODS } else { FUNCTIONS }
            .iter()
            .any(|way| text.match_indices(way).any(|(at, _)| is_whole(at)));
    }
    let _ = (language, text, methods);
    false
}

/// Whether the text has all that others can see of values called by names that are known at run time only, wherever it is declared: methods
/// of what is registered with a server, say.
pub fn reflects(language: LanguageId, text: &str) -> bool {
    match language {
        LanguageId::Rust => false,
        #[cfg(feature = "go")]
        LanguageId::Go => {
            let after = |call: &str, accept: fn(&str) -> bool| {
                text.match_indices(call)
                    .any(|(at, _)| text.get(at + call.len()..).is_some_and(|rest| accept(rest.trim_start())))
            };
            // Whether there is a method at all is asked of interfaces.
            after("NumMethod()", |rest| !rest.starts_with(['=', '!', '>']))
                || after("MethodByName(", |rest| !rest.starts_with('"'))
                || ["rpc.Register(", "rpc.RegisterName(", ".RegisterName("]
                    .iter()
                    .any(|way| text.contains(way))
        }
        #[cfg(feature = "python")]
        LanguageId::Python => text.contains("fire.Fire("),
    }
}

/// Whether a package that is a library, too, has this file where programs begin. Elsewhere a `main` may as well be of a file that the
/// library keeps for others, as a template.
pub fn is_beginning(path: &str) -> bool {
    match LanguageId::of_path(path) {
        Some(LanguageId::Rust) => {
            path.ends_with("src/main.rs") || path.starts_with("src/bin/") || path.contains("/src/bin/")
        }
        _ => true,
    }
}

/// Whether the file is a package's library, where one file is.
pub fn is_library(path: &str) -> bool {
    path.ends_with("src/lib.rs")
}

/// Whether a program begins in the file, tests and examples aside, where that is told by its text.
pub fn begins_program(language: LanguageId, path: &str, text: &str) -> bool {
    match language {
        LanguageId::Rust => {
            path.rsplit('/').next() != Some("build.rs")
                && text.lines().any(|line| {
                    let line = line.strip_prefix("pub ").unwrap_or(line);
                    line.strip_prefix("async ").unwrap_or(line).starts_with("fn main(")
                })
        }
        #[cfg(feature = "go")]
        LanguageId::Go => {
            const ASIDE: [&str; 8] =
                ["_example", "_examples", "docs", "example", "examples", "hack", "internal", "testdata"];
            let mut folders = path.split('/');
            !path.ends_with("_test.go")
                && !folders.any(|folder| ASIDE.contains(&folder))
                && text.lines().any(|line| line.trim_end() == "package main")
                && text.lines().any(|line| line.starts_with("func main()"))
        }
        // What is run by its name need not say so: manifests do.
        #[cfg(feature = "python")]
        LanguageId::Python => false,
    }
}

/// The functions that a manifest of Python's says programs begin with, `package.module:function` each.
pub fn begins(manifest: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c == '.' || c == ':' || c == '_' || c.is_alphanumeric();
    let words = manifest.contains("scripts").then(|| manifest.split(move |c| !is_part(c)));
    words.into_iter().flatten().filter(|word| {
        let is_name = |name: &str| {
            name.split('.').all(|part| part.starts_with(|c: char| c == '_' || c.is_alphabetic()))
        };
        word.split_once(':').is_some_and(|(module, function)| is_name(module) && is_name(function))
    })
}

/// The packages that the text imports, where the summaries do not keep them.
pub fn imported(language: LanguageId, text: &str) -> Vec<&str> {
    #[cfg(feature = "go")]
    if language == LanguageId::Go {
        let mut within = false;
        let mut found = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with("func ") || line.starts_with("type ") {
                break;
            }
            within = (within || line.starts_with("import (")) && line != ")";
            if within || line.starts_with("import ") {
                found.extend(line.split('"').nth(1));
            }
        }
        return found;
    }
    let _ = (language, text);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(feature = "go", feature = "python"))]
    fn declarations_and_comments_are_no_mentions() {
        let is = |language, line: &str| {
            let text = format!("x\n{line}\n");
            is_mention(Some(language), &text, text.find("save").unwrap_or_default())
        };
        for (language, line) in [
            (LanguageId::Rust, "    pub async fn save(&self) {"),
            (LanguageId::Rust, "// save is"),
            (LanguageId::Go, "func save(a int) {"),
            (LanguageId::Go, "func (s *Store[K, V]) save(a int) {"),
            (LanguageId::Go, "\t// save keeps"),
            (LanguageId::Python, "    async def save(self):"),
            (LanguageId::Python, "# save"),
        ] {
            assert!(!is(language, line), "{line}");
        }
        for (language, line) in [
            (LanguageId::Rust, "    store.save();"),
            (LanguageId::Rust, "/// save(\"x\");"),
            (LanguageId::Rust, "*count = save();"),
            (LanguageId::Rust, "let undefn = save;"),
            (LanguageId::Go, "\tsave(a int) error"),
            (LanguageId::Go, "//export save"),
            (LanguageId::Go, "func (s *Store) keep(f func()) { save()"),
            (LanguageId::Python, "__all__ = ['save']"),
            (LanguageId::Python, "x = 1  # save"),
        ] {
            assert!(is(language, line), "{line}");
        }
        assert!(is_mention(None, "def save", 4));
    }

    #[test]
    #[cfg(feature = "go")]
    fn methods_that_are_met_by_number_or_name_are_called() {
        for (text, whether) in [
            ("for m := 0; m < typ.NumMethod(); m++ {", true),
            ("if val.Type().NumMethod() != 0 {", false),
            ("value.MethodByName(name).Call(nil)", true),
            ("value.MethodByName(\"Close\").Call(nil)", false),
            ("rpc.Register(new(Service))", true),
        ] {
            assert_eq!(reflects(LanguageId::Go, text), whether, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "go")]
    fn imports_are_read_from_the_text() {
        let text = "package main\n\nimport \"fmt\"\n\nimport (\n\tx \"a.b/c\"\n\n\t\"d\" // why\n)\n\nvar s = \"no\"\n";
        assert_eq!(imported(LanguageId::Go, text), ["fmt", "a.b/c", "d"]);
        let main = "package main\n\nfunc main() {\n}\n";
        assert!(begins_program(LanguageId::Go, "cmd/x/main.go", main));
        assert!(!begins_program(LanguageId::Go, "examples/x/main.go", main));
        assert!(begins_program(LanguageId::Rust, "src/bin/x.rs", "async fn main() {}"));
        assert!(!begins_program(LanguageId::Rust, "build.rs", "fn main() {}"));
        assert!(is_beginning("a/src/main.rs") && is_beginning("src/bin/x/main.rs"));
        assert!(!is_beginning("helper/main.rs"));
    }

    #[test]
    #[cfg(feature = "python")]
    fn names_are_put_together_of_pieces() {
        let pieces = pieces(LanguageId::Python, "cmd_clean_all");
        for piece in ["\"cmd_\"", "'cmd_{", "'cmd_%", "}_all\"", "\"_clean_all\"", "%s_all'"] {
            assert!(pieces.iter().any(|known| known == piece), "{piece}");
        }
        assert!(super::pieces(LanguageId::Rust, "cmd_clean").is_empty());
        assert!(looks_up(LanguageId::Python, "return getattr(self, name)()", true));
        assert!(!looks_up(LanguageId::Python, "return getattr(self, name)()", false));
        assert!(!looks_up(LanguageId::Python, "def isdir(self):", true));
    }
}
