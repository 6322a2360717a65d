//! What is seen before parsing: a text that can have no effect has none, and what is not parsed for it loses no finding.

mod support;

use fsrace_analyzer::flow::FileSummary;
use fsrace_analyzer::language::{Tests, acts, may_act};
use fsrace_analyzer::source::{LanguageId, Package, SourceFile};
use fsrace_analyzer::{link, lower, lower_without_tests};
use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use support::{fail_on, texts, workspace};

/// Code without any effect, that others may use, or that uses others.
const SILENT: &[&str] = &[
    "pub struct Store { pub root: std::path::PathBuf }\npub const NAME: &str = \"state.json\";\n",
    "use super::*;\npub fn state(root: &std::path::Path) -> std::path::PathBuf { root.join(\"state.json\") }\n",
    "pub fn run() { crate::part_0::save(); crate::part_1::create(); }\n",
    "pub fn sum(numbers: &[u64]) -> u64 { numbers.iter().map(|n| n * 3 + 1).sum() }\n",
    "// fs::write, path.exists()\npub struct Guard(std::sync::Mutex<u32>);\nimpl Drop for Guard { fn drop(&mut self) {} }\n",
    "pub fn start() { std::thread::spawn(|| crate::part_0::run()); }\n",
    "pub fn home() -> Option<String> { std::env::var(\"HOME\").ok() }\n",
];

/// A wrapper and who calls it, as parts of one package: each alone has half of a race, or less.
const SPLIT: &[(&str, &str)] = &[
    (
        "use std::{fs, path::Path};\npub fn put(path: &Path) { let _ = fs::write(path, \"x\"); }\n",
        "use super::part_0::put;\npub fn make(p: &std::path::Path) { if !p.exists() { put(p); } }\n",
    ),
    (
        "use std::path::Path;\npub fn present(path: &Path) -> bool { path.exists() }\n",
        "pub fn clear(p: &std::path::Path) { if crate::part_0::present(p) { std::fs::remove_file(p).unwrap(); } }\n",
    ),
];

fn file(path: &str, text: &str) -> SourceFile {
    let package =
        Some(Package { root: String::new(), name: "p".to_owned(), programs: std::sync::Arc::default() });
    SourceFile { path: path.to_owned(), text: text.to_owned(), language: LanguageId::Rust, package }
}

/// Every Rust text of the repository that tests are made of, pages' examples included.
#[expect(clippy::unwrap_used, reason = "code of tests")]
fn all_texts() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in ["fixtures", "tests", "rules", "analyzer", "cli", "xtask"] {
        for (path, text) in texts(&workspace().join(folder), &["rs", "fixed"]).unwrap() {
            all.push((path.display().to_string(), text));
        }
    }
    for (path, text) in texts(&workspace().join("rules/docs"), &["md"]).unwrap() {
        for (number, block) in text.split("```rust").skip(1).enumerate() {
            let code = block.split_once('\n').map_or("", |(_, rest)| rest);
            let code = code.split("```").next().unwrap_or_default();
            all.push((format!("{} example {}", path.display(), number + 1), code.to_owned()));
        }
    }
    all
}

#[test]
fn no_text_that_has_an_effect_is_passed_over() {
    let (mut complaints, mut passed) = (Vec::new(), 0);
    for (name, text) in all_texts() {
        let file = file("src/lib.rs", &text);
        for (tests, summary) in [(Tests::Read, lower(&file)), (Tests::LeftOut, lower_without_tests(&file))] {
            let may = may_act(&file, tests);
            passed += usize::from(!may);
            if acts(&summary) && !may {
                complaints.push(format!("{name}: has an effect, and no words of one ({tests:?})"));
            }
        }
    }
    assert!(passed > 50, "only {passed} texts are passed over");
    fail_on(&complaints);
}

/// The findings of a program, as text; with the prefilter, of one that is parsed only if a file of it may act.
fn told(files: &[SourceFile], prefilter: bool) -> String {
    let parsed = !prefilter || files.iter().any(|f| may_act(f, Tests::LeftOut));
    let summaries: Vec<FileSummary> =
        if parsed { files.iter().map(lower_without_tests).collect() } else { Vec::new() };
    format!("{:#?}", fsrace_rules::check(&link(summaries), &|_| true))
}

#[test]
fn packages_have_the_same_findings_with_and_without() {
    let racy: Vec<String> = texts(&workspace().join("fixtures/rust"), &["rs"])
        .unwrap()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    // A package for each fixture beside silent code, and packages of silent and split code in all combinations.
    let mut packages: Vec<Vec<&str>> = Vec::new();
    for (number, text) in racy.iter().enumerate() {
        packages.push(vec![SILENT[number % SILENT.len()], text, SILENT[(number / 2) % SILENT.len()]]);
    }
    for chosen in 0..1_usize << (SILENT.len() + SPLIT.len()) {
        let mut parts = Vec::new();
        for (bit, (wrapper, caller)) in SPLIT.iter().enumerate() {
            if chosen >> bit & 1 == 1 {
                parts.extend([*wrapper, *caller]);
            }
        }
        parts.extend((0..SILENT.len()).filter(|i| chosen >> (SPLIT.len() + i) & 1 == 1).map(|i| SILENT[i]));
        packages.push(parts);
    }
    let (mut different, mut unparsed) = (Vec::new(), 0);
    for parts in packages {
        let name = |at| format!("src/part_{at}.rs");
        let files: Vec<SourceFile> =
            parts.iter().enumerate().map(|(at, text)| file(&name(at), text)).collect();
        unparsed += usize::from(!files.iter().any(|f| may_act(f, Tests::LeftOut)));
        let (with, without) = (told(&files, true), told(&files, false));
        if with != without {
            different.push(format!("{parts:#?}\n{without}\n--- but ---\n{with}"));
        }
    }
    assert!(unparsed >= 64, "only {unparsed} packages are not parsed");
    fail_on(&different);
}

/// The output of the tool in a folder, with exit code and errors.
#[expect(clippy::unwrap_used, reason = "code of tests")]
fn output(folder: &std::path::Path, flags: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fsrace"));
    let output = command.arg("check").args(flags).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_tool_parses_nothing_where_nothing_can_have_an_effect() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("src")).unwrap();
    let write = |name: &str, text: &str| {
        let mut file = File::create_new(here.path().join("src").join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    for (number, text) in SILENT.iter().enumerate() {
        write(&format!("part_{number}.rs"), text);
    }
    for format in ["human", "concise", "sarif"] {
        let flags = ["--format", format, "--quiet"];
        let all = [&flags[..], &["--parse-all"]].concat();
        assert_eq!(output(here.path(), &flags), output(here.path(), &all));
    }
    // No function was looked at, and that is all that the statistics can tell of it.
    let json = output(here.path(), &["--format", "json", "--quiet"]).1;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["statistics"]["functions"], 0, "{json}");
    assert_eq!(report["statistics"]["files"], SILENT.len(), "{json}");
    // What is not parsed is not told to be wrong; with an effect beside it, it is.
    write("broken.rs", "pub fn f() -> u32 { 1 + }");
    let (code, _, errors) = output(here.path(), &[]);
    assert!(code == Some(0) && !errors.contains("cannot be parsed"), "{errors}");
    assert!(output(here.path(), &["--parse-all"]).2.contains("src/broken.rs: cannot be parsed"));
    write("acting.rs", "pub fn g() { std::fs::remove_file(\"a\").unwrap() }");
    assert!(output(here.path(), &[]).2.contains("src/broken.rs: cannot be parsed"));
}
