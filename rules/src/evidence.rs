//! Who else in the program touches places of a class.
//!
//! Across functions, places are compared by *class*: type and field, constant, well-known root, environment variable, literal or
//! pure call, with the components after it. Where nothing but the last component is known, that name is a weaker class.

use crate::names;
use crate::pairs;
use crate::trace::Trace;
use fsrace_analyzer::flow::{
    Check, Effect, Mode, Operation, Place, PlaceKind, RemoveKind, ResultId, Root, Site,
};
use fsrace_analyzer::link::{FunctionId, Location, Program};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

/// How many uses one function contributes, and how many are kept of one class.
const PER_FUNCTION: usize = 256;
const PER_CLASS: usize = 64;
/// How many levels up a removal of a directory is looked for.
const ANCESTORS: usize = 12;

/// What an effect does to a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads, opens or lists it.
    Reads,
    /// Asks whether it is there.
    Checks,
    /// Makes it if it is absent.
    Creates,
    /// Writes it in place.
    Writes,
    /// Replaces it in one step.
    Replaces,
    /// Removes it or moves it away.
    Removes,
    /// Removes it with all below it.
    RemovesTree,
    /// Lets everybody write in it.
    Opens,
    /// Makes it, or leaves it, for its owner alone.
    Closes,
}

/// What is made or met at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file.
    File,
}

impl Kind {
    /// What the operation makes, or works on, where only one of them will do.
    pub fn of(operation: Operation) -> Option<Kind> {
        match operation {
            Operation::CreateDir { .. }
            | Operation::ReadDir
            | Operation::Populate { .. }
            | Operation::Remove(RemoveKind::Dir)
            | Operation::Check(Check::IsDir) => Some(Kind::Directory),
            Operation::Write
            | Operation::Append
            | Operation::Truncate
            | Operation::Read
            | Operation::Copy
            | Operation::Check(Check::IsFile) => Some(Kind::File),
            Operation::Open(flags) if flags.create || flags.create_new || flags.truncate => Some(Kind::File),
            _ => None,
        }
    }
}

/// One effect on a class.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// What is done.
    pub role: Role,
    /// In which function's own source.
    pub function: FunctionId,
    /// Where in that source: the effect, or the call that leads to it.
    pub location: Location,
    /// The effect itself.
    pub inner: Location,
    /// How many calls deep the effect is from there.
    depth: usize,
    /// Test, example or benchmark code.
    pub in_test: bool,
    /// What is written is the same for all who run this code.
    pub constant: bool,
    /// Its function removes the place too: it is another that clears and refills, and no user of what is there.
    pub clears: bool,
    /// It reads, and whoever leads to it copes with half a file.
    pub tolerant: bool,
    /// It reads, and one of those who lead to it makes, writes, moves or removes the place after that: what makes no sense to it, it may
    /// take for free.
    pub takes: bool,
    /// It lists a directory, and reads no file.
    pub lists: bool,
    /// It opens a file, and what is done with it then is another matter.
    pub opens: bool,
    /// Whether only a directory, or only a file, is there for it.
    pub kind: Option<Kind>,
    /// It asks about a file that is open.
    pub asks_open: bool,
    /// A lock against other processes is held around it, by one of those who lead to it.
    pub locked: bool,
    /// The type whose field the place is, where that is written with something that varies.
    written_field_of: Option<Key>,
    /// Where the place is, if that is known down from a directory that everybody knows.
    rooted: Option<Rooted>,
    /// The directory that the place lies in, where the code tells of it.
    folder: Option<Folder>,
    /// The class of that directory.
    within: Option<Key>,
    /// It is moved into place, under a name that is not its own with more to it.
    staged: bool,
    /// It lies with the program's own files.
    installed: bool,
    key: Key,
}

/// A path that is known down from this directory: two under the same one are the same path or different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rooted(Root, Key);

/// A directory as an entry of another: the name that the code gives it, or none where that varies; and the class of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Folder {
    name: Option<Key>,
    within: Option<Key>,
}

impl Folder {
    /// Whether the two may be one directory. One among many that go by what varies is hardly the one that has a name.
    fn may_be(self, other: Folder) -> bool {
        match (self.name, other.name) {
            (Some(own), Some(other)) => own == other,
            (None, None) => true,
            _ => self.within.is_some() && self.within == other.within,
        }
    }
}

