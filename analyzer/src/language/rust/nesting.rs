//! Refuses texts that are nested so deep that parsing them would overflow the stack.

use crate::source::{Span, SyntaxError};

/// Brackets within brackets.
const MAX_BRACKETS: usize = 256;
/// Operators in a row that nest without brackets (`!!!x`, `&&&T`, `A<B<C<`); longer than any ruler in a comment.
const MAX_RUN: usize = 2_000;

/// Words and operators in a row, without a brace, comma or semicolon that ends them: chains such as `a = b = c` or
/// `fn() -> fn() -> ` nest to the right at every word. Longer than any paragraph of a comment without a comma.
const MAX_CHAIN: usize = 6_000;

/// The error of a text that is nested too deep. Counts all brackets, those in comments and texts included: a text whose
/// comments alone nest that deep is no loss.
pub fn too_deep(text: &str) -> Option<SyntaxError> {
    let mut depth = 0_usize;
    let mut run = 0_usize;
    let mut angles = 0_usize;
    let mut chain = 0_usize;
    let mut in_word = false;
    let mut last = 0;
    for (at, byte) in text.bytes().enumerate() {
        let word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        match byte {
            b',' | b';' | b'{' | b'}' => chain = 0,
            _ if word && !in_word => chain += 1,
            b'=' | b'|' | b'&' | b'*' | b'@' if byte != last => chain += 1,
            _ => {}
        }
        in_word = word;
        last = byte;
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
        if depth > MAX_BRACKETS || angles > MAX_RUN || run > MAX_RUN || chain > MAX_CHAIN {
            return Some(SyntaxError {
                span: Span::new(at, at + 1),
                message: "nested too deep to be analysed".to_owned(),
            });
        }
    }
    None
}
