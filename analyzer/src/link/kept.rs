//! Fields that hold what only this process knows: wherever in the program one is set, it is set to a directory or file that was made under
//! a name of its own, to what lies in one, to another such field, or to what functions return that make one.

use super::graph::{each_step, find_call, payload, returns};
use super::resolve::Asker;
use super::{FunctionId, Program};
use crate::flow::{Call, Callee, Condition, Kept, Place, PlaceKind, Step, Value};
use crate::language::is_private_type;
use crate::qualified;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// How often what is known of fields is taken further: each time by one field that is set to another.
const ROUNDS: usize = 6;
/// How many calls a value is followed through.
const CALLS: usize = 5;
/// How many functions hand on what one sets a field to.
const HANDS: usize = 3;
/// How many letters the name of a value has that tells of what type it is.
const SHORTEST: usize = 4;
/// How deep types are looked for that others are made of.
const BASES: usize = 8;

/// Who else knows a path, the fewer the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Own {
    /// Anybody may.
    Anybodys,
    /// The process does, whose number it has.
    Process,
    /// Whoever made it, and whom that hands it to.
    Makers,
}

/// Private fields, by the type that has them and their name.
#[derive(Debug, Default)]
pub(super) struct PrivateFields {
    known: FxHashMap<String, FxHashMap<String, Own>>,
    /// What the functions that set fields to what they are given are called with, by the function's name and the parameter's.
    given: Given,
    /// Whether what need not be given is taken not to be.
    by_default: bool,
    /// By the names that only such fields have: a value of which no type is known has no other.
    named: FxHashMap<String, Named>,
}

/// What is known of a field by its name alone.
#[derive(Debug)]
struct Named {
    own: Own,
    /// The types that have one, in small letters.
    owners: Vec<String>,
}

/// By function and parameter, what is given for it, each with the function that calls.
type Given = FxHashMap<(String, String), Vec<(FunctionId, Value)>>;

/// In whose terms a value is told.
#[derive(Clone, Copy)]
struct Within<'a> {
    /// The function whose parameters and results it may be, if it is told in those.
    by: Option<&'a str>,
    /// The function whose file names what it calls.
    asker: Option<FunctionId>,
    /// What the function is given, where it is asked about one call of it.
    given: Option<Handed<'a>>,
}

/// What one call hands to the function that it calls.
#[derive(Clone, Copy)]
struct Handed<'a> {
    arguments: Arguments<'a>,
    /// In whose terms that is.
    from: &'a Within<'a>,
}

