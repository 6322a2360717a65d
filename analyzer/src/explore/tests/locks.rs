//! Locks that hold, and locks that do not.

use super::build::*;
use super::{Case, checked, unchecked};
use crate::explore::{Actor, Consequence};
use crate::flow::{Condition, ErrorKind, LockScope, OpenFlags, Operation, Place, ResultId, Value};

const fn lock(shared: bool, blocking: bool, scope: LockScope) -> Operation {
    Operation::Lock { shared, blocking, scope }
}

/// Reads and writes under a lock on `p.lock`.
fn rewrite(f: &mut Build, p: &Place, operation: Operation) -> (ResultId, ResultId) {
    let name = p.with_extension(&Place::literal("lock"));
    let file = f.open(&name, OpenFlags { read: true, ..KEEP }, TRY);
    f.through(file, operation, &name, TRY);
    f.drops(file);
    let read = f.read(p, TRY);
    (read, f.write_from(p, &[read], TRY))
}

#[test]
fn a_shared_lock_keeps_no_writer_out() {
    let case = checked(|f, p| rewrite(f, p, lock(true, true, LockScope::Process)));
    assert_eq!(case.costs(Actor::Itself).first(), Some(&Consequence::LostUpdate));
    checked(|f, p| rewrite(f, p, lock(false, true, LockScope::Process)))
        .is_benign(&[Actor::Itself, Actor::ItselfThread]);
}

#[test]
fn a_record_lock_keeps_processes_apart_and_not_threads() {
    let case = checked(|f, p| rewrite(f, p, lock(false, true, LockScope::Record)));
    case.is_benign(&[Actor::Itself]);
    assert_eq!(case.costs(Actor::ItselfThread).first(), Some(&Consequence::LostUpdate));
}