/// A class of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key(u64);

/// A class, and how much it tells.
#[derive(Clone, Copy, Debug)]
struct Class {
    key: Key,
    strength: Strength,
}

/// How surely two places of one class are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// They come from the same function, called with who knows what, or some of their components vary.
    Computed,
    /// They have the same file name.
    Name,
    /// Type and field, constant, root, or literal.
    Full,
}

/// What was found of another side.
#[derive(Clone, Debug)]
pub struct Other {
    /// The use.
    pub found: Use,
    /// How surely it is the same place.
    pub strength: Strength,
}

/// All uses by class.
#[derive(Debug, Default)]
pub struct Evidence {
    uses: FxHashMap<Key, Vec<Use>>,
    /// Classes of directories that something is used in.
    filled: FxHashSet<Key>,
    /// Classes of what is made ready aside, and moved into place then.
    staged: FxHashSet<Key>,
    /// Types that write the files that their fields name.
    writers: FxHashSet<Key>,
    /// Types whose values are made by a function that leaves a lock held.
    locked: FxHashSet<String>,
    /// Words that name what the program cleans up.
    cleaned: FxHashSet<&'static str>,
    /// Folders of packages that are programs: all their callers are known, as far as calls can be followed.
    programs: FxHashSet<String>,
    /// Functions that nothing calls: what they do, nobody does.
    uncalled: FxHashSet<FunctionId>,
}

