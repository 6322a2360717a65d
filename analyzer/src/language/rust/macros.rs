//! Macros whose tokens are expressions.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{Block, Condition, Exit, OnFailure, Place, PlaceKind, Step, Value};
use crate::language::conditions::{add_data, all};
use crate::language::texts::concat;
use proc_macro2::{TokenStream, TokenTree};
use rustc_hash::FxHashSet;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Pat, Token};

impl Lowerer<'_> {
    /// A macro call, as far as its tokens are expressions.
    pub fn macro_call(&mut self, mac: &syn::Macro) -> Val {
        self.deeper(|this| this.macro_here(mac)).unwrap_or_default()
    }

    fn macro_here(&mut self, mac: &syn::Macro) -> Val {
        let name = mac.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let span = mac.path.segments.first().map(|s| self.file.spans.of(s.ident.span())).unwrap_or_default();
        match name.as_str() {
            "format" | "concat" | "format_args" | "formatcp" | "format_compact" => {
                self.format(&mac.tokens, 0)
            }
            "println" | "print" | "eprintln" | "eprint" | "trace" | "debug" | "info" | "warn" | "error"
            | "log" | "event" | "warn_user" | "bail_on" | "instrument" => {
                self.expressions(&mac.tokens);
                Val::opaque()
            }
            "write" | "writeln" => self.write_macro(&mac.tokens, span),
            "panic" | "unreachable" | "todo" | "unimplemented" => {
                self.expressions(&mac.tokens);
                self.push(Step::Exit(Exit::Panic));
                self.diverged = true;
                Val::opaque()
            }
            "bail" | "whatever" | "throw" | "yeet" => {
                self.expressions(&mac.tokens);
                let file = self.file;
                let succeeds = file.succeeding.get_or_init(|| succeeding(file.text)).contains(&name);
                let returned =
                    if succeeds { Value::Success(Box::new(Value::Opaque)) } else { Value::Failure(None) };
                self.push(Step::Exit(Exit::Return(returned)));
                self.diverged = true;
                Val::opaque()
            }
            "ensure" | "assert" | "debug_assert" | "ensure_whatever" => {
                let values = self.expressions(&mac.tokens);
                if let Some(first) = values.first() {
                    let condition = self.condition_of(first);
                    let policy =
                        if name.starts_with("ensure") { OnFailure::Propagate } else { OnFailure::Panic };
                    self.leave_if(condition.negated(), policy, &[]);
                }
                Val::opaque()
            }
            "assert_eq" | "assert_ne" | "debug_assert_eq" => {
                let values = self.expressions(&mac.tokens);
                if let (Some(a), Some(b)) = (values.first(), values.get(1)) {
                    let condition = self.equal(a, b);
                    let condition = if name == "assert_ne" { condition } else { condition.negated() };
                    if !matches!(condition, Condition::Opaque { .. })
                        && !matches!(&condition, Condition::Not(c) if matches!(**c, Condition::Opaque { .. }))
                    {
                        self.leave_if(condition, OnFailure::Panic, &[]);
                    }
                }
                Val::opaque()
            }
            "anyhow" | "eyre" | "format_err" | "err_msg" | "miette" => {
                let values = self.expressions(&mac.tokens);
                let error = values.iter().find_map(super::calls::error_of);
                error.map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown))
            }
            "matches" | "assert_matches" => self.matches_macro(&mac.tokens),
            "try" | "r#try" => {
                let value = self.expressions(&mac.tokens).into_iter().next().unwrap_or_default();
                self.unwrap(value, OnFailure::Propagate)
            }
            "vec" | "smallvec" | "hashmap" | "btreemap" | "json" | "toml" | "dbg" | "join" | "try_join"
            | "zip" | "cmd" | "Ok" | "black_box" => {
                let values = self.expressions(&mac.tokens);
                let mut data = Vec::new();
                values.iter().for_each(|v| add_data(&mut data, &v.provenance()));
                match (name.as_str(), values.len()) {
                    ("dbg", 1) => values.into_iter().next().unwrap_or_default(),
                    ("join" | "try_join", _) => {
                        for value in values {
                            self.awaited(value, span);
                        }
                        Val::opaque().with_data(&data)
                    }
                    ("vec", _) => {
                        let ty = values.first().map_or(Ty::Unknown, |v| v.ty.clone());
                        Val { v: V::Opaque, ty: Ty::Sequence(std::rc::Rc::new(ty)), data }
                    }
                    _ => Val::opaque().with_data(&data),
                }
            }
            "select" | "select_biased" => {
                self.select(&mac.tokens, span);
                Val::opaque()
            }
            // What is put in when the program is built is a constant of it.
            "env" | "option_env" | "include_str" | "include_bytes" => {
                let what: String = mac.tokens.to_string().chars().filter(|c| !c.is_whitespace()).collect();
                Val::place(Place::new(PlaceKind::Constant(format!("{name}!({what})").into())), Ty::Text)
            }
            "include" => {
                let id = self.opaque_id();
                Val::place(Place::opaque(id, &name), Ty::Text)
            }
            "macro_rules" | "lazy_static" | "thread_local" | "cfg_if" => Val::opaque(),
            _ => {
                let values = self.expressions(&mac.tokens);
                let mut data = Vec::new();
                values.iter().for_each(|v| add_data(&mut data, &v.provenance()));
                Val::opaque().with_data(&data)
            }
        }
    }

    /// The tokens as comma-separated expressions; parts that are none are skipped. `name = value` parts give the value.
    fn expressions(&mut self, tokens: &TokenStream) -> Vec<Val> {
        if let Ok(list) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
            return list.iter().map(|e| self.macro_argument(e)).collect();
        }
        let mut values = Vec::new();
        for part in split(tokens, ',') {
            if let Ok(expr) = syn::parse2::<Expr>(part) {
                values.push(self.macro_argument(&expr));
            }
        }
        values
    }

    fn macro_argument(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Assign(e) => self.expr(&e.right),
            // A closure given to an unknown macro may run at any time: its effects are not ours to order.
            Expr::Closure(_) => Val::opaque(),
            other => self.expr(other),
        }
    }

    /// A format string with its arguments, as a place made of parts.
    fn format(&mut self, tokens: &TokenStream, skip: usize) -> Val {
        let parts: Vec<TokenStream> = split(tokens, ',').into_iter().skip(skip).collect();
        let Some((first, rest)) = parts.split_first() else { return Val::opaque() };
        let Ok(text) = syn::parse2::<syn::LitStr>(first.clone()) else {
            let values = self.expressions(tokens);
            let mut data = Vec::new();
            values.iter().for_each(|v| add_data(&mut data, &v.provenance()));
            return Val { v: V::Opaque, ty: Ty::Text, data };
        };
        let mut positional: Vec<Val> = Vec::new();
        let mut named: Vec<(String, Val)> = Vec::new();
        for part in rest {
            let Ok(expr) = syn::parse2::<Expr>(part.clone()) else { continue };
            match &expr {
                Expr::Assign(e) => {
                    let value = self.expr(&e.right);
                    if let Expr::Path(p) = &*e.left
                        && let Some(name) = p.path.get_ident()
                    {
                        named.push((name.to_string(), value));
                    }
                }
                other => positional.push(self.expr(other)),
            }
        }
        let mut places = Vec::new();
        let mut data = Vec::new();
        let mut next = 0;
        for piece in format_pieces(&text.value()) {
            match piece {
                Piece::Text(text) => places.push(Place::literal(&text)),
                Piece::Argument(name) => {
                    let value = if name.is_empty() {
                        next += 1;
                        positional.get(next - 1).cloned()
                    } else if let Ok(at) = name.parse::<usize>() {
                        positional.get(at).cloned()
                    } else {
                        named
                            .iter()
                            .find(|(n, _)| *n == name)
                            .map(|(_, v)| v.clone())
                            .or_else(|| self.local(&name).cloned())
                            // What is no variable is a constant.
                            .or_else(|| Some(self.expr(&syn::parse_str::<Expr>(&name).ok()?)))
                    }
                    .unwrap_or_default();
                    add_data(&mut data, &value.provenance());
                    places.push(self.place_of(&value, &name));
                }
            }
        }
        for value in positional.iter().chain(named.iter().map(|(_, v)| v)) {
            add_data(&mut data, &value.provenance());
        }
        let place = match places.len() {
            0 => Place::literal(""),
            1 => places.swap_remove(0),
            _ => concat(places),
        };
        Val { v: V::Place(place), ty: Ty::Text, data }
    }

    fn write_macro(&mut self, tokens: &TokenStream, span: crate::source::Span) -> Val {
        let parts = split(tokens, ',');
        let Some(Ok(target)) = parts.first().map(|p| syn::parse2::<Expr>(p.clone())) else {
            return Val::opaque();
        };
        let receiver = self.expr(&target);
        let text = self.format(tokens, 1);
        let api = self
            .file
            .models
            .api("std::io::Write::write_fmt")
            .or_else(|| self.file.models.api("std::io::Write::write_all"));
        let writes_file = match &receiver.v {
            V::Result(r) => self.is_open_result(*r),
            V::Place(p) => p.is_private(),
            _ => false,
        };
        if let (Some(api), true) = (api.cloned(), writes_file) {
            let mut arguments = vec![receiver, text];
            if let Some(value) = self.api_call(&api, &mut arguments, &[], span, crate::flow::Certainty::Known)
            {
                return value;
            }
        } else if let Some(name) = super::expr::root_variable(&target) {
            self.taint(&name, &text.data);
        }
        Val::opaque()
    }

    fn matches_macro(&mut self, tokens: &TokenStream) -> Val {
        let parser = |input: syn::parse::ParseStream<'_>| -> syn::Result<(Expr, Pat, Option<Expr>)> {
            let expr: Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                Some(input.parse::<Expr>()?)
            } else {
                None
            };
            let _: Option<Token![,]> = input.parse()?;
            let _: TokenStream = input.parse()?;
            Ok((expr, pat, guard))
        };
        let Ok((expr, pat, guard)) = parser.parse2(tokens.clone()) else {
            self.expressions(tokens);
            return Val::opaque();
        };
        let value = self.expr(&expr);
        let (condition, block) = self.aside(|this| {
            let (pat, guard) = match &pat {
                Pat::Guard(g) => (&*g.pat, Some(&*g.guard)),
                other => (other, guard.as_ref()),
            };
            let matched = this.pattern(pat, &value);
            this.bind(matched.bindings);
            let mut condition = matched.condition;
            if let Some(guard) = guard {
                let holds = this.expr(guard);
                let holds = this.condition_of(&holds);
                condition = all(vec![condition, holds]);
            }
            condition
        });
        let block = Block { drops: Vec::new(), ..block };
        self.push_branch(Condition::Constant(true), block, Block::default());
        Val::cond(condition)
    }

    /// `select! { pattern = future => body, .. }`: one of the arms runs.
    fn select(&mut self, tokens: &TokenStream, span: crate::source::Span) {
        for arm in select_arms(tokens) {
            let called = self.opaque_condition(Vec::new());
            self.branch(
                called,
                |this| {
                    let future = this.expr(&arm.future);
                    let value = this.awaited(future, span);
                    let matched = this.pattern(&arm.pat, &value);
                    this.bind(matched.bindings);
                    this.expr(&arm.body)
                },
                |_| Val::opaque(),
            );
        }
    }
}

