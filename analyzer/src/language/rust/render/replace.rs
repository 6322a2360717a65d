//! `ReplaceAtomically`: the new content goes to a temporary sibling of a unique name, which then takes the place in one step.

use super::calls::{Failure, Library, act, head};
use super::create::{as_bytes, leaves};
use super::edit;
use super::exchange::computes_only;
use super::pieces::{Piece, Template};
use super::syntax::{Node, Site, block_range, evaluated_first, fresh, range};
use crate::language::Rendering;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Expr, Stmt};

/// Only `std::fs::write` is rendered. It is never complete: a temporary file has its own permissions, and a rename
/// replaces a symbolic link where a write goes through it.
pub fn replace_atomically(site: &Site<'_>) -> Option<Rendering> {
    let act = act(site, &site.act)?;
    if act.name != "write" || act.library != Library::Blocking {
        return None;
    }
    let (path, data) = (*act.arguments.first()?, *act.arguments.get(1)?);
    let head = head(&site.act, &act)?;
    let position = site.act.nodes.iter().rposition(|n| matches!(n, Node::Stmt(_)))?;
    let Some(Node::Stmt(statement)) = site.act.nodes.get(position) else { return None };
    let body = site.slice(block_range(site.body))?;
    let mut template = Template::default();
    let mut edits = vec![];

    // The path is used twice, so what makes it must not run twice.
    let target = if computes_only(path) {
        let bare = match path {
            Expr::Reference(r) => &*r.expr,
            path => path,
        };
        let (bare, whole) = (Piece::Source(range(bare)), Piece::Source(range(path)));
        (vec![bare], vec![whole])
    } else {
        if !evaluated_first(&site.act, position) {
            return None;
        }
        let start = range(*statement).start;
        let name = fresh("path", &[body]);
        let made = site.slice(range(path))?;
        edits.push(edit(start..start, format!("let {name} = {made};\n{}", site.indent(start))));
        (vec![Piece::new(&name)], vec![Piece::new(&name)])
    };
    let bare = template.expression(site, target.0);
    let whole = template.expression(site, target.1);
    let parent = quote! {
        std::path::Path::new(&#bare)
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(std::path::Path::new("."))
    };
    let bytes = as_bytes(site, data);
    let bytes = template.expression(site, bytes);
    let temporary = Ident::new(&fresh("temporary", &[body]), Span::call_site());

    let tail: TokenStream = site.slice(head.tail.clone())?.parse().ok()?;
    let plain_tail = head.failure == Failure::Panics || tail.to_string() == "?";
    let (replaced, code) = match statement {
        Stmt::Expr(expr, Some(semicolon)) if plain_tail && std::ptr::eq(expr, head.expr) => {
            let whole_statement = head.range.start..range(semicolon).end;
            let code = quote! {
                let mut #temporary = tempfile::NamedTempFile::new_in(#parent) #tail;
                std::io::Write::write_all(&mut #temporary, #bytes) #tail;
                #temporary.persist(#whole).map_err(|error| error.error) #tail;
            };
            (whole_statement, code)
        }
        _ if leaves(data) => return None,
        _ => {
            let code = quote! {
                tempfile::NamedTempFile::new_in(#parent).and_then(|mut #temporary| {
                    std::io::Write::write_all(&mut #temporary, #bytes)?;
                    #temporary.persist(#whole).map(drop).map_err(|error| error.error)
                })
            };
            (act.range.clone(), code)
        }
    };
    let text = template.print(site, &code, site.indent(replaced.start))?;
    edits.push(edit(replaced, text));
    Some(Rendering { edits, needs: vec!["the `tempfile` crate".to_owned()], complete: false })
}