/// The arguments of a call.
#[derive(Clone, Copy)]
enum Arguments<'a> {
    /// As a step has them.
    Of(&'a Call),
    /// As a place has them, the receiver first.
    Places(&'a [Place]),
}

impl<'a> Within<'a> {
    fn the(program: &Program, by: &'a str) -> Self {
        Within { by: Some(by), asker: program.find(by), given: None }
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
        let is_counted = |kept: &Kept| !kept.optional || matches!(kept.value, Value::Place(_));
        let defaults = if is_optional { fields(program, is_counted) } else { Vec::new() };
        let mut given = given(program, all.iter().chain(&defaults));
        [(all, false), (defaults, true)].map(|(fields, by_default)| {
            let known = FxHashMap::default();
            let named = FxHashMap::default();
            let mut found = PrivateFields { known, given: std::mem::take(&mut given), by_default, named };
            found.grow(program, &fields);
            found.note_names(program);
            given = std::mem::take(&mut found.given);
            found
        })
    }

    /// Adds those of these fields that are private, round by round, since some are by others.
    fn grow(&mut self, program: &Program, fields: &[Field<'_>]) {
        for _ in 0..ROUNDS {
            let known = &*self;
            let news = fields.par_iter().filter(|field| known.has(field.owner, field.name).is_none());
            let news = news.map(|field| (field, known.is_set_to(program, field)));
            let news: Vec<_> = news.filter(|(_, own)| *own > Own::Anybodys).collect();
            if news.is_empty() {
                break;
            }
            for (field, own) in news {
                self.known.entry(field.owner.to_owned()).or_default().insert(field.name.to_owned(), own);
            }
        }
    }

    /// Notes the names of two words and more that no field has which may be another's.
    fn note_names(&mut self, program: &Program) {
        let mut named: FxHashMap<String, Named> = FxHashMap::default();
        for (owner, fields) in &self.known {
            for (name, own) in fields.iter().filter(|(name, _)| is_of_words(name)) {
                let known = named.entry(name.clone()).or_insert(Named { own: *own, owners: Vec::new() });
                known.own = known.own.min(*own);
                known.owners.push(qualified::last(owner).to_ascii_lowercase());
            }
        }
        let others = program.files.iter().flat_map(|file| &file.kept).filter(|kept| {
            let is_private = |owner: &String| self.has(owner, &kept.field).is_some();
            !kept.owner.as_ref().is_some_and(is_private)
        });
        for kept in others {
            named.remove(&kept.field);
        }
        self.named = named;
    }

    /// Who knows the field of a value that is called like a type which has one by this name.
    fn of_named(&self, base: &Place, name: &str) -> Option<Own> {
        let called = match base.kind() {
            PlaceKind::Parameter { name, .. } | PlaceKind::Field { name, .. } => name,
            _ => return None,
        };
        // Few names are known so.
        let named = self.named.get(name)?;
        let called = called.replace('_', "").to_ascii_lowercase();
        if called.len() < SHORTEST {
            return None;
        }
        named.owners.iter().any(|owner| owner.ends_with(&called)).then_some(named.own)
    }

    fn has(&self, owner: &str, name: &str) -> Option<Own> {
        self.known.get(owner)?.get(name).copied()
    }

    /// Who knows all that the field is set to.
    fn is_set_to(&self, program: &Program, field: &Field<'_>) -> Own {
        let of = (field.owner, field.name);
        least(field.set.iter().filter_map(|kept| self.kept(program, kept, of)))
    }

    /// Who knows what a field is set to; none where it is what the field holds already, or nothing.
    fn kept(&self, program: &Program, kept: &Kept, of: (&str, &str)) -> Option<Own> {
        let within = Within::the(program, &kept.by);
        if let Value::Place(place) = &kept.value {
            if let PlaceKind::Field { name, owner, .. } = place.kind()
                && **name == *of.1
                && owner.as_deref().is_none_or(|owner| program.are_related(owner, of.0))
            {
                return None;
            }
            if let Some(name) = place.leading_parameter()
                && kept.optional
            {
                return self.given_if_any(program, &kept.by, name, CALLS);
            }
        }
        match &kept.value {
            value @ (Value::Place(_) | Value::Result(_)) => Some(self.value(program, within, value, CALLS)),
            _ => Some(Own::Anybodys),
        }
    }

    /// Who knows a parameter that need not be given; none where it is not, and something else is taken.
    fn given_if_any(&self, program: &Program, function: &str, parameter: &str, calls: usize) -> Option<Own> {
        match self.given.get(&(function.to_owned(), parameter.to_owned())) {
            Some(given) => {
                let given: Vec<_> = given.iter().filter(|(_, value)| !is_nothing(value)).collect();
                (!given.is_empty()).then(|| self.all_of(program, &given, calls))
            }
            None if self.by_default => None,
            None => Some(Own::Anybodys),
        }
    }

    fn value(&self, program: &Program, within: Within<'_>, value: &Value, calls: usize) -> Own {
        match value {
            Value::Place(place) | Value::Variable(place, _) => self.place(program, within, place, calls),
            Value::Success(inner) => self.value(program, within, inner, calls),
            // Where a value with fields is taken for a path, one of them is that path.
            Value::Structure(fields) => {
                most(fields.iter().map(|(_, value)| self.value(program, within, value, calls)))
            }
            Value::Result(result) if calls > 0 => {
                let Some(asker) = within.asker else { return Own::Anybodys };
                let Some(summary) = program.function(asker) else { return Own::Anybodys };
                // A result that the function begins with is what it was given.
                if let Some(parameter) = summary.parameters.get(result.0 as usize) {
                    let place = Place::parameter(result.0, &parameter.name);
                    return self.place(program, within, &place, calls);
                }
                let Some(call) = find_call(&summary.body, *result) else { return Own::Anybodys };
                match (program.callee(asker, *result), call.arguments.as_slice()) {
                    (Some(callee), _) => {
                        let handed = Handed { arguments: Arguments::Of(call), from: &within };
                        self.returned(program, callee, Some(handed), calls - 1)
                    }
                    (None, [Value::Place(of)]) if is_said_of_ones_own(program, std::slice::from_ref(of)) => {
                        Own::Makers
                    }
                    _ => Own::Anybodys,
                }
            }
            _ => Own::Anybodys,
        }
    }

    /// Who knows what the function returns in all its successes.
    fn returned(
        &self,
        program: &Program,
        function: FunctionId,
        given: Option<Handed<'_>>,
        calls: usize,
    ) -> Own {
        let Some(summary) = program.function(function) else { return Own::Anybodys };
        let within = Within { by: Some(&summary.name), asker: Some(function), given };
        if let Some(value) = program.graph.node(function).and_then(|node| node.returned.as_ref()) {
            return self.value(program, within, value, calls);
        }
        let returned = returns(&summary.body).into_iter().map(payload);
        let places = returned.filter(|value| !matches!(value, Value::Failure(_)) && !is_nothing(value));
        least(places.map(|value| self.value(program, within, value, calls)))
    }

    /// Who knows what all known callers give the function: who makes a value out of sight does it the same way.
    fn given(&self, program: &Program, function: &str, parameter: &str, calls: usize) -> Own {
        let given = self.given.get(&(function.to_owned(), parameter.to_owned()));
        given.map_or(Own::Anybodys, |given| self.all_of(program, &given.iter().collect::<Vec<_>>(), calls))
    }

    /// Who knows all of what these functions give. What a program makes where it begins is there for all its threads, who know the place
    /// too.
    fn all_of(&self, program: &Program, given: &[&(FunctionId, Value)], calls: usize) -> Own {
        least(given.iter().map(|(by, value)| {
            let Some(summary) = program.function(*by) else { return Own::Anybodys };
            let within = Within { by: Some(&summary.name), asker: Some(*by), given: None };
            let own = self.value(program, within, value, calls.saturating_sub(1));
            if own == Own::Makers && summary.context.main { Own::Anybodys } else { own }
        }))
    }

    /// Who knows what a call gives the function.
    fn handed(&self, program: &Program, handed: Handed<'_>, (index, name): (u32, &str), calls: usize) -> Own {
        let own = match handed.arguments {
            Arguments::Of(call) => {
                argument(call, index, name).map(|value| self.value(program, *handed.from, value, calls))
            }
            Arguments::Places(places) => {
                places.get(index as usize).map(|place| self.place(program, *handed.from, place, calls))
            }
        };
        own.unwrap_or(Own::Anybodys)
    }

    /// Who knows the place, in the terms of a function.
    fn place(&self, program: &Program, within: Within<'_>, place: &Place, calls: usize) -> Own {
        let of = |place: &Place| self.place(program, within, place, calls);
        match place.kind() {
            PlaceKind::Parameter { .. } | PlaceKind::Call { .. } if calls == 0 => Own::Anybodys,
            PlaceKind::Parameter { index, name } => match (within.given, within.by) {
                (Some(handed), _) => self.handed(program, handed, (*index, name), calls - 1),
                (None, Some(by)) => self.given(program, by, name, calls),
                (None, None) => Own::Anybodys,
            },
            PlaceKind::Field { base, owner, name } => {
                let by_name = || self.of_named(base, name).unwrap_or(Own::Anybodys);
                let own = owner.as_deref().map_or_else(by_name, |owner| {
                    if program.is_private_by_type(owner, name) {
                        return Own::Makers;
                    }
                    let property = || {
                        let property = program.find(&[owner, "::", name].concat()).filter(|_| calls > 0)?;
                        Some(self.returned(program, property, None, calls - 1))
                    };
                    let field = self.field(program, owner, name);
                    field.or_else(property).unwrap_or(Own::Anybodys)
                });
                if own == Own::Makers { own } else { own.max(of(base)) }
            }
            PlaceKind::Call { callee, arguments } => {
                let named = |name: &str| program.named(within.asker, name, arguments.len());
                let handed = Handed { arguments: Arguments::Places(arguments), from: &within };
                let own = named(callee)
                    .map(|callee| self.returned(program, callee, Some(handed), calls - 1))
                    .filter(|own| *own > Own::Anybodys);
                // A value that stands for a path is made of one, and gives it back to whoever enters it.
                let entered = || {
                    named(&[callee, "::__enter__"].concat())?;
                    Some(self.place(program, within, arguments.first()?, calls - 1))
                };
                own.or_else(entered).unwrap_or_else(|| match named(callee) {
                    None if is_said_of_ones_own(program, arguments) => Own::Makers,
                    _ => itself(place),
                })
            }
            PlaceKind::Join(base, component) => match of(component) {
                Own::Makers => Own::Makers,
                own => own.max(of(base)),
            },
            PlaceKind::WithFileName(_, component) => of(component),
            PlaceKind::WithExtension(base, _) => of(base),
            PlaceKind::Concat(parts) => most(parts.iter().map(of)),
            PlaceKind::Opaque { id, .. } => {
                let places = within.by.and(within.asker).and_then(|asker| choice(program, asker, *id));
                let own = |place: &Place| match (place.leading_parameter(), within.by) {
                    (Some(name), Some(by)) if within.given.is_none() => match calls.checked_sub(1) {
                        Some(calls) => self.given_if_any(program, by, name, calls),
                        None => Some(Own::Anybodys),
                    },
                    _ => Some(of(place)),
                };
                least(places.into_iter().flatten().filter_map(own))
            }
            PlaceKind::Result(result) if within.by.is_some() => {
                self.value(program, within, &Value::Result(*result), calls)
            }
            _ => itself(place),
        }
    }

    /// Who knows the field of a type, its own or one of a type that it is made of.
    fn field(&self, program: &Program, owner: &str, name: &str) -> Option<Own> {
        if self.known.is_empty() {
            return None;
        }
        program.bases(owner).iter().find_map(|base| self.has(base, name))
    }
}

/// Whether the place is what a field of the receiver says, or one of its methods, or lies below.
fn is_told_by_the_receiver(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Parameter { index, .. } => *index == 0,
        PlaceKind::Field { base, .. } | PlaceKind::Join(base, _) => is_told_by_the_receiver(base),
        PlaceKind::Call { arguments, .. } => arguments.first().is_some_and(is_told_by_the_receiver),
        _ => false,
    }
}

/// Whether what a library's function makes of these is as private as they are: of a temporary directory that a field holds, its path; of
/// random bits, their text.
fn is_said_of_ones_own(program: &Program, arguments: &[Place]) -> bool {
    let of_a_field = match arguments {
        [of] => match of.kind() {
            PlaceKind::Field { owner: Some(owner), name, .. } => program.is_private_by_type(owner, name),
            _ => false,
        },
        _ => false,
    };
    let of_random_bits = arguments.iter().any(Place::is_random)
        && arguments.iter().all(|argument| argument.is_random() || argument.is_closed());
    of_a_field || of_random_bits
}

/// Whether the name has several words.
fn is_of_words(name: &str) -> bool {
    let name = name.trim_matches('_');
    name.contains('_') || name.chars().skip(1).any(char::is_uppercase)
}

/// Who knows a place by its form alone.
fn itself(place: &Place) -> Own {
    match place.is_private() {
        true => Own::Makers,
        false if place.names_process() => Own::Process,
        false => Own::Anybodys,
    }
}

/// Who knows all of these; anybody, where there are none.
fn least(all: impl Iterator<Item = Own>) -> Own {
    let mut least = None;
    for own in all {
        if own == Own::Anybodys {
            return own;
        }
        least = Some(least.map_or(own, |least: Own| least.min(own)));
    }
    least.unwrap_or(Own::Anybodys)
}

/// Who knows what is made of these.
fn most(all: impl Iterator<Item = Own>) -> Own {
    all.max().unwrap_or(Own::Anybodys)
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
    let related = related(program, groups.iter().map(|(owner, _)| *owner));
    let field = |((owner, own), related): (&(&'p str, &[&'p Kept]), Vec<usize>)| {
        let mut set = [loose, own].concat();
        for (_, other) in related.into_iter().filter_map(|at| groups.get(at)) {
            set.extend(*other);
        }
        (!is_lost(&set)).then_some(Field { owner, name, set })
    };
    groups.iter().zip(related).filter_map(field).collect()
}

