//! Variants: what a pattern takes out of them has the types that the enum declares.
use std::fs;
use std::path::PathBuf;

struct Disk {
    path: PathBuf,
}

type Kept = Disk;

enum Store {
    Disk(Disk),
    Named { at: PathBuf, disk: Kept },
    Remote(crate::remote::Remote),
}

impl Disk {
    fn save(&self) -> std::io::Result<()> {
        fs::write(&self.path, "")
    }
}

fn save(store: &Store) -> std::io::Result<()> {
    match store {
        Store::Disk(disk) => disk.save(),
        Store::Named { at, disk } => {
            fs::remove_file(at)?;
            disk.save()
        }
        Store::Remote(remote) => remote.save(),
    }
}

fn save_elsewhere(command: crate::cli::Command) -> std::io::Result<()> {
    use crate::cli::Command::*;
    match command {
        Sync(options) => options.run(),
        crate::cli::Command::Clean { cache } => cache.clear(),
    }
}

fn of_a_structure(disk: Disk) -> std::io::Result<()> {
    let Disk { path } = disk;
    fs::remove_file(path)
}
