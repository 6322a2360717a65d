//! Byte ranges of syntax, without turning it back into tokens.

use crate::source::Span;
use proc_macro2::Span as TokenSpan;
use syn::Expr;
use syn::spanned::Spanned;

/// The span of one token or of a joined range.
pub fn of(span: TokenSpan) -> Span {
    let range = span.byte_range();
    Span::new(range.start, range.end)
}

/// From the start of one token to the end of another.
pub fn between(first: TokenSpan, last: TokenSpan) -> Span {
    Span { start: of(first).start, end: of(last).end }
}

/// The first token of an expression.
pub fn first(expr: &Expr) -> TokenSpan {
    let mut expr = expr;
    // Chains are followed in a loop: they may be longer than the stack is deep.
    loop {
        expr = match expr {
            Expr::MethodCall(e) => &e.receiver,
            Expr::Call(e) => &e.func,
            Expr::Field(e) => &e.base,
            Expr::Try(e) => &e.expr,
            Expr::Await(e) => &e.base,
            Expr::Index(e) => &e.expr,
            Expr::Binary(e) => &e.left,
            Expr::Cast(e) => &e.expr,
            Expr::Assign(e) => &e.left,
            Expr::Path(e) => {
                return match (&e.qself, e.path.leading_colon, e.path.segments.first()) {
                    (Some(q), ..) => q.lt_token.span,
                    (None, Some(colon), _) => {
                        colon.spans.first().copied().unwrap_or_else(TokenSpan::call_site)
                    }
                    (None, None, Some(segment)) => segment.ident.span(),
                    _ => TokenSpan::call_site(),
                };
            }
            Expr::Macro(e) => {
                return e.mac.path.segments.first().map_or_else(TokenSpan::call_site, |s| s.ident.span());
            }
            Expr::Reference(e) => return e.and_token.span,
            Expr::Paren(e) => return e.paren_token.span.open(),
            Expr::Lit(e) => return e.lit.span(),
            Expr::Block(e) => return e.block.brace_token.span.open(),
            Expr::If(e) => return e.if_token.span,
            Expr::Match(e) => return e.match_token.span,
            other => return other.span(),
        };
    }
}

/// A method call, receiver included.
pub fn method_call(call: &syn::ExprMethodCall) -> Span {
    between(first(&call.receiver), call.paren_token.span.close())
}

/// A function call.
pub fn call(call: &syn::ExprCall) -> Span {
    between(first(&call.func), call.paren_token.span.close())
}
