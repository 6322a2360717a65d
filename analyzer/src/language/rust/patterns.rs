//! Patterns: when they match, and what they bind.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{Asked, Condition, Kinds, OnFailure, Place, PlaceKind};
use crate::language::conditions::{all, any, failed};
use crate::qualified;
use std::collections::BTreeSet;
use std::rc::Rc;
use syn::visit::Visit;
use syn::{Expr, Pat};

/// What matching a value against a pattern means.
#[derive(Debug)]
pub struct Matched {
    /// When it matches.
    pub condition: Condition,
    /// The names that it binds.
    pub bindings: Vec<(String, Val)>,
}

impl Matched {
    fn when(condition: Condition) -> Self {
        Matched { condition, bindings: Vec::new() }
    }
}

impl Lowerer<'_> {
    /// Declares what a pattern bound.
    pub fn bind(&mut self, bindings: Vec<(String, Val)>) {
        for (name, value) in bindings {
            let value = self.named(value, &name);
            self.declare(&name, value);
        }
    }

    /// Matches a value against a pattern.
    pub fn pattern(&mut self, pat: &Pat, value: &Val) -> Matched {
        self.deeper(|this| this.pattern_here(pat, value))
            .unwrap_or_else(|| Matched::when(Condition::Constant(true)))
    }

    fn pattern_here(&mut self, pat: &Pat, value: &Val) -> Matched {
        match pat {
            Pat::Wild(_) | Pat::Rest(_) => Matched::when(Condition::Constant(true)),
            Pat::Ident(p) => {
                let name = p.ident.to_string();
                if name == "None" {
                    return Matched::when(self.is_success(value).negated());
                }
                if name.starts_with(char::is_uppercase) && p.subpat.is_none() {
                    // A constant or an imported variant, `NotFound` of a glob import among them.
                    let path = syn::Path::from(p.ident.clone());
                    return Matched::when(self.constant_pattern(&path, value));
                }
                let mut matched = match &p.subpat {
                    Some((_, inner)) => self.pattern(inner, value),
                    None => Matched::when(Condition::Constant(true)),
                };
                matched.bindings.push((name, value.clone()));
                matched
            }
            Pat::Paren(p) => self.pattern(&p.pat, value),
            Pat::Reference(p) => self.pattern(&p.pat, value),
            Pat::Type(p) => self.pattern(&p.pat, value),
            Pat::Guard(p) => {
                let mut matched = self.pattern(&p.pat, value);
                let condition = self.opaque_condition(value.observed());
                matched.condition = all(vec![matched.condition, condition]);
                matched
            }
            Pat::Or(p) => {
                let mut conditions = Vec::new();
                let mut bindings: Vec<(String, Val)> = Vec::new();
                for case in &p.cases {
                    let matched = self.pattern(case, value);
                    conditions.push(matched.condition);
                    for (name, value) in matched.bindings {
                        if !bindings.iter().any(|(n, _)| *n == name) {
                            bindings.push((name, value));
                        }
                    }
                }
                Matched { condition: any(conditions), bindings }
            }
            Pat::Lit(p) => {
                if let syn::Lit::Bool(b) = &p.lit {
                    let condition = self.condition_of(value);
                    return Matched::when(if b.value { condition } else { condition.negated() });
                }
                if let (syn::Lit::Str(text), V::Place(_)) = (&p.lit, &value.v) {
                    let text = Val::place(Place::literal(&text.value()), Ty::Unknown);
                    return Matched::when(self.equal(value, &text));
                }
                Matched::when(self.opaque_condition(value.observed()))
            }
            Pat::Path(p) => Matched::when(self.constant_pattern(&p.path, value)),
            Pat::TupleStruct(p) => self.tuple_struct(p, value),
            Pat::Tuple(p) => {
                let items = match &value.v {
                    V::Tuple(items) if items.len() == p.elems.len() => items.clone(),
                    _ => (0..p.elems.len())
                        .map(|i| self.field(value, &syn::Member::Unnamed(syn::Index::from(i))))
                        .collect(),
                };
                let mut conditions = Vec::new();
                let mut bindings = Vec::new();
                for (pat, item) in p.elems.iter().zip(items) {
                    let matched = self.pattern(pat, &item);
                    conditions.push(matched.condition);
                    bindings.extend(matched.bindings);
                }
                Matched { condition: all(conditions), bindings }
            }
            Pat::Struct(p) => {
                let mut conditions = Vec::new();
                let mut bindings = Vec::new();
                let (owner, variant) = self.matched_type(&p.path, value);
                for field in &p.fields {
                    let item = self.part(value, owner.clone(), variant.as_deref(), &field.member);
                    let matched = self.pattern(&field.pat, &item);
                    conditions.push(matched.condition);
                    bindings.extend(matched.bindings);
                }
                // An enum's variant may not be this one.
                let name = self.resolve(&p.path);
                if value.ty.name() != Some(name.as_str()) {
                    conditions.insert(0, self.opaque_condition(value.observed()));
                }
                Matched { condition: all(conditions), bindings }
            }
            other => {
                let mut found = Vec::new();
                names(other, &mut found, 0);
                let data = value.observed();
                let condition = self.opaque_condition(data.clone());
                let bindings = found.into_iter().map(|n| (n, Val::opaque().with_data(&data))).collect();
                Matched { condition, bindings }
            }
        }
    }

    fn is_success(&mut self, value: &Val) -> Condition {
        match value.as_maybe() {
            Some(m) => m.ok,
            None => self.answer_about(value, Asked::Absence).negated(),
        }
    }

    fn constant_pattern(&mut self, path: &syn::Path, value: &Val) -> Condition {
        let name = self.resolve(path);
        if name.ends_with("::None") {
            return self.is_success(value).negated();
        }
        match (&value.v, self.file.models.error_kind(&name)) {
            (V::ErrorKindOf(r), Some(kind)) => Condition::Failed(*r, Kinds::of(kind)),
            (V::Place(_), _) => {
                let constant = Val::place(Place::new(PlaceKind::Constant(name.into())), Ty::Unknown);
                self.equal(value, &constant)
            }
            _ => self.opaque_condition(value.observed()),
        }
    }

    fn tuple_struct(&mut self, p: &syn::PatTupleStruct, value: &Val) -> Matched {
        let variant = p.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        if matches!(variant.as_str(), "Ok" | "Err") {
            self.note_malformed(value, OnFailure::Continue);
        }
        let inner = p.elems.first();
        match variant.as_str() {
            "Ok" | "Some" => {
                let (ok, payload) = match value.as_maybe() {
                    Some(m) => (m.ok, m.payload),
                    // `Some(kind)` of `error.raw_os_error()`.
                    None if matches!(value.v, V::ErrorKindOf(_)) => {
                        (Condition::Constant(true), value.clone())
                    }
                    None => {
                        let data = value.observed();
                        let payload = Val { v: V::Opaque, ty: value.ty.payload(), data: data.clone() };
                        (self.is_success(value), payload)
                    }
                };
                let payload = self.boolean_payload(payload);
                let Some(inner) = inner else { return Matched::when(ok) };
                let matched = self.pattern(inner, &payload);
                Matched { condition: all(vec![ok, matched.condition]), bindings: matched.bindings }
            }
            "Err" => {
                let (condition, error) = match value.as_maybe() {
                    Some(m) => {
                        let error =
                            m.error().map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown));
                        let condition = match &m.ok {
                            Condition::Ok(r) => failed(*r),
                            ok => ok.clone().negated(),
                        };
                        (condition, error)
                    }
                    None => (self.opaque_condition(value.observed()), Val::opaque()),
                };
                let Some(inner) = inner else { return Matched::when(condition) };
                let matched = self.pattern(inner, &error);
                Matched { condition: all(vec![condition, matched.condition]), bindings: matched.bindings }
            }
            _ => {
                let name = self.resolve(&p.path);
                let data = value.observed();
                let same_type = value.ty.name() == Some(name.as_str());
                let mut conditions =
                    if same_type { Vec::new() } else { vec![self.opaque_condition(data.clone())] };
                let mut bindings = Vec::new();
                let (owner, variant) = self.matched_type(&p.path, value);
                for (i, pat) in p.elems.iter().enumerate() {
                    // An error wrapped in a variant is still that error.
                    let item = if matches!(value.v, V::Error(_)) {
                        value.clone()
                    } else {
                        let member = syn::Member::Unnamed(syn::Index::from(i));
                        self.part(value, owner.clone(), variant.as_deref(), &member)
                    };
                    let matched = self.pattern(pat, &item);
                    conditions.push(matched.condition);
                    bindings.extend(matched.bindings);
                }
                Matched { condition: all(conditions), bindings }
            }
        }
    }

    /// The type that the path of a pattern names, with the variant if it is an enum's; of a lone name that no type has, the value's
    /// own type tells.
    fn matched_type(&self, path: &syn::Path, value: &Val) -> (Option<String>, Option<String>) {
        let own = value.ty.name().map(str::to_owned);
        let Some(last) = path.segments.last().map(|segment| segment.ident.to_string()) else {
            return (own, None);
        };
        let name = self.resolve(path);
        if last == "Self" || own.as_ref() == Some(&name) {
            return (Some(name), None);
        }
        let is_type = |name: &str| qualified::last(name).starts_with(char::is_uppercase);
        match qualified::rsplit(&name) {
            Some((owner, variant)) if is_type(owner) => (Some(owner.to_owned()), Some(variant.to_owned())),
            _ => match own {
                Some(own) if qualified::last(&own) != last => (Some(own), Some(last)),
                _ => (Some(name), None),
            },
        }
    }

    /// The payload of a `Result<bool>` is a condition.
    pub fn boolean_payload(&mut self, payload: Val) -> Val {
        match (&payload.v, &payload.ty) {
            (V::Result(r), Ty::Bool) => {
                Val { v: V::Cond(Condition::True(*r)), ty: Ty::Bool, data: payload.data.clone() }
            }
            _ => payload,
        }
    }
}

