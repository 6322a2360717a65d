//! Texts put together from parts, as places.

use crate::flow::{Place, PlaceKind, ResultId};

/// Parts of a text as one place: a `/` in the text joins, so that a format of `{dir}/x` is `dir` joined with `x`.
pub fn concat(parts: Vec<Place>) -> Place {
    let mut components: Vec<Vec<Place>> = vec![Vec::new()];
    for part in parts {
        let PlaceKind::Literal(text) = part.kind() else {
            if let Some(last) = components.last_mut() {
                last.push(part);
            }
            continue;
        };
        for (at, piece) in text.split('/').enumerate() {
            if at > 0 {
                components.push(Vec::new());
            }
            if !piece.is_empty()
                && let Some(last) = components.last_mut()
            {
                last.push(Place::literal(piece));
            }
        }
    }
    let absolute = components.len() > 1 && components.first().is_some_and(Vec::is_empty);
    let mut components = components.into_iter().filter(|c| !c.is_empty()).map(|mut c| match c.len() {
        1 => c.swap_remove(0),
        _ => Place::new(PlaceKind::Concat(c)),
    });
    let Some(first) = components.next() else { return Place::literal("/") };
    let first = match (absolute, first.kind()) {
        (true, PlaceKind::Literal(text)) => Place::literal(&format!("/{text}")),
        (true, _) => Place::literal("/").join(&first),
        _ => first,
    };
    components.fold(first, |base, part| base.join(&part))
}

/// What content is that is settled but for these leaves and for so many reads, all of which must be known: the place that it is known by where
/// that says it all.
pub fn made(known: Option<&Place>, leaves: Vec<Place>, reads: usize, read: Vec<ResultId>) -> Option<Place> {
    let says_all = |place: &&Place| {
        !leaves.is_empty() && !place.any(&mut |kind| matches!(kind, PlaceKind::Opaque { .. }))
    };
    if let Some(place) = known.filter(says_all) {
        return Some(place.clone());
    }
    let mut of = leaves;
    if reads > 0 {
        if read.len() < reads {
            return None;
        }
        of.extend(read.into_iter().map(|read| Place::new(PlaceKind::Result(read))));
    }
    Some(Place::made(of))
}
