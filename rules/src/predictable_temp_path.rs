//! `predictable-temp-path`: a scratch file under a name that two instances share, or that others can foresee.
//!
//! Six shapes: a file that is written under a fixed name and then moved over its target; a file that is made directly in a
//! temporary directory that everybody can write, under a name that anybody can tell beforehand; and a file of a fixed name that
//! another program works on before it is read again or removed; a directory of a fixed name that is made, worked in, and removed
//! again; a file of a fixed name that is made and removed at once, to see whether that can be done; and a directory that the process id or
//! the time in its name is to make the process' own, taken as it is if it is there already, in a temporary directory that everybody can
//! write. A file of a fixed name that is removed after work that takes its time counts with the fourth.
//!
//! Not reported: names with something random in them; files made with `create_new`; other directories that stay, as one in which is read
//! what an earlier run has left there; temporary names that only the caller knows.

use crate::foreseen::{contains, follows_from, is_fixed, is_foreseen};
use crate::names;
use crate::pairs::{
    Candidate, content_follows, created_by_path, is_private, removed_by_path, removed_later, writes_constant,
};
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place, PlaceKind, RemoveKind, Uniqueness};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "predictable-temp-path",
    summary: "a scratch file has a name that two instances share or that others can foresee",
    consequences: &[
        Consequence::Security,
        Consequence::DataLoss,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[377, 379, 59, 362],
    default: true,
    rank: 3,
    docs: include_str!("../docs/predictable-temp-path.md"),
    actors: &[Actor::Itself, Actor::Attacker],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        // What is put there whole is no better off where others put theirs, if it is to be moved on.
        if let Some(place) = put_in_place(event.effect).filter(|p| !is_private(p))
            && let Some(moved) = moved_over(trace, act, place)
        {
            candidates.extend(Candidate::of_steps(trace, Some(moved), act, place));
        }
        if event.held.is_empty() {
            candidates.extend(worked_in(trace, act, event.effect));
        }
        if let Some(place) = taken_for_own(event.effect).filter(|p| is_foreseen(p)) {
            candidates.extend(Candidate::of_steps(trace, None, act, place));
        }
        let Some(place) = made_in_place(event.effect).filter(|p| !is_private(p)) else { continue };
        if let Some(moved) = moved_over(trace, act, place) {
            candidates.extend(Candidate::of_steps(trace, Some(moved), act, place));
        } else if is_foreseen(place) {
            candidates.extend(Candidate::of_steps(trace, None, act, place));
        } else if let Some(done) = done_with(trace, act, place).filter(|_| event.held.is_empty()) {
            candidates.extend(Candidate::of_steps(trace, Some(done), act, place));
        } else if let Some(removed) = tried(trace, act, place).filter(|_| event.held.is_empty()) {
            candidates.extend(Candidate::of_steps(trace, Some(removed), act, place));
        } else if trace.call_depth(event) == 0 && is_fixed(place) && is_lent(trace, act, place) {
            // A program, or whoever edits in it, takes its time.
            candidates
                .extend(Candidate::of_steps(trace, None, act, place).map(|c| Candidate { long: true, ..c }));
        }
    }
    candidates
}

/// The file that this makes, by path, whoever else has made it before.
fn made_in_place(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::CreateDir { .. }
        | Operation::Populate { .. }
        | Operation::HardLink
        | Operation::Symlink => None,
        Operation::Open(flags) if flags.create_new || flags.no_follow => None,
        _ => created_by_path(effect),
    }
}

/// The directory that this makes unless it is there, under a name that is meant to be of this process or moment alone.
fn taken_for_own(effect: &Effect) -> Option<&Place> {
    let makes = matches!(effect.operation, Operation::CreateDir { all: true, .. }) && effect.handle.is_none();
    Some(&effect.place).filter(|place| {
        makes
            && place
                .any(&mut |kind| matches!(kind, PlaceKind::Unique(Uniqueness::Process | Uniqueness::Time, _)))
    })
}

