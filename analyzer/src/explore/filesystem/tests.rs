//! The abstract filesystem against what the manual pages say.

use super::{Call, Filesystem, Handle, Kind, Name, Process, Reply};
use crate::explore::Lane;
use crate::explore::content::{Content, Contents, Half, Piece};
use crate::flow::{ErrorKind, OpenFlags};

const A: &[Name] = &[Name(1)];
const B: &[Name] = &[Name(2)];
const DIR: &[Name] = &[Name(3)];
const BELOW: &[Name] = &[Name(3), Name(1)];
const BELOW_A: &[Name] = &[Name(1), Name(4)];

const READ: OpenFlags = OpenFlags {
    read: true,
    write: false,
    append: false,
    create: false,
    create_new: false,
    truncate: false,
    no_follow: false,
    private: false,
    socket: false,
};
const CREATE: OpenFlags = OpenFlags { read: true, write: true, create: true, truncate: true, ..READ };
const CREATE_NEW: OpenFlags = OpenFlags { create: false, create_new: true, truncate: false, ..CREATE };

type Outcome = Result<(), ErrorKind>;

/// Who asks, where the test does not say.
const ME: Process = Process::First;

struct World {
    files: Filesystem,
    contents: Contents,
    texts: u16,
}

impl World {
    fn new() -> Self {
        World { files: Filesystem::default(), contents: Contents::default(), texts: 0 }
    }

    fn text(&mut self) -> Content {
        self.texts += 1;
        self.contents.text(Lane::A, self.texts, Vec::new())
    }

    fn call(&mut self, call: &Call) -> Result<Reply, ErrorKind> {
        self.files.perform(ME, call, &mut self.contents)
    }

    fn done(&mut self, call: &Call) -> Outcome {
        self.call(call).map(|_| ())
    }

    /// A file with this content.
    fn file(&mut self, path: &[Name]) -> Content {
        let content = self.text();
        assert_eq!(self.done(&Call::Replace { path: path.to_vec(), kind: Kind::File, content }), Ok(()));
        content
    }

    fn mkdir(&mut self, path: &[Name]) -> Outcome {
        let content = self.text();
        self.done(&Call::MakeDirectory { path: path.to_vec(), private: false, content })
    }

    fn directory(&mut self, path: &[Name]) {
        assert_eq!(self.mkdir(path), Ok(()));
    }

    fn try_open(&mut self, path: &[Name], flags: OpenFlags) -> Result<Handle, ErrorKind> {
        self.call(&Call::Open { path: path.to_vec(), flags, private: flags.private })?.handle()
    }

    fn open(&mut self, path: &[Name], flags: OpenFlags) -> Handle {
        self.try_open(path, flags).unwrap_or_else(|kind| panic!("{kind}"))
    }

    fn half(&mut self, handle: Handle, text: Content, half: Half) {
        assert_eq!(self.done(&Call::Write { handle, text, half }), Ok(()));
    }

    fn write(&mut self, handle: Handle, text: Content) {
        self.half(handle, text, Half::First);
        self.half(handle, text, Half::Rest);
    }

    fn content(&self, path: &[Name]) -> Result<Content, ErrorKind> {
        self.files.stat(ME, path).map(|status| status.content)
    }

    fn read(&mut self, handle: Handle) -> Result<Content, ErrorKind> {
        self.call(&Call::Read(handle)).map(|reply| reply.content())
    }

    fn rename(&mut self, from: &[Name], to: &[Name], replace: bool) -> Outcome {
        self.done(&Call::Rename { from: from.to_vec(), to: to.to_vec(), replace })
    }

    fn link(&mut self, from: &[Name], to: &[Name]) -> Outcome {
        self.done(&Call::Link { from: from.to_vec(), to: to.to_vec() })
    }

    fn symlink(&mut self, target: &[Name], at: &[Name]) -> Outcome {
        self.done(&Call::Symlink { target: target.to_vec(), at: at.to_vec() })
    }

    fn unlink(&mut self, path: &[Name]) -> Outcome {
        self.done(&Call::Unlink(path.to_vec()))
    }

    fn rmdir(&mut self, path: &[Name]) -> Outcome {
        self.done(&Call::RemoveDirectory(path.to_vec()))
    }

