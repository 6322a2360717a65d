//! The abstract kernel against the real one: random calls of two processes on both, and every answer and the final tree compared.
//!
//! Most sequences run with both actors in this process, which is quick; those on what a process keeps for itself (working directory,
//! umask, record locks) run with real processes or threads. `FSRACE_SEQUENCES` says how many there are (`just conformance`), and
//! `FSRACE_SEED` where the random numbers start.

#![cfg(target_os = "linux")]

use fsrace::replay::kernel::{Kernel, Setting, Stranger, agrees, expected, expected_tree};
use fsrace_analyzer::explore::Lane;
use fsrace_analyzer::explore::content::{Content, Contents, Half};
use fsrace_analyzer::explore::filesystem::{Call, Filesystem, Handle, Kind, Name, Process, Reply};
use fsrace_analyzer::flow::OpenFlags;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::thread;
use std::time::Instant;

/// How many sequences an ordinary test run compares.
const SEQUENCES: u64 = 100_000;

/// One in so many of them runs in real processes.
const IN_PROCESSES: u64 = 25;

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// Calls of a sequence at most.
const LONGEST: u64 = 20;

/// Pieces of a copy at most: the abstract kernel does not follow a file without end.
const LONGEST_COPY: usize = 6;

/// Random numbers as SplitMix64 makes them (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in so many of a hundred cases.
    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn half(&mut self) -> Half {
        if self.percent(50) { Half::First } else { Half::Rest }
    }

    fn name(&mut self) -> Name {
        Name(1 + self.below(3) as u16)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let count = from.len() as u64;
        if count == 0 { None } else { from.get(self.below(count) as usize).cloned() }
    }

    /// A path that may lead anywhere.
    fn any_path(&mut self) -> Vec<Name> {
        let mut path = Vec::new();
        if self.percent(40) {
            path.push(Name::WORKING);
            if self.percent(8) {
                return path;
            }
        }
        // Short paths meet more often.
        let length = self.pick(&[1, 1, 1, 2, 2, 3]).unwrap_or(1);
        path.extend((0..length).map(|_| self.name()));
        path
    }

    fn flags(&mut self) -> OpenFlags {
        OpenFlags {
            read: self.percent(60),
            write: self.percent(60),
            append: self.percent(20),
            create: self.percent(50),
            create_new: self.percent(15),
            truncate: self.percent(25),
            no_follow: self.percent(10),
            private: false,
            socket: false,
        }
    }
}

/// What a sequence may do.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Nothing that concerns a process' own state.
    Here,
    Processes,
    Threads,
    /// B is another user, for whom only the root and the directory that both start in are open.
    Strangers,
}

/// The abstract side of a comparison.
struct Trial {
    files: Filesystem,
    contents: Contents,
    texts: u16,
    handles: Vec<Handle>,
    mode: Mode,
    /// How often each call came to what.
    met: Met,
}

type Met = BTreeMap<(String, String), u64>;

impl Trial {
    fn new(mode: Mode, contents: Contents) -> Self {
        let mut files = Filesystem::default();
        if mode == Mode::Strangers {
            files.estrange(Process::Second);
        }
        Trial { files, contents, texts: 0, handles: Vec::new(), mode, met: Met::new() }
    }

    fn process(&self, lane: Lane) -> Process {
        if lane == Lane::B && self.mode != Mode::Threads { Process::Second } else { Process::First }
    }

    fn text(&mut self, lane: Lane) -> Content {
        self.texts += 1;
        self.contents.text(lane, self.texts, Vec::new())
    }

    /// What is written: mostly a new text, sometimes a copy of what some file holds.
    fn written(&mut self, lane: Lane, random: &mut Random) -> Content {
        let there = self.files.tree();
        match random.pick(&there) {
            Some((_, status))
                if random.percent(15) && self.contents.length(status.content) <= LONGEST_COPY =>
            {
                status.content
            }
            _ => self.text(lane),
        }
    }

    /// A path, more often than not to something that is there, or to a name beside or below it.
    fn path(&self, random: &mut Random) -> Vec<Name> {
        let mut there = self.files.tree();
        // The directory that all start in is always there.
        there.retain(|(path, _)| path.len() > 1 || path.first() != Some(&Name::WORKING));
        match random.pick(&there) {
            Some((mut path, _)) if random.percent(65) => {
                if random.percent(15) {
                    path.pop();
                }
                if path.is_empty() || random.percent(25) {
                    path.push(random.name());
                }
                path
            }
            _ => random.any_path(),
        }
    }

