//! A lane: does what it is asked with real system calls, and says what they returned.
//!
//! It knows nothing of the abstract kernel. As a process of its own it has a working directory, a umask and record locks of its own;
//! its environment is a table, because `setenv` is not safe in a process with threads and because variables are no state of the
//! kernel's.

use super::protocol::{Answer, Order, Over, Request, Stat};
use anyhow::{Context, Result, bail};
use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

/// How many threads a lane's process has.
const THREADS: usize = 2;

/// The state of a lane's process that the kernel does not keep by itself.
#[derive(Debug, Default)]
pub struct Lane {
    files: HashMap<u32, File>,
    variables: HashMap<u16, Vec<u8>>,
}

/// A call's result; its failure is an `errno`.
type Called<T> = Result<T, Errno>;

impl Lane {
    /// Does one thing.
    pub fn perform(&mut self, order: &Order) -> Answer {
        match self.call(order) {
            Ok(answer) => answer,
            Err(errno) => Answer::Failed(errno.raw_os_error()),
        }
    }

    fn call(&mut self, order: &Order) -> Called<Answer> {
        match order {
            Order::Enter(path) => {
                self.files.clear();
                self.variables.clear();
                rustix::process::umask(Mode::from_raw_mode(0o022));
                rustix::process::chdir(path.as_str())?;
            }
            Order::Stat { path, follow } => return Ok(Answer::Status(stat(path, *follow)?)),
            Order::HandleStat(file) => return Ok(Answer::Status(of(&rustix::fs::fstat(self.file(*file)?)?))),
            Order::Open { path, flags, mode, file } => {
                let flags = OFlags::from_bits_retain(*flags) | OFlags::CLOEXEC;
                let opened = File::from(rustix::fs::openat(CWD, path, flags, Mode::from_raw_mode(*mode))?);
                let number = opened.as_raw_fd();
                self.files.insert(*file, opened);
                return Ok(Answer::Opened(number));
            }
            Order::Close(file) => {
                self.files.remove(file).ok_or(Errno::BADF)?;
            }
            Order::Read(file) => return Ok(Answer::Bytes(read_all(self.file(*file)?)?)),
            // Even nothing is written by a call, which fails where nothing may be written.
            Order::Write { file, bytes } => match rustix::io::write(self.file(*file)?, bytes)? {
                count if count == bytes.len() => {}
                _ => return Err(Errno::NOSPC),
            },
            Order::Cut(file) => {
                let mut file = self.file(*file)?;
                let position = file.stream_position().map_err(errno)?;
                rustix::fs::ftruncate(file, position)?;
            }
            Order::Truncate(path) => nix::unistd::truncate(path.as_str(), 0)
                .map_err(|failure| Errno::from_raw_os_error(failure as i32))?,
            Order::MakeDirectory { path, mode } => {
                rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(*mode))?;
                return Ok(Answer::Inode(stat(path, false)?.inode));
            }
            Order::RemoveDirectory(path) => rustix::fs::unlinkat(CWD, path, AtFlags::REMOVEDIR)?,
            Order::Unlink(path) => rustix::fs::unlinkat(CWD, path, AtFlags::empty())?,
            Order::Clear(path) => return Ok(Answer::Inode(clear(path)?)),
            Order::Rename { from, to, over } => {
                let flags = match over {
                    Over::Replace => RenameFlags::empty(),
                    Over::Keep => RenameFlags::NOREPLACE,
                    Over::Exchange => RenameFlags::EXCHANGE,
                };
                rustix::fs::renameat_with(CWD, from, CWD, to, flags)?;
            }
            Order::Link { from, to } => rustix::fs::linkat(CWD, from, CWD, to, AtFlags::empty())?,
            Order::Symlink { target, at } => rustix::fs::symlinkat(target, CWD, at)?,
            Order::List(path) => return list(path),
            Order::SetMode { path, private } => {
                let mode = mode(&stat(path, true)?, *private);
                rustix::fs::chmodat(CWD, path, mode, AtFlags::empty())?;
            }
            Order::SetHandleMode { file, private } => {
                let file = self.file(*file)?;
                rustix::fs::fchmod(file, mode(&of(&rustix::fs::fstat(file)?), *private))?;
            }
            Order::Lock { file, shared } => rustix::fs::flock(self.file(*file)?, without_waiting(*shared))?,
            Order::Unlock(file) => rustix::fs::flock(self.file(*file)?, FlockOperation::Unlock)?,
            Order::LockRecord { file, shared } => {
                rustix::fs::fcntl_lock(self.file(*file)?, without_waiting(*shared))?;
            }
            Order::UnlockRecord(file) => {
                rustix::fs::fcntl_lock(self.file(*file)?, FlockOperation::NonBlockingUnlock)?;
            }
            Order::ChangeDirectory(path) => rustix::process::chdir(path.as_str())?,
            Order::SetMask(mask) => {
                rustix::process::umask(Mode::from_raw_mode(*mask));
            }
            Order::Variable(name) => {
                return self.variables.get(name).cloned().map(Answer::Bytes).ok_or(Errno::NOENT);
            }
            Order::SetVariable { name, value } => {
                self.variables.insert(*name, value.clone());
            }
        }
        Ok(Answer::Done)
    }

    fn file(&self, number: u32) -> Called<&File> {
        self.files.get(&number).ok_or(Errno::BADF)
    }
}