/// The first step in a directory of a fixed name that is made here, worked in, and removed again: another takes it away meanwhile.
fn worked_in<'a>(trace: &Trace<'a>, made: usize, effect: &Effect) -> Option<Candidate> {
    let makes = matches!(effect.operation, Operation::CreateDir { all: true, .. }) && effect.handle.is_none();
    let work = Some(&effect.place).filter(|p| makes && !is_private(p) && is_fixed(p))?;
    let later = || trace.events.iter().enumerate().skip(made + 1);
    let tree = |effect: &'a Effect| {
        (effect.operation == Operation::Remove(RemoveKind::Tree)).then_some(&effect.place)
    };
    let cleared = removed_later(trace, made, work, tree)?;
    let (used, event) = later().take_while(|(at, _)| *at < cleared).find(|(_, event)| {
        created_by_path(event.effect).is_some_and(|place| place != work && place.starts_with(work))
    })?;
    let place = created_by_path(event.effect)?;
    // What is looked for before it is made is there from run to run.
    let reads = |effect: &Effect| match effect.operation {
        Operation::Read => true,
        Operation::Open(flags) => flags.read && !flags.truncate,
        _ => false,
    };
    if trace.events.iter().take(made).any(|earlier| reads(earlier.effect) && earlier.effect.place == *place) {
        return None;
    }
    let candidate = Candidate::of_steps(trace, Some(cleared), used, place)?;
    Some(Candidate { long: candidate.long || trace.takes_long(made, Some(cleared)), ..candidate })
}

/// The step that removes a file of a fixed name again, after work that takes its time: a download that is unpacked, say.
fn done_with(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    let removed = removed_later(trace, act, place, removed_by_path)?;
    let scratch = names::is_scratch(place) || names::is_scratch(&place.parent());
    (is_fixed(place) && scratch && trace.takes_long(act, Some(removed))).then_some(removed)
}

/// The step that removes a file of a fixed name again which is only there to see whether one can be made: nothing of its own is in it.
fn tried(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    let removed = removed_later(trace, act, place, removed_by_path)?;
    let at_once = !trace.events.iter().take(removed).skip(act + 1).any(|event| event.effect.handle.is_none());
    let says_nothing = !content_follows(trace, act) || writes_constant(trace, act);
    (is_fixed(place) && at_once && says_nothing).then_some(removed)
}

/// The file that this moves there, over whatever is there.
fn put_in_place(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { replace: true } => effect.other_place.as_ref(),
        _ => None,
    }
}

/// The step that moves the file from a temporary name into its place, where whoever writes the same target uses the same temporary name.
fn moved_over(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    let moved = trace.events.iter().enumerate().skip(act + 1).find_map(|(later, event)| {
        let moves = matches!(event.effect.operation, Operation::Rename { .. } | Operation::HardLink);
        (moves && event.effect.place == *place && trace.on_one_path(act, later)).then_some(later)
    });
    let target = trace.events.get(moved?)?.effect.other_place.as_ref()?;
    let temporary = names::is_scratch(place) || contains(place, target);
    moved.filter(|moved| temporary && follows_from(place, target) && trace.meets_at_root(act, *moved))
}

/// Whether the file is there for another program to work on: that runs before the file is read again, or removed, all in one
/// function's own source.
fn is_lent(trace: &Trace<'_>, act: usize, place: &Place) -> bool {
    let mut ran = false;
    trace.events.iter().enumerate().skip(act + 1).any(|(later, event)| {
        let effect = event.effect;
        if !trace.on_one_path(act, later) {
            return false;
        }
        ran |= matches!(effect.operation, Operation::Run | Operation::Execute);
        let back = match effect.operation {
            Operation::Read | Operation::Remove(_) => true,
            Operation::Open(flags) => flags.read && !flags.create,
            _ => false,
        };
        ran && back && effect.handle.is_none() && effect.place == *place && trace.call_depth(event) == 0
    })
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::Security if taken_for_own(&candidate.act.effect).is_some() => {
            format!("`{api}` takes a directory that another user put under this name for its own")
        }
        Consequence::Security => format!("`{api}` follows a link that another user put under this name"),
        Consequence::SpuriousFailure => {
            format!("`{api}` uses a name that another instance takes away")
        }
        _ => format!("`{api}` uses a name that another instance writes to at the same time"),
    };
    if candidate.check.as_ref().is_some_and(|check| removed_by_path(&check.effect).is_some()) {
        return Report {
            message: format!("`{api}` works on what another instance removes when it is done"),
            help: "let `tempfile` make a name of its own for each run".to_owned(),
            check: "removed here, for all who use the name",
        };
    }
    let help = match candidate.check {
        None if taken_for_own(&candidate.act.effect).is_some() => {
            "let `tempdir` choose the name and make the directory, for its owner alone"
        }
        Some(_) => {
            "write to a name of its own in the same directory (`tempfile` makes one), and move that into place"
        }
        None => {
            "let `tempfile` choose the name and create it, or create it with `create_new` under a random name"
        }
    };
    Report { message, help: help.to_owned(), check: "moved into place here" }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    candidate.target.is_some().then_some(Idiom::PrivateTemp)
}
