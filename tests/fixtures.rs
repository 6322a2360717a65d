//! Every rule on every fixture, `fixtures/<language>/<rule-id>/{racy,safe}_*.<extension>`, each file a program of its own.

mod support;

use fsrace_analyzer::flow::FileSummary;
use fsrace_analyzer::source::{LanguageId, SourceFile};
use support::{Markers, disagreements, fail_on, texts, workspace};

#[test]
fn findings_are_what_the_markers_say() {
    let fixtures = workspace().join("fixtures");
    let files = texts(&fixtures, &["go", "py", "rs"]).unwrap();
    let mut complaints = Vec::new();
    let mut seen = 0;
    for (path, text) in files {
        let relative = path.strip_prefix(&fixtures).unwrap();
        let parts: Vec<&str> = relative.iter().filter_map(|p| p.to_str()).collect();
        // Whole small trees belong to the tests of the command line, rewrites to those of the analyzer.
        if matches!(parts.first(), Some(&"projects" | &"rewrites")) {
            continue;
        }
        let name = parts.join("/");
        let [_language, rule, file] = parts.as_slice() else {
            complaints.push(format!("{name}: not of the form <language>/<rule-id>/<file>"));
            continue;
        };
        let marked = Markers::parse(&text).is_ok_and(|m| m.acts.iter().any(|(_, r)| r == rule));
        match (file.starts_with("racy_"), file.starts_with("safe_")) {
            (true, _) if !marked => complaints.push(format!("{name}: a racy fixture must mark {rule}")),
            (_, true) if Markers::parse(&text) != Ok(Markers::default()) => {
                complaints.push(format!("{name}: a safe fixture must have no marker"));
            }
            (false, false) => complaints.push(format!("{name}: neither racy_* nor safe_*")),
            _ => {}
        }
        complaints.extend(disagreements(&[(name, text)], rule));
        seen += 1;
    }
    assert!(seen > 0, "there are no fixtures");
    fail_on(&complaints);
}

/// All that a program of this one summary is told, test code aside.
fn told(summary: FileSummary) -> String {
    let program = fsrace_analyzer::link(vec![summary]);
    let mut findings = fsrace_rules::check(&program, &|_| true);
    findings.retain(|f| !f.in_test);
    // Numbers of functions shift with each one that is left out.
    let shown = |f: &fsrace_rules::finding::Finding| {
        format!(
            "{} {:?} {:?} {:?} {:?} {} {:?}",
            f.rule.id, f.act.span, f.consequence, f.confidence, f.reasons, f.place, f.witness
        )
    };
    findings.iter().map(shown).collect::<Vec<_>>().join("\n")
}

/// A file's tests may do all that the file does, and say nothing about it, be they read or not.
#[test]
fn tests_in_a_file_change_no_finding() {
    let mut different = Vec::new();
    for (path, text) in texts(&workspace().join("fixtures"), &["rs"]).unwrap() {
        let (inner, outer): (Vec<&str>, Vec<&str>) = text.lines().partition(|l| !l.starts_with("#!["));
        let tests = inner.join("\n");
        let file = |text: String| SourceFile {
            path: "src/lib.rs".to_owned(),
            text,
            language: LanguageId::Rust,
            package: None,
        };
        let alone = file(format!("{}\n{tests}\n", outer.join("\n")));
        let with_tests =
            file(format!("{}#[cfg(test)]\nmod tests {{\n{tests}\n}}\nfn after() {{}}\n", alone.text));
        let expected = told(fsrace_analyzer::lower(&alone));
        let read = told(fsrace_analyzer::lower(&with_tests));
        let left_out = told(fsrace_analyzer::lower_without_tests(&with_tests));
        for (how, got) in [("read", read), ("left out", left_out)] {
            if got != expected {
                different.push(format!("{}: tests {how}\n{expected}\n--- but ---\n{got}", path.display()));
            }
        }
    }
    fail_on(&different);
}
