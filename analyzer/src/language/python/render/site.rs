//! Finding the expressions that a request means, what stands around them, and how they are written.

use crate::language::python::names::{Names, each_block};
use crate::language::{Edit, RewriteRequest};
use crate::source::Span;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, ExprContext, Parameters, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// The expressions that a request is about, in their file.
pub struct Site<'t> {
    pub text: &'t str,
    pub tokens: &'t Tokens,
    pub module: &'t [Stmt],
    pub names: Names,
    pub act: Located<'t>,
    /// The check, in the same function.
    pub check: Option<Located<'t>>,
    /// The read, in the same function.
    pub read: Option<Located<'t>>,
    /// The names that are variables of the function or of one around it.
    pub variables: FxHashSet<String>,
    /// Where a new variable is seen: the function, or else the file.
    scope: Range<usize>,
    /// Where texts of several lines are, which no new indentation may reach.
    strings: Vec<Range<usize>>,
    comments: Vec<Range<usize>>,
}

/// An expression, and the statements that it stands in.
#[derive(Clone, Debug)]
pub struct Located<'t> {
    pub expr: &'t Expr,
    /// The statement on each level of its function, the outermost first. There is one at least.
    pub levels: Vec<Level<'t>>,
    /// What the body of the function is: the block of the first level.
    pub body: &'t [Stmt],
    /// Whether that is a function's, and not a module's or a class'.
    pub in_function: bool,
}

/// A statement with its block.
#[derive(Clone, Copy, Debug)]
pub struct Level<'t> {
    pub block: &'t [Stmt],
    pub index: usize,
    pub statement: &'t Stmt,
}

impl<'t> Level<'t> {
    /// What follows in the same block.
    pub fn rest(&self) -> &'t [Stmt] {
        self.block.get(self.index + 1..).unwrap_or_default()
    }
}

impl<'t> Located<'t> {
    /// The statement that it stands in, and in no block of which.
    pub fn own(&self) -> Option<Level<'t>> {
        self.levels.last().copied()
    }

    /// The call, where it is one.
    pub fn call(&self) -> Option<&'t ExprCall> {
        match self.expr {
            Expr::Call(call) => Some(call),
            _ => None,
        }
    }
}

impl<'t> Site<'t> {
    /// Finds the innermost function that holds the act, the check and the read.
    pub fn new(request: &RewriteRequest<'t>, module: &'t [Stmt], tokens: &'t Tokens) -> Option<Self> {
        let act = locate(module, request.act)?;
        let near = |span: Option<Span>| match span {
            Some(span) => {
                Some(Some(locate(module, span).filter(|found| std::ptr::eq(found.body, act.body))?))
            }
            None => Some(None),
        };
        let (check, read) = (near(request.check)?, near(request.read)?);
        let names = Names::collect(String::new(), false, module);
        let mut variables = FxHashSet::default();
        let mut scope = 0..request.text.len();
        around(module, request.act, &mut |function| {
            variables_of(function, &mut variables);
            scope = range(function);
        });
        let comments = tokens.iter().filter(|t| t.kind() == TokenKind::Comment).map(range).collect();
        let strings = long_strings(tokens, request.text);
        Some(Site {
            text: request.text,
            tokens,
            module,
            names,
            act,
            check,
            read,
            variables,
            scope,
            strings,
            comments,
        })
    }

