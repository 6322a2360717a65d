//! The lowerer of one function: its state, and what every kind of syntax does to it.

use super::names::{Names, Scope, add_use, by_glob, parent_module, prelude};
use super::spans::Spans;
use super::types::{Ty, Types};
use super::value::{Maybe, V, Val};
use crate::flow::{Asked, Block, Condition, Exit, Frame, OnFailure, Place, PlaceKind, ResultId, Step, Value};
use crate::language::conditions::{add_data, choose};
use crate::language::drained::note_reads;
use crate::language::models::Models;
use crate::language::modes::note_access;
use crate::language::position::Sought;
use crate::language::steps::{Steps, failure_exits, has_exit};
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Nesting of syntax beyond which nothing is lowered, so that no input overflows the stack.
const MAX_DEPTH: usize = 300;
/// Closures put in place within closures, beyond which a closure stays unknown.
const MAX_INLINE: usize = 6;

/// What all functions of a file share.
pub struct FileScope<'a> {
    /// The library models.
    pub models: &'static Models,
    /// Offsets of its tokens.
    pub spans: &'a Spans<'a>,
    /// Names by module.
    pub names: &'a Names,
    /// Fields of the file's types: (type, field) to the field's type.
    pub fields: &'a FxHashMap<(String, String), Ty>,
    /// Fields of a type that its user chooses: what they hold is told by whose field the whole is.
    pub of_any: &'a FxHashSet<(String, String)>,
    /// What the file's functions return, by qualified name.
    pub returns: &'a FxHashMap<String, Ty>,
    /// The types of the file's statics, by qualified name.
    pub statics: &'a FxHashMap<String, Ty>,
    /// The file's constants that are numbers, by qualified name.
    pub numbers: &'a FxHashMap<String, u32>,
    /// The file's text.
    pub text: &'a str,
    /// The file's macros that return from where they stand with a success, which few files ask for.
    pub succeeding: &'a OnceCell<FxHashSet<String>>,
    /// The name of the crate that the file is in.
    pub own_crate: Option<&'a str>,
}

/// A local variable.
#[derive(Clone, Debug)]
struct Local {
    name: String,
    /// Shared with what was noted of it where the code forked: most decisions leave most variables as they are.
    value: Rc<Val>,
}

/// The state while one function is lowered.
pub struct Lowerer<'a> {
    /// What the file shares.
    pub file: &'a FileScope<'a>,
    /// The module of the function.
    pub module: String,
    /// The type that `Self` is.
    pub self_type: Option<String>,
    /// Type parameters in scope.
    pub generics: Vec<(String, Ty)>,
    /// `use` declarations inside the function, the innermost last.
    pub local_scopes: Vec<Scope>,
    locals: Vec<Local>,
    /// Loops entered in the innermost frame, the innermost last: their labels.
    pub loops: Vec<Option<String>>,
    /// Its steps so far.
    steps: Steps,
    /// Places that results stand for, where known.
    pub result_places: FxHashMap<ResultId, Place>,
    /// The open files in fields whose numbers are asked for, and what stands for them.
    pub descriptors: Vec<(Place, ResultId)>,
    /// What variables hold that may be changed in place later: no longer known by what they were made of.
    pub changeable: FxHashSet<Place>,
    /// Numbers of fields that hold temporary directories and files.
    private_fields: FxHashMap<Place, u32>,
    /// Channels that are followed.
    pub channels: FxHashSet<Place>,
    /// Work that was started in this function and shares its process.
    pub started: Vec<ResultId>,
    /// Results of stats that are asked for owner or mode.
    pub accessed: FxHashSet<ResultId>,
    /// Results of opens: handles.
    pub opened: FxHashSet<ResultId>,
    /// Handles through which what is written goes to another place than the beginning.
    pub sought: Sought,
    /// Results that are statuses of C, and the last of them, which errno is about.
    pub statuses: FxHashSet<ResultId>,
    pub last_status: Option<ResultId>,
    /// Results that may be guards or handles: locks, opens and calls.
    pub droppable: FxHashSet<ResultId>,
    /// Whether it runs in tasks, and tests and sets what they share.
    pub shares: bool,
    /// Variables that never change, with values that are the same for all who run the code.
    pub settled: FxHashSet<String>,
    /// Whether what the function returns says whether it failed.
    pub fallible: bool,
    /// Guards of mutexes, which keep nobody out once they are gone.
    pub mutex_guards: FxHashSet<ResultId>,
    depth: usize,
    inline: usize,
    /// The value that the innermost `loop` was left with so far.
    pub loop_value: Option<Val>,
    /// The type that a variable is declared with, while its value is lowered.
    pub wanted: Option<Ty>,
    /// Guards made by the statement at hand and not yet bound.
    pub temporaries: Vec<ResultId>,
    /// Nested functions, to be lowered on their own.
    pub nested: Vec<Rc<syn::ItemFn>>,
}

