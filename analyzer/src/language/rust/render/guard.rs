//! The `if` that a check decides.

use super::syntax::{Chain, Node, Site, mentions, range};
use std::ops::Range;
use syn::{BinOp, Block, Expr, ExprIf, Lit, Macro, Stmt, UnOp};

/// An `if` whose condition is a check, alone or beside other conditions joined by `&&`.
pub struct Guard<'a> {
    /// The `if` as an expression.
    pub whole: &'a Expr,
    /// The same, taken apart.
    pub node: &'a ExprIf,
    /// Whether the condition holds when the place is there (`exists`), or when it is not (`!exists`).
    pub present: bool,
    /// The other conditions that are evaluated after the check.
    pub after: Vec<&'a Expr>,
    /// What to cut so that only the other conditions stay; none if there are no others.
    pub cut: Option<Range<usize>>,
    /// Whether the check asks for nothing but presence: `is_file` also asks for the kind.
    pub exact: bool,
    /// The position of the `if` in the check's chain.
    pub position: usize,
}

/// What the checking call returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The answer.
    Bool,
    /// A `Result` of the answer.
    Fallible,
    /// A `Result` that is `Ok` if the place is there.
    Metadata,
}

/// The guard that the request's check decides.
pub fn guard<'a>(site: &Site<'a>) -> Option<Guard<'a>> {
    let chain = site.check.as_ref()?;
    let (answer, exact) = answer(chain.call)?;
    let (mut current, mut position) = (chain.call, chain.nodes.len().checked_sub(1)?);
    let (mut present, mut asked) = (true, answer == Answer::Bool);
    let (mut joined, mut after, mut cut) = (false, vec![], None);
    loop {
        position = position.checked_sub(1)?;
        let Some(Node::Expr(outer)) = chain.nodes.get(position) else { return None };
        match outer {
            Expr::Paren(_) if !joined => {}
            Expr::Await(_) if !joined => {}
            Expr::Try(_) if !joined && !asked => asked = answer == Answer::Fallible,
            Expr::MethodCall(m) if !joined && !asked && std::ptr::eq(&*m.receiver, current) => {
                let method = m.method.to_string();
                match (answer, method.as_str()) {
                    (
                        Answer::Fallible,
                        "context" | "with_context" | "map_err" | "wrap_err" | "wrap_err_with",
                    ) => {}
                    (Answer::Fallible, "unwrap" | "expect" | "unwrap_or_default") => asked = true,
                    // An unreadable place is not an absent one, nor is it a present one: only the weaker answer may go.
                    (Answer::Fallible, "unwrap_or") if is_false(m.args.first()?) => asked = true,
                    (Answer::Metadata, "is_ok") => asked = true,
                    (Answer::Metadata, "is_err") => (asked, present) = (true, !present),
                    _ => return None,
                }
            }
            Expr::Unary(u) if !joined && asked && matches!(u.op, UnOp::Not(_)) => present = !present,
            Expr::Binary(b) if asked && matches!(b.op, BinOp::And(_)) => {
                let left = std::ptr::eq(&*b.left, current);
                if !joined {
                    let (left_range, right_range) = (range(&*b.left), range(&*b.right));
                    cut = Some(if left {
                        left_range.start..right_range.start
                    } else {
                        left_range.end..right_range.end
                    });
                }
                if left {
                    after.push(&*b.right);
                }
                joined = true;
            }
            // An attribute may decide whether the `if` is there at all.
            Expr::If(node) if asked && node.attrs.is_empty() && std::ptr::eq(&*node.cond, current) => {
                return Some(Guard { whole: outer, node, present, after, cut, exact, position });
            }
            _ => return None,
        }
        current = outer;
    }
}

fn answer(call: &Expr) -> Option<(Answer, bool)> {
    let (name, owner) = match call {
        Expr::MethodCall(m) => (m.method.to_string(), None),
        Expr::Call(c) => {
            let Expr::Path(p) = &*c.func else { return None };
            let segments = &p.path.segments;
            let owner =
                segments.len().checked_sub(2).and_then(|i| segments.get(i)).map(|s| s.ident.to_string());
            (segments.last()?.ident.to_string(), Some(owner))
        }
        _ => return None,
    };
    let of_path = owner.is_none_or(|o| o.is_some_and(|o| o.ends_with("Path") || o.ends_with("PathBuf")));
    Some(match name.as_str() {
        "exists" if of_path => (Answer::Bool, true),
        "is_file" | "is_dir" if of_path => (Answer::Bool, false),
        "exists" | "try_exists" => (Answer::Fallible, true),
        "metadata" | "symlink_metadata" => (Answer::Metadata, true),
        _ => return None,
    })
}

