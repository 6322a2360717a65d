//! What the rules on a process' own state share: where it is changed, and one report per function that changes it.

use crate::decide::Decided;
use crate::finding::{Confidence, Related};
use crate::pairs::Candidate;
use crate::trace::Trace;
use fsrace_analyzer::flow::{Domain, Operation};
use fsrace_analyzer::link::FunctionId;
use rustc_hash::FxHashMap;

/// The function's own changes of this part of the process' state. One in a called function is that function's to report.
pub fn changes(trace: &Trace<'_>, domain: Domain) -> Vec<Candidate> {
    let own = trace.events.iter().enumerate().filter(|(_, event)| {
        trace.call_depth(event) == 0
            && event.effect.operation.domain() == domain
            && event.effect.operation != Operation::EnvGet
    });
    own.filter_map(|(act, event)| Candidate::of_steps(trace, None, act, &event.effect.place)).collect()
}

/// One report per function: who changes something for a while changes it back, and often several things at once.
pub fn fold(decided: &mut Vec<Decided>) {
    let mut first: FxHashMap<(FunctionId, &'static str), usize> = FxHashMap::default();
    let mut folded: Vec<Decided> = Vec::with_capacity(decided.len());
    decided.sort_by_key(|d| (d.finding.act, d.finding.rule.id));
    for next in decided.drain(..) {
        if !next.of_process {
            folded.push(next);
            continue;
        }
        let key = (next.finding.act.function, next.finding.rule.id);
        let known = first.get(&key).and_then(|at| folded.get_mut(*at));
        let Some(known) = known else {
            first.insert(key, folded.len());
            folded.push(next);
            continue;
        };
        let shown = |d: &Decided| d.finding.confidence >= Confidence::Medium;
        // A change before anything runs beside it is no part of one after.
        if shown(&next) && !shown(known) {
            *known = next;
        } else if shown(&next) == shown(known) {
            let related = Related { location: next.finding.act, message: "changed here too".to_owned() };
            known.finding.related.push(related);
        }
    }
    *decided = folded;
}