    fn lock(&mut self, handle: Handle, shared: bool) -> Outcome {
        self.done(&Call::Lock { handle, shared })
    }
}

#[test]
fn open_fails_as_the_flags_say() {
    let mut w = World::new();
    assert_eq!(w.try_open(A, READ), Err(ErrorKind::NotFound));
    w.file(A);
    w.directory(DIR);
    assert_eq!(w.try_open(A, CREATE_NEW), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.try_open(DIR, CREATE_NEW), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.try_open(DIR, CREATE), Err(ErrorKind::IsADirectory));
    assert!(w.try_open(DIR, READ).is_ok());
    assert_eq!(w.try_open(BELOW_A, READ), Err(ErrorKind::NotADirectory));
    assert_eq!(w.try_open(&[Name(9), Name(1)], CREATE), Err(ErrorKind::NotFound));
}

#[test]
fn opening_truncates_at_once() {
    let mut w = World::new();
    w.file(A);
    w.open(A, CREATE);
    assert_eq!(w.content(A), Ok(Content::EMPTY));
}

#[test]
fn a_removed_file_lives_on_in_its_handle() {
    let mut w = World::new();
    let text = w.file(A);
    let open = w.open(A, READ);
    assert_eq!(w.unlink(A), Ok(()));
    assert_eq!(w.content(A), Err(ErrorKind::NotFound));
    assert_eq!(w.read(open), Ok(text));
    let other = w.file(A);
    assert_eq!(w.read(open), Ok(text));
    assert_eq!(w.content(A), Ok(other));
}

#[test]
fn a_renamed_file_keeps_its_handle() {
    let mut w = World::new();
    let open = w.open(A, CREATE_NEW);
    assert_eq!(w.rename(A, B, true), Ok(()));
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.content(A), Err(ErrorKind::NotFound));
}

#[test]
fn a_write_is_half_done_between_its_steps() {
    let mut w = World::new();
    let (open, text) = (w.open(A, CREATE), w.text());
    w.half(open, text, Half::First);
    let between = w.content(A).unwrap_or(text);
    assert!(w.contents.is_torn(between));
    w.half(open, text, Half::Rest);
    assert_eq!(w.content(A), Ok(text));
    let more = w.text();
    w.write(open, more);
    let both = w.contents.sequence(text, more);
    assert_eq!(w.content(A), Ok(both));
}

#[test]
fn two_writers_that_come_between_each_other_mix() {
    let mut w = World::new();
    let (one, other) = (w.open(A, CREATE), w.open(A, CREATE));
    let (first, second) = (w.text(), w.text());
    w.half(one, first, Half::First);
    w.write(other, second);
    assert_eq!(w.content(A), Ok(second));
    w.half(one, first, Half::Rest);
    let mixed = w.content(A).unwrap_or(Content::EMPTY);
    assert!(w.contents.is_torn(mixed));
    assert_eq!(w.contents.pieces(mixed), [Piece::Of(second, Half::First), Piece::Of(first, Half::Rest)]);
}

#[test]
fn appends_do_not_mix() {
    let mut w = World::new();
    let append = OpenFlags { append: true, truncate: false, ..CREATE };
    let (one, other) = (w.open(A, append), w.open(A, append));
    let (first, second) = (w.text(), w.text());
    w.write(one, first);
    w.write(other, second);
    let both = w.contents.sequence(first, second);
    assert_eq!(w.content(A), Ok(both));
    assert!(!w.contents.is_torn(both));
}

#[test]
fn directories_are_made_and_removed() {
    let mut w = World::new();
    assert_eq!(w.mkdir(BELOW), Err(ErrorKind::NotFound));
    w.directory(DIR);
    assert_eq!(w.mkdir(DIR), Err(ErrorKind::AlreadyExists));
    w.file(BELOW);
    assert_eq!(w.rmdir(DIR), Err(ErrorKind::DirectoryNotEmpty));
    assert_eq!(w.unlink(DIR), Err(ErrorKind::IsADirectory));
    assert_eq!(w.rmdir(BELOW), Err(ErrorKind::NotADirectory));
    assert_eq!(w.done(&Call::Clear(DIR.to_vec())), Ok(()));
    assert_eq!(w.rmdir(DIR), Ok(()));
    assert_eq!(w.rmdir(DIR), Err(ErrorKind::NotFound));
    w.directory(DIR);
    w.directory(BELOW);
    let listed = w.call(&Call::List(DIR.to_vec()));
    assert!(matches!(listed, Ok(Reply::Names(names, _)) if names == [Name(1)]));
}

