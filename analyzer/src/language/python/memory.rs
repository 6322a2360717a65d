//! What the tasks of a process share in memory: variables of the module, attributes, and entries of mappings, as far as asynchronous
//! functions of the file both test and set them. All others have no effects in memory, which keeps summaries small.

use super::lower::{Lowerer, span};
use super::statements::chain;
use super::value::{V, Val};
use crate::flow::{
    Condition, Effect, MemoryOperation, Operation, Place, PlaceKind, ResultId, Site, Step, Value,
};
use crate::source::Span;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprCompare, Stmt, StmtFunctionDef, UnaryOp};
use rustc_hash::FxHashSet;

/// A variable or attribute by its last name, and whether it is the entries of that.
type Name = (String, bool);

/// What asynchronous functions of a file both test and set, and where.
#[derive(Debug, Default)]
pub struct Shared {
    names: FxHashSet<Name>,
    /// The asynchronous functions that do one of both, by where their names begin.
    functions: FxHashSet<u32>,
    /// The functions of the file, and those of them that wait for something.
    known: FxHashSet<String>,
    waiting: FxHashSet<String>,
}

impl Shared {
    /// Looks through a module.
    pub fn of(body: &[Stmt]) -> Shared {
        let mut functions = Functions::default();
        functions.visit_body(body);
        let looks: Vec<(&StmtFunctionDef, Look)> =
            functions.found.iter().map(|function| (*function, Look::at(function))).collect();
        let tested: FxHashSet<&Name> = looks.iter().flat_map(|(_, look)| &look.tested).collect();
        let names: FxHashSet<Name> = looks
            .iter()
            .flat_map(|(_, look)| &look.set)
            .filter(|name| tested.contains(name))
            .cloned()
            .collect();
        let mut shared = Shared { names, ..Shared::default() };
        if shared.names.is_empty() {
            return shared;
        }
        for (function, look) in &looks {
            shared.known.insert(function.name.to_string());
            if look.tested.iter().chain(&look.set).any(|name| shared.names.contains(name)) {
                shared.functions.insert(span(&function.name).start);
            }
        }
        // Who waits for a function of the file waits if that one does.
        loop {
            let waits = |look: &Look| {
                look.waits
                    || look.waits_for.iter().any(|n| !shared.known.contains(n) || shared.waiting.contains(n))
            };
            let found: Vec<String> = looks
                .iter()
                .filter(|(function, look)| !shared.waiting.contains(function.name.as_str()) && waits(look))
                .map(|(function, _)| function.name.to_string())
                .collect();
            if found.is_empty() {
                return shared;
            }
            shared.waiting.extend(found);
        }
    }

    /// Whether the function tests or sets something of it.
    pub fn is_touched_by(&self, function: &StmtFunctionDef) -> bool {
        function.is_async && self.functions.contains(&span(&function.name).start)
    }

    /// Whether a task that waits for this gives way to others.
    fn waits_for(&self, awaited: &Expr) -> bool {
        called(awaited).is_none_or(|name| !self.known.contains(name) || self.waiting.contains(name))
    }
}

/// The asynchronous functions of a module.
#[derive(Default)]
struct Functions<'a> {
    found: Vec<&'a StmtFunctionDef>,
}

