//! As much of Rust's lexical rules as it takes to tell code from texts and comments, and where a bracket closes.
//!
//! It gives up, with none, on all that it is not sure of: then nothing is taken from the text.

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
    /// A comment that documents nothing, or what it stands in.
    Comment,
    /// A comment that documents what comes after it.
    Documentation,
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
pub struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// The documentation comments that were passed.
    pub documentation: Vec<Range<usize>>,
}

impl<'t> Scanner<'t> {
    /// A scanner at the first token, past a `#!` line.
    pub fn new(text: &'t str) -> Option<Self> {
        let mut scanner = Scanner { text, at: 0, documentation: Vec::new() };
        if text.starts_with("#!") && !text.trim_start_matches("#!").trim_start().starts_with('[') {
            scanner.at = text.find('\n').unwrap_or(text.len());
        }
        // What stands between such lines at the head is in another language.
        (!text.get(scanner.at..)?.trim_start().starts_with("---")).then_some(scanner)
    }

    /// The next token and its range; the inner none at the end of the text.
    pub fn next(&mut self) -> Option<Option<(Token, Range<usize>)>> {
        while self.byte(0).is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.byte(0) else { return Some(None) };
        let token = match first {
            b'(' | b'[' | b'{' => self.single(Token::Open(first)),
            b')' | b']' | b'}' => self.single(Token::Close(first)),
            b'/' | b'"' | b'\'' => self.marked(first)?,
            _ if is_word(first) => self.word(),
            _ => self.single(Token::Punct(first)),
        };
        Some(Some((token, start..self.at)))
    }

    /// As [`Scanner::next`], comments passed over.
    pub fn next_but_comments(&mut self) -> Option<Option<(Token, Range<usize>)>> {
        loop {
            match self.next()? {
                Some((Token::Comment | Token::Documentation, _)) => {}
                other => return Some(other),
            }
        }
    }

    /// Passes what an opening bracket that was just read holds, and answers where it ends.
    pub fn skip_group(&mut self, opened: u8) -> Option<usize> {
        let mut open = vec![opened];
        loop {
            // Most bytes mean nothing here.
            self.at += self.rest().iter().position(|b| MARKS.get(usize::from(*b)) == Some(&true))?;
            match self.byte(0)? {
                b'(' | b'[' | b'{' if open.len() >= DEEPEST => return None,
                bracket @ (b'(' | b'[' | b'{') => {
                    open.push(bracket);
                    self.at += 1;
                }
                bracket @ (b')' | b']' | b'}') => {
                    if !matches!((open.pop()?, bracket), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
                        return None;
                    }
                    self.at += 1;
                    if open.is_empty() {
                        return Some(self.at);
                    }
                }
                other => {
                    self.marked(other)?;
                }
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

    /// What begins with a slash or a quote.
    fn marked(&mut self, first: u8) -> Option<Token> {
        match (first, self.byte(1)) {
            (b'/', Some(b'/')) => Some(self.line_comment()),
            (b'/', Some(b'*')) => self.block_comment(),
            (b'"', _) => self.string(),
            (b'\'', _) => self.quote(),
            _ => Some(self.single(Token::Punct(first))),
        }
    }

    fn line_comment(&mut self) -> Token {
        let start = self.at;
        let rest = self.rest();
        let outer = rest.starts_with(b"///") && !rest.starts_with(b"////");
        let inner = rest.starts_with(b"//!");
        self.at += self.text.get(start..).and_then(|rest| rest.find('\n')).unwrap_or(rest.len());
        self.comment(start, outer, inner)
    }

    fn block_comment(&mut self) -> Option<Token> {
        let start = self.at;
        let rest = self.rest();
        let outer = rest.starts_with(b"/**") && !rest.starts_with(b"/***") && !rest.starts_with(b"/**/");
        let inner = rest.starts_with(b"/*!");
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
                        return Some(self.comment(start, outer, inner));
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn comment(&mut self, start: usize, outer: bool, inner: bool) -> Token {
        if outer || inner {
            self.documentation.push(start..self.at);
        }
        if outer { Token::Documentation } else { Token::Comment }
    }

    /// A text, from its opening quote.
    fn string(&mut self) -> Option<Token> {
        let before = self.text.as_bytes().get(..self.at)?;
        let hashes = before.iter().rev().take_while(|b| **b == b'#').count();
        let before = before.get(..before.len() - hashes)?;
        match word_before(before) {
            // `r#r"` may begin with a raw name.
            word @ (b"r" | b"br" | b"cr") if !before.strip_suffix(word)?.ends_with(b"#") => {
                self.raw_string(hashes)
            }
            b"" | b"b" | b"c" => self.escaped_string(),
            // Prefixes that are reserved, or separate words before 2021.
            _ if hashes == 0 => None,
            _ => self.escaped_string(),
        }
    }

    fn escaped_string(&mut self) -> Option<Token> {
        self.at += 1;
        loop {
            self.at += self.rest().iter().position(|b| matches!(b, b'"' | b'\\'))?;
            if self.byte(0)? == b'"' {
                self.at += 1;
                return Some(Token::Literal);
            }
            self.at += 2;
        }
    }

    fn raw_string(&mut self, hashes: usize) -> Option<Token> {
        self.at += 1;
        loop {
            self.at += self.rest().iter().position(|b| *b == b'"')? + 1;
            let closing = self.rest();
            if closing.len() >= hashes && closing.iter().take(hashes).all(|b| *b == b'#') {
                self.at += hashes;
                return Some(Token::Literal);
            }
        }
    }

    /// A character or a lifetime, from its quote.
    fn quote(&mut self) -> Option<Token> {
        let is_byte = match word_before(self.text.as_bytes().get(..self.at)?) {
            b"" => false,
            b"b" => true,
            _ => return None,
        };
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
        (!is_byte && (first == '_' || first.is_alphabetic())).then(|| self.word())
    }

    /// The rest of an escape (`\u{1F600}`) and the quote after it.
    fn end_of_character(&mut self) -> Option<Token> {
        const LONGEST: usize = 16;
        let end = self.rest().iter().take(LONGEST).position(|b| *b == b'\'')?;
        self.at += end + 1;
        Some(Token::Literal)
    }

    fn word(&mut self) -> Token {
        self.at += self.rest().iter().take_while(|b| is_word(**b)).count();
        Token::Word
    }
}

/// The word that ends here, if it is so short that it can be a prefix of a text; else a part of it.
fn word_before(text: &[u8]) -> &[u8] {
    const LONGEST: usize = 3;
    let letters = text.iter().rev().take(LONGEST).take_while(|b| is_word(**b)).count();
    text.get(text.len() - letters..).unwrap_or_default()
}

/// Part of a name or number; all that is not ASCII counts.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// What may begin or end a group, a text or a comment; by byte, for every text passes here.
static MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            marks[byte] = matches!(byte as u8, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' | b'/');
        }
        byte += 1;
    }
    marks
};
