//! What the tests over fixtures and pages share: markers, and the comparison of findings with them.
//!
//! Markers are comments in the source under test:
//!
//! | marker | says |
//! | --- | --- |
//! | `// ~ rule-id` | the rule reports an act that starts on this line; several ids may follow one another |
//! | `// ~^ rule-id` | the same, of the line above; one more `^` for each further line up |
//! | `// ~check`, `// ~^check` | some finding names this line as a related place |
//!
//! Python's comments begin with `#`.
//!
//! Every rule runs on every text, and findings of medium confidence and up count.

use fsrace_analyzer::source::{LanguageId, LineIndex, SourceFile};
use fsrace_rules::finding::Confidence;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the markers of one text say. Lines count from 1.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Markers {
    /// Line and rule of every act.
    pub acts: BTreeSet<(u32, String)>,
    /// Lines of the checks.
    pub checks: BTreeSet<u32>,
}

impl Markers {
    /// Reads the markers of a text, or says which line holds one that means nothing.
    pub fn parse(text: &str) -> Result<Markers, String> {
        let mut markers = Markers::default();
        for (number, line) in (1u32..).zip(text.lines()) {
            let marked = line.split_once("// ~").or_else(|| line.split_once("# ~"));
            let Some((code, rest)) = marked else { continue };
            if code.ends_with('/') {
                continue;
            }
            for marker in rest.split('~') {
                let body = marker.trim_start_matches('^');
                let up = u32::try_from(marker.len() - body.len()).unwrap_or(u32::MAX);
                let target = number.checked_sub(up).filter(|n| *n > 0);
                let target =
                    target.ok_or_else(|| format!("line {number}: the marker points above the text"))?;
                let words: Vec<&str> = body.split_whitespace().collect();
                if words == ["check"] {
                    markers.checks.insert(target);
                    continue;
                }
                if words.is_empty() {
                    return Err(format!("line {number}: an empty marker"));
                }
                for word in words {
                    if !is_rule_id(word) {
                        return Err(format!("line {number}: `{word}` cannot be a rule's id"));
                    }
                    markers.acts.insert((target, word.to_owned()));
                }
            }
        }
        Ok(markers)
    }
}

fn is_rule_id(word: &str) -> bool {
    word.contains('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// Runs every rule on the files as one program and compares with the markers. Each complaint is one line that starts with
/// `name:line`; none: the findings are what the markers say.
///
/// The rules that run by default run, and the one that the files are about.
///
/// `files` are names for people with texts; `name` also is the path that the analyzer sees.
pub fn disagreements(files: &[(String, String)], subject: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut expected = BTreeSet::new();
    let mut checks = BTreeSet::new();
    for (name, text) in files {
        match Markers::parse(text) {
            Ok(markers) => {
                for (line, rule) in markers.acts {
                    if fsrace_rules::rule(&rule).is_none() {
                        complaints.push(format!("{name}:{line}: no rule is called {rule}"));
                    }
                    expected.insert((name.clone(), line, rule));
                }
                checks.extend(markers.checks.into_iter().map(|line| (name.clone(), line)));
            }
            Err(e) => complaints.push(format!("{name}: {e}")),
        }
    }
    let (found, related) = findings(files, subject, &mut complaints);
    complaints.extend(found.difference(&expected).map(|(n, l, r)| format!("{n}:{l}: FALSE POSITIVE {r}")));
    complaints.extend(expected.difference(&found).map(|(n, l, r)| format!("{n}:{l}: FALSE NEGATIVE {r}")));
    complaints
        .extend(checks.difference(&related).map(|(n, l)| format!("{n}:{l}: no finding names this check")));
    complaints
}

/// Where each rule reports an act, and the lines that the findings name besides.
type Found = (BTreeSet<(String, u32, String)>, BTreeSet<(String, u32)>);

fn findings(files: &[(String, String)], subject: &str, complaints: &mut Vec<String>) -> Found {
    let summaries = files.iter().map(|(name, text)| {
        let summary = fsrace_analyzer::lower(&SourceFile {
            path: name.clone(),
            text: text.clone(),
            language: LanguageId::of_path(name).unwrap_or(LanguageId::Rust),
            package: None,
        });
        let index = LineIndex::new(text);
        complaints.extend(
            summary
                .errors
                .iter()
                .map(|e| format!("{name}:{}: SYNTAX ERROR {}", index.line(e.span.start), e.message)),
        );
        summary
    });
    let program = fsrace_analyzer::link(summaries.collect());
    // The program sorts its files, so a location is looked up by path.
    let line_of = |location: fsrace_analyzer::link::Location| {
        let path = &program.files().get(location.file.0 as usize)?.path;
        let (name, text) = files.iter().find(|(name, _)| name == path)?;
        Some((name.clone(), LineIndex::new(text).line(location.span.start)))
    };
    let (mut acts, mut related) = (BTreeSet::new(), BTreeSet::new());
    for finding in fsrace_rules::check(&program, &|rule| rule.default || rule.id == subject) {
        if finding.confidence < Confidence::Medium {
            continue;
        }
        match line_of(finding.act) {
            Some((name, line)) => acts.insert((name, line, finding.rule.id.to_owned())),
            None => {
                complaints.push(format!("{}: the act lies in no file of the program", finding.rule.id));
                continue;
            }
        };
        related.extend(finding.related.iter().filter_map(|r| line_of(r.location)));
    }
    (acts, related)
}

/// The files below a folder with one of these extensions, sorted, with their texts. A folder that is not there has none.
pub fn texts(folder: &Path, extensions: &[&str]) -> std::io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) if e.io_error().is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound) => continue,
            Err(e) => return Err(e.into()),
        };
        let extension = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default();
        if entry.file_type().is_file() && extensions.contains(&extension) {
            let text = std::fs::read_to_string(entry.path())?;
            found.push((entry.into_path(), text));
        }
    }
    Ok(found)
}