fn without_waiting(shared: bool) -> FlockOperation {
    match shared {
        true => FlockOperation::NonBlockingLockShared,
        false => FlockOperation::NonBlockingLockExclusive,
    }
}

/// The `errno` of a failure of the standard library's.
fn errno(failure: io::Error) -> Errno {
    Errno::from_io_error(&failure).unwrap_or(Errno::IO)
}

fn of(stat: &rustix::fs::Stat) -> Stat {
    Stat { mode: stat.st_mode, inode: stat.st_ino, owner: stat.st_uid }
}

fn stat(path: &str, follow: bool) -> Called<Stat> {
    let flags = if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
    Ok(of(&rustix::fs::statat(CWD, path, flags)?))
}

fn mode(stat: &Stat, private: bool) -> Mode {
    let directory = FileType::from_raw_mode(stat.mode) == FileType::Directory;
    Mode::from_raw_mode(match (directory, private) {
        (true, true) => 0o700,
        (true, false) => 0o755,
        (false, true) => 0o600,
        (false, false) => 0o644,
    })
}

/// Reads from the start on, wherever the position is.
fn read_all(file: &File) -> Called<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut block = [0; 1024];
    loop {
        let count = file.read_at(&mut block, bytes.len() as u64).map_err(errno)?;
        match block.get(..count) {
            Some([]) | None => return Ok(bytes),
            Some(read) => bytes.extend_from_slice(read),
        }
    }
}

/// Removes all below a directory, and says which directory that was. The path is looked up once: it may lead through what goes.
fn clear(path: &str) -> Called<u64> {
    let found = stat(path, false)?;
    if FileType::from_raw_mode(found.mode) != FileType::Directory {
        return Err(Errno::NOTDIR);
    }
    let directory = File::open(path).map_err(errno)?;
    for entry in std::fs::read_dir(format!("/proc/self/fd/{}", directory.as_raw_fd())).map_err(errno)? {
        let entry = entry.map_err(errno)?;
        let directory = entry.file_type().map_err(errno)?.is_dir();
        let below = entry.path();
        if directory { std::fs::remove_dir_all(below) } else { std::fs::remove_file(below) }
            .map_err(errno)?;
    }
    Ok(found.inode)
}

fn list(path: &str) -> Called<Answer> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(errno)? {
        names.push(entry.map_err(errno)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(Answer::Names(names, stat(path, true)?.inode))
}

/// Runs a lane's process: requests come by standard input and answers go to standard output, until the input ends.
///
/// # Errors
/// Where what comes is no request, or nobody takes the answers.
pub fn serve() -> Result<()> {
    let lane = Arc::new(Mutex::new(Lane::default()));
    let (answered, answers) = mpsc::channel();
    let mut threads = Vec::new();
    for _ in 0..THREADS {
        let (send, orders) = mpsc::channel::<Order>();
        let (lane, answered) = (Arc::clone(&lane), answered.clone());
        thread::Builder::new().spawn(move || {
            for order in orders {
                let Ok(mut lane) = lane.lock() else { return };
                if answered.send(lane.perform(&order)).is_err() {
                    return;
                }
            }
        })?;
        threads.push(send);
    }
    drop(answered);
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?).context("this is no request to a lane")?;
        let Some(thread) = threads.get(request.thread) else { bail!("there is no such thread") };
        thread.send(request.order).ok().context("a thread has ended")?;
        let answer = answers.recv().context("all threads have ended")?;
        let mut line = serde_json::to_string(&answer)?;
        line.push('\n');
        out.write_all(line.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}
