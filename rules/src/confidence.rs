//! How sure a finding is. All ranking is in this file, so that it can be tuned on real code in one place.

use crate::evidence::{Evidence, Other, Role, Strength};
use crate::finding::Confidence;
use crate::names::{self, Hint};
use crate::pairs::{Candidate, Relation};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Certainty, OnFailure, OpenFlags, Operation, Place, PlaceKind, Root};
use fsrace_analyzer::link::{FunctionId, Location};

/// Why another actor is plausible.
#[derive(Clone, Debug)]
pub enum Reason {
    /// Anything can be started twice.
    Itself,
    /// The program elsewhere does what the actor does.
    Elsewhere(Other),
    /// The name says that places like this are touched by others.
    Named(&'static str),
    /// It lies in a directory that everybody knows.
    SharedRoot(Root),
    /// Whoever may run this function may have created the place in another way.
    Instance,
    /// None is known.
    None,
}

/// What the candidate's surroundings say.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Who does what elsewhere.
    pub evidence: &'a Evidence,
    /// The candidate's function.
    pub function: FunctionId,
    /// The name of that function.
    pub name: &'a str,
    /// Whether it is part of a command that makes something new where the user says.
    pub one_shot: bool,
    /// Whether anybody may call it and nobody here does: a library's function, which two may well call at once.
    pub open: bool,
    /// The candidate's own effects, which are no evidence of another side.
    pub own: [Option<Location>; 2],
}

impl Surroundings<'_> {
    /// Why this actor may run beside the candidate.
    pub fn reason(&self, actor: Actor, candidate: &Candidate) -> Reason {
        let place = &candidate.place;
        let hint = self.hint(place);
        let elsewhere =
            |roles: &[Role]| self.evidence.find(place, roles, |u| !self.own.contains(&Some(u.inner)));
        // What the act's own function does besides is no other side.
        let [acting, _] = self.own.map(|own| own.map(|location| location.function));
        let in_another = |roles: &[Role]| {
            self.evidence.find(place, roles, |u| {
                u.function != self.function && Some(u.function) != acting && Some(u.inner.function) != acting
            })
        };
        let named = |accept: fn(&Hint) -> bool| hint.filter(accept).map(|h| Reason::Named(h.word));
        match actor {
            Actor::Itself | Actor::ItselfThread | Actor::Task => Some(Reason::Itself),
            Actor::Creator => in_another(&[Role::Creates]).map(Reason::Elsewhere).or(Some(Reason::Instance)),
            Actor::Remover => self
                .evidence
                .find_removal(place, |u| !self.own.contains(&Some(u.inner)))
                .map(Reason::Elsewhere)
                .or_else(|| named(|h| h.removable))
                .or_else(|| {
                    (names::shared_root(place) == Some(Root::Temp)).then_some(Reason::SharedRoot(Root::Temp))
                }),
            Actor::Reader => {
                let found = in_another(&[Role::Reads]);
                // Who only asks whether it is there takes it for whole, if it is this very place.
                let asked = in_another(&[Role::Checks]).filter(|other| other.strength == Strength::Full);
                let sure = found.clone().filter(|other| other.strength > Strength::Computed).or(asked);
                sure.map(Reason::Elsewhere)
                    .or_else(|| named(|h| !h.scratch))
                    .or_else(|| names::shared_root(place).map(Reason::SharedRoot))
                    .or_else(|| found.map(Reason::Elsewhere))
            }
            Actor::Updater => elsewhere(&[Role::Writes, Role::Replaces]).map(Reason::Elsewhere),
            Actor::Replacer => elsewhere(&[Role::Replaces]).map(Reason::Elsewhere),
            Actor::Acquirer => named(|h| h.lock).or_else(|| {
                matches!(candidate.act.effect.operation, Operation::Open(OpenFlags { create_new: true, .. }))
                    .then_some(Reason::Instance)
            }),
            Actor::Attacker | Actor::Stranger => None,
        }
        .unwrap_or(Reason::None)
    }

    /// What names say: the place's own, or the function's where the place is only passed in.
    fn hint(&self, place: &Place) -> Option<Hint> {
        names::hint(place).or_else(|| {
            let passed_in = place.any(&mut |kind| matches!(kind, PlaceKind::Parameter { .. }));
            passed_in.then(|| names::hint_in(names::last(self.name))).flatten()
        })
    }

    /// Whether the place is shared on evidence: other functions use its class, or it lies in a well-known root.
    fn is_shared(&self, place: &Place) -> bool {
        const ALL: [Role; 7] = [
            Role::Reads,
            Role::Checks,
            Role::Creates,
            Role::Writes,
            Role::Replaces,
            Role::Removes,
            Role::RemovesTree,
        ];
        names::shared_root(place).is_some()
            || self
                .evidence
                .find(place, &ALL, |u| u.function != self.function)
                .is_some_and(|o| o.strength == Strength::Full)
    }
}

