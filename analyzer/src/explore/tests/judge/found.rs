//! What the second judge found, and programs of the kinds that it found it in.

use super::compare;
use super::programs::Program;
use crate::explore::tests::build::*;
use crate::explore::tests::p;
use crate::flow::{Exit, LockScope, OpenFlags, Operation, Place, PlaceKind, ResultId, Uniqueness, Value};

/// Both judges end up with the same, beside everybody.
fn agree(effects: usize, build: impl FnOnce(&mut Build, &Place) -> ResultId) {
    let place = p();
    let (body, act) = Build::function(|f| build(f, &place));
    let program = Program { body, place, act, effects };
    for actor in super::ACTORS {
        let count = compare(&program, actor, None);
        assert!(count.wrong.is_empty(), "{}", count.wrong.join("\n"));
        assert_eq!(count.asked + count.sliced + count.bounded, 0);
        assert!(count.questions > 0);
    }
}

const fn lock(scope: LockScope, shared: bool, blocking: bool) -> Operation {
    Operation::Lock { shared, blocking, scope }
}

/// A lock was given up in the same moment in which it was taken, where nothing between the two was of interest.
#[test]
fn who_tries_for_a_lock_can_find_it_held_for_a_moment() {
    agree(3, |f, p| {
        let held = f.effect(lock(LockScope::Thread, false, false), p, TRY);
        f.release(held);
        f.exists(&unique_sibling(p));
        f.rename(&unique_sibling(p), p, GO_ON)
    });
    agree(3, |f, p| {
        let file = f.open(p, KEEP, TRY);
        f.drops(file);
        let held = f.through(file, lock(LockScope::Process, false, false), p, TRY);
        f.release(held);
        f.remove(p, TRY)
    });
}

/// The handle stood in two slots; closed through one, its number was another's by the time that the other was closed.
#[test]
fn what_a_call_returned_is_given_up_once() {
    agree(4, |f, p| {
        let (file, ()) = f.call(TRY, |f| {
            let opened = f.open(p, KEEP, TRY);
            f.returns(Value::Result(opened));
        });
        let held = f.through(file, lock(LockScope::Process, false, true), p, TRY);
        f.release(file);
        let seen = f.metadata(p, TRY);
        f.drops(held);
        f.drops(seen);
        f.open(p, CREATE_NEW, UNWRAP)
    });
}

/// Steps on one's own link are steps on what it leads to.
#[test]
fn a_link_makes_two_paths_one() {
    let own = unique_sibling(&p());
    agree(3, |f, p| {
        f.to(Operation::Symlink, p, &own, TRY);
        let seen = f.exists(&own);
        f.when(fails(seen), |f| f.write(&own, TRY))
    });
    agree(3, |f, p| {
        f.to(Operation::HardLink, p, &own, TRY);
        f.write(&own, TRY);
        f.read(p, TRY)
    });
}

#[test]
fn two_who_share_a_lock_and_both_want_it_alone() {
    agree(4, |f, p| {
        let file = f.open(p, OpenFlags { read: true, ..KEEP }, TRY);
        f.drops(file);
        f.through(file, lock(LockScope::Process, true, true), p, TRY);
        f.through(file, lock(LockScope::Process, false, true), p, TRY);
        f.through(file, Operation::Write, p, TRY)
    });
}

/// Both waited for the other, though whoever wants a lock that he shares alone gives it up first.
#[test]
fn a_shared_lock_is_no_promise_of_the_whole() {
    agree(4, |f, p| {
        let file = f.open(p, OpenFlags { read: true, ..KEEP }, TRY);
        f.drops(file);
        f.through(file, lock(LockScope::Process, true, true), p, TRY);
        let written = f.through(file, Operation::Write, p, TRY);
        f.through(file, lock(LockScope::Process, false, true), p, TRY);
        written
    });
}

/// What one has open for a write by path goes where the other's rename takes it.
#[test]
fn a_file_is_renamed_while_it_is_written() {
    let own = unique_sibling(&p());
    let last = p().with_file_name(&Place::new(PlaceKind::Unique(Uniqueness::Random, 1)));
    agree(3, |f, p| {
        f.write(p, TRY);
        f.rename(p, &own, GO_ON);
        f.write(&own, TRY)
    });
    agree(4, |f, p| {
        f.write(p, TRY);
        f.rename(p, &own, GO_ON);
        f.rename(&own, &last, GO_ON);
        f.write(&last, TRY)
    });
}

/// Who makes what is missing above a place makes the place above.
#[test]
fn what_lies_above_is_made_on_the_way() {
    agree(2, |f, p| {
        let seen = f.exists(p);
        let made = f.mkdir_all(&p.join(&Place::literal("child")), TRY);
        f.last().data = vec![seen];
        made
    });
}

/// Where a scope ends, one thing is given up after the other.
#[test]
fn who_tries_finds_one_lock_free_and_the_other_held() {
    agree(4, |f, p| {
        let file = f.open(p, KEEP, TRY);
        f.drops(file);
        f.through(file, lock(LockScope::Process, false, false), p, GO_ON);
        f.through(file, lock(LockScope::Process, false, false), p, TRY);
        let held = f.effect(lock(LockScope::Thread, false, false), p, TRY);
        f.drops(held);
        held
    });
}

/// A branch, a call or a loop in which nothing happens but that a lock is given up was left out.
#[test]
fn a_lock_given_up_on_one_way_only() {
    agree(4, |f, p| {
        let held = f.effect(lock(LockScope::Thread, false, true), p, GO_ON);
        f.drops(held);
        let seen = f.exists(p);
        f.when(fails(seen), |f| f.release(held));
        let text = f.read(p, GO_ON);
        f.write_from(p, &[text], TRY)
    });
    agree(4, |f, p| {
        let held = f.effect(lock(LockScope::Thread, false, true), p, GO_ON);
        f.drops(held);
        f.exists(p);
        f.call(GO_ON, |f| f.release(held));
        let text = f.read(p, GO_ON);
        f.write_from(p, &[text], TRY)
    });
    agree(4, |f, p| {
        let held = f.effect(lock(LockScope::Thread, false, true), p, GO_ON);
        f.drops(held);
        let seen = f.exists(p);
        f.repeat(|f| {
            f.release(held);
            f.when(holds(seen), |f| f.exit(Exit::Break(0)));
            f.exit(Exit::Break(0));
        });
        let text = f.read(p, GO_ON);
        f.write_from(p, &[text], TRY)
    });
}
