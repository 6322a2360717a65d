//! Resolution.

use super::build::*;
use crate::flow::{
    Callee, ConstantDeclaration, FileSummary, Implementation, Place, PlaceKind, StaticDeclaration, Step,
    TypeDeclaration, Typed, Value,
};
use crate::link::link;

fn remover(name: &str, parameters: &[&str]) -> crate::flow::FlowSummary {
    function(name, parameters, vec![effect(REMOVE, literal(name), 0)])
}

fn caller(step: Step) -> crate::flow::FlowSummary {
    function("a::root", &["me"], vec![step])
}

/// Whose frame is the first step of `a::root`, in a program of these files and one that holds it.
fn target(step: Step, files: Vec<FileSummary>) -> Option<String> {
    let mut files = files;
    files.push(file("a/src/root.rs", "a", vec![caller(step)]));
    let program = link(files);
    let body = program.body(program.find("a::root").unwrap());
    match body.steps.into_iter().next() {
        Some(Step::Frame(f)) => Some(f.name),
        _ => None,
    }
}

fn me() -> Value {
    Value::Place(p(0, "self"))
}

#[test]
fn re_exports_are_followed() {
    let mut b = file("b/src/lib.rs", "b", vec![]);
    b.imports = vec![import("b", "erase", "b::prelude::remove"), import("b::prelude", "*", "b::inner")];
    let inner = file("b/src/inner.rs", "b::inner", vec![remover("b::inner::remove", &[])]);
    let files = || vec![b.clone(), inner.clone()];
    assert_eq!(target(call("b::erase", vec![], 0), files()).as_deref(), Some("b::inner::remove"));
    assert_eq!(target(call("b::prelude::remove", vec![], 0), files()).as_deref(), Some("b::inner::remove"));
}

#[test]
fn imports_in_a_circle_end() {
    let mut b = file("b/src/lib.rs", "b", vec![]);
    b.imports = vec![
        import("b", "x", "b::y"),
        import("b", "y", "b::x"),
        import("b", "*", "b"),
        import("b::m", "*", "b"),
    ];
    assert_eq!(target(call("b::x", vec![], 0), vec![b.clone()]), None);
    assert_eq!(target(call("b::m::z", vec![], 0), vec![b]), None);
}

#[test]
fn bare_names_mean_the_own_module_or_what_globs_bring() {
    let elsewhere = file("b/src/lib.rs", "b", vec![remover("b::wipe", &[])]);
    assert_eq!(target(call("wipe", vec![], 0), vec![elsewhere.clone()]), None);
    let own = file("a/src/lib.rs", "a", vec![remover("a::wipe", &[])]);
    assert_eq!(target(call("wipe", vec![], 0), vec![elsewhere.clone(), own]).as_deref(), Some("a::wipe"));
    let mut glob = file("a/src/lib.rs", "a", vec![]);
    glob.imports = vec![import("a", "*", "b")];
    assert_eq!(target(call("wipe", vec![], 0), vec![elsewhere, glob]).as_deref(), Some("b::wipe"));
    let nested = file("a/src/lib.rs", "a", vec![remover("a::root::wipe", &[])]);
    assert_eq!(target(call("wipe", vec![], 0), vec![nested]).as_deref(), Some("a::root::wipe"));
}

