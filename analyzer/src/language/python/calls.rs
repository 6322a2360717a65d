//! Calls: builtins, closures, library APIs that the models know, functions and classes that may be the program's own.

use super::declared::{builtin, decorated, returns};
use super::lower::{Lowerer, span};
use super::standard::{is_of_values, is_standard, stood_in_for};
use super::types::{Ty, dotted};
use super::value::{Closure, V, Val};
use crate::flow::{
    Call, Callee, Certainty, Condition, Effect, OnFailure, Place, PlaceKind, ResultId, Site, Step, Value,
};
use crate::language::conditions::add_data;
use crate::language::models::{Api, Fails};
use crate::source::Span;
use ruff_python_ast::{Expr, ExprCall, Parameters, StmtFunctionDef};

/// What a call is given.
#[derive(Clone, Debug, Default)]
pub struct Given<'t> {
    /// By position, a receiver first.
    pub plain: Vec<Val<'t>>,
    /// By name.
    pub named: Vec<(String, Val<'t>)>,
    /// The syntax of the call.
    pub node: Option<&'t ExprCall>,
}

impl<'t> Given<'t> {
    /// By position only.
    pub fn plain(plain: Vec<Val<'t>>) -> Self {
        Given { plain, ..Given::default() }
    }

    /// With a receiver before all else.
    fn on(mut self, receiver: Val<'t>) -> Self {
        self.plain.insert(0, receiver);
        self
    }

    /// Everything that is given.
    pub fn all(&self) -> impl Iterator<Item = &Val<'t>> {
        self.plain.iter().chain(self.named.iter().map(|(_, v)| v))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Val<'t>> {
        self.plain.iter_mut().chain(self.named.iter_mut().map(|(_, v)| v))
    }

    /// What all of it derives from.
    pub fn provenance(&self) -> Vec<ResultId> {
        let mut data = Vec::new();
        self.all().for_each(|v| add_data(&mut data, &v.provenance()));
        data
    }

    /// What is given by this name.
    pub fn get(&self, name: &str) -> Option<&Val<'t>> {
        self.named.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

