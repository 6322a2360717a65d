//! The real kernel behind the abstract one's calls: two lanes below a private folder, and what they did in the abstract's terms.
//!
//! A path's component `n` is the file name `n<n>`, and each piece of a content is a block of bytes that no other piece has; zeros are
//! a hole. What no file can hold, namely who made a directory, is kept here by the directory's inode. A filled directory holds two
//! files besides its names, one for each half.

use super::lane::Lane;
use super::protocol::{Answer, Order, Over, Stat};
use super::remote::{PATIENCE, Remote};
use anyhow::{Context, Result, bail};
use fsrace_analyzer::explore::Lane as Actor;
use fsrace_analyzer::explore::content::{Content, Contents, Half, Piece};
use fsrace_analyzer::explore::filesystem::{Access, Call, Handle, Kind, Name, Reply, Status};
use fsrace_analyzer::flow::{ErrorKind, OpenFlags};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Bytes of a piece.
const BLOCK: usize = 8;

/// The files of a filled directory.
const FILLED: [&str; 2] = ["filled-first", "filled-rest"];

/// What is made before it gets its name is called so; there is one at a time.
const ASIDE: &str = "new";

/// Whose user the second lane runs as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stranger {
    /// The same.
    #[default]
    No,
    /// Another: only root can have that.
    Real,
    /// The same, but what it must not open is told from the mode bits.
    Simulated,
}

/// How the two lanes run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting {
    /// As two threads of one process.
    pub same_process: bool,
    /// As two users.
    pub stranger: Stranger,
}

/// What the real kernel answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Done.
    Done,
    /// A file is open.
    Opened,
    /// What is there.
    Status(Found),
    /// What a file or variable holds.
    Content(Vec<Piece>),
    /// What a directory holds: its names, and what it was filled with or who made it.
    Names(Vec<Name>, Vec<Piece>),
}

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// File, directory or link.
    pub kind: Kind,
    /// What it holds, or who made it.
    pub pieces: Vec<Piece>,
    /// Who may look inside.
    pub access: Access,
}

/// A failure of the real kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(pub Errno);

impl Failure {
    /// What the abstract kernel calls it.
    pub fn kind(self) -> ErrorKind {
        match self.0 {
            Errno::NOENT => ErrorKind::NotFound,
            Errno::EXIST => ErrorKind::AlreadyExists,
            Errno::ACCESS | Errno::PERM => ErrorKind::PermissionDenied,
            Errno::NOTDIR => ErrorKind::NotADirectory,
            Errno::ISDIR => ErrorKind::IsADirectory,
            Errno::NOTEMPTY => ErrorKind::DirectoryNotEmpty,
            Errno::AGAIN => ErrorKind::WouldBlock,
            _ => ErrorKind::Other,
        }
    }
}

/// What a call came to.
pub type Real = Result<Seen, Failure>;

/// What is below the root, by path.
pub type Tree = BTreeMap<Vec<Name>, Found>;

/// Who does the calls.
#[derive(Debug)]
enum Lanes {
    /// This process, for calls in which a process' own state has no part.
    Here {
        lane: Box<Lane>,
        /// The directory that both start in.
        start: File,
    },
    /// One process with two threads, or two processes.
    Processes(Vec<Remote>),
}

/// An open file of a lane.
#[derive(Clone, Copy, Debug)]
struct Opened {
    actor: Actor,
    file: u32,
    /// The kernel's number for it.
    descriptor: i32,
}

/// A private folder, and two lanes that work in it.
#[derive(Debug)]
pub struct Kernel {
    folder: TempDir,
    root: String,
    aside: String,
    lanes: Lanes,
    setting: Setting,
    files: HashMap<Handle, Opened>,
    next_file: u32,
    /// Who made each directory, by inode. A number that is used again was made anew, and says so here.
    makers: HashMap<u64, Vec<Piece>>,
    blocks: Vec<Piece>,
    numbers: HashMap<Piece, usize>,
    /// The user that this process runs as.
    user: u32,
}

/// The outcome of an order, as long as the lane is alive.
type Asked<T> = Result<Result<T, Failure>>;

