//! Wei and Pu's pairs of calls ("TOCTTOU Vulnerabilities in UNIX-Style File Systems", FAST '05), each in all spellings that Rust has for it:
//! the racy form is reported with both calls, and its cure is silent. `docs/pairs.md` is the table, written by this test.

mod calls;
mod source;
#[expect(dead_code, reason = "other tests read their sources from files, these are written")]
#[path = "../support/mod.rs"]
mod support;
mod table;

use calls::{Pair, Role, SPELLINGS, Spelling, pairs};
use fsrace_analyzer::link::Location;
use fsrace_analyzer::source::{LanguageId, LineIndex, SourceFile};
use fsrace_rules::finding::Confidence;
use source::{FIRST, SECOND, Source, Where, forms};
use std::sync::LazyLock;
use support::{fail_on, workspace};

/// What is said of each pair in each spelling.
type Rows = Vec<(Pair, Vec<(Spelling, Said)>)>;

/// A finding that is shown by default.
#[derive(Clone, Debug)]
struct Told {
    rule: &'static str,
    consequence: &'static str,
    /// The lines of the act and of what it is related to.
    act: u32,
    related: Vec<u32>,
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
enum Said {
    /// The racy form is reported, by this rule and at this cost.
    Reported { rule: &'static str, consequence: &'static str, cure: Vec<Told> },
    /// Nothing is reported with both calls.
    Silent { others: Vec<Told>, cure: Vec<Told> },
    /// There is no such form.
    Inexpressible(&'static str),
}

fn said(pair: Pair, spelling: Spelling, at: Where) -> Said {
    let forms = match forms(pair, spelling, at) {
        Ok(forms) => forms,
        Err(why) => return Said::Inexpressible(why),
    };
    let others = told(&forms.racy);
    let cure = told(&forms.cure);
    let (first, second) = (line_of(&forms.racy.text, FIRST), line_of(&forms.racy.text, SECOND));
    match others.iter().find(|t| t.act == second && t.related.contains(&first)) {
        Some(t) => Said::Reported { rule: t.rule, consequence: t.consequence, cure },
        None => Said::Silent { others, cure },
    }
}

/// Everything where others come, in the order of the table.
fn everything() -> &'static Rows {
    static ROWS: LazyLock<Rows> = LazyLock::new(|| rows(Where::Shared, |_| true));
    &ROWS
}

fn rows(at: Where, which: impl Fn(Pair) -> bool) -> Rows {
    let one = |pair: Pair| (pair, SPELLINGS.iter().map(|s| (*s, said(pair, *s, at))).collect());
    pairs().into_iter().filter(|pair| which(*pair)).map(one).collect()
}

/// Why nothing can come between the two calls of a pair, where that is so: what the kernel does, in sentences of its manual.
fn no_race(pair: Pair) -> Option<&'static str> {
    match (pair.roles, pair.first, pair.second) {
        ((Role::Creation, _), "link", "mount" | "chdir" | "chroot" | "pivot_root") => {
            Some("a hard link leads to no directory (link(2): EPERM)")
        }
        ((Role::Use, Role::Use), "mount", _) => {
            Some("a mount point can be neither renamed nor removed (rename(2), rmdir(2): EBUSY)")
        }
        ((Role::Use, Role::Use), "chroot" | "pivot_root", _) => {
            Some("below the new root the same path leads to another place")
        }
        _ => None,
    }
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
fn racy_forms_are_reported_and_cures_are_silent() {
    let mut wrong = Vec::new();
    for (pair, spellings) in everything() {
        if spellings.iter().all(|(_, said)| matches!(said, Said::Inexpressible(_))) {
            wrong.push(format!("{pair:?}: in no spelling"));
        }
        for (spelling, said) in spellings {
            let (reported, cure) = match said {
                Said::Reported { cure, .. } => (true, cure),
                Said::Silent { cure, .. } => (false, cure),
                Said::Inexpressible(_) => continue,
            };
            if !cure.is_empty() || reported == no_race(*pair).is_some() {
                wrong.push(format!("{pair:?} in {}: {said:?}", spelling.name()));
            }
        }
    }
    fail_on(&wrong);
}

/// What only root can write is nobody's to race for.
#[test]
fn immune_directories_are_silent() {
    silent(Where::Immune, |_| true);
}

/// In a directory with the sticky bit, what a process has made anew is its own, and nobody else can put something in its place.
#[test]
fn what_the_sticky_bit_keeps_is_silent() {
    let anew = ["mknod", "mkdir", "link", "symlink", "rename"];
    silent(Where::Sticky, |pair| pair.roles == (Role::Creation, Role::Use) && anew.contains(&pair.first));
}

/// Nor does it help where anybody may have made it first.
#[test]
fn what_anybody_may_have_made_is_reported_under_the_sticky_bit_too() {
    let mut wrong = Vec::new();
    let twice = |pair: Pair| pair.roles == (Role::Use, Role::Use) && no_race(pair).is_none();
    for (pair, spellings) in rows(Where::Sticky, twice) {
        for (spelling, said) in spellings {
            if matches!(said, Said::Silent { .. }) {
                wrong.push(format!("{pair:?} in {}: {said:?}", spelling.name()));
            }
        }
    }
    fail_on(&wrong);
}

fn silent(at: Where, which: impl Fn(Pair) -> bool) {
    let mut wrong = Vec::new();
    for (pair, spellings) in rows(at, which) {
        for (spelling, said) in spellings {
            let quiet = match &said {
                Said::Silent { others, cure } => others.is_empty() && cure.is_empty(),
                Said::Inexpressible(_) => true,
                Said::Reported { .. } => false,
            };
            if !quiet {
                wrong.push(format!("{pair:?} in {}: {said:?}", spelling.name()));
            }
        }
    }
    fail_on(&wrong);
}

#[test]
fn the_table_is_fresh() {
    let path = workspace().join("docs/pairs.md");
    let fresh = table::rendered(everything());
    if std::env::var_os("FSRACE_UPDATE").is_some() {
        use std::io::Write;
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap()).unwrap();
        file.write_all(fresh.as_bytes()).unwrap();
        file.persist(&path).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == fresh, "docs/pairs.md says otherwise: run this with FSRACE_UPDATE=1");
}
