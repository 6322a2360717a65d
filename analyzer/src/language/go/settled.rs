//! Values that are the same for all who run the code: literals, constants, and what is made of these alone.

use super::lower::Lowerer;
use super::syntax::{Node, bare, children, field, kind};
use super::value::{V, Val};
use crate::flow::{Operation, Place, PlaceKind, Value};
use crate::language::models::Api;

/// How deep expressions are looked into.
const DEPTH: usize = 24;

impl<'t> Lowerer<'_, 't> {
    /// What a write is given to write. Writers without a data argument of their own write the one other thing they are given.
    pub fn content(
        &self,
        operation: Operation,
        api: &Api,
        arguments: &[Val<'t>],
        nodes: &[Node<'t>],
    ) -> Value {
        if !matches!(operation, Operation::Write | Operation::Append) {
            return Value::Opaque;
        }
        let mut given = arguments.iter().enumerate().filter(|(i, _)| match api.data {
            Some(data) => *i == data,
            None => Some(*i) != api.place,
        });
        let (Some((at, value)), None) = (given.next(), given.next()) else { return Value::Opaque };
        let before = arguments.len().saturating_sub(nodes.len());
        match &value.v {
            V::Place(place) if matches!(place.kind(), PlaceKind::Literal(_) | PlaceKind::Constant(_)) => {
                Value::Place(place.clone())
            }
            // Who names its process owns what it writes.
            V::Place(place) if place.names_process() => Value::Place(place.clone()),
            // No bytes are the empty text.
            V::Nil => Value::Place(Place::literal("")),
            _ if at.checked_sub(before).and_then(|at| nodes.get(at)).is_some_and(|n| self.is_settled(*n)) => {
                Value::Place(Place::settled())
            }
            _ => Value::Opaque,
        }
    }

    /// Whether the expression's value is the same for all who run it.
    pub fn is_settled(&self, node: Node<'t>) -> bool {
        self.settled_in(node, 0)
    }

    /// Whether the expression makes a text or bytes, which are hardly changed later.
    pub fn is_settled_for_good(&self, node: Node<'t>) -> bool {
        let node = bare(node);
        matches!(kind(node), "call_expression" | "type_conversion_expression" | "binary_expression")
            && self.is_settled(node)
    }

    fn settled_in(&self, node: Node<'t>, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        let node = bare(node);
        let all = |nodes: Vec<Node<'t>>| nodes.into_iter().all(|n| self.settled_in(n, depth + 1));
        let one = |name: &str| field(node, name).is_some_and(|n| self.settled_in(n, depth + 1));
        match kind(node) {
            "interpreted_string_literal"
            | "raw_string_literal"
            | "int_literal"
            | "float_literal"
            | "rune_literal"
            | "true"
            | "false"
            | "nil" => true,
            "identifier" => {
                let name = self.text(node);
                match self.local(name) {
                    Some(_) => self.settled.contains(name),
                    None => self.is_package_constant(name),
                }
            }
            "unary_expression" => one("operand"),
            "binary_expression" => one("left") && one("right"),
            "composite_literal" => one("body"),
            "literal_value" | "literal_element" | "argument_list" => all(children(node)),
            "keyed_element" => children(node).last().is_some_and(|value| self.settled_in(*value, depth + 1)),
            "type_conversion_expression" => one("operand"),
            "call_expression" => {
                let function =
                    field(node, "function").map(|function| self.text(function)).unwrap_or_default();
                let converts = matches!(function, "[]byte" | "[]rune") || self.file.models.is_pure(function);
                converts && field(node, "arguments").is_some_and(|arguments| all(children(arguments)))
            }
            _ => false,
        }
    }

    /// Whether the package declares a value of this name that is one itself.
    fn is_package_constant(&self, name: &str) -> bool {
        let qualified = self.file.names.own(name);
        match self.file.declared.values.get(&qualified) {
            Some((_, Some(value))) => {
                matches!(
                    kind(bare(*value)),
                    "interpreted_string_literal" | "raw_string_literal" | "int_literal"
                )
            }
            _ => false,
        }
    }
}
