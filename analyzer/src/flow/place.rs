//! Places: symbolic path expressions, compared by structure.

use super::ResultId;
use std::fmt;
use std::sync::Arc;

/// A symbolic path expression. Two equal places are the same path in one run of one function (must-alias); two different ones
/// may or may not be. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(Arc<Node>);

#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Node {
    kind: PlaceKind,
    /// How much there is to walk through. Parts that are shared are walked through each time, so that a text that is put together
    /// with itself again and again is soon too much.
    weight: u32,
}

/// The form of a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlaceKind {
    /// A parameter of the function, by position.
    Parameter {
        /// From 0; a receiver is 0.
        index: u32,
        /// As written.
        name: Arc<str>,
    },
    /// A text in the source.
    Literal(Arc<str>),
    /// A constant or static by qualified name, or an enum variant or unit value used as one.
    Constant(Arc<str>),
    /// A well-known directory.
    Root(Root),
    /// The value of an environment variable.
    Environment(Arc<str>),
    /// A field of a value.
    Field {
        /// The value.
        base: Place,
        /// The qualified type that declares the field, where known; empty where the user of that type chooses what the field is, so
        /// that it says nothing of it.
        owner: Option<Arc<str>>,
        /// The field.
        name: Arc<str>,
    },
    /// What a function returned; the same function with the same arguments is the same place.
    Call {
        /// As qualified as the file allows.
        callee: Arc<str>,
        /// The receiver first.
        arguments: Vec<Place>,
    },
    /// The path that a result denotes: an open handle's file, or a path that a call to be linked returns.
    Result(ResultId),
    /// `base/component`; the component may itself have several parts.
    Join(Place, Place),
    /// The directory that holds it.
    Parent(Place),
    /// Its last component.
    FileName(Place),
    /// Its last component without the extension.
    Stem(Place),
    /// The same directory, another name.
    WithFileName(Place, Place),
    /// The same directory and stem, another extension.
    WithExtension(Place, Place),
    /// Texts one after the other: `format!`, `+`, a suffix pushed on.
    Concat(Vec<Place>),
    /// A component that differs from run to run.
    Unique(Uniqueness, u32),
    /// A path that only this process knows: made by mkdtemp, mkstemp or a library on top of them. The number tells them apart.
    Private(u32),
    /// Unknown; equal to itself only.
    Opaque {
        /// Which.
        id: u32,
        /// The variable's name, for people.
        name: Arc<str>,
    },
}

/// A directory that everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// The user's home.
    Home,
    /// `~/.cache` and its like.
    Cache,
    /// `~/.config` and its like.
    Config,
    /// `~/.local/share` and its like.
    Data,
    /// `~/.local/state` and its like.
    State,
    /// `/run/user/UID` and its like.
    Runtime,
    /// `/tmp` and its like, writable by others.
    Temp,
    /// The working directory.
    Working,
    /// The program's own file.
    Executable,
}

/// Where a unique component comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Uniqueness {
    /// Random bits, a UUID.
    Random,
    /// A process id: shared by the threads of a process.
    Process,
    /// A clock: two runs may read the same.
    Time,
    /// A clock read to the microsecond or finer: two runs hardly read the same, and nobody guesses what they read.
    Instant,
    /// A counter in memory: unique in the process, not beside others.
    Counter,
}

impl Node {
    fn new(kind: PlaceKind) -> Self {
        let of = |parts: &[Place]| parts.iter().fold(1, |sum: u32, part| sum.saturating_add(part.0.weight));
        let weight = match &kind {
            PlaceKind::Literal(text) => u32::try_from(text.len() / 64).unwrap_or(u32::MAX).saturating_add(1),
            PlaceKind::Field { base, .. }
            | PlaceKind::Parent(base)
            | PlaceKind::FileName(base)
            | PlaceKind::Stem(base) => base.0.weight.saturating_add(1),
            PlaceKind::Join(a, b) | PlaceKind::WithFileName(a, b) | PlaceKind::WithExtension(a, b) => {
                a.0.weight.saturating_add(b.0.weight).saturating_add(1)
            }
            PlaceKind::Call { arguments, .. } => of(arguments),
            PlaceKind::Concat(parts) => of(parts),
            _ => 1,
        };
        Node { kind, weight }
    }
}

/// What stands for content that is the same for all who run the code; no constant has such a name.
const SETTLED: &str = "always the same";
/// What stands for how content is made of its parts; no function has such a name.
const MADE: &str = "made of";

