//! Idioms that are right, and those that look like them.

use super::build::*;
use super::{checked, if_absent};
use crate::explore::{Actor, Consequence};
use crate::flow::{Condition, ErrorKind, Exit, Operation, Place, Value};

#[test]
fn an_expensive_build_that_is_published_at_once_is_benign() {
    let case = if_absent(|f, p| {
        let temporary = unique_sibling(p);
        f.write(&temporary, TRY);
        f.rename(&temporary, p, TRY)
    });
    case.is_benign(&[Actor::Itself, Actor::ItselfThread, Actor::Reader]);
}

#[test]
fn a_free_name_that_was_looked_for_is_taken_by_two() {
    let case = checked(|f, p| {
        let seen = f.repeat(|f| {
            let seen = f.exists(p);
            f.when(fails(seen), |f| f.exit(Exit::Break(0)));
            seen
        });
        (seen, f.write(p, TRY))
    });
    assert_eq!(
        case.worst(Actor::Creator),
        "data-loss from absent
A check p -> false [absent]
    B create p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
B's content is gone"
    );
    assert_eq!(case.costs(Actor::Itself), [Consequence::DataLoss]);
}

#[test]
fn a_free_name_that_was_created_exclusively_is_ones_own() {
    let case = checked(|f, p| {
        let file = f.repeat(|f| {
            let file = f.open(p, CREATE_NEW, GO_ON);
            f.when(ok(file), |f| f.exit(Exit::Break(0)));
            f.when(failed(file, ErrorKind::AlreadyExists).negated(), |f| {
                f.returns(Value::Failure(Some(file)))
            });
            file
        });
        (file, f.through(file, Operation::Write, p, TRY))
    });
    case.is_benign(&[Actor::Itself, Actor::Creator, Actor::Acquirer]);
}

#[test]
fn a_log_that_two_rotate_loses_the_older_part() {
    let case = checked(|f, p| {
        let size = f.metadata(p, GO_ON);
        let old = p.with_extension(&Place::literal("1"));
        let moved = f.when(Condition::All(vec![ok(size), judged(0, size)]), |f| f.rename(p, &old, TRY));
        f.effect(Operation::Append, p, TRY);
        (size, moved)
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "data-loss from a file
A stat p -> ok [file (initial content)]
    B stat p -> ok [file (initial content)]
    B rename to p[ext=\"1\"] p -> ok [absent]
    B append p -> ok [file (B's content)]
A rename to p[ext=\"1\"] p -> ok [absent]
A append p -> ok [file (A's content)]
what was there before is gone"
    );
}

#[test]
fn appending_beside_a_rotation_loses_nothing() {
    let case = checked(|f, p| {
        let file = f.open(p, crate::flow::OpenFlags { append: true, ..KEEP }, TRY);
        f.drops(file);
        (file, f.through(file, Operation::Append, p, TRY))
    });
    case.is_benign(&[Actor::Itself, Actor::ItselfThread, Actor::Creator, Actor::Replacer]);
}

#[test]
fn two_that_switch_on_and_off_undo_no_removal() {
    let case = checked(|f, p| {
        let seen = f.exists(p);
        let removed = f.when(holds(seen), |f| f.remove(p, GO_ON));
        f.when(holds(seen).negated(), |f| f.write(p, GO_ON));
        (seen, removed)
    });
    assert!(!case.costs(Actor::Itself).contains(&Consequence::LostUpdate));
}
