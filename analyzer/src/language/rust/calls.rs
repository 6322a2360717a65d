//! Calls: of closures, and of functions that may be the program's own.

use super::expr::root_variable;
use super::library::JOIN_HANDLE;
use super::lower::{Lowerer, owned_results};
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{
    Call, Callee, Certainty, Condition, Effect, OnFailure, Place, PlaceKind, ResultId, Step, Value,
};
use crate::language::conditions::add_data;
use crate::qualified;
use crate::source::Span;
use std::borrow::Cow;
use std::rc::Rc;
use syn::Expr;

impl Lowerer<'_> {
    /// A call of a function, a variant or a closure.
    pub fn call(&mut self, e: &syn::ExprCall) -> Val {
        let Expr::Path(callee) = &*e.func else {
            let function = self.expr(&e.func);
            let arguments = self.arguments(&e.args);
            return self.call_value(&function, arguments, self.file.spans.call(e));
        };
        if let Some(ident) = callee.path.get_ident()
            && let Some(value) = self.local(&ident.to_string()).cloned()
        {
            let arguments = self.arguments(&e.args);
            return self.call_value(&value, arguments, self.file.spans.call(e));
        }
        let name = match &callee.qself {
            // `<T as Trait>::f(x)` is `T::f(x)` for us.
            Some(q) => {
                let ty = self.type_of(&q.ty);
                let method = callee.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                format!("{}::{method}", ty.name().unwrap_or("?"))
            }
            None => self.resolve(&callee.path),
        };
        let last = qualified::last(&name).to_owned();
        match last.as_str() {
            "Ok" | "Some" if e.args.len() == 1 => {
                let mut arguments = self.arguments(&e.args);
                let payload = arguments.pop().unwrap_or_default();
                let mut value = Val::success(payload);
                if last == "Some" {
                    value.ty = Ty::Option(Rc::new(value.ty.payload()));
                }
                return value;
            }
            "Err" if e.args.len() == 1 => {
                let arguments = self.arguments(&e.args);
                let error = arguments.first().and_then(error_of);
                return Val::failure(error);
            }
            _ => {}
        }
        let mut arguments = self.arguments(&e.args);
        let span = self.file.spans.call(e);
        if let Some(api) = self.file.models.api(&name)
            && let Some(value) =
                self.api_call(api, &mut arguments, &e.args.iter().collect::<Vec<_>>(), span, Certainty::Known)
        {
            return value;
        }
        // Errors keep their kind through `io::Error::from(..)`, `anyhow!(..)` and their like.
        if (last == "from" || last == "new")
            && let Some(kind) = arguments.iter().find_map(error_of)
        {
            return Val::new(V::Error(kind), Ty::Unknown);
        }
        // `FcntlArg::F_SETLKW(&range)`
        if let Some(flags) = self.file.models.lock_flags(&name) {
            return Val::new(V::Lock(flags), Ty::Unknown);
        }
        if last.starts_with(char::is_uppercase) {
            // A tuple struct or variant: its parts by number.
            let data: Vec<ResultId> = arguments.iter().flat_map(|v| v.data.clone()).collect();
            arguments.iter().for_each(|v| self.moved(v));
            if arguments.iter().any(|v| matches!(v.v, V::Error(_))) {
                return arguments.into_iter().find(|v| matches!(v.v, V::Error(_))).unwrap_or_default();
            }
            let fields = arguments.into_iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect();
            let ty = self.file.models.canonical_type(&name).unwrap_or(&name).to_owned();
            return Val::new(V::Struct(fields), Ty::of_name(&ty)).with_data(&data);
        }
        self.run_closures(&mut arguments, None, span);
        let value = self.unknown_call(Callee::Function(name), arguments, span, None);
        if let Some(call) = self.last_call() {
            self.may_fill(&e.args, call);
        }
        self.lent_paths(&e.args);
        value
    }

    /// Notes that a call may put something into what is lent to it mutably.
    pub fn may_fill<'e>(&mut self, arguments: impl IntoIterator<Item = &'e Expr>, call: ResultId) {
        for argument in arguments {
            if let Expr::Reference(lent) = argument
                && lent.mutability.is_some()
                && let Some(name) = root_variable(&lent.expr)
                && self.local(&name).is_some_and(|v| v.ty != Ty::path() && !matches!(v.v, V::Result(_)))
            {
                self.taint(&name, &[call]);
            }
        }
    }

    /// A path that was lent out mutably is another one afterwards.
    fn lent_paths<'e>(&mut self, arguments: impl IntoIterator<Item = &'e Expr>) {
        for argument in arguments {
            if let Expr::Reference(lent) = argument
                && lent.mutability.is_some()
                && let Expr::Path(variable) = &*lent.expr
                && let Some(name) = variable.path.get_ident().map(ToString::to_string)
                && self.local(&name).is_some_and(|v| v.ty == Ty::path())
            {
                self.forget(&name);
            }
        }
    }

    /// The values of arguments, in order.
    pub fn arguments<'e>(&mut self, arguments: impl IntoIterator<Item = &'e Expr>) -> Vec<Val> {
        arguments
            .into_iter()
            .map(|a| {
                let value = self.expr(a);
                // A variable passed by value moves; a fresh temporary stays one until it is bound.
                if matches!(a, Expr::Path(_)) {
                    self.moved_by_call(&value);
                }
                value
            })
            .collect()
    }

    fn moved_by_call(&mut self, value: &Val) {
        // Handles and guards move into the call; a path is only copied.
        if !owned_results(value).is_empty() && !value.ty.is_path_like() {
            self.moved(value);
        }
    }

    /// Calls a value: a closure in place, a function by name, anything else without effect.
    pub fn call_value(&mut self, function: &Val, arguments: Vec<Val>, span: Span) -> Val {
        match &function.v {
            V::Closure(closure) => {
                let closure = closure.clone();
                self.call_closure(&closure, arguments, span)
            }
            V::Function(name) => {
                let name = name.to_string();
                self.call_by_name(&name, arguments, span)
            }
            _ => {
                let mut data = function.observed();
                for a in &arguments {
                    add_data(&mut data, &a.provenance());
                }
                if let V::Place(called) = &function.v {
                    self.run_parameter(called, span);
                }
                Val::opaque().with_data(&data)
            }
        }
    }

    fn call_by_name(&mut self, name: &str, mut arguments: Vec<Val>, span: Span) -> Val {
        match qualified::last(name) {
            "Ok" | "Some" => return Val::success(arguments.pop().unwrap_or_default()),
            "Err" => return Val::failure(arguments.first().and_then(error_of)),
            _ => {}
        }
        if let Some(api) = self.file.models.api(name)
            && let Some(value) = self.api_call(api, &mut arguments, &[], span, Certainty::Known)
        {
            return value;
        }
        self.unknown_call(Callee::Function(name.to_owned()), arguments, span, None)
    }

    /// Runs a closure's body in place, its parameters bound to the arguments.
    pub fn call_closure(&mut self, closure: &Rc<syn::ExprClosure>, arguments: Vec<Val>, span: Span) -> Val {
        let value = self.inlined(|this| {
            this.frame(span, |this| {
                let mut arguments = arguments.into_iter();
                for pat in &closure.inputs {
                    let value = arguments.next().unwrap_or_default();
                    let annotated =
                        if let syn::Pat::Type(t) = pat { this.type_of(&t.ty) } else { Ty::Unknown };
                    let value = if value.ty == Ty::Unknown { Val { ty: annotated, ..value } } else { value };
                    let matched = this.pattern(pat, &value);
                    for (name, value) in matched.bindings {
                        let value = this.named(value, &name);
                        this.declare_borrowed(&name, value);
                    }
                }
                this.expr(&closure.body)
            })
        });
        let value = value.unwrap_or_default();
        if closure.asyncness.is_some() { Val { ty: value.ty.clone(), ..value } } else { value }
    }

    /// What awaiting a value gives: an async block runs, a spawned task is waited for, anything else is itself.
    pub fn awaited(&mut self, value: Val, span: Span) -> Val {
        match &value.v {
            V::Async(block) => {
                let block = block.clone();
                self.inlined(|this| this.frame(span, |this| this.statements(&block.stmts)))
                    .unwrap_or_default()
            }
            V::Closure(closure) if closure.asyncness.is_some() => {
                let closure = closure.clone();
                self.call_closure(&closure, Vec::new(), span)
            }
            V::Result(_) | V::Opaque | V::Place(_) if value.ty.name() == Some(JOIN_HANDLE) => {
                self.wait_for(&value, span);
                Val::opaque().with_data(&value.data)
            }
            // A handle out of a collection.
            V::Opaque | V::Place(_) if !self.started.is_empty() => {
                self.wait_for_started(&value);
                value
            }
            _ => value,
        }
    }

    /// Closures handed to code that is not known: they may be called, any number of times, with `element` if there is one.
    pub fn run_closures(&mut self, arguments: &mut [Val], element: Option<Val>, span: Span) {
        for argument in arguments {
            let taken = match &argument.v {
                V::Closure(_) | V::Async(_) => std::mem::take(argument),
                _ => continue,
            };
            let id = self.opaque_id();
            let result = self.branch(
                Condition::Opaque { id, observed: Vec::new() },
                |this| match &taken.v {
                    V::Closure(c) => {
                        let c = c.clone();
                        let handed = element.as_ref().map(|element| {
                            let place = this.fresh_place("");
                            Val { v: V::Place(place), ..element.clone() }
                        });
                        let value = this.call_closure(&c, handed.into_iter().collect(), span);
                        // Who is handed a closure that gives a future runs that too: a retry, a cell that is filled once.
                        if matches!(value.v, V::Async(_)) { this.awaited(value, span) } else { value }
                    }
                    _ => this.awaited(taken.clone(), span),
                },
                |_| Val::opaque(),
            );
            *argument = Val { v: V::Handed(id), data: result.observed(), ..Val::default() };
        }
    }

    /// A call that no model knows: left to the linker, if it may be the program's own.
    pub fn unknown_call(
        &mut self,
        callee: Callee,
        arguments: Vec<Val>,
        span: Span,
        presumed: Option<Effect>,
    ) -> Val {
        let mut data = Vec::new();
        for a in &arguments {
            add_data(&mut data, &a.provenance());
        }
        if let Callee::Function(name) = &callee
            && is_foreign(name)
        {
            let ty = Ty::Unknown;
            let text = qualified::last(name).starts_with("to_");
            let given: Option<Vec<Place>> = arguments.iter().map(|a| self.known_place(a)).collect();
            if let (true, Some(arguments)) = (text, given) {
                let callee = name.as_str().into();
                return Val { v: V::Place(Place::new(PlaceKind::Call { callee, arguments })), ty, data };
            }
            return Val { v: V::Opaque, ty, data };
        }
        let callee_name: Cow<'_, str> = match &callee {
            Callee::Function(name) => name.into(),
            Callee::Method { receiver, name } => {
                [receiver.as_deref().unwrap_or("?"), "::", name].concat().into()
            }
            Callee::Parameter(_) => "".into(),
        };
        let ty = self.file.returns.get(&*callee_name).cloned();
        let ty = ty.unwrap_or_else(|| constructor_type(&callee));
        let mut presumed = presumed;
        let result = presumed.as_ref().map_or_else(|| self.result(), |e| e.result);
        self.droppable.insert(result);
        let places: Option<Vec<Place>> = arguments.iter().map(|a| self.known_place(a)).collect();
        if let Some(arguments) = places {
            self.result_places
                .insert(result, Place::new(PlaceKind::Call { callee: (&*callee_name).into(), arguments }));
        }
        let values: Vec<Value> = arguments.iter().map(Val::to_argument).collect();
        let site = self.site(span);
        if let Some(effect) = &mut presumed {
            effect.site = site;
        }
        self.push(Step::Call(Call {
            callee,
            arguments: values,
            names: Vec::new(),
            result,
            on_failure: OnFailure::Continue,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site,
            presumed: presumed.map(Box::new),
            typed: Vec::new(),
        }));
        let v = if ty == Ty::Bool { V::Cond(Condition::True(result)) } else { V::Result(result) };
        Val { v, ty, data }
    }

    /// The place that a value is known as; none for values that have no name.
    pub fn known_place(&self, value: &Val) -> Option<Place> {
        match &value.v {
            V::Place(p) => Some(p.clone()),
            V::Result(r) => {
                Some(self.result_places.get(r).cloned().unwrap_or(Place::new(PlaceKind::Result(*r))))
            }
            V::Maybe(maybe) if matches!(maybe.ok, Condition::True(_)) => self.known_place(&maybe.payload),
            _ => None,
        }
    }
}

