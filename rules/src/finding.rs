//! What a rule reports.

use crate::rule::Rule;
use fsrace_analyzer::explore::{Consequence, Witness};
use fsrace_analyzer::flow::Place;
use fsrace_analyzer::language::{Edit, Idiom};
use fsrace_analyzer::link::Location;
use fsrace_analyzer::source::Span;

/// How sure the tool is, computed from must-alias certainty, sharedness and resolution. Ordered from low to high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Not shown by default.
    Low,
    /// Shown.
    Medium,
    /// Shown; the place is shared on evidence and every call was resolved.
    High,
}

/// How loud a finding is; it follows from the consequence and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Off unless asked for.
    Note,
    /// An operation fails though it should not.
    Warning,
    /// Something is lost, mixed up or given away.
    Error,
}

impl Severity {
    /// The severity of a consequence.
    pub fn of(consequence: Consequence) -> Self {
        match consequence {
            Consequence::RedundantCheck => Severity::Note,
            Consequence::SpuriousFailure => Severity::Warning,
            Consequence::LostError
            | Consequence::Corruption
            | Consequence::LostUpdate
            | Consequence::DoubleOwner
            | Consequence::DataLoss
            | Consequence::Security => Severity::Error,
        }
    }
}

/// A second place that belongs to a finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What it is, lower case: "checked here", "`clean_cache` removes it here".
    pub message: String,
}

/// What a fix promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Shown as a sketch only.
    DisplayOnly,
    /// Compiles, but may change behaviour beyond the race.
    Unsafe,
    /// Keeps what the code promises, and the rewritten code has no bad outcome left.
    Safe,
}

/// A suggested rewrite.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, lower case: "create the file only if it is absent".
    pub title: String,
    /// What it promises.
    pub applicability: Applicability,
    /// The edits, all in the act's file, in order.
    pub edits: Vec<Edit>,
    /// What it needs besides ("the `tempfile` crate").
    pub needs: Vec<String>,
}

/// Which rewrite a finding asks for; [`crate::suggest`] renders it once the text is at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The atomic form.
    pub idiom: Idiom,
    /// The function that holds the act and the check.
    pub function: Span,
    /// The earlier step: the check, or the read.
    pub check: Option<Span>,
}

/// One race, reported.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that proposed it.
    pub rule: &'static Rule,
    /// What it costs, decided by the explorer.
    pub consequence: Consequence,
    /// How sure.
    pub confidence: Confidence,
    /// Why that confidence, in short sentences.
    pub reasons: Vec<String>,
    /// Qualified name of the function.
    pub function: String,
    /// Lower case, no final period: "`write` can destroy a file created after the check".
    pub message: String,
    /// What to do instead, one sentence, lower case.
    pub help: String,
    /// The place that the race is about.
    pub place: Place,
    /// The act: the primary location.
    pub act: Location,
    /// The check, and the other sides where known.
    pub related: Vec<Related>,
    /// The schedule that breaks.
    pub witness: Witness,
    /// The atomic form on the user's own text.
    pub fix: Option<Fix>,
    /// What a rewrite would be, before it is rendered.
    pub rewrite: Option<Rewrite>,
    /// Whether exploring hit its bound: then the finding has low confidence.
    pub bounded: bool,
    /// Whether the function is test, example or benchmark code.
    pub in_test: bool,
}

impl Finding {
    /// How loud.
    pub fn severity(&self) -> Severity {
        Severity::of(self.consequence)
    }
}