impl Place {
    /// How large a place may be. What is larger is no path that anybody made on purpose.
    const LARGEST: u32 = 1000;

    /// A place of this form; if it is too large to be followed, an unknown one without a name.
    pub fn new(kind: PlaceKind) -> Self {
        let node = Node::new(kind);
        if node.weight > Place::LARGEST {
            return Place(Arc::new(Node::new(PlaceKind::Opaque { id: u32::MAX, name: "".into() })));
        }
        Place(Arc::new(node))
    }

    /// A parameter.
    pub fn parameter(index: u32, name: &str) -> Self {
        Place::new(PlaceKind::Parameter { index, name: name.into() })
    }

    /// A literal text.
    pub fn literal(text: &str) -> Self {
        Place::new(PlaceKind::Literal(text.into()))
    }

    /// An unknown place.
    pub fn opaque(id: u32, name: &str) -> Self {
        Place::new(PlaceKind::Opaque { id, name: name.into() })
    }

    /// A field of this value.
    #[must_use]
    pub fn field(&self, owner: Option<&str>, name: &str) -> Self {
        Place::new(PlaceKind::Field { base: self.clone(), owner: owner.map(Into::into), name: name.into() })
    }

    /// `self/component`. Components of literal text are split at `/`, so that one join of `a/b` equals two joins.
    #[must_use]
    pub fn join(&self, component: &Place) -> Self {
        if let PlaceKind::Literal(text) = component.kind() {
            if text.starts_with('/') && !self.lists_descriptors() {
                return component.clone();
            }
            if text.is_empty() || &**text == "." {
                return self.clone();
            }
            if text.contains('/') {
                return text
                    .split('/')
                    .filter(|part| !part.is_empty() && *part != ".")
                    .fold(self.clone(), |base, part| base.join(&Place::literal(part)));
            }
            if &**text == ".." {
                return self.parent();
            }
        }
        if let PlaceKind::Join(base, last) = component.kind() {
            return self.join(base).join(last);
        }
        Place::new(PlaceKind::Join(self.clone(), component.clone()))
    }

    /// Whether what lies in it are numbers of open files, so that one of a known file is no path to that (proc(5)).
    fn lists_descriptors(&self) -> bool {
        let is =
            |place: &Place, text: &str| matches!(place.kind(), PlaceKind::Literal(own) if **own == *text);
        match self.kind() {
            PlaceKind::Literal(text) => ["/proc/self/fd", "/dev/fd"].contains(&&**text),
            PlaceKind::Join(base, last) if is(last, "fd") => match base.kind() {
                PlaceKind::Join(root, own) => is(root, "/proc") && is(own, "self"),
                _ => is(base, "/dev") || is(base, "/proc/self"),
            },
            _ => false,
        }
    }