/// The names that a pattern binds.
pub fn names(pat: &Pat, found: &mut Vec<String>, depth: usize) {
    if depth > 64 {
        return;
    }
    let mut each = |pats: &mut dyn Iterator<Item = &Pat>| pats.for_each(|p| names(p, found, depth + 1));
    match pat {
        Pat::Ident(p) => {
            found.push(p.ident.to_string());
            if let Some((_, inner)) = &p.subpat {
                names(inner, found, depth + 1);
            }
        }
        Pat::Guard(p) => names(&p.pat, found, depth + 1),
        Pat::Paren(p) => names(&p.pat, found, depth + 1),
        Pat::Reference(p) => names(&p.pat, found, depth + 1),
        Pat::Type(p) => names(&p.pat, found, depth + 1),
        Pat::Or(p) => each(&mut p.cases.iter().take(1)),
        Pat::Slice(p) => each(&mut p.elems.iter()),
        Pat::Tuple(p) => each(&mut p.elems.iter()),
        Pat::TupleStruct(p) => each(&mut p.elems.iter()),
        Pat::Struct(p) => each(&mut p.fields.iter().map(|f| &*f.pat)),
        _ => {}
    }
}

/// The variables that a block assigns or lends out mutably: what they hold after a round of a loop is not known before it.
pub fn assigned_in(block: &syn::Block) -> BTreeSet<String> {
    let mut finder = Finder(BTreeSet::new());
    finder.visit_block(block);
    finder.0
}

