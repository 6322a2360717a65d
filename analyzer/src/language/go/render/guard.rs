//! The branch that a check decides: what each of its arms says of the place.

use super::site::{Binding, Site, block_of, diverges, is_name, mentions};
use crate::language::go::syntax::{Node, bare, children, field, statements};

/// What can be so when an arm is taken, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct States(u8);

impl States {
    /// The place is there.
    pub const PRESENT: States = States(1);
    /// It is not there.
    pub const ABSENT: States = States(2);
    /// Nobody can say, for the check itself failed.
    pub const FAILED: States = States(4);
    const ALL: States = States(7);
    const NONE: States = States(0);

    /// Whether one of the others is among them.
    pub fn any(self, other: States) -> bool {
        self.0 & other.0 != 0
    }

    fn and(self, other: States) -> States {
        States(self.0 & other.0)
    }

    fn or(self, other: States) -> States {
        States(self.0 | other.0)
    }

    fn without(self, other: States) -> States {
        States(self.0 & !other.0)
    }
}

/// A part of the branch.
#[derive(Clone, Debug)]
pub struct Arm<'t> {
    /// When it is taken.
    pub states: States,
    /// The block whose end it goes to.
    pub block: Node<'t>,
    /// What it does.
    pub statements: Vec<Node<'t>>,
}

/// A check and the branch on it.
#[derive(Clone, Debug)]
pub struct Guard<'t> {
    /// The whole `if`.
    pub statement: Node<'t>,
    /// The statement of its own that the check is, just before.
    pub setup: Option<Node<'t>>,
    /// In order; what none of them is taken for goes past.
    pub arms: Vec<Arm<'t>>,
    /// The conditions beside the check of the only arm, as they are written.
    pub others: Option<String>,
    /// What the check's results are called.
    pub names: Vec<&'t str>,
    /// Whether these names are the guard's own: nothing outside of it can see them.
    pub own_names: bool,
}

/// How the check answers.
struct Answer<'t> {
    check: Node<'t>,
    /// A variable, or the check itself, that is true of what is there.
    flag: Option<&'t str>,
    /// The error's variable.
    error: Option<&'t str>,
    /// Whether there is an error for what is not there, as `os.Stat` has it.
    error_says: bool,
}

impl<'t> Guard<'t> {
    /// The guard's bytes, with the check's own statement.
    pub fn start(&self) -> usize {
        self.setup.unwrap_or(self.statement).start_byte()
    }

    /// The arm that holds a node.
    pub fn arm_of(&self, inner: Node<'_>) -> Option<&Arm<'t>> {
        self.arms.iter().find(|arm| {
            arm.statements
                .iter()
                .any(|s| s.start_byte() <= inner.start_byte() && inner.end_byte() <= s.end_byte())
        })
    }

    /// Whether a node lies in it.
    pub fn holds(&self, inner: Node<'_>) -> bool {
        self.statement.start_byte() <= inner.start_byte() && inner.end_byte() <= self.statement.end_byte()
    }
}

/// Finds the guard of the check. None where it decides more than a place's being there.
pub fn guard<'t>(site: &Site<'t>) -> Option<Guard<'t>> {
    let check = site.check?;
    // A bare `return` hands out whatever the names of the results hold by then.
    if returns_by_name(site) {
        return None;
    }
    let called = site.call(check);
    let error_says = matches!(called.name.as_str(), "os.Stat" | "os.Lstat");
    let binding = check.parent().filter(|p| p.kind() == "expression_list").and_then(|p| p.parent());
    let binding = binding.and_then(|node| Binding::of(node, check, site.text));
    let (statement, setup, names) = match &binding {
        Some(binding) => {
            let parent = binding.node.parent()?;
            if parent.kind() == "if_statement" && field(parent, "initializer") == Some(binding.node) {
                (parent, None, binding.names.clone())
            } else {
                let (_, around) = block_of(binding.node)?;
                let at = around.iter().position(|s| *s == binding.node)?;
                let next = around.get(at + 1)?;
                if next.kind() != "if_statement" || field(*next, "initializer").is_some() {
                    return None;
                }
                (*next, Some(binding.node), binding.names.clone())
            }
        }
        None => (condition_of(check)?, None, Vec::new()),
    };
    // The `else if` of another branch has its own reasons to be reached.
    let (_, _) = block_of(statement)?;
    let answer = match (names.as_slice(), error_says) {
        ([_, error], true) => Answer { check, flag: None, error: Some(*error), error_says },
        ([flag, error], false) => Answer { check, flag: Some(*flag), error: Some(*error), error_says },
        ([flag], false) => Answer { check, flag: Some(*flag), error: None, error_says },
        ([], false) => Answer { check, flag: None, error: None, error_says },
        _ => return None,
    };
    let mut arms = Vec::new();
    let mut others = None;
    answer.arms(site, statement, States::ALL, &mut arms, &mut others)?;
    if others.is_some() && (arms.len() != 1 || field(statement, "alternative").is_some()) {
        return None;
    }
    let both = |arm: &Arm<'_>| arm.states.any(States::PRESENT) && arm.states.any(States::ABSENT);
    if arms.iter().any(both) {
        return None;
    }
    let own_names = setup.is_none() && binding.as_ref().is_none_or(|b| b.defines);
    Some(Guard { statement, setup, arms, others, names, own_names })
}