#[test]
fn renames_replace_what_posix_lets_them() {
    let mut w = World::new();
    let text = w.file(A);
    w.file(B);
    assert_eq!(w.rename(A, B, false), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.rename(A, B, true), Ok(()));
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.rename(A, B, true), Err(ErrorKind::NotFound));
    w.directory(DIR);
    assert_eq!(w.rename(B, DIR, true), Err(ErrorKind::IsADirectory));
    assert_eq!(w.rename(DIR, B, true), Err(ErrorKind::NotADirectory));
    assert_eq!(w.rename(DIR, BELOW, true), Err(ErrorKind::Other));
    w.directory(A);
    w.file(BELOW);
    assert_eq!(w.rename(A, DIR, true), Err(ErrorKind::DirectoryNotEmpty));
    assert_eq!(w.rename(DIR, A, true), Ok(()));
    assert!(w.content(&[Name(1), Name(1)]).is_ok());
}

#[test]
fn a_rename_onto_another_name_of_the_same_file_does_nothing() {
    let mut w = World::new();
    let text = w.file(A);
    assert_eq!(w.link(A, B), Ok(()));
    assert_eq!(w.rename(A, B, true), Ok(()));
    assert_eq!((w.content(A), w.content(B)), (Ok(text), Ok(text)));
}

#[test]
fn links_share_the_file() {
    let mut w = World::new();
    w.file(A);
    assert_eq!(w.link(A, B), Ok(()));
    assert_eq!(w.link(A, B), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.link(DIR, &[Name(7)]), Err(ErrorKind::NotFound));
    let open = w.open(A, CREATE);
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.unlink(A), Ok(()));
    assert_eq!(w.content(B), Ok(text));
}

#[test]
fn symlinks_are_followed_where_open_follows() {
    let mut w = World::new();
    assert_eq!(w.symlink(B, A), Ok(()));
    assert_eq!(w.files.lstat(ME, A).map(|status| status.kind), Ok(Kind::Symlink));
    assert_eq!(w.content(A), Err(ErrorKind::NotFound));
    assert_eq!(w.try_open(A, CREATE_NEW), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.try_open(A, OpenFlags { no_follow: true, ..CREATE }), Err(ErrorKind::Other));
    // Creating through a link that leads nowhere creates what it leads to.
    let open = w.open(A, CREATE);
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.unlink(A), Ok(()));
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.symlink(A, A), Ok(()));
    assert_eq!(w.content(A), Err(ErrorKind::Other));
}

#[test]
fn a_directory_is_replaced_through_a_link_that_goes_with_it() {
    let mut w = World::new();
    let start: &[Name] = &[Name::WORKING];
    let directory: &[Name] = &[Name::WORKING, Name(1)];
    w.directory(directory);
    assert_eq!(w.symlink(start, &[Name::WORKING, Name(1), Name(2)]), Ok(()));
    let content = w.file(&[Name::WORKING, Name(1), Name(2), Name(1)]);
    assert_eq!(w.content(directory), Ok(content));
}

#[test]
fn a_directory_is_cleared_through_a_link_that_goes_with_it() {
    let mut w = World::new();
    let directory: &[Name] = &[Name::WORKING, Name(1)];
    w.directory(directory);
    let through = vec![Name::WORKING, Name(1), Name(2), Name(1)];
    let clear = Call::Clear(through.clone());
    for call in [&clear, &Call::RemoveAll(through)] {
        assert_eq!(w.symlink(&[Name::WORKING], &[Name::WORKING, Name(1), Name(2)]), Ok(()));
        // The removal of the directory itself looks the path up once more.
        assert_eq!(w.done(call), if *call == clear { Ok(()) } else { Err(ErrorKind::NotFound) });
        assert_eq!(w.done(&Call::List(directory.to_vec())), Ok(()));
    }
}