#[test]
fn paths_fall_back_to_the_only_function_with_the_same_end() {
    let util = |package: &str| {
        let name = format!("{package}::tools::util::remove");
        file(
            &format!("{package}/src/tools/util.rs"),
            &format!("{package}::tools::util"),
            vec![remover(&name, &[])],
        )
    };
    let short = || call("util::remove", vec![], 0);
    assert_eq!(target(short(), vec![util("b")]).as_deref(), Some("b::tools::util::remove"));
    assert_eq!(target(short(), vec![util("a"), util("b")]).as_deref(), Some("a::tools::util::remove"));
    assert_eq!(target(short(), vec![util("b"), util("c")]), None, "two packages, neither the caller's");
    assert_eq!(
        target(call("b::util::remove", vec![], 0), vec![util("b"), util("c")]).as_deref(),
        Some("b::tools::util::remove")
    );
    let renamed = call("renamed::tools::util::remove", vec![], 0);
    assert_eq!(target(renamed, vec![util("b")]).as_deref(), Some("b::tools::util::remove"));
    assert_eq!(target(call("serde::util::remove", vec![], 0), vec![util("b")]), None, "another crate's");
    assert_eq!(target(call("std::util::remove", vec![], 0), vec![util("b")]), None);
}

#[test]
fn same_named_functions_of_two_packages_stay_apart() {
    let of = |package: &str| {
        file(
            &format!("{package}/src/fs.rs"),
            &format!("{package}::fs"),
            vec![remover(&format!("{package}::fs::wipe"), &[])],
        )
    };
    let both = || vec![of("a"), of("b")];
    assert_eq!(target(call("a::fs::wipe", vec![], 0), both()).as_deref(), Some("a::fs::wipe"));
    assert_eq!(target(call("b::fs::wipe", vec![], 0), both()).as_deref(), Some("b::fs::wipe"));
}

#[test]
fn methods_of_known_types() {
    let store = || file("a/src/store.rs", "a::store", vec![remover("a::store::Store::wipe", &["self"])]);
    let other = || file("a/src/other.rs", "a::other", vec![remover("a::other::Other::wipe", &["self"])]);
    let wipe = |receiver| method(Some(receiver), "wipe", vec![me()], 0);
    let both = || vec![store(), other()];
    assert_eq!(target(wipe("a::store::Store"), both()).as_deref(), Some("a::store::Store::wipe"));
    assert_eq!(target(wipe("Other"), both()).as_deref(), Some("a::other::Other::wipe"));
    assert_eq!(target(wipe("std::fs::File"), both()), None);
    assert_eq!(target(wipe("elsewhere::Store"), vec![store()]), None, "another crate's type of that name");
}

#[test]
fn a_receiver_of_unknown_type_is_guessed_only_by_a_distinctive_name() {
    let one = |name: &str| file("b/src/lib.rs", "b", vec![remover(&format!("b::Store::{name}"), &["self"])]);
    let two = |name: &str| file("c/src/lib.rs", "c", vec![remover(&format!("c::Store::{name}"), &["self"])]);
    let on_unknown = |name| method(None, name, vec![me()], 0);
    assert!(target(on_unknown("wipe_entries"), vec![one("wipe_entries")]).is_some());
    assert_eq!(target(on_unknown("wipe_entries"), vec![one("wipe_entries"), two("wipe_entries")]), None);
    assert_eq!(target(on_unknown("remove"), vec![one("remove")]), None, "any container has it");
    assert_eq!(
        target(method(None, "wipe_entries", vec![me(), me()], 0), vec![one("wipe_entries")]),
        None,
        "arity"
    );

    let guess = file("a/src/lib.rs", "a", vec![caller(on_unknown("wipe_entries"))]);
    let body = lines(&link(vec![guess, one("wipe_entries")]), "a::root");
    assert_eq!(
        body,
        ["r0 = frame b::Store::wipe_entries ?", "    r10 = remove \"b::Store::wipe_entries\" presumed ?"]
    );
}

#[test]
fn test_code_is_meant_by_test_code_only() {
    let mut mock = remover("a::Mock::wipe_entries", &["self"]);
    mock.context.test = true;
    let files = vec![
        file("a/src/lib.rs", "a", vec![remover("a::Store::wipe_entries", &["self"])]),
        file("a/src/mock.rs", "a::mock", vec![mock]),
    ];
    let found = target(method(None, "wipe_entries", vec![me()], 0), files);
    assert_eq!(found.as_deref(), Some("a::Store::wipe_entries"));
}