/// The same of expressions.
pub fn assigned_by<'e>(expressions: impl IntoIterator<Item = &'e Expr>) -> BTreeSet<String> {
    let mut finder = Finder(BTreeSet::new());
    expressions.into_iter().for_each(|e| finder.visit_expr(e));
    finder.0
}

struct Finder(BTreeSet<String>);

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr_assign(&mut self, e: &'ast syn::ExprAssign) {
        if let Expr::Path(p) = &*e.left
            && let Some(name) = p.path.get_ident()
        {
            self.0.insert(name.to_string());
        }
        syn::visit::visit_expr_assign(self, e);
    }
    fn visit_expr_reference(&mut self, e: &'ast syn::ExprReference) {
        if e.mutability.is_some()
            && let Expr::Path(p) = &*e.expr
            && let Some(name) = p.path.get_ident()
        {
            self.0.insert(name.to_string());
        }
        syn::visit::visit_expr_reference(self, e);
    }
    fn visit_expr_method_call(&mut self, e: &'ast syn::ExprMethodCall) {
        let mutates = matches!(
            e.method.to_string().as_str(),
            "push" | "pop" | "set_extension" | "set_file_name" | "push_str" | "clear" | "extend"
        );
        if mutates
            && let Expr::Path(p) = &*e.receiver
            && let Some(name) = p.path.get_ident()
        {
            self.0.insert(name.to_string());
        }
        syn::visit::visit_expr_method_call(self, e);
    }
}

/// A `Result` or `Option` type around a payload.
pub fn wrap(ty: &Ty, payload: Ty) -> Ty {
    match ty {
        Ty::Option(_) => Ty::Option(Rc::new(payload)),
        _ => Ty::Result(Rc::new(payload)),
    }
}
