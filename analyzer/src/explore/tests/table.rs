//! What the explorer must decide: the rows of the design's table.

use super::build::*;
use super::{Case, EVERYBODY, checked, if_absent, if_present, unchecked};
use crate::explore::{Actor, Consequence};
use crate::flow::{Condition, ErrorKind, Operation, Place, PlaceKind, Value};

// exists-then-create

#[test]
fn mkdir_after_a_check_fails_beside_itself() {
    let case = if_absent(|f, p| f.mkdir(p, TRY));
    assert_eq!(
        case.worst(Actor::Itself),
        "spurious-failure from absent
A check p -> false [absent]
    B check p -> false [absent]
    B create directory p -> ok [directory (B's content)]
A create directory p -> AlreadyExists [directory (B's content)]
A fails with AlreadyExists although its check had found nothing"
    );
    let unwrapped = if_absent(|f, p| f.mkdir(p, UNWRAP));
    assert_eq!(unwrapped.costs(Actor::Creator), [Consequence::SpuriousFailure]);
}

#[test]
fn mkdir_whose_failure_is_ignored_is_benign() {
    if_absent(|f, p| f.mkdir(p, GO_ON)).is_benign(&EVERYBODY);
}

#[test]
fn mkdir_that_tolerates_already_exists_is_benign() {
    let case = if_absent(|f, p| {
        let made = f.mkdir(p, GO_ON);
        let tolerated = failed(made, ErrorKind::AlreadyExists);
        f.when(Condition::All(vec![ok(made).negated(), tolerated.negated()]), |f| {
            f.returns(Value::Failure(Some(made)));
        });
        made
    });
    case.is_benign(&[Actor::Itself, Actor::ItselfThread, Actor::Creator]);
}

#[test]
fn mkdir_all_is_benign() {
    if_absent(|f, p| f.mkdir_all(p, TRY)).is_benign(&[
        Actor::Itself,
        Actor::ItselfThread,
        Actor::Creator,
        Actor::Remover,
        Actor::Replacer,
        Actor::Reader,
    ]);
}

#[test]
fn write_after_a_check_destroys_what_another_created() {
    let case = if_absent(|f, p| f.write(p, TRY));
    assert_eq!(
        case.worst(Actor::Creator),
        "data-loss from absent
A check p -> false [absent]
    B create p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
B's content is gone"
    );
    assert_eq!(
        case.worst(Actor::Reader),
        "corruption from absent
A check p -> false [absent]
A open and truncate p -> ok [file (empty)]
    B read p -> ok [file (empty)]
A write p -> ok [file (A's content)]
B reads an empty file"
    );
    assert_eq!(case.costs(Actor::Acquirer), [Consequence::DoubleOwner]);
    assert_eq!(case.costs(Actor::Itself), [Consequence::Corruption]);
}

#[test]
fn create_new_written_in_place_only_tears() {
    let case = unchecked(|f, p| {
        let file = f.open(p, CREATE_NEW, GO_ON);
        f.when(failed(file, ErrorKind::AlreadyExists), |f| f.returns(Value::Opaque));
        f.drops(file);
        f.through(file, Operation::Write, p, TRY);
        file
    });
    assert_eq!(
        case.worst(Actor::Reader),
        "corruption from absent
A create exclusively p -> ok [file (empty)]
    B read p -> ok [file (empty)]
A write p -> ok [file (A's content)]
B reads an empty file"
    );
    case.is_benign(&[Actor::Itself, Actor::ItselfThread, Actor::Creator, Actor::Remover, Actor::Replacer]);
    case.is_benign(&[Actor::Updater, Actor::Acquirer]);
}

#[test]
fn publishing_a_temporary_without_replacing_is_benign() {
    for operation in [Operation::HardLink, Operation::Rename { replace: false }] {
        let case = unchecked(|f, p| {
            let temporary = unique_sibling(p);
            f.write(&temporary, TRY);
            let published = f.to(operation, &temporary, p, GO_ON);
            f.remove(&temporary, GO_ON);
            published
        });
        case.is_benign(&EVERYBODY);
    }
}

// exists-then-remove

#[test]
fn remove_after_a_check_fails_beside_itself() {
    let case = if_present(|f, p| f.remove(p, TRY));
    assert_eq!(
        case.worst(Actor::Itself),
        "spurious-failure from a file
A check p -> true [file (initial content)]
    B check p -> true [file (initial content)]
    B remove p -> ok [absent]
A remove p -> NotFound [absent]
A fails with NotFound although its check had found the place"
    );
    let tree = if_present(|f, p| f.remove_tree(p, TRY));
    assert_eq!(tree.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn remove_that_tolerates_not_found_is_benign() {
    if_present(|f, p| f.remove(p, GO_ON)).is_benign(&EVERYBODY);
    let tolerated = if_present(|f, p| {
        let removed = f.remove(p, GO_ON);
        f.when(
            Condition::All(vec![ok(removed).negated(), failed(removed, ErrorKind::NotFound).negated()]),
            |f| f.returns(Value::Failure(Some(removed))),
        );
        removed
    });
    tolerated.is_benign(&EVERYBODY);
}

// exists-then-use

#[test]
fn read_after_a_check_fails_beside_a_remover() {
    let case = if_present(|f, p| f.read(p, TRY));
    assert_eq!(
        case.worst(Actor::Remover),
        "spurious-failure from a file
A check p -> true [file (initial content)]
    B remove p -> ok [absent]
A read p -> NotFound [absent]
A fails with NotFound although its check had found the place"
    );
    case.is_benign(&[Actor::Itself, Actor::Creator, Actor::Replacer, Actor::Updater, Actor::Reader]);
}

// exists-then-rename

#[test]
fn rename_after_a_check_destroys_what_another_created() {
    let (a, b) = (param(0, "a"), param(1, "b"));
    let (body, (check, act)) = Build::function(|f| {
        let seen = f.exists(&b);
        (seen, f.when(fails(seen), |f| f.rename(&a, &b, TRY)))
    });
    let case = Case { body, place: b, check: Some(check), act };
    assert_eq!(
        case.worst(Actor::Creator),
        "data-loss from absent
A check b -> false [absent]
    B create b -> ok [file (B's content)]
A rename to b a -> ok [file (initial content)]
B's content is gone"
    );
}

// remove-then-create

#[test]
fn taking_over_a_stale_lock_makes_two_owners() {
    let case = checked(|f, p| {
        let meta = f.metadata(p, GO_ON);
        let removed = f.when(Condition::All(vec![ok(meta), judged(0, meta)]), |f| f.remove(p, GO_ON));
        f.open(p, CREATE_NEW, TRY);
        (meta, removed)
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "double-owner from a file
A stat p -> ok [file (initial content)]
    B stat p -> ok [file (initial content)]
    B remove p -> ok [absent]
    B create exclusively p -> ok [file (empty)]
A remove p -> ok [absent]
A create exclusively p -> ok [file (empty)]
both believe they hold the lock"
    );
}

#[test]
fn taking_over_a_stale_lock_in_a_retry_loop_makes_two_owners() {
    let case = checked(|f, p| {
        f.repeat(|f| {
            let lock = f.open(p, CREATE_NEW, GO_ON);
            f.when(ok(lock), |f| f.returns(Value::Result(lock)));
            let meta = f.metadata(p, GO_ON);
            let stale = Condition::All(vec![ok(meta), judged(0, meta)]);
            (meta, f.when(stale, |f| f.remove(p, GO_ON)))
        })
    });
    assert_eq!(case.costs(Actor::Itself).first(), Some(&Consequence::DoubleOwner));
}

#[test]
fn remove_then_write_loses_the_lock_and_hides_the_file() {
    let case = checked(|f, p| {
        let removed = f.remove(p, GO_ON);
        (removed, f.write(p, TRY))
    });
    assert_eq!(
        case.worst(Actor::Acquirer),
        "double-owner from a file
A remove p -> ok [absent]
    B create exclusively p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
both believe they hold the lock"
    );
    assert_eq!(case.costs(Actor::Reader), [Consequence::Corruption, Consequence::SpuriousFailure]);
}

// read-modify-write

#[test]
fn rewriting_in_place_loses_updates_and_tears() {
    let case = checked(|f, p| {
        let text = f.read(p, TRY);
        (text, f.write_from(p, &[text], TRY))
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "lost-update from a file
A read p -> ok [file (initial content)]
    B read p -> ok [file (initial content)]
    B write p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A's update is made from what it read before and overwrites B's"
    );
    assert_eq!(case.costs(Actor::Updater), [Consequence::LostUpdate]);
    assert_eq!(case.costs(Actor::Reader), [Consequence::Corruption]);
}

#[test]
fn an_update_that_makes_the_file_first_is_told_of_one_that_is_there() {
    let case = checked(|f, p| {
        let there = f.exists(p);
        f.when(fails(there), |f| f.write(p, TRY));
        let file = f.open(p, READ, TRY);
        let text = f.through(file, Operation::Read, p, TRY);
        f.drops(file);
        (text, f.write_from(p, &[text], TRY))
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "lost-update from a file
A check p -> true [file (initial content)]
A open p -> ok [file (initial content)]
A read p -> ok [file (initial content)]
    B check p -> true [file (initial content)]
    B open p -> ok [file (initial content)]
    B read p -> ok [file (initial content)]
    B write p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A's update is made from what it read before and overwrites B's"
    );
}

#[test]
fn an_update_before_the_read_is_in_what_is_read() {
    let case = checked(|f, p| {
        let file = f.open(p, READ, TRY);
        let text = f.through(file, Operation::Read, p, TRY);
        f.drops(file);
        (text, f.write_from(p, &[text], TRY))
    });
    assert_eq!(
        case.worst(Actor::Updater),
        "lost-update from a file
A open p -> ok [file (initial content)]
A read p -> ok [file (initial content)]
    B update p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A's update is made from what it read before and overwrites B's"
    );
}

#[test]
fn rewriting_through_a_rename_loses_updates_only() {
    let case = checked(|f, p| {
        let text = f.read(p, TRY);
        let temporary = unique_sibling(p);
        f.write_from(&temporary, &[text], TRY);
        (text, f.rename(&temporary, p, TRY))
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::LostUpdate]);
    case.is_benign(&[Actor::Reader]);
}

/// Locks `p.lock` before or after the read.
fn locked(early: bool) -> Case {
    checked(|f, p| {
        let name = p.with_extension(&Place::literal("lock"));
        let read = (!early).then(|| f.read(p, TRY));
        let file = f.open(&name, KEEP, TRY);
        f.flock(file, &name);
        f.drops(file);
        let read = read.unwrap_or_else(|| f.read(p, TRY));
        (read, f.write_from(p, &[read], TRY))
    })
}

#[test]
fn one_lock_around_both_serialises() {
    locked(true).is_benign(&[Actor::Itself, Actor::ItselfThread]);
    assert_eq!(locked(true).costs(Actor::Reader), [Consequence::Corruption]);
}

#[test]
fn a_lock_after_the_read_is_too_late() {
    assert_eq!(
        locked(false).worst(Actor::Itself),
        "lost-update from a file
A read p -> ok [file (initial content)]
    B read p -> ok [file (initial content)]
    B open or create p[ext=\"lock\"] -> ok [file (initial content)]
    B lock p[ext=\"lock\"] -> ok [file (initial content)]
    B write p -> ok [file (B's content)]
A open or create p[ext=\"lock\"] -> ok [file (B's content)]
A lock p[ext=\"lock\"] -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A's update is made from what it read before and overwrites B's"
    );
}

#[test]
fn a_lock_given_back_between_read_and_write_does_not_help() {
    let case = checked(|f, p| {
        let name = p.with_extension(&Place::literal("lock"));
        let (_, read) = f.call(TRY, |f| {
            let file = f.open(&name, KEEP, TRY);
            f.flock(file, &name);
            f.drops(file);
            let read = f.read(p, TRY);
            f.returns(Value::Result(read));
            read
        });
        let (_, write) = f.call(TRY, |f| {
            let file = f.open(&name, KEEP, TRY);
            f.flock(file, &name);
            f.drops(file);
            f.write_from(p, &[read], TRY)
        });
        (read, write)
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::LostUpdate]);
}

#[test]
fn a_lock_that_a_helper_returns_is_held_by_the_caller() {
    let case = checked(|f, p| {
        let name = p.with_extension(&Place::literal("lock"));
        let (guard, _) = f.call(TRY, |f| {
            let file = f.open(&name, KEEP, TRY);
            f.drops(file);
            f.flock(file, &name);
            f.returns(Value::Success(Box::new(Value::Result(file))));
        });
        f.drops(guard);
        let read = f.read(p, TRY);
        (read, f.write_from(p, &[read], TRY))
    });
    case.is_benign(&[Actor::Itself, Actor::ItselfThread]);
}

#[test]
fn a_mutex_serialises_threads_and_not_processes() {
    let case = checked(|f, p| {
        let guard = f.mutex(&Place::new(PlaceKind::Constant("LOCK".into())));
        f.drops(guard);
        let read = f.read(p, TRY);
        (read, f.write_from(p, &[read], TRY))
    });
    case.is_benign(&[Actor::ItselfThread]);
    assert_eq!(case.costs(Actor::Itself).first(), Some(&Consequence::LostUpdate));
}

// truncating-write

#[test]
fn truncating_tears() {
    let by_path = unchecked(|f, p| f.write(p, TRY));
    assert_eq!(
        by_path.worst(Actor::Reader),
        "corruption from absent
A open and truncate p -> ok [file (empty)]
    B read p -> ok [file (empty)]
A write p -> ok [file (A's content)]
B reads an empty file"
    );
    by_path.is_benign(&[Actor::Creator, Actor::Remover, Actor::Replacer, Actor::Updater, Actor::Acquirer]);
    let through_handle = unchecked(|f, p| {
        let file = f.open(p, CREATE, TRY);
        f.drops(file);
        f.through(file, Operation::Write, p, TRY);
        file
    });
    assert_eq!(through_handle.costs(Actor::Reader), [Consequence::Corruption]);
}

#[test]
fn a_fixed_temporary_name_is_shared() {
    let case = unchecked(|f, p| {
        let temporary = fixed_sibling(p);
        f.write(&temporary, TRY);
        f.rename(&temporary, p, TRY)
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::Corruption, Consequence::SpuriousFailure]);
    assert_eq!(
        case.worst(Actor::Itself),
        "corruption from absent
A write (first half) p[ext=\"tmp\"] -> ok [absent]
    B write p[ext=\"tmp\"] -> ok [absent]
    B rename to p p[ext=\"tmp\"] -> ok [file (B's content)]
A write (rest) p[ext=\"tmp\"] -> ok [file (mixed: A's content and B's content)]
A rename to p p[ext=\"tmp\"] -> NotFound [file (mixed: A's content and B's content)]
the file is left mixed: A's content and B's content"
    );
    case.is_benign(&[Actor::Reader, Actor::Creator, Actor::Replacer]);
}

#[test]
fn what_is_moved_to_where_a_directory_is_made_is_one() {
    // if !exists(p) { rename(old, p)?; symlink(old, to p)? } mkdir_all(p)?
    let case = checked(|f, p| {
        let old = fixed_sibling(p);
        let seen = f.exists(p);
        let moved = f.when(holds(seen).negated(), |f| {
            let moved = f.rename(&old, p, TRY);
            f.to(Operation::Symlink, p, &old, TRY);
            moved
        });
        f.mkdir_all(p, TRY);
        (seen, moved)
    });
    // A link takes the place of no directory: nothing is lost but an error.
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn a_unique_temporary_is_benign() {
    let case = unchecked(|f, p| {
        let temporary = unique_sibling(p);
        f.write(&temporary, TRY);
        f.rename(&temporary, p, TRY)
    });
    case.is_benign(&EVERYBODY);
}

#[test]
fn a_lock_that_is_made_anew_may_be_anothers_by_then() {
    // remove(p); if create_new(p) fails { .. }; return true
    let case = checked(|f, p| {
        let removed = f.remove(p, TRY);
        let made = f.open(p, CREATE_NEW, GO_ON);
        f.returns(Value::Condition(Condition::Constant(true)));
        (removed, made)
    });
    assert_eq!(
        case.worst(Actor::Acquirer),
        "double-owner from a file
A remove p -> ok [absent]
    B create exclusively p -> ok [file (B's content)]
A create exclusively p -> AlreadyExists [file (B's content)]
B takes the lock while it is gone, and A goes on as if it had kept it"
    );
    // return whether it was made: who lost it says so.
    let honest = checked(|f, p| {
        let removed = f.remove(p, TRY);
        let made = f.open(p, CREATE_NEW, GO_ON);
        f.returns(Value::Condition(Condition::Ok(made)));
        (removed, made)
    });
    honest.is_benign(&[Actor::Acquirer]);
}

#[test]
fn what_is_found_from_one_beginning_does_not_hide_what_is_found_from_another() {
    // if exists(p) { text = read(p) }; write(p.tmp, from text); rename(p.tmp, p)
    let case = checked(|f, p| {
        let seen = f.exists(p);
        let text = f.when(holds(seen), |f| f.read(p, TRY));
        let temporary = fixed_sibling(p);
        f.write_from(&temporary, &[text], TRY);
        (text, f.rename(&temporary, p, TRY))
    });
    let found = case.ask().beside(Actor::Itself);
    let beginnings: Vec<&str> = found.races.iter().map(|race| race.witness.initial.as_str()).collect();
    assert!(beginnings.contains(&"absent") && beginnings.contains(&"a file"), "{beginnings:?}");
}

#[test]
fn what_one_way_removes_is_there_for_another() {
    // if ? { remove(q)? }; if exists(p) { remove(p)? }; rename(q, p)?
    let case = checked(|f, p| {
        let own = fixed_sibling(p);
        f.when(unknown(0), |f| f.remove(&own, TRY));
        let seen = f.exists(p);
        let removed = f.when(holds(seen), |f| f.remove(p, TRY));
        f.rename(&own, p, GO_ON);
        (seen, removed)
    });
    assert!(case.costs(Actor::Itself).contains(&Consequence::SpuriousFailure));
}
