//! Conditions put together, with what is known folded away.

use crate::flow::{Condition, Kinds, REST, ResultId, Value};

/// Adds results to a list, each once.
pub fn add_data(list: &mut Vec<ResultId>, more: &[ResultId]) {
    for r in more {
        if !list.contains(r) {
            list.push(*r);
        }
    }
}

/// A structure of these fields into which something was put that is made of `data`, no matter where, but for what the fields are
/// `known` to be made of.
pub fn with_rest(
    mut fields: Vec<(String, Value)>,
    data: &[ResultId],
    known: impl Iterator<Item = ResultId>,
) -> Value {
    let known: Vec<ResultId> = if data.is_empty() { Vec::new() } else { known.collect() };
    let data: Vec<ResultId> = data.iter().filter(|result| !known.contains(result)).copied().collect();
    if data.is_empty() {
        return if fields.is_empty() { Value::Opaque } else { Value::Structure(fields) };
    }
    if fields.is_empty() {
        return Value::Derived(data);
    }
    match fields.iter_mut().find(|(name, _)| name == REST).map(|(_, rest)| rest) {
        Some(rest) => {
            if let Value::Place(place) = rest {
                *rest = Value::Variable(place.clone(), data);
            }
        }
        None => fields.push((REST.to_owned(), Value::Derived(data))),
    }
    Value::Structure(fields)
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
            Condition::All(inner) => inner.into_iter().for_each(|c| add(&mut kept, c)),
            c => add(&mut kept, c),
        }
    }
    if is_contradictory(&kept) {
        return Condition::Constant(false);
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
            Condition::Any(inner) => inner.into_iter().for_each(|c| add(&mut kept, c)),
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
            c => add(&mut kept, c),
        }
    }
    if is_contradictory(&kept) {
        return Condition::Constant(true);
    }
    match kept.len() {
        0 => Condition::Constant(false),
        1 => kept.swap_remove(0),
        _ => Condition::Any(kept),
    }
}

/// What a comparison of a number of items with a number asks: that there is any, or that there is none.
pub fn asks_for_any(operator: &str, number: i64) -> Option<bool> {
    match (operator, number) {
        (">" | "!=", 0) | (">=", 1) => Some(true),
        ("==" | "<=", 0) | ("<", 1) => Some(false),
        _ => None,
    }
}

/// The condition that a result failed, in whatever way.
pub fn failed(r: ResultId) -> Condition {
    Condition::Failed(r, Kinds::ANY)
}

/// Adds a condition that is not there yet.
fn add(kept: &mut Vec<Condition>, condition: Condition) {
    if !kept.contains(&condition) {
        kept.push(condition);
    }
}

/// Whether one of these is another's opposite.
fn is_contradictory(kept: &[Condition]) -> bool {
    kept.iter().any(|c| matches!(c, Condition::Not(inner) if kept.contains(inner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_way_or_the_other_is_known() {
        let set = Condition::True(ResultId(1));
        let found = Condition::True(ResultId(2));
        // `if set { if !found { found = true } }`
        let inner = choose(&found.clone().negated(), Condition::Constant(true), found.clone());
        assert_eq!(inner, Condition::Constant(true));
        assert_eq!(choose(&set, inner, found.clone()), Condition::Any(vec![set.clone(), found.clone()]));
        assert_eq!(all(vec![set.clone(), found.clone(), set.clone()]), Condition::All(vec![set, found]));
    }

    #[test]
    fn what_asks_too_much_is_told() {
        let parts = |n: u32| any((0..n).map(|r| Condition::True(ResultId(r))).collect());
        assert!(!parts(48).is_too_large());
        assert!(parts(49).is_too_large());
    }
}
