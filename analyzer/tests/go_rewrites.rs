//! Every rewrite in `fixtures/rewrites/go/<idiom>/`: `<name>.go` becomes `<name>.fixed.go`, and `none_<name>.go` stays as it is.
//! `// ~check`, `// ~act` and `// ~read` name the lines of the calls. Set `BLESS=1` to write what is rendered today. That the results
//! compile and are as gofmt leaves them is for the workspace's own tests to see.
#![cfg(feature = "go")]

mod support;

use fsrace_analyzer::language::Idiom;
use fsrace_analyzer::source::{LanguageId, LineIndex, Span};
use support::Language;

const IDIOMS: &[(&str, Idiom)] = &[
    ("create-all", Idiom::CreateAll),
    ("create-new", Idiom::CreateNew),
    ("directory-of-the-child", Idiom::DirectoryOfTheChild),
    ("environment-of-the-child", Idiom::EnvironmentOfTheChild),
    ("lock-around", Idiom::LockAround),
    ("open-then-match", Idiom::OpenThenMatch),
    ("remove-if-present", Idiom::RemoveIfPresent),
    ("replace-atomically", Idiom::ReplaceAtomically),
];

#[rustfmt::skip]
const CHECKS: &[&str] = &["exists", "Lstat", "PathExists", "Remove", "RemoveAll", "Stat"];

#[rustfmt::skip]
const ACTS: &[&str] = &[
    "Chdir", "Create", "Link", "Mkdir", "MkdirAll", "Open", "OpenFile", "ReadDir", "ReadFile", "Readlink", "Remove", "RemoveAll",
    "Setenv", "Symlink", "WriteFile", "load", "save",
];

const GO: Language = Language {
    id: LanguageId::Go,
    folder: "go",
    extension: "go",
    comment: "//",
    idioms: IDIOMS,
    checks: CHECKS,
    acts: ACTS,
    call,
    parses: |text| tree(text).is_some_and(|tree| !tree.root_node().has_error()),
};

fn tree(text: &str) -> Option<tree_sitter::Tree> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// The call of one of these names that a line begins.
fn call(text: &str, line: u32, names: &[&str]) -> Option<Span> {
    let tree = tree(text)?;
    let lines = LineIndex::new(text);
    let mut pending = vec![tree.root_node()];
    while let Some(node) = pending.pop() {
        let start = u32::try_from(node.start_byte()).unwrap_or(u32::MAX);
        if node.kind() == "call_expression" && lines.line(start) == line {
            let function = node.child_by_field_name("function").and_then(|f| text.get(f.byte_range()));
            if names.contains(&function?.rsplit('.').next()?) {
                return Some(Span::new(node.start_byte(), node.end_byte()));
            }
        }
        let mut cursor = node.walk();
        pending.extend(node.children(&mut cursor));
    }
    None
}

#[test]
fn rewrites_are_as_written_down() {
    GO.rewrites_are_as_written_down();
}

#[test]
fn odd_spans_give_nothing_and_never_panic() {
    GO.odd_spans_give_nothing_and_never_panic();
}

#[test]
fn text_that_is_not_go_gives_nothing() {
    GO.these_give_nothing(&[
        "",
        "package p\nfunc f( {",
        "\u{feff}package p",
        &"(".repeat(50_000),
        "package é; func f() { ñ.é() }",
    ]);
}

/// What looks at trees recurses on them.
#[test]
fn deep_text_overflows_nothing() {
    let call = "os.WriteFile(p, nil, 0o644)";
    for (open, close) in
        [("(", ")"), ("!", ""), ("f(", ")"), ("[]int{", "}"), ("func() { ", " }"), ("-", ""), ("a + ", "")]
    {
        let text = |depth: usize| {
            let nested = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            format!(
                "package p\n\nimport \"os\"\n\nfunc f(p string) error {{\n\t_ = {nested}\n\treturn {call}\n}}\n"
            )
        };
        GO.deep_text_overflows_nothing(text, [100, 20_000], call);
    }
}
