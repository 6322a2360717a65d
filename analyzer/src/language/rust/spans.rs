//! Byte ranges of syntax, without turning it back into tokens.

use crate::source::{LineIndex, Span};
use proc_macro2::{LineColumn, Span as TokenSpan};
use syn::Expr;
use syn::spanned::Spanned;

/// Turns what the parser says of a place, line and column, into offsets. The parser can say offsets itself, but it counts them
/// anew for every token.
#[derive(Debug)]
pub struct Spans<'t> {
    text: &'t str,
    lines: LineIndex,
    ascii: bool,
}

impl<'t> Spans<'t> {
    /// For the text that was parsed last on this thread.
    pub fn new(text: &'t str) -> Self {
        Spans { text, lines: LineIndex::new(text), ascii: text.is_ascii() }
    }

    /// The span of one token or of a joined range.
    pub fn of(&self, span: TokenSpan) -> Span {
        self.between(span, span)
    }

    /// From the start of one token to the end of another.
    pub fn between(&self, first: TokenSpan, last: TokenSpan) -> Span {
        Span { start: self.offset(first.start()), end: self.offset(last.end()) }
    }

    /// A method call, receiver included.
    pub fn method_call(&self, call: &syn::ExprMethodCall) -> Span {
        self.between(first(&call.receiver), call.paren_token.span.close())
    }

    /// A function call.
    pub fn call(&self, call: &syn::ExprCall) -> Span {
        self.between(first(&call.func), call.paren_token.span.close())
    }

    /// What is awaited.
    pub fn awaited(&self, e: &syn::ExprAwait) -> Span {
        self.between(first(&e.base), e.await_token.span)
    }

    /// An assignment, up to what is assigned.
    pub fn assigned(&self, e: &syn::ExprAssign) -> Span {
        self.between(first(&e.left), e.eq_token.span)
    }

    fn offset(&self, at: LineColumn) -> u32 {
        let line = u32::try_from(at.line).ok().and_then(|line| self.lines.line_start(line)).unwrap_or(0);
        let columns = if self.ascii {
            at.column
        } else {
            let rest = self.text.get(line as usize..).unwrap_or_default();
            rest.chars().take(at.column).map(char::len_utf8).sum()
        };
        line.saturating_add(u32::try_from(columns).unwrap_or(u32::MAX))
    }
}

/// The first token of an expression.
fn first(expr: &Expr) -> TokenSpan {
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
