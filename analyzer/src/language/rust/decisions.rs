//! `if` and `match`: what is decided, what is bound there, and what they give.

use super::expr::is_cfg_out;
use super::lower::{Lowerer, owned_results};
use super::value::Val;
use crate::flow::{Block, Condition};
use crate::language::conditions::all;
use syn::{Expr, Pat};

impl Lowerer<'_> {
    /// `if`, with what its condition binds.
    pub fn if_expr(&mut self, e: &syn::ExprIf) -> Val {
        // The condition's bindings live in a block of their own around the decision.
        let reached = !self.diverged;
        let (block, value) = self.in_block(|this| {
            let around = std::mem::take(&mut this.temporaries);
            let value = this.expr(&e.cond);
            let condition = this.condition_of(&value);
            // What a condition without bindings makes is gone before the decision.
            if !has_let(&e.cond) {
                this.end_statement();
            }
            this.temporaries.splice(0..0, around);
            this.branch(
                condition,
                |this| this.statements(&e.then_branch.stmts),
                |this| e.else_branch.as_ref().map_or_else(Val::opaque, |(_, otherwise)| this.expr(otherwise)),
            )
        });
        self.push_decided(block, &value, reached);
        value
    }

    /// Puts the block of a decision where it stands. What it is bound to in there and is its value lives on, up to the end of the
    /// statement, or as long as what that gives it to.
    fn push_decided(&mut self, mut block: Block, value: &Val, reached: bool) {
        for r in owned_results(value) {
            if block.drops.contains(&r) {
                block.drops.retain(|d| *d != r);
                self.temporaries.push(r);
            }
        }
        let diverged = std::mem::replace(&mut self.diverged, !reached);
        self.push_all(block);
        self.diverged = diverged;
    }

    /// `match`, as one decision after the other.
    pub fn match_expr(&mut self, e: &syn::ExprMatch) -> Val {
        let scrutinee = self.expr(&e.expr);
        self.match_arms(&scrutinee, &e.arms)
    }

    fn match_arms(&mut self, scrutinee: &Val, arms: &[syn::Arm]) -> Val {
        let Some((arm, rest)) = arms.split_first() else { return Val::opaque() };
        if is_cfg_out(&arm.attrs) {
            return self.match_arms(scrutinee, rest);
        }
        let (pat, guard) = match &arm.pat {
            Pat::Guard(g) => (&*g.pat, Some(&*g.guard)),
            pat => (pat, None),
        };
        let reached = !self.diverged;
        let result = self.deeper(|this| {
            this.in_block(|this| {
                let matched = this.pattern(pat, scrutinee);
                this.bind(matched.bindings);
                let mut condition = matched.condition;
                if let Some(guard) = guard {
                    let mark = this.open_block();
                    let value = this.expr(guard);
                    let holds = this.condition_of(&value);
                    let block = this.close_block(mark);
                    this.push_branch(condition.clone(), block, Block::default());
                    condition = all(vec![condition, holds]);
                } else if rest.is_empty() {
                    // Matches are exhaustive: the last arm takes what is left.
                    condition = Condition::Constant(true);
                }
                this.branch(condition, |this| this.expr(&arm.body), |this| this.match_arms(scrutinee, rest))
            })
        });
        let Some((block, value)) = result else { return Val::opaque() };
        self.push_decided(block, &value, reached);
        value
    }
}

/// Whether a condition binds what it matches, which lives on in the decision.
fn has_let(condition: &Expr) -> bool {
    let mut condition = condition;
    loop {
        condition = match condition {
            Expr::Let(_) => return true,
            Expr::Binary(e) if matches!(&*e.right, Expr::Let(_)) => return true,
            Expr::Binary(e) => &e.left,
            _ => return false,
        };
    }
}
