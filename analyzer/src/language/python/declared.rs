//! What a file declares: classes with their attributes and methods, functions, variables.

use super::library::is_stream;
use super::names::{Names, each_block};
use super::types::{self, Ty, annotated, of_name};
use crate::flow::{FileSummary, Implementation, TypeDeclaration};
use crate::language::models::Models;
use ruff_python_ast::{Decorator, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// How deep statements are searched for what they set.
const MAX_DEPTH: usize = 24;

/// What a file declares.
#[derive(Default)]
pub struct Declared<'t> {
    /// By qualified name.
    pub classes: FxHashMap<String, Class<'t>>,
    /// Functions of the module, by qualified name.
    pub functions: FxHashMap<String, &'t StmtFunctionDef>,
    /// What functions and methods are annotated to return, by qualified name.
    pub returns: FxHashMap<String, Ty>,
    /// Variables of the module: their type, and what they are set to, if only once.
    pub values: FxHashMap<String, (Ty, Option<&'t Expr>)>,
}

/// A class.
#[derive(Default)]
pub struct Class<'t> {
    /// Its bases, by qualified name.
    pub bases: Vec<String>,
    /// The types of attributes, of instances and of the class.
    pub fields: FxHashMap<String, Ty>,
    /// What the class itself sets its attributes to.
    pub values: FxHashMap<String, &'t Expr>,
    /// Its methods.
    pub methods: FxHashMap<String, &'t StmtFunctionDef>,
    /// Its annotated attributes in order: the parameters of a dataclass.
    pub order: Vec<&'t str>,
}

/// What a function is by its decorators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decorated {
    /// `@property` and its like.
    pub property: bool,
    /// `@staticmethod`.
    pub is_static: bool,
    /// `@classmethod`.
    pub of_class: bool,
    /// `@contextmanager`.
    pub manages: bool,
    /// `@cache`: what it returned is kept by what it was given.
    pub kept: bool,
    /// `@x.setter`, `@overload`: not what a name means.
    pub aside: bool,
}

/// What a function's decorators say.
pub fn decorated(decorators: &[Decorator]) -> Decorated {
    let mut found = Decorated::default();
    for name in decorators.iter().filter_map(decorator_name) {
        match name {
            "property" | "cached_property" | "abstractproperty" | "classproperty" => found.property = true,
            "staticmethod" => found.is_static = true,
            "classmethod" => found.of_class = true,
            "cache" | "lru_cache" => found.kept = true,
            "contextmanager" | "asynccontextmanager" => found.manages = true,
            "setter" | "deleter" | "overload" => found.aside = true,
            _ => {}
        }
    }
    found
}

/// Whether a method is only there to be written by classes that derive from its own: all that it does is raise `NotImplementedError`, or
/// it is marked so and does nothing.
pub fn is_abstract(method: &StmtFunctionDef) -> bool {
    let is_text = |statement: &Stmt| match statement {
        Stmt::Expr(expr) => matches!(&*expr.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)),
        Stmt::Pass(_) => true,
        _ => false,
    };
    let mut rest = method.body.iter().filter(|statement| !is_text(statement));
    match (rest.next(), rest.next()) {
        (None, None) => {
            method.decorator_list.iter().filter_map(decorator_name).any(|n| n == "abstractmethod")
        }
        (Some(Stmt::Raise(raise)), None) => {
            let raised = raise.exc.as_deref().map(|raised| match raised {
                Expr::Call(call) => &*call.func,
                other => other,
            });
            matches!(raised, Some(Expr::Name(name)) if name.id.as_str() == "NotImplementedError")
        }
        _ => false,
    }
}

