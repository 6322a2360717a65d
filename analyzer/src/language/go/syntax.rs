//! Nodes of the syntax tree: children by name, texts, spans.

use crate::source::Span;
use rustc_hash::FxHashMap;
use std::num::NonZeroU16;
use std::sync::LazyLock;

/// A node of the tree.
pub type Node<'t> = tree_sitter::Node<'t>;

/// The numbers of what the grammar names. By a name, the parser's library searches all names at every question.
struct Numbers {
    fields: FxHashMap<String, NonZeroU16>,
    comment: u16,
}

static NUMBERS: LazyLock<Numbers> = LazyLock::new(|| {
    let language = tree_sitter::Language::from(tree_sitter_go::LANGUAGE);
    let last = u16::try_from(language.field_count()).unwrap_or(u16::MAX);
    let named = |id| Some((language.field_name_for_id(id)?.to_owned(), NonZeroU16::new(id)?));
    let fields = (1..=last).filter_map(named);
    Numbers { fields: fields.collect(), comment: language.id_for_node_kind("comment", true) }
});

fn is_comment(node: Node<'_>) -> bool {
    node.kind_id() == NUMBERS.comment
}

/// The children that mean something, comments aside, in order.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_comment(*child)).collect()
}

/// The first child that means something.
pub fn first(node: Node<'_>) -> Option<Node<'_>> {
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
        Some(node) if node.kind() == "expression_list" => children(node),
        Some(node) => vec![node],
        None => Vec::new(),
    }
}

/// Without the parentheses around it.
pub fn bare(mut node: Node<'_>) -> Node<'_> {
    while node.kind() == "parenthesized_expression" {
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
        match child.kind() {
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
    match node.kind() {
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
