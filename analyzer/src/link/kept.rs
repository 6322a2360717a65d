//! Fields that hold what only this process knows: wherever in the program one is set, it is set to a directory or file that was made under
//! a name of its own, to what lies in one, or to another such field.

use super::graph::each_step;
use super::resolve::Asker;
use super::{FunctionId, Program};
use crate::flow::{Call, Callee, Kept, Place, PlaceKind, Step, Value};
use crate::qualified;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// How often what is known of fields is taken further: each time by one field that is set to another.
const ROUNDS: usize = 6;
/// How many calls a value is followed through.
const CALLS: usize = 3;
/// How many functions hand on what one sets a field to.
const HANDS: usize = 3;
/// How deep types are looked for that others are made of.
const BASES: usize = 8;

/// Private fields, by the type that has them and their name.
#[derive(Debug, Default)]
pub(super) struct PrivateFields {
    known: FxHashMap<String, FxHashSet<String>>,
    /// What the functions that set fields to what they are given are called with, by the function's name and the parameter's.
    given: Given,
}

/// By function and parameter, what is given for it, each with the function that calls.
type Given = FxHashMap<(String, String), Vec<(FunctionId, Value)>>;

/// Whose path a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    /// What the field holds already.
    Same,
    Anybodys,
}

/// In whose terms a value is told.
#[derive(Clone, Copy)]
struct Within<'a> {
    /// The function whose parameters and results it may be, if it is told in those.
    by: Option<&'a str>,
    /// The function whose file names what it calls.
    asker: Option<FunctionId>,
}

impl<'a> Within<'a> {
    fn the(program: &Program, by: &'a str) -> Self {
        Within { by: Some(by), asker: program.find(by) }
    }
}

/// A field of a type that may be private, with all that it is set to in values of the type.
struct Field<'p> {
    owner: &'p str,
    name: &'p str,
    set: Vec<&'p Kept>,
}

impl PrivateFields {
    /// Reads what all files set fields to; and once more without what options set them to, for what they hold by default, which is nothing
    /// where there are no options.
    pub fn of(program: &Program) -> [Self; 2] {
        let is_optional = program.files.iter().flat_map(|file| &file.kept).any(|kept| kept.optional);
        let all = fields(program, |_| true);
        let by_default = if is_optional { fields(program, |kept| !kept.optional) } else { Vec::new() };
        let mut given = given(program, all.iter().chain(&by_default));
        [all, by_default].map(|fields| {
            let mut found = PrivateFields { given: std::mem::take(&mut given), ..PrivateFields::default() };
            found.grow(program, &fields);
            given = std::mem::take(&mut found.given);
            found
        })
    }

    /// Adds those of these fields that are private, round by round, since some are by others.
    fn grow(&mut self, program: &Program, fields: &[Field<'_>]) {
        for _ in 0..ROUNDS {
            let known = &*self;
            let is_new = |field: &&Field<'_>| {
                !known.has(field.owner, field.name) && known.is_set_to_its_own(program, field)
            };
            let news: Vec<&Field<'_>> = fields.par_iter().filter(is_new).collect();
            if news.is_empty() {
                break;
            }
            for field in news {
                self.known.entry(field.owner.to_owned()).or_default().insert(field.name.to_owned());
            }
        }
    }

    fn has(&self, owner: &str, name: &str) -> bool {
        self.known.get(owner).is_some_and(|names| names.contains(name))
    }

    /// Whether all that the field is set to is private, and something is.
    fn is_set_to_its_own(&self, program: &Program, field: &Field<'_>) -> bool {
        let mut any = false;
        for kept in &field.set {
            match self.whose(program, &kept.by, &kept.value, (field.owner, field.name)) {
                Whose::Own => any = true,
                Whose::Same => {}
                Whose::Anybodys => return false,
            }
        }
        any
    }

    fn whose(&self, program: &Program, by: &str, value: &Value, of: (&str, &str)) -> Whose {
        let within = Within::the(program, by);
        match value {
            Value::Place(place) => {
                if let PlaceKind::Field { name, owner, .. } = place.kind()
                    && **name == *of.1
                    && owner.as_deref().is_none_or(|owner| program.are_related(owner, of.0))
                {
                    return Whose::Same;
                }
                match self.is_own_in(program, within, place, CALLS) {
                    true => Whose::Own,
                    false => Whose::Anybodys,
                }
            }
            Value::Result(_) if self.is_own_value(program, within, value, CALLS) => Whose::Own,
            _ => Whose::Anybodys,
        }
    }

