//! A filesystem of its own for the second judge: one table from whole paths to nodes, written after the manual pages.

use crate::explore::Lane;
use crate::flow::{ErrorKind, OpenFlags};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A stretch of a file: which half of which text, or zeros that nobody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chunk {
    Of(Arc<str>, u8),
    Hole,
    /// No file: only ever what a text is made from.
    Absent,
}

pub type Content = Vec<Chunk>;

/// Whose and which: the n-th node or open file that an actor made. What was there before is nobody's.
pub type Id = (Option<Lane>, u16);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    File {
        content: Content,
        private: bool,
    },
    /// With the name of who made it. Emptied, half of that is left.
    Directory {
        maker: Content,
        private: bool,
    },
    Link(Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open {
    node: Id,
    process: u8,
    flags: OpenFlags,
    position: usize,
    /// By flock(2): whether others may have it too.
    locked: Option<bool>,
}

pub type Outcome<T> = Result<T, ErrorKind>;

/// Every path that is there; the root is the empty path and is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    names: BTreeMap<Arc<str>, Id>,
    nodes: BTreeMap<Id, Node>,
    open: BTreeMap<Id, Open>,
    /// By fcntl(2): file and process, and whether others may have it too.
    records: BTreeMap<(Id, u8), bool>,
}

/// The two files that a filled directory holds.
const FILLING: [&str; 2] = ["(first)", "(rest)"];

/// How many links one lookup goes through, path_resolution(7).
const MAX_LINKS: usize = 40;

/// The directory that a path is in.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// The halves of a content as a writer puts them out.
pub fn halves(content: &Content) -> [Content; 2] {
    let (first, rest) = content.split_at(content.len().div_ceil(2));
    [first.to_vec(), rest.to_vec()]
}

/// A whole text.
pub fn text(name: &str) -> Content {
    let name: Arc<str> = name.into();
    vec![Chunk::Of(Arc::clone(&name), 1), Chunk::Of(name, 2)]
}

fn put(content: &mut Content, at: usize, new: Content) -> usize {
    if new.is_empty() {
        return at;
    }
    let end = at + new.len();
    if content.len() < end {
        content.resize(end, Chunk::Hole);
    }
    content.splice(at..end, new);
    end
}

/// A path that was looked up, links followed, and the node there if there is one.
type Found = (Arc<str>, Option<Id>);

impl Disk {
    /// Puts something there, for the beginning.
    pub fn place(&mut self, path: &str, node: Node) {
        let id = (None, u16::try_from(self.nodes.len()).unwrap_or(u16::MAX));
        self.names.insert(path.into(), id);
        self.nodes.insert(id, node);
    }

    fn is_directory(&self, path: &str) -> bool {
        path.is_empty()
            || self.names.get(path).is_some_and(|id| matches!(self.nodes[id], Node::Directory { .. }))
    }