impl Evidence {
    /// The uses in one function's linked body.
    pub fn uses_in(
        program: &Program,
        function: FunctionId,
        in_test: bool,
        tolerated: &FxHashSet<Site>,
        trace: &Trace<'_>,
    ) -> Vec<Use> {
        let (mut uses, mut events) = (Vec::new(), Vec::new());
        let written = trace.events.iter().flat_map(|event| &event.effect.data);
        let written_back: FxHashSet<usize> = if tolerated.is_empty() {
            FxHashSet::default()
        } else {
            written.flat_map(|r| trace.origins(*r)).collect()
        };
        // Who locks the file that it has opened reads it under that lock, though it was opened without.
        let locked_later: FxHashSet<ResultId> = trace
            .events
            .iter()
            .filter(|event| matches!(event.effect.operation, Operation::Lock { .. }))
            .filter_map(|event| event.effect.handle)
            .collect();
        'all: for (index, event) in trace.events.iter().enumerate() {
            let depth = trace.call_depth(event);
            let Some(inner) = program.location(event.effect.site) else { continue };
            let location =
                trace.call_of(event).and_then(|frame| program.location(frame.site)).unwrap_or(inner);
            let mut roles = roles(event.effect);
            // What nobody else knows is nobody's other side.
            roles.retain(|(place, _)| !place.is_private());
            let constant = !roles.is_empty() && pairs::writes_constant(trace, index);
            for (place, role) in roles {
                let entry =
                    matches!(event.effect.operation, Operation::Remove(_)).then(|| entry_class(place));
                for class in classes(place).into_iter().chain(entry.flatten()) {
                    if uses.len() >= PER_FUNCTION {
                        break 'all;
                    }
                    events.push(index);
                    uses.push(Use {
                        role,
                        function,
                        location,
                        inner,
                        depth,
                        in_test,
                        constant,
                        clears: false,
                        // A default that is written back takes the place of what was there.
                        tolerant: tolerated.contains(&event.effect.site) && !written_back.contains(&index),
                        takes: false,
                        lists: event.effect.operation == Operation::ReadDir,
                        opens: matches!(event.effect.operation, Operation::Open(_)),
                        kind: Kind::of(event.effect.operation),
                        asks_open: event.effect.handle.is_some() && role == Role::Checks,
                        locked: !event.held.is_empty()
                            || (role == Role::Reads && locked_later.contains(&event.effect.result)),
                        written_field_of: written_field(place, role).filter(|_| !constant),
                        rooted: rooted(place),
                        folder: folder(place),
                        within: directories(place).next().and_then(|above| Some(strong_class(&above)?.key)),
                        staged: role == Role::Removes
                            && class.strength == Strength::Full
                            && is_staged(event.effect),
                        installed: is_installed(place),
                        key: class.key,
                    });
                }
            }
        }
        let removed: FxHashSet<Key> = uses
            .iter()
            .filter(|u| matches!(u.role, Role::Removes | Role::RemovesTree))
            .map(|u| u.key)
            .collect();
        uses.iter_mut().for_each(|u| u.clears = removed.contains(&u.key));
        let changes = |role| !matches!(role, Role::Reads | Role::Checks | Role::Opens | Role::Closes);
        let changed: Vec<(Key, usize)> =
            uses.iter().zip(&events).filter(|(u, _)| changes(u.role)).map(|(u, at)| (u.key, *at)).collect();
        for (found, at) in uses.iter_mut().zip(&events).filter(|(u, _)| u.tolerant) {
            found.takes = changed
                .iter()
                .any(|(key, later)| *key == found.key && at < later && trace.on_one_path(*at, *later));
        }
        uses
    }

    /// Indexes the uses. An effect that several callers lead to counts once, where it is nearest.
    pub fn index(program: &Program, uses: Vec<Use>) -> Self {
        let coped = coped_with(program, &uses);
        let locked: FxHashSet<(Key, Location)> =
            uses.iter().filter(|u| u.locked && !u.in_test).map(|u| (u.key, u.inner)).collect();
        let taking: FxHashSet<(Key, Location)> =
            uses.iter().filter(|u| u.takes && !u.in_test).map(|u| (u.key, u.inner)).collect();
        let mut nearest: FxHashMap<(Key, Role, Location), Use> = FxHashMap::default();
        for mut found in uses {
            found.tolerant =
                [None, Some(found.key)].iter().any(|class| coped.contains(&(*class, found.inner)));
            found.locked = locked.contains(&(found.key, found.inner));
            found.takes = taking.contains(&(found.key, found.inner));
            let slot = nearest.entry((found.key, found.role, found.inner)).or_insert(found);
            if (found.depth, found.function) < (slot.depth, slot.function) {
                *slot = found;
            }
        }
        let writers = nearest.values().filter(|u| !u.in_test).filter_map(|u| u.written_field_of).collect();
        let filled = nearest.values().filter(|u| !u.in_test).filter_map(|u| u.within).collect();
        let staged = nearest.values().filter(|u| u.staged && !u.in_test).map(|u| u.key).collect();
        let mut all: Vec<Use> = nearest.into_values().collect();
        all.sort_by_key(|u| (u.key, u.in_test, u.location, u.inner, u.role));
        let mut uses: FxHashMap<Key, Vec<Use>> = FxHashMap::default();
        for found in all {
            let list = uses.entry(found.key).or_default();
            if list.len() < PER_CLASS {
                list.push(found);
            }
        }
        Evidence { uses, filled, staged, writers, ..Evidence::default() }
    }

    /// Notes which functions make values and leave a lock held.
    pub fn note_locked<'n>(&mut self, makers: impl Iterator<Item = &'n str>) {
        self.locked = makers.filter_map(|name| Some(name.rsplit_once("::")?.0.to_owned())).collect();
    }

    /// Whether whoever has a value of this type holds a lock, as far as its makers tell.
    pub fn is_made_locked(&self, of: &str) -> bool {
        self.locked.contains(of)
    }

    /// Notes functions that nothing calls.
    pub fn note_uncalled(&mut self, functions: &FxHashSet<FunctionId>) {
        self.uncalled.extend(functions);
    }

    /// Whether nothing calls the function, as far as that was asked.
    pub fn is_uncalled(&self, function: FunctionId) -> bool {
        self.uncalled.contains(&function)
    }

    /// Notes which words name what the program cleans up.
    pub fn note_cleaned(&mut self, words: impl Iterator<Item = &'static str>) {
        self.cleaned = words.collect();
    }

    /// Whether the program cleans up what this word names.
    pub fn is_cleaned(&self, word: &str) -> bool {
        self.cleaned.contains(word)
    }

    /// Notes which packages are programs.
    pub fn note_programs(&mut self, program: &Program) {
        let mains =
            program.functions().filter(|(_, s)| s.context.main && !s.context.test && !s.context.auxiliary);
        let files = mains.filter_map(|(id, _)| program.file(program.file_of(id)));
        self.programs = files.map(|file| package(&file.path).to_owned()).collect();
    }

    /// Whether the file belongs to a package that is a program, and no mere library.
    pub fn is_in_program(&self, path: &str) -> bool {
        self.programs.contains(package(path))
    }

    /// Whether the type of this name writes files that its fields name, with content that varies.
    pub fn writes_its_fields(&self, owner: &str) -> bool {
        self.writers.contains(&type_key(owner))
    }

    /// The first use of the place's class in one of the roles that `accept` takes.
    pub fn find(&self, place: &Place, roles: &[Role], accept: impl Fn(&Use) -> bool) -> Option<Other> {
        let (own, own_folder) = (rooted(place), folder(place));
        let elsewhere = |u: &Use| matches!((own, u.rooted), (Some(a), Some(b)) if a.0 == b.0 && a != b);
        let installed = is_installed(place);
        // What is shipped with the program lies where it was installed, and what a caller names does not.
        let beside = |u: &Use| {
            installed == u.installed
                && own_folder.is_none_or(|own| u.folder.is_none_or(|folder| own.may_be(folder)))
        };
        // What is made ready in a directory that is moved into place is, until then, no file of that name anywhere else.
        let ready = self.is_ready_aside(place);
        let aside = |u: &Use| ready || u.within.is_some_and(|within| self.staged.contains(&within));
        // A file of the same name, in a directory that is known to be another, is another file.
        classes(place).into_iter().find_map(|class| {
            self.of_class(class, roles, &|u: &Use| {
                (class.strength == Strength::Full || !elsewhere(u))
                    && (class.strength != Strength::Name || (beside(u) && !aside(u)))
                    && accept(u)
            })
        })
    }

    /// Whether the place lies in a directory that is moved into place when it is whole.
    fn is_ready_aside(&self, place: &Place) -> bool {
        !self.staged.is_empty()
            && directories(place)
                .any(|above| strong_class(&above).is_some_and(|class| self.staged.contains(&class.key)))
    }

    /// As [`Evidence::find`], for removals: of the place or of a directory above it.
    pub fn find_removal(&self, place: &Place, accept: impl Fn(&Use) -> bool) -> Option<Other> {
        self.find(place, &[Role::Removes, Role::RemovesTree], &accept).or_else(|| {
            directories(place)
                .find_map(|above| self.of_class(strong_class(&above)?, &[Role::RemovesTree], &accept))
        })
    }

    /// Whether a directory above the place, of this very class, is made for its owner alone.
    pub fn is_enclosed(&self, place: &Place, accept: impl Fn(&Use) -> bool) -> bool {
        directories(place).any(|above| {
            strong_class(&above).is_some_and(|class| self.of_class(class, &[Role::Closes], &accept).is_some())
        })
    }

    /// Whether the place is a directory, as the program uses what lies in those of its class.
    pub fn is_directory(&self, place: &Place) -> bool {
        strong_class(place).is_some_and(|class| self.filled.contains(&class.key))
    }

    /// The first removal of whatever a caller names in the directory that the place lies in.
    pub fn find_entry_removal(&self, place: &Place, accept: impl Fn(&Use) -> bool) -> Option<Other> {
        self.of_class(entry_class(place)?, &[Role::Removes, Role::RemovesTree], &accept)
    }

    fn of_class(&self, class: Class, roles: &[Role], accept: &impl Fn(&Use) -> bool) -> Option<Other> {
        let uses = self.uses.get(&class.key)?;
        let found = uses.iter().find(|u| {
            !u.in_test && roles.contains(&u.role) && !self.uncalled.contains(&u.function) && accept(u)
        })?;
        Some(Other { found: *found, strength: class.strength })
    }
}

