//! What an expression is worth to the flow: an abstract value, its type, and the reads that its data derives from.

use super::syntax::Node;
use super::types::Ty;
use crate::flow::{Condition, ErrorKind, Kinds, OpenFlags, Place, PlaceKind, ResultId, Value};
use crate::language::command::CommandLine;
use crate::language::conditions::{add_data, failed, with_rest};
use crate::language::models::LockFlags;
use crate::language::steps::MOST_PARTS;
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
    /// A path, a text, or a value known by name (a parameter, a field).
    Place(Place),
    /// What an effect or call returned: the value that comes with its error, or the only one.
    Result(ResultId),
    /// A boolean.
    Cond(Condition),
    /// An error, or none.
    Error(Box<Failure>),
    /// An error that stands for a kind: `os.ErrNotExist`, `syscall.ENOENT`.
    Kind(ErrorKind),
    /// `nil`, of whatever type.
    Nil,
    /// How a file is opened.
    Flags(OpenFlags),
    /// What is asked of flock(2).
    Lock(LockFlags),
    /// What is asked of flock(2) where the condition holds, and where it does not.
    Locks(Box<(Condition, LockFlags, LockFlags)>),
    /// A number: the bits of a mode.
    Number(u32),
    /// A structure.
    Struct(Vec<(String, Val<'t>)>),
    /// The elements of a list that is written down.
    List(Vec<Val<'t>>),
    /// What a call returned, as several values.
    Tuple(Vec<Val<'t>>),
    /// A function literal.
    Closure(Node<'t>),
    /// A closure that is handed to a call, which may run it: whether it does is the unknown of this number.
    Handed(u32),
    /// A function by qualified name.
    Function(Rc<str>),
    /// A command under construction.
    Command(Rc<CommandLine>),
}

/// A value of type `error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When it is an error.
    pub failed: Condition,
    /// Whose: of the one that failed among these, the last if no other did; none for an error of the program's own making.
    pub of: Vec<ResultId>,
    /// The reads that could not be understood, where that is what failed.
    pub malformed: Vec<ResultId>,
}

impl Failure {
    /// The error of a result.
    pub fn of(result: ResultId) -> Self {
        Failure { failed: failed(result), of: vec![result], malformed: Vec::new() }
    }

    /// No error, or one of the program's own making.
    pub fn constant(fails: bool) -> Self {
        Failure { failed: Condition::Constant(fails), of: Vec::new(), malformed: Vec::new() }
    }

    /// The result whose error this is and nothing but that.
    pub fn plain(&self) -> Option<ResultId> {
        match (self.of.as_slice(), &self.failed) {
            ([one], Condition::Failed(r, Kinds::ANY)) if one == r => Some(*one),
            _ => None,
        }
    }

    /// That it is no error.
    pub fn absent(&self) -> Condition {
        match self.plain() {
            Some(result) => Condition::Ok(result),
            None => self.failed.clone().negated(),
        }
    }
}

impl<'t> Val<'t> {
    /// An unknown value.
    pub fn opaque() -> Self {
        Val::default()
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
            V::List(items) | V::Tuple(items) => items.iter().all(|v| v.fits(left)),
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

    /// A boolean.
    pub fn cond(condition: Condition) -> Self {
        Val::new(V::Cond(condition), Ty::Bool)
    }

    /// An error.
    pub fn error(failure: Failure) -> Self {
        Val::new(V::Error(Box::new(failure)), Ty::Error)
    }

    /// Several values at once.
    pub fn several(items: Vec<Val<'t>>) -> Self {
        let ty = Ty::Several(items.iter().map(|item| item.ty.clone()).collect());
        Val::new(V::Tuple(items), ty)
    }

    /// The same value, deriving from these results too.
    #[must_use]
    pub fn with_data(mut self, data: &[ResultId]) -> Self {
        add_data(&mut self.data, data);
        self
    }

    /// The results that the value depends on in any way: what a decision on it observed.
    pub fn observed(&self) -> Vec<ResultId> {
        let mut found = self.data.clone();
        match &self.v {
            V::Result(r) => add_data(&mut found, &[*r]),
            V::Cond(c) => c.results(&mut |r| add_data(&mut found, &[r])),
            V::Error(e) => e.failed.results(&mut |r| add_data(&mut found, &[r])),
            V::Struct(fields) => fields.iter().for_each(|(_, v)| add_data(&mut found, &v.observed())),
            V::List(items) | V::Tuple(items) => {
                items.iter().for_each(|v| add_data(&mut found, &v.observed()));
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
            V::Result(r) => Value::Result(*r),
            V::Cond(c) => Value::Condition(c.clone()),
            V::Error(e) => match e.failed {
                Condition::Constant(false) => Value::Opaque,
                _ => Value::Failure(e.of.last().copied()),
            },
            V::Flags(f) => Value::Flags(*f),
            V::Handed(id) => Value::Code { id: *id, data: self.data.clone() },
            V::Struct(fields) => match structure(fields.iter().map(|(name, value)| (name.clone(), value))) {
                Value::Opaque if !self.data.is_empty() => Value::Derived(self.data.clone()),
                Value::Structure(known) => {
                    with_rest(known, &self.data, fields.iter().flat_map(|(_, field)| field.provenance()))
                }
                known => known,
            },
            V::Tuple(items) => structure(items.iter().enumerate().map(|(i, value)| (i.to_string(), value))),
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
            (V::Error(a), V::Error(b)) => a == b,
            (V::Kind(a), V::Kind(b)) => a == b,
            (V::Flags(a), V::Flags(b)) => a == b,
            (V::Number(a), V::Number(b)) => a == b,
            (V::Nil, V::Nil) => true,
            (V::Function(a), V::Function(b)) => a == b,
            (V::Closure(a), V::Closure(b)) => a.id() == b.id(),
            (V::Command(a), V::Command(b)) => Rc::ptr_eq(a, b),
            (V::Opaque, V::Opaque) => self.ty == other.ty,
            (V::Struct(a), V::Struct(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.same(&b.1))
            }
            (V::List(a), V::List(b)) | (V::Tuple(a), V::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            _ => false,
        }
    }
}

/// A structure of what matters among these.
pub fn structure<'v, 't: 'v>(fields: impl Iterator<Item = (String, &'v Val<'t>)>) -> Value {
    let fields: Vec<(String, Value)> = fields
        .map(|(name, value)| (name, value.to_flow()))
        .filter(|(_, value)| *value != Value::Opaque)
        .collect();
    if fields.is_empty() { Value::Opaque } else { Value::Structure(fields) }
}