/// The result whose error a value carries.
pub fn error_of(value: &Val) -> Option<ResultId> {
    match &value.v {
        V::Error(r) | V::ErrorKindOf(r) => Some(*r),
        V::Struct(fields) => fields.iter().find_map(|(_, v)| error_of(v)),
        V::Tuple(items) => items.iter().find_map(error_of),
        _ => None,
    }
}

/// Names below these are no functions of the program.
fn is_foreign(name: &str) -> bool {
    matches!(qualified::first(name), "std" | "core" | "alloc" | "libc" | "serde_json" | "toml" | "serde_yaml")
}

/// `Type::new(..)` and its like return the type, as far as anybody can tell without its declaration.
fn constructor_type(callee: &Callee) -> Ty {
    let Callee::Function(name) = callee else { return Ty::Unknown };
    let mut segments = name.rsplit("::");
    let function = segments.next().unwrap_or_default();
    let owner = segments.next().unwrap_or_default();
    let constructs = matches!(
        function,
        "new" | "default" | "open" | "create" | "load" | "init" | "from" | "build" | "with_capacity"
    ) || function.starts_with("new_")
        || function.starts_with("from_")
        || function.starts_with("with_");
    if !constructs || !owner.starts_with(char::is_uppercase) {
        return Ty::Unknown;
    }
    match name.rsplit_once("::") {
        Some((ty, _)) => Ty::Named(ty.into()),
        None => Ty::Unknown,
    }
}
