//! Expressions and statements.

use super::iterators;
use super::lower::{Lowerer, owned_results};
use super::patterns;
use super::types::{PATH, Ty};
use super::value::{V, Val};
use crate::flow::{Condition, Exit, Kinds, OnFailure, Place, PlaceKind, Step};
use crate::language::conditions::{add_data, all, any};
use crate::language::steps::{breaks, breaks_itself, is_idle};
use crate::qualified;
use std::collections::BTreeSet;
use std::rc::Rc;
use syn::{BinOp, Expr, Lit, Member, Pat, Stmt, UnOp};

impl Lowerer<'_> {
    // --- statements --------------------------------------------------------------------------------------------------

    /// A block's statements, in the current flow block; the value is the tail's.
    pub fn statements(&mut self, statements: &[Stmt]) -> Val {
        let items: Vec<&syn::Item> =
            statements.iter().filter_map(|s| if let Stmt::Item(i) = s { Some(i) } else { None }).collect();
        if !items.is_empty() {
            self.enter_scope(&items);
        }
        // What the statement around has made lives on until that ends.
        let around = std::mem::take(&mut self.temporaries);
        let mut value = Val::opaque();
        for (at, statement) in statements.iter().enumerate() {
            value = Val::opaque();
            if self.diverged {
                break;
            }
            let tail = at + 1 == statements.len();
            match statement {
                Stmt::Local(local) => {
                    if !is_cfg_out(&local.attrs) {
                        self.local_statement(local);
                        let rest = statements.get(at + 1..).unwrap_or_default();
                        self.note_channel(local, rest);
                    }
                }
                Stmt::Expr(expr, _) if is_cfg_out(attributes(expr)) => {}
                Stmt::Macro(m) if is_cfg_out(&m.attrs) => {}
                Stmt::Expr(expr, semi) => {
                    let found = self.expr(expr);
                    if tail && semi.is_none() {
                        value = found;
                        self.moved(&value);
                    } else {
                        self.end_statement();
                    }
                }
                Stmt::Macro(m) => {
                    let found = self.macro_call(&m.mac);
                    if tail && m.semi_token.is_none() {
                        value = found;
                    } else {
                        self.end_statement();
                    }
                }
                Stmt::Item(_) => {}
            }
        }
        self.temporaries.splice(0..0, around);
        value
    }

    /// Guards that the statement made and did not bind are released.
    pub fn end_statement(&mut self) {
        for guard in std::mem::take(&mut self.temporaries) {
            let site = self.site(crate::source::Span::default());
            self.push(Step::Release(guard, site));
        }
    }

    fn local_statement(&mut self, local: &syn::Local) {
        let (pat, annotated) = match &local.pat {
            Pat::Type(t) => (&*t.pat, Some(self.type_of(&t.ty))),
            pat => (pat, None),
        };
        let Some(init) = &local.init else {
            self.declare_names(pat);
            return;
        };
        self.wanted.clone_from(&annotated);
        let mut value = self.expr(&init.expr);
        self.wanted = None;
        if let Some(ty) = annotated
            && ty != Ty::Unknown
            && (value.ty == Ty::Unknown || !matches!(ty, Ty::Named(_)))
        {
            value.ty = ty;
        }
        if let Some((_, otherwise)) = &init.diverge {
            let matched = self.pattern(pat, &value);
            let (block, ()) = self.in_block(|this| {
                this.expr(otherwise);
            });
            self.diverged = false;
            self.push_branch(matched.condition, crate::flow::Block::default(), block);
            self.bind(matched.bindings);
            self.end_statement();
            return;
        }
        match pat {
            Pat::Wild(_) => {
                // `let _ = guard` drops the guard at once.
                let bound = owned_results(&value);
                for r in bound {
                    if self.droppable.contains(&r) && !self.temporaries.contains(&r) {
                        self.temporaries.push(r);
                    }
                }
                if matches!(&*init.expr, Expr::Path(_)) {
                    self.temporaries.clear();
                }
            }
            Pat::Ident(p) if p.subpat.is_none() => {
                let name = p.ident.to_string();
                let settled = p.mutability.is_none() && self.is_settled(&init.expr);
                if p.mutability.is_some() {
                    self.changeable.extend(self.known_place(&value));
                }
                if matches!(&*init.expr, Expr::Path(_) | Expr::Reference(_)) {
                    self.declare_borrowed(&name, value);
                } else {
                    let value = self.named(value, &name);
                    self.declare(&name, value);
                }
                if settled {
                    self.settled.insert(name);
                }
            }
            _ => {
                let matched = self.pattern(pat, &value);
                self.bind(matched.bindings);
            }
        }
        self.end_statement();
    }

    /// A value that a variable is bound to: an unknown one gets the variable's name, so that two uses of it are the same place.
    pub fn named(&mut self, value: Val, name: &str) -> Val {
        match value.v {
            V::Opaque => {
                let place = self.fresh_place(name);
                Val { v: V::Place(place), ..value }
            }
            // One of several, as the arms of a `match` give.
            V::Place(ref place) if is_nameless(place) => {
                let place = self.fresh_place(name);
                Val { v: V::Place(place), ..value }
            }
            _ => value,
        }
    }

    fn declare_names(&mut self, pat: &Pat) {
        let mut names = Vec::new();
        patterns::names(pat, &mut names, 0);
        for name in names {
            let place = self.fresh_place(&name);
            self.declare_borrowed(&name, Val::place(place, Ty::Unknown));
        }
    }

    /// A block expression, with a flow block of its own.
    pub fn block(&mut self, block: &syn::Block) -> Val {
        let reached = !self.diverged;
        let (inner, value) = self.in_block(|this| this.statements(&block.stmts));
        let diverged = self.diverged;
        self.diverged = !reached;
        self.push_all(inner);
        self.diverged = diverged;
        value
    }

    // --- expressions -------------------------------------------------------------------------------------------------

    /// An expression; its effects are appended in order.
    pub fn expr(&mut self, expr: &Expr) -> Val {
        self.deeper(|this| this.expr_here(expr)).unwrap_or_default()
    }

    fn expr_here(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Path(e) => self.path(&e.path),
            Expr::Lit(e) => literal(&e.lit),
            Expr::Reference(e) => self.expr(&e.expr),
            Expr::Paren(e) => self.expr(&e.expr),
            Expr::Group(e) => self.expr(&e.expr),
            Expr::Cast(e) => self.expr(&e.expr),
            Expr::Unsafe(e) => self.block(&e.block),
            Expr::Const(e) => self.block(&e.block),
            Expr::Block(e) => self.labelled_block(e),
            Expr::TryBlock(e) => {
                let span = self.file.spans.of(e.try_token.span);
                let value = self.frame(span, |this| this.statements(&e.block.stmts));
                if value.as_maybe().is_some() { value } else { Val::success(value) }
            }
            Expr::Async(e) => Val::new(V::Async(Rc::new(e.block.clone())), Ty::Unknown),
            Expr::Closure(e) => Val::new(V::Closure(Rc::new(e.clone())), Ty::Unknown),
            Expr::Await(e) => {
                let value = self.expr(&e.base);
                let span = self.file.spans.of(e.await_token.span);
                let value = self.awaited(value, span);
                self.suspends(&value, self.file.spans.awaited(e));
                value
            }
            Expr::Unary(e) => {
                let value = self.expr(&e.expr);
                match e.op {
                    UnOp::Not(_) if value.ty == Ty::Bool || matches!(value.v, V::Cond(_) | V::Result(_)) => {
                        let data = value.data.clone();
                        let condition = self.condition_of(&value);
                        Val::cond(condition.negated()).with_data(&data)
                    }
                    UnOp::Not(_) => {
                        let observed = value.observed();
                        let condition = self.condition_of(&value);
                        Val::cond(condition.negated()).with_data(&observed)
                    }
                    _ => value,
                }
            }
            Expr::Binary(e) => self.binary(e),
            Expr::Assign(e) => self.assignment(e),
            Expr::Call(e) => self.call(e),
            Expr::MethodCall(e) => self.method_call(e),
            Expr::Macro(e) => self.macro_call(&e.mac),
            Expr::If(e) => self.if_expr(e),
            Expr::Match(e) => self.match_expr(e),
            Expr::Let(e) => {
                // Bindings of a `let` in a chain are visible in the rest of the chain and in the body: the caller's block holds them.
                let value = self.expr(&e.expr);
                let matched = self.pattern(&e.pat, &value);
                self.bind(matched.bindings);
                Val::cond(matched.condition)
            }
            Expr::While(e) => self.while_expr(e),
            Expr::Loop(e) => {
                let outer = self.loop_value.take();
                let round = |this: &mut Self| {
                    this.statements(&e.body.stmts);
                };
                self.rounds(e.label.as_ref(), patterns::assigned_in(&e.body), true, |_| {}, round);
                std::mem::replace(&mut self.loop_value, outer).unwrap_or_default()
            }
            Expr::ForLoop(e) => self.for_expr(e),
            Expr::Return(e) => {
                let value = e.expr.as_ref().map_or_else(Val::opaque, |inner| self.expr(inner));
                self.push_return(&value);
                self.diverged = true;
                Val::opaque()
            }
            Expr::Break(e) => {
                if let Some(inner) = &e.expr {
                    let value = self.expr(inner);
                    self.moved(&value);
                    self.loop_value = Some(match self.loop_value.take() {
                        Some(earlier) => {
                            let which = self.opaque_condition(Vec::new());
                            self.join(&which, earlier, value, "")
                        }
                        None => value,
                    });
                }
                let depth = self.loop_depth(e.label.as_ref());
                self.push(Step::Exit(Exit::Break(depth)));
                self.diverged = true;
                Val::opaque()
            }
            Expr::Continue(e) => {
                let depth = self.loop_depth(e.label.as_ref());
                self.push(Step::Exit(Exit::Continue(depth)));
                self.diverged = true;
                Val::opaque()
            }
            Expr::Try(e) => {
                let value = self.expr(&e.expr);
                self.unwrap(value, OnFailure::Propagate)
            }
            Expr::Field(e) => {
                let base = self.expr(&e.base);
                self.field(&base, &e.member)
            }
            Expr::Index(e) => {
                let base = self.expr(&e.expr);
                let index = self.expr(&e.index);
                let data = base.observed();
                let place = self.place_of(&base, "");
                let component = self.place_of(&index, "");
                let place =
                    Place::new(PlaceKind::Call { callee: "[]".into(), arguments: vec![place, component] });
                Val { v: V::Place(place), ty: base.ty.element(), data }
            }
            Expr::Struct(e) => {
                let mut fields = Vec::new();
                for field in &e.fields {
                    let value = self.expr(&field.expr);
                    self.moved(&value);
                    let name = match &field.member {
                        Member::Named(name) => name.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    };
                    fields.push((name, value));
                }
                if let Some(rest) = &e.rest {
                    self.expr(rest);
                }
                let data = fields.iter().flat_map(|(_, v)| v.data.clone()).collect::<Vec<_>>();
                let name = self.resolve(&e.path);
                let name = self.file.models.canonical_type(&name).unwrap_or(&name).to_owned();
                for (field, value) in &fields {
                    self.note_kept(Some(&name), field, value.to_flow());
                }
                Val::new(V::Struct(fields), Ty::of_name(&name)).with_data(&data)
            }
            Expr::Tuple(e) => {
                let items: Vec<Val> = e.elems.iter().map(|item| self.expr(item)).collect();
                if items.is_empty() { Val::opaque() } else { Val::new(V::Tuple(items), Ty::Unknown) }
            }
            Expr::Array(e) => {
                let items: Vec<Val> = e.elems.iter().map(|item| self.expr(item)).collect();
                let ty = items.first().map_or(Ty::Unknown, |v| v.ty.clone());
                let data = items.iter().flat_map(Val::observed).collect::<Vec<_>>();
                Val::new(V::Opaque, Ty::Sequence(Rc::new(ty))).with_data(&data)
            }
            Expr::Repeat(e) => {
                self.expr(&e.expr);
                Val::opaque()
            }
            Expr::Range(e) => {
                let mut data = Vec::new();
                for part in e.start.iter().chain(&e.end) {
                    let value = self.expr(part);
                    data.extend(value.observed());
                }
                Val::opaque().with_data(&data)
            }
            _ => Val::opaque(),
        }
    }

    fn labelled_block(&mut self, e: &syn::ExprBlock) -> Val {
        match &e.label {
            None => self.block(&e.block),
            Some(label) => {
                // A labelled block is a loop that ends after its first round.
                self.loop_once(label, &e.block);
                Val::opaque()
            }
        }
    }

    fn path(&mut self, path: &syn::Path) -> Val {
        if let Some(ident) = path.get_ident() {
            let name = ident.to_string();
            if let Some(value) = self.local(&name) {
                return value.clone();
            }
            if name == "None" {
                return Val { ty: Ty::Option(Rc::new(Ty::Unknown)), ..Val::failure(None) };
            }
        }
        let name = self.resolve(path);
        if name.ends_with("Option::None") {
            return Val { ty: Ty::Option(Rc::new(Ty::Unknown)), ..Val::failure(None) };
        }
        // What a program ends with that has failed.
        if name == "std::process::ExitCode::FAILURE" {
            return Val::failure(None);
        }
        if let Some(kind) = self.file.models.error_kind(&name) {
            return Val::new(V::Kind(kind), Ty::Unknown);
        }
        if let Some(flags) = self.file.models.open_flag(&name) {
            return Val::new(V::Flags(flags), Ty::Unknown);
        }
        if let Some(flags) = self.file.models.lock_flags(&name) {
            return Val::new(V::Lock(flags), Ty::Unknown);
        }
        if let Some(bits) = self.file.models.mode_bits(&name) {
            return Val::new(V::Mode(bits), Ty::Unknown);
        }
        let last = qualified::last(&name);
        if last.starts_with(|c: char| c.is_lowercase() || c == '_') {
            return Val::new(V::Function(name.into()), Ty::Unknown);
        }
        let ty = self.file.statics.get(&name).cloned().unwrap_or_default();
        Val::place(Place::new(PlaceKind::Constant(name.into())), ty)
    }

    /// A field of a value.
    pub fn field(&mut self, base: &Val, member: &Member) -> Val {
        let owner = base.ty.name().map(str::to_owned);
        self.part(base, owner, None, member)
    }

    /// A field of a value of the type `owner`, or of that type's `variant`, whose fields go by the variant's name too: `Step.Publish(0)`.
    pub fn part(&mut self, base: &Val, owner: Option<String>, variant: Option<&str>, member: &Member) -> Val {
        let name = match member {
            Member::Named(name) => name.to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        match &base.v {
            V::Struct(fields) => {
                if let Some((_, value)) = fields.iter().find(|(n, _)| *n == name) {
                    return value.clone();
                }
            }
            V::Tuple(items) => {
                if let Some(value) = name.parse::<usize>().ok().and_then(|i| items.get(i)) {
                    return value.clone();
                }
            }
            _ => {}
        }
        let name = variant.map_or(name.clone(), |variant| of_variant(variant, &name));
        let ty = owner
            .as_ref()
            .and_then(|o| self.file.fields.get(&(o.clone(), name.clone())))
            .cloned()
            .unwrap_or_else(|| match &owner {
                // Declared in another file: the linker knows the field's type by this name.
                Some(o) if !o.starts_with("std::") => Ty::Named(format!("{o}.{name}").into()),
                _ => Ty::Unknown,
            });
        // What two values of a type that its user chooses hold, or two of one variant, need not have to do with each other.
        let of_any =
            |owner: &str| variant.is_some() || self.file.of_any.contains(&(owner.to_owned(), name.clone()));
        let told = owner.as_deref().map(|owner| if of_any(owner) { "" } else { owner });
        let place = self.place_of(base, "").field(told, &name);
        // A temporary directory or file is its holder's alone, whoever made it.
        let place = match ty.name() {
            Some(name) if self.file.models.is_private_type(name) => self.private_field(place),
            _ => place,
        };
        // What is a part of what was returned derives from that.
        Val { v: V::Place(place), ty, data: base.observed() }
    }

    fn binary(&mut self, e: &syn::ExprBinary) -> Val {
        match &e.op {
            BinOp::And(_) | BinOp::Or(_) => {
                let is_and = matches!(e.op, BinOp::And(_));
                let left_value = self.expr(&e.left);
                let left = self.condition_of(&left_value);
                // The right side runs only when the left does not decide. Its bindings stay visible, so it gets no scope.
                let mark = self.open_block();
                let right_value = self.expr(&e.right);
                let right = self.condition_of(&right_value);
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
            BinOp::Eq(_) | BinOp::Ne(_) => {
                let left = self.expr(&e.left);
                let right = self.expr(&e.right);
                if let Some(told) = self.status_test(&e.op, (&left, &e.left), (&right, &e.right)) {
                    return Val::cond(told);
                }
                let condition = self.equal(&left, &right);
                Val::cond(if matches!(e.op, BinOp::Ne(_)) { condition.negated() } else { condition })
            }
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
                let left = self.expr(&e.left);
                let right = self.expr(&e.right);
                if let Some(told) = self.status_test(&e.op, (&left, &e.left), (&right, &e.right)) {
                    return Val::cond(told);
                }
                let mut observed = left.observed();
                add_data(&mut observed, &right.observed());
                Val::cond(self.opaque_condition(observed))
            }
            BinOp::BitOr(_) => {
                let left = self.expr(&e.left);
                let right = self.expr(&e.right);
                match (&left.v, &right.v) {
                    (V::Flags(a), V::Flags(b)) => Val::new(V::Flags(a.union(*b)), Ty::Unknown),
                    (V::Lock(a), V::Lock(b)) => Val::new(V::Lock(a.union(*b)), Ty::Unknown),
                    (V::Mode(a), V::Mode(b)) => Val::new(V::Mode(a | b), Ty::Unknown),
                    (V::Flags(a), _) | (_, V::Flags(a)) => Val::new(V::Flags(*a), Ty::Unknown),
                    (V::Cond(a), V::Cond(b)) => Val::cond(self.bounded(any(vec![a.clone(), b.clone()]))),
                    _ => {
                        let observed = right.observed();
                        Val::opaque().with_data(&left.observed()).with_data(&observed)
                    }
                }
            }
            BinOp::Add(_) => {
                let left = self.expr(&e.left);
                let right = self.expr(&e.right);
                let data = right.observed();
                if left.ty == Ty::Text || right.ty == Ty::Text {
                    let parts = vec![self.place_of(&left, ""), self.place_of(&right, "")];
                    return Val::place(Place::new(PlaceKind::Concat(parts)), Ty::Text)
                        .with_data(&left.observed())
                        .with_data(&data);
                }
                Val::opaque().with_data(&left.observed()).with_data(&data)
            }
            BinOp::Div(_) => {
                // camino, relative-path and others join with `/`.
                let left = self.expr(&e.left);
                let right = self.expr(&e.right);
                if left.ty.is_path_like() {
                    let place = self.place_of(&left, "").join(&self.place_of(&right, ""));
                    return Val::place(place, left.ty);
                }
                Val::opaque().with_data(&left.observed()).with_data(&right.observed())
            }
            op => {
                let left = self.expr(&e.left);
                let right = self.expr(&e.right);
                let data = right.observed();
                let assigns = matches!(
                    op,
                    BinOp::AddAssign(_)
                        | BinOp::SubAssign(_)
                        | BinOp::MulAssign(_)
                        | BinOp::BitOrAssign(_)
                        | BinOp::BitAndAssign(_)
                );
                if assigns && let Some(name) = root_variable(&e.left) {
                    match (&left.v, &right.v, op) {
                        (V::Cond(a), V::Cond(b), BinOp::BitOrAssign(_)) => {
                            let value = Val::cond(self.bounded(any(vec![a.clone(), b.clone()])));
                            self.assign(&name, value);
                        }
                        _ => self.taint(&name, &data),
                    }
                }
                Val::opaque().with_data(&left.observed()).with_data(&data)
            }
        }
    }

    /// Whether two values are equal, as a condition.
    pub fn equal(&mut self, left: &Val, right: &Val) -> Condition {
        match (&left.v, &right.v) {
            (V::ErrorKindOf(r), V::Kind(kind)) | (V::Kind(kind), V::ErrorKindOf(r)) => {
                return Condition::Failed(*r, Kinds::of(*kind));
            }
            (V::ErrorKindOf(r), V::Maybe(m)) | (V::Maybe(m), V::ErrorKindOf(r)) => {
                // `error.raw_os_error() == Some(libc::ENOENT)`.
                if let V::Kind(kind) = m.payload.v {
                    return Condition::Failed(*r, Kinds::of(kind));
                }
            }
            (V::Cond(a), V::Cond(Condition::Constant(b))) | (V::Cond(Condition::Constant(b)), V::Cond(a)) => {
                return if *b { a.clone() } else { a.clone().negated() };
            }
            (V::Place(a), V::Place(b)) if a == b => return Condition::Constant(true),
            _ => {}
        }
        let mut observed = left.observed();
        add_data(&mut observed, &right.observed());
        if let (V::Place(a), V::Place(b)) = (&left.v, &right.v)
            && let Some(same) = self.same_text(a, b, &observed)
        {
            return same;
        }
        self.opaque_condition(observed)
    }

    fn assignment(&mut self, e: &syn::ExprAssign) -> Val {
        let value = self.expr(&e.right);
        self.memory_assigned(&e.left, &value, self.file.spans.assigned(e));
        match &*e.left {
            Expr::Path(p) => {
                if let Some(name) = p.path.get_ident().map(ToString::to_string) {
                    let value = self.named(value, &name);
                    self.assign(&name, value);
                }
            }
            Expr::Infer(_) => {
                for r in owned_results(&value) {
                    if self.droppable.contains(&r) {
                        self.temporaries.push(r);
                    }
                }
            }
            other => {
                self.moved(&value);
                if let Expr::Field(set) = other
                    && let Member::Named(field) = &set.member
                {
                    let base = root_variable(&set.base).filter(|_| matches!(&*set.base, Expr::Path(_)));
                    let owner = base.and_then(|base| self.local(&base)?.ty.name().map(str::to_owned));
                    self.note_kept(owner.as_deref(), &field.to_string(), value.to_flow());
                }
                if let Some(name) = root_variable(other) {
                    let data = value.observed();
                    if let Some(local) = self.local(&name)
                        && let V::Struct(fields) = &local.v
                        && let Expr::Field(f) = other
                        && let Member::Named(field) = &f.member
                    {
                        let mut fields = fields.clone();
                        let ty = local.ty.clone();
                        let mut all_data = local.data.clone();
                        add_data(&mut all_data, &data);
                        let field = field.to_string();
                        fields.retain(|(n, _)| *n != field);
                        fields.push((field, value));
                        self.assign(&name, Val { v: V::Struct(fields), ty, data: all_data });
                    } else {
                        self.taint(&name, &data);
                    }
                }
            }
        }
        Val::opaque()
    }

    // --- loops -------------------------------------------------------------------------------------------------------

    fn loop_depth(&self, label: Option<&syn::Lifetime>) -> u32 {
        let depth = match label {
            None => self.loops.iter().rev().position(|l| !l.as_ref().is_some_and(|n| n.starts_with('{'))),
            Some(label) => {
                let name = label.ident.to_string();
                self.loops
                    .iter()
                    .rev()
                    .position(|l| l.as_ref().is_some_and(|n| n.trim_start_matches('{') == name))
            }
        };
        u32::try_from(depth.unwrap_or(0)).unwrap_or(0)
    }

    fn loop_once(&mut self, label: &syn::Label, block: &syn::Block) {
        let assigned = patterns::assigned_in(block);
        // A plain `break` does not leave a labelled block: its mark says so.
        self.loops.push(Some(format!("{{{}", label.name.ident)));
        let (mut body, ()) = self.in_block(|this| {
            this.statements(&block.stmts);
        });
        self.loops.pop();
        self.diverged = false;
        body.steps.push(Step::Exit(Exit::Break(0)));
        for name in assigned {
            self.forget(&name);
        }
        if body.steps.len() > 1 {
            self.push(Step::Loop(body));
        }
    }

    /// A loop. `head` runs first in each round; variables that a round assigns are unknown in it.
    pub fn looped(
        &mut self,
        label: Option<&syn::Label>,
        assigned: BTreeSet<String>,
        head: impl FnOnce(&mut Self),
        round: impl FnOnce(&mut Self),
    ) {
        self.rounds(label, assigned, false, head, round);
    }

    fn rounds(
        &mut self,
        label: Option<&syn::Label>,
        assigned: BTreeSet<String>,
        endless: bool,
        head: impl FnOnce(&mut Self),
        round: impl FnOnce(&mut Self),
    ) {
        for name in &assigned {
            self.forget(name);
        }
        let at_head: Vec<(String, Val)> =
            assigned.iter().filter_map(|n| Some((n.clone(), self.local(n)?.clone()))).collect();
        self.loops.push(label.map(|l| l.name.ident.to_string()));
        let (body, ()) = self.in_block(|this| {
            head(this);
            round(this);
        });
        self.loops.pop();
        self.diverged = endless && !breaks(&body, 0);
        let reached_again = self.diverged;
        self.diverged = false;
        if endless || breaks_itself(&body, 0) {
            for name in &assigned {
                self.forget(name);
            }
        } else {
            // A loop that only its head ends leaves its variables as the head last saw them: `while p.exists() { p = next }`
            // ends with the very path that was found absent.
            for (name, mut value) in at_head {
                // What was put into a collection stays in it. A path is the one that the head saw, whatever it was made of.
                let mut added = self.local(&name).map(|v| v.data.clone()).unwrap_or_default();
                if value.ty.name() == Some(PATH) {
                    added.retain(|r| self.started.contains(r));
                }
                add_data(&mut value.data, &added);
                self.assign(&name, value);
            }
        }
        let nothing = body.steps.iter().all(|s| is_idle(s, 0));
        if !nothing {
            self.push(Step::Loop(body));
        }
        self.diverged = reached_again;
    }

    fn while_expr(&mut self, e: &syn::ExprWhile) -> Val {
        self.looped(
            e.label.as_ref(),
            patterns::assigned_in(&e.body),
            |this| {
                let value = this.expr(&e.cond);
                let goes_on = this.condition_of(&value);
                this.leave_unless(goes_on);
            },
            |this| {
                this.statements(&e.body.stmts);
            },
        );
        Val::opaque()
    }

    fn for_expr(&mut self, e: &syn::ExprForLoop) -> Val {
        let (base, adapters) = iterators::chain(&e.expr);
        let iterated = self.expr(base);
        let at = self.file.spans.of(e.for_token.span);
        let mut assigned = patterns::assigned_in(&e.body);
        assigned.extend(patterns::assigned_by(adapters.iter().flat_map(|call| &call.args)));
        self.looped(
            e.label.as_ref(),
            assigned,
            |this| {
                let item = this.next_element(&iterated, &adapters, at);
                let matched = this.pattern(&e.pat, &item);
                this.bind(matched.bindings);
            },
            |this| {
                this.statements(&e.body.stmts);
            },
        );
        Val::opaque()
    }
}

