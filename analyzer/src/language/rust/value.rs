//! What an expression is worth to the flow: an abstract value, its type, and the reads that its data derives from.

use super::types::Ty;
use crate::flow::{Condition, ErrorKind, OpenFlags, Place, PlaceKind, ResultId, Value};
use crate::language::command::CommandLine;
use crate::language::conditions::{add_data, with_rest};
use crate::language::models::LockFlags;
use crate::language::steps::MOST_PARTS;
use std::rc::Rc;

/// An abstract value with its type and provenance.
#[derive(Clone, Debug, Default)]
pub struct Val {
    /// What it is.
    pub v: V,
    /// Its type.
    pub ty: Ty,
    /// Results whose data it derives from.
    pub data: Vec<ResultId>,
}

/// How a directory is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct DirFlags {
    /// Its parents too.
    pub all: bool,
    /// For its owner alone.
    pub private: bool,
}

/// The forms of an abstract value.
#[derive(Clone, Debug, Default)]
pub enum V {
    /// Nothing known.
    #[default]
    Opaque,
    /// A path, a text, or a value known by name (a parameter, a field).
    Place(Place),
    /// What an effect or call returned, or the payload of it: which of the two, the type says.
    Result(ResultId),
    /// A boolean.
    Cond(Condition),
    /// The error of a failed result.
    Error(ResultId),
    /// The kind of that error.
    ErrorKindOf(ResultId),
    /// A constant kind, or an errno that stands for one.
    Kind(ErrorKind),
    /// Open flags, or a builder of them.
    Flags(OpenFlags),
    /// A `Result` or `Option` with its parts.
    Maybe(Rc<Maybe>),
    /// How a directory builder makes directories.
    Directory(DirFlags),
    /// What is asked of flock(2).
    Lock(LockFlags),
    /// The bits of a mode, or permissions with it.
    Mode(u32),
    /// A structure.
    Struct(Vec<(String, Val)>),
    /// A tuple.
    Tuple(Vec<Val>),
    /// A closure or an async block, not yet run.
    Closure(Rc<syn::ExprClosure>),
    /// A closure that is handed to a call, which may run it: whether it does is the unknown of this number.
    Handed(u32),
    /// An async block, not yet run.
    Async(Rc<syn::Block>),
    /// A function by qualified name.
    Function(Rc<str>),
    /// A command under construction.
    Command(Rc<CommandLine>),
}

/// A `Result` or `Option` whose success is a condition.
#[derive(Clone, Debug)]
pub struct Maybe {
    /// When it is a success.
    pub ok: Condition,
    /// Whose error the failure carries: of the one that failed among these, the last if no other did; none for an error of the
    /// program's own making.
    pub errors: Vec<ResultId>,
    /// What the success carries.
    pub payload: Val,
}

impl Maybe {
    /// The one error that the failure carries, if there is one.
    pub fn error(&self) -> Option<ResultId> {
        self.errors.last().copied()
    }
}

