//! Calls: builtins, function literals, library APIs that the models know, functions that may be the program's own.

use super::expr::converted;
use super::lower::Lowerer;
use super::syntax::{Node, bare, children, field, fields, kind, span, statements};
use super::types::{Ty, dotted};
use super::value::{Failure, V, Val};
use crate::flow::{
    Call, Callee, Certainty, Condition, Domain, Effect, Exit, OnFailure, Operation, Place, PlaceKind,
    ResultId, Step, Typed,
};
use crate::language::command::Commanded;
use crate::language::conditions::add_data;
use crate::source::Span;

/// Whom a call calls.
pub enum Target<'t> {
    /// A function by qualified name.
    Function(String),
    /// A method on a value.
    Method(Val<'t>, String),
    /// A value that is called.
    Value(Val<'t>),
    /// A type: the call is a conversion.
    Conversion(Ty),
    /// A function that the language has.
    Builtin(&'t str),
}

const BUILTINS: [&str; 14] = [
    "append", "cap", "clear", "close", "copy", "delete", "len", "make", "max", "min", "new", "panic",
    "print", "recover",
];

impl<'t> Lowerer<'_, 't> {
    /// A call.
    pub fn call(&mut self, node: Node<'t>) -> Val<'t> {
        let Some(function) = field(node, "function") else { return Val::opaque() };
        let nodes = field(node, "arguments").map(children).unwrap_or_default();
        match self.target(bare(function)) {
            Target::Builtin(name) => self.builtin(name, &nodes),
            Target::Conversion(ty) => {
                let value = nodes.first().map(|n| self.expr(*n)).unwrap_or_default();
                converted(value, ty)
            }
            Target::Function(name) => {
                let arguments = self.arguments(&nodes);
                self.call_function(&name, arguments, &nodes, span(node))
            }
            Target::Method(receiver, name) => {
                let mut arguments = vec![receiver];
                arguments.extend(self.arguments(&nodes));
                self.call_method(&name, arguments, &nodes, node)
            }
            Target::Value(value) => {
                let arguments = self.arguments(&nodes);
                self.call_value(&value, arguments, span(node))
            }
        }
    }

    fn arguments(&mut self, nodes: &[Node<'t>]) -> Vec<Val<'t>> {
        let mut found: Vec<Val<'t>> = nodes.iter().map(|n| self.expr(*n)).collect();
        // `f(g())`: what `g` returns is all that `f` takes.
        if let [Val { v: V::Tuple(items), .. }] = found.as_slice() {
            found = items.clone();
        }
        found
    }

    pub fn target(&mut self, function: Node<'t>) -> Target<'t> {
        match kind(function) {
            "identifier" => {
                let name = self.text(function);
                if let Some(value) = self.local(name) {
                    return Target::Value(value.clone());
                }
                let own = self.file.names.own(name);
                let declared = self.file.declared;
                if declared.types.contains(&own) {
                    return Target::Conversion(Ty::named(&own));
                }
                if declared.returns.contains_key(&own) {
                    return Target::Function(own);
                }
                if declared.values.contains_key(&own) {
                    let value = self.expr(function);
                    return match value.v {
                        V::Place(_) => Target::Function(own),
                        _ => Target::Value(value),
                    };
                }
                if BUILTINS.contains(&name) || name == "println" {
                    return Target::Builtin(name);
                }
                match super::types::of(function, self.file.source, self.file.names) {
                    Ty::Named(_) if name != "any" => Target::Function(own),
                    ty => Target::Conversion(ty),
                }
            }
            "selector_expression" => {
                let (Some(operand), Some(name)) = (field(function, "operand"), field(function, "field"))
                else {
                    return Target::Value(Val::opaque());
                };
                let name = self.text(name);
                if let Some(package) = self.package_in(operand) {
                    let qualified = [package.as_str(), "::", name].concat();
                    if let Some(canonical) = self.file.models.canonical_type(&dotted(&qualified)) {
                        return Target::Conversion(Ty::of_row(canonical));
                    }
                    return Target::Function(qualified);
                }
                let receiver = self.expr(operand);
                // A field that holds a function.
                if let V::Struct(fields) = &receiver.v
                    && let Some((_, value)) = fields.iter().find(|(n, _)| n == name)
                    && matches!(value.v, V::Closure(_) | V::Function(_))
                {
                    return Target::Value(value.clone());
                }
                Target::Method(receiver, name.to_owned())
            }
            "func_literal" => Target::Value(self.expr(function)),
            "slice_type" | "array_type" | "pointer_type" | "map_type" | "qualified_type" => {
                Target::Conversion(self.type_of(function))
            }
            "unary_expression" => {
                // `(*T)(x)`.
                let operand = field(function, "operand").map(bare);
                match operand {
                    Some(operand)
                        if kind(operand) == "identifier" && self.local(self.text(operand)).is_none() =>
                    {
                        Target::Conversion(self.type_of(operand))
                    }
                    _ => Target::Value(self.expr(function)),
                }
            }
            "index_expression" | "type_instantiation_expression" => {
                // `f[T](x)`.
                match field(function, "operand") {
                    Some(operand)
                        if kind(operand) == "identifier" && self.local(self.text(operand)).is_none() =>
                    {
                        self.target(operand)
                    }
                    _ => Target::Value(self.expr(function)),
                }
            }
            _ => Target::Value(self.expr(function)),
        }
    }

    fn builtin(&mut self, name: &str, nodes: &[Node<'t>]) -> Val<'t> {
        match name {
            "panic" => {
                self.arguments(nodes);
                self.push(Step::Exit(Exit::Panic));
                Val::opaque()
            }
            // A pointer to a copy of a value is taken for that value.
            "new" if nodes.first().is_some_and(|n| n.kind().ends_with("_expression")) => {
                nodes.first().map(|n| self.expr(*n)).unwrap_or_default()
            }
            "new" => {
                let ty = nodes.first().map(|n| self.type_of(*n)).unwrap_or_default();
                Val::new(V::Struct(Vec::new()), ty)
            }
            "make" => {
                let ty = nodes.first().map(|n| self.type_of(*n)).unwrap_or_default();
                Val::new(V::Opaque, ty)
            }
            "append" => {
                let values = self.arguments(nodes);
                let mut values = values.into_iter();
                let first = values.next().unwrap_or_default();
                let mut data = first.provenance();
                let mut items = match first.v {
                    V::List(items) => Some(items),
                    V::Nil => Some(Vec::new()),
                    _ => None,
                };
                let spread = nodes.last().is_some_and(|n| n.kind() == "variadic_argument");
                for value in values {
                    add_data(&mut data, &value.provenance());
                    match (&mut items, value.v) {
                        (Some(items), V::List(more)) if spread => items.extend(more),
                        (Some(items), v) if !spread => items.push(Val { v, ty: value.ty, data: value.data }),
                        _ => items = None,
                    }
                }
                let v = items.map_or(V::Opaque, V::List);
                Val { v, ty: first.ty, data }
            }
            "copy" => {
                let values = self.arguments(nodes);
                let data = values.get(1).map(Val::provenance).unwrap_or_default();
                if let Some(name) = nodes.first().and_then(|n| self.root_of(*n)) {
                    self.taint(&name, &data);
                }
                Val::opaque()
            }
            "close" => {
                // What waits for a channel waits for whoever closes it.
                self.arguments(nodes);
                Val::opaque()
            }
            _ => {
                let values = self.arguments(nodes);
                let mut data = Vec::new();
                values.iter().for_each(|v| add_data(&mut data, &v.provenance()));
                let ty = if matches!(name, "len" | "cap") { Ty::Number } else { Ty::Unknown };
                Val { v: V::Opaque, ty, data }
            }
        }
    }

    /// Calls a value: a closure in place, a function by name, what gives back a lock.
    pub fn call_value(&mut self, function: &Val<'t>, mut arguments: Vec<Val<'t>>, at: Span) -> Val<'t> {
        match &function.v {
            V::Closure(closure) => self.call_closure(*closure, arguments, at),
            V::Function(name) => {
                let name = name.to_string();
                self.call_function(&name, arguments, &[], at)
            }
            // `unlock := lock()` is called for what it gives back, if it is a lock.
            V::Result(r) if self.guards.contains(r) || arguments.is_empty() => {
                let site = self.site(at);
                self.push(Step::Release(*r, site));
                self.held.retain(|(_, held)| held != r);
                if self.guards.contains(r) {
                    return Val::opaque();
                }
                self.foreign_value(function.ty.returns(), function.observed())
            }
            _ => {
                let mut data = function.observed();
                for a in &arguments {
                    add_data(&mut data, &a.provenance());
                }
                self.run_closures(&mut arguments, at);
                if let V::Place(called) = &function.v {
                    self.run_parameter(called, at);
                }
                let returns = function.ty.returns();
                self.foreign_value(returns, data)
            }
        }
    }

    /// What code returns of which nothing is known but types.
    pub fn foreign_value(&mut self, ty: Option<Ty>, data: Vec<ResultId>) -> Val<'t> {
        match ty {
            Some(Ty::Several(types)) => Val::several(
                types.iter().map(|ty| self.foreign_value(Some(ty.clone()), data.clone())).collect(),
            ),
            Some(Ty::Error) => self.foreign_error(data),
            Some(Ty::Bool) => Val::cond(self.opaque_condition(data)),
            other => Val { v: V::Opaque, ty: other.unwrap_or_default(), data },
        }
    }

    /// The error of a call that has no effect: whether there is one, nobody knows, and it decides nothing by being handed on.
    pub fn foreign_error(&mut self, observed: Vec<ResultId>) -> Val<'t> {
        let failed = self.opaque_condition(observed.clone());
        if let Condition::Opaque { id, .. } = &failed {
            self.foreign.insert(*id);
        }
        Val::error(Failure { failed, of: Vec::new(), malformed: observed })
    }

    /// Runs a function literal's body in place, its parameters bound to the arguments.
    pub fn call_closure(&mut self, closure: Node<'t>, arguments: Vec<Val<'t>>, at: Span) -> Val<'t> {
        let results = self.signature(closure);
        self.note_run(closure);
        self.inlined(|this| {
            this.frame(at, results.clone(), |this| {
                let mut arguments = arguments.into_iter();
                for parameter in field(closure, "parameters").map(children).unwrap_or_default() {
                    let ty = field(parameter, "type").map(|t| this.type_of(t)).unwrap_or_default();
                    for name in fields(parameter, "name") {
                        let name = this.text(name);
                        let value = arguments.next().unwrap_or_default();
                        let value =
                            if value.ty == Ty::Unknown { Val { ty: ty.clone(), ..value } } else { value };
                        let value = this.named(value, name);
                        this.declare(name, value);
                    }
                    this.channel_parameter(parameter);
                }
                this.declare_results(&results);
                if let Some(body) = field(closure, "body") {
                    this.statements(&statements(body));
                }
            })
        })
        .unwrap_or_default()
    }

    /// Closures handed to code that is not known: they may be called, any number of times.
    pub fn run_closures(&mut self, arguments: &mut [Val<'t>], at: Span) -> Vec<ResultId> {
        let mut failures = Vec::new();
        for argument in arguments {
            let V::Closure(closure) = argument.v else { continue };
            let id = self.opaque_id();
            let called = Condition::Opaque { id, observed: Vec::new() };
            argument.v = V::Handed(id);
            self.branch(
                &called,
                |this| {
                    let value = this.call_closure(closure, Vec::new(), at);
                    let last = match value.v {
                        V::Tuple(mut items) => items.pop().unwrap_or_default(),
                        v => Val { v, ty: value.ty, data: value.data },
                    };
                    if let V::Error(failure) = last.v {
                        failures.extend(failure.plain());
                    }
                },
                |_| {},
            );
        }
        failures
    }

    fn call_function(
        &mut self,
        name: &str,
        mut arguments: Vec<Val<'t>>,
        nodes: &[Node<'t>],
        at: Span,
    ) -> Val<'t> {
        let first = arguments.first().and_then(known_place);
        if let Some(api) = self.file.models.api(&dotted(name)).filter(|api| api.holds_of(first)) {
            return self.api_call(api, &mut arguments, nodes, at, Certainty::Known);
        }
        let failures = self.run_closures(&mut arguments, at);
        if let Some(value) = self.handed_to_run(&arguments, self.file.declared.returns.get(name).cloned(), at)
        {
            return value;
        }
        if is_standard(name, &self.file.names.package) {
            if crate::qualified::last(name).starts_with("Unmarshal") {
                self.understood(nodes, &arguments);
            }
            return self.standard(nodes, &arguments);
        }
        let known = self.file.declared.returns.get(name).cloned();
        let last = crate::qualified::last(name).to_owned();
        let presumed = match known {
            Some(_) => None,
            None => self.presumed(&last, &arguments, 0),
        };
        let made = makes_an_error(name) && known.as_ref().is_none_or(|types| types.len() == 1);
        let of: Vec<ResultId> =
            arguments.iter().filter_map(super::lower::failure_in).flat_map(|failure| failure.of).collect();
        self.handing_on = failures;
        let value =
            self.unknown_call(Callee::Function(name.to_owned()), arguments, nodes, at, known, presumed);
        match made {
            true => Val::error(Failure { failed: Condition::Constant(true), of, malformed: Vec::new() }),
            false => value,
        }
    }

    /// A command that is handed to a function: who is given it runs it, and what it does is known here.
    fn handed_to_run(
        &mut self,
        arguments: &[Val<'t>],
        returns: Option<Vec<Ty>>,
        at: Span,
    ) -> Option<Val<'t>> {
        let models = self.file.models;
        let run = arguments.iter().find_map(|argument| match &argument.v {
            V::Command(line) => line.run(models),
            _ => None,
        })?;
        let Commanded { operation, place, name } = run;
        let result = self.result();
        let site = self.site(at);
        let locks = operation == Operation::Update;
        self.result_places.insert(result, place.clone());
        self.push(Step::Effect(Effect {
            other_place: locks.then(|| place.join(&Place::literal("index.lock"))),
            ..Effect::plain(operation, place, result, name.as_str().into(), site)
        }));
        Some(match returns {
            Some(types) => self.returned(result, &types, Vec::new()),
            None => Val { v: V::Result(result), ty: Ty::Unknown, data: Vec::new() },
        })
    }

    /// What data is read into: its variables now hold that, and nothing of what they held before.
    pub fn understood(&mut self, nodes: &[Node<'t>], arguments: &[Val<'t>]) {
        let data = arguments.first().map(Val::provenance).unwrap_or_default();
        for node in nodes.iter().skip(1) {
            if let Some(name) = self.root_of(bare(*node))
                && let Some(value) = self.local(&name).cloned()
            {
                let v = if matches!(value.v, V::Struct(_) | V::Nil) { V::Opaque } else { value.v };
                self.assign(&name, Val { v, ty: value.ty, data: value.data });
                self.taint(&name, &data);
            }
        }
    }

    pub fn call_method(
        &mut self,
        name: &str,
        mut arguments: Vec<Val<'t>>,
        nodes: &[Node<'t>],
        node: Node<'t>,
    ) -> Val<'t> {
        let at = span(node);
        let receiver = arguments.first().cloned().unwrap_or_default();
        let owner = receiver.ty.name().map(str::to_owned);
        if let Some(api) = self.file.models.method(owner.as_deref().map(dotted).as_deref(), name) {
            return self.api_call(api, &mut arguments, nodes, at, Certainty::Known);
        }
        // What a helper returned, of a type that only its own file tells, is asked as what stat(2) told is.
        if let (None, [Val { v: V::Result(of), .. }]) = (&owner, arguments.as_slice())
            && let Some(kind) = self.file.models.methods(name).find_map(|(_, api)| api.told)
        {
            let of = *of;
            return Val::cond(Condition::Kind { of, kind, id: self.opaque_id() });
        }
        if name == "Wait" {
            let group = field(node, "function").and_then(|f| field(f, "operand"));
            let root = group.and_then(|g| self.root_of(g));
            self.waited(&receiver, root.as_deref(), false, at);
        }
        // What a method of a field gives up, whoever keeps it there gives up with it.
        if matches!(name, "Close" | "Release" | "Unlock") {
            self.note_given_up(&receiver, false);
        }
        let failures = self.run_closures(&mut arguments, at);
        let foreign = owner.as_deref().is_some_and(|o| is_standard(o, &self.file.names.package));
        if foreign || matches!(receiver.ty, Ty::Error | Ty::Text | Ty::Number) {
            // What goes into a builder or a buffer stays in it.
            let of = field(node, "function").and_then(|function| field(function, "operand"));
            if let Some(name) = of.filter(|_| foreign).and_then(|of| self.root_of(of)) {
                let mut added = Vec::new();
                arguments.iter().skip(1).for_each(|given| add_data(&mut added, &given.provenance()));
                if self.local(&name).is_some_and(|value| !matches!(value.v, V::Result(_))) {
                    self.taint(&name, &added);
                }
            }
            return self.standard(nodes, &arguments);
        }
        let known = owner
            .as_ref()
            .and_then(|o| self.file.declared.returns.get(&[o.as_str(), "::", name].concat()))
            .cloned();
        if let Some(value) = self.handed_to_run(&arguments, known.clone(), at) {
            return value;
        }
        if known.is_none() && owner.is_some() {
            if let Some(value) = self.given_back(name, &arguments, at) {
                return value;
            }
            self.typed = self.typed(name, &arguments, nodes, at);
        }
        let presumed = match known {
            Some(_) => None,
            None => self.presumed(name, &arguments, 1),
        };
        let callee = Callee::Method { receiver: owner, name: name.to_owned() };
        self.handing_on = failures;
        let value = self.unknown_call(callee, arguments, nodes, at, known, presumed);
        let of = field(node, "function").and_then(|function| field(function, "operand"));
        if let (Some(of), Some(call)) = (of, self.last_call()) {
            self.may_fill(&[of], call);
        }
        value
    }

    /// A lock in a field that another file declares is given back, where this function took it.
    fn given_back(&mut self, name: &str, arguments: &[Val<'t>], at: Span) -> Option<Val<'t>> {
        let place = self.known_place(arguments.first()?)?;
        self.held.iter().any(|(on, _)| *on == place).then_some(())?;
        let models = self.file.models;
        let (_, api) = models.methods(name).find(|(_, api)| api.releases)?;
        Some(self.released(api, arguments, at))
    }

    /// What the method does on a receiver of each type that has it: a file does not tell the type of a field that another declares, nor
    /// what a type embeds.
    fn typed(&mut self, name: &str, arguments: &[Val<'t>], nodes: &[Node<'t>], at: Span) -> Vec<Typed> {
        let models = self.file.models;
        let mut found = Vec::new();
        for (of, api) in models.methods(name) {
            let is_told = match api.effect {
                Some(Operation::Lock { .. }) => api.place == Some(0),
                // What goes through a handle is known by where that was opened.
                Some(operation) => operation.domain() == Domain::Files && api.place.is_some_and(|at| at > 0),
                None => false,
            };
            if !is_told || api.private || api.fills.is_some() || api.lists.is_some() {
                continue;
            }
            let (held, sites) = (self.held.clone(), self.sites.len());
            let (block, _) = self
                .in_block(|this| this.api_call(api, &mut arguments.to_vec(), nodes, at, Certainty::Known));
            self.held = held;
            self.sites.truncate(sites);
            if let [Step::Effect(effect)] = block.steps.as_slice() {
                found.push(Typed { of: super::types::undotted(of).into(), effect: effect.clone() });
            }
        }
        found
    }

    /// The effect that a call is taken to be by its name alone, if its source is not in sight.
    fn presumed(&mut self, name: &str, arguments: &[Val<'t>], receivers: usize) -> Option<Effect> {
        let api = self.file.models.presumed_method(name)?;
        let operation = api.effect?;
        let place = arguments.get(api.place? + receivers)?;
        if arguments.len() > api.arguments() + receivers + 1 || !matches!(place.ty, Ty::Text | Ty::Unknown) {
            return None;
        }
        let place = self.known_place(place)?;
        Some(Effect {
            certainty: Certainty::Presumed,
            ..Effect::plain(operation, place, self.result(), name.into(), crate::flow::Site(0))
        })
    }

    /// A function of the standard library without a row: it has no effect, and hands its data on.
    fn standard(&mut self, nodes: &[Node<'t>], arguments: &[Val<'t>]) -> Val<'t> {
        let mut data = Vec::new();
        arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
        self.filled(nodes, &data);
        // Which of its values is an error, whoever takes them says by their names.
        Val { v: V::Opaque, ty: Ty::Unknown, data }
    }

    /// What pointers that were handed out point to now derives from all that was handed in.
    pub fn filled(&mut self, nodes: &[Node<'t>], data: &[ResultId]) {
        for node in nodes {
            let node = bare(*node);
            if kind(node) == "unary_expression"
                && self.operator(node) == "&"
                && let Some(name) = self.root_of(node)
            {
                self.taint(&name, data);
            }
        }
    }

    /// Notes that a call may put something into the structures that it is given: what is known of them has no other name.
    fn may_fill(&mut self, nodes: &[Node<'t>], call: ResultId) {
        for node in nodes {
            let node = bare(*node);
            if !matches!(kind(node), "identifier" | "selector_expression") {
                continue;
            }
            let Some(name) = self.root_of(node) else { continue };
            if self.local(&name).is_some_and(|value| matches!(value.v, V::Struct(_))) {
                self.taint(&name, &[call]);
            }
        }
    }

    /// A call that no model knows: left to the linker, if it may be the program's own.
    pub fn unknown_call(
        &mut self,
        callee: Callee,
        arguments: Vec<Val<'t>>,
        nodes: &[Node<'t>],
        at: Span,
        returns: Option<Vec<Ty>>,
        mut presumed: Option<Effect>,
    ) -> Val<'t> {
        let mut data = Vec::new();
        for a in &arguments {
            add_data(&mut data, &a.provenance());
        }
        let result = presumed.as_ref().map_or_else(|| self.result(), |e| e.result);
        let places: Option<Vec<Place>> = arguments.iter().map(|a| self.known_place(a)).collect();
        let name = match &callee {
            Callee::Function(name) => name.clone(),
            Callee::Method { receiver, name } => [receiver.as_deref().unwrap_or("?"), "::", name].concat(),
            Callee::Parameter(_) => String::new(),
        };
        if let Some(arguments) = places {
            self.result_places
                .insert(result, Place::new(PlaceKind::Call { callee: name.as_str().into(), arguments }));
        }
        self.worked_on(&name, &arguments, nodes, at);
        let failures = std::mem::take(&mut self.handing_on);
        if !failures.is_empty() {
            self.handed_on.insert(result, failures);
        }
        let mut through = data.clone();
        add_data(&mut through, &[result]);
        self.filled(nodes, &through);
        self.may_fill(nodes, result);
        let site = self.site(at);
        if let Some(effect) = &mut presumed {
            effect.site = site;
        }
        let asks = presumed.as_ref().is_some_and(|e| e.operation.is_check());
        let mut typed = std::mem::take(&mut self.typed);
        for typed in &mut typed {
            (typed.effect.result, typed.effect.site) = (result, site);
            if matches!(typed.effect.operation, Operation::Lock { .. }) {
                self.held.push((typed.effect.place.clone(), result));
            }
        }
        self.push(Step::Call(Call {
            callee,
            arguments: arguments.iter().map(Val::to_argument).collect(),
            names: Vec::new(),
            result,
            on_failure: OnFailure::Continue,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site,
            presumed: presumed.map(Box::new),
            typed,
        }));
        match returns {
            Some(types) => self.returned(result, &types, data),
            None if asks => Val { v: V::Result(result), ty: Ty::Bool, data },
            None => Val { v: V::Result(result), ty: Ty::Unknown, data },
        }
    }

    /// What a structure names that is handed to another module's code: that works there.
    fn worked_on(&mut self, callee: &str, arguments: &[Val<'t>], nodes: &[Node<'t>], at: Span) {
        let module = |path: &str| {
            path.split("::").next().unwrap_or(path).splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
        };
        let is_path = callee.split('/').next().is_some_and(|host| host.contains('.'));
        if !is_path || module(callee) == module(&self.file.names.package) {
            return;
        }
        for (value, node) in arguments.iter().rev().zip(nodes.iter().rev()) {
            let places = match &value.v {
                V::Struct(fields) => fields.iter().filter_map(|(_, v)| self.known_place(v)).collect(),
                _ => match self.chain(*node).filter(|name| !name.contains('.')) {
                    Some(name) => self.set_fields(&name),
                    None => continue,
                },
            };
            for place in places {
                let told = place.any(&mut |kind| matches!(kind, PlaceKind::Parameter { .. }));
                if told && !matches!(place.kind(), PlaceKind::Concat(_)) {
                    let (result, site) = (self.result(), self.site(at));
                    self.push(Step::Effect(Effect {
                        // What it does if that fails is out of sight: at worst it ends the program.
                        on_failure: OnFailure::Panic,
                        certainty: Certainty::Presumed,
                        ..Effect::plain(Operation::Use, place, result, callee.into(), site)
                    }));
                }
            }
        }
    }

    /// The work whose text names this is over.
    pub fn join_those_naming(&mut self, name: &str) {
        let source = self.file.source;
        let (over, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.started)
            .into_iter()
            .partition(|(_, body)| names_it(super::syntax::text(*body, source), name));
        self.started = rest;
        for (result, _) in over {
            self.push(Step::Join(result));
        }
    }
}

/// Whether a text names an identifier.
fn names_it(text: &str, name: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
        !part(before) && !part(after)
    })
}

/// Whether a qualified name is of the standard library: its packages have no dot in the first part of their path.
pub fn is_standard(name: &str, own: &str) -> bool {
    let package = name.split_once("::").map_or(name, |(package, _)| package);
    let root = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let first = root(package);
    package != own && !first.contains('.') && first != root(own)
}

/// Whether a function of this name makes an error, whatever it is given: `NewExitError`, `redact.Errorf`, `usererr.New`.
fn makes_an_error(name: &str) -> bool {
    let (package, last) = name.rsplit_once("::").unwrap_or(("", name));
    let new = last.strip_prefix("New");
    last.ends_with("Errorf")
        || new.is_some_and(|what| what.ends_with("Error") || what.ends_with("Err"))
        || (matches!(last, "New" | "Newf")
            && package.rsplit('/').next().is_some_and(|own| own.contains("err")))
}

fn known_place<'v>(value: &'v Val<'_>) -> Option<&'v Place> {
    if let V::Place(place) = &value.v { Some(place) } else { None }
}
