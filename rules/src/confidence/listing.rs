//! How sure it is that somebody removes an entry between the listing of its directory and its use.
//!
//! Nearly every program lists directories, and hardly any expects what it was told to be gone. A word is worth only where entries are
//! known to go: by another function of the program, by another instance of this one, or because the directory is of that kind.

use super::{Reason, Surroundings};
use crate::finding::Confidence;
use crate::names;
use crate::pairs::Candidate;
use fsrace_analyzer::explore::Actor;
use fsrace_analyzer::flow::PlaceKind;

/// Why this actor may remove an entry.
pub fn reason(surroundings: &Surroundings<'_>, actor: Actor, candidate: &Candidate) -> Reason {
    match actor {
        Actor::Itself => Reason::Itself,
        Actor::Remover => {
            let place = &candidate.place;
            let is_another = |u: &crate::evidence::Use| {
                u.function != surroundings.function
                    && surroundings.own.iter().flatten().all(|own| own.function != u.inner.function)
            };
            // Whoever calls a library may remove a directory while another lists it.
            let found = surroundings.evidence.find_entry_removal(place, is_another).or_else(|| {
                surroundings.open.then(|| surroundings.evidence.find_removal(place, is_another)).flatten()
            });
            let mut listed = std::iter::once(place).chain(&surroundings.in_callers);
            let in_flux = listed.find_map(names::in_flux).map(Reason::Named);
            found.map(Reason::Elsewhere).or(in_flux).unwrap_or(Reason::None)
        }
        _ => Reason::None,
    }
}

/// How surely that happens, and why.
pub fn met(candidate: &Candidate, reason: &Reason, surroundings: &Surroundings<'_>) -> (Confidence, String) {
    let (level, why) = match reason {
        Reason::Elsewhere(_) => {
            (Confidence::Medium, "the program elsewhere removes what lies there".to_owned())
        }
        Reason::Named(directory) => {
            (Confidence::Medium, format!("what lies in `{directory}` comes and goes by itself"))
        }
        Reason::Itself if is_for_all_instances(candidate, surroundings) => {
            (Confidence::Medium, "all instances remove what lies there".to_owned())
        }
        Reason::Itself if surroundings.hint(&candidate.place).is_some_and(|hint| hint.cleaned) => {
            (Confidence::Medium, "what lies there is for all instances to clean up".to_owned())
        }
        Reason::Itself => (Confidence::Low, "nothing says that two are there at the same time".to_owned()),
        _ => (Confidence::Low, "nothing is known that removes what lies there".to_owned()),
    };
    (level, why)
}

/// Whether the directory is one of the program's own, below one that all instances know: what lies in that itself is everybody's.
fn is_for_all_instances(candidate: &Candidate, surroundings: &Surroundings<'_>) -> bool {
    let mut listed = std::iter::once(&candidate.place).chain(&surroundings.in_callers);
    listed.any(|place| match place.kind() {
        PlaceKind::Join(directory, _) => {
            matches!(directory.kind(), PlaceKind::Join(..)) && names::shared_root(directory).is_some()
        }
        _ => false,
    })
}
