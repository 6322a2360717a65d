//! One direction only, cli -> rules -> analyzer, and only the command line touches the world.

use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::{self, Visit};

/// Modules of std that reach outside the program's memory.
const WORLD: [&str; 6] = ["env", "fs", "net", "os", "process", "time"];

fn read(path: &Path) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => format!("cannot be read: {e}"),
    }
}

/// The names of a member's dependencies as shipped, without those for its tests.
fn dependencies(member: &str) -> BTreeSet<String> {
    let manifest = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(member).join("Cargo.toml"));
    let manifest: toml::Table = toml::from_str(&manifest).unwrap_or_default();
    ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

/// Collects the uses of [`WORLD`], `libc` and the printing macros outside test code.
#[derive(Default)]
struct Reach {
    found: Vec<String>,
}

impl Reach {
    fn of(text: &str) -> Vec<String> {
        let mut reach = Reach::default();
        match syn::parse_file(text) {
            Ok(file) => reach.visit_file(&file),
            Err(e) => reach.found.push(e.to_string()),
        }
        reach.found
    }

    fn path(&mut self, segments: &[String]) {
        if let [root, module, ..] = segments
            && root == "std"
            && WORLD.contains(&module.as_str())
        {
            self.found.push(segments.join("::"));
        }
    }

    fn use_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(p) => self.use_tree(&with(&p.ident), &p.tree),
            syn::UseTree::Name(n) => self.path(&with(&n.ident)),
            syn::UseTree::Rename(r) => self.path(&with(&r.ident)),
            syn::UseTree::Group(g) => g.items.iter().for_each(|tree| self.use_tree(prefix, tree)),
            syn::UseTree::Glob(_) => self.path(&[prefix, &["*".to_owned()]].concat()),
        }
    }
}

impl<'ast> Visit<'ast> for Reach {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = module.attrs.iter().any(|a| {
            a.path().is_ident("cfg") && a.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test")
        });
        if !test {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if ["print", "println", "eprint", "eprintln", "dbg"].iter().any(|name| mac.path.is_ident(name)) {
            self.found.push("a printing macro".to_owned());
        }
        if ["quote", "parse_quote"].iter().any(|name| mac.path.is_ident(name)) {
            // Code that is generated is not run here.
            return;
        }
        // Tokens print with blanks between them, and a text literal such as "std::fs::write" has none.
        let tokens = mac.tokens.to_string();
        self.found.extend(WORLD.iter().map(|m| format!("std :: {m}")).filter(|path| tokens.contains(path)));
        visit::visit_macro(self, mac);
    }
}

/// The sources of a member, without those that are tests by name.
fn sources(member: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(member).join("src");
    walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|e| e.path().file_stem().is_none_or(|stem| stem != "tests"))
        .filter_map(Result::ok)
        .filter(|e| e.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|e| (e.path().strip_prefix(&root).unwrap_or(e.path()).display().to_string(), read(e.path())))
        .collect()
}

#[test]
fn the_analyzer_and_the_rules_touch_nothing() {
    for member in ["analyzer", "rules"] {
        let sources = sources(member);
        assert!(!sources.is_empty(), "{member} has no sources");
        for (name, text) in sources {
            assert_eq!(Reach::of(&text), Vec::<String>::new(), "{member}/src/{name}");
        }
    }
}

#[test]
fn the_analyzer_knows_no_rule_and_no_output() {
    let names = dependencies("analyzer");
    assert!(names.contains("syn"), "the manifest was read");
    for outer in
        ["fsrace", "fsrace-rules", "codespan-reporting", "ignore", "serde-sarif", "serde_json", "walkdir"]
    {
        assert!(!names.contains(outer), "the analyzer depends on {outer}");
    }
}

#[test]
fn the_rules_know_no_parser_and_no_output() {
    let names = dependencies("rules");
    assert!(names.contains("fsrace-analyzer"), "the manifest was read");
    let parsers = ["oxc", "prettyplease", "proc-macro2", "quote", "ruff", "syn", "tree-sitter"];
    let outer = ["codespan-reporting", "fsrace", "ignore", "serde-sarif", "serde_json", "walkdir"];
    for name in &names {
        assert!(!parsers.iter().any(|p| name.starts_with(p)), "the rules depend on the parser {name}");
        assert!(!outer.contains(&name.as_str()), "the rules depend on {name}");
    }
    for (file, text) in sources("rules") {
        for language in ["go", "python", "rust"] {
            let folder = format!("language::{language}");
            assert!(!text.contains(&folder), "rules/src/{file} names a language's folder");
        }
    }
}

#[test]
fn reaching_out_is_seen_in_every_form() {
    let reaching = [
        "use std::fs;",
        "use std::{io, process::Command};",
        "use std::time as clock;",
        "fn f() { std::fs::read(p); }",
        "fn f() -> ::std::time::Instant { todo!() }",
        "fn f() { let _ = format!(\"{:?}\", std::env::args()); }",
        "fn f() { println!(); }",
    ];
    for text in reaching {
        assert_ne!(Reach::of(text), Vec::<String>::new(), "{text}");
    }
    let quiet = [
        "use std::{fmt, sync::Arc};",
        "/// Like `std::fs::write`.\nfn f() -> &'static str { \"std::fs::write\" }",
        "fn f() { let _ = format!(\"std::fs::{name}\"); }",
        "#[cfg(test)] mod tests { use std::fs; }",
    ];
    for text in quiet {
        assert_eq!(Reach::of(text), Vec::<String>::new(), "{text}");
    }
}