fn is_false(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(l) if matches!(&l.lit, Lit::Bool(b) if !b.value))
}

impl<'a> Guard<'a> {
    /// Whether the conditions after the check mean the same without it: none looks at the place or can fail.
    pub fn others_stand_alone(&self, site: &Site<'_>) -> bool {
        let checked = match site.check.as_ref().map(|c| c.call) {
            Some(Expr::MethodCall(m)) => site.slice(range(&*m.receiver)),
            Some(Expr::Call(c)) => c.args.first().and_then(|a| site.slice(range(a))),
            _ => None,
        };
        let Some(checked) = checked.map(|c| c.trim_start_matches('&')) else { return false };
        self.after.iter().all(|other| {
            let text = site.slice(range(*other)).unwrap_or_default();
            let fails = ["unwrap", "expect", "fs", "metadata", "open"].iter().any(|w| mentions(text, w));
            !text.contains(['?', '[']) && !fails && !text.contains(checked)
        })
    }

    /// The branch that holds the act.
    pub fn branch(&self, act: &Chain<'a>) -> Option<Branch<'a>> {
        let at = act.nodes.iter().position(|n| matches!(n, Node::Expr(e) if std::ptr::eq(*e, self.whole)))?;
        let otherwise = self.node.else_branch.as_ref().map(|(_, e)| &**e);
        let then = &self.node.then_branch;
        match (act.nodes.get(at + 1)?, otherwise) {
            (Node::Block(b), _) if std::ptr::eq(*b, then) => {
                let other = match otherwise {
                    None => Other::Nothing,
                    Some(Expr::Block(b)) if b.label.is_none() => Other::Block(&b.block),
                    Some(chained) => Other::Chained(chained),
                };
                Some(Branch { block: then, present: self.present, is_else: false, other })
            }
            (Node::Expr(Expr::Block(e)), Some(Expr::Block(b))) if std::ptr::eq(e, b) => Some(Branch {
                block: &b.block,
                present: !self.present,
                is_else: true,
                other: Other::Block(then),
            }),
            _ => None,
        }
    }

    /// Whether the act stands in the `if` at all.
    pub fn holds(&self, act: &Chain<'_>) -> bool {
        act.nodes.iter().any(|n| matches!(n, Node::Expr(e) if std::ptr::eq(*e, self.whole)))
    }
}

/// One branch of a guard.
pub struct Branch<'a> {
    /// Its block.
    pub block: &'a Block,
    /// Whether it runs when the place is there.
    pub present: bool,
    /// Whether it is the `else`.
    pub is_else: bool,
    /// What runs instead of it.
    pub other: Other<'a>,
}

/// The branch beside a branch.
#[derive(Clone, Copy)]
pub enum Other<'a> {
    /// There is none.
    Nothing,
    /// A block.
    Block(&'a Block),
    /// `else if ..`.
    Chained(&'a Expr),
}

/// Whether control never leaves a block at its end.
pub fn diverges(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(expr, _)) => match expr {
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
            Expr::Macro(m) => diverging_macro(&m.mac),
            Expr::Try(t) => {
                matches!(&*t.expr, Expr::Call(c) if last_segment(&c.func).as_deref() == Some("Err"))
            }
            Expr::Call(c) => exits_process(&c.func),
            _ => false,
        },
        Some(Stmt::Macro(m)) => diverging_macro(&m.mac),
        _ => false,
    }
}

fn last_segment(expr: &Expr) -> Option<String> {
    let Expr::Path(p) = expr else { return None };
    p.path.segments.last().map(|s| s.ident.to_string())
}

fn exits_process(function: &Expr) -> bool {
    let Expr::Path(p) = function else { return false };
    let owner = p.path.segments.len().checked_sub(2).and_then(|i| p.path.segments.get(i));
    last_segment(function).as_deref() == Some("exit") && owner.is_some_and(|o| o.ident == "process")
}

fn diverging_macro(mac: &Macro) -> bool {
    const DIVERGING: &[&str] = &["bail", "panic", "unreachable", "todo", "unimplemented"];
    mac.path.segments.last().is_some_and(|s| DIVERGING.iter().any(|d| s.ident == d))
}