/// Most of lowering is building steps, and says so without saying where.
impl Deref for Lowerer<'_> {
    type Target = Steps;

    fn deref(&self) -> &Steps {
        &self.steps
    }
}

impl DerefMut for Lowerer<'_> {
    fn deref_mut(&mut self) -> &mut Steps {
        &mut self.steps
    }
}

impl<'a> Lowerer<'a> {
    /// A lowerer for a function of `module`.
    pub fn new(file: &'a FileScope<'a>, module: &str, self_type: Option<&str>) -> Self {
        Lowerer {
            file,
            module: module.to_owned(),
            self_type: self_type.map(str::to_owned),
            generics: Vec::new(),
            local_scopes: Vec::new(),
            locals: Vec::new(),
            loops: Vec::new(),
            steps: Steps::default(),
            result_places: FxHashMap::default(),
            descriptors: Vec::new(),
            changeable: FxHashSet::default(),
            private_fields: FxHashMap::default(),
            channels: FxHashSet::default(),
            started: Vec::new(),
            accessed: FxHashSet::default(),
            opened: FxHashSet::default(),
            sought: Sought::default(),
            statuses: FxHashSet::default(),
            last_status: None,
            droppable: FxHashSet::default(),
            shares: false,
            settled: FxHashSet::default(),
            fallible: false,
            mutex_guards: FxHashSet::default(),
            depth: 0,
            inline: 0,
            loop_value: None,
            wanted: None,
            temporaries: Vec::new(),
            nested: Vec::new(),
        }
    }

    // --- numbers and sites -------------------------------------------------------------------------------------------

    /// The body, once all is lowered.
    pub fn finish(&mut self) -> Block {
        let mut body = self.take_block();
        if !self.accessed.is_empty() {
            note_access(&mut body, &self.accessed);
        }
        note_reads(&mut body, self);
        body
    }

    /// The private place that a field holds: the same for the same field.
    pub fn private_field(&mut self, field: Place) -> Place {
        let fresh = self.opaque_id();
        Place::new(PlaceKind::Private(*self.private_fields.entry(field).or_insert(fresh)))
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
        if self.inline >= MAX_INLINE {
            return None;
        }
        self.inline += 1;
        let value = self.deeper(inner);
        self.inline -= 1;
        value
    }

    // --- steps -------------------------------------------------------------------------------------------------------

    /// Runs `inner` with a block of its own and returns that block. Variables that it declares are gone afterwards.
    pub fn in_block<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> (Block, T) {
        self.blocks.push(Block::default());
        let locals = self.locals.len();
        let scopes = self.local_scopes.len();
        let value = inner(self);
        self.locals.truncate(locals);
        self.local_scopes.truncate(scopes);
        (self.take_block(), value)
    }

    /// Runs `inner` and keeps its steps apart, with a scope of their own; the caller decides where they go.
    pub fn aside<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> (T, Block) {
        let diverged = self.diverged;
        let (block, value) = self.in_block(inner);
        self.diverged = diverged;
        (value, block)
    }

    /// Notes what the code does if what a value derives from cannot be understood. What it does first counts: later it looks at parts.
    pub fn note_malformed(&mut self, value: &Val, policy: OnFailure) {
        // Whether the reading itself fails is another matter, and decided elsewhere.
        let own = match &value.v {
            V::Result(r) => vec![*r],
            V::Maybe(m) => m.errors.iter().copied().chain(owned_results(value)).collect(),
            _ => Vec::new(),
        };
        let reads: Vec<ResultId> = value.data.iter().copied().filter(|r| !own.contains(r)).collect();
        self.steps.note_malformed(&reads, policy);
    }

