//! What the known callers of a function say about its candidates: what the place is in their terms, and whether they keep others out.

use super::{CALLERS, is_passed_in, scenario};
use crate::held::Held;
use crate::made_once;
use crate::names;
use crate::narrow::{effects, narrow};
use crate::pairs::{Candidate, is_private, is_process_lock};
use crate::tolerance::copes_with_failure;
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Explorer};
use fsrace_analyzer::flow::{
    Block, Domain, Effect, FlowSummary, Operation, Place, PlaceKind, Site, Step, Value,
};
use fsrace_analyzer::link::{FunctionId, Program, each_step};
use rustc_hash::FxHashMap;
use std::cell::LazyCell;
use std::sync::{Arc, Mutex, PoisonError};

/// How many callers are asked whether they make the candidate safe: it takes one that does not to answer.
const ASKED: usize = 16;

/// What is kept of the bodies of functions that were looked at.
#[derive(Debug, Default)]
pub struct Kept {
    /// The whole, for what is found in it.
    pub bodies: FxHashMap<FunctionId, Arc<Block>>,
    /// The effects, in order, where nothing was found: that is little, and most of what callees ask of their callers.
    pub effects: FxHashMap<FunctionId, Vec<Effect>>,
}

/// The bodies of other functions, as far as they were asked for: who calls one helper calls several.
pub type Asked = Mutex<FxHashMap<FunctionId, Arc<Block>>>;

/// Where the effects of a function are kept.
enum Effects<'p> {
    Alone(&'p [Effect]),
    Of(Arc<Block>),
}

impl Effects<'_> {
    /// All of them, in order.
    fn list(&self) -> Vec<&Effect> {
        match self {
            Effects::Alone(effects) => effects.iter().collect(),
            Effects::Of(body) => effects(body),
        }
    }
}

/// The callers of functions, whose bodies all candidates share.
#[derive(Clone, Copy)]
pub struct Callers<'p> {
    program: &'p Program,
    /// What decides their questions.
    pub explorer: &'p Explorer,
    /// Most callers have, by what they call, candidates of their own.
    kept: &'p Kept,
    asked: &'p Asked,
}

impl<'p> Callers<'p> {
    pub fn new(program: &'p Program, explorer: &'p Explorer, kept: &'p Kept, asked: &'p Asked) -> Self {
        Callers { program, explorer, kept, asked }
    }

    pub fn body(self, function: FunctionId) -> Arc<Block> {
        if let Some(body) = self.kept.bodies.get(&function) {
            return Arc::clone(body);
        }
        // Who panicked while holding the lock left the table whole.
        let asked = || self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = asked().get(&function).map(Arc::clone);
        known.unwrap_or_else(|| {
            let body = Arc::new(self.program.body(function));
            asked().insert(function, Arc::clone(&body));
            body
        })
    }