impl<'a> Visitor<'a> for Functions<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::FunctionDef(function) = statement
            && function.is_async
        {
            self.found.push(function);
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// What one function tests and sets, and what it waits for.
#[derive(Default)]
struct Look {
    tested: Vec<Name>,
    set: Vec<Name>,
    globals: Vec<String>,
    waits: bool,
    waits_for: Vec<String>,
}

impl Look {
    fn at(function: &StmtFunctionDef) -> Look {
        let mut look = Look::default();
        look.visit_body(&function.body);
        let globals = std::mem::take(&mut look.globals);
        // A plain name that is set is the function's own, unless it says otherwise.
        look.set.retain(|(name, entry)| *entry || name.starts_with('.') || globals.contains(name));
        look
    }

    fn test(&mut self, expr: &Expr) {
        self.tested.extend(name_of(expr));
    }
}

impl<'a> Visitor<'a> for Look {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // A function of its own.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            Stmt::Assign(s) if !is_nothing(&s.value) => {
                self.set.extend(s.targets.iter().filter_map(name_of));
            }
            Stmt::AnnAssign(s) if s.value.as_ref().is_some_and(|value| !is_nothing(value)) => {
                self.set.extend(name_of(&s.target));
            }
            Stmt::Global(s) => self.globals.extend(s.names.iter().map(ToString::to_string)),
            Stmt::If(s) => {
                self.test(&s.test);
                s.elif_else_clauses.iter().filter_map(|c| c.test.as_ref()).for_each(|test| self.test(test));
            }
            Stmt::While(s) => self.test(&s.test),
            Stmt::For(s) => self.waits |= s.is_async,
            Stmt::With(s) => self.waits |= s.is_async,
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(_) => return,
            Expr::Await(wait) => match called(&wait.value) {
                Some(name) => self.waits_for.push(name.to_owned()),
                None => self.waits = true,
            },
            Expr::UnaryOp(op) if op.op == UnaryOp::Not => self.test(&op.operand),
            Expr::BoolOp(op) => op.values.iter().for_each(|value| self.test(value)),
            Expr::If(choice) => self.test(&choice.test),
            Expr::Compare(compare) => self.tested.extend(compared(compare).map(|(name, ..)| name)),
            Expr::Call(call) => self.tested.extend(looked_up(call)),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// What a variable, attribute or entry is known by.
fn name_of(expr: &Expr) -> Option<Name> {
    match expr {
        Expr::Name(name) => Some((name.id.to_string(), false)),
        Expr::Attribute(attribute) => {
            chain(expr)?;
            Some(([".", attribute.attr.as_str()].concat(), false))
        }
        Expr::Subscript(subscript) => {
            let (name, entry) = name_of(&subscript.value)?;
            (!entry).then_some((name, true))
        }
        _ => None,
    }
}

/// `x is None`, `key in x` and the like: what is asked for, the key where it is an entry, and whether it is asked to be there.
fn compared(compare: &ExprCompare) -> Option<(Name, &Expr, Option<&Expr>, bool)> {
    let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    match op {
        CmpOp::Is | CmpOp::Eq if is_nothing(right) => {
            Some((name_of(&compare.left)?, &compare.left, None, false))
        }
        CmpOp::IsNot | CmpOp::NotEq if is_nothing(right) => {
            Some((name_of(&compare.left)?, &compare.left, None, true))
        }
        CmpOp::In | CmpOp::NotIn => {
            let (name, entry) = name_of(right)?;
            (!entry).then_some(((name, true), right, Some(&*compare.left), *op == CmpOp::In))
        }
        _ => None,
    }
}

/// `x.get(key)`: an entry of `x`.
fn looked_up(call: &ExprCall) -> Option<Name> {
    let Expr::Attribute(attribute) = &*call.func else { return None };
    let (name, entry) = name_of(&attribute.value)?;
    let plain = attribute.attr.as_str() == "get" && call.arguments.keywords.is_empty();
    let fits = match &*call.arguments.args {
        [_] => true,
        [_, default] => is_nothing(default),
        _ => false,
    };
    (plain && fits && !entry).then_some((name, true))
}

/// The last name of a function or method that is called.
fn called(expr: &Expr) -> Option<&str> {
    let Expr::Call(call) = expr else { return None };
    match &*call.func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) if matches!(&*attribute.value, Expr::Name(n) if matches!(n.id.as_str(), "self" | "cls")) => {
            Some(attribute.attr.as_str())
        }
        _ => None,
    }
}

/// Whether what is written is what is there before anything is: none, or a flag that is not set.
fn is_nothing(expr: &Expr) -> bool {
    match expr {
        Expr::NoneLiteral(_) => true,
        Expr::BooleanLiteral(literal) => !literal.value,
        _ => false,
    }
}

