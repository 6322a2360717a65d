//! Finding the nodes that a request means, what stands around them, and how they are written.

use super::scopes::Scopes;
use crate::language::go::names::Names;
use crate::language::go::syntax::{Node, bare, children, field, list, span, statements, text};
use crate::language::{Edit, RewriteRequest};
use crate::source::Span;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// The function and the calls that a request is about.
pub struct Site<'t> {
    pub text: &'t str,
    pub root: Node<'t>,
    pub names: Names,
    /// The declaration or literal whose own code the act is.
    pub function: Node<'t>,
    /// The declaration on the level of the package that holds it.
    pub declaration: Node<'t>,
    /// The block of `function`.
    pub body: Node<'t>,
    pub act: Call<'t>,
    /// The check's call, in the same function.
    pub check: Option<Node<'t>>,
    /// The read's call, in the same function.
    pub read: Option<Node<'t>>,
    /// The names that `declaration` declares.
    pub declared: FxHashSet<&'t str>,
}

/// A call of a package's function.
#[derive(Clone, Debug)]
pub struct Call<'t> {
    pub node: Node<'t>,
    /// The import path, then the name: `os.Stat`, `io/ioutil.ReadFile`. Empty for anything but a function of an imported package.
    pub name: String,
    pub arguments: Vec<Node<'t>>,
}

/// How a statement takes a call's results.
#[derive(Clone, Debug)]
pub enum Form<'t> {
    /// `f(..)`, whose results nobody looks at.
    Bare,
    /// `a, err := f(..)`, or `=`.
    Bound(Binding<'t>),
    /// `if a, err := f(..); err != nil { .. }`.
    Tested(Binding<'t>),
    /// `return f(..)`.
    Returned,
}

/// The names that results are bound to.
#[derive(Clone, Debug)]
pub struct Binding<'t> {
    /// As they are written, the blank one included.
    pub names: Vec<&'t str>,
    /// Whether it is `:=`.
    pub defines: bool,
    /// The declaration or assignment.
    pub node: Node<'t>,
}

impl<'t> Binding<'t> {
    /// The last name, where Go has the error; not the blank one, and nothing but a variable.
    pub fn error(&self) -> Option<&'t str> {
        self.names.last().copied().filter(|name| is_name(name))
    }

    /// The binding in which a call is all that stands on the right.
    pub fn of(node: Node<'t>, call: Node<'t>, source: &'t str) -> Option<Self> {
        let defines = match node.kind() {
            "short_var_declaration" => true,
            "assignment_statement" if field(node, "operator").is_some_and(|o| o.kind() == "=") => false,
            _ => return None,
        };
        let values = list(field(node, "right"));
        let [value] = values.as_slice() else { return None };
        if *value != call {
            return None;
        }
        let names = list(field(node, "left")).into_iter().map(|n| text(n, source)).collect();
        Some(Binding { names, defines, node })
    }
}