/// Passes a failure of the kernel on, and of the lane too.
macro_rules! answered {
    ($asked:expr) => {
        match $asked? {
            Ok(answer) => answer,
            Err(failure) => return Ok(Err(failure)),
        }
    };
}

impl Kernel {
    /// Both lanes in this process. Good for all calls but those on a process' own state: working directory, umask, record locks.
    ///
    /// # Errors
    /// Where there is no room for the folder.
    pub fn here() -> Result<Self> {
        let folder = private_folder()?;
        let start = File::open(folder.path().join("root/n0")).context("cannot open the private folder")?;
        let lanes = Lanes::Here { lane: Box::default(), start };
        Self::new(folder, lanes, Setting::default())
    }

    /// Lanes in processes of their own. `program` is `fsrace`.
    ///
    /// # Errors
    /// Where they cannot be started.
    pub fn processes(program: &Path, setting: Setting) -> Result<Self> {
        let folder = private_folder()?;
        let start = |name, stranger| Remote::start(Command::new(program), name, stranger, PATIENCE);
        let processes = match setting.same_process {
            true => vec![start("A and B", false)?],
            false => vec![start("A", false)?, start("B", setting.stranger == Stranger::Real)?],
        };
        let mut kernel = Self::new(folder, Lanes::Processes(processes), setting)?;
        if setting.stranger == Stranger::Real {
            kernel.let_in(&[""])?;
        }
        kernel.enter()?;
        Ok(kernel)
    }

    fn new(folder: TempDir, lanes: Lanes, setting: Setting) -> Result<Self> {
        let path = folder.path().to_str().context("the folder for temporary files is not named in UTF-8")?;
        Ok(Kernel {
            root: format!("{path}/root"),
            aside: format!("{path}/aside/{ASIDE}"),
            user: fs::metadata(path).context("cannot look at the private folder")?.uid(),
            folder,
            lanes,
            setting,
            files: HashMap::new(),
            next_file: 0,
            makers: HashMap::new(),
            blocks: Vec::new(),
            numbers: HashMap::new(),
        })
    }

