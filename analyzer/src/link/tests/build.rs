//! A small builder of summaries. Every function has room for ten results and ten opaques, so that the first frame of a body
//! numbers its own from 10, the second from 20. The first results are the parameters'.

use crate::flow::{
    Block, Branch, Call, Callee, Certainty, Check, Condition, Effect, Exit, FileSummary, FlowSummary, Import,
    OnFailure, OpenFlags, Operation, Parameter, Place, RemoveKind, ResultId, Site, Step, Value,
};
use crate::link::{Program, link};
use crate::source::Span;

pub(super) const EXISTS: Operation = Operation::Check(Check::Exists);
pub(super) const REMOVE: Operation = Operation::Remove(RemoveKind::File);

pub(super) fn file(path: &str, module: &str, functions: Vec<FlowSummary>) -> FileSummary {
    FileSummary { path: path.to_owned(), module: module.to_owned(), functions, ..FileSummary::default() }
}

pub(super) fn import(module: &str, name: &str, target: &str) -> Import {
    Import { module: module.to_owned(), name: name.to_owned(), target: target.to_owned(), public: true }
}

/// A function; a parameter `self` is a receiver.
pub(super) fn function(name: &str, parameters: &[&str], steps: Vec<Step>) -> FlowSummary {
    FlowSummary {
        name: name.to_owned(),
        parameters: parameters.iter().map(|p| Parameter::new(p, None)).collect(),
        has_receiver: parameters.first() == Some(&"self"),
        body: block(steps),
        context: crate::flow::Context::default(),
        span: Span::default(),
        name_span: Span::default(),
        sites: vec![Span::default(); 10],
        moments: Vec::new(),
        choices: Vec::new(),
        questions: Vec::new(),
        fills: Vec::new(),
        waits: None,
        results: 10,
        opaques: 10,
    }
}

pub(super) fn block(steps: Vec<Step>) -> Block {
    Block { steps, drops: Vec::new() }
}

pub(super) fn r(n: u32) -> ResultId {
    ResultId(n)
}

/// A parameter as a place.
pub(super) fn p(index: u32, name: &str) -> Place {
    Place::parameter(index, name)
}

pub(super) fn literal(text: &str) -> Place {
    Place::literal(text)
}

/// A literal as an argument.
pub(super) fn path(text: &str) -> Value {
    Value::Place(literal(text))
}

pub(super) fn raw(operation: Operation, place: Place, result: u32) -> Effect {
    Effect {
        operation,
        place,
        handle: None,
        other_place: None,
        data: Vec::new(),
        content: Value::Opaque,
        result: r(result),
        on_failure: OnFailure::Propagate,
        on_malformed: None,
        defaulted: false,
        part: false,
        certainty: Certainty::Known,
        api: "api".into(),
        site: Site(result),
    }
}

pub(super) fn effect(operation: Operation, place: Place, result: u32) -> Step {
    Step::Effect(raw(operation, place, result))
}

pub(super) fn open(place: Place, result: u32) -> Step {
    effect(
        Operation::Open(OpenFlags { write: true, create_new: true, ..OpenFlags::default() }),
        place,
        result,
    )
}

/// An effect through a handle.
pub(super) fn via(operation: Operation, place: Place, handle: u32, result: u32) -> Step {
    Step::Effect(Effect { handle: Some(r(handle)), ..raw(operation, place, result) })
}

/// A write of what results returned.
pub(super) fn write(place: Place, data: &[u32], result: u32) -> Step {
    Step::Effect(Effect {
        data: data.iter().map(|d| r(*d)).collect(),
        ..raw(Operation::Write, place, result)
    })
}

pub(super) fn raw_call(callee: Callee, arguments: Vec<Value>, result: u32) -> Call {
    Call {
        callee,
        arguments,
        names: Vec::new(),
        result: r(result),
        on_failure: OnFailure::Propagate,
        defaulted: false,
        on_malformed: None,
        on_misread: None,
        site: Site(result),
        presumed: None,
        typed: Vec::new(),
    }
}

pub(super) fn call(name: &str, arguments: Vec<Value>, result: u32) -> Step {
    Step::Call(raw_call(Callee::Function(name.to_owned()), arguments, result))
}

pub(super) fn method(receiver: Option<&str>, name: &str, arguments: Vec<Value>, result: u32) -> Step {
    let callee = Callee::Method { receiver: receiver.map(str::to_owned), name: name.to_owned() };
    Step::Call(raw_call(callee, arguments, result))
}

/// A method call that is an effect if the program has no such method.
pub(super) fn presumed(
    receiver: Option<&str>,
    name: &str,
    operation: Operation,
    place: Place,
    result: u32,
) -> Step {
    let callee = Callee::Method { receiver: receiver.map(str::to_owned), name: name.to_owned() };
    let effect = Some(Box::new(raw(operation, place.clone(), result)));
    Step::Call(Call { presumed: effect, ..raw_call(callee, vec![Value::Place(place)], result) })
}

pub(super) fn branch(condition: Condition, then: Vec<Step>, otherwise: Vec<Step>) -> Step {
    Step::Branch(Branch { condition, then: block(then), otherwise: block(otherwise) })
}

pub(super) fn returns(value: Value) -> Step {
    Step::Exit(Exit::Return(value))
}

pub(super) fn ok(value: Value) -> Value {
    Value::Success(Box::new(value))
}

/// The linked body of a function as lines of text.
pub(super) fn lines(program: &Program, name: &str) -> Vec<String> {
    let id = program.find(name).unwrap_or(crate::link::FunctionId(u32::MAX));
    program.body(id).to_string().lines().map(str::to_owned).collect()
}

/// The linked body of `name` in a program of one file of the crate `a`.
pub(super) fn linked(name: &str, functions: Vec<FlowSummary>) -> Vec<String> {
    lines(&link(vec![file("a/src/lib.rs", "a", functions)]), name)
}
