//! Conditions put together, with what is known folded away.

use crate::flow::{Condition, Kinds, ResultId};

/// Adds results to a list, each once.
pub fn add_data(list: &mut Vec<ResultId>, more: &[ResultId]) {
    for r in more {
        if !list.contains(r) {
            list.push(*r);
        }
    }
}

/// `condition` decides between two conditions.
pub fn choose(condition: &Condition, then: Condition, otherwise: Condition) -> Condition {
    match (&then, &otherwise) {
        (a, b) if a == b => then,
        (Condition::Constant(true), Condition::Constant(false)) => condition.clone(),
        (Condition::Constant(false), Condition::Constant(true)) => condition.clone().negated(),
        (Condition::Constant(true), _) => any(vec![condition.clone(), otherwise]),
        (_, Condition::Constant(false)) => all(vec![condition.clone(), then]),
        (Condition::Constant(false), _) => all(vec![condition.clone().negated(), otherwise]),
        (_, Condition::Constant(true)) => any(vec![condition.clone().negated(), then]),
        _ => any(vec![all(vec![condition.clone(), then]), all(vec![condition.clone().negated(), otherwise])]),
    }
}

/// All of these hold, with constants folded.
pub fn all(conditions: Vec<Condition>) -> Condition {
    let mut kept = Vec::new();
    for c in conditions {
        match c {
            Condition::Constant(true) => {}
            Condition::Constant(false) => return Condition::Constant(false),
            Condition::All(inner) => kept.extend(inner),
            c => kept.push(c),
        }
    }
    match kept.len() {
        0 => Condition::Constant(true),
        1 => kept.swap_remove(0),
        _ => Condition::All(kept),
    }
}

/// One of these holds, with constants folded.
pub fn any(conditions: Vec<Condition>) -> Condition {
    let mut kept: Vec<Condition> = Vec::new();
    for c in conditions {
        match c {
            Condition::Constant(false) => {}
            Condition::Constant(true) => return Condition::Constant(true),
            Condition::Any(inner) => kept.extend(inner),
            Condition::Failed(r, kinds) => {
                // `Failed(r, a) or Failed(r, b)` is one test of one result.
                let merged = kept.iter_mut().find_map(|k| match k {
                    Condition::Failed(other, set) if *other == r => Some(set),
                    _ => None,
                });
                match merged {
                    Some(set) => *set = set.union(kinds),
                    None => kept.push(Condition::Failed(r, kinds)),
                }
            }
            c => kept.push(c),
        }
    }
    match kept.len() {
        0 => Condition::Constant(false),
        1 => kept.swap_remove(0),
        _ => Condition::Any(kept),
    }
}

/// The condition that a result failed, in whatever way.
pub fn failed(r: ResultId) -> Condition {
    Condition::Failed(r, Kinds::ANY)
}
