//! Creating only what is absent: `CreateAll`, `CreateNew`, `NoReplaceRename`.

use super::calls::{Act, Failure, Library, act, head, options};
use super::edit;
use super::exchange::{Swap, inside, statement_lines, swap};
use super::guard::{Other, diverges, guard};
use super::pieces::{Piece, Template};
use super::syntax::{Node, Site, enclosing_statement, evaluated_first, fresh, is_else_if, range};
use super::types::{Known, known};
use crate::language::{Edit, Rendering};
use quote::quote;
use std::ops::Range;
use syn::visit::{self, Visit};
use syn::{Expr, Lit, Pat, Stmt};

/// `CreateAll`: `create_dir_all` does what the check and the creation did together.
pub fn create_all(site: &Site<'_>) -> Option<Rendering> {
    let act = act(site, &site.act)?;
    let one = act.name == "create_dir";
    if !one && act.name != "create_dir_all" {
        return None;
    }
    let guard = guard(site)?;
    let mut edits = vec![];
    if one {
        let end = act.prefix.end + act.name.len();
        edits.push(edit(end..end, "_all"));
    }
    if guard.holds(&site.act) {
        let branch = guard.branch(&site.act)?;
        let [statement] = branch.block.stmts.as_slice() else { return None };
        // A branch for a place that is there, or statements beside the creation, hang on who created it.
        if branch.present || !matches!(branch.other, Other::Nothing) || !only_creates(site, &act, statement)?
        {
            return None;
        }
        let cuts = match &guard.cut {
            Some(cut) if guard.others_stand_alone(site) => vec![edit(cut.clone(), "")],
            Some(_) => return None,
            None => return Some(finish(&act, unwrapped(site, &act, guard.whole, statement, branch.block)?)),
        };
        edits.extend(cuts);
        return Some(finish(&act, edits));
    }
    // `if p.is_dir() { return Ok(()); } create_dir_all(p)?; Ok(())`: the early exit is what comes anyway.
    if !guard.present
        || guard.cut.is_some()
        || guard.node.else_branch.is_some()
        || !diverges(&guard.node.then_branch)
    {
        return None;
    }
    let chain = site.check.as_ref()?;
    let around = guard.position.checked_sub(2).and_then(|i| chain.nodes.get(i..guard.position))?;
    let [Node::Block(block), Node::Stmt(guard_statement)] = around else { return None };
    let guard_index = block.stmts.iter().position(|s| std::ptr::eq(s, *guard_statement))?;
    let (index, _) = enclosing_statement(&site.act, block)?;
    let rest = block.stmts.get(index + 1..)?;
    let exit = exit_value(site, &guard.node.then_branch.stmts)?;
    let end = match rest {
        [Stmt::Expr(end, None)] => site.slice(range(end))?,
        [] => "",
        _ => return None,
    };
    let whole_body = std::ptr::eq(*block, site.body);
    if index != guard_index + 1
        || exit != end
        || !whole_body
        || !only_creates(site, &act, block.stmts.get(index)?)?
    {
        return None;
    }
    edits.push(edit(statement_lines(site, range(*guard_statement)), ""));
    Some(finish(&act, edits))
}

/// A removal whose failure nobody looks at: it needs no check, and no match.
pub fn unguarded(site: &Site<'_>, act: &Act<'_>) -> Option<Vec<Edit>> {
    let (guard, head) = (guard(site)?, head(&site.act, act)?);
    let branch = guard.branch(&site.act)?;
    let [statement] = branch.block.stmts.as_slice() else { return None };
    let ignored = match statement {
        Stmt::Local(local) => {
            let init = local.init.as_ref()?;
            matches!(local.pat, Pat::Wild(_)) && std::ptr::eq(&*init.expr, head.expr)
        }
        Stmt::Expr(Expr::MethodCall(m), _) => m.method == "ok" && std::ptr::eq(&*m.receiver, head.expr),
        _ => false,
    };
    let fits = ignored && head.failure == Failure::Stays && branch.present && guard.exact;
    if !fits || !matches!(branch.other, Other::Nothing) {
        return None;
    }
    match &guard.cut {
        Some(cut) => guard.others_stand_alone(site).then(|| vec![edit(cut.clone(), "")]),
        None => unwrapped(site, act, guard.whole, statement, branch.block),
    }
}

fn finish(act: &Act<'_>, edits: Vec<Edit>) -> Rendering {
    Rendering { edits, needs: vec![], complete: act.certain }
}

/// The value of `return VALUE;`, the only statement.
fn exit_value<'a>(site: &Site<'a>, statements: &[Stmt]) -> Option<&'a str> {
    match statements {
        [Stmt::Expr(Expr::Return(r), _)] => {
            r.expr.as_ref().map_or(Some(""), |value| site.slice(range(&**value)))
        }
        _ => None,
    }
}

