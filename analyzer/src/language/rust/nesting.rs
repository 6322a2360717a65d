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

/// How many bytes are looked at together.
const PIECE: usize = 64;

/// Whether the text opens so few brackets before it closes them, and ends so often what chains, that nothing of it can be too deep. Of
/// nearly all texts this is soon said: counting the bytes of a piece that are one of a few takes no decision at any of them.
fn is_plain(text: &str) -> bool {
    let (pieces, rest) = text.as_bytes().as_chunks::<PIECE>();
    let mut last = [b' '; PIECE];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (mut depth, mut highest, mut lowest) = (0_i64, 0_i64, 0_i64);
    let (mut endless, mut longest) = (0_usize, 0_usize);
    for piece in pieces.iter().chain([&last]) {
        let opened = count(piece, |byte| matches!(byte, b'(' | b'[' | b'{'));
        let closed = count(piece, |byte| matches!(byte, b')' | b']' | b'}'));
        let ended = count(piece, |byte| matches!(byte, b'{' | b'}' | b';'));
        highest = highest.max(depth + opened);
        lowest = lowest.min(depth - closed);
        depth += opened - closed;
        // What was cut from a text left gaps.
        let is_gap = || piece.iter().all(|byte| matches!(byte, b' ' | b'\n'));
        endless = if ended == 0 { endless + usize::from(!is_gap()) } else { 0 };
        longest = longest.max(endless);
    }
    // What closes what was not opened leaves the depth as it is. And of what runs or chains there is no more than there are bytes since
    // its count began anew, which may have been at any byte of a piece.
    usize::try_from(highest - lowest).is_ok_and(|deepest| deepest <= MAX_BRACKETS)
        && (longest + 2) * PIECE <= MAX_RUN.min(MAX_CHAIN)
}

fn count(piece: &[u8; PIECE], is_one: impl Fn(u8) -> bool) -> i64 {
    // As small as can be, so that the compiler counts many at a time.
    i64::from(piece.iter().map(|byte| u8::from(is_one(*byte))).sum::<u8>())
}

/// The error of a text that is nested too deep. Counts all brackets, those in comments and texts included: a text whose
/// comments alone nest that deep is no loss.
pub fn too_deep(text: &str) -> Option<SyntaxError> {
    if is_plain(text) { None } else { first_too_deep(text) }
}

fn first_too_deep(text: &str) -> Option<SyntaxError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_not_too_deep() {
        let texts = [
            ("(", MAX_BRACKETS),
            ("{", MAX_BRACKETS),
            ("!", MAX_RUN),
            ("A<", MAX_RUN),
            ("a = ", MAX_CHAIN / 2),
        ];
        for (part, most) in texts {
            for times in [1, most / 8, most, most + 1, 2 * most] {
                let text = format!("fn f() {{ x({}) }}", part.repeat(times));
                assert_eq!(too_deep(&text), first_too_deep(&text), "{part} {times}");
            }
            assert!(too_deep(&part.repeat(2 * most + 2)).is_some(), "{part}");
        }
        assert!(is_plain(&"fn f(a: A) -> B<C> { g(a, &[1, 2]); }\n".repeat(9_000)));
    }
}
