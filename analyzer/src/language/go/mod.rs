//! Go, on tree-sitter.
//!
//! The parser recovers from errors: a file that has one is named, and what was parsed around it is lowered all the same.

mod build;
mod calls;
mod channels;
mod decisions;
mod expr;
mod library;
mod literals;
mod lower;
mod made;
mod names;
mod position;
mod render;
mod settled;
mod statements;
mod syntax;
mod types;
mod value;

pub use render::render;

use crate::flow::{
    ConstantDeclaration, Context, FileSummary, FlowSummary, Import, Interface, Kept, Parameter, Place,
    PlaceKind, ResultId, StaticDeclaration, TypeDeclaration, Value,
};
use crate::language::Tests;
use crate::language::aside::{is_for_tests, is_helper_of_tests};
use crate::language::steps::are_worth_keeping;
use crate::source::{Package, SourceFile, Span, SyntaxError};
use lower::{Declared, FileScope, Lowerer};
use names::Names;
use std::ops::ControlFlow;
use syntax::{Node, children, field, fields, first, kind, statements, text};
use types::Ty;
use value::{Failure, V, Val};

/// How often the parser asks whether to go on, per byte of text: far more than it takes for any text that somebody wrote.
const PATIENCE: usize = 4;
/// How many errors of one file are told.
const MAX_ERRORS: usize = 8;

/// Lowers one Go file, with or without tests.
pub fn lower(file: &SourceFile, tests: Tests) -> FileSummary {
    let mut summary = FileSummary { path: file.path.clone(), ..FileSummary::default() };
    let test = is_test_file(&file.path);
    if (test && tests == Tests::LeftOut) || build::is_left_out(&file.path, &file.text) {
        return summary;
    }
    let Some(tree) = parse(&file.text) else {
        let message = "the text is too tangled to be parsed".to_owned();
        summary.errors.push(SyntaxError { span: Span::default(), message });
        return summary;
    };
    let root = tree.root_node();
    if root.has_error() {
        summary.errors = errors(root);
    }
    let source = file.text.as_str();
    let clause = children(root).into_iter().find(|n| n.kind() == "package_clause").and_then(first);
    let clause = clause.map_or("main", |n| text(n, source)).to_owned();
    summary.module = names::package_of(file, &clause);
    summary.library = clause != "main" && !summary.module.split('/').any(|part| part == "internal");
    summary.foreign = build::is_foreign(&file.path, &file.text);
    let names = Names::collect(summary.module.clone(), root, source);
    summary.imports = names.to_flow();
    let declared = declarations(root, source, &names, &mut summary);
    let scope = FileScope {
        models: crate::language::models::Models::go(),
        source,
        names: &names,
        declared: &declared,
    };
    // What works with tests is part of them, wherever it lies.
    let auxiliary = names.uses("testing") || is_auxiliary(&file.path) || is_own_tool(&file.path, &clause);
    let context = Context { test, auxiliary, ..Context::default() };
    constants(&scope, context, &mut summary);
    for node in children(root) {
        if matches!(kind(node), "function_declaration" | "method_declaration") {
            let context = Context { main: clause == "main", ..context };
            function(&scope, node, context, &mut summary);
        }
    }
    summary
}

/// Whether a file is a test by where it lies.
pub fn is_target(path: &str, _package: &Package) -> bool {
    is_test_file(path)
}

/// Whether the go command takes the file for a test, or passes it over.
pub fn is_test_file(path: &str) -> bool {
    // The go command passes over `testdata`, and over what begins with an underscore.
    let aside = |folder: &str| folder == "testdata" || folder.starts_with('_');
    path.ends_with("_test.go") || path.split('/').rev().skip(1).any(aside)
}

fn is_auxiliary(path: &str) -> bool {
    const ASIDE: [&str; 8] = ["ci", "docs", "e2e", "example", "examples", "hack", "scripts", "testing"];
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    is_helper_of_tests(name.trim_end_matches(".go"))
        || folders.split('/').any(|folder| ASIDE.contains(&folder) || is_for_tests(folder))
}

