//! The stages one by one, on generated sources: lowering, linking, exploring. `just bench-stages` runs them.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use fsrace_analyzer::explore::{Actor, Explorer, Scenario};
use fsrace_analyzer::flow::{Block, Effect, FileSummary, Step};
use fsrace_analyzer::source::{LanguageId, SourceFile};
use fsrace_analyzer::{link, lower};

fn main() {
    divan::main();
}

/// A module with `count` functions that create, remove, update and read below a directory, each through one wrapper, beside as
/// many that touch no file.
fn module(number: usize, count: usize) -> SourceFile {
    let mut text = String::from(
        "use std::{fs, io, path::{Path, PathBuf}};\n\
         pub struct Store { root: PathBuf }\n\
         fn put(path: &Path, text: &str) -> io::Result<()> { fs::write(path, text) }\n\
         fn present(path: &Path) -> bool { path.exists() }\n",
    );
    for i in 0..count {
        text.push_str(&format!(
            "impl Store {{\n\
                 pub fn create_{i}(&self) -> io::Result<()> {{\n\
                     let path = self.root.join(\"entry-{i}.json\");\n\
                     if !present(&path) {{ put(&path, \"default\")?; }}\n\
                     Ok(())\n\
                 }}\n\
                 pub fn update_{i}(&self) -> io::Result<()> {{\n\
                     let path = self.root.join(\"entry-{i}.json\");\n\
                     let mut text = fs::read_to_string(&path)?;\n\
                     text.push_str(\"more\");\n\
                     fs::write(&path, text)\n\
                 }}\n\
                 pub fn remove_{i}(&self) -> io::Result<()> {{\n\
                     let path = self.root.join(\"entry-{i}.json\");\n\
                     if path.exists() {{ fs::remove_file(&path)?; }}\n\
                     Ok(())\n\
                 }}\n\
                 pub fn sum_{i}(&self, numbers: &[u64]) -> u64 {{\n\
                     numbers.iter().filter(|n| **n % 2 == {i}).map(|n| n * 3 + 1).sum::<u64>()\n\
                 }}\n\
             }}\n"
        ));
    }
    SourceFile { path: format!("src/module_{number}.rs"), text, language: LanguageId::Rust, package: None }
}

fn summaries(files: usize) -> Vec<FileSummary> {
    (0..files).map(|number| lower(&module(number, 20))).collect()
}

#[divan::bench(args = [1, 20, 200])]
fn lowering(bencher: Bencher, functions: usize) {
    let file = module(0, functions);
    bencher.counter(BytesCount::of_str(&file.text)).bench(|| lower(&file));
}

#[divan::bench(args = [1, 10, 100])]
fn linking(bencher: Bencher, files: usize) {
    let all = summaries(files);
    bencher.counter(ItemsCount::new(files)).with_inputs(|| all.clone()).bench_values(link);
}

#[divan::bench(args = [Actor::Itself, Actor::Creator, Actor::Remover, Actor::Reader])]
fn exploring(bencher: Bencher, actor: Actor) {
    let program = link(summaries(1));
    let bodies: Vec<Block> = program.functions().map(|(id, _)| program.body(id)).collect();
    let scenarios: Vec<Scenario<'_>> = bodies.iter().filter_map(|body| scenario(body, actor)).collect();
    assert!(!scenarios.is_empty(), "the generated functions hold no pair of effects");
    bencher.counter(ItemsCount::new(scenarios.len())).bench(|| {
        scenarios.iter().map(|s| Explorer::default().explore(s, |_| true).races.len()).sum::<usize>()
    });
}

/// The first effect of a body, and the last on the same place.
fn scenario(body: &Block, actor: Actor) -> Option<Scenario<'_>> {
    let mut effects = Vec::new();
    collect(body, &mut effects);
    let (first, rest) = effects.split_first()?;
    let act = rest.iter().rev().find(|e| e.place == first.place)?;
    Some(Scenario { body, place: &act.place, check: Some(first.site), act: act.site, actor, by_gap: false })
}

fn collect<'a>(block: &'a Block, effects: &mut Vec<&'a Effect>) {
    for step in &block.steps {
        match step {
            Step::Effect(effect) => effects.push(effect),
            Step::Branch(branch) => {
                collect(&branch.then, effects);
                collect(&branch.otherwise, effects);
            }
            Step::Loop(body) => collect(body, effects),
            Step::Frame(frame) => collect(&frame.body, effects),
            Step::Spawn(spawn) => collect(&spawn.body, effects),
            Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}
