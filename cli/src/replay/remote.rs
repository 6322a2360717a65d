//! A lane in a process of its own, and how it is talked to.

use super::protocol::{Answer, Order, Request};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// How long a lane may take for one call. None of them waits for anything, so one that takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The user that another user's lane runs as: the one who owns nothing.
const NOBODY: u32 = 65534;

/// The hidden subcommand of `fsrace` that a lane's process runs.
pub const SUBCOMMAND: &str = "lane";

/// A running process of a lane. It is ended when this is dropped.
#[derive(Debug)]
pub struct Remote {
    name: &'static str,
    patience: Duration,
    child: Child,
    talk: BufReader<UnixStream>,
}

impl Remote {
    /// Starts a lane's process by a command that runs `fsrace`. With `stranger`, it runs as a user who owns nothing, for which this
    /// process has to be root's. It may take `patience` for each answer.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(
        mut command: Command,
        name: &'static str,
        stranger: bool,
        patience: Duration,
    ) -> Result<Self> {
        let (ours, theirs) = UnixStream::pair().context("cannot make a socket for a lane")?;
        ours.set_read_timeout(Some(patience)).context("cannot set a time limit for a lane")?;
        let input: OwnedFd = theirs.try_clone().context("cannot make a socket for a lane")?.into();
        let output: OwnedFd = theirs.into();
        command.arg(SUBCOMMAND).env_clear().current_dir("/");
        command.stdin(Stdio::from(input)).stdout(Stdio::from(output)).stderr(Stdio::inherit());
        if stranger {
            command.gid(NOBODY).uid(NOBODY);
        }
        let child = command.spawn().with_context(|| format!("cannot start the process of lane {name}"))?;
        Ok(Remote { name, patience, child, talk: BufReader::new(ours) })
    }

    /// The process' number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has one thread of the process do one thing.
    ///
    /// # Errors
    /// Where the process has died, or does not answer in time.
    pub fn ask(&mut self, thread: usize, order: &Order) -> Result<Answer> {
        let name = self.name;
        let mut line = serde_json::to_string(&Request { thread, order: order.clone() })?;
        line.push('\n');
        let sent = self.talk.get_mut().write_all(line.as_bytes());
        let mut answer = String::new();
        match sent.and_then(|()| self.talk.read_line(&mut answer)) {
            Ok(0) => {}
            Ok(_) => {
                return serde_json::from_str(&answer)
                    .with_context(|| format!("what lane {name} answered cannot be read"));
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                bail!("lane {name} did not answer within {:?}: {order:?}", self.patience);
            }
            // As where the answer is empty: it is gone.
            Err(e) if matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
            Err(e) => return Err(e).with_context(|| format!("cannot talk to lane {name}")),
        }
        match self.ended() {
            Some(status) => bail!("lane {name} died ({status}) at: {order:?}"),
            None => bail!("lane {name} has stopped talking at: {order:?}"),
        }
    }

    /// How the process ended, which has closed its end of the line: so it is about to.
    fn ended(&mut self) -> Option<ExitStatus> {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // It holds nothing that has to be put in order, and it must not outlive the files that it works on.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