    /// Makes all as it was in the beginning.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub fn reset(&mut self) -> Result<()> {
        self.files.clear();
        self.makers.clear();
        self.blocks.clear();
        self.numbers.clear();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }?;
        }
        let start = format!("{}/n0", self.root);
        fs::create_dir(&start)?;
        if let Lanes::Here { lane, start: open } = &mut self.lanes {
            *open = File::open(start)?;
            **lane = Lane::default();
        } else {
            self.enter()?;
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<()> {
        let start = format!("{}/n0", self.root);
        let Lanes::Processes(processes) = &mut self.lanes else { return Ok(()) };
        for process in processes {
            match process.ask(0, &Order::Enter(start.clone()))? {
                Answer::Done => {}
                other => bail!("a lane cannot enter its folder: {other:?}"),
            }
        }
        Ok(())
    }

    /// Lets others write in these directories of the private folder: `root`, `aside`, or the folder itself.
    fn let_in(&self, directories: &[&str]) -> Result<()> {
        for directory in directories {
            let path = self.folder.path().join(directory);
            let mode = if directory.is_empty() { 0o755 } else { 0o777 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))
                .with_context(|| format!("cannot open {} to others", path.display()))?;
        }
        Ok(())
    }

    /// Lets other users write in all directories that are there now: that others can is what an attack rests on.
    ///
    /// # Errors
    /// Where a mode cannot be set.
    pub fn open_to_others(&self) -> Result<()> {
        // Links that are made by another user are followed only where the directory is not sticky (fs.protected_symlinks).
        self.let_in(&["root", "aside"])?;
        for (path, found) in self.tree()? {
            if found.kind == Kind::Directory && !found.access.private {
                let path = self.absolute(&path);
                fs::set_permissions(&path, fs::Permissions::from_mode(0o777))
                    .with_context(|| format!("cannot open {path} to others"))?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, actor: Actor, order: &Order) -> Result<Answer> {
        match &mut self.lanes {
            Lanes::Here { lane, .. } => Ok(lane.perform(order)),
            Lanes::Processes(processes) => {
                let number = if actor == Actor::A { 0 } else { 1 };
                let (process, thread) = if self.setting.same_process { (0, number) } else { (number, 0) };
                let process = processes.get_mut(process).context("there is no such lane")?;
                process.ask(thread, order)
            }
        }
    }

    /// Asks for something that has no answer but failure.
    fn done(&mut self, actor: Actor, order: &Order) -> Asked<Seen> {
        match self.ask(actor, order)? {
            Answer::Failed(errno) => Ok(Err(failure(errno))),
            _ => Ok(Ok(Seen::Done)),
        }
    }

    fn stat(&mut self, actor: Actor, order: &Order) -> Asked<Stat> {
        match self.ask(actor, order)? {
            Answer::Status(stat) => Ok(Ok(stat)),
            Answer::Failed(errno) => Ok(Err(failure(errno))),
            other => bail!("{order:?} was answered by {other:?}"),
        }
    }

    fn inode(&mut self, actor: Actor, order: &Order) -> Asked<u64> {
        match self.ask(actor, order)? {
            Answer::Inode(inode) => Ok(Ok(inode)),
            Answer::Failed(errno) => Ok(Err(failure(errno))),
            other => bail!("{order:?} was answered by {other:?}"),
        }
    }

    fn absolute(&self, path: &[Name]) -> String {
        let mut text = self.root.clone();
        push(&mut text, path);
        text
    }

    /// The path as the lane gets it.
    fn path(&self, path: &[Name]) -> String {
        let [Name::WORKING, rest @ ..] = path else { return self.absolute(path) };
        let mut text = match &self.lanes {
            Lanes::Here { start, .. } => format!("/proc/self/fd/{}/.", start.as_raw_fd()),
            Lanes::Processes(_) => ".".to_owned(),
        };
        push(&mut text, rest);
        text
    }

    /// The same path as this process gets it.
    fn path_here(&self, actor: Actor, path: &[Name]) -> Result<String> {
        let [Name::WORKING, rest @ ..] = path else { return Ok(self.absolute(path)) };
        let mut text = format!("{}/cwd/.", self.process(actor)?);
        if matches!(self.lanes, Lanes::Here { .. }) {
            text = self.path(&[Name::WORKING]);
        }
        push(&mut text, rest);
        Ok(text)
    }

    /// What the kernel shows of the lane's process.
    fn process(&self, actor: Actor) -> Result<String> {
        let Lanes::Processes(processes) = &self.lanes else { return Ok("/proc/self".to_owned()) };
        let own = if actor == Actor::B { processes.last() } else { processes.first() };
        Ok(format!("/proc/{}", own.context("there is no such lane")?.id()))
    }

    fn opened(&self, handle: Handle) -> Result<Opened, Failure> {
        self.files.get(&handle).copied().ok_or(Failure(Errno::BADF))
    }

    /// The bytes of some pieces.
    fn bytes(&mut self, pieces: &[Piece]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(pieces.len() * BLOCK);
        for piece in pieces {
            if *piece == Piece::Hole {
                bytes.extend_from_slice(&[0; BLOCK]);
                continue;
            }
            let next = self.blocks.len();
            let number = *self.numbers.entry(*piece).or_insert(next);
            if number == next {
                self.blocks.push(*piece);
            }
            bytes.extend_from_slice(format!("{number:07}\n").as_bytes());
        }
        bytes
    }

    /// The pieces that some bytes are.
    fn pieces(&self, bytes: &[u8]) -> Result<Vec<Piece>> {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        if !rest.is_empty() {
            bail!("a file holds half a block");
        }
        let piece = |block: &[u8; BLOCK]| {
            if block == &[0; BLOCK] {
                return Some(Piece::Hole);
            }
            let number: usize = std::str::from_utf8(block).ok()?.trim_end().parse().ok()?;
            self.blocks.get(number).copied()
        };
        blocks.iter().map(|block| piece(block).context("a file holds what nobody wrote")).collect()
    }

    /// What is at a path of this process, whose status is known.
    fn found(&self, stat: Stat, path: &str) -> Result<Found> {
        let (kind, pieces) = match FileType::from_raw_mode(stat.mode) {
            FileType::RegularFile => {
                let bytes = fs::read(path).with_context(|| format!("cannot look into {path}"))?;
                (Kind::File, self.pieces(&bytes)?)
            }
            FileType::Directory => (Kind::Directory, self.held(stat.inode, path)?),
            _ => (Kind::Symlink, Vec::new()),
        };
        let access = Access {
            // A link has no mode of its own.
            private: kind != Kind::Symlink && stat.mode & 0o077 == 0,
            foreign: kind != Kind::Symlink && stat.owner != self.user,
        };
        Ok(Found { kind, pieces, access })
    }

    /// What a directory was filled with, else who made it.
    fn held(&self, inode: u64, path: &str) -> Result<Vec<Piece>> {
        let [first, rest] = FILLED.map(|name| match fs::read(format!("{path}/{name}")) {
            Ok(bytes) => self.pieces(&bytes),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound) => Ok(Vec::new()),
            Err(e) => Err(e).with_context(|| format!("cannot look into {path}/{name}")),
        });
        let (mut filled, rest) = (first?, rest?);
        if filled.is_empty() && !rest.is_empty() {
            filled.push(Piece::Hole);
        }
        filled.extend(rest);
        if filled.is_empty() {
            return Ok(self.makers.get(&inode).cloned().unwrap_or_default());
        }
        Ok(filled)
    }

    /// Notes that of what its maker made, half is left.
    fn halve(&mut self, inode: u64) {
        if let Some(made) = self.makers.get_mut(&inode) {
            made.truncate(made.len().div_ceil(2));
        }
    }

    fn look(&mut self, actor: Actor, path: &[Name], follow: bool) -> Asked<(Found, u64)> {
        let stat = answered!(self.stat(actor, &Order::Stat { path: self.path(path), follow }));
        let found = self.found(stat, &self.path_here(actor, path)?)?;
        Ok(Ok((found, stat.inode)))
    }

    /// Does a call. `opened` is what the abstract kernel calls the file that an open returns.
    ///
    /// # Errors
    /// Where a lane is in trouble, or files hold what nobody wrote.
    pub fn perform(
        &mut self,
        actor: Actor,
        call: &Call,
        contents: &Contents,
        opened: Option<Handle>,
    ) -> Result<Real> {
        if self.setting.stranger == Stranger::Simulated && actor == Actor::B && self.forbids(call)? {
            return Ok(Err(Failure(Errno::ACCESS)));
        }
        match call {
            Call::Stat(path) => Ok(self.look(actor, path, true)?.map(|(found, _)| Seen::Status(found))),
            Call::LinkStat(path) => Ok(self.look(actor, path, false)?.map(|(found, _)| Seen::Status(found))),
            Call::Open { path, flags, private } => self.open(actor, path, *flags, *private, opened),
            Call::Truncate(path) => self.done(actor, &Order::Truncate(self.path(path))),
            Call::MakeDirectory { path, private, content } => {
                let mode = if *private { 0o700 } else { 0o777 };
                let make = Order::MakeDirectory { path: self.path(path), mode };
                let inode = answered!(self.inode(actor, &make));
                self.makers.insert(inode, contents.pieces(*content));
                Ok(Ok(Seen::Done))
            }
            Call::Fill { path, text, half } => {
                let [first, rest] = FILLED;
                let name = if *half == Half::First { first } else { rest };
                let bytes = self.bytes(&contents.share(*text, *half));
                let path = format!("{}/{name}", self.path(path));
                self.write_file(actor, path, bytes)
            }
            Call::RemoveDirectory(path) => self.done(actor, &Order::RemoveDirectory(self.path(path))),
            Call::Unlink(path) => self.done(actor, &Order::Unlink(self.path(path))),
            Call::Clear(path) => self.clear(actor, self.path(path)),
            Call::RemoveAll(path) => self.remove_all(actor, self.path(path)),
            Call::Replace { path, kind, content } => self.replace(actor, path, *kind, *content, contents),
            Call::Rename { from, to, replace } => {
                let over = if *replace { Over::Replace } else { Over::Keep };
                let order = Order::Rename { from: self.path(from), to: self.path(to), over };
                self.done(actor, &order)
            }
            Call::Link { from, to } => {
                self.done(actor, &Order::Link { from: self.path(from), to: self.path(to) })
            }
            Call::Symlink { target, at } => {
                self.done(actor, &Order::Symlink { target: self.absolute(target), at: self.path(at) })
            }
            Call::List(path) => self.list(actor, path),
            Call::SetMode { path, private } => {
                self.done(actor, &Order::SetMode { path: self.path(path), private: *private })
            }
            Call::ChangeDirectory(path) => self.done(actor, &Order::ChangeDirectory(self.path(path))),
            Call::SetMask { private } => {
                self.done(actor, &Order::SetMask(if *private { 0o077 } else { 0o022 }))
            }
            Call::Variable(name) => match self.ask(actor, &Order::Variable(name.0))? {
                Answer::Bytes(bytes) => Ok(Ok(Seen::Content(self.pieces(&bytes)?))),
                Answer::Failed(errno) => Ok(Err(failure(errno))),
                other => bail!("a variable was answered by {other:?}"),
            },
            Call::SetVariable(name, value) => {
                let value = self.bytes(&contents.pieces(*value));
                self.done(actor, &Order::SetVariable { name: name.0, value })
            }
            Call::HandleStat(handle)
            | Call::Close(handle)
            | Call::Read(handle)
            | Call::Write { handle, .. }
            | Call::Cut(handle)
            | Call::SetHandleMode { handle, .. }
            | Call::Lock { handle, .. }
            | Call::Unlock(handle)
            | Call::LockRecord { handle, .. }
            | Call::UnlockRecord(handle) => match self.opened(*handle) {
                Ok(opened) => self.through(opened, call, *handle, contents),
                Err(failure) => Ok(Err(failure)),
            },
        }
    }

    /// Whether the mode bits forbid to others what the second lane asks for, who is no other here: to open what is private, and to
    /// make or remove a name in a directory that is not open to others. Of other calls an attacker makes none.
    fn forbids(&mut self, call: &Call) -> Result<bool> {
        let (path, parent) = match call {
            Call::Open { path, .. } => (path, path.as_slice()),
            Call::Symlink { at: path, .. } | Call::Unlink(path) | Call::RemoveAll(path) => {
                (path, path.split_last().map_or(&[][..], |(_, parent)| parent))
            }
            _ => return Ok(false),
        };
        let there = self.stat(Actor::B, &Order::Stat { path: self.path(path), follow: false })?.is_ok();
        // What is missing, or in the way, is noticed first.
        if there == matches!(call, Call::Symlink { .. }) {
            return Ok(false);
        }
        let bit = if matches!(call, Call::Open { .. }) { 0o004 } else { 0o002 };
        let held = self.stat(Actor::B, &Order::Stat { path: self.path(parent), follow: true })?;
        Ok(held.is_ok_and(|held| held.mode & bit == 0))
    }

    /// Does a call on an open file.
    fn through(
        &mut self,
        Opened { actor, file, descriptor }: Opened,
        call: &Call,
        handle: Handle,
        contents: &Contents,
    ) -> Result<Real> {
        let order = match call {
            Call::HandleStat(_) => {
                let stat = answered!(self.stat(actor, &Order::HandleStat(file)));
                let path = format!("{}/fd/{descriptor}", self.process(actor)?);
                return Ok(Ok(Seen::Status(self.found(stat, &path)?)));
            }
            Call::Read(_) => {
                return match self.ask(actor, &Order::Read(file))? {
                    Answer::Bytes(bytes) => Ok(Ok(Seen::Content(self.pieces(&bytes)?))),
                    Answer::Failed(errno) => Ok(Err(failure(errno))),
                    other => bail!("a read was answered by {other:?}"),
                };
            }
            Call::Close(_) => {
                self.files.remove(&handle);
                Order::Close(file)
            }
            Call::Write { text, half, .. } => {
                Order::Write { file, bytes: self.bytes(&contents.share(*text, *half)) }
            }
            Call::Cut(_) => Order::Cut(file),
            Call::SetHandleMode { private, .. } => Order::SetHandleMode { file, private: *private },
            Call::Lock { shared, .. } => Order::Lock { file, shared: *shared },
            Call::Unlock(_) => Order::Unlock(file),
            Call::LockRecord { shared, .. } => Order::LockRecord { file, shared: *shared },
            Call::UnlockRecord(_) => Order::UnlockRecord(file),
            _ => bail!("{call:?} is on no open file"),
        };
        self.done(actor, &order)
    }

    fn open(
        &mut self,
        actor: Actor,
        path: &[Name],
        flags: OpenFlags,
        private: bool,
        opened: Option<Handle>,
    ) -> Result<Real> {
        self.next_file += 1;
        let (file, mode) = (self.next_file, if private { 0o600 } else { 0o666 });
        let order = Order::Open { path: self.path(path), flags: bits(flags), mode, file };
        match self.ask(actor, &order)? {
            Answer::Opened(descriptor) => {
                if let Some(handle) = opened {
                    self.files.insert(handle, Opened { actor, file, descriptor });
                }
                Ok(Ok(Seen::Opened))
            }
            Answer::Failed(errno) => Ok(Err(failure(errno))),
            other => bail!("an open was answered by {other:?}"),
        }
    }

    fn list(&mut self, actor: Actor, path: &[Name]) -> Result<Real> {
        match self.ask(actor, &Order::List(self.path(path)))? {
            Answer::Names(names, inode) => {
                let held = self.held(inode, &self.path_here(actor, path)?)?;
                let mut names: Vec<Name> = names.iter().filter_map(|name| parse(name)).collect();
                names.sort_unstable();
                Ok(Ok(Seen::Names(names, held)))
            }
            Answer::Failed(errno) => Ok(Err(failure(errno))),
            other => bail!("a list was answered by {other:?}"),
        }
    }

    /// Makes or empties a file, and fills it.
    fn write_file(&mut self, actor: Actor, path: String, bytes: Vec<u8>) -> Result<Real> {
        self.next_file += 1;
        let file = self.next_file;
        let flags = (OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC).bits();
        answered!(self.done(actor, &Order::Open { path, flags, mode: 0o666, file }));
        answered!(self.done(actor, &Order::Write { file, bytes }));
        self.done(actor, &Order::Close(file))
    }

    fn clear(&mut self, actor: Actor, path: String) -> Result<Real> {
        let inode = answered!(self.inode(actor, &Order::Clear(path)));
        self.halve(inode);
        Ok(Ok(Seen::Done))
    }

    fn remove_all(&mut self, actor: Actor, path: String) -> Result<Real> {
        match self.done(actor, &Order::Unlink(path.clone()))? {
            Err(Failure(Errno::ISDIR)) => {}
            unlinked => return Ok(unlinked),
        }
        answered!(self.clear(actor, path.clone()));
        self.done(actor, &Order::RemoveDirectory(path))
    }

    /// Makes it elsewhere and renames it; what is there already changes places with it and is removed elsewhere.
    fn replace(
        &mut self,
        actor: Actor,
        path: &[Name],
        kind: Kind,
        content: Content,
        contents: &Contents,
    ) -> Result<Real> {
        let new = self.aside.clone();
        let pieces = contents.pieces(content);
        if kind == Kind::Directory {
            let make = Order::MakeDirectory { path: new.clone(), mode: 0o777 };
            let inode = answered!(self.inode(actor, &make));
            self.makers.insert(inode, pieces);
        } else {
            let bytes = self.bytes(&pieces);
            answered!(self.write_file(actor, new.clone(), bytes));
        }
        let rename = |over| Order::Rename { from: new.clone(), to: self.path(path), over };
        let (keep, exchange) = (rename(Over::Keep), rename(Over::Exchange));
        let renamed = match self.done(actor, &keep)? {
            Err(Failure(Errno::EXIST)) => self.done(actor, &exchange)?,
            Ok(seen) => return Ok(Ok(seen)),
            failed => failed,
        };
        answered!(self.remove_all(actor, new));
        Ok(renamed)
    }

    /// All that is there below the root.
    ///
    /// # Errors
    /// Where it cannot be read, or holds what nobody wrote.
    pub fn tree(&self) -> Result<Tree> {
        let mut tree = Tree::new();
        let mut pending = vec![Vec::new()];
        while let Some(directory) = pending.pop() {
            let path = self.absolute(&directory);
            for entry in fs::read_dir(&path).with_context(|| format!("cannot list {path}"))? {
                let entry = entry.with_context(|| format!("cannot list {path}"))?;
                let Some(name) = entry.file_name().to_str().and_then(parse) else { continue };
                let found = fs::symlink_metadata(entry.path())
                    .with_context(|| format!("cannot look at {}", entry.path().display()))?;
                let stat = Stat { mode: found.mode(), inode: found.ino(), owner: found.uid() };
                let mut below: Vec<Name> = directory.clone();
                below.push(name);
                let found = self.found(stat, &self.absolute(&below))?;
                if found.kind == Kind::Directory {
                    pending.push(below.clone());
                }
                tree.insert(below, found);
            }
        }
        Ok(tree)
    }
}

