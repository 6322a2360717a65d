//! `remove-then-create`: a path is removed and then created anew, with a gap between.
//!
//! Not reported: replacing by a rename, which leaves no gap; removals and creations on different paths through the code;
//! `create_new` after a removal, which refuses what came in between, unless the file is a lock.

use crate::names;
use crate::pairs::{Candidate, created_by_path, is_private, removed_by_path};
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Lane, Race, StepOutcome};
use fsrace_analyzer::flow::{Effect, OnFailure, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "remove-then-create",
    summary: "a path is removed and then created anew, with a gap between",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[367, 362, 667],
    default: true,
    rank: 1,
    docs: include_str!("../docs/remove-then-create.md"),
    actors: &[Actor::Itself, Actor::Acquirer, Actor::Reader],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let creations = trace.events.iter().enumerate().filter_map(|(i, e)| Some((i, created(e.effect)?)));
    creations
        .filter(|(_, place)| !is_private(place))
        .filter_map(|(act, place)| {
            // Whoever waits for a lock is told by what any run of it removes.
            let again = |first| {
                are_two_calls(trace, first, act) || (!is_lock(place) && is_there_again(trace, first, act))
            };
            let removal = nearest_removal(trace, act, |first, removed| removed == place && !again(first))?;
            let steps = [trace.events.get(removal)?.effect, trace.events.get(act)?.effect];
            if is_put_back(steps) {
                return None;
            }
            let moved = steps.iter().any(|step| matches!(step.operation, Operation::Rename { .. }));
            let staged = is_staged(trace.events.get(act)?.effect) && !is_read_at_ease(trace, place);
            Candidate::of_steps(trace, Some(removal), act, place).map(|c| Candidate { moved, staged, ..c })
        })
        // A socket or lock that is refused is a loss; content that is refused is only not written.
        .filter(|c| !(refuses(&c.act.effect) && c.content_follows) || is_lock(&c.place))
        .collect()
}

/// Whether the place is a lock by its name.
fn is_lock(place: &Place) -> bool {
    names::hint(place).is_some_and(|hint| hint.lock)
}

/// What comes into being by path, be it made there or moved there.
fn created(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { .. } => effect.other_place.as_ref(),
        _ => created_by_path(effect),
    }
}

/// Whether what was moved away comes back.
fn is_put_back([removal, creation]: [&Effect; 2]) -> bool {
    matches!(creation.operation, Operation::Rename { .. })
        && removal.other_place.as_ref() == Some(&creation.place)
}

/// Whether what is moved there was made beside it under a name that only this process knows: that is for the sake of others.
fn is_staged(creation: &Effect) -> bool {
    let beside = creation.other_place.as_ref().is_some_and(|to| to.parent() == creation.place.parent());
    matches!(creation.operation, Operation::Rename { .. }) && is_private(&creation.place) && beside
}

/// Whether the function itself reads the place, and does without where nothing is there.
fn is_read_at_ease(trace: &Trace<'_>, place: &Place) -> bool {
    let mut reads = trace.events.iter().map(|event| event.effect).filter(|effect| {
        let by_path = match effect.operation {
            Operation::Read => effect.handle.is_none(),
            Operation::Open(flags) => flags.read && !flags.create && !flags.create_new,
            _ => false,
        };
        by_path && effect.place == *place
    });
    let copes = |effect: &Effect| matches!(effect.on_failure, OnFailure::Continue | OnFailure::Leave(_));
    reads.next().is_some_and(copes) && reads.all(copes)
}

/// What is gone by path, be it removed or moved away.
fn gone(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { .. } => Some(&effect.place),
        _ => removed_by_path(effect),
    }
}

/// Whether the creation is done with O_EXCL: whoever comes between makes it fail.
fn refuses(effect: &Effect) -> bool {
    matches!(effect.operation, Operation::Open(flags) if flags.create_new)
}

