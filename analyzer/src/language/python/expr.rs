//! Expressions.

use super::gathered::both_listed;
use super::lower::{Lowerer, span};
use super::statements::chain;
use super::types::{Ty, dotted};
use super::value::{Closure, V, Val, one_failed};
use crate::flow::{Asked, Condition, ErrorKind, Exit, Kinds, Place, PlaceKind, Step, Value};
use crate::language::conditions::{add_data, all, any, asks_for_any, failed};
use crate::language::texts::concat;
use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprAttribute, ExprBinOp, ExprBoolOp, ExprCompare, ExprDict,
    ExprFString, ExprIf, ExprSubscript, ExprUnaryOp, ExprYield, FStringPart, InterpolatedStringElement,
    Number, Operator, UnaryOp,
};

impl<'t> Lowerer<'_, 't> {
    /// An expression; its effects are appended in order.
    pub fn expr(&mut self, node: &'t Expr) -> Val<'t> {
        self.deeper(|this| this.expr_here(node)).unwrap_or_default()
    }

    fn expr_here(&mut self, node: &'t Expr) -> Val<'t> {
        match node {
            Expr::Name(name) => self.identifier(&name.id),
            Expr::NoneLiteral(_) => Val::new(V::None, Ty::Unknown),
            Expr::BooleanLiteral(literal) => Val::cond(Condition::Constant(literal.value)),
            Expr::StringLiteral(literal) => Val::text(literal.value.to_str()),
            Expr::BytesLiteral(literal) => {
                let bytes: Vec<u8> = literal.value.bytes().collect();
                match String::from_utf8(bytes) {
                    Ok(text) => Val::text(&text),
                    Err(_) => Val::new(V::Opaque, Ty::Text),
                }
            }
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => match number.as_u64().and_then(|n| u32::try_from(n).ok()) {
                    Some(number) => Val::new(V::Number(number), Ty::Number),
                    None => Val::new(V::Opaque, Ty::Number),
                },
                _ => Val::new(V::Opaque, Ty::Number),
            },
            Expr::Attribute(attribute) => self.attribute(attribute, node),
            Expr::Call(call) => {
                let before = self.last_call();
                let value = self.call(call);
                if let Some(made) = self.last_call().filter(|made| Some(*made) != before) {
                    self.may_fill(call, made);
                }
                value
            }
            Expr::Lambda(lambda) => Val::new(V::Closure(Closure::Lambda(lambda)), Ty::Unknown),
            Expr::BinOp(op) => self.binary(op),
            Expr::BoolOp(op) => self.bool_op(op),
            Expr::UnaryOp(op) => self.unary(op),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => self.choice(choice),
            Expr::Named(named) => {
                let value = self.expr(&named.value);
                let value = match &*named.target {
                    Expr::Name(name) => self.named(value, &name.id),
                    _ => value,
                };
                self.set(&named.target, value.clone());
                value
            }
            Expr::Await(wait) => {
                let value = self.expr(&wait.value);
                if let V::Result(r) = value.v
                    && self.started.contains(&r)
                {
                    self.waited_for(r);
                }
                self.suspends(Some(&wait.value), span(wait));
                value
            }
            Expr::FString(text) => self.f_string(text),
            Expr::List(list) => self.items(&list.elts),
            Expr::Tuple(tuple) => self.items(&tuple.elts),
            Expr::Set(set) => self.items(&set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::ListComp(c) => self.comprehension(&c.generators, None, &c.elt),
            Expr::SetComp(c) => self.comprehension(&c.generators, None, &c.elt),
            Expr::Generator(c) => self.comprehension(&c.generators, None, &c.elt),
            Expr::DictComp(c) => self.comprehension(&c.generators, c.key.as_deref(), &c.value),
            Expr::Yield(yielded) => self.yielded(yielded),
            Expr::YieldFrom(yielded) => {
                self.expr(&yielded.value);
                Val::opaque()
            }
            _ => Val::opaque(),
        }
    }

    fn items(&mut self, nodes: &'t [Expr]) -> Val<'t> {
        let mut items = Vec::new();
        let (mut data, mut whole) = (Vec::new(), true);
        for node in nodes {
            let value = self.expr(node);
            add_data(&mut data, &value.provenance());
            match (node, value.v) {
                (Expr::Starred(_), V::List(more)) => items.extend(more),
                (Expr::Starred(_), _) => whole = false,
                (_, v) => items.push(Val { v, ty: value.ty, data: value.data }),
            }
        }
        let ty = items.first().map_or(Ty::Unknown, |item| item.ty.clone());
        let v = if whole { V::List(items) } else { V::Opaque };
        Val { v, ty: Ty::Sequence(ty.into()), data }
    }

    fn dict(&mut self, node: &'t ExprDict) -> Val<'t> {
        let (mut fields, mut data, mut whole) = (Vec::new(), Vec::new(), true);
        for item in &node.items {
            let key = item.key.as_ref().map(|key| self.expr(key));
            let value = self.expr(&item.value);
            add_data(&mut data, &value.provenance());
            match key.as_ref().and_then(Val::literal) {
                Some(key) => fields.push((key.to_owned(), value)),
                None => whole = false,
            }
        }
        Val { v: if whole { V::Struct(fields) } else { V::Opaque }, ty: Ty::Unknown, data }
    }

    // --- names -------------------------------------------------------------------------------------------------------

    fn identifier(&mut self, name: &str) -> Val<'t> {
        if let Some(value) = self.local(name) {
            return value.clone();
        }
        match self.file.names.global(name) {
            Some(qualified) => self.global(&qualified),
            None => match self.file.models.own(name) {
                Some(place) => Val::place(place, Ty::Text),
                None => Val::new(V::Name(name.into()), Ty::Unknown),
            },
        }
    }

    /// What a qualified name stands for.
    pub fn global(&mut self, qualified: &str) -> Val<'t> {
        let models = self.file.models;
        let row = dotted(qualified);
        if let Some(kind) = models.error_kind(&row) {
            return Val::new(V::Kind(kind), Ty::Number);
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
        if let Some(place) = models.own(&row) {
            return Val::place(place, Ty::Text);
        }
        let Some((ty, value)) = self.file.declared.values.get(qualified).cloned() else {
            return Val::new(V::Name(qualified.into()), Ty::Unknown);
        };
        let constant = Place::new(PlaceKind::Constant(qualified.into()));
        let Some(value) = value else { return Val::place(constant, ty) };
        // What bears on an operation is looked up; a path stays a name, which says that it is the same everywhere.
        let found = self.inlined(|this| {
            let (block, value) = this.in_block(|this| this.expr(value));
            (block.steps.is_empty(), value)
        });
        match found {
            Some((true, found)) => match found.v {
                V::Flags(_)
                | V::Number(_)
                | V::Name(_)
                | V::Kind(_)
                | V::Lock(_)
                | V::Closure(_)
                | V::Cond(Condition::Constant(_))
                | V::Partial(_) => found,
                _ => {
                    let ty = if ty == Ty::Unknown { found.ty } else { ty };
                    Val::place(constant, ty)
                }
            },
            _ => Val::place(constant, ty),
        }
    }

    fn attribute(&mut self, attribute: &'t ExprAttribute, node: &'t Expr) -> Val<'t> {
        // An attribute that was set in this function is what it was set to.
        if let Some(chain) = chain(node)
            && let Some(value) = self.local(&chain)
        {
            return value.clone();
        }
        let base = self.expr(&attribute.value);
        self.attribute_of(&base, attribute.attr.as_str(), node)
    }

    /// An attribute of a value.
    pub fn attribute_of(&mut self, base: &Val<'t>, name: &str, node: &'t Expr) -> Val<'t> {
        match &base.v {
            V::Name(owner) => return self.member(owner, name, node),
            V::Struct(fields) => {
                if let Some((_, value)) = fields.iter().find(|(n, _)| n == name) {
                    return value.clone();
                }
            }
            V::Place(place) if base.ty == Ty::Unknown && name == "parent" => {
                return Val { v: V::Place(place.parent()), ty: Ty::Unknown, data: base.data.clone() };
            }
            V::Error(of) if name == "errno" => return Val::new(V::Errno(of.clone()), Ty::Number),
            V::Error(_) if name == "args" => return base.clone(),
            _ => {}
        }
        let owner = match base.ty {
            Ty::Text => Some("str".to_owned()),
            _ => base.ty.name().map(str::to_owned),
        };
        if let Some(api) =
            owner.as_ref().and_then(|o| self.file.models.api(&[&dotted(o), ".", name].concat()))
        {
            let is_property = api.effect.is_none()
                && (api.path.is_some() || api.access.is_some() || api.root.is_some())
                && api.keywords.is_empty();
            if is_property {
                let given = super::calls::Given::plain(vec![base.clone()]);
                return self.api_call(api, given, span(node));
            }
            return Val::new(super::statements::bound(base.clone(), name), Ty::Unknown);
        }
        if let Some(owner) = &owner
            && let Some((of, method)) = self.method(owner, name)
        {
            if super::declared::decorated(&method.decorator_list).property {
                let _ = of;
                return self.call_method(
                    base.clone(),
                    name,
                    super::calls::Given::plain(Vec::new()),
                    span(node),
                );
            }
            return Val::new(super::statements::bound(base.clone(), name), Ty::Unknown);
        }
        // What is part of something that stat(2) told.
        let data = base.observed();
        let ty = owner.as_ref().map_or(Ty::Unknown, |owner| self.field_type(owner, name));
        let ty = match (&ty, &owner) {
            (Ty::Unknown, Some(owner))
                if !matches!(base.ty, Ty::Text) && !self.file.declared.classes.contains_key(owner) =>
            {
                // Declared in another file: the linker knows the attribute's type by this name.
                Ty::Named([owner.as_str(), ".", name].concat().into())
            }
            _ => ty,
        };
        let place = self.place_of(base, "").field(owner.as_deref().filter(|o| *o != "str"), name);
        Val {
            v: V::Place(place),
            ty,
            data: if matches!(base.v, V::Result(_)) { data } else { base.data.clone() },
        }
    }

    /// A method that a class of this file or one of its bases here has, and which.
    pub fn method(&self, owner: &str, name: &str) -> Option<(String, &'t ruff_python_ast::StmtFunctionDef)> {
        let mut owner = owner.to_owned();
        for _ in 0..8 {
            let class = self.file.declared.classes.get(&owner)?;
            if let Some(method) = class.methods.get(name) {
                return Some((owner, method));
            }
            owner = class.bases.first()?.clone();
        }
        None
    }

    /// The type of an attribute, as far as this file says.
    pub fn field_type(&self, owner: &str, name: &str) -> Ty {
        let mut owner = owner.to_owned();
        for _ in 0..8 {
            let Some(class) = self.file.declared.classes.get(&owner) else { break };
            if let Some(ty) = class.fields.get(name).filter(|ty| **ty != Ty::Unknown) {
                return ty.clone();
            }
            let Some(base) = class.bases.first() else { break };
            owner = base.clone();
        }
        Ty::Unknown
    }

    /// What a module or class has under a name.
    fn member(&mut self, owner: &str, name: &str, node: &'t Expr) -> Val<'t> {
        let qualified = [owner, "::", name].concat();
        if let Some(class) = self.file.declared.classes.get(owner)
            && !class.methods.contains_key(name)
        {
            let ty = self.field_type(owner, name);
            let place = Place::new(PlaceKind::Constant(owner.into())).field(Some(owner), name);
            return Val::place(place, ty);
        }
        if let Some(api) = self.file.models.api(&dotted(&qualified))
            && api.effect.is_none()
            && api.root.is_some()
            && api.arguments() == 0
            && !matches!(node, Expr::Call(_))
            && api.fails == crate::language::models::Fails::Never
            && api.keywords.is_empty()
            && api.returns.as_deref() == Some("str")
            && name.chars().all(|c| c.is_uppercase() || c == '_')
        {
            return self.api_call(api, super::calls::Given::plain(Vec::new()), span(node));
        }
        self.global(&qualified)
    }

    // --- operators ---------------------------------------------------------------------------------------------------

    fn unary(&mut self, node: &'t ExprUnaryOp) -> Val<'t> {
        if node.op == UnaryOp::Not
            && let Some(there) = self.memory_test(&node.operand)
        {
            return Val::cond(there.negated());
        }
        let value = self.expr(&node.operand);
        match node.op {
            UnaryOp::Not => {
                let data = value.data.clone();
                let condition = self.condition_of(&value);
                Val::cond(condition.negated()).with_data(&data)
            }
            _ => Val { v: V::Opaque, ty: Ty::Number, data: value.observed() },
        }
    }

    fn bool_op(&mut self, node: &'t ExprBoolOp) -> Val<'t> {
        let is_and = node.op == BoolOp::And;
        let Some((first, rest)) = node.values.split_first() else { return Val::opaque() };
        let mut shared = self.memory_test(first);
        let mut value = self.expr(first);
        for next in rest {
            let left = shared.take().unwrap_or_else(|| self.condition_of(&value));
            // The right side runs only when the left does not decide.
            let mark = self.open_block();
            let right = self.expr(next);
            let block = self.close_block(mark);
            if is_and {
                self.push_branch(left.clone(), block, crate::flow::Block::default());
            } else {
                self.push_branch(left.clone(), crate::flow::Block::default(), block);
            }
            value = self.combined(is_and, &left, value, right);
        }
        value
    }

    fn combined(&mut self, is_and: bool, left: &Condition, value: Val<'t>, right: Val<'t>) -> Val<'t> {
        let mut data = value.data.clone();
        add_data(&mut data, &right.data);
        let plain = |v: &Val<'t>| matches!(v.v, V::Cond(_) | V::None);
        if plain(&value) || plain(&right) || is_and {
            // `path and exists(path)`: only whether it holds is of interest, unless the right side is a value.
            if !is_and && !plain(&right) {
                return self.join(left, value, right, "");
            }
            if is_and && !plain(&right) && !matches!(right.v, V::Opaque) {
                return right.with_data(&data);
            }
            let right = self.condition_of(&right);
            let condition =
                if is_and { all(vec![left.clone(), right]) } else { any(vec![left.clone(), right]) };
            return Val { v: V::Cond(self.bounded(condition)), ty: Ty::Bool, data };
        }
        // `path or default`: one of two; a variable of the environment with a default is that variable.
        match (&value.v, &left) {
            (_, Condition::Constant(true)) => value,
            (_, Condition::Constant(false)) => right,
            _ => self.join(left, value, right, ""),
        }
    }

    fn choice(&mut self, node: &'t ExprIf) -> Val<'t> {
        let condition = self.condition(&node.test);
        let (mut then, mut otherwise) = (Val::opaque(), Val::opaque());
        self.branch(
            &condition,
            |this| then = this.expr(&node.body),
            |this| otherwise = this.expr(&node.orelse),
        );
        match condition {
            Condition::Constant(true) => then,
            Condition::Constant(false) => otherwise,
            // `"xb" if binary else "x"`: how a file is opened, either way.
            _ if both_open_alike(&then, &otherwise) => then,
            condition => self.join(&condition, then, otherwise, ""),
        }
    }

    fn binary(&mut self, node: &'t ExprBinOp) -> Val<'t> {
        let left = self.expr(&node.left);
        let right = self.expr(&node.right);
        match node.op {
            Operator::Add => self.added(left, right),
            Operator::Div => self.divided(left, right),
            Operator::BitOr => self.ored(&left, &right),
            Operator::Mod if left.ty == Ty::Text => {
                let arguments = match right.v {
                    V::List(items) => items,
                    _ => vec![right],
                };
                let mut all = vec![left];
                all.extend(arguments);
                self.percent(&all)
            }
            Operator::BitAnd => {
                let data = left.observed();
                self.accessed.extend(data.iter().copied());
                Val { v: V::Opaque, ty: Ty::Number, data }.with_data(&right.observed())
            }
            _ => {
                let ty = left.ty.clone();
                Val { v: V::Opaque, ty, data: left.observed() }.with_data(&right.observed())
            }
        }
    }

    /// `a / b`: a path below another.
    pub fn divided(&mut self, left: Val<'t>, right: Val<'t>) -> Val<'t> {
        let mut data = left.provenance();
        add_data(&mut data, &right.provenance());
        let is_path = left.ty.is_path() || right.ty.is_path() || right.ty == Ty::Text || left.ty == Ty::Text;
        if !is_path
            && (left.ty == Ty::Number
                || right.ty == Ty::Number
                || !matches!(left.v, V::Place(_) | V::Result(_) | V::Name(_)))
        {
            return Val { v: V::Opaque, ty: Ty::Number, data };
        }
        let base = self.place_of(&left, "");
        let part = self.place_of(&right, "");
        Val {
            v: V::Place(base.join(&part)),
            ty: Ty::named(&super::types::undotted(super::types::PATH)),
            data,
        }
    }

    /// `a + b`: texts one after the other, or lists.
    pub fn added(&mut self, left: Val<'t>, right: Val<'t>) -> Val<'t> {
        let mut data = left.provenance();
        add_data(&mut data, &right.provenance());
        if let (V::List(a), V::List(b)) = (&left.v, &right.v) {
            let items = a.iter().chain(b).cloned().collect();
            return Val { v: V::List(items), ty: left.ty, data };
        }
        if let Some(v) = both_listed(&left.v, &right.v) {
            return Val { v, ty: left.ty, data };
        }
        if left.ty != Ty::Text && right.ty != Ty::Text {
            return Val { v: V::Opaque, ty: left.ty, data };
        }
        let mut parts = Vec::new();
        for side in [&left, &right] {
            let place = self.place_of(side, "");
            match place.kind() {
                PlaceKind::Concat(inner) => parts.extend(inner.iter().cloned()),
                _ => parts.push(place),
            }
        }
        // `dir + "/" + name`: a join that is not closed yet.
        let ends_open =
            matches!(parts.last().map(Place::kind), Some(PlaceKind::Literal(t)) if t.ends_with('/'));
        let place = if ends_open { Place::new(PlaceKind::Concat(parts)) } else { concat(parts) };
        Val { v: V::Place(place), ty: Ty::Text, data }
    }

    /// `a | b`: flags, modes and locks together.
    pub fn ored(&mut self, left: &Val<'t>, right: &Val<'t>) -> Val<'t> {
        let v = match (&left.v, &right.v) {
            (V::Flags(a), V::Flags(b)) => V::Flags(a.union(*b)),
            (V::Lock(a), V::Lock(b)) => V::Lock(a.union(*b)),
            (V::Number(a), V::Number(b)) => V::Number(a | b),
            (V::Flags(a), _) | (_, V::Flags(a)) => V::Flags(*a),
            (V::Lock(a), _) | (_, V::Lock(a)) => V::Lock(*a),
            _ => V::Opaque,
        };
        Val { v, ty: Ty::Number, data: left.observed() }.with_data(&right.observed())
    }

    fn compare(&mut self, node: &'t ExprCompare) -> Val<'t> {
        if let Some(condition) = self.memory_compared(node) {
            return Val::cond(condition);
        }
        if let Some(condition) = self.counted(node) {
            return Val::cond(condition);
        }
        let mut left = self.expr(&node.left);
        let mut conditions = Vec::new();
        for (op, next) in node.ops.iter().zip(&node.comparators) {
            let right = self.expr(next);
            let condition = match op {
                CmpOp::Eq | CmpOp::Is => self.equal(&left, &right),
                CmpOp::NotEq | CmpOp::IsNot => self.equal(&left, &right).negated(),
                CmpOp::In => self.contained(&left, &right),
                CmpOp::NotIn => self.contained(&left, &right).negated(),
                _ => {
                    let mut observed = left.observed();
                    add_data(&mut observed, &right.observed());
                    self.opaque_condition(observed)
                }
            };
            conditions.push(condition);
            left = right;
        }
        Val::cond(all(conditions))
    }

    /// `len(items) > 0`: that there are any.
    fn counted(&mut self, node: &'t ExprCompare) -> Option<Condition> {
        let (Expr::Call(call), [op], [Expr::NumberLiteral(number)]) =
            (&*node.left, &*node.ops, &*node.comparators)
        else {
            return None;
        };
        let (Expr::Name(name), [items]) = (&*call.func, &*call.arguments.args) else { return None };
        let Number::Int(number) = &number.value else { return None };
        let any = asks_for_any(op.as_str(), number.as_i64()?).filter(|_| name.id.as_str() == "len")?;
        let items = self.expr(items);
        let held = match &items.v {
            V::Place(_) => self.answer_about(&items, Asked::Truth),
            _ => self.opaque_condition(items.observed()),
        };
        Some(if any { held } else { held.negated() })
    }

    /// Whether two values are equal.
    pub fn equal(&mut self, left: &Val<'t>, right: &Val<'t>) -> Condition {
        match (&left.v, &right.v) {
            (V::Errno(of), V::Kind(kind)) | (V::Kind(kind), V::Errno(of)) => {
                return one_failed(of, Kinds::of(*kind));
            }
            (V::Result(r), V::None) | (V::None, V::Result(r)) => {
                if self.opened.contains(r) || self.optional.contains(r) {
                    return failed(*r);
                }
                return Condition::True(*r).negated();
            }
            (V::None, V::None) => return Condition::Constant(true),
            (V::Closure(_) | V::Struct(_) | V::List(_) | V::Error(_) | V::Bound(_), V::None) => {
                return Condition::Constant(false);
            }
            (V::Cond(c), V::None) | (V::None, V::Cond(c)) => return c.clone().negated(),
            (V::Cond(a), V::Cond(Condition::Constant(b))) | (V::Cond(Condition::Constant(b)), V::Cond(a)) => {
                return if *b { a.clone() } else { a.clone().negated() };
            }
            // How many there are of one.
            (V::Cond(c), V::Number(n @ (0 | 1))) | (V::Number(n @ (0 | 1)), V::Cond(c)) => {
                return if *n == 1 { c.clone() } else { c.clone().negated() };
            }
            (V::Number(a), V::Number(b)) => return Condition::Constant(a == b),
            (V::Place(_), V::None) => return self.answer_about(left, Asked::Absence),
            (V::None, V::Place(_)) => return self.answer_about(right, Asked::Absence),
            (V::Place(a), V::Place(b)) if a == b => return Condition::Constant(true),
            _ => {}
        }
        let mut observed = left.observed();
        add_data(&mut observed, &right.observed());
        if let (Some(a), Some(b)) = (self.text_or_name(left), self.text_or_name(right))
            && let Some(same) = self.same_text(&a, &b, &observed)
        {
            return same;
        }
        self.opaque_condition(observed)
    }

    /// The place that a text, a variable or a name is.
    fn text_or_name(&self, value: &Val<'t>) -> Option<Place> {
        self.known_place(value).filter(|_| matches!(value.v, V::Place(_) | V::Name(_)))
    }

    /// Whether a value is among others.
    fn contained(&mut self, left: &Val<'t>, right: &Val<'t>) -> Condition {
        if let (V::Errno(of), V::List(items)) = (&left.v, &right.v) {
            let mut kinds = Kinds::NONE;
            for item in items {
                match item.v {
                    V::Kind(kind) => kinds = kinds.union(Kinds::of(kind)),
                    _ => kinds = kinds.union(Kinds::of(ErrorKind::Other)),
                }
            }
            return one_failed(of, kinds);
        }
        if let V::List(items) = &right.v
            && matches!(left.v, V::Place(_))
            && items.len() <= Condition::LARGEST
        {
            return any(items.iter().map(|item| self.equal(left, item)).collect());
        }
        if let V::Name(name) = &right.v
            && let Some(value) = self.environment_has(name, left)
        {
            return value;
        }
        let mut observed = left.observed();
        add_data(&mut observed, &right.observed());
        self.opaque_condition(observed)
    }

    fn environment_has(&mut self, name: &str, key: &Val<'t>) -> Option<Condition> {
        let api = self.file.models.api(&[&dotted(name), ".__contains__"].concat())?;
        let value =
            self.api_call(api, super::calls::Given::plain(vec![key.clone()]), crate::source::Span::default());
        Some(self.condition_of(&value))
    }

    // --- texts -------------------------------------------------------------------------------------------------------

    fn f_string(&mut self, node: &'t ExprFString) -> Val<'t> {
        let mut parts = Vec::new();
        let mut data = Vec::new();
        for part in &node.value {
            match part {
                FStringPart::Literal(text) => parts.push(Place::literal(text.as_str())),
                FStringPart::FString(text) => {
                    for element in &text.elements {
                        match element {
                            InterpolatedStringElement::Literal(text) => {
                                parts.push(Place::literal(&text.value));
                            }
                            InterpolatedStringElement::Interpolation(inner) => {
                                let value = self.expr(&inner.expression);
                                add_data(&mut data, &value.provenance());
                                parts.push(self.place_of(&value, ""));
                            }
                        }
                    }
                }
            }
        }
        let place = text_of(parts);
        Val { v: V::Place(place), ty: Ty::Text, data }
    }

    // --- parts -------------------------------------------------------------------------------------------------------

    fn subscript(&mut self, node: &'t ExprSubscript) -> Val<'t> {
        let base = self.expr(&node.value);
        if let Expr::Slice(slice) = &*node.slice {
            let data = base.provenance();
            return match base.v {
                // A part of data is still of it; of a path, another one.
                V::Place(whole) if base.ty == Ty::Text => {
                    let place = self.part(&whole, slice.lower.is_none());
                    Val { v: V::Place(place), ty: base.ty, data }
                }
                _ => Val { v: V::Opaque, ty: base.ty, data },
            };
        }
        let index = self.expr(&node.slice);
        if let Some(value) = self.item_call(&base, "__getitem__", vec![index.clone()], span(node)) {
            return value;
        }
        match (&base.v, &index.v) {
            (V::List(items), V::Number(at)) => {
                if let Some(item) = items.get(*at as usize) {
                    return item.clone();
                }
            }
            (V::Struct(fields), _) => {
                if let Some(key) = index.literal()
                    && let Some((_, value)) = fields.iter().find(|(n, _)| n == key)
                {
                    return value.clone();
                }
            }
            // `e[0]`, `e.args[0]`: the number, as it was once written.
            (V::Error(of), V::Number(0)) => return Val::new(V::Errno(of.clone()), Ty::Number),
            (V::Name(_), _) => return base,
            _ => {}
        }
        let data = base.provenance();
        let ty = base.ty.element();
        let (Some(base), Some(index)) = (self.known_place(&base), self.known_place(&index)) else {
            return Val { v: V::Opaque, ty, data };
        };
        let place = Place::new(PlaceKind::Call { callee: "[]".into(), arguments: vec![base, index] });
        Val { v: V::Place(place), ty, data }
    }

    fn comprehension(
        &mut self,
        generators: &'t [Comprehension],
        key: Option<&'t Expr>,
        element: &'t Expr,
    ) -> Val<'t> {
        let Some((generator, rest)) = generators.split_first() else {
            if let Some(key) = key {
                self.expr(key);
            }
            return self.expr(element);
        };
        let iterated = self.expr(&generator.iter);
        let mut value = Val::opaque();
        let goes_on = self.opaque_condition(Vec::new());
        let (block, ()) = self.in_block(|this| {
            this.leave_unless(goes_on);
            this.bind_item(&generator.target, &iterated);
            let conditions: Vec<Condition> = generator.ifs.iter().map(|test| this.condition(test)).collect();
            let condition = all(conditions);
            let (inner, found) = this.in_block(|this| {
                this.deeper(|this| this.comprehension(rest, key, element)).unwrap_or_default()
            });
            value = found;
            this.push_branch(condition, inner, crate::flow::Block::default());
        });
        if !block.steps.iter().all(|s| crate::language::steps::is_idle(s, 0)) {
            self.push(Step::Loop(block));
        }
        let mut data = iterated.provenance();
        add_data(&mut data, &value.provenance());
        let v = match (rest, key) {
            // As many of what is drawn by lot are as random as each.
            ([], None) if value.is_random() => value.v,
            ([], None) => self.listed(&value).unwrap_or_default(),
            // What the inner one gives is what the outer one does.
            (_, None) => {
                if let V::Listed(_) = value.v {
                    value.v
                } else {
                    V::Opaque
                }
            }
            _ => V::Opaque,
        };
        Val { v, ty: Ty::Sequence(value.ty.into()), data }
    }

    /// What a generator hands out. Of a context manager's, that is where it stops until the block is left.
    fn yielded(&mut self, node: &'t ExprYield) -> Val<'t> {
        let value = match &node.value {
            Some(value) => self.expr(value),
            None => Val::new(V::None, Ty::Unknown),
        };
        if !self.manages {
            return Val::opaque();
        }
        self.keep(&value);
        let held: Vec<crate::flow::ResultId> = self.held.iter().map(|(_, r)| *r).collect();
        let flow = match (value.to_flow(), held.as_slice()) {
            (Value::Condition(_) | Value::Opaque, [one]) => Value::Result(*one),
            (Value::Result(r), _) => Value::Result(r),
            (flow, []) => Value::Success(Box::new(flow)),
            (flow, held) => {
                let guards = held.iter().enumerate().map(|(at, r)| (at.to_string(), Value::Result(*r)));
                Value::Structure(guards.chain([("value".to_owned(), flow)]).collect())
            }
        };
        self.push(Step::Exit(Exit::Return(flow)));
        self.diverged = true;
        self.handed_out = true;
        self.blocks.iter_mut().for_each(|block| block.drops.clear());
        Val::opaque()
    }
}

/// Whether two texts are modes of fopen(3) that say the same.
fn both_open_alike(then: &Val<'_>, otherwise: &Val<'_>) -> bool {
    let mode = |value: &Val<'_>| {
        let text = value.literal()?;
        let is_mode = (1..=4).contains(&text.len()) && text.chars().all(|c| "rwxabt+U".contains(c));
        is_mode.then(|| crate::language::modes::of_text(text))
    };
    mode(then).is_some() && mode(then) == mode(otherwise)
}

/// A text made of parts, as a place.
pub fn text_of(mut parts: Vec<Place>) -> Place {
    match parts.len() {
        0 => Place::literal(""),
        1 => parts.swap_remove(0),
        _ => {
            let ends_open =
                matches!(parts.last().map(Place::kind), Some(PlaceKind::Literal(t)) if t.ends_with('/'));
            if ends_open { Place::new(PlaceKind::Concat(parts)) } else { concat(parts) }
        }
    }
}
