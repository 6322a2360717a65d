//! Expressions.

use super::lower::Lowerer;
use super::syntax::{Node, bare, children, field, first, kind, number, string};
use super::types::{self, Ty, dotted};
use super::value::{V, Val};
use crate::flow::{Asked, Condition, Place, PlaceKind, ResultId};
use crate::language::conditions::{add_data, all, any, asks_for_any};
use crate::language::texts::concat;

impl<'t> Lowerer<'_, 't> {
    /// An expression; its effects are appended in order.
    pub fn expr(&mut self, node: Node<'t>) -> Val<'t> {
        self.deeper(|this| this.expr_here(node)).unwrap_or_default()
    }

    fn expr_here(&mut self, node: Node<'t>) -> Val<'t> {
        match kind(node) {
            "identifier" => self.identifier(node),
            "nil" => Val::new(V::Nil, Ty::Unknown),
            "true" => Val::cond(Condition::Constant(true)),
            "false" => Val::cond(Condition::Constant(false)),
            "interpreted_string_literal" | "raw_string_literal" => match string(node, self.file.source) {
                Some(text) => Val::place(Place::literal(&text), Ty::Text),
                None => Val::new(V::Opaque, Ty::Text),
            },
            "int_literal" => match number(self.text(node)) {
                Some(number) => Val::new(V::Number(number), Ty::Number),
                None => Val::new(V::Opaque, Ty::Number),
            },
            "parenthesized_expression" | "variadic_argument" | "expression_list" | "literal_element" => {
                first(node).map(|inner| self.expr(inner)).unwrap_or_default()
            }
            "selector_expression" => self.selector(node),
            "call_expression" => self.call(node),
            "func_literal" => {
                self.note_literal(node);
                let returns = types::results(field(node, "result"), self.file.source, self.file.names);
                Val::new(V::Closure(node), Ty::Function(returns.into()))
            }
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "composite_literal" => self.composite(node),
            "index_expression" => self.index(node),
            "slice_expression" => {
                let base = field(node, "operand").map(|o| self.expr(o)).unwrap_or_default();
                let data = base.provenance();
                match base.v {
                    // A part of a list or of data is still of it; of a path, another one.
                    V::Place(whole) if base.ty == Ty::Text => {
                        let place = self.part(&whole, field(node, "start").is_none());
                        Val { v: V::Place(place), ty: base.ty, data }
                    }
                    _ => Val { v: V::Opaque, ty: base.ty, data },
                }
            }
            "type_assertion_expression" => {
                let value = field(node, "operand").map(|o| self.expr(o)).unwrap_or_default();
                let ty = field(node, "type").map(|t| self.type_of(t)).unwrap_or_default();
                Val { ty, ..value }
            }
            "type_conversion_expression" => {
                let value = field(node, "operand").map(|o| self.expr(o)).unwrap_or_default();
                let ty = field(node, "type").map(|t| self.type_of(t)).unwrap_or_default();
                converted(value, ty)
            }
            _ => Val::opaque(),
        }
    }

    /// The type that a piece of syntax names.
    pub fn type_of(&self, node: Node<'t>) -> Ty {
        types::of(node, self.file.source, self.file.names)
    }

    fn identifier(&mut self, node: Node<'t>) -> Val<'t> {
        let name = self.text(node);
        if let Some(value) = self.local(name) {
            return value.clone();
        }
        if name == "_" || name == "iota" {
            return Val::opaque();
        }
        let qualified = self.file.names.own(name);
        self.package_value(&qualified)
    }

    /// A constant, variable or function of the file's own package.
    fn package_value(&mut self, qualified: &str) -> Val<'t> {
        if let Some((ty, value)) = self.file.declared.values.get(qualified).cloned() {
            if let Some(value) = value {
                // What bears on an operation is looked up; a path stays a name, which says that it is the same everywhere.
                let found = self.inlined(|this| {
                    let (block, value) = this.in_block(|this| this.expr(value));
                    drop(block);
                    value
                });
                match found {
                    Some(found)
                        if matches!(
                            found.v,
                            V::Flags(_)
                                | V::Number(_)
                                | V::Function(_)
                                | V::Kind(_)
                                | V::Lock(_)
                                | V::Closure(_)
                        ) =>
                    {
                        return found;
                    }
                    Some(found @ Val { v: V::Error(_), .. }) => return found,
                    Some(found) => {
                        let ty = if ty == Ty::Unknown { found.ty } else { ty };
                        return Val::place(Place::new(PlaceKind::Constant(qualified.into())), ty);
                    }
                    None => {}
                }
            }
            return Val::place(Place::new(PlaceKind::Constant(qualified.into())), ty);
        }
        if let Some(returns) = self.file.declared.returns.get(qualified) {
            return Val::new(V::Function(qualified.into()), Ty::Function(returns.clone().into()));
        }
        Val::place(Place::new(PlaceKind::Constant(qualified.into())), Ty::Unknown)
    }

    /// The import path of a package that an operand names, unless a variable hides it.
    pub fn package_in(&self, operand: Node<'t>) -> Option<String> {
        if kind(operand) != "identifier" {
            return None;
        }
        let name = self.text(operand);
        if self.local(name).is_some() {
            return None;
        }
        self.file.names.import(name).map(str::to_owned)
    }

    fn selector(&mut self, node: Node<'t>) -> Val<'t> {
        let (Some(operand), Some(name)) = (field(node, "operand"), field(node, "field")) else {
            return Val::opaque();
        };
        let name = self.text(name);
        if let Some(package) = self.package_in(operand) {
            let qualified = [package.as_str(), "::", name].concat();
            let models = self.file.models;
            let row = dotted(&qualified);
            if let Some(kind) = models.error_kind(&row) {
                return Val::new(V::Kind(kind), Ty::Error);
            }
            if let Some(flags) = models.open_flag(&row) {
                return Val::new(V::Flags(flags), Ty::Number);
            }
            if let Some(flags) = models.lock_flags(&row) {
                return Val::new(V::Lock(flags), Ty::Number);
            }
            if let Some(bits) = models.mode_bits(&row) {
                return Val::new(V::Number(bits), Ty::Number);
            }
            if models.api(&row).is_some() {
                return Val::new(V::Function(qualified.as_str().into()), Ty::Unknown);
            }
            return Val::place(Place::new(PlaceKind::Constant(qualified.as_str().into())), Ty::Unknown);
        }
        // A field that was set in this function is what it was set to.
        if let Some(chain) = self.chain(node)
            && let Some(value) = self.local(&chain)
        {
            return value.clone();
        }
        let base = self.expr(operand);
        self.field_of(&base, name)
    }

    /// A field of a value.
    pub fn field_of(&mut self, base: &Val<'t>, name: &str) -> Val<'t> {
        if let V::Struct(fields) = &base.v
            && let Some((_, value)) = fields.iter().find(|(n, _)| n == name)
        {
            return value.clone();
        }
        // What a library's error is made of fails in the same way.
        if name == "Err" && self.is_any_error(base).is_some() {
            return Val { ty: Ty::Error, ..base.clone() };
        }
        let owner = base.ty.name().map(str::to_owned);
        let declared =
            owner.as_ref().and_then(|o| self.file.declared.fields.get(&(o.clone(), name.to_owned())));
        let ty = declared.cloned().unwrap_or_else(|| match &owner {
            // Declared in another file: the linker knows the field's type by this name.
            Some(o) => Ty::Named([o.as_str(), ".", name].concat().into()),
            None => Ty::Unknown,
        });
        let of_any =
            |owner: &&str| self.file.declared.of_any.contains(&((*owner).to_owned(), name.to_owned()));
        let told = owner.as_deref().map(|owner| if of_any(&owner) { "" } else { owner });
        let place = self.place_of(base, "").field(told, name);
        match ty {
            Ty::Error => {
                let failed = self.opaque_condition(base.observed());
                let failure = super::value::Failure { failed, of: Vec::new(), malformed: Vec::new() };
                Val::error(failure).with_data(&base.data)
            }
            ty => Val { v: V::Place(place), ty, data: base.data.clone() },
        }
    }

    /// `a.b.c` where `a` is a variable.
    pub fn chain(&self, node: Node<'t>) -> Option<String> {
        let mut parts = Vec::new();
        let mut node = bare(node);
        loop {
            match kind(node) {
                "selector_expression" => {
                    parts.push(self.text(field(node, "field")?));
                    node = bare(field(node, "operand")?);
                }
                "identifier" => {
                    parts.push(self.text(node));
                    break;
                }
                "unary_expression" if matches!(self.operator(node), "*" | "&") => {
                    node = bare(field(node, "operand")?);
                }
                _ => return None,
            }
        }
        parts.reverse();
        Some(parts.join("."))
    }

    /// The variable at the bottom of `x`, `x.y`, `x[i]`, `*x`, `&x`.
    pub fn root_of(&self, node: Node<'t>) -> Option<String> {
        let mut node = node;
        loop {
            node = match kind(node) {
                "identifier" => return Some(self.text(node).to_owned()),
                "selector_expression"
                | "index_expression"
                | "unary_expression"
                | "slice_expression"
                | "type_assertion_expression" => field(node, "operand")?,
                "parenthesized_expression" => first(node)?,
                _ => return None,
            }
        }
    }

    /// The operator of an expression.
    pub fn operator(&self, node: Node<'t>) -> &'t str {
        field(node, "operator").map_or("", |o| self.text(o))
    }

    fn unary(&mut self, node: Node<'t>) -> Val<'t> {
        let Some(operand) = field(node, "operand") else { return Val::opaque() };
        let operator = self.operator(node);
        let value = self.expr(operand);
        match operator {
            "!" => {
                let data = value.data.clone();
                let condition = self.condition_of(&value);
                Val::cond(condition.negated()).with_data(&data)
            }
            "&" | "*" => {
                // Whoever is told where the field is may set it.
                if operator == "&"
                    && let Some(chain) = self.chain(operand)
                {
                    match is_option(node, self.file.source) {
                        true => self.note_optional(&chain),
                        false => self.note_set(&chain, &Val::opaque()),
                    }
                }
                value
            }
            "<-" => {
                let at = super::syntax::span(node);
                // `<-ctx.Done()`
                let from = match kind(operand) {
                    "call_expression" => field(operand, "function").and_then(|f| field(f, "operand")),
                    _ => Some(operand),
                };
                let root = from.and_then(|from| self.root_of(from));
                if let Some(error) = self.taken(&value, at) {
                    root.iter().for_each(|name| self.join_those_naming(name));
                    return error;
                }
                self.waited(&value, root.as_deref(), false, at);
                let data = value.observed();
                let ty = value.ty.element();
                let v = match ty {
                    Ty::Error => {
                        let failed = self.opaque_condition(data.clone());
                        return Val::error(super::value::Failure {
                            failed,
                            of: Vec::new(),
                            malformed: Vec::new(),
                        });
                    }
                    _ => V::Opaque,
                };
                Val { v, ty, data }
            }
            _ => Val { v: V::Opaque, ty: value.ty.clone(), data: value.observed() },
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Val<'t> {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return Val::opaque();
        };
        match self.operator(node) {
            operator @ ("&&" | "||") => {
                let is_and = operator == "&&";
                let left = self.condition(left);
                // The right side runs only when the left does not decide.
                let mark = self.open_block();
                let right = self.condition(right);
                let block = self.close_block(mark);
                let condition =
                    if is_and { all(vec![left.clone(), right]) } else { any(vec![left.clone(), right]) };
                let condition = self.bounded(condition);
                if is_and {
                    self.push_branch(left, block, crate::flow::Block::default());
                } else {
                    self.push_branch(left, crate::flow::Block::default(), block);
                }
                Val::cond(condition)
            }
            operator @ ("==" | "!=" | ">" | ">=" | "<" | "<=")
                if let Some(any) = self.counted(left, operator, right) =>
            {
                any
            }
            operator @ ("==" | "!=") => {
                let left = self.expr(left);
                let right = self.expr(right);
                let condition = self.equal(&left, &right);
                let condition = match (operator, condition) {
                    ("==", condition) => condition,
                    // `err != nil` of one result.
                    (_, Condition::Ok(r)) => crate::language::conditions::failed(r),
                    (_, Condition::Failed(r, crate::flow::Kinds::ANY)) => Condition::Ok(r),
                    (_, condition) => condition.negated(),
                };
                Val::cond(condition)
            }
            "<" | "<=" | ">" | ">=" => {
                let left = self.expr(left);
                let right = self.expr(right);
                let mut observed = left.observed();
                add_data(&mut observed, &right.observed());
                Val::cond(self.opaque_condition(observed))
            }
            "|" => {
                let left = self.expr(left);
                let right = self.expr(right);
                self.ored(&left, &right)
            }
            "+" => {
                let left = self.expr(left);
                let right = self.expr(right);
                self.added(left, right)
            }
            _ => {
                let left = self.expr(left);
                let right = self.expr(right);
                let ty = left.ty.clone();
                Val { v: V::Opaque, ty, data: left.observed() }.with_data(&right.observed())
            }
        }
    }

    /// `len(items) > 0`: that there are any.
    fn counted(&mut self, left: Node<'t>, operator: &str, right: Node<'t>) -> Option<Val<'t>> {
        if kind(left) != "call_expression" || kind(right) != "int_literal" {
            return None;
        }
        let any = asks_for_any(operator, self.text(right).parse().ok()?)?;
        let called = field(left, "function").filter(|f| self.text(*f) == "len")?;
        let items = children(field(called.parent()?, "arguments")?);
        let [items] = items.as_slice() else { return None };
        let items = self.expr(*items);
        let held = match &items.v {
            V::Place(_) => self.answer_about(&items, Asked::Truth),
            _ => self.opaque_condition(items.observed()),
        };
        Some(Val::cond(if any { held } else { held.negated() }))
    }

    /// `a + b`: texts one after the other.
    pub fn added(&mut self, left: Val<'t>, right: Val<'t>) -> Val<'t> {
        let mut data: Vec<ResultId> = left.provenance();
        add_data(&mut data, &right.provenance());
        let is_number = |v: &Val<'_>| v.ty == Ty::Number && !matches!(v.v, V::Place(_));
        if is_number(&left) || is_number(&right) {
            return Val { v: V::Opaque, ty: Ty::Number, data };
        }
        if left.ty != Ty::Text
            && right.ty != Ty::Text
            && !matches!((&left.v, &right.v), (V::Place(_), V::Place(_)))
        {
            return Val { v: V::Opaque, ty: left.ty, data };
        }
        let mut parts = Vec::new();
        for side in [&left, &right] {
            let place = self.place_of(side, "");
            match place.kind() {
                PlaceKind::Concat(inner) => parts.extend(inner.iter().cloned()),
                // `dir + "/" + name`: a join that is not closed yet.
                _ => parts.push(place),
            }
        }
        let ends_open = matches!(parts.last().map(Place::kind), Some(PlaceKind::Literal(t)) if t.ends_with('/') && t.len() > 1)
            || matches!(parts.last().map(Place::kind), Some(PlaceKind::Literal(t)) if &**t == "/");
        let place = if ends_open { Place::new(PlaceKind::Concat(parts)) } else { concat(parts) };
        Val { v: V::Place(place), ty: Ty::Text, data }
    }

    /// `a | b`: flags, modes and locks together.
    pub fn ored(&mut self, left: &Val<'t>, right: &Val<'t>) -> Val<'t> {
        let v = match (&left.v, &right.v) {
            (V::Flags(a), V::Flags(b)) => V::Flags(a.union(*b)),
            (V::Lock(a), V::Lock(b)) => V::Lock(a.union(*b)),
            (V::Locks(one), V::Lock(b)) | (V::Lock(b), V::Locks(one)) => {
                let (condition, then, otherwise) = &**one;
                V::Locks(Box::new((condition.clone(), then.union(*b), otherwise.union(*b))))
            }
            (V::Number(a), V::Number(b)) => V::Number(a | b),
            (V::Flags(a), _) | (_, V::Flags(a)) => V::Flags(*a),
            (V::Lock(a), _) | (_, V::Lock(a)) => V::Lock(*a),
            _ => V::Opaque,
        };
        Val { v, ty: Ty::Number, data: left.observed() }.with_data(&right.observed())
    }

    fn composite(&mut self, node: Node<'t>) -> Val<'t> {
        let ty = field(node, "type").map(|t| self.type_of(t)).unwrap_or_default();
        let Some(body) = field(node, "body") else { return Val::new(V::Opaque, ty) };
        // No bytes are the empty text.
        if field(node, "type").is_some_and(|t| self.text(t) == "[]byte") && children(body).is_empty() {
            return Val::place(Place::literal(""), ty);
        }
        self.literal_value(body, ty)
    }

    fn literal_value(&mut self, body: Node<'t>, ty: Ty) -> Val<'t> {
        let element = |this: &mut Self, node: Node<'t>, ty: Ty| {
            let inner = if kind(node) == "literal_element" { first(node).unwrap_or(node) } else { node };
            match kind(inner) {
                "literal_value" => this.deeper(|this| this.literal_value(inner, ty)).unwrap_or_default(),
                _ => this.expr(inner),
            }
        };
        let (mut fields, mut items, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for child in children(body) {
            if kind(child) == "keyed_element" {
                let parts = children(child);
                let (Some(key), Some(value)) = (parts.first(), parts.last()) else { continue };
                let name = self.text(*key).to_owned();
                let value = element(self, *value, ty.element());
                add_data(&mut data, &value.provenance());
                fields.push((name, value));
            } else {
                let value = element(self, child, ty.element());
                add_data(&mut data, &value.provenance());
                items.push(value);
            }
        }
        if matches!(ty, Ty::Sequence(_)) || (fields.is_empty() && !items.is_empty() && ty.name().is_none()) {
            return Val { v: V::List(items), ty, data };
        }
        let order = ty.name().and_then(|name| self.file.declared.order.get(name));
        for (at, value) in items.into_iter().enumerate() {
            let name = order.and_then(|order| order.get(at)).cloned();
            fields.push((name.unwrap_or_else(|| at.to_string()), value));
        }
        if let Some(owner) = ty.name() {
            for (name, value) in fields.iter().filter(|(_, value)| !matches!(value.v, V::Nil)) {
                self.note_kept(Some(owner), name, value.to_flow());
            }
        }
        Val { v: V::Struct(fields), ty, data }
    }

    fn index(&mut self, node: Node<'t>) -> Val<'t> {
        let base = field(node, "operand").map(|o| self.expr(o)).unwrap_or_default();
        let index = field(node, "index").map(|i| self.expr(i)).unwrap_or_default();
        let data = base.provenance();
        let ty = base.ty.element();
        if let (V::List(items), V::Number(at)) = (&base.v, &index.v)
            && let Some(item) = items.get(*at as usize)
        {
            return item.clone();
        }
        let place = self.place_of(&base, "");
        let component = self.place_of(&index, "");
        let place = Place::new(PlaceKind::Call { callee: "[]".into(), arguments: vec![place, component] });
        Val { v: V::Place(place), ty, data }
    }
}

/// Whether this is where an option of the command line is put that is empty unless it is given: `StringVar(&x, name, "", usage)`.
fn is_option(address: Node<'_>, source: &str) -> bool {
    let list = address.parent().filter(|list| kind(*list) == "argument_list");
    let Some((list, call)) = list.and_then(|list| Some((list, list.parent()?))) else { return false };
    let parser = field(call, "function").and_then(|function| field(function, "field"));
    let named = parser.is_some_and(|name| {
        let name = super::syntax::text(name, source);
        name.ends_with("Var") || name.ends_with("VarP")
    });
    let arguments = children(list);
    let default = arguments.len().checked_sub(2).filter(|at| *at >= 2).and_then(|at| arguments.get(at));
    named && default.is_some_and(|default| super::syntax::text(*default, source) == "\"\"")
}

/// A value seen as another type: texts stay what they are, and so do handles in a number's dress.
pub fn converted(value: Val<'_>, ty: Ty) -> Val<'_> {
    match (&value.v, &ty) {
        (V::Result(_), Ty::Number) | (_, Ty::Unknown) => value,
        (V::Number(_) | V::Flags(_) | V::Lock(_) | V::Nil, _) => value,
        _ => Val { ty, ..value },
    }
}
