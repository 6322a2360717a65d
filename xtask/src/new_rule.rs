//! `just new-rule`: starts a rule as a copy of one that is like it, which compiles and has its page and fixtures from the first minute.

use crate::{Failure, pins};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Copies the file, page and fixtures of the rule `like` under the new id. Nothing that exists is overwritten.
pub fn run(id: &str, like: &str) -> Result<ExitCode, Failure> {
    if !id.contains('-') || !id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        return Err(format!("`{id}` is no rule id: lower-case words joined by `-`").into());
    }
    let names = Names { id, like };
    let root = pins::workspace();
    let mut out = std::io::stdout().lock();
    let mut pairs = vec![
        (format!("rules/src/{}.rs", module(like)), format!("rules/src/{}.rs", module(id))),
        (format!("rules/docs/{like}.md"), format!("rules/docs/{id}.md")),
    ];
    for language in ["go", "python", "rust"] {
        let folder = format!("fixtures/{language}");
        for entry in std::fs::read_dir(root.join(&folder).join(like))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            pairs.push((format!("{folder}/{like}/{name}"), format!("{folder}/{id}/{name}")));
        }
    }
    pairs.sort();
    for (from, to) in &pairs {
        let text = std::fs::read_to_string(root.join(from)).map_err(|e| format!("{from}: {e}"))?;
        create(&root.join(to), &names.renamed(&text)).map_err(|e| format!("{to}: {e}"))?;
        writeln!(out, "{to}")?;
    }
    let module = module(id);
    writeln!(
        out,
        "Now add `mod {module};` and `&{module}::RULE` to rules/src/lib.rs, both in order, and make the copies its own."
    )?;
    Ok(ExitCode::SUCCESS)
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

fn module(id: &str) -> String {
    id.replace('-', "_")
}

struct Names<'a> {
    id: &'a str,
    like: &'a str,
}

impl Names<'_> {
    fn renamed(&self, text: &str) -> String {
        text.replace(self.like, self.id).replace(&module(self.like), &module(self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_id_are_renamed() {
        let names = Names { id: "new-rule", like: "old-rule" };
        assert_eq!(names.renamed("id: \"old-rule\", old_rule::RULE"), "id: \"new-rule\", new_rule::RULE");
    }
}
