//! Exchanging a check for the act's own answer: the act is tried, and the failure that says what the check would have said takes the
//! branch that the check would have taken.

use super::calls::{Act, Failure, Head, act, head, options};
use super::edit;
use super::guard::{Guard, Other, diverges, guard};
use super::pieces::{Piece, Template};
use super::syntax::{
    Node, Site, block_range, enclosing_statement, evaluated_first, fresh, is_else_if, mentions, range,
};
use crate::language::{Edit, Rendering};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::ops::Range;
use syn::visit::{self, Visit};
use syn::{Block, Expr, PatIdent, Stmt};

/// An early exit longer than this is not written a second time.
const MAX_EXIT_LINES: usize = 4;

/// An act that answers the check's question itself.
pub struct Swap<'a> {
    /// The act.
    pub act: Act<'a>,
    /// Holds the slots of `attempt`.
    pub template: Template,
    /// The expression to try, which gives an `io::Result`.
    pub attempt: TokenStream,
    /// Variant of `io::ErrorKind` by which the attempt says that the check's branch for the act was not to be taken.
    pub kind: &'static str,
    /// What stands for the act where it stood, made of the attempt's result.
    pub inner: Vec<Piece>,
    /// A statement that must run before the attempt.
    pub prelude: Option<Vec<Piece>>,
    /// Whether the act's value is `()`.
    pub unit: bool,
    /// Whether the act belongs to the branch for a place that is there.
    pub on_present: bool,
    /// What the edits need besides.
    pub needs: Vec<String>,
    /// Whether the edits keep all that the code promises.
    pub complete: bool,
}

