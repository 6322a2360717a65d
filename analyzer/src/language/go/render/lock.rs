//! `LockAround`: one exclusive lock is taken before the read and held until the function that reads and writes returns.

use super::Draft;
use super::imports::local_name;
use super::site::{Form, Site, block_of, edit, fresh, mentions, statement_of};
use crate::language::RewriteRequest;
use crate::language::go::syntax::{Node, children, field, fields, list, statements};

/// Takes a lock file beside the read's place, by `flock`. It is never complete: the lock is of Unix only.
pub fn lock_around(site: &Site<'_>, request: &RewriteRequest<'_>) -> Option<Vec<Draft>> {
    let read = site.read?;
    let around = statements(site.body);
    let at = statement_of(&around, read)?;
    let statement = *around.get(at)?;
    let written = statement_of(&around, site.act.node)?;
    // In a loop, the second round would wait for the lock of the first.
    if written < at || statement.kind() == "for_statement" {
        return None;
    }
    let (reads, writes) = (site.call(read), &site.act);
    let path = [&reads, writes].into_iter().find_map(|call| path_of(site, &call.name, &call.arguments))?;
    let set: Vec<&str> = around.get(at..)?.iter().flat_map(|s| bound(site, *s)).collect();
    // A lock file that is its own lock would be there for two things.
    if path.trim_end_matches(".lock\"").contains("lock")
        || request.place.to_string().contains("lock")
        || set.iter().any(|name| mentions(&path, name))
    {
        return None;
    }
    let (error, exit) = exit(site, statement, read, &set)?;
    let (os, syscall) = (local_name(site, "os"), local_name(site, "syscall"));
    let lock = fresh("lock", site.function_text());
    let margin = site.indent(statement.start_byte());
    let exit = format!("{{\n{margin}\t{exit}\n{margin}}}");
    let code = format!(
        "{lock}, {error} := {os}.OpenFile({path}, {os}.O_RDWR|{os}.O_CREATE, 0o666)\n\
         {margin}if {error} != nil {exit}\n\
         {margin}defer {lock}.Close()\n\
         {margin}if {error} := {syscall}.Flock(int({lock}.Fd()), {syscall}.LOCK_EX); {error} != nil {exit}\n{margin}"
    );
    let start = statement.start_byte();
    let mut draft = Draft::new(vec![edit(start..start, code)]);
    draft.imports = vec!["os", "syscall"];
    draft.needs = vec!["Unix (`syscall.Flock`)".to_owned()];
    draft.complete = false;
    Some(vec![draft])
}

/// The lock's path, for calls of the standard library that take a path first.
fn path_of(site: &Site<'_>, name: &str, arguments: &[Node<'_>]) -> Option<String> {
    let package = name.rsplit_once('.').map(|(package, _)| package);
    let path = *arguments.first().filter(|_| matches!(package, Some("os" | "io/ioutil")))?;
    let text = site.of(path);
    match path.kind() {
        "interpreted_string_literal" => Some(format!("{}.lock\"", text.strip_suffix('"')?)),
        "identifier" | "selector_expression" => Some(format!("{text}+\".lock\"")),
        "call_expression" => Some(format!("{}+\".lock\"", super::spacing::argument(site, path, false)?)),
        _ => None,
    }
}

/// How the lock's failure leaves: as the read's does, or as the function's results allow.
fn exit(site: &Site<'_>, statement: Node<'_>, read: Node<'_>, set: &[&str]) -> Option<(String, String)> {
    let form = site.form(statement, read);
    let test = match &form {
        Some(Form::Bound(_)) => {
            let (_, around) = block_of(statement)?;
            let at = around.iter().position(|s| *s == statement)?;
            around
                .get(at + 1)
                .copied()
                .filter(|n| n.kind() == "if_statement" && field(*n, "initializer").is_none())
        }
        Some(Form::Tested(_)) => Some(statement),
        _ => None,
    };
    let error = form.as_ref().and_then(super::create::error_of).unwrap_or("err");
    if let Some(test) = test
        && field(test, "condition").is_some_and(|c| site.of(c) == format!("{error} != nil"))
        && let [only] = field(test, "consequence").map(statements).unwrap_or_default().as_slice()
        && only.kind() == "return_statement"
        && !set.iter().any(|name| *name != error && mentions(site.of(*only), name))
        && mentions(site.of(*only), error)
    {
        return Some((error.to_owned(), site.of(*only).to_owned()));
    }
    // Behind it, the usual name may be declared for the first time.
    let error = fresh("lockErr", site.function_text());
    let results = results(site)?;
    let (last, others) = results.split_last()?;
    let zeros: Option<Vec<&str>> = others.iter().map(|ty| zero(*ty, site)).collect();
    let mut values = zeros?;
    values.push(&error);
    let exit = format!("return {}", values.join(", "));
    (site.of(*last) == "error").then_some((error, exit))
}

/// The types of the function's results, one each.
fn results<'t>(site: &Site<'t>) -> Option<Vec<Node<'t>>> {
    let result = field(site.function, "result")?;
    if result.kind() != "parameter_list" {
        return Some(vec![result]);
    }
    let mut found = Vec::new();
    for declaration in children(result) {
        let ty = field(declaration, "type")?;
        found.extend(std::iter::repeat_n(ty, fields(declaration, "name").len().max(1)));
    }
    Some(found)
}

/// What a type's variables begin with.
fn zero(ty: Node<'_>, site: &Site<'_>) -> Option<&'static str> {
    match (ty.kind(), site.of(ty)) {
        (
            "pointer_type" | "slice_type" | "map_type" | "channel_type" | "function_type" | "interface_type",
            _,
        )
        | (_, "error") => Some("nil"),
        (_, "string") => Some("\"\""),
        (_, "bool") => Some("false"),
        (_, "int" | "int64" | "uint64" | "int32" | "uint32" | "uint" | "byte" | "float64") => Some("0"),
        _ => None,
    }
}

/// The variables that a statement sets for those after it.
fn bound<'t>(site: &Site<'t>, statement: Node<'t>) -> Vec<&'t str> {
    match statement.kind() {
        "short_var_declaration" | "assignment_statement" => {
            list(field(statement, "left")).into_iter().map(|n| site.of(n)).collect()
        }
        "var_declaration" => {
            let specs = children(statement).into_iter();
            specs.flat_map(|spec| fields(spec, "name")).map(|n| site.of(n)).collect()
        }
        _ => Vec::new(),
    }
}