    /// Notes that the failure of a call just made gives way to a default.
    pub fn note_defaulted(&mut self, value: &Val) {
        if let V::Result(result) = value.v {
            self.steps.note_defaulted(result);
        }
    }

    /// Lowers the two arms of a decision and joins what they leave behind.
    pub fn branch(
        &mut self,
        condition: Condition,
        then: impl FnOnce(&mut Self) -> Val,
        otherwise: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        match condition {
            Condition::Constant(true) => {
                let reached = !self.diverged;
                let (block, value) = self.in_block(then);
                let diverged = std::mem::replace(&mut self.diverged, !reached);
                self.push_all(block);
                self.diverged |= diverged;
                return value;
            }
            Condition::Constant(false) => {
                let reached = !self.diverged;
                let (block, value) = self.in_block(otherwise);
                let diverged = std::mem::replace(&mut self.diverged, !reached);
                self.push_all(block);
                self.diverged |= diverged;
                return value;
            }
            _ => {}
        }
        let reached = !self.diverged;
        let before = self.known_locals();
        let (then_block, then_value) = self.in_block(then);
        let then_diverged = std::mem::replace(&mut self.diverged, !reached);
        let after_then = self.known_locals();
        for (local, value) in self.locals.iter_mut().zip(before) {
            local.value = value;
        }
        let (else_block, else_value) = self.in_block(otherwise);
        let else_diverged = std::mem::replace(&mut self.diverged, !reached);
        if then_diverged && !else_diverged {
            // What holds after the decision is what the other arm left.
        } else if else_diverged && !then_diverged {
            for (local, value) in self.locals.iter_mut().zip(after_then) {
                local.value = value;
            }
        } else {
            for (at, then_local) in after_then.into_iter().enumerate() {
                let Some(local) = self.locals.get(at) else { continue };
                // What neither arm touched is what it was.
                if Rc::ptr_eq(&local.value, &then_local) && local.value.joins_to_itself() {
                    continue;
                }
                let (name, else_local) = (local.name.clone(), Val::clone(&local.value));
                let joined = self.join(&condition, Rc::unwrap_or_clone(then_local), else_local, &name);
                if let Some(local) = self.locals.get_mut(at) {
                    local.value = Rc::new(joined);
                }
            }
        }
        self.push_branch(condition.clone(), then_block, else_block);
        if then_diverged && else_diverged {
            self.diverged = true;
            return Val::opaque();
        }
        if then_diverged {
            return else_value;
        }
        if else_diverged {
            return then_value;
        }
        self.join(&condition, then_value, else_value, "")
    }

    /// The value that is `then` or `otherwise`, by the condition.
    pub fn join(&mut self, condition: &Condition, then: Val, otherwise: Val, name: &str) -> Val {
        if then.same(&otherwise) {
            return then.with_data(&otherwise.data);
        }
        if matches!((&then.v, &otherwise.v), (V::Opaque, V::Opaque)) {
            let ty = if then.ty == Ty::Unknown { otherwise.ty.clone() } else { then.ty.clone() };
            return Val { v: V::Opaque, ty, data: then.data }.with_data(&otherwise.data);
        }
        let ty = if then.ty == Ty::Unknown { otherwise.ty.clone() } else { then.ty.clone() };
        let mut data = then.data.clone();
        add_data(&mut data, &otherwise.data);
        if let (V::Cond(a), V::Cond(b)) = (&then.v, &otherwise.v) {
            let chosen = self.bounded(choose(condition, a.clone(), b.clone()));
            return Val { v: V::Cond(chosen), ty: Ty::Bool, data };
        }
        if let (V::Tuple(a), V::Tuple(b)) = (&then.v, &otherwise.v)
            && a.len() == b.len()
        {
            let items =
                a.iter().zip(b).map(|(a, b)| self.join(condition, a.clone(), b.clone(), name)).collect();
            return Val { v: V::Tuple(items), ty, data };
        }
        let maybe_like =
            |v: &Val| matches!(v.v, V::Maybe(_)) || matches!(v.ty, Ty::Result(_) | Ty::Option(_));
        if maybe_like(&then) || maybe_like(&otherwise) {
            let parts = |this: &mut Self, v: &Val| {
                v.as_maybe().unwrap_or_else(|| Maybe {
                    ok: this.opaque_condition(v.observed()),
                    errors: Vec::new(),
                    payload: Val { v: V::Opaque, ty: v.ty.payload(), data: v.data.clone() },
                })
            };
            let (a, b) = (parts(self, &then), parts(self, &otherwise));
            let payload = match (&a.ok, &b.ok) {
                // The payload of the arm that fails is never seen.
                (_, Condition::Constant(false)) => a.payload,
                (Condition::Constant(false), _) => b.payload,
                _ => self.join(condition, a.payload, b.payload, name),
            };
            let mut errors = a.errors;
            add_data(&mut errors, &b.errors);
            let maybe = Maybe { ok: self.bounded(choose(condition, a.ok, b.ok)), errors, payload };
            return Val { v: V::Maybe(Rc::new(maybe)), ty, data };
        }
        add_data(&mut data, &then.observed());
        add_data(&mut data, &otherwise.observed());
        // A default for a value that is otherwise known keeps the data, but the path is one of two.
        let v = if matches!((&then.v, &otherwise.v), (V::Place(_), _) | (_, V::Place(_))) {
            V::Place(self.one_of(place_in(&then), place_in(&otherwise), name))
        } else {
            V::Opaque
        };
        Val { v, ty, data }
    }