impl Val {
    /// How this makes directories, if it is a builder of them.
    pub fn directory_flags(&self) -> DirFlags {
        match self.v {
            V::Directory(flags) => flags,
            _ => DirFlags::default(),
        }
    }

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
            V::Tuple(items) => items.iter().all(|v| v.fits(left)),
            V::Maybe(maybe) => maybe.payload.fits(left),
            _ => true,
        }
    }

    /// A value of this form and type.
    pub fn new(v: V, ty: Ty) -> Self {
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

    /// A success with a payload.
    pub fn success(payload: Val) -> Self {
        let ty = Ty::Result(Rc::new(payload.ty.clone()));
        let data = payload.data.clone();
        Val {
            v: V::Maybe(Rc::new(Maybe { ok: Condition::Constant(true), errors: Vec::new(), payload })),
            ty,
            data,
        }
    }

    /// A failure with the error of a result, or of the program's own making.
    pub fn failure(error: Option<ResultId>) -> Self {
        Val::failure_of(error.into_iter().collect())
    }

    /// A failure with the error of the one of these that failed.
    pub fn failure_of(errors: Vec<ResultId>) -> Self {
        let maybe = Maybe { ok: Condition::Constant(false), errors, payload: Val::opaque() };
        Val::new(V::Maybe(Rc::new(maybe)), Ty::Result(Rc::new(Ty::Unknown)))
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
            V::Result(r) | V::Error(r) | V::ErrorKindOf(r) => add_data(&mut found, &[*r]),
            V::Cond(c) => c.results(&mut |r| add_data(&mut found, &[r])),
            V::Maybe(m) => {
                m.ok.results(&mut |r| add_data(&mut found, &[r]));
                add_data(&mut found, &m.payload.observed());
            }
            V::Struct(fields) => fields.iter().for_each(|(_, v)| add_data(&mut found, &v.observed())),
            V::Tuple(items) => items.iter().for_each(|v| add_data(&mut found, &v.observed())),
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

    /// What a success holds. What may be nothing (`Ok(None)`) is a success that is false then.
    pub fn inside(of: ResultId, ty: Ty, data: Vec<ResultId>) -> Self {
        let Ty::Option(inner) = &ty else { return Val { v: V::Result(of), ty, data } };
        let payload = Val { v: V::Result(of), ty: (**inner).clone(), data: data.clone() };
        let maybe = Maybe { ok: Condition::True(of), errors: Vec::new(), payload };
        Val { v: V::Maybe(Rc::new(maybe)), ty, data }
    }

    /// The value seen as a `Result` or `Option`.
    pub fn as_maybe(&self) -> Option<Maybe> {
        match &self.v {
            V::Maybe(m) => Some((**m).clone()),
            V::Result(r) => {
                let payload = Val::inside(*r, self.ty.payload(), self.data.clone());
                Some(Maybe { ok: Condition::Ok(*r), errors: vec![*r], payload })
            }
            _ => None,
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
            V::Opaque
            | V::Closure(_)
            | V::Async(_)
            | V::Function(_)
            | V::Kind(_)
            | V::Command(_)
            | V::Directory(_)
            | V::Mode(_)
            | V::Lock(_) => {
                if self.data.is_empty() {
                    Value::Opaque
                } else {
                    Value::Derived(self.data.clone())
                }
            }
            // A variable that holds data of earlier reads is known by them, not by its name.
            V::Place(p) if matches!(p.kind(), PlaceKind::Opaque { .. }) && !self.data.is_empty() => {
                Value::Derived(self.data.clone())
            }
            V::Place(p) => Value::Place(p.clone()),
            V::Result(r) => Value::Result(*r),
            V::Cond(c) => Value::Condition(c.clone()),
            V::Error(r) | V::ErrorKindOf(r) => Value::Failure(Some(*r)),
            V::Flags(f) => Value::Flags(*f),
            V::Handed(id) => Value::Code { id: *id, data: self.data.clone() },
            V::Maybe(m) => match m.ok {
                Condition::Constant(true) => Value::Success(Box::new(m.payload.to_flow())),
                Condition::Constant(false) => Value::Failure(m.error()),
                Condition::Ok(r) => Value::Result(r),
                Condition::True(r) if matches!(m.payload.v, V::Result(of) if of == r) => Value::Result(r),
                _ => Value::Derived(self.observed()),
            },
            V::Struct(fields) => {
                let known = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_flow()))
                    .filter(|(_, value)| *value != Value::Opaque);
                with_rest(
                    known.collect(),
                    &self.data,
                    fields.iter().flat_map(|(_, field)| field.provenance()),
                )
            }
            V::Tuple(items) => {
                let fields: Vec<(String, Value)> = items
                    .iter()
                    .enumerate()
                    .map(|(i, value)| (i.to_string(), value.to_flow()))
                    .filter(|(_, value)| *value != Value::Opaque)
                    .collect();
                if fields.is_empty() { Value::Opaque } else { Value::Structure(fields) }
            }
        }
    }

    /// Whether joining the value with itself gives the value, so that there is no need to.
    pub fn joins_to_itself(&self) -> bool {
        match &self.v {
            V::Opaque
            | V::Place(_)
            | V::Result(_)
            | V::Cond(_)
            | V::Error(_)
            | V::ErrorKindOf(_)
            | V::Kind(_)
            | V::Flags(_)
            | V::Mode(_) => true,
            V::Maybe(maybe) => maybe.ok == Condition::Constant(false) || maybe.payload.joins_to_itself(),
            V::Tuple(items) => items.iter().all(Val::joins_to_itself),
            V::Directory(_)
            | V::Lock(_)
            | V::Struct(_)
            | V::Closure(_)
            | V::Handed(_)
            | V::Async(_)
            | V::Function(_)
            | V::Command(_) => false,
        }
    }

    /// Whether both are known to be the same value.
    pub fn same(&self, other: &Val) -> bool {
        match (&self.v, &other.v) {
            (V::Place(a), V::Place(b)) => a == b,
            (V::Result(a), V::Result(b)) => a == b && self.ty == other.ty,
            (V::Cond(a), V::Cond(b)) => a == b,
            (V::Error(a), V::Error(b)) | (V::ErrorKindOf(a), V::ErrorKindOf(b)) => a == b,
            (V::Kind(a), V::Kind(b)) => a == b,
            (V::Flags(a), V::Flags(b)) => a == b,
            (V::Mode(a), V::Mode(b)) => a == b,
            _ => false,
        }
    }
}