    /// The directory that holds this place.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self.kind() {
            PlaceKind::Join(base, _) => base.clone(),
            PlaceKind::WithFileName(base, _) | PlaceKind::WithExtension(base, _) => base.parent(),
            PlaceKind::Literal(text) => match text.trim_end_matches('/').rsplit_once('/') {
                Some((dir, _)) if !dir.is_empty() => Place::literal(dir),
                _ => Place::new(PlaceKind::Parent(self.clone())),
            },
            _ => Place::new(PlaceKind::Parent(self.clone())),
        }
    }

    /// The same directory, another file name: a sibling.
    #[must_use]
    pub fn with_file_name(&self, name: &Place) -> Self {
        match self.kind() {
            PlaceKind::Join(base, _) => base.join(name),
            PlaceKind::WithFileName(base, _) | PlaceKind::WithExtension(base, _) => base.with_file_name(name),
            _ => Place::new(PlaceKind::WithFileName(self.clone(), name.clone())),
        }
    }

    /// The same directory and stem, another extension.
    #[must_use]
    pub fn with_extension(&self, extension: &Place) -> Self {
        Place::new(PlaceKind::WithExtension(self.clone(), extension.clone()))
    }

    /// The form.
    pub fn kind(&self) -> &PlaceKind {
        &self.0.kind
    }

    /// The places that this one is directly made of, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Place> {
        let (first, second, rest): (Option<&Place>, Option<&Place>, &[Place]) = match self.kind() {
            PlaceKind::Field { base, .. }
            | PlaceKind::Parent(base)
            | PlaceKind::FileName(base)
            | PlaceKind::Stem(base) => (Some(base), None, &[]),
            PlaceKind::Join(a, b) | PlaceKind::WithFileName(a, b) | PlaceKind::WithExtension(a, b) => {
                (Some(a), Some(b), &[])
            }
            PlaceKind::Call { arguments, .. } => (None, None, arguments),
            PlaceKind::Concat(parts) => (None, None, parts),
            PlaceKind::Parameter { .. }
            | PlaceKind::Literal(_)
            | PlaceKind::Constant(_)
            | PlaceKind::Root(_)
            | PlaceKind::Environment(_)
            | PlaceKind::Result(_)
            | PlaceKind::Unique(..)
            | PlaceKind::Private(_)
            | PlaceKind::Opaque { .. } => (None, None, &[]),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// No fewer than the parts that [`Place::any`] looks at.
    pub fn weight(&self) -> u32 {
        self.0.weight
    }

    /// Whether this place or any part of it satisfies `test`.
    pub fn any(&self, test: &mut impl FnMut(&PlaceKind) -> bool) -> bool {
        test(self.kind()) || self.parts().any(|p| p.any(test))
    }

    /// Calls `visit` on each result that the place is made of.
    pub fn results(&self, visit: &mut impl FnMut(ResultId)) {
        self.any(&mut |kind| {
            if let PlaceKind::Result(result) = kind {
                visit(*result);
            }
            false
        });
    }

    /// Calls `visit` on the number of each parameter that the place is made of.
    pub fn parameters(&self, visit: &mut impl FnMut(u32)) {
        self.any(&mut |kind| {
            if let PlaceKind::Parameter { index, .. } = kind {
                visit(*index);
            }
            false
        });
    }

    /// Rebuilds the place bottom-up: `replace` is asked for each leaf and each whole; where it answers, the answer stands. What
    /// nothing was replaced in is not made anew.
    #[must_use]
    pub fn map(&self, replace: &mut impl FnMut(&Place) -> Option<Place>) -> Place {
        if let Some(new) = replace(self) {
            return new;
        }
        match self.kind() {
            PlaceKind::Field { base, owner, name } => self.of_one(base, replace, |base| {
                Place::new(PlaceKind::Field { base, owner: owner.clone(), name: name.clone() })
            }),
            PlaceKind::Parent(base) => self.of_one(base, replace, |base| base.parent()),
            PlaceKind::FileName(base) => self.of_one(base, replace, |b| Place::new(PlaceKind::FileName(b))),
            PlaceKind::Stem(base) => self.of_one(base, replace, |b| Place::new(PlaceKind::Stem(b))),
            PlaceKind::Join(a, b) => self.of_two(a, b, replace, |a, b| a.join(&b)),
            PlaceKind::WithFileName(a, b) => self.of_two(a, b, replace, |a, b| a.with_file_name(&b)),
            PlaceKind::WithExtension(a, b) => self.of_two(a, b, replace, |a, b| a.with_extension(&b)),
            PlaceKind::Call { callee, arguments } => self.of_many(arguments, replace, |arguments| {
                Place::new(PlaceKind::Call { callee: callee.clone(), arguments })
            }),
            PlaceKind::Concat(parts) => {
                self.of_many(parts, replace, |parts| Place::new(PlaceKind::Concat(parts)))
            }
            _ => self.clone(),
        }
    }

    fn of_one(
        &self,
        base: &Place,
        replace: &mut impl FnMut(&Place) -> Option<Place>,
        make: impl FnOnce(Place) -> Place,
    ) -> Place {
        let new = base.map(replace);
        if new.is(base) { self.clone() } else { make(new) }
    }

    fn of_two(
        &self,
        a: &Place,
        b: &Place,
        replace: &mut impl FnMut(&Place) -> Option<Place>,
        make: impl FnOnce(Place, Place) -> Place,
    ) -> Place {
        let (new_a, new_b) = (a.map(replace), b.map(replace));
        if new_a.is(a) && new_b.is(b) { self.clone() } else { make(new_a, new_b) }
    }

    fn of_many(
        &self,
        parts: &[Place],
        replace: &mut impl FnMut(&Place) -> Option<Place>,
        make: impl FnOnce(Vec<Place>) -> Place,
    ) -> Place {
        let new: Vec<Place> = parts.iter().map(|part| part.map(replace)).collect();
        if new.iter().zip(parts).all(|(new, part)| new.is(part)) { self.clone() } else { make(new) }
    }

    /// Whether the two are one in memory.
    fn is(&self, other: &Place) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether the name of the process is in it, so that it tells whose it is.
    pub fn names_process(&self) -> bool {
        self.any(&mut |kind| matches!(kind, PlaceKind::Unique(Uniqueness::Process, _)))
    }

    /// Whether nobody else can know this path: it is, or lies below, a private one, or a component is random.
    pub fn is_private(&self) -> bool {
        match self.kind() {
            PlaceKind::Private(_) | PlaceKind::Unique(Uniqueness::Random, _) => true,
            PlaceKind::Parent(_) => false,
            PlaceKind::Join(a, b) | PlaceKind::WithFileName(a, b) => {
                b.is_private() || (matches!(self.kind(), PlaceKind::Join(..)) && a.is_private())
            }
            PlaceKind::WithExtension(a, b) => a.is_private() || b.is_private(),
            PlaceKind::Concat(parts) => parts.iter().any(Place::is_private),
            _ => false,
        }
    }

    /// The parameter that the place is, or lies below, by its name.
    pub fn leading_parameter(&self) -> Option<&str> {
        match self.kind() {
            PlaceKind::Parameter { name, .. } => Some(name),
            PlaceKind::Join(base, _) => base.leading_parameter(),
            _ => None,
        }
    }

    /// Whether it is random bits and nothing else.
    pub fn is_random(&self) -> bool {
        matches!(self.kind(), PlaceKind::Unique(Uniqueness::Random, _))
    }

    /// Whether it says the same whoever asks: made of texts and constants of the program alone. Of calls, only conversions and
    /// defaults count; any other may look at the world.
    pub fn is_closed(&self) -> bool {
        match self.kind() {
            PlaceKind::Literal(_) | PlaceKind::Constant(_) => true,
            PlaceKind::Concat(parts) => parts.iter().all(Place::is_closed),
            // A field of a default; one of a static may be filled in when the program starts.
            PlaceKind::Field { base, .. } => {
                matches!(base.kind(), PlaceKind::Call { .. }) && base.is_closed()
            }
            PlaceKind::Call { callee, arguments } => {
                let name = callee.rsplit("::").next().unwrap_or_default();
                let converts = ["to_", "as_", "into_", "from", "serialize", "render"];
                let pure = if self.is_made() {
                    true
                } else if arguments.is_empty() {
                    name.starts_with("default")
                } else {
                    name == "into" || converts.iter().any(|prefix| name.starts_with(prefix))
                };
                pure && arguments.iter().all(Place::is_closed)
            }
            _ => false,
        }
    }

    /// Content that is made of these and of literals and constants, and of nothing else.
    pub fn made(of: Vec<Place>) -> Self {
        if of.is_empty() {
            return Place::settled();
        }
        Place::new(PlaceKind::Call { callee: MADE.into(), arguments: of })
    }

    /// Whether it is no path, but what content is made of.
    pub fn is_made(&self) -> bool {
        matches!(self.kind(), PlaceKind::Call { callee, .. } if **callee == *MADE)
    }

    /// What it is made of besides literals and constants, where nothing else goes into it.
    pub fn made_from(&self) -> Option<Vec<&Place>> {
        match self.kind() {
            PlaceKind::Call { arguments, .. } if self.is_made() => {
                let parts: Option<Vec<_>> = arguments.iter().map(Place::made_from).collect();
                parts.map(|parts| parts.into_iter().flatten().collect())
            }
            PlaceKind::Concat(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(Place::made_from).collect();
                parts.map(|parts| parts.into_iter().flatten().collect())
            }
            PlaceKind::Result(_) | PlaceKind::Parameter { .. } => Some(vec![self]),
            _ if self.is_closed() => Some(Vec::new()),
            _ => None,
        }
    }

    /// Content that is made of literals and constants alone, and is known by no other name.
    pub fn settled() -> Self {
        Place::new(PlaceKind::Constant(SETTLED.into()))
    }

    /// Whether that is all that is known of it.
    pub fn is_settled(&self) -> bool {
        matches!(self.kind(), PlaceKind::Constant(name) if **name == *SETTLED)
    }

    /// Whether `self` is `other` or lies below it.
    pub fn starts_with(&self, other: &Place) -> bool {
        let mut place = self.clone();
        loop {
            if place == *other {
                return true;
            }
            match place.kind() {
                PlaceKind::Join(base, _) => place = base.clone(),
                PlaceKind::WithFileName(..) | PlaceKind::WithExtension(..) => {
                    let parent = place.parent();
                    return parent == *other || parent.starts_with(other);
                }
                PlaceKind::Literal(text) => {
                    let PlaceKind::Literal(prefix) = other.kind() else { return false };
                    return text.strip_prefix(&**prefix).is_some_and(|rest| rest.starts_with('/'));
                }
                _ => return false,
            }
        }
    }

    /// Whether both lie directly in the same directory.
    pub fn same_directory(&self, other: &Place) -> bool {
        self != other && self.parent() == other.parent()
            || matches!(other.kind(), PlaceKind::WithExtension(base, _) | PlaceKind::WithFileName(base, _) if base == self)
            || matches!(self.kind(), PlaceKind::WithExtension(base, _) | PlaceKind::WithFileName(base, _) if base == other)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            PlaceKind::Parameter { name, .. } => write!(f, "{name}"),
            PlaceKind::Literal(text) => write!(f, "{text:?}"),
            PlaceKind::Constant(name) => write!(f, "{name}"),
            PlaceKind::Root(root) => write!(f, "<{}>", format!("{root:?}").to_lowercase()),
            PlaceKind::Environment(name) => write!(f, "${name}"),
            PlaceKind::Field { base, name, .. } => write!(f, "{base}.{name}"),
            PlaceKind::Call { callee, arguments } => {
                if let ("[]", [base, key]) = (&**callee, arguments.as_slice()) {
                    return write!(f, "{base}[{key}]");
                }
                write!(f, "{callee}(")?;
                for (i, a) in arguments.iter().enumerate() {
                    write!(f, "{}{a}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            PlaceKind::Result(r) => write!(f, "path-of r{}", r.0),
            PlaceKind::Join(a, b) => write!(f, "{a}/{b}"),
            PlaceKind::Parent(p) => write!(f, "parent({p})"),
            PlaceKind::FileName(p) => write!(f, "name({p})"),
            PlaceKind::Stem(p) => write!(f, "stem({p})"),
            PlaceKind::WithFileName(p, n) => write!(f, "{p}[name={n}]"),
            PlaceKind::WithExtension(p, n) => write!(f, "{p}[ext={n}]"),
            PlaceKind::Concat(parts) => {
                f.write_str("{")?;
                for (i, p) in parts.iter().enumerate() {
                    write!(f, "{}{p}", if i == 0 { "" } else { "+" })?;
                }
                f.write_str("}")
            }
            PlaceKind::Unique(kind, id) => write!(f, "<{}#{id}>", format!("{kind:?}").to_lowercase()),
            PlaceKind::Private(id) => write!(f, "<private#{id}>"),
            PlaceKind::Opaque { id, name } => write!(f, "{}?{id}", if name.is_empty() { "_" } else { name }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_anew_of_the_same_parts_is_the_same() {
        let (p, q) = (Place::parameter(0, "p"), Place::opaque(1, "q"));
        let (name, absolute) = (Place::literal("a.txt"), Place::literal("/a/b"));
        let mut all = vec![p.clone(), q.clone(), name.clone(), absolute.clone(), Place::literal("a/../b")];
        for base in [&p, &q, &name, &absolute, &Place::new(PlaceKind::Root(Root::Temp))] {
            for part in
                [&name, &q, &absolute, &Place::literal("c/d"), &Place::literal(".."), &Place::literal(".")]
            {
                let joined = base.join(part);
                all.extend([joined.parent(), base.with_file_name(part), base.with_extension(part)]);
                all.extend([joined.with_file_name(part), joined.with_extension(part).parent()]);
                all.push(joined.field(Some("t::T"), "f"));
                all.push(Place::new(PlaceKind::Concat(vec![joined.clone(), part.clone()])));
                let arguments = vec![part.clone(), joined.clone()];
                all.push(Place::new(PlaceKind::Call { callee: "t::f".into(), arguments }));
                all.extend(
                    [PlaceKind::Stem(joined.clone()), PlaceKind::FileName(joined.clone())].map(Place::new),
                );
                all.push(joined);
            }
        }
        for place in all {
            assert!(place.map(&mut |_| None).is(&place), "{place}");
            // Leaves that are equal and not the same in memory: then all above them is made anew.
            let leaf = |part: &Place| part.parts().next().is_none().then(|| Place::new(part.kind().clone()));
            assert_eq!(place.map(&mut |part| leaf(part)), place);
            let mut parts = 0;
            place.any(&mut |_| {
                parts += 1;
                false
            });
            assert!(parts <= place.weight(), "{place}");
        }
    }
}
