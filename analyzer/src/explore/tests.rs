//! What the explorer must decide: the rows of the design's table.

use super::testing::*;
use super::{Actor, Consequence};
use crate::flow::{Block, Condition, ErrorKind, Exit, OnFailure, Operation, Place, ResultId, Value};

const EVERYBODY: [Actor; 8] = [
    Actor::Itself,
    Actor::ItselfThread,
    Actor::Creator,
    Actor::Remover,
    Actor::Replacer,
    Actor::Updater,
    Actor::Reader,
    Actor::Acquirer,
];

fn p() -> Place {
    param(0, "p")
}

#[test]
fn show() {
    let p = p();
    let (body, (check, act)) = Build::function(|f| {
        let seen = f.exists(&p);
        (seen, f.when(fails(seen), |f| f.mkdir(&p, TRY)))
    });
    let ask = Ask { body: &body, place: &p, check: Some(check), act };
    println!("{}", ask.worst(Actor::Itself));
    let (body, (check, act)) = Build::function(|f| {
        let seen = f.exists(&p);
        (seen, f.when(fails(seen), |f| f.write(&p, TRY)))
    });
    let ask = Ask { body: &body, place: &p, check: Some(check), act };
    for actor in EVERYBODY {
        for race in ask.beside(actor).races {
            println!("--- {actor:?} {}", tell(&race));
        }
    }
}
