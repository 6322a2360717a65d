//! Refuses texts that are nested so deep that what is made of them would overflow the stack.

use crate::source::{Span, SyntaxError};

/// Brackets within brackets, those in texts and comments included.
const MAX_BRACKETS: usize = 200;
/// Words and operators in a row without a comma, semicolon, or end of a line outside of brackets: chains such as `a + b + c` or
/// `not not x` nest at every word.
const MAX_CHAIN: usize = 3_000;
/// Columns that a line is indented by: blocks within blocks need at least one more each.
const MAX_INDENT: usize = 400;

/// The error of a text that is nested too deep.
pub fn too_deep(text: &str) -> Option<SyntaxError> {
    let (mut depth, mut chain, mut indent) = (0_usize, 0_usize, Some(0_usize));
    let mut in_word = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(columns) = &mut indent {
            match byte {
                b' ' | b'\t' => *columns += 1,
                b'\n' | b'\r' | 0x0c => *columns = 0,
                _ => {
                    // An unindented definition begins anew, whatever stood in the texts before it.
                    if *columns == 0 && matches!(byte, b'd' | b'c' | b'@') {
                        let rest = text.get(at..).unwrap_or_default();
                        if ["def ", "class ", "@"].into_iter().any(|word| rest.starts_with(word)) {
                            depth = 0;
                        }
                    }
                    let too_far = *columns > MAX_INDENT && depth == 0;
                    indent = None;
                    if too_far {
                        return Some(error(at));
                    }
                }
            }
        }
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        if is_word && !in_word {
            chain += 1;
        }
        in_word = is_word;
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                chain += 1;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b';' => chain = 0,
            b'\n' => {
                if depth == 0 && !escaped {
                    chain = 0;
                }
                indent = Some(0);
            }
            b'-' | b'~' | b'+' | b'*' | b'.' | b':' => chain += 1,
            _ => {}
        }
        escaped = byte == b'\\';
        if depth > MAX_BRACKETS || chain > MAX_CHAIN {
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
    use super::too_deep;

    #[test]
    fn only_what_is_nested_too_deep_is_refused() {
        let plain = "def f(a):\n    return [a, (b, {c: d})]\n";
        assert_eq!(too_deep(&plain.repeat(500)), None);
        assert_eq!(too_deep(&format!("x = [{}]", "'a b c', ".repeat(50_000))), None);
        for deep in ["(", "[", "not ", "- ", "a + ", "f().x", "lambda: ", "x[", "a if b else "] {
            assert!(too_deep(&deep.repeat(4_000)).is_some(), "{deep}");
        }
        let blocks: String = (0..500).map(|n| format!("{}if x:\n", " ".repeat(n))).collect();
        assert!(too_deep(&blocks).is_some());
    }
}
