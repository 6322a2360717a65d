//! What is suggested for Go is Go: every fix of every fixture, applied, is as gofmt leaves it and passes `go vet`; where it is more than a
//! sketch, nothing is found there any more. So is what the rules' pages show in Go. `INSTA_UPDATE=always cargo test --test go_fixes` rewrites the list of the fixes.
//!
//! Without Go only the list is compared, and the test says so; where `CI` is set, that is a failure.

#[path = "support/fixes.rs"]
mod fixes;
#[path = "support/page.rs"]
mod page;
mod support;

use fixes::{apply, findings, pages, short, without_markers};
use fsrace_analyzer::source::LanguageId;
use fsrace_rules::finding::{Applicability, Confidence, Finding};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{fail_on, texts, workspace};

/// A text after one fix, or one that a rewrite is known to give.
struct Fixed {
    name: String,
    text: String,
}

/// Every fixture of the rules after each of its fixes, and every text that a rewrite of the analyzer's own fixtures gives.
#[expect(clippy::unwrap_used, reason = "a fixture that cannot be read must fail the test")]
fn fixed(list: &mut Vec<String>, complaints: &mut Vec<String>) -> Vec<Fixed> {
    let mut found = Vec::new();
    for (path, text) in texts(&workspace().join("fixtures/go"), &["go"]).unwrap() {
        let (name, text) = (short(&path), without_markers(&text, " //"));
        for finding in findings("page.go", &text) {
            let Some(fix) = &finding.fix else { continue };
            let promise = format!("{:?}", fix.applicability);
            list.push(format!("{name}: {}: {} ({promise})", finding.rule.id, fix.title));
            let after = apply(&text, &finding).unwrap();
            let again = findings("page.go", &after);
            // What nobody is told of by default may be found at another check of the same function.
            let told = if name.contains("/safe_") { Confidence::Medium } else { Confidence::Low };
            let same = |f: &Finding| {
                f.rule.id == finding.rule.id && f.function == finding.function && f.confidence >= told
            };
            if fix.applicability > Applicability::DisplayOnly && again.iter().any(same) {
                complaints.push(format!("{name}: {} is still found in\n{after}", finding.rule.id));
            }
            found.push(Fixed { name: format!("{name} ({})", finding.rule.id), text: after });
        }
    }
    for (path, text) in texts(&workspace().join("fixtures/rewrites/go"), &["go"]).unwrap() {
        if path.to_string_lossy().ends_with(".fixed.go") {
            let name = short(&path);
            if text.starts_with("// complete: true") {
                let left = findings("page.go", &text).into_iter().map(|f| f.rule.id);
                let left: Vec<&str> = left.filter(|rule| rule.starts_with("exists-then")).collect();
                complaints.extend(left.iter().map(|rule| format!("{name}: {rule} is found in\n{text}")));
            }
            found.push(Fixed { name, text });
        }
    }
    found
}

/// What the rules' pages show in Go.
fn shown() -> impl Iterator<Item = Fixed> {
    let shown = pages(LanguageId::Go).into_iter();
    shown.map(|(name, code)| Fixed { name, text: without_markers(&code.text, " //") })
}

#[test]
fn fixes_are_silent_and_go_takes_them() {
    let (mut list, mut complaints) = (Vec::new(), Vec::new());
    let mut fixed = fixed(&mut list, &mut complaints);
    fixed.extend(shown());
    insta::assert_snapshot!(list.join("\n"));
    let module = module(&fixed);
    for (tool, arguments) in [("gofmt", ["-l", "."]), ("go", ["vet", "./..."])] {
        let Some(output) = run(&module, tool, &arguments) else { continue };
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        if !output.status.success() || !said.trim().is_empty() {
            complaints.push(named(&format!("{tool}:\n{said}"), &fixed));
        }
    }
    fail_on(&complaints);
}

/// One module with a package for each text, in a folder that stays for the next run's sake.
#[expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test's own folder, nobody else writes there"
)]
fn module(fixed: &[Fixed]) -> PathBuf {
    let module = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-fixes");
    let emptied = fs::remove_dir_all(&module);
    assert!(emptied.is_ok() || fs::read_dir(&module).is_err(), "{} stays", module.display());
    for (number, fixed) in fixed.iter().enumerate() {
        let package = module.join(folder(number, fixed));
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("fixed.go"), &fixed.text).unwrap();
    }
    fs::write(module.join("go.mod"), "module fixes\n\ngo 1.19\n").unwrap();
    module
}

/// The folder of a text. The go command passes over those that begin so: what is not of the standard library is not there.
fn folder(number: usize, fixed: &Fixed) -> String {
    let imports = |host: &str| fixed.text.contains(&format!("\t\"{host}/"));
    let standard = !["example.com", "github.com", "golang.org"].into_iter().any(imports);
    format!("{}p{number}", if standard { "" } else { "_" })
}

/// Runs a tool of Go in a folder, without the network and without touching what is outside of the target folder. None, said aloud,
/// where there is no such tool.
#[expect(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]
fn run(module: &Path, tool: &str, arguments: &[&str]) -> Option<Output> {
    let own = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = Command::new(tool)
        .args(arguments)
        .current_dir(module)
        .env("GOCACHE", own.join("go-cache"))
        .env("GOPATH", own.join("go-path"))
        .envs([
            ("GOENV", "off"),
            ("GOFLAGS", ""),
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOWORK", "off"),
        ])
        .output();
    match output {
        Ok(output) => Some(output),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && std::env::var_os("CI").is_none() => {
            // Past the test's own capture, which keeps what a test that passes has said.
            let told = format!("NOT CHECKED: there is no `{tool}`, so no fix was tried on it\n");
            std::io::stderr().write_all(told.as_bytes()).unwrap();
            None
        }
        Err(e) => panic!("`{tool}` must be there to try the fixes on: {e}"),
    }
}

/// What a tool said, with the fixtures' names in place of the packages' numbers.
fn named(said: &str, fixed: &[Fixed]) -> String {
    let mut said = said.to_owned();
    for (number, fixed) in fixed.iter().enumerate().rev() {
        said = said.replace(&format!("{}/fixed.go", folder(number, fixed)), &fixed.name);
    }
    said
}
