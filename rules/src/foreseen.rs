//! What can be told of a name beforehand, and by whom: by all who name another path alike, by all of this program, by anybody.

use crate::names;
use fsrace_analyzer::flow::{Place, PlaceKind, Uniqueness};

/// Whether all who name the target alike name this alike: it is made of texts and constants, well-known directories, what the
/// target's own path is made of, and what the same value keeps beside that.
pub fn follows_from(place: &Place, target: &Place) -> bool {
    let mut follows = true;
    atoms(place, &mut |atom| {
        let fixed = match atom.kind() {
            PlaceKind::Root(_) | PlaceKind::Environment(_) => true,
            PlaceKind::Unique(..) | PlaceKind::Private(_) => false,
            _ => atom.is_closed(),
        };
        follows &= fixed || contains(target, atom) || is_kept_beside(atom, target);
    });
    follows
}

/// Whether the value that keeps the target, or a part of it, keeps this in another field: of two such values with the same target, both
/// keep the same here, unless it is a place for the value's own work.
fn is_kept_beside(part: &Place, target: &Place) -> bool {
    let PlaceKind::Field { base: keeper, .. } = part.kind() else { return false };
    let mut beside = false;
    atoms(target, &mut |atom| {
        beside |= matches!(atom.kind(), PlaceKind::Field { base, .. } if base == keeper);
    });
    beside && !names::says_unfinished(part)
}

/// The parts of a path that are not made of parts of a path themselves.
fn atoms(place: &Place, visit: &mut impl FnMut(&Place)) {
    match place.kind() {
        PlaceKind::Join(..)
        | PlaceKind::WithFileName(..)
        | PlaceKind::WithExtension(..)
        | PlaceKind::Concat(_)
        | PlaceKind::Parent(_)
        | PlaceKind::FileName(_)
        | PlaceKind::Stem(_) => place.parts().for_each(|part| atoms(part, visit)),
        _ => visit(place),
    }
}

/// Whether the path is made of this part, among others or alone.
pub fn contains(place: &Place, part: &Place) -> bool {
    place == part || place.parts().any(|inner| contains(inner, part))
}

/// Whether it lies directly in a directory that everybody can write, under a name that can be told beforehand.
pub fn is_foreseen(place: &Place) -> bool {
    if !names::is_open_to_all(place) {
        return false;
    }
    let mut foreseen = true;
    atoms(place, &mut |atom| {
        foreseen &= match atom.kind() {
            PlaceKind::Unique(source, _) => *source != Uniqueness::Instant,
            PlaceKind::Root(_) | PlaceKind::Environment(_) => true,
            PlaceKind::Call { arguments, .. } if !arguments.is_empty() => arguments.iter().all(is_guessed),
            _ => atom.is_closed() || is_guessed(atom),
        };
    });
    foreseen
}

/// Whether the value of a part of a name can be guessed by what it is called: a user, a service, a file that is worked on.
fn is_guessed(part: &Place) -> bool {
    match part.kind() {
        PlaceKind::Parameter { .. } | PlaceKind::Field { .. } => names::is_public_knowledge(part),
        _ => part.is_closed(),
    }
}

/// Whether the name is a text that stands in the source, in a directory that others of this program know.
pub fn is_fixed(place: &Place) -> bool {
    let named = match place.kind() {
        PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) => last.is_closed(),
        _ => false,
    };
    named
        && !place.any(&mut |kind| {
            matches!(kind, PlaceKind::Opaque { .. } | PlaceKind::Result(_) | PlaceKind::Unique(..))
        })
}
