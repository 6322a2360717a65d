//! Function literals that are kept: returned, or put into a field, a list or a map for others to call. Nobody here sees when that is, so
//! that each is a function of its own, to which what it captures is handed in like parameters.

use super::calls::Target;
use super::lower::Lowerer;
use super::syntax::{Node, bare, children, span, text};
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{Block, Place, PlaceKind, ResultId, Step};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many literals of one function are looked at.
const MOST: usize = 64;

/// The literals that a function evaluates.
#[derive(Default)]
pub struct Literals<'t> {
    /// Each with the variables that it uses of those around.
    met: Vec<Literal<'t>>,
    /// Those whose bodies were put where they run.
    run: FxHashSet<usize>,
}

/// A function literal, and the variables around it that it uses.
pub struct Literal<'t> {
    /// The literal.
    pub node: Node<'t>,
    /// The variables, as they were where the literal stands.
    pub captured: Vec<(&'t str, Val<'t>)>,
}

impl<'t> Literals<'t> {
    /// Those that nothing here runs, in order.
    pub fn kept(self) -> Vec<Literal<'t>> {
        let Literals { met, run } = self;
        met.into_iter().filter(|literal| !run.contains(&literal.node.id())).collect()
    }
}

impl<'t> Lowerer<'_, 't> {
    /// Notes a literal where it is evaluated.
    pub fn note_literal(&mut self, node: Node<'t>) {
        let known = |literal: &Literal<'t>| literal.node.id() == node.id();
        if self.literals.met.len() >= MOST || self.literals.met.iter().any(known) {
            return;
        }
        let mut captured: FxHashMap<&'t str, Val<'t>> = FxHashMap::default();
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            if node.kind() == "identifier" {
                let name = text(node, self.file.source);
                if let Some(value) = self.local(name).filter(|_| !captured.contains_key(name)) {
                    // What a captured literal uses is captured with it.
                    if let V::Closure(inner) = value.v {
                        pending.push(inner);
                    }
                    captured.insert(name, value.clone());
                }
            }
            pending.extend(children(node));
        }
        let mut captured: Vec<_> = captured.into_iter().collect();
        captured.sort_by_key(|(name, _)| *name);
        self.literals.met.push(Literal { node, captured });
    }

    /// Which mutexes a function gives back that is returned, be it a literal or a method of a value: whoever calls it gives them back.
    pub fn given_back_by(&mut self, function: Node<'t>) -> Vec<ResultId> {
        let function = bare(function);
        if !matches!(function.kind(), "func_literal" | "selector_expression" | "identifier") {
            return Vec::new();
        }
        let (sites, held, diverged) = (self.sites.len(), self.held.clone(), self.diverged);
        let run = self.literals.run.clone();
        let (now, ()) = self.in_block(|this| match this.target(function) {
            Target::Method(receiver, name) => {
                this.call_method(&name, vec![receiver], &[], function);
            }
            Target::Value(value) if matches!(value.v, V::Closure(_)) => {
                this.call_value(&value, Vec::new(), span(function));
            }
            _ => {}
        });
        self.sites.truncate(sites);
        (self.held, self.diverged, self.literals.run) = (held, diverged, run);
        let mut given = Vec::new();
        releases_in(&now, &mut given);
        given.retain(|lock| self.mutexes.contains(lock));
        given
    }

    /// Notes that a literal's body is put in place.
    pub fn note_run(&mut self, node: Node<'t>) {
        self.literals.run.insert(node.id());
    }
}

/// What the block, and those in it, give back.
fn releases_in(block: &Block, found: &mut Vec<ResultId>) {
    for step in &block.steps {
        match step {
            Step::Release(result, _) if !found.contains(result) => found.push(*result),
            Step::Branch(branch) => {
                releases_in(&branch.then, found);
                releases_in(&branch.otherwise, found);
            }
            Step::Loop(body) => releases_in(body, found),
            Step::Frame(frame) => releases_in(&frame.body, found),
            _ => {}
        }
    }
}

/// What a literal that is called later knows of a captured variable for sure: nothing, where that may be set anew until then, or is a
/// number in the function around.
pub fn remembered<'t>(value: &Val<'t>) -> Option<Val<'t>> {
    let stays = match &value.v {
        V::Closure(_) | V::Function(_) => true,
        V::Place(place) => place.is_private() || is_known_everywhere(place),
        _ => false,
    };
    stays.then(|| Val { data: Vec::new(), ..value.clone() })
}

/// The type that a captured variable has as a parameter.
pub fn type_of(value: &Val<'_>) -> Ty {
    match (&value.ty, &value.v) {
        (Ty::Unknown, V::Error(_)) => Ty::Error,
        (Ty::Unknown, V::Cond(_)) => Ty::Bool,
        (ty, _) => ty.clone(),
    }
}

/// Whether the place is the same in all functions of a program, and says where it is.
fn is_known_everywhere(place: &Place) -> bool {
    let mut rooted = false;
    let varies = place.any(&mut |kind| match kind {
        PlaceKind::Root(_) | PlaceKind::Environment(_) => {
            rooted = true;
            false
        }
        PlaceKind::Literal(_) | PlaceKind::Constant(_) | PlaceKind::Join(..) | PlaceKind::Concat(_) => false,
        _ => true,
    });
    rooted && !varies
}