/// The reads that everybody copes with who leads to them: each function, or all of its callers that come so far. A helper that reads
/// what it is given is asked about for each class of places apart, too.
fn coped_with(program: &Program, uses: &[Use]) -> FxHashSet<(Option<Key>, Location)> {
    let mut views: FxHashMap<(Option<Key>, Location), FxHashMap<FunctionId, bool>> = FxHashMap::default();
    for found in uses.iter().filter(|u| u.role == Role::Reads && !u.in_test) {
        for class in [None, Some(found.key)] {
            views.entry((class, found.inner)).or_default().insert(found.function, found.tolerant);
        }
    }
    let coped = |views: &FxHashMap<FunctionId, bool>| {
        views.iter().all(|(function, tolerant)| {
            *tolerant || program.callers(*function).iter().any(|caller| views.contains_key(caller))
        }) && views.values().any(|tolerant| *tolerant)
    };
    views.iter().filter(|(_, views)| coped(views)).map(|(read, _)| *read).collect()
}

/// The directories above the place that it names, the nearest first.
fn directories(place: &Place) -> impl Iterator<Item = Place> {
    let above = |place: &Place| match place.kind() {
        PlaceKind::Join(base, _) => Some(base.clone()),
        PlaceKind::WithExtension(..) | PlaceKind::WithFileName(..) => Some(place.parent()),
        _ => None,
    };
    std::iter::successors(above(place), move |place| above(place)).take(ANCESTORS)
}

