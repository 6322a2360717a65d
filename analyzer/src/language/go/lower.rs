//! The lowerer of one function: its state, variables, decisions, and what functions return.

use super::literals::Literals;
use super::names::Names;
use super::syntax::Node;
use super::types::Ty;
use super::value::{Failure, V, Val, structure};
use crate::flow::{
    Asked, Block, Check, Condition, Exit, Frame, Kinds, OnFailure, Operation, Place, PlaceKind, ResultId,
    Step, Typed, Value,
};
use crate::language::conditions::{add_data, any, choose};
use crate::language::drained::note_reads;
use crate::language::models::Models;
use crate::language::modes::note_access;
use crate::language::position::Sought;
use crate::language::steps::{Steps, failure_exits, has_exit};
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Nesting of syntax beyond which nothing is lowered, so that no input overflows the stack.
const MAX_DEPTH: usize = 200;
/// Closures put in place within closures, beyond which a closure stays unknown.
const MAX_INLINE: usize = 6;
/// Closures put in place in one function, beyond which they stay unknown: each may put in others.
const MAX_INLININGS: usize = 150;

/// What all functions of a file share.
pub struct FileScope<'a, 't> {
    /// The library models.
    pub models: &'static Models,
    /// Its text.
    pub source: &'t str,
    /// What identifiers mean.
    pub names: &'a Names,
    /// What the file declares.
    pub declared: &'a Declared<'t>,
}

/// What a file declares on the level of its package.
#[derive(Default)]
pub struct Declared<'t> {
    /// Fields of the file's types: (type, field) to the field's type.
    pub fields: FxHashMap<(String, String), Ty>,
    /// Fields of a type that its user chooses: what they hold is told by whose field the whole is.
    pub of_any: FxHashSet<(String, String)>,
    /// The fields of each type in the order of its declaration.
    pub order: FxHashMap<String, Vec<String>>,
    /// The file's types.
    pub types: FxHashSet<String>,
    /// What its functions and methods return, by qualified name.
    pub returns: FxHashMap<String, Vec<Ty>>,
    /// Its constants and variables: their type as written, and what they are set to.
    pub values: FxHashMap<String, (Ty, Option<Node<'t>>)>,
}

/// A local variable, or a field of one that was set. Each arm of a decision begins with all of them, and changes few.
#[derive(Clone, Debug)]
struct Local<'t> {
    name: String,
    value: Rc<Val<'t>>,
}

/// A loop, or a switch that `break` leaves.
#[derive(Clone, Debug)]
pub struct Around {
    /// Its label.
    pub label: Option<String>,
    /// Whether `continue` passes it by.
    pub switch: bool,
}

/// What a function returns.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// Their types.
    pub types: Vec<Ty>,
    /// Their names, where they have any.
    pub names: Vec<String>,
}

