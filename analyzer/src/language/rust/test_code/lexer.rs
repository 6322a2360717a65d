//! As much of Rust's lexical rules as it takes to tell code from texts and comments, and where a bracket closes.
//!
//! It gives up, with none, on all that it is not sure of: then nothing is cut.

use std::ops::Range;

/// Brackets within brackets, beyond which it gives up; deeper texts are refused by the frontend.
const DEEPEST: usize = 256;

/// What a piece of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name, keyword, lifetime or number.
    Word,
    /// A text or character.
    Literal,
    /// A comment; `doc` for one that documents the item after it.
    Comment {
        /// Whether it is an outer documentation comment.
        doc: bool,
    },
    /// An opening bracket.
    Open(u8),
    /// A closing bracket.
    Close(u8),
    /// Any other ASCII sign.
    Punct(u8),
}

/// An attribute that was passed.
pub struct Attribute {
    /// Whether it belongs to the item after it.
    pub outer: bool,
    /// What stands between its brackets.
    pub content: Range<usize>,
}

/// A walk over the tokens of a text.
pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    /// A lexer at the first token, past a `#!` line.
    pub fn new(text: &'t str) -> Option<Self> {
        let mut lexer = Lexer { text, at: 0 };
        if text.starts_with("#!") && !text.trim_start_matches("#!").trim_start().starts_with('[') {
            lexer.at = text.find('\n').unwrap_or(text.len());
        }
        // What stands between such lines at the head is in another language.
        (!text.get(lexer.at..)?.trim_start().starts_with("---")).then_some(lexer)
    }

    /// The next token and its range; the inner none at the end of the text.
    pub fn next(&mut self) -> Option<Option<(Token, Range<usize>)>> {
        while self.byte(0).is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.byte(0) else { return Some(None) };
        let token = match first {
            b'/' if self.byte(1) == Some(b'/') => self.line_comment(),
            b'/' if self.byte(1) == Some(b'*') => self.block_comment()?,
            b'"' => self.string()?,
            b'\'' => self.quote()?,
            b'(' | b'[' | b'{' => self.single(Token::Open(first)),
            b')' | b']' | b'}' => self.single(Token::Close(first)),
            _ if is_word(first) => self.word()?,
            _ => self.single(Token::Punct(first)),
        };
        Some(Some((token, start..self.at)))
    }

    /// As [`Lexer::next`], comments passed over.
    pub fn next_but_comments(&mut self) -> Option<Option<(Token, Range<usize>)>> {
        loop {
            match self.next()? {
                Some((Token::Comment { .. }, _)) => {}
                other => return Some(other),
            }
        }
    }

    /// Passes what an opening bracket that was just read holds, and answers where it ends.
    pub fn skip_group(&mut self, opened: u8) -> Option<usize> {
        let mut open = vec![opened];
        loop {
            match self.next()?? {
                (Token::Open(_), _) if open.len() >= DEEPEST => return None,
                (Token::Open(bracket), _) => open.push(bracket),
                (Token::Close(bracket), span) => {
                    if !matches!((open.pop()?, bracket), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
                        return None;
                    }
                    if open.is_empty() {
                        return Some(span.end);
                    }
                }
                _ => {}
            }
        }
    }

    /// Passes `(..)` if that comes next.
    pub fn skip_parentheses(&mut self) -> Option<()> {
        let before = self.at;
        match self.next_but_comments()? {
            Some((Token::Open(b'('), _)) => self.skip_group(b'(').map(drop),
            _ => {
                self.at = before;
                Some(())
            }
        }
    }

    /// Passes the attribute whose `#` was just read.
    pub fn attribute(&mut self) -> Option<Attribute> {
        let mut next = self.next_but_comments()??;
        let outer = next.0 != Token::Punct(b'!');
        if !outer {
            next = self.next_but_comments()??;
        }
        let (Token::Open(b'['), open) = next else { return None };
        let end = self.skip_group(b'[')?;
        Some(Attribute { outer, content: open.end..end.checked_sub(1)? })
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn single(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    fn line_comment(&mut self) -> Token {
        let rest = self.rest();
        let doc = rest.starts_with(b"///") && !rest.starts_with(b"////");
        self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        Token::Comment { doc }
    }

    fn block_comment(&mut self) -> Option<Token> {
        let rest = self.rest();
        let doc = rest.starts_with(b"/**") && !rest.starts_with(b"/***") && !rest.starts_with(b"/**/");
        let mut depth = 0_usize;
        loop {
            match (self.byte(0)?, self.byte(1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Some(Token::Comment { doc });
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// A text with escapes, from its opening quote.
    fn string(&mut self) -> Option<Token> {
        self.at += 1;
        loop {
            match self.byte(0)? {
                b'"' => {
                    self.at += 1;
                    return Some(Token::Literal);
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    /// A text without escapes, from the first `#` or quote after its prefix; not one if no quote comes after the signs.
    fn raw_string(&mut self) -> Option<Token> {
        let hashes = self.rest().iter().take_while(|b| **b == b'#').count();
        self.at += hashes;
        if self.byte(0)? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            let rest = self.rest();
            self.at += rest.iter().position(|b| *b == b'"')? + 1;
            let closing = self.rest();
            if closing.len() >= hashes && closing.iter().take(hashes).all(|b| *b == b'#') {
                self.at += hashes;
                return Some(Token::Literal);
            }
        }
    }

    /// A character or a lifetime, from its quote.
    fn quote(&mut self) -> Option<Token> {
        let mut characters = self.text.get(self.at + 1..)?.chars();
        let first = characters.next()?;
        if first == '\\' {
            // The escaped sign may be a quote itself.
            self.at += 3;
            return self.end_of_character();
        }
        if characters.next() == Some('\'') {
            self.at += 1 + first.len_utf8() + 1;
            // Two quotes with nothing between, or a suffix: not what anybody writes.
            return (first != '\'').then_some(Token::Literal);
        }
        self.at += 1;
        (first == '_' || first.is_alphabetic()).then(|| self.letters())
    }

    /// The rest of an escape (`\u{1F600}`) and the quote after it.
    fn end_of_character(&mut self) -> Option<Token> {
        const LONGEST: usize = 16;
        let end = self.rest().iter().take(LONGEST).position(|b| *b == b'\'')?;
        self.at += end + 1;
        Some(Token::Literal)
    }

    fn letters(&mut self) -> Token {
        self.at += self.rest().iter().take_while(|b| is_word(**b)).count();
        Token::Word
    }

    /// A name, keyword or number, or a text that such letters are the prefix of.
    fn word(&mut self) -> Option<Token> {
        let rest = self.rest();
        let end = rest.iter().take_while(|b| is_word(**b)).count();
        let prefix = rest.get(..end)?;
        self.at += end;
        match (prefix, self.byte(0), self.byte(1)) {
            (b"r" | b"br" | b"cr", Some(b'"'), _) => self.raw_string(),
            (b"r" | b"br" | b"cr", Some(b'#'), Some(b'#' | b'"')) => self.raw_string(),
            (b"r", Some(b'#'), Some(after)) if is_word(after) => {
                self.at += 1;
                Some(self.letters())
            }
            (b"b" | b"c", Some(b'"'), _) => self.string(),
            (b"b", Some(b'\''), _) => match self.quote()? {
                Token::Literal => Some(Token::Literal),
                _ => None,
            },
            // Prefixes that are reserved, or separate words before 2021.
            (_, Some(b'"' | b'\''), _) => None,
            _ => Some(Token::Word),
        }
    }
}

/// Part of a name or number; all that is not ASCII counts.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