/// Whether one of the decorators may hand on what it stands at, for somebody to call: all may that are not known for what they are.
pub fn are_registering(decorators: &[Decorator]) -> bool {
    const KNOWN: [&str; 29] = [
        "abstractmethod",
        "abstractproperty",
        "asynccontextmanager",
        "attrs",
        "beartype",
        "cache",
        "cached_property",
        "classmethod",
        "classproperty",
        "contextmanager",
        "dataclass",
        "define",
        "deprecated",
        "enforce_types",
        "final",
        "frozen",
        "lru_cache",
        "memoize",
        "override",
        "property",
        "retry",
        "runtime_checkable",
        "singledispatch",
        "staticmethod",
        "total_ordering",
        "typechecked",
        "validate_arguments",
        "validate_call",
        "wraps",
    ];
    decorators.iter().any(|decorator| decorator_name(decorator).is_none_or(|name| !KNOWN.contains(&name)))
}

/// The last part of a decorator's name, called or not.
pub fn decorator_name(decorator: &Decorator) -> Option<&str> {
    let expr = match &decorator.expression {
        Expr::Call(call) => &*call.func,
        other => other,
    };
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// What a file declares on the level of its module.
pub fn collect<'t>(body: &'t [Stmt], names: &Names, summary: &mut FileSummary) -> Declared<'t> {
    let mut declared = Declared::default();
    annotated_returns(body, names, &names.module, &mut declared.returns, 0);
    let mut set: FxHashMap<String, usize> = FxHashMap::default();
    statements(body, names, &mut declared, &mut set, 0);
    for (name, count) in set {
        if count > 1
            && let Some(value) = declared.values.get_mut(&name)
        {
            value.1 = None;
        }
    }
    let joined: Vec<String> = declared
        .classes
        .iter()
        .flat_map(|(name, class)| class.methods.iter().map(move |(method, f)| (name, class, method, f)))
        .filter(|(_, class, _, function)| joins_own_path(function, class))
        .map(|(name, _, method, _)| [name.as_str(), "::", method].concat())
        .collect();
    for method in joined {
        declared.returns.entry(method).or_insert_with(|| Ty::named(&types::undotted(types::PATH)));
    }
    for (name, class) in &declared.classes {
        let mut fields: Vec<(String, String)> = class
            .fields
            .iter()
            .map(|(n, ty)| (n.clone(), ty.shown()))
            .filter(|(_, shown)| !shown.is_empty())
            .collect();
        fields.sort();
        summary.types.push(TypeDeclaration { name: name.clone(), fields, embedded: class.bases.clone() });
        summary.derivations.extend(
            class
                .bases
                .iter()
                .map(|base| Implementation { trait_name: base.clone(), type_name: name.clone() }),
        );
        for (method, function) in &class.methods {
            let ty = returns(function, names);
            if let Some(of) = ty.name() {
                summary.returns.push((format!("{name}::{method}"), of.to_owned()));
            }
        }
    }
    for (name, function) in &declared.functions {
        if let Some(of) = returns(function, names).name() {
            summary.returns.push((name.clone(), of.to_owned()));
        }
    }
    summary.types.sort_by(|a, b| a.name.cmp(&b.name));
    summary.derivations.sort();
    summary.returns.sort();
    declared
}

fn annotated_returns(
    body: &[Stmt],
    names: &Names,
    outer: &str,
    found: &mut FxHashMap<String, Ty>,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    let inside = |name: &str| if outer.is_empty() { name.to_owned() } else { [outer, "::", name].concat() };
    for statement in body {
        match statement {
            Stmt::FunctionDef(function) => {
                let ty = match returns(function, names) {
                    Ty::Unknown => handed_out(function, names, found, outer),
                    ty => ty,
                };
                if ty != Ty::Unknown {
                    found.insert(inside(&function.name), ty);
                }
            }
            Stmt::ClassDef(class) => {
                annotated_returns(&class.body, names, &inside(&class.name), found, depth + 1);
            }
            other => each_block(other, &mut |b| annotated_returns(b, names, outer, found, depth + 1)),
        }
    }
}

