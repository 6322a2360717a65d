//! Which results a body asks for.

use super::graph::each_step;
use crate::flow::{Block, Condition, Effect, Exit, Place, PlaceKind, ResultId, Step, Value};

/// The results that steps, conditions, places or returned values of a body refer to, other than as the origin of data; in order, each once.
pub(super) fn used(body: &Block) -> Vec<ResultId> {
    let mut found = Vec::new();
    each_step(body, &mut |step| step_uses(step, &mut found));
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether nothing is done with the result but to let go of it.
pub(super) fn is_thrown_away(body: &Block, result: ResultId) -> bool {
    let mut found = Vec::new();
    each_step(body, &mut |step| {
        if !matches!(step, Step::Release(..)) {
            step_uses(step, &mut found);
        }
    });
    !found.contains(&result)
}

fn step_uses(step: &Step, found: &mut Vec<ResultId>) {
    match step {
        Step::Effect(e) => effect_uses(e, found),
        Step::Branch(b) => condition_uses(&b.condition, found),
        Step::Call(c) => {
            c.arguments.iter().for_each(|a| value_uses(a, found));
            c.presumed.iter().for_each(|e| effect_uses(e, found));
        }
        Step::Exit(Exit::Return(value)) => value_uses(value, found),
        Step::Join(r) | Step::Release(r, _) => {
            found.push(*r);
        }
        Step::Exit(_) | Step::Loop(_) | Step::Spawn(_) | Step::Frame(_) => {}
    }
}

fn effect_uses(effect: &Effect, found: &mut Vec<ResultId>) {
    found.extend(effect.handle);
    place_uses(&effect.place, found);
    if let Some(other) = &effect.other_place {
        place_uses(other, found);
    }
    value_uses(&effect.content, found);
}

fn place_uses(place: &Place, found: &mut Vec<ResultId>) {
    place.any(&mut |kind| {
        if let PlaceKind::Result(r) = kind {
            found.push(*r);
        }
        false
    });
}

fn condition_uses(condition: &Condition, found: &mut Vec<ResultId>) {
    match condition {
        Condition::True(r) | Condition::Ok(r) | Condition::Failed(r, _) => {
            found.push(*r);
        }
        Condition::Not(c) => condition_uses(c, found),
        Condition::All(cs) | Condition::Any(cs) => cs.iter().for_each(|c| condition_uses(c, found)),
        Condition::Constant(_) | Condition::Opaque { .. } | Condition::Kind { .. } => {}
    }
}

pub(super) fn value_uses(value: &Value, found: &mut Vec<ResultId>) {
    match value {
        Value::Place(p) => place_uses(p, found),
        Value::Result(r) | Value::Failure(Some(r)) => {
            found.push(*r);
        }
        Value::Condition(c) => condition_uses(c, found),
        Value::Success(v) => value_uses(v, found),
        Value::Structure(fields) => fields.iter().for_each(|(_, v)| value_uses(v, found)),
        Value::Variable(p, _) => place_uses(p, found),
        Value::Opaque | Value::Derived(_) | Value::Flags(_) | Value::Code { .. } | Value::Failure(None) => {}
    }
}