#[test]
fn the_working_directory_is_there_and_stays() {
    let mut w = World::new();
    let here: &[Name] = &[Name::WORKING];
    assert_eq!(w.rename(here, A, true), Err(ErrorKind::Other));
    w.file(A);
    assert_eq!(w.rename(A, here, true), Err(ErrorKind::Other));
    assert_eq!(w.rename(A, here, false), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.rename(here, here, false), Err(ErrorKind::Other));
}

#[test]
fn writing_nothing_moves_no_position() {
    let mut w = World::new();
    w.file(A);
    let open = w.open(A, OpenFlags { append: true, truncate: false, ..CREATE });
    w.write(open, Content::EMPTY);
    assert_eq!(w.done(&Call::Cut(open)), Ok(()));
    assert_eq!(w.content(A), Ok(Content::EMPTY));
}

#[test]
fn locks_belong_to_the_open_file() {
    let mut w = World::new();
    w.file(A);
    let (one, other) = (w.open(A, READ), w.open(A, READ));
    assert_eq!(w.lock(one, false), Ok(()));
    assert_eq!(w.lock(other, false), Err(ErrorKind::WouldBlock));
    assert!(w.files.would_block(other, true) && w.files.path_would_block(ME, A, true));
    // The lock follows the file, not the name.
    assert_eq!(w.unlink(A), Ok(()));
    w.file(A);
    assert!(!w.files.path_would_block(ME, A, false));
    assert_eq!(w.done(&Call::Close(one)), Ok(()));
    assert_eq!(w.lock(other, true), Ok(()));
    assert!(w.files.holds_lock(other));
    assert_eq!(w.done(&Call::Unlock(other)), Ok(()));
    assert!(!w.files.holds_lock(other));
}

#[test]
fn equal_histories_give_equal_states() {
    let run = || {
        let mut w = World::new();
        w.file(A);
        let open = w.open(A, READ);
        assert_eq!(w.unlink(A), Ok(()));
        assert_eq!(w.done(&Call::Close(open)), Ok(()));
        w.file(B);
        w
    };
    assert_eq!(run().files, run().files);
    let mut direct = World::new();
    direct.text();
    direct.file(B);
    assert_eq!(run().files, direct.files);
    // The file, and the directory that everybody starts in.
    assert_eq!(run().files.tree().len(), 2);
}

#[test]
fn cutting_to_the_written_length_keeps_what_was_written() {
    let mut w = World::new();
    w.file(A);
    let open = w.open(A, OpenFlags { truncate: false, ..CREATE });
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.done(&Call::Cut(open)), Ok(()));
    assert_eq!(w.content(A), Ok(text));
    let again = w.open(A, OpenFlags { truncate: false, ..CREATE });
    assert_eq!(w.done(&Call::Cut(again)), Ok(()));
    assert_eq!(w.content(A), Ok(Content::EMPTY));
}

#[test]
fn what_is_written_behind_the_end_leaves_a_hole() {
    let mut w = World::new();
    let (one, other) = (w.open(A, CREATE), w.open(A, CREATE));
    let (first, second) = (w.text(), w.text());
    w.half(one, first, Half::First);
    assert_eq!(w.done(&Call::Truncate(A.to_vec())), Ok(()));
    w.half(one, first, Half::Rest);
    let now = w.content(A).unwrap_or(Content::EMPTY);
    assert_eq!(w.contents.pieces(now), [Piece::Hole, Piece::Of(first, Half::Rest)]);
    w.write(other, second);
    assert_eq!(w.content(A), Ok(second));
}

