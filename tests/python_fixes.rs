//! What is suggested for Python is Python: every fix of every fixture, applied, compiles; what can be called does alone what it did
//! before (`support/alone.py`); and where it is more than a sketch, nothing is found there any more. What the rules' pages show in Python
//! compiles too. `INSTA_UPDATE=always cargo test --test python_fixes` rewrites the list of the fixes.
//!
//! Without Python only the list is compared, and the test says so; where `CI` is set, that is a failure.

#[path = "support/fixes.rs"]
mod fixes;
#[path = "support/page.rs"]
mod page;
mod support;

use fixes::{apply, findings, pages, short, without_markers};
use fsrace_analyzer::source::LanguageId;
use fsrace_rules::finding::{Applicability, Confidence, Finding};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use support::{fail_on, texts, workspace};

/// A text, and what a rewrite made of it.
#[derive(serde::Serialize)]
struct Pair {
    name: String,
    before: String,
    after: String,
    complete: bool,
    /// What the place is where the two need not do the same.
    without: Vec<&'static str>,
}

/// What differs for something of another kind is why a fix is a sketch only. And where a directory is to be made, a file is told of now;
/// a file also stands for a key that is there.
fn without(complete: bool, differs_for_file: bool) -> Vec<&'static str> {
    let kinds = [("directory", complete), ("file", !differs_for_file)];
    kinds.into_iter().filter(|(_, same)| !same).map(|(kind, _)| kind).collect()
}

/// Every fixture of the rules with each of its fixes, and every one of the rewrites.
#[expect(clippy::unwrap_used, reason = "a fixture that cannot be read must fail the test")]
fn pairs(list: &mut Vec<String>, complaints: &mut Vec<String>) -> Vec<Pair> {
    let mut found = Vec::new();
    for (path, text) in texts(&workspace().join("fixtures/python"), &["py"]).unwrap() {
        let (name, text) = (short(&path), without_markers(&text, " #"));
        for finding in findings("page.py", &text) {
            let Some(fix) = &finding.fix else { continue };
            let promise = format!("{:?}", fix.applicability);
            list.push(format!("{name}: {}: {} ({promise})", finding.rule.id, fix.title));
            let after = apply(&text, &finding).unwrap();
            let again = findings("page.py", &after);
            // What nobody is told of by default may be found at another check of the same function.
            let told = if name.contains("/safe_") { Confidence::Medium } else { Confidence::Low };
            let same = |f: &Finding| {
                f.rule.id == finding.rule.id && f.function == finding.function && f.confidence >= told
            };
            let complete = fix.applicability > Applicability::DisplayOnly;
            if again.iter().any(same) {
                complaints.push(format!("{name}: {} is still found in\n{after}", finding.rule.id));
            }
            let name = format!("{name} ({})", finding.rule.id);
            let without = without(complete, fix.title.starts_with("create the directory"));
            found.push(Pair { name, before: text.clone(), after, complete, without });
        }
    }
    for (path, before) in texts(&workspace().join("fixtures/rewrites/python"), &["py"]).unwrap() {
        let fixed = path.with_extension("fixed.py");
        let Ok(after) = std::fs::read_to_string(&fixed) else { continue };
        let name = short(&fixed);
        let complete = after.starts_with("# complete: true");
        if complete {
            let left = findings("page.py", &after).into_iter().map(|f| f.rule.id);
            let left: Vec<&str> = left.filter(|rule| rule.starts_with("exists-then")).collect();
            complaints.extend(left.iter().map(|rule| format!("{name}: {rule} is found in\n{after}")));
        }
        let without =
            without(complete, name.contains("/create-all/") || !complete && name.contains("/set-if-absent/"));
        found.push(Pair { name, before, after, complete, without });
    }
    found
}

/// What the rules' pages show in Python.
fn shown() -> impl Iterator<Item = Pair> {
    pages(LanguageId::Python).into_iter().map(|(name, code)| Pair {
        name,
        before: code.text.clone(),
        after: code.text,
        complete: false,
        without: Vec::new(),
    })
}

#[test]
fn fixes_are_silent_and_do_what_was_done() {
    let (mut list, mut complaints) = (Vec::new(), Vec::new());
    let mut pairs = pairs(&mut list, &mut complaints);
    insta::assert_snapshot!(list.join("\n"));
    pairs.extend(shown());
    if let Some(said) = alone(&pairs) {
        let (told, ran) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim_end()));
        println!("alone.py {ran}");
        if !told.is_empty() {
            complaints.push(told.to_owned());
        }
    }
    fail_on(&complaints);
}

/// What `support/alone.py` says of these. None, said aloud, where there is no Python.
#[expect(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]
fn alone(pairs: &[Pair]) -> Option<String> {
    let script = workspace().join("tests/support/alone.py");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-fixes");
    std::fs::create_dir_all(&folder).unwrap();
    let child = Command::new("python3")
        .args(["-I", "-B"])
        .arg(script)
        .env("TMPDIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && std::env::var_os("CI").is_none() => {
            // Past the test's own capture, which keeps what a test that passes has said.
            let told = "NOT CHECKED: there is no `python3`, so no fix was tried on it\n";
            std::io::stderr().write_all(told.as_bytes()).unwrap();
            return None;
        }
        Err(e) => panic!("`python3` must be there to try the fixes on: {e}"),
    };
    // It reads all before it says anything.
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(pairs).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "alone.py: {errors}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