impl<'t> Lowerer<'_, 't> {
    /// The condition that something of what tasks share is there, if that is what the expression is.
    pub fn memory_test(&mut self, expr: &'t Expr) -> Option<Condition> {
        let name = name_of(expr).filter(|name| self.is_memory(name))?;
        let place = self.memory_place(&name, expr, None)?;
        Some(Condition::True(self.memory(MemoryOperation::Test, place, None, span(expr))))
    }

    /// `x is None`, `key in x` and the like, of what tasks share.
    pub fn memory_compared(&mut self, node: &'t ExprCompare) -> Option<Condition> {
        if !self.shares {
            return None;
        }
        let (name, of, key, there) = compared(node).filter(|(name, ..)| self.is_memory(name))?;
        let place = self.memory_place(&name, of, key)?;
        let found = Condition::True(self.memory(MemoryOperation::Test, place, None, span(node)));
        Some(if there { found } else { found.negated() })
    }

    /// `x.get(key)`, of what tasks share.
    pub fn memory_looked_up(&mut self, node: &'t ExprCall) -> Option<Val<'t>> {
        if !self.shares {
            return None;
        }
        let name = looked_up(node).filter(|name| self.is_memory(name))?;
        let (Expr::Attribute(attribute), Some(key)) = (&*node.func, node.arguments.args.first()) else {
            return None;
        };
        let place = self.memory_place(&name, &attribute.value, Some(key))?;
        let result = self.memory(MemoryOperation::Test, place, None, span(node));
        Some(Val { v: V::Result(result), ..Val::opaque() })
    }

    /// Notes that something of what tasks share is set.
    pub fn memory_set(&mut self, target: &'t Expr, value: &Val<'t>) {
        if !self.shares {
            return;
        }
        let Some(name) = name_of(target).filter(|name| self.is_memory(name)) else { return };
        let nothing = matches!(value.v, V::None | V::Cond(Condition::Constant(false)));
        let operation = if nothing { MemoryOperation::Clear } else { MemoryOperation::Set };
        let place = match target {
            Expr::Subscript(subscript) => self.memory_place(&name, &subscript.value, Some(&subscript.slice)),
            _ => self.memory_place(&name, target, None),
        };
        if let Some(place) = place {
            self.memory(operation, place, Some(value), span(target));
        }
    }

    /// Notes that the task waits for something, while others run.
    pub fn suspends(&mut self, awaited: Option<&'t Expr>, at: Span) {
        self.waits.push(at);
        if self.shares && awaited.is_none_or(|awaited| self.file.shared.waits_for(awaited)) {
            let place = Place::literal("");
            self.push_memory(Operation::Suspend, place, None, at);
        }
    }

    fn is_memory(&self, name: &Name) -> bool {
        self.shares && self.file.shared.names.contains(name)
    }

    /// The place of a variable or attribute, or of the entry of that by its key.
    fn memory_place(&mut self, name: &Name, of: &'t Expr, key: Option<&'t Expr>) -> Option<Place> {
        let (of, key) = match (of, key) {
            (Expr::Subscript(subscript), None) if name.1 => (&*subscript.value, Some(&*subscript.slice)),
            given => given,
        };
        let base = match of {
            Expr::Name(variable) => {
                let declared = self.outer_names.contains(variable.id.as_str());
                if self.local(&variable.id).is_some() && !declared {
                    return None;
                }
                Place::new(PlaceKind::Constant(self.file.names.global(&variable.id)?.into()))
            }
            Expr::Attribute(attribute) => {
                // What this very function has made is nobody else's yet.
                let value = self.expr(&attribute.value);
                let shared = match &value.v {
                    V::Name(_) => true,
                    V::Place(place) => !place
                        .any(&mut |kind| matches!(kind, PlaceKind::Opaque { .. } | PlaceKind::Private(_))),
                    _ => false,
                };
                if !shared {
                    return None;
                }
                let owner = value.ty.name().map(str::to_owned);
                self.known_place(&value)?.field(owner.as_deref(), attribute.attr.as_str())
            }
            _ => return None,
        };
        match key {
            Some(key) => {
                let (block, key) = self.in_block(|this| {
                    let key = this.expr(key);
                    this.known_place(&key)
                });
                let key = key.filter(|_| block.steps.is_empty())?;
                Some(Place::new(PlaceKind::Call { callee: "[]".into(), arguments: vec![base, key] }))
            }
            None => Some(base),
        }
    }

    fn memory(
        &mut self,
        operation: MemoryOperation,
        place: Place,
        value: Option<&Val<'t>>,
        at: Span,
    ) -> ResultId {
        self.push_memory(Operation::Memory(operation), place, value, at)
    }

    fn push_memory(
        &mut self,
        operation: Operation,
        place: Place,
        value: Option<&Val<'t>>,
        at: Span,
    ) -> ResultId {
        let result = self.result();
        let site: Site = self.site(at);
        let content = value.and_then(|value| self.known_place(value)).map_or(Value::Opaque, Value::Place);
        self.push(Step::Effect(Effect {
            data: value.map(Val::provenance).unwrap_or_default(),
            content,
            ..Effect::plain(operation, place, result, "assignment".into(), site)
        }));
        result
    }
}
