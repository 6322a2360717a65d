//! `CreateWithMode`: the file is made for its owner alone. What is changed afterwards stays: it holds for a file that was there.

use super::calls::{Act, Library, act};
use super::create::{as_bytes, leaves};
use super::edit;
use super::pieces::{Piece, Template};
use super::syntax::{Chain, Site, range};
use crate::language::{Edit, Rendering};
use quote::quote;
use syn::Expr;

/// `File::create`, `fs::write`, and the open of an `OpenOptions` written on the spot. The check is the creation.
pub fn create_with_mode(site: &Site<'_>) -> Option<Rendering> {
    let chain = site.check.as_ref()?;
    let made = act(site, chain)?;
    // The trait with the method is std's.
    if made.library != Library::Blocking || site.slice(made.range.clone())?.contains("fs_err") {
        return None;
    }
    let made_edit = match made.name.as_str() {
        "File::create" => whole(site, &made, None)?,
        "write" => whole(site, &made, made.arguments.get(1).copied())?,
        "OpenOptions::open" => option(chain)?,
        _ => return None,
    };
    let first = site.body.stmts.first()?;
    let start = range(first).start;
    let import = format!("use std::os::unix::fs::OpenOptionsExt as _;\n{}", site.indent(start));
    Some(Rendering {
        edits: vec![edit(start..start, import), made_edit],
        needs: vec![],
        complete: made.certain,
    })
}

/// In place of a call that makes the file by itself.
fn whole(site: &Site<'_>, made: &Act<'_>, data: Option<&Expr>) -> Option<Edit> {
    let mut template = Template::default();
    let path = template.expression(site, vec![Piece::Source(range(*made.arguments.first()?))]);
    let opened = quote! {
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(#path)
    };
    let code = match data {
        Some(data) if leaves(data) => return None,
        Some(data) => {
            let bytes = as_bytes(site, data);
            let bytes = template.expression(site, bytes);
            quote!(#opened.and_then(|mut file| std::io::Write::write_all(&mut file, #bytes)))
        }
        None => opened,
    };
    let text = template.print(site, &code, site.indent(made.range.start))?;
    Some(edit(made.range.clone(), text))
}

/// A further option before the open.
fn option(chain: &Chain<'_>) -> Option<Edit> {
    let Expr::MethodCall(open) = chain.call else { return None };
    let end = range(&*open.receiver).end;
    Some(edit(end..end, ".mode(0o600)"))
}
