//! The lowerer of one function: its state, variables, decisions, and what functions return.

use super::declared::Declared;
use super::gathered::both_listed;
use super::memory::Shared;
use super::names::Names;
use super::types::Ty;
use super::value::{V, Val, one_failed};
use crate::flow::{
    Asked, Block, Check, Condition, Exit, Frame, Kinds, OnFailure, Operation, Place, PlaceKind, ResultId,
    Step, Value,
};
use crate::language::conditions::{add_data, choose};
use crate::language::drained::note_reads;
use crate::language::models::Models;
use crate::language::modes::note_access;
use crate::language::position::Sought;
use crate::language::steps::{Steps, has_exit};
use crate::source::Span;
use ruff_python_ast::{Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Nesting of syntax beyond which nothing is lowered, so that no input overflows the stack.
const MAX_DEPTH: usize = 160;
/// Closures put in place within closures, beyond which a closure stays unknown.
const MAX_INLINE: usize = 6;
/// Closures put in place in one function, beyond which they stay unknown: each may put in others.
const MAX_INLININGS: usize = 150;

/// What all functions of a file share.
pub struct FileScope<'a, 't> {
    /// The library models.
    pub models: &'static Models,
    /// What identifiers mean.
    pub names: &'a Names,
    /// What the file declares.
    pub declared: &'a Declared<'t>,
    /// What its tasks share.
    pub shared: &'a Shared,
    /// The functions that programs of its package begin with, as [`crate::source::Package`] names them.
    pub programs: &'a [String],
}

/// A variable, or an attribute of one that was set.
#[derive(Clone, Debug)]
struct Local<'t> {
    name: Rc<str>,
    /// None while it is not bound.
    value: Option<Val<'t>>,
}

/// What is known at one point of a function.
#[derive(Clone)]
pub struct State<'t> {
    locals: Rc<Vec<Local<'t>>>,
    held: Vec<(Place, ResultId)>,
}

/// The state while one function is lowered.
pub struct Lowerer<'a, 't> {
    /// What the file shares.
    pub file: &'a FileScope<'a, 't>,
    /// Its steps so far.
    steps: Steps,
    locals: Rc<Vec<Local<'t>>>,
    /// Where the variables of the innermost function begin.
    base: usize,
    /// Names that the innermost function takes from around it.
    pub outer_names: FxHashSet<String>,
    /// How many loops of the innermost frame are around.
    pub loops: u32,
    /// For each `try` around, what it does about data that cannot be understood.
    pub understanding: Vec<Option<OnFailure>>,
    /// What is run last on each way out, the innermost last, with the loops around it.
    pub finals: Vec<(&'t [Stmt], u32)>,
    /// The exceptions that are being handled, the innermost last.
    pub handling: Vec<Vec<ResultId>>,
    /// The class whose method this is.
    pub class: Option<String>,
    /// The function that this is, as it is written.
    pub function: Option<&'t StmtFunctionDef>,
    /// Whether these are the statements of the module itself.
    pub is_module: bool,
    /// Whether it runs in tasks, and tests or sets what they share.
    pub shares: bool,
    /// Whether it is run by an event loop, and where it then waits.
    pub in_loop: bool,
    pub waits: Vec<Span>,
    /// Whether the `with` statement that is entered waits.
    pub enters_waiting: bool,
    /// Whether this is the body of a context manager that is written as a generator.
    pub manages: bool,
    /// Whether that was reached in the block that is being lowered: what is open there stays open until the manager is left.
    pub handed_out: bool,
    /// Places that results stand for, where known.
    pub result_places: FxHashMap<ResultId, Place>,
    /// Results that are none where they failed: what was asked for is not there.
    pub optional: FxHashSet<ResultId>,
    /// Results of opens: handles.
    pub opened: FxHashSet<ResultId>,
    /// Handles through which what is written goes to another place than the beginning.
    pub sought: Sought,
    /// Locks that are held, with what they are on.
    pub held: Vec<(Place, ResultId)>,
    /// Results of stats that are asked for owner or mode.
    pub accessed: FxHashSet<ResultId>,
    /// Work that was started and not waited for.
    pub started: Vec<ResultId>,
    /// Functions within the function that were put in place.
    pub placed: FxHashSet<u32>,
    depth: usize,
    inline: usize,
    inlinings: usize,
}

/// Most of lowering is building steps, and says so without saying where.
impl Deref for Lowerer<'_, '_> {
    type Target = Steps;