    fn is_own_value(&self, program: &Program, within: Within<'_>, value: &Value, calls: usize) -> bool {
        match value {
            Value::Place(place) => self.is_own_in(program, within, place, calls),
            Value::Success(inner) => self.is_own_value(program, within, inner, calls),
            // Where a value with fields is taken for a path, one of them is that path.
            Value::Structure(fields) => {
                fields.iter().any(|(_, value)| self.is_own_value(program, within, value, calls))
            }
            Value::Result(result) if calls > 0 => {
                let callee = within.asker.and_then(|asker| program.callee(asker, *result));
                callee.is_some_and(|callee| self.returns_its_own(program, callee, calls - 1))
            }
            _ => false,
        }
    }

    /// Whether all successes of the function return one place that is private.
    fn returns_its_own(&self, program: &Program, function: FunctionId, calls: usize) -> bool {
        let Some(summary) = program.function(function) else { return false };
        let returned = program.graph.node(function).and_then(|node| node.returned.as_ref());
        let within = Within { by: Some(&summary.name), asker: Some(function) };
        returned.is_some_and(|value| self.is_own_value(program, within, value, calls))
    }

    /// Whether all known callers give the function what is private: who makes a value out of sight does it the same way. What a program makes
    /// where it begins is there for all its threads, who know the place too.
    fn is_given_its_own(&self, program: &Program, function: &str, parameter: &str, calls: usize) -> bool {
        let given = self.given.get(&(function.to_owned(), parameter.to_owned()));
        given.is_some_and(|given| {
            given.iter().all(|(by, value)| {
                program.function(*by).filter(|by| !by.context.main).is_some_and(|summary| {
                    let within = Within { by: Some(&summary.name), asker: Some(*by) };
                    self.is_own_value(program, within, value, calls.saturating_sub(1))
                })
            })
        })
    }

    /// Whether the place is private, in the terms of a function.
    fn is_own_in(&self, program: &Program, within: Within<'_>, place: &Place, calls: usize) -> bool {
        match place.kind() {
            PlaceKind::Parameter { name, .. } => {
                within.by.is_some_and(|by| calls > 0 && self.is_given_its_own(program, by, name, calls))
            }
            PlaceKind::Field { base, owner, name } => {
                owner.as_deref().is_some_and(|owner| {
                    self.is_field(program, owner, name)
                        || (calls > 0
                            && program
                                .find(&[owner, "::", name].concat())
                                .is_some_and(|property| self.returns_its_own(program, property, calls - 1)))
                }) || self.is_own_in(program, within, base, calls)
            }
            PlaceKind::Call { callee, arguments } if calls > 0 => {
                let named = |name: &str| program.named(within.asker, name, arguments.len());
                named(callee).is_some_and(|callee| self.returns_its_own(program, callee, calls - 1))
                    // A value that stands for a path is made of one, and gives it back to whoever enters it.
                    || (named(&[callee, "::__enter__"].concat()).is_some()
                        && arguments
                            .first()
                            .is_some_and(|of| self.is_own_in(program, within, of, calls - 1)))
            }
            PlaceKind::Join(base, component) => {
                self.is_own_in(program, within, component, calls)
                    || self.is_own_in(program, within, base, calls)
            }
            PlaceKind::WithFileName(_, component) => self.is_own_in(program, within, component, calls),
            PlaceKind::WithExtension(base, _) => self.is_own_in(program, within, base, calls),
            PlaceKind::Concat(parts) => parts.iter().any(|part| self.is_own_in(program, within, part, calls)),
            PlaceKind::Result(result) => {
                within.by.is_some() && self.is_own_value(program, within, &Value::Result(*result), calls)
            }
            _ => place.is_private(),
        }
    }

    /// Whether the field of a type is private, its own or one of a type that it is made of.
    fn is_field(&self, program: &Program, owner: &str, name: &str) -> bool {
        !self.known.is_empty() && program.bases(owner).iter().any(|base| self.has(base, name))
    }
}

/// The parameters of functions that are asked about, by the function's name: one that does nothing but set fields has no summary.
type Wanted = FxHashMap<String, Vec<(u32, String)>>;

