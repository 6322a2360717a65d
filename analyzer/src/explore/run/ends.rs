//! All that a scenario can end in, before anything is judged: for the tests that hold the search against others.

use super::{Key, Subject, note_visibility};
use crate::explore::content::{Content, Contents, Piece, Term};
use crate::explore::filesystem::{Name, Status};
use crate::explore::machine::Seen;
use crate::explore::oracle::Oracle;
use crate::explore::program::Program;
use crate::explore::schedule::{Limit, Outcome, search, serial};
use crate::explore::setup::{Initial, Surroundings, start};
use crate::explore::{Actor, Lane, Scenario};
use std::fmt::Write;

/// The states that are visited at most from one start.
const MAX_STATES: usize = 1_500;

/// What the search comes to from each start.
pub struct Ends {
    pub program: Program,
    pub target: Vec<Name>,
    /// Whether others make the place a directory.
    pub directory: bool,
    pub starts: Vec<From>,
}

/// What the search comes to from one start.
pub struct From {
    /// What is there in the beginning.
    pub tree: Vec<(Vec<Name>, Status)>,
    /// What the serial orders end in that end.
    pub serial: Vec<Outcome>,
    /// What any order ends in.
    pub all: Vec<Outcome>,
    /// What some order ends in and, with the same unknowns, no serial one.
    pub racy: Vec<Outcome>,
    pub contents: Contents,
    /// Whether anything unknown was met.
    pub asked: bool,
    /// Whether a bound was hit.
    pub bounded: bool,
    pub states: usize,
}

/// Searches from all starts, whether the act can be reached from them or not; `reduce` as for [`super::decide`]. None where each
/// actor has a place of its own.
pub fn ends(scenario: &Scenario<'_>, reduce: bool, wanted: &dyn Fn(usize) -> bool) -> Option<Ends> {
    let key = Key::of(scenario)?;
    let mut program = (*key.program).clone();
    let other = key.other();
    let used = key.subject().used;
    let mut starts = Vec::new();
    let mut number = 0;
    for surroundings in [Surroundings::Usual, Surroundings::Unusual] {
        note_visibility(&mut program, other.as_ref(), &key.target, key.actor, surroundings);
        if !reduce {
            program.effects.iter_mut().for_each(|effect| effect.visible_until = [Some(usize::MAX); 2]);
        }
        let programs = [&program, other.as_ref().unwrap_or(&program)];
        for initial in used.initials() {
            number += 1;
            if wanted(number - 1) {
                starts.push(from(key.subject(), programs, initial, surroundings));
            }
        }
    }
    Some(Ends { program, target: key.target, directory: used.is_directory(), starts })
}

fn from(subject: Subject<'_>, programs: [&Program; 2], initial: Initial, surroundings: Surroundings) -> From {
    let mut contents = Contents::default();
    let start = start(programs, subject.used, subject.target, initial, surroundings, &mut contents);
    let mut found = From {
        tree: start.files.tree(),
        serial: Vec::new(),
        all: Vec::new(),
        racy: Vec::new(),
        contents,
        asked: false,
        bounded: programs.iter().any(|program| program.cut),
        states: 0,
    };
    let [program, _] = programs;
    let mut pending = vec![Oracle::new(program)];
    while let Some(oracle) = pending.pop() {
        let mut context = subject.context(programs, found.contents.clone(), oracle);
        let state = subject.state(programs, &start);
        let lanes = if subject.actor == Actor::Task { vec![Lane::A] } else { vec![Lane::A, Lane::B] };
        let serial: Vec<Outcome> = lanes
            .into_iter()
            .map(|first| serial(&mut context, &state, first).0.0)
            .filter(Outcome::is_complete)
            .collect();
        let mut all = Vec::new();
        let searched = search(
            &mut context,
            &state,
            Limit { states: MAX_STATES, below: None, whole: false },
            &mut |_, run| {
                if run.outcome.is_complete() {
                    all.push(run.outcome);
                }
                false
            },
        );
        found.states += searched.states;
        found.bounded |= searched.bounded | context.cut;
        found.asked |= context.oracle.choices() > 0;
        pending.append(&mut context.forks);
        found.racy.extend(all.iter().filter(|outcome| !serial.contains(outcome)).cloned());
        found.serial.extend(serial);
        found.all.append(&mut all);
        // What is interned later keeps what was interned before, so one table serves all.
        found.contents = context.contents;
    }
    found
}

/// An outcome as text that does not depend on the order in which contents were met.
pub fn tell(outcome: &Outcome, contents: &Contents) -> String {
    let seen = outcome.seen.map(|seen| match seen {
        Seen::Content(kind, content) => format!("{kind:?} {}", spell(content, contents)),
        other => format!("{other:?}"),
    });
    let mut text = format!(
        "{:?} seen {seen:?} double {} stolen {} misled {}",
        outcome.ended, outcome.double, outcome.stolen, outcome.misled
    );
    for (path, status) in outcome.tree.iter() {
        let content = spell(status.content, contents);
        let _ = write!(text, "\n    {path:?} {:?} {:?} {content}", status.kind, status.access);
    }
    for (name, value) in &outcome.environment {
        let _ = write!(text, "\n    {name:?}={}", spell(*value, contents));
    }
    text
}

fn spell(content: Content, contents: &Contents) -> String {
    match contents.term(content) {
        Term::Text { lane, effect, derived } => {
            let mut from: Vec<String> = derived.iter().map(|d| spell(*d, contents)).collect();
            from.sort();
            format!("{lane:?}{effect}<{}>", from.join(", "))
        }
        Term::Pieces(pieces) => {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Of(text, half) => format!("{half:?} of {}", spell(*text, contents)),
                Piece::Hole => "zeros".to_owned(),
            });
            pieces.collect::<Vec<_>>().join(" + ")
        }
        other => format!("{other:?}"),
    }
}
