//! What a rule is.

use fsrace_analyzer::explore::Consequence;

/// A rule, declared as data beside its function.
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
    /// The page, in Markdown.
    pub docs: &'static str,
}
