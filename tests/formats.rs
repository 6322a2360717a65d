//! How a report looks in each format, on a report made by hand; SARIF also against its schema.
//!
//! `INSTA_UPDATE=always cargo test --test formats` rewrites the snapshots.

use fsrace::args::Format;
use fsrace::fingerprint;
use fsrace::output::{lanes, render};
use fsrace::report::{
    Counts, Region, RelatedRegion, Report, Reported, RuleInfo, Schedule, Source, Step, Warning,
};
use fsrace::resolve::fix_report;
use fsrace_analyzer::explore::{Actor, Consequence, Lane, Script, StepOutcome};
use fsrace_analyzer::flow::ErrorKind;
use fsrace_analyzer::language::Edit;
use fsrace_analyzer::source::Span;
use fsrace_rules::finding::{Applicability, Confidence, Fix, Severity};
use std::sync::Arc;

const SETTINGS: &str = r#"use std::{fs, path::Path};

pub fn init(path: &Path) -> std::io::Result<()> {
    let ö = "漢字"; if !path.exists() {
        // The defaults, as shipped.
        fs::write(path, "theme = \"dark\"")?;
    }
    Ok(())
}
"#;

const GC: &str = "pub fn clean(dir: &Path) -> io::Result<()> {\n\tif dir.exists() {\n\t\tfs::remove_dir_all(\n\t\t\tdir,\n\t\t)?;\n\t}\n\tOk(())\n}\n";

const CREATE: RuleInfo = RuleInfo {
    id: "exists-then-create",
    summary: "a path is created after a separate test that it was absent",
    consequences: &[Consequence::DataLoss, Consequence::SpuriousFailure],
    cwe: &[367, 362],
    default: true,
    docs: "# exists-then-create\n\n## What it does\n\nFinds a test for absence\nand a creation after it.\n\n## Example\n\n```rust\nif !p.exists() {}\n```\n",
};

const REMOVE: RuleInfo = RuleInfo {
    id: "exists-then-remove",
    summary: "a path is removed after a separate test that it was there",
    consequences: &[Consequence::SpuriousFailure],
    cwe: &[367],
    default: true,
    docs: "# exists-then-remove\n",
};

