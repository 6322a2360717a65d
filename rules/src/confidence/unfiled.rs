//! How sure races on shared state are that is no file: keys of a store, and what the tasks of one process share.

use super::{Loss, Surroundings, is_nameless};
use crate::finding::Confidence;
use crate::made_once;
use crate::pairs::{Candidate, Cover, Meaning};
use fsrace_analyzer::explore::Consequence;
use fsrace_analyzer::flow::{Effect, KeyOperation, Operation, Place, PlaceKind, Value};

/// How sure a race in a store is. A store is there to be shared: who else comes is no question, only what is lost.
pub fn in_store(candidate: &Candidate, loss: Loss) -> (Confidence, &'static str) {
    let unknown = is_nameless(&candidate.place);
    let claim = candidate.meaning == Meaning::Claim;
    match loss.consequence {
        _ if unknown => (Confidence::Low, "a part of the key is not known at all"),
        _ if candidate.cover == Cover::Whole => {
            (Confidence::Low, "one lock is held from the first step to the last")
        }
        Consequence::DoubleOwner if claim && is_taken_here(candidate) => (
            Confidence::Medium,
            "the lock goes by itself when its time is over, and its next owner's is deleted",
        ),
        Consequence::DoubleOwner | Consequence::SpuriousFailure if claim => {
            (Confidence::High, "the key is a lock in a store that all instances share")
        }
        Consequence::LostUpdate => (Confidence::High, "all instances share the store"),
        _ if claim => (Confidence::Medium, "the key is a lock in a store that all instances share"),
        // Of what is computed and kept, one is as good as the other.
        _ if candidate.fills_gap => {
            (Confidence::Low, "what is kept where nothing was found may be the same whoever keeps it")
        }
        _ => (Confidence::Medium, "all instances share the store"),
    }
}

/// Whether a key is deleted that the function itself has taken before.
fn is_taken_here(candidate: &Candidate) -> bool {
    let taken = |effect: &Effect| matches!(effect.operation, Operation::Key(KeyOperation::SetNew { .. }));
    candidate.act.effect.operation == Operation::Key(KeyOperation::Delete)
        && candidate.check.as_ref().is_some_and(|check| taken(&check.effect))
}

/// How sure it is that two tasks make what only one should, and that this costs something.
pub fn in_memory(candidate: &Candidate, surroundings: &Surroundings<'_>) -> (Confidence, &'static str) {
    let made = match &candidate.act.effect.content {
        Value::Place(made) => Some(made),
        _ => None,
    };
    let costs = made_once::is_costly(&candidate.place) && !made.is_some_and(made_once::is_read);
    // Who calls a helper that makes it does so because it is wanted now.
    let lazy =
        surroundings.is_lazy || (candidate.act.through.is_some() && !made_once::is_start(surroundings.name));
    let why = match () {
        () if candidate.cover == Cover::Whole => "one lock is held from the first step to the last",
        () if !is_of_receiver_or_program(&candidate.place) => {
            "whose it is, and who else has it, is not known"
        }
        () if candidate.refuses => "who finds it there fails, and so does not expect to share it",
        () if !candidate.certain => "the test is one of several reasons to make it",
        () if !costs => "what is made twice may cost no more than the time it takes",
        () if !lazy => "its owner may call it once, before anything else runs",
        () => {
            return (
                Confidence::Medium,
                "it is made on first use, and whoever comes meanwhile makes another",
            );
        }
    };
    (Confidence::Low, why)
}

/// Whether it is the program's, or in a field of the value whose method this is.
fn is_of_receiver_or_program(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Constant(_) => true,
        PlaceKind::Parameter { index, .. } => *index == 0,
        PlaceKind::Field { base, .. } => is_of_receiver_or_program(base),
        PlaceKind::Call { callee, arguments } if &**callee == "[]" => {
            arguments.first().is_some_and(is_of_receiver_or_program)
        }
        _ => false,
    }
}
