//! What the tests of the languages' fixes share: findings with what is suggested, and texts after it.

use crate::page::{Code, Page};
use crate::support::{texts, workspace};
use fsrace_analyzer::source::{LanguageId, SourceFile};
use fsrace_rules::finding::Finding;
use std::path::Path;

/// All findings in one file, each with what is suggested.
pub fn findings(path: &str, text: &str) -> Vec<Finding> {
    let language = LanguageId::of_path(path).unwrap_or(LanguageId::Rust);
    let file = SourceFile { path: path.to_owned(), text: text.to_owned(), language, package: None };
    let program = fsrace_analyzer::link(vec![fsrace_analyzer::lower(&file)]);
    let mut findings = fsrace_rules::check(&program, &|_| true);
    findings.iter_mut().for_each(|finding| fsrace_rules::suggest(&program, finding, text));
    findings
}

/// The text after what the finding suggests.
pub fn apply(text: &str, finding: &Finding) -> Option<String> {
    let mut fixed = String::new();
    let mut done = 0;
    for edit in &finding.fix.as_ref()?.edits {
        fixed.push_str(text.get(done..edit.span.start as usize)?);
        fixed.push_str(&edit.replacement);
        done = edit.span.end as usize;
    }
    fixed.push_str(text.get(done..)?);
    Some(fixed)
}

/// What the rules' pages show in a language, each with the name of its page.
#[expect(clippy::unwrap_used, reason = "a page that cannot be read must fail the test")]
pub fn pages(language: LanguageId) -> Vec<(String, Code)> {
    let mut found = Vec::new();
    for (path, text) in texts(&workspace().join("rules/docs"), &["md"]).unwrap() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let code = Page::parse(&text).code.into_iter().filter(|code| code.language == language);
        found.extend(code.map(|code| (format!("{name}:{}", code.fence), code)));
    }
    found
}

/// Markers are comments, and no fix takes a comment away. `comment` is what they begin with, and the blank before it.
pub fn without_markers(text: &str, comment: &str) -> String {
    let marker = format!("{comment} ~");
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(marker.trim_start()));
    lines
        .map(|line| line.split_once(&marker).map_or(line, |(code, _)| code.trim_end()).to_owned() + "\n")
        .collect()
}

/// A fixture's path below the folder of all of them.
pub fn short(path: &Path) -> String {
    let path = path.strip_prefix(workspace().join("fixtures")).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}