#[test]
fn record_locks_belong_to_the_process() {
    let mut w = World::new();
    w.file(A);
    let (mine, also_mine) = (w.open(A, CREATE), w.open(A, READ));
    let open = Call::Open { path: A.to_vec(), flags: CREATE, private: false };
    let theirs = w.files.perform(Process::Second, &open, &mut w.contents).and_then(Reply::handle);
    let theirs = theirs.unwrap_or(mine);
    let lock = |handle| Call::LockRecord { handle, shared: false };
    assert_eq!(w.done(&lock(mine)), Ok(()));
    assert_eq!(w.done(&lock(theirs)), Err(ErrorKind::WouldBlock));
    // A flock on the same file is another matter.
    assert_eq!(w.lock(theirs, false), Ok(()));
    // Whatever handle of the file is closed, the lock of the process is gone.
    assert_eq!(w.done(&Call::Close(also_mine)), Ok(()));
    assert!(!w.files.record_would_block(theirs, false));
    assert_eq!(w.done(&lock(theirs)), Ok(()));
    assert!(w.files.record_would_block(mine, true));
}

#[test]
fn relative_paths_start_where_the_process_stands() {
    let mut w = World::new();
    let relative: &[Name] = &[Name::WORKING, Name(1)];
    w.directory(DIR);
    assert_eq!(w.done(&Call::ChangeDirectory(DIR.to_vec())), Ok(()));
    let text = w.file(relative);
    assert_eq!(w.content(BELOW), Ok(text));
    // Another process stands where it started.
    assert_eq!(w.files.stat(Process::Second, relative).err(), Some(ErrorKind::NotFound));
    assert_eq!(w.done(&Call::RemoveAll(DIR.to_vec())), Ok(()));
    assert_eq!(w.try_open(relative, CREATE), Err(ErrorKind::NotFound));
    // A rename looks both parents up before it sees that there is nothing to move.
    w.file(B);
    assert_eq!(w.rename(relative, &[Name(2), Name(1)], true), Err(ErrorKind::NotADirectory));
    assert_eq!(w.rename(B, relative, true), Err(ErrorKind::NotFound));
    assert_eq!(w.done(&Call::ChangeDirectory(A.to_vec())), Err(ErrorKind::NotFound));
}

#[test]
fn others_may_not_look_into_what_is_private() {
    let mut w = World::new();
    w.files.estrange(Process::Second);
    let look = Call::Open { path: A.to_vec(), flags: READ, private: false };
    let handle = w.open(A, OpenFlags { private: true, ..CREATE });
    assert_eq!(w.files.perform(Process::Second, &look, &mut w.contents), Err(ErrorKind::PermissionDenied));
    assert_eq!(w.done(&Call::SetHandleMode { handle, private: false }), Ok(()));
    let opened = w.files.perform(Process::Second, &look, &mut w.contents);
    assert!(opened.is_ok());
    // Who has it open keeps it open.
    assert_eq!(w.done(&Call::SetMode { path: A.to_vec(), private: true }), Ok(()));
    let read = opened.and_then(Reply::handle).map(Call::Read);
    assert!(read.is_ok_and(|read| w.files.perform(Process::Second, &read, &mut w.contents).is_ok()));
    assert_eq!(w.done(&Call::SetMask { private: true }), Ok(()));
    w.file(B);
    let look = Call::Open { path: B.to_vec(), flags: READ, private: false };
    assert_eq!(w.files.perform(Process::Second, &look, &mut w.contents), Err(ErrorKind::PermissionDenied));
}

#[test]
fn others_may_not_move_a_directory_even_where_it_would_not_fit() {
    let mut w = World::new();
    w.files.estrange(Process::Second);
    let filled: &[Name] = &[Name::WORKING, Name(3)];
    w.directory(A);
    w.directory(filled);
    w.file(&[Name::WORKING, Name(3), Name(1)]);
    assert_eq!(w.rename(A, filled, true), Err(ErrorKind::DirectoryNotEmpty));
    let rename = Call::Rename { from: A.to_vec(), to: filled.to_vec(), replace: true };
    let theirs = w.files.perform(Process::Second, &rename, &mut w.contents);
    assert_eq!(theirs, Err(ErrorKind::PermissionDenied));
}

#[test]
fn what_is_closed_cannot_be_closed_again() {
    let mut w = World::new();
    let open = w.open(A, CREATE);
    assert!(w.files.is_open(ME, open) && !w.files.is_open(Process::Second, open));
    assert_eq!(w.done(&Call::Close(open)), Ok(()));
    assert_eq!(w.done(&Call::Close(open)), Err(ErrorKind::Other));
    assert!(!w.files.is_open(ME, open));
}
