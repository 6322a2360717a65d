//! What little is known of the types of the user's expressions without asking the compiler: enough to leave a conversion out.

use super::syntax::{Site, range};
use syn::visit::{self, Visit};
use syn::{Expr, FnArg, Local, Pat, PatIdent};

/// How many bindings are followed from name to name.
const MAX_HOPS: usize = 4;

/// What an expression is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A `Path` or `PathBuf`, owned or borrowed.
    Path { borrowed: bool },
    /// A `str` or `String`, owned or borrowed.
    Text,
    /// A `Vec<u8>` by value.
    Bytes,
    /// A `&[u8]` or `&Vec<u8>`.
    BorrowedBytes,
}

/// What `expr` is, as far as the function's own text says.
pub fn known(site: &Site<'_>, expr: &Expr) -> Option<Known> {
    known_within(site, expr, MAX_HOPS)
}

fn known_within(site: &Site<'_>, expr: &Expr, hops: usize) -> Option<Known> {
    let hops = hops.checked_sub(1)?;
    match expr {
        Expr::Path(p) => {
            let name = p.path.get_ident()?.to_string();
            let mut bindings = Bindings { name: &name, count: 0, local: None };
            bindings.visit_block(site.body);
            let parameter = site.signature.inputs.iter().find_map(|input| match input {
                FnArg::Typed(t) if matches!(&*t.pat, Pat::Ident(i) if i.ident == name) => Some(&*t.ty),
                _ => None,
            });
            match (parameter, bindings.count, bindings.local) {
                (Some(declared), 0, _) => of_type(site.slice(range(declared))?),
                (None, 1, Some(Local { pat: Pat::Type(t), .. })) => of_type(site.slice(range(&*t.ty))?),
                (None, 1, Some(local)) => {
                    let init = local.init.as_ref().filter(|i| i.diverge.is_none())?;
                    known_within(site, &init.expr, hops)
                }
                _ => None,
            }
        }
        Expr::Reference(r) => match known_within(site, &r.expr, hops)? {
            Known::Path { .. } => Some(Known::Path { borrowed: true }),
            Known::Text => Some(Known::Text),
            Known::Bytes | Known::BorrowedBytes => None,
        },
        Expr::MethodCall(m) => match m.method.to_string().as_str() {
            "with_extension" | "with_file_name" | "to_path_buf" => Some(Known::Path { borrowed: false }),
            // `join` also joins texts, but with one argument only in a slice, whose result is no path.
            "join" if matches!(known_within(site, &m.receiver, hops)?, Known::Path { .. }) => {
                Some(Known::Path { borrowed: false })
            }
            "to_string" => Some(Known::Text),
            _ => None,
        },
        _ => None,
    }
}

fn of_type(written: &str) -> Option<Known> {
    let compact: String = written.split_whitespace().collect();
    let borrowed = compact.starts_with('&');
    let name = compact.trim_start_matches('&').trim_start_matches("mut");
    match name.rsplit("::").next().unwrap_or(name) {
        "Path" | "PathBuf" => Some(Known::Path { borrowed }),
        "str" | "String" => Some(Known::Text),
        "Vec<u8>" if !borrowed => Some(Known::Bytes),
        "[u8]" | "Vec<u8>" => Some(Known::BorrowedBytes),
        _ => None,
    }
}

/// All bindings of one name.
struct Bindings<'n, 'a> {
    name: &'n str,
    count: usize,
    local: Option<&'a Local>,
}

impl<'a> Visit<'a> for Bindings<'_, 'a> {
    fn visit_local(&mut self, local: &'a Local) {
        let pattern = match &local.pat {
            Pat::Type(t) => &*t.pat,
            pattern => pattern,
        };
        if matches!(pattern, Pat::Ident(i) if i.ident == self.name) {
            self.local = Some(local);
        }
        visit::visit_local(self, local);
    }

    fn visit_pat_ident(&mut self, p: &'a PatIdent) {
        self.count += usize::from(p.ident == self.name);
        visit::visit_pat_ident(self, p);
    }
}
