//! Method calls: errors, paths that change in place, and which row or function a method is.

use super::expr::root_variable;
use super::library::JOIN_HANDLE;
use super::lower::Lowerer;
use super::types::{FILE, PATH, Ty};
use super::value::{V, Val};
use crate::flow::{Callee, Certainty, Condition, Place, PlaceKind};
use crate::language::conditions::add_data;
use crate::language::models::Api;
use crate::source::Span;
use std::rc::Rc;
use syn::{Expr, ExprMethodCall};

impl Lowerer<'_> {
    /// A method call.
    pub fn method_call(&mut self, e: &ExprMethodCall) -> Val {
        let name = e.method.to_string();
        if let Some(value) = self.gone_through(e, &name) {
            return value;
        }
        let receiver = self.expr(&e.receiver);
        if let Some(value) = self.memory_method(e, &receiver) {
            return value;
        }
        let receiver = self.behind_guard(receiver);
        if let Some(value) = self.error_method(&receiver, &name) {
            return value;
        }
        if let Some(value) = self.path_in_place(e, &receiver, &name) {
            return value;
        }
        let span = self.file.spans.method_call(e);
        if let Some(value) = self.combinator(e, &receiver, &name, span) {
            return value;
        }
        if matches!(name.as_str(), "as_raw_fd" | "as_fd")
            && let Some(open) = self.descriptor(&receiver)
        {
            return open;
        }
        let receiver = self.boolean_payload(receiver);
        let mut arguments = vec![receiver];
        arguments.extend(self.arguments(&e.args));
        let syntax: Vec<&Expr> = std::iter::once(&*e.receiver).chain(&e.args).collect();
        let ty = arguments.first().map(|r| r.ty.clone()).unwrap_or_default();
        if let Some((api, certainty)) = self.method_api(&ty, &name, arguments.first(), e.args.len()) {
            let value = self.api_call(api, &mut arguments, &syntax, span, certainty);
            if let Some(value) = value {
                // Builders and permissions change in place: `options.write(true);`, `permissions.set_mode(0o600);`.
                if let (V::Flags(_) | V::Mode(_) | V::Command(_), Some(variable)) =
                    (&value.v, root_variable(&e.receiver))
                    && (api.flag.is_some()
                        || api.command.is_some()
                        || (api.mode.is_some() && api.effect.is_none()))
                {
                    self.assign(&variable, value.clone());
                }
                return value;
            }
        }
        self.unknown_method(e, arguments, ty, name, span)
    }

    /// The number of what is open, which stands for it: of one kept in a field, the same each time.
    fn descriptor(&mut self, open: &Val) -> Option<Val> {
        let handle = self.handle_of(open)?;
        let V::Place(place) = &open.v else { return Some(open.clone()) };
        let known = self.descriptors.iter().find(|(of, _)| of == place).map(|(_, handle)| *handle);
        let handle = known.unwrap_or_else(|| {
            self.descriptors.push((place.clone(), handle));
            self.result_places.insert(handle, place.clone());
            handle
        });
        Some(Val::new(V::Result(handle), open.ty.clone()))
    }

    fn unknown_method(
        &mut self,
        e: &ExprMethodCall,
        mut arguments: Vec<Val>,
        ty: Ty,
        name: String,
        span: Span,
    ) -> Val {
        let mut data = Vec::new();
        arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
        if arguments.iter().any(|a| matches!(a.v, V::Closure(_) | V::Async(_))) {
            // The element is what an adapter hands to its closure.
            let element = Val { v: V::Opaque, ty: ty.element(), data: data.clone() };
            self.run_closures(&mut arguments, Some(element), span);
        }
        // What goes into a collection or a document stays in it.
        if let Some(variable) = root_variable(&e.receiver) {
            let mut added = Vec::new();
            arguments.iter().skip(1).for_each(|a| add_data(&mut added, &a.provenance()));
            if !added.is_empty() {
                self.taint(&variable, &added);
            }
        }
        for argument in &e.args {
            if let Expr::Reference(reference) = argument
                && reference.mutability.is_some()
                && let Some(variable) = root_variable(&reference.expr)
            {
                self.taint(&variable, &data);
            }
        }
        let keeps_elements = matches!(
            name.as_str(),
            "iter"
                | "into_iter"
                | "iter_mut"
                | "filter"
                | "rev"
                | "skip"
                | "take"
                | "collect"
                | "chain"
                | "peekable"
                | "to_vec"
        );
        if keeps_elements && matches!(ty, Ty::Sequence(_)) {
            return Val { v: V::Opaque, ty, data };
        }
        if matches!(name.as_str(), "flatten" | "filter_map" | "flat_map" | "next" | "last" | "first" | "pop")
        {
            let element = ty.element();
            let inner = match (name.as_str(), &element) {
                ("flatten", Ty::Result(t) | Ty::Option(t)) => Ty::Sequence(t.clone()),
                ("next" | "last" | "first" | "pop", _) => Ty::Option(Rc::new(element)),
                _ => Ty::Unknown,
            };
            return Val { v: V::Opaque, ty: inner, data };
        }
        let foreign = match &ty {
            Ty::Named(n) => n.starts_with("std::") && &**n != PATH,
            Ty::Sequence(_) | Ty::Bool | Ty::Text => true,
            _ => false,
        };
        let clones_something = name == "clone" && !e.args.is_empty();
        let own_verb = OWN_VERBS.binary_search(&name.as_str()).is_ok() && self.is_own_type(&ty);
        if foreign || (is_std_method(&name) && !clones_something && !own_verb) {
            return Val { v: V::Opaque, ty: Ty::Unknown, data };
        }
        let named = |value: &Val| match &value.v {
            // The linker knows the types of variables that lie in other files.
            V::Place(place) if ty == Ty::Unknown => match place.kind() {
                PlaceKind::Constant(name) => Some(name.to_string()),
                _ => None,
            },
            _ => None,
        };
        let receiver =
            ty.name().filter(|n| *n != PATH).map(str::to_owned).or_else(|| arguments.first().and_then(named));
        let value = self.unknown_call(Callee::Method { receiver, name }, arguments, span, None);
        if let Some(call) = self.last_call() {
            self.may_fill(&e.args, call);
            // What is known of a structure has no other name.
            if let Some(variable) = root_variable(&e.receiver)
                && self.local(&variable).is_some_and(|value| matches!(value.v, V::Struct(_)))
            {
                self.taint(&variable, &[call]);
            }
        }
        value.with_data(&data)
    }

    /// Whether the type is one of this crate's.
    fn is_own_type(&self, ty: &Ty) -> bool {
        let own = self.module.split("::").next().unwrap_or_default();
        ty.name().is_some_and(|name| {
            // A field of a type that another file declares may be anything.
            !name.contains('.') && name.strip_prefix(own).is_some_and(|rest| rest.starts_with("::"))
        })
    }

    /// What a method of a mutex' guard is called on: what the mutex keeps, which does not hold the lock.
    fn behind_guard(&self, receiver: Val) -> Val {
        match receiver.v {
            V::Result(r) if receiver.ty.name() == Some("guard") && self.mutex_guards.contains(&r) => {
                let kept = self.result_places.get(&r).cloned().map_or(V::Opaque, V::Place);
                Val::new(kept, Ty::Unknown).with_data(&receiver.provenance())
            }
            _ => receiver,
        }
    }

    /// The row for a method on a receiver of this type.
    fn method_api(
        &mut self,
        ty: &Ty,
        name: &str,
        receiver: Option<&Val>,
        arguments: usize,
    ) -> Option<(&'static Api, Certainty)> {
        let models = self.file.models;
        let known = match ty {
            Ty::Named(n) => models.method(Some(n), name),
            Ty::Text => models.method(Some(PATH), name).filter(|api| api.effect.is_none()),
            Ty::Result(_) | Ty::Option(_) => None,
            _ => models.method(None, name),
        };
        // A conversion that any value has is given nothing: `repository.clone(url)` is none.
        let converts = |api: &Api| api.name.starts_with("?::") && api.path.is_some();
        if let Some(api) = known.filter(|api| arguments == 0 || !converts(api)) {
            return Some((api, Certainty::Known));
        }
        // Reading and writing through anything that is a file underneath.
        let is_handle = match receiver.map(|r| &r.v) {
            Some(V::Result(r)) => self.is_open_result(*r),
            Some(V::Place(p)) => p.is_private(),
            _ => false,
        };
        if is_handle && let Some(api) = models.method(Some(FILE), name) {
            return Some((api, Certainty::Known));
        }
        // Nothing but a handle of started work is joined with nothing.
        if name == "join" && arguments == 0 {
            return models.method(Some(JOIN_HANDLE), name).map(|api| (api, Certainty::Known));
        }
        let denotes_a_path = matches!(receiver.map(|r| &r.v), Some(V::Place(_) | V::Result(_)));
        if name == "join" && arguments == 1 && denotes_a_path && matches!(ty, Ty::Unknown | Ty::Named(_)) {
            return models.method(Some(PATH), name).map(|api| (api, Certainty::Known));
        }
        if *ty != Ty::Unknown && !ty.name().is_some_and(|n| n.contains('.')) {
            return None;
        }
        if let Some(api) = models.presumed_method(name)
            && api.arguments() == arguments + 1
        {
            return Some((api, Certainty::Presumed));
        }
        // Path algebra on a receiver of unknown type, where only a path makes sense.
        let path_only = match name {
            "parent" | "file_name" | "file_stem" => arguments == 0,
            "with_extension" | "with_file_name" => arguments == 1,
            _ => false,
        };
        if path_only && matches!(receiver.map(|r| &r.v), Some(V::Place(_) | V::Result(_))) {
            return models.api(&format!("{PATH}::{name}")).map(|api| (api, Certainty::Known));
        }
        None
    }

    /// Whether the result is of an open in this function.
    pub fn is_open_result(&self, r: crate::flow::ResultId) -> bool {
        self.opened.contains(&r)
    }

    fn error_method(&mut self, receiver: &Val, name: &str) -> Option<Val> {
        let V::Error(r) = receiver.v else { return None };
        Some(match name {
            "kind" | "raw_os_error" | "code" | "errno" | "io_error_kind" => {
                Val::new(V::ErrorKindOf(r), Ty::Unknown)
            }
            "root_cause" | "downcast_ref" | "downcast" | "into_inner" | "get_ref" | "source" | "as_ref"
            | "into" | "clone" | "current_context" | "io_error" | "into_io_error" | "context" | "error"
            | "to_owned" | "borrow" | "get_inner" => receiver.clone(),
            "is_not_found" => {
                Val::cond(Condition::Failed(r, crate::flow::Kinds::of(crate::flow::ErrorKind::NotFound)))
            }
            _ => return None,
        })
    }

    /// `path.push(..)` and its like change the variable that they are called on.
    fn path_in_place(&mut self, e: &ExprMethodCall, receiver: &Val, name: &str) -> Option<Val> {
        if !matches!(name, "push" | "pop" | "set_extension" | "set_file_name" | "extend") {
            return None;
        }
        // What a function of another file returned, or a field declared there, has no type here. Only a path has an extension to
        // set; a list that is pushed to gets a place that nobody looks at, and keeps its data.
        let unknown = receiver.ty == Ty::Unknown || receiver.ty.name().is_some_and(|n| n.contains('.'));
        let may_be_path = unknown && matches!(receiver.v, V::Result(_) | V::Place(_));
        if !receiver.ty.is_path_like() && !may_be_path {
            return None;
        }
        if receiver.ty == Ty::Text && matches!(name, "pop" | "extend") {
            return None;
        }
        let variable = root_variable(&e.receiver)?;
        let mut data = receiver.data.clone();
        if unknown {
            add_data(&mut data, &receiver.observed());
        }
        let base = self.place_of(receiver, &variable);
        let place = if name == "extend" {
            let parts = e.args.first().map(|a| self.components(a))?;
            parts.iter().fold(base, |base, part| base.join(part))
        } else {
            let argument = match e.args.first() {
                Some(a) => {
                    let value = self.expr(a);
                    add_data(&mut data, &value.provenance());
                    Some(self.place_of(&value, ""))
                }
                None => None,
            };
            match (name, argument) {
                ("push", Some(a)) if receiver.ty == Ty::Text => Place::new(PlaceKind::Concat(vec![base, a])),
                ("push", Some(a)) => base.join(&a),
                ("pop", None) => base.parent(),
                ("set_extension", Some(a)) => base.with_extension(&a),
                ("set_file_name", Some(a)) => base.with_file_name(&a),
                _ => return None,
            }
        };
        if matches!(&*e.receiver, Expr::Path(_)) {
            let ty = if name.starts_with("set_") { Ty::path() } else { receiver.ty.clone() };
            self.assign(&variable, Val { v: V::Place(place), ty, data });
        }
        Some(Val::opaque().with_data(&if unknown { receiver.observed() } else { Vec::new() }))
    }

    /// The components that a path is extended by: those of a list in the source, else one that is not known.
    fn components(&mut self, list: &Expr) -> Vec<Place> {
        match list {
            Expr::Reference(e) => self.components(&e.expr),
            Expr::Array(e) => e
                .elems
                .iter()
                .map(|part| {
                    let value = self.expr(part);
                    self.place_of(&value, "")
                })
                .collect(),
            _ => {
                self.expr(list);
                vec![self.fresh_place("")]
            }
        }
    }
}

