//! Values that are the same for all who run the code: literals, constants, and what is made of these alone.

use super::lower::Lowerer;
use proc_macro2::{TokenStream, TokenTree};
use syn::{Expr, Lit, Pat, Stmt, UnOp};

/// How deep expressions are looked into.
const DEPTH: usize = 24;

/// What makes another value of a value, and of nothing else.
const PURE_METHODS: [&str; 38] = [
    "as_bytes",
    "as_deref",
    "as_ref",
    "as_slice",
    "as_str",
    "bytes",
    "chain",
    "chars",
    "clone",
    "cloned",
    "collect",
    "concat",
    "context",
    "copied",
    "enumerate",
    "expect",
    "filter",
    "into",
    "into_bytes",
    "into_iter",
    "into_string",
    "iter",
    "join",
    "lines",
    "map",
    "map_err",
    "repeat",
    "replace",
    "replacen",
    "rev",
    "split",
    "to_owned",
    "to_string",
    "to_vec",
    "trim",
    "trim_start",
    "unwrap",
    "with_context",
];

/// Functions that do so, by the last parts of their paths.
const PURE_FUNCTIONS: [&str; 19] = [
    "Err",
    "None",
    "Ok",
    "Some",
    "default",
    "from",
    "from_iter",
    "from_static",
    "from_str",
    "from_utf8",
    "from_utf8_lossy",
    "to_string",
    "to_string_pretty",
    "to_value",
    "to_vec",
    "to_vec_pretty",
    "to_json",
    "to_yaml",
    "to_toml",
];

/// Types whose `new` makes the same each time.
const PLAIN_TYPES: [&str; 9] =
    ["String", "Vec", "Box", "Arc", "Rc", "HashMap", "BTreeMap", "Map", "BTreeSet"];

impl Lowerer<'_> {
    /// Whether the expression's value is the same for all who run it.
    pub fn is_settled(&self, expr: &Expr) -> bool {
        self.settled_in(expr, &[], 0)
    }

    /// The same inside of closures, whose parameters are as settled as what they are run on.
    fn settled_in(&self, expr: &Expr, given: &[String], depth: usize) -> bool {
        let one = |e: &Expr| self.settled_in(e, given, depth + 1);
        if depth > DEPTH {
            return false;
        }
        match expr {
            Expr::Lit(_) => true,
            Expr::Path(p) => match p.path.get_ident() {
                Some(name) => self.is_settled_name(&name.to_string(), given),
                None => p.path.segments.last().is_some_and(|last| is_of_the_program(&last.ident.to_string())),
            },
            Expr::Reference(e) => e.mutability.is_none() && one(&e.expr),
            Expr::Paren(e) => one(&e.expr),
            Expr::Group(e) => one(&e.expr),
            Expr::Cast(e) => one(&e.expr),
            // What a static holds may be filled in when the program starts.
            Expr::Unary(e) => !matches!(e.op, UnOp::Deref(_)) && one(&e.expr),
            Expr::Field(e) => !matches!(&*e.base, Expr::Path(_)) && one(&e.base),
            Expr::Try(e) => one(&e.expr),
            Expr::Binary(e) => one(&e.left) && one(&e.right),
            Expr::Index(e) => one(&e.expr) && one(&e.index),
            Expr::Range(e) => [&e.start, &e.end].into_iter().flatten().all(|e| one(e)),
            Expr::Repeat(e) => one(&e.expr),
            Expr::Array(e) => e.elems.iter().all(one),
            Expr::Tuple(e) => e.elems.iter().all(one),
            Expr::Struct(e) => e.fields.iter().map(|f| &f.expr).chain(e.rest.as_deref()).all(one),
            Expr::If(e) => {
                let told = is_asked_of_the_compiler(&e.cond) || one(&e.cond);
                told && self.is_block_settled(&e.then_branch, given, depth)
                    && e.else_branch.as_ref().is_some_and(|(_, otherwise)| one(otherwise))
            }
            Expr::Block(e) => self.is_block_settled(&e.block, given, depth),
            Expr::Macro(e) => self.is_macro_settled(&e.mac, given),
            Expr::Closure(e) => {
                let mut given = given.to_vec();
                given.extend(e.inputs.iter().filter_map(|input| match input {
                    Pat::Ident(p) => Some(p.ident.to_string()),
                    _ => None,
                }));
                self.settled_in(&e.body, &given, depth + 1)
            }
            Expr::MethodCall(e) => {
                let name = e.method.to_string();
                PURE_METHODS.contains(&name.as_str())
                    && one(&e.receiver)
                    // What is told where something fails is no part of the value.
                    && (matches!(name.as_str(), "context" | "expect" | "map_err" | "with_context")
                        || e.args.iter().all(one))
            }
            Expr::Call(e) => {
                let Expr::Path(function) = &*e.func else { return false };
                let mut path = function.path.segments.iter().rev().map(|segment| segment.ident.to_string());
                let last = path.next().unwrap_or_default();
                let owner = path.next().unwrap_or_default();
                let makes_plainly = last == "new" && PLAIN_TYPES.contains(&owner.as_str());
                (makes_plainly || is_of_the_program(&last) || PURE_FUNCTIONS.contains(&last.as_str()))
                    && e.args.iter().all(one)
            }
            _ => false,
        }
    }

    fn is_block_settled(&self, block: &syn::Block, given: &[String], depth: usize) -> bool {
        matches!(block.stmts.as_slice(), [Stmt::Expr(value, None)] if self.settled_in(value, given, depth + 1))
    }

    fn is_macro_settled(&self, mac: &syn::Macro, given: &[String]) -> bool {
        let name = mac.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        self.file.models.is_pure(&name)
            && (matches!(name.as_str(), "env" | "option_env" | "stringify" | "toml")
                || self.are_tokens_settled(mac.tokens.clone(), given, 0))
    }

    /// Whether all names in the tokens are settled, those that a text is formatted with too.
    fn are_tokens_settled(&self, tokens: TokenStream, given: &[String], depth: usize) -> bool {
        depth <= DEPTH
            && tokens.into_iter().all(|token| match token {
                TokenTree::Group(group) => self.are_tokens_settled(group.stream(), given, depth + 1),
                TokenTree::Ident(name) => {
                    let name = name.to_string();
                    matches!(
                        name.as_str(),
                        "true" | "false" | "null" | "as" | "String" | "from" | "to_string"
                    ) || self.is_settled_name(&name, given)
                }
                TokenTree::Literal(literal) => match syn::parse_str::<Lit>(&literal.to_string()) {
                    Ok(Lit::Str(text)) => {
                        captures(&text.value()).all(|name| self.is_settled_name(name, given))
                    }
                    _ => true,
                },
                TokenTree::Punct(_) => true,
            })
    }

    fn is_settled_name(&self, name: &str, given: &[String]) -> bool {
        given.iter().any(|known| known == name)
            || if self.is_local(name) { self.settled.contains(name) } else { is_of_the_program(name) }
    }
}

/// Whether the name is that of a constant, a type or a variant, by its letters.
fn is_of_the_program(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Whether the compiler decides: `cfg!(windows)`.
fn is_asked_of_the_compiler(expr: &Expr) -> bool {
    matches!(expr, Expr::Macro(e) if e.mac.path.is_ident("cfg"))
}

/// The variables that a text is formatted with by their names.
fn captures(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let name = rest.split(['}', ':']).next()?.trim();
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then_some(name)
    })
}