    /// A call that makes something.
    fn making_call(&mut self, lane: Lane, random: &mut Random) -> Call {
        let path = self.path(random);
        match random.below(10) {
            0..4 => Call::MakeDirectory { path, private: random.percent(20), content: self.text(lane) },
            4..7 => Call::Replace { path, kind: Kind::File, content: self.text(lane) },
            7..9 => Call::Symlink { target: self.path(random), at: path },
            _ => Call::Replace { path, kind: Kind::Directory, content: self.text(lane) },
        }
    }

    /// A call of two that are after the same locks.
    fn locking_call(&mut self, random: &mut Random) -> Call {
        let path = vec![Name(1)];
        let Some(handle) = random.pick(&self.handles).filter(|_| random.percent(75)) else {
            let flags = OpenFlags { create: true, read: random.percent(80), ..random.flags() };
            return match random.below(12) {
                0 => Call::Unlink(path),
                1 => Call::Rename { from: vec![Name(2)], to: path, replace: true },
                2 => Call::Link { from: path, to: vec![Name(2)] },
                _ => {
                    let flags = OpenFlags { create_new: false, no_follow: false, ..flags };
                    Call::Open { path, flags, private: false }
                }
            };
        };
        let shared = random.percent(50);
        match random.below(10) {
            0..3 => Call::Lock { handle, shared },
            3 => Call::Unlock(handle),
            4..8 => Call::LockRecord { handle, shared },
            8 => Call::UnlockRecord(handle),
            _ => Call::Close(handle),
        }
    }

    fn random_call(&mut self, lane: Lane, random: &mut Random) -> Call {
        if let Some(handle) = random.pick(&self.handles)
            && random.percent(40)
        {
            let locks = if self.mode == Mode::Here { 10 } else { 16 };
            return match random.below(locks) {
                0 => Call::HandleStat(handle),
                1 => Call::Close(handle),
                2 => Call::Read(handle),
                3..=5 => Call::Write { handle, text: self.written(lane, random), half: random.half() },
                6 => Call::Cut(handle),
                7 => Call::SetHandleMode { handle, private: random.percent(50) },
                8 => Call::Lock { handle, shared: random.percent(50) },
                9 => Call::Unlock(handle),
                10..=13 => Call::LockRecord { handle, shared: random.percent(50) },
                14 => Call::UnlockRecord(handle),
                _ => Call::Close(handle),
            };
        }
        let path = self.path(random);
        let own = if self.mode == Mode::Here { 0 } else { 10 };
        let call = match random.below(60 + own) {
            0..3 => Call::Stat(path),
            3..5 => Call::LinkStat(path),
            5..17 => Call::Open { path, flags: random.flags(), private: random.percent(20) },
            17..19 => Call::Truncate(path),
            19..27 => Call::MakeDirectory { path, private: random.percent(20), content: self.text(lane) },
            27..29 => Call::Fill { path, text: self.text(lane), half: random.half() },
            29..32 => Call::RemoveDirectory(path),
            32..35 => Call::Unlink(path),
            35..36 => Call::Clear(path),
            36..38 => Call::RemoveAll(path),
            38..42 => {
                let kind = if random.percent(60) { Kind::File } else { Kind::Directory };
                Call::Replace { path, kind, content: self.text(lane) }
            }
            42..49 => Call::Rename { from: path, to: self.path(random), replace: random.percent(75) },
            49..52 => Call::Link { from: path, to: self.path(random) },
            52..56 => Call::Symlink { target: path, at: self.path(random) },
            56..58 => Call::List(path),
            58..60 => Call::SetMode { path, private: random.percent(50) },
            60..64 => Call::ChangeDirectory(path),
            64..67 => Call::SetMask { private: random.percent(50) },
            67..69 => Call::SetVariable(Name(1 + random.below(2) as u16), self.text(lane)),
            _ => Call::Variable(Name(1 + random.below(2) as u16)),
        };
        // What is made of several calls is half done where another user may do some of them; and whether others may link to a file
        // is a setting of the machine (fs.protected_hardlinks in proc(5)).
        let compound = matches!(
            call,
            Call::Clear(_)
                | Call::RemoveAll(_)
                | Call::Replace { .. }
                | Call::Fill { .. }
                | Call::Link { .. }
        );
        match call {
            _ if compound && lane == Lane::B && self.mode == Mode::Strangers => Call::Stat(self.path(random)),
            call => call,
        }
    }

