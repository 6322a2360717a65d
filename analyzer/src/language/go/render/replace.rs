//! `ReplaceAtomically`: the new content goes to a temporary sibling of a unique name, which then takes the place in one step.

use super::Draft;
use super::imports::local_name;
use super::site::{Form, Site, block_of, edit, fresh};
use crate::language::Edit;
use crate::language::go::syntax::{Node, children, field};

/// `os.WriteFile` becomes a call of a function that comes with it. It is never complete: a rename replaces a symbolic link where a write
/// goes through it, and the new file is of who writes it.
pub fn replace_atomically(site: &Site<'_>) -> Option<Vec<Draft>> {
    if !matches!(site.act.name.as_str(), "os.WriteFile" | "io/ioutil.WriteFile") {
        return None;
    }
    let [path, _, _] = site.act.arguments.as_slice() else { return None };
    let written = body(&local_name(site, "os"), &local_name(site, "path/filepath"));
    let known = declared(site, &written);
    let name = known.clone().unwrap_or_else(|| fresh("replaceFile", site.text));
    let callee = field(site.act.node, "function")?;
    let mut edits = vec![edit(callee.byte_range(), name.clone())];
    edits.extend(removal(site, site.of(*path)));
    if known.is_none() {
        let end = site.text.len();
        let newline = if site.text.ends_with('\n') { "" } else { "\n" };
        let function = format!(
            "{newline}\n// {name} writes a temporary file beside path, and renames it over path.\nfunc {name}{written}\n"
        );
        edits.push(edit(end..end, function));
    }
    let mut draft = Draft::new(edits);
    draft.imports = vec!["os", "path/filepath"];
    if known.is_none() {
        draft.functions = vec![name];
    }
    draft.needs = vec!["Go 1.16 (`os.CreateTemp`)".to_owned()];
    draft.complete = false;
    Some(vec![draft])
}

/// The function, from its parameters on.
fn body(os: &str, filepath: &str) -> String {
    format!(
        "(path string, data []byte, mode {os}.FileMode) error {{
	file, err := {os}.CreateTemp({filepath}.Dir(path), {filepath}.Base(path)+\".*\")
	if err != nil {{
		return err
	}}
	_, err = file.Write(data)
	if err == nil {{
		err = file.Chmod(mode)
	}}
	if err == nil {{
		err = file.Sync()
	}}
	if closeErr := file.Close(); err == nil {{
		err = closeErr
	}}
	if err == nil {{
		err = {os}.Rename(file.Name(), path)
	}}
	if err != nil {{
		_ = {os}.Remove(file.Name())
	}}
	return err
}}"
    )
}

/// The function of the file that reads like this, which came with an earlier rewrite.
fn declared(site: &Site<'_>, body: &str) -> Option<String> {
    let functions = children(site.root).into_iter().filter(|n| n.kind() == "function_declaration");
    functions.into_iter().find_map(|function| {
        let name = field(function, "name")?;
        let rest = site.text.get(name.end_byte()..function.end_byte())?;
        (rest == body).then(|| site.of(name).to_owned())
    })
}

/// What is replaced need not be removed just before. A removal further up may be there for when the write is never reached.
fn removal(site: &Site<'_>, path: &str) -> Option<Edit> {
    let check = site.check?;
    let call = site.call(check);
    let same = call.arguments.first().is_some_and(|a| site.of(*a) == path);
    if !same || !matches!(call.name.as_str(), "os.Remove" | "os.RemoveAll") {
        return None;
    }
    let above = std::iter::successors(check.parent(), Node::parent);
    let statement = above.take_while(|n| *n != site.body).find(|n| block_of(*n).is_some())?;
    let (_, around) = block_of(statement)?;
    let at = around.iter().position(|s| *s == statement)?;
    let act = site.act.node.byte_range();
    around.get(at + 1).filter(|next| next.start_byte() <= act.start && act.end <= next.end_byte())?;
    let goes = match site.form(statement, check)? {
        Form::Bare => true,
        Form::Tested(binding) => binding.defines && field(statement, "alternative").is_none(),
        Form::Bound(binding) => binding.error().is_none(),
        Form::Returned => false,
    };
    goes.then(|| edit(site.lines_of(statement.byte_range()), ""))
}
