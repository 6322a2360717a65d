//! What a benchmark holds the whole run against: reading and parsing the same files, by the parser that the language's frontend
//! uses, and nothing else.

use crate::Failure;
use fsrace_analyzer::source::LanguageId;
use rayon::prelude::*;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use walkdir::DirEntry;

/// The language of this name.
pub fn language(name: &str) -> Result<LanguageId, Failure> {
    match name {
        "rust" => Ok(LanguageId::Rust),
        "go" => Ok(LanguageId::Go),
        "python" => Ok(LanguageId::Python),
        _ => Err(format!("no language is called {name}: name rust, go or python").into()),
    }
}

/// What [`language`] takes.
pub fn name(language: LanguageId) -> &'static str {
    match language {
        LanguageId::Rust => "rust",
        LanguageId::Go => "go",
        LanguageId::Python => "python",
    }
}

/// All files of a language below the folders, tests and generated ones included, sorted. Left out is what a project brings along of
/// other people's code, which fsrace leaves out as well.
pub fn files(language: LanguageId, folders: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let vendored = |entry: &DirEntry| {
        let name = entry.file_name();
        entry.depth() > 0
            && entry.file_type().is_dir()
            && [OsStr::new("vendor"), OsStr::new("node_modules")].contains(&name)
    };
    let mut files = Vec::new();
    for entry in
        folders.iter().flat_map(|f| walkdir::WalkDir::new(f).into_iter().filter_entry(|e| !vendored(e)))
    {
        let entry = entry?;
        if entry.file_type().is_file()
            && LanguageId::of_path(&entry.path().to_string_lossy()) == Some(language)
        {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// Reads and parses every file of the language below the folders, and drops each tree at once.
pub fn run(language: LanguageId, folders: &[&str]) -> Result<ExitCode, Failure> {
    let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    // What is not UTF-8 or has errors costs what it costs; fsrace goes on after it too.
    let parsed = files(language, &folders)?.into_par_iter().filter(|file| match language {
        LanguageId::Rust => rust(file),
        LanguageId::Go => go(file),
        LanguageId::Python => python(file),
    });
    writeln!(std::io::stdout(), "{} files parsed", parsed.count())?;
    Ok(ExitCode::SUCCESS)
}

fn rust(file: &Path) -> bool {
    let parsed = std::fs::read_to_string(file).is_ok_and(|text| syn::parse_file(&text).is_ok());
    // proc-macro2 keeps the text of every parsed file until told otherwise.
    proc_macro2::extra::invalidate_current_thread_spans();
    parsed
}

fn go(file: &Path) -> bool {
    let mut parser = tree_sitter::Parser::new();
    let known = parser.set_language(&tree_sitter_go::LANGUAGE.into()).is_ok();
    known
        && std::fs::read_to_string(file)
            .ok()
            .and_then(|text| parser.parse(&text, None))
            .is_some_and(|tree| !tree.root_node().has_error())
}

fn python(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| ruff_python_parser::parse_module(&text).is_ok())
}
