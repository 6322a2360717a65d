//! What reporters are given: findings resolved to files, lines and texts, with nothing of the program behind them.

use fsrace_analyzer::explore::{Actor, Consequence, Lane, Script, StepOutcome};
use fsrace_analyzer::source::{LineColumn, LineIndex, Span};
use fsrace_rules::finding::{Applicability, Confidence, Severity};
use fsrace_rules::rule::Rule;
use std::sync::{Arc, OnceLock};

/// One file's text, as it was when it was analysed.
#[derive(Debug)]
pub struct Source {
    /// Relative to the checked folder, `/` between the parts.
    pub path: String,
    /// The whole text; empty for a file in which no function with effects was found.
    pub text: Box<str>,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// A source of this text.
    pub fn new(path: impl Into<String>, text: impl Into<Box<str>>) -> Self {
        Source { path: path.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// Its lines, counted when they are first asked for: most files have nothing to report.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }
}

/// A range of one source.
#[derive(Clone, Debug)]
pub struct Region {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes; always within the text and on character boundaries.
    pub span: Span,
}

impl Region {
    /// The region that `span` covers; a span that does not fit the text becomes the empty one at its start.
    pub fn new(source: Arc<Source>, span: Span) -> Self {
        let fits = source.text.get(span.start as usize..span.end as usize).is_some();
        Region { source, span: if fits { span } else { Span::default() } }
    }

    /// The file, relative to the checked folder.
    pub fn path(&self) -> &str {
        &self.source.path
    }

    /// The text it covers.
    pub fn text(&self) -> &str {
        self.span.text(&self.source.text)
    }

    /// Line and column in characters of its first character, from 1.
    pub fn start(&self) -> LineColumn {
        self.source.lines().line_column(&self.source.text, self.span.start)
    }

    /// Line and column in characters one past its last character, from 1.
    pub fn end(&self) -> LineColumn {
        self.source.lines().line_column(&self.source.text, self.span.end)
    }

    /// The whole of the source line that it starts on, white space at both ends removed.
    pub fn whole_line(&self) -> &str {
        let start = self.source.lines().line_start(self.start().line).unwrap_or(0);
        let rest = self.source.text.get(start as usize..).unwrap_or_default();
        rest.lines().next().unwrap_or_default().trim()
    }
}

/// A second place that belongs to a finding.
#[derive(Clone, Debug)]
pub struct RelatedRegion {
    /// Where.
    pub region: Region,
    /// What it is: "checked here".
    pub message: String,
}

/// One step of a schedule.
#[derive(Clone, Debug)]
pub struct Step {
    /// Whose.
    pub lane: Lane,
    /// The source that did it; none for an actor that is not the program's own code.
    pub region: Option<Region>,
    /// The operation in words, without the place.
    pub operation: String,
    /// On what.
    pub place: String,
    /// What it returned.
    pub outcome: StepOutcome,
    /// The watched place's state afterwards.
    pub state: String,
}

/// The schedule that breaks.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Who process B is.
    pub actor: Actor,
    /// The watched place's state before.
    pub initial: String,
    /// In order.
    pub steps: Vec<Step>,
    /// What is lost.
    pub loss: String,
    /// What both ask of the kernel.
    pub script: Script,
    /// For each call of the script, the source that makes it.
    pub callers: Vec<Option<Region>>,
}

/// A replacement of one region.
#[derive(Clone, Debug)]
pub struct EditRegion {
    /// What is replaced; empty to insert.
    pub region: Region,
    /// By what.
    pub replacement: String,
}

/// A suggested rewrite.
#[derive(Clone, Debug)]
pub struct FixReport {
    /// What it does.
    pub title: String,
    /// What it promises.
    pub applicability: Applicability,
    /// In order, not overlapping, all in the act's file.
    pub edits: Vec<EditRegion>,
    /// What it needs besides.
    pub needs: Vec<String>,
    /// As a unified diff; empty where the edits do not fit the text.
    pub diff: String,
}

/// What reports say of a rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// Kebab-case.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What its findings can cost, the worst first.
    pub consequences: &'static [Consequence],
    /// CWE numbers, the main one first.
    pub cwe: &'static [u16],
    /// Whether it runs without being selected by name.
    pub default: bool,
    /// Its page, in Markdown.
    pub docs: &'static str,
}

impl From<&'static Rule> for RuleInfo {
    fn from(rule: &'static Rule) -> Self {
        RuleInfo {
            id: rule.id,
            summary: rule.summary,
            consequences: rule.consequences,
            cwe: rule.cwe,
            default: rule.default,
            docs: rule.docs,
        }
    }
}

