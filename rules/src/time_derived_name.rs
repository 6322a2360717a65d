//! `time-derived-name`: a file gets a name made of the time, as if nobody else could have the same.
//!
//! Not reported: names with something random, the process id or a counter besides; files made with `create_new`; files that are
//! appended to, which many share on purpose; times of day and finer than a microsecond.

use crate::pairs::{Candidate, created_by_path, is_private};
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place, PlaceKind, Uniqueness};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "time-derived-name",
    summary: "a file's name is made of the time, which two may read alike",
    consequences: &[
        Consequence::DataLoss,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[362, 377],
    default: true,
    rank: 3,
    docs: include_str!("../docs/time-derived-name.md"),
    actors: &[Actor::Itself],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = written_anew(event.effect).filter(|p| !is_private(p)) else { continue };
        if is_told_by_time(place) {
            let found = Candidate::of_steps(trace, None, act, place);
            candidates.extend(found.map(|candidate| Candidate { same_tick: true, ..candidate }));
        }
    }
    candidates
}

/// The file that this makes, or writes over.
fn written_anew(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Open(flags) if flags.create_new || flags.append => None,
        Operation::Write | Operation::Copy | Operation::Open(_) | Operation::Populate { .. } => {
            created_by_path(effect)
        }
        _ => None,
    }
}

/// Whether the time is all that tells this name from another run's.
fn is_told_by_time(place: &Place) -> bool {
    let mut time = false;
    let mut other = false;
    place.any(&mut |kind| {
        match kind {
            PlaceKind::Unique(Uniqueness::Time, _) => time = true,
            PlaceKind::Unique(..) | PlaceKind::Private(_) | PlaceKind::Result(_) => other = true,
            PlaceKind::Opaque { name, .. } => other |= name.is_empty(),
            _ => {}
        }
        other
    });
    time && !other && !varies_below(place)
}

/// Whether a part of the name is not known that is not the directory, or one above it: that may be what tells it from another's.
fn varies_below(place: &Place) -> bool {
    let unknown = |part: &Place| part.any(&mut |kind| matches!(kind, PlaceKind::Opaque { .. }));
    match place.kind() {
        PlaceKind::Join(directory, last) => {
            let timed = last.any(&mut |kind| matches!(kind, PlaceKind::Unique(Uniqueness::Time, _)));
            unknown(last) || (!timed && varies_below(directory))
        }
        _ => unknown(place),
    }
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    Report {
        message: format!("`{api}` meets the file of another instance that read the same time"),
        help: "create it with `create_new` and try the next name if it exists, or add something random to the name".to_owned(),
        check: "read here",
    }
}

/// What another name may look like, only those know who look for it.
fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