    /// The user's text.
    pub fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// The user's text of a node.
    pub fn of(&self, node: &impl Ranged) -> &'t str {
        self.slice(range(node))
    }

    /// What a call calls: `os::remove` for a function of a module, `.unlink` for a method, `open` for what Python itself has. Empty
    /// for anything else.
    pub fn name(&self, call: &ExprCall) -> String {
        match &*call.func {
            Expr::Name(name) if self.variables.contains(name.id.as_str()) => String::new(),
            Expr::Name(name) => self.names.global(&name.id).unwrap_or_else(|| name.id.to_string()),
            Expr::Attribute(attribute) => {
                // A variable of the module has methods, an imported module has functions.
                let imported = first_name(&attribute.value)
                    .is_some_and(|base| !self.variables.contains(base) && self.names.is_imported(base));
                match self.names.qualified(&call.func).filter(|_| imported) {
                    Some(name) => name,
                    None => [".", attribute.attr.as_str()].concat(),
                }
            }
            _ => String::new(),
        }
    }

    /// The blanks that the line around `position` starts with.
    pub fn indent(&self, position: usize) -> &'t str {
        let rest = self.slice(self.line_start(position)..self.text.len());
        rest.get(..rest.len() - rest.trim_start_matches([' ', '\t', '\u{c}']).len()).unwrap_or_default()
    }

    /// What a block is indented by.
    pub fn unit(&self) -> &'t str {
        let first = self.tokens.iter().find(|t| t.kind() == TokenKind::Indent);
        first.map_or("    ", |t| self.slice(range(t)))
    }

    /// Where the line around `position` starts.
    pub fn line_start(&self, position: usize) -> usize {
        self.slice(0..position).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line around `position` ends, its newline included.
    pub fn line_end(&self, position: usize) -> usize {
        let rest = self.slice(position..self.text.len());
        position + rest.find('\n').map_or(rest.len(), |at| at + 1)
    }

    /// Whether a statement shares its lines with nothing but a comment behind it.
    pub fn stands_alone(&self, node: &impl Ranged) -> bool {
        let Range { start, end } = range(node);
        let before = self.slice(self.line_start(start)..start);
        let after = self.slice(end..self.line_end(end)).trim();
        before.trim().is_empty() && (after.is_empty() || after.starts_with('#'))
    }

    /// A block with the comments that belong to it: those on lines of their own before its first statement, and behind its last.
    pub fn suite(&self, block: &[Stmt]) -> Option<Range<usize>> {
        let (first, last) = (range(block.first()?), range(block.last()?));
        let mut start = first.start;
        let own_line = |at: usize| self.slice(self.line_start(at)..at).trim().is_empty();
        if own_line(start) {
            for comment in self.comments.iter().rev().skip_while(|c| c.start > first.start) {
                let between = self.slice(comment.end..start);
                if !own_line(comment.start) || !between.trim().is_empty() {
                    break;
                }
                start = comment.start;
            }
        }
        let depth = self.indent(start).len();
        let mut end = last.end;
        for comment in self.comments.iter().skip_while(|c| c.start < last.end) {
            let between = self.slice(end..comment.start);
            let same_line = end == last.end && !between.contains('\n');
            let deeper = own_line(first.start) && self.indent(comment.start).len() >= depth && depth > 0;
            if !between.trim().is_empty() || !(same_line || deeper && own_line(comment.start)) {
                break;
            }
            end = comment.end;
        }
        Some(start..end)
    }

    /// A range after these changes, each line but the first indented by `to` where it was by what the range's first line begins with.
    /// What is inside of a text stays as it is.
    pub fn moved(&self, range: Range<usize>, to: &str, changes: &[Edit]) -> Option<String> {
        let from = self.indent(range.start);
        let mut edits: Vec<Edit> =
            changes.iter().filter(|e| range.start <= at(e) && at(e) <= range.end).cloned().collect();
        let mut position = self.line_end(range.start);
        while position < range.end {
            let line = self.slice(position..range.end.min(self.line_end(position)));
            let inside = self.strings.iter().any(|s| s.start < position && position < s.end);
            if !inside && line.starts_with(from) && !line.trim().is_empty() {
                edits.push(edit(position..position + from.len(), to));
            }
            position = self.line_end(position);
        }
        edits.sort();
        apply(self.text, &edits, range)
    }

    /// Whether a name stands somewhere in a range, as a word of the code.
    pub fn mentions(&self, inside: Range<usize>, name: &str) -> bool {
        self.tokens.iter().any(|token| {
            let at = range(token);
            inside.start <= at.start && at.end <= inside.end && self.slice(at) == name
        })
    }

    /// A name like `word` that the function does not have.
    pub fn fresh(&self, word: &str) -> String {
        let taken = |name: &str| self.mentions(self.scope.clone(), name);
        // There are more numbers than words in any text that fits into memory.
        let mut numbered = (2u32..).map(|n| format!("{word}{n}"));
        if taken(word) {
            return numbered.find(|name| !taken(name)).unwrap_or_else(|| word.to_owned());
        }
        word.to_owned()
    }

    /// Comments in a range.
    pub fn comments_in(&self, inside: Range<usize>) -> impl Iterator<Item = &'t str> {
        let within = move |c: &&Range<usize>| inside.start <= c.start && c.end <= inside.end;
        self.comments.iter().filter(within).map(|c| self.slice(c.clone()))
    }

    /// The quote that the file writes most of its texts with.
    pub fn quote(&self) -> char {
        let of = |quote: char| {
            let strings = self.tokens.iter().filter(|t| t.kind() == TokenKind::String);
            strings.filter(|t| self.of(*t).ends_with(quote) && !self.of(*t).ends_with("\"\"\"")).count()
        };
        if of('\'') > of('"') { '\'' } else { '"' }
    }

    /// Statements with their lines. A blank line goes with them where one is left over.
    pub fn lines_of(&self, statements: Range<usize>) -> Range<usize> {
        let start = self.line_start(statements.start);
        let mut end = self.line_end(statements.end);
        let before = self.slice(0..start);
        let opens =
            before.trim_end_matches([' ', '\t', '\r']).ends_with("\n\n") || before.trim_end().ends_with(':');
        let next = self.slice(end..self.line_end(end));
        if opens && next.trim().is_empty() {
            end += next.len();
        }
        start..end
    }
}

