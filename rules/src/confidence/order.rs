//! Other sides that are none, because they are done in order with the candidate by whoever does it: in one run, or in one event loop.

use super::{Surroundings, is_keyed};
use crate::evidence::{Role, Use};
use crate::in_order::{Own, comes_to, is_before_service, is_of_a_server, share_a_loop};
use crate::names;
use crate::pairs::Candidate;
use fsrace_analyzer::explore::Actor;
use fsrace_analyzer::flow::{Place, PlaceKind, Root};
use fsrace_analyzer::link::Location;

/// Whether what others do is done in order with one candidate.
#[derive(Clone, Copy)]
pub struct Question<'s, 'p> {
    surroundings: &'s Surroundings<'p>,
    /// The act, where what the same event loop does is no other side beside the actor.
    in_a_loop: Option<Location>,
    /// Whether what the same run does is none either, for no second one is to be expected on the place.
    in_a_run: bool,
    /// Whether the place is whatever callers name, so that no second process is to be expected there.
    handed_in: bool,
    /// Whether what only the start does is none for what is only done after it, and the other way round.
    at_a_start: bool,
    /// Whether it is the candidate that the start does.
    looks: bool,
}

impl<'s, 'p> Question<'s, 'p> {
    /// The question beside this actor.
    pub fn of(surroundings: &'s Surroundings<'p>, actor: Actor, candidate: &'s Candidate) -> Self {
        let matters = matches!(actor, Actor::Reader | Actor::Visitor | Actor::Remover | Actor::Replacer);
        let handed_in = surroundings.is_handed_in(&candidate.place);
        let in_a_run = matters && handed_in && !surroundings.is_kept_by_the_program(&candidate.place);
        let by_the_program = matters || matches!(actor, Actor::Creator | Actor::Updater);
        let in_a_loop = if by_the_program { surroundings.done_at_once(candidate) } else { None };
        let looks = candidate.check.is_some();
        // A command that only writes is over soon, and run again.
        let handed_in = handed_in && looks;
        let at_a_start = ((actor == Actor::Remover && looks) || (actor == Actor::Reader && !looks))
            && candidate.run.is_none()
            && !candidate.staged
            && !is_keyed(&candidate.place)
            && !surroundings.is_for_all_instances(candidate)
            && !surroundings.is_kept_by_the_program(&candidate.place);
        Question { surroundings, in_a_loop, in_a_run, handed_in, at_a_start, looks }
    }

    /// Whether this is; in a run, in any order where that changes nothing.
    pub fn is_met(self, found: &Use, in_any_order: bool) -> bool {
        (self.in_a_run && self.surroundings.comes_in_order(found, in_any_order))
            || self.in_a_loop.is_some_and(|act| self.surroundings.is_of_this_loop(found, act, self.handed_in))
            || (self.at_a_start && self.is_at_the_start(found))
    }
}

impl Question<'_, '_> {
    /// Whether one side is part of a start, and the other what the program does later: it reads what it has written the last time, or
    /// removes what it has read.
    fn is_at_the_start(self, found: &Use) -> bool {
        let Surroundings { program, function, .. } = *self.surroundings;
        let (early, late) = if self.looks { (function, found.function) } else { (found.function, function) };
        // Who asks whether it is there, and starts the work that writes it if not, may be asked to start again.
        let may_start_again = !self.looks && found.role != Role::Reads && comes_to(program, early, late);
        early != late && !may_start_again && is_before_service(program, early, late)
    }
}

impl Surroundings<'_> {
    /// Whether the place is whatever callers name, of whom none is known to name one that lies where all look.
    fn is_handed_in(&self, place: &Place) -> bool {
        let is_fixed = |place: &Place| {
            place.any(&mut |kind| match kind {
                PlaceKind::Constant(name) => !names::is_command_line(name),
                PlaceKind::Environment(_) => true,
                PlaceKind::Root(root) => *root != Root::Working,
                PlaceKind::Literal(text) => text.starts_with(['/', '~']),
                _ => false,
            })
        };
        place.any(&mut |kind| matches!(kind, PlaceKind::Parameter { .. }))
            && !is_fixed(place)
            && !self.in_callers.iter().any(is_fixed)
    }

    /// Whether all that come to the use come to the candidate's act too, in one thread.
    fn comes_in_order(&self, found: &Use, in_any_order: bool) -> bool {
        let own = Own { function: self.function, act: self.act };
        self.in_order.is_of_one_run(self.program, own, (found.function, found.location), in_any_order)
    }

    /// Where an event loop does the candidate's steps, if it does nothing else between the first and the last, as far as their function tells.
    fn done_at_once(&self, candidate: &Candidate) -> Option<Location> {
        if candidate.check.is_some() {
            let waits = self.program.function(self.function).is_none_or(|function| function.waits.is_some());
            return (!waits || self.is_one_step(candidate)).then_some(self.act);
        }
        // What one function opens and writes is its own to do at once, whoever waits for it.
        let written = || candidate.writes.iter().filter_map(|write| self.program.location(write.site));
        let inner = self.program.location(candidate.act.effect.site)?;
        let is_there = |act: Location| {
            written().count() == candidate.writes.len() && written().all(|at| at.function == act.function)
        };
        let act = [inner, self.act].into_iter().find(|act| is_there(*act))?;
        let Some(waits) = &self.program.function(act.function)?.waits else { return Some(act) };
        let end = written().map(|at| at.span.end).fold(act.span.end, u32::max);
        (!waits.iter().any(|wait| wait.start < end && act.span.start < wait.end)).then_some(act)
    }

    /// Whether the use is a step of the event loop that the candidate runs in. Of a place that all instances know, it is of the program's
    /// own loop where both sides answer to what comes in, and neither is what a run does at its start.
    fn is_of_this_loop(&self, found: &Use, act: Location, handed_in: bool) -> bool {
        let sides = [self.function, found.function];
        (handed_in || sides.into_iter().all(|side| is_of_a_server(self.program, side)))
            && [found.location, found.inner].into_iter().any(|step| share_a_loop(self.program, [act, step]))
    }

    /// Whether the candidate's steps are done at once in the loop of a server, so that no second of them in the process comes in between.
    pub fn is_alone_in_its_loop(&self, candidate: &Candidate) -> bool {
        // What takes its time is met by a second process.
        !candidate.long
            && is_of_a_server(self.program, self.function)
            && self.done_at_once(candidate).is_some_and(|act| share_a_loop(self.program, [act, act]))
    }
}
