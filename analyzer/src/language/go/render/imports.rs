//! The packages that a rewrite needs, and those that nothing needs after it: Go compiles neither without the first nor with the second.

use super::site::{Site, edit};
use crate::language::Edit;
use crate::language::go::syntax::{Node, children, field, string, text};
use rustc_hash::FxHashSet;

/// Which failure says what the check would have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The place is taken.
    Exist,
    /// There is nothing.
    NotExist,
}

/// A test of an error's kind, or its negation, and the packages that it is from. The newer form where its package can be had: the
/// older one, which sees the error of a call just as well, needs none but `os`.
pub fn says(site: &Site<'_>, kind: Kind, error: &str, holds: bool) -> (String, Vec<&'static str>) {
    let not = if holds { "" } else { "!" };
    let word = match kind {
        Kind::Exist => "Exist",
        Kind::NotExist => "NotExist",
    };
    let os = local_name(site, "os");
    let errors = local_name(site, "errors");
    let imported = imported(site, "errors").is_some();
    let taken = site.declared.contains(errors.as_str());
    if taken || !imported && (site.names.import(&errors).is_some() || is_known(site.root, site.text, &errors))
    {
        return (format!("{not}{os}.Is{word}({error})"), vec!["os"]);
    }
    let sentinels = imported_as(site, "io/fs").filter(|fs| !site.declared.contains(fs.as_str()));
    let (owner, package) = match sentinels {
        Some(fs) => (fs, "io/fs"),
        None => (os, "os"),
    };
    (format!("{not}{errors}.Is({error}, {owner}.Err{word})"), vec!["errors", package])
}

/// What a package is called in this file, or would be.
pub fn local_name(site: &Site<'_>, path: &str) -> String {
    imported_as(site, path).unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path).to_owned())
}

fn imported_as(site: &Site<'_>, path: &str) -> Option<String> {
    let spec = imported(site, path)?;
    let alias = field(spec, "name").map(|n| site.of(n));
    Some(alias.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path)).to_owned())
}

fn imported<'t>(site: &Site<'t>, path: &str) -> Option<Node<'t>> {
    specs(site.root).into_iter().find(|spec| {
        let hidden = field(*spec, "name").is_some_and(|n| matches!(site.of(n), "_" | "."));
        !hidden && path_of(*spec, site.text).is_some_and(|p| p == path)
    })
}

/// Whether a file has a name of its own that reads like a package's.
fn is_known(root: Node<'_>, source: &str, name: &str) -> bool {
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        if matches!(node.kind(), "identifier" | "package_identifier") && text(node, source) == name {
            return true;
        }
        pending.extend(children(node));
    }
    false
}

/// The edits by which a file imports what it uses, given the file as it will be.
pub fn imports(site: &Site<'_>, needed: &[&'static str], after: Node<'_>, fixed: &str) -> Option<Vec<Edit>> {
    let (used, still_used) = (qualifiers(site.root, site.text), qualifiers(after, fixed));
    let gone = |spec: &Node<'_>| {
        let Some(path) = path_of(*spec, site.text) else { return false };
        let alias = field(*spec, "name").map(|n| site.of(n));
        match alias {
            Some("_" | ".") => false,
            Some(name) => used.contains(name) && !still_used.contains(name),
            // Only a package of the standard library is sure to be called as its path ends.
            None => {
                let name = path.rsplit('/').next().unwrap_or_default();
                is_standard(&path) && used.contains(name) && !still_used.contains(name)
            }
        }
    };
    let all = specs(site.root);
    let removed: Vec<Node<'_>> = all.iter().copied().filter(gone).collect();
    let missing =
        |path: &&str| imported(site, path).is_none() && still_used.contains(local_name(site, path).as_str());
    let missing: Vec<&str> = needed.iter().copied().filter(missing).collect();
    // Whose names come in without a qualifier, or not at all, is imported for another purpose.
    let hidden = |spec: &Node<'_>| path_of(*spec, site.text).is_some_and(|p| missing.contains(&p.as_str()));
    if all.iter().any(hidden) {
        return None;
    }
    let mut edits = Vec::new();
    let target = declaration(site, &missing)?;
    for spec in &removed {
        let list = spec.parent()?;
        match list.kind() {
            "import_spec_list" if children(list).len() > 1 || Some(list.parent()?) == target => {
                let start = site.line_start(spec.start_byte());
                edits.push(edit(start..line_end(site, spec.end_byte()), ""));
            }
            _ if Some(list) == target => {}
            // With the declaration goes the line that sets it off.
            "import_spec_list" => edits.push(edit(site.lines_of(list.parent()?.byte_range()), "")),
            _ => edits.push(edit(site.lines_of(list.byte_range()), "")),
        }
    }
    if let Some(target) = target {
        edits.extend(inserted(site, target, &missing, &removed)?);
    }
    Some(edits)
}

