//! Work that the function itself starts and that runs beside the rest of it.

use super::build::*;
use super::{Case, checked};
use crate::explore::{Actor, Consequence};
use crate::flow::{Operation, Place, ResultId};

/// Starts work on a file below the directory, waits for it or not, and removes the directory.
fn cleaned_up(joined: bool, work: impl FnOnce(&mut Build, &Place) -> ResultId) -> Case {
    checked(|f, d| {
        f.mkdir_all(d, TRY);
        let file = d.join(&Place::literal("part"));
        let (task, used) = f.spawn(|f| work(f, &file));
        if joined {
            f.join(task);
        }
        (used, f.remove_tree(d, TRY))
    })
}

#[test]
fn a_directory_is_removed_while_a_task_still_uses_it() {
    let case = cleaned_up(false, |f, file| f.write(file, TRY));
    assert_eq!(
        case.worst(Actor::Task),
        "spurious-failure from absent
A create directories p -> ok [directory (A's content)]
A remove tree p -> ok [absent]
    B write p/\"part\" -> NotFound [absent]
the started work fails with NotFound, which it does not where the work ends first"
    );
    let appending = cleaned_up(false, |f, file| f.effect(Operation::Append, file, UNWRAP));
    assert!(appending.costs(Actor::Task).contains(&Consequence::SpuriousFailure));
}

#[test]
fn a_task_that_is_waited_for_is_done() {
    cleaned_up(true, |f, file| f.write(file, TRY)).is_benign(&[Actor::Task]);
}

#[test]
fn a_task_that_uses_something_else_is_let_alone() {
    let case = checked(|f, d| {
        let (_, used) = f.spawn(|f| f.write(&param(1, "elsewhere"), TRY));
        (used, f.remove_tree(d, GO_ON))
    });
    case.is_benign(&[Actor::Task]);
}

#[test]
fn a_task_and_its_starter_lose_each_others_updates() {
    let case = |locked: bool| {
        checked(|f, p| {
            let rewrite = |f: &mut Build| {
                f.call(TRY, |f| {
                    if locked {
                        let guard = f.mutex(&Place::literal("LOCK"));
                        f.drops(guard);
                    }
                    let text = f.read(p, TRY);
                    f.write_from(p, &[text], TRY)
                })
                .1
            };
            let (_, theirs) = f.spawn(rewrite);
            (theirs, rewrite(f))
        })
    };
    assert_eq!(
        case(false).worst(Actor::Task),
        "lost-update from a file
A read p -> ok [file (initial content)]
    B read p -> ok [file (initial content)]
    B write p -> ok [file (B's content)]
A write p -> ok [file (A's content)]
A's update is made from what it read before and overwrites B's"
    );
    case(true).is_benign(&[Actor::Task]);
}
