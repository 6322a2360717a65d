//! Fields that hold directories which are their owner's alone: whoever sets one closes it to others before.

use super::Program;
use super::graph::each_step;
use crate::flow::{FlowSummary, Kept, Mode, Operation, Place, PlaceKind, Step, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Such fields, by the type that has them and their name.
#[derive(Debug, Default)]
pub(super) struct ClosedFields {
    known: FxHashSet<(String, String)>,
}

impl ClosedFields {
    /// Reads what all files set fields to, and which directories are closed by those who set them.
    pub fn of(program: &Program) -> Self {
        let mut closing: FxHashMap<&str, Vec<&Place>> = FxHashMap::default();
        for (_, function) in program.functions() {
            let places = closed_in(function);
            if !places.is_empty() {
                closing.entry(function.name.as_str()).or_default().extend(places);
            }
        }
        if closing.is_empty() {
            return ClosedFields::default();
        }
        let is_closed = |kept: &Kept| {
            let closed = closing.get(&*kept.by).map_or(&[][..], Vec::as_slice);
            matches!(&kept.value, Value::Place(place) if closed.contains(&place))
        };
        let mut known: FxHashMap<(&str, &str), bool> = FxHashMap::default();
        for kept in program.files.iter().flat_map(|file| &file.kept) {
            let Some(owner) = kept.owner.as_deref() else { continue };
            let all = known.entry((owner, kept.field.as_str())).or_insert(true);
            *all &= is_closed(kept);
        }
        let known = known.into_iter().filter(|(_, all)| *all);
        ClosedFields {
            known: known.map(|((owner, field), _)| (owner.to_owned(), field.to_owned())).collect(),
        }
    }
}

/// The directories that the function closes to others.
fn closed_in(function: &FlowSummary) -> Vec<&Place> {
    let mut found = Vec::new();
    each_step(&function.body, &mut |step| {
        if let Step::Effect(effect) = step
            && matches!(
                effect.operation,
                Operation::CreateDir { private: true, .. }
                    | Operation::SetPermissions(Mode::Private | Mode::Grouped)
            )
        {
            found.push(&effect.place);
        }
    });
    found
}

impl Program {
    /// Whether the place lies in a directory that a field holds, and that is closed to others before it is put there.
    pub fn is_in_closed_field(&self, place: &Place) -> bool {
        let mut above = place;
        while let PlaceKind::Join(base, _) = above.kind() {
            if let PlaceKind::Field { owner: Some(owner), name, .. } = base.kind()
                && self.closed_fields.known.contains(&(owner.to_string(), name.to_string()))
            {
                return true;
            }
            above = base;
        }
        false
    }
}
