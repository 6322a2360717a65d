//! Python, on the parser of ruff.
//!
//! The parser recovers from errors: a file that has one is named (one that is written for Python 2, as a rule), and what was parsed
//! around it is lowered all the same.

mod attempts;
mod calls;
mod contexts;
mod declared;
mod decorators;
mod expr;
mod gathered;
mod handlers;
mod library;
mod lower;
mod made;
mod memory;
mod names;
mod nesting;
mod position;
mod render;
mod settled;
mod standard;
mod statements;
mod texts;
mod types;
mod value;

pub use render::render;

use crate::flow::{
    Block, Condition, ConstantDeclaration, Context, FileSummary, FlowSummary, Kept, Parameter, Place,
    PlaceKind, ResultId, StaticDeclaration, Value,
};
use crate::language::Tests;
use crate::language::aside::{is_for_tests, is_helper_of_tests};
use crate::language::steps::are_worth_keeping;
use crate::qualified;
use crate::source::{SourceFile, Span, SyntaxError};
use declared::{are_registering, decorated, decorator_name, is_abstract};
use lower::{FileScope, Lowerer, span};
use names::{Names, each_block};
use ruff_python_ast::{CmpOp, Decorator, Expr, PythonVersion, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;
use types::Ty;
use value::{V, Val};

/// How deep functions within functions are looked for.
const MAX_DEPTH: usize = 24;

/// Lowers one Python file, with or without tests.
pub fn lower(file: &SourceFile, tests: Tests) -> FileSummary {
    let mut summary = FileSummary { path: file.path.clone(), ..FileSummary::default() };
    let test = is_target(&file.path);
    if test && tests == Tests::LeftOut {
        return summary;
    }
    if let Some(error) = nesting::too_deep(&file.text) {
        summary.errors.push(error);
        return summary;
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let Some(parsed) = parse_unchecked(&file.text, options).try_into_module() else { return summary };
    if let Some(error) = parsed.errors().first() {
        let range = error.range();
        let message = error.error.to_string().lines().next().unwrap_or_default().to_owned();
        let span = Span::new(range.start().to_usize(), range.end().to_usize());
        summary.errors.push(SyntaxError { span, message });
    }
    let body: &[Stmt] = &parsed.syntax().body;
    summary.module = names::module_of(file);
    let is_package = file.path.ends_with("__init__.py");
    let names = Names::collect(summary.module.clone(), is_package, body);
    summary.imports = names.to_flow();
    let declared = declared::collect(body, &names, &mut summary);
    let models = crate::language::models::Models::python();
    let shared = memory::Shared::of(body);
    let programs = file.package.as_ref().map_or(&[][..], |package| &*package.programs);
    let scope = FileScope { models, names: &names, declared: &declared, shared: &shared, programs };
    let main = body.iter().any(asks_for_main) || file.path.ends_with("__main__.py");
    // A module in a package is there to be imported, and so is one that does not ask whether it is run, or says what it hands out.
    let says = |s: &Stmt| matches!(s, Stmt::Assign(a) if a.targets.iter().any(|t| matches!(t, Expr::Name(n) if n.id == "__all__")));
    // The face of a package offers what it defines or takes from its modules, if anything.
    summary.library = match is_package {
        true => body.iter().any(says) || body.iter().any(offers),
        false => summary.module.contains("::") || !main || body.iter().any(says),
    };
    if file.path.ends_with("__main__.py") {
        summary.runs = summary.module.rsplit_once("::").map(|(package, _)| package.to_owned());
    }
    let context = Context { test, auxiliary: is_auxiliary(&file.path), ..Context::default() };
    constants(&scope, &mut summary);
    functions(&scope, body, None, context, &mut summary, 0);
    module(&scope, body, Context { main, ..context }, &mut summary);
    summary
}

/// Whether a file is a test by where it lies.
pub fn is_target(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || name.ends_with("_tests.py")
        || matches!(name, "conftest.py" | "tests.py")
        || parts.any(|folder| matches!(folder, "test" | "tests" | "testing"))
}

fn is_auxiliary(path: &str) -> bool {
    // What builds a package is no part of it.
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name == "setup.py"
        || is_helper_of_tests(name.trim_end_matches(".py"))
        || folders.split('/').any(|f| {
            matches!(f, "example" | "examples" | "ci" | "docs" | "doc" | "hack" | "samples" | "testdata")
                || is_for_tests(f)
        })
}

/// Whether the class is one of tests by what it derives from: `unittest.TestCase`, or another library's or the project's own of that name.
fn is_test_case(class: &StmtClassDef, names: &Names) -> bool {
    let bases = class.arguments.iter().flat_map(|arguments| &*arguments.args);
    bases.filter_map(|base| names.qualified(base)).any(|base| qualified::last(&base).ends_with("TestCase"))
}

/// Whether the class is a command of a package's own build: one of setuptools', made for that package.
fn builds(class: &StmtClassDef, names: &Names) -> bool {
    const LIBRARIES: [&str; 2] = ["setuptools", "distutils"];
    let bases = class.arguments.iter().flat_map(|arguments| &*arguments.args);
    bases.filter_map(|base| names.qualified(base)).any(|base| {
        let of = LIBRARIES.iter().find_map(|library| base.strip_prefix(library)?.strip_prefix("::"));
        let own = names.module.split("::").any(|part| LIBRARIES.contains(&part));
        !own && of
            .is_some_and(|rest| rest == "Command" || rest.starts_with("command::") || rest == "cmd::Command")
    })
}

/// Whether somebody who knows the class may be made of it, or it is handed to somebody, where it stands. What it derives from is seen where all
/// classes are.
fn is_registered(class: &StmtClassDef) -> bool {
    let is_abstract = |value: &Expr| match value {
        Expr::Name(name) => name.id == "ABCMeta",
        Expr::Attribute(name) => name.attr.as_str() == "ABCMeta",
        _ => false,
    };
    let keywords = class.arguments.iter().flat_map(|arguments| &*arguments.keywords);
    keywords.map(|keyword| &keyword.value).any(|value| !is_abstract(value))
        || are_registering(&class.decorator_list)
}

/// Whether a base class of this name, which is not the program's, calls no method of what derives from it.
pub fn asks_nothing(base: &str) -> bool {
    matches!(
        qualified::last(base),
        "ABC" | "Enum" | "Exception" | "Generic" | "NamedTuple" | "Protocol" | "TypedDict" | "object"
    )
}

/// The fields that a class declares, which whoever makes a value of it may set; those that it only sets to nothing aside.
fn declared_fields(class: &StmtClassDef, name: &str) -> Vec<Kept> {
    let is_nothing = |value: &Expr| match value {
        Expr::NoneLiteral(_) => true,
        Expr::StringLiteral(text) => text.value.is_empty(),
        _ => false,
    };
    let made_of_fields = !class.decorator_list.is_empty();
    let fields = class.body.iter().filter_map(|statement| match statement {
        Stmt::AnnAssign(s) => {
            let only = s.value.as_deref().is_some_and(is_nothing) && !made_of_fields;
            Some(&*s.target).filter(|_| !only)
        }
        Stmt::Assign(s) if !is_nothing(&s.value) => s.targets.first(),
        _ => None,
    });
    let fields = fields.filter_map(|target| match target {
        Expr::Name(field) => Some(field.id.to_string()),
        _ => None,
    });
    fields.map(|field| Kept::from_outside(name.to_owned(), field)).collect()
}

/// Whether the statement gives a package something to import.
fn offers(statement: &Stmt) -> bool {
    match statement {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => true,
        Stmt::ImportFrom(import) => import.level > 0,
        _ => false,
    }
}

/// Whether the function of this qualified name is the one that a manifest says a program begins with.
fn is_begun_with(program: &str, function: &str) -> bool {
    program.split(['.', ':']).eq(function.split("::"))
}

/// `if __name__ == "__main__":`.
fn asks_for_main(statement: &Stmt) -> bool {
    let Stmt::If(decision) = statement else { return false };
    let Expr::Compare(compare) = &*decision.test else { return false };
    matches!(&*compare.ops, [CmpOp::Eq])
        && [&*compare.left]
            .into_iter()
            .chain(&compare.comparators)
            .any(|side| matches!(side, Expr::Name(name) if name.id == "__name__"))
}

/// Variables of the module whose value is a path or text, and those whose type has a name.
fn constants(scope: &FileScope<'_, '_>, summary: &mut FileSummary) {
    let mut values: Vec<_> = scope.declared.values.iter().collect();
    values.sort_by_key(|(name, _)| *name);
    for (name, (ty, value)) in values {
        let Some(value) = value else { continue };
        let mut lowerer = Lowerer::new(scope);
        let found = lowerer.expr(value);
        let ty = if *ty == Ty::Unknown { found.ty.clone() } else { ty.clone() };
        if let Some(of) = ty.name() {
            summary.statics.push(StaticDeclaration { name: name.clone(), type_name: of.to_owned() });
        }
        let place = match &found.v {
            V::Place(place) => place.clone(),
            _ => match lowerer.known_place(&found) {
                Some(place) if matches!(place.kind(), PlaceKind::Environment(_) | PlaceKind::Call { .. }) => {
                    place
                }
                _ => continue,
            },
        };
        // What is computed by steps or from an unknown is the variable itself.
        let computed = place.any(&mut |kind| {
            matches!(
                kind,
                PlaceKind::Opaque { .. }
                    | PlaceKind::Result(_)
                    | PlaceKind::Unique(..)
                    | PlaceKind::Private(_)
            )
        });
        if !computed && !matches!(place.kind(), PlaceKind::Constant(own) if **own == **name) {
            summary.constants.push(ConstantDeclaration { name: name.clone(), value: place });
        }
    }
}

/// The functions of a block, and those of the classes in it.
fn functions<'t>(
    scope: &FileScope<'_, 't>,
    body: &'t [Stmt],
    class: Option<&str>,
    context: Context,
    summary: &mut FileSummary,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    for statement in body {
        match statement {
            Stmt::FunctionDef(node) => {
                let owner = class.unwrap_or(&scope.names.module);
                function(scope, node, owner, class, context, summary, depth);
            }
            Stmt::ClassDef(node) => {
                let outer = class.unwrap_or(&scope.names.module);
                let name = match outer {
                    "" => node.name.to_string(),
                    outer => [outer, "::", node.name.as_str()].concat(),
                };
                let context = Context {
                    auxiliary: context.auxiliary
                        || builds(node, scope.names)
                        || is_test_case(node, scope.names),
                    summoned: context.summoned || is_registered(node),
                    ..context
                };
                summary.kept.extend(declared_fields(node, &name));
                functions(scope, &node.body, Some(&name), context, summary, depth + 1);
            }
            other => each_block(other, &mut |block| {
                functions(scope, block, class, context, summary, depth + 1);
            }),
        }
    }
}

fn function<'t>(
    scope: &FileScope<'_, 't>,
    node: &'t StmtFunctionDef,
    owner: &str,
    class: Option<&str>,
    context: Context,
    summary: &mut FileSummary,
    depth: usize,
) {
    let what = decorated(&node.decorator_list);
    if what.aside || (class.is_some() && !what.property && is_abstract(node)) {
        return;
    }
    let mut lowerer = Lowerer::new(scope);
    lowerer.class = class.map(str::to_owned);
    lowerer.manages = what.manages;
    lowerer.function = Some(node);
    lowerer.shares = scope.shared.is_touched_by(node);
    lowerer.in_loop = node.is_async;
    let mut parameters =
        declare_parameters(&mut lowerer, node, class, what.is_static, what.of_class, context.test);
    leave_out(scope, node, &mut parameters);
    match what.manages {
        true => lowerer.statements(&node.body),
        false => lowerer.decorated_body(node),
    }
    let steps = lowerer.finish();
    let name = match owner {
        "" => node.name.to_string(),
        owner => [owner, "::", node.name.as_str()].concat(),
    };
    let placed = std::mem::take(&mut lowerer.placed);
    let context_here = Context {
        // An underscore before a name asks others not to use it; who is asked to may lead to it all the same.
        public: depth == 0 || class.is_some(),
        is_async: node.is_async || serves(&node.decorator_list),
        enters: matches!(node.name.as_str(), "__enter__" | "__aenter__"),
        release: matches!(node.name.as_str(), "__exit__" | "__aexit__" | "__del__"),
        part: what.manages,
        once: what.kept && parameters.is_empty(),
        main: context.main
            || commands(scope, node)
            || (depth == 0
                && class.is_none()
                && scope.programs.iter().any(|program| is_begun_with(program, &name))),
        summoned: context.summoned
            || are_registering(&node.decorator_list)
            || (node.name.starts_with("__") && node.name.ends_with("__")),
        ..context
    };
    keep(
        lowerer,
        steps,
        &name,
        parameters,
        class.is_some(),
        context_here,
        span(node),
        span(&node.name),
        summary,
    );
    if what.manages {
        // Who enters it gets what it does before it hands out; what it does as a whole is looked at here.
        let mut whole = Lowerer::new(scope);
        whole.class = class.map(str::to_owned);
        whole.function = Some(node);
        whole.shares = scope.shared.is_touched_by(node);
        whole.in_loop = node.is_async;
        let parameters =
            declare_parameters(&mut whole, node, class, what.is_static, what.of_class, context.test);
        whole.statements(&node.body);
        let steps = whole.finish();
        let name = [name.as_str(), "::{whole}"].concat();
        let context_here = Context { part: false, ..context_here };
        keep(
            whole,
            steps,
            &name,
            parameters,
            class.is_some(),
            context_here,
            span(node),
            span(&node.name),
            summary,
        );
    }
    // Functions that it defines and only hands on.
    nested(&node.body, &mut |inner| {
        if !placed.contains(&span(&inner.name).start) && depth < MAX_DEPTH {
            function(scope, inner, &name, None, context, summary, depth + 1);
        }
    });
}