/// Whether the file is of a program that nobody outside of the module can install: one that its maintainers run (`go help install`,
/// go.dev/doc/go1.4#internalpackages).
fn is_own_tool(path: &str, clause: &str) -> bool {
    clause == "main" && path.split('/').rev().skip(1).any(|folder| folder == "internal")
}

/// Since Go 1.26, `new` takes values too (go.dev/ref/spec, Allocation). The grammar knows types only there, and is given the name of
/// any other function in its place where an error may come from that: all stays where it is in the text.
fn parse(source: &str) -> Option<tree_sitter::Tree> {
    let tree = parse_text(source)?;
    let renamed = tree.root_node().has_error().then(|| values_made_new(source)).flatten();
    let Some(again) = renamed.and_then(|renamed| parse_text(&renamed)) else { return Some(tree) };
    let better = errors(again.root_node()).len() < errors(tree.root_node()).len();
    Some(if better { again } else { tree })
}

/// The text where `new` has another name of the same length wherever what it is given is surely no type; none if that is nowhere.
fn values_made_new(source: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut renamed = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("new(") {
        renamed.push_str(before);
        let own = !before.ends_with(|c| is_name(c) || c == '.');
        let argument = after.trim_start();
        let behind = argument.trim_start_matches(|c| is_name(c) || c == '.');
        let word = argument.strip_suffix(behind).unwrap_or_default();
        let value = argument.starts_with(|c: char| c.is_ascii_digit() || "\"`'&!-+^".contains(c))
            || (!matches!(word, "" | "func" | "struct" | "interface" | "chan" | "map")
                && (word.matches('.').count() > 1
                    || behind.trim_start().starts_with(|c: char| "(+-*/%&|<>=!".contains(c))));
        renamed.push_str(if own && value { "neW(" } else { "new(" });
        rest = after;
    }
    renamed.push_str(rest);
    (renamed != source).then_some(renamed)
}

fn parse_text(source: &str) -> Option<tree_sitter::Tree> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    let mut left = source.len().saturating_mul(PATIENCE).saturating_add(10_000);
    let mut goes_on = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = tree_sitter::ParseOptions::new().progress_callback(&mut goes_on);
    let bytes = source.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// What could not be parsed, the first of it.
fn errors(root: Node<'_>) -> Vec<SyntaxError> {
    let mut found = Vec::new();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        if found.len() >= MAX_ERRORS {
            break;
        }
        if node.is_error() || node.is_missing() {
            let message = match node.is_missing() {
                true => format!("`{}` is missing", kind(node)),
                false => "unexpected text".to_owned(),
            };
            found.push(SyntaxError { span: syntax::span(node), message });
            continue;
        }
        if node.has_error() {
            let mut cursor = node.walk();
            let mut inner: Vec<Node<'_>> = node.children(&mut cursor).collect();
            inner.reverse();
            pending.extend(inner);
        }
    }
    found
}

/// What a file declares on the level of its package.
fn declarations<'t>(
    root: Node<'t>,
    source: &'t str,
    names: &Names,
    summary: &mut FileSummary,
) -> Declared<'t> {
    let mut declared = Declared::default();
    for node in children(root) {
        match kind(node) {
            "function_declaration" => {
                if let Some(name) = field(node, "name") {
                    let returns = types::results(field(node, "result"), source, names);
                    declared.returns.insert(names.own(text(name, source)), returns);
                }
            }
            "method_declaration" => {
                if let (Some(owner), Some(name)) = (owner(node, source, names), field(node, "name")) {
                    let returns = types::results(field(node, "result"), source, names);
                    let name = [owner.as_str(), "::", text(name, source)].concat();
                    summary.methods.push(name.clone());
                    declared.returns.insert(name, returns);
                }
            }
            "type_declaration" => {
                for spec in children(node) {
                    type_declaration(spec, source, names, &mut declared, summary);
                }
            }
            "var_declaration" | "const_declaration" => {
                for spec in specs(node) {
                    let ty = field(spec, "type").map_or(Ty::Unknown, |t| types::of(t, source, names));
                    let values = syntax::list(field(spec, "value"));
                    for (at, name) in fields(spec, "name").into_iter().enumerate() {
                        let value = values.get(at).copied();
                        declared.values.insert(names.own(text(name, source)), (ty.clone(), value));
                    }
                }
            }
            _ => {}
        }
    }
    summary.types.sort_by(|a, b| a.name.cmp(&b.name));
    let first_of = |types: &Vec<Ty>| types.first().and_then(Ty::name).map(str::to_owned);
    summary.returns =
        declared.returns.iter().filter_map(|(name, types)| Some((name.clone(), first_of(types)?))).collect();
    summary.returns.sort();
    declared
}

