//! What a process keeps for itself and all its threads share: working directory, file mode creation mask, environment.

use super::{Access, Filesystem, Inode, Kind, Name, Node, Outcome, START};
use crate::explore::content::Content;
use crate::flow::ErrorKind;

/// One of the two processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Process {
    /// That of actor A.
    #[default]
    First,
    /// That of actor B, where it is not a thread of the first.
    Second,
}

/// A process' own state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Own {
    pub working: Inode,
    /// Whether what it makes is for the owner only (umask 077).
    pub masks: bool,
    /// By variable; what is not there is not set.
    pub environment: Vec<(Name, Content)>,
    /// Whether it runs as another user.
    pub foreign: bool,
}

impl Default for Own {
    fn default() -> Self {
        Own { working: START, masks: false, environment: Vec::new(), foreign: false }
    }
}

impl Filesystem {
    pub(super) fn own(&self, process: Process) -> &Own {
        let [first, second] = &self.processes;
        match process {
            Process::First => first,
            Process::Second => second,
        }
    }

    pub(super) fn own_mut(&mut self, process: Process) -> &mut Own {
        let [first, second] = &mut self.processes;
        match process {
            Process::First => first,
            Process::Second => second,
        }
    }

    /// Lets a process run as another user, for whom all directories that are there now are open: that is what an attack rests on.
    pub fn estrange(&mut self, process: Process) {
        self.own_mut(process).foreign = true;
        for node in &mut self.nodes {
            if let Node::Directory { open, access, .. } = node {
                *open = !access.private;
            }
        }
    }

    /// Whether the process may do with a file or directory of that access what only its owner may.
    pub(super) fn must_own(&self, process: Process, access: Access) -> Outcome<()> {
        match self.own(process).foreign && !access.foreign {
            true => Err(ErrorKind::PermissionDenied),
            false => Ok(()),
        }
    }

    /// Whether it may look inside.
    pub(super) fn may_look(&self, process: Process, access: Access) -> Outcome<()> {
        if access.private { self.must_own(process, access) } else { Ok(()) }
    }

    /// Whether it may make and remove names in a directory.
    pub(super) fn may_change(&self, process: Process, directory: Inode) -> Outcome<()> {
        match self.node(directory) {
            Node::Directory { open: true, .. } => Ok(()),
            _ => self.must_own(process, self.access_of(directory)),
        }
    }

    /// chdir(2).
    pub(super) fn change_directory(&mut self, process: Process, path: &[Name]) -> Outcome<()> {
        let inode = self.existing(process, path, true)?;
        if self.kind_of(inode) != Some(Kind::Directory) {
            return Err(ErrorKind::NotADirectory);
        }
        self.may_look(process, self.access_of(inode))?;
        let old = std::mem::replace(&mut self.own_mut(process).working, inode);
        self.collect(old);
        Ok(())
    }

    /// What a variable is set to.
    pub(super) fn variable(&self, process: Process, name: Name) -> Outcome<Content> {
        let set = &self.own(process).environment;
        set.iter().find(|(n, _)| *n == name).map(|(_, value)| *value).ok_or(ErrorKind::NotFound)
    }

    /// setenv(3).
    pub(super) fn set_variable(&mut self, process: Process, name: Name, value: Content) {
        let set = &mut self.own_mut(process).environment;
        set.retain(|(n, _)| *n != name);
        set.push((name, value));
        set.sort_unstable();
    }

    /// The environment of the first process, by variable.
    pub fn environment(&self) -> &[(Name, Content)] {
        &self.own(Process::First).environment
    }

    /// Whether what the process makes is for its owner only.
    pub fn masks(&self, process: Process) -> bool {
        self.own(process).masks
    }

    /// Whether the process is in the directory that it started in.
    pub fn is_at_start(&self, process: Process) -> bool {
        self.own(process).working == START
    }

    /// Where the process stands: a directory, by a number that says nothing but which.
    pub fn working(&self, process: Process) -> Inode {
        self.own(process).working
    }
}
