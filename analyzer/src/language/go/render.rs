//! Atomic idioms as edits on Go text.
//!
//! What the user wrote is kept as source slices, what is new is laid out as gofmt does. A shape that is not recognised, or whose rewrite
//! would change what the code promises, gives no rendering: a fix that is missing costs less than one that is wrong. The edited text
//! must parse again, use each of its variables, declare each of its names and keep each of its comments, or it is not offered.
//!
//! NOTE: an import is of a file, and a name of a package: that another file of the package has a name of its own that reads like an
//! import that is added here is not seen.

mod child;
mod create;
mod guard;
mod imports;
mod lock;
mod past;
mod remove;
mod replace;
mod scopes;
mod site;
mod spacing;
mod swap;

use super::syntax::{Node, children, text};
use crate::language::{Edit, Idiom, Rendering, RewriteRequest};
use scopes::Scopes;
use site::Site;

/// Trees that may be deeper than this are not looked at: some of what looks at them recurses.
const MAX_DEPTH: u32 = 300;

/// One way to write a rewrite, before it is known to hold together.
#[derive(Debug)]
struct Draft {
    /// On the function's own text, and behind the last line for a function of its own.
    edits: Vec<Edit>,
    /// The packages that the new code is from.
    imports: Vec<&'static str>,
    /// Functions that come with it.
    functions: Vec<String>,
    /// What it needs besides.
    needs: Vec<String>,
    /// Whether it keeps what the code promises.
    complete: bool,
}

impl Draft {
    fn new(edits: Vec<Edit>) -> Self {
        Draft { edits, imports: Vec::new(), functions: Vec::new(), needs: Vec::new(), complete: true }
    }
}

/// Renders an idiom as edits on Go source, or nothing where it would change what the code promises.
pub fn render(request: &RewriteRequest<'_>) -> Option<Rendering> {
    let tree = parse(request.text)?;
    let site = Site::new(request, tree.root_node())?;
    let ways = match request.idiom {
        Idiom::CreateAll => create::create_all(&site),
        Idiom::CreateNew => create::create_new(&site),
        Idiom::OpenThenMatch => create::open_then_match(&site),
        Idiom::RemoveIfPresent => remove::remove_if_present(&site),
        Idiom::ReplaceAtomically => replace::replace_atomically(&site),
        Idiom::EnvironmentOfTheChild => child::environment(&site),
        Idiom::DirectoryOfTheChild => child::directory(&site),
        Idiom::LockAround => lock::lock_around(&site, request),
        Idiom::CreateWithMode | Idiom::NoReplaceRename | Idiom::PrivateTemp | Idiom::SetIfAbsent => None,
    }?;
    ways.into_iter().find_map(|draft| finish(&site, draft))
}

/// A text's tree, if it is Go throughout and not too deep.
fn parse(text: &str) -> Option<tree_sitter::Tree> {
    let tree = super::parse(text)?;
    if tree.root_node().has_error() {
        return None;
    }
    let mut cursor = tree.walk();
    loop {
        if cursor.depth() > MAX_DEPTH {
            return None;
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                drop(cursor);
                return Some(tree);
            }
        }
    }
}

/// The draft with its imports, if the compiler has nothing against it that can be seen from here.
fn finish(site: &Site<'_>, mut draft: Draft) -> Option<Rendering> {
    draft.edits.sort();
    if draft.edits.iter().any(|edit| moves_comment(site.text, edit)) {
        return None;
    }
    let fixed = apply(site.text, &draft.edits)?;
    // What is there already need not be suggested.
    if fixed == site.text {
        return None;
    }
    let tree = parse(&fixed)?;
    let declaration = declaration_at(tree.root_node(), site.declaration.start_byte())?;
    let (before, after) = (Scopes::of(site.declaration, site.text), Scopes::of(declaration, &fixed));
    let names: Vec<String> = draft.imports.iter().map(|path| imports::local_name(site, path)).collect();
    let known = |name: &str| {
        before.free.contains(name)
            || names.iter().any(|n| n == name)
            || draft.functions.iter().any(|f| f == name)
            || is_predeclared(name)
    };
    let hidden = names.iter().any(|name| after.declared.contains(name.as_str()));
    if after.faults > before.faults || hidden || !after.free.iter().all(|name| known(name)) {
        return None;
    }
    if comments(tree.root_node(), &fixed) != comments(site.root, site.text) + draft.functions.len() {
        return None;
    }
    let imports = imports::imports(site, &draft.imports, tree.root_node(), &fixed)?;
    draft.edits.extend(imports);
    draft.edits.sort();
    let whole = apply(site.text, &draft.edits)?;
    parse(&whole)?;
    Some(Rendering { edits: draft.edits, needs: draft.needs, complete: draft.complete })
}

fn is_predeclared(name: &str) -> bool {
    matches!(name, "nil" | "append" | "int" | "byte" | "error" | "string" | "true" | "false")
}

/// The declaration that begins here: what is edited lies behind its first byte.
fn declaration_at(root: Node<'_>, start: usize) -> Option<Node<'_>> {
    children(root).into_iter().find(|n| n.start_byte() == start)
}

/// Whether a comment at the end of a line would go to the end of another one, which may not be what it is about.
fn moves_comment(text: &str, edit: &Edit) -> bool {
    let rest = text.get(edit.span.end as usize..).unwrap_or_default().trim_start_matches([' ', '\t']);
    edit.replacement.contains('\n') && (rest.starts_with("//") || rest.starts_with("/*"))
}

/// How many comments a file has: none may go with an edit.
fn comments(root: Node<'_>, source: &str) -> usize {
    let mut found = 0;
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        found += usize::from(node.kind() == "comment" && !text(node, source).is_empty());
        let mut cursor = node.walk();
        pending.extend(node.named_children(&mut cursor));
    }
    found
}

/// The text after the edits, which must be in order and apart.
fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        fixed.push_str(text.get(done..edit.span.start as usize)?);
        fixed.push_str(&edit.replacement);
        done = edit.span.end as usize;
    }
    fixed.push_str(text.get(done..)?);
    Some(fixed)
}