fn returns_by_name(site: &Site<'_>) -> bool {
    let results = field(site.function, "result").map(children).unwrap_or_default();
    if !results.iter().any(|result| field(*result, "name").is_some()) {
        return false;
    }
    let mut pending = vec![site.body];
    while let Some(node) = pending.pop() {
        match node.kind() {
            "func_literal" => {}
            "return_statement" if children(node).is_empty() => return true,
            _ => pending.extend(children(node)),
        }
    }
    false
}

/// The `if` whose condition a check stands in, with nothing but `!`, `&&` and parentheses between.
fn condition_of(check: Node<'_>) -> Option<Node<'_>> {
    let mut node = check;
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            "unary_expression" | "parenthesized_expression" | "binary_expression" => node = parent,
            "if_statement" if field(parent, "condition") == Some(node) => {
                return field(parent, "initializer").is_none().then_some(parent);
            }
            _ => return None,
        }
    }
}

impl<'t> Answer<'t> {
    /// The arms of an `if` that is reached in these states, and the states that go past all of them.
    fn arms(
        &self,
        site: &Site<'t>,
        statement: Node<'t>,
        reached: States,
        arms: &mut Vec<Arm<'t>>,
        others: &mut Option<String>,
    ) -> Option<States> {
        let mut others_here = Vec::new();
        let states = self.states(site, field(statement, "condition")?, &mut others_here)?;
        let taken = states.and(reached);
        let block = field(statement, "consequence")?;
        let mut left = reached.without(taken);
        let past = self.inside(site, block, statements(block), taken, arms)?;
        if !others_here.is_empty() {
            // What the other conditions keep out goes past too.
            *others = Some(others_here.join(" && "));
            left = left.or(taken);
        }
        let beyond = match field(statement, "alternative") {
            None => left,
            Some(next) if next.kind() == "if_statement" => {
                if field(next, "initializer").is_some() {
                    return None;
                }
                self.arms(site, next, left, arms, others)?
            }
            Some(block) => self.inside(site, block, statements(block), left, arms)?,
        };
        Some(beyond.or(past))
    }

