//! The parts of formats.

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What is written down.
    Text(String),
    /// What is put in: its name or number, empty for the next.
    Argument(String),
}

/// `{}`, `{0}`, `{name}`, `{name!r:>10}`; `{{` and `}}` are braces.
pub fn braced(format: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                plain.push('{');
            }
            '}' => {
                chars.next_if_eq(&'}');
                plain.push('}');
            }
            '{' => {
                let mut field = String::new();
                let mut depth = 1;
                for c in chars.by_ref() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    field.push(c);
                }
                let name = field.split(['!', ':', '.', '[']).next().unwrap_or_default().to_owned();
                push(&mut found, &mut plain);
                found.push(Piece::Argument(name));
            }
            c => plain.push(c),
        }
    }
    push(&mut found, &mut plain);
    found
}

/// `%s`, `%03d`, `%(name)s`; `%%` is the sign.
pub fn percented(format: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            plain.push(c);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            plain.push('%');
            continue;
        }
        let mut name = String::new();
        if chars.next_if_eq(&'(').is_some() {
            name.extend(chars.by_ref().take_while(|c| *c != ')'));
        }
        while chars.next_if(|c| !c.is_alphabetic()).is_some() {}
        if chars.next().is_some() {
            push(&mut found, &mut plain);
            found.push(Piece::Argument(name));
        }
    }
    push(&mut found, &mut plain);
    found
}

fn push(found: &mut Vec<Piece>, plain: &mut String) {
    if !plain.is_empty() {
        found.push(Piece::Text(std::mem::take(plain)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        let piece = |p: &Piece| match p {
            Piece::Text(text) => text.clone(),
            Piece::Argument(name) => format!("<{name}>"),
        };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn formats_are_cut_where_something_is_put_in() {
        assert_eq!(shown(&braced("{}/{name!r:>{width}}.{{x}}{0}")), "<>/<name>.{x}<0>");
        assert_eq!(shown(&braced("{")), "<>");
        assert_eq!(shown(&percented("%s/%(name)s-%03d%%")), "<>/<name>-<>%");
        assert_eq!(shown(&percented("100%")), "100");
    }
}
