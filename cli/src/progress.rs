//! A bar on standard error, if that is a terminal and the work takes long.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Work that takes longer than this shows how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the work is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Does the work, and meanwhile shows how far it is, if that is wanted. What was shown is gone at the end.
    pub fn during<T>(wanted: bool, work: impl FnOnce(&Progress) -> T) -> T {
        let progress = Progress { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()) };
        if !wanted || !io::stderr().is_terminal() {
            return work(&progress);
        }
        let bar = progress.bar.clone();
        std::thread::scope(|scope| {
            let (done, waiting) = channel::<()>();
            scope.spawn(move || {
                if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(200));
                    // Nothing is ever sent: the sender goes away when the work is done, or panics.
                    let _ = waiting.recv();
                }
                bar.finish_and_clear();
            });
            let result = work(&progress);
            drop(done);
            result
        })
    }

    /// From here on files are read.
    pub fn reading(&self, files: usize) {
        self.bar.set_length(files as u64);
        self.style("reading {pos}/{len} {bar:40}");
    }

    /// One more file was read.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// From here on functions are checked; how many candidates there are nobody knows before.
    pub fn checking(&self, functions: usize) {
        self.style("{spinner} checking {len} functions");
        self.bar.set_length(functions as u64);
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}
