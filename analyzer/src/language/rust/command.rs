//! Command lines that are built step by step.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::Place;
use crate::language::command::{CommandLine, WORDS, literal};
use crate::language::models::CommandPart;
use std::rc::Rc;
use syn::Expr;

/// The program that runs statements, as the models call it.
const SQLITE: &str = "sqlite";

impl Lowerer<'_> {
    /// The statement that is run: one that was built before, or the text that is argument 1, to which the list is bound that comes after.
    /// Nothing where it does nothing to files.
    pub fn statement_run(&mut self, program: &str, arguments: &[Val], syntax: &[&Expr]) -> Option<Val> {
        let receiver = arguments.first()?;
        let mut line = match &receiver.v {
            V::Command(line) => CommandLine::clone(line),
            _ => {
                let text = self.place_of(arguments.get(1)?, "");
                let mut line = CommandLine::statement(program, &text);
                if let Some(bound) = syntax.get(2) {
                    line.words.extend(self.list_of(bound));
                }
                line
            }
        };
        line.words.truncate(WORDS);
        line.run(self.file.models)?;
        Some(Val { v: V::Command(Rc::new(line)), ..receiver.clone() })
    }

    /// The command line with one more part.
    pub fn command_with(&mut self, part: CommandPart, arguments: &[Val], syntax: &[&Expr]) -> Option<Val> {
        let ty = arguments.first().map(|a| a.ty.clone())?;
        let mut line = match arguments.first().map(|a| &a.v) {
            Some(V::Command(line)) => CommandLine::clone(line),
            _ if matches!(part, CommandPart::Program | CommandPart::Statement) => CommandLine::default(),
            _ => return None,
        };
        match part {
            CommandPart::Program => {
                let value = arguments.first()?;
                let program = self.place_of(value, "");
                let is_path = value.ty.is_path_like() && value.ty != Ty::Text;
                line.by_path = is_path || literal(&program).is_some_and(|text| text.contains('/'));
                line.words.push(program);
            }
            CommandPart::Argument => line.words.push(self.place_of(arguments.get(1)?, "")),
            CommandPart::Arguments => line.words.extend(self.list_of(syntax.get(1)?)),
            CommandPart::Directory => line.directory = Some(self.place_of(arguments.get(1)?, "")),
            CommandPart::Statement => {
                let text = self.place_of(arguments.first()?, "");
                line = CommandLine::statement(SQLITE, &text);
            }
        }
        line.words.truncate(WORDS);
        Some(Val::new(V::Command(Rc::new(line)), ty))
    }

    /// The words of a list in the source; of any other, one that is not known.
    fn list_of(&mut self, list: &Expr) -> Vec<Place> {
        match list {
            Expr::Reference(e) => self.list_of(&e.expr),
            Expr::Paren(e) => self.list_of(&e.expr),
            Expr::Array(e) => e
                .elems
                .iter()
                .map(|word| {
                    let value = self.expr(word);
                    self.place_of(&value, "")
                })
                .collect(),
            _ => vec![self.fresh_place("")],
        }
    }
}
