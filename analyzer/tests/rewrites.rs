//! Every rewrite in `fixtures/rewrites/rust/<idiom>/`: `<name>.rs` becomes `<name>.fixed.rs`, and `none_<name>.rs` stays as it is.
//! `// ~check`, `// ~act` and `// ~read` name the lines of the calls. Set `BLESS=1` to write what is rendered today.

use fsrace_analyzer::flow::Place;
use fsrace_analyzer::language::{Idiom, Rendering, RewriteRequest, render};
use fsrace_analyzer::source::{LanguageId, LineIndex, Span};
use std::fs;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const IDIOMS: [(&str, Idiom); 11] = [
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

/// A fixture's text without its markers, and the calls that they name.
struct Fixture {
    text: String,
    check: Option<Span>,
    act: Span,
    read: Option<Span>,
}

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
    let file = syn::parse_file(&text).ok()?;
    let lines = LineIndex::new(&text);
    let call = |word: &str, names: &[&str]| {
        let (_, line) = marks.iter().find(|(w, _)| w == word)?;
        let mut calls = Calls { line: *line, names, lines: &lines, found: None };
        calls.visit_file(&file);
        calls.found
    };
    let (check, act, read) = (call("check", CHECKS), call("act", ACTS)?, call("read", ACTS));
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
    render(LanguageId::Rust, &request)
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
    fixed + Span { start: done, end: u32::MAX }.text(text) + text.get(done as usize..).unwrap_or_default()
}

#[expect(clippy::unwrap_used, reason = "a missing fixture must fail the test")]
fn fixtures() -> Vec<(PathBuf, Idiom)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rewrites/rust");
    let mut found = vec![];
    for (folder, idiom) in IDIOMS {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        found.extend(
            paths.into_iter().filter(|p| !p.to_string_lossy().ends_with(".fixed.rs")).map(|p| (p, idiom)),
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
        assert!(syn::parse_file(&fixed).is_ok(), "{name}: does not parse");
        let header = format!("// complete: {}\n", rendering.complete);
        let fixed = header + &fixed;
        let expected = path.with_extension("fixed.rs");
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
fn text_that_is_not_rust_gives_nothing() {
    for text in [
        "",
        "fn f( {",
        "\u{feff}fn f() {}",
        "#!/bin/sh\nfn f() {}",
        &"(".repeat(100_000),
        "fn é() { ñ.exists(); }",
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

/// Chains and operators nest without brackets; syn recurses on them all the same.
#[test]
fn deep_text_overflows_nothing() {
    for deep in ["&", "!", "(", "{", "|| ", "return ", "a.b()."] {
        for depth in [1_000, 100_000] {
            let text = format!(
                "fn f(p: &str) {{ std::fs::write(p, \"\").unwrap(); let _ = {}a; }}",
                deep.repeat(depth)
            );
            let call = "std::fs::write(p, \"\")";
            let at = text.find(call).unwrap();
            let act = Span::new(at, at + call.len());
            let fixture = Fixture { text, check: None, act, read: None };
            let rendered = rewrite(&fixture, Idiom::ReplaceAtomically).is_some();
            assert!(!rendered || depth == 1_000, "{deep}");
        }
    }
}