/// The state while one function is lowered.
pub struct Lowerer<'a, 't> {
    /// What the file shares.
    pub file: &'a FileScope<'a, 't>,
    /// Its steps so far.
    steps: Steps,
    locals: Vec<Local<'t>>,
    /// Where the variables of the innermost scope begin.
    scope: usize,
    /// Loops and switches entered in the innermost frame, the innermost last.
    pub around: Vec<Around>,
    /// What the innermost frame returns.
    pub results: Results,
    /// Places that results stand for, where known.
    pub result_places: FxHashMap<ResultId, Place>,
    /// Results of opens: handles.
    pub opened: FxHashSet<ResultId>,
    /// Handles through which what is written goes to another place than the beginning.
    pub sought: Sought,
    /// Locks that are held, with what they are on.
    pub held: Vec<(Place, ResultId)>,
    /// Results that give a lock back when they are called.
    pub guards: FxHashSet<ResultId>,
    /// Locks that keep threads apart, and no processes.
    pub mutexes: FxHashSet<ResultId>,
    /// Results of stats that are asked for owner or mode.
    pub accessed: FxHashSet<ResultId>,
    /// Whether something that the receiver keeps in a field is closed or unlocked.
    pub gives_up: bool,
    /// Work that was started, with its text: it is joined by what it names.
    pub started: Vec<(ResultId, Node<'t>)>,
    /// Opaque conditions that are failures of calls without effect.
    pub foreign: FxHashSet<u32>,
    /// Variables that are declared as texts which are the same for all who run the code, and not set again.
    pub settled: FxHashSet<String>,
    /// Channels of errors that are followed.
    pub channels: FxHashSet<Place>,
    /// Whether the step at hand is one of several that a `select` may do.
    pub selecting: bool,
    /// What the closures returned that are handed to the call at hand.
    pub handing_on: Vec<ResultId>,
    /// What the call at hand is, by the type of its receiver.
    pub typed: Vec<Typed>,
    /// What closures returned that were handed to a call: it hands on their failures, if it calls them.
    pub handed_on: FxHashMap<ResultId, Vec<ResultId>>,
    /// The function literals that were met.
    pub literals: Literals<'t>,
    /// Number of frames and spawned bodies around.
    pub frames: usize,
    /// Which of the open blocks the innermost frame's is: what is deferred to its end is done there.
    pub ending: usize,
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

impl<'a, 't> Lowerer<'a, 't> {
    /// A lowerer for a function of the file.
    pub fn new(file: &'a FileScope<'a, 't>) -> Self {
        Lowerer {
            file,
            steps: Steps::default(),
            locals: Vec::new(),
            scope: 0,
            around: Vec::new(),
            results: Results::default(),
            result_places: FxHashMap::default(),
            opened: FxHashSet::default(),
            sought: Sought::default(),
            held: Vec::new(),
            guards: FxHashSet::default(),
            mutexes: FxHashSet::default(),
            accessed: FxHashSet::default(),
            gives_up: false,
            started: Vec::new(),
            foreign: FxHashSet::default(),
            settled: FxHashSet::default(),
            channels: FxHashSet::default(),
            selecting: false,
            handing_on: Vec::new(),
            typed: Vec::new(),
            handed_on: FxHashMap::default(),
            literals: Literals::default(),
            frames: 0,
            ending: 0,
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

    /// The text of a node.
    pub fn text(&self, node: Node<'t>) -> &'t str {
        super::syntax::text(node, self.file.source)
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

    /// Runs `inner` with a block of its own and returns that block. Variables that it declares are gone afterwards.
    pub fn in_block<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> (Block, T) {
        self.blocks.push(Block::default());
        let (locals, scope) = (self.locals.len(), self.scope);
        self.scope = locals;
        let value = inner(self);
        self.locals.truncate(locals);
        self.scope = scope;
        (self.take_block(), value)
    }

    /// Runs `inner` in a scope of its own whose steps follow in place.
    pub fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let reached = !self.diverged;
        let (block, value) = self.in_block(inner);
        let diverged = std::mem::replace(&mut self.diverged, !reached);
        self.push_all(block);
        self.diverged |= diverged;
        value
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
            Condition::Constant(true) => return self.scoped(then),
            Condition::Constant(false) => return self.scoped(otherwise),
            _ => {}
        }
        let reached = !self.diverged;
        let before = self.known_locals();
        let held = self.held.clone();
        let (then_block, ()) = self.in_block(then);
        let then_diverged = std::mem::replace(&mut self.diverged, !reached);
        let after_then = self.known_locals();
        for (local, value) in self.locals.iter_mut().zip(before) {
            local.value = value;
        }
        let held_then = std::mem::replace(&mut self.held, held);
        let (else_block, ()) = self.in_block(otherwise);
        let else_diverged = std::mem::replace(&mut self.diverged, !reached);
        if then_diverged && !else_diverged {
            // What holds after the decision is what the other arm left.
        } else if else_diverged && !then_diverged {
            for (local, value) in self.locals.iter_mut().zip(after_then) {
                local.value = value;
            }
            self.held = held_then;
        } else {
            for (at, then_local) in after_then.into_iter().enumerate() {
                let Some(local) = self.locals.get(at) else { continue };
                // What neither arm touched is what it was.
                if Rc::ptr_eq(&local.value, &then_local) && local.value.same(&then_local) {
                    continue;
                }
                let (name, else_local) = (local.name.clone(), Val::clone(&local.value));
                let joined = self.join(condition, Rc::unwrap_or_clone(then_local), else_local, &name);
                if let Some(local) = self.locals.get_mut(at) {
                    local.value = Rc::new(joined);
                }
            }
            for held in held_then {
                if !self.held.contains(&held) {
                    self.held.push(held);
                }
            }
        }
        self.decide(condition.clone(), then_block, else_block);
        self.diverged = self.diverged || (then_diverged && else_diverged);
    }

    /// Appends a decision. A failure that is handed on at once is the policy of what failed; one that no effect has decides
    /// nothing by leaving.
    fn decide(&mut self, condition: Condition, then: Block, otherwise: Block) {
        let then = decided(&condition, then);
        // Where the other side leaves, what follows is reached by this one alone.
        let decides_nothing =
            |failed: &Block, other: &Block| only_leaves(failed) && (leaves(failed) || !leaves(other));
        if self.is_foreign(&condition) && decides_nothing(&then, &otherwise) {
            return self.push_all(otherwise);
        }
        if let Condition::Not(inner) = &condition
            && self.is_foreign(inner)
            && decides_nothing(&otherwise, &then)
        {
            return self.push_all(then);
        }
        // What failed, and whether that is what leads into `then`.
        let failing = match &condition {
            Condition::Failed(r, Kinds::ANY) => Some((*r, true)),
            Condition::Ok(r) => Some((*r, false)),
            _ => None,
        };
        if let Some((result, fails)) = failing
            && let Some(policy) = policy_of(if fails { &then } else { &otherwise }, result)
            && self.was_last(result)
        {
            self.set_policy(result, policy);
            return self.push_all(if fails { otherwise } else { then });
        }
        self.push_branch(condition, then, otherwise);
    }

    fn known_locals(&self) -> Vec<Rc<Val<'t>>> {
        self.locals.iter().map(|local| Rc::clone(&local.value)).collect()
    }

    fn is_foreign(&self, condition: &Condition) -> bool {
        matches!(condition, Condition::Opaque { id, .. } if self.foreign.contains(id))
    }

    fn was_last(&self, result: ResultId) -> bool {
        match self.blocks.last().and_then(|b| b.steps.last()) {
            // That access is refused is an answer, on which what follows depends.
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

    /// The value that is `then` or `otherwise`, by the condition.
    pub fn join(&mut self, condition: &Condition, then: Val<'t>, otherwise: Val<'t>, name: &str) -> Val<'t> {
        if then.same(&otherwise) {
            return then.with_data(&otherwise.data);
        }
        let ty = if then.ty == Ty::Unknown { otherwise.ty.clone() } else { then.ty.clone() };
        let mut data = then.data.clone();
        add_data(&mut data, &otherwise.data);
        if let (V::Cond(a), V::Cond(b)) = (&then.v, &otherwise.v) {
            let chosen = self.bounded(choose(condition, a.clone(), b.clone()));
            return Val { v: V::Cond(chosen), ty: Ty::Bool, data };
        }
        if ty == Ty::Error
            && let (Some(a), Some(b)) = (failure_in(&then), failure_in(&otherwise))
        {
            let mut of = a.of;
            add_data(&mut of, &b.of);
            let mut malformed = a.malformed;
            add_data(&mut malformed, &b.malformed);
            let failed = self.bounded(either(condition, a.failed, b.failed));
            return Val { v: V::Error(Box::new(Failure { failed, of, malformed })), ty, data };
        }
        if let (V::Struct(a), V::Struct(b)) = (&then.v, &otherwise.v)
            && a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| a.0 == b.0)
        {
            let parts = a.iter().zip(b).map(|(a, b)| (a.0.clone(), a.1.clone(), b.1.clone()));
            let parts: Vec<_> = parts.collect();
            let fields = parts.into_iter().map(|(name, a, b)| {
                let joined = self.join(condition, a, b, &name);
                (name, joined)
            });
            let fields = fields.collect();
            return Val { v: V::Struct(fields), ty, data };
        }
        if let (V::Lock(a), V::Lock(b)) = (&then.v, &otherwise.v) {
            return Val { v: V::Locks(Box::new((condition.clone(), *a, *b))), ty, data };
        }
        if let (V::Flags(a), V::Flags(b)) = (&then.v, &otherwise.v) {
            // Of two ways to open a file, the one that takes what is there.
            let flags = if a.create_new { *b } else { *a };
            return Val { v: V::Flags(flags), ty, data };
        }
        // What is added to a list on one way only, an option of a command mostly, may be missing.
        if let (V::List(a), V::List(b)) = (&then.v, &otherwise.v) {
            let (shorter, longer) = if a.len() <= b.len() { (a, b) } else { (b, a) };
            if shorter.iter().zip(longer).all(|(x, y)| x.same(y)) {
                let v = V::List(shorter.clone());
                add_data(&mut data, &then.observed());
                add_data(&mut data, &otherwise.observed());
                return Val { v, ty, data };
            }
        }
        add_data(&mut data, &then.observed());
        add_data(&mut data, &otherwise.observed());
        // A default for a value that is otherwise known keeps the data, but the path is one of two.
        let v = if matches!(
            (&then.v, &otherwise.v),
            (V::Place(_) | V::Result(_), _) | (_, V::Place(_) | V::Result(_))
        ) {
            V::Place(self.one_of(place_in(&then).as_ref(), place_in(&otherwise).as_ref(), name))
        } else {
            V::Opaque
        };
        Val { v, ty, data }
    }

    // --- variables ---------------------------------------------------------------------------------------------------

    /// Declares a variable, or sets the one of this name that the innermost scope has.
    pub fn declare(&mut self, name: &str, value: Val<'t>) {
        if name == "_" {
            return;
        }
        let value = value.bounded();
        self.settled.remove(name);
        self.unset_fields(name);
        let scope = self.scope;
        match self.locals.iter_mut().skip(scope).rev().find(|l| l.name == name) {
            Some(local) => local.value = Rc::new(value),
            None => self.locals.push(Local { name: name.to_owned(), value: Rc::new(value) }),
        }
    }

    /// The value of a variable.
    pub fn local(&self, name: &str) -> Option<&Val<'t>> {
        self.locals.iter().rev().find(|l| l.name == name).map(|l| &*l.value)
    }

    /// The places that fields of a variable were set to.
    pub fn set_fields(&self, name: &str) -> Vec<Place> {
        let of = |local: &Local<'t>| local.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.locals
            .iter()
            .filter(|local| of(local))
            .filter_map(|local| self.known_place(&local.value))
            .collect()
    }

    /// What fields of a variable were set to, by their names.
    pub fn fields_set(&self, name: &str) -> Vec<(String, Val<'t>)> {
        let field = |local: &Local<'t>| {
            let field = local.name.strip_prefix(name)?.strip_prefix('.')?;
            (!field.contains('.')).then(|| (field.to_owned(), Val::clone(&local.value)))
        };
        self.locals.iter().filter_map(field).collect()
    }

    /// Sets a variable, or a field that is known by the variable it is reached from.
    pub fn assign(&mut self, name: &str, value: Val<'t>) {
        if name == "_" {
            return;
        }
        let value = value.bounded();
        self.settled.remove(name);
        self.unset_fields(name);
        match self.locals.iter_mut().rev().find(|l| l.name == name) {
            Some(local) => local.value = Rc::new(value),
            // A field of a variable: known as long as this scope lasts.
            None if name.contains('.') => {
                self.locals.push(Local { name: name.to_owned(), value: Rc::new(value) });
            }
            None => {}
        }
    }

    fn unset_fields(&mut self, name: &str) {
        let scope = self.scope;
        let mut at = 0;
        self.locals.retain(|l| {
            at += 1;
            at <= scope || !l.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
        });
    }

    /// Adds data to a variable: something was put into it.
    pub fn taint(&mut self, name: &str, data: &[ResultId]) {
        let Some(local) = self.locals.iter_mut().rev().find(|l| l.name == name) else { return };
        let value = Rc::make_mut(&mut local.value);
        add_data(&mut value.data, data);
        if let V::Place(place) = &value.v {
            let place = place.clone();
            self.note_fill(&place, data);
        }
    }

    /// Notes what a call has put into a variable.
    pub fn fill_with(&mut self, name: &str, place: Place) {
        if let Some(local) = self.locals.iter_mut().rev().find(|local| local.name == name) {
            Rc::make_mut(&mut local.value).v = V::Place(place);
        }
    }

    /// Forgets what is known of a variable, keeping its type and data.
    pub fn forget(&mut self, name: &str) {
        let Some(at) = self.locals.iter().rposition(|l| l.name == name) else { return };
        let place = self.fresh_place(name);
        let observed = self.locals.get(at).map(|l| l.value.observed()).unwrap_or_default();
        let foreign = self.opaque_condition(observed.clone());
        if let Some(local) = self.locals.get_mut(at) {
            let value = Rc::make_mut(&mut local.value);
            add_data(&mut value.data, &observed);
            value.v = match value.ty {
                Ty::Bool => V::Cond(foreign),
                Ty::Error => {
                    V::Error(Box::new(Failure { failed: foreign, of: Vec::new(), malformed: Vec::new() }))
                }
                _ => V::Place(place),
            };
        }
    }

    // --- frames ------------------------------------------------------------------------------------------------------

    /// Runs code that `return` leaves only up to its own end, with what it returns.
    pub fn frame(&mut self, span: Span, results: Results, inner: impl FnOnce(&mut Self)) -> Val<'t> {
        let around = std::mem::take(&mut self.around);
        let outer = std::mem::replace(&mut self.results, results);
        let diverged = self.diverged;
        self.frames += 1;
        let innermost = self.blocks.len();
        let ending = std::mem::replace(&mut self.ending, innermost);
        let (block, ()) = self.in_block(|this| {
            inner(this);
        });
        self.ending = ending;
        self.frames -= 1;
        self.around = around;
        let results = std::mem::replace(&mut self.results, outer);
        self.diverged = diverged;
        if !has_exit(&block) {
            let ends = block.steps.iter().any(|s| matches!(s, Step::Exit(Exit::Panic)));
            self.push_all(block);
            self.diverged |= ends;
            return Val::opaque();
        }
        let result = self.result();
        let returned = block.steps.last().and_then(|step| match step {
            Step::Exit(Exit::Return(Value::Place(place))) => Some(place.clone()),
            Step::Exit(Exit::Return(Value::Success(inner))) => match &**inner {
                Value::Place(place) => Some(place.clone()),
                _ => None,
            },
            _ => None,
        });
        if let Some(place) = returned {
            self.result_places.insert(result, place);
        }
        let site = self.site(span);
        self.push(Step::Frame(Frame {
            body: block,
            result,
            on_failure: OnFailure::Continue,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site,
            name: String::new(),
            outward: 0,
        }));
        self.returned(result, &results.types, Vec::new())
    }