/// A folder for the two lanes: the root with the directory that both start in, and a place for what is not there yet.
fn private_folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("fsrace-").tempdir();
    let folder = folder.context("cannot make a private temporary folder")?;
    for directory in ["aside", "root", "root/n0"] {
        fs::create_dir(folder.path().join(directory)).context("cannot fill the private temporary folder")?;
    }
    Ok(folder)
}

fn push(text: &mut String, path: &[Name]) {
    for Name(number) in path {
        text.push_str("/n");
        text.push_str(&number.to_string());
    }
}

fn parse(name: &str) -> Option<Name> {
    name.strip_prefix('n')?.parse().ok().map(Name)
}

fn failure(errno: i32) -> Failure {
    Failure(Errno::from_raw_os_error(errno))
}

fn bits(flags: OpenFlags) -> u32 {
    let writes = flags.write || flags.append;
    let mut bits = match (flags.read, writes) {
        (true, true) => OFlags::RDWR,
        (false, true) => OFlags::WRONLY,
        (_, false) => OFlags::RDONLY,
    };
    for (wanted, bit) in [
        (flags.append, OFlags::APPEND),
        (flags.create, OFlags::CREATE),
        (flags.create_new, OFlags::CREATE | OFlags::EXCL),
        (flags.truncate, OFlags::TRUNC),
        (flags.no_follow, OFlags::NOFOLLOW),
    ] {
        if wanted {
            bits |= bit;
        }
    }
    bits.bits()
}