/// The folder of the package that a file belongs to, by custom.
pub fn package(path: &str) -> &str {
    ["src/", "tests/"].iter().find_map(|part| path.rsplit_once(part)).map_or("", |(folder, _)| folder)
}

fn type_key(name: &str) -> Key {
    let mut hasher = FxHasher::default();
    ("type", name).hash(&mut hasher);
    Key(hasher.finish())
}

/// The type whose field the place is, if this writes it.
fn written_field(place: &Place, role: Role) -> Option<Key> {
    match (place.kind(), role) {
        (PlaceKind::Field { owner: Some(owner), .. }, Role::Writes | Role::Replaces) => Some(type_key(owner)),
        _ => None,
    }
}

/// What an effect does to the places it names. Handles count too: they say that the class is read or written.
fn roles(effect: &Effect) -> Vec<(&Place, Role)> {
    let place = &effect.place;
    let other = effect.other_place.as_ref();
    let mut roles = Vec::new();
    match effect.operation {
        // Of a listing, the place is whatever lies there.
        Operation::Check(Check::Listed) => {}
        Operation::Check(_) => roles.push((place, Role::Checks)),
        Operation::Read | Operation::ReadDir | Operation::Update => roles.push((place, Role::Reads)),
        Operation::Open(flags) => {
            if flags.read && !flags.truncate {
                roles.push((place, Role::Reads));
            }
            if flags.truncate {
                roles.push((place, Role::Writes));
            }
            if flags.create || flags.create_new {
                roles.push((place, Role::Creates));
            }
        }
        Operation::Write => roles.extend([(place, Role::Writes), (place, Role::Creates)]),
        Operation::Append => roles.push((place, Role::Creates)),
        Operation::CreateDir { private, .. } => {
            roles.push((place, Role::Creates));
            roles.extend(private.then_some((place, Role::Closes)));
        }
        Operation::Populate { .. } => roles.extend([(place, Role::Writes), (place, Role::Creates)]),
        Operation::Truncate => roles.push((place, Role::Writes)),
        Operation::Remove(RemoveKind::Tree) => roles.push((place, Role::RemovesTree)),
        Operation::Remove(_) => roles.push((place, Role::Removes)),
        Operation::Rename { replace } => {
            roles.push((place, Role::Removes));
            if replace {
                roles.extend(other.map(|o| (o, Role::Replaces)));
            }
            roles.extend(other.map(|o| (o, Role::Creates)));
        }
        Operation::Copy => {
            roles.push((place, Role::Reads));
            roles.extend(other.map(|o| (o, Role::Writes)));
            roles.extend(other.map(|o| (o, Role::Creates)));
        }
        Operation::HardLink | Operation::Symlink => roles.extend(other.map(|o| (o, Role::Creates))),
        // A key is no path, and neither is a variable.
        Operation::Key(_) | Operation::Memory(_) => {}
        Operation::SetPermissions(Mode::Shared) => roles.push((place, Role::Opens)),
        Operation::SetPermissions(Mode::Private | Mode::Grouped) => roles.push((place, Role::Closes)),
        _ => {}
    }
    roles
}

/// Whether a move brings something to its place. What is only given a longer name by it is put out of the way.
fn is_staged(effect: &Effect) -> bool {
    let own = &effect.place;
    let is_longer = |onto: &Place| match onto.kind() {
        PlaceKind::Concat(parts) => parts.contains(own),
        PlaceKind::Join(base, _) | PlaceKind::WithExtension(base, _) => base == own,
        _ => false,
    };
    matches!(effect.operation, Operation::Rename { .. })
        && effect.other_place.as_ref().is_some_and(|onto| !is_longer(onto))
}

/// The classes of a place, the most telling first.
fn classes(place: &Place) -> Vec<Class> {
    strong_class(place).into_iter().chain(name_class(place)).collect()
}