/// The attributes of expressions that a `#[cfg(..)]` is written on.
fn attributes(expr: &Expr) -> &[syn::Attribute] {
    match expr {
        // An attribute stands with what comes first in the statement.
        Expr::Assign(e) => attributes(&e.left),
        Expr::Binary(e) => attributes(&e.left),
        Expr::Await(e) => &e.attrs,
        Expr::Block(e) => &e.attrs,
        Expr::Call(e) => &e.attrs,
        Expr::Field(e) => &e.attrs,
        Expr::ForLoop(e) => &e.attrs,
        Expr::If(e) => &e.attrs,
        Expr::Loop(e) => &e.attrs,
        Expr::Macro(e) => &e.attrs,
        Expr::Match(e) => &e.attrs,
        Expr::MethodCall(e) => &e.attrs,
        Expr::Path(e) => &e.attrs,
        Expr::Return(e) => &e.attrs,
        Expr::Try(e) if e.attrs.is_empty() => attributes(&e.expr),
        Expr::Try(e) => &e.attrs,
        Expr::Unsafe(e) => &e.attrs,
        Expr::While(e) => &e.attrs,
        _ => &[],
    }
}

/// Whether code is for other systems than POSIX ones only, which the abstract filesystem is not: Windows, WebAssembly.
pub fn is_cfg_out(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg") && a.parse_args().is_ok_and(|condition| holds(&condition, 0) == Some(false))
    })
}