    /// Does a call on both, and tells what differs.
    fn perform(&mut self, kernel: &mut Kernel, lane: Lane, call: &Call) -> anyhow::Result<Option<String>> {
        let reply = self.files.perform(self.process(lane), call, &mut self.contents);
        let name = format!("{call:?}").split([' ', '(']).next().unwrap_or_default().to_owned();
        let outcome = reply.as_ref().map_or_else(ToString::to_string, |_| "ok".to_owned());
        *self.met.entry((name, outcome)).or_default() += 1;
        let opened = match &reply {
            Ok(Reply::Opened(handle)) => {
                self.handles.push(*handle);
                Some(*handle)
            }
            _ => None,
        };
        if let Call::Close(handle) = call {
            self.handles.retain(|open| open != handle);
        }
        let real = kernel.perform(lane, call, &self.contents, opened)?;
        if agrees(&real, &reply, &self.contents) {
            return Ok(None);
        }
        let abstractly = expected(&reply, &self.contents);
        Ok(Some(format!("{lane:?} {call:?}\n  the kernel: {real:?}\n  abstractly: {abstractly:?}")))
    }

    /// Compares what is there.
    fn end(&mut self, kernel: &mut Kernel) -> anyhow::Result<Option<String>> {
        for handle in self.handles.clone() {
            for call in [Call::HandleStat(handle), Call::Read(handle)] {
                if let Some(difference) = self.perform(kernel, Lane::A, &call)? {
                    return Ok(Some(difference));
                }
            }
        }
        let (real, abstractly) = (kernel.tree()?, expected_tree(&self.files.tree(), &self.contents));
        Ok((real != abstractly)
            .then(|| format!("the tree in the end\n  the kernel: {real:?}\n  abstractly: {abstractly:?}")))
    }
}

type Calls = Vec<(Lane, Call)>;

fn begin(kernel: &mut Kernel, mode: Mode) -> anyhow::Result<()> {
    kernel.reset()?;
    if mode == Mode::Strangers { kernel.open_to_others() } else { Ok(()) }
}

/// Runs a new sequence; returns its calls if something differs.
fn compare(
    kernel: &mut Kernel,
    mode: Mode,
    random: &mut Random,
    counts: &mut Counts,
) -> anyhow::Result<Option<(Calls, Contents)>> {
    begin(kernel, mode)?;
    let mut trial = Trial::new(mode, Contents::default());
    let mut calls = Vec::new();
    let (made, locking) =
        (random.below(4), matches!(mode, Mode::Processes | Mode::Threads) && random.percent(40));
    for number in 0..3 + random.below(LONGEST - 2) {
        let lane = if random.percent(50) { Lane::A } else { Lane::B };
        let call = match number {
            _ if locking => trial.locking_call(random),
            _ if number < made && (mode != Mode::Strangers || lane == Lane::A) => {
                trial.making_call(lane, random)
            }
            _ => trial.random_call(lane, random),
        };
        calls.push((lane, call));
        if let Some((lane, call)) = calls.last()
            && trial.perform(kernel, *lane, call)?.is_some()
        {
            return Ok(Some((calls, trial.contents)));
        }
    }
    let differs = trial.end(kernel)?.is_some();
    counts.sequences += 1;
    for (met, count) in trial.met {
        *counts.met.entry(met).or_default() += count;
    }
    Ok(differs.then_some((calls, trial.contents)))
}

fn again(
    kernel: &mut Kernel,
    mode: Mode,
    calls: &Calls,
    contents: &Contents,
) -> anyhow::Result<Option<String>> {
    begin(kernel, mode)?;
    let mut trial = Trial::new(mode, contents.clone());
    for (lane, call) in calls {
        if let Some(difference) = trial.perform(kernel, *lane, call)? {
            return Ok(Some(difference));
        }
    }
    trial.end(kernel)
}