/// Where the place is, if all of it is written down but the directory that it is in, which everybody knows.
fn rooted(place: &Place) -> Option<Rooted> {
    let mut root = None;
    let varies = place.any(&mut |kind| match kind {
        PlaceKind::Root(of) if *of != Root::Working => {
            root = Some(*of);
            false
        }
        PlaceKind::Join(..) | PlaceKind::Literal(_) => false,
        _ => true,
    });
    Some(Rooted(root.filter(|_| !varies)?, strong_class(place)?.key))
}

/// Whether the place lies with the program's own files.
fn is_installed(place: &Place) -> bool {
    place.any(&mut |kind| matches!(kind, PlaceKind::Root(Root::Executable)))
}

/// The directory that the place lies in, if that is an entry of another.
fn folder(place: &Place) -> Option<Folder> {
    let PlaceKind::Join(directory, _) = place.kind() else { return None };
    let (above, name) = match directory.kind() {
        PlaceKind::Join(above, name) => (Some(above), name),
        _ => (None, directory),
    };
    let within = above.and_then(strong_class).map(|class| class.key);
    match name.kind() {
        PlaceKind::Literal(text) => {
            let mut hasher = FxHasher::default();
            ("folder", text.rsplit('/').find(|part| !part.is_empty())?).hash(&mut hasher);
            Some(Folder { name: Some(Key(hasher.finish())), within })
        }
        PlaceKind::Parameter { .. } | PlaceKind::Opaque { .. } if above.is_some() => {
            Some(Folder { name: None, within })
        }
        _ => None,
    }
}

fn strong_class(place: &Place) -> Option<Class> {
    let place = said_otherwise(place);
    let mut hasher = FxHasher::default();
    let mut anchor = false;
    hash_class(place, &mut hasher, &mut anchor, 0)?;
    let computed = place.any(&mut |kind| match kind {
        PlaceKind::Call { arguments, .. } => !arguments.is_empty(),
        PlaceKind::Concat(_) | PlaceKind::Opaque { .. } | PlaceKind::Result(_) => true,
        _ => false,
    });
    let strength = if computed { Strength::Computed } else { Strength::Full };
    anchor.then(|| Class { key: Key(hasher.finish()), strength })
}

/// The path that is only said in other words, as bytes or with quotes: to say it so tells nothing of it.
fn said_otherwise(place: &Place) -> &Place {
    let is_told =
        |argument: &&Place| !matches!(argument.kind(), PlaceKind::Literal(_) | PlaceKind::Constant(_));
    let mut place = place;
    while let PlaceKind::Call { callee, arguments } = place.kind()
        && names::says_the_same(callee)
    {
        // Of several, nobody knows which is said.
        let mut said = arguments.iter().filter(is_told);
        match (said.next(), said.next()) {
            (Some(only), None) => place = only,
            _ => break,
        }
    }
    place
}

/// The entries of a directory that go by names which vary, whatever they are made of.
fn entry_class(place: &Place) -> Option<Class> {
    let PlaceKind::Join(directory, name) = place.kind() else { return None };
    if name.is_closed() || name.is_private() {
        return None;
    }
    let Class { key, strength } = strong_class(directory)?;
    let mut hasher = FxHasher::default();
    ("entry", key).hash(&mut hasher);
    Some(Class { key: Key(hasher.finish()), strength })
}

/// The last component alone, where it is a text that tells something.
fn name_class(place: &Place) -> Option<Class> {
    if let PlaceKind::Field { name, .. } = place.kind() {
        // Options of several commands that are called alike, as `repo_file`, tell less than a file's name.
        let mut hasher = FxHasher::default();
        ("field", name).hash(&mut hasher);
        let class = Class { key: Key(hasher.finish()), strength: Strength::Computed };
        return names::is_distinct(name).then_some(class);
    }
    let name = match place.kind() {
        PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) => last,
        _ => return None,
    };
    let telling = match name.kind() {
        PlaceKind::Literal(text) => text.len() >= 4 && !names::is_in_every_project(text),
        PlaceKind::Constant(_) => true,
        _ => false,
    };
    let mut hasher = FxHasher::default();
    "*/".hash(&mut hasher);
    telling.then(|| hash_class(name, &mut hasher, &mut true.clone(), 0)).flatten()?;
    Some(Class { key: Key(hasher.finish()), strength: Strength::Name })
}

