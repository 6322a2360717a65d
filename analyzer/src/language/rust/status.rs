//! Statuses of C: a call returns a number or descriptor that is negative on failure, and leaves the kind of failure in errno.

use super::lower::Lowerer;
use super::value::{V, Val};
use crate::flow::{Condition, ResultId};
use syn::{BinOp, Expr, Lit, UnOp};

impl Lowerer<'_> {
    /// What comparing a status with 0 or -1 tells of its call.
    pub fn status_test(&self, op: &BinOp, left: (&Val, &Expr), right: (&Val, &Expr)) -> Option<Condition> {
        if let Some(result) = self.status_of(left.0) {
            return tells(op, constant(right.1)?, result);
        }
        let result = self.status_of(right.0)?;
        tells(&turned(op)?, constant(left.1)?, result)
    }

    fn status_of(&self, value: &Val) -> Option<ResultId> {
        match value.v {
            V::Result(result) if self.statuses.contains(&result) => Some(result),
            _ => None,
        }
    }

    /// The error that errno stands for: of the call before.
    pub fn last_error(&self) -> Option<Val> {
        self.last_status.map(|result| Val::new(V::Error(result), super::types::Ty::Unknown))
    }
}

/// The comparison with its sides exchanged.
fn turned(op: &BinOp) -> Option<BinOp> {
    Some(match op {
        BinOp::Lt(_) => BinOp::Gt(Default::default()),
        BinOp::Le(_) => BinOp::Ge(Default::default()),
        BinOp::Gt(_) => BinOp::Lt(Default::default()),
        BinOp::Ge(_) => BinOp::Le(Default::default()),
        BinOp::Eq(_) | BinOp::Ne(_) => *op,
        _ => return None,
    })
}

/// A descriptor may be any number from 0 on, and what is compared with 0 for equality is no descriptor.
fn tells(op: &BinOp, number: i8, result: ResultId) -> Option<Condition> {
    let ok = Condition::Ok(result);
    match (op, number) {
        (BinOp::Lt(_), 0) | (BinOp::Ne(_), 0) | (BinOp::Eq(_) | BinOp::Le(_), -1) => Some(ok.negated()),
        (BinOp::Ge(_) | BinOp::Eq(_), 0) | (BinOp::Ne(_) | BinOp::Gt(_), -1) => Some(ok),
        _ => None,
    }
}

/// 0 or -1, as written.
fn constant(expr: &Expr) -> Option<i8> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok().filter(|number| *number == 0),
            _ => None,
        },
        Expr::Unary(e) if matches!(e.op, UnOp::Neg(_)) => match &*e.expr {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse().ok().filter(|n: &i8| *n == 1).map(|n| -n),
                _ => None,
            },
            _ => None,
        },
        Expr::Paren(e) => constant(&e.expr),
        _ => None,
    }
}