fn specs(declaration: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    for spec in children(declaration) {
        match kind(spec) {
            "var_spec_list" => found.extend(children(spec)),
            _ => found.push(spec),
        }
    }
    found
}

fn type_declaration<'t>(
    spec: Node<'t>,
    source: &'t str,
    names: &Names,
    declared: &mut Declared<'t>,
    summary: &mut FileSummary,
) {
    let (Some(name), Some(of)) = (field(spec, "name"), field(spec, "type")) else { return };
    let name = names.own(text(name, source));
    declared.types.insert(name.clone());
    let mut declaration = TypeDeclaration { name: name.clone(), fields: Vec::new(), embedded: Vec::new() };
    if kind(of) == "interface_type" {
        for method in children(of).into_iter().filter(|element| element.kind() == "method_elem") {
            if let Some(own) = field(method, "name") {
                let returns = types::results(field(method, "result"), source, names);
                declared.returns.insert([&name, "::", text(own, source)].concat(), returns);
            }
        }
        summary.interfaces.extend(interface(&name, of, source, names));
    }
    let parameters = field(spec, "type_parameters").map(children).unwrap_or_default();
    let parameters: Vec<&str> =
        parameters.into_iter().flat_map(|p| fields(p, "name")).map(|name| text(name, source)).collect();
    let list = first(of).filter(|l| of.kind() == "struct_type" && l.kind() == "field_declaration_list");
    for field_node in list.map(children).unwrap_or_default() {
        let ty = field(field_node, "type").map_or(Ty::Unknown, |t| types::of(t, source, names));
        let mut own: Vec<String> =
            fields(field_node, "name").into_iter().map(|n| text(n, source).to_owned()).collect();
        if own.is_empty() {
            // An embedded type: a field of that name, whose methods are the outer type's too.
            if let Some(embedded) = ty.name() {
                declaration.embedded.push(embedded.to_owned());
                own.push(crate::qualified::last(embedded).to_owned());
            }
        }
        // What a field is called in a text says that it is read from such.
        let tagged = field(field_node, "tag").is_some();
        let of_any = field(field_node, "type").is_some_and(|of| parameters.contains(&text(of, source)));
        for field_name in own {
            if of_any {
                declared.of_any.insert((name.clone(), field_name.clone()));
            }
            if tagged {
                summary.kept.push(Kept::from_outside(name.clone(), field_name.clone()));
            }
            declaration.fields.push((field_name.clone(), ty.shown()));
            if let Ty::Sequence(of) = &ty
                && of.name().is_some()
            {
                declaration.fields.push((crate::qualified::element(&field_name), of.shown()));
            }
            declared.order.entry(name.clone()).or_default().push(field_name.clone());
            declared.fields.insert((name.clone(), field_name), ty.clone());
        }
    }
    declaration.fields.sort();
    summary.types.push(declaration);
}

/// What a type must have to be taken for this one; nothing of one that only says which types it stands for (a constraint).
fn interface(name: &str, of: Node<'_>, source: &str, names: &Names) -> Option<Interface> {
    let mut found = Interface { name: name.to_owned(), methods: Vec::new(), embedded: Vec::new() };
    for element in children(of) {
        match kind(element) {
            "method_elem" => found.methods.push(text(field(element, "name")?, source).to_owned()),
            "type_elem" => match children(element).as_slice() {
                [embedded] => found.embedded.push(types::of(*embedded, source, names).name()?.to_owned()),
                _ => return None,
            },
            _ => {}
        }
    }
    Some(found)
}

/// The type that a method is of.
fn owner(method: Node<'_>, source: &str, names: &Names) -> Option<String> {
    let receiver = field(method, "receiver").and_then(first)?;
    let ty = types::of(field(receiver, "type")?, source, names);
    ty.name().map(str::to_owned)
}

