//! Finding the nodes that a request means, and what stands around them.

use crate::language::RewriteRequest;
use crate::source::Span;
use quote::ToTokens;
use rustc_hash::FxHashMap;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Arm, Block, Expr, ExprIf, File, ImplItemFn, ItemFn, ItemUse, Signature, Stmt, TraitItemFn, UseTree,
};

/// The bytes of a node.
pub fn range(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

/// A node on the way from a function's block down to a call.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// An expression.
    Expr(&'a Expr),
    /// A statement.
    Stmt(&'a Stmt),
    /// A block.
    Block(&'a Block),
    /// An arm of a match.
    Arm(&'a Arm),
}

/// A call, with the nodes around it: the function's block first, the call itself last.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    pub nodes: Vec<Node<'a>>,
    pub call: &'a Expr,
}

/// The function and the calls that a request is about.
pub struct Site<'a> {
    pub text: &'a str,
    pub signature: &'a Signature,
    pub body: &'a Block,
    pub check: Option<Chain<'a>>,
    pub act: Chain<'a>,
    pub imports: FxHashMap<String, Option<String>>,
    /// Literals over several lines, whose bytes must stay as they are when code is indented anew.
    pub literals: Vec<Range<usize>>,
}

impl<'a> Site<'a> {
    /// Finds the innermost function that holds the act, the check and the act.
    pub fn new(request: &RewriteRequest<'a>, file: &'a File) -> Option<Self> {
        let act = bytes(request.act);
        let mut functions = Functions { target: act.clone(), found: None };
        functions.visit_file(file);
        let (signature, body) = functions.found?;
        let check = match request.check {
            Some(span) => Some(find(body, bytes(span))?),
            None => None,
        };
        let mut imports = Imports::default();
        imports.visit_file(file);
        Some(Site {
            text: request.text,
            signature,
            body,
            check,
            act: find(body, act)?,
            imports: imports.0,
            literals: long_literals(request.text, body),
        })
    }

    /// The user's text of a range.
    pub fn slice(&self, range: Range<usize>) -> Option<&'a str> {
        self.text.get(range)
    }

    /// The blanks that the line around `position` starts with.
    pub fn indent(&self, position: usize) -> &'a str {
        let line = self.line_start(position);
        let rest = self.text.get(line..).unwrap_or_default();
        rest.get(..rest.len() - rest.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    /// Where the line around `position` starts.
    pub fn line_start(&self, position: usize) -> usize {
        self.text.get(..position).and_then(|head| head.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// Whether nothing but blanks stands before `position` on its line.
    pub fn starts_line(&self, position: usize) -> bool {
        self.line_start(position) + self.indent(position).len() == position
    }

    /// One level of indentation, as the function's own body shows it.
    pub fn indent_unit(&self) -> String {
        let outer = self.indent(self.body.brace_token.span.close().byte_range().start);
        let inner = self.body.stmts.first().map(|s| self.indent(range(s).start));
        match inner.and_then(|inner| inner.strip_prefix(outer)) {
            Some(unit) if !unit.is_empty() => unit.to_owned(),
            _ => "    ".to_owned(),
        }
    }
}

/// A request's span as a range.
pub fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// The call that stands exactly at `target`, also where the span takes `.await` or `?` in.
pub fn find<'a>(body: &'a Block, target: Range<usize>) -> Option<Chain<'a>> {
    let mut locator = Locator { target, stack: vec![], found: None };
    locator.visit_block(body);
    locator.found
}

struct Locator<'a> {
    target: Range<usize>,
    stack: Vec<Node<'a>>,
    found: Option<Chain<'a>>,
}

impl<'a> Locator<'a> {
    fn enter(&mut self, node: Node<'a>, range: Range<usize>, descend: impl FnOnce(&mut Self)) {
        let holds = range.start <= self.target.start && self.target.end <= range.end;
        if self.found.is_none() && holds {
            self.stack.push(node);
            descend(self);
            self.stack.pop();
        }
    }
}

impl<'a> Visit<'a> for Locator<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let span = range(expr);
        self.enter(Node::Expr(expr), span.clone(), |this| {
            if span == this.target {
                match expr {
                    Expr::Call(_) | Expr::MethodCall(_) => {
                        this.found = Some(Chain { nodes: this.stack.clone(), call: expr });
                        return;
                    }
                    Expr::Await(e) => this.target = range(&e.base),
                    Expr::Try(e) => this.target = range(&e.expr),
                    Expr::Paren(e) => this.target = range(&e.expr),
                    _ => {}
                }
            }
            visit::visit_expr(this, expr);
        });
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.enter(Node::Stmt(stmt), range(stmt), |this| visit::visit_stmt(this, stmt));
    }

    fn visit_block(&mut self, block: &'a Block) {
        let span = block_range(block);
        self.enter(Node::Block(block), span, |this| visit::visit_block(this, block));
    }

    fn visit_arm(&mut self, arm: &'a Arm) {
        self.enter(Node::Arm(arm), range(arm), |this| visit::visit_arm(this, arm));
    }

    // A function inside the function is another function: its code does not run here.
    fn visit_item(&mut self, _: &'a syn::Item) {}
}