    /// What the function and what it calls do, in order.
    fn effects(self, function: FunctionId) -> Effects<'p> {
        match self.kept.effects.get(&function) {
            Some(effects) => Effects::Alone(effects),
            None => Effects::Of(self.body(function)),
        }
    }

    /// The candidate's place in the terms of the known callers, where it is passed in.
    pub fn places(self, function: FunctionId, candidate: &Candidate, levels: usize) -> Vec<Place> {
        if !is_passed_in(&candidate.place) || levels == 0 {
            return Vec::new();
        }
        let callers = self.program.callers(function);
        let mut found = Vec::new();
        for caller in callers.iter().take(CALLERS) {
            if self.program.function(*caller).is_some_and(|s| s.context.test) {
                continue;
            }
            let of = self.effects(*caller);
            let effects = of.list();
            found.extend(place_in(&effects, candidate).or_else(|| looked_at_in(&effects, candidate)));
            found.extend(self.places(*caller, candidate, levels - 1));
        }
        found
    }

    /// Whether the function is a method that only its type's own methods are known to call.
    pub fn are_of_its_type(self, function: FunctionId) -> bool {
        let owner = |function: FunctionId| {
            let summary = self.program.function(function)?;
            summary.name.rsplit_once("::").map(|(owner, _)| owner).filter(|_| summary.has_receiver)
        };
        let own = owner(function);
        own.is_some() && self.program.callers(function).iter().all(|caller| owner(*caller) == own)
    }

    /// Whether every known caller, of whom there is one, has the act write what is the same whoever writes it.
    pub fn give_constants(self, function: FunctionId, candidate: &Candidate) -> bool {
        let is_given =
            |write: &Effect| matches!(&write.content, Value::Place(content) if is_passed_in(content));
        if candidate.writes.is_empty() || !candidate.writes.iter().all(is_given) {
            return false;
        }
        // What one caller gives for the place may be another text than what the next gives.
        let callers = self.known(function);
        let mut known: Vec<(Place, Value)> = Vec::new();
        let mut is_same = |write: &Effect| {
            let other = |(place, content): &(Place, Value)| {
                let settled = matches!(content, Value::Place(content) if content.is_settled());
                *place == write.place && (settled || *content != write.content)
            };
            let differs = known.iter().any(other);
            known.push((write.place.clone(), write.content.clone()));
            !differs
        };
        !callers.is_empty()
            && callers.into_iter().all(|caller| {
                let of = self.effects(caller);
                let effects = of.list();
                candidate.writes.iter().all(|write| {
                    let mut writes = effects.iter().filter(|e| e.site == write.site).peekable();
                    writes.peek().is_some() && writes.all(|e| e.writes_constant() && is_same(e))
                })
            })
    }

    /// What the act copies in the terms of the known callers, where they hand that in.
    pub fn copied(self, function: FunctionId, candidate: &Candidate) -> Option<Vec<Place>> {
        if candidate.act.effect.operation != Operation::Copy || !candidate.copied.iter().any(is_passed_in) {
            return None;
        }
        let mut found = Vec::new();
        for caller in self.known(function) {
            let of = self.effects(caller);
            let before = found.len();
            let acts = of.list().into_iter().filter(|e| e.site == candidate.act.effect.site);
            found.extend(acts.map(|act| act.place.clone()));
            if found.len() == before {
                return None;
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Whether every known caller, of whom there is one, throws away what the function returns, failures and all.
    pub fn are_heedless(self, function: FunctionId) -> bool {
        let callers = self.known(function);
        !callers.is_empty()
            && callers.into_iter().all(|caller| {
                let Some(summary) = self.program.function(caller) else { return false };
                let mut heedless = true;
                each_step(&summary.body, &mut |step| {
                    if let Step::Call(call) = step
                        && self.program.callee(caller, call.result) == Some(function)
                    {
                        heedless &= self.program.throws_away(caller, call);
                    }
                });
                heedless
            })
    }

    /// Whether every known caller goes on where the step at this site fails, which is `depth` calls below the function: it tells of the failure
    /// perhaps, and neither fails nor hands it on. What a program's beginning copes with is the loss of the whole.
    pub fn cope_with_failure(self, function: FunctionId, site: Site, depth: usize) -> bool {
        let callers = self.known(function);
        let is_beginning = |caller| self.program.function(caller).is_none_or(|s| s.context.main);
        !callers.is_empty()
            && callers.into_iter().all(|caller| {
                !is_beginning(caller) && copes_with_failure(&self.body(caller), site, depth + 1)
            })
    }

    /// The known callers, tests aside; none if there are too many to ask.
    fn known(self, function: FunctionId) -> Vec<FunctionId> {
        let is_test = |caller: &FunctionId| self.program.function(*caller).is_some_and(|s| s.context.test);
        let callers = self.program.callers(function);
        let known = callers.iter().filter(|caller| !is_test(caller)).copied();
        known.take(if callers.len() > CALLERS { 0 } else { CALLERS }).collect()
    }

    /// Whether every known caller holds a mutex of the process at the candidate's act.
    pub fn are_serial(
        self,
        held: &Held,
        function: FunctionId,
        candidate: &Candidate,
        levels: usize,
        asked: &mut Vec<FunctionId>,
    ) -> bool {
        let program = self.program;
        let callers: Vec<FunctionId> =
            program.callers(function).iter().chain(program.askers(function)).copied().collect();
        if levels == 0 || callers.is_empty() || callers.len() > CALLERS {
            return false;
        }
        asked.push(function);
        let mut any = false;
        for caller in &callers {
            if asked.contains(caller) || program.function(*caller).is_some_and(|s| s.context.test) {
                continue;
            }
            let is_serial = || {
                let body = self.body(*caller);
                let trace = Trace::of(&body);
                let site = candidate.act.effect.site;
                let mut acts = trace.events.iter().filter(|event| event.effect.site == site).peekable();
                acts.peek().is_some() && acts.all(|event| event.serial)
            };
            // Before its maker has handed it out, nobody else has the value whose mutex the others hold.
            if makes_the_value(program, *caller, function, levels) {
                continue;
            }
            if !held.is_called_apart(program, *caller, function)
                && !is_serial()
                && !self.are_serial(held, *caller, candidate, levels - 1, asked)
            {
                return false;
            }
            any = true;
        }
        any
    }

    /// Whether the candidate is no race in any of the known callers: they hold a lock around the call, or pass a private place. Where the
    /// actor is `apart`, in a process of its own, one that only this process knows will do.
    pub fn are_safe(
        self,
        function: FunctionId,
        candidate: &Candidate,
        (actor, apart): (Actor, bool),
        levels: usize,
    ) -> bool {
        let program = self.program;
        let callers = program.callers(function);
        if levels == 0 || callers.is_empty() || callers.len() > ASKED {
            return false;
        }
        // All functions are looked at for that.
        let is_asked_for = LazyCell::new(|| program.is_asked_for(function));
        // One that is not safe settles it, and exploring is what costs: it comes last.
        let mut locked = Vec::new();
        for caller in callers {
            let of = self.effects(*caller);
            let effects = of.list();
            let Some(place) = place_in(&effects, candidate) else {
                if self.rules_out(&effects, function, candidate) && !*is_asked_for {
                    continue;
                }
                return false;
            };
            let is_own = || match apart {
                true => program.is_of_the_process(*caller, &place),
                false => program.is_private(*caller, &place),
            };
            let is_said = || {
                said_by_a_library(&self.body(*caller), &place)
                    .is_some_and(|of| program.is_private(*caller, &of))
            };
            if is_private(&place) || is_own() || is_said() {
                continue;
            }
            // Nothing but a lock makes the same steps safe.
            let in_memory = candidate.act.effect.operation.domain() == Domain::Memory;
            let keeps_out = |e: &&&Effect| {
                is_process_lock(e) || (in_memory && matches!(e.operation, Operation::Lock { .. }))
            };
            // What was read before was made before, and who may open it was settled then.
            let made =
                |e: &&&Effect| actor == Actor::Stranger && e.operation == Operation::Read && e.place == place;
            if effects.iter().any(|e| keeps_out(&e) || made(&e)) {
                locked.push((*caller, place));
            } else if !self.are_safe(*caller, candidate, (actor, apart), levels - 1) {
                return false;
            }
        }
        locked.into_iter().all(|(caller, place)| {
            let seen = Candidate { place, ..candidate.clone() };
            let body = self.body(caller);
            let narrowed = narrow(&body, &seen);
            let scenario = scenario(&narrowed, candidate, &seen.place, actor);
            self.explorer.is_benign(&scenario) || self.are_safe(caller, candidate, (actor, apart), levels - 1)
        })
    }

    /// Whether what a caller gives the function rules out that this acts: of its own steps others are among what the caller comes to.
    fn rules_out(self, effects: &[&Effect], function: FunctionId, candidate: &Candidate) -> bool {
        let is_own =
            |effect: &&&Effect| self.program.location(effect.site).is_some_and(|at| at.function == function);
        candidate.act.depth == 0 && effects.iter().any(|effect| is_own(&effect))
    }
}

/// Whether the caller makes the value whose method the function is, and calls that before it hands the value out; or is one of its
/// methods that only such a maker calls.
fn makes_the_value(program: &Program, caller: FunctionId, function: FunctionId, levels: usize) -> bool {
    let (Some(maker), Some(method)) = (program.function(caller), program.function(function)) else {
        return false;
    };
    if levels == 0 || !method.has_receiver {
        return false;
    }
    let is_made_here = || {
        let mut own = true;
        each_step(&maker.body, &mut |step| {
            if let Step::Call(call) = step
                && program.callee(caller, call.result) == Some(function)
                && let Some(Value::Place(of)) = call.arguments.first()
            {
                own &= !is_passed_in(of);
            }
        });
        own
    };
    if !maker.has_receiver && made_once::is_constructor(&maker.name) {
        return is_made_here();
    }
    let owner = |summary: &FlowSummary| Some(summary.name.rsplit_once("::")?.0.to_owned());
    if maker.has_receiver && owner(maker) == owner(method) && names::last(&maker.name) == "__init__" {
        return true;
    }
    let callers = program.callers(caller);
    let is_offered =
        maker.context.public && program.file(program.file_of(caller)).is_none_or(|file| file.library);
    maker.has_receiver
        && owner(maker) == owner(method)
        && !is_offered
        && !maker.context.literal
        && !callers.is_empty()
        && program.askers(caller).is_empty()
        && callers
            .iter()
            .all(|above| *above != caller && makes_the_value(program, *above, caller, levels - 1))
}

/// The candidate's place in a caller's terms.
fn place_in(effects: &[&Effect], candidate: &Candidate) -> Option<Place> {
    let act = effects.iter().find(|e| e.site == candidate.act.effect.site)?;
    if candidate.act.effect.other_place.as_ref() == Some(&candidate.place) {
        act.other_place.clone()
    } else {
        Some(act.place.clone())
    }
}

/// What a call that is not linked said of a value, as a place, where the place is that or lies below: `files.dir.path()`.
fn said_by_a_library(body: &Block, place: &Place) -> Option<Place> {
    let mut of = place;
    while let PlaceKind::Join(base, _) | PlaceKind::WithExtension(base, _) = of.kind() {
        of = base;
    }
    let PlaceKind::Result(said) = of.kind() else { return None };
    let mut found = None;
    each_step(body, &mut |step| {
        if let Step::Call(call) = step
            && call.result == *said
            && let [Value::Place(of)] = call.arguments.as_slice()
        {
            let (callee, arguments) = (call.callee.name().into(), vec![of.clone()]);
            found = Some(Place::new(PlaceKind::Call { callee, arguments }));
        }
    });
    found
}

/// The candidate's place where only the earlier step is: the other is done by another function of the same value.
fn looked_at_in(effects: &[&Effect], candidate: &Candidate) -> Option<Place> {
    let check = candidate.check.as_ref().filter(|check| check.effect.place == candidate.place)?;
    effects.iter().find(|e| e.site == check.effect.site).map(|e| e.place.clone())
}
