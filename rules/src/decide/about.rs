//! Whether what a schedule shows is what its candidate is about.

use crate::names;
use crate::pairs::{Candidate, Meaning};
use crate::trace::Says;
use fsrace_analyzer::explore::{Actor, Consequence, Lane, Race, StepOutcome};
use fsrace_analyzer::flow::{Effect, ErrorKind, KeyOperation, Operation, RemoveKind, Site};

/// Whether the schedule is about the candidate's own two steps. An update is lost by who read before, and what was used is met by
/// who used it: a run that comes through neither shows another race, which another candidate stands for.
pub fn is_about(candidate: &Candidate, race: &Race) -> bool {
    let Some(check) = &candidate.check else { return true };
    let act = &candidate.act.effect;
    // Who looks at where something is to be moved tells nothing of what is to be moved being gone.
    let is_onto = matches!(act.operation, Operation::Rename { .. })
        && act.other_place.as_ref() == Some(&candidate.place);
    if is_onto && candidate.says.is_some() && race.consequence == Consequence::SpuriousFailure {
        return race.witness.failure_at(act.site).is_some_and(|kind| kind != ErrorKind::NotFound);
    }
    // A directory that holds anything stays: who removes one that is empty loses nobody's content.
    if act.operation == Operation::Remove(RemoveKind::Dir) && race.consequence == Consequence::DataLoss {
        return false;
    }
    // A lock or a socket is somebody's own; a link or a device that both put there serves the one as well as the other.
    if race.consequence == Consequence::DoubleOwner && candidate.refilled_after() {
        return candidate.meaning == Meaning::Claim || names::is_owned(&candidate.place);
    }
    // Who only looks meets a failure, and has no part in what is written later.
    let only_looks = match act.operation {
        Operation::Read | Operation::ReadDir => true,
        Operation::Open(flags) => !flags.write && !flags.create && !flags.create_new,
        _ => false,
    };
    if only_looks && check.effect.operation.is_check() && race.consequence == Consequence::Corruption {
        return race.witness.actor != Actor::Itself;
    }
    !is_mixed_by_writes_alone(candidate, &check.effect, race)
        && is_run_through(candidate, &check.effect, race)
}

/// Whether what is left is a mixture that two who write in place at once leave whatever they removed before.
fn is_mixed_by_writes_alone(candidate: &Candidate, check: &Effect, race: &Race) -> bool {
    let in_place = matches!(candidate.act.effect.operation, Operation::Open(_) | Operation::Write);
    let mixed = race.consequence == Consequence::Corruption && in_place;
    let refilled = candidate.refilled_after() && check.place == candidate.place;
    let removed = race.witness.steps.iter().any(|step| step.site == Some(check.site));
    refilled && mixed && (!removed || race.witness.actor == Actor::Itself)
}

/// Whether one of the two comes through both steps, where that is what the loss rests on.
fn is_run_through(candidate: &Candidate, check: &Effect, race: &Race) -> bool {
    let act = &candidate.act.effect;
    let reads = matches!(check.operation, Operation::Read | Operation::Key(KeyOperation::Get));
    // What changes something else too may lose that.
    let only_uses = act.used().is_some() && act.other_place.is_none();
    if !reads && !only_uses {
        return true;
    }
    // That there is nothing to read is what was asked.
    let asked = candidate.says == Some(Says::Absent);
    let ran = |lane: Lane, site: Site| {
        race.witness.steps.iter().any(|step| {
            let done = !reads || asked || !matches!(step.outcome, StepOutcome::Failed(_));
            step.lane == lane && step.site == Some(site) && (done || site != check.site)
        })
    };
    [Lane::A, Lane::B].into_iter().any(|lane| ran(lane, check.site) && ran(lane, act.site))
}