/// The fields that may be private by what is `counted` of all that fields are set to: of most, a look at the values says that they are not.
fn fields(program: &Program, counted: impl Fn(&Kept) -> bool) -> Vec<Field<'_>> {
    let mut by_name: FxHashMap<&str, Vec<&Kept>> = FxHashMap::default();
    for kept in program.files.iter().flat_map(|file| &file.kept).filter(|kept| counted(kept)) {
        by_name.entry(kept.field.as_str()).or_default().push(kept);
    }
    let mut found: Vec<Field<'_>> =
        by_name.into_par_iter().flat_map_iter(|(name, all)| fields_of(program, name, all)).collect();
    found.sort_unstable_by_key(|field| (field.name, field.owner));
    found
}

/// Those of a name.
fn fields_of<'p>(program: &'p Program, name: &'p str, mut all: Vec<&'p Kept>) -> Vec<Field<'p>> {
    all.sort_by_key(|kept| kept.owner.as_deref());
    let mut groups = all.chunk_by(|one, other| one.owner == other.owner).peekable();
    // What is set in a value of who knows what type may be the field of any.
    let loose = groups.next_if(|group| group.iter().all(|kept| kept.owner.is_none())).unwrap_or_default();
    let is_lost = |group: &[&Kept]| group.iter().any(|kept| is_anybodys(&kept.value));
    if is_lost(loose) {
        return Vec::new();
    }
    let groups = groups.filter_map(|group| Some((group.first()?.owner.as_deref()?, group)));
    let groups: Vec<(&str, &[&Kept])> = groups.collect();
    // Most types are made of no other, so that only those that are can be related to them.
    let made = |owner: &str| program.symbols.embedded(owner).next().is_some();
    let made_of_others: Vec<&(&str, &[&Kept])> = groups.iter().filter(|(owner, _)| made(owner)).collect();
    let field = |(owner, own): &(&'p str, &[&'p Kept])| {
        if is_lost(own) {
            return None;
        }
        let others: Vec<&(&str, &[&Kept])> =
            if made(owner) { groups.iter().collect() } else { made_of_others.clone() };
        let related =
            others.into_iter().filter(|(other, _)| other != owner && program.are_related(owner, other));
        let mut set = [loose, own].concat();
        for (_, other) in related {
            if is_lost(other) {
                return None;
            }
            set.extend(*other);
        }
        Some(Field { owner, name, set })
    };
    groups.iter().filter_map(field).collect()
}

/// What functions are called with that set these fields to what they are given, or that hand it on to those.
fn given<'p>(program: &Program, fields: impl Iterator<Item = &'p Field<'p>>) -> Given {
    let mut wanted = Wanted::default();
    for kept in fields.flat_map(|field| &field.set) {
        want(&mut wanted, &kept.by, &kept.value);
    }
    let mut callers: Vec<FunctionId> = program.functions().map(|(id, _)| id).collect();
    let mut given = Given::default();
    for _ in 0..HANDS {
        wanted.retain(|function, of| {
            of.retain(|(_, parameter)| !given.contains_key(&(function.clone(), parameter.clone())));
            !of.is_empty()
        });
        if wanted.is_empty() {
            break;
        }
        let found = given_for(program, &wanted, &callers);
        let lost: FxHashSet<&(String, String)> =
            found.iter().filter(|(_, (_, value))| is_anybodys(value)).map(|(of, _)| of).collect();
        let mut further = Wanted::default();
        for (_, (by, value)) in found.iter().filter(|(of, _)| !lost.contains(of)) {
            if let Some(summary) = program.function(*by) {
                want(&mut further, &summary.name, value);
            }
        }
        // Whoever hands something on has a summary, so that its callers are known.
        let handing = further.keys().filter_map(|function| program.find(function));
        callers = handing.flat_map(|function| program.callers(function)).copied().collect();
        callers.sort_unstable();
        callers.dedup();
        for (of, by) in found {
            given.entry(of).or_default().push(by);
        }
        wanted = further;
    }
    given
}

/// Whether the value is known to be nothing that a process has for itself, whoever is asked.
fn is_anybodys(value: &Value) -> bool {
    match value {
        Value::Success(inner) => is_anybodys(inner),
        Value::Place(place) => match place.kind() {
            PlaceKind::Parameter { .. }
            | PlaceKind::Field { .. }
            | PlaceKind::Call { .. }
            | PlaceKind::Join(..)
            | PlaceKind::WithFileName(..)
            | PlaceKind::WithExtension(..)
            | PlaceKind::Concat(_)
            | PlaceKind::Result(_) => false,
            _ => !place.is_private(),
        },
        Value::Structure(_) | Value::Result(_) => false,
        _ => true,
    }
}

