//! Other sides that are none, because they are done in order with the candidate by whoever does it: in one run, or in one event loop.

use super::Surroundings;
use crate::evidence::Use;
use crate::in_order::{Own, share_a_loop};
use crate::names;
use crate::pairs::Candidate;
use fsrace_analyzer::explore::Actor;
use fsrace_analyzer::flow::{Place, PlaceKind, Root};

/// Whether what others do is done in order with one candidate.
#[derive(Clone, Copy)]
pub struct Question<'s, 'p> {
    surroundings: &'s Surroundings<'p>,
    candidate: &'s Candidate,
    /// Whether what the same event loop does is none beside the actor.
    in_a_loop: bool,
    /// Whether what the same run does is none either, for no second one is to be expected on the place.
    in_a_run: bool,
}

impl<'s, 'p> Question<'s, 'p> {
    /// The question beside this actor.
    pub fn of(surroundings: &'s Surroundings<'p>, actor: Actor, candidate: &'s Candidate) -> Self {
        let matters = matches!(actor, Actor::Reader | Actor::Visitor | Actor::Remover | Actor::Replacer);
        let in_a_loop = matters && surroundings.is_handed_in(&candidate.place);
        let in_a_run = in_a_loop && !surroundings.is_kept_by_the_program(&candidate.place);
        Question { surroundings, candidate, in_a_loop, in_a_run }
    }

    /// Whether this is; in a run, in any order where that changes nothing.
    pub fn is_met(self, found: &Use, in_any_order: bool) -> bool {
        (self.in_a_run && self.surroundings.comes_in_order(found, in_any_order))
            || (self.in_a_loop && self.surroundings.is_of_this_loop(found, self.candidate))
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

    /// Whether the use is a step of the event loop that the candidate runs in, which waits nowhere between its own steps.
    fn is_of_this_loop(&self, found: &Use, candidate: &Candidate) -> bool {
        let waits = self.program.function(self.function).is_none_or(|function| function.waits.is_some());
        candidate.check.is_some()
            && (!waits || self.is_one_step(candidate))
            && share_a_loop(self.program, [self.act, found.location])
    }
}
