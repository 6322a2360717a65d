//! `PrivateTemp`: the temporary file gets a name that nobody else has, and is moved over the target as before.

use super::calls::{Failure, Library, act, head};
use super::edit;
use super::exchange::computes_only;
use super::pieces::{Piece, Template};
use super::replace::{as_path, parent};
use super::syntax::{Chain, Node, Site, block_range, mentions, range};
use crate::language::Rendering;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, Local, Pat, Stmt};

/// `let tmp = p.with_extension("tmp")`, written to by path and then renamed. It is never complete: a private temporary file has
/// its own permissions, and goes again where the function leaves early.
pub fn private_temp(site: &Site<'_>) -> Option<Rendering> {
    let made = act(site, &site.act)?;
    let rename_chain = site.check.as_ref()?;
    let rename = act(site, rename_chain)?;
    let blocking = made.library == Library::Blocking && rename.library == Library::Blocking;
    if !blocking || !matches!(made.name.as_str(), "write" | "File::create" | "OpenOptions::open") {
        return None;
    }
    let ("rename", [from, to]) = (rename.name.as_str(), rename.arguments.as_slice()) else { return None };
    let name = borrowed(made.arguments.first()?)?;
    if borrowed(from)? != name {
        return None;
    }
    let (local, bound) = binding(&site.act, &name)?;
    let init = &local.init.as_ref().filter(|init| init.diverge.is_none())?.expr;
    let head = head(&site.act, &made)?;
    // The new name is moved away by the last step, so nothing can ask for it afterwards.
    let after = site.slice(rename.range.end..block_range(site.body).end)?;
    if head.failure == Failure::Stays || mentions(after, &name) || mentions(&range_text(site, to)?, &name) {
        return None;
    }
    let mut template = Template::default();
    let directory = directory(site, &mut template, init)?;
    let tail: TokenStream = site.slice(head.tail.clone())?.parse().ok()?;
    let indent = site.indent(range(local).start);
    let code = quote!(let #bound = tempfile::NamedTempFile::new_in(#directory) #tail.into_temp_path(););
    let temporary = template.print(site, &code, indent)?;
    let target = range_text(site, to)?;
    let moved = format!("{name}.persist({target}).map_err(|error| error.error)");
    let edits = vec![edit(range(local), temporary), edit(rename.range, moved)];
    Some(Rendering { edits, needs: vec!["the `tempfile` crate".to_owned()], complete: false })
}

fn range_text(site: &Site<'_>, expr: &Expr) -> Option<String> {
    site.slice(range(expr)).map(str::to_owned)
}

/// The variable that is passed by reference: a temporary path is no copy.
fn borrowed(argument: &Expr) -> Option<String> {
    match argument {
        Expr::Reference(reference) => match &*reference.expr {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        },
        _ => None,
    }
}

/// The one `let` of that name in the blocks around the call.
fn binding<'a>(chain: &Chain<'a>, name: &str) -> Option<(&'a Local, &'a Ident)> {
    let statements = chain.nodes.iter().filter_map(|node| match node {
        Node::Block(block) => Some(&block.stmts),
        _ => None,
    });
    let mut found = statements.flatten().filter_map(|statement| match statement {
        Stmt::Local(local) => match &local.pat {
            Pat::Ident(bound) if bound.ident == name => Some((local, &bound.ident)),
            _ => None,
        },
        _ => None,
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The directory of a path that is made from another.
fn directory(site: &Site<'_>, template: &mut Template, init: &Expr) -> Option<TokenStream> {
    let Expr::MethodCall(call) = init else { return None };
    if !computes_only(&call.receiver) {
        return None;
    }
    match call.method.to_string().as_str() {
        "with_extension" | "with_file_name" => Some(parent(site, template, &call.receiver)),
        "join" => {
            let directory = template.expression(site, vec![Piece::Source(range(&*call.receiver))]);
            Some(match &*call.receiver {
                Expr::Path(_) | Expr::Field(_) => quote!(&#directory),
                _ => as_path(site, template, &call.receiver),
            })
        }
        _ => None,
    }
}
