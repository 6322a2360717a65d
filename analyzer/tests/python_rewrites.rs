//! Every rewrite in `fixtures/rewrites/python/<idiom>/`: `<name>.py` becomes `<name>.fixed.py`, and `none_<name>.py` stays as it is.
//! `# ~check`, `# ~act` and `# ~read` name the lines of the calls. Set `BLESS=1` to write what is rendered today. That the results
//! compile and do what was done before is for the workspace's own tests to see.
#![cfg(feature = "python")]

mod support;

use fsrace_analyzer::language::Idiom;
use fsrace_analyzer::source::{LanguageId, LineIndex, Span};
use ruff_python_ast::Expr;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_text_size::Ranged;
use support::{Language, apply};

const IDIOMS: &[(&str, Idiom)] = &[
    ("create-all", Idiom::CreateAll),
    ("create-new", Idiom::CreateNew),
    ("directory-of-the-child", Idiom::DirectoryOfTheChild),
    ("environment-of-the-child", Idiom::EnvironmentOfTheChild),
    ("lock-around", Idiom::LockAround),
    ("open-then-match", Idiom::OpenThenMatch),
    ("private-temp", Idiom::PrivateTemp),
    ("remove-if-present", Idiom::RemoveIfPresent),
    ("replace-atomically", Idiom::ReplaceAtomically),
    ("set-if-absent", Idiom::SetIfAbsent),
];

#[rustfmt::skip]
const CHECKS: &[&str] = &[
    "exists", "get", "has_key", "is_dir", "is_file", "isdir", "isfile", "islink", "move", "remove", "rename", "replace", "setnx",
    "unlink",
];

#[rustfmt::skip]
const ACTS: &[&str] = &[
    "chdir", "dump", "environ", "expire", "listdir", "load", "makedirs", "mkdir", "open", "pexpire", "read_text", "remove", "rmdir",
    "rmtree", "save", "set", "setex",
    "symlink", "touch", "unlink", "write", "write_bytes", "write_text",
];

const PYTHON: Language = Language {
    id: LanguageId::Python,
    folder: "python",
    extension: "py",
    comment: "#",
    idioms: IDIOMS,
    checks: CHECKS,
    acts: ACTS,
    call,
    parses: |text| ruff_python_parser::parse_module(text).is_ok(),
};

struct Calls<'a> {
    line: u32,
    names: &'a [&'a str],
    lines: &'a LineIndex,
    found: Option<Span>,
}

impl<'a> Visitor<'a> for Calls<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let named = match expr {
            Expr::Call(call) => Some(&*call.func),
            Expr::Subscript(subscript) => Some(&*subscript.value),
            _ => None,
        };
        let name = match named {
            Some(Expr::Attribute(attribute)) => attribute.attr.as_str(),
            Some(Expr::Name(name)) => name.id.as_str(),
            _ => "",
        };
        if self.found.is_none() && self.names.contains(&name) {
            let (start, end) = (expr.start().to_u32(), expr.end().to_u32());
            if self.lines.line(start) == self.line {
                self.found = Some(Span { start, end });
            }
        }
        visitor::walk_expr(self, expr);
    }
}

fn call(text: &str, line: u32, names: &[&str]) -> Option<Span> {
    let parsed = ruff_python_parser::parse_module(text).ok()?;
    let lines = LineIndex::new(text);
    let mut calls = Calls { line, names, lines: &lines, found: None };
    visitor::walk_body(&mut calls, parsed.suite());
    calls.found
}

#[test]
fn rewrites_are_as_written_down() {
    PYTHON.rewrites_are_as_written_down();
}

#[test]
fn lines_end_as_they_did() {
    for (path, idiom) in PYTHON.fixtures() {
        let marked = std::fs::read_to_string(&path).unwrap();
        let fixed = |newline: &str| {
            let fixture = PYTHON.fixture(&marked, newline).unwrap();
            PYTHON.rewrite(&fixture, idiom).map(|rendering| apply(&fixture.text, &rendering))
        };
        let expected = fixed("\n").map(|text| text.replace('\n', "\r\n"));
        assert_eq!(fixed("\r\n"), expected, "{}", path.display());
    }
}

#[test]
fn odd_spans_give_nothing_and_never_panic() {
    PYTHON.odd_spans_give_nothing_and_never_panic();
}

#[test]
fn text_that_is_not_python_gives_nothing() {
    PYTHON.these_give_nothing(&[
        "",
        "def f(:",
        "\u{feff}pass",
        &"(".repeat(50_000),
        "def é(): ñ.é()",
        "print 'two'\n",
    ]);
}

/// What looks at trees recurses on them.
#[test]
fn deep_text_overflows_nothing() {
    let call = "p.write_text('')";
    for (open, close) in
        [("(", ")"), ("not ", ""), ("f(", ")"), ("[", "]"), ("-", ""), ("a + ", ""), ("lambda: ", "")]
    {
        let text = |depth: usize| {
            let nested = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            format!("def f(p):\n    q = {nested}\n    {call}\n")
        };
        PYTHON.deep_text_overflows_nothing(text, [100, 20_000], call);
    }
}