    fn deref(&self) -> &Steps {
        &self.steps
    }
}

impl DerefMut for Lowerer<'_, '_> {
    fn deref_mut(&mut self) -> &mut Steps {
        &mut self.steps
    }
}

/// The locks of one list or the other.
fn either(mut locks: Vec<(Place, ResultId)>, others: Vec<(Place, ResultId)>) -> Vec<(Place, ResultId)> {
    for lock in others {
        if !locks.contains(&lock) {
            locks.push(lock);
        }
    }
    locks
}

/// The span of a piece of syntax.
pub fn span(node: &impl Ranged) -> Span {
    let range = node.range();
    Span::new(range.start().to_usize(), range.end().to_usize())
}

impl<'a, 't> Lowerer<'a, 't> {
    /// A lowerer for a function of the file.
    pub fn new(file: &'a FileScope<'a, 't>) -> Self {
        Lowerer {
            file,
            steps: Steps::default(),
            locals: Rc::default(),
            base: 0,
            outer_names: FxHashSet::default(),
            loops: 0,
            understanding: Vec::new(),
            finals: Vec::new(),
            handling: Vec::new(),
            class: None,
            function: None,
            is_module: false,
            shares: false,
            in_loop: false,
            waits: Vec::new(),
            enters_waiting: false,
            manages: false,
            handed_out: false,
            result_places: FxHashMap::default(),
            optional: FxHashSet::default(),
            opened: FxHashSet::default(),
            sought: Sought::default(),
            held: Vec::new(),
            accessed: FxHashSet::default(),
            started: Vec::new(),
            placed: FxHashSet::default(),
            depth: 0,
            inline: 0,
            inlinings: 0,
        }
    }

    /// The body, once all is lowered.
    pub fn finish(&mut self) -> Block {
        let mut body = self.take_block();
        if !self.accessed.is_empty() {
            note_access(&mut body, &self.accessed);
        }
        note_reads(&mut body, self);
        body
    }

    // --- nesting -----------------------------------------------------------------------------------------------------

    /// Runs `inner` one level deeper, or answers nothing where the syntax is nested too deep.
    pub fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        Some(value)
    }