fn nested<'t>(body: &'t [Stmt], visit: &mut dyn FnMut(&'t StmtFunctionDef)) {
    for statement in body {
        match statement {
            Stmt::FunctionDef(function) => visit(function),
            Stmt::ClassDef(_) => {}
            other => each_block(other, &mut |block| nested(block, visit)),
        }
    }
}

/// What the module does when it is imported or run.
fn module<'t>(scope: &FileScope<'_, 't>, body: &'t [Stmt], context: Context, summary: &mut FileSummary) {
    let mut lowerer = Lowerer::new(scope);
    lowerer.is_module = true;
    lowerer.statements(body);
    let steps = lowerer.finish();
    let name = scope.names.own("{module}");
    let whole = Span::new(0, body.last().map_or(0, |s| s.range().end().to_usize()));
    let head = Span::new(0, 0);
    keep(lowerer, steps, &name, Vec::new(), false, context, whole, head, summary);
}

#[expect(clippy::too_many_arguments, reason = "the parts of one summary")]
fn keep(
    mut lowerer: Lowerer<'_, '_>,
    body: Block,
    name: &str,
    parameters: Vec<Parameter>,
    has_receiver: bool,
    context: Context,
    whole: Span,
    name_span: Span,
    summary: &mut FileSummary,
) {
    summary.kept.extend(lowerer.take_kept(name));
    if !are_worth_keeping(&body.steps) {
        return;
    }
    let (results, opaques) = lowerer.counts();
    let (sites, moments) = (std::mem::take(&mut lowerer.sites), std::mem::take(&mut lowerer.moments));
    let (choices, questions) = (lowerer.take_choices(), lowerer.take_questions());
    let fills = std::mem::take(&mut lowerer.fills);
    let waits = lowerer.in_loop.then(|| std::mem::take(&mut lowerer.waits));
    summary.functions.push(FlowSummary {
        name: name.to_owned(),
        parameters,
        has_receiver,
        body,
        context,
        span: whole,
        name_span,
        sites,
        moments,
        choices,
        questions,
        fills,
        waits,
        results,
        opaques,
    });
}