/// What a function without an annotation returns, by the first of its returns that tells: an object of a library that the models know
/// (a client, a lock). Paths and open files are followed as values, and need no type here.
fn handed_out(function: &StmtFunctionDef, names: &Names, returns: &FxHashMap<String, Ty>, owner: &str) -> Ty {
    let mut found = Ty::Unknown;
    // What variables of the module are is not known yet.
    let (parameters, values) = (Some(&*function.parameters), &FxHashMap::default());
    let by = Inference { names, parameters, returns, values, class: owner };
    each_return(&function.body, 0, &mut |value| {
        if found == Ty::Unknown {
            found = infer(value, &by, 0);
        }
    });
    let known =
        found.name().is_some_and(|name| Models::python().canonical_type(&types::dotted(name)).is_some());
    if known && !found.is_path() && !is_stream(&found) { found } else { Ty::Unknown }
}

/// Whether a method without an annotation returns what it joins to a path that is a field: `return self.root / name`.
fn joins_own_path(function: &StmtFunctionDef, class: &Class<'_>) -> bool {
    let Some(me) = function.parameters.iter().next().map(|p| p.name().as_str()) else { return false };
    let is_field = |expr: &Expr| match expr {
        Expr::Attribute(field) => {
            matches!(&*field.value, Expr::Name(name) if name.id.as_str() == me)
                && class.fields.get(field.attr.as_str()).is_some_and(Ty::is_path)
        }
        _ => false,
    };
    let (mut joins, mut all) = (false, true);
    each_return(&function.body, 0, &mut |value| {
        let mut base = value;
        while let Expr::BinOp(op) = base
            && op.op == ruff_python_ast::Operator::Div
        {
            base = &op.left;
        }
        joins |= is_field(base);
        all &= is_field(base);
    });
    function.returns.is_none() && joins && all
}

fn each_return<'t>(body: &'t [Stmt], depth: usize, visit: &mut dyn FnMut(&'t Expr)) {
    if depth > MAX_DEPTH {
        return;
    }
    for statement in body {
        match statement {
            Stmt::Return(node) => node.value.iter().for_each(|value| visit(value)),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            other => each_block(other, &mut |block| each_return(block, depth + 1, visit)),
        }
    }
}

/// What a function returns, as annotated.
pub fn returns(function: &StmtFunctionDef, names: &Names) -> Ty {
    function.returns.as_ref().map_or(Ty::Unknown, |r| annotated(r, names))
}

fn statements<'t>(
    body: &'t [Stmt],
    names: &Names,
    declared: &mut Declared<'t>,
    set: &mut FxHashMap<String, usize>,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    for statement in body {
        match statement {
            Stmt::FunctionDef(function) => {
                declared.functions.entry(names.own(&function.name)).or_insert(function);
            }
            Stmt::ClassDef(class) => self::class(class, names, declared, "", 0),
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    if let Expr::Name(name) = target {
                        let name = names.own(&name.id);
                        *set.entry(name.clone()).or_default() += 1;
                        let ty =
                            inferred(&assign.value, names, None, (&declared.returns, &declared.values), "");
                        declared.values.entry(name).or_insert((ty, Some(&assign.value)));
                    }
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    let ty = annotated(&assign.annotation, names);
                    let name = names.own(&name.id);
                    *set.entry(name.clone()).or_default() += usize::from(assign.value.is_some());
                    declared.values.entry(name).or_insert((ty, assign.value.as_deref()));
                }
            }
            other => {
                each_block(other, &mut |block| statements(block, names, declared, set, depth + 1));
            }
        }
    }
}

fn class<'t>(node: &'t StmtClassDef, names: &Names, declared: &mut Declared<'t>, outer: &str, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let name = match outer {
        "" => names.own(&node.name),
        outer => [outer, "::", node.name.as_str()].concat(),
    };
    let mut class = Class::default();
    for base in node.arguments.iter().flat_map(|a| &a.args) {
        if let Some(base) = names.qualified(base).filter(|b| b != "object") {
            class.bases.push(base);
        }
    }
    members(&node.body, names, &mut class, &name, declared, depth);
    let methods: Vec<&StmtFunctionDef> = class.methods.values().copied().collect();
    for method in methods {
        let me = method.parameters.iter().next().map(|p| p.name().as_str());
        if let Some(me) = me {
            let told = (&declared.returns, &declared.values);
            attributes(&method.body, me, &method.parameters, names, &mut class, (told, name.as_str()), 0);
        }
    }
    declared.classes.insert(name, class);
}

