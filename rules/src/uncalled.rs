//! What nothing calls: findings in it are shown to nobody by default, and it is no other side of anything.
//!
//! Who is called by what name can only be told of the whole project, texts that are not parsed included, and that is asked of few functions:
//! of those that findings are about. So all is decided as if everything were called, and then once more where that was wrong.

use crate::decide::{Decided, Looked, View};
use crate::evidence::Evidence;
use crate::finding::Confidence;
use fsrace_analyzer::link::FunctionId;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// How often another side is looked for where the one before is called by nothing.
const ROUNDS: usize = 4;

/// Takes from the findings what nothing calls, of those that would be shown.
pub fn leave_out(
    views: &[View<'_>],
    looked: &mut [Looked],
    evidence: &mut Evidence,
    decide: &(dyn Fn(&View<'_>, &Evidence) -> Looked + Sync),
    uncalled: &dyn Fn(&[FunctionId]) -> FxHashSet<FunctionId>,
) {
    let mut asked: FxHashSet<FunctionId> = FxHashSet::default();
    for _ in 0..ROUNDS {
        let shown = looked.iter().flat_map(|looked| &looked.decided).filter(|d| is_shown(d));
        let involved = shown.flat_map(|d| d.by.into_iter().chain(d.other));
        let new: BTreeSet<FunctionId> = involved.filter(|function| !asked.contains(function)).collect();
        if new.is_empty() {
            break;
        }
        asked.extend(&new);
        let found = uncalled(&new.into_iter().collect::<Vec<_>>());
        if found.is_empty() {
            break;
        }
        evidence.note_uncalled(&found);
        let evidence = &*evidence;
        let is_moot = |d: &Decided| is_shown(d) && d.other.is_some_and(|other| found.contains(&other));
        let moot = |(_, looked): &(&View<'_>, &mut Looked)| looked.decided.iter().any(is_moot);
        views.par_iter().zip(&mut *looked).filter(moot).for_each(|(view, looked)| {
            *looked = decide(view, evidence);
        });
    }
    for one in looked.iter_mut().flat_map(|looked| &mut looked.decided) {
        if is_shown(one) && one.by.iter().any(|function| evidence.is_uncalled(*function)) {
            one.finding.confidence = Confidence::Low;
            one.finding.reasons.push("nothing in the project calls it".to_owned());
        }
    }
}

fn is_shown(decided: &Decided) -> bool {
    decided.finding.confidence >= Confidence::Medium && !decided.finding.in_test
}