/// Whether a function is what a program does that is given a command's name, as of click, typer and cyclopts: nobody else calls it, and
/// nothing runs yet. A bot's commands are async functions, and a shell's may be, which other decorators of such a library tell.
fn commands(scope: &FileScope<'_, '_>, node: &StmtFunctionDef) -> bool {
    let of_a_shell = |decorator: &Decorator| {
        let decorator = match &decorator.expression {
            Expr::Call(call) => &*call.func,
            other => other,
        };
        let name = scope.names.qualified(decorator);
        name.is_some_and(|name| scope.models.is_of_a_shell(qualified::first(&name)))
    };
    let decorators = &node.decorator_list;
    decorators.iter().filter_map(decorator_name).any(|name| matches!(name, "command" | "group"))
        && (!node.is_async || decorators.iter().any(of_a_shell))
}

/// Whether a function is called for requests or jobs, of which several may run at a time.
fn serves(decorators: &[Decorator]) -> bool {
    decorators.iter().filter_map(decorator_name).any(|name| {
        matches!(
            name,
            "route"
                | "get"
                | "post"
                | "put"
                | "patch"
                | "delete"
                | "websocket"
                | "task"
                | "shared_task"
                | "api_view"
                | "tool"
        )
    })
}

/// Notes what the parameters are where a call leaves them out, and which of them take the rest.
fn leave_out<'t>(scope: &FileScope<'_, 't>, node: &'t StmtFunctionDef, parameters: &mut [Parameter]) {
    let first = parameters.len().saturating_sub(node.parameters.len());
    for (parameter, written) in parameters.iter_mut().skip(first).zip(node.parameters.iter()) {
        parameter.rest = written.is_variadic();
        let Some(default) = written.default() else { continue };
        let mut lowerer = Lowerer::new(scope);
        let value = lowerer.expr(default).left_out().to_flow();
        let fixed = match &value {
            Value::Condition(condition) => matches!(condition, Condition::Constant(_)),
            Value::Place(place) => place.is_closed(),
            _ => false,
        };
        parameter.default = Some(if fixed { value } else { Value::Opaque });
    }
}

