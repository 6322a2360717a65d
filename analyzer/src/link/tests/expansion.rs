//! Putting bodies in: wrappers, recursion, bounds, sites.

use super::build::*;
use crate::flow::{Block, Callee, Condition, Effect, OnFailure, OpenFlags, Operation, Site, Step, Value};
use crate::link::{BUDGET, FunctionId, link};
use crate::source::Span;

#[test]
fn wrappers_are_seen_through_with_arguments_put_in() {
    let dir_and_name = |i| p(i, "dir").join(&p(i + 1, "name"));
    let body = linked(
        "a::root",
        vec![
            function("a::root", &[], vec![call("a::one", vec![path("/cache"), path("x")], 0)]),
            function(
                "a::one",
                &["dir", "name"],
                vec![call("a::two", vec![Value::Place(dir_and_name(0))], 3)],
            ),
            function(
                "a::two",
                &["path"],
                vec![call("a::three", vec![Value::Opaque, Value::Place(p(0, "path"))], 1)],
            ),
            function("a::three", &["unused", "target"], vec![effect(REMOVE, p(1, "target").parent(), 2)]),
        ],
    );
    assert_eq!(
        body,
        [
            "r0 = frame a::one ?",
            "    r13 = frame a::two ?",
            "        r21 = frame a::three ?",
            "            r32 = remove \"/cache\" ?",
        ]
    );
}

#[test]
fn flags_and_error_policy_stay() {
    let flags = OpenFlags { write: true, create: true, truncate: true, ..OpenFlags::default() };
    let ignored = Effect { on_failure: OnFailure::Continue, ..raw(Operation::Open(flags), p(0, "path"), 1) };
    let mut wrapper = raw_call(Callee::Function("a::create".to_owned()), vec![path("x")], 0);
    wrapper.on_failure = OnFailure::Panic;
    let body = linked(
        "a::root",
        vec![
            function("a::root", &[], vec![Step::Call(wrapper)]),
            function("a::create", &["path"], vec![Step::Effect(ignored)]),
        ],
    );
    assert_eq!(body, ["r0 = frame a::create !", "    r11 = open[write create truncate] \"x\""]);
}

#[test]
fn recursion_ends() {
    let direct = linked(
        "a::f",
        vec![function(
            "a::f",
            &["p"],
            vec![effect(REMOVE, p(0, "p"), 0), call("a::f", vec![Value::Place(p(0, "p"))], 1)],
        )],
    );
    assert_eq!(direct, ["r0 = remove p ?", "r1 = call a::f(p) ?"]);

    let mutual = linked(
        "a::f",
        vec![
            function("a::f", &["p"], vec![call("a::g", vec![Value::Place(p(0, "p"))], 1)]),
            function(
                "a::g",
                &["q"],
                vec![effect(REMOVE, p(0, "q"), 0), call("a::f", vec![Value::Place(p(0, "q"))], 1)],
            ),
        ],
    );
    assert_eq!(mutual, ["r1 = frame a::g ?", "    r10 = remove p ?", "    r11 = call a::f(p) ?"]);
}

#[test]
fn functions_without_effects_are_left_out_unless_asked() {
    let pure = || function("a::pure", &[], vec![returns(Value::Opaque)]);
    let unused = linked("a::root", vec![function("a::root", &[], vec![call("a::pure", vec![], 0)]), pure()]);
    assert_eq!(unused, [""; 0]);

    let steps = vec![call("a::pure", vec![], 0), branch(Condition::Ok(r(0)), vec![], vec![])];
    let asked = linked("a::root", vec![function("a::root", &[], steps), pure()]);
    assert_eq!(asked, ["r0 = call a::pure() ?", "if ok(r0)"]);
}

#[test]
fn a_function_that_never_returns_is_put_in() {
    let die = function("a::die", &[], vec![Step::Exit(crate::flow::Exit::Panic)]);
    let body = linked("a::root", vec![function("a::root", &[], vec![call("a::die", vec![], 0)]), die]);
    assert_eq!(body, ["r0 = frame a::die ?", "    panic"]);
}

#[test]
fn depth_is_bounded() {
    let mut functions: Vec<_> = (0..9)
        .map(|i| function(&format!("a::f{i}"), &[], vec![call(&format!("a::f{}", i + 1), vec![], 0)]))
        .collect();
    functions.push(function("a::f9", &[], vec![effect(REMOVE, literal("x"), 0)]));
    let program = link(vec![file("a/src/lib.rs", "a", functions)]);
    assert_eq!(
        lines(&program, "a::f4").last().map(|l| l.trim().to_owned()),
        Some("r50 = remove \"x\" ?".to_owned())
    );
    // Whatever lies deeper is not looked into, nor the way there.
    assert_eq!(lines(&program, "a::f3"), ["r0 = call a::f4() ?"]);
    let acts = |name| program.acts(program.find(name).unwrap());
    assert!(acts("a::f4") && !acts("a::f3"));
}

/// Steps of the block and of all blocks in it.
fn count(block: &Block) -> usize {
    let mut n = 0;
    crate::link::graph::each_step(block, &mut |_| n += 1);
    n
}

