//! Where in a file something is written: from its beginning, or a part.

use super::lower::Lowerer;
use super::value::Val;
use crate::flow::{Operation, ResultId};
use crate::language::models::Api;
use syn::{Expr, ExprLit, Lit};

impl Lowerer<'_> {
    /// Notes where what is written from now on goes, if the API says that.
    pub fn seek(&mut self, api: &Api, arguments: &[Val], syntax: &[&Expr]) {
        if api.at.is_none() {
            return;
        }
        let Some(handle) = arguments.first().and_then(|value| self.handle_of(value)) else { return };
        if names_a_part(api, syntax) {
            self.sought.insert(handle);
        } else {
            self.sought.remove(&handle);
        }
    }

    /// Whether what is written goes to a place that the code names, and not to the file's beginning.
    pub fn is_part(
        &self,
        operation: Operation,
        api: &Api,
        syntax: &[&Expr],
        handle: Option<ResultId>,
    ) -> bool {
        operation == Operation::Write
            && handle.is_some_and(|handle| match api.at {
                Some(_) => names_a_part(api, syntax),
                None => self.sought.contains(&handle),
            })
    }
}

fn names_a_part(api: &Api, syntax: &[&Expr]) -> bool {
    let given = api.at.and_then(|at| syntax.get(at));
    given.is_some_and(|offset| match offset {
        // `SeekFrom::Start(0)`
        Expr::Call(call) => match (&*call.func, call.args.first()) {
            (Expr::Path(from), Some(offset)) => {
                !is_zero(offset) || from.path.segments.last().is_none_or(|name| name.ident != "Start")
            }
            _ => true,
        },
        offset => !is_zero(offset),
    })
}

fn is_zero(offset: &Expr) -> bool {
    matches!(offset, Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_digits() == "0")
}
