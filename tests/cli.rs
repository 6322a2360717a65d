//! The built binaries, run as a user would: exit codes, messages, and what is left alone.

use assert_cmd::Command;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

#[expect(clippy::unwrap_used, reason = "test code")]
fn fsrace(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(Command::cargo_bin("fsrace").unwrap().current_dir(folder).args(arguments))
}

#[expect(clippy::unwrap_used, reason = "test code")]
fn cargo_fsrace(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(Command::cargo_bin("cargo-fsrace").unwrap().current_dir(folder).arg("fsrace").args(arguments))
}

#[expect(clippy::unwrap_used, reason = "test code")]
fn run(command: &mut Command) -> (i32, String, String) {
    command.env_remove("RUST_BACKTRACE").env_remove("COLUMNS").env_remove("NO_COLOR");
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A folder with these files.
#[expect(clippy::unwrap_used, reason = "test code")]
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(folder.path(), path, text.as_bytes());
    }
    folder
}

#[expect(clippy::unwrap_used, reason = "test code")]
fn put(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

const CLEAN: &str = "pub fn double(n: u32) -> u32 { n * 2 }\n";

/// Data loss in line 3, a spurious failure in line 8.
const RACY: &str = "\
pub fn init(path: &std::path::Path) -> std::io::Result<()> {
    if !path.exists() {
        std::fs::write(path, \"theme\")?;
    }
    Ok(())
}
pub fn clean(dir: &std::path::Path) -> std::io::Result<()> {
    if dir.exists() { std::fs::remove_dir_all(dir)?; }
    Ok(())
}
";

#[test]
fn findings_are_shown_and_counted_in_the_exit_code() {
    let here = folder(&[("src/lib.rs", RACY), ("tests/it.rs", RACY)]);
    let (code, out, err) = fsrace(here.path(), &["check", "--format", "concise"]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(lines[0].starts_with("src/lib.rs:3:9: error[exists-then-create] "), "{out}");
    assert!(lines[1].starts_with("src/lib.rs:8:23: warning[exists-then-remove] "), "{out}");
    assert!(err.starts_with("2 findings (1 error, 1 warning) in 2 files; hidden: 2 in test code"), "{err}");
    let (code, out, _) = fsrace(here.path(), &["check", "--format", "concise", "--include-tests"]);
    assert_eq!((code, out.lines().count()), (1, 4));
}

#[test]
fn tests_are_read_only_where_they_are_asked_for() {
    let broken = "#[test] fn t() {";
    let with_tests = format!("{RACY}\n#[cfg(test)]\nmod tests {{ fn f() {{ 1 + }} }}\n");
    let here = folder(&[
        ("Cargo.toml", "[package]\nname = \"p\"\n"),
        ("src/lib.rs", &with_tests),
        ("src/tests/more.rs", RACY),
        ("tests/it.rs", broken),
        ("examples/e/main.rs", RACY),
    ]);
    let (code, out, err) = fsrace(here.path(), &["check", "--format", "concise"]);
    assert_eq!((code, out.lines().count()), (1, 2), "{out}{err}");
    let summary =
        "in 2 files; hidden: 2 in test code (--include-tests); not read: 2 files of tests and examples";
    assert!(err.contains(summary) && !err.contains("warning: "), "{err}");
    let (_, out, err) = fsrace(here.path(), &["check", "--format", "concise", "--include-tests"]);
    assert!(
        err.contains("src/lib.rs: cannot be parsed") && err.contains("tests/it.rs: cannot be parsed"),
        "{err}"
    );
    assert!(!out.contains("src/lib.rs") && out.contains("examples/e/main.rs"), "{out}");
}

#[test]
fn a_finding_is_explained() {
    let here = folder(&[("lib.rs", RACY)]);
    let (_, out, _) = fsrace(here.path(), &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let fingerprint = report["findings"][1]["fingerprint"].as_str().unwrap();
    let (code, out, _) = fsrace(here.path(), &["explain", "--finding", fingerprint]);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("exists-then-remove: ") && out.contains("lib.rs:8"), "{out}");
    assert!(out.contains("confidence: medium\n    because: "), "{out}");
    let (code, _, err) = fsrace(here.path(), &["explain", "--finding", "no-such"]);
    assert_eq!(code, 2);
    assert!(err.contains("no finding has a fingerprint that starts with no-such"), "{err}");
}

#[test]
fn rules_are_selected_and_ignored() {
    let here = folder(&[("lib.rs", RACY)]);
    let ids = |arguments: &[&str]| {
        let (code, out, _) = fsrace(here.path(), &[&["check", "--format", "json"], arguments].concat());
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let ids: Vec<String> =
            report["findings"].as_array().unwrap().iter().map(|f| f["rule"].to_string()).collect();
        (code, ids.join(" "))
    };
    assert_eq!(ids(&["--select", "exists-then-remove"]), (1, "\"exists-then-remove\"".to_owned()));
    assert_eq!(ids(&["--ignore", "exists-then-remove"]), (1, "\"exists-then-create\"".to_owned()));
    assert_eq!(ids(&["--ignore", "exists-then-remove,exists-then-create"]), (0, String::new()));
}

#[test]
fn paths_are_relative_to_the_folder_that_was_named() {
    let here = folder(&[("project/src/lib.rs", RACY)]);
    let elsewhere = folder(&[]);
    let uri = |from: &Path, path: &str| {
        let (code, out, _) = fsrace(from, &["check", "--format", "sarif", path]);
        assert_eq!(code, 1);
        let log: serde_json::Value = serde_json::from_str(&out).unwrap();
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        location["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    let project = here.path().join("project");
    assert_eq!(uri(elsewhere.path(), project.to_str().unwrap()), "src/lib.rs");
    assert_eq!(uri(here.path(), "project"), "src/lib.rs");
    assert_eq!(uri(here.path(), "project/src/lib.rs"), "project/src/lib.rs");
    assert_eq!(uri(elsewhere.path(), project.join("src/lib.rs").to_str().unwrap()), "lib.rs");
}

#[test]
fn cargo_reports_on_the_selected_packages_only() {
    let here = folder(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("one/Cargo.toml", "[package]\nname = \"one\"\nedition = \"2024\"\n"),
        ("one/src/lib.rs", RACY),
        ("two/Cargo.toml", "[package]\nname = \"two\"\nedition = \"2024\"\n"),
        ("two/src/lib.rs", CLEAN),
    ]);
    let code = |folder: &str, arguments: &[&str]| cargo_fsrace(&here.path().join(folder), arguments).0;
    assert_eq!(code("", &[]), 1);
    assert_eq!(code("", &["-p", "one"]), 1);
    assert_eq!(code("", &["-p", "two"]), 0);
    assert_eq!(code("", &["--workspace", "--exclude", "one"]), 0);
    assert_eq!(code("one/src", &[]), 1);
    assert_eq!(code("two", &[]), 0);
    assert_eq!(code("two", &["--workspace"]), 1);
    let (_, out, _) = cargo_fsrace(here.path(), &["--format", "concise"]);
    assert!(out.starts_with("one/src/lib.rs:3:9: "), "{out}");
}

#[test]
fn help_is_complete() {
    let here = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for command in ["", "check", "explain", "rules", "summaries"] {
        let arguments: Vec<&str> = [command, "--help"].into_iter().filter(|a| !a.is_empty()).collect();
        let (code, out, err) = fsrace(here.path(), &arguments);
        assert_eq!((code, err.as_str()), (0, ""));
        text.push_str(&format!("$ fsrace {}\n{out}\n", arguments.join(" ")));
    }
    let (code, out, _) = cargo_fsrace(here.path(), &["--help"]);
    assert_eq!(code, 0);
    text.push_str(&format!("$ cargo fsrace --help\n{out}"));
    insta::assert_snapshot!(text);
}

#[test]
fn without_arguments_it_prints_help() {
    let (code, out, err) = fsrace(folder(&[]).path(), &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Usage: fsrace"), "{out}");
}

#[test]
fn a_clean_folder_is_success() {
    let here = folder(&[("src/lib.rs", CLEAN)]);
    let (code, out, err) = fsrace(here.path(), &["check"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(err, "no races found in 1 file\n");
}

#[test]
fn quiet_says_nothing() {
    let here = folder(&[("src/lib.rs", CLEAN)]);
    put(here.path(), "bad.rs", b"\xff");
    assert_eq!(fsrace(here.path(), &["check", "--quiet"]), (0, String::new(), String::new()));
}

#[test]
fn an_empty_folder_is_no_work() {
    let (code, out, err) = fsrace(folder(&[("a.txt", "")]).path(), &["check"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("error: nothing to check: no file of a language that fsrace reads"), "{err}");
}

#[test]
fn a_missing_path_is_named() {
    let (code, _, err) = fsrace(folder(&[("a.rs", CLEAN)]).path(), &["check", "a.rs", "no/such"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("error: cannot check no/such: name a file or folder that exists"), "{err}");
}

#[test]
fn an_unknown_rule_is_refused() {
    let here = folder(&[("a.rs", CLEAN)]);
    for arguments in [
        &["check", "--select", "no-such-rule"][..],
        &["check", "--ignore", "no-such-rule"],
        &["explain", "no-such-rule"],
    ] {
        let (code, out, err) = fsrace(here.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.starts_with("error: unknown rule `no-such-rule`"), "{err}");
    }
}

#[test]
fn wrong_usage_is_refused() {
    let here = folder(&[("a.rs", CLEAN)]);
    for arguments in [&["chekc"][..], &["check", "--format", "xml"], &["check", "--threads", "0"]] {
        assert_eq!(fsrace(here.path(), arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_read_costs_itself_only() {
    let here = folder(&[("good.rs", CLEAN)]);
    put(here.path(), "latin.rs", b"// caf\xe9\n");
    put(here.path(), "huge.rs", &vec![b'\n'; 8_000_001]);
    let (code, out, err) = fsrace(here.path(), &["check"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(
        err,
        "warning: huge.rs: larger than 8 MB, skipped: split it, or ignore it if it is data\n\
         warning: latin.rs: not UTF-8 at byte 6, skipped: save it as UTF-8\n\
         no races found in 1 file\n"
    );
}

#[test]
fn nothing_readable_is_no_work() {
    let here = folder(&[]);
    put(here.path(), "latin.rs", b"\xe9");
    let (code, _, err) = fsrace(here.path(), &["check"]);
    assert_eq!(code, 2);
    assert!(err.ends_with("error: nothing could be checked: none of 1 files could be read\n"), "{err}");
}

#[test]
fn warnings_reach_machine_readable_reports() {
    let here = folder(&[("good.rs", CLEAN)]);
    put(here.path(), "a b.rs", b"\xff");
    let (_, json, _) = fsrace(here.path(), &["check", "--format", "json", "--quiet"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["warnings"][0]["file"], "a b.rs");
    let (_, sarif, _) = fsrace(here.path(), &["check", "--format", "sarif", "--quiet"]);
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let notification = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.rs");
}

#[test]
fn other_peoples_files_are_passed_over() {
    let here = folder(&[
        ("src/lib.rs", CLEAN),
        ("src/target/mod.rs", CLEAN),
        (".gitignore", "ignored/\n"),
        ("Cargo.toml", "[package]\nname = \"p\"\n"),
        ("ignored/a.rs", CLEAN),
        (".github/scripts/a.rs", CLEAN),
        (".cache/a.rs", CLEAN),
        (".venv/lib/a.rs", CLEAN),
        ("target/a.rs", CLEAN),
        ("node_modules/a.rs", CLEAN),
        ("vendor/x/.cargo-checksum.json", "{}"),
        ("vendor/x/a.rs", CLEAN),
        ("cache/CACHEDIR.TAG", ""),
        ("cache/a.rs", CLEAN),
        ("src/made.rs", "// @generated\n"),
    ]);
    let files = |arguments: &[&str]| {
        let arguments = [&["check", "--format", "json", "--quiet"], arguments].concat();
        let (_, out, _) = fsrace(here.path(), &arguments);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        report["statistics"]["files"].as_u64().unwrap()
    };
    assert_eq!(files(&[]), 3);
    // What is named is read all the same, and once.
    assert_eq!(files(&["src/made.rs", "ignored/a.rs", "./ignored/a.rs"]), 2);
    assert_eq!(files(&["ignored"]), 1);
    assert_eq!(files(&["vendor/x"]), 1);
}

/// The sources below a folder that are read.
#[expect(clippy::unwrap_used, reason = "test code")]
fn read(folder: &Path) -> u64 {
    let (_, out, _) = fsrace(folder, &["check", "--format", "json", "--quiet"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    report.pointer("/statistics/files").and_then(serde_json::Value::as_u64).unwrap()
}

#[test]
fn where_a_program_begins_is_no_build_output() {
    let here = folder(&[
        (".gitignore", "bin/\ntool\nlost.go\n"),
        ("one/Cargo.toml", "[package]\nname = \"one\"\n"),
        ("one/src/lib.rs", CLEAN),
        // Read all the same: three of Rust, two of Go.
        ("one/src/bin/a.rs", CLEAN),
        ("one/src/bin/b/main.rs", CLEAN),
        ("one/src/bin/b/part.rs", CLEAN),
        ("two/go.mod", "module example.com/two\n"),
        ("two/two.go", "package two\n"),
        ("two/cmd/tool/main.go", "package main\n"),
        ("two/cmd/tool/run/run.go", "package run\n"),
        // What was built, or is anywhere else.
        ("one/bin/a.rs", CLEAN),
        ("two/bin/made.go", "package made\n"),
        ("two/tool/made.go", "package made\n"),
        ("two/lost.go", "package two\n"),
    ]);
    assert_eq!(read(here.path()), 2 + 5);
    // What is ignored by what is there for tools like this one was ignored on purpose.
    put(here.path(), "one/.ignore", b"src/bin/b/\n");
    put(here.path(), ".ignore", b"two/cmd/tool/run\n");
    assert_eq!(read(here.path()), 2 + 2);
    let folder = here.path().join("two/cmd/tool");
    assert_eq!(read(&folder), 1);
}

#[test]
fn what_git_tracks_is_read() {
    let here = folder(&[
        (".gitignore", "tool\nmade/\n"),
        ("go.mod", "module example.com/two\n"),
        ("two.go", "package two\n"),
        ("deep/tool/main.go", "package main\n"),
        ("cmd/tool/main.go", "package main\n"),
        ("made/made.go", "package made\n"),
        ("vendor/example.com/tool/a.go", "package a\n"),
        ("made/left.go", "package made\n"),
        (".ignore", "left.go\n"),
    ]);
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.current_dir(here.path()).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        // What the user's own settings say is no matter of the test.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").status()
    };
    // By custom, without an index.
    assert_eq!(read(here.path()), 2);
    // Where there is no git, there is nothing that it tracks.
    if !git(&["init"]).is_ok_and(|status| status.success()) {
        return;
    }
    assert_eq!(read(here.path()), 2);
    for version in ["2", "3", "4"] {
        let _ = git(&["add", "-f", "two.go", "deep/tool/main.go", "made/left.go", "vendor"]);
        let _ = git(&["update-index", "--index-version", version]);
        // What lies where programs begin is what the index says, where it says anything of the package.
        assert_eq!(read(here.path()), 2, "{version}");
        assert_eq!(read(&here.path().join("deep")), 1, "{version}");
    }
}

/// The functions that findings are in which are shown by default.
#[expect(clippy::unwrap_used, reason = "test code")]
fn found_in(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["check", "--format", "json", "--quiet"], arguments].concat();
    let (_, out, _) = fsrace(folder, &arguments);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let findings = report.get("findings").and_then(serde_json::Value::as_array).unwrap();
    let function = |finding: &serde_json::Value| {
        let name = finding.get("function").and_then(serde_json::Value::as_str).unwrap();
        name.rsplit("::").take(2).collect::<Vec<_>>().join(" of ")
    };
    findings.iter().map(function).collect()
}

#[test]
fn what_nothing_calls_is_shown_only_if_asked_for() {
    // Fails where the folder appears in between.
    let racy = "-> std::io::Result<()> { let at = std::path::Path::new(at); if !at.exists() { std::fs::create_dir(at)?; } Ok(()) }";
    let store = format!(
        "pub fn called(at: &str) {racy}\n\
         // forgotten was called once, and forgotten() is a comment.\n\
         pub fn forgotten(at: &str) {racy}\n\
         pub fn tried(at: &str) {racy}\n\
         pub fn tried_here(at: &str) {racy}\n\
         #[cfg(test)]\nmod tests {{\n    #[test]\n    fn all() {{ super::tried_here(\"d\"); }}\n}}\n\
         pub fn documented(at: &str) {racy}\n\
         #[unsafe(no_mangle)]\npub extern \"C\" fn exported(at: &str) {racy}\n\
         pub fn handed_on(at: &str) {racy}\n\
         pub const ALL: [fn(&str) -> std::io::Result<()>; 1] = [handed_on];\n\
         pub struct Used;\nimpl Used {{ pub fn keep_all(&self, at: &str) {racy} }}\n\
         pub struct Unused;\nimpl Unused {{ pub fn keep_all(&self, at: &str) {racy} }}\n\
         pub trait Keeper {{ fn hold_all(&self, at: &str) -> std::io::Result<()>; }}\n\
         impl Keeper for Used {{ fn hold_all(&self, at: &str) {racy} }}\n\
         impl serde::Visitor for Used {{ fn visit_all(&self, at: &str) {racy} }}\n"
    );
    let main = "mod store;\nfn main() -> std::io::Result<()> {\n    store::called(\"a\")?;\n    let used = store::Used;\n    used.keep_all(\"b\")\n}\n";
    let here = folder(&[
        ("Cargo.toml", "[package]\nname = \"p\"\n"),
        ("src/main.rs", main),
        ("src/store.rs", &store),
        // That a test calls something says nothing about the program.
        ("tests/all.rs", "#[test]\nfn all() { p::store::tried(\"c\"); }\n"),
        ("docs/use.md", "Call `documented`.\n"),
    ]);
    let called = [
        "called of store",
        "documented of store",
        "exported of store",
        "handed_on of store",
        "keep_all of Used",
        "visit_all of Used",
    ];
    assert_eq!(found_in(here.path(), &[]), called);
    // What is checked is a part of the project all the same.
    assert_eq!(found_in(here.path(), &["src"]), called);
    assert_eq!(found_in(here.path(), &["src/store.rs"]).len(), 11);
    let all = found_in(here.path(), &["--min-confidence", "low"]);
    assert_eq!(all.len(), 11);
    // A library's functions are there for others.
    fs::remove_file(here.path().join("src/main.rs")).unwrap();
    put(here.path(), "src/lib.rs", b"pub mod store;\n");
    assert_eq!(found_in(here.path(), &[]).len(), 11);
}

#[test]
fn nothing_is_reported_in_code_that_others_wrote() {
    let racy = "import os\n\n\ndef make(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n";
    let here = folder(&[
        ("tool/__init__.py", ""),
        ("tool/LICENSE", "ours"),
        ("tool/own.py", racy),
        ("tool/_vendor/__init__.py", ""),
        ("tool/_vendor/theirs.py", racy),
        ("tool/patched/__init__.py", ""),
        ("tool/patched/other/__init__.py", ""),
        ("tool/patched/other/LICENSE.txt", "theirs"),
        ("tool/patched/other/deep/__init__.py", ""),
        ("tool/patched/other/deep/theirs.py", racy),
        ("src/third_party/x/lib.rs", RACY),
        // Three that are copied in with their licences, and a fourth beside them without.
        ("tool/copies/one/LICENSE", "theirs"),
        ("tool/copies/one/one/__init__.py", racy),
        ("tool/copies/two/LICENSE", "theirs"),
        ("tool/copies/two/two/__init__.py", racy),
        ("tool/copies/three/LICENSE", "theirs"),
        ("tool/copies/four/four/__init__.py", racy),
        // A package in the folder for sources has a licence of its own, which is that of the whole.
        ("whole/pyproject.toml", ""),
        ("whole/LICENSE", "ours"),
        ("whole/src/whole/LICENSE", "ours"),
        ("whole/src/whole/__init__.py", racy),
        // Where most are the package's own, a few with licences make no others' code of the rest.
        ("tool/parts/one/LICENSE", "theirs"),
        ("tool/parts/two/LICENSE", "theirs"),
        ("tool/parts/three/LICENSE", "theirs"),
        ("tool/parts/four/own.py", ""),
        ("tool/parts/five/own.py", ""),
        ("tool/parts/six/own.py", ""),
        ("tool/parts/seven/own.py", racy),
    ]);
    let check = |arguments: &[&str]| {
        let (_, out, err) = fsrace(here.path(), &[&["check", "--format", "concise"], arguments].concat());
        (out.lines().filter_map(|line| line.split(':').next()).collect::<Vec<_>>().join(" "), err)
    };
    let (found, err) = check(&[]);
    assert_eq!(found, "tool/own.py tool/parts/seven/own.py whole/src/whole/__init__.py");
    assert!(err.contains("hidden: 7 in code that others wrote (name its folder)"), "{err}");
    // Who names it wants to know.
    assert_eq!(check(&["tool/_vendor"]).0, "theirs.py");
    assert_eq!(
        check(&["tool", "tool/_vendor"]).0,
        "tool/_vendor/theirs.py tool/own.py tool/parts/seven/own.py"
    );
    assert_eq!(check(&["tool/patched/other"]).0, "deep/theirs.py");
    assert_eq!(check(&["src/third_party/x/lib.rs"]).0, "src/third_party/x/lib.rs src/third_party/x/lib.rs");
}

#[test]
fn a_go_module_without_its_manifest_is_no_code_of_others() {
    let racy = "package store\n\nimport \"os\"\n\nfunc Make(path string) error {\n\tif _, err := os.Stat(path); err == nil {\n\t\treturn nil\n\t}\n\treturn os.Mkdir(path, 0o755)\n}\n";
    let theirs = racy.replace("store", "parse");
    let uses = "package main\n\nimport (\n\t\"example.org/motor/daemon/store\"\n\t\"example.org/motor/daemon/walk\"\n)\n\nfunc main() { store.Make(walk.Root()) }\n";
    let here = folder(&[
        ("dist/engine/LICENSE", "ours"),
        ("dist/engine/daemon/store/store.go", racy),
        ("dist/engine/daemon/walk/walk.go", "package walk\n\nfunc Root() string { return \"x\" }\n"),
        ("dist/engine/cmd/engine/main.go", uses),
        ("dist/parse/LICENSE", "theirs"),
        ("dist/parse/parse.go", &theirs),
    ]);
    let (_, out, _) = fsrace(here.path(), &["check", "--format", "concise"]);
    let found: Vec<_> = out.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(found, ["dist/engine/daemon/store/store.go"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let here = folder(&[("a/lib.rs", CLEAN)]);
    std::os::unix::fs::symlink("..", here.path().join("a/loop")).unwrap();
    std::os::unix::fs::symlink("lib.rs", here.path().join("a/link.rs")).unwrap();
    let (code, _, err) = fsrace(here.path(), &["check"]);
    assert_eq!((code, err.as_str()), (0, "no races found in 1 file\n"));
}

#[test]
fn a_report_is_written_in_one_step() {
    let here = folder(&[("a.rs", CLEAN), ("report.json", "old")]);
    let (code, out, _) = fsrace(here.path(), &["check", "--format", "json", "--output", "report.json"]);
    assert_eq!((code, out.as_str()), (0, ""));
    let report = fs::read_to_string(here.path().join("report.json")).unwrap();
    assert!(report.starts_with("{\n  \"schema_version\": 1"), "{report}");
    let mut names: Vec<_> =
        fs::read_dir(here.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["a.rs", "report.json"]);
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let here = folder(&[("a.rs", CLEAN)]);
    let (code, _, err) = fsrace(here.path(), &["check", "--quiet", "--output", "no/such/report"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("error: cannot write no/such/report: "), "{err}");
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_file_is_written_to() {
    let here = folder(&[("a.rs", CLEAN)]);
    let (code, out, _) =
        fsrace(here.path(), &["check", "--quiet", "--format", "json", "--output", "/dev/stdout"]);
    assert_eq!(code, 0);
    assert!(out.starts_with('{'), "{out}");
}

#[test]
fn a_closed_pipe_is_quiet_success() {
    let here = folder(&[("a.rs", CLEAN)]);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("fsrace"))
        .args(["check", "--quiet", "--format", "sarif"])
        .current_dir(here.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn threads_and_order_do_not_change_a_byte() {
    let here = folder(&[("a.rs", RACY), ("b/c.rs", RACY), ("d.rs", "fn ("), ("e.rs", "fn (")]);
    put(here.path(), "x.rs", b"\xff");
    let run = |arguments: &[&str]| fsrace(here.path(), &[&["check", "--format", "json"], arguments].concat());
    let one = run(&["--threads", "1", "a.rs", "b", "d.rs", "e.rs", "x.rs"]);
    assert_eq!(one, run(&["--threads", "7", "x.rs", "e.rs", "d.rs", "b", "a.rs", "b/c.rs"]));
    assert_eq!(one, run(&["."]));
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let here = folder(&[("good.rs", CLEAN)]);
    put(here.path(), "\u{1b}[31m\u{9b}.rs", b"\xff");
    for color in ["always", "never"] {
        let (_, out, err) = fsrace(here.path(), &["check", "--color", color]);
        assert!(!out.contains("\u{1b}[31m") && !err.contains("\u{1b}[31m\u{9b}"), "{err}");
        assert!(err.contains("\\u{1b}[31m\\u{9b}.rs"), "{err}");
    }
}

#[test]
fn statistics_go_to_standard_error() {
    let here = folder(&[("a.rs", CLEAN)]);
    let (code, out, err) = fsrace(here.path(), &["check", "--statistics", "--quiet"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("1  files analysed"), "{err}");
}

#[test]
fn cargo_checks_the_selected_packages() {
    let here = folder(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("one/Cargo.toml", "[package]\nname = \"one\"\nedition = \"2024\"\n"),
        ("one/src/lib.rs", CLEAN),
        ("one/fixtures/a.rs", CLEAN),
        ("two/Cargo.toml", "[package]\nname = \"two\"\nedition = \"2024\"\n"),
        ("two/src/main.rs", "fn main() {}\n"),
        ("two/build.rs", "fn main() {}\n"),
        ("two/template.rs", CLEAN),
    ]);
    let (code, _, err) = cargo_fsrace(here.path(), &[]);
    assert_eq!((code, err.as_str()), (0, "no races found in 3 files\n"));
    assert_eq!(cargo_fsrace(here.path(), &["-p", "one"]).0, 0);
    assert_eq!(cargo_fsrace(here.path(), &["--workspace"]).0, 0);
    assert_eq!(cargo_fsrace(&here.path().join("two"), &[]).0, 0);
    let (code, _, err) = cargo_fsrace(here.path(), &["-p", "tow"]);
    assert_eq!(code, 2);
    assert_eq!(err, "error: no package `tow` in this workspace; its packages: two, one\n");
    let (code, _, err) = cargo_fsrace(here.path(), &["--manifest-path", "one/Cargo.toml"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn without_a_manifest_cargo_walks() {
    let here = folder(&[("a.rs", CLEAN)]);
    let (code, _, err) = cargo_fsrace(here.path(), &[]);
    assert_eq!(code, 0, "{err}");
    assert!(
        err.starts_with("warning: cargo cannot describe this workspace (error: could not find `Cargo.toml`"),
        "{err}"
    );
    assert!(err.ends_with("no races found in 1 file\n"), "{err}");
}

#[test]
fn summaries_are_printed() {
    let here = folder(&[("a.rs", CLEAN)]);
    assert_eq!(fsrace(here.path(), &["summaries", "a.rs"]).0, 0);
    assert_eq!(fsrace(here.path(), &["summaries", "none"]).0, 2);
}

#[test]
fn rules_are_listed() {
    let (code, out, err) = fsrace(folder(&[]).path(), &["rules"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("rule"), "{out}");
}