impl<'t> Lowerer<'_, 't> {
    /// Notes that a call may put something into the objects that it is given, of which what is known here has no other name.
    pub fn may_fill(&mut self, node: &'t ExprCall, call: ResultId) {
        let of = match &*node.func {
            Expr::Attribute(attribute) => Some(&*attribute.value),
            _ => None,
        };
        for given in of.into_iter().chain(&node.arguments.args) {
            let Expr::Name(name) = given else { continue };
            let is_filled = self.local(&name.id).is_some_and(|value| match &value.v {
                V::Opaque => true,
                V::Struct(fields) => fields.is_empty() || value.ty.name().is_some(),
                _ => false,
            });
            if is_filled {
                self.taint(&name.id, &[call]);
            }
        }
    }

    /// A call.
    pub fn call(&mut self, node: &'t ExprCall) -> Val<'t> {
        let at = span(node);
        if let Some(entry) = self.memory_looked_up(node) {
            return entry;
        }
        if let Expr::Attribute(attribute) = &*node.func {
            // What an exit stack enters is left when the stack is, which is some time later.
            if let ("enter_context" | "enter_async_context", [manager], []) =
                (attribute.attr.as_str(), &*node.arguments.args, &*node.arguments.keywords)
            {
                return self.entered(manager).0;
            }
            if let Expr::Call(inner) = &*attribute.value
                && matches!(&*inner.func, Expr::Name(name) if name.id == "super")
            {
                return self.call_of_base(attribute.attr.as_str(), node, at);
            }
            let receiver = match super::statements::chain(&node.func).and_then(|c| self.local(&c).cloned()) {
                // An attribute that was set here to something that can be called.
                Some(value) => {
                    let given = self.given(node, None);
                    return self.call_value(&value, given, at);
                }
                None => self.expr(&attribute.value),
            };
            let name = attribute.attr.as_str();
            if let V::Name(owner) = &receiver.v {
                let qualified = [owner, "::", name].concat();
                return self.call_name(&qualified, node, at);
            }
            if let V::Struct(fields) = &receiver.v
                && let Some((_, value)) = fields.iter().find(|(n, _)| n == name).cloned()
            {
                let given = self.given(node, None);
                return self.call_value(&value, given, at);
            }
            let api = self.api_of_method(&receiver, name);
            let lazy = api.filter(|api| api.spawn.is_some()).and_then(|api| api.body);
            let given = self.given(node, lazy.and_then(|body| body.checked_sub(1)));
            return self.call_method(receiver, name, given, at);
        }
        let function = self.expr(&node.func);
        if let V::Name(name) = &function.v {
            let name = name.to_string();
            return self.call_name(&name, node, at);
        }
        let given = self.given(node, None);
        self.call_value(&function, given, at)
    }

    /// What a call is given; the argument that is `lazy` is lowered by whoever runs it, if it is a call itself.
    fn given(&mut self, node: &'t ExprCall, lazy: Option<usize>) -> Given<'t> {
        let mut given = Given { node: Some(node), ..Given::default() };
        for (at, argument) in node.arguments.args.iter().enumerate() {
            if lazy.is_some_and(|from| at >= from) && matches!(argument, Expr::Call(_)) {
                given.plain.push(Val::opaque());
                continue;
            }
            let value = self.expr(argument);
            match (argument, value.v) {
                (Expr::Starred(_), V::List(items)) => given.plain.extend(items),
                (_, v) => given.plain.push(Val { v, ty: value.ty, data: value.data }),
            }
        }
        for keyword in &node.arguments.keywords {
            let value = self.expr(&keyword.value);
            match (&keyword.arg, value.v) {
                (Some(name), v) => {
                    given.named.push((name.to_string(), Val { v, ty: value.ty, data: value.data }));
                }
                (None, V::Struct(fields)) => given.named.extend(fields),
                (None, v) => given.named.push((String::new(), Val { v, ty: value.ty, data: value.data })),
            }
        }
        given
    }

    fn api_of_method(&self, receiver: &Val<'t>, name: &str) -> Option<&'static Api> {
        let owner = match receiver.ty {
            Ty::Text => Some("str".to_owned()),
            _ => receiver.ty.name().map(dotted),
        };
        self.file.models.method(owner.as_deref(), name)
    }

    fn call_of_base(&mut self, name: &str, node: &'t ExprCall, at: Span) -> Val<'t> {
        let given = self.given(node, None);
        let base =
            self.class.as_ref().and_then(|c| self.file.declared.classes.get(c)?.bases.first().cloned());
        let Some(base) = base else { return Val { data: given.provenance(), ..Val::opaque() } };
        let me = self.local("self").cloned().unwrap_or_default();
        let receiver = Val { ty: Ty::named(&base), ..me };
        self.call_method(receiver, name, given, at)
    }

    // --- by name -----------------------------------------------------------------------------------------------------

    /// A call of a module's function or a class by its qualified name.
    fn call_name(&mut self, name: &str, node: &'t ExprCall, at: Span) -> Val<'t> {
        let api = self.file.models.api(&dotted(&builtin(name)));
        let lazy = api.filter(|api| api.spawn.is_some()).and_then(|api| api.body);
        let given = self.given(node, lazy);
        self.call_named(name, given, at)
    }

    /// The same, where the arguments are known.
    pub fn call_named(&mut self, name: &str, mut given: Given<'t>, at: Span) -> Val<'t> {
        let models = self.file.models;
        if name == "functools::partial" {
            let data = given.provenance();
            let mut plain = given.plain.into_iter();
            let function = plain.next().unwrap_or_default();
            let v = V::Partial(std::rc::Rc::new((function, plain.collect())));
            return Val { v, ty: Ty::Unknown, data };
        }
        let row = models.api(&dotted(&builtin(name))).or_else(|| models.api(&dotted(stood_in_for(name)?)));
        let first = || match given.plain.first().map(Val::to_flow) {
            Some(Value::Place(place)) => Some(place),
            _ => None,
        };
        if let Some(api) = row.filter(|api| api.said.is_empty() || api.holds_of(first().as_ref())) {
            return self.api_call(api, given, at);
        }
        if !name.contains("::") {
            return self.builtin_call(name, given, at);
        }
        if let Some(canonical) = models.canonical_type(&dotted(name)) {
            let data = given.provenance();
            return Val { v: V::Opaque, ty: Ty::of_row(canonical), data };
        }
        if self.file.declared.classes.contains_key(name) {
            return self.construct(name, given, at);
        }
        if let Some(function) = self.file.declared.functions.get(name).copied() {
            self.run_closures(&mut given, at);
            let arguments = self.bind(&function.parameters, given, false);
            let ty = self.returned_by(name);
            return self.unknown_call(Callee::Function(name.to_owned()), arguments, at, ty, None);
        }
        if let Some((owner, method)) = name.rsplit_once("::")
            && let Some((of, function)) = self.method(owner, method)
        {
            // A method by its class: of the class, or with the object given first.
            let what = decorated(&function.decorator_list);
            let given = match what.of_class || what.is_static {
                true => given.on(Val::new(V::Name(owner.into()), Ty::named(owner))),
                false => given,
            };
            let arguments = self.bind(&function.parameters, given, what.is_static);
            let ty = self.returned_by(&[&of, "::", method].concat());
            let ty = if what.of_class && ty == Ty::Unknown { Ty::named(owner) } else { ty };
            return self.unknown_call(
                Callee::Function([&of, "::", method].concat()),
                arguments,
                at,
                ty,
                None,
            );
        }
        self.run_closures(&mut given, at);
        if is_standard(name) {
            // A function of what it is given, as far as is known.
            let data = given.provenance();
            let places: Option<Vec<Place>> = given.all().map(|v| self.known_place(v)).collect();
            let v = match places {
                Some(arguments) if !arguments.is_empty() => {
                    V::Place(Place::new(PlaceKind::Call { callee: name.into(), arguments }))
                }
                _ => V::Opaque,
            };
            return Val { v, ty: Ty::Unknown, data };
        }
        let last = crate::qualified::last(name);
        if is_class_name(last) {
            // What is told what to run by the name of that argument is what it looks like, whoever offers it.
            let runs = |api: &Api| {
                let body = api.body.filter(|_| api.spawn.is_some()).and_then(|body| api.keywords.get(body));
                body.is_some_and(|body| given.get(body).is_some())
            };
            if let Some(api) = self.file.models.method(None, last).filter(|api| runs(api)) {
                return self.api_call(api, given.on(Val::default()), at);
            }
            return self.construct_foreign(name, given, at);
        }
        let presumed = self.presumed(last, &given, 0);
        let data = given.provenance();
        let callee = Callee::Function(name.to_owned());
        self.foreign_function(callee, given.plain, given.named, at, presumed).with_data(&data)
    }

    fn builtin_call(&mut self, name: &str, mut given: Given<'t>, at: Span) -> Val<'t> {
        let data = given.provenance();
        let first = given.plain.first().cloned().unwrap_or_default();
        match name {
            "str" | "bytes" | "repr" => {
                let v = match first.v {
                    v @ (V::Place(_) | V::Result(_) | V::Name(_)) => v,
                    _ => V::Opaque,
                };
                Val { v, ty: Ty::Text, data }
            }
            "bool" => {
                let condition = self.condition_of(&first);
                Val::cond(condition).with_data(&data)
            }
            "isinstance" => {
                let class = given.node.and_then(|n| n.arguments.args.get(1));
                match (&first.v, class) {
                    (V::Error(of), Some(class)) => {
                        let caught = self.caught(Some(class));
                        Val::cond(self.is_kind(of, caught.kinds))
                    }
                    _ => {
                        let observed = first.observed();
                        Val::cond(self.opaque_condition(observed))
                    }
                }
            }
            "list" | "tuple" | "sorted" | "set" | "iter" | "reversed" | "frozenset" => {
                let v = if matches!(first.v, V::List(_) | V::Listed(_) | V::Result(_)) && name != "reversed" {
                    first.v
                } else {
                    V::Opaque
                };
                Val { v, ty: first.ty, data }
            }
            "next" | "max" | "min" => {
                let ty = first.ty.element();
                let place = self.fresh_place("");
                Val { v: V::Place(place), ty, data }
            }
            "int" | "float" => {
                let policy = self.policy_for_values();
                self.note_malformed(&first.observed(), policy);
                Val { v: if name == "int" { first.v } else { V::Opaque }, ty: Ty::Number, data }
            }
            "len" | "sum" | "abs" | "round" | "hash" | "id" | "ord" => {
                Val { v: V::Opaque, ty: Ty::Number, data }
            }
            "any" | "all" | "hasattr" | "callable" | "issubclass" => Val::cond(self.opaque_condition(data)),
            "dict" => {
                let mut fields = match first.v {
                    V::Struct(fields) => fields,
                    V::Opaque if given.plain.is_empty() => Vec::new(),
                    _ => return Val { v: V::Opaque, ty: Ty::Unknown, data },
                };
                fields.extend(given.named);
                Val { v: V::Struct(fields), ty: Ty::Unknown, data }
            }
            "getattr" => {
                let attribute = given.plain.get(1).and_then(Val::literal).map(str::to_owned);
                match (attribute, given.node) {
                    (Some(name), Some(node)) => {
                        let _ = node;
                        let place = self.place_of(&first, "").field(first.ty.name(), &name);
                        Val { v: V::Place(place), ty: Ty::Unknown, data }
                    }
                    _ => Val { v: V::Opaque, ty: Ty::Unknown, data },
                }
            }
            "open" | "print" | "range" | "zip" | "enumerate" | "vars" | "type" | "object" | "super"
            | "exit" | "input" | "setattr" | "delattr" | "format" | "chr" | "divmod" | "globals"
            | "locals" => Val { v: V::Opaque, ty: Ty::Unknown, data },
            "map" | "filter" => {
                if let Some(function) = given.plain.first().cloned() {
                    let item = Val {
                        v: V::Opaque,
                        ty: given.plain.get(1).map(|v| v.ty.element()).unwrap_or_default(),
                        data: data.clone(),
                    };
                    self.call_value(&function, Given::plain(vec![item]), at);
                }
                Val { v: V::Opaque, ty: Ty::Unknown, data }
            }
            _ => {
                // Of a module whose names all come in, or an exception.
                self.run_closures(&mut given, at);
                let stars = self.file.names.stars().to_vec();
                match stars.as_slice() {
                    _ if is_class_name(name) => Val { v: V::Opaque, ty: Ty::Unknown, data },
                    [one] => {
                        let name = [one.as_str(), "::", name].concat();
                        if let Some(api) = self.file.models.api(&dotted(&name)) {
                            return self.api_call(api, given, at);
                        }
                        self.unknown_call(Callee::Function(name), given.plain, at, Ty::Unknown, None)
                    }
                    _ => Val { v: V::Opaque, ty: Ty::Unknown, data },
                }
            }
        }
    }

    // --- classes -----------------------------------------------------------------------------------------------------

    /// An instance of a class of this file: its attributes as far as they are plain, and what `__init__` does.
    fn construct(&mut self, name: &str, given: Given<'t>, at: Span) -> Val<'t> {
        let data = given.provenance();
        let ty = Ty::named(name);
        let Some((of, init)) = self.method(name, "__init__") else {
            let order = self.file.declared.classes.get(name).map(|c| c.order.clone()).unwrap_or_default();
            let mut fields: Vec<(String, Val<'t>)> =
                order.iter().map(ToString::to_string).zip(given.plain.iter().cloned()).collect();
            fields.extend(given.named.iter().cloned());
            if order.is_empty() {
                let place = self.made(name, &given.plain);
                return Val { v: V::Place(place), ty, data };
            }
            return Val { v: V::Struct(fields), ty, data };
        };
        let place = self.made(name, &given.plain);
        let me = Val::place(place, ty.clone());
        let arguments = self.bind(&init.parameters, given.on(me), false);
        let fields = self.attributes(init, &arguments);
        let value = match fields.is_empty() {
            true => arguments.first().cloned().unwrap_or_default(),
            false => Val { v: V::Struct(fields), ty: ty.clone(), data: data.clone() },
        };
        let mut passed = arguments;
        if let Some(me) = passed.first_mut() {
            *me = value.clone();
        }
        self.unknown_call(Callee::Function([&of, "::__init__"].concat()), passed, at, Ty::Unknown, None);
        Val { v: value.v, ty, data }
    }

    /// The attributes that `__init__` sets to what it is given, or to what is computed of that without effect.
    fn attributes(&mut self, init: &'t StmtFunctionDef, arguments: &[Val<'t>]) -> Vec<(String, Val<'t>)> {
        let names: Vec<&'t str> = init.parameters.iter().map(|p| p.name().as_str()).collect();
        let Some((me, rest)) = names.split_first() else { return Vec::new() };
        let found = self.inlined(|this| {
            let before = this.state();
            for (name, value) in rest.iter().zip(arguments.iter().skip(1)) {
                this.assign(name, value.clone());
            }
            let mut fields = Vec::new();
            for statement in &init.body {
                let ruff_python_ast::Stmt::Assign(assign) = statement else { continue };
                let [Expr::Attribute(target)] = assign.targets.as_slice() else { continue };
                if !matches!(&*target.value, Expr::Name(n) if n.id == *me) {
                    continue;
                }
                let (block, value) = this.in_block(|this| this.expr(&assign.value));
                let plain = matches!(value.v, V::Place(_) | V::Cond(Condition::Constant(_)) | V::Number(_));
                if block.steps.is_empty() && plain {
                    this.assign(&[*me, ".", target.attr.as_str()].concat(), value.clone());
                    fields.push((target.attr.to_string(), value));
                }
            }
            this.restore(before);
            fields
        });
        found.unwrap_or_default()
    }

    fn construct_foreign(&mut self, name: &str, given: Given<'t>, at: Span) -> Val<'t> {
        let place = self.made(name, &given.plain);
        let data = given.provenance();
        let me = Val::place(place.clone(), Ty::named(name));
        let mut arguments = vec![me];
        arguments.extend(given.plain);
        let callee = Callee::Function([name, "::__init__"].concat());
        self.foreign_function(callee, arguments, given.named, at, None);
        Val { v: V::Place(place), ty: Ty::named(name), data }
    }

    fn made(&mut self, name: &str, arguments: &[Val<'t>]) -> Place {
        let places: Option<Vec<Place>> = arguments.iter().map(|a| self.known_place(a)).collect();
        match places {
            Some(arguments) => Place::new(PlaceKind::Call { callee: name.into(), arguments }),
            None => self.fresh_place(crate::qualified::last(name)),
        }
    }

    /// What a function or method of this file returns, as far as it says or its returns tell.
    fn returned_by(&self, name: &str) -> Ty {
        self.file.declared.returns.get(name).cloned().unwrap_or_default()
    }

    // --- methods -----------------------------------------------------------------------------------------------------

    /// A call of a method.
    pub fn call_method(&mut self, receiver: Val<'t>, name: &str, mut given: Given<'t>, at: Span) -> Val<'t> {
        if let Some(api) = self.api_of_method(&receiver, name) {
            return self.api_call(api, given.on(receiver), at);
        }
        let owner = receiver.ty.name().map(str::to_owned);
        if let Some(owner) = &owner
            && let Some((of, function)) = self.method(owner, name)
        {
            let what = decorated(&function.decorator_list);
            self.run_closures(&mut given, at);
            let arguments = self.bind(&function.parameters, given.on(receiver), what.is_static);
            let ty = self.returned_by(&[&of, "::", name].concat());
            let callee = Callee::Method { receiver: Some(of), name: name.to_owned() };
            return self.unknown_call(callee, arguments, at, ty, None);
        }
        self.run_closures(&mut given, at);
        let of_values = owner.is_none() && is_of_values(name);
        let foreign = of_values
            || owner
                .as_deref()
                .is_some_and(|o| is_standard(o) || self.file.models.canonical_type(&dotted(o)).is_some());
        if foreign
            || matches!(receiver.ty, Ty::Text | Ty::Number | Ty::Bool)
            || matches!(receiver.v, V::Struct(_) | V::List(_) if owner.is_none())
        {
            let mut data = receiver.provenance();
            add_data(&mut data, &given.provenance());
            if let Some(node) = given.node
                && let Expr::Attribute(attribute) = &*node.func
                && let Some(root) = super::statements::root_of(&attribute.value)
                && matches!(
                    name,
                    "append" | "add" | "update" | "extend" | "insert" | "setdefault" | "pop" | "remove"
                )
            {
                self.put_in(root, name, &receiver, &given.all().collect::<Vec<_>>());
            }
            // `"".join(random.choices(letters, k=8))`
            let joined = given.all().next().filter(|part| name == "join" && part.is_random());
            let v = match joined {
                Some(random) => random.v.clone(),
                None => self.called(&receiver, name, &given).map_or(V::Opaque, V::Place),
            };
            let ty = if receiver.ty == Ty::Text { Ty::Text } else { Ty::Unknown };
            if receiver.ty != Ty::Text {
                self.note_given(&data);
            }
            return Val { v, ty, data };
        }
        if let Some(node) = given.node
            && let Expr::Attribute(attribute) = &*node.func
            && let Some(root) = super::statements::root_of(&attribute.value)
            && matches!(name, "append" | "add" | "update" | "extend" | "insert" | "setdefault")
        {
            self.taint(root, &given.provenance());
        }
        let presumed = self.presumed(name, &given, 1).map(|mut effect| {
            if let Some(place) = self.known_place(&receiver) {
                effect.place = place;
            }
            effect
        });
        let data = given.provenance();
        let mut arguments = vec![receiver];
        arguments.extend(given.plain);
        let callee = Callee::Method { receiver: owner, name: name.to_owned() };
        self.foreign_function(callee, arguments, given.named, at, presumed).with_data(&data)
    }

    fn called(&self, receiver: &Val<'t>, name: &str, given: &Given<'t>) -> Option<Place> {
        let mut places = vec![self.known_place(receiver)?];
        for value in given.all() {
            places.push(self.known_place(value)?);
        }
        let owner = if receiver.ty == Ty::Text { "str" } else { "?" };
        Some(Place::new(PlaceKind::Call { callee: [owner, "::", name].concat().into(), arguments: places }))
    }

    /// The effect that a call is taken to be by its name alone, if its source is not in sight.
    fn presumed(&mut self, name: &str, given: &Given<'t>, receivers: usize) -> Option<Effect> {
        let api = self.file.models.presumed_method(name)?;
        let mut operation = api.effect?;
        let is_method = api.name.contains("pathlib.");
        if is_method != (receivers == 1) || given.plain.len() + receivers > api.arguments().max(receivers) {
            return None;
        }
        let mut tolerates = api.tolerates;
        for (name, value) in &given.named {
            if !api.keywords.contains(name) {
                return None;
            }
            for when in api.when.iter().filter(|w| w.keyword == *name && w.off == value.is_off()) {
                operation = when.effect.unwrap_or(operation);
                tolerates = tolerates.union(when.tolerates);
            }
        }
        let place = match receivers {
            0 => {
                let value = given.plain.get(api.place?)?;
                if !matches!(value.ty, Ty::Text | Ty::Unknown) && !value.ty.is_path() {
                    return None;
                }
                self.known_place(value)?
            }
            _ => self.fresh_place(""),
        };
        let raises = api.fails == Fails::Result && tolerates == crate::flow::Kinds::NONE;
        let other_place = match api.other {
            Some(other) => {
                let value = given.plain.get(other.checked_sub(receivers)?)?;
                Some(self.place_of(value, ""))
            }
            None => None,
        };
        Some(Effect {
            operation,
            place,
            handle: None,
            other_place,
            data: if matches!(operation, crate::flow::Operation::Write | crate::flow::Operation::Append) {
                given.provenance()
            } else {
                Vec::new()
            },
            content: Value::Opaque,
            result: self.result(),
            on_failure: if raises { OnFailure::Propagate } else { OnFailure::Continue },
            on_malformed: None,
            defaulted: false,
            part: false,
            certainty: Certainty::Presumed,
            api: name.into(),
            site: Site(0),
        })
    }

    // --- values that are called --------------------------------------------------------------------------------------

    /// Calls a value: a closure in place, a function by name, a method.
    pub fn call_value(&mut self, function: &Val<'t>, given: Given<'t>, at: Span) -> Val<'t> {
        match &function.v {
            V::Closure(closure) => self.call_closure(*closure, given, at),
            V::Name(name) => {
                let name = name.to_string();
                self.deeper(|this| this.call_named(&name, given, at)).unwrap_or_default()
            }
            V::Bound(bound) => {
                let (receiver, name) = (bound.0.clone(), bound.1.clone());
                self.deeper(|this| this.call_method(receiver, &name, given, at)).unwrap_or_default()
            }
            V::Partial(partial) => {
                let (inner, first) = (partial.0.clone(), partial.1.clone());
                let plain = first.into_iter().chain(given.plain).collect();
                self.deeper(|this| this.call_value(&inner, Given { plain, ..given }, at)).unwrap_or_default()
            }
            V::Place(place) => {
                if let PlaceKind::Field { base, owner, name } = place.kind() {
                    let receiver = Val::place(base.clone(), owner.as_deref().map_or(Ty::Unknown, Ty::named));
                    let name = name.to_string();
                    return self
                        .deeper(|this| this.call_method(receiver, &name, given, at))
                        .unwrap_or_default();
                }
                self.foreign_call(function, given, at)
            }
            _ => self.foreign_call(function, given, at),
        }
    }

    fn foreign_call(&mut self, function: &Val<'t>, mut given: Given<'t>, at: Span) -> Val<'t> {
        let mut data = function.observed();
        add_data(&mut data, &given.provenance());
        self.run_closures(&mut given, at);
        if let V::Place(called) = &function.v {
            self.run_parameter(called, at);
        }
        self.note_given(&data);
        Val { v: V::Opaque, ty: Ty::Unknown, data }
    }

    fn call_closure(&mut self, closure: Closure<'t>, given: Given<'t>, at: Span) -> Val<'t> {
        let data = given.provenance();
        let found = self.inlined(|this| match closure {
            Closure::Def(function) => {
                this.placed.insert(span(&function.name).start);
                let what = decorated(&function.decorator_list);
                let arguments = this.bind(&function.parameters, given, false);
                let ty = returns(function, this.file.names);
                this.frame(at, ty, |this| {
                    this.manages = what.manages;
                    this.declare(&function.parameters, arguments);
                    this.statements(&function.body);
                })
            }
            Closure::Lambda(lambda) => {
                let arguments = match &lambda.parameters {
                    Some(parameters) => this.bind(parameters, given, false),
                    None => Vec::new(),
                };
                this.frame(at, Ty::Unknown, |this| {
                    if let Some(parameters) = &lambda.parameters {
                        this.declare(parameters, arguments);
                    }
                    let value = this.expr(&lambda.body);
                    this.push_return(&value);
                })
            }
        });
        found.unwrap_or_default().with_data(&data)
    }

    fn declare(&mut self, parameters: &'t Parameters, arguments: Vec<Val<'t>>) {
        let mut arguments = arguments.into_iter();
        for parameter in parameters.iter() {
            let name = parameter.name().as_str();
            let value = arguments.next().unwrap_or_default();
            let ty = match (&value.ty, parameter.annotation()) {
                (Ty::Unknown, Some(annotation)) => super::types::annotated(annotation, self.file.names),
                (ty, _) => ty.clone(),
            };
            let value = self.named(Val { ty, ..value }, name);
            self.assign(name, value);
        }
    }

    /// The arguments in the order of the parameters: by position, by name, by default.
    pub fn bind(&mut self, parameters: &'t Parameters, given: Given<'t>, is_static: bool) -> Vec<Val<'t>> {
        let mut plain = given.plain.into_iter();
        let mut found = Vec::new();
        if is_static {
            // A function in a class has the class for its first parameter in the flow, as all others there have.
            found.push(plain.next().unwrap_or_default());
        }
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let mut named = given.named;
        let mut take = |name: &str| {
            let at = named.iter().position(|(n, _)| n == name)?;
            Some(named.swap_remove(at).1)
        };
        let mut defaults = Vec::new();
        for parameter in positional {
            let value = plain.next().or_else(|| take(parameter.name()));
            if value.is_none() {
                defaults.push((found.len(), parameter.default()));
            }
            found.push(value.unwrap_or_default());
        }
        if parameters.vararg.is_some() {
            let rest = Val::new(V::List(plain.collect()), Ty::Sequence(Ty::Unknown.into()));
            found.push(rest.left_out());
        }
        for parameter in &parameters.kwonlyargs {
            let value = take(parameter.name());
            if value.is_none() {
                defaults.push((found.len(), parameter.default()));
            }
            found.push(value.unwrap_or_default());
        }
        if parameters.kwarg.is_some() {
            found.push(Val::opaque());
        }
        for (at, default) in defaults {
            let Some(default) = default else { continue };
            let (_, value) = self.in_block(|this| this.expr(default));
            if let Some(slot) = found.get_mut(at) {
                *slot = value.left_out();
            }
        }
        found
    }

    /// Functions that are handed to a call may be run by it.
    fn run_closures(&mut self, given: &mut Given<'t>, at: Span) {
        for value in given.all_mut() {
            let closure = match &value.v {
                V::Closure(closure) => *closure,
                V::Partial(partial) => match partial.0.v {
                    V::Closure(closure) => closure,
                    _ => continue,
                },
                _ => continue,
            };
            let id = self.opaque_id();
            value.v = V::Handed(id);
            self.branch(
                &Condition::Opaque { id, observed: Vec::new() },
                |this| {
                    this.call_closure(closure, Given::default(), at);
                },
                |_| {},
            );
        }
    }

    /// A call that no model knows: left to the linker, if it may be the program's own.
    pub fn unknown_call(
        &mut self,
        callee: Callee,
        arguments: Vec<Val<'t>>,
        at: Span,
        ty: Ty,
        presumed: Option<Effect>,
    ) -> Val<'t> {
        self.called_with(callee, arguments, Vec::new(), at, ty, presumed)
    }

    /// The same of what another file defines: which of its parameters are which, the linker knows.
    fn foreign_function(
        &mut self,
        callee: Callee,
        mut arguments: Vec<Val<'t>>,
        named: Vec<(String, Val<'t>)>,
        at: Span,
        presumed: Option<Effect>,
    ) -> Val<'t> {
        let mut names = Vec::new();
        for (name, value) in named.into_iter().filter(|(name, _)| !name.is_empty()) {
            names.push(name);
            arguments.push(value);
        }
        self.called_with(callee, arguments, names, at, Ty::Unknown, presumed)
    }

    fn called_with(
        &mut self,
        callee: Callee,
        arguments: Vec<Val<'t>>,
        names: Vec<String>,
        at: Span,
        ty: Ty,
        mut presumed: Option<Effect>,
    ) -> Val<'t> {
        let mut data = Vec::new();
        arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
        for value in &arguments {
            // What is handed on may be kept.
            if !matches!(value.v, V::Place(_)) {
                self.keep(value);
            }
        }
        let result = presumed.as_ref().map_or_else(|| self.result(), |e| e.result);
        let name = match &callee {
            Callee::Function(name) => name.clone(),
            Callee::Method { receiver, name } => [receiver.as_deref().unwrap_or("?"), "::", name].concat(),
            Callee::Parameter(_) => String::new(),
        };
        // By name, what is given is in no order that a place could keep.
        let plain = arguments.len().saturating_sub(names.len());
        let places: Option<Vec<Place>> = arguments.iter().take(plain).map(|a| self.known_place(a)).collect();
        if let Some(arguments) = places {
            self.result_places
                .insert(result, Place::new(PlaceKind::Call { callee: name.as_str().into(), arguments }));
        }
        let site = self.site(at);
        if let Some(effect) = &mut presumed {
            effect.site = site;
        }
        let asks = presumed.as_ref().is_some_and(|e| e.operation.is_check());
        let on_failure = match &presumed {
            Some(effect) => effect.on_failure,
            None => OnFailure::Propagate,
        };
        let arguments = arguments.iter().map(Val::to_argument).collect();
        self.note_given(&data);
        let on_misread = (!self.understanding.is_empty()).then(|| self.policy_for_values());
        self.push(Step::Call(Call {
            callee,
            arguments,
            names: names.iter().map(|n| n.as_str().into()).collect(),
            result,
            on_failure,
            defaulted: false,
            on_malformed: None,
            on_misread,
            site,
            presumed: presumed.map(Box::new),
            typed: Vec::new(),
        }));
        if asks {
            return Val { v: V::Cond(Condition::True(result)), ty: Ty::Bool, data };
        }
        self.returned(result, ty, data)
    }
}

/// Whether a name is a class's by custom.
fn is_class_name(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    name.starts_with(char::is_uppercase) && name.chars().any(char::is_lowercase)
}
