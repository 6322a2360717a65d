//! Every rewrite in `fixtures/rewrites/rust/<idiom>/`: `<name>.rs` becomes `<name>.fixed.rs`, and `none_<name>.rs` stays as it is.
//! `// ~check`, `// ~act` and `// ~read` name the lines of the calls. Set `BLESS=1` to write what is rendered today.

mod support;

use fsrace_analyzer::language::Idiom;
use fsrace_analyzer::source::{LanguageId, LineIndex, Span};
use support::Language;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const IDIOMS: &[(&str, Idiom)] = &[
    ("create-all", Idiom::CreateAll),
    ("create-new", Idiom::CreateNew),
    ("directory-of-the-child", Idiom::DirectoryOfTheChild),
    ("environment-of-the-child", Idiom::EnvironmentOfTheChild),
    ("create-with-mode", Idiom::CreateWithMode),
    ("lock-around", Idiom::LockAround),
    ("no-replace-rename", Idiom::NoReplaceRename),
    ("open-then-match", Idiom::OpenThenMatch),
    ("private-temp", Idiom::PrivateTemp),
    ("remove-if-present", Idiom::RemoveIfPresent),
    ("replace-atomically", Idiom::ReplaceAtomically),
];

#[rustfmt::skip]
const CHECKS: &[&str] = &[
    "create", "exists", "is_dir", "is_file", "metadata", "open", "rename", "symlink_metadata", "try_exists", "write",
];

#[rustfmt::skip]
const ACTS: &[&str] = &[
    "copy", "create", "create_dir", "create_dir_all", "hard_link", "open", "read", "read_dir", "read_to_string", "remove_dir",
    "remove_dir_all", "remove_file", "rename", "save", "set_current_dir", "set_permissions", "set_var", "symlink", "write",
];

const RUST: Language = Language {
    id: LanguageId::Rust,
    folder: "rust",
    extension: "rs",
    comment: "//",
    idioms: IDIOMS,
    checks: CHECKS,
    acts: ACTS,
    call,
    parses: |text| syn::parse_file(text).is_ok(),
};

/// Finds the call of one of these names on a line.
struct Calls<'a> {
    line: u32,
    names: &'a [&'a str],
    lines: &'a LineIndex,
    found: Option<Span>,
}

impl<'a> Visit<'a> for Calls<'_> {
    fn visit_expr(&mut self, expr: &'a syn::Expr) {
        let name = match expr {
            syn::Expr::MethodCall(m) => Some(&m.method),
            syn::Expr::Call(c) => match &*c.func {
                syn::Expr::Path(p) => p.path.segments.last().map(|s| &s.ident),
                _ => None,
            },
            _ => None,
        };
        if let Some(name) = name
            && self.found.is_none()
            && self.names.iter().any(|n| name == n)
        {
            let at = name.span().byte_range().start;
            if self.lines.line(u32::try_from(at).unwrap_or(u32::MAX)) == self.line {
                let range = expr.span().byte_range();
                self.found = Some(Span::new(range.start, range.end));
            }
        }
        visit::visit_expr(self, expr);
    }
}

fn call(text: &str, line: u32, names: &[&str]) -> Option<Span> {
    let file = syn::parse_file(text).ok()?;
    let lines = LineIndex::new(text);
    let mut calls = Calls { line, names, lines: &lines, found: None };
    calls.visit_file(&file);
    calls.found
}

#[test]
fn rewrites_are_as_written_down() {
    RUST.rewrites_are_as_written_down();
}

#[test]
fn odd_spans_give_nothing_and_never_panic() {
    RUST.odd_spans_give_nothing_and_never_panic();
}

#[test]
fn text_that_is_not_rust_gives_nothing() {
    RUST.these_give_nothing(&[
        "",
        "fn f( {",
        "\u{feff}fn f() {}",
        "#!/bin/sh\nfn f() {}",
        &"(".repeat(100_000),
        "fn é() { ñ.exists(); }",
    ]);
}

/// Chains and operators nest without brackets; syn recurses on them all the same.
#[test]
fn deep_text_overflows_nothing() {
    let call = "std::fs::write(p, \"\")";
    for deep in ["&", "!", "(", "{", "|| ", "return ", "a.b()."] {
        let text =
            |depth: usize| format!("fn f(p: &str) {{ {call}.unwrap(); let _ = {}a; }}", deep.repeat(depth));
        RUST.deep_text_overflows_nothing(text, [1_000, 100_000], call);
    }
}
