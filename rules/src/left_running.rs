//! Work that a method leaves running when it returns, and that goes by a field of what the method is of: whoever changes the field's place in
//! another method does so beside it.
//!
//! Two methods of one value are nobody's to order but their caller's. So that is no race where the later one looks after the work: where
//! it waits for something, calls what by its name ends something, or holds a lock, under which the two may tell each other what
//! they have done. The same holds of whoever calls it.

use crate::finding::Related;
use crate::names;
use crate::narrow::narrow;
use crate::pairs::{Candidate, Point};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Explorer, Race, Scenario};
use fsrace_analyzer::flow::{Block, Effect, Operation, Place, PlaceKind, Site, Step};
use fsrace_analyzer::link::{FunctionId, Program};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How many uses of one field, and of one function, are kept.
const USES: usize = 16;
/// How many uses are explored for one removal.
const TRIED: usize = 4;
/// How many callers are asked whether they look after the work, and how many levels up.
const CALLERS: usize = 8;
const LEVELS: usize = 2;
/// Blocks nested deeper than this are left out.
const DEPTH: usize = 120;

/// A field of a type: the type's name, and the field's.
type Field = (Arc<str>, Arc<str>);

/// A use of a place by work that was left running.
#[derive(Clone, Debug)]
pub struct Work {
    /// The function that started it.
    pub function: FunctionId,
    /// The use itself.
    pub site: Site,
    field: Field,
}

/// All such work of a program, by field.
#[derive(Debug, Default)]
pub struct LeftRunning {
    works: FxHashMap<Field, Vec<Work>>,
}

impl LeftRunning {
    /// What one function leaves running.
    pub fn in_function(function: FunctionId, trace: &Trace<'_>) -> Vec<Work> {
        let mut works = Vec::new();
        for event in &trace.events {
            let left = event.work.is_some_and(|work| !trace.is_ended(work));
            if !left || works.len() >= USES || !uses(event.effect) {
                continue;
            }
            if let Some(field) = field_above(&event.effect.place) {
                works.push(Work { function, site: event.effect.site, field });
            }
        }
        works
    }

    /// Indexes what the functions leave running.
    pub fn index(all: impl Iterator<Item = Work>) -> Self {
        let mut left = LeftRunning::default();
        for work in all {
            let works = left.works.entry(work.field.clone()).or_default();
            if works.len() < USES {
                works.push(work);
            }
        }
        left
    }

    /// The worst that the candidate's act can do to work that another method left running, with where that is.
    pub fn race(
        &self,
        program: &Program,
        function: FunctionId,
        candidate: &Candidate,
        consequences: &[Consequence],
        explorer: &Explorer,
    ) -> Option<(Race, Vec<Related>)> {
        let field = field_of(&candidate.place)?;
        let works = self.works.get(&field)?;
        let act = candidate.act.effect.site;
        let others: Vec<&Work> = works.iter().filter(|work| work.function != function).collect();
        if others.is_empty() || looked_after(program, function, act, LEVELS) {
            return None;
        }
        let mut worst: Option<(Race, &Work)> = None;
        for work in others.into_iter().take(TRIED) {
            let Some(race) = beside(program, work, function, candidate, &field.0, explorer) else { continue };
            let is_told = consequences.contains(&race.consequence) && race.reached;
            if is_told && worst.as_ref().is_none_or(|(known, _)| known.consequence < race.consequence) {
                worst = Some((race, work));
            }
        }
        let (race, work) = worst?;
        let starter = program.function(work.function).map_or("another method", |s| names::last(&s.name));
        let related = program.location(work.site).map(|location| Related {
            location,
            message: format!("work that `{starter}` leaves running still uses it here"),
        });
        Some((race, related.into_iter().collect()))
    }
}

/// The act beside that work, of one value: first what starts it, then what acts.
fn beside(
    program: &Program,
    work: &Work,
    function: FunctionId,
    candidate: &Candidate,
    owner: &str,
    explorer: &Explorer,
) -> Option<Race> {
    let body = program.one_after_the_other(work.function, function, owner)?;
    let used = find(&body, work.site)?.clone();
    let removed = find(&body, candidate.act.effect.site)?.clone();
    if !used.place.starts_with(&removed.place) {
        return None;
    }
    let point = |effect: Effect| Point { effect, through: None, via: Vec::new(), depth: 1 };
    let place = removed.place.clone();
    let seen = Candidate { place, check: Some(point(used)), act: point(removed), ..candidate.clone() };
    let body = narrow(&body, &seen);
    let scenario = Scenario {
        body: &body,
        place: &seen.place,
        check: Some(work.site),
        act: candidate.act.effect.site,
        actor: Actor::Task,
        by_gap: false,
    };
    explorer.explore(&scenario, |_| true).races.into_iter().next()
}