/// How deep in a variable of the package functions are looked for.
const HELD: usize = 4;
/// How deep literals that are kept may stand in each other.
const NESTED: usize = 4;

/// Constants and variables whose value is a path, and variables that hold functions.
fn constants(scope: &FileScope<'_, '_>, context: Context, summary: &mut FileSummary) {
    let mut values: Vec<_> = scope.declared.values.iter().collect();
    values.sort_by_key(|(name, _)| *name);
    for (name, (_, value)) in values {
        let Some(value) = value else { continue };
        let mut lowerer = Lowerer::new(scope);
        let found = lowerer.expr(*value);
        let place = match &found.v {
            V::Place(place) => place.clone(),
            V::Closure(literal) => {
                let declaration = Declaration::of(name, *value);
                body_of(scope, *literal, declaration, context, summary);
                continue;
            }
            V::Function(meant) => {
                alias(scope, name, meant, *value, context, summary);
                continue;
            }
            V::Struct(_) | V::List(_) => {
                held(scope, name, &found, *value, context, summary, 0);
                continue;
            }
            _ => continue,
        };
        // What is computed by steps or from an unknown is the constant itself.
        let computed = place.any(&mut |kind| {
            matches!(
                kind,
                PlaceKind::Opaque { .. }
                    | PlaceKind::Result(_)
                    | PlaceKind::Unique(..)
                    | PlaceKind::Private(_)
            )
        });
        // A variable without a text has one by the time that it is used: an option of the command line, say.
        let computed = computed || matches!(place.kind(), PlaceKind::Literal(text) if text.is_empty());
        if let Some(of) = found.ty.name() {
            summary.statics.push(StaticDeclaration { name: name.clone(), type_name: of.to_owned() });
        }
        if !computed && !matches!(place.kind(), PlaceKind::Constant(own) if **own == **name) {
            summary.constants.push(ConstantDeclaration { name: name.clone(), value: place });
        }
    }
}

/// The functions that a variable of the package holds in its fields, such as what a command of the program does.
fn held<'t>(
    scope: &FileScope<'_, 't>,
    name: &str,
    value: &Val<'t>,
    shown: Node<'t>,
    context: Context,
    summary: &mut FileSummary,
    depth: usize,
) {
    if depth > HELD {
        return;
    }
    match &value.v {
        V::Closure(literal) => {
            body_of(scope, *literal, Declaration::of(name, shown), context, summary);
        }
        V::Struct(fields) => {
            for (field, value) in fields {
                // Nobody calls it by this name, in or out of the package.
                let name = [name, "::{", field, "}"].concat();
                held(scope, &name, value, shown, context, summary, depth + 1);
            }
        }
        V::List(items) => {
            for (at, value) in items.iter().enumerate() {
                let name = format!("{name}::{{{at}}}");
                held(scope, &name, value, shown, context, summary, depth + 1);
            }
        }
        _ => {}
    }
}

fn function<'t>(scope: &FileScope<'_, 't>, node: Node<'t>, context: Context, summary: &mut FileSummary) {
    let Some(shown) = field(node, "name") else { return };
    let name = text(shown, scope.source);
    let has_receiver = kind(node) == "method_declaration";
    let owner = owner(node, scope.source, scope.names);
    let qualified = match (&owner, has_receiver) {
        (Some(owner), _) => [owner.as_str(), "::", name].concat(),
        (None, true) => return,
        (None, false) => scope.names.own(name),
    };
    let context = Context {
        main: context.main && owner.is_none() && name == "main",
        summoned: is_asked_for(name, has_receiver),
        ..context
    };
    body_of(
        scope,
        node,
        Declaration { has_receiver, ..Declaration::of(&qualified, shown) },
        context,
        summary,
    );
}

/// Whether the language or its library calls functions of this name, or methods, wherever they are.
fn is_asked_for(name: &str, method: bool) -> bool {
    const METHODS: [&str; 12] = [
        "DialContext",
        "LogValue",
        "OpenFile",
        "ReadAt",
        "ReadDir",
        "ReadFile",
        "ReadFrom",
        "RoundTrip",
        "ServeHTTP",
        "WriteAt",
        "WriteString",
        "WriteTo",
    ];
    match method {
        true => {
            METHODS.contains(&name)
                || ["Marshal", "Unmarshal", "Gob", "Format", "Scan"].iter().any(|of| name.starts_with(of))
                // An interface that is asked of others mostly has methods of one word.
                || crate::qualified::words(name).filter(|word| !word.is_empty()).count() < 2
        }
        false => name == "init",
    }
}