#[test]
fn fields_lead_to_types_declared_elsewhere() {
    let mut types = file("a/src/app.rs", "a::app", vec![]);
    types.types = vec![
        TypeDeclaration {
            name: "a::app::App".into(),
            fields: vec![("state".into(), "a::app::State".into())],
            embedded: Vec::new(),
        },
        TypeDeclaration {
            name: "a::app::State".into(),
            fields: vec![("store".into(), "a::store::Store".into())],
            embedded: Vec::new(),
        },
    ];
    let store = file("a/src/store.rs", "a::store", vec![remover("a::store::Store::save", &["self"])]);
    let files = || vec![types.clone(), store.clone()];
    let save = |receiver| method(Some(receiver), "save", vec![me()], 0);
    assert_eq!(target(save("a::app::State.store"), files()).as_deref(), Some("a::store::Store::save"));
    assert_eq!(target(save("a::app::App.state.store"), files()).as_deref(), Some("a::store::Store::save"));
    assert_eq!(target(save("a::app::App.state.absent"), files()), None);
    assert_eq!(link(files()).field_type("a::app::App", "state"), Some("a::app::State"));
}

#[test]
fn trait_methods_resolve_only_to_one_implementation() {
    let implementation = |by: &str| Implementation { trait_name: "a::Store".into(), type_name: by.into() };
    let mut one = file(
        "a/src/lib.rs",
        "a",
        vec![remover("a::Disk::persist", &["self"]), remover("a::Store::persist_all", &["self"])],
    );
    one.implementations = vec![implementation("a::Disk")];
    let on = |receiver, name| method(Some(receiver), name, vec![me()], 0);
    assert_eq!(target(on("a::Store", "persist"), vec![one.clone()]).as_deref(), Some("a::Disk::persist"));
    assert_eq!(
        target(on("a::Disk", "persist_all"), vec![one.clone()]).as_deref(),
        Some("a::Store::persist_all")
    );
    let mut two = one;
    two.functions.push(remover("a::Memory::persist", &["self"]));
    two.implementations.push(implementation("a::Memory"));
    assert_eq!(target(on("a::Store", "persist"), vec![two.clone()]), None);
    assert_eq!(target(on("a::Memory", "persist"), vec![two]).as_deref(), Some("a::Memory::persist"));
}

#[test]
fn alternatives_of_a_configuration_are_one_function() {
    let twice = file("a/src/lib.rs", "a", vec![remover("a::wipe", &["p"]), remover("a::wipe", &["p"])]);
    assert_eq!(target(call("a::wipe", vec![me()], 0), vec![twice]).as_deref(), Some("a::wipe"));
    let apart = vec![
        file("a/src/x.rs", "a", vec![remover("a::wipe", &["p"])]),
        file("a/src/y.rs", "a", vec![remover("a::wipe", &["p"])]),
    ];
    assert_eq!(target(call("a::wipe", vec![me()], 0), apart), None);
}

#[test]
fn presumed_effects_stand_unless_the_program_has_the_method() {
    let exists = |receiver| presumed(receiver, "is_cached", EXISTS, p(0, "self"), 0);
    let body = |receiver, functions: Vec<crate::flow::FlowSummary>| {
        let mut functions = functions;
        functions.push(caller(exists(receiver)));
        linked("a::root", functions)
    };
    let own = || vec![function("a::Key::is_cached", &["self"], vec![effect(EXISTS, literal("k"), 0)])];
    let effect = "r0 = check-exists self presumed ?";
    assert_eq!(body(None, vec![]), [effect]);
    assert_eq!(body(None, own()), [effect], "whose method it is, is not known");
    assert_eq!(
        body(Some("a::Key"), own()),
        ["r0 = frame a::Key::is_cached ?", "    r10 = check-exists \"k\" ?"]
    );
}