/// Whether a condition of `cfg` holds on a POSIX system; none if that depends on more.
fn holds(condition: &syn::Meta, depth: usize) -> Option<bool> {
    /// Deeper conditions are hostile.
    const DEPTH: usize = 32;
    let path = condition.path();
    match condition {
        syn::Meta::Path(_) if path.is_ident("unix") => Some(true),
        syn::Meta::Path(_) if path.is_ident("windows") => Some(false),
        syn::Meta::NameValue(pair) => {
            let Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
            match (path.get_ident()?.to_string().as_str(), text.value().as_str()) {
                ("target_family", "unix") => Some(true),
                ("target_family" | "target_os", "windows" | "wasm" | "wasi" | "emscripten") => Some(false),
                ("target_arch", "wasm32" | "wasm64") => Some(false),
                _ => None,
            }
        }
        syn::Meta::List(list) if depth < DEPTH => {
            let parts = list
                .parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
                .ok()?;
            let mut parts = parts.iter().map(|part| holds(part, depth + 1));
            let decided = |by: bool, parts: Vec<Option<bool>>| match parts.contains(&Some(by)) {
                true => Some(by),
                false => parts.iter().all(Option::is_some).then_some(!by),
            };
            match path.get_ident()?.to_string().as_str() {
                "not" => parts.next()?.map(|part| !part),
                "all" => decided(false, parts.collect()),
                "any" => decided(true, parts.collect()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn literal(lit: &Lit) -> Val {
    match lit {
        Lit::Str(s) => Val::place(Place::literal(&s.value()), Ty::Text),
        Lit::CStr(s) => Val::place(Place::literal(&s.value().to_string_lossy()), Ty::Text),
        Lit::ByteStr(s) => Val::place(Place::literal(&String::from_utf8_lossy(&s.value())), Ty::Text),
        Lit::Bool(b) => Val::cond(Condition::Constant(b.value)),
        _ => Val::opaque(),
    }
}

/// The variable at the bottom of `x`, `x.y`, `x[i]`, `*x`, `&mut x`.
pub fn root_variable(expr: &Expr) -> Option<String> {
    let mut expr = expr;
    loop {
        expr = match expr {
            Expr::Path(p) => return p.path.get_ident().map(ToString::to_string),
            Expr::Field(e) => &e.base,
            Expr::Index(e) => &e.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            Expr::Unary(e) => &e.expr,
            Expr::MethodCall(e) => &e.receiver,
            Expr::Try(e) => &e.expr,
            _ => return None,
        };
    }
}

/// Whether a place is wholly unknown, and has no name yet.
fn is_nameless(place: &Place) -> bool {
    matches!(place.kind(), PlaceKind::Opaque { name, .. } if name.is_empty())
}

/// What a field of an enum's variant goes by.
pub fn of_variant(variant: &str, field: &str) -> String {
    format!("{variant}({field})")
}
