//! Channels, and waiting for what is kept.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

fn followed(size: usize) {
    let (sender, taker) = sync_channel(3);
    let again = sender.clone();
    let work = thread::spawn(move || again.send(1));
    sender.try_send(2);
    drop(sender);
    for number in taker.iter() {
        println!("{number}");
    }
    let _ = work.join();
    let (other, end) = sync_channel(size);
    keep(end);
    other.send(1);
}

struct Runner {
    done: Receiver<()>,
    work: Option<JoinHandle<()>>,
}

impl Runner {
    fn stop(&mut self) {
        let _ = self.done.recv();
        if let Some(work) = self.work.take() {
            let _ = work.join();
        }
    }
}
