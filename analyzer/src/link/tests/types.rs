//! Types that other files tell: what functions return, what fields hold, who derives from whom.

use super::build::*;
use crate::flow::{Callee, FileSummary, FlowSummary, Implementation, Step, TypeDeclaration, Value};
use crate::link::{Program, link};

fn remover(name: &str) -> FlowSummary {
    function(name, &["self"], vec![effect(REMOVE, literal(name), 0)])
}

fn silent(name: &str) -> FlowSummary {
    function(name, &[], vec![])
}

fn method(receiver: Option<&str>, name: &str, on: Value, result: u32) -> Step {
    let callee = Callee::Method { receiver: receiver.map(str::to_owned), name: name.into() };
    Step::Call(raw_call(callee, vec![on], result))
}

fn program(mut files: Vec<FileSummary>, steps: Vec<Step>) -> Program {
    files.push(file("a/src/root.rs", "a", vec![function("a::root", &["me"], steps)]));
    link(files)
}

/// Whom the call with this result calls in `a::root`.
fn target(program: &Program, result: u32) -> Option<&str> {
    let found = program.callee(program.find("a::root").unwrap(), r(result))?;
    program.function(found).map(|f| f.name.as_str())
}

/// Two types whose methods have the same name, which no receiver of unknown type tells apart.
fn stores() -> FileSummary {
    file(
        "b/src/store.rs",
        "b::store",
        vec![remover("b::store::Disk::save"), remover("b::store::Remote::save")],
    )
}

#[test]
fn what_a_function_returns_is_known_through_imports() {
    let mut b = file("b/src/lib.rs", "b", vec![]);
    b.imports = vec![import("b", "open", "b::make::open")];
    let mut make = file("b/src/make.rs", "b::make", vec![silent("b::make::open")]);
    make.imports = vec![import("b::make", "Disk", "b::store::Disk")];
    make.returns = vec![("b::make::open".into(), "b::make::Disk".into())];
    let steps = vec![call("b::open", vec![], 1), method(None, "save", Value::Result(r(1)), 2)];
    let known = program(vec![b.clone(), make.clone(), stores()], steps.clone());
    assert_eq!(target(&known, 2), Some("b::store::Disk::save"));
    make.returns.clear();
    assert_eq!(target(&program(vec![b, make, stores()], steps), 2), None);
}

#[test]
fn a_trait_says_what_all_that_implement_it_return() {
    let mut traits = file("b/src/lib.rs", "b", vec![]);
    traits.implementations = ["b::A", "b::B"]
        .map(|of| Implementation { trait_name: "b::Kept".into(), type_name: of.into() })
        .into();
    traits.functions = vec![silent("b::A::store"), silent("b::B::store")];
    traits.returns = vec![("b::Kept::store".into(), "b::store::Remote".into())];
    let steps = vec![
        method(Some("b::Kept"), "store", Value::Place(p(0, "me")), 1),
        method(None, "save", Value::Result(r(1)), 2),
    ];
    let known = program(vec![traits, stores()], steps);
    assert_eq!((target(&known, 1), target(&known, 2)), (None, Some("b::store::Remote::save")));
}

#[test]
fn fields_of_variants_and_elements_of_fields_have_types() {
    let mut types = file("b/src/lib.rs", "b", vec![]);
    types.types = vec![TypeDeclaration {
        name: "b::Command".into(),
        fields: vec![
            ("Sync(0)".into(), "b::store::Remote".into()),
            ("all".into(), String::new()),
            ("all[]".into(), "b::store::Disk".into()),
        ],
        embedded: Vec::new(),
    }];
    let me = || Value::Place(p(0, "me"));
    let steps = vec![
        method(Some("b::Command.Sync(0)"), "save", me(), 1),
        method(Some("b::Command.all[]"), "save", me(), 2),
        method(Some("b::Command.all"), "save", me(), 3),
    ];
    let known = program(vec![types, stores()], steps);
    assert_eq!(target(&known, 1), Some("b::store::Remote::save"));
    assert_eq!(target(&known, 2), Some("b::store::Disk::save"));
    assert_eq!(target(&known, 3), None);
}

#[test]
fn what_a_base_class_leaves_open_is_its_only_descendants() {
    let derivation = |(base, of): (&str, &str)| Implementation {
        trait_name: format!("b::{base}"),
        type_name: format!("b::{of}"),
    };
    let classes = |derivations: &[(&str, &str)], methods: &[&str]| {
        let mut classes = file("b/src/lib.rs", "b", methods.iter().map(|name| remover(name)).collect());
        classes.types = ["Base", "Middle", "Leaf", "Other"]
            .map(|name| TypeDeclaration {
                name: format!("b::{name}"),
                fields: vec![],
                embedded: derivations
                    .iter()
                    .filter(|(_, of)| *of == name)
                    .map(|(base, _)| format!("b::{base}"))
                    .collect(),
            })
            .into();
        classes.derivations = derivations.iter().copied().map(derivation).collect();
        let steps = vec![method(Some("b::Base"), "save", Value::Place(p(0, "me")), 1)];
        program(vec![classes], steps)
    };
    let below = [("Base", "Middle"), ("Middle", "Leaf"), ("Base", "Other")];
    assert_eq!(target(&classes(&below, &["b::Leaf::save"]), 1), Some("b::Leaf::save"));
    assert_eq!(target(&classes(&below, &["b::Leaf::save", "b::Other::save"]), 1), None);
    assert_eq!(target(&classes(&below, &["b::Leaf::save", "b::Base::save"]), 1), Some("b::Base::save"));
    assert_eq!(target(&classes(&[("Middle", "Leaf")], &["b::Leaf::save", "b::Other::save"]), 1), None);
    // Who derives from itself ends, too.
    let circle = [("Base", "Middle"), ("Middle", "Base")];
    assert_eq!(target(&classes(&circle, &["b::Middle::save"]), 1), Some("b::Middle::save"));
}

#[test]
fn what_stands_in_for_an_implementation_in_tests_is_not_meant() {
    let implemented = |types: &[&str]| {
        let mut all = file("b/src/lib.rs", "b", vec![]);
        all.functions = types.iter().map(|of| remover(&format!("b::{of}::save"))).collect();
        all.implementations = types
            .iter()
            .map(|of| Implementation { trait_name: "b::Kept".into(), type_name: format!("b::{of}") })
            .collect();
        let steps = vec![method(Some("b::Kept"), "save", Value::Place(p(0, "me")), 1)];
        target(&program(vec![all], steps), 1).map(str::to_owned)
    };
    assert_eq!(implemented(&["Disk", "MockDisk"]).as_deref(), Some("b::Disk::save"));
    assert_eq!(implemented(&["Disk", "fakes::Disk"]).as_deref(), Some("b::Disk::save"));
    assert_eq!(implemented(&["Disk", "Remote"]), None);
    assert_eq!(implemented(&["MockDisk"]).as_deref(), Some("b::MockDisk::save"));
    assert_eq!(implemented(&["MockDisk", "FakeDisk"]), None);
}