/// Methods of std's collections, iterators and texts: never the program's own file helpers, and too many to keep.
fn is_std_method(name: &str) -> bool {
    STD_METHODS.binary_search(&name).is_ok()
}

/// Those of std's methods that programs have of their own: on a type of the crate it is that type's. Sorted.
const OWN_VERBS: &[&str] = &[
    "abort",
    "add",
    "append",
    "clear",
    "contains",
    "contains_key",
    "drain",
    "emit",
    "entry",
    "finish",
    "get",
    "insert",
    "kill",
    "log",
    "pop",
    "push",
    "put",
    "record",
    "replace",
    "retain",
    "send",
    "set",
    "spawn",
    "store",
    "swap",
    "take",
    "truncate",
];

/// Sorted.
const STD_METHODS: &[&str] = &[
    "abort",
    "abs",
    "add",
    "all",
    "ancestors",
    "and_modify",
    "and_then",
    "any",
    "append",
    "arg",
    "args",
    "as_any",
    "as_array",
    "as_bool",
    "as_bytes",
    "as_deref",
    "as_f64",
    "as_i64",
    "as_millis",
    "as_mut",
    "as_mut_slice",
    "as_nanos",
    "as_object",
    "as_os_str",
    "as_path",
    "as_ptr",
    "as_ref",
    "as_secs",
    "as_secs_f64",
    "as_slice",
    "as_str",
    "as_u64",
    "binary_search",
    "bitor",
    "borrow",
    "borrow_mut",
    "by_ref",
    "bytes",
    "captures",
    "captures_iter",
    "chain",
    "char_indices",
    "chars",
    "checked_add",
    "checked_div",
    "checked_mul",
    "checked_sub",
    "chunks",
    "clear",
    "clone",
    "clone_from_slice",
    "cloned",
    "cmp",
    "code",
    "collect",
    "compare_exchange",
    "components",
    "concat",
    "contains",
    "contains_key",
    "context",
    "copied",
    "copy_from_slice",
    "count",
    "cycle",
    "dedup",
    "div",
    "downgrade",
    "drain",
    "duration_since",
    "elapsed",
    "emit",
    "ends_with",
    "entry",
    "enumerate",
    "env",
    "envs",
    "eq",
    "eq_ignore_ascii_case",
    "err",
    "expect",
    "extend",
    "extend_from_slice",
    "extension",
    "fetch_add",
    "fetch_and",
    "fetch_max",
    "fetch_or",
    "fetch_sub",
    "field",
    "fields",
    "filter",
    "filter_map",
    "find",
    "find_iter",
    "find_map",
    "finish",
    "first",
    "flat_map",
    "flatten",
    "fmt",
    "fold",
    "for_each",
    "format",
    "get",
    "get_mut",
    "get_or_insert_with",
    "has_root",
    "hash",
    "id",
    "insert",
    "inspect",
    "into",
    "into_bytes",
    "into_inner",
    "into_iter",
    "into_keys",
    "into_values",
    "is_absolute",
    "is_alphanumeric",
    "is_ascii",
    "is_digit",
    "is_empty",
    "is_err",
    "is_match",
    "is_none",
    "is_ok",
    "is_relative",
    "is_some",
    "is_whitespace",
    "iter",
    "iter_mut",
    "join",
    "keys",
    "kill",
    "kind",
    "last",
    "leading_zeros",
    "len",
    "lines",
    "log",
    "map",
    "map_err",
    "map_or",
    "map_or_else",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "mul",
    "name",
    "ne",
    "next",
    "next_back",
    "not",
    "nth",
    "ok",
    "ok_or",
    "ok_or_else",
    "or_default",
    "or_else",
    "or_insert",
    "or_insert_with",
    "or_insert_with_key",
    "parse",
    "partial_cmp",
    "partition",
    "peek",
    "peekable",
    "poll",
    "pop",
    "pop_front",
    "position",
    "pow",
    "product",
    "push",
    "push_back",
    "push_front",
    "push_str",
    "put",
    "record",
    "recv",
    "recv_timeout",
    "rem_euclid",
    "remove_entry",
    "repeat",
    "replace",
    "replace_all",
    "reserve",
    "resize",
    "retain",
    "rev",
    "rfind",
    "rposition",
    "rsplit",
    "rsplit_once",
    "rsplitn",
    "saturating_add",
    "saturating_sub",
    "send",
    "send_timeout",
    "serialize",
    "set",
    "skip",
    "skip_while",
    "sort",
    "sort_by",
    "sort_by_key",
    "sort_unstable",
    "sort_unstable_by",
    "sort_unstable_by_key",
    "spawn",
    "splice",
    "split",
    "split_at",
    "split_once",
    "split_whitespace",
    "splitn",
    "starts_with",
    "stderr",
    "stdin",
    "stdout",
    "step_by",
    "store",
    "strip_prefix",
    "strip_suffix",
    "sub",
    "subsec_nanos",
    "sum",
    "swap",
    "swap_remove",
    "take",
    "take_while",
    "then",
    "timestamp",
    "to_ascii_lowercase",
    "to_be_bytes",
    "to_le_bytes",
    "to_lowercase",
    "to_owned",
    "to_string",
    "to_uppercase",
    "to_vec",
    "trim",
    "trim_end",
    "trim_end_matches",
    "trim_matches",
    "trim_start",
    "trim_start_matches",
    "truncate",
    "try_fold",
    "try_from",
    "try_into",
    "try_recv",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "unzip",
    "upgrade",
    "values",
    "values_mut",
    "visit",
    "wake",
    "windows",
    "with_capacity",
    "with_context",
    "wrapping_add",
    "wrapping_sub",
    "write_str",
    "zip",
];