/// The first name of `a.b.c`.
fn first_name(mut expr: &Expr) -> Option<&str> {
    loop {
        match expr {
            Expr::Attribute(attribute) => expr = &attribute.value,
            Expr::Name(name) => return Some(name.id.as_str()),
            _ => return None,
        }
    }
}

/// Descends to the expression that covers exactly these bytes, unless a function without a name holds it, or a loop in an expression.
fn locate(module: &[Stmt], span: Span) -> Option<Located<'_>> {
    let (mut block, mut body, mut in_function) = (module, module, false);
    let mut levels = Vec::new();
    loop {
        let holds = |s: &Stmt| covers(s, span);
        let index = block.iter().position(holds)?;
        let statement = block.get(index)?;
        levels.push(Level { block, index, statement });
        let mut inner: Option<&[Stmt]> = None;
        match statement {
            Stmt::FunctionDef(function) => inner = Some(&function.body),
            Stmt::ClassDef(class) => inner = Some(&class.body),
            other => each_block(other, &mut |block| {
                if block.iter().any(holds) {
                    inner = Some(block);
                }
            }),
        }
        match inner.filter(|block| block.iter().any(holds)) {
            Some(next) => {
                if matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                    levels.clear();
                    body = next;
                    in_function = matches!(statement, Stmt::FunctionDef(_));
                }
                block = next;
            }
            None => {
                let expr = expression(statement, span)?;
                return Some(Located { expr, levels, body, in_function });
            }
        }
    }
}

fn covers(node: &impl Ranged, span: Span) -> bool {
    let whole = range(node);
    whole.start <= span.start as usize && span.end as usize <= whole.end
}

fn expression(statement: &Stmt, span: Span) -> Option<&Expr> {
    let mut found = None;
    walk(std::slice::from_ref(statement), &mut |expr| {
        let whole = range(expr);
        if whole == (span.start as usize..span.end as usize) && found.is_none() {
            found = Some(expr).filter(|e| matches!(e, Expr::Call(_) | Expr::Subscript(_)));
        }
        !is_apart(expr)
    });
    found
}

/// Whether what an expression holds is not evaluated once, where it stands.
pub fn is_apart(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Lambda(_) | Expr::Generator(_) | Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_)
    )
}

/// Calls `visit` on the functions around a span.
fn around<'t>(block: &'t [Stmt], span: Span, visit: &mut dyn FnMut(&'t Stmt)) {
    let mut block = block;
    loop {
        let Some(statement) = block.iter().find(|s| covers(*s, span)) else { return };
        let mut inner: Option<&[Stmt]> = None;
        match statement {
            Stmt::FunctionDef(function) => {
                visit(statement);
                inner = Some(&function.body);
            }
            Stmt::ClassDef(class) => inner = Some(&class.body),
            other => each_block(other, &mut |block| {
                if block.iter().any(|s| covers(s, span)) {
                    inner = Some(block);
                }
            }),
        }
        match inner {
            Some(next) => block = next,
            None => return,
        }
    }
}

fn variables_of(function: &Stmt, found: &mut FxHashSet<String>) {
    let Stmt::FunctionDef(node) = function else { return };
    let parameters: &Parameters = &node.parameters;
    found.extend(parameters.iter().map(|p| p.name().to_string()));
    found.extend(bound(&node.body));
}