#[test]
fn constants_become_their_values_through_imports() {
    let mut b = file("b/src/lib.rs", "b", vec![]);
    let constant = |name: &str, value| ConstantDeclaration { name: name.into(), value };
    let named = |name: &str| Place::new(PlaceKind::Constant(name.into()));
    b.constants = vec![
        constant("b::NAME", literal("state.json")),
        constant("b::FILE", literal("/var/lib").join(&named("b::NAME"))),
        constant("b::LAZY", Place::new(PlaceKind::Call { callee: "find".into(), arguments: vec![] })),
    ];
    b.imports = vec![import("b::prelude", "*", "b")];
    let body = |name: &str| {
        let root = function("a::root", &[], vec![effect(REMOVE, named(name), 0)]);
        lines(&link(vec![b.clone(), file("a/src/lib.rs", "a", vec![root])]), "a::root")
    };
    assert_eq!(body("b::prelude::FILE"), ["r0 = remove \"/var/lib\"/\"state.json\" ?"]);
    assert_eq!(body("b::prelude::LAZY"), ["r0 = remove b::LAZY ?"]);
    assert_eq!(body("b::OTHER"), ["r0 = remove b::OTHER ?"]);
}

#[test]
fn an_unresolved_call_keeps_its_arguments() {
    let callee = Callee::Function("elsewhere::run".to_owned());
    let body = linked("a::root", vec![caller(Step::Call(raw_call(callee, vec![me(), path("x")], 0)))]);
    assert_eq!(body, ["r0 = call elsewhere::run(self, \"x\") ?"]);
}

/// A variable of the whole program that lies in another file has the type that it is declared with there.
#[test]
fn methods_of_statics_are_found_by_their_declared_types() {
    let remove = |owner: &str| remover(&format!("{owner}::remove"), &["self"]);
    let mut b = file("b/src/lib.rs", "b", vec![remove("b::Client"), remove("b::Cache")]);
    b.functions.iter_mut().for_each(|f| f.has_receiver = true);
    b.types = ["b::Client", "b::Cache"]
        .map(|name| TypeDeclaration { name: name.into(), fields: vec![], embedded: vec![] })
        .into();
    b.statics = vec![StaticDeclaration { name: "b::HTTP".into(), type_name: "Client".into() }];
    let on = |variable: &str| {
        let callee = Callee::Method { receiver: Some(variable.into()), name: "remove".into() };
        let value = Value::Place(Place::new(PlaceKind::Constant(variable.into())));
        let mut step = call("", vec![value], 0);
        let Step::Call(made) = &mut step else { panic!("`call` makes a call") };
        made.callee = callee;
        step
    };
    assert_eq!(target(on("b::HTTP"), vec![b.clone()]).as_deref(), Some("b::Client::remove"));
    assert_eq!(target(on("b::OTHER"), vec![b]), None);
}

/// What a module that is declared for tests holds is test code, also where it lies in files of its own.
#[test]
fn modules_for_tests_may_lie_in_other_files() {
    let mut root = file("b/src/lib.rs", "b", vec![remover("b::wipe", &[])]);
    root.test_modules = vec!["b::jail".into()];
    let jail = file("b/src/jail.rs", "b::jail", vec![remover("b::jail::wipe", &[])]);
    let below = file("b/src/jail/cell.rs", "b::jail::cell", vec![remover("b::jail::cell::wipe", &[])]);
    let beside = file("b/src/jailer.rs", "b::jailer", vec![remover("b::jailer::wipe", &[])]);
    let program = link(vec![root, jail, below, beside]);
    let tests: Vec<&str> =
        program.functions().filter(|(_, f)| f.context.test).map(|(_, f)| f.name.as_str()).collect();
    assert_eq!(tests, ["b::jail::wipe", "b::jail::cell::wipe"]);
}