/// Judges one race, with the sentences that say why.
pub fn judge(
    candidate: &Candidate,
    race: &Race,
    reason: &Reason,
    surroundings: &Surroundings<'_>,
) -> (Confidence, Vec<String>) {
    let place = &candidate.place;
    let shared = surroundings.is_shared(place);
    let mut verdict = Verdict { level: Confidence::High, reasons: Vec::new() };

    let (level, why) = match reason {
        Reason::Itself if shared => {
            (Confidence::High, "the place is shared: other code uses it too".to_owned())
        }
        Reason::Itself => (Confidence::Medium, "the function may run twice at the same time".to_owned()),
        Reason::Elsewhere(other) if other.strength == Strength::Full => {
            (Confidence::High, "the program elsewhere is the other side".to_owned())
        }
        Reason::Elsewhere(other) if other.strength == Strength::Name => {
            // A name alone, without a check that shows a second thought about others, says something within one file only.
            let near = surroundings.own.iter().flatten().any(|own| own.file == other.found.location.file);
            let level = if candidate.check.is_some() || near { Confidence::Medium } else { Confidence::Low };
            (level, "the program elsewhere uses a file of this name".to_owned())
        }
        // Without a check that shows a second thought about others, a path of the same making is not enough.
        Reason::Elsewhere(_) => {
            let level = if candidate.check.is_some() { Confidence::Medium } else { Confidence::Low };
            (level, "the program elsewhere uses paths that are made like this one".to_owned())
        }
        Reason::Named(word) => {
            // Without a check that shows a second thought about others, what a variable is called is not enough.
            let written = names::written_hint(place).is_some();
            let level =
                if candidate.check.is_some() || written { Confidence::Medium } else { Confidence::Low };
            (level, format!("the name says `{word}`, which others touch"))
        }
        Reason::SharedRoot(root) => {
            (Confidence::Medium, format!("it lies in the {} directory", format!("{root:?}").to_lowercase()))
        }
        Reason::Instance => (Confidence::Medium, "another instance may create it".to_owned()),
        Reason::None => (Confidence::Low, "nothing is known that does this to the place".to_owned()),
    };
    verdict.at_most(level, &why);

    if surroundings.one_shot && !shared {
        verdict.at_most(Confidence::Low, "a command that makes something new where its user says");
    }
    let fatal = candidate.act.effect.on_failure == OnFailure::Panic;
    if race.consequence == Consequence::SpuriousFailure
        && !fatal
        && !surroundings.open
        && !shared
        && !matches!(reason, Reason::Elsewhere(_))
        && surroundings.hint(place).is_none()
    {
        verdict.at_most(Confidence::Low, "nothing is lost but an error that a second try does not meet");
    }
    if place.any(&mut |kind| matches!(kind, PlaceKind::Unique(..))) {
        verdict.at_most(Confidence::Low, "the name differs from run to run");
    }
    let presumed = [Some(&candidate.act), candidate.check.as_ref()]
        .into_iter()
        .flatten()
        .any(|point| point.effect.certainty == Certainty::Presumed);
    let opaque = place.any(&mut |kind| matches!(kind, PlaceKind::Opaque { .. } | PlaceKind::Result(_)));
    match (presumed, opaque) {
        (true, true) => verdict.at_most(Confidence::Low, "neither the path nor the operation is fully known"),
        (true, false) => {
            verdict.at_most(Confidence::Medium, "an operation is known by its method's name only")
        }
        (false, true) => verdict.at_most(Confidence::Medium, "the path is not fully known"),
        (false, false) => {}
    }
    if candidate.relation != Relation::Same {
        let level =
            if shared || surroundings.hint(place).is_some() { Confidence::Medium } else { Confidence::Low };
        verdict.at_most(level, "the check is of something below the place acted on");
    }
    if !candidate.certain {
        verdict.at_most(Confidence::Medium, "the check is one of several reasons to act");
    }
    if candidate.locked && !matches!(reason, Reason::Itself) {
        verdict.at_most(Confidence::Low, "a lock is held: others that take it too are safe");
    }
    (verdict.level, verdict.reasons)
}

struct Verdict {
    level: Confidence,
    reasons: Vec<String>,
}

impl Verdict {
    fn at_most(&mut self, level: Confidence, why: &str) {
        self.level = self.level.min(level);
        self.reasons.push(why.to_owned());
    }
}