/// What a function is called where it is declared, or where a variable is that holds it.
struct Declaration<'t> {
    /// Qualified.
    name: String,
    /// Where that stands.
    shown: Node<'t>,
    has_receiver: bool,
    /// The variables of the function around that a literal uses.
    captured: Vec<(&'t str, Val<'t>)>,
    /// How many functions it stands in.
    depth: usize,
}

impl<'t> Declaration<'t> {
    /// A function that stands by itself.
    fn of(name: &str, shown: Node<'t>) -> Self {
        Declaration { name: name.to_owned(), shown, has_receiver: false, captured: Vec::new(), depth: 0 }
    }
}

/// A function that is declared, or one that a variable of the package holds, and those that it keeps for others to call.
fn body_of<'t>(
    scope: &FileScope<'_, 't>,
    node: Node<'t>,
    declaration: Declaration<'t>,
    context: Context,
    summary: &mut FileSummary,
) {
    let Declaration { name, shown, has_receiver, captured, depth } = declaration;
    let Some(body) = field(node, "body") else { return };
    let mut lowerer = Lowerer::new(scope);
    let parameters = declare_parameters(&mut lowerer, node, has_receiver, captured);
    let results = lowerer.signature(node);
    lowerer.declare_results(&results);
    lowerer.results = results;
    lowerer.statements(&statements(body));
    // What is given a context or a request runs beside others of its kind, as an async function does.
    let serves = parameters.iter().any(|p| {
        matches!(
            p.type_name.as_deref(),
            Some("context::Context" | "net/http::Request" | "net/http::ResponseWriter")
        )
    });
    let steps = lowerer.finish();
    if depth < NESTED {
        let kept = std::mem::take(&mut lowerer.literals).kept();
        for (number, literal) in (1..).zip(kept) {
            // Nobody calls it by this name, in or out of the package.
            let name = if number == 1 {
                format!("{name}::{{closure}}")
            } else {
                format!("{name}::{{closure {number}}}")
            };
            let captured = literal.captured;
            let declaration =
                Declaration { captured, depth: depth + 1, ..Declaration::of(&name, literal.node) };
            let context = Context { main: false, literal: true, ..context };
            body_of(scope, literal.node, declaration, context, summary);
        }
    }
    summary.kept.extend(lowerer.take_kept(&name));
    let gives_up = has_receiver && lowerer.gives_up;
    if !gives_up && !are_worth_keeping(&steps.steps) {
        return;
    }
    let (results, opaques) = lowerer.counts();
    let (sites, moments) = (std::mem::take(&mut lowerer.sites), std::mem::take(&mut lowerer.moments));
    let (choices, questions) = (lowerer.take_choices(), lowerer.take_questions());
    let fills = std::mem::take(&mut lowerer.fills);
    let public = crate::qualified::last(&name).starts_with(char::is_uppercase);
    summary.functions.push(FlowSummary {
        name,
        parameters,
        has_receiver,
        body: steps,
        context: Context { public, is_async: serves, gives_up, ..context },
        span: syntax::span(node),
        name_span: syntax::span(shown),
        sites,
        moments,
        choices,
        questions,
        fills,
        waits: None,
        results,
        opaques,
    });
}

