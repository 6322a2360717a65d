//! Every rewrite in `fixtures/rewrites/go/<idiom>/`: `<name>.go` becomes `<name>.fixed.go`, and `none_<name>.go` stays as it is.
//! `// ~check`, `// ~act` and `// ~read` name the lines of the calls. Set `BLESS=1` to write what is rendered today. That the results
//! compile and are as gofmt leaves them is for the workspace's own tests to see.
#![cfg(feature = "go")]

use fsrace_analyzer::flow::Place;
use fsrace_analyzer::language::{Idiom, Rendering, RewriteRequest, render};
use fsrace_analyzer::source::{LanguageId, LineIndex, Span};
use std::fs;
use std::path::{Path, PathBuf};

const IDIOMS: [(&str, Idiom); 8] = [
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

/// A fixture's text without its markers, and the calls that they name.
struct Fixture {
    text: String,
    check: Option<Span>,
    act: Span,
    read: Option<Span>,
}

/// The call of one of these names that a line begins.
fn call(text: &str, line: u32, names: &[&str]) -> Option<Span> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    let tree = parser.parse(text, None)?;
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

fn fixture(marked: &str) -> Option<Fixture> {
    let mut text = String::new();
    let mut marks = vec![];
    for (line, number) in marked.lines().zip(1..) {
        let code = line.split_once(" // ~").map_or(line, |(code, words)| {
            marks.extend(words.split(' ').map(|word| (word.trim_start_matches('~').to_owned(), number)));
            code
        });
        text.push_str(code);
        text.push('\n');
    }
    let find = |word: &str, names: &[&str]| {
        let (_, line) = marks.iter().find(|(w, _)| w == word)?;
        call(&text, *line, names)
    };
    let (check, act, read) = (find("check", CHECKS), find("act", ACTS)?, find("read", ACTS));
    Some(Fixture { text, check, act, read })
}

fn rewrite(fixture: &Fixture, idiom: Idiom) -> Option<Rendering> {
    let place = Place::literal("state.json");
    let request = RewriteRequest {
        text: &fixture.text,
        idiom,
        function: Span::new(0, fixture.text.len()),
        check: fixture.check,
        act: fixture.act,
        read: fixture.read,
        place: &place,
    };
    render(LanguageId::Go, &request)
}

fn apply(text: &str, rendering: &Rendering) -> String {
    let mut fixed = String::new();
    let mut done = 0;
    for edit in &rendering.edits {
        assert!(done <= edit.span.start, "edits in order and apart");
        fixed.push_str(Span { start: done, end: edit.span.start }.text(text));
        fixed.push_str(&edit.replacement);
        done = edit.span.end;
    }
    fixed + text.get(done as usize..).unwrap_or_default()
}

#[expect(clippy::unwrap_used, reason = "a missing fixture must fail the test")]
fn fixtures() -> Vec<(PathBuf, Idiom)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rewrites/go");
    let mut found = vec![];
    for (folder, idiom) in IDIOMS {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        found.extend(
            paths.into_iter().filter(|p| !p.to_string_lossy().ends_with(".fixed.go")).map(|p| (p, idiom)),
        );
    }
    found
}

#[test]
fn rewrites_are_as_written_down() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = vec![];
    for (path, idiom) in fixtures() {
        let name = path.display().to_string();
        let fixture =
            fixture(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|| panic!("{name}: no act"));
        let rendering = rewrite(&fixture, idiom);
        let none = path.file_name().unwrap().to_string_lossy().starts_with("none_");
        let Some(rendering) = rendering else {
            if !none {
                wrong.push(format!("{name}: not rewritten"));
            }
            continue;
        };
        let fixed = apply(&fixture.text, &rendering);
        if none {
            wrong.push(format!("{name}: must stay, became\n{fixed}"));
            continue;
        }
        let fixed = format!("// complete: {}\n{fixed}", rendering.complete);
        let expected = path.with_extension("fixed.go");
        if bless {
            #[expect(clippy::disallowed_methods, reason = "a test's own file, nobody else writes it")]
            fs::write(&expected, &fixed).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != fixed {
            wrong.push(format!("{name}: became\n{fixed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Spans from another file, between nodes, or out of range are answered, not followed.
#[test]
fn odd_spans_give_nothing_and_never_panic() {
    for (path, idiom) in fixtures() {
        let fixture = fixture(&fs::read_to_string(&path).unwrap()).unwrap();
        let length = fixture.text.len();
        for start in (0..length).step_by(97) {
            for width in [0, 1, 7, 40, length * 2] {
                let odd = Span::new(start, start + width);
                for (check, act, read) in [
                    (fixture.check, odd, fixture.read),
                    (Some(odd), fixture.act, Some(odd)),
                    (None, fixture.act, None),
                ] {
                    let moved = Fixture { text: fixture.text.clone(), check, act, read };
                    if act == odd && odd != fixture.act && rewrite(&moved, idiom).is_some() {
                        // Another call of the same kind may stand there; the text around it decides.
                        assert!(odd.text(&fixture.text).contains('('), "{}: {odd:?}", path.display());
                    }
                    let _ = rewrite(&moved, idiom);
                }
            }
        }
    }
}

#[test]
fn text_that_is_not_go_gives_nothing() {
    for text in [
        "",
        "package p\nfunc f( {",
        "\u{feff}package p",
        &"(".repeat(50_000),
        "package é; func f() { ñ.é() }",
    ] {
        for (_, idiom) in IDIOMS {
            let fixture = Fixture {
                text: text.to_owned(),
                check: Some(Span::new(1, 9)),
                act: Span::new(3, 12),
                read: None,
            };
            assert_eq!(rewrite(&fixture, idiom), None);
        }
    }
}

/// What looks at trees recurses on them.
#[test]
fn deep_text_overflows_nothing() {
    for (open, close) in
        [("(", ")"), ("!", ""), ("f(", ")"), ("[]int{", "}"), ("func() { ", " }"), ("-", ""), ("a + ", "")]
    {
        for depth in [100, 20_000] {
            let nested = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            let text = format!(
                "package p\n\nimport \"os\"\n\nfunc f(p string) error {{\n\t_ = {nested}\n\treturn os.WriteFile(p, nil, 0o644)\n}}\n"
            );
            let call = "os.WriteFile(p, nil, 0o644)";
            let at = text.find(call).unwrap();
            let act = Span::new(at, at + call.len());
            let fixture = Fixture { text, check: None, act, read: None };
            let rendered = rewrite(&fixture, Idiom::ReplaceAtomically).is_some();
            assert!(!rendered || depth == 100, "{open}");
        }
    }
}