/// Fails the test with all complaints at once.
#[expect(clippy::panic, reason = "this is how a test fails")]
pub fn fail_on(complaints: &[String]) {
    if !complaints.is_empty() {
        panic!("{} disagreements\n{}", complaints.len(), complaints.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts(pairs: &[(u32, &str)]) -> BTreeSet<(u32, String)> {
        pairs.iter().map(|(line, rule)| (*line, (*rule).to_owned())).collect()
    }

    #[test]
    fn markers_name_their_line_or_one_above() {
        let text = "a(); // ~check\nb(); // ~ some-rule\n    // ~^ other-rule third-rule\n    // ~^^check\n";
        let markers = Markers::parse(text).unwrap();
        assert_eq!(markers.acts, acts(&[(2, "some-rule"), (2, "other-rule"), (2, "third-rule")]));
        assert_eq!(markers.checks, BTreeSet::from([1, 2]));
    }

    #[test]
    fn one_line_may_be_both_check_and_act() {
        let markers = Markers::parse("if p.exists() { f(p) } // ~check ~ some-rule\n").unwrap();
        assert_eq!(markers.acts, acts(&[(1, "some-rule")]));
        assert_eq!(markers.checks, BTreeSet::from([1]));
    }

    #[test]
    fn other_comments_are_no_markers() {
        let markers = Markers::parse("// about ~/.cache\n/// ~ doc\nlet a = !b; // it is ~5 long\n").unwrap();
        assert_eq!(markers, Markers::default());
    }

    #[test]
    fn a_marker_that_means_nothing_is_an_error() {
        for text in ["// ~", "// ~ ", "// ~^ some-rule", "// ~ Some words", "// ~chekc"] {
            Markers::parse(text).unwrap_err();
        }
    }

    #[test]
    fn a_missing_finding_is_named_with_its_line() {
        let file = ("a.rs".to_owned(), "fn f() {}\nfn g() {} // ~ no-such-rule\n".to_owned());
        let complaints = disagreements(&[file], "no-such-rule");
        assert_eq!(
            complaints,
            ["a.rs:2: no rule is called no-such-rule", "a.rs:2: FALSE NEGATIVE no-such-rule"]
        );
    }
}
