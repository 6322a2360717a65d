//! Control flow, unknowns, slicing and relations of places.

use super::build::*;
use super::{Case, EVERYBODY, checked, if_absent, if_present, unchecked};
use crate::explore::{Actor, Consequence};
use crate::flow::{Condition, ErrorKind, Exit, OpenFlags, Operation, Place, PlaceKind, RemoveKind, Value};

#[test]
fn an_early_return_is_a_guard() {
    let case = checked(|f, p| {
        let seen = f.exists(p);
        f.when(holds(seen), |f| f.returns(Value::Opaque));
        (seen, f.mkdir(p, TRY))
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn a_helper_that_checks_is_a_check() {
    let case = checked(|f, p| {
        let (seen, inner) = f.call(GO_ON, |f| {
            let inner = f.exists(p);
            f.returns(Value::Condition(holds(inner).negated()));
            inner
        });
        (inner, f.when(holds(seen), |f| f.mkdir(p, TRY)))
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn a_failure_passes_through_calls() {
    let case = if_present(|f, p| {
        let (_, act) = f.call(TRY, |f| f.call(TRY, |f| f.remove(p, TRY)).1);
        act
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
    // A caller that ignores what the helper returns has nothing to lose.
    if_present(|f, p| f.call(GO_ON, |f| f.remove(p, TRY)).1).is_benign(&EVERYBODY);
}

#[test]
fn unknown_decisions_are_taken_so_that_the_act_is_reached() {
    let case = checked(|f, p| {
        f.when(unknown(0), |f| f.returns(Value::Failure(None)));
        let seen = f.exists(p);
        let act = f.when(Condition::All(vec![fails(seen), unknown(1)]), |f| f.mkdir(p, TRY));
        f.either(unknown(2), |f| f.read(&param(3, "elsewhere"), TRY), |_| ());
        (seen, act)
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn a_loop_over_unknown_items_ends() {
    let case = checked(|f, p| {
        f.repeat(|f| {
            f.when(unknown(0), |f| f.exit(Exit::Break(0)));
            let seen = f.exists(p);
            (seen, f.when(fails(seen), |f| f.mkdir(p, TRY)))
        })
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn a_loop_that_nothing_leaves_is_run_once() {
    let case = checked(|f, p| {
        f.repeat(|f| {
            let seen = f.exists(p);
            (seen, f.when(holds(seen), |f| f.remove(p, TRY)))
        })
    });
    assert_eq!(case.costs(Actor::Remover), [Consequence::SpuriousFailure]);
}

#[test]
fn retrying_until_created_is_benign() {
    let case = unchecked(|f, p| {
        f.repeat(|f| {
            let made = f.mkdir(p, GO_ON);
            f.when(ok(made), |f| f.exit(Exit::Break(0)));
            f.when(failed(made, ErrorKind::AlreadyExists), |f| f.exit(Exit::Break(0)));
            made
        })
    });
    case.is_benign(&EVERYBODY);
}

#[test]
fn effects_elsewhere_do_not_matter() {
    let case = checked(|f, p| {
        let elsewhere = param(1, "elsewhere");
        for _ in 0..50 {
            let seen = f.exists(&elsewhere);
            f.when(holds(seen), |f| f.write(&elsewhere, TRY));
        }
        let seen = f.exists(p);
        (seen, f.when(fails(seen), |f| f.mkdir(p, TRY)))
    });
    let found = case.ask().beside(Actor::Itself);
    assert!(found.states < 30, "{} states", found.states);
    assert_eq!(found.races.len(), 1);
}

#[test]
fn a_handle_is_no_second_lookup() {
    // open, then fstat, then read: nobody can come between.
    let read_only = OpenFlags { read: true, ..OpenFlags::default() };
    let case = checked(|f, p| {
        let file = f.open(p, read_only, GO_ON);
        f.when(ok(file).negated(), |f| f.returns(Value::Opaque));
        f.drops(file);
        let looked = f.through(file, Operation::Check(crate::flow::Check::Metadata), p, TRY);
        (looked, f.through(file, Operation::Read, p, TRY))
    });
    case.is_benign(&EVERYBODY);
}

#[test]
fn a_private_place_has_no_race() {
    let place = Place::new(PlaceKind::Private(0)).join(&Place::literal("x"));
    let (body, (check, act)) = Build::function(|f| {
        let seen = f.exists(&place);
        (seen, f.when(fails(seen), |f| f.mkdir(&place, TRY)))
    });
    Case { body, place, check: Some(check), act }.is_benign(&[Actor::Itself]);
}

#[test]
fn a_released_lock_protects_nothing_after_it() {
    let case = checked(|f, p| {
        let name = p.with_extension(&Place::literal("lock"));
        let file = f.open(&name, KEEP, TRY);
        f.flock(file, &name);
        f.drops(file);
        let read = f.read(p, TRY);
        f.release(file);
        (read, f.write_from(p, &[read], TRY))
    });
    assert_eq!(case.costs(Actor::Itself).first(), Some(&Consequence::LostUpdate));
}

#[test]
fn a_check_of_a_directory_guards_what_is_below_it() {
    // if !dir.exists() { mkdir(dir)? } write(dir/x): the directory is the place.
    let case = checked(|f, p| {
        let seen = f.exists(p);
        let act = f.when(fails(seen), |f| f.mkdir(p, TRY));
        f.write(&p.join(&Place::literal("x")), TRY);
        (seen, act)
    });
    let costs = case.costs(Actor::Itself);
    assert!(costs.contains(&Consequence::SpuriousFailure), "{costs:?}");
}

#[test]
fn removing_a_lock_that_the_other_has_taken_is_noticed() {
    // let taken = create_new(p); work; remove(p): the one that failed removes the other's lock.
    let case = unchecked(|f, p| {
        f.open(p, CREATE_NEW, GO_ON);
        f.remove(p, GO_ON)
    });
    assert_eq!(case.costs(Actor::Itself).first(), Some(&Consequence::DoubleOwner));
}

#[test]
fn an_existing_parent_costs_no_switches() {
    let case = checked(|f, p| {
        f.mkdir_all(&p.parent(), TRY);
        let seen = f.exists(p);
        (seen, f.when(fails(seen), |f| f.mkdir(p, TRY)))
    });
    let found = case.ask().beside(Actor::Itself);
    assert!(found.states < 30, "{} states", found.states);
    assert_eq!(case.worst(Actor::Itself).lines().count(), 6);
}

#[test]
fn a_directory_that_must_not_be_there_is_made_in_both() {
    // mkdir(parent)?; mkdir(parent/x)? only comes to the act where the parent is missing.
    let parent = param(0, "dir");
    let place = parent.join(&Place::literal("x"));
    let (body, (check, act)) = Build::function(|f| {
        f.mkdir(&parent, TRY);
        let seen = f.exists(&place);
        (seen, f.when(fails(seen), |f| f.mkdir(&place, TRY)))
    });
    let case = Case { body, place, check: Some(check), act };
    assert_eq!(case.costs(Actor::Creator), [Consequence::SpuriousFailure]);
}

#[test]
fn an_update_of_stale_content_is_not_repeated_on_fresh_content() {
    // if outdated(read(p)) { write unique temp; rename }
    let case = checked(|f, p| {
        let text = f.read(p, TRY);
        let temporary = unique_sibling(p);
        let act = f.when(judged(0, text), |f| {
            f.write(&temporary, TRY);
            f.rename(&temporary, p, TRY)
        });
        (text, act)
    });
    case.is_benign(&[Actor::Itself, Actor::Reader]);
}

#[test]
fn formatted_names_are_siblings_and_children() {
    let directory = param(0, "dir");
    let slash = Place::new(PlaceKind::Concat(vec![directory.clone(), Place::literal("/x")]));
    let joined = directory.join(&Place::literal("x"));
    let (body, (check, act)) = Build::function(|f| {
        let seen = f.exists(&slash);
        (seen, f.when(fails(seen), |f| f.mkdir(&joined, TRY)))
    });
    let case = Case { body, place: slash, check: Some(check), act };
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn populating_a_directory_that_a_check_missed_tears() {
    let case = checked(|f, p| {
        let seen = f.exists(p);
        (seen, f.when(fails(seen), |f| f.effect(Operation::Populate { fresh: false }, p, TRY)))
    });
    assert_eq!(case.costs(Actor::Reader), [Consequence::Corruption]);
    assert_eq!(case.costs(Actor::Creator).first(), Some(&Consequence::DataLoss));
}

#[test]
fn removing_an_empty_directory_after_a_check_fails_beside_itself() {
    let case = if_present(|f, p| f.effect(Operation::Remove(RemoveKind::Dir), p, TRY));
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn a_body_without_the_place_is_benign() {
    let (body, act) = Build::function(|f| f.write(&param(1, "elsewhere"), TRY));
    Case { body, place: param(0, "p"), check: None, act }.is_benign(&EVERYBODY);
}

#[test]
fn a_leftover_of_ones_own_is_nobodys_concern() {
    // The temporary of the one that comes late stays behind.
    let case = checked(|f, p| {
        let seen = f.exists(p);
        let act = f.when(fails(seen), |f| {
            let temporary = unique_sibling(p);
            let file = f.open(&temporary, CREATE_NEW, TRY);
            f.drops(file);
            f.through(file, Operation::Write, &temporary, TRY);
            f.through(file, Operation::Truncate, &temporary, TRY);
            let act = f.to(Operation::Rename { replace: false }, &temporary, p, GO_ON);
            f.when(ok(act), |f| f.returns(Value::Opaque));
            act
        });
        f.read(p, TRY);
        (seen, act)
    });
    case.is_benign(&[Actor::Itself, Actor::ItselfThread, Actor::Reader, Actor::Creator]);
}

#[test]
fn removing_what_one_has_seen_is_no_loss() {
    // if open(p) fails { if exists(p) { remove(p) } mkdir(p) }: what appeared in between is looked at before it goes.
    let case = checked(|f, p| {
        let opened = f.effect(Operation::ReadDir, p, GO_ON);
        let act = f.when(ok(opened).negated(), |f| {
            let seen = f.exists(p);
            f.when(holds(seen), |f| f.remove_tree(p, GO_ON));
            f.mkdir(p, TRY)
        });
        (opened, act)
    });
    assert!(!case.costs(Actor::Creator).contains(&Consequence::DataLoss));
}

#[test]
fn what_comes_without_a_gap_is_not_the_looks_fault() {
    // Both write in place whatever the look has found, so they mix however close it stands to the removal.
    let case = checked(|f, p| {
        let seen = f.exists(p);
        let act = f.when(holds(seen), |f| f.remove(p, GO_ON));
        f.write(p, TRY);
        (seen, act)
    });
    assert!(case.costs(Actor::Itself).contains(&Consequence::Corruption));
    assert!(case.ask().of_gap(Actor::Itself).is_empty());
}

#[test]
fn what_comes_of_the_gap_stays() {
    let case = if_present(|f, p| f.remove(p, TRY));
    assert_eq!(case.ask().of_gap(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn who_writes_whatever_is_there_does_not_go_by_the_look() {
    let case = checked(|f, p| {
        let seen = f.exists(p);
        f.when(Condition::All(vec![holds(seen), unknown(0).negated()]), |f| f.returns(Value::Opaque));
        let act = f.when(unknown(0), |f| f.write(p, TRY));
        (seen, act)
    });
    assert!(case.costs(Actor::Itself).contains(&Consequence::Corruption));
    assert!(case.ask().of_gap(Actor::Itself).is_empty());
    // Who writes only where there is nothing does.
    let careful = if_absent(|f, p| f.write(p, TRY));
    assert!(!careful.ask().of_gap(Actor::Itself).is_empty());
}

#[test]
fn a_number_of_tries_leaves_room_for_the_second() {
    // Each try takes the lock, or clears away one whose owner is gone.
    let case = |tries: bool| {
        checked(move |f, p| {
            f.repeat(|f| {
                if tries {
                    f.when(unknown(0).negated(), |f| f.exit(Exit::Break(0)));
                }
                let exclusive = OpenFlags { write: true, create_new: true, ..OpenFlags::default() };
                let taken = f.open(p, exclusive, GO_ON);
                f.when(ok(taken), |f| f.returns(Value::Success(Box::new(Value::Opaque))));
                let owner = f.read(p, TRY);
                f.when(judged(1, owner).negated(), |f| f.returns(Value::Failure(None)));
                let act = f.remove(p, GO_ON);
                f.when(unknown(2), |f| f.exit(Exit::Continue(0)));
                f.returns(Value::Failure(None));
                (owner, act)
            })
        })
    };
    for tries in [false, true] {
        assert!(case(tries).costs(Actor::Itself).contains(&Consequence::DoubleOwner), "{tries}");
    }
}

#[test]
fn a_last_look_says_nothing_of_what_there_was_to_do() {
    let case = checked(|f, p| {
        let seen = f.metadata(p, GO_ON);
        let act = f
            .either(
                ok(seen),
                |f| {
                    let again = f.metadata(p, TRY);
                    f.when(judged(0, again).negated(), |f| f.returns(Value::Failure(None)));
                },
                |f| f.mkdir(p, TRY),
            )
            .1;
        (seen, act)
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}

#[test]
fn nothing_in_a_success_is_told_from_something() {
    let success = |value| Value::Success(Box::new(value));
    let case = |wanted: bool| {
        checked(move |f, p| {
            let (found, inner) = f.call(TRY, |f| {
                let inner = f.exists(p);
                f.when(fails(inner), |f| f.returns(success(Value::Failure(None))));
                f.returns(success(success(Value::Opaque)));
                inner
            });
            let condition = if wanted { fails(found) } else { holds(found) };
            (inner, f.when(condition, |f| f.mkdir(p, TRY)))
        })
    };
    assert_eq!(case(true).costs(Actor::Itself), [Consequence::SpuriousFailure]);
    case(false).is_benign(&[Actor::Itself]);
}
