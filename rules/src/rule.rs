//! What a rule is: data, and four functions that answer in turn *where*, *beside whom*, *what to say* and *what instead*.

use crate::pairs::Candidate;
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::language::Idiom;

/// A rule, declared as data beside its functions.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case and permanent; names the bad pattern.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What the explorer may find for its candidates, the worst first.
    pub consequences: &'static [Consequence],
    /// CWE numbers, the main one first.
    pub cwe: &'static [u16],
    /// Whether the rule runs without being selected by name.
    pub default: bool,
    /// How specific the pattern is: of two rules that fit one site, the one with the lower rank reports.
    pub rank: i8,
    /// The page, in Markdown.
    pub docs: &'static str,
    /// Whom the candidates are explored beside, as far as there is a reason for them.
    pub actors: &'static [Actor],
    /// The pattern: candidates in one linked body.
    pub check: fn(&Trace<'_>) -> Vec<Candidate>,
    /// What is wrong and what to do.
    pub report: fn(&Candidate, &Race) -> Report,
    /// The atomic form to write instead, or none where there is none that keeps what the code promises.
    pub rewrite: fn(&Candidate) -> Option<Idiom>,
}

impl Rule {
    /// Whether it reports what is no race: candidates of which no order of steps ends differently.
    pub fn is_note(&self) -> bool {
        self.consequences == [Consequence::RedundantCheck]
    }
}

/// A candidate that was proven, in words. All lower case, without a final period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Names the operation and the loss.
    pub message: String,
    /// What to do instead.
    pub help: String,
    /// What the check is: "checked here".
    pub check: &'static str,
}

/// The last two segments of an API's name, as people write it: `fs::write`, `Path::exists`; of a name with an import path, what
/// follows its folders.
pub fn short(api: &str) -> &str {
    let api = api.rsplit('/').next().unwrap_or(api);
    let mut starts = api.rmatch_indices("::").map(|(i, _)| i + 2);
    starts.nth(1).and_then(|start| api.get(start..)).unwrap_or(api)
}