/// All rules, sorted by id.
pub fn rules() -> Vec<RuleInfo> {
    fsrace_rules::RULES.iter().copied().map(RuleInfo::from).collect()
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The rule.
    pub rule: RuleInfo,
    /// How loud.
    pub severity: Severity,
    /// What it costs.
    pub consequence: Consequence,
    /// How sure.
    pub confidence: Confidence,
    /// Why that confidence.
    pub reasons: Vec<String>,
    /// Qualified name of the function.
    pub function: String,
    /// One line.
    pub message: String,
    /// What to do instead.
    pub help: String,
    /// The place that the race is about.
    pub place: String,
    /// The act.
    pub act: Region,
    /// The check, and the other sides where known.
    pub related: Vec<RelatedRegion>,
    /// The schedule that breaks.
    pub witness: Schedule,
    /// The atomic form.
    pub fix: Option<FixReport>,
    /// Whether exploring hit its bound.
    pub bounded: bool,
    /// Names the finding across edits elsewhere in the file; see [`crate::fingerprint`].
    pub fingerprint: String,
}

/// Something that could not be done, while the rest went on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// The file or folder it is about, relative to the checked folder; empty if it is about none.
    pub path: String,
    /// What happened and what to do.
    pub message: String,
}

/// What the run saw. No times: they are no part of a report, so that equal sources give equal bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files analysed.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files passed over because they say that they are generated.
    pub generated: usize,
    /// Files passed over because they are tests, benchmarks or examples.
    pub test_files: usize,
    /// Functions with a summary.
    pub functions: usize,
    /// Races that were found, before any is hidden.
    pub found: usize,
    /// Hidden because their confidence is lower than asked for.
    pub hidden_confidence: usize,
    /// Candidates for findings of low confidence that were not explored, since such findings are not asked for.
    pub unexplored: usize,
    /// Hidden because they are in test, example or benchmark code that was read with the rest of its file.
    pub hidden_tests: usize,
    /// Hidden because others wrote the code that they are in.
    pub hidden_vendored: usize,
    /// Hidden because they are notes.
    pub hidden_notes: usize,
}

/// All that a run has to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Sorted by path, position and rule.
    pub findings: Vec<Reported>,
    /// Sorted.
    pub warnings: Vec<Warning>,
    /// What was seen.
    pub counts: Counts,
}

/// The severity's word: SARIF's level, and the human header's.
pub fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The confidence's word.
pub fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// The applicability's word.
pub fn applicability_name(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::DisplayOnly => "display-only",
        Applicability::Unsafe => "unsafe",
        Applicability::Safe => "safe",
    }
}

/// The actor's word, as in machine-readable reports.
pub fn actor_name(actor: Actor) -> &'static str {
    match actor {
        Actor::Itself => "itself",
        Actor::ItselfTask => "itself-task",
        Actor::ItselfThread => "itself-thread",
        Actor::Creator => "creator",
        Actor::Remover => "remover",
        Actor::Replacer => "replacer",
        Actor::Updater => "updater",
        Actor::Reader => "reader",
        Actor::Bystander => "bystander",
        Actor::Crash => "crash",
        Actor::Visitor => "visitor",
        Actor::Acquirer => "acquirer",
        Actor::Attacker => "attacker",
        Actor::Stranger => "stranger",
        Actor::Task => "task",
    }
}

/// What the actor does, as the end of a sentence: "process B ...".
pub fn actor_phrase(actor: Actor) -> &'static str {
    match actor {
        Actor::Itself | Actor::ItselfTask | Actor::ItselfThread => "runs the same function",
        Actor::Creator => "creates the place",
        Actor::Remover => "removes the place",
        Actor::Replacer => "replaces the place by another",
        Actor::Updater => "updates the file",
        Actor::Reader => "reads the file",
        Actor::Bystander => "goes by the same state of the process",
        Actor::Crash => "is the end of process A",
        Actor::Visitor => "takes the directory for complete",
        Actor::Acquirer => "takes the place as its lock",
        Actor::Attacker => "swaps the place for a symbolic link",
        Actor::Stranger => "opens the file as another user",
        Actor::Task => "is the work that the function has started",
    }
}

/// What the two lanes are called.
pub fn lane_names(actor: Actor) -> [&'static str; 2] {
    match actor {
        Actor::ItselfThread | Actor::Bystander => ["thread A", "thread B"],
        Actor::ItselfTask => ["task A", "task B"],
        Actor::Task => ["function", "started work"],
        _ => ["process A", "process B"],
    }
}
