//! Wei and Pu's pairs of calls ("TOCTTOU Vulnerabilities in UNIX-Style File Systems", FAST '05), each in all spellings that Rust has for it:
//! the racy form is reported with both calls, and its cure is silent. `docs/pairs.md` is the table, written by this test.

mod calls;
mod source;
mod table;

use calls::{Pair, Role, SPELLINGS, Spelling, pairs};
use fsrace_analyzer::link::Location;
use fsrace_analyzer::source::{LanguageId, LineIndex, SourceFile};
use fsrace_rules::finding::Confidence;
use source::{FIRST, SECOND, Source, Where, forms};
use std::path::Path;

/// A finding that is shown by default.
#[derive(Clone, Debug)]
pub struct Told {
    pub rule: &'static str,
    pub consequence: &'static str,
    /// The lines of the act and of what it is related to.
    pub act: u32,
    pub related: Vec<u32>,
}

/// What is told of one form by default.
fn told(source: &Source) -> Vec<Told> {
    let summary = fsrace_analyzer::lower(&SourceFile {
        path: source.path.to_owned(),
        text: source.text.clone(),
        language: LanguageId::Rust,
        package: None,
    });
    assert!(summary.errors.is_empty(), "{:?}\n{}", summary.errors, source.text);
    let program = fsrace_analyzer::link(vec![summary]);
    let index = LineIndex::new(&source.text);
    let line = |location: &Location| index.line(location.span.start);
    fsrace_rules::check(&program, &|rule| rule.default)
        .iter()
        .filter(|finding| finding.confidence >= Confidence::Medium)
        .map(|finding| Told {
            rule: finding.rule.id,
            consequence: finding.consequence.name(),
            act: line(&finding.act),
            related: finding.related.iter().map(|r| line(&r.location)).collect(),
        })
        .collect()
}

fn line_of(text: &str, comment: &str) -> u32 {
    (1u32..).zip(text.lines()).find(|(_, l)| l.ends_with(comment)).map_or(0, |(number, _)| number)
}

/// What is said of one pair in one spelling.
#[derive(Clone, Debug)]
pub enum Said {
    /// The racy form, by this rule and at this cost; and what is told of the cure.
    Reported { rule: &'static str, consequence: &'static str, cure: Vec<Told> },
    /// Nothing with both calls.
    Silent { others: Vec<Told>, cure: Vec<Told> },
    /// There is no such form.
    Inexpressible(&'static str),
}

fn said(pair: Pair, spelling: Spelling) -> Said {
    let forms = match forms(pair, spelling, Where::Shared) {
        Ok(forms) => forms,
        Err(why) => return Said::Inexpressible(why),
    };
    let all = told(&forms.racy);
    let cure = told(&forms.cure);
    let (first, second) = (line_of(&forms.racy.text, FIRST), line_of(&forms.racy.text, SECOND));
    let names_both = |t: &&Told| {
        (t.act == second && t.related.contains(&first)) || (t.act == first && t.related.contains(&second))
    };
    match all.iter().find(names_both) {
        Some(t) => Said::Reported { rule: t.rule, consequence: t.consequence, cure },
        None => Said::Silent { others: all, cure },
    }
}

/// Everything, in the order of the table.
fn everything() -> Vec<(Pair, Vec<(Spelling, Said)>)> {
    let one = |pair: Pair| (pair, SPELLINGS.iter().map(|s| (*s, said(pair, *s))).collect());
    pairs().into_iter().map(one).collect()
}

#[test]
fn the_model_has_224_pairs() {
    assert_eq!(pairs().len(), 224);
    let count = |roles| pairs().iter().filter(|p| p.roles == roles).count();
    let groups = [
        count((Role::Check, Role::Creation)) + count((Role::Check, Role::Use)),
        count((Role::Removal, Role::Creation)),
        count((Role::Creation, Role::Use)),
        count((Role::Use, Role::Use)),
    ];
    assert_eq!(groups, [44, 18, 77, 85]);
}

#[test]
fn the_table_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pairs.md");
    let all = everything();
    if std::env::var_os("FSRACE_PAIRS_DUMP").is_some() {
        table::dump(&all);
    }
    let fresh = table::rendered(&all);
    if std::env::var_os("FSRACE_UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "docs/pairs.md is not what the test says: run it with FSRACE_UPDATE=1");
}