/// Leaves out whatever is not needed for a difference, and tells it.
fn shrink(kernel: &mut Kernel, mode: Mode, mut calls: Calls, contents: &Contents) -> anyhow::Result<String> {
    let mut at = 0;
    while at < calls.len() {
        let mut fewer = calls.clone();
        fewer.remove(at);
        if again(kernel, mode, &fewer, contents)?.is_some() {
            calls = fewer;
            at = 0;
        } else {
            at += 1;
        }
    }
    let difference = again(kernel, mode, &calls, contents)?.unwrap_or_default();
    let mut text = String::from("after\n");
    for (lane, call) in &calls {
        writeln!(text, "  {lane:?} {call:?}")?;
    }
    Ok(text + &difference)
}

#[derive(Default)]
struct Counts {
    sequences: u64,
    met: Met,
    differences: Vec<String>,
}

/// Runs so many sequences, up to some differences.
fn run(mode: Mode, sequences: u64, seed: u64) -> anyhow::Result<Counts> {
    let mut kernel = match mode {
        Mode::Here => Kernel::here()?,
        Mode::Processes | Mode::Threads | Mode::Strangers => {
            let stranger = if mode == Mode::Strangers { Stranger::Real } else { Stranger::No };
            let setting = Setting { same_process: mode == Mode::Threads, stranger };
            Kernel::processes(Path::new(env!("CARGO_BIN_EXE_fsrace")), setting)?
        }
    };
    let mut random = Random(seed);
    let mut counts = Counts::default();
    for _ in 0..sequences {
        if let Some((calls, contents)) = compare(&mut kernel, mode, &mut random, &mut counts)? {
            counts.differences.push(shrink(&mut kernel, mode, calls, &contents)?);
            if counts.differences.len() == 5 {
                break;
            }
        }
    }
    Ok(counts)
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn the_abstract_kernel_does_what_the_real_one_does() {
    let sequences = number("FSRACE_SEQUENCES", SEQUENCES);
    let seed = number("FSRACE_SEED", 1);
    let started = Instant::now();
    // In memory it is quicker; if that is not to be had, anywhere will do.
    if tempfile::tempdir_in(MEMORY).is_ok() {
        let _ = tempfile::env::override_temp_dir(Path::new(MEMORY));
    }
    // What the actors in this process make has the modes that a umask of 022 gives.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let in_processes = sequences / IN_PROCESSES;
    let root = rustix::process::geteuid().is_root();
    let works = [
        (Mode::Here, (sequences - in_processes).div_ceil(2)),
        (Mode::Here, (sequences - in_processes).div_ceil(2)),
        (Mode::Processes, in_processes.div_ceil(2)),
        (Mode::Threads, in_processes.div_ceil(4)),
        // Only root has another user at hand.
        (if root { Mode::Strangers } else { Mode::Processes }, in_processes.div_ceil(4)),
    ];
    let counts: Vec<Counts> = thread::scope(|scope| {
        let threads: Vec<_> = (seed..)
            .zip(works)
            .map(|(seed, (mode, sequences))| scope.spawn(move || run(mode, sequences, seed << 32)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    let total: u64 = counts.iter().map(|c| c.sequences).sum();
    let differences: Vec<&String> = counts.iter().flat_map(|c| &c.differences).collect();
    let mut met = Met::new();
    for (outcome, count) in counts.iter().flat_map(|c| &c.met) {
        *met.entry(outcome.clone()).or_default() += count;
    }
    for ((call, outcome), count) in &met {
        println!("{count:>9} {call}: {outcome}");
    }
    let who = match root {
        true => "as root, whom no mode stops: so it is with A, and B is another user in some",
        false => "not as root: B never is another user",
    };
    // Past the harness, which keeps what passing tests print to itself.
    let told = format!(
        "{total} sequences, {} calls, {} differences, in {:.1} s; {who}\n",
        met.values().sum::<u64>(),
        differences.len(),
        started.elapsed().as_secs_f32(),
    );
    let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
    for difference in &differences {
        println!("{difference}\n");
    }
    assert!(differences.is_empty(), "the kernels differ");
    assert!(total >= sequences);
}