/// The names that statements set, those of functions within them included.
pub fn bound(statements: &[Stmt]) -> FxHashSet<String> {
    let mut found = FxHashSet::default();
    let mut named = |statement: &Stmt| match statement {
        Stmt::FunctionDef(function) => Some(function.name.to_string()),
        Stmt::ClassDef(class) => Some(class.name.to_string()),
        _ => None,
    };
    found.extend(statements.iter().filter_map(&mut named));
    walk(statements, &mut |expr| {
        if let Expr::Name(name) = expr
            && matches!(name.ctx, ExprContext::Store | ExprContext::Del)
        {
            found.insert(name.id.to_string());
        }
        true
    });
    found
}

struct Walk<'f, 't> {
    enter: &'f mut dyn FnMut(&'t Expr) -> bool,
}

impl<'t> Visitor<'t> for Walk<'_, 't> {
    fn visit_expr(&mut self, expr: &'t Expr) {
        if (self.enter)(expr) {
            visitor::walk_expr(self, expr);
        }
    }
}

/// Calls `enter` on the expressions of statements, and on what they hold where it says so.
pub fn walk<'t>(statements: &'t [Stmt], enter: &mut dyn FnMut(&'t Expr) -> bool) {
    visitor::walk_body(&mut Walk { enter }, statements);
}

/// As [`walk`], on one expression.
pub fn walk_expr<'t>(expr: &'t Expr, enter: &mut dyn FnMut(&'t Expr) -> bool) {
    Walk { enter }.visit_expr(expr);
}

/// Whether a part of an expression is evaluated before all else in it that may do something.
pub fn first_evaluated(expr: &Expr, part: &Expr) -> bool {
    if std::ptr::eq(expr, part) {
        return true;
    }
    match expr {
        Expr::Call(call) if covers_node(&*call.func, part) => first_evaluated(&call.func, part),
        Expr::Call(call) => {
            let mut arguments = call.arguments.args.iter().skip_while(|a| is_trivial(a));
            is_trivial(&call.func) && arguments.next().is_some_and(|a| first_evaluated(a, part))
        }
        Expr::Attribute(attribute) => first_evaluated(&attribute.value, part),
        Expr::Subscript(subscript) => first_evaluated(&subscript.value, part),
        Expr::BinOp(both) if is_trivial(&both.left) => first_evaluated(&both.right, part),
        Expr::BinOp(both) => first_evaluated(&both.left, part),
        _ => false,
    }
}

fn covers_node(outer: &impl Ranged, inner: &impl Ranged) -> bool {
    let (outer, inner) = (range(outer), range(inner));
    outer.start <= inner.start && inner.end <= outer.end
}

/// Names, attributes of names, and literals.
pub fn is_trivial(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_) => true,
        Expr::Attribute(attribute) => is_trivial(&attribute.value),
        other => other.is_literal_expr(),
    }
}

/// Texts of several lines.
fn long_strings(tokens: &Tokens, text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    for token in tokens {
        let at = range(token);
        let whole = match token.kind() {
            TokenKind::String => at,
            TokenKind::FStringStart | TokenKind::TStringStart => {
                open.push(at.start);
                continue;
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => match open.pop() {
                Some(start) => start..at.end,
                None => continue,
            },
            _ => continue,
        };
        if text.get(whole.clone()).is_some_and(|t| t.contains('\n')) {
            found.push(whole);
        }
    }
    found
}

/// Whether nothing that follows is reached: an exit from the function, the loop or the process.
pub fn diverges(site: &Site<'_>, block: &[Stmt]) -> bool {
    match block.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)) => true,
        Some(Stmt::Expr(statement)) => match &*statement.value {
            Expr::Call(call) => {
                matches!(site.name(call).as_str(), "sys::exit" | "exit" | "quit" | "os::_exit")
            }
            _ => false,
        },
        _ => false,
    }
}

/// The bytes of a node.
pub fn range(node: &impl Ranged) -> Range<usize> {
    node.start().to_usize()..node.end().to_usize()
}

/// A replacement.
pub fn edit(range: Range<usize>, replacement: impl Into<String>) -> Edit {
    Edit { span: Span::new(range.start, range.end), replacement: replacement.into() }
}

fn at(edit: &Edit) -> usize {
    edit.span.start as usize
}

/// A range of the text after the edits, which must be in order, apart and in the range.
pub fn apply(text: &str, edits: &[Edit], range: Range<usize>) -> Option<String> {
    let mut fixed = String::new();
    let mut done = range.start;
    for edit in edits {
        fixed.push_str(text.get(done..edit.span.start as usize)?);
        fixed.push_str(&edit.replacement);
        done = edit.span.end as usize;
    }
    fixed.push_str(text.get(done..range.end)?);
    Some(fixed)
}