/// What the abstract kernel answered, in the terms of what the real one did.
pub fn expected(reply: &Result<Reply, ErrorKind>, contents: &Contents) -> Result<Seen, ErrorKind> {
    match reply {
        Ok(Reply::Done) => Ok(Seen::Done),
        Ok(Reply::Opened(_)) => Ok(Seen::Opened),
        Ok(Reply::Status(status)) => Ok(Seen::Status(found(*status, contents))),
        Ok(Reply::Content(content)) => Ok(Seen::Content(contents.pieces(*content))),
        Ok(Reply::Names(names, content)) => Ok(Seen::Names(names.clone(), contents.pieces(*content))),
        Err(kind) => Err(*kind),
    }
}

/// Whether both kernels did the same.
pub fn agrees(real: &Real, reply: &Result<Reply, ErrorKind>, contents: &Contents) -> bool {
    let real = real.as_ref().map_err(|failure| failure.kind());
    real == expected(reply, contents).as_ref().map_err(|kind| *kind)
}

fn found(status: Status, contents: &Contents) -> Found {
    Found { kind: status.kind, pieces: contents.pieces(status.content), access: status.access }
}

/// The tree of the abstract kernel, likewise.
pub fn expected_tree(tree: &[(Vec<Name>, Status)], contents: &Contents) -> Tree {
    tree.iter().map(|(path, status)| (path.clone(), found(*status, contents))).collect()
}
