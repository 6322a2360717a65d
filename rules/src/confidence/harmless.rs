//! What nobody would miss: races that are there, and cost too little to be told of by default.

use super::{
    Loss, Reason, Surroundings, is_of_its_own, is_published, makes_directory, only_removes, overwrites,
    updates,
};
use crate::evidence::{Role, Strength, Use};
use crate::names;
use crate::pairs::{Candidate, Meaning};
use crate::trace::Says;
use fsrace_analyzer::explore::{Actor, Consequence};
use fsrace_analyzer::flow::{Operation, Place, PlaceKind, Root, Uniqueness};
use fsrace_analyzer::language::is_own_file;

/// Why nobody would miss what is lost, if that is so.
pub fn reason(
    candidate: &Candidate,
    loss: Loss,
    reason: &Reason,
    surroundings: &Surroundings<'_>,
    shared: bool,
) -> Option<&'static str> {
    let place = &candidate.place;
    let for_all = loss.actor == Actor::Attacker || loss.consequence == Consequence::DoubleOwner;
    if !for_all
        && !empties_before_a_lock(candidate)
        && (candidate.constant
            || (candidate.told
                && matches!(loss.consequence, Consequence::DataLoss | Consequence::Corruption)))
        // A library's caller may hand in a path that something else writes to, but none under this very moment's name.
        && (!surroundings.open
            || (candidate.same_tick && is_told_by_time(place))
            || (candidate.says == Some(Says::Absent) && is_of_its_own(place)))
        && !surroundings.has_other_writer(candidate)
    {
        return Some("what is written is the same whoever writes it");
    }
    // Of two that start at once the second has the socket, as it has where it starts later. Where the program itself connects, it may be
    // bound anew while others are at it.
    if candidate.socket
        && matches!(reason, Reason::Itself | Reason::Instance)
        && loss.actor != Actor::Attacker
        && !matches!(surroundings.reason(Actor::Reader, candidate), Reason::Elsewhere(_))
    {
        return Some(
            "what listens there is started once, and takes the place of what an earlier run has left",
        );
    }
    if !for_all && names::is_picked(place) {
        return Some("a person has picked it just before");
    }
    let alone = matches!(reason, Reason::Itself | Reason::Instance);
    // Who claims a place by copying something there wants to be the only one.
    if (matches!(loss.consequence, Consequence::DataLoss | Consequence::DoubleOwner)
        || (loss.consequence == Consequence::Corruption && loss.actor != Actor::Reader))
        && candidate.meaning != Meaning::Claim
        && loss.actor != Actor::Acquirer
        && !candidate.copied.is_empty()
        // What a package brings with it is the same for all who have it, whoever calls.
        && (!surroundings.open
            || (alone && candidate.copied.iter().all(|source| is_brought_along(source) || is_looked_up(source, place))))
        && !candidate.copied.iter().any(|source| source == place || surroundings.is_made_here(source, place))
        && !surroundings.has_other_writer(candidate)
    {
        return Some("what is copied is the same whoever copies it");
    }
    // rename(2) fails with ENOTEMPTY, and what it replaces held nothing.
    if matches!(candidate.act.effect.operation, Operation::Rename { .. })
        && candidate.act.effect.other_place.as_ref() == Some(place)
        && loss.consequence == Consequence::DataLoss
        && surroundings.evidence.is_directory(&candidate.act.effect.place)
    {
        return Some("a directory takes the place of none that holds anything");
    }
    // Moved into place whole, so that nobody meets half of it.
    if matches!(candidate.act.effect.operation, Operation::Rename { .. })
        && candidate.act.effect.other_place.as_ref() == Some(place)
        && loss.consequence != Consequence::SpuriousFailure
        && names::is_content_addressed(place)
    {
        return Some("its name is computed from its content, which is the same whoever puts it there");
    }
    if is_published(candidate)
        && loss.consequence == Consequence::DataLoss
        && !matches!(reason, Reason::Elsewhere(other) if other.strength > Strength::Computed)
        && !surroundings.has_other_writer(candidate)
    {
        return Some("whoever comes second puts its own there, whole, and is content with either");
    }
    // Whoever finds it as it is to be leaves it, and of the others each makes the same of what it read.
    if updates(candidate)
        && candidate.judged
        && matches!(reason, Reason::Itself | Reason::Instance | Reason::SideBySide)
        && candidate.copied.iter().all(|source| source == place)
        && !candidate.copied.is_empty()
        && !for_all
    {
        return Some("what is made of it is the same whoever makes it");
    }
    // Half of it is none to who reads it, who makes it anew, and not of what was read.
    if updates(candidate)
        && candidate.says.is_some()
        && candidate.heals
        && loss.consequence == Consequence::Corruption
        && (!surroundings.open || is_of_its_own(place))
        && !surroundings.is_read_strictly(candidate)
    {
        return Some("what makes no sense is made anew, and nobody is known to read it who minds");
    }
    let kept = surroundings.is_kept_by_the_program(place);
    // Who takes a lock, of whatever extent, does it for others.
    let expected = candidate.cover.is_broken() || surroundings.is_locked_elsewhere(candidate);
    if updates(candidate) && !surroundings.open && !expected && !for_all {
        if candidate.heals && surroundings.hint(place).is_some_and(|hint| hint.cleaned) {
            return Some("what makes no sense is made anew, so that little is lost");
        }
        if !kept {
            return Some("it is read and written back by a command that a person gives");
        }
    }
    // Many at once are served, but nobody's settings are written by many.
    let edited = surroundings.hint(place).is_some_and(|hint| hint.edited);
    // Every run looks into the directories that all know; into a project's own, whoever works on that.
    let known = matches!(reason, Reason::Elsewhere(other) if other.strength == Strength::Full)
        && (names::shared_root(place).is_some() || surroundings.is_shared_by_callers());
    let run = matches!(reason, Reason::Run);
    if overwrites(candidate, loss)
        && !known
        && !run
        && !surroundings.open
        && (!surroundings.is_async || edited)
        && !kept
    {
        return Some("it is written at once, by a command that a person gives");
    }
    if loss.consequence != Consequence::SpuriousFailure {
        return None;
    }
    let exclusive = match candidate.act.effect.operation {
        Operation::CreateDir { all, .. } => !all,
        Operation::Populate { fresh } => fresh,
        Operation::Open(flags) => flags.create_new,
        _ => false,
    };
    if exclusive && candidate.refuses && candidate.says == Some(Says::Absent) {
        return Some("whoever comes second is told so, by the check or by the act");
    }
    // An error for one of two that begin within microseconds.
    let removes = only_removes(candidate);
    let asked = candidate.says.is_some() || (!kept && !candidate.refilled);
    // Whoever works in a repository that all instances share is in the way of the next.
    let awaited = candidate.act.effect.operation == Operation::Update && names::shared_root(place).is_some();
    if asked
        && !removes
        && alone
        && !candidate.long
        && !surroundings.open
        && !awaited
        && !makes_directory(candidate)
    {
        return Some("nothing is lost but an error");
    }
    // Whoever is known to call it wants it gone; of those who may, nothing is known.
    let uncalled = surroundings.open && surroundings.is_uncalled();
    let wanted = candidate.refilled && (candidate.long || surroundings.open);
    // Between two tasks of one thread nobody comes, and other code that uses the place may be another process.
    let met = shared && !surroundings.is_async && matches!(reason, Reason::Itself);
    let beside = met || matches!(reason, Reason::SideBySide);
    if removes && !uncalled && !wanted && !beside && !surroundings.is_claimed_by_existence(place) {
        return Some("what was to be removed is gone, and nothing is lost but an error");
    }
    let cleaned = surroundings.hint(place).is_some_and(|hint| hint.cleaned);
    let uses = candidate.says == Some(Says::Present);
    if loss.actor == Actor::Remover && uses && !cleaned && !surroundings.is_async && !surroundings.open {
        return Some("only a person who removes it in that very moment would see an error");
    }
    None
}

