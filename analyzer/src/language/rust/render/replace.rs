//! `ReplaceAtomically`: the new content goes to a temporary sibling of a unique name, which then takes the place in one step.

use super::calls::{Act, Failure, Library, act, head};
use super::create::{as_bytes, leaves};
use super::edit;
use super::exchange::computes_only;
use super::pieces::{Piece, Template};
use super::syntax::{Node, Site, block_range, evaluated_first, fresh, mentions, range};
use super::types::{Known, known};
use crate::language::{Edit, Rendering};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::visit::{self, Visit};
use syn::{Expr, Pat, Stmt};

/// `fs::write`, and `File::create` whose handle is only written to. It is never complete: a temporary file has its own
/// permissions, and a rename replaces a symbolic link where a write goes through it.
pub fn replace_atomically(site: &Site<'_>) -> Option<Rendering> {
    let act = act(site, &site.act)?;
    match act.name.as_str() {
        _ if act.library != Library::Blocking => None,
        "write" => replace_write(site, act),
        "File::create" => replace_handle(site, &act),
        _ => None,
    }
}

fn replace_write(site: &Site<'_>, act: Act<'_>) -> Option<Rendering> {
    let (path, data) = (*act.arguments.first()?, *act.arguments.get(1)?);
    let head = head(&site.act, &act)?;
    let position = site.act.nodes.iter().rposition(|n| matches!(n, Node::Stmt(_)))?;
    let Some(Node::Stmt(statement)) = site.act.nodes.get(position) else { return None };
    let body = site.slice(block_range(site.body))?;
    let mut template = Template::default();
    let mut edits = vec![];

    // The path is used twice, so what makes it must not run twice.
    let (parent, whole) = if computes_only(path) {
        (parent(site, &mut template, path), vec![Piece::Source(range(path))])
    } else {
        if !evaluated_first(&site.act, position) {
            return None;
        }
        let start = range(*statement).start;
        let name = fresh("path", &[body]);
        let made = site.slice(range(path))?;
        edits.push(edit(start..start, format!("let {name} = {made};\n{}", site.indent(start))));
        let bare = template.expression(site, vec![Piece::new(&name)]);
        (parent_of(quote!(std::path::Path::new(&#bare))), vec![Piece::new(&name)])
    };
    let whole = template.expression(site, whole);
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
    Some(rendering(edits))
}

fn rendering(edits: Vec<Edit>) -> Rendering {
    Rendering { edits, needs: vec!["the `tempfile` crate".to_owned()], complete: false }
}

/// `let mut file = File::create(p)?;` and writes through `file`, or through a buffer around it: the temporary file takes the
/// handle's part, and is persisted after the last statement that uses it.
fn replace_handle(site: &Site<'_>, act: &Act<'_>) -> Option<Rendering> {
    let path = *act.arguments.first()?;
    let head = head(&site.act, act)?;
    let position = site.act.nodes.iter().rposition(|n| matches!(n, Node::Stmt(_)))?;
    let around = position.checked_sub(1).and_then(|above| site.act.nodes.get(above..=position))?;
    let [Node::Block(block), Node::Stmt(statement @ Stmt::Local(local))] = around else { return None };
    let init = local.init.as_ref().filter(|i| i.diverge.is_none())?;
    let buffered = match &*init.expr {
        made if std::ptr::eq(made, head.expr) => false,
        Expr::Call(c) if is_buffer(&c.func) && c.args.first().is_some_and(|a| std::ptr::eq(a, head.expr)) => {
            true
        }
        _ => return None,
    };
    let Pat::Ident(name) = &local.pat else { return None };
    if head.failure == Failure::Stays || !computes_only(path) {
        return None;
    }
    let index = block.stmts.iter().position(|s| std::ptr::eq(s, *statement))?;
    let mut uses = Uses { name: name.ident.to_string(), total: 0, writes: 0, synced: vec![] };
    let mut last = index;
    for (at, later) in block.stmts.iter().enumerate().skip(index + 1) {
        let before = uses.total;
        uses.visit_stmt(later);
        if uses.total > before {
            last = at;
        }
    }
    let last_statement = block.stmts.get(last)?;
    // Nothing can follow the block's value; a loop at its end has none.
    let is_loop = matches!(last_statement, Stmt::Expr(Expr::ForLoop(_) | Expr::While(_), _));
    let is_value = !is_loop && matches!(last_statement, Stmt::Expr(_, None)) && last + 1 == block.stmts.len();
    if uses.total == 0 || uses.total != uses.writes || is_value || buffered && !uses.synced.is_empty() {
        return None;
    }

    let mut template = Template::default();
    let parent = parent(site, &mut template, path);
    let indent = site.indent(head.range.start);
    let made = template.print(site, &quote!(tempfile::NamedTempFile::new_in(#parent)), indent)?;
    let tail: TokenStream = site.slice(head.tail.clone())?.parse().ok()?;
    let (handle, path) = (&name.ident, template.expression(site, vec![Piece::Source(range(path))]));
    let file = match buffered {
        true => quote!(#handle.into_inner().map_err(|error| error.into_error()) #tail),
        false => quote!(#handle),
    };
    let finish = quote!(#file.persist(#path).map_err(|error| error.error) #tail;);
    let end = range(last_statement).end;
    let indent = site.indent(range(last_statement).start);
    let finish = template.print(site, &finish, indent)?;
    let mut edits = vec![edit(act.range.clone(), made), edit(end..end, format!("\n{indent}{finish}"))];
    edits.extend(uses.synced.iter().map(|at| edit(*at..*at, ".as_file()")));
    Some(rendering(edits))
}

fn is_buffer(function: &Expr) -> bool {
    let Expr::Path(p) = function else { return false };
    let names: Vec<String> = p.path.segments.iter().rev().take(2).map(|s| s.ident.to_string()).collect();
    matches!(names.as_slice(), [new, owner] if new == "new" && (owner == "BufWriter" || owner == "LineWriter"))
}

/// How a handle is used: all mentions, and those that a temporary file can stand in for.
struct Uses {
    name: String,
    total: usize,
    writes: usize,
    /// Ends of the handle's name where the file below is meant.
    synced: Vec<usize>,
}

impl<'a> Visit<'a> for Uses {
    fn visit_expr(&mut self, e: &'a Expr) {
        let is_handle = |e: &Expr| matches!(e, Expr::Path(p) if p.path.is_ident(self.name.as_str()));
        match e {
            Expr::MethodCall(m) if is_handle(&m.receiver) => {
                let method = m.method.to_string();
                let sync = matches!(method.as_str(), "sync_all" | "sync_data");
                if sync {
                    self.synced.push(range(&*m.receiver).end);
                }
                self.writes += usize::from(
                    sync || matches!(method.as_str(), "write" | "write_all" | "write_fmt" | "flush"),
                );
            }
            Expr::Reference(r) if is_handle(&r.expr) => self.writes += 1,
            _ => {}
        }
        visit::visit_expr(self, e);
    }

    fn visit_ident(&mut self, ident: &'a Ident) {
        self.total += usize::from(ident == self.name.as_str());
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let tokens = mac.tokens.to_string();
        if mentions(&tokens, &self.name) {
            self.total += 1;
            let writes = mac.path.is_ident("write") || mac.path.is_ident("writeln");
            let target = tokens.split(',').next().unwrap_or_default();
            let rest = tokens.get(target.len()..).unwrap_or_default();
            let target = target.trim().trim_start_matches("&mut ").trim();
            self.writes += usize::from(writes && target == self.name && !mentions(rest, &self.name));
        }
    }
}

/// The directory that holds a path of the user's; the one of a bare file name is the working directory.
pub fn parent(site: &Site<'_>, template: &mut Template, path: &Expr) -> TokenStream {
    parent_of(as_path(site, template, path))
}

fn parent_of(path: TokenStream) -> TokenStream {
    quote! {
        #path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."))
    }
}

/// A path of the user's (any `AsRef<Path>`) as something that has the methods of `Path`.
pub fn as_path(site: &Site<'_>, template: &mut Template, path: &Expr) -> TokenStream {
    let bare = match path {
        Expr::Reference(r) => &*r.expr,
        path => path,
    };
    let slot = template.expression(site, vec![Piece::Source(range(bare))]);
    match bare {
        Expr::Path(_) | Expr::MethodCall(_) if matches!(known(site, bare), Some(Known::Path { .. })) => {
            quote!(#slot)
        }
        Expr::Lit(_) => quote!(std::path::Path::new(#slot)),
        _ => quote!(std::path::Path::new(&#slot)),
    }
}
