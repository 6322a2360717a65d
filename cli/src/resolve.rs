//! From the rules' findings to reports: locations become regions, edits become diffs.

use crate::report::{
    EditRegion, FixReport, Region, RelatedRegion, Reported, Schedule, Source, Step, confidence_name,
};
use crate::words;
use fsrace_analyzer::explore::Witness;
use fsrace_analyzer::flow::Site;
use fsrace_analyzer::link::{FileId, Location, Program};
use fsrace_rules::finding::{Finding, Fix};
use similar::TextDiff;
use std::cmp::Ordering;
use std::sync::Arc;

/// The texts of a program's files, by [`fsrace_analyzer::link::FileId`].
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Arc<Source>>,
}

impl Sources {
    /// The sources in the order of the program's files. A file that is not among `sources`, or that no finding can point into, has an
    /// empty text.
    pub fn new(program: &Program, sources: Vec<Arc<Source>>) -> Self {
        let mut by_path: Vec<Arc<Source>> = sources;
        by_path.sort_by(|a, b| a.path.cmp(&b.path));
        let find = |path: &str| {
            by_path
                .binary_search_by(|s| s.path.as_str().cmp(path))
                .ok()
                .and_then(|i| by_path.get(i).cloned())
                .unwrap_or_else(|| Arc::new(Source::new(path, "")))
        };
        let told = program.told_of();
        let kept = |path: &str, told| if told { find(path) } else { Arc::new(Source::new(path, "")) };
        Sources { files: program.files().iter().zip(told).map(|(f, told)| kept(&f.path, told)).collect() }
    }

    /// The text of a file, if it was kept.
    pub fn text(&self, file: FileId) -> Option<&str> {
        let source = self.files.get(file.0 as usize)?;
        (!source.text.is_empty()).then(|| &*source.text)
    }

    /// The region that a location names, if the file is known.
    pub fn region(&self, location: Location) -> Option<Region> {
        let source = self.files.get(location.file.0 as usize)?;
        Some(Region::new(source.clone(), location.span))
    }
}

/// Resolves a finding; none if its act stands in no known file.
pub fn resolve(finding: &Finding, program: &Program, sources: &Sources) -> Option<Reported> {
    let act = sources.region(finding.act)?;
    let related = finding
        .related
        .iter()
        .filter_map(|r| {
            Some(RelatedRegion { region: sources.region(r.location)?, message: r.message.clone() })
        })
        .collect();
    Some(Reported {
        rule: finding.rule.into(),
        severity: finding.severity(),
        consequence: finding.consequence,
        confidence: finding.confidence,
        reasons: finding.reasons.clone(),
        function: finding.function.clone(),
        message: finding.message.clone(),
        help: finding.help.clone(),
        place: words::place(&finding.place),
        related,
        witness: schedule(&finding.witness, program, sources),
        fix: finding.fix.as_ref().map(|fix| fix_report(fix, &act.source)),
        act,
        bounded: finding.bounded,
        fingerprint: String::new(),
    })
}

fn schedule(witness: &Witness, program: &Program, sources: &Sources) -> Schedule {
    let region = |site: Option<Site>| sources.region(program.location(site?)?);
    let steps = witness
        .steps
        .iter()
        .map(|step| Step {
            lane: step.lane,
            region: region(step.site),
            operation: step.operation.clone(),
            place: words::place(&step.place),
            outcome: step.outcome,
            state: step.state.clone(),
        })
        .collect();
    Schedule {
        actor: witness.actor,
        initial: witness.initial.clone(),
        steps,
        loss: witness.loss.clone(),
        script: witness.script.clone(),
        callers: witness.script.calls.iter().map(|call| region(call.site)).collect(),
    }
}

/// A fix whose edits do not fit the text keeps its title and loses its edits.
pub fn fix_report(fix: &Fix, source: &Arc<Source>) -> FixReport {
    let rewritten = apply(fix, &source.text);
    let edits = match rewritten {
        None => Vec::new(),
        Some(_) => fix
            .edits
            .iter()
            .map(|e| EditRegion {
                region: Region::new(source.clone(), e.span),
                replacement: e.replacement.clone(),
            })
            .collect(),
    };
    let diff = rewritten.map(|new| unified_diff(&source.path, &source.text, &new)).unwrap_or_default();
    FixReport {
        title: fix.title.clone(),
        applicability: fix.applicability,
        edits,
        needs: fix.needs.clone(),
        diff,
    }
}

/// The text with the edits made; none if they overlap, are out of order, or leave the text or its character boundaries.
pub fn apply(fix: &Fix, text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut position = 0;
    for edit in &fix.edits {
        out.push_str(text.get(position..edit.span.start as usize)?);
        text.get(edit.span.start as usize..edit.span.end as usize)?;
        out.push_str(&edit.replacement);
        position = edit.span.end as usize;
    }
    out.push_str(text.get(position..)?);
    Some(out)
}

fn unified_diff(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

/// The order of reports: by path, position, rule, and then by what they say, so that it never depends on who was first.
pub fn order(a: &Reported, b: &Reported) -> Ordering {
    let key = |r: &Reported| (r.act.span, r.rule.id, r.consequence, r.confidence);
    a.act
        .path()
        .cmp(b.act.path())
        .then_with(|| key(a).cmp(&key(b)))
        .then_with(|| a.function.cmp(&b.function))
        .then_with(|| a.message.cmp(&b.message))
}

/// "confidence medium: the place is a parameter; every call was resolved".
pub fn confidence_sentence(finding: &Reported) -> String {
    let mut text = format!("confidence {}", confidence_name(finding.confidence));
    if !finding.reasons.is_empty() {
        text.push_str(": ");
        text.push_str(&finding.reasons.join("; "));
    }
    if finding.bounded {
        text.push_str("; the search was cut off at its bound");
    }
    text
}
