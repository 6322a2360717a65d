//! Names: which package a file is of, and what an identifier in it means.

use super::syntax::{Node, children, field, kind, string, text};
use crate::flow::Import;
use crate::source::SourceFile;
use rustc_hash::FxHashMap;

/// The names of one file.
#[derive(Debug, Default)]
pub struct Names {
    /// Import path of the file's own package.
    pub package: String,
    /// Local names of the packages that it imports.
    imports: FxHashMap<String, String>,
    /// Packages whose names come in without a qualifier.
    pub dots: Vec<String>,
}

/// The import path of the package that a file is of: the module, then the folders below it. Without a manifest, the folders.
pub fn package_of(file: &SourceFile, clause: &str) -> String {
    let root = file.package.as_ref().map_or("", |p| p.root.as_str());
    let inside = file.path.strip_prefix(root).unwrap_or(&file.path).trim_start_matches('/');
    let folder = inside.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut package = match &file.package {
        Some(package) if folder.is_empty() => package.name.clone(),
        Some(package) => [package.name.as_str(), "/", folder].concat(),
        None if folder.is_empty() => clause.to_owned(),
        None => folder.to_owned(),
    };
    // Tests of a package from outside are a package of their own in the same folder.
    if clause.ends_with("_test") && !package.ends_with("_test") {
        package.push_str("_test");
    }
    package
}

impl Names {
    /// The names that the imports of a file bring in.
    pub fn collect(package: String, root: Node<'_>, source: &str) -> Self {
        let mut names = Names { package, ..Names::default() };
        let mut guessed: Vec<(String, String)> = Vec::new();
        let declarations = children(root).into_iter().filter(|n| n.kind() == "import_declaration");
        for declaration in declarations {
            for spec in specs(declaration) {
                let Some(path) = field(spec, "path").and_then(|p| string(p, source)) else { continue };
                match field(spec, "name").map(|n| text(n, source)) {
                    Some("_") => {}
                    Some(".") => names.dots.push(path),
                    Some(name) => {
                        names.imports.insert(name.to_owned(), path);
                    }
                    None => guessed.extend(local_names(&path).into_iter().map(|name| (name, path.clone()))),
                }
            }
        }
        for (name, path) in guessed {
            names.imports.entry(name).or_insert(path);
        }
        names
    }

    /// What the linker needs of the imports: packages whose names come in without a qualifier.
    pub fn to_flow(&self) -> Vec<Import> {
        let import = |target: &String| Import {
            module: self.package.clone(),
            name: "*".to_owned(),
            target: target.clone(),
            public: false,
        };
        self.dots.iter().map(import).collect()
    }

    /// Whether the package of this path is imported.
    pub fn uses(&self, path: &str) -> bool {
        self.imports.values().any(|import| import == path)
    }

    /// The import path that a local name stands for.
    pub fn import(&self, name: &str) -> Option<&str> {
        self.imports.get(name).map(String::as_str)
    }

    /// A name of the file's own package.
    pub fn own(&self, name: &str) -> String {
        [self.package.as_str(), "::", name].concat()
    }

    /// A name of a package by its local name.
    pub fn in_package(&self, package: &str, name: &str) -> String {
        [self.import(package).unwrap_or(package), "::", name].concat()
    }
}

fn specs(declaration: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    for child in children(declaration) {
        match kind(child) {
            "import_spec" => found.push(child),
            "import_spec_list" => found.extend(children(child)),
            _ => {}
        }
    }
    found
}

/// The names that a package imported by this path may have, the likeliest first: only its own source says for sure.
fn local_names(path: &str) -> Vec<String> {
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|v| v.parse::<u32>().is_ok());
    let mut parts = path.rsplit('/');
    let mut last = parts.next().unwrap_or_default();
    if is_version(last) {
        last = parts.next().unwrap_or(last);
    }
    if let Some((name, version)) = last.rsplit_once('.')
        && is_version(version)
    {
        last = name;
    }
    let mut found = vec![last.to_owned()];
    let shorter = [
        last.strip_prefix("go-"),
        last.strip_suffix("-go"),
        last.strip_suffix(".go"),
        last.strip_prefix("golang-"),
        last.rsplit_once('-').map(|(_, end)| end),
    ];
    found.extend(shorter.into_iter().flatten().map(str::to_owned));
    found.extend([last.replace('-', ""), last.replace('-', "_")]);
    found.retain(|name| !name.is_empty());
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_called_by_the_end_of_their_path() {
        assert_eq!(local_names("path/filepath"), ["filepath"]);
        assert_eq!(local_names("helm.sh/helm/v3")[0], "helm");
        assert_eq!(local_names("gopkg.in/yaml.v3")[0], "yaml");
        assert!(local_names("github.com/go-git/go-git/v5").contains(&"git".to_owned()));
    }
}
