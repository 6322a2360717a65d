//! `chmod-after-create`: a file is made as everybody may open it, and closed to others only afterwards; or its mode, owner or times are
//! changed by path, after it was made or used by path, where others can put something else there.
//!
//! Not reported: modes that let more in (executables); files made with their mode, under a umask that fits, or by `tempfile`.

use crate::pairs::{Candidate, created_by_path, is_private, writes_constant};
use crate::rule::{Report, Rule, short};
use crate::swapped;
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Mode, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "chmod-after-create",
    summary: "a file is closed to others only after it was made",
    consequences: &[Consequence::Security],
    cwe: &[276, 367, 362, 59],
    default: true,
    rank: 1,
    docs: include_str!("../docs/chmod-after-create.md"),
    actors: &[Actor::Stranger, Actor::Attacker],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = narrowed(event.effect).filter(|p| !is_private(p)) else { continue };
        let made = (0..act).rev().find(|earlier| {
            trace.events.get(*earlier).and_then(|e| made_in_place(e.effect)).is_some_and(|made| made == place)
                && trace.on_one_path(*earlier, act)
        });
        if let Some(made) = made.filter(|made| trace.meets_at_root(*made, act)) {
            // What is to be kept from others is what the file is made with.
            let constant = writes_constant(trace, made);
            candidates.extend(
                Candidate::of_steps(trace, Some(made), act, place).map(|c| Candidate { constant, ..c }),
            );
        }
    }
    candidates.extend(swapped::again(trace, is_change));
    candidates
}

/// Who owns it, who may use it, how old it is: by path, all of these follow a link that was put in its place.
fn is_change(operation: Operation) -> bool {
    matches!(operation, Operation::SetPermissions(_) | Operation::SetOwner { .. } | Operation::SetTimes)
}

/// The file that fewer may open after this.
fn narrowed(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::SetPermissions(Mode::Private) => Some(&effect.place),
        _ => None,
    }
}

/// The file that this makes with the mode that all files get. A copy has the mode of what it is a copy of.
fn made_in_place(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Open(flags) if flags.private => None,
        Operation::Open(_) | Operation::Write => created_by_path(effect),
        _ => None,
    }
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.witness.actor {
        Actor::Attacker => format!("`{api}` can be led by a link to a file that another user chose"),
        _ => format!("`{api}` comes after others could open the file, who then read what is written to it"),
    };
    let help = match race.witness.actor {
        Actor::Attacker => {
            "open it once (`create_new` or `O_NOFOLLOW`), and change the open file, not the path"
        }
        _ => "create it with its mode, or as a temporary file that is its maker's alone",
    };
    let check = if candidate.again { "gone by before here" } else { "made here, for everybody" };
    Report { message, help: help.to_owned(), check }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    let narrows = matches!(candidate.act.effect.operation, Operation::SetPermissions(Mode::Private));
    (narrows && !candidate.again).then_some(Idiom::CreateWithMode)
}
