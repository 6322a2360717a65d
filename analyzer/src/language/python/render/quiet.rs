//! What code may do besides: whether a failure in it could be taken for the act's.

use super::site::{Site, is_apart, range, walk, walk_expr};
use ruff_python_ast::{Expr, ExprCall, Stmt};

/// Whether nothing but the act itself can fail for a place that is there, or is not: only what the standard library computes is
/// called, and what is done to files that are open.
pub fn is_quiet(site: &Site<'_>, statements: &[Stmt], act: &Expr) -> bool {
    let mut quiet = !statements.iter().any(|s| matches!(s, Stmt::FunctionDef(_) | Stmt::ClassDef(_)));
    walk(statements, &mut |expr| {
        quiet &= match expr {
            Expr::Call(call) => std::ptr::eq(expr, act) || computes(site, call),
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => false,
            _ => true,
        };
        quiet
    });
    quiet
}

/// As [`is_quiet`], of an expression.
pub fn is_quiet_expr(site: &Site<'_>, expr: &Expr) -> bool {
    let mut quiet = true;
    walk_expr(expr, &mut |inner| {
        quiet &= match inner {
            Expr::Call(call) => computes(site, call),
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => false,
            _ => true,
        };
        quiet
    });
    quiet
}

/// Whether a statement only gives names to what is computed, so that it may as well be done before an exit. What it computes must not
/// go wrong for a place that is not there.
pub fn is_plain(site: &Site<'_>, statement: &Stmt) -> bool {
    if !matches!(statement, Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::Pass(_)) {
        return false;
    }
    let mut plain = true;
    walk(std::slice::from_ref(statement), &mut |expr| {
        plain &= is_plain_part(site, expr);
        plain
    });
    plain
}

/// As [`is_plain`], of an expression.
pub fn is_plain_expr(site: &Site<'_>, expr: &Expr) -> bool {
    let mut plain = true;
    walk_expr(expr, &mut |inner| {
        plain &= is_plain_part(site, inner);
        plain
    });
    plain
}

fn is_plain_part(site: &Site<'_>, expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => computes(site, call) && !reads(site, call),
        Expr::Subscript(_) | Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => false,
        other => !is_apart(other),
    }
}

fn reads(site: &Site<'_>, call: &ExprCall) -> bool {
    let name = site.name(call);
    name.starts_with("json::") || name.starts_with("pickle::") || matches!(name.as_str(), ".read" | ".write")
}

fn computes(site: &Site<'_>, call: &ExprCall) -> bool {
    let name = site.name(call);
    if let Some(method) = name.strip_prefix('.') {
        return COMPUTING_METHODS.binary_search(&method).is_ok() && !range(call).is_empty();
    }
    if let Some((module, function)) = name.rsplit_once("::") {
        return match module {
            "json" | "pickle" | "yaml" | "toml" | "tomllib" | "csv" | "struct" | "base64" | "hashlib"
            | "math" | "re" | "string" | "textwrap" | "itertools" | "collections" | "copy" | "random"
            | "uuid" | "secrets" | "datetime" | "datetime::datetime" | "time" | "logging" => true,
            "os" => matches!(function, "getpid" | "fspath" | "getenv" | "fsync" | "strerror"),
            "os::environ" => function == "get",
            "os::path" => matches!(
                function,
                "join"
                    | "dirname"
                    | "basename"
                    | "splitext"
                    | "split"
                    | "normpath"
                    | "expanduser"
                    | "commonpath"
            ),
            "pathlib" => matches!(function, "Path" | "PurePath" | "PosixPath"),
            _ => false,
        };
    }
    COMPUTING_FUNCTIONS.binary_search(&name.as_str()).is_ok()
}

/// What Python has built in, sorted.
#[rustfmt::skip]
const COMPUTING_FUNCTIONS: &[&str] = &[
    "FileExistsError", "FileNotFoundError", "KeyError", "OSError", "PermissionError", "RuntimeError", "TypeError", "ValueError",
    "abs", "all", "any", "ascii", "bool", "bytearray", "bytes", "chr", "dict", "enumerate", "float", "format", "frozenset", "getattr",
    "hasattr", "hash", "hex", "id", "int", "isinstance", "issubclass", "iter", "len", "list", "max", "min", "oct", "ord", "print",
    "range", "repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "super", "tuple", "type", "zip",
];

/// What texts, collections, open files and loggers have, and paths without a look at what is there; sorted.
#[rustfmt::skip]
const COMPUTING_METHODS: &[&str] = &[
    "add", "append", "capitalize", "casefold", "clear", "close", "count", "debug", "decode", "discard", "encode", "endswith",
    "error", "extend", "fileno", "find", "flush", "format", "get", "getvalue", "hexdigest", "index", "info", "insert", "isalnum",
    "isalpha", "isdecimal", "isdigit", "isoformat", "items", "join", "joinpath", "keys", "ljust", "lower", "lstrip", "partition",
    "pop", "read", "readline", "readlines", "removeprefix", "removesuffix", "rfind", "rjust", "rpartition", "rsplit", "rstrip",
    "seek", "setdefault", "sort", "split", "splitlines", "startswith", "strftime", "strip", "tell", "title", "truncate", "update",
    "upper", "values", "warn", "warning", "with_name", "with_suffix", "write", "writelines", "writerow", "writerows", "zfill",
];

#[cfg(test)]
mod tests {
    use super::{COMPUTING_FUNCTIONS, COMPUTING_METHODS};

    #[test]
    fn words_are_sorted() {
        assert!(COMPUTING_FUNCTIONS.is_sorted());
        assert!(COMPUTING_METHODS.is_sorted());
    }
}