/// Feeds the class to the hasher; none where the place has no class. `anchor` tells whether anything in it is the same
/// across functions.
fn hash_class(place: &Place, hasher: &mut FxHasher, anchor: &mut bool, depth: usize) -> Option<()> {
    if depth > 40 {
        return None;
    }
    match place.kind() {
        PlaceKind::Literal(text) => {
            *anchor = true;
            // `a/b` as one text and as two components are the same class.
            for part in text.split('/').filter(|p| !p.is_empty() && *p != ".") {
                (0u8, part).hash(hasher);
            }
        }
        PlaceKind::Constant(name) => {
            *anchor = true;
            (1u8, name).hash(hasher);
        }
        PlaceKind::Environment(name) => {
            *anchor = true;
            (2u8, name).hash(hasher);
        }
        PlaceKind::Root(root) => {
            // A root alone is no class: every program uses it.
            *anchor |= depth > 0;
            (3u8, root).hash(hasher);
        }
        // What a caller hands in as one of many values of a type that is made for such: two of them are two.
        PlaceKind::Field { base, name, .. } if is_of_a_tuple(name) && is_handed_in(base) => return None,
        // What an option holds is told by whose option it is.
        PlaceKind::Field { base, owner: Some(owner), name } if owner.is_empty() => {
            hash_class(base, hasher, anchor, depth + 1)?;
            (11u8, name).hash(hasher);
        }
        PlaceKind::Field { owner: Some(owner), name, .. } => {
            *anchor = true;
            (4u8, owner, name).hash(hasher);
        }
        // An entry is told by what it is an entry of, and not by being one.
        PlaceKind::Call { callee, arguments } if &**callee == "[]" => {
            let (base, key) = arguments.split_first()?;
            hash_class(base, hasher, anchor, depth + 1)?;
            10u8.hash(hasher);
            key.iter().for_each(|key| hash_component(key, hasher, depth + 1));
        }
        PlaceKind::Call { callee, arguments } => {
            // A call is told by whom it calls, and by the words that it is called with; what else it is given varies.
            *anchor = true;
            (5u8, callee, arguments.len()).hash(hasher);
            arguments.iter().for_each(|argument| match argument.kind() {
                PlaceKind::Literal(text) => text.hash(hasher),
                _ => 6u8.hash(hasher),
            });
        }
        PlaceKind::Join(base, last) => {
            hash_class(base, hasher, anchor, depth + 1)?;
            hash_component(last, hasher, depth + 1);
        }
        PlaceKind::WithFileName(base, last) => {
            hash_class(&base.parent(), hasher, anchor, depth + 1)?;
            hash_component(last, hasher, depth + 1);
        }
        PlaceKind::WithExtension(base, last) => {
            hash_class(base, hasher, anchor, depth + 1)?;
            7u8.hash(hasher);
            hash_component(last, hasher, depth + 1);
        }
        PlaceKind::Parent(base) => {
            hash_class(base, hasher, anchor, depth + 1)?;
            8u8.hash(hasher);
        }
        PlaceKind::Concat(parts) => {
            9u8.hash(hasher);
            parts.iter().for_each(|part| hash_component(part, hasher, depth + 1));
            *anchor |= parts.iter().any(|p| matches!(p.kind(), PlaceKind::Literal(t) if t.len() >= 4));
        }
        _ => return None,
    }
    Some(())
}

/// Whether the field goes by its position, as in a tuple or a variant of an enumeration.
fn is_of_a_tuple(field: &str) -> bool {
    field.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the place is what a caller hands in, and no value that the function is a method of.
fn is_handed_in(place: &Place) -> bool {
    matches!(place.kind(), PlaceKind::Parameter { name, .. } if &**name != "self")
}

/// A component that varies from call to call counts as any.
fn hash_component(component: &Place, hasher: &mut FxHasher, depth: usize) {
    let mut inner = FxHasher::default();
    match hash_class(component, &mut inner, &mut false, depth) {
        Some(()) if matches!(component.kind(), PlaceKind::Literal(_)) => {
            // Literals hash part by part, so that `a/b` and `a` then `b` agree.
            let _ = hash_class(component, hasher, &mut false, depth);
        }
        Some(()) => inner.finish().hash(hasher),
        None => 6u8.hash(hasher),
    }
}