/// Whether a text is one identifier that stands for something.
pub fn is_name(text: &str) -> bool {
    text != "_" && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

impl<'t> Site<'t> {
    /// Finds the innermost function that holds the act, the check and the read.
    pub fn new(request: &RewriteRequest<'t>, root: Node<'t>) -> Option<Self> {
        let source = request.text;
        let names = Names::collect(String::new(), root, source);
        let act = call_at(root, request.act)?;
        let function = function_of(act)?;
        let body = field(function, "body")?;
        let declaration =
            std::iter::successors(Some(function), Node::parent).take_while(|n| *n != root).last()?;
        let near = |span: Option<Span>| match span {
            Some(span) => Some(Some(call_at(root, span).filter(|n| function_of(*n) == Some(function))?)),
            None => Some(None),
        };
        let (check, read) = (near(request.check)?, near(request.read)?);
        let act = call(act, &names, source);
        let declared = Scopes::of(declaration, source).declared;
        Some(Site { text: source, root, names, function, declaration, body, act, check, read, declared })
    }

    /// The user's text of a node.
    pub fn of(&self, node: Node<'_>) -> &'t str {
        text(node, self.text)
    }

    /// What a call calls.
    pub fn call(&self, node: Node<'t>) -> Call<'t> {
        call(node, &self.names, self.text)
    }

    /// The name of what a call calls.
    pub fn call_name(&self, node: Node<'_>) -> String {
        call(node, &self.names, self.text).name
    }

    /// How a statement takes the results of a call that is the first thing it does.
    pub fn form(&self, statement: Node<'t>, call: Node<'t>) -> Option<Form<'t>> {
        match statement.kind() {
            "expression_statement" => (children(statement).as_slice() == [call]).then_some(Form::Bare),
            "if_statement" => {
                Binding::of(field(statement, "initializer")?, call, self.text).map(Form::Tested)
            }
            "return_statement" => {
                let values: Vec<Node<'_>> =
                    children(statement).into_iter().flat_map(|n| list(Some(n))).collect();
                (values.as_slice() == [call]).then_some(Form::Returned)
            }
            _ => Binding::of(statement, call, self.text).map(Form::Bound),
        }
    }

    /// The blanks that the line around `position` starts with.
    pub fn indent(&self, position: usize) -> &'t str {
        let rest = self.text.get(self.line_start(position)..).unwrap_or_default();
        rest.get(..rest.len() - rest.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    /// Where the line around `position` starts.
    pub fn line_start(&self, position: usize) -> usize {
        self.text.get(..position).and_then(|head| head.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// A range, each line but the first indented by `to` where it was by what the range's first line begins with. Raw strings
    /// stay as they are.
    pub fn moved(&self, range: Range<usize>, to: &str) -> String {
        let from = self.indent(range.start);
        let slice = self.text.get(range.clone()).unwrap_or_default();
        let mut moved = String::with_capacity(slice.len());
        let mut position = range.start;
        for (number, line) in slice.split_inclusive('\n').enumerate() {
            match line.strip_prefix(from) {
                Some(rest) if number > 0 && !rest.trim().is_empty() && !self.in_raw_string(position) => {
                    moved.push_str(to);
                    moved.push_str(rest);
                }
                _ => moved.push_str(line),
            }
            position += line.len();
        }
        moved
    }

    fn in_raw_string(&self, position: usize) -> bool {
        let node = self.root.descendant_for_byte_range(position, position);
        std::iter::successors(node, Node::parent)
            .any(|n| n.kind() == "raw_string_literal" && n.start_byte() < position && position < n.end_byte())
    }

    /// The statements of a block from the first to the last byte, comments around them included.
    pub fn inside(&self, block: Node<'_>) -> Option<Range<usize>> {
        let (start, end) = (block.start_byte() + 1, block.end_byte().checked_sub(1)?);
        let inner = self.text.get(start..end)?;
        let left = inner.len() - inner.trim_start().len();
        Some(start + left..(start + inner.trim_end().len()).max(start + left))
    }

    /// Statements with the lines that they stand on, and one of the blank lines around them.
    pub fn lines_of(&self, range: Range<usize>) -> Range<usize> {
        let start = self.line_start(range.start);
        let rest = self.text.get(range.end..).unwrap_or_default();
        let mut end = range.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        let before = self.text.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
        let opens = before.ends_with("\n\n") || before.trim_end().ends_with('{');
        let after = self.text.get(end..).unwrap_or_default();
        let blank = after.split_inclusive('\n').next().filter(|line| line.trim().is_empty());
        if let Some(blank) = blank.filter(|_| opens) {
            end += blank.len();
        }
        start..end
    }

    /// The text of the whole function, to find names that mean nothing in it.
    pub fn function_text(&self) -> &'t str {
        self.of(self.declaration)
    }
}

/// The call that covers exactly these bytes.
fn call_at(root: Node<'_>, span: Span) -> Option<Node<'_>> {
    let node = root.descendant_for_byte_range(span.start as usize, span.end as usize)?;
    let exact = |n: &Node<'_>| self::span(*n) == span;
    let call = |n: &Node<'_>| n.kind() == "call_expression";
    std::iter::successors(Some(node), Node::parent).take_while(exact).find(call)
}

fn function_of(node: Node<'_>) -> Option<Node<'_>> {
    let is_function =
        |n: &Node<'_>| matches!(n.kind(), "function_declaration" | "method_declaration" | "func_literal");
    std::iter::successors(node.parent(), Node::parent).find(is_function)
}

fn call<'t>(node: Node<'t>, names: &Names, source: &'t str) -> Call<'t> {
    let function = field(node, "function").map(bare).filter(|f| f.kind() == "selector_expression");
    let name = function.and_then(|f| {
        let package = field(f, "operand").filter(|o| o.kind() == "identifier")?;
        let package = names.import(text(package, source))?;
        Some([package, ".", text(field(f, "field")?, source)].concat())
    });
    let arguments = field(node, "arguments").map(children).unwrap_or_default();
    Call { node, name: name.unwrap_or_default(), arguments }
}

/// The block whose statement a node is, and all statements of that block.
pub fn block_of(statement: Node<'_>) -> Option<(Node<'_>, Vec<Node<'_>>)> {
    let mut block = statement.parent()?;
    if block.kind() == "statement_list" {
        block = block.parent()?;
    }
    matches!(block.kind(), "block" | "expression_case" | "default_case" | "type_case" | "communication_case")
        .then(|| (block, statements(block)))
}

/// The statement of this block that holds a node.
pub fn statement_of<'t>(statements: &[Node<'t>], inner: Node<'t>) -> Option<usize> {
    statements.iter().position(|s| s.start_byte() <= inner.start_byte() && inner.end_byte() <= s.end_byte())
}

/// Whether nothing that follows is reached: an exit from the function, the loop or the process. A `goto` may not go past what is new.
pub fn diverges(statements: &[Node<'_>], source: &str) -> bool {
    let Some(last) = statements.last() else { return false };
    match last.kind() {
        "return_statement" | "continue_statement" | "break_statement" => true,
        "expression_statement" => {
            let call = children(*last).into_iter().next().and_then(|n| field(n, "function"));
            let name = call.map_or("", |f| text(f, source));
            matches!(name, "panic" | "os.Exit" | "log.Fatal" | "log.Fatalf" | "log.Fatalln")
        }
        _ => false,
    }
}

/// Whether a word occurs in a text as a whole identifier.
pub fn mentions(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c == '_' || c.is_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

/// A name like `word` that does not occur in the text.
pub fn fresh(word: &str, text: &str) -> String {
    if !mentions(text, word) {
        return word.to_owned();
    }
    // There are more numbers than words in any text that fits into memory.
    let numbered = (2u32..).map(|n| format!("{word}{n}")).find(|name| !mentions(text, name));
    numbered.unwrap_or_else(|| word.to_owned())
}

/// Whether the first time that a name occurs from `start` on is one that sets it, so that what it held before is not read there.
pub fn is_set_first(scope: Node<'_>, source: &str, start: usize, name: &str) -> bool {
    let mut start = start;
    loop {
        let Some(found) = first_mention(scope, source, start, name) else { return true };
        let Some(statement) = set_by(found) else { return false };
        let inner = std::iter::successors(statement.parent(), Node::parent).find(|n| is_scope(*n));
        match inner {
            // A variable of its own, which is gone behind that scope.
            Some(inner) if inner.start_byte() >= start && inner != scope => {
                if statement.kind() == "assignment_statement" {
                    return false;
                }
                start = inner.end_byte();
            }
            _ => return true,
        }
    }
}

fn first_mention<'t>(scope: Node<'t>, source: &str, start: usize, name: &str) -> Option<Node<'t>> {
    let mut pending = vec![scope];
    while let Some(node) = pending.pop() {
        if node.end_byte() <= start {
            continue;
        }
        if node.kind() == "identifier" && node.start_byte() >= start && text(node, source) == name {
            return Some(node);
        }
        let mut inner = children(node);
        // What is on the right is evaluated before what is on the left is set.
        if !matches!(node.kind(), "short_var_declaration" | "assignment_statement" | "range_clause") {
            inner.reverse();
        }
        pending.extend(inner);
    }
    None
}

fn is_scope(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "block"
            | "if_statement"
            | "for_statement"
            | "expression_switch_statement"
            | "type_switch_statement"
            | "expression_case"
            | "type_case"
            | "default_case"
            | "communication_case"
            | "func_literal"
    )
}

/// The statement that sets a name, where the name stands on its left.
fn set_by(name: Node<'_>) -> Option<Node<'_>> {
    let list = name.parent().filter(|p| p.kind() == "expression_list")?;
    let statement = list.parent()?;
    let sets = matches!(statement.kind(), "short_var_declaration" | "assignment_statement" | "range_clause")
        && field(statement, "left") == Some(list)
        && field(statement, "operator").is_none_or(|o| o.kind() == "=");
    sets.then_some(statement)
}

/// A replacement.
pub fn edit(range: Range<usize>, replacement: impl Into<String>) -> Edit {
    Edit { span: Span::new(range.start, range.end), replacement: replacement.into() }
}
