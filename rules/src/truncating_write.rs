//! `truncating-write`: a file that others read is truncated and written in place.
//!
//! Not reported: files that nobody else is known to read (low confidence); writes to a temporary name that is then renamed;
//! files made with `create_new`; files that stay as they are but for the parts that are written at places which the code names.

use crate::pairs::{Candidate, is_guarded, is_private, is_renamed_away};
use crate::rule::{Report, Rule, short};
use crate::trace::{Event, Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// How many calls away the path may be put together that a helper writes to.
const DEPTH: usize = 3;

/// The rule.
pub static RULE: Rule = Rule {
    id: "truncating-write",
    summary: "a file that others read is truncated and written in place",
    consequences: &[Consequence::Corruption],
    cwe: &[362, 662],
    default: true,
    rank: 4,
    docs: include_str!("../docs/truncating-write.md"),
    actors: &[Actor::Reader],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        if trace.call_depth(event) > DEPTH {
            continue;
        }
        let Some(place) = overwritten_in_place(event.effect).filter(|p| !is_private(p)) else { continue };
        // A test that it is absent makes it the business of exists-then-create.
        let elsewhere = is_guarded(trace, event, place, |says| says == Says::Absent);
        // An empty file is empty before, while and after nothing is written to it.
        if elsewhere || is_renamed_away(trace, act, place) || event.effect.writes_nothing() {
            continue;
        }
        if is_written_in_part(trace, act) {
            continue;
        }
        candidates.extend(Candidate::of_steps(trace, None, act, place).filter(|c| c.content_follows));
    }
    candidates
}

fn overwritten_in_place(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { .. } | Operation::Truncate => None,
        _ if effect.handle.is_some() => None,
        // Opened to be created or written over, byte by byte.
        Operation::Open(f) if f.write && f.create && !f.read && !f.append && !f.create_new => {
            Some(&effect.place)
        }
        _ => effect.overwritten(),
    }
}

/// Whether what is there stays, and is only written to at places that the code names: readers know that the file is put together so.
fn is_written_in_part(trace: &Trace<'_>, act: usize) -> bool {
    let Some(event) = trace.events.get(act) else { return false };
    let stays = matches!(event.effect.operation, Operation::Open(flags) if !flags.truncate);
    let through = |later: &&Event<'_>| later.effect.handle == Some(event.effect.result);
    stays
        && trace.events.iter().skip(act).filter(through).all(|later| match later.effect.operation {
            Operation::Write => later.effect.part,
            Operation::Truncate => !later.effect.data.is_empty(),
            _ => true,
        })
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    Report {
        message: format!("`{api}` lets others read an empty or half-written file"),
        help: "write a temporary file beside it and rename it over".to_owned(),
        check: "checked here",
    }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    match candidate.act.effect.operation {
        Operation::Write | Operation::Open(_) => Some(Idiom::ReplaceAtomically),
        _ => None,
    }
}