#[test]
fn a_record_lock_goes_with_any_handle_of_the_file() {
    // The file is locked itself, then read by path: the handle of the read, closed, takes the lock along.
    let case = checked(|f, p| {
        let file = f.open(p, OpenFlags { read: true, create: false, ..KEEP }, TRY);
        f.through(file, lock(false, true, LockScope::Record), p, TRY);
        f.drops(file);
        let read = f.read(p, TRY);
        (read, f.write_from(p, &[read], TRY))
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "lost-update from a file
A open p -> ok [file (initial content)]
A lock p -> ok [file (initial content)]
A read p -> ok [file (initial content)]
    B open p -> ok [file (initial content)]
    B lock p -> ok [file (initial content)]
    B read p -> ok [file (initial content)]
    B write p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A's update is made from what it read before and overwrites B's"
    );
}

/// Twice what the lock protects; the lock file is removed with the lock held.
fn removing_its_lock_file() -> Case {
    checked(|f, p| {
        let name = p.with_extension(&Place::literal("lock"));
        let once = |f: &mut Build| {
            f.call(TRY, |f| {
                let points = rewrite(f, p, lock(false, true, LockScope::Process));
                f.remove(&name, GO_ON);
                points
            })
            .1
        };
        once(f);
        once(f)
    })
}

#[test]
fn a_lock_file_that_is_unlinked_on_release_is_two_files() {
    assert_eq!(
        removing_its_lock_file().worst(Actor::Itself),
        "lost-update from a file
A open or create p[ext=\"lock\"] -> ok [file (initial content)]
A lock p[ext=\"lock\"] -> ok [file (initial content)]
A read p -> ok [file (initial content)]
A write p -> ok [file (A's content)]
A remove p[ext=\"lock\"] -> ok [file (A's content)]
A open or create p[ext=\"lock\"] -> ok [file (A's content)]
    B open or create p[ext=\"lock\"] -> ok [file (A's content)]
    B lock p[ext=\"lock\"] -> ok [file (A's content)]
    B read p -> ok [file (A's content)]
    B write p -> ok [file (B's content)]
    B remove p[ext=\"lock\"] -> ok [file (B's content)]
    B open or create p[ext=\"lock\"] -> ok [file (B's content)]
    B lock p[ext=\"lock\"] -> ok [file (B's content)]
    B read p -> ok [file (B's content)]
A lock p[ext=\"lock\"] -> ok [file (B's content)]
A read p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A remove p[ext=\"lock\"] -> ok [file (A's content)]
    B write p -> ok [file (B's content)]
    B remove p[ext=\"lock\"] -> NotFound [file (B's content)]
B's update is made from what it read before and overwrites A's"
    );
}

/// One that locks by path, as libraries do; the lock file is removed after the lock is given up.
#[test]
fn a_lock_file_that_is_unlinked_after_release_is_taken_from_the_next() {
    let case = checked(|f, p| {
        let held = f.effect(lock(false, true, LockScope::Process), p, TRY);
        f.release(held);
        let removed = f.remove(p, GO_ON);
        (held, removed)
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "double-owner from absent
A lock p -> ok [file (empty)]
    B lock p -> ok [file (empty)]
A remove p -> ok [absent]
    B remove p -> NotFound [absent]
the lock that one has just taken is removed by the other"
    );
}

#[test]
fn a_lock_released_before_the_cleanup_does_not_cover_it() {
    let case = |early: bool| {
        checked(|f, d| {
            let name = d.with_extension(&Place::literal("lock"));
            let file = f.open(&name, KEEP, TRY);
            f.flock(file, &name);
            f.drops(file);
            let made = f.mkdir(d, TRY);
            f.write(&d.join(&Place::literal("part")), TRY);
            if early {
                f.release(file);
            }
            (made, f.remove_tree(d, TRY))
        })
    };
    assert_eq!(
        case(true).worst(Actor::Itself),
        "spurious-failure from absent
A open or create p[ext=\"lock\"] -> ok [absent]
A lock p[ext=\"lock\"] -> ok [absent]
A create directory p -> ok [directory (A's content)]
A write p/\"part\" -> ok [directory (A's content)]
    B open or create p[ext=\"lock\"] -> ok [directory (A's content)]
    B lock p[ext=\"lock\"] -> ok [directory (A's content)]
    B create directory p -> AlreadyExists [directory (A's content)]
A remove tree p -> ok [absent]
B fails with AlreadyExists although nothing is wrong"
    );
    case(false).is_benign(&[Actor::Itself, Actor::ItselfThread]);
}

#[test]
fn a_lock_comes_too_late_for_what_its_open_has_emptied() {
    let case = |flags| {
        unchecked(|f, p| {
            let file = f.open(p, flags, TRY);
            f.drops(file);
            f.through(file, lock(false, false, LockScope::Process), p, TRY);
            f.through(file, Operation::Truncate, p, TRY);
            f.through(file, Operation::Write, p, TRY);
            file
        })
    };
    assert_eq!(
        case(CREATE).worst(Actor::Itself),
        "corruption from absent
A create or truncate p -> ok [file (empty)]
A lock p -> ok [file (empty)]
A truncate p -> ok [file (empty)]
A write p -> ok [file (A's content)]
    B create or truncate p -> ok [file (empty)]
    B lock p -> WouldBlock [file (empty)]
the file is left empty"
    );
    case(KEEP).is_benign(&[Actor::Itself]);
}

#[test]
fn a_lock_below_a_directory_goes_with_the_directory() {
    let case = checked(|f, d| {
        let name = d.join(&Place::literal("lock"));
        f.mkdir_all(d, TRY);
        let file = f.open(&name, KEEP, TRY);
        f.flock(file, &name);
        f.drops(file);
        let written = f.write(&d.join(&Place::literal("part")), TRY);
        (written, f.remove_tree(d, TRY))
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "spurious-failure from absent
A create directories p -> ok [directory (A's content)]
A open or create p/\"lock\" -> ok [directory (A's content)]
    B create directories p -> ok [directory (A's content)]
    B open or create p/\"lock\" -> ok [directory (A's content)]
    B lock p/\"lock\" -> ok [directory (A's content)]
    B write p/\"part\" -> ok [directory (A's content)]
    B remove tree p -> ok [absent]
A lock p/\"lock\" -> ok [absent]
A write p/\"part\" -> NotFound [absent]
A fails with NotFound although nothing is wrong"
    );
}

/// A lock file with the owner's number in it, taken over if its owner is dead.
fn with_pid(f: &mut Build, p: &Place) -> (ResultId, ResultId) {
    let lock = f.open(p, CREATE_NEW, GO_ON);
    f.when(ok(lock), |f| {
        f.through(lock, Operation::Write, p, TRY);
        f.returns(Value::Result(lock));
    });
    let pid = f.read(p, GO_ON);
    let removed = f.when(Condition::All(vec![ok(pid), judged(0, pid)]), |f| f.remove(p, GO_ON));
    let again = f.open(p, CREATE_NEW, TRY);
    f.through(again, Operation::Write, p, TRY);
    f.returns(Value::Result(again));
    (pid, removed)
}

#[test]
fn a_dead_owners_lock_is_taken_over_twice() {
    let case = checked(with_pid);
    assert_eq!(
        case.worst(Actor::Itself),
        "double-owner from a file
A create exclusively p -> AlreadyExists [file (initial content)]
A read p -> ok [file (initial content)]
    B create exclusively p -> AlreadyExists [file (initial content)]
    B read p -> ok [file (initial content)]
    B remove p -> ok [absent]
    B create exclusively p -> ok [file (empty)]
    B write p -> ok [file (B's content)]
A remove p -> ok [absent]
A create exclusively p -> ok [file (empty)]
A write p -> ok [file (A's content)]
both believe they hold the lock"
    );
}

#[test]
fn double_checked_locking_is_benign() {
    let case = checked(|f, p| {
        let name = p.with_extension(&Place::literal("lock"));
        let seen = f.exists(p);
        f.when(holds(seen), |f| f.returns(Value::Opaque));
        let file = f.open(&name, KEEP, TRY);
        f.flock(file, &name);
        f.drops(file);
        let again = f.exists(p);
        let temporary = unique_sibling(p);
        (
            seen,
            f.when(fails(again), |f| {
                f.write(&temporary, TRY);
                f.rename(&temporary, p, TRY)
            }),
        )
    });
    case.is_benign(&[Actor::Itself, Actor::ItselfThread, Actor::Reader]);
}

#[test]
fn a_lock_that_cannot_be_had_is_a_failure_that_is_expected() {
    let case = checked(|f, p| {
        let (points, _) = (rewrite(f, p, lock(false, false, LockScope::Process)), ErrorKind::WouldBlock);
        points
    });
    case.is_benign(&[Actor::Itself]);
}