fn members<'t>(
    body: &'t [Stmt],
    names: &Names,
    class: &mut Class<'t>,
    name: &str,
    declared: &mut Declared<'t>,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    for statement in body {
        match statement {
            Stmt::FunctionDef(method) => {
                if !decorated(&method.decorator_list).aside {
                    class.methods.insert(method.name.to_string(), method);
                }
            }
            Stmt::ClassDef(inner) => self::class(inner, names, declared, name, depth + 1),
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    if let Expr::Name(target) = target {
                        let ty =
                            inferred(&assign.value, names, None, (&declared.returns, &declared.values), "");
                        class.fields.insert(target.id.to_string(), ty);
                        class.values.insert(target.id.to_string(), &assign.value);
                    }
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Expr::Name(target) = &*assign.target {
                    class.fields.insert(target.id.to_string(), annotated(&assign.annotation, names));
                    class.order.push(target.id.as_str());
                    if let Some(value) = &assign.value {
                        class.values.insert(target.id.to_string(), value);
                    }
                }
            }
            other => {
                each_block(other, &mut |block| members(block, names, class, name, declared, depth + 1));
            }
        }
    }
}

/// The types of what a method sets on its object.
fn attributes<'t>(
    body: &'t [Stmt],
    me: &str,
    parameters: &Parameters,
    names: &Names,
    class: &mut Class<'t>,
    (told, owner): (Told<'_, '_>, &str),
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut note = |target: &Expr, ty: Ty| {
        if let Expr::Attribute(attribute) = target
            && matches!(&*attribute.value, Expr::Name(n) if n.id == me)
        {
            let slot = class.fields.entry(attribute.attr.to_string()).or_default();
            if *slot == Ty::Unknown {
                *slot = ty;
            }
        }
    };
    for statement in body {
        match statement {
            Stmt::Assign(assign) => {
                let ty = inferred(&assign.value, names, Some(parameters), told, owner);
                assign.targets.iter().for_each(|target| note(target, ty.clone()));
            }
            Stmt::AnnAssign(assign) => note(&assign.target, annotated(&assign.annotation, names)),
            _ => {}
        }
    }
    for statement in body {
        each_block(statement, &mut |block| {
            attributes(block, me, parameters, names, class, (told, owner), depth + 1);
        });
    }
}

/// The type of an expression, by its form alone.
fn inferred(
    expr: &Expr,
    names: &Names,
    parameters: Option<&Parameters>,
    (returns, values): Told<'_, '_>,
    class: &str,
) -> Ty {
    infer(expr, &Inference { names, parameters, returns, values, class }, 0)
}