/// The bytes of a block with its braces.
pub fn block_range(block: &Block) -> Range<usize> {
    block.brace_token.span.open().byte_range().start..block.brace_token.span.close().byte_range().end
}

struct Functions<'a> {
    target: Range<usize>,
    found: Option<(&'a Signature, &'a Block)>,
}

impl<'a> Functions<'a> {
    fn consider(&mut self, signature: &'a Signature, block: &'a Block) {
        let block_range = block_range(block);
        if block_range.start <= self.target.start && self.target.end <= block_range.end {
            // Inner functions are visited after the outer one, so the last that fits is the innermost.
            self.found = Some((signature, block));
        }
    }
}

impl<'a> Visit<'a> for Functions<'a> {
    fn visit_item_fn(&mut self, f: &'a ItemFn) {
        self.consider(&f.sig, &f.block);
        visit::visit_item_fn(self, f);
    }

    fn visit_impl_item_fn(&mut self, f: &'a ImplItemFn) {
        self.consider(&f.sig, &f.block);
        visit::visit_impl_item_fn(self, f);
    }

    fn visit_trait_item_fn(&mut self, f: &'a TraitItemFn) {
        if let Some(block) = &f.default {
            self.consider(&f.sig, block);
        }
        visit::visit_trait_item_fn(self, f);
    }
}

/// What the file's `use` items bring in, by the name used; `None` where two of them disagree.
#[derive(Default)]
struct Imports(FxHashMap<String, Option<String>>);

impl Imports {
    fn bind(&mut self, name: String, path: String) {
        let entry = self.0.entry(name).or_insert_with(|| Some(path.clone()));
        if entry.as_deref() != Some(path.as_str()) {
            *entry = None;
        }
    }

    fn tree(&mut self, prefix: &str, tree: &UseTree) {
        let join = |name: &dyn ToString| {
            if prefix.is_empty() { name.to_string() } else { format!("{prefix}::{}", name.to_string()) }
        };
        match tree {
            UseTree::Path(p) => self.tree(&join(&p.ident), &p.tree),
            UseTree::Group(g) => g.items.iter().for_each(|t| self.tree(prefix, t)),
            UseTree::Name(n) if n.ident == "self" => {
                let last = prefix.rsplit("::").next().unwrap_or(prefix);
                self.bind(last.to_owned(), prefix.to_owned());
            }
            UseTree::Name(n) => self.bind(n.ident.to_string(), join(&n.ident)),
            UseTree::Rename(r) if r.ident == "self" => self.bind(r.rename.to_string(), prefix.to_owned()),
            UseTree::Rename(r) => self.bind(r.rename.to_string(), join(&r.ident)),
            UseTree::Glob(_) => {}
        }
    }
}

impl<'a> Visit<'a> for Imports {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.tree("", &item.tree);
    }
}