/// The declaration that takes what is missing, if anything is.
fn declaration<'t>(site: &Site<'t>, missing: &[&str]) -> Option<Option<Node<'t>>> {
    if missing.is_empty() {
        return Some(None);
    }
    let declarations = children(site.root).into_iter().filter(|n| n.kind() == "import_declaration");
    let found = declarations.into_iter().find(|d| {
        // cgo reads the comment above its own declaration.
        let of_c = |spec: &Node<'_>| path_of(*spec, site.text).is_some_and(|p| p == "C");
        !specs_of(*d).iter().any(of_c)
    });
    found.map(Some)
}

fn inserted(site: &Site<'_>, target: Node<'_>, missing: &[&str], removed: &[Node<'_>]) -> Option<Vec<Edit>> {
    let specs = specs_of(target);
    let mut missing = missing.to_vec();
    missing.sort_unstable();
    let listed = children(target).into_iter().find(|n| n.kind() == "import_spec_list");
    let Some(list) = listed else {
        let mut lines: Vec<(String, String)> = specs
            .iter()
            .filter(|spec| !removed.contains(spec))
            .map(|spec| (path_of(*spec, site.text).unwrap_or_default(), format!("\t{}\n", site.of(*spec))))
            .collect();
        // Others stand apart from the standard library, where there is room.
        if lines.iter().any(|(path, _)| !is_standard(path)) {
            lines.insert(0, (String::from("~"), String::from("\n")));
        }
        lines.extend(missing.iter().map(|path| ((*path).to_owned(), format!("\t\"{path}\"\n"))));
        lines.sort_by_key(|(path, _)| (path != "~" && !is_standard(path), path.clone()));
        let lines: String = lines.into_iter().map(|(_, line)| line).collect();
        return Some(vec![edit(target.byte_range(), format!("import (\n{lines})"))]);
    };
    // The comments beside imports are set in a column, which a longer path would move.
    let mut cursor = list.walk();
    if list.named_children(&mut cursor).any(|n| n.kind() == "comment") {
        return None;
    }
    let groups = groups(site, &specs);
    let standard = groups.iter().find(|group| {
        group.iter().all(|spec| path_of(*spec, site.text).is_some_and(|path| is_standard(&path)))
    });
    let mut edits: Vec<Edit> = Vec::new();
    let mut add = |at: usize, text: String| match edits.last_mut() {
        Some(last) if last.span.start as usize == at => last.replacement.push_str(&text),
        _ => edits.push(edit(at..at, text)),
    };
    for path in &missing {
        let line = format!("\t\"{path}\"\n");
        let Some(group) = standard else {
            add(site.line_start(specs.first()?.start_byte()), line);
            continue;
        };
        let next = group.iter().find(|spec| path_of(**spec, site.text).is_some_and(|p| p.as_str() > *path));
        let at = match next {
            Some(next) => site.line_start(next.start_byte()),
            None => line_end(site, group.last()?.end_byte()),
        };
        add(at, line);
    }
    if standard.is_none()
        && let Some(last) = edits.last_mut()
    {
        last.replacement.push('\n');
    }
    Some(edits)
}

/// Imports between blank lines.
fn groups<'t>(site: &Site<'_>, specs: &[Node<'t>]) -> Vec<Vec<Node<'t>>> {
    let mut groups: Vec<Vec<Node<'t>>> = Vec::new();
    let mut end = None;
    for spec in specs {
        let between = end.and_then(|end| site.text.get(end..spec.start_byte())).unwrap_or("\n\n");
        if between.matches('\n').count() > 1 {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(*spec);
        }
        end = Some(spec.end_byte());
    }
    groups
}

fn line_end(site: &Site<'_>, position: usize) -> usize {
    let rest = site.text.get(position..).unwrap_or_default();
    position + rest.find('\n').map_or(rest.len(), |at| at + 1)
}

/// Whether a path is of the standard library, which has no dot where others have their host.
fn is_standard(path: &str) -> bool {
    !path.split('/').next().unwrap_or_default().contains('.') && path != "C"
}

fn specs(root: Node<'_>) -> Vec<Node<'_>> {
    let declarations = children(root).into_iter().filter(|n| n.kind() == "import_declaration");
    declarations.flat_map(specs_of).collect()
}

fn specs_of(declaration: Node<'_>) -> Vec<Node<'_>> {
    let inner = children(declaration).into_iter();
    let specs = inner.flat_map(|n| if n.kind() == "import_spec_list" { children(n) } else { vec![n] });
    specs.filter(|n| n.kind() == "import_spec").collect()
}

fn path_of(spec: Node<'_>, source: &str) -> Option<String> {
    string(field(spec, "path")?, source)
}

/// What stands before a dot: the names by which packages are used, and some more.
fn qualifiers<'s>(root: Node<'_>, source: &'s str) -> FxHashSet<&'s str> {
    let mut found = FxHashSet::default();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        let owner = match node.kind() {
            "selector_expression" => field(node, "operand").filter(|o| o.kind() == "identifier"),
            "qualified_type" => field(node, "package"),
            _ => None,
        };
        found.extend(owner.map(|o| text(o, source)));
        pending.extend(children(node));
    }
    found
}
