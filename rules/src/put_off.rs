//! What was not explored because it can be of low confidence only, and is told all the same: where what is shown stands for it too, and
//! names its steps.

use crate::decide::{Decided, Looked, PutOff, View};
use crate::finding::Confidence;
use crate::merge::{Spot, spot};
use fsrace_analyzer::link::Location;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// Explores what was put off and shares a step with what is shown, or with another that does, and adds what it finds. Gives how many are
/// left unexplored.
pub fn catch_up(
    views: &[View<'_>],
    looked: Vec<Looked>,
    decide: &(dyn Fn(&View<'_>, &PutOff) -> Vec<Decided> + Sync),
) -> (Vec<Decided>, usize) {
    let mut decided: Vec<Decided> = Vec::new();
    let mut left: Vec<(&View<'_>, PutOff)> = Vec::new();
    for (view, looked) in views.iter().zip(looked) {
        decided.extend(looked.decided);
        left.extend(looked.put_off.into_iter().map(|put_off| (view, put_off)));
    }
    let shown = decided.iter().filter(|d| d.finding.confidence >= Confidence::Medium);
    let mut told: FxHashSet<Spot> =
        shown.flat_map(|d| steps([Some(d.finding.act), d.check, Some(d.inner)])).collect();
    loop {
        let (beside, apart): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, put_off)| steps(put_off.steps).any(|step| told.contains(&step)));
        left = apart;
        if beside.is_empty() {
            return (decided, left.len());
        }
        told.extend(beside.iter().flat_map(|(_, put_off)| steps(put_off.steps)));
        let found: Vec<Decided> =
            beside.par_iter().flat_map_iter(|(view, put_off)| decide(view, put_off)).collect();
        decided.extend(found);
    }
}

fn steps(steps: [Option<Location>; 3]) -> impl Iterator<Item = Spot> {
    steps.into_iter().flatten().map(spot)
}