#[expect(clippy::unwrap_used, reason = "test code")]
fn span(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

fn region(source: &Arc<Source>, part: &str) -> Region {
    Region::new(source.clone(), span(&source.text, part))
}

fn step(lane: Lane, region: Option<Region>, operation: &str, outcome: StepOutcome, state: &str) -> Step {
    Step { lane, region, operation: operation.into(), place: "path".into(), outcome, state: state.into() }
}

fn data_loss() -> Reported {
    let source = Arc::new(Source::new("src/settings.rs", SETTINGS));
    let (check, act) = ("path.exists()", r#"fs::write(path, "theme = \"dark\"")"#);
    let fix = Fix {
        title: "create the file only if it is absent".into(),
        applicability: Applicability::Unsafe,
        edits: vec![
            Edit { span: span(SETTINGS, "if !path.exists() {"), replacement: "{".into() },
            Edit { span: span(SETTINGS, act), replacement: "create_new(path)".into() },
        ],
        needs: vec!["the `tempfile` crate".into()],
    };
    Reported {
        rule: CREATE,
        severity: Severity::Error,
        consequence: Consequence::DataLoss,
        confidence: Confidence::Medium,
        reasons: vec!["the place is a parameter".into(), "every call was resolved".into()],
        function: "settings::init".into(),
        message: "`write` can destroy a file created after the check".into(),
        help: "open with `create_new` and treat `AlreadyExists` as present".into(),
        place: "path".into(),
        act: region(&source, act),
        related: vec![RelatedRegion {
            region: region(&source, check),
            message: "checked here, line [4]".into(),
        }],
        witness: Schedule {
            actor: Actor::Creator,
            initial: "absent".into(),
            steps: vec![
                step(Lane::A, Some(region(&source, check)), "check", StepOutcome::Answer(false), "absent"),
                step(Lane::B, None, "create", StepOutcome::Done, r#"file ("theirs")"#),
                step(
                    Lane::A,
                    Some(region(&source, act)),
                    "write (truncate)",
                    StepOutcome::Done,
                    "file (empty)",
                ),
                step(
                    Lane::A,
                    Some(region(&source, act)),
                    "write (whole)",
                    StepOutcome::Done,
                    r#"file ("ours")"#,
                ),
            ],
            loss: "B's content is gone".into(),
            script: Script::default(),
            callers: Vec::new(),
        },
        fix: Some(fix_report(&fix, &source)),
        bounded: false,
        fingerprint: String::new(),
    }
}

fn spurious_failure() -> Reported {
    // The escape in the name and the text must not reach a terminal.
    let source = Arc::new(Source::new("src/\u{1b}[31mgc.rs", GC.replace("Path", "Pa\u{9b}th")));
    let (check, act) = ("dir.exists()", "fs::remove_dir_all(\n\t\t\tdir,\n\t\t)");
    let failed = StepOutcome::Failed(ErrorKind::NotFound);
    Reported {
        rule: REMOVE,
        severity: Severity::Warning,
        consequence: Consequence::SpuriousFailure,
        confidence: Confidence::High,
        reasons: vec![],
        function: "gc::clean".into(),
        message: "`remove_dir_all` can fail on a folder removed after the check".into(),
        help: String::new(),
        place: "path".into(),
        act: region(&source, act),
        related: vec![RelatedRegion { region: region(&source, check), message: "checked here".into() }],
        witness: Schedule {
            actor: Actor::Itself,
            initial: "a directory".into(),
            steps: vec![
                step(
                    Lane::A,
                    Some(region(&source, check)),
                    "check",
                    StepOutcome::Answer(true),
                    "a directory",
                ),
                step(
                    Lane::B,
                    Some(region(&source, check)),
                    "check",
                    StepOutcome::Answer(true),
                    "a directory",
                ),
                step(Lane::B, Some(region(&source, act)), "remove", StepOutcome::Done, "absent"),
                step(Lane::A, Some(region(&source, act)), "remove", failed, "absent"),
            ],
            loss: "A fails though nothing is wrong".into(),
            script: Script::default(),
            callers: Vec::new(),
        },
        fix: None,
        bounded: true,
        fingerprint: String::new(),
    }
}

fn report() -> Report {
    let mut findings = vec![data_loss(), spurious_failure()];
    fingerprint::assign(&mut findings);
    Report {
        findings,
        warnings: vec![Warning {
            path: "src/latin 1.rs".into(),
            message: "not UTF-8 at byte 17, skipped: save it as UTF-8".into(),
        }],
        counts: Counts {
            files: 3,
            bytes: 1234,
            functions: 2,
            found: 4,
            hidden_confidence: 2,
            ..Counts::default()
        },
    }
}

#[expect(clippy::unwrap_used, reason = "test code")]
fn rendered(format: Format, width: usize) -> String {
    render(&report(), &[CREATE, REMOVE], format, width).unwrap()
}

fn plain(format: Format, width: usize) -> String {
    anstream::adapter::strip_str(&rendered(format, width)).to_string()
}

#[test]
fn human() {
    insta::assert_snapshot!(plain(Format::Human, 100));
}

#[test]
fn human_narrow() {
    insta::assert_snapshot!(plain(Format::Human, 60));
}

#[test]
fn lanes_fit_the_width() {
    for width in [30, 60, 80, 100] {
        for finding in report().findings {
            let text = lanes::render(&finding.witness, finding.act.path(), width);
            // The first line and the last are sentences.
            let lines: Vec<String> =
                anstream::adapter::strip_str(&text).to_string().lines().map(str::to_owned).collect();
            for line in &lines[1..lines.len() - 1] {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn concise() {
    insta::assert_snapshot!(plain(Format::Concise, 100));
}

#[test]
fn json() {
    insta::assert_snapshot!(rendered(Format::Json, 100));
}

#[test]
fn sarif() {
    let text = rendered(Format::Sarif, 100).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(text);
}

#[test]
fn no_format_lets_control_characters_through() {
    for format in [Format::Human, Format::Concise, Format::Json, Format::Sarif] {
        let text = plain(format, 100);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
    }
}

#[test]
fn colours_are_ours_only() {
    let text = rendered(Format::Human, 100);
    assert!(text.contains("\u{1b}["));
    assert!(!text.contains("\u{1b}[31mgc"));
}

#[test]
fn diffs_apply_to_the_text() {
    let report = report();
    let diff = &report.findings[0].fix.as_ref().unwrap().diff;
    assert!(diff.starts_with("--- a/src/settings.rs\n+++ b/src/settings.rs\n@@ "), "{diff}");
}

#[test]
fn fingerprints_do_not_depend_on_line_numbers() {
    let before = report();
    let mut moved = report();
    for finding in &mut moved.findings {
        let text: Arc<str> = format!("// A new line.\n{}", finding.act.source.text).into();
        let source = Arc::new(Source::new(finding.act.path(), &*text));
        let shift = |s: Span| Span { start: s.start + 15, end: s.end + 15 };
        finding.act = Region::new(source.clone(), shift(finding.act.span));
        for related in &mut finding.related {
            related.region = Region::new(source.clone(), shift(related.region.span));
        }
    }
    fingerprint::assign(&mut moved.findings);
    for (a, b) in before.findings.iter().zip(&moved.findings) {
        assert_eq!(a.fingerprint, b.fingerprint);
        assert_ne!(a.act.start().line, b.act.start().line);
    }
}

#[test]
fn equal_findings_have_different_fingerprints() {
    let mut twice = vec![data_loss(), data_loss()];
    fingerprint::assign(&mut twice);
    assert_ne!(twice[0].fingerprint, twice[1].fingerprint);
}

/// The schema: that which `FSRACE_SARIF_SCHEMA` names, else the one that comes with the crate of SARIF types, which was unpacked to
/// build this test. Cargo may bring crates for other systems to tell where that is.
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]
fn schema() -> serde_json::Value {
    let path = match std::env::var_os("FSRACE_SARIF_SCHEMA") {
        Some(path) => path.into(),
        None => {
            let metadata = cargo_metadata::MetadataCommand::new()
                .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
                .other_options(["--locked".to_owned()])
                .exec()
                .unwrap();
            let types = metadata.packages.iter().find(|p| p.name.as_str() == "serde-sarif").unwrap();
            types.manifest_path.with_file_name("src").join("schema.json").into_std_path_buf()
        }
    };
    let mut schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // NOTE: the published pattern for languages has a bracket too many and is no regular expression. We emit no language.
    for holder in ["run", "toolComponent"] {
        schema["definitions"][holder]["properties"]["language"] = serde_json::json!({});
    }
    schema
}

#[test]
fn sarif_is_valid() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for report in [report(), Report::default()] {
        let text = render(&report, &[CREATE, REMOVE], Format::Sarif, 100).unwrap();
        let log: serde_json::Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [{}] });
    assert!(!validator.is_valid(&broken), "the schema accepts anything");
}

#[test]
fn sarif_orders_the_schedule_across_both_processes() {
    let log: serde_json::Value = serde_json::from_str(&rendered(Format::Sarif, 100)).unwrap();
    let flows = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"];
    let order = |lane: usize| -> Vec<i64> {
        let steps = flows[lane]["locations"].as_array().unwrap();
        steps.iter().map(|s| s["executionOrder"].as_i64().unwrap()).collect()
    };
    assert_eq!(order(0), [1, 3, 4]);
    assert_eq!(order(1), [2]);
}
