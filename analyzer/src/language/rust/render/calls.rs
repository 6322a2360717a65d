//! What the act's call is, and how its failure is handled.

use super::syntax::{Chain, Node, Site, range};
use std::ops::Range;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprPath, Token};

/// Whose filesystem functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// std, or a crate with the same functions and errors (fs_err).
    Blocking,
    /// tokio, async-std and the like: the call is awaited.
    Awaited,
}

/// The call that acts, recognised by its name and where that comes from.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// The last segment, with the type before it: `write`, `File::create`, `OpenOptions::open`.
    pub name: String,
    /// The user's text before the last segment, with the `::`; empty for a method or a bare name.
    pub prefix: Range<usize>,
    /// The arguments, without the receiver.
    pub arguments: Vec<&'a Expr>,
    /// Whose.
    pub library: Library,
    /// Whether the library is known by an import or a full path. Otherwise the edits may not compile.
    pub certain: bool,
    /// The call with its `.await`.
    pub range: Range<usize>,
}

/// The act with what handles its failure: `fs::read(p).context("..")?`.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// The whole.
    pub expr: &'a Expr,
    /// Its bytes.
    pub range: Range<usize>,
    /// What follows the act: `.context("..")?`.
    pub tail: Range<usize>,
    /// How a failure leaves.
    pub failure: Failure,
    /// The position of `expr` in the chain.
    pub position: usize,
}

/// How a failure leaves an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// By `?`.
    Propagates,
    /// By `unwrap` or `expect`.
    Panics,
    /// Not here: the value is the `Result` itself.
    Stays,
}

/// Methods that act on the path that is their receiver.
const PATH_METHODS: &[&str] = &["read_dir", "metadata", "symlink_metadata", "canonicalize", "read_link"];

/// Recognises the act. `None` for a function of the project, whose meaning and error type are not known here.
pub fn act<'a>(site: &Site<'a>, chain: &Chain<'a>) -> Option<Act<'a>> {
    let call = chain.call;
    let mut whole = range(call);
    let parent = chain.nodes.len().checked_sub(2).and_then(|i| chain.nodes.get(i));
    let awaited = match parent {
        Some(Node::Expr(expr @ Expr::Await(_))) => {
            whole = range(*expr);
            true
        }
        _ => false,
    };
    let (name, prefix, arguments, library, certain) = match call {
        Expr::Call(c) => {
            let Expr::Path(function) = &*c.func else { return None };
            let (name, library, certain) = resolve(site, function)?;
            let last = range(&function.path.segments.last()?.ident);
            (name, range(&*c.func).start..last.start, all(&c.args), library, certain)
        }
        Expr::MethodCall(c) if c.method == "open" => {
            let (library, certain) = options_root(site, &c.receiver)?;
            ("OpenOptions::open".to_owned(), 0..0, all(&c.args), library, certain)
        }
        Expr::MethodCall(c) if c.args.is_empty() && PATH_METHODS.iter().any(|m| c.method == m) => {
            let library = if awaited { Library::Awaited } else { Library::Blocking };
            (c.method.to_string(), 0..0, vec![], library, true)
        }
        _ => return None,
    };
    // A future that is not awaited on the spot is run at another time.
    if awaited != (library == Library::Awaited) {
        return None;
    }
    Some(Act { name, prefix, arguments, library, certain, range: whole })
}

fn all(arguments: &Punctuated<Expr, Token![,]>) -> Vec<&Expr> {
    arguments.iter().collect()
}

fn resolve(site: &Site<'_>, function: &ExprPath) -> Option<(String, Library, bool)> {
    if function.qself.is_some() {
        return None;
    }
    let segments: Vec<String> = function.path.segments.iter().map(|s| s.ident.to_string()).collect();
    let first = segments.first()?.as_str();
    let (full, certain) = match site.imports.get(first) {
        Some(Some(path)) => (segments_after(path, &segments), true),
        Some(None) => return None,
        // A bare name without an import is a function of this file; `fs::..` and `File::..` may come by a glob.
        None if segments.len() < 2 => return None,
        None => {
            let root = matches!(first, "std" | "tokio" | "fs_err" | "async_std" | "smol" | "async_fs");
            (segments.clone(), root)
        }
    };
    let root = full.first()?.as_str();
    let library = match root {
        "std" | "fs_err" if full.get(1).is_some_and(|s| s == "tokio") => Library::Awaited,
        "std" | "fs_err" => Library::Blocking,
        "tokio" | "async_std" | "smol" | "async_fs" => Library::Awaited,
        "fs" | "File" | "OpenOptions" if !certain => Library::Blocking,
        _ => return None,
    };
    let last = full.last()?.clone();
    let owner = full.len().checked_sub(2).and_then(|i| full.get(i))?;
    let name = if matches!(owner.as_str(), "File" | "OpenOptions" | "DirBuilder") {
        format!("{owner}::{last}")
    } else {
        last
    };
    Some((name, library, certain))
}

fn segments_after(path: &str, segments: &[String]) -> Vec<String> {
    path.split("::").map(str::to_owned).chain(segments.iter().skip(1).cloned()).collect()
}

/// The library of the `OpenOptions` that a chain of builder methods starts from.
fn options_root(site: &Site<'_>, mut receiver: &Expr) -> Option<(Library, bool)> {
    loop {
        match receiver {
            Expr::MethodCall(c) => receiver = &c.receiver,
            Expr::Call(c) => {
                let Expr::Path(function) = &*c.func else { return None };
                let (name, library, certain) = resolve(site, function)?;
                let known = matches!(name.as_str(), "OpenOptions::new" | "File::options");
                return known.then_some((library, certain));
            }
            _ => return None,
        }
    }
}

/// The option methods of a builder chain with their arguments, from the last: `[("create", "true"), ..]`.
pub fn options(call: &Expr) -> Vec<(&syn::ExprMethodCall, bool)> {
    let mut found = vec![];
    let Expr::MethodCall(open) = call else { return found };
    let mut receiver = &*open.receiver;
    while let Expr::MethodCall(option) = receiver {
        let on = matches!(option.args.first(), Some(Expr::Lit(l)) if matches!(&l.lit, syn::Lit::Bool(b) if b.value));
        found.push((option, on));
        receiver = &option.receiver;
    }
    found
}

/// The act with its failure's handling, up to the first `?`, `unwrap` or `expect`.
pub fn head<'a>(chain: &Chain<'a>, act: &Act<'a>) -> Option<Head<'a>> {
    let mut position =
        chain.nodes.iter().rposition(|n| matches!(n, Node::Expr(e) if range(*e) == act.range))?;
    let Some(Node::Expr(bare)) = chain.nodes.get(position) else { return None };
    let bare: Head<'a> = Head {
        expr: bare,
        range: act.range.clone(),
        tail: act.range.end..act.range.end,
        failure: Failure::Stays,
        position,
    };
    let mut inner = bare.expr;
    while let Some(above) = position.checked_sub(1) {
        let Some(Node::Expr(outer)) = chain.nodes.get(above) else { break };
        let failure = match outer {
            Expr::Try(_) => Failure::Propagates,
            Expr::MethodCall(m) if std::ptr::eq(&*m.receiver, inner) => {
                if m.method == "unwrap" || m.method == "expect" { Failure::Panics } else { Failure::Stays }
            }
            _ => break,
        };
        (inner, position) = (outer, above);
        if failure != Failure::Stays {
            let whole = range(*outer);
            let tail = act.range.end..whole.end;
            return Some(Head { expr: outer, range: whole, tail, failure, position });
        }
    }
    Some(bare)
}