/// A variable of the package that stands for a function of a library (`var stat = os.Stat`), so that tests can put another in.
fn alias(
    scope: &FileScope<'_, '_>,
    name: &str,
    meant: &str,
    shown: Node<'_>,
    context: Context,
    summary: &mut FileSummary,
) {
    let Some(api) = scope.models.api(&types::dotted(meant)) else {
        let (module, name) = crate::qualified::rsplit(name).unwrap_or(("", name));
        let (module, name, target) = (module.to_owned(), name.to_owned(), meant.to_owned());
        return summary.imports.push(Import { module, name, target, public: true });
    };
    let mut lowerer = Lowerer::new(scope);
    let mut parameters = Vec::new();
    let mut arguments = Vec::new();
    for index in (0u32..).take(api.arguments()) {
        lowerer.result();
        let name = format!("p{index}");
        arguments.push(Val::place(Place::parameter(index, &name), Ty::Text));
        parameters.push(Parameter::new(&name, None));
    }
    lowerer.parameters = u32::try_from(parameters.len()).unwrap_or(u32::MAX);
    let at = syntax::span(shown);
    let returned = lowerer.api_call(api, &mut arguments, &[], at, crate::flow::Certainty::Known);
    lowerer.results.types = match &returned.ty {
        Ty::Several(types) => types.to_vec(),
        ty => vec![ty.clone()],
    };
    lowerer.push_return(&[returned]);
    let body = lowerer.finish();
    let (results, opaques) = lowerer.counts();
    let (sites, moments) = (std::mem::take(&mut lowerer.sites), std::mem::take(&mut lowerer.moments));
    let (choices, questions) = (lowerer.take_choices(), lowerer.take_questions());
    summary.functions.push(FlowSummary {
        name: name.to_owned(),
        parameters,
        has_receiver: false,
        body,
        context,
        span: at,
        name_span: at,
        sites,
        moments,
        choices,
        questions,
        fills: Vec::new(),
        waits: None,
        results,
        opaques,
    });
}

/// Declares a function's parameters: parameter `i` owns result `i`, which stands for a handle, error or boolean passed in.
fn declare_parameters<'t>(
    lowerer: &mut Lowerer<'_, 't>,
    node: Node<'t>,
    has_receiver: bool,
    captured: Vec<(&'t str, Val<'t>)>,
) -> Vec<Parameter> {
    let source = lowerer.file.source;
    let mut found: Vec<(&'t str, Ty)> = Vec::new();
    for (name, value) in captured {
        match literals::remembered(&value) {
            Some(value) => lowerer.declare(name, value),
            None => found.push((name, literals::type_of(&value))),
        }
    }
    let mut variadic = None;
    let lists = field(node, "receiver").into_iter().chain(field(node, "parameters"));
    for (at, list) in lists.enumerate() {
        for declaration in children(list) {
            let ty = field(declaration, "type").map(|t| lowerer.type_of(t)).unwrap_or_default();
            let ty = match kind(declaration) {
                "variadic_parameter_declaration" => {
                    variadic = Some(found.len());
                    Ty::Sequence(std::rc::Rc::new(ty))
                }
                _ => ty,
            };
            let names = fields(declaration, "name");
            if names.is_empty() {
                found.push(("_", ty));
                continue;
            }
            found.extend(names.into_iter().map(|n| (text(n, source), ty.clone())));
        }
        if at == 0 && has_receiver {
            found.truncate(1);
        }
    }
    let results: Vec<ResultId> = found.iter().map(|_| lowerer.result()).collect();
    lowerer.parameters = u32::try_from(results.len()).unwrap_or(u32::MAX);
    let mut parameters = Vec::new();
    for (at, ((name, ty), result)) in found.into_iter().zip(results).enumerate() {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        let type_name = Some(ty.shown()).filter(|n| !n.is_empty());
        let shown = if at == 0 && has_receiver { "self" } else { name };
        let mut parameter = Parameter::new(shown, type_name);
        if variadic == Some(at) {
            parameter.default = Some(Value::Condition(crate::flow::Condition::Constant(false)));
        }
        parameters.push(parameter);
        let place = Place::parameter(index, name);
        let value = match &ty {
            Ty::Bool => Val::cond(crate::flow::Condition::True(result)),
            Ty::Error => Val::error(Failure::of(result)),
            // Whatever can be read from or written to is a stream, and what it is open on is the caller's to know.
            ty if library::is_stream(ty) => {
                lowerer.opened.insert(result);
                lowerer.result_places.insert(result, place);
                Val::new(V::Result(result), ty.clone())
            }
            ty => Val::place(place, ty.clone()),
        };
        lowerer.declare(name, value);
    }
    for declaration in field(node, "parameters").map(children).unwrap_or_default() {
        lowerer.channel_parameter(declaration);
    }
    parameters
}