/// Declares a function's parameters: parameter `i` owns result `i`, which stands for a handle, error or boolean passed in.
fn declare_parameters<'t>(
    lowerer: &mut Lowerer<'_, 't>,
    node: &'t StmtFunctionDef,
    class: Option<&str>,
    is_static: bool,
    of_class: bool,
    in_test: bool,
) -> Vec<Parameter> {
    let handed = |name: &str| lowerer.file.models.fixture(name).filter(|_| in_test);
    let mut found: Vec<(&'t str, Ty)> = Vec::new();
    if is_static && class.is_some() {
        // A function in a class has the class for its first parameter in the flow, as all others there have.
        found.push(("_", Ty::Unknown));
    }
    for (at, parameter) in node.parameters.iter().enumerate() {
        let ty = parameter.annotation().map_or(Ty::Unknown, |a| types::annotated(a, lowerer.file.names));
        let ty = match (at, class, &ty) {
            (0, Some(class), Ty::Unknown) if !is_static => Ty::named(class),
            _ => ty,
        };
        // A test that asks for a fixture is handed what goes by that name.
        let ty = match (handed(parameter.name().as_str()), &ty) {
            (Some(fixture), Ty::Unknown) => Ty::of_row(&fixture.of),
            _ => ty,
        };
        // Who may leave it out and means yes or no by that, means yes or no by what is given.
        let ty = match (parameter.default(), &ty) {
            (Some(Expr::BooleanLiteral(_)), Ty::Unknown) => Ty::Bool,
            _ => ty,
        };
        let ty = if parameter.is_variadic() { Ty::Sequence(ty.into()) } else { ty };
        found.push((parameter.name().as_str(), ty));
    }
    let results: Vec<ResultId> = found.iter().map(|_| lowerer.result()).collect();
    lowerer.parameters = u32::try_from(results.len()).unwrap_or(u32::MAX);
    let mut parameters = Vec::new();
    for (at, ((name, ty), result)) in found.into_iter().zip(results).enumerate() {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        let type_name = Some(ty.shown()).filter(|n| !n.is_empty());
        let receives = at == 0 && class.is_some();
        let shown = if receives && !is_static { "self" } else { name };
        parameters.push(Parameter::new(shown, type_name));
        let private = lowerer.file.models.fixture(name).is_some_and(|fixture| in_test && fixture.private);
        let place = match private {
            true => Place::new(PlaceKind::Private(lowerer.opaque_id())),
            false => Place::parameter(index, name),
        };
        let value = match (&ty, class) {
            (Ty::Bool, _) => Val::cond(Condition::True(result)),
            // A class' attributes are the same whoever asks for them.
            (_, Some(class)) if receives && of_class => Val::new(V::Name(class.into()), ty),
            // Whatever can be read from or written to is a stream, and what it is open on is the caller's to know.
            (ty, _) if library::is_stream(ty) => {
                lowerer.opened.insert(result);
                lowerer.result_places.insert(result, place);
                Val::new(V::Result(result), ty.clone())
            }
            (ty, _) => Val::place(place, ty.clone()),
        };
        lowerer.assign(name, value);
    }
    parameters
}