    /// Like [`Self::deeper`], for a closure's body put in place.
    pub fn inlined<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.inline >= MAX_INLINE || self.inlinings >= MAX_INLININGS {
            return None;
        }
        self.inlinings += 1;
        self.inline += 1;
        let value = self.deeper(inner);
        self.inline -= 1;
        value
    }

    /// Runs `inner` with a block of its own and returns that block. Variables belong to functions, not to blocks.
    pub fn in_block<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> (Block, T) {
        self.blocks.push(Block::default());
        let value = inner(self);
        (self.take_block(), value)
    }

    /// What is known here.
    pub fn state(&self) -> State<'t> {
        State { locals: Rc::clone(&self.locals), held: self.held.clone() }
    }

    /// Goes on from what was known there.
    pub fn restore(&mut self, state: State<'t>) {
        self.locals = state.locals;
        self.held = state.held;
    }

    // --- decisions ---------------------------------------------------------------------------------------------------

    /// Lowers the two arms of a decision and joins what they leave behind in variables.
    pub fn branch(
        &mut self,
        condition: &Condition,
        then: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self),
    ) {
        match condition {
            Condition::Constant(true) => return then(self),
            Condition::Constant(false) => return otherwise(self),
            _ => {}
        }
        let before = self.state();
        self.branch_from(condition, before.clone(), before, then, otherwise);
    }

    /// Like [`Self::branch`], where each arm begins with a knowledge of its own.
    pub fn branch_from(
        &mut self,
        condition: &Condition,
        for_then: State<'t>,
        for_otherwise: State<'t>,
        then: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self),
    ) {
        let reached = !self.diverged;
        self.restore(for_then);
        let (then_block, ()) = self.in_block(then);
        let then_diverged = std::mem::replace(&mut self.diverged, !reached);
        let after_then = self.state();
        self.restore(for_otherwise);
        let (else_block, ()) = self.in_block(otherwise);
        let else_diverged = std::mem::replace(&mut self.diverged, !reached);
        let after_else = self.state();
        let after = match (then_diverged, else_diverged) {
            (true, false) => after_else,
            (false, true) => after_then,
            _ => self.joined(condition, after_then, after_else),
        };
        self.restore(after);
        self.decide(condition.clone(), then_block, else_block);
        self.diverged = self.diverged || (then_diverged && else_diverged);
    }

    /// Appends a decision. A failure that is handed on at once is the policy of what failed.
    fn decide(&mut self, condition: Condition, then: Block, otherwise: Block) {
        if let Condition::Failed(result, Kinds::ANY) = condition
            && let [Step::Exit(Exit::Return(Value::Failure(Some(r))))] = then.steps.as_slice()
            && *r == result
            && self.is_last(result)
        {
            self.set_policy(result, OnFailure::Propagate);
            return self.push_all(otherwise);
        }
        self.push_branch(condition, then, otherwise);
    }

    fn is_last(&self, result: ResultId) -> bool {
        match self.blocks.last().and_then(|b| b.steps.last()) {
            Some(Step::Effect(e)) => {
                e.result == result
                    && e.on_failure == OnFailure::Continue
                    && e.operation != Operation::Check(Check::Access)
            }
            Some(Step::Call(c)) => c.result == result && c.on_failure == OnFailure::Continue,
            Some(Step::Frame(f)) => f.result == result && f.on_failure == OnFailure::Continue,
            _ => false,
        }
    }

    /// What is known after one of two ways, by the condition.
    pub fn joined(&mut self, condition: &Condition, then: State<'t>, otherwise: State<'t>) -> State<'t> {
        // Most decisions set nothing.
        if Rc::ptr_eq(&then.locals, &otherwise.locals) {
            return State { locals: then.locals, held: either(then.held, otherwise.held) };
        }
        let mut locals: Vec<Local<'t>> = Vec::with_capacity(then.locals.len().max(otherwise.locals.len()));
        let shared = then.locals.iter().zip(&*otherwise.locals).take_while(|(a, b)| a.name == b.name).count();
        let mut others = Rc::unwrap_or_clone(otherwise.locals);
        let rest = others.split_off(shared);
        let mut left = Rc::unwrap_or_clone(then.locals);
        let left_rest = left.split_off(shared);
        for (a, b) in left.into_iter().zip(others) {
            let value = match (a.value, b.value) {
                (Some(x), Some(y)) => Some(self.join(condition, x, y, &a.name)),
                // An attribute that one way set is not known after both; a variable is what the one way made it.
                (Some(_), None) | (None, Some(_)) if a.name.contains('.') => None,
                (x, y) => x.or(y),
            };
            locals.push(Local { name: a.name, value });
        }
        let mut rest: Vec<Option<Local<'t>>> = rest.into_iter().map(Some).collect();
        for a in left_rest {
            let other = rest.iter_mut().find(|o| o.as_ref().is_some_and(|o| o.name == a.name));
            let b = other.and_then(Option::take).and_then(|o| o.value);
            let value = match (a.value, b) {
                (Some(x), Some(y)) => Some(self.join(condition, x, y, &a.name)),
                (Some(_), None) if a.name.contains('.') => None,
                (x, y) => x.or(y),
            };
            locals.push(Local { name: a.name, value });
        }
        locals.extend(rest.into_iter().flatten().filter(|l| !l.name.contains('.')));
        State { locals: Rc::new(locals), held: either(then.held, otherwise.held) }
    }

    /// The value that is `then` or `otherwise`, by the condition.
    pub fn join(&mut self, condition: &Condition, then: Val<'t>, otherwise: Val<'t>, name: &str) -> Val<'t> {
        if then.same(&otherwise) {
            return then.with_data(&otherwise.data);
        }
        let ty = if then.ty == Ty::Unknown { otherwise.ty.clone() } else { then.ty.clone() };
        let mut data = then.data.clone();
        add_data(&mut data, &otherwise.data);
        let truth = |v: &V<'t>| match v {
            V::Cond(c) => Some(c.clone()),
            V::None => Some(Condition::Constant(false)),
            _ => None,
        };
        if let (Some(a), Some(b)) = (truth(&then.v), truth(&otherwise.v)) {
            let chosen = self.bounded(choose(condition, a, b));
            return Val { v: V::Cond(chosen), ty: Ty::Bool, data };
        }
        // A command line that is one or the other: who runs it decides again.
        if let (V::List(_), V::List(_)) = (&then.v, &otherwise.v) {
            let choice = (condition.clone(), then, otherwise);
            return Val { v: V::Either(Rc::new(choice)), ty, data };
        }
        if let Some(v) = both_listed(&then.v, &otherwise.v) {
            return Val { v, ty, data };
        }
        // `if hasattr(os, "O_NOFOLLOW"): flags |= os.O_NOFOLLOW`: where there is more to ask for, it is asked for.
        if let (V::Flags(a), V::Flags(b)) = (&then.v, &otherwise.v) {
            return Val { v: V::Flags(a.union(*b)), ty, data };
        }
        // `LOCK_SH if reads else LOCK_EX`: a lock in any case, and what writers take is what matters.
        if let (V::Lock(a), V::Lock(b)) = (&then.v, &otherwise.v)
            && a.unlock == b.unlock
        {
            return Val { v: V::Lock(a.union(*b)), ty, data };
        }
        if let (V::Error(a), V::Error(b)) = (&then.v, &otherwise.v) {
            let mut of = a.to_vec();
            add_data(&mut of, b);
            return Val { v: V::Error(of.into()), ty, data };
        }
        // None until it is set: what it is, if it is anything. The test for none is the test of the way here.
        if let (V::Result(_), V::None) | (V::None, V::Result(_)) = (&then.v, &otherwise.v) {
            let v = if matches!(then.v, V::None) { otherwise.v } else { then.v };
            return Val { v, ty, data };
        }
        add_data(&mut data, &then.observed());
        add_data(&mut data, &otherwise.observed());
        // Two ways to get hold of what is at one path: a repository that is opened, or cloned there.
        if let Some(place) =
            self.known_place(&then).filter(|p| self.known_place(&otherwise).as_ref() == Some(p))
            && !self.is_open(&then)
            && !self.is_open(&otherwise)
        {
            return Val { v: V::Place(place), ty, data };
        }
        if matches!(then.v, V::None) && matches!(otherwise.v, V::Place(_)) {
            return Val { v: otherwise.v, ty, data };
        }
        if matches!(otherwise.v, V::None) && matches!(then.v, V::Place(_)) {
            return Val { v: then.v, ty, data };
        }
        let place = |this: &Self, value: &Val<'t>| match &value.v {
            V::Result(result) => {
                this.known_place(value).or_else(|| Some(Place::new(PlaceKind::Result(*result))))
            }
            _ => this.known_place(value),
        };
        let (first, second) = (place(self, &then), place(self, &otherwise));
        let place = self.one_of(first.as_ref(), second.as_ref(), name);
        Val { v: V::Place(place), ty, data }
    }

    /// Whether the value is an open file.
    fn is_open(&self, value: &Val<'t>) -> bool {
        matches!(value.v, V::Result(r) if self.opened.contains(&r))
    }

    // --- variables ---------------------------------------------------------------------------------------------------

    /// The value of a variable.
    pub fn local(&self, name: &str) -> Option<&Val<'t>> {
        self.locals.iter().rev().find(|l| *l.name == *name).and_then(|l| l.value.as_ref())
    }

    /// Sets a variable of the innermost function, or an attribute that is known by the variable it is reached from.
    pub fn assign(&mut self, name: &str, value: Val<'t>) {
        if name == "_" {
            return;
        }
        let value = value.bounded();
        self.unset_fields(name);
        let from = if self.outer_names.contains(name) { 0 } else { self.base };
        let locals = Rc::make_mut(&mut self.locals);
        match locals.iter_mut().skip(from).rev().find(|l| *l.name == *name) {
            Some(local) => local.value = Some(value),
            None => locals.push(Local { name: name.into(), value: Some(value) }),
        }
    }

    /// Takes the variable's value for one of this type.
    pub fn retype(&mut self, name: &str, ty: Ty) {
        let locals = Rc::make_mut(&mut self.locals);
        let local = locals.iter_mut().rev().find(|l| *l.name == *name);
        if let Some(value) = local.and_then(|l| l.value.as_mut()) {
            value.ty = ty;
        }
    }

    /// Where the variables of the innermost function begin.
    pub fn base(&self) -> usize {
        self.base
    }

    /// Unbinds a variable.
    pub fn unbind(&mut self, name: &str) {
        self.unset_fields(name);
        let locals = Rc::make_mut(&mut self.locals);
        if let Some(local) = locals.iter_mut().skip(self.base).rev().find(|l| *l.name == *name) {
            local.value = None;
        }
    }

    fn unset_fields(&mut self, name: &str) {
        let is_field = |l: &Local<'t>| {
            l.value.is_some() && l.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
        };
        if self.locals.iter().skip(self.base).any(is_field) {
            let locals = Rc::make_mut(&mut self.locals).iter_mut().skip(self.base);
            locals.filter(|l| is_field(l)).for_each(|local| local.value = None);
        }
    }

    /// Adds data to a variable: something was put into it.
    pub fn taint(&mut self, name: &str, data: &[ResultId]) {
        if let Some(value) = Rc::make_mut(&mut self.locals)
            .iter_mut()
            .rev()
            .find(|l| *l.name == *name)
            .and_then(|l| l.value.as_mut())
        {
            add_data(&mut value.data, data);
            match value.v {
                // What was written down is not all that is in it any more. An object still has the attributes that it was made with.
                V::Struct(_) if value.ty.name().is_some() => {}
                V::Struct(_) | V::List(_) | V::Listed(_) | V::Either(_) => value.v = V::Opaque,
                // Nor is what a call returned.
                V::Result(r) if !self.opened.contains(&r) && !data.is_empty() => {
                    add_data(&mut value.data, &[r]);
                    value.v = V::Opaque;
                }
                _ => {}
            }
            if let V::Place(place) = &value.v {
                let place = place.clone();
                self.note_fill(&place, data);
            }
        }
    }

    /// Forgets what is known of a variable, keeping its type and data.
    pub fn forget(&mut self, name: &str) {
        let Some(at) = self.locals.iter().rposition(|l| *l.name == *name) else { return };
        let place = self.fresh_place(name);
        let old = self.locals.get(at).and_then(|l| l.value.clone());
        let Some(mut value) = old else { return };
        let observed = value.observed();
        let foreign = self.opaque_condition(observed.clone());
        add_data(&mut value.data, &observed);
        value.v = if value.ty == Ty::Bool { V::Cond(foreign) } else { V::Place(place) };
        if let Some(local) = Rc::make_mut(&mut self.locals).get_mut(at) {
            local.value = Some(value);
        }
    }

    // --- frames ------------------------------------------------------------------------------------------------------

    /// Runs a function's code in place, with variables of its own, which `return` leaves only up to its end; what it returns.
    pub fn frame(&mut self, at: Span, ty: Ty, inner: impl FnOnce(&mut Self)) -> Val<'t> {
        let loops = std::mem::take(&mut self.loops);
        let finals = std::mem::take(&mut self.finals);
        let names = std::mem::take(&mut self.outer_names);
        let manages = std::mem::take(&mut self.manages);
        let base = std::mem::replace(&mut self.base, self.locals.len());
        let diverged = self.diverged;
        let (block, ()) = self.in_block(inner);
        if self.locals.len() > self.base {
            Rc::make_mut(&mut self.locals).truncate(self.base);
        }
        self.base = base;
        self.manages = manages;
        self.outer_names = names;
        self.finals = finals;
        self.loops = loops;
        self.diverged = diverged;
        if !has_exit(&block) {
            let ends = block.steps.iter().any(|s| matches!(s, Step::Exit(Exit::Panic)));
            self.push_all(block);
            self.diverged |= ends;
            return Val::new(V::None, Ty::Unknown);
        }
        let result = self.result();
        let place = block.steps.last().and_then(|step| match step {
            Step::Exit(Exit::Return(Value::Success(inner))) => match &**inner {
                Value::Place(place) => Some(place.clone()),
                _ => None,
            },
            _ => None,
        });
        if let Some(place) = place {
            self.result_places.insert(result, place);
        }
        let site = self.site(at);
        self.push(Step::Frame(Frame {
            body: block,
            result,
            on_failure: OnFailure::Propagate,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site,
            name: String::new(),
            outward: 0,
        }));
        self.returned(result, ty, Vec::new())
    }

    /// The value that a call with this result returned.
    pub fn returned(&self, result: ResultId, ty: Ty, data: Vec<ResultId>) -> Val<'t> {
        match ty {
            Ty::Bool => Val { v: V::Cond(Condition::True(result)), ty, data },
            ty => Val { v: V::Result(result), ty, data },
        }
    }

    /// The steps of spawned work, which leaves nothing of the function around it.
    pub fn spawned(&mut self, inner: impl FnOnce(&mut Self)) -> Block {
        let loops = std::mem::take(&mut self.loops);
        let finals = std::mem::take(&mut self.finals);
        let held = std::mem::take(&mut self.held);
        let understanding = std::mem::take(&mut self.understanding);
        let diverged = self.diverged;
        let (block, ()) = self.in_block(inner);
        self.diverged = diverged;
        self.understanding = understanding;
        self.held = held;
        self.finals = finals;
        self.loops = loops;
        block
    }

    // --- values ------------------------------------------------------------------------------------------------------

    /// What is unknown of the value.
    pub fn answer_about(&mut self, value: &Val<'t>, asked: Asked) -> Condition {
        let place = match &value.v {
            V::Place(place) => Some(place),
            _ => None,
        };
        self.answer(place, asked, value.observed())
    }

    /// The value as a truth value.
    pub fn condition_of(&mut self, value: &Val<'t>) -> Condition {
        match &value.v {
            V::Cond(c) => c.clone(),
            V::None => Condition::Constant(false),
            V::Result(r) if self.optional.contains(r) => Condition::Ok(*r),
            V::Result(r) => Condition::True(*r),
            V::Closure(_) | V::Bound(_) | V::Error(_) | V::Command(_) => Condition::Constant(true),
            V::Number(n) => Condition::Constant(*n != 0),
            _ => self.answer_about(value, Asked::Truth),
        }
    }

    /// The place that a value denotes, if it may denote one.
    pub fn place_of(&mut self, value: &Val<'t>, name: &str) -> Place {
        self.known_place(value).unwrap_or_else(|| self.fresh_place(name))
    }

    /// The place that a value is known as; none for values that have no name.
    pub fn known_place(&self, value: &Val<'t>) -> Option<Place> {
        match &value.v {
            V::Place(p) => Some(p.clone()),
            V::Result(r) => {
                Some(self.result_places.get(r).cloned().unwrap_or(Place::new(PlaceKind::Result(*r))))
            }
            V::Cond(Condition::True(r)) => Some(Place::new(PlaceKind::Result(*r))),
            V::Name(name) => Some(Place::new(PlaceKind::Constant(name.to_string().into()))),
            V::Number(n) => Some(Place::literal(&n.to_string())),
            V::Bound(bound) => {
                let base = self.known_place(&bound.0)?;
                Some(base.field(bound.0.ty.name(), &bound.1))
            }
            _ => None,
        }
    }

    /// A value that a variable is bound to: an unknown one gets the variable's name, so that two uses of it are the same place.
    pub fn named(&mut self, value: Val<'t>, name: &str) -> Val<'t> {
        match value.v {
            V::Opaque => {
                let place = self.fresh_place(name);
                Val { v: V::Place(place), ..value }
            }
            _ => value,
        }
    }

    /// That the exception of one of these is of one of the kinds.
    pub fn is_kind(&self, of: &[ResultId], kinds: Kinds) -> Condition {
        one_failed(of, kinds)
    }
}
