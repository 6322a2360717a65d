//! What every Python has, by name.

/// Modules of the standard library whose functions without a row have no effect. Others may be the program's.
const STANDARD: [&str; 58] = [
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "binascii",
    "bisect",
    "builtins",
    "codecs",
    "collections",
    "concurrent",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email",
    "enum",
    "errno",
    "fnmatch",
    "functools",
    "getpass",
    "gettext",
    "hashlib",
    "heapq",
    "html",
    "http",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "locale",
    "logging",
    "math",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "random",
    "re",
    "shlex",
    "signal",
    "socket",
    "stat",
    "string",
    "struct",
    "sys",
    "textwrap",
    "threading",
    "time",
    "typing",
    "warnings",
];

/// Methods of texts, lists and mappings: on a receiver of unknown type nobody's but theirs.
const OF_VALUES: [&str; 34] = [
    "add",
    "append",
    "capitalize",
    "count",
    "decode",
    "encode",
    "endswith",
    "extend",
    "find",
    "format",
    "get",
    "groups",
    "index",
    "insert",
    "isdigit",
    "items",
    "join",
    "keys",
    "lower",
    "lstrip",
    "partition",
    "replace",
    "rpartition",
    "rsplit",
    "rstrip",
    "setdefault",
    "sort",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "title",
    "upper",
    "values",
];

/// Modules of the standard library for which projects keep stand-ins of the same name, to patch some of what is in them.
const STOOD_IN_FOR: [&str; 5] = ["os", "pathlib", "pickle", "shutil", "tempfile"];

/// Whether a function or class is of the standard library.
pub fn is_standard(name: &str) -> bool {
    STANDARD.contains(&crate::qualified::first(name))
}

/// Whether a method of this name is one of texts, lists or mappings.
pub fn is_of_values(name: &str) -> bool {
    OF_VALUES.contains(&name)
}

/// The name in the standard library that a name in a stand-in of one of its modules is taken to be: `compat::os::unlink` is `os::unlink`.
pub fn stood_in_for(name: &str) -> Option<&str> {
    let mut rest = name;
    while let Some((_, inner)) = rest.split_once("::") {
        let module = inner.split("::").next().unwrap_or_default();
        if STOOD_IN_FOR.contains(&module) && module.len() < inner.len() {
            return Some(inner);
        }
        rest = inner;
    }
    None
}
