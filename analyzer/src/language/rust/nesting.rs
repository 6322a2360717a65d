//! Refuses texts that are nested so deep that parsing them would overflow the stack.

use crate::source::{Span, SyntaxError};

/// Brackets within brackets.
const MAX_BRACKETS: usize = 256;
/// Operators in a row that nest without brackets (`!!!x`, `&&&T`, `A<B<C<`); longer than any ruler in a comment.
const MAX_RUN: usize = 2_000;

/// The error of a text that is nested too deep. Counts all brackets, those in comments and texts included: a text whose
/// comments alone nest that deep is no loss.
pub fn too_deep(text: &str) -> Option<SyntaxError> {
    let mut depth = 0_usize;
    let mut run = 0_usize;
    let mut angles = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match byte {
            b'!' | b'&' | b'*' | b'-' => run += 1,
            b' ' | b'\n' | b'\t' | b'\r' => {}
            _ => run = 0,
        }
        match byte {
            b'<' => angles += 1,
            b'>' => angles = angles.saturating_sub(1),
            b';' | b'{' | b'}' => angles = 0,
            _ => {}
        }
        if depth > MAX_BRACKETS || angles > MAX_RUN || run > MAX_RUN {
            return Some(SyntaxError {
                span: Span::new(at, at + 1),
                message: format!("nested deeper than {MAX_BRACKETS} brackets, not analysed"),
            });
        }
    }
    None
}