fn nearest_removal(trace: &Trace<'_>, act: usize, of: impl Fn(usize, &Place) -> bool) -> Option<usize> {
    (0..act).rev().find(|earlier| {
        trace.events.get(*earlier).and_then(|e| gone(e.effect)).is_some_and(|removed| of(*earlier, removed))
            && trace.on_one_path(*earlier, act)
            && trace.meets_at_root(*earlier, act)
    })
}

/// Whether the two stand in two calls of one function, which does both each time.
fn are_two_calls(trace: &Trace<'_>, first: usize, second: usize) -> bool {
    let callee =
        |index: usize| trace.events.get(index).and_then(|e| trace.call_of(e)).map(|frame| frame.name);
    callee(first).is_some() && callee(first) == callee(second)
}

/// Whether what the first removes is made anew in one of the calls that it stands in, as the second does it elsewhere.
fn is_there_again(trace: &Trace<'_>, first: usize, second: usize) -> bool {
    let (Some(removal), Some(creation)) = (trace.events.get(first), trace.events.get(second)) else {
        return false;
    };
    let makes_it = |frame: &usize| {
        trace.events.iter().any(|e| e.effect.site == creation.effect.site && e.frames.contains(frame))
    };
    removal.frames.iter().any(|frame| !creation.frames.contains(frame) && makes_it(frame))
}

/// The removal, where it and not the creation is what fails.
fn removal_that_fails<'c>(candidate: &'c Candidate, race: &Race) -> Option<&'c str> {
    let removal = &candidate.check.as_ref()?.effect;
    let fails =
        race.consequence == Consequence::SpuriousFailure && race.witness.failure_at(removal.site).is_some();
    fails.then_some(&*removal.api)
}

/// Whether what fails comes after the creation.
fn ends_later(candidate: &Candidate, race: &Race) -> bool {
    let act = candidate.act.effect.site;
    [Lane::A, Lane::B].into_iter().any(|lane| {
        let mut own = race.witness.steps.iter().rev().filter(|step| step.lane == lane);
        let fails = own
            .next()
            .is_some_and(|step| matches!(step.outcome, StepOutcome::Failed(_)) && step.site != Some(act));
        fails && own.any(|step| step.site == Some(act))
    })
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::DoubleOwner => {
            format!("`{api}` can succeed for two owners that each removed the other's")
        }
        Consequence::DataLoss | Consequence::LostUpdate => {
            format!("`{api}` can destroy what was created after the removal")
        }
        _ if race.witness.actor == Actor::Reader => {
            "others find nothing between the removal and the creation".to_owned()
        }
        Consequence::Corruption => {
            format!("`{api}` can mix its content with what was created after the removal")
        }
        _ => match removal_that_fails(candidate, race) {
            Some(removal) => {
                format!("`{}` fails if another run has removed it, and not yet made it anew", short(removal))
            }
            None if ends_later(candidate, race) => {
                format!("what `{api}` has made can be removed by another run before it is done with")
            }
            None => format!("`{api}` can fail on what another run created after the removal"),
        },
    };
    let help = match candidate.act.effect.operation {
        _ if removal_that_fails(candidate, race).is_some() => {
            "remove it without fuss: treat `NotFound` as removed"
        }
        Operation::CreateDir { .. } | Operation::Populate { .. } => {
            "build the new directory beside it under a unique name and rename it into place, or hold one lock around both"
        }
        Operation::Symlink | Operation::HardLink => {
            "make the link under a unique name beside it and rename it over"
        }
        Operation::Open(flags) if flags.create_new => {
            "take the lock by locking the file, and never remove it"
        }
        _ => "write a temporary file beside it and rename it over: nothing needs to be removed",
    };
    Report { message, help: help.to_owned(), check: "removed here" }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    match candidate.act.effect.operation {
        Operation::Write => Some(Idiom::ReplaceAtomically),
        Operation::Open(flags) if !flags.create_new && flags.write => Some(Idiom::ReplaceAtomically),
        _ => None,
    }
}
