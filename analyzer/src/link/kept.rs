//! Fields that hold what only this process knows: wherever in the program one is set, it is set to a directory or file that was made under
//! a name of its own, to what lies in one, or to another such field.

use super::{FunctionId, Program};
use crate::flow::{Kept, Place, PlaceKind, Value};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// How often what is known of fields is taken further: each time by one field that is set to another.
const ROUNDS: usize = 6;
/// How many calls a value is followed through.
const CALLS: usize = 3;
/// How deep types are looked for that others are made of.
const BASES: usize = 8;

/// Private fields, by the type that has them and their name.
#[derive(Debug, Default)]
pub(super) struct PrivateFields {
    known: FxHashMap<String, FxHashSet<String>>,
}

/// Whose path a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    /// What the field holds already.
    Same,
    Anybodys,
}

impl PrivateFields {
    /// Reads what all files set fields to.
    pub fn of(program: &Program) -> Self {
        let mut by_name: FxHashMap<&str, Vec<&Kept>> = FxHashMap::default();
        for kept in program.files.iter().flat_map(|file| &file.kept) {
            by_name.entry(kept.field.as_str()).or_default().push(kept);
        }
        // Most names are set to nothing of the kind, or to something else too by whoever has no known type.
        by_name.retain(|_, all| {
            all.iter().any(|kept| kept.value != Value::Opaque)
                && !all.iter().any(|kept| kept.owner.is_none() && kept.value == Value::Opaque)
        });
        let mut names: Vec<&str> = by_name.keys().copied().collect();
        names.sort_unstable();
        let mut found = PrivateFields::default();
        for _ in 0..ROUNDS {
            let news = names.par_iter().flat_map_iter(|name| {
                let all = by_name.get(name).map_or(&[][..], Vec::as_slice);
                let mut owners: Vec<&str> = all.iter().filter_map(|kept| kept.owner.as_deref()).collect();
                owners.sort_unstable();
                owners.dedup();
                let known = &found;
                let is_new = move |owner: &&str| {
                    !known.has(owner, name) && known.is_set_to_its_own(program, all, owner, name)
                };
                owners.into_iter().filter(is_new).map(|owner| (owner.to_owned(), (*name).to_owned()))
            });
            let news: Vec<(String, String)> = news.collect();
            if news.is_empty() {
                break;
            }
            for (owner, name) in news {
                found.known.entry(owner).or_default().insert(name);
            }
        }
        found
    }

    fn has(&self, owner: &str, name: &str) -> bool {
        self.known.get(owner).is_some_and(|names| names.contains(name))
    }

    /// Whether all that the field is set to in values of the type is private, and something is.
    fn is_set_to_its_own(&self, program: &Program, all: &[&Kept], owner: &str, name: &str) -> bool {
        let mut any = false;
        for kept in all {
            let concerned = kept.owner.as_deref().is_none_or(|other| program.are_related(owner, other));
            if !concerned {
                continue;
            }
            match self.whose(program, &kept.by, &kept.value, (owner, name)) {
                Whose::Own => any = true,
                Whose::Same => {}
                Whose::Anybodys => return false,
            }
        }
        any
    }

    fn whose(&self, program: &Program, by: &str, value: &Value, of: (&str, &str)) -> Whose {
        match value {
            Value::Place(place) => {
                if let PlaceKind::Field { name, owner, .. } = place.kind()
                    && **name == *of.1
                    && owner.as_deref().is_none_or(|owner| program.are_related(owner, of.0))
                {
                    return Whose::Same;
                }
                match self.is_own_in(program, program.find(by), place, CALLS) {
                    true => Whose::Own,
                    false => Whose::Anybodys,
                }
            }
            Value::Result(_) => {
                let own = program.find(by).is_some_and(|by| self.is_own_value(program, by, value, CALLS));
                if own { Whose::Own } else { Whose::Anybodys }
            }
            _ => Whose::Anybodys,
        }
    }

    fn is_own_value(&self, program: &Program, by: FunctionId, value: &Value, calls: usize) -> bool {
        match value {
            Value::Place(place) => self.is_own_in(program, Some(by), place, calls),
            Value::Success(inner) => self.is_own_value(program, by, inner, calls),
            Value::Result(result) if calls > 0 => {
                let callee = program.graph.node(by).and_then(|node| node.target(*result));
                let Some(callee) = callee.map(|target| target.function) else { return false };
                let returned = program.graph.node(callee).and_then(|node| node.returned.as_ref());
                returned.is_some_and(|value| self.is_own_value(program, callee, value, calls - 1))
            }
            _ => false,
        }
    }

    /// Whether the place is private, in the terms of a function. What it is given is whoever's that calls it, and not all are known.
    fn is_own_in(&self, program: &Program, by: Option<FunctionId>, place: &Place, calls: usize) -> bool {
        match place.kind() {
            PlaceKind::Field { base, owner, name } => {
                owner.as_deref().is_some_and(|owner| self.is_field(program, owner, name))
                    || self.is_own_in(program, by, base, calls)
            }
            PlaceKind::Join(base, component) => {
                component.is_private() || self.is_own_in(program, by, base, calls)
            }
            PlaceKind::WithFileName(_, component) => component.is_private(),
            PlaceKind::WithExtension(base, _) => self.is_own_in(program, by, base, calls),
            PlaceKind::Concat(parts) => parts.iter().any(|part| self.is_own_in(program, by, part, calls)),
            PlaceKind::Result(result) => {
                by.is_some_and(|by| self.is_own_value(program, by, &Value::Result(*result), calls))
            }
            _ => place.is_private(),
        }
    }

    /// Whether the field of a type is private, its own or one of a type that it is made of.
    fn is_field(&self, program: &Program, owner: &str, name: &str) -> bool {
        !self.known.is_empty() && program.bases(owner).iter().any(|base| self.has(base, name))
    }
}

impl Program {
    /// Whether only this process knows the place: it is private by itself, or it is, or lies below, a field that is only ever set to what
    /// is.
    pub fn is_private(&self, place: &Place) -> bool {
        place.is_private()
            || (!self.private_fields.known.is_empty() && self.private_fields.is_own_in(self, None, place, 0))
    }

    /// The type and those that it is made of, nearest first.
    fn bases<'p>(&'p self, of: &'p str) -> Vec<&'p str> {
        let mut found = vec![of];
        for at in 0..BASES {
            let Some(next) = found.get(at).copied() else { break };
            for base in self.symbols.embedded(next) {
                if !found.contains(&base) {
                    found.push(base);
                }
            }
        }
        found
    }

    /// Whether two types are one, or made of the same one.
    fn are_related(&self, one: &str, other: &str) -> bool {
        // Most types are made of no other.
        let is_alone = |of| self.symbols.embedded(of).next().is_none();
        one == other
            || (!(is_alone(one) && is_alone(other)) && {
                let bases = self.bases(one);
                self.bases(other).iter().any(|base| bases.contains(base))
            })
    }
}
