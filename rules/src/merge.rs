//! One report per cause.

use crate::decide::Decided;
use crate::finding::{Confidence, Finding, Related};
use crate::{exists_then_create, process_state, read_modify_write, remove_then_create};
use fsrace_analyzer::link::{FileId, Location};
use fsrace_analyzer::source::Span;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// A place in the sources, of which several functions may be made: a generator up to where it hands out, and as a whole.
pub type Spot = (FileId, Span);

/// Where a step stands, whichever function it is of.
pub fn spot(location: Location) -> Spot {
    (location.file, location.span)
}

/// Two steps, the functions that are called for them, and the rule.
type Pair = (Spot, Spot, [String; 2], &'static str);

/// How many further locations one finding names.
const RELATED: usize = 12;

/// Keeps one finding of those that share an act or a check, the best by confidence, by whether its own act is what fails, by rule and
/// by consequence; the others become related locations. Sorted by file, position and rule.
pub fn merge(mut decided: Vec<Decided>) -> Vec<Finding> {
    keep_nearest(&mut decided);
    process_state::fold(&mut decided);
    decided.sort_by_key(|d| {
        let f = &d.finding;
        let shown = f.confidence >= Confidence::Medium;
        let best = (shown, !d.fails_early, Reverse(f.rule.rank), f.consequence, f.confidence);
        (Reverse(best), f.act, d.check, f.rule.id)
    });
    let mut kept: Vec<Decided> = Vec::new();
    let mut acts: FxHashMap<Spot, usize> = FxHashMap::default();
    let mut checks: FxHashMap<Spot, usize> = FxHashMap::default();
    // A helper's act is one defect, whoever calls the helper.
    let mut helpers: FxHashMap<(Spot, &str), usize> = FxHashMap::default();
    // And so are a helper that reads and one that writes, whoever calls the two one after the other.
    let mut pairs: FxHashMap<Pair, usize> = FxHashMap::default();
    for next in decided {
        let act = spot(next.finding.act);
        let refilled = next.finding.rule.id == remove_then_create::RULE.id;
        let helper = next.check.is_none().then_some((spot(next.inner), next.finding.rule.id));
        let pair = next.between_helpers();
        let same = acts
            .get(&act)
            .or_else(|| {
                let check = spot(next.check?);
                checks.get(&check).or_else(|| acts.get(&check).filter(|_| refilled))
            })
            .or_else(|| helper.as_ref().and_then(|helper| helpers.get(helper)))
            .or_else(|| pair.as_ref().and_then(|pair| pairs.get(pair)));
        if let Some(first) = same.and_then(|i| kept.get_mut(*i)) {
            absorb(&mut first.finding, next);
            continue;
        }
        acts.insert(act, kept.len());
        helpers.extend(helper.map(|helper| (helper, kept.len())));
        pairs.extend(pair.map(|pair| (pair, kept.len())));
        if let Some(check) = next.check {
            // The removal before a creation is an act of its own; a check before it belongs to the same cause.
            let found = if refilled { &mut acts } else { &mut checks };
            found.insert(spot(check), kept.len());
        }
        kept.push(next);
    }
    let mut findings: Vec<Finding> = kept.into_iter().map(|d| d.finding).collect();
    findings.sort_by_key(|f| (f.act.file, f.act.span, f.rule.id, f.act.function));
    findings
}

/// An act that needs no check is found in every function that leads to it. It belongs where the path becomes telling: to the
/// nearest function in which it is shown, or else to its own.
fn keep_nearest(decided: &mut Vec<Decided>) {
    let key = |d: &Decided| (Reverse(d.finding.confidence >= Confidence::Medium), d.depth);
    let mut nearest: FxHashMap<Spot, (Reverse<bool>, usize)> = FxHashMap::default();
    for d in decided.iter().filter(|d| d.check.is_none()) {
        let slot = nearest.entry(spot(d.inner)).or_insert_with(|| key(d));
        *slot = (*slot).min(key(d));
    }
    // A check in one call of a helper and the act in another are the pair that stands in the helper itself.
    let pair = |d: &Decided| Some((spot(d.inner), spot(d.inner_check?), d.finding.rule.id));
    let mut pairs: FxHashMap<_, (Reverse<bool>, usize)> = FxHashMap::default();
    for (pair, d) in decided.iter().filter_map(|d| Some((pair(d)?, d))) {
        let slot = pairs.entry(pair).or_insert_with(|| key(d));
        *slot = (*slot).min(key(d));
    }
    decided.retain(|d| match pair(d) {
        None => nearest.get(&spot(d.inner)) == Some(&key(d)),
        // Only where it is one function's own does the pair need no call to be one.
        Some(pair) => pairs.get(&pair).is_none_or(|first| first.1 > 0 || *first == key(d)),
    });
}

impl Decided {
    /// The two steps, their helpers and the rule, where one function that this one calls loads what is there and another saves it. Who takes
    /// a lock is another matter: each caller of the helper that takes it has a way of its own to be wrong.
    fn between_helpers(&self) -> Option<Pair> {
        let saves = [read_modify_write::RULE.id, exists_then_create::RULE.id].contains(&self.finding.rule.id);
        let helpers = self.helpers.clone().filter(|_| saves)?;
        Some((spot(self.inner), spot(self.inner_check?), helpers, self.finding.rule.id))
    }
}

fn absorb(first: &mut Finding, next: Decided) {
    let known = |first: &Finding, location: Location| {
        first.act == location || first.related.iter().any(|r| r.location == location)
    };
    if next.finding.act != first.act && !known(first, next.finding.act) && first.related.len() < RELATED {
        let leads = next.check.is_none() || next.check.is_some_and(|check| !known(first, check));
        let message = if leads { "leads to it from here too" } else { "acts on the same check here" };
        first.related.push(Related { location: next.finding.act, message: message.to_owned() });
    }
    // What two calls down is another act is told by whom it meets.
    let same = next.finding.act == first.act;
    for related in next.finding.related {
        if (same || related.message.starts_with("checked"))
            && !known(first, related.location)
            && first.related.len() < RELATED
        {
            first.related.push(related);
        }
    }
}
