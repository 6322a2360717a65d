//! Refuses texts that are nested so deep that parsing them would overflow the stack.

use crate::source::{Span, SyntaxError};

/// Brackets within brackets.
const MAX_BRACKETS: usize = 256;
/// Operators in a row that nest without brackets (`!!!x`, `&&&T`, `A<B<C<`); longer than any ruler in a comment.
const MAX_RUN: usize = 2_000;

/// Words and operators in a row, without a brace, comma or semicolon that ends them: chains such as `a = b = c` or
/// `fn() -> fn() -> ` nest to the right at every word. Longer than any paragraph of a comment without a comma.
const MAX_CHAIN: usize = 6_000;

/// What a byte does to the counts.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// Part of a word; all that is not ASCII counts.
    Word,
    Space,
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    Comma,
    Semicolon,
    Less,
    Greater,
    /// `!` and `-`: operators that may stand before another.
    Prefix,
    /// `&` and `*`, which do that and chain as well.
    PrefixAndChain,
    /// `=`, `|` and `@`: operators that chain.
    Chain,
    Other,
}

const fn class(byte: u8) -> Class {
    match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.. => Class::Word,
        b' ' | b'\n' | b'\t' | b'\r' => Class::Space,
        b'(' | b'[' => Class::Open,
        b')' | b']' => Class::Close,
        b'{' => Class::OpenBrace,
        b'}' => Class::CloseBrace,
        b',' => Class::Comma,
        b';' => Class::Semicolon,
        b'<' => Class::Less,
        b'>' => Class::Greater,
        b'!' | b'-' => Class::Prefix,
        b'&' | b'*' => Class::PrefixAndChain,
        b'=' | b'|' | b'@' => Class::Chain,
        _ => Class::Other,
    }
}

/// Every text passes here byte by byte, so the classes are looked up.
static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            classes[byte] = class(byte as u8);
        }
        byte += 1;
    }
    classes
};

/// The error of a text that is nested too deep. Counts all brackets, those in comments and texts included: a text whose
/// comments alone nest that deep is no loss.
pub fn too_deep(text: &str) -> Option<SyntaxError> {
    let (mut depth, mut run, mut angles, mut chain) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut before = Class::Space;
    let mut last = 0;
    for (at, byte) in text.bytes().enumerate() {
        let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Other);
        // Most bytes go on with a word or a gap.
        if class == before && matches!(class, Class::Word | Class::Space) {
            continue;
        }
        if class == Class::Word {
            chain += 1;
            run = 0;
            before = Class::Word;
            if chain > MAX_CHAIN {
                return Some(error(at));
            }
            continue;
        }
        match class {
            Class::Space => {}
            Class::Prefix => run += 1,
            Class::PrefixAndChain => {
                run += 1;
                chain += usize::from(byte != last || before == Class::Word);
            }
            other => {
                run = 0;
                match other {
                    Class::Open => depth += 1,
                    Class::Close => depth = depth.saturating_sub(1),
                    Class::OpenBrace => (depth, angles, chain) = (depth + 1, 0, 0),
                    Class::CloseBrace => (depth, angles, chain) = (depth.saturating_sub(1), 0, 0),
                    Class::Comma => chain = 0,
                    Class::Semicolon => (angles, chain) = (0, 0),
                    Class::Less => angles += 1,
                    Class::Greater => angles = angles.saturating_sub(1),
                    Class::Chain => chain += usize::from(byte != last || before == Class::Word),
                    _ => {}
                }
            }
        }
        before = class;
        last = byte;
        if depth > MAX_BRACKETS || angles > MAX_RUN || run > MAX_RUN || chain > MAX_CHAIN {
            return Some(error(at));
        }
    }
    None
}

fn error(at: usize) -> SyntaxError {
    SyntaxError { span: Span::new(at, at + 1), message: "nested too deep to be analysed".to_owned() }
}
