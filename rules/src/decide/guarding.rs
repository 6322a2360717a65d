//! What keeps others out of a candidate's steps though its own code shows no lock: one that is asked for by its name, held by its callers, or
//! kept beside the value.

use super::around::own_steps;
use super::callers::Callers;
use super::proven::Proven;
use super::{CALLERS, Known, LOCK_LEVELS, View};
use crate::confidence::Reason;
use crate::entered;
use crate::guarded;
use crate::names;
use crate::pairs::Candidate;
use crate::trace::Trace;
use fsrace_analyzer::explore::Actor;
use fsrace_analyzer::flow::{Effect, FlowSummary, Operation};
use fsrace_analyzer::link::{FunctionId, Location, Program};

impl View<'_> {
    /// Why the candidate's steps are taken to run under a lock, if they are: its check, its act, and the step that does it.
    pub fn guarded(
        &self,
        program: &Program,
        known: Known<'_>,
        candidate: &Candidate,
        (check, act, inner): (Option<Location>, Location, Location),
        callers: Callers<'_>,
    ) -> Option<&'static str> {
        let is_act = |effect: &Effect| effect.site == candidate.act.effect.site;
        let late = locks_too_late(program, candidate);
        guarded(program, known, (self.function, self.summary), &is_act, late, callers)
            .or_else(|| {
                let steps = own_steps(check, act);
                // A helper that does all of it may take the lock itself.
                let alone = candidate.check.is_none().then_some([inner]);
                (entered::is_held(program, self.function, &steps)
                    || known.held.are_under_one(&steps)
                    || alone.is_some_and(|step| known.held.are_under_one(&step)))
                .then_some("the block that it stands in begins with a lock that is not followed")
            })
            .or_else(|| {
                known.held.is_held(self.function).then_some("every known way to it leads through a lock")
            })
    }
}

/// Whether what is written back was read before the lock is asked for that the code knows of.
fn locks_too_late(program: &Program, candidate: &Candidate) -> bool {
    candidate.check.as_ref().is_some_and(|read| {
        read.effect.operation == Operation::Read && guarded::comes_too_late(program, read, &candidate.act)
    })
}

/// Why the function is taken to run under a lock that its own steps do not take, where it comes to the effect, if it is; `late` where it
/// asks for one when it has begun.
fn guarded(
    program: &Program,
    known: Known<'_>,
    (function, summary): (FunctionId, &FlowSummary),
    is_it: &dyn Fn(&Effect) -> bool,
    late: bool,
    callers: Callers<'_>,
) -> Option<&'static str> {
    let keeps = |function: &FlowSummary| {
        let own = function.parameters.first().filter(|_| function.has_receiver);
        own.and_then(|p| p.type_name.as_deref()).is_some_and(|of| known.evidence.is_made_locked(of))
    };
    if keeps(summary) {
        return Some("a lock is held as long as there is a value of its type");
    }
    let own = if late { None } else { guarded::reason(program, function, summary) };
    own.or_else(|| {
        // A lock that is taken after the act, or given up before it, keeps nobody out of it.
        let mut holds = |caller: FunctionId, callee: FunctionId| {
            if program.function(caller).is_some_and(keeps)
                || known.held.is_called_under_one(program, caller, callee)
            {
                return true;
            }
            let body = callers.body(caller);
            let trace = Trace::of(&body);
            match trace.events.iter().find(|event| is_it(event.effect)) {
                Some(event) => trace.is_alone(event),
                None => program.function(callee).is_some_and(|f| trace.calls_locked(names::last(&f.name))),
            }
        };
        guarded::by_callers(program, function, LOCK_LEVELS, CALLERS, &mut Vec::new(), &mut holds)
            .then_some("every known caller takes a lock")
    })
}

/// Whether the other side is a function of the program that reads the place under no lock, so that none keeps it out.
pub fn is_read_heedlessly(program: &Program, known: Known<'_>, best: &Proven, callers: Callers<'_>) -> bool {
    let (Reason::Elsewhere(other) | Reason::Likely(_, other)) = &best.reason else { return false };
    let reads = best.race.witness.actor == Actor::Reader && !other.found.locked;
    let reader = program.function(other.found.function).filter(|_| reads);
    let is_it = |effect: &Effect| program.location(effect.site) == Some(other.found.inner);
    reader.is_some_and(|reader| {
        let steps = [other.found.inner, other.found.location];
        !known.held.is_held(other.found.function)
            && !steps.iter().any(|step| known.held.are_under_one(std::slice::from_ref(step)))
            && guarded(program, known, (other.found.function, reader), &is_it, false, callers).is_none()
    })
}
