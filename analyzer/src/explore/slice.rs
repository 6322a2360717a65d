//! Which effects of a body bear on a place.

use super::Lane;
use super::filesystem::Name;
use super::paths::{Paths, related};
use crate::flow::{Block, Condition, Effect, Exit, Operation, Place, ResultId, Step, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Bodies nested deeper than this are cut off there.
pub const MAX_DEPTH: usize = 150;

struct Found<'a> {
    effect: &'a Effect,
    path: Vec<Name>,
    other: Option<Vec<Name>>,
    kept: bool,
}

/// The effects, by result, whose place is the target, lies above or below it, or is the other side of a rename, copy or
/// link of such a place; all locks; and the opens whose handles these use.
pub fn slice(body: &Block, target: &Place, paths: &mut Paths) -> FxHashSet<ResultId> {
    let mut walk = Walk { effects: Vec::new(), forwards: Vec::new() };
    walk.block(body, None, 0);
    let mut found: Vec<Found<'_>> = walk
        .effects
        .into_iter()
        .map(|effect| Found {
            effect,
            path: paths.path(&effect.place, Lane::A),
            other: effect.other_place.as_ref().map(|p| paths.path(p, Lane::A)),
            kept: false,
        })
        .collect();
    let mut places = vec![paths.path(target, Lane::A)];
    let mut handles: FxHashSet<ResultId> = FxHashSet::default();
    let forwards: FxHashMap<ResultId, Vec<ResultId>> =
        walk.forwards.into_iter().fold(FxHashMap::default(), |mut map, (from, to)| {
            map.entry(from).or_insert_with(Vec::new).push(to);
            map
        });
    loop {
        let mut changed = false;
        for one in &mut found {
            if one.kept || !keeps(one, &places, &handles) {
                continue;
            }
            one.kept = true;
            changed = true;
            if let Some(other) = &one.other {
                for side in [&one.path, other] {
                    if !places.contains(side) {
                        places.push(side.clone());
                    }
                }
            }
            if let Some(handle) = one.effect.handle {
                want(handle, &forwards, &mut handles);
            }
        }
        if !changed {
            return found.iter().filter(|f| f.kept).map(|f| f.effect.result).collect();
        }
    }
}

fn want(handle: ResultId, forwards: &FxHashMap<ResultId, Vec<ResultId>>, handles: &mut FxHashSet<ResultId>) {
    let mut pending = vec![handle];
    while let Some(result) = pending.pop() {
        if handles.insert(result) {
            pending.extend(forwards.get(&result).into_iter().flatten().copied());
        }
    }
}

fn keeps(one: &Found<'_>, places: &[Vec<Name>], handles: &FxHashSet<ResultId>) -> bool {
    match one.effect.operation {
        Operation::EnvGet
        | Operation::EnvSet
        | Operation::SetCwd
        | Operation::SetUmask
        | Operation::Run
        | Operation::Sync => false,
        Operation::Lock { .. } => true,
        _ => {
            handles.contains(&one.effect.result)
                || places.iter().any(|place| {
                    related(place, &one.path) || one.other.as_ref().is_some_and(|o| related(place, o))
                })
        }
    }
}

struct Walk<'a> {
    effects: Vec<&'a Effect>,
    /// A frame's result, and a result that it forwards.
    forwards: Vec<(ResultId, ResultId)>,
}

impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block, frame: Option<ResultId>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for step in &block.steps {
            match step {
                Step::Effect(effect) => self.effects.push(effect),
                Step::Branch(branch) => {
                    self.block(&branch.then, frame, depth + 1);
                    self.block(&branch.otherwise, frame, depth + 1);
                }
                Step::Loop(body) => self.block(body, frame, depth + 1),
                Step::Spawn(spawn) => self.block(&spawn.body, Some(spawn.result), depth + 1),
                Step::Frame(inner) => self.block(&inner.body, Some(inner.result), depth + 1),
                Step::Exit(Exit::Return(value)) => {
                    if let Some(frame) = frame {
                        value_results(value, &mut |r| self.forwards.push((frame, r)), 0);
                    }
                }
                Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
            }
        }
    }
}

/// Calls `visit` on the results that a value carries.
pub fn value_results(value: &Value, visit: &mut impl FnMut(ResultId), depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Result(r) => visit(*r),
        Value::Success(inner) => value_results(inner, visit, depth + 1),
        Value::Structure(fields) => {
            for (_, inner) in fields {
                value_results(inner, visit, depth + 1);
            }
        }
        Value::Opaque
        | Value::Derived(_)
        | Value::Place(_)
        | Value::Condition(_)
        | Value::Flags(_)
        | Value::Failure(_) => {}
    }
}

/// How deep a condition is nested, counted up to [`MAX_DEPTH`].
pub fn too_deep(condition: &Condition) -> bool {
    let mut pending = vec![(condition, 0)];
    while let Some((condition, depth)) = pending.pop() {
        if depth > MAX_DEPTH {
            return true;
        }
        match condition {
            Condition::Not(inner) => pending.push((inner, depth + 1)),
            Condition::All(inner) | Condition::Any(inner) => {
                pending.extend(inner.iter().map(|c| (c, depth + 1)));
            }
            _ => {}
        }
    }
    false
}
