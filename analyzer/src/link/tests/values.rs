//! What functions return, and what is made of it.

use super::build::*;
use crate::flow::{
    Block, Condition, ErrorKind, FlowSummary, Kinds, LockScope, OnFailure, Operation, Place, PlaceKind, Step,
    Uniqueness, Value,
};
use crate::link::{link, origin};

fn place_call(callee: &str, arguments: Vec<Place>) -> Place {
    Place::new(PlaceKind::Call { callee: callee.into(), arguments })
}

fn result(n: u32) -> Place {
    Place::new(PlaceKind::Result(r(n)))
}

#[test]
fn a_returned_place() {
    let entry =
        || function("a::entry", &["dir"], vec![returns(ok(Value::Place(p(0, "dir").join(&literal("e")))))]);
    let by_result = vec![call("a::entry", vec![path("/c")], 0), effect(REMOVE, result(0), 1)];
    assert_eq!(
        linked("a::root", vec![function("a::root", &[], by_result), entry()]),
        ["r0 = call a::entry(\"/c\") ?", "r1 = remove \"/c\"/\"e\" ?"],
        "a path needs no look into the function"
    );
    let handed_on = function(
        "a::handed_on",
        &["base"],
        vec![call("a::entry", vec![Value::Place(p(0, "base"))], 1), returns(Value::Result(r(1)))],
    );
    let through_two = vec![effect(REMOVE, place_call("a::handed_on", vec![literal("/c")]), 1)];
    assert_eq!(
        linked("a::root", vec![function("a::root", &[], through_two), entry(), handed_on]),
        ["r1 = remove \"/c\"/\"e\" ?"]
    );
    let by_call = vec![effect(REMOVE, place_call("a::entry", vec![literal("/c")]).join(&literal("f")), 1)];
    assert_eq!(
        linked("a::root", vec![function("a::root", &[], by_call), entry()]),
        ["r1 = remove \"/c\"/\"e\"/\"f\" ?"]
    );
    let two = vec![branch(Condition::Constant(true), vec![returns(path("x"))], vec![]), returns(path("y"))];
    let undecided = vec![effect(REMOVE, place_call("entry", vec![]), 1)];
    assert_eq!(
        linked("a::root", vec![function("a::root", &[], undecided), function("a::entry", &[], two)]),
        ["r1 = remove a::entry() ?"]
    );
}

#[test]
fn a_returned_unique_place_is_the_same_in_one_run() {
    let unique = Place::new(PlaceKind::Unique(Uniqueness::Random, 0));
    let make = function(
        "a::temp",
        &[],
        vec![
            effect(Operation::CreateDir { all: false, private: false }, unique.clone(), 0),
            returns(Value::Place(unique)),
        ],
    );
    let steps = vec![
        call("a::temp", vec![], 0),
        effect(REMOVE, place_call("a::temp", vec![]), 1),
        effect(EXISTS, result(0), 2),
    ];
    assert_eq!(
        linked("a::root", vec![function("a::root", &[], steps), make]),
        [
            "r0 = frame a::temp ?",
            "    r10 = mkdir <random#10> ?",
            "    return <random#10>",
            "r1 = remove <random#10> ?",
            "r2 = check-exists <random#10> ?",
        ]
    );
}

#[test]
fn a_returned_handle_and_a_handle_handed_on() {
    let functions = |root: Vec<Step>| {
        vec![
            function("a::root", &["path"], root),
            function("a::create", &["at"], vec![open(p(0, "at"), 1), returns(ok(Value::Result(r(1))))]),
            function("a::fill", &["file"], vec![call("a::fill_inner", vec![Value::Place(p(0, "file"))], 1)]),
            function("a::fill_inner", &["f"], vec![effect(Operation::Write, p(0, "f"), 1)]),
        ]
    };
    let used_here =
        vec![call("a::create", vec![Value::Place(p(0, "path"))], 0), via(Operation::Write, result(0), 0, 1)];
    assert_eq!(
        linked("a::root", functions(used_here)),
        [
            "r0 = frame a::create ?",
            "    r11 = open[write create_new] path ?",
            "    return ok(r11)",
            "r1 = write path via r11 ?",
        ]
    );
    let handed_on = vec![
        call("a::create", vec![Value::Place(p(0, "path"))], 0),
        call("a::fill", vec![Value::Result(r(0))], 1),
    ];
    assert_eq!(
        linked("a::root", functions(handed_on))[3..],
        ["r1 = frame a::fill ?", "    r21 = frame a::fill_inner ?", "        r31 = write path via r11 ?"]
    );
}

