//! `lost-worker-error`: work that was started reports its failure through a channel, and nobody is there to take it.
//!
//! Not reported: channels with room for all; sends that have something else to do, as where the work is cancelled; channels that somebody
//! out of sight may take from; and who waits for the first of two that do different things.

use crate::pairs::Candidate;
use crate::rule::{Report, Rule};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Lane, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "lost-worker-error",
    summary: "the failure of started work reaches nobody",
    consequences: &[Consequence::LostError],
    cwe: &[833, 391, 362],
    default: true,
    rank: 0,
    docs: include_str!("../docs/lost-worker-error.md"),
    actors: &[Actor::Task],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let made = trace.events.iter().filter(|event| {
        let here = event.work.is_none() && trace.call_depth(event) == 0;
        here && matches!(event.effect.operation, Operation::Channel { .. })
    });
    made.filter_map(|event| {
        let channel = &event.effect.place;
        let sent = trace.events.iter().position(|e| e.work.is_some() && sends(e.effect, channel))?;
        let taken = trace.events.iter().position(|e| e.work.is_none() && takes(e.effect, channel));
        let candidate = Candidate::of_steps(trace, taken, sent, channel)?;
        Some(Candidate { with_own_work: true, own: false, ..candidate })
    })
    .collect()
}

fn sends(effect: &Effect, channel: &Place) -> bool {
    effect.operation == Operation::Send { waits: true } && effect.place == *channel
}

fn takes(effect: &Effect, channel: &Place) -> bool {
    matches!(effect.operation, Operation::Receive { .. }) && effect.place == *channel
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    // Who waits for the work before it takes anything, does so last.
    let waited_for = race.witness.steps.last().is_some_and(|step| step.lane == Lane::A);
    let (message, help, check) = match waited_for {
        true if candidate.check.is_none() => {
            ("a failure sent here is taken by nobody", "take what is sent while the work runs", "taken here")
        }
        true => (
            "a failure sent here is taken only when the work is over, which it never is",
            "take what is sent while the work runs, or make room for all of it",
            "taken only after the work",
        ),
        false => (
            "a failure sent here is taken by nobody once another was",
            "take as many as are sent, or make room for all of them, or let the work be cancelled instead",
            "the first is taken here",
        ),
    };
    Report { message: message.to_owned(), help: help.to_owned(), check }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
