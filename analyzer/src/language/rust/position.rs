//! Where in a file a call says that something is written.

use super::lower::Lowerer;
use super::value::Val;
use crate::language::models::Api;
use syn::{Expr, ExprLit, Lit};

impl Lowerer<'_> {
    /// Notes where what is written from now on goes, if the API says that.
    pub fn seek(&mut self, api: &Api, arguments: &[Val], syntax: &[&Expr]) {
        let handle = arguments.first().filter(|_| api.at.is_some()).and_then(|value| self.handle_of(value));
        if let Some(handle) = handle {
            self.sought.note(handle, names_a_part(api, syntax));
        }
    }
}

/// Whether the call names a place in the file that is not its beginning.
pub fn names_a_part(api: &Api, syntax: &[&Expr]) -> bool {
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