impl Surroundings<'_> {
    /// Whether the program is known to make the file, or change what it holds, so that it may be another one each time. Where its copy has
    /// the same name, a name tells nothing.
    fn is_made_here(&self, place: &Place, copy: &Place) -> bool {
        const MAKES: [Role; 3] = [Role::Writes, Role::Replaces, Role::Creates];
        let is_another = |u: &Use| !self.own.contains(&Some(u.inner));
        let named = match (place.kind(), copy.kind()) {
            (PlaceKind::Join(_, name), PlaceKind::Join(_, other)) if name == other => Strength::Name,
            _ => Strength::Computed,
        };
        self.evidence.find(place, &MAKES, is_another).is_some_and(|o| o.strength > named)
    }

    /// Whether somebody is known to read the place who does not cope with half of it.
    fn is_read_strictly(&self, candidate: &Candidate) -> bool {
        let read = candidate.check.as_ref().and_then(|check| self.program.location(check.effect.site));
        let strict = |u: &Use| !u.tolerant && !u.lists && Some(u.inner) != read;
        self.evidence
            .find(&candidate.place, &[Role::Reads], strict)
            .is_some_and(|other| other.strength > Strength::Computed)
    }
}

/// Whether the file is emptied before a lock is taken: who then finds another in it writes nothing, whatever that would have been.
fn empties_before_a_lock(candidate: &Candidate) -> bool {
    candidate.cover.is_broken()
        && matches!(candidate.act.effect.operation, Operation::Open(flags) if flags.truncate)
}

/// Whether the file is one that lies beside the program's own, or where systems install programs.
fn is_brought_along(place: &Place) -> bool {
    place.any(&mut |kind| match kind {
        PlaceKind::Root(Root::Executable) => true,
        PlaceKind::Literal(text) => text.starts_with("/usr/"),
        PlaceKind::Constant(name) | PlaceKind::Call { callee: name, .. } => is_own_file(name),
        _ => false,
    })
}

/// Whether it is the file of the same name that the code names, in a folder which no caller names: a template that is looked for.
fn is_looked_up(source: &Place, copy: &Place) -> bool {
    let (PlaceKind::Join(folder, name), PlaceKind::Join(_, other)) = (source.kind(), copy.kind()) else {
        return false;
    };
    name == other
        && name.is_closed()
        && !folder.any(&mut |kind| {
            matches!(kind, PlaceKind::Parameter { .. } | PlaceKind::Field { .. } | PlaceKind::Result(_))
        })
}

/// Whether the time is in the file's own name: of a folder that two share, who knows what else they put there.
fn is_told_by_time(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) => {
            last.any(&mut |kind| matches!(kind, PlaceKind::Unique(Uniqueness::Time, _)))
        }
        _ => false,
    }
}
