//! Whole small programs, `fixtures/projects/`: each finding is where a marker says, and nothing else is found.
//!
//! Beside the markers of all fixtures (`tests/support`), `// missed: rule-id` (in Python, `# missed: rule-id`) names a race on its line that is not found yet, so that
//! the day on which it is shows.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Markers, fail_on, texts, workspace};

/// The folders that hold a program: those with a manifest.
fn projects() -> Vec<PathBuf> {
    let manifests = texts(&workspace().join("fixtures/projects"), &["mod", "toml"]).unwrap_or_default();
    manifests.iter().filter_map(|(manifest, _)| manifest.parent().map(Path::to_owned)).collect()
}

/// File, line and rule.
type Sites = BTreeSet<(String, u32, String)>;

/// What is marked as found, and as missed.
fn marked(project: &Path, complaints: &mut Vec<String>) -> (Sites, Sites) {
    let (mut found, mut missed) = (Sites::new(), Sites::new());
    for (path, text) in texts(project, &["go", "py", "rs"]).unwrap_or_default() {
        let name = path.strip_prefix(project).unwrap_or(&path).display().to_string();
        match Markers::parse(&text) {
            Ok(markers) => {
                found.extend(markers.acts.into_iter().map(|(line, rule)| (name.clone(), line, rule)));
            }
            Err(e) => complaints.push(format!("{name}: {e}")),
        }
        for (line, text) in (1u32..).zip(text.lines()) {
            let missed_here = text.split_once("// missed: ").or_else(|| text.split_once("# missed: "));
            if let Some((_, rule)) = missed_here {
                missed.insert((name.clone(), line, rule.trim().to_owned()));
            }
        }
    }
    (found, missed)
}

/// What the command reports by default, line by line: `file:line:column: level[rule] ..`.
#[expect(clippy::unwrap_used, reason = "test code")]
fn reported(project: &Path) -> Sites {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_fsrace"));
    command.current_dir(project).args(["check", "--format", "concise", "."]);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let site = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (file, number) = (parts.next()?, parts.next()?.parse().ok()?);
        let rule = parts.nth(1)?.split_once('[')?.1.split_once(']')?.0;
        Some((file.trim_start_matches("./").to_owned(), number, rule.to_owned()))
    };
    text.lines().filter_map(site).collect()
}

#[test]
fn what_is_found_is_what_is_marked() {
    let (mut complaints, mut racy, mut clean) = (Vec::new(), 0, 0);
    for project in projects() {
        let name = project.strip_prefix(workspace()).unwrap().display().to_string();
        let (expected, missed) = marked(&project, &mut complaints);
        let found = reported(&project);
        let show = |(file, line, rule): &(String, u32, String)| format!("{name}/{file}:{line}: {rule}");
        complaints.extend(found.difference(&expected).map(|site| format!("{}: FALSE POSITIVE", show(site))));
        complaints.extend(expected.difference(&found).map(|site| format!("{}: FALSE NEGATIVE", show(site))));
        complaints
            .extend(missed.intersection(&found).map(|site| format!("{}: no longer missed", show(site))));
        *if expected.is_empty() { &mut clean } else { &mut racy } += 1;
    }
    assert!(racy >= 3 && clean >= 1, "there are {racy} racy programs and {clean} without a race");
    fail_on(&complaints);
}

/// Whether the tool can be started. Where it cannot, the test that needs it says so, and fails in CI.
fn is_there(tool: &str) -> bool {
    let asks = if tool == "go" { "version" } else { "--version" };
    let there = Command::new(tool).arg(asks).output().is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "{tool} is not installed, and CI needs it");
        let told = format!("skipped: {tool} is not installed, so that fixtures/projects is not compiled\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
    }
    there
}

#[test]
fn programs_are_formatted_and_compile() {
    if !is_there("go") || !is_there("gofmt") {
        return;
    }
    let mut complaints = Vec::new();
    for project in projects().iter().filter(|project| !texts(project, &["go"]).unwrap().is_empty()) {
        let mut run = |tool: &str, arguments: &[&str]| {
            let mut command = Command::new(tool);
            // Nothing is fetched: the programs need the standard library only.
            command.current_dir(project).args(arguments).env("GOPROXY", "off").env("GOFLAGS", "-mod=mod");
            let output = command.output().unwrap();
            let told = [output.stdout, output.stderr].concat();
            if !output.status.success() || !told.is_empty() {
                let told = String::from_utf8_lossy(&told).into_owned();
                complaints.push(format!("{}: {tool} {arguments:?}: {told}", project.display()));
            }
        };
        run("gofmt", &["-l", "."]);
        run("go", &["vet", "./..."]);
    }
    fail_on(&complaints);
}

#[test]
fn programs_in_python_compile() {
    if !is_there("python3") {
        return;
    }
    let files = texts(&workspace().join("fixtures/projects"), &["py"]).unwrap();
    assert!(!files.is_empty(), "there are no programs in Python");
    let compiles = "import sys\nfor path in sys.argv[1:]:\n    compile(open(path).read(), path, 'exec')";
    let mut command = Command::new("python3");
    command.args(["-c", compiles]).args(files.iter().map(|(path, _)| path));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
