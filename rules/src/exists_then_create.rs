//! `exists-then-create`: a path is created or overwritten after a separate test that it was absent.
//!
//! Not reported: creation that fails or does nothing where something is there already, if that is no error for the code; paths
//! that only this process knows; tests that only choose a message.

use crate::names;
use crate::pairs::{Candidate, Pair, created_by_path, guarded, is_kernel_locked};
use crate::rule::{Report, Rule, short};
use crate::trace::{Event, Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Check, Effect, OpenFlags, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "exists-then-create",
    summary: "a path is created after a separate test that it was absent",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[367, 362],
    default: true,
    rank: 2,
    docs: include_str!("../docs/exists-then-create.md"),
    actors: &[Actor::Itself, Actor::Creator, Actor::Acquirer, Actor::Reader],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    guarded(trace, created, |says| says != Says::Present, false)
        .into_iter()
        .filter(|(pair, place)| {
            !is_written_if_changed(trace, pair, place) && !goes_on_either_way(trace, pair, place)
        })
        .filter(|(pair, _)| !only_makes(trace, pair.act))
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        .filter(|candidate| candidate.says == Some(Says::Absent) || asks_existence(candidate))
        // A file that is only there to be locked can be made by anybody.
        .filter(|candidate| candidate.content_follows || !is_kernel_locked(trace, &candidate.place))
        .collect()
}

/// Whether the act is reached where something is there too, of some kind: only what is of another kind is refused.
fn goes_on_either_way(trace: &Trace<'_>, pair: &Pair, place: &Place) -> bool {
    let Some(act) = trace.events.get(pair.act).filter(|_| !pair.certain) else { return false };
    act.guards.iter().any(|guard| {
        guard.says == Says::Present
            && !guard.certain
            && trace.events.get(guard.event).is_some_and(|checked| checked.effect.place == *place)
    })
}

/// Whether the act makes a file if there is none, and does nothing to one that is there, as touch(1) does: whoever writes it does so
/// whatever the check says.
fn only_makes(trace: &Trace<'_>, act: usize) -> bool {
    trace.events.get(act).is_some_and(|event| {
        matches!(
            event.effect.operation,
            Operation::Open(OpenFlags { create: true, create_new: false, truncate: false, .. })
        ) && !trace.events.iter().any(|later| later.effect.handle == Some(event.effect.result))
    })
}

/// Whether what is there was read before, and decides too: then the write replaces it on purpose. Of a lock, what is read only
/// tells whether its owner lives; and who fails where something is there replaces nothing.
pub fn is_written_if_changed(trace: &Trace<'_>, pair: &Pair, place: &Place) -> bool {
    let one_of_several = !pair.certain || pair.says == Says::Unknown;
    let Some(act) = trace.events.get(pair.act) else { return false };
    let refuses = act.guards.iter().any(|g| g.event == pair.check && g.says == pair.says && g.refuses)
        && !is_made_of_it(trace, place);
    one_of_several
        && !refuses
        && !names::hint(place).is_some_and(|hint| hint.lock)
        && trace.events.iter().enumerate().take(pair.act).any(|(earlier, event)| {
            let reads = match event.effect.operation {
                // Who could not read it has seen nothing of it.
                Operation::Read => earlier != pair.check || is_judged(act, earlier),
                // An open that asks whether the file can be opened, and nothing more, reads none of it.
                Operation::Open(_) => earlier != pair.check || is_looked_into(trace, earlier, act),
                _ => false,
            };
            reads
                && (event.effect.used() == Some(place) || event.effect.handle.is_some())
                && event.effect.place == *place
                && trace.on_one_path(earlier, pair.act)
        })
}

/// Whether what is written to the place derives from what was read there.
fn is_made_of_it(trace: &Trace<'_>, place: &Place) -> bool {
    let of_place = |index: &usize| {
        trace
            .events
            .get(*index)
            .is_some_and(|event| event.effect.operation == Operation::Read && event.effect.place == *place)
    };
    let writes = trace.events.iter().filter(|event| {
        matches!(event.effect.operation, Operation::Write | Operation::Append) && event.effect.place == *place
    });
    writes.flat_map(|event| &event.effect.data).any(|result| trace.origins(*result).iter().any(of_place))
}

/// Whether something is done with what was opened, or decided by it, before the act.
fn is_looked_into(trace: &Trace<'_>, opened: usize, act: &Event<'_>) -> bool {
    let Some(open) = trace.events.get(opened) else { return false };
    let used = trace.events.iter().any(|event| event.effect.handle == Some(open.effect.result));
    used || is_judged(act, opened)
}

/// Whether what the earlier step read decides about the act.
fn is_judged(act: &Event<'_>, earlier: usize) -> bool {
    act.guards.iter().any(|guard| guard.event == earlier && guard.says == Says::Judged)
}

/// `mkdir -p` takes what is there for made: a check before it is redundant.
fn created(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::CreateDir { all: true, .. } => None,
        _ => created_by_path(effect),
    }
}

/// A decision on a file's age or size is one on what is there, and the write is an update, no creation.
fn asks_existence(candidate: &Candidate) -> bool {
    candidate.check.as_ref().is_some_and(|point| {
        matches!(
            point.effect.operation,
            Operation::Check(Check::Exists | Check::IsFile | Check::IsDir | Check::IsSymlink)
        )
    })
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::DataLoss | Consequence::LostUpdate => {
            format!("`{api}` can destroy what was created after the check")
        }
        Consequence::DoubleOwner => format!("`{api}` can succeed for two owners that both saw nothing"),
        Consequence::Corruption if race.witness.actor == Actor::Reader => {
            format!("`{api}` lets others see a half-written file that passes the check")
        }
        Consequence::Corruption => {
            format!("`{api}` can mix its content with what was created after the check")
        }
        _ => format!("`{api}` fails if the path appears after the check"),
    };
    let help = match candidate.act.effect.operation {
        Operation::CreateDir { .. } => {
            "create the directory without asking, and accept that it may be there already"
        }
        Operation::Populate { .. } => {
            "fill a temporary directory beside it, then rename it into place without replacing"
        }
        Operation::Copy => "copy to a temporary file beside it, then rename it into place without replacing",
        Operation::HardLink | Operation::Symlink => {
            "make the link without asking, and treat `AlreadyExists` as present"
        }
        // Whoever comes in between must not find it half done, and an interruption must not leave it so.
        _ if candidate.long => {
            "write a temporary file beside it, then rename it into place: others see it whole or not at all"
        }
        _ => "create it with `create_new`, which fails if it is there, and treat `AlreadyExists` as present",
    };
    Report { message, help: help.to_owned(), check: "checked here" }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    match candidate.act.effect.operation {
        _ if candidate.says != Some(Says::Absent) || !candidate.certain => None,
        Operation::CreateDir { .. } => Some(Idiom::CreateAll),
        Operation::Write | Operation::Open(_) if candidate.long => Some(Idiom::ReplaceAtomically),
        Operation::Write | Operation::Open(_) => Some(Idiom::CreateNew),
        _ => None,
    }
}