    // --- variables ---------------------------------------------------------------------------------------------------

    /// Declares a variable. A result bound to it is released at the end of the block, if it turns out to be a guard.
    pub fn declare(&mut self, name: &str, value: Val) {
        let value = value.bounded();
        for r in owned_results(&value) {
            self.temporaries.retain(|t| *t != r);
            if self.droppable.contains(&r)
                && let Some(block) = self.blocks.last_mut()
                && !block.drops.contains(&r)
            {
                block.drops.push(r);
            }
        }
        self.settled.remove(name);
        self.locals.push(Local { name: name.to_owned(), value: Rc::new(value) });
    }

    /// Whether there is a variable of this name here.
    pub fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local.name == name)
    }

    /// What is known of all variables here.
    fn known_locals(&self) -> Vec<Rc<Val>> {
        self.locals.iter().map(|local| Rc::clone(&local.value)).collect()
    }

    /// Declares a variable that owns nothing: a reference, a pattern's part.
    pub fn declare_borrowed(&mut self, name: &str, value: Val) {
        self.settled.remove(name);
        self.locals.push(Local { name: name.to_owned(), value: Rc::new(value.bounded()) });
    }

    /// The value of a variable.
    pub fn local(&self, name: &str) -> Option<&Val> {
        self.locals.iter().rev().find(|l| l.name == name).map(|l| &*l.value)
    }

    /// Sets a variable that is declared.
    pub fn assign(&mut self, name: &str, value: Val) {
        let value = value.bounded();
        for r in owned_results(&value) {
            self.temporaries.retain(|t| *t != r);
        }
        if let Some(local) = self.locals.iter_mut().rev().find(|l| l.name == name) {
            local.value = Rc::new(value);
        }
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

    /// Forgets what is known of a variable, keeping its type and data.
    pub fn forget(&mut self, name: &str) {
        let Some(at) = self.locals.iter().rposition(|l| l.name == name) else { return };
        let place = self.fresh_place(name);
        if let Some(local) = self.locals.get_mut(at) {
            let value = Rc::make_mut(&mut local.value);
            let observed = value.observed();
            add_data(&mut value.data, &observed);
            value.v = V::Place(place);
        }
    }

    /// The value moves out of its variable: the block no longer releases it.
    pub fn moved(&mut self, value: &Val) {
        for r in owned_results(value) {
            self.temporaries.retain(|t| *t != r);
            for block in &mut self.blocks {
                block.drops.retain(|d| *d != r);
            }
        }
    }

    // --- frames ------------------------------------------------------------------------------------------------------

    /// Runs code that `return` and `?` leave only up to its own end.
    pub fn frame(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> Val) -> Val {
        let loops = std::mem::take(&mut self.loops);
        let diverged = self.diverged;
        let (mut block, value) = self.in_block(inner);
        self.loops = loops;
        let body_diverged = std::mem::replace(&mut self.diverged, diverged);
        let exits = has_exit(&block);
        if !exits {
            self.push_all(block);
            return value;
        }
        let result = self.result();
        if !body_diverged {
            block.steps.push(Step::Exit(Exit::Return(self.return_value(&value))));
        }
        for r in owned_results(&value) {
            block.drops.retain(|d| *d != r);
        }
        let place = match &value.v {
            V::Place(p) => Some(p.clone()),
            V::Maybe(m) => match &m.payload.v {
                V::Place(p) => Some(p.clone()),
                _ => None,
            },
            _ => None,
        };
        if let Some(place) = place {
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
        Val { v: V::Result(result), ty: value.ty, data: value.data }
    }

    /// The flow value of what a function or frame returns.
    pub fn return_value(&mut self, value: &Val) -> Value {
        value.to_flow()
    }

    /// Returns from the function or frame.
    pub fn push_return(&mut self, value: &Val) {
        self.moved(value);
        // Whether content makes sense, which nothing here has asked, is left to the caller.
        if self.fallible && matches!(value.v, V::Opaque | V::Result(_)) {
            self.note_malformed(value, OnFailure::Propagate);
        }
        // A mutex that only the returned expression has locked is free again.
        let (guards, rest) = std::mem::take(&mut self.temporaries)
            .into_iter()
            .partition::<Vec<_>, _>(|r| self.mutex_guards.contains(r));
        self.temporaries = rest;
        for guard in guards {
            let site = self.site(Span::default());
            self.push(Step::Release(guard, site));
        }
        if let V::Maybe(m) = &value.v
            && !matches!(m.ok, Condition::Constant(_) | Condition::Ok(_))
        {
            let success = Exit::Return(Value::Success(Box::new(m.payload.to_flow())));
            let success = Block { steps: vec![Step::Exit(success)], drops: Vec::new() };
            self.push_branch(m.ok.clone(), success, failure_exits(&m.errors));
            self.diverged = true;
            return;
        }
        let value = self.return_value(value);
        self.push(Step::Exit(Exit::Return(value)));
    }

    // --- names and types ---------------------------------------------------------------------------------------------

    /// The qualified name that a path means here.
    pub fn resolve(&self, path: &syn::Path) -> String {
        let mut segments = path.segments.iter().map(|s| s.ident.to_string());
        let Some(first) = segments.next() else { return String::new() };
        let rest: Vec<String> = segments.collect();
        let mut name =
            if path.leading_colon.is_some() { first } else { self.resolve_first(&first, !rest.is_empty()) };
        for part in rest {
            if part == "super" {
                name = parent_module(&name);
            } else {
                name.push_str("::");
                name.push_str(&part);
            }
        }
        name
    }

    fn resolve_first(&self, first: &str, more: bool) -> String {
        match first {
            "crate" => return self.module.split("::").next().unwrap_or_default().to_owned(),
            "self" => return self.module.clone(),
            "super" => return parent_module(&self.module),
            "Self" => return self.self_type.clone().unwrap_or_else(|| "Self".to_owned()),
            _ => {}
        }
        let scopes = self.local_scopes.iter().rev().chain(self.file.names.scope(&self.module));
        let mut globs = Vec::new();
        for scope in scopes {
            if let Some(target) = scope.names.get(first) {
                return target.clone();
            }
            globs.extend(&scope.globs);
        }
        let by_glob = if globs.is_empty() { None } else { by_glob(first) };
        for glob in globs {
            let candidate = [glob, "::", first].concat();
            let models = self.file.models;
            if models.api(&candidate).is_some()
                || models.canonical_type(&candidate).is_some()
                || models.error_kind(&candidate).is_some()
                || models.open_flag(&candidate).is_some()
            {
                return candidate;
            }
            if glob == "super" || self.module.starts_with(glob.as_str()) {
                // `use super::*` in an inline module: the file itself knows that module's names.
                if let Some(target) = self.file.names.scope(glob).and_then(|s| s.names.get(first)) {
                    return target.clone();
                }
            }
        }
        if let Some(name) = prelude(first).or(by_glob) {
            return name.to_owned();
        }
        // A path's first segment that nobody declares is a crate; a lone name is the module's own, or comes in by a glob.
        if more { first.to_owned() } else { [&self.module, "::", first].concat() }
    }

    /// The type that a piece of syntax names here.
    pub fn type_of(&self, ty: &syn::Type) -> Ty {
        let resolve = |p: &syn::Path| self.resolve(p);
        Types {
            models: self.file.models,
            resolve: &resolve,
            own_crate: self.file.own_crate,
            self_type: self.self_type.as_deref(),
            generics: &self.generics,
        }
        .of(ty)
    }

    /// Enters a block's `use` declarations.
    pub fn enter_scope(&mut self, items: &[&syn::Item]) {
        let mut scope = Scope::default();
        for item in items {
            match item {
                syn::Item::Use(item) => {
                    add_use(
                        &self.module,
                        &item.tree,
                        item.leading_colon.is_some(),
                        &mut scope,
                        &mut |_, _| {},
                    );
                }
                syn::Item::Fn(item) => {
                    scope
                        .names
                        .insert(item.sig.ident.to_string(), format!("{}::{}", self.module, item.sig.ident));
                    self.nested.push(Rc::new((*item).clone()));
                }
                _ => {}
            }
        }
        // A local `use io::ErrorKind` may lean on an import of the module.
        let resolved: Vec<(String, String)> = scope
            .names
            .iter()
            .map(|(name, target)| {
                let (first, rest) = target.split_once("::").unwrap_or((target, ""));
                let known = self.file.names.scope(&self.module).and_then(|s| s.names.get(first));
                match known {
                    Some(base) if !rest.is_empty() => (name.clone(), format!("{base}::{rest}")),
                    _ => (name.clone(), target.clone()),
                }
            })
            .collect();
        scope.names.extend(resolved);
        self.local_scopes.push(scope);
    }

    // --- values ------------------------------------------------------------------------------------------------------

    /// What is unknown of the value.
    pub fn answer_about(&mut self, value: &Val, asked: Asked) -> Condition {
        let place = match &value.v {
            V::Place(place) => Some(place),
            _ => None,
        };
        self.answer(place, asked, value.observed())
    }

    /// The value as a truth value.
    pub fn condition_of(&mut self, value: &Val) -> Condition {
        match &value.v {
            V::Cond(c) => c.clone(),
            V::Result(r) => Condition::True(*r),
            _ => self.answer_about(value, Asked::Truth),
        }
    }

    /// The place that a value denotes, if it may denote one.
    pub fn place_of(&mut self, value: &Val, name: &str) -> Place {
        match &value.v {
            V::Place(p) => p.clone(),
            V::Result(r) => match self.result_places.get(r) {
                Some(p) => p.clone(),
                None => Place::new(PlaceKind::Result(*r)),
            },
            V::Maybe(m) => {
                let payload = m.payload.clone();
                self.place_of(&payload, name)
            }
            _ => self.fresh_place(name),
        }
    }

    /// The payload of a `Result` or `Option`, where failure is dealt with as `policy` says.
    pub fn unwrap(&mut self, value: Val, policy: OnFailure) -> Val {
        self.note_malformed(&value, policy);
        match &value.v {
            V::Result(r) => {
                let r = *r;
                self.set_policy(r, policy);
                let data = value.data.clone();
                if value.ty.payload() == Ty::Bool {
                    return Val { v: V::Cond(Condition::True(r)), ty: Ty::Bool, data };
                }
                Val::inside(r, value.ty.payload(), data)
            }
            V::Maybe(m) => {
                let Maybe { ok, errors, mut payload } = Maybe::clone(m);
                self.leave_if(ok.negated(), policy, &errors);
                add_data(&mut payload.data, &value.data);
                payload
            }
            // Code that may leave here for a reason that no effect has: kept out of the summary, it decides nothing.
            _ => Val { ty: value.ty.payload(), ..value },
        }
    }
}

/// The results that a value owns: guards and handles among them are released with it.
pub fn owned_results(value: &Val) -> Vec<ResultId> {
    match &value.v {
        V::Result(r) => vec![*r],
        V::Maybe(m) => owned_results(&m.payload),
        V::Tuple(items) => items.iter().flat_map(owned_results).collect(),
        V::Struct(fields) => fields.iter().flat_map(|(_, v)| owned_results(v)).collect(),
        _ => Vec::new(),
    }
}

/// The path that a value is, if it is one.
fn place_in(value: &Val) -> Option<&Place> {
    match &value.v {
        V::Place(place) => Some(place),
        _ => None,
    }
}
