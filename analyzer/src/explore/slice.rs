//! Which effects of a body bear on a place.

use super::filesystem::Name;
use super::paths::{Paths, related};
use super::{Actor, Lane, Scenario};
use crate::flow::{
    Block, Check, Condition, Domain, Effect, Exit, LockScope, Operation, Place, PlaceKind, ResultId, Root,
    Site, Step, Value,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Bodies nested deeper than this are cut off there.
pub const MAX_DEPTH: usize = 150;

struct Found<'a> {
    effect: &'a Effect,
    path: Vec<Name>,
    other: Option<Vec<Name>>,
    kept: bool,
}

/// Where the effects of a body stand.
pub fn sites(body: &Block) -> Vec<Site> {
    let mut walk = Walk { effects: Vec::new(), forwards: Vec::new() };
    walk.block(body, None, 0);
    walk.effects.iter().map(|e| e.site).collect()
}

/// What kind of state a question is about: the act's. Of a directory that is gone to after an earlier step on it, it is where the path
/// leads by then.
pub fn domain_of(scenario: &Scenario<'_>) -> Domain {
    let mut walk = Walk { effects: Vec::new(), forwards: Vec::new() };
    walk.block(scenario.body, None, 0);
    let act = walk.effects.iter().find(|e| e.site == scenario.act).map(|e| e.operation.domain());
    match act.unwrap_or_default() {
        Domain::WorkingDirectory if scenario.check.is_some() && !is_working(scenario.place) => Domain::Files,
        domain => domain,
    }
}

fn is_working(place: &Place) -> bool {
    matches!(place.kind(), PlaceKind::Root(Root::Working))
}

/// What the effect at this site does.
pub fn operation_at(body: &Block, site: Site) -> Option<Operation> {
    let mut walk = Walk { effects: Vec::new(), forwards: Vec::new() };
    walk.block(body, None, 0);
    walk.effects.iter().find(|e| e.site == site).map(|e| e.operation)
}

/// The paths that an effect is about: of its place, and of its other place. Who changes the working directory changes that, and
/// looks at the directory.
pub fn places_of(effect: &Effect, paths: &mut Paths, lane: Lane) -> (Vec<Name>, Option<Vec<Name>>) {
    let domain = effect.operation.domain();
    let path = paths.of(domain, &effect.place, lane);
    let other = match domain {
        Domain::WorkingDirectory => Some(&effect.place),
        _ => effect.other_place.as_ref(),
    };
    (path, other.map(|place| paths.path(place, lane)))
}

/// The effects, by result, whose place is the target, lies above or below it, or is the other side of a rename, copy or
/// link of such a place; all locks; and the opens whose handles these use.
pub fn slice(scenario: &Scenario<'_>, domain: Domain, paths: &mut Paths) -> FxHashSet<ResultId> {
    let mut walk = Walk { effects: Vec::new(), forwards: Vec::new() };
    walk.block(scenario.body, None, 0);
    let wanted = Wanted { domain, actor: scenario.actor, steps: [Some(scenario.act), scenario.check] };
    let mut found: Vec<Found<'_>> = walk
        .effects
        .into_iter()
        .map(|effect| {
            let (path, other) = places_of(effect, paths, Lane::A);
            Found { effect, path, other, kept: false }
        })
        .collect();
    let mut places = vec![paths.of(domain, scenario.place, Lane::A)];
    let mut handles: FxHashSet<ResultId> = FxHashSet::default();
    let forwards: FxHashMap<ResultId, Vec<ResultId>> =
        walk.forwards.into_iter().fold(FxHashMap::default(), |mut map, (from, to)| {
            map.entry(from).or_insert_with(Vec::new).push(to);
            map
        });
    loop {
        let mut changed = false;
        for one in &mut found {
            if one.kept || !wanted.keeps(one, &places, &handles) {
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
            // Who removes or replaces a lock's file makes it two locks.
            if matches!(one.effect.operation, Operation::Lock { scope, .. } if scope != LockScope::Thread)
                && !places.contains(&one.path)
            {
                places.push(one.path.clone());
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

/// What the question is about.
struct Wanted {
    domain: Domain,
    actor: Actor,
    /// The question's own steps.
    steps: [Option<Site>; 2],
}

impl Wanted {
    fn keeps(&self, one: &Found<'_>, places: &[Vec<Name>], handles: &FxHashSet<ResultId>) -> bool {
        let touches = || {
            handles.contains(&one.effect.result)
                || places.iter().any(|place| {
                    related(place, &one.path) || one.other.as_ref().is_some_and(|o| related(place, o))
                })
        };
        match one.effect.operation {
            Operation::Run | Operation::Sync => false,
            operation if operation.domain() == Domain::Channels => false,
            Operation::Lock { .. } => true,
            // What another user may look into depends on it.
            Operation::SetUmask(_) => self.domain == Domain::Mask || self.actor == Actor::Stranger,
            // Where another thread can come between, relative paths depend on it.
            Operation::SetCwd => {
                self.domain == Domain::WorkingDirectory
                    || (self.domain == Domain::Files
                        && (self.steps.contains(&Some(one.effect.site))
                            || matches!(self.actor, Actor::ItselfThread | Actor::Task)))
            }
            Operation::Key(_) => self.domain == Domain::KeyValue && touches(),
            // Who comes second may be told by another variable, as one that says what is being made.
            Operation::Memory(_) | Operation::Suspend => self.domain == Domain::Memory,
            _ if matches!(self.domain, Domain::KeyValue | Domain::Memory) => false,
            Operation::EnvGet | Operation::EnvSet => self.domain == Domain::Environment && touches(),
            _ if self.domain == Domain::WorkingDirectory => {
                one.path.first() == Some(&Name::WORKING)
                    || one.other.as_ref().is_some_and(|o| o.first() == Some(&Name::WORKING))
                    || handles.contains(&one.effect.result)
            }
            // Of what else lies in a directory, it does not matter that it was listed.
            Operation::Check(Check::Listed) => places.first() == Some(&one.path),
            _ => touches(),
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
        | Value::Variable(..)
        | Value::Place(_)
        | Value::Condition(_)
        | Value::Flags(_)
        | Value::Code { .. }
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
