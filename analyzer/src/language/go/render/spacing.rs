//! Blanks around operators, as gofmt sets them: they hang on how deep an expression stands.

use super::site::Site;
use crate::language::go::syntax::{Node, children, field};

/// An argument in the place of another one: `alone` says whether it is its call's only argument there. None where gofmt's rules for it
/// are more than a chain of `+`.
pub fn argument(site: &Site<'_>, node: Node<'_>, alone: bool) -> Option<String> {
    let text = site.of(node);
    match node.kind() {
        // What is in a literal or a function keeps its own lines.
        _ if !has_operator(node) => Some(text.to_owned()),
        "binary_expression" => {
            let mut operands = Vec::new();
            if !sum(node, &mut operands) {
                return None;
            }
            // The operands stand one level deeper both ways, so that they stay as they are.
            let operands: Vec<&str> = operands.into_iter().map(|n| site.of(n)).collect();
            Some(operands.join(if alone { " + " } else { "+" }))
        }
        "call_expression" => {
            let (function, arguments) = (field(node, "function")?, children(field(node, "arguments")?));
            match arguments.as_slice() {
                [only] if !has_operator(function) => {
                    Some(format!("{}({})", site.of(function), argument(site, *only, alone)?))
                }
                // With several arguments they stand deep enough in any case.
                _ if !has_operator(function) => Some(text.to_owned()),
                _ => None,
            }
        }
        "type_conversion_expression" => {
            let (to, operand) = (field(node, "type")?, field(node, "operand")?);
            Some(format!("{}({})", site.of(to), argument(site, operand, alone)?))
        }
        _ => None,
    }
}

/// The operands of a chain of `+`; whether it is nothing else.
fn sum<'t>(node: Node<'t>, operands: &mut Vec<Node<'t>>) -> bool {
    if node.kind() != "binary_expression" {
        operands.push(node);
        // A sum's part in parentheses, and what is negated, have rules of their own.
        return matches!(
            node.kind(),
            "identifier"
                | "selector_expression"
                | "call_expression"
                | "type_conversion_expression"
                | "interpreted_string_literal"
                | "raw_string_literal"
        );
    }
    let plus = field(node, "operator").is_some_and(|o| o.kind() == "+");
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return false };
    plus && sum(left, operands) && sum(right, operands)
}

fn has_operator(node: Node<'_>) -> bool {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        if matches!(node.kind(), "binary_expression" | "slice_expression") {
            return true;
        }
        pending.extend(children(node));
    }
    false
}