#[test]
fn a_huge_callee_neither_breaks_the_budget_nor_hides_a_small_one() {
    // Each level calls the next ten times: 10,000 removals, were there no budget.
    let mut functions: Vec<_> = (0..4)
        .map(|i| {
            let steps = (0..10).map(|n| call(&format!("a::f{}", i + 1), vec![], n)).collect();
            function(&format!("a::f{i}"), &[], steps)
        })
        .collect();
    functions.push(function("a::f4", &[], vec![effect(REMOVE, literal("x"), 0)]));
    functions.push(function("a::small", &[], vec![effect(EXISTS, literal("y"), 0)]));
    functions.push(function("a::root", &[], vec![call("a::f0", vec![], 0), call("a::small", vec![], 1)]));
    let program = link(vec![file("a/src/lib.rs", "a", functions)]);
    let body = program.body(program.find("a::root").unwrap());
    assert!(count(&body) <= BUDGET as usize + 2, "{}", count(&body));
    assert!(count(&body) > 1000, "the budget is used: {}", count(&body));
    assert!(matches!(body.steps.last(), Some(Step::Frame(f)) if f.name == "a::small"));
}

#[test]
fn sites_lead_back_to_the_source() {
    let mut callee = function("b::g", &[], vec![effect(REMOVE, literal("x"), 3)]);
    callee.sites[3] = Span::new(7, 9);
    let caller = function("a::f", &[], vec![call("b::g", vec![], 2)]);
    let program =
        link(vec![file("b/src/lib.rs", "b", vec![callee]), file("a/src/lib.rs", "a", vec![caller])]);
    let body = program.body(FunctionId(0));
    let Some(Step::Frame(frame)) = body.steps.first() else { panic!("no frame: {body}") };
    let Some(Step::Effect(inner)) = frame.body.steps.first() else { panic!("no effect: {body}") };
    let there = program.location(inner.site).unwrap();
    assert_eq!((there.function, there.span), (FunctionId(1), Span::new(7, 9)));
    assert_eq!(program.file(there.file).unwrap().path, "b/src/lib.rs");
    assert_eq!(program.location(frame.site).unwrap().function, FunctionId(0));
    assert_eq!(program.location(Site(20)), None);
}

#[test]
fn the_graph_goes_both_ways() {
    let program = link(vec![file(
        "a/src/lib.rs",
        "a",
        vec![
            function("a::f", &[], vec![call("a::h", vec![], 0), call("a::h", vec![], 1)]),
            function("a::g", &[], vec![call("a::h", vec![], 0)]),
            function("a::h", &[], vec![]),
        ],
    )]);
    let id = |name| program.find(name).unwrap();
    assert_eq!(program.callers(id("a::h")), [id("a::f"), id("a::g")]);
    assert_eq!(program.callees(id("a::f")), [id("a::h")]);
    assert_eq!(program.roots().collect::<Vec<_>>(), [id("a::f"), id("a::g")]);
    assert_eq!(program.function(id("a::g")).map(|f| f.name.as_str()), Some("a::g"));
}

#[test]
fn the_order_of_files_does_not_matter() {
    let files = || {
        vec![
            file(
                "a/src/lib.rs",
                "a",
                vec![function("a::f", &[], vec![call("b::g", vec![], 0), call("h", vec![], 1)])],
            ),
            file("b/src/lib.rs", "b", vec![function("b::g", &[], vec![effect(REMOVE, literal("x"), 0)])]),
            file("c/src/lib.rs", "c", vec![function("c::h", &[], vec![effect(REMOVE, literal("y"), 0)])]),
        ]
    };
    let text = |files| {
        let program = link(files);
        let bodies: Vec<String> =
            program.functions().map(|(id, f)| format!("{}\n{}", f.name, program.body(id))).collect();
        bodies.join("\n")
    };
    let mut reversed = files();
    reversed.reverse();
    assert_eq!(text(files()), text(reversed));
}

/// 50,000 functions in 4,000 files; each calls four others, every third has effects. Run with `--release -- --ignored`.
#[test]
#[ignore = "a measurement"]
fn large_programs_link_fast() {
    let files: Vec<_> = (0..4000)
        .map(|f| {
            let module = format!("p{}::m{f}", f % 40);
            let functions = (0..13)
                .map(|i| {
                    let n = f * 13 + i;
                    let mut steps: Vec<Step> = (0..4u32)
                        .map(|c| {
                            // Mostly later functions near by, as layered code calls.
                            let to = n + 1 + (n * 7 + c as usize * 13) % 29;
                            let (file, index) = (to / 13, to % 13);
                            call(
                                &format!("p{}::m{file}::f{index}", file % 40),
                                vec![Value::Place(p(0, "path"))],
                                c,
                            )
                        })
                        .collect();
                    if n % 3 == 0 {
                        steps.push(effect(EXISTS, p(0, "path").join(&literal("x")), 5));
                        steps.push(effect(REMOVE, p(0, "path").join(&literal("x")), 6));
                    }
                    function(&format!("{module}::f{i}"), &["path"], steps)
                })
                .collect();
            let mut summary = file(&format!("p{}/src/m{f}.rs", f % 40), &module, functions);
            summary.imports =
                (0..10).map(|i| import(&module, &format!("n{i}"), &format!("p1::m{i}::f{i}"))).collect();
            summary
        })
        .collect();
    let start = std::time::Instant::now();
    let program = link(files);
    let linked = start.elapsed();
    let steps: usize = program.functions().map(|(id, _)| count(&program.body(id))).sum();
    println!("link {linked:?}, expand {:?}, {steps} steps", start.elapsed() - linked);
}
