//! What the process of a candidate has for itself, unless its own threads meet there.

use crate::confidence::{Reason, Surroundings};
use crate::evidence::Role;
use crate::made_at_start;
use crate::pairs::Candidate;
use fsrace_analyzer::explore::Actor;
use fsrace_analyzer::flow::Place;
use fsrace_analyzer::link::{FunctionId, Program};

/// Whether the actor is in a process of its own. What only this process knows, its own threads know: who serves many at once, or starts
/// several, is not alone with it.
pub fn is_apart(program: &Program, function: FunctionId, reason: &Reason, actor: Actor) -> bool {
    let serves = |function: &FunctionId| {
        program.function(*function).is_some_and(|of| of.context.summoned || of.context.is_async)
    };
    !std::iter::once(&function).chain(program.callers(function)).any(serves)
        && !matches!(reason, Reason::SideBySide | Reason::Own)
        && matches!(
            actor,
            Actor::Itself
                | Actor::Creator
                | Actor::Remover
                | Actor::Reader
                | Actor::Updater
                | Actor::Replacer
                | Actor::Visitor
                | Actor::Acquirer
        )
}

/// Whether the actor is another process.
pub fn is_process(actor: Actor) -> bool {
    !matches!(actor, Actor::ItselfThread | Actor::ItselfTask | Actor::Task | Actor::Bystander)
}

/// Why the place is taken for the run's own, if it is, where the actor may be `apart`.
pub fn reason(program: &Program, function: FunctionId, place: &Place, apart: bool) -> Option<&'static str> {
    if program.is_private_by_default(function, place) {
        return Some("it is this run's own, unless who starts it names another");
    }
    if apart && program.is_of_the_process(function, place) {
        return Some("no other process has it under this name");
    }
    program
        .is_beside_a_private_one(function, place)
        .then_some("the value keeps a temporary directory for what it is about")
}

/// Why what the process does in order leaves nobody in it who comes in between, if it does.
pub fn in_order(
    surroundings: &Surroundings<'_>,
    candidate: &Candidate,
    reason: &Reason,
) -> Option<&'static str> {
    let Surroundings { program, evidence, function, .. } = *surroundings;
    if candidate.cover.is_broken() {
        return None;
    }
    let by_itself = matches!(reason, Reason::Itself | Reason::Instance);
    if by_itself
        && !surroundings.is_for_all_instances(candidate)
        && surroundings.is_alone_in_its_loop(candidate)
    {
        return Some("an event loop does it in one go, and nothing says that another process is there");
    }
    let is_removed = matches!(reason, Reason::Elsewhere(other) if matches!(other.found.role, Role::Removes | Role::RemovesTree));
    (!is_removed && made_at_start::is_there_before(program, evidence, function, candidate))
        .then_some("the program makes it at its start, before it comes here")
}
