//! Values that are the same for all who run the code: literals, constants, and what is made of these alone.

use super::lower::Lowerer;
use super::made::Put;
use super::syntax::{Node, bare, children, field, kind};
use super::types::dotted;
use super::value::{V, Val};
use crate::flow::{Operation, Place, PlaceKind, Value};
use crate::language::models::Api;
use crate::language::texts::made;

/// How deep expressions are looked into.
const DEPTH: usize = 24;
/// How many calls of functions of the file are looked through.
const CALLS: usize = 2;

/// Types that a constant is made a constant of by a conversion.
const CONVERSIONS: [&str; 14] = [
    "[]byte", "[]rune", "byte", "float32", "float64", "int", "int16", "int32", "int64", "int8", "rune",
    "uint16", "uint32", "uint64",
];

/// What is asked about an expression, and what came of it.
#[derive(Default)]
struct Asked<'t> {
    /// What is written, or returned by the function that is looked into. Without it, nothing is asked of the rest of the function.
    written: Option<Node<'t>>,
    /// Variables that were asked about.
    seen: Vec<&'t str>,
    /// How many calls deep the expression is.
    calls: usize,
    /// What the function is given that goes into it.
    leaves: Vec<Place>,
    /// How often something that was read goes into it.
    reads: usize,
}

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
            // What is streamed is what the open file holds.
            V::Result(open) if self.opened.contains(open) => {
                Value::Place(Place::made(vec![Place::new(PlaceKind::Result(*open))]))
            }
            _ => {
                let node = at.checked_sub(before).and_then(|at| nodes.get(at));
                match (node.and_then(|node| self.made_of(*node, value)), &value.v) {
                    (Some(made), _) => Value::Place(made),
                    // What a function of the program returns may be known once that is found.
                    (None, V::Result(made)) => {
                        Value::Place(Place::made(vec![Place::new(PlaceKind::Result(*made))]))
                    }
                    _ => Value::Opaque,
                }
            }
        }
    }

    /// What is written, where it is made of texts and constants, of what was read, and of texts that the function is given, and of nothing
    /// else.
    fn made_of(&self, node: Node<'t>, value: &Val<'t>) -> Option<Place> {
        let mut asked = Asked { written: Some(node), ..Asked::default() };
        if !self.settled_in(node, &mut asked, 0) {
            return None;
        }
        let known = match &value.v {
            V::Place(place) => Some(place),
            _ => None,
        };
        made(known, asked.leaves, asked.reads, value.provenance())
    }

    /// Whether the expression makes a text or bytes that are the same for all who run it, and are hardly changed later.
    pub fn is_settled_for_good(&self, node: Node<'t>) -> bool {
        let node = bare(node);
        matches!(kind(node), "call_expression" | "type_conversion_expression" | "binary_expression")
            && self.settled_in(node, &mut Asked::default(), 0)
    }

    fn settled_in(&self, node: Node<'t>, asked: &mut Asked<'t>, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        let node = bare(node);
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
                match (self.settled.contains(name), asked.written) {
                    (true, _) if self.local(name).is_some() => true,
                    (_, Some(written)) if asked.calls > 0 || self.local(name).is_some() => {
                        self.is_made(name, written, asked, depth)
                    }
                    (_, None) if self.local(name).is_some() => false,
                    _ => self.is_package_constant(name),
                }
            }
            "unary_expression" | "type_conversion_expression" => {
                self.is_part_settled(node, "operand", asked, depth)
            }
            "slice_expression" => {
                let bounds = ["start", "end"];
                self.is_part_settled(node, "operand", asked, depth)
                    && bounds.iter().all(|bound| {
                        field(node, bound).is_none_or(|bound| self.settled_in(bound, asked, depth + 1))
                    })
            }
            "binary_expression" => {
                self.is_part_settled(node, "left", asked, depth)
                    && self.is_part_settled(node, "right", asked, depth)
            }
            "composite_literal" => self.is_part_settled(node, "body", asked, depth),
            "literal_value" | "literal_element" | "argument_list" => {
                children(node).into_iter().all(|n| self.settled_in(n, asked, depth + 1))
            }
            "keyed_element" => {
                children(node).last().is_some_and(|value| self.settled_in(*value, asked, depth + 1))
            }
            "call_expression" => self.is_call_settled(node, asked, depth),
            _ => false,
        }
    }

    fn is_part_settled(&self, node: Node<'t>, part: &str, asked: &mut Asked<'t>, depth: usize) -> bool {
        field(node, part).is_some_and(|part| self.settled_in(part, asked, depth + 1))
    }

    fn is_call_settled(&self, call: Node<'t>, asked: &mut Asked<'t>, depth: usize) -> bool {
        let Some(function) = field(call, "function").map(bare) else { return false };
        let name = self.text(function);
        let arguments = field(call, "arguments").map(children).unwrap_or_default();
        let operand =
            field(function, "operand").map(bare).filter(|_| kind(function) == "selector_expression");
        let method = field(function, "field").map(|f| self.text(f)).unwrap_or_default();
        let models = self.file.models;
        if let Some(written) = asked.written {
            // What a package has in it is as much its own as its texts.
            let of = operand.and_then(|operand| {
                let declared = self.file.declared.values.get(&self.file.names.own(self.text(operand)));
                declared.and_then(|(ty, _)| ty.name())
            });
            let is_own = of.is_some_and(|of| models.is_pure(&dotted(&[of, "::", method].concat())));
            if is_own && arguments.iter().all(|given| self.settled_in(*given, asked, depth + 1)) {
                return true;
            }
            // What was read is told by the value's data.
            let read = operand.filter(|operand| kind(*operand) == "identifier").map(|operand| {
                let called = self.file.names.in_package(self.text(operand), method);
                models.api(&dotted(&called)).is_some_and(|api| api.effect == Some(Operation::Read))
            });
            if read == Some(true) && asked.calls == 0 {
                asked.reads += 1;
                return true;
            }
            // What a buffer holds is what was put into it.
            if let Some(operand) =
                operand.filter(|_| matches!(method, "Bytes" | "String") && arguments.is_empty())
                && kind(operand) == "identifier"
                && (asked.calls > 0 || self.local(self.text(operand)).is_some())
            {
                return self.is_made(self.text(operand), written, asked, depth);
            }
            if kind(function) == "identifier" && !models.is_pure(name) && !matches!(name, "append" | "make") {
                return self.makes_the_same(name, written, asked, depth)
                    && arguments.iter().all(|given| self.settled_in(*given, asked, depth + 1));
            }
        }
        let converts = CONVERSIONS.contains(&name)
            || (asked.written.is_some() && matches!(name, "append" | "make"))
            || models.is_pure(name);
        // The type that is made, as in `make([]byte, 4)`, is no value.
        converts
            && arguments
                .into_iter()
                .filter(|given| !kind(*given).ends_with("_type"))
                .all(|given| self.settled_in(given, asked, depth + 1))
    }

    /// Whether all that is put into the variable is settled.
    fn is_made(&self, name: &'t str, written: Node<'t>, asked: &mut Asked<'t>, depth: usize) -> bool {
        if asked.seen.contains(&name) {
            return true;
        }
        asked.seen.push(name);
        let Some(made) = self.put_into(name, written) else { return false };
        let settled = made.put.into_iter().all(|put| match put {
            Put::Of(node) => self.settled_in(node, asked, depth + 1),
            Put::Anything => false,
        });
        if !settled || made.declared {
            return settled;
        }
        // What the callee is given was looked at where it is called.
        if made.parameter {
            return asked.calls > 0
                || match self.local(name).map(|local| &local.v) {
                    Some(V::Place(place)) if made.untouched => {
                        asked.leaves.push(place.clone());
                        true
                    }
                    _ => false,
                };
        }
        asked.calls > 0 && self.is_package_constant(name)
    }

    /// Whether a function of the file makes the same of the same, whoever calls it: it returns one value besides failures.
    fn makes_the_same(&self, name: &str, written: Node<'t>, asked: &mut Asked<'t>, depth: usize) -> bool {
        if asked.calls >= CALLS {
            return false;
        }
        let Some(returned) = self.returned_by(name, written) else { return false };
        let (seen, calls) = (std::mem::take(&mut asked.seen), asked.calls);
        (asked.written, asked.calls) = (Some(returned), calls + 1);
        let same = self.settled_in(returned, asked, depth + 1);
        (asked.written, asked.calls, asked.seen) = (Some(written), calls, seen);
        same
    }

    /// Whether the package declares a value of this name that is one itself.
    fn is_package_constant(&self, name: &str) -> bool {
        let qualified = self.file.names.own(name);
        match self.file.declared.values.get(&qualified) {
            Some((_, Some(value))) => {
                let spec = value
                    .parent()
                    .and_then(|list| if kind(list) == "const_spec" { Some(list) } else { list.parent() });
                spec.is_some_and(|spec| kind(spec) == "const_spec")
                    || matches!(
                        kind(bare(*value)),
                        "interpreted_string_literal" | "raw_string_literal" | "int_literal"
                    )
            }
            _ => false,
        }
    }
}