/// Notes that it is asked what the function is given, where the value is a parameter of it.
fn want(wanted: &mut Wanted, function: &str, value: &Value) {
    if let Value::Place(place) = value
        && let PlaceKind::Parameter { index, name } = place.kind()
    {
        let of = wanted.entry(function.to_owned()).or_default();
        if !of.iter().any(|(known, _)| known == index) {
            of.push((*index, name.to_string()));
        }
    }
}

/// What these callers call the functions with for these parameters, by the function's name and the parameter's.
fn given_for(
    program: &Program,
    wanted: &Wanted,
    callers: &[FunctionId],
) -> Vec<((String, String), (FunctionId, Value))> {
    let names: FxHashSet<&str> = wanted.keys().map(|function| qualified::last(function)).collect();
    let found = callers.par_iter().with_min_len(64).flat_map_iter(|by| {
        let mut found = Vec::new();
        let Some(summary) = program.function(*by).filter(|s| !s.context.test && !s.context.auxiliary) else {
            return found;
        };
        each_step(&summary.body, &mut |step| {
            let Step::Call(call) = step else { return };
            if !names.contains(qualified::last(call.callee.name())) {
                return;
            }
            let of_type = match &call.callee {
                Callee::Method { receiver: Some(owner), name } => Some([owner, "::", name].concat()),
                _ => None,
            };
            let callee = of_type.as_deref().unwrap_or(call.callee.name());
            for (index, name) in wanted.get(callee).into_iter().flatten() {
                let value = argument(call, *index, name).cloned().unwrap_or(Value::Opaque);
                found.push(((callee.to_owned(), name.clone()), (*by, value)));
            }
        });
        found
    });
    found.collect()
}

/// What a call gives for a parameter, by its name or in its turn.
fn argument<'c>(call: &'c Call, index: u32, name: &str) -> Option<&'c Value> {
    let plain = call.arguments.len().saturating_sub(call.names.len());
    match call.names.iter().position(|known| **known == *name) {
        Some(at) => call.arguments.get(plain + at),
        None => call.arguments.get(..plain)?.get(index as usize),
    }
}

impl Program {
    /// Whether only this process knows the place: it is private by itself, or it is, or lies below, a field that is only ever set to what
    /// is. The function is one whose file names the calls that the place is made of.
    pub fn is_private(&self, function: FunctionId, place: &Place) -> bool {
        let within = Within { by: None, asker: Some(function) };
        place.is_private()
            || ((!self.private_fields.known.is_empty()
                || place.any(&mut |kind| matches!(kind, PlaceKind::Call { .. })))
                && self.private_fields.is_own_in(self, within, place, CALLS))
    }

    /// As [`Program::is_private`], if whoever starts the program gives none of its options.
    pub fn is_private_by_default(&self, function: FunctionId, place: &Place) -> bool {
        let within = Within { by: None, asker: Some(function) };
        let fields = &self.private_by_default;
        !fields.known.is_empty() && fields.is_own_in(self, within, place, CALLS)
    }

    /// The function that is meant by this name, as the asker's file writes it.
    fn named(&self, asker: Option<FunctionId>, name: &str, arity: usize) -> Option<FunctionId> {
        self.find(name).or_else(|| {
            let asker = asker?;
            let summary = self.function(asker)?;
            let asker =
                Asker { name: &summary.name, file: self.file_of(asker).0, test: summary.context.test };
            self.symbols.resolve_text(asker, name, arity).map(|target| target.function)
        })
    }

    /// The type and those that it is made of, nearest first.
    fn bases<'p>(&'p self, of: &'p str) -> Vec<&'p str> {
        let mut found = vec![of];
        for at in 0..BASES {
            let Some(next) = found.get(at).copied() else { break };
            for base in self.symbols.embedded(next) {
                if !found.contains(&base) {
                    found.push(base);
                }
            }
        }
        found
    }

    /// Whether two types are one, or one is made of the other. Two that are made of the same third have fields of their own.
    fn are_related(&self, one: &str, other: &str) -> bool {
        one == other || self.bases(one).contains(&other) || self.bases(other).contains(&one)
    }
}