/// `RemoveIfPresent`: the removal's own `NotFound` is the check.
pub fn remove_if_present(site: &Site<'_>) -> Option<Rendering> {
    let act = act(site, &site.act)?;
    if !matches!(act.name.as_str(), "remove_file" | "remove_dir" | "remove_dir_all") {
        return None;
    }
    if let Some(edits) = super::create::unguarded(site, &act) {
        return Some(Rendering { edits, needs: vec![], complete: act.certain });
    }
    let mut template = Template::default();
    let attempt = template.expression(site, vec![Piece::Source(act.range.clone())]);
    swap(
        site,
        Swap {
            template,
            attempt: quote!(#attempt),
            kind: "NotFound",
            inner: vec![Piece::Outcome],
            prelude: None,
            unit: true,
            on_present: true,
            needs: vec![],
            complete: act.certain,
            act,
        },
    )
}

/// `OpenThenMatch`: the use's own `NotFound` is the check. Nothing that would create the place is tried.
pub fn open_then_match(site: &Site<'_>) -> Option<Rendering> {
    const READS: &[&str] = &[
        "read",
        "read_to_string",
        "read_dir",
        "metadata",
        "symlink_metadata",
        "read_link",
        "canonicalize",
        "File::open",
    ];
    let act = act(site, &site.act)?;
    let mut template = Template::default();
    let (attempt, inner, prelude) = match act.name.as_str() {
        // A write or create below a check that the file is there must not create it when it is gone.
        "write" | "File::create" if act.library == super::calls::Library::Blocking => {
            let path = *act.arguments.first()?;
            let path = template.expression(site, vec![Piece::Source(range(path))]);
            let open = quote!(std::fs::OpenOptions::new().write(true).truncate(true).open(#path));
            let (inner, prelude) = super::create::written(site, &act)?;
            (open, inner, prelude)
        }
        "OpenOptions::open"
            if options(site.act.call)
                .iter()
                .any(|(o, _)| o.method == "create" || o.method == "create_new") =>
        {
            return None;
        }
        name if name == "OpenOptions::open" || READS.contains(&name) => {
            let whole = template.expression(site, vec![Piece::Source(act.range.clone())]);
            (quote!(#whole), vec![Piece::Outcome], None)
        }
        _ => return None,
    };
    swap(
        site,
        Swap {
            template,
            attempt,
            kind: "NotFound",
            inner,
            prelude,
            unit: act.name == "write",
            on_present: true,
            needs: vec![],
            complete: act.certain,
            act,
        },
    )
}

/// Puts a swap in place of the guard and the act.
pub fn swap<'a>(site: &Site<'a>, mut swap: Swap<'a>) -> Option<Rendering> {
    let guard = guard(site)?;
    let edits = if guard.holds(&site.act) {
        within(site, &guard, &mut swap)?
    } else if guard.present != swap.on_present {
        past(site, &guard, &mut swap)?
    } else {
        return None;
    };
    Some(Rendering { edits, needs: swap.needs, complete: swap.complete })
}

/// The inside of a block without the blanks around it.
pub fn inside(site: &Site<'_>, block: &Block) -> Option<Range<usize>> {
    let whole = block_range(block);
    let (start, end) = (whole.start + 1, whole.end.checked_sub(1)?);
    let text = site.slice(start..end)?;
    let left = text.len() - text.trim_start().len();
    Some(start + left..(start + text.trim_end().len()).max(start + left))
}

/// The act stands in a branch of the guard.
fn within(site: &Site<'_>, guard: &Guard<'_>, swap: &mut Swap<'_>) -> Option<Vec<Edit>> {
    let branch = guard.branch(&site.act)?;
    let other = match branch.other {
        Other::Nothing => None,
        Other::Block(block) => Some(block_range(block)),
        Other::Chained(expr) => Some(range(expr)),
    };
    // The `else` of `exists && other` says nothing about the place.
    if branch.present != swap.on_present || guard.cut.is_some() && branch.is_else {
        return None;
    }
    let (index, position) = enclosing_statement(&site.act, branch.block)?;
    let first = index == 0 && swap.prelude.is_none();
    // Where the check asks for the kind as well, its other answer is not the attempt's failure alone.
    let exchanged = guard.exact || !swap.on_present && other.is_none();
    let whole = first && exchanged && guard.cut.is_none();
    if !evaluated_first(&site.act, position) || other.is_some() && !whole {
        return in_place(site, swap);
    }
    let inner = inside(site, branch.block)?;
    let statement = branch.block.stmts.get(index)?;
    let start = if first { inner.start } else { range(statement).start };
    let arm = start..inner.end;
    let other_text = other.and_then(|r| site.slice(r)).unwrap_or_default();
    let names = Names::new(other_text, site.slice(arm.clone())?);
    swap.template.name_outcome(&names.outcome);
    let gone = match branch.other {
        Other::Nothing => quote!({}),
        Other::Block(block) => branch_arm(site, &mut swap.template, block)?,
        Other::Chained(expr) => {
            let slot = swap.template.expression(site, vec![Piece::Source(range(expr))]);
            quote!(#slot)
        }
    };
    let done = statements_arm(site, swap, statement, arm.clone())?;
    let code = matching(swap, &names, &gone, &done)?;
    if whole {
        swap.complete &= guard.exact;
        let target = range(guard.whole);
        let braced = is_else_if(site.check.as_ref()?, guard.whole);
        let code = if braced { quote!({ #code }) } else { code };
        let text = swap.template.print(site, &code, site.indent(target.start))?;
        return Some(vec![edit(target, text)]);
    }
    let text = swap.template.print(site, &code, site.indent(arm.start))?;
    if first && exchanged && guard.others_stand_alone(site) {
        // The other conditions stay, the check goes.
        swap.complete &= guard.exact;
        return Some(vec![edit(guard.cut.clone()?, ""), edit(arm, text)]);
    }
    // Something else depends on the check, so it stays, as a hint; what decides is the attempt.
    swap.complete &= guard.exact || swap.on_present;
    let prelude = prelude(site, swap, arm.start)?;
    Some(vec![edit(arm, format!("{prelude}{text}"))])
}

/// Somewhere below the guard, a removal that is a statement of its own: that there is nothing to remove is no failure of it.
fn in_place(site: &Site<'_>, swap: &mut Swap<'_>) -> Option<Vec<Edit>> {
    let head = head(&site.act, &swap.act)?;
    let statement = site.act.nodes.iter().rev().find_map(|n| match n {
        Node::Stmt(s) => Some(*s),
        _ => None,
    })?;
    let Stmt::Expr(expr, Some(semicolon)) = statement else { return None };
    let removal = swap.kind == "NotFound" && swap.unit && swap.prelude.is_none() && swap.act.name != "write";
    if !removal || !std::ptr::eq(expr, head.expr) || head.failure == Failure::Stays {
        return None;
    }
    let target = head.range.start..range(semicolon).end;
    let names = Names::new("", site.slice(target.clone())?);
    swap.template.name_outcome(&names.outcome);
    let pieces = vec![Piece::Outcome, Piece::Source(head.tail.clone())];
    let done = swap.template.expression_at(site, pieces, head.range.start);
    let code = matching(swap, &names, &quote!({}), &quote!(#done))?;
    let text = swap.template.print(site, &code, site.indent(target.start))?;
    Some(vec![edit(target, text)])
}

/// The act stands after a guard that leaves early.
fn past(site: &Site<'_>, guard: &Guard<'_>, swap: &mut Swap<'_>) -> Option<Vec<Edit>> {
    let exit = &guard.node.then_branch;
    if guard.node.else_branch.is_some() || guard.cut.is_some() || !diverges(exit) {
        return None;
    }
    let chain = site.check.as_ref()?;
    let outer = guard.position.checked_sub(2).and_then(|i| chain.nodes.get(i..guard.position))?;
    let [Node::Block(block), Node::Stmt(guard_statement)] = outer else { return None };
    let guard_index = block.stmts.iter().position(|s| std::ptr::eq(s, *guard_statement))?;
    let (index, position) = enclosing_statement(&site.act, block)?;
    if index <= guard_index || !evaluated_first(&site.act, position) {
        return None;
    }
    let between = block.stmts.get(guard_index + 1..index)?;
    let statement = block.stmts.get(index)?;
    let exit_inner = inside(site, exit)?;
    let exit_text = site.slice(exit_inner.clone())?;
    if bound_names(between).iter().any(|name| mentions(exit_text, name)) {
        return None;
    }
    // The check stays where it asks for more than the attempt answers, or where work stands between the two.
    let keep = swap.prelude.is_some() || !guard.exact && swap.on_present || !between.iter().all(is_plain);
    swap.complete &= keep || guard.exact;
    if keep && exit_text.lines().count() > MAX_EXIT_LINES {
        // The exit would have to be written twice.
        return None;
    }
    let head = head(&site.act, &swap.act)?;
    let tail = site.slice(head.tail.clone())?;
    let names = Names::new(exit_text, tail);
    swap.template.name_outcome(&names.outcome);
    let gone = branch_arm(site, &mut swap.template, exit)?;
    let mut done = swap.inner.clone();
    done.push(Piece::Source(head.tail.clone()));
    let done = swap.template.expression_at(site, done, head.range.start);
    let code = matching(swap, &names, &gone, &quote!(#done))?;
    let start = range(statement).start;
    let indent = site.indent(start);
    let printed = swap.template.print(site, &code, indent)?;
    let before = prelude(site, swap, start)?;
    let mut edits = vec![];
    if !keep {
        edits.push(edit(statement_lines(site, range(*guard_statement)), ""));
    }
    match placement(site, &head, statement, position)? {
        Placement::InPlace => {
            // A match of type `()` is a statement without its semicolon.
            let end = match statement {
                Stmt::Expr(expr, Some(semicolon)) if swap.unit && std::ptr::eq(expr, head.expr) => {
                    range(semicolon).end
                }
                _ => head.range.end,
            };
            edits.push(edit(head.range.start..end, printed));
            if !before.is_empty() {
                edits.push(edit(start..start, before));
            }
        }
        Placement::Before { mutable } => {
            let name = fresh(value_name(&swap.act.name), &[site.slice(block_range(site.body))?]);
            let binding = if mutable { "let mut" } else { "let" };
            edits.push(edit(start..start, format!("{before}{binding} {name} = {printed};\n{indent}")));
            edits.push(edit(head.range, name));
        }
    }
    Some(edits)
}

/// Names that mean nothing yet where they will stand.
struct Names {
    error: Ident,
    outcome: String,
}

impl Names {
    fn new(gone: &str, done: &str) -> Self {
        let error = fresh("error", &[gone]);
        Names { error: Ident::new(&error, proc_macro2::Span::call_site()), outcome: fresh("result", &[done]) }
    }
}

fn matching(swap: &Swap<'_>, names: &Names, gone: &TokenStream, done: &TokenStream) -> Option<TokenStream> {
    let (attempt, error) = (&swap.attempt, &names.error);
    let outcome: Ident = syn::parse_str(&names.outcome).ok()?;
    let kind: Ident = syn::parse_str(swap.kind).ok()?;
    Some(quote! {
        match #attempt {
            Err(#error) if #error.kind() == std::io::ErrorKind::#kind => #gone,
            #outcome => #done,
        }
    })
}

fn prelude(site: &Site<'_>, swap: &Swap<'_>, at: usize) -> Option<String> {
    let Some(pieces) = &swap.prelude else { return Some(String::new()) };
    let indent = site.indent(at);
    let text = swap.template.text_of(site, pieces, indent, indent)?;
    Some(format!("{text}\n{indent}"))
}

/// A branch of the guard as the body of an arm.
fn branch_arm(site: &Site<'_>, template: &mut Template, block: &Block) -> Option<TokenStream> {
    let inner = inside(site, block)?;
    let text = site.slice(inner.clone())?;
    if text.is_empty() {
        return Some(quote!({}));
    }
    let only = match block.stmts.as_slice() {
        [Stmt::Expr(expr, None)] => Some(range(expr)),
        [
            Stmt::Expr(
                expr @ (Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Macro(_)),
                Some(_),
            ),
        ] => Some(range(expr)),
        [Stmt::Macro(m)] if diverges(block) => Some(range(&m.mac)),
        _ => None,
    };
    Some(match only {
        Some(only) if text.trim_end_matches(';').trim_end() == site.slice(only.clone())? => {
            let slot = template.expression(site, vec![Piece::Source(only)]);
            quote!(#slot)
        }
        _ => {
            let slot = template.block(site, block_range(block));
            quote!(#slot)
        }
    })
}

/// The statements of the act's branch as the body of an arm, with the attempt's result in the act's stead.
fn statements_arm(
    site: &Site<'_>,
    swap: &mut Swap<'_>,
    statement: &Stmt,
    arm: Range<usize>,
) -> Option<TokenStream> {
    let pieces = |end: usize| {
        let mut pieces = vec![];
        if arm.start < swap.act.range.start {
            pieces.push(Piece::Source(arm.start..swap.act.range.start));
        }
        pieces.extend(swap.inner.iter().cloned());
        if swap.act.range.end < end {
            pieces.push(Piece::Source(swap.act.range.end..end));
        }
        pieces
    };
    if range(statement) == arm
        && let Stmt::Expr(expr, semicolon) = statement
        && !matches!(expr, Expr::If(_) | Expr::Match(_) | Expr::ForLoop(_) | Expr::Block(_) | Expr::Let(_))
    {
        let whole = head(&site.act, &swap.act)?.range == range(expr);
        if semicolon.is_none() || whole && swap.unit || matches!(expr, Expr::Return(_)) {
            let pieces = pieces(range(expr).end);
            let slot = swap.template.expression(site, pieces);
            return Some(quote!(#slot));
        }
    }
    let pieces = pieces(arm.end);
    let slot = swap.template.statements(site, pieces);
    Some(quote!({ #slot; }))
}

enum Placement {
    /// The match replaces the act and its tail.
    InPlace,
    /// The match is bound to a name before the statement.
    Before { mutable: bool },
}

fn placement(site: &Site<'_>, head: &Head<'_>, statement: &Stmt, position: usize) -> Option<Placement> {
    let direct = |e: &Expr| std::ptr::eq(e, head.expr);
    match statement {
        Stmt::Expr(e, _) if direct(e) => return Some(Placement::InPlace),
        Stmt::Expr(Expr::Return(r), _) if r.expr.as_deref().is_some_and(direct) => {
            return Some(Placement::InPlace);
        }
        Stmt::Local(local) => {
            let init = local.init.as_ref()?;
            if direct(&init.expr) {
                // A block's brace may not stand before the `else` of a `let`.
                return init.diverge.is_none().then_some(Placement::InPlace);
            }
        }
        _ => {}
    }
    const THROUGH_MUT: &[&str] =
        &["read", "read_to_string", "read_to_end", "read_exact", "write", "write_all", "seek", "flush"];
    let above = site.act.nodes.get(position..head.position)?;
    if above.iter().any(|n| matches!(n, Node::Block(_))) {
        return None;
    }
    match above.last()? {
        Node::Expr(Expr::Reference(r)) if r.mutability.is_some() => Some(Placement::Before { mutable: true }),
        Node::Expr(Expr::MethodCall(m)) if head.failure != Failure::Stays => {
            Some(Placement::Before { mutable: THROUGH_MUT.iter().any(|t| m.method == t) })
        }
        _ => Some(Placement::Before { mutable: false }),
    }
}

fn value_name(act: &str) -> &'static str {
    match act {
        "read" | "read_to_string" => "contents",
        "read_dir" => "entries",
        "metadata" | "symlink_metadata" => "metadata",
        "canonicalize" | "read_link" => "target",
        "File::open" | "File::create" | "OpenOptions::open" => "file",
        _ => "outcome",
    }
}

/// The statement's whole lines, if it has them to itself, and a blank line that nothing needs any more.
pub fn statement_lines(site: &Site<'_>, statement: Range<usize>) -> Range<usize> {
    let start = site.line_start(statement.start);
    let rest = site.slice(statement.end..site.text.len()).unwrap_or_default();
    let Some((line, following)) = rest.split_once('\n') else { return statement };
    if !line.trim().is_empty() || !site.starts_line(statement.start) {
        return statement;
    }
    let mut end = statement.end + line.len() + 1;
    let above = site.slice(0..start).unwrap_or_default().lines().next_back().unwrap_or_default().trim();
    if (above.is_empty() || above.ends_with('{'))
        && let Some((next, _)) = following.split_once('\n')
        && next.trim().is_empty()
    {
        end += next.len() + 1;
    }
    start..end
}

/// The names that statements bind.
pub fn bound_names(statements: &[Stmt]) -> Vec<String> {
    struct Bound(Vec<String>);
    impl<'a> Visit<'a> for Bound {
        fn visit_pat_ident(&mut self, p: &'a PatIdent) {
            self.0.push(p.ident.to_string());
            visit::visit_pat_ident(self, p);
        }
    }
    let mut bound = Bound(vec![]);
    statements.iter().for_each(|s| bound.visit_stmt(s));
    bound.0
}

/// Whether a statement only computes a value, so that it may as well run before an early exit.
fn is_plain(statement: &Stmt) -> bool {
    match statement {
        Stmt::Local(local) => {
            local.init.as_ref().is_none_or(|i| i.diverge.is_none() && computes_only(&i.expr))
        }
        Stmt::Item(_) => true,
        _ => false,
    }
}

/// Whether evaluating an expression, or doing so twice, shows nowhere but in its value.
pub fn computes_only(expr: &Expr) -> bool {
    #[rustfmt::skip]
    const PLAIN: &[&str] = &[
        "Ok", "Some", "as_deref", "as_path", "as_ref", "as_str", "clone", "default", "display", "file_name", "from", "into",
        "is_empty", "join", "len", "new", "parent", "to_owned", "to_path_buf", "to_string", "to_string_lossy", "unwrap_or",
        "unwrap_or_default", "with_capacity", "with_extension", "with_file_name",
    ];
    struct Plain(bool);
    impl<'a> Visit<'a> for Plain {
        fn visit_expr(&mut self, e: &'a Expr) {
            self.0 &= match e {
                Expr::MethodCall(m) => PLAIN.iter().any(|p| m.method == p),
                Expr::Call(c) => match &*c.func {
                    Expr::Path(f) => {
                        f.path.segments.last().is_some_and(|s| PLAIN.iter().any(|p| s.ident == p))
                    }
                    _ => false,
                },
                Expr::Macro(m) => m.mac.path.is_ident("format") || m.mac.path.is_ident("vec"),
                Expr::Lit(_) | Expr::Path(_) | Expr::Field(_) | Expr::Reference(_) | Expr::Paren(_) => true,
                Expr::Unary(_)
                | Expr::Tuple(_)
                | Expr::Binary(_)
                | Expr::Cast(_)
                | Expr::Struct(_)
                | Expr::Array(_) => true,
                _ => false,
            };
            if self.0 {
                visit::visit_expr(self, e);
            }
        }
    }
    let mut plain = Plain(true);
    plain.visit_expr(expr);
    plain.0
}