#[test]
fn a_returned_guard_is_dropped_by_whoever_holds_it() {
    let lock = Operation::Lock { shared: false, blocking: true, scope: LockScope::Process };
    let mut root = function(
        "a::root",
        &[],
        vec![
            call("a::lock", vec![], 0),
            effect(REMOVE, literal("x"), 1),
            Step::Release(r(0), crate::flow::Site(0)),
        ],
    );
    root.body.drops = vec![r(0)];
    let guard =
        function("a::lock", &[], vec![effect(lock, literal("x.lock"), 2), returns(ok(Value::Result(r(2))))]);
    assert_eq!(
        linked("a::root", vec![root, guard]),
        [
            "r0 = frame a::lock ?",
            "    r12 = lock-Process \"x.lock\" ?",
            "    return ok(r12)",
            "r1 = remove \"x\" ?",
            "release r0",
            "release r12",
            "drop r0, r12",
        ]
    );
}

fn body(functions: Vec<FlowSummary>) -> Block {
    let program = link(vec![file("a/src/lib.rs", "a", functions)]);
    program.body(program.find("a::root").unwrap())
}

#[test]
fn a_returned_boolean_has_its_origin_inside() {
    let root = function(
        "a::root",
        &["p"],
        vec![
            call("a::has", vec![Value::Place(p(0, "p"))], 0),
            branch(Condition::True(r(0)), vec![effect(REMOVE, p(0, "p"), 1)], vec![]),
        ],
    );
    let direct = function(
        "a::has",
        &["q"],
        vec![
            call("a::has_inner", vec![Value::Place(p(0, "q"))], 0),
            returns(Value::Condition(Condition::True(r(0)).negated())),
        ],
    );
    let inner = function(
        "a::has_inner",
        &["q"],
        vec![
            effect(EXISTS, p(0, "q"), 0),
            branch(Condition::True(r(0)), vec![returns(Value::Condition(Condition::Constant(true)))], vec![]),
            returns(Value::Condition(Condition::Constant(false))),
        ],
    );
    let body = body(vec![root, direct, inner]);
    assert_eq!(
        body.to_string().lines().collect::<Vec<_>>(),
        [
            "r0 = frame a::has ?",
            "    r10 = frame a::has_inner ?",
            "        r20 = check-exists p ?",
            "        if r20",
            "            return (true)",
            "        return (false)",
            "    return (!r10)",
            "if r0",
            "    r1 = remove p ?",
        ]
    );
    assert_eq!(origin(&body, r(0)), [r(10), r(20)]);
    assert_eq!(origin(&body, r(1)), []);
}

#[test]
fn a_test_of_what_was_passed_is_put_in() {
    let is_absent = function(
        "a::is_absent",
        &["error"],
        vec![returns(Value::Condition(Condition::Failed(r(0), Kinds::of(ErrorKind::NotFound))))],
    );
    let root = function(
        "a::root",
        &["p"],
        vec![
            effect(REMOVE, p(0, "p"), 1),
            call("a::is_absent", vec![Value::Failure(Some(r(1)))], 2),
            branch(Condition::True(r(2)), vec![], vec![]),
        ],
    );
    let text = body(vec![is_absent, root]).to_string();
    assert!(text.contains("    return (failed(r1, NotFound))\nif r2"), "{text}");
}

#[test]
fn data_is_traced_through_calls_to_the_read() {
    let load = function(
        "a::load",
        &["p"],
        vec![
            effect(EXISTS, p(0, "p"), 0),
            branch(Condition::True(r(0)), vec![], vec![returns(ok(Value::Opaque))]),
            effect(Operation::Read, p(0, "p"), 1),
            call("elsewhere::parse", vec![Value::Derived(vec![r(1)])], 2),
            returns(ok(Value::Derived(vec![r(2)]))),
        ],
    );
    let edit = function("a::edit", &["v"], vec![returns(Value::Opaque)]);
    let root = function(
        "a::root",
        &["p"],
        vec![
            call("a::load", vec![Value::Place(p(0, "p"))], 0),
            call("a::edit", vec![Value::Derived(vec![r(0)])], 1),
            write(p(0, "p"), &[1], 2),
        ],
    );
    let text = body(vec![load, edit, root]).to_string();
    assert_eq!(text.lines().last(), Some("r2 = write p from r11 ?"), "{text}");
}

#[test]
fn a_wrapper_that_writes_writes_the_data_it_was_given() {
    let save = function(
        "a::save",
        &["p", "v"],
        vec![call("a::put", vec![Value::Place(p(0, "p")), Value::Place(p(1, "v"))], 2)],
    );
    let put = function("a::put", &["p", "v"], vec![write(p(0, "p"), &[1], 2)]);
    let root = function(
        "a::root",
        &["p"],
        vec![
            effect(Operation::Read, p(0, "p"), 0),
            call("a::save", vec![Value::Place(p(0, "p")), Value::Derived(vec![r(0)])], 1),
        ],
    );
    let text = body(vec![save, put, root]).to_string();
    assert_eq!(text.lines().last(), Some("        r22 = write p from r0 ?"), "{text}");
}