    /// The arms that statements are, where they begin with a branch on the same check; and what goes past them.
    fn inside(
        &self,
        site: &Site<'t>,
        block: Node<'t>,
        code: Vec<Node<'t>>,
        states: States,
        arms: &mut Vec<Arm<'t>>,
    ) -> Option<States> {
        let branch =
            code.first().filter(|s| s.kind() == "if_statement" && field(**s, "initializer").is_none());
        let asks = branch.and_then(|branch| {
            let mut others = Vec::new();
            let states = self.states(site, field(*branch, "condition")?, &mut others)?;
            others.is_empty().then_some((*branch, states))
        });
        let Some((branch, asked)) = asks else {
            arms.push(Arm { states, block, statements: code });
            return Some(States::NONE);
        };
        let rest = code.get(1..).unwrap_or_default();
        if rest.is_empty() {
            let mut others = None;
            return self.arms(site, branch, states, arms, &mut others).filter(|_| others.is_none());
        }
        // `if !os.IsNotExist(err) { return err }`, then what is for the rest.
        let consequence = field(branch, "consequence")?;
        let exit = statements(consequence);
        if field(branch, "alternative").is_some() || !diverges(&exit, site.text) {
            return None;
        }
        arms.push(Arm { states: states.and(asked), block: consequence, statements: exit });
        arms.push(Arm { states: states.without(asked), block, statements: rest.to_vec() });
        Some(States::NONE)
    }

    /// In which states a condition holds. What it asks besides, joined by `&&`, goes to `others`.
    fn states(&self, site: &Site<'t>, condition: Node<'t>, others: &mut Vec<String>) -> Option<States> {
        let condition = bare(condition);
        let operator = field(condition, "operator").map_or("", |o| o.kind());
        let sides = || Some((field(condition, "left")?, field(condition, "right")?));
        match (condition.kind(), operator) {
            ("binary_expression", "&&") => {
                let (left, right) = sides()?;
                let (left, right) = (self.states(site, left, others)?, self.states(site, right, others)?);
                Some(left.and(right))
            }
            ("binary_expression", "||") => {
                let (left, right) = sides()?;
                Some(self.exactly(site, left)?.or(self.exactly(site, right)?))
            }
            _ => self.atom(site, condition, others),
        }
    }

    fn exactly(&self, site: &Site<'t>, condition: Node<'t>) -> Option<States> {
        let mut others = Vec::new();
        self.states(site, condition, &mut others).filter(|_| others.is_empty())
    }

    fn atom(&self, site: &Site<'t>, atom: Node<'t>, others: &mut Vec<String>) -> Option<States> {
        let text = site.of(atom);
        let absent = if self.error_says { States::ABSENT.or(States::FAILED) } else { States::FAILED };
        if atom == self.check || Some(text) == self.flag.filter(|name| is_name(name)) {
            return Some(States::PRESENT);
        }
        match atom.kind() {
            "unary_expression" if field(atom, "operator").is_some_and(|o| o.kind() == "!") => {
                let inner = self.exactly(site, field(atom, "operand")?);
                if let Some(states) = inner {
                    return Some(States::ALL.without(states));
                }
            }
            "binary_expression" => {
                let left = field(atom, "left").map(|n| site.of(n));
                let nil = field(atom, "right").is_some_and(|n| n.kind() == "nil");
                if nil && left.is_some() && left == self.error {
                    match field(atom, "operator").map_or("", |o| o.kind()) {
                        "!=" => return Some(absent),
                        "==" => return Some(States::ALL.without(absent)),
                        _ => {}
                    }
                }
            }
            "call_expression" if self.error_says && self.is_not_exist(site, atom) => {
                return Some(States::ABSENT);
            }
            _ => {}
        }
        let asks = [self.flag, self.error].into_iter().flatten().any(|name| mentions(text, name))
            || atom.start_byte() <= self.check.start_byte() && self.check.end_byte() <= atom.end_byte();
        if asks {
            return None;
        }
        others.push(text.to_owned());
        Some(States::ALL)
    }

    /// `os.IsNotExist(err)`, `errors.Is(err, fs.ErrNotExist)`.
    fn is_not_exist(&self, site: &Site<'t>, node: Node<'t>) -> bool {
        let call = site.call(node);
        let of_error = call.arguments.first().map(|a| site.of(*a)) == self.error;
        let sentinel = || {
            let [_, sentinel] = call.arguments.as_slice() else { return false };
            let name = site.of(*sentinel).rsplit('.').next().unwrap_or_default();
            matches!(name, "ErrNotExist" | "ENOENT") && children(*sentinel).len() == 2
        };
        match call.name.as_str() {
            "os.IsNotExist" => of_error,
            "errors.Is" => of_error && sentinel(),
            _ => false,
        }
    }
}
