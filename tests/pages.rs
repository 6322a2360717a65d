//! The rules' pages, executed: *Example* reports exactly what its markers say, *Use instead* is silent, and *Known limits*
//! asserts today's answer, wrong as it is.

#[path = "support/page.rs"]
mod page;
mod support;

use fsrace_analyzer::source::LanguageId;
use page::{Code, Page};
use support::{Markers, disagreements, fail_on, texts, workspace};

/// The sections of a page, in this order. The last one asserts nothing.
const SECTIONS: [&str; 7] =
    ["What it does", "Why is this bad", "Example", "Use instead", "Fix safety", "Known limits", "References"];

/// What is wrong with the page of this rule.
fn complaints(page: &Page, rule: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if page.title.trim_matches('`') != rule {
        complaints.push(format!("{rule}.md: the title is `{}`", page.title));
    }
    if page.sections != SECTIONS {
        complaints.push(format!("{rule}.md: the sections are {:?}, not {SECTIONS:?}", page.sections));
    }
    for section in ["Example", "Use instead"] {
        if !page.code.iter().any(|c| c.section == section && c.language == LanguageId::Rust) {
            complaints.push(format!("{rule}.md: no Rust under {section}"));
        }
    }
    for code in &page.code {
        let place = format!("{rule}.md, {}", code.section);
        // Blank lines before it give each line of the block its number on the page.
        let text = format!("{}{}", "\n".repeat(code.fence), code.text);
        let markers = match Markers::parse(&text) {
            Ok(markers) => markers,
            Err(e) => {
                complaints.push(format!("{place}: {e}"));
                continue;
            }
        };
        if code.section == "Example" && !markers.acts.iter().any(|(_, r)| r == rule) {
            complaints.push(format!("{place}: the example marks no {rule}"));
        }
        if code.section == "Use instead" && markers != Markers::default() {
            complaints.push(format!("{place}: what to use instead must have no marker"));
        }
        let name = match code.language {
            LanguageId::Rust => "page.rs",
            LanguageId::Go => "page.go",
            LanguageId::Python => "page.py",
        };
        let found = disagreements(&[(name.to_owned(), text)], rule);
        complaints.extend(found.into_iter().map(|c| format!("{place}: {c}")));
    }
    complaints
}

#[test]
fn pages_say_what_the_rules_do() {
    let pages = texts(&workspace().join("rules/docs"), &["md"]).unwrap();
    assert!(!pages.is_empty(), "there are no pages");
    let found: Vec<String> = pages
        .iter()
        .flat_map(|(path, text)| complaints(&Page::parse(text), path.file_stem().unwrap().to_str().unwrap()))
        .collect();
    fail_on(&found);
}

#[test]
fn a_page_is_read_by_sections_and_fences() {
    let text = "# a-rule\n\n## What it does\nx\n```text\n## no section\n```\n## Why is this bad?\n```rust\nfn f() {}\n```\n```go\npackage p\n```\n";
    let page = Page::parse(text);
    assert_eq!(page.title, "a-rule");
    assert_eq!(page.sections, ["What it does", "Why is this bad"]);
    let section = || "Why is this bad".to_owned();
    let rust = Code { section: section(), fence: 9, language: LanguageId::Rust, text: "fn f() {}\n".into() };
    let go = Code { section: section(), fence: 12, language: LanguageId::Go, text: "package p\n".into() };
    assert_eq!(page.code, [rust, go]);
}
