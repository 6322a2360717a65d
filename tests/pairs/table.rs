//! The table as Markdown.

use crate::calls::{Kind, Pair, Role};
use crate::{Rows, Said, no_race};
use std::fmt::Write;

const HEAD: &str = "\
# Wei and Pu's 224 pairs of calls

Jinpeng Wei and Calton Pu (\"TOCTTOU Vulnerabilities in UNIX-Style File Systems\", FAST '05) enumerate the pairs of calls on one path that a
race can come between on Linux. `tests/pairs/` writes each of them in the spellings that Rust has (std, rustix, nix, libc), in its racy form
and with its cure, runs fsrace on both and holds it to this table, which it writes itself (`FSRACE_UPDATE=1 cargo test --test pairs`). The racy
form must be reported with both calls, at default settings; the cure must be silent.

The places are such that somebody can come between: a cache that another function clears and a third one reads, for pairs that begin with a
check or a removal; for the others, of which only another user gains anything, a directory that another function lets everybody write. The
same pairs below `/etc`, which only root can write, and those in `/tmp` that the sticky bit keeps safe, are held to silence.

The cure of a creation after a check does not ask: it creates with `O_EXCL`, renames without replacing, or takes what is there already for made.
The cure of a creation after a removal builds it under a name of its own and renames it over, or keeps what is there. The cure of a use opens the
path once, through no link, and uses the open file.
";

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Directory => "directory",
    }
}

/// The section of a pair.
fn section(pair: &Pair) -> &'static str {
    match pair.roles {
        (Role::Check, Role::Creation) => "Check, then creation",
        (Role::Check, _) => "Check, then use",
        (Role::Removal, _) => "Removal, then creation",
        (Role::Creation, _) => "Creation, then use",
        _ => "Use, then use",
    }
}

/// How many there are of each kind: reported, and no race.
pub fn counts(all: &Rows) -> (usize, usize) {
    let harmless = all.iter().filter(|(pair, _)| no_race(*pair).is_some()).count();
    (all.len() - harmless, harmless)
}

/// The whole page.
pub fn rendered(all: &Rows) -> String {
    let mut text = HEAD.to_owned();
    let (reported, harmless) = counts(all);
    let forms = all.iter().flat_map(|(_, said)| said).filter(|(_, s)| !matches!(s, Said::Inexpressible(_)));
    let _ = writeln!(
        text,
        "\nOf {} pairs, in {} spellings, {reported} are reported and {harmless} are no race, for the reason that is given. There is none that no Rust\nprogram can express; why a spelling is missing stands in the last table.",
        all.len(),
        forms.count(),
    );
    let mut current = "";
    for (pair, spellings) in all {
        if section(pair) != current {
            current = section(pair);
            let _ = writeln!(
                text,
                "\n## {current}\n\n| of a | first | second | spellings | reported by | at the cost of |\n| --- | --- | --- | --- | --- | --- |"
            );
        }
        let has: Vec<&str> = spellings
            .iter()
            .filter(|(_, said)| !matches!(said, Said::Inexpressible(_)))
            .map(|(spelling, _)| spelling.name())
            .collect();
        let mut by: Vec<(&str, &str)> = spellings
            .iter()
            .filter_map(|(_, said)| match said {
                Said::Reported { rule, consequence, .. } => Some((*rule, *consequence)),
                _ => None,
            })
            .collect();
        by.sort_unstable();
        by.dedup();
        let (mut rules, mut costs): (Vec<&str>, Vec<&str>) = by.into_iter().unzip();
        rules.dedup();
        costs.sort_unstable();
        costs.dedup();
        let (rules, costs) = match no_race(*pair) {
            Some(why) => (format!("no race: {why}"), String::new()),
            None => (
                rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", "),
                costs.join(", "),
            ),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {rules} | {costs} |",
            kind(pair.kind),
            pair.first,
            pair.second,
            has.join(", ")
        );
    }
    text += "\n## Missing spellings\n\n| spelling | why | pairs |\n| --- | --- | --- |\n";
    let mut missing: Vec<(&str, &str)> = all
        .iter()
        .flat_map(|(_, said)| said)
        .filter_map(|(spelling, said)| match said {
            Said::Inexpressible(why) => Some((spelling.name(), *why)),
            _ => None,
        })
        .collect();
    missing.sort_unstable();
    for group in missing.chunk_by(|a, b| a == b) {
        if let Some((spelling, why)) = group.first() {
            let _ = writeln!(text, "| {spelling} | {why} | {} |", group.len());
        }
    }
    text
}