/// The types of what functions return, and of the module's variables.
type Told<'a, 't> = (&'a FxHashMap<String, Ty>, &'a FxHashMap<String, (Ty, Option<&'t Expr>)>);

/// What the type of an expression is told by.
struct Inference<'a, 't> {
    names: &'a Names,
    parameters: Option<&'a Parameters>,
    returns: &'a FxHashMap<String, Ty>,
    values: &'a FxHashMap<String, (Ty, Option<&'t Expr>)>,
    /// The class around, if any.
    class: &'a str,
}

fn infer(expr: &Expr, by: &Inference<'_, '_>, depth: usize) -> Ty {
    let Inference { names, parameters, returns, values, class } = *by;
    if depth > MAX_DEPTH {
        return Ty::Unknown;
    }
    let inner = |e: &Expr| infer(e, by, depth + 1);
    match expr {
        Expr::StringLiteral(_) | Expr::FString(_) | Expr::BytesLiteral(_) => Ty::Text,
        Expr::BooleanLiteral(_) => Ty::Bool,
        Expr::NumberLiteral(_) => Ty::Number,
        Expr::Name(name) => parameters
            .and_then(|p| p.iter().find(|p| p.name().as_str() == name.id.as_str()))
            .map(|p| p.annotation().map_or(Ty::Unknown, |a| annotated(a, names)))
            .or_else(|| values.get(&names.own(&name.id)).map(|(ty, _)| ty.clone()))
            .unwrap_or_default(),
        Expr::BinOp(op) if op.op == ruff_python_ast::Operator::Div => match inner(&op.left) {
            Ty::Unknown => match inner(&op.right) {
                Ty::Text => Ty::named(&types::undotted(types::PATH)),
                _ => Ty::Unknown,
            },
            ty => ty,
        },
        Expr::BinOp(op) => inner(&op.left),
        Expr::BoolOp(op) => first(op.values.iter().map(inner)),
        Expr::If(choice) => first([inner(&choice.body), inner(&choice.orelse)].into_iter()),
        Expr::Await(wait) => inner(&wait.value),
        Expr::Attribute(attribute) => {
            if let Some(name) = names.qualified(expr)
                && let Some(ty) = Models::python().canonical_type(&types::dotted(&name))
            {
                return Ty::of_row(ty);
            }
            let ty = inner(&attribute.value);
            method(&ty, &attribute.attr)
        }
        Expr::Call(call) => {
            if let Some(name) = names.qualified(&call.func) {
                let models = Models::python();
                if models.canonical_type(&types::dotted(&name)).is_some() {
                    return of_name(&name);
                }
                if let Some(api) = models.api(&types::dotted(&builtin(&name))) {
                    return api.returns.as_deref().map_or(Ty::Unknown, Ty::of_row);
                }
                if let Some(ty) = returns.get(&name) {
                    return ty.clone();
                }
                let last = crate::qualified::last(&name);
                let is_class = last.trim_start_matches('_').starts_with(char::is_uppercase);
                if is_class && !last.chars().all(|c| c.is_uppercase() || c == '_') {
                    return Ty::named(&name);
                }
            }
            match &*call.func {
                Expr::Attribute(attribute) => {
                    let own = [class, "::", attribute.attr.as_str()].concat();
                    let receiver = parameters.and_then(|p| p.iter().next()).map(|p| p.name().as_str());
                    let on_itself =
                        matches!(&*attribute.value, Expr::Name(n) if Some(n.id.as_str()) == receiver);
                    match returns.get(&own).filter(|_| on_itself && !class.is_empty()) {
                        Some(ty) => ty.clone(),
                        None => method(&inner(&attribute.value), &attribute.attr),
                    }
                }
                _ => Ty::Unknown,
            }
        }
        Expr::Subscript(subscript) => match names.qualified(&subscript.value) {
            Some(name) => {
                let item = [types::dotted(&name).as_str(), ".__getitem__"].concat();
                let api = Models::python().api(&item);
                api.and_then(|api| api.returns.as_deref()).map_or(Ty::Unknown, Ty::of_row)
            }
            None => Ty::Unknown,
        },
        Expr::List(list) => Ty::Sequence(Rc::new(list.elts.first().map_or(Ty::Unknown, inner))),
        _ => Ty::Unknown,
    }
}

/// What a method of a type that the models know returns.
fn method(ty: &Ty, name: &str) -> Ty {
    let Some(owner) = ty.name() else { return Ty::Unknown };
    let api = Models::python().method(Some(&types::dotted(owner)), name);
    match api.and_then(|api| api.returns.as_deref()) {
        Some(returned) => Ty::of_row(returned),
        // A row without a type hands on what it is given.
        None if api.is_some_and(|api| api.path.is_some()) => ty.clone(),
        None => Ty::Unknown,
    }
}

/// What Python itself has, as the models name it.
pub fn builtin(name: &str) -> String {
    if name.contains("::") { name.to_owned() } else { ["builtins::", name].concat() }
}

fn first(mut types: impl Iterator<Item = Ty>) -> Ty {
    types.find(|t| *t != Ty::Unknown).unwrap_or_default()
}
