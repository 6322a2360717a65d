//! What an expression is worth to the flow: an abstract value, its type, and the reads that its data derives from.

use super::types::Ty;
use crate::flow::{Condition, ErrorKind, Kinds, OpenFlags, Place, PlaceKind, ResultId, Uniqueness, Value};
use crate::language::command::CommandLine;
use crate::language::conditions::{add_data, any, with_rest};
use crate::language::listing::Listing;
use crate::language::models::LockFlags;
use crate::language::steps::MOST_PARTS;
use ruff_python_ast::{ExprLambda, StmtFunctionDef};
use std::rc::Rc;

/// An abstract value with its type and provenance.
#[derive(Clone, Debug, Default)]
pub struct Val<'t> {
    /// What it is.
    pub v: V<'t>,
    /// Its type.
    pub ty: Ty,
    /// Results whose data it derives from.
    pub data: Vec<ResultId>,
}

/// The forms of an abstract value.
#[derive(Clone, Debug, Default)]
pub enum V<'t> {
    /// Nothing known.
    #[default]
    Opaque,
    /// A path, a text, or a value known by name (a parameter, an attribute).
    Place(Place),
    /// What an effect or call returned.
    Result(ResultId),
    /// A boolean.
    Cond(Condition),
    /// The exception that one of these results failed with, the one that did.
    Error(Rc<[ResultId]>),
    /// The `errno` of such an exception.
    Errno(Rc<[ResultId]>),
    /// A number of `errno`.
    Kind(ErrorKind),
    /// `None`.
    None,
    /// How a file is opened.
    Flags(OpenFlags),
    /// What is asked of flock(2).
    Lock(LockFlags),
    /// A number: the bits of a mode.
    Number(u32),
    /// An object or a mapping, as far as its parts are known.
    Struct(Vec<(String, Val<'t>)>),
    /// The elements of a list or tuple that is written down.
    List(Vec<Val<'t>>),
    /// A list that holds what was listed of a directory, and nothing else; that of an empty one, nothing yet.
    Listed(Option<Rc<Listing>>),
    /// One list or the other, by the condition.
    Either(Rc<(Condition, Val<'t>, Val<'t>)>),
    /// A function that is defined within another, or a lambda.
    Closure(Closure<'t>),
    /// A function that is handed to a call, which may run it: whether it does is the unknown of this number.
    Handed(u32),
    /// A module, class, function or variable by qualified name.
    Name(Rc<str>),
    /// A method of a value.
    Bound(Rc<(Val<'t>, String)>),
    /// A function with its first arguments given.
    Partial(Rc<(Val<'t>, Vec<Val<'t>>)>),
    /// A command under construction.
    Command(Rc<CommandLine>),
}

/// A function without a name of its own in its module.
#[derive(Clone, Copy, Debug)]
pub enum Closure<'t> {
    /// `def` within another function.
    Def(&'t StmtFunctionDef),
    /// `lambda`.
    Lambda(&'t ExprLambda),
}

impl Closure<'_> {
    /// Whether both are the same piece of the text.
    fn same(self, other: Self) -> bool {
        match (self, other) {
            (Closure::Def(a), Closure::Def(b)) => std::ptr::eq(a, b),
            (Closure::Lambda(a), Closure::Lambda(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }
}

impl<'t> Val<'t> {
    /// An unknown value.
    pub fn opaque() -> Self {
        Val::default()
    }

    /// Whether it is a text that is drawn by lot.
    pub fn is_random(&self) -> bool {
        matches!(&self.v, V::Place(place) if matches!(place.kind(), PlaceKind::Unique(Uniqueness::Random, _)))
    }

    /// The value; one of unknown parts, from the same data, where it has too many to be copied whenever it is looked at.
    #[must_use]
    pub fn bounded(self) -> Self {
        let mut left = MOST_PARTS;
        if self.fits(&mut left) {
            return self;
        }
        let data = self.observed();
        Val { v: V::Opaque, data, ..self }
    }

    /// Whether it has no more parts than are left.
    fn fits(&self, left: &mut usize) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return false };
        *left = fewer;
        match &self.v {
            V::Struct(fields) => fields.iter().all(|(_, v)| v.fits(left)),
            V::List(items) => items.iter().all(|v| v.fits(left)),
            V::Either(choice) => choice.1.fits(left) && choice.2.fits(left),
            V::Bound(bound) => bound.0.fits(left),
            V::Partial(partial) => partial.0.fits(left) && partial.1.iter().all(|v| v.fits(left)),
            _ => true,
        }
    }

    /// A value of this form and type.
    pub fn new(v: V<'t>, ty: Ty) -> Self {
        Val { v, ty, data: Vec::new() }
    }

    /// A place of this type.
    pub fn place(place: Place, ty: Ty) -> Self {
        Val::new(V::Place(place), ty)
    }

    /// A text that is written down.
    pub fn text(text: &str) -> Self {
        Val::place(Place::literal(text), Ty::Text)
    }

    /// A boolean.
    pub fn cond(condition: Condition) -> Self {
        Val::new(V::Cond(condition), Ty::Bool)
    }

    /// The same value, deriving from these results too.
    #[must_use]
    pub fn with_data(mut self, data: &[ResultId]) -> Self {
        add_data(&mut self.data, data);
        self
    }

    /// The text, where it is written down.
    pub fn literal(&self) -> Option<&str> {
        match &self.v {
            V::Place(place) => crate::language::command::literal(place),
            _ => None,
        }
    }

    /// Whether it is false, zero or none for sure (`Some(true)`), or anything else for all that is known.
    pub fn is_off(&self) -> bool {
        match &self.v {
            V::None | V::Number(0) | V::Cond(Condition::Constant(false)) => true,
            V::List(items) => items.is_empty(),
            _ => self.literal() == Some(""),
        }
    }

    /// The results that the value depends on in any way: what a decision on it observed.
    pub fn observed(&self) -> Vec<ResultId> {
        let mut found = self.data.clone();
        match &self.v {
            V::Result(r) => add_data(&mut found, &[*r]),
            V::Cond(c) => c.results(&mut |r| add_data(&mut found, &[r])),
            V::Error(of) | V::Errno(of) => add_data(&mut found, of),
            V::Struct(fields) => fields.iter().for_each(|(_, v)| add_data(&mut found, &v.observed())),
            V::List(items) => items.iter().for_each(|v| add_data(&mut found, &v.observed())),
            V::Either(choice) => {
                choice.0.results(&mut |r| add_data(&mut found, &[r]));
                [&choice.1, &choice.2].into_iter().for_each(|v| add_data(&mut found, &v.observed()));
            }
            V::Place(p) => p.results(&mut |r| add_data(&mut found, &[r])),
            _ => {}
        }
        found
    }

    /// The results that the value's data comes from, parameters included: parameter `i` passes its data as result `i`.
    pub fn provenance(&self) -> Vec<ResultId> {
        let mut found = self.observed();
        if let V::Place(p) = &self.v {
            p.parameters(&mut |index| add_data(&mut found, &[ResultId(index)]));
        }
        found
    }

    /// The value as one that stands for what a call leaves out: a list in which nothing is says as much, and nobody has put anything
    /// into it since.
    #[must_use]
    pub fn left_out(self) -> Self {
        match &self.v {
            V::List(items) if items.is_empty() && self.data.is_empty() => {
                Val { v: V::Place(Place::literal("")), ..self }
            }
            _ => self,
        }
    }

    /// The value as a call is given it: a variable that holds data of earlier reads is known by its name too.
    pub fn to_argument(&self) -> Value {
        match &self.v {
            V::Place(p) if matches!(p.kind(), PlaceKind::Opaque { .. }) && !self.data.is_empty() => {
                Value::Variable(p.clone(), self.data.clone())
            }
            _ => self.to_flow(),
        }
    }

    /// The value as the flow form keeps it.
    pub fn to_flow(&self) -> Value {
        match &self.v {
            // A variable that holds data of earlier reads is known by them, not by its name.
            V::Place(p) if matches!(p.kind(), PlaceKind::Opaque { .. }) && !self.data.is_empty() => {
                Value::Derived(self.data.clone())
            }
            V::Place(p) => Value::Place(p.clone()),
            V::Name(name) => Value::Place(Place::new(PlaceKind::Constant(name.to_string().into()))),
            V::Result(r) => Value::Result(*r),
            V::Cond(c) => Value::Condition(c.clone()),
            V::Error(of) => Value::Failure(of.last().copied()),
            V::None => Value::Condition(Condition::Constant(false)),
            V::Flags(f) => Value::Flags(*f),
            V::Handed(id) => Value::Code { id: *id, data: self.data.clone() },
            V::Struct(fields) => match structure(fields.iter().map(|(name, value)| (name.clone(), value))) {
                Value::Opaque if !self.data.is_empty() => Value::Derived(self.data.clone()),
                Value::Structure(known) => {
                    with_rest(known, &self.data, fields.iter().flat_map(|(_, field)| field.provenance()))
                }
                known => known,
            },
            V::List(items) => {
                match structure(items.iter().enumerate().map(|(i, value)| (i.to_string(), value))) {
                    Value::Opaque if !self.data.is_empty() => Value::Derived(self.data.clone()),
                    known => known,
                }
            }
            _ if self.data.is_empty() => Value::Opaque,
            _ => Value::Derived(self.data.clone()),
        }
    }

    /// Whether both are known to be the same value.
    pub fn same(&self, other: &Val<'t>) -> bool {
        match (&self.v, &other.v) {
            (V::Place(a), V::Place(b)) => a == b,
            (V::Result(a), V::Result(b)) => a == b && self.ty == other.ty,
            (V::Cond(a), V::Cond(b)) => a == b,
            (V::Error(a), V::Error(b)) | (V::Errno(a), V::Errno(b)) => a == b,
            (V::Kind(a), V::Kind(b)) => a == b,
            (V::Flags(a), V::Flags(b)) => a == b,
            (V::Lock(a), V::Lock(b)) => a == b,
            (V::Number(a), V::Number(b)) => a == b,
            (V::None, V::None) => true,
            (V::Name(a), V::Name(b)) => a == b,
            (V::Closure(a), V::Closure(b)) => a.same(*b),
            (V::Bound(a), V::Bound(b)) => Rc::ptr_eq(a, b),
            (V::Partial(a), V::Partial(b)) => Rc::ptr_eq(a, b),
            (V::Either(a), V::Either(b)) => Rc::ptr_eq(a, b),
            (V::Command(a), V::Command(b)) => Rc::ptr_eq(a, b),
            (V::Listed(a), V::Listed(b)) => a == b,
            (V::Opaque, V::Opaque) => self.ty == other.ty,
            (V::Struct(a), V::Struct(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.same(&b.1))
            }
            (V::List(a), V::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            _ => false,
        }
    }
}

/// That one of these results failed in one of these ways.
pub fn one_failed(of: &[ResultId], kinds: Kinds) -> Condition {
    any(of.iter().map(|r| Condition::Failed(*r, kinds)).collect())
}

/// A structure of what matters among these.
fn structure<'v, 't: 'v>(fields: impl Iterator<Item = (String, &'v Val<'t>)>) -> Value {
    let fields: Vec<(String, Value)> = fields
        .map(|(name, value)| (name, value.to_flow()))
        .filter(|(_, value)| *value != Value::Opaque)
        .collect();
    if fields.is_empty() { Value::Opaque } else { Value::Structure(fields) }
}