struct SelectArm {
    pat: Pat,
    future: Expr,
    body: Expr,
}

fn select_arms(tokens: &TokenStream) -> Vec<SelectArm> {
    let parser = |input: syn::parse::ParseStream<'_>| -> syn::Result<Vec<SelectArm>> {
        let mut arms = Vec::new();
        while !input.is_empty() {
            if input.peek(syn::Ident) && input.peek2(Token![;]) {
                // `biased;`
                input.parse::<syn::Ident>()?;
                input.parse::<Token![;]>()?;
                continue;
            }
            let (pat, future) = if input.peek(Token![else])
                || input.peek(syn::Ident) && input.peek2(Token![=>])
            {
                input.step(|c| c.token_tree().map(|(_, rest)| ((), rest)).ok_or_else(|| c.error("end")))?;
                (
                    Pat::Wild(syn::PatWild { attrs: Vec::new(), underscore_token: Token![_](input.span()) }),
                    unit(),
                )
            } else {
                let pat = Pat::parse_single(input)?;
                input.parse::<Token![=]>()?;
                (pat, input.parse::<Expr>()?)
            };
            if input.peek(Token![,]) {
                // `, if condition =>`
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                input.parse::<Expr>()?;
            }
            input.parse::<Token![=>]>()?;
            let body = input.parse::<Expr>()?;
            let _: Option<Token![,]> = input.parse()?;
            arms.push(SelectArm { pat, future, body });
        }
        Ok(arms)
    };
    parser.parse2(tokens.clone()).unwrap_or_default()
}

