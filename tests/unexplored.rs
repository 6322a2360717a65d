//! What is not explored because it can be of low confidence only: nothing else that is found depends on it.

mod support;

use fsrace_analyzer::explore::Explorer;
use fsrace_analyzer::flow::FileSummary;
use fsrace_analyzer::link::{FunctionId, Program};
use fsrace_analyzer::source::{LanguageId, SourceFile};
use fsrace_analyzer::{link, lower};
use fsrace_rules::finding::Confidence;
use fsrace_rules::{Checked, Request, check_with};
use support::{fail_on, texts, workspace};

fn checked(program: &Program, thorough: bool) -> Checked<'_> {
    let explorer = Explorer::default();
    let uncalled = |_: &[FunctionId]| Default::default();
    let request = Request { selected: &|_| true, thorough, explorer: &explorer, uncalled: &uncalled };
    check_with(program, &request)
}

/// All that is told of what is shown by default, what stands for it too included.
fn shown(checked: &Checked) -> Vec<String> {
    let sure = checked.findings.iter().filter(|f| f.confidence >= Confidence::Medium);
    sure.map(|finding| format!("{finding:#?}")).collect()
}

#[test]
fn what_is_shown_does_not_depend_on_what_is_not() {
    let (mut different, mut unexplored, mut found) = (Vec::new(), 0, 0);
    for (folder, extension) in [("rust", "rs"), ("go", "go"), ("python", "py")] {
        let lowered = |path: &str, text: String| -> FileSummary {
            let language = LanguageId::of_path(path).unwrap();
            let file = SourceFile { path: path.to_owned(), text, language, package: None };
            lower(&file)
        };
        let files = texts(&workspace().join("fixtures").join(folder), &[extension]).unwrap();
        let all: Vec<FileSummary> =
            files.into_iter().map(|(path, text)| lowered(&path.display().to_string(), text)).collect();
        // Each by itself, and rule by rule as one program, in which many use places of one name.
        let mut programs: Vec<Vec<FileSummary>> = all.iter().map(|file| vec![file.clone()]).collect();
        programs.extend(all.chunks(40).map(<[FileSummary]>::to_vec));
        for files in programs {
            let name = files.first().map(|file| file.path.clone()).unwrap_or_default();
            let program = link(files);
            let (thorough, quick) = (checked(&program, true), checked(&program, false));
            unexplored += quick.unexplored;
            found += shown(&quick).len();
            assert_eq!(thorough.unexplored, 0, "{name}");
            if shown(&thorough) != shown(&quick) {
                different.push(format!("{name}: {:#?}\n--- but ---\n{:#?}", shown(&thorough), shown(&quick)));
            }
        }
    }
    assert!(unexplored > 100 && found > 100, "{unexplored} unexplored, {found} found");
    fail_on(&different);
}
