//! Lists that are filled with what was listed of a directory: whoever goes through such a list later goes by what the listing has told,
//! as who goes through the listing itself.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{V, Val};
use crate::language::listing::Listing;
use ruff_python_ast::Expr;
use std::rc::Rc;

impl<'t> Lowerer<'_, 't> {
    /// What a comprehension over one thing makes a list of, if that is what was listed.
    pub fn listed(&self, element: &Val<'t>) -> Option<V<'t>> {
        let V::Place(place) = &element.v else { return None };
        let listing = self.gathered(place)?;
        Some(V::Listed(Some(Rc::new(listing))))
    }

    /// Calls a method on the variable of this name that puts something into it.
    pub fn put_in(&mut self, name: &str, method: &str, receiver: &Val<'t>, given: &[&Val<'t>]) {
        let filled = match (given, method) {
            ([one], "append" | "add") => self.listed(one),
            ([many], "extend" | "update") => Some(many.v.clone()),
            _ => None,
        };
        let filled = filled.and_then(|more| both_listed(&receiver.v, &more));
        let data: Vec<_> = given.iter().flat_map(|value| value.provenance()).collect();
        self.taint(name, &data);
        if let (Some(v), Some(known)) = (filled, self.local(name)) {
            let known = known.clone();
            self.assign(name, Val { v, ..known });
        }
    }

    /// Begins a loop that puts something into a list that is empty: whatever it holds in a round was put there by another.
    pub fn begin_empty(&mut self, name: &str) -> bool {
        let Some(known) = self.local(name) else { return false };
        let is_empty = match &known.v {
            V::List(items) => items.is_empty(),
            V::Listed(_) => true,
            _ => false,
        };
        if is_empty && matches!(known.v, V::List(_)) {
            let known = known.clone();
            self.assign(name, Val { v: V::Listed(None), ..known });
        }
        is_empty
    }

    /// Binds a directory and the names in it, where those are gone through one by one.
    pub fn bind_directory(&mut self, targets: &'t [Expr], iterated: &Val<'t>) -> bool {
        let (V::Result(listing), [Expr::Name(name), others @ ..]) = (&iterated.v, targets) else {
            return false;
        };
        let Some((directory, names)) = self.next_directory(*listing, &name.id) else { return false };
        self.assign(&name.id, Val::place(directory, iterated.ty.element()));
        let names = Rc::new(names);
        for other in others.iter().take(2) {
            let v = V::Listed(Some(Rc::clone(&names)));
            self.set(other, Val::new(v, Ty::Sequence(Ty::Text.into())));
        }
        for other in others.iter().skip(2) {
            self.set(other, Val { v: V::Opaque, ty: Ty::Unknown, data: iterated.provenance() });
        }
        true
    }
}

/// The list of what two lists hold.
pub fn both_listed<'t>(one: &V<'t>, other: &V<'t>) -> Option<V<'t>> {
    let of = |v: &V<'t>| -> Option<Option<Rc<Listing>>> {
        match v {
            V::Listed(listing) => Some(listing.clone()),
            V::List(items) if items.is_empty() => Some(None),
            _ => None,
        }
    };
    let (one, other) = (of(one)?, of(other)?);
    let is_same = one.is_none() || other.is_none() || one == other;
    is_same.then(|| V::Listed(one.or(other)))
}
