//! What the tests of all languages' rewrites share: fixtures, and inputs that nobody should write.

use fsrace_analyzer::flow::Place;
use fsrace_analyzer::language::{Idiom, Rendering, RewriteRequest, render};
use fsrace_analyzer::source::{LanguageId, Span};
use std::fs;
use std::path::{Path, PathBuf};

/// A language, and where its fixtures are: `fixtures/rewrites/<folder>/<idiom>/<name>.<extension>`.
pub struct Language {
    /// Which one.
    pub id: LanguageId,
    /// Below `fixtures/rewrites`.
    pub folder: &'static str,
    /// Of its files, without a dot.
    pub extension: &'static str,
    /// What a comment to the end of the line begins with.
    pub comment: &'static str,
    /// The idioms that it renders, by the folders of their fixtures.
    pub idioms: &'static [(&'static str, Idiom)],
    /// The names that a marked check is called by.
    pub checks: &'static [&'static str],
    /// Those of an act or a read.
    pub acts: &'static [&'static str],
    /// The first call of one of these names on a line, from 1, of the text.
    pub call: fn(&str, u32, &[&str]) -> Option<Span>,
    /// Whether a text is of the language.
    pub parses: fn(&str) -> bool,
}

/// A fixture's text without its markers, and the calls that they name.
#[derive(Clone)]
pub struct Fixture {
    /// As it is rewritten.
    pub text: String,
    /// `~check`.
    pub check: Option<Span>,
    /// `~act`.
    pub act: Span,
    /// `~read`.
    pub read: Option<Span>,
}

impl Language {
    /// Reads a fixture, giving its lines this end. None where nothing is marked as the act.
    pub fn fixture(&self, marked: &str, newline: &str) -> Option<Fixture> {
        let mut text = String::new();
        let mut marks = vec![];
        let marker = format!(" {} ~", self.comment);
        for (line, number) in marked.lines().zip(1..) {
            let code = line.split_once(marker.as_str()).map_or(line, |(code, words)| {
                marks.extend(words.split(' ').map(|word| (word.trim_start_matches('~').to_owned(), number)));
                code.trim_end()
            });
            text.push_str(code);
            text.push_str(newline);
        }
        let find = |word: &str, names: &[&str]| {
            let (_, line) = marks.iter().find(|(w, _)| w == word)?;
            (self.call)(&text, *line, names)
        };
        let (check, act, read) =
            (find("check", self.checks), find("act", self.acts)?, find("read", self.acts));
        Some(Fixture { text, check, act, read })
    }

    /// What is rendered today.
    pub fn rewrite(&self, fixture: &Fixture, idiom: Idiom) -> Option<Rendering> {
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
        render(self.id, &request)
    }

    /// All fixtures before their rewrite.
    #[expect(clippy::unwrap_used, reason = "a missing fixture must fail the test")]
    pub fn fixtures(&self) -> Vec<(PathBuf, Idiom)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rewrites").join(self.folder);
        let fixed = format!(".fixed.{}", self.extension);
        let mut found = vec![];
        for (folder, idiom) in self.idioms {
            let mut paths: Vec<PathBuf> =
                fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            found.extend(
                paths.into_iter().filter(|p| !p.to_string_lossy().ends_with(&fixed)).map(|p| (p, *idiom)),
            );
        }
        found
    }

    /// `<name>` becomes `<name>.fixed`, and `none_<name>` stays as it is. With `BLESS=1`, what is rendered today is written down.
    #[expect(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]
    pub fn rewrites_are_as_written_down(&self) {
        let bless = std::env::var_os("BLESS").is_some();
        let mut wrong = vec![];
        for (path, idiom) in self.fixtures() {
            let name = path.display().to_string();
            let fixture = self
                .fixture(&fs::read_to_string(&path).unwrap(), "\n")
                .unwrap_or_else(|| panic!("{name}: no act"));
            let rendering = self.rewrite(&fixture, idiom);
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
            assert!((self.parses)(&fixed), "{name}: does not parse");
            let fixed = format!("{} complete: {}\n{fixed}", self.comment, rendering.complete);
            let expected = path.with_extension(format!("fixed.{}", self.extension));
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
    #[expect(clippy::unwrap_used, reason = "this is how a test fails")]
    pub fn odd_spans_give_nothing_and_never_panic(&self) {
        for (path, idiom) in self.fixtures() {
            let fixture = self.fixture(&fs::read_to_string(&path).unwrap(), "\n").unwrap();
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
                        if act == odd && odd != fixture.act && self.rewrite(&moved, idiom).is_some() {
                            // Another call of the same kind may stand there; the text around it decides.
                            assert!(odd.text(&fixture.text).contains('('), "{}: {odd:?}", path.display());
                        }
                        let _ = self.rewrite(&moved, idiom);
                    }
                }
            }
        }
    }

    /// Texts in which there is nothing to rewrite.
    pub fn these_give_nothing(&self, texts: &[&str]) {
        for text in texts {
            for (_, idiom) in self.idioms {
                let fixture = Fixture {
                    text: (*text).to_owned(),
                    check: Some(Span::new(1, 9)),
                    act: Span::new(3, 12),
                    read: None,
                };
                assert_eq!(self.rewrite(&fixture, *idiom), None);
            }
        }
    }

    /// What looks at trees recurses on them: deep ones are passed over, others are rewritten or not. `call` stands in each text.
    #[expect(clippy::unwrap_used, reason = "this is how a test fails")]
    pub fn deep_text_overflows_nothing(
        &self,
        text: impl Fn(usize) -> String,
        depths: [usize; 2],
        call: &str,
    ) {
        for depth in depths {
            let text = text(depth);
            let at = text.find(call).unwrap();
            let act = Span::new(at, at + call.len());
            let fixture = Fixture { text, check: None, act, read: None };
            let rendered = self.rewrite(&fixture, Idiom::ReplaceAtomically).is_some();
            assert!(!rendered || depth == depths[0], "{}", fixture.text.get(..200).unwrap_or_default());
        }
    }
}

/// The text after the edits.
pub fn apply(text: &str, rendering: &Rendering) -> String {
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