/// Of each of these types, which others of them it is made of, or are made of it, by their places. Most are made of no other.
fn related<'p>(program: &Program, owners: impl Iterator<Item = &'p str> + Clone) -> Vec<Vec<usize>> {
    let places: FxHashMap<&str, usize> = owners.clone().zip(0..).collect();
    let mut related = vec![Vec::new(); places.len()];
    for (owner, at) in owners.zip(0..) {
        for base in program.bases(owner).into_iter().filter(|base| *base != owner) {
            if let Some(other) = places.get(base).copied() {
                related.get_mut(at).into_iter().for_each(|of: &mut Vec<usize>| of.push(other));
                related.get_mut(other).into_iter().for_each(|of| of.push(at));
            }
        }
    }
    for of in &mut related {
        of.sort_unstable();
        of.dedup();
    }
    related
}

/// What functions are called with that set these fields to what they are given, or that hand it on to those.
fn given<'p>(program: &Program, fields: impl Iterator<Item = &'p Field<'p>>) -> Given {
    let mut wanted = Wanted::default();
    for kept in fields.flat_map(|field| &field.set) {
        want(program, &mut wanted, &kept.by, &kept.value);
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
        let lost: FxHashSet<&(String, String)> = found
            .iter()
            .filter(|(_, (_, value))| is_anybodys(value) && !is_nothing(value))
            .map(|(of, _)| of)
            .collect();
        let mut further = Wanted::default();
        for (_, (by, value)) in found.iter().filter(|(of, _)| !lost.contains(of)) {
            if let Some(summary) = program.function(*by) {
                want(program, &mut further, &summary.name, value);
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

/// Whether the value is none at all.
fn is_nothing(value: &Value) -> bool {
    *value == Value::Condition(Condition::Constant(false))
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
            | PlaceKind::Opaque { .. }
            | PlaceKind::Result(_) => false,
            _ => itself(place) == Own::Anybodys,
        },
        Value::Variable(place, _) => !matches!(place.kind(), PlaceKind::Opaque { .. }),
        Value::Structure(_) | Value::Result(_) => false,
        _ => true,
    }
}

/// The two places of which one is meant by this number, in a function.
fn choice(program: &Program, function: FunctionId, id: u32) -> Option<&[Place; 2]> {
    let choices = &program.function(function)?.choices;
    choices.iter().find(|(known, _)| *known == id).map(|(_, places)| places)
}

/// Notes that it is asked what the function is given, where the value is made of parameters of it.
fn want(program: &Program, wanted: &mut Wanted, function: &str, value: &Value) {
    let (Value::Place(place) | Value::Variable(place, _)) = value else { return };
    place.any(&mut |kind| {
        match kind {
            PlaceKind::Parameter { index, name } => {
                let of = wanted.entry(function.to_owned()).or_default();
                if !of.iter().any(|(known, _)| known == index) {
                    of.push((*index, name.to_string()));
                }
            }
            PlaceKind::Opaque { id, .. } => {
                let places = program.find(function).and_then(|function| choice(program, function, *id));
                for place in places.into_iter().flatten().filter(|place| !place.any(&mut is_opaque)) {
                    want(program, wanted, function, &Value::Place(place.clone()));
                }
            }
            _ => {}
        }
        false
    });
}

fn is_opaque(kind: &PlaceKind) -> bool {
    matches!(kind, PlaceKind::Opaque { .. })
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
            let mut note = |callee: &str| {
                for (index, name) in wanted.get(callee).into_iter().flatten() {
                    let nothing = Value::Condition(Condition::Constant(false));
                    let value = argument(call, *index, name).cloned().unwrap_or(nothing);
                    found.push(((callee.to_owned(), name.clone()), (*by, value)));
                }
            };
            match &call.callee {
                // A method may be that of a type of which its own is made, or of one that has the methods of an interface.
                Callee::Method { receiver: Some(owner), name } => {
                    let implementors = program.symbols.implementors(owner);
                    let mut of: Vec<&str> = std::iter::once(owner.as_str())
                        .chain(implementors)
                        .flat_map(|owner| program.bases(owner))
                        .collect();
                    of.sort_unstable();
                    of.dedup();
                    of.into_iter().for_each(|owner| note(&[owner, "::", name].concat()));
                }
                callee => note(callee.name()),
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
        place.is_private() || self.own(function, place) == Own::Makers
    }

    /// Whether no other process knows the place: it is private, or it is, or lies below, what has the process' number in its name.
    pub fn is_of_the_process(&self, function: FunctionId, place: &Place) -> bool {
        itself(place) > Own::Anybodys || self.own(function, place) > Own::Anybodys
    }

    /// Whether the place is told by a method's own value that holds a temporary directory for nothing but to keep it: what the value is
    /// about lies there.
    pub fn is_beside_a_private_one(&self, function: FunctionId, place: &Place) -> bool {
        let own = self.function(function).filter(|summary| summary.has_receiver);
        let Some(of) = own.and_then(|own| own.parameters.first()?.type_name.as_deref()) else { return false };
        let keeps = |(name, of): &(String, String)| name.starts_with('_') && is_private_type(of);
        is_told_by_the_receiver(place) && self.fields(of).is_some_and(|fields| fields.iter().any(keeps))
    }

    /// Whether the type says of its field that it holds a path of its holder's alone.
    fn is_private_by_type(&self, owner: &str, field: &str) -> bool {
        let declared = self.fields(owner).into_iter().flatten();
        let mut of = declared.filter(|(name, _)| name == field);
        of.any(|(_, of)| is_private_type(of))
    }

    fn own(&self, function: FunctionId, place: &Place) -> Own {
        let within = Within { by: None, asker: Some(function), given: None };
        let is_made = |kind: &PlaceKind| matches!(kind, PlaceKind::Call { .. });
        if self.private_fields.known.is_empty() && !place.any(&mut |kind| is_made(kind)) {
            return Own::Anybodys;
        }
        self.private_fields.place(self, within, place, CALLS)
    }

    /// As [`Program::is_private`], if whoever starts the program gives none of its options.
    pub fn is_private_by_default(&self, function: FunctionId, place: &Place) -> bool {
        let within = Within { by: None, asker: Some(function), given: None };
        let fields = &self.private_by_default;
        !fields.known.is_empty() && fields.place(self, within, place, CALLS) == Own::Makers
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