    /// The values that a call with this result returned, as its types say.
    pub fn returned(&mut self, result: ResultId, types: &[Ty], data: Vec<ResultId>) -> Val<'t> {
        let failure = self.failure_of(result);
        let one = |ty: &Ty| match ty {
            Ty::Error => Val::error(failure.clone()),
            Ty::Bool => Val::cond(Condition::True(result)),
            ty => Val { v: V::Result(result), ty: ty.clone(), data: data.clone() },
        };
        let Some((last, payloads)) = types.split_last() else {
            return Val { v: V::Result(result), ty: Ty::Unknown, data };
        };
        if payloads.is_empty() {
            return one(last);
        }
        let end = match last {
            Ty::Error => Some(Val::error(failure.clone())),
            Ty::Bool => Some(Val::cond(Condition::Ok(result))),
            _ => None,
        };
        let parts = if end.is_some() { payloads } else { types };
        let mut items: Vec<Val<'t>> = match parts {
            [only] => vec![one(only)],
            parts => {
                let base = self.result_places.get(&result).cloned();
                let base = base.unwrap_or_else(|| Place::new(PlaceKind::Result(result)));
                let part = |(at, ty): (usize, &Ty)| {
                    let place = base.field(None, &at.to_string());
                    Val { v: V::Place(place), ty: ty.clone(), data: data.clone() }
                };
                parts.iter().enumerate().map(part).collect()
            }
        };
        items.extend(end);
        Val::several(items)
    }

    /// The error of a call: its own, or that of a closure that was handed to it.
    pub fn failure_of(&self, result: ResultId) -> Failure {
        let Some(inner) = self.handed_on.get(&result) else { return Failure::of(result) };
        let of: Vec<ResultId> = inner.iter().copied().chain([result]).collect();
        let failed = any(of.iter().map(|r| Condition::Failed(*r, Kinds::ANY)).collect());
        Failure { failed, of, malformed: Vec::new() }
    }

    /// Returns from the function or frame.
    pub fn push_return(&mut self, values: &[Val<'t>]) {
        let types = self.results.types.clone();
        let by_error = matches!(types.last(), Some(Ty::Error));
        let by_ok = types.len() > 1 && matches!(types.last(), Some(Ty::Bool));
        if let [Val { v: V::Tuple(items), .. }] = values
            && items.len() == types.len()
        {
            let items = items.clone();
            return self.push_return(&items);
        }
        if let ([value @ Val { v: V::Result(r), .. }], true) = (values, types.len() != 1 || by_error) {
            // What another function returned is handed on as it is.
            if matches!(value.ty, Ty::Unknown | Ty::Error | Ty::Several(_)) {
                if types.len() == 1 && self.handed_on.contains_key(r) {
                    // `return retry(func() error { .. })` fails as what it was given does.
                    return self.push_return(&[Val::error(self.failure_of(*r))]);
                }
                return self.push(Step::Exit(Exit::Return(Value::Result(*r))));
            }
        }
        let (Some((last, payloads)), true) = (values.split_last(), by_error || by_ok) else {
            let value = match values {
                [] => Value::Opaque,
                [Val { v: V::Nil, .. }] => Value::Failure(None),
                [one] => one.to_flow(),
                several => structure(several.iter().enumerate().map(|(i, v)| (i.to_string(), v))),
            };
            return self.push(Step::Exit(Exit::Return(value)));
        };
        let payload = match payloads {
            [one] => one.to_flow(),
            several => structure(several.iter().enumerate().map(|(i, v)| (i.to_string(), v))),
        };
        if by_ok {
            let ok = self.condition_of(last);
            let success = Block { steps: vec![exit(Value::Success(Box::new(payload)))], drops: Vec::new() };
            self.push_branch(ok, success, failure_exits(&[]));
            self.diverged = true;
            return;
        }
        let failure = failure_in(last).unwrap_or_else(|| match self.foreign_error(last.observed()).v {
            _ if is_sentinel(last) => Failure::constant(true),
            V::Error(failure) => *failure,
            _ => Failure::constant(false),
        });
        if let Some(result) = failure.plain() {
            let handed_on = match payloads {
                [] => true,
                [one] => matches!(one.v, V::Result(r) if r == result) || payload == Value::Opaque,
                several => several.iter().all(|v| v.to_flow() == Value::Opaque || is_part_of(v, result)),
            };
            if handed_on {
                return self.push(Step::Exit(Exit::Return(Value::Result(result))));
            }
        }
        let success = Block { steps: vec![exit(Value::Success(Box::new(payload)))], drops: Vec::new() };
        if self.is_foreign(&failure.failed) {
            self.push_all(success);
        } else {
            self.push_branch(failure.failed.clone(), failure_exits(&failure.of), success);
        }
        self.diverged = true;
    }

    // --- values ------------------------------------------------------------------------------------------------------

    /// What is unknown of the value.
    pub fn answer_about(&mut self, value: &Val<'t>, asked: Asked) -> Condition {
        let place = match &value.v {
            V::Place(place) => Some(place),
            _ => None,
        };
        // What comes next of an open file is another answer each time.
        let mut observed = value.observed();
        observed.retain(|result| !self.opened.contains(result));
        self.answer(place, asked, observed)
    }

    /// The value as a truth value.
    pub fn condition_of(&mut self, value: &Val<'t>) -> Condition {
        match &value.v {
            V::Cond(c) => c.clone(),
            V::Result(r) => Condition::True(*r),
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
            V::Function(name) => Some(Place::new(PlaceKind::Constant(name.to_string().into()))),
            V::Number(n) => Some(Place::literal(&n.to_string())),
            V::Tuple(items) => items.first().and_then(|item| self.known_place(item)),
            _ => None,
        }
    }

    /// A value that a variable is bound to: an unknown one gets the variable's name, so that two uses of it are the same place.
    pub fn named(&mut self, value: Val<'t>, name: &str) -> Val<'t> {
        match value.v {
            V::Opaque | V::Nil if value.ty != Ty::Error => {
                let place = self.fresh_place(name);
                Val { v: V::Place(place), ..value }
            }
            _ => value,
        }
    }
}

/// The error that a value of type `error` is.
pub fn failure_in(value: &Val<'_>) -> Option<Failure> {
    match &value.v {
        V::Error(e) => Some((**e).clone()),
        V::Nil => Some(Failure::constant(false)),
        V::Kind(_) => Some(Failure::constant(true)),
        V::Result(r) => Some(Failure::of(*r)),
        V::Struct(_) => Some(Failure::constant(true)),
        _ => None,
    }
}

/// When the error of one of two ways is one: a result that was not reached has not failed, so one test does for both.
fn either(condition: &Condition, then: Condition, otherwise: Condition) -> Condition {
    match (&then, &otherwise) {
        (Condition::Failed(a, _), Condition::Failed(b, _)) if a != b => any(vec![then, otherwise]),
        _ => choose(condition, then, otherwise),
    }
}

fn exit(value: Value) -> Step {
    Step::Exit(Exit::Return(value))
}

fn is_part_of(value: &Val<'_>, result: ResultId) -> bool {
    let V::Place(place) = &value.v else { return false };
    matches!(place.kind(), PlaceKind::Field { base, .. } if *base == Place::new(PlaceKind::Result(result)))
}

/// A block that runs where the condition holds, without asking for it again.
fn decided(condition: &Condition, mut block: Block) -> Block {
    if let [Step::Branch(again)] = block.steps.as_mut_slice()
        && again.condition == *condition
        && again.then.drops.is_empty()
    {
        block.steps = std::mem::take(&mut again.then.steps);
    }
    block
}

/// Whether a block does nothing but leave.
fn only_leaves(block: &Block) -> bool {
    block.steps.iter().all(|step| match step {
        Step::Exit(Exit::Return(_) | Exit::Panic) => true,
        Step::Branch(b) => only_leaves(&b.then) && only_leaves(&b.otherwise),
        _ => false,
    })
}

/// Whether no run comes to the end of the block.
fn leaves(block: &Block) -> bool {
    block.steps.last().is_some_and(|step| match step {
        Step::Exit(_) => true,
        Step::Branch(b) => leaves(&b.then) && leaves(&b.otherwise),
        _ => false,
    })
}

/// What happens at once where a block is all that is done about the failure of `result`.
fn policy_of(block: &Block, result: ResultId) -> Option<OnFailure> {
    match block.steps.as_slice() {
        [Step::Exit(Exit::Return(Value::Failure(Some(r)) | Value::Result(r)))] if *r == result => {
            Some(OnFailure::Propagate)
        }
        [Step::Exit(Exit::Panic)] => Some(OnFailure::Panic),
        _ => None,
    }
}

/// Whether the value is an error that a package declares, as its name says: `ErrLocked`, `errLocked`, `EOF`.
fn is_sentinel(value: &Val<'_>) -> bool {
    let V::Place(place) = &value.v else { return false };
    let PlaceKind::Constant(name) = place.kind() else { return false };
    let name = crate::qualified::last(name);
    let rest = name.strip_prefix("Err").or_else(|| name.strip_prefix("err"));
    name == "EOF" || rest.is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

/// The path that a value is, if it is one.
fn place_in(value: &Val<'_>) -> Option<Place> {
    match &value.v {
        V::Place(place) => Some(place.clone()),
        V::Result(result) => Some(Place::new(PlaceKind::Result(*result))),
        _ => None,
    }
}