fn find(body: &Block, site: Site) -> Option<&Effect> {
    crate::narrow::effects(body).into_iter().find(|effect| effect.site == site)
}

/// Whether the function, before its act, or whoever calls it, does something that may be about the work; or the act is done by work too.
fn looked_after(program: &Program, function: FunctionId, act: Site, levels: usize) -> bool {
    match before(&program.body(function), act, false, 0) {
        Some(Before::Nothing) => {}
        _ => return true,
    }
    // What only waits is not put into bodies.
    if waits_within(program, function, LEVELS) {
        return true;
    }
    let callers = program.callers(function);
    callers.len() > CALLERS
        || (levels > 0 && callers.iter().any(|caller| looked_after(program, *caller, act, levels - 1)))
}

/// Whether a function that is called here waits for something or ends it.
fn waits_within(program: &Program, function: FunctionId, levels: usize) -> bool {
    levels > 0
        && program.callees(function).iter().any(|callee| {
            program.function(*callee).is_some_and(|called| {
                names::ends_work(names::last(&called.name)) || waits(&called.body, false, 0)
            }) || waits_within(program, *callee, levels - 1)
        })
}

/// What happens before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Nothing that could be about work beside.
    Nothing,
    /// Something is waited for, ended, or locked; or the step is work beside itself.
    Something,
}

/// What happens in a block before the step at the site; none where it has no such step.
fn before(block: &Block, act: Site, in_work: bool, depth: usize) -> Option<Before> {
    if depth > DEPTH {
        return None;
    }
    let mut looks_after = in_work;
    for step in &block.steps {
        let inner = match step {
            Step::Effect(effect) if effect.site == act => {
                return Some(if looks_after { Before::Something } else { Before::Nothing });
            }
            Step::Effect(effect) => {
                looks_after |= matches!(
                    effect.operation,
                    Operation::Wait | Operation::Receive { .. } | Operation::Lock { .. }
                );
                None
            }
            Step::Join(_) => {
                looks_after = true;
                None
            }
            Step::Call(call) => {
                looks_after |= names::ends_work(names::last(call.callee.name()));
                None
            }
            Step::Branch(b) => {
                let sides = [&b.then, &b.otherwise].map(|side| before(side, act, looks_after, depth + 1));
                looks_after |= [&b.then, &b.otherwise].iter().any(|side| waits(side, true, depth + 1));
                sides.into_iter().flatten().next()
            }
            Step::Loop(body) => {
                let found = before(body, act, looks_after, depth + 1);
                looks_after |= waits(body, true, depth + 1);
                found
            }
            Step::Frame(frame) => {
                let found = before(&frame.body, act, looks_after, depth + 1);
                looks_after |=
                    waits(&frame.body, true, depth + 1) || names::ends_work(names::last(&frame.name));
                found
            }
            Step::Spawn(spawn) => before(&spawn.body, act, true, depth + 1),
            Step::Release(..) | Step::Exit(_) => None,
        };
        if inner.is_some() {
            return inner;
        }
    }
    None
}

/// Whether something in the block waits or ends something, or takes a lock.
fn waits(block: &Block, or_locks: bool, depth: usize) -> bool {
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Effect(effect) => match effect.operation {
                Operation::Wait | Operation::Receive { .. } => true,
                Operation::Lock { .. } => or_locks,
                _ => false,
            },
            Step::Join(_) => true,
            Step::Call(call) => names::ends_work(names::last(call.callee.name())),
            Step::Branch(b) => {
                waits(&b.then, or_locks, depth + 1) || waits(&b.otherwise, or_locks, depth + 1)
            }
            Step::Loop(body) => waits(body, or_locks, depth + 1),
            Step::Frame(frame) => waits(&frame.body, or_locks, depth + 1),
            Step::Spawn(_) | Step::Release(..) | Step::Exit(_) => false,
        })
}

/// Whether the effect needs its place to be there.
fn uses(effect: &Effect) -> bool {
    !matches!(
        effect.operation,
        Operation::Run | Operation::Sync | Operation::Lock { .. } | Operation::Remove(_)
    )
}

/// The field of a parameter that the place is.
pub fn field_of(place: &Place) -> Option<Field> {
    match place.kind() {
        PlaceKind::Field { base, owner: Some(owner), name }
            if matches!(base.kind(), PlaceKind::Parameter { .. }) =>
        {
            Some((Arc::clone(owner), Arc::clone(name)))
        }
        _ => None,
    }
}

/// The field of a parameter that the place is, or lies below.
fn field_above(place: &Place) -> Option<Field> {
    match place.kind() {
        PlaceKind::Join(base, _) => field_above(base),
        _ => field_of(place),
    }
}
