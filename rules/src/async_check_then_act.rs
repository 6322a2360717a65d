//! `async-check-then-act`: a task finds a variable, field or entry empty, waits, and then fills it.
//!
//! Not reported: what is filled before the wait; what is tested again after it, or under a lock that is held from the test on; what
//! no wait stands between, for tasks give way only there.

use crate::names;
use crate::pairs::{Candidate, Pair, Relation};
use crate::rule::{Report, Rule};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{MemoryOperation, Operation, Place, PlaceKind};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "async-check-then-act",
    summary: "what tasks share is filled on the answer of a test before a wait",
    consequences: &[Consequence::DoubleOwner],
    cwe: &[367, 362, 543],
    default: true,
    rank: 1,
    docs: include_str!("../docs/async-check-then-act.md"),
    actors: &[Actor::ItselfTask],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let place = &event.effect.place;
        if event.effect.operation != Operation::Memory(MemoryOperation::Set) {
            continue;
        }
        let test = event.guards.iter().rev().find(|guard| {
            trace.events.get(guard.event).is_some_and(|tested| {
                tested.effect.operation == Operation::Memory(MemoryOperation::Test)
                    && tested.effect.place == *place
                    && trace.meets_at_root(guard.event, act)
            })
        });
        let Some(test) = test.filter(|guard| guard.says == Says::Absent) else { continue };
        let waits = |at: usize| {
            trace.events.get(at).is_some_and(|between| between.effect.operation == Operation::Suspend)
                && trace.on_one_path(test.event, at)
                && trace.on_one_path(at, act)
        };
        if !(test.event..act).any(waits) {
            continue;
        }
        let (check, says, certain) = (test.event, test.says, test.certain);
        let pair = Pair { check, says, certain, act, relation: Relation::Same };
        candidates.extend(Candidate::of_pair(trace, pair, place));
    }
    candidates
}

fn report(candidate: &Candidate, _: &Race) -> Report {
    let place = shown(&candidate.place);
    Report {
        message: format!("`{place}` can be set by two tasks that both found it empty before they waited"),
        help: "hold one lock of tasks from the test to the assignment, or keep the task that makes it and wait for that".to_owned(),
        check: "tested here",
    }
}

/// The place as the source writes it: without the module of a variable.
fn shown(place: &Place) -> String {
    match place.kind() {
        PlaceKind::Constant(name) => names::last(name).to_owned(),
        PlaceKind::Field { base, name, .. } => format!("{}.{name}", shown(base)),
        PlaceKind::Call { callee, arguments } => match (&**callee, arguments.as_slice()) {
            ("[]", [base, key]) => {
                let plain = !matches!(key.kind(), PlaceKind::Call { .. } | PlaceKind::Result(_));
                let key = if plain { shown(key) } else { "..".to_owned() };
                format!("{}[{key}]", shown(base))
            }
            _ => place.to_string(),
        },
        _ => place.to_string(),
    }
}

fn rewrite(_: &Candidate) -> Option<Idiom> {
    None
}