    fn look_up(&self, path: &str, follow: bool) -> Outcome<Found> {
        let mut rest: VecDeque<String> = path.split('/').skip(1).map(str::to_owned).collect();
        let mut at = String::new();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if !self.is_directory(&at) {
                return Err(ErrorKind::NotADirectory);
            }
            let next = format!("{at}/{name}");
            let Some(id) = self.names.get(next.as_str()) else {
                return if rest.is_empty() { Ok((next.into(), None)) } else { Err(ErrorKind::NotFound) };
            };
            match &self.nodes[id] {
                Node::Link(target) if follow || !rest.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(ErrorKind::Other);
                    }
                    for name in target.split('/').skip(1).collect::<Vec<_>>().into_iter().rev() {
                        rest.push_front(name.to_owned());
                    }
                    at.clear();
                }
                _ => at = next,
            }
        }
        let id = self.names.get(at.as_str()).copied();
        Ok((at.into(), id))
    }

    fn there(&self, path: &str, follow: bool) -> Outcome<(Arc<str>, Id)> {
        let (path, id) = self.look_up(path, follow)?;
        Ok((path, id.ok_or(ErrorKind::NotFound)?))
    }

    /// Where nothing is yet.
    fn free(&self, path: &str) -> Outcome<Arc<str>> {
        match self.look_up(path, false)? {
            (path, None) => Ok(path),
            _ => Err(ErrorKind::AlreadyExists),
        }
    }

    fn any_below(&self, directory: &str) -> bool {
        self.names.keys().any(|path| is_below(path, directory))
    }

    /// Forgets what has neither a name nor an open file.
    fn sweep(&mut self) {
        let (names, open) = (&self.names, &self.open);
        self.nodes.retain(|id, _| {
            names.values().any(|named| named == id) || open.values().any(|file| file.node == *id)
        });
    }

    /// stat(2) or lstat(2).
    pub fn stat(&self, path: &str, follow: bool) -> Outcome<(&Node, Content)> {
        let (path, id) = self.there(path, follow)?;
        Ok((&self.nodes[&id], self.shown(&path, id)))
    }

    /// What looking at a node tells of its content: of a directory, what it was filled with, else who made it.
    fn shown(&self, path: &str, id: Id) -> Content {
        match &self.nodes[&id] {
            Node::File { content, .. } => content.clone(),
            Node::Link(_) => Content::new(),
            Node::Directory { maker, .. } => {
                let [first, rest] = FILLING.map(|name| {
                    self.names.get(format!("{path}/{name}").as_str()).and_then(|id| match &self.nodes[id] {
                        Node::File { content, .. } => content.first().cloned(),
                        _ => None,
                    })
                });
                match (first, rest) {
                    (None, None) => maker.clone(),
                    (Some(first), None) => vec![first],
                    (first, Some(rest)) => vec![first.unwrap_or(Chunk::Hole), rest],
                }
            }
        }
    }

    /// open(2).
    pub fn open(&mut self, as_id: Id, process: u8, path: &str, flags: OpenFlags) -> Outcome<()> {
        let writes = flags.write || flags.append;
        let (path, found) = self.look_up(path, !flags.create_new && !flags.no_follow)?;
        let node = match found {
            Some(_) if flags.create_new => return Err(ErrorKind::AlreadyExists),
            Some(id) => {
                match self.nodes.get_mut(&id) {
                    Some(Node::Directory { .. }) if writes || flags.create || flags.truncate => {
                        return Err(ErrorKind::IsADirectory);
                    }
                    // ELOOP.
                    Some(Node::Link(_)) => return Err(ErrorKind::Other),
                    Some(Node::File { content, .. }) if flags.truncate => content.clear(),
                    _ => {}
                }
                id
            }
            None if flags.create || flags.create_new => {
                self.names.insert(path, as_id);
                self.nodes.insert(as_id, Node::File { content: Content::new(), private: flags.private });
                as_id
            }
            None => return Err(ErrorKind::NotFound),
        };
        self.open.insert(as_id, Open { node, process, flags, position: 0, locked: None });
        Ok(())
    }

    /// close(2): with it go the open file's lock, and the process' locks on the file.
    pub fn close(&mut self, handle: Id) {
        if let Some(open) = self.open.remove(&handle) {
            self.records.remove(&(open.node, open.process));
            self.sweep();
        }
    }

    pub fn appends(&self, handle: Id) -> bool {
        self.open[&handle].flags.append
    }

    /// fstat(2).
    pub fn stat_open(&self, handle: Id) -> (&Node, Content) {
        let id = self.open[&handle].node;
        let path = self.names.iter().find(|(_, named)| **named == id).map(|(path, _)| path);
        // A directory that was removed has nothing in it.
        (&self.nodes[&id], self.shown(path.map_or("/ removed", |path| path), id))
    }

    /// Reads the whole file.
    pub fn read(&self, handle: Id) -> Outcome<Content> {
        let open = &self.open[&handle];
        match &self.nodes[&open.node] {
            Node::Directory { .. } => Err(ErrorKind::IsADirectory),
            // EBADF.
            _ if !open.flags.read && (open.flags.write || open.flags.append) => Err(ErrorKind::Other),
            Node::File { content, .. } => Ok(content.clone()),
            Node::Link(_) => Err(ErrorKind::Other),
        }
    }

    /// write(2).
    pub fn write(&mut self, handle: Id, new: Content) -> Outcome<()> {
        let Some(open) = self.open.get_mut(&handle) else { return Err(ErrorKind::Other) };
        if !open.flags.write && !open.flags.append {
            return Err(ErrorKind::Other);
        }
        let Some(Node::File { content, .. }) = self.nodes.get_mut(&open.node) else {
            return Err(ErrorKind::Other);
        };
        let at = if open.flags.append { content.len() } else { open.position };
        open.position = put(content, at, new);
        Ok(())
    }

    /// ftruncate(2) to where the handle stands.
    pub fn cut(&mut self, handle: Id) -> Outcome<()> {
        let open = &self.open[&handle];
        match self.nodes.get_mut(&open.node) {
            Some(Node::File { content, .. }) if open.flags.write || open.flags.append => {
                content.resize(open.position, Chunk::Hole);
                Ok(())
            }
            _ => Err(ErrorKind::Other),
        }
    }

    /// truncate(2) to nothing.
    pub fn truncate(&mut self, path: &str) -> Outcome<()> {
        let (_, id) = self.there(path, true)?;
        match self.nodes.get_mut(&id) {
            Some(Node::File { content, .. }) => content.clear(),
            _ => return Err(ErrorKind::IsADirectory),
        }
        Ok(())
    }

    /// readdir(3): only what the directory shows of itself.
    pub fn list(&self, path: &str) -> Outcome<Content> {
        let (path, id) = self.there(path, true)?;
        if self.is_directory(&path) { Ok(self.shown(&path, id)) } else { Err(ErrorKind::NotADirectory) }
    }

    /// mkdir(2).
    pub fn make_directory(&mut self, id: Id, path: &str, maker: Content) -> Outcome<()> {
        let path = self.free(path)?;
        self.names.insert(path, id);
        self.nodes.insert(id, Node::Directory { maker, private: false });
        Ok(())
    }

    /// Creates or empties one of the two files that fill a directory, and writes it.
    pub fn fill(&mut self, id: Id, path: &str, text: &Content, half: usize) -> Outcome<()> {
        let flags = OpenFlags { write: true, create: true, truncate: true, ..OpenFlags::default() };
        self.open(id, 0, &format!("{path}/{}", FILLING[half]), flags)?;
        let written = self.write(id, halves(text)[half].clone());
        self.close(id);
        written
    }

    /// rmdir(2).
    pub fn remove_directory(&mut self, path: &str) -> Outcome<()> {
        let (path, _) = self.there(path, false)?;
        if !self.is_directory(&path) {
            return Err(ErrorKind::NotADirectory);
        }
        if self.any_below(&path) {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        self.names.remove(&path);
        self.sweep();
        Ok(())
    }

    /// unlink(2).
    pub fn unlink(&mut self, path: &str) -> Outcome<()> {
        let (path, _) = self.there(path, false)?;
        if self.is_directory(&path) {
            return Err(ErrorKind::IsADirectory);
        }
        self.names.remove(&path);
        self.sweep();
        Ok(())
    }

    /// Removes all below a directory, which stays.
    pub fn empty(&mut self, path: &str) -> Outcome<()> {
        let (path, id) = self.there(path, false)?;
        self.names.retain(|name, _| !is_below(name, &path));
        if let Some(Node::Directory { maker, .. }) = self.nodes.get_mut(&id) {
            maker.truncate(maker.len().div_ceil(2));
        }
        self.sweep();
        Ok(())
    }

    /// Removes whatever is there.
    pub fn remove_all(&mut self, path: &str) -> Outcome<()> {
        let (path, _) = self.there(path, false)?;
        self.names.retain(|name, _| **name != *path && !is_below(name, &path));
        self.sweep();
        Ok(())
    }

    /// Puts something there in one step, whatever was there.
    pub fn replace(&mut self, id: Id, path: &str, node: Node) -> Outcome<()> {
        let (path, found) = self.look_up(path, false)?;
        if found.is_some() {
            self.remove_all(&path)?;
        }
        self.names.insert(path, id);
        self.nodes.insert(id, node);
        Ok(())
    }

    /// rename(2), or renameat2(2) with RENAME_NOREPLACE.
    pub fn rename(&mut self, from: &str, to: &str, replace: bool) -> Outcome<()> {
        let (from, source) = self.look_up(from, false)?;
        let (to, target) = self.look_up(to, false)?;
        let source = source.ok_or(ErrorKind::NotFound)?;
        if target.is_some() && !replace {
            return Err(ErrorKind::AlreadyExists);
        }
        let directory = self.is_directory(&from);
        // A directory cannot be moved below itself: EINVAL.
        if is_below(&to, &from) {
            return Err(ErrorKind::Other);
        }
        if is_below(&from, &to) {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        match target {
            Some(target) if target == source => return Ok(()),
            Some(_) if self.is_directory(&to) && !directory => return Err(ErrorKind::IsADirectory),
            Some(_) if directory && !self.is_directory(&to) => return Err(ErrorKind::NotADirectory),
            Some(_) if self.any_below(&to) => return Err(ErrorKind::DirectoryNotEmpty),
            _ => {}
        }
        let moved: Vec<(Arc<str>, Id)> = self
            .names
            .iter()
            .filter(|(name, _)| **name == from || is_below(name, &from))
            .map(|(name, id)| (Arc::clone(name), *id))
            .collect();
        for (name, _) in &moved {
            self.names.remove(name);
        }
        for (name, id) in moved {
            let below = name.strip_prefix(&*from).unwrap_or_default();
            self.names.insert(format!("{to}{below}").into(), id);
        }
        self.sweep();
        Ok(())
    }

    /// link(2).
    pub fn link(&mut self, from: &str, to: &str) -> Outcome<()> {
        let (from, id) = self.there(from, false)?;
        let to = self.free(to)?;
        if self.is_directory(&from) {
            return Err(ErrorKind::PermissionDenied);
        }
        self.names.insert(to, id);
        Ok(())
    }

    /// symlink(2).
    pub fn symlink(&mut self, id: Id, target: &str, at: &str) -> Outcome<()> {
        let at = self.free(at)?;
        self.names.insert(at, id);
        self.nodes.insert(id, Node::Link(target.into()));
        Ok(())
    }

    /// chmod(2), to what lets the owner in only, or others too.
    pub fn set_mode(&mut self, path: &str, only_owner: bool) -> Outcome<()> {
        let (_, id) = self.there(path, true)?;
        self.set_node_mode(id, only_owner);
        Ok(())
    }

    /// fchmod(2).
    pub fn set_open_mode(&mut self, handle: Id, only_owner: bool) {
        self.set_node_mode(self.open[&handle].node, only_owner);
    }

    fn set_node_mode(&mut self, id: Id, only_owner: bool) {
        if let Some(Node::File { private, .. } | Node::Directory { private, .. }) = self.nodes.get_mut(&id) {
            *private = only_owner;
        }
    }

    /// Whether flock(2) would have to wait.
    pub fn is_locked(&self, handle: Id, shared: bool) -> bool {
        let node = self.open[&handle].node;
        self.open.iter().any(|(other, open)| {
            *other != handle && open.node == node && open.locked.is_some_and(|theirs| !(theirs && shared))
        })
    }

    /// Takes or gives up the lock of an open file.
    pub fn set_lock(&mut self, handle: Id, lock: Option<bool>) {
        if let Some(open) = self.open.get_mut(&handle) {
            open.locked = lock;
        }
    }

    /// The lock that the open file holds.
    pub fn lock_of(&self, handle: Id) -> Option<bool> {
        self.open[&handle].locked
    }

    /// Whether fcntl(2) with F_SETLKW would have to wait.
    pub fn is_recorded(&self, handle: Id, shared: bool) -> bool {
        let open = &self.open[&handle];
        self.records.iter().any(|((node, process), theirs)| {
            *node == open.node && *process != open.process && !(*theirs && shared)
        })
    }

    /// fcntl(2) with F_SETLK, where nobody is in the way.
    pub fn record(&mut self, handle: Id, shared: bool) -> Outcome<()> {
        let open = &self.open[&handle];
        let writes = open.flags.write || open.flags.append;
        // EBADF.
        if if shared { writes && !open.flags.read } else { !writes } {
            return Err(ErrorKind::Other);
        }
        self.records.insert((open.node, open.process), shared);
        Ok(())
    }

    /// fcntl(2) with F_UNLCK.
    pub fn forget_record(&mut self, handle: Id) {
        if let Some(open) = self.open.get(&handle) {
            self.records.remove(&(open.node, open.process));
        }
    }

    /// Every path with what is there.
    pub fn tree(&self) -> Vec<(&str, &Node, Content)> {
        self.names
            .iter()
            .filter(|(path, _)| !FILLING.iter().any(|name| path.ends_with(name)))
            .map(|(path, id)| (&**path, &self.nodes[id], self.shown(path, *id)))
            .collect()
    }
}