fn unit() -> Expr {
    Expr::Tuple(syn::ExprTuple {
        attrs: Vec::new(),
        paren_token: syn::token::Paren::default(),
        elems: Punctuated::new(),
    })
}

/// Splits tokens at a top-level separator.
fn split(tokens: &TokenStream, separator: char) -> Vec<TokenStream> {
    let mut parts = vec![Vec::new()];
    for tree in tokens.clone() {
        match &tree {
            TokenTree::Punct(p) if p.as_char() == separator => parts.push(Vec::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(tree);
                }
            }
        }
    }
    if parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    parts.into_iter().map(|p| p.into_iter().collect()).collect()
}

enum Piece {
    Text(String),
    Argument(String),
}

/// The pieces of a format string.
fn format_pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                plain.push('{');
            }
            '}' if chars.peek() == Some(&'}') => {
                chars.next();
                plain.push('}');
            }
            '{' => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                let inside: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let name = inside.split(':').next().unwrap_or_default().trim().to_owned();
                pieces.push(Piece::Argument(name));
            }
            c => plain.push(c),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

/// The macros that the text declares and that return from where they stand with a success, whatever a library's of the same name does.
pub fn succeeding(text: &str) -> FxHashSet<String> {
    let declared = text.split("macro_rules!").skip(1).filter_map(|rest| {
        let (name, body) = rest.split_once(['{', '('])?;
        let name = name.trim();
        // What a macro stands for begins after its first arrow.
        let stands_for = body.split_once("=>")?.1.trim_start().trim_start_matches(['{', '(']).trim_start();
        let succeeds = ["return Ok", "return Some", "return;", "return ;"];
        succeeds.iter().any(|how| stands_for.starts_with(how)).then(|| name.to_owned())
    });
    declared.collect()
}