/// Whether a statement only creates, and does nothing else when that works.
fn only_creates(site: &Site<'_>, act: &Act<'_>, statement: &Stmt) -> Option<bool> {
    let head = head(&site.act, act)?;
    let position =
        site.act.nodes.iter().position(|n| matches!(n, Node::Stmt(s) if std::ptr::eq(*s, statement)))?;
    let first = evaluated_first(&site.act, position);
    Some(match statement {
        Stmt::Expr(Expr::If(node), _) => {
            let failed = matches!(&*node.cond, Expr::Let(l) if is_err_pattern(&l.pat) && std::ptr::eq(&*l.expr, head.expr));
            first && failed && node.else_branch.is_none()
        }
        Stmt::Expr(Expr::MethodCall(m), _) if m.method == "ok" => std::ptr::eq(&*m.receiver, head.expr),
        Stmt::Expr(expr, _) => std::ptr::eq(expr, head.expr) && head.failure != Failure::Stays,
        Stmt::Local(local) => first && matches!(local.pat, Pat::Wild(_)),
        _ => false,
    })
}

fn is_err_pattern(pattern: &Pat) -> bool {
    matches!(pattern, Pat::TupleStruct(p) if p.path.is_ident("Err"))
}

/// The inside of the guard's block in place of the whole `if`.
fn unwrapped(
    site: &Site<'_>,
    act: &Act<'_>,
    whole: &Expr,
    statement: &Stmt,
    block: &syn::Block,
) -> Option<Vec<Edit>> {
    let inner = inside(site, block)?;
    let target = range(whole);
    let mut pieces =
        renamed(act, inner.clone(), if act.name == "create_dir" { "create_dir_all" } else { &act.name });
    let open = matches!(statement, Stmt::Expr(_, None)) && !matches!(statement, Stmt::Expr(Expr::If(_), _));
    let chain = site.check.as_ref()?;
    let in_block = chain.nodes.iter().zip(chain.nodes.iter().skip(1)).any(
        |(outer, node)| matches!((outer, node), (Node::Stmt(_), Node::Expr(e)) if std::ptr::eq(*e, whole)),
    );
    if open {
        pieces.push(Piece::new(";"));
    }
    let mut template = Template::default();
    let slot = template.statements(site, pieces);
    let code = if in_block && !is_else_if(chain, whole) { quote!(#slot;) } else { quote!({ #slot; }) };
    let text = template.print(site, &code, site.indent(target.start))?;
    Some(vec![edit(target, text)])
}

/// A range that holds the act, with the act's last segment replaced.
fn renamed(act: &Act<'_>, whole: Range<usize>, name: &str) -> Vec<Piece> {
    let old = act.name.rsplit("::").next().unwrap_or(&act.name).len();
    let start = act.prefix.end;
    vec![Piece::Source(whole.start..start), Piece::new(name), Piece::Source(start + old..whole.end)]
}

/// `CreateNew`: the creation's own `AlreadyExists` is the check.
pub fn create_new(site: &Site<'_>) -> Option<Rendering> {
    let act = act(site, &site.act)?;
    let mut template = Template::default();
    let mut inner = vec![Piece::Outcome];
    let mut prelude = None;
    let attempt = match act.name.as_str() {
        "write" if act.library == Library::Blocking => {
            let path = template.expression(site, vec![Piece::Source(range(*act.arguments.first()?))]);
            (inner, prelude) = written(site, &act)?;
            quote!(std::fs::File::create_new(#path))
        }
        "File::create" => {
            let whole = template.expression(site, renamed(&act, act.range.clone(), "create_new"));
            quote!(#whole)
        }
        "OpenOptions::open" => {
            let options = options(site.act.call);
            let (create, _) = options.iter().find(|(o, on)| o.method == "create" && *on)?;
            let method = range(&create.method);
            let whole = template.expression(
                site,
                vec![
                    Piece::Source(act.range.start..method.start),
                    Piece::new("create_new"),
                    Piece::Source(method.end..act.range.end),
                ],
            );
            quote!(#whole)
        }
        "create_dir" | "hard_link" | "symlink" | "symlink_file" | "symlink_dir" => {
            let whole = template.expression(site, vec![Piece::Source(act.range.clone())]);
            quote!(#whole)
        }
        _ => return None,
    };
    swap(
        site,
        Swap {
            template,
            attempt,
            kind: "AlreadyExists",
            inner,
            prelude,
            unit: !act.name.contains("::"),
            on_present: false,
            needs: vec![],
            complete: act.certain,
            act,
        },
    )
}

/// What makes the act of the opened file: nothing for `File::create`, writing the data for `write`. The second is a statement that
/// must come before the file is there: data whose making can leave the function must not leave an empty file behind.
pub fn written(site: &Site<'_>, act: &Act<'_>) -> Option<(Vec<Piece>, Option<Vec<Piece>>)> {
    if act.name != "write" {
        return Some((vec![Piece::Outcome], None));
    }
    let data = *act.arguments.get(1)?;
    let body = site.slice(super::syntax::block_range(site.body))?;
    let (bytes, prelude) = if leaves(data) {
        let name = fresh("contents", &[body]);
        let prelude = vec![Piece::new(format!("let {name} = ")), Piece::Source(range(data)), Piece::new(";")];
        (vec![Piece::new(format!("AsRef::<[u8]>::as_ref(&{name})"))], Some(prelude))
    } else {
        (as_bytes(site, data), None)
    };
    let plain = head(&site.act, act).is_some_and(|h| site.slice(h.tail) == Some("?"));
    let mut pieces = if plain {
        vec![Piece::new("std::io::Write::write_all(&mut "), Piece::Outcome, Piece::new("?, ")]
    } else {
        let file = fresh("file", &[site.slice(range(data))?]);
        vec![
            Piece::Outcome,
            Piece::new(format!(".and_then(|mut {file}| std::io::Write::write_all(&mut {file}, ")),
        ]
    };
    pieces.extend(bytes);
    pieces.push(Piece::new(if plain { ")" } else { "))" }));
    Some((pieces, prelude))
}

/// Data that `fs::write` takes (any `AsRef<[u8]>`) as a `&[u8]`.
pub fn as_bytes(site: &Site<'_>, data: &Expr) -> Vec<Piece> {
    let source = Piece::Source(range(data));
    match known(site, data) {
        Some(Known::Text) if !matches!(data, Expr::Reference(_)) => {
            return vec![source, Piece::new(".as_bytes()")];
        }
        Some(Known::Bytes) => return vec![Piece::new("&"), source],
        Some(Known::BorrowedBytes) => return vec![source],
        _ => {}
    }
    match data {
        Expr::Lit(l) => match &l.lit {
            Lit::ByteStr(_) => vec![source],
            Lit::Str(s)
                if s.value().is_ascii() && !site.slice(range(data)).is_some_and(|t| t.contains("\\u")) =>
            {
                vec![Piece::new("b"), source]
            }
            _ => vec![source, Piece::new(".as_bytes()")],
        },
        Expr::Macro(m) if m.mac.path.is_ident("format") => vec![source, Piece::new(".as_bytes()")],
        Expr::MethodCall(m) if m.method == "as_bytes" => vec![source],
        Expr::Reference(r) if r.mutability.is_none() => {
            vec![Piece::new("AsRef::<[u8]>::as_ref("), source, Piece::new(")")]
        }
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Index(_)
        | Expr::Paren(_)
        | Expr::Macro(_)
        | Expr::Try(_)
        | Expr::Await(_) => vec![Piece::new("AsRef::<[u8]>::as_ref(&"), source, Piece::new(")")],
        _ => vec![Piece::new("AsRef::<[u8]>::as_ref(&("), source, Piece::new("))")],
    }
}

/// Whether evaluating an expression can leave the function or wait, so that it cannot stand in a closure.
pub fn leaves(expr: &Expr) -> bool {
    struct Leaves(bool);
    impl<'a> Visit<'a> for Leaves {
        fn visit_expr(&mut self, e: &'a Expr) {
            match e {
                Expr::Try(_) | Expr::Await(_) | Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {
                    self.0 = true
                }
                // What a macro's tokens do is not known, but a question mark says enough.
                Expr::Macro(m) => {
                    self.0 |=
                        m.mac.tokens.to_string().contains(['?']) || m.mac.tokens.to_string().contains("await")
                }
                Expr::Closure(_) | Expr::Async(_) => {}
                _ => visit::visit_expr(self, e),
            }
        }
    }
    let mut leaves = Leaves(false);
    leaves.visit_expr(expr);
    leaves.0
}

/// `NoReplaceRename`: a hard link fails where the name is taken, then the old name goes.
pub fn no_replace_rename(site: &Site<'_>) -> Option<Rendering> {
    let act = act(site, &site.act)?;
    if act.name != "rename" || act.library != Library::Blocking {
        return None;
    }
    let (from, to) = (*act.arguments.first()?, *act.arguments.get(1)?);
    if !super::exchange::computes_only(from) {
        return None;
    }
    // The old path is used twice now, so it is borrowed.
    let borrow = matches!(from, Expr::Path(_) | Expr::Field(_))
        && known(site, from) != Some(Known::Path { borrowed: true });
    let old = || {
        let mut pieces = if borrow { vec![Piece::new("&")] } else { vec![] };
        pieces.push(Piece::Source(range(from)));
        pieces
    };
    let mut template = Template::default();
    let prefix = if act.prefix.is_empty() { "std::fs::" } else { site.slice(act.prefix.clone())? };
    let mut link = vec![Piece::new(format!("{prefix}hard_link("))];
    link.extend(old());
    link.extend([Piece::new(", "), Piece::Source(range(to)), Piece::new(")")]);
    let attempt = template.expression(site, link);
    let mut inner = vec![Piece::Outcome, Piece::new(format!(".and_then(|()| {prefix}remove_file("))];
    inner.extend(old());
    inner.push(Piece::new("))"));
    swap(
        site,
        Swap {
            template,
            attempt: quote!(#attempt),
            kind: "AlreadyExists",
            inner,
            prelude: None,
            unit: true,
            on_present: false,
            needs: vec!["a file, not a directory, on a filesystem with hard links".to_owned()],
            complete: false,
            act,
        },
    )
}