#[test]
fn fields_of_structures_are_what_they_were_made_of() {
    let path_of = |base: Place| base.field(Some("a::Store"), "path");
    let new = function(
        "a::Store::new",
        &["dir"],
        vec![returns(Value::Structure(vec![("path".into(), Value::Place(p(0, "dir").join(&literal("s"))))]))],
    );
    let save = function("a::Store::save", &["self"], vec![write(path_of(p(0, "self")), &[], 1)]);
    let root = function(
        "a::root",
        &["dir"],
        vec![
            call("a::Store::new", vec![Value::Place(p(0, "dir"))], 0),
            method(Some("a::Store"), "save", vec![Value::Result(r(0))], 1),
            method(
                Some("a::Store"),
                "save",
                vec![Value::Place(place_call("a::Store::new", vec![literal("/x")]))],
                2,
            ),
            method(Some("a::Store"), "save", vec![Value::Place(path_of(p(0, "dir")))], 3),
        ],
    );
    let text = body(vec![new, save, root]).to_string();
    let writes: Vec<&str> = text.lines().filter(|l| l.contains("write")).collect();
    assert_eq!(
        writes,
        ["    r11 = write dir/\"s\" ?", "    r21 = write \"/x\"/\"s\" ?", "    r31 = write dir.path.path ?"],
        "{text}"
    );
}

#[test]
fn an_unknown_argument_is_one_place_at_every_level() {
    let root = function("a::root", &[], vec![call("a::f", vec![Value::Opaque], 0)]);
    let f = function(
        "a::f",
        &["path"],
        vec![effect(EXISTS, p(0, "path"), 0), call("a::g", vec![Value::Place(p(0, "path"))], 1)],
    );
    let g = function("a::g", &["at"], vec![effect(REMOVE, p(0, "at"), 0)]);
    let text = body(vec![root, f, g]).to_string();
    assert!(text.contains("check-exists path?20 ?") && text.contains("remove path?20 ?"), "{text}");
}

#[test]
fn places_that_grow_at_every_level_are_cut() {
    let twice = |place: Place| Place::new(PlaceKind::Concat(vec![place; 40]));
    let mut functions: Vec<FlowSummary> = (0..4)
        .map(|i| {
            function(
                &format!("a::f{i}"),
                &["p"],
                vec![call(&format!("a::f{}", i + 1), vec![Value::Place(twice(p(0, "p")))], 0)],
            )
        })
        .collect();
    functions.push(function("a::f4", &["p"], vec![effect(REMOVE, twice(p(0, "p")), 0)]));
    functions.push(function(
        "a::root",
        &["p"],
        vec![Step::Call(crate::flow::Call {
            on_failure: OnFailure::Continue,
            ..raw_call(crate::flow::Callee::Function("a::f0".into()), vec![Value::Place(p(0, "p"))], 0)
        })],
    ));
    assert!(body(functions).to_string().len() < 10_000);
}

#[test]
fn arguments_by_name_and_those_left_out() {
    let removes = |index, name| effect(REMOVE, p(index, name), index + 5);
    let callee = || {
        let mut callee = function(
            "a::clear",
            &["first", "others", "last", "plain"],
            vec![removes(0, "first"), removes(2, "last"), removes(3, "plain")],
        );
        if let [_, others, last, plain] = callee.parameters.as_mut_slice() {
            others.rest = true;
            last.default = Some(path("/last"));
            plain.default = Some(path("/plain"));
        }
        callee
    };
    let named = |names: &[&str], arguments: Vec<Value>| {
        let names = names.iter().map(|n| (*n).into()).collect();
        let callee = crate::flow::Callee::Function("a::clear".into());
        Step::Call(crate::flow::Call { names, ..raw_call(callee, arguments, 0) })
    };
    let removed = |step: Step| {
        let lines = linked("a::root", vec![function("a::root", &[], vec![step]), callee()]);
        lines.iter().filter_map(|line| Some(line.split_once("remove ")?.1.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(
        removed(named(&["plain", "first"], vec![path("/p"), path("/f")])),
        ["\"/f\" ?", "\"/last\" ?", "\"/p\" ?"]
    );
    assert_eq!(
        removed(named(&["last"], vec![path("/f"), path("/more"), path("/still"), path("/l")])),
        ["\"/f\" ?", "\"/l\" ?", "\"/plain\" ?"],
        "what takes the rest takes none of what comes after it"
    );
}

#[test]
fn locks_of_what_begins_a_block_are_given_back_at_its_end() {
    let lock = Operation::Lock { shared: false, blocking: true, scope: LockScope::Process };
    let mut enters = function("a::Held::__enter__", &["self"], vec![effect(lock, p(0, "self"), 1)]);
    enters.context.enters = true;
    let mut root = function("a::root", &[], vec![call("a::Held::__enter__", vec![path("/l")], 0)]);
    root.body.drops = vec![r(0)];
    let lines = linked("a::root", vec![root, enters]);
    assert_eq!(lines.last().map(String::as_str), Some("drop r0, r11"), "{lines:?}");
}