/// What a module holds that is declared for other systems is not there, also where it lies in files of its own.
#[test]
fn modules_for_other_systems_may_lie_in_other_files() {
    let mut root = file("b/src/lib.rs", "b", vec![remover("b::wipe", &[])]);
    root.absent_modules = vec!["b::registry".into()];
    let registry = file("b/src/registry.rs", "b::registry", vec![remover("b::registry::wipe", &[])]);
    let below =
        file("b/src/registry/key.rs", "b::registry::key", vec![remover("b::registry::key::wipe", &[])]);
    let program = link(vec![root, registry, below]);
    let names: Vec<&str> = program.functions().map(|(_, f)| f.name.as_str()).collect();
    assert_eq!(names, ["b::wipe"]);
}

#[test]
fn the_modules_of_a_program_are_no_library() {
    let files = |offers: bool| {
        let module = |path: &str, name: &str, library: bool| FileSummary {
            library,
            ..file(path, name, vec![function(&format!("{name}::f"), &[], vec![])])
        };
        let mut main = module("tool/__main__.py", "tool::__main__", true);
        main.runs = Some("tool".to_owned());
        let face = module("tool/__init__.py", "tool", offers);
        vec![main, face, module("tool/state.py", "tool::state", true), module("other.py", "other::x", true)]
    };
    let libraries = |offers| {
        let program = link(files(offers));
        program.files().iter().filter(|f| f.library).map(|f| f.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(libraries(false), ["other.py"]);
    assert_eq!(libraries(true).len(), 4, "who imports the package may call it all");
}

#[test]
fn methods_under_an_imported_name_are_the_types_own() {
    let mut b = file("b/src/lib.rs", "b", vec![]);
    b.imports = vec![import("b", "Store", "b::store::Store")];
    let mut store = file("b/src/store.rs", "b::store", vec![]);
    store.types = vec![TypeDeclaration {
        name: "b::store::Store".into(),
        fields: vec![("lock".into(), "b::lock::Lock".into())],
        embedded: Vec::new(),
    }];
    let clean = file("b/src/clean.rs", "b::clean", vec![remover("b::Store::clean", &["self"])]);
    let lock = file("b/src/lock.rs", "b::lock", vec![remover("b::lock::Lock::give_up", &["self"])]);
    let files = || vec![b.clone(), store.clone(), clean.clone(), lock.clone()];
    for receiver in ["b::Store", "b::store::Store"] {
        let cleans = method(Some(receiver), "clean", vec![me()], 1);
        assert_eq!(target(cleans, files()).as_deref(), Some("b::Store::clean"));
        let gives_up = method(Some(&format!("{receiver}.lock")), "give_up", vec![me()], 1);
        assert_eq!(target(gives_up, files()).as_deref(), Some("b::lock::Lock::give_up"));
    }
}

#[test]
fn a_field_of_a_librarys_type_makes_calls_effects() {
    let mut types = file("a/src/types.rs", "a", vec![]);
    types.types = vec![TypeDeclaration {
        name: "a::Store".into(),
        fields: vec![("tree".into(), "lib::Tree".into()), ("other".into(), "a::Store".into())],
        embedded: Vec::new(),
    }];
    let on = |receiver: &str| {
        let mut step = method(Some(receiver), "remove", vec![me()], 0);
        let Step::Call(made) = &mut step else { panic!("`method` makes a call") };
        let Step::Effect(removed) = effect(REMOVE, literal("x"), 0) else {
            panic!("`effect` makes an effect")
        };
        made.typed = vec![Typed { of: "lib::Tree".into(), effect: removed }];
        let program = link(vec![types.clone(), file("a/src/root.rs", "a", vec![caller(step)])]);
        let body = program.body(program.find("a::root").unwrap());
        matches!(body.steps.first(), Some(Step::Effect(effect)) if effect.operation == REMOVE)
    };
    assert!(on("a::Store.tree"));
    assert!(on("a::Store.other.tree"));
    assert!(!on("a::Store.other"));
    assert!(!on("a::Store.missing"));
    assert!(!on("b::Store.tree"));
}
