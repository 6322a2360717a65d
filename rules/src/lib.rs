//! The rules of fsrace: one module per race pattern.
//!
//! A rule proposes candidates by pattern; the explorer of `fsrace_analyzer` decides which of them are races.

pub mod finding;
pub mod rule;

use finding::Finding;
use fsrace_analyzer::link::Program;
use rule::Rule;

/// All rules, sorted by id.
pub static RULES: &[&Rule] = &[];

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|r| r.id == id)
}

/// Runs the rules that `selected` accepts over the program. The findings come sorted by file, position and rule, of every
/// confidence; one per cause. Runs in parallel; the result does not depend on the number of threads.
pub fn check(_program: &Program, _selected: &(dyn Fn(&Rule) -> bool + Sync)) -> Vec<Finding> {
    Vec::new()
}

/// Fills in the suggested rewrite of a finding, given the text of the act's file.
pub fn suggest(_program: &Program, _finding: &mut Finding, _text: &str) {}