fn long_literals(text: &str, body: &Block) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut pending = vec![body.to_token_stream()];
    while let Some(stream) = pending.pop() {
        for token in stream {
            match token {
                proc_macro2::TokenTree::Group(group) => pending.push(group.stream()),
                proc_macro2::TokenTree::Literal(literal) => {
                    let bytes = literal.span().byte_range();
                    if text.get(bytes.clone()).is_some_and(|t| t.contains('\n')) {
                        found.push(bytes);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// The blocks and statements around a call, from the innermost: `(block, index of the statement, position in the chain)`.
pub fn enclosing_statement<'a>(chain: &Chain<'a>, block: &Block) -> Option<(usize, usize)> {
    let at = chain.nodes.iter().position(|n| matches!(n, Node::Block(b) if std::ptr::eq(*b, block)))?;
    let Some(Node::Stmt(stmt)) = chain.nodes.get(at + 1) else { return None };
    let index = block.stmts.iter().position(|s| std::ptr::eq(s, *stmt))?;
    Some((index, at + 1))
}

/// Whether the call is the first thing that the statement at `from` in the chain evaluates, once and not in a closure.
pub fn evaluated_first(chain: &Chain<'_>, from: usize) -> bool {
    let Some(nodes) = chain.nodes.get(from..) else { return false };
    nodes.iter().zip(nodes.iter().skip(1)).all(|(outer, inner)| match (*outer, *inner) {
        (Node::Stmt(Stmt::Local(local)), Node::Expr(e)) => {
            local.init.as_ref().is_some_and(|init| std::ptr::eq(&*init.expr, e))
        }
        (Node::Stmt(Stmt::Expr(first, _)), Node::Expr(e)) => std::ptr::eq(first, e),
        (Node::Block(block), Node::Stmt(s)) => block.stmts.first().is_some_and(|f| std::ptr::eq(f, s)),
        (Node::Expr(Expr::Block(b)), Node::Block(block)) => std::ptr::eq(&b.block, block),
        (Node::Expr(e), Node::Expr(inner)) => first_operand(e).is_some_and(|f| std::ptr::eq(f, inner)),
        _ => false,
    })
}

fn first_operand(expr: &Expr) -> Option<&Expr> {
    Some(match expr {
        Expr::Try(e) => &e.expr,
        Expr::Await(e) => &e.base,
        Expr::Paren(e) => &e.expr,
        Expr::MethodCall(e) => &e.receiver,
        Expr::Field(e) => &e.base,
        Expr::Reference(e) => &e.expr,
        Expr::Unary(e) => &e.expr,
        Expr::Cast(e) => &e.expr,
        Expr::Binary(e) => &e.left,
        Expr::If(e) => &e.cond,
        Expr::Let(e) => &e.expr,
        Expr::Match(e) => &e.expr,
        Expr::ForLoop(e) => &e.expr,
        Expr::Return(e) => e.expr.as_deref()?,
        Expr::Call(e) if matches!(&*e.func, Expr::Path(_)) => e.args.first()?,
        _ => return None,
    })
}

/// Whether `expr` is the `else` of another `if`.
pub fn is_else_if(chain: &Chain<'_>, whole: &Expr) -> bool {
    let at = chain.nodes.iter().position(|n| matches!(n, Node::Expr(e) if std::ptr::eq(*e, whole)));
    let outer = at.and_then(|at| at.checked_sub(1)).and_then(|at| chain.nodes.get(at));
    matches!(outer, Some(Node::Expr(Expr::If(ExprIf { else_branch: Some((_, e)), .. }))) if std::ptr::eq(&**e, whole))
}

/// Whether a word occurs in a text as a whole identifier.
pub fn mentions(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c == '_' || c.is_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

/// A name like `word` that occurs in none of the texts.
pub fn fresh(word: &str, texts: &[&str]) -> String {
    let free = |name: &str| !texts.iter().any(|t| mentions(t, name));
    if free(word) {
        return word.to_owned();
    }
    // There are more numbers than words in any text that fits into memory.
    (2u32..).map(|n| format!("{word}_{n}")).find(|name| free(name)).unwrap_or_else(|| word.to_owned())
}
