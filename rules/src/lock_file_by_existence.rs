//! `lock-file-by-existence`: a lock is taken, or broken, on the answer to whether its file is there.
//!
//! Not reported: lock files made with `create_new`; files that a lock of the kernel is then taken on, whose existence means nothing;
//! files with content of their own that merely have `lock` in their name.

use crate::names::{self, Hint};
use crate::pairs::{
    Candidate, Meaning, Pair, Relation, guarded, is_kernel_locked, is_private, removed_by_path,
    tells_its_owner,
};
use crate::rule::{Report, Rule, short};
use crate::trace::{Guard, Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-file-by-existence",
    summary: "a lock is taken, or broken, on the answer to whether its file is there",
    consequences: &[Consequence::DoubleOwner],
    cwe: &[367, 362, 667],
    default: true,
    rank: -1,
    docs: include_str!("../docs/lock-file-by-existence.md"),
    actors: &[Actor::Itself, Actor::Acquirer],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let taken = guarded(trace, taken, |says| says == Says::Absent, false)
        .into_iter()
        .filter(|(pair, place)| is_claim(trace, pair.act, place));
    taken
        .chain(judged_free(trace))
        .chain(broken(trace))
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        .map(|candidate| Candidate { meaning: Meaning::Claim, ..candidate })
        .collect()
}

/// The file that comes into being, or is taken as it is, by path.
fn taken(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        _ if effect.handle.is_some() => None,
        Operation::Write => Some(&effect.place),
        Operation::Open(flags) if flags.create && !flags.create_new => Some(&effect.place),
        _ => None,
    }
}

fn is_lock(place: &Place) -> bool {
    names::hint(place).is_some_and(|hint| hint.lock)
}

/// Whether the file that the act makes is a lock by its existence: it is called one, or removed again when the work is done, and not only
/// where the code leaves early or has failed, and tells nothing but who made it. What is made and removed at once guards no work: whoever does
/// so tries whether it can write there.
fn is_claim(trace: &Trace<'_>, act: usize, place: &Place) -> bool {
    let pid = |hint: Hint| hint.word.starts_with("pid");
    let says_nothing_else = tells_its_owner(trace, act) || names::hint(place).is_some_and(pid);
    let released = || {
        trace.events.iter().enumerate().skip(act + 1).any(|(later, event)| {
            removed_by_path(event.effect) == Some(place)
                && !event.leaves_early
                && !event.amiss
                && trace.does_anything_between(act, later)
                && trace.on_one_path(act, later)
                && trace.meets_at_root(act, later)
        })
    };
    says_nothing_else && (is_lock(place) || released()) && !is_kernel_locked(trace, place)
}

/// Locks that are taken because whoever is named in them is gone, or that is taken for so where there is no file: the code leaves where
/// the owner lives. One that is cleared away first is a stale lock's takeover.
fn judged_free<'e>(trace: &'e Trace<'_>) -> Vec<(Pair, &'e Place)> {
    let mut pairs = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = taken(event.effect).filter(|p| !is_private(p) && is_lock(p)) else { continue };
        let of_it = |guard: &&Guard| {
            trace.events.get(guard.event).is_some_and(|asked| asked.effect.place == *place)
                && trace.meets_at_root(guard.event, act)
        };
        let mut mine = event.guards.iter().filter(of_it);
        let Some(guard) = mine.find(|guard| guard.says == Says::Judged) else { continue };
        let cleared = trace.events.iter().enumerate().take(act).any(|(earlier, removal)| {
            removed_by_path(removal.effect) == Some(place) && trace.on_one_path(earlier, act)
        });
        let updated = event.effect.data.iter().any(|result| trace.origins(*result).contains(&guard.event));
        if !cleared
            && !updated
            && (guard.refuses || is_claim(trace, act, place))
            && !is_kernel_locked(trace, place)
        {
            // Where there is none, nobody is named either: the question is whether it is there, asked by the read or before it.
            let asked = trace.events.get(guard.event).map_or(&[][..], |read| read.guards.as_slice());
            let first = asked.iter().rev().filter(of_it).find(|asked| asked.says == Says::Present);
            let (check, says) = (first.map_or(guard.event, |first| first.event), Says::Absent);
            pairs.push((Pair { check, says, certain: false, act, relation: Relation::Same }, place));
        }
    }
    pairs
}

/// Locks that are removed because they are there, after a look at whose they are, and then taken.
fn broken<'e>(trace: &'e Trace<'_>) -> Vec<(Pair, &'e Place)> {
    let mut pairs = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = removed_by_path(event.effect).filter(|p| !is_private(p) && is_lock(p)) else {
            continue;
        };
        let mine = |guard: &&Guard| {
            trace.events.get(guard.event).is_some_and(|checked| checked.effect.place == *place)
        };
        // Who judges what is in it, or its age, takes over a stale lock.
        if event.guards.iter().filter(mine).any(|g| matches!(g.says, Says::Unknown | Says::Judged)) {
            continue;
        }
        let Some(guard) = event.guards.iter().rev().filter(mine).find(|g| g.says == Says::Present) else {
            continue;
        };
        let looked = trace
            .events
            .iter()
            .take(act)
            .skip(guard.event)
            .any(|between| between.effect.operation == Operation::Read && between.effect.place == *place);
        let taken = trace.events.iter().enumerate().skip(act + 1).any(|(later, taken)| {
            taken.effect.created() == Some(place)
                && trace.on_one_path(act, later)
                && trace.meets_at_root(act, later)
        });
        if looked && taken {
            let (check, says, certain) = (guard.event, guard.says, guard.certain);
            pairs.push((Pair { check, says, certain, act, relation: Relation::Same }, place));
        }
    }
    pairs
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    if candidate.removes() {
        return Report {
            message: format!("`{api}` can remove the lock that another owner took after the check"),
            help: "take an exclusive lock on the file itself, which the kernel releases with its owner, and never remove it".to_owned(),
            check: "checked here",
        };
    }
    Report {
        message: format!("`{api}` takes a lock that another can have taken since the check"),
        help: "create it with `create_new`, and take `AlreadyExists` for locked".to_owned(),
        check: "checked here",
    }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    let plain = candidate.says == Some(Says::Absent) && candidate.certain && !candidate.removes();
    plain.then_some(Idiom::CreateNew)
}
