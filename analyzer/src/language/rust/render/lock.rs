//! `LockAround`: one exclusive lock is taken before the read and held until the block that holds read and write ends.

use super::calls::{Act, Failure, Head, Library, act, head};
use super::edit;
use super::exchange::bound_names;
use super::pieces::Template;
use super::syntax::{Chain, Node, Site, block_range, bytes, find, fresh, mentions, range};
use crate::language::{Rendering, RewriteRequest};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Expr, ReturnType, Stmt};

/// Takes a lock file beside the read's place, by std's `File::lock`.
pub fn lock_around(site: &Site<'_>, request: &RewriteRequest<'_>) -> Option<Rendering> {
    let read = find(site.body, bytes(request.read?))?;
    let (at, statements) = common_block(&read, &site.act)?;
    let (first, scope) = (statements.first()?, bound_names(statements));
    let read_act = act(site, &read);
    let write_act = act(site, &site.act);

    // The path must mean the same before the read's statement.
    let path = [read_act.as_ref().zip(Some(&read)), write_act.as_ref().zip(Some(&site.act))]
        .into_iter()
        .flatten()
        .filter_map(|(act, chain)| path_of(act, chain))
        .find(|path| {
            let text = site.slice(range(*path)).unwrap_or_default();
            // A lock file that is its own lock would be truncated by the lock's creation.
            !text.contains("lock")
                && !scope.iter().any(|name| mentions(text, name))
                && super::exchange::computes_only(path)
        })?;
    if request.place.to_string().contains("lock") {
        return None;
    }

    let heads = [read_act.as_ref().zip(Some(&read)), write_act.as_ref().zip(Some(&site.act))];
    let heads: Vec<Head<'_>> =
        heads.into_iter().flatten().filter_map(|(act, chain)| head(chain, act)).collect();
    let deferred = [&read, &site.act].iter().any(|chain| {
        let below = chain.nodes.get(at..).unwrap_or_default();
        below.iter().any(|n| matches!(n, Node::Expr(Expr::Closure(_) | Expr::Async(_))))
    });
    let (tail, sure) = tail(site, &heads, &read, at)?;
    let body = site.slice(block_range(site.body))?;
    let blocking =
        [&read_act, &write_act].iter().all(|a| a.as_ref().is_none_or(|a| a.library == Library::Blocking));
    let certain = read_act.is_some_and(|a| a.certain);
    // Where the directory is made between read and write, the lock file cannot be made before.
    let complete = sure
        && certain
        && blocking
        && !deferred
        && site.signature.asyncness.is_none()
        && !body.contains("create_dir");

    let mut template = Template::default();
    let path = super::replace::as_path(site, &mut template, path);
    let lock = Ident::new(&fresh("lock", &[body]), Span::call_site());
    let code = quote! {
        let #lock = std::fs::File::create(#path.with_extension("lock")) #tail;
        #lock.lock() #tail;
    };
    let start = range(first).start;
    let indent = site.indent(start);
    let text = template.print(site, &code, indent)?;
    Some(Rendering {
        edits: vec![edit(start..start, format!("{text}\n{indent}"))],
        needs: vec!["Rust 1.89 (`File::lock`)".to_owned()],
        complete,
    })
}

/// The innermost block that holds both calls: its position in the chains, and its statements from the first of them on.
fn common_block<'a>(read: &Chain<'a>, write: &Chain<'a>) -> Option<(usize, &'a [Stmt])> {
    let shared = |(a, b): &(&Node<'a>, &Node<'a>)| match (a, b) {
        (Node::Block(a), Node::Block(b)) => std::ptr::eq(*a, *b),
        (Node::Expr(a), Node::Expr(b)) => std::ptr::eq(*a, *b),
        (Node::Stmt(a), Node::Stmt(b)) => std::ptr::eq(*a, *b),
        (Node::Arm(a), Node::Arm(b)) => std::ptr::eq(*a, *b),
        _ => false,
    };
    let together = read.nodes.iter().zip(&write.nodes).take_while(shared).count();
    let at = read.nodes.get(..together)?.iter().rposition(|n| matches!(n, Node::Block(_)))?;
    let Some(Node::Block(block)) = read.nodes.get(at) else { return None };
    let Some(Node::Stmt(statement)) = read.nodes.get(at + 1) else { return None };
    let index = block.stmts.iter().position(|s| std::ptr::eq(s, *statement))?;
    Some((at, block.stmts.get(index..)?))
}

fn path_of<'a>(act: &Act<'a>, chain: &Chain<'a>) -> Option<&'a Expr> {
    match (act.arguments.first(), chain.call) {
        (Some(path), _) => Some(path),
        (None, Expr::MethodCall(m)) => Some(&m.receiver),
        _ => None,
    }
}

/// How the lock's failure leaves, as the read's or the write's does, and whether that surely compiles.
fn tail(site: &Site<'_>, heads: &[Head<'_>], read: &Chain<'_>, at: usize) -> Option<(TokenStream, bool)> {
    let in_closure =
        |below: &[Node<'_>]| below.iter().any(|n| matches!(n, Node::Expr(Expr::Closure(_) | Expr::Async(_))));
    if let Some(head) = heads.iter().find(|h| h.failure != Failure::Stays) {
        let text = site.slice(head.tail.clone())?;
        return match head.failure {
            Failure::Panics => Some((text.parse().ok()?, true)),
            _ => Some((quote!(?), text.trim() == "?")),
        };
    }
    let result = match &site.signature.output {
        ReturnType::Type(_, output) => site.slice(range(&**output))?.contains("Result"),
        ReturnType::Default => false,
    };
    (result && !in_closure(read.nodes.get(..at)?)).then(|| (quote!(?), false))
}
