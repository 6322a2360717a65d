//! Nodes of the syntax tree: children by name, texts, spans.

use crate::source::Span;
use rustc_hash::FxHashMap;
use std::num::NonZeroU16;
use std::sync::LazyLock;

/// A node of the tree.
pub type Node<'t> = tree_sitter::Node<'t>;

/// The numbers of what the grammar names. By a name, the parser's library searches all names at every question, and a name that it is
/// asked for it reads anew to the end.
struct Numbers {
    fields: FxHashMap<String, NonZeroU16>,
    kinds: Vec<Box<str>>,
    comment: u16,
}

static NUMBERS: LazyLock<Numbers> = LazyLock::new(|| {
    let language = tree_sitter::Language::from(tree_sitter_go::LANGUAGE);
    let last = u16::try_from(language.field_count()).unwrap_or(u16::MAX);
    let named = |id| Some((language.field_name_for_id(id)?.to_owned(), NonZeroU16::new(id)?));
    let fields = (1..=last).filter_map(named);
    let kinds = (0..u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX))
        .map(|id| language.node_kind_for_id(id).unwrap_or_default().into());
    Numbers {
        fields: fields.collect(),
        kinds: kinds.collect(),
        comment: language.id_for_node_kind("comment", true),
    }
});

fn is_comment(node: Node<'_>) -> bool {
    node.kind_id() == NUMBERS.comment
}

/// What the grammar calls the node. What is no syntax is of a kind that it does not list.
pub fn kind<'t>(node: Node<'t>) -> &'t str {
    NUMBERS.kinds.get(usize::from(node.kind_id())).map_or_else(|| node.kind(), |kind| &**kind)
}

/// The children that mean something, comments aside, in order.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let count = node.named_child_count();
    let mut found = Vec::with_capacity(count);
    match count {
        0 => {}
        // Most have no more. Each is looked for from the first on, but a cursor is memory that is asked for and given back.
        1 | 2 => {
            let listed = (0..).map_while(|at| node.named_child(at)).take(count);
            found.extend(listed.filter(|child| !is_comment(*child)));
        }
        _ => {
            let mut cursor = node.walk();
            found.extend(node.named_children(&mut cursor).filter(|child| !is_comment(*child)));
        }
    }
    found
}

/// Whether the node, or one below it that means something, is what `test` looks for; nothing from it where that need not be looked
/// into. It is told how deep it is.
pub fn is_within<'t>(node: Node<'t>, mut test: impl FnMut(Node<'t>, u32) -> Option<bool>) -> bool {
    // One walk from node to node: a list of its children for each is what costs most.
    let mut cursor = node.walk();
    let mut depth = 0;
    loop {
        let here = cursor.node();
        let answer = if here.is_named() && !is_comment(here) { test(here, depth) } else { None };
        if answer == Some(true) {
            return true;
        }
        if answer.is_some() && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}

/// The first child that means something.
pub fn first(node: Node<'_>) -> Option<Node<'_>> {
    let child = node.named_child(0)?;
    if !is_comment(child) {
        return Some(child);
    }
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !is_comment(*child))
}

/// A child by its field.
pub fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_id(NUMBERS.fields.get(name)?.get())
}

/// All children of a field.
pub fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let Some(field) = NUMBERS.fields.get(name) else { return Vec::new() };
    let mut cursor = node.walk();
    node.children_by_field_id(*field, &mut cursor).filter(Node::is_named).collect()
}

/// The expressions of a list; of any other node, the node itself.
pub fn list(node: Option<Node<'_>>) -> Vec<Node<'_>> {
    match node {
        Some(node) if kind(node) == "expression_list" => children(node),
        Some(node) => vec![node],
        None => Vec::new(),
    }
}

/// Without the parentheses around it.
pub fn bare(mut node: Node<'_>) -> Node<'_> {
    while kind(node) == "parenthesized_expression" {
        match first(node) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// The statements of a block, or of a case.
pub fn statements(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    for child in children(node) {
        match kind(child) {
            "statement_list" => found.extend(children(child)),
            _ => found.push(child),
        }
    }
    found
}

/// The bytes that a node covers.
pub fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// The text of a node.
pub fn text<'s>(node: Node<'_>, source: &'s str) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// The value of a string literal.
pub fn string(node: Node<'_>, source: &str) -> Option<String> {
    let written = text(node, source);
    match kind(node) {
        "raw_string_literal" => Some(written.trim_matches('`').replace('\r', "")),
        "interpreted_string_literal" => Some(unescaped(written.strip_prefix('"')?.strip_suffix('"')?)),
        _ => None,
    }
}

/// The text with its escapes read; those of single bytes stay as they are, for paths have none.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('u') => {
                let code: String = chars.by_ref().take(4).collect();
                plain.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

/// The number that a literal is: decimal, or in the forms that modes are written in.
pub fn number(text: &str) -> Option<u32> {
    let digits = text.replace('_', "").to_ascii_lowercase();
    if let Some(octal) = digits.strip_prefix("0o") {
        return u32::from_str_radix(octal, 8).ok();
    }
    if let Some(hex) = digits.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok();
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return u32::from_str_radix(&digits, 8).ok();
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_grammar_names_has_a_number() {
        assert!(NUMBERS.comment != 0 && NUMBERS.fields.contains_key("body"));
    }

    #[test]
    fn nodes_are_called_what_the_grammar_calls_them() {
        let text = "package a\n// b\nfunc f(x *int) { for { if x != nil { break } else { ) } } }\n";
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&tree_sitter_go::LANGUAGE.into()).unwrap();
        let tree = parser.parse(text, None).unwrap();
        let (mut walked, mut listed) = (Vec::new(), Vec::new());
        is_within(tree.root_node(), |node, _| {
            assert_eq!(kind(node), node.kind());
            walked.push(node);
            Some(false)
        });
        let mut pending = vec![tree.root_node()];
        while let Some(node) = pending.pop() {
            listed.push(node);
            pending.extend(children(node).into_iter().rev());
        }
        assert_eq!(walked, listed);
        assert!(walked.iter().any(|node| node.is_error()));
        assert!(is_within(tree.root_node(), |node, _| Some(kind(node) == "break_statement")));
        assert!(!is_within(tree.root_node(), |node, _| match kind(node) {
            "for_statement" => None,
            kind => Some(kind == "break_statement"),
        }));
    }

    #[test]
    fn numbers_are_read_as_modes_are_written() {
        assert_eq!(number("0644"), Some(0o644));
        assert_eq!(number("0o7_00"), Some(0o700));
        assert_eq!(number("0x1ff"), Some(0o777));
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("1e9"), None);
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(unescaped(r#"a\n\"b\"\u0041\\"#), "a\n\"b\"A\\");
    }
}
