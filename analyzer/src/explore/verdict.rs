//! What an outcome that no serial order ends in costs.

use super::content::{Content, Contents, Piece, Term};
use super::filesystem::{Kind, Name};
use super::machine::{Seen, effect_bit, index, other};
use super::program::Program;
use super::schedule::{Ended, Outcome, Run};
use super::setup::victim;
use super::{Actor, Consequence, Lane};
use crate::flow::{Domain, ErrorKind, Operation};

/// What the verdict is about.
pub struct Question<'a> {
    pub actor: Actor,
    pub domain: Domain,
    pub program: &'a Program,
    /// Whether the act follows a check.
    pub checked: bool,
    /// Whether that looks at the place.
    pub looked: bool,
    pub target: &'a [Name],
    /// Whether something is there in the beginning.
    pub was_there: bool,
    pub contents: &'a Contents,
    /// What each actor wrote in each serial order, see [`super::machine::State::wrote`].
    pub wrote: &'a [[u64; 2]],
}

/// Something that can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Initial(u16),
    Text(Lane, u16),
}

impl Question<'_> {
    fn itself(&self) -> bool {
        matches!(self.actor, Actor::Itself | Actor::ItselfThread | Actor::ItselfTask | Actor::Task)
    }

    /// The consequence of an outcome and the loss in words; none if a serial order ends in it or nothing breaks. `serials` holds
    /// what the serial orders come to.
    pub fn classify(&self, run: &Run, serials: &[Outcome]) -> Option<(Consequence, String)> {
        let outcome = &run.outcome;
        // What is left is one of two in any order: what was lost is left nowhere.
        if self.domain == Domain::Memory {
            return self.made_twice(run).map(|loss| (Consequence::DoubleOwner, loss));
        }
        if serials.contains(outcome) {
            return None;
        }
        if matches!(self.actor, Actor::Attacker | Actor::Stranger) {
            return self.security(outcome, serials);
        }
        if self.actor == Actor::Crash {
            // A file that is there says nothing of who waits for it.
            if self.domain != Domain::KeyValue {
                return None;
            }
            let left = outcome.at(self.target)?;
            let never = !serials.iter().any(|s| s.at(self.target) == Some(left));
            let loss = "A ends in between, and the key stays for ever: whoever wants it waits in vain";
            return never.then(|| (Consequence::SpuriousFailure, loss.to_owned()));
        }
        if let Some(loss) = self.double_owner(outcome, serials) {
            return Some((Consequence::DoubleOwner, loss));
        }
        // A serial order in which one goes round for ever says no more than what is kept until then: it looks for a free name, say.
        if !serials.iter().all(Outcome::is_complete) {
            let left = self.items(outcome);
            let lost = [Lane::A, Lane::B]
                .into_iter()
                .find(|lane| self.overwritten(*lane, run, serials, &left).is_some());
            return lost.map(|lane| (Consequence::DataLoss, format!("{lane:?}'s content is gone")));
        }
        let corruption =
            |kind| self.corruption(outcome, serials, kind).map(|loss| (Consequence::Corruption, loss));
        self.loss(run, serials)
            .or_else(|| corruption(Kind::File))
            .or_else(|| self.spurious(outcome, serials).map(|loss| (Consequence::SpuriousFailure, loss)))
            .or_else(|| corruption(Kind::Directory))
            .or_else(|| self.added_twice(outcome, serials).map(|loss| (Consequence::Corruption, loss)))
            .or_else(|| self.presence(outcome, serials))
    }

    /// Whether both have added to the file what in every serial order only one of them adds.
    fn added_twice(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<String> {
        if !self.itself() || self.domain != Domain::Files {
            return None;
        }
        let has_both = |outcome: &Outcome| {
            let (Kind::File, content) = outcome.at(self.target)? else { return None };
            let Term::Pieces(pieces) = self.contents.term(content) else { return None };
            let written = |piece: &Piece| match piece {
                Piece::Of(text, _) => match self.contents.term(*text) {
                    Term::Text { lane, effect, .. } => Some((*lane, *effect)),
                    _ => None,
                },
                Piece::Hole => None,
            };
            let written: Vec<_> = pieces.iter().filter_map(written).collect();
            let twice = |(lane, effect): &(Lane, u16)| written.contains(&(other(*lane), *effect));
            written.iter().any(twice).then_some(())
        };
        let twice = has_both(outcome).is_some() && !serials.iter().any(|s| has_both(s).is_some());
        twice.then(|| {
            "both add what in every order of the two only one adds, and it is there twice".to_owned()
        })
    }

    fn security(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<(Consequence, String)> {
        let reached = outcome.at(&victim());
        let loss = if !serials.iter().any(|s| s.at(&victim()) == reached) {
            "A follows B's link and changes a file elsewhere"
        } else if (self.checked || self.makes_all()) && outcome.misled && !serials.iter().any(|s| s.misled) {
            match (self.looked, self.checked) {
                (true, _) => "A takes what B put there for what it had looked at",
                (false, true) => "A takes what B put there for what it had made",
                (false, false) => "A takes what B put there for what it was to make",
            }
        } else if matches!(outcome.seen, Some(Seen::Content(..)))
            && !serials.iter().any(|s| matches!(s.seen, Some(Seen::Content(..))))
        {
            "another user has the file open, and reads whatever is written to it"
        } else {
            return None;
        };
        Some((Consequence::Security, loss.to_owned()))
    }

    /// Whether the act makes a directory unless there is one.
    fn makes_all(&self) -> bool {
        let makes = |operation| matches!(operation, Operation::CreateDir { all: true, .. });
        self.program.effects.iter().any(|effect| effect.is_act && makes(effect.operation))
    }

    /// Whether both have put there what in every serial order only one of them does.
    fn made_twice(&self, run: &Run) -> Option<String> {
        let both = |wrote: &[u64; 2]| wrote.iter().all(|bits| *bits != 0);
        if !both(&run.wrote) || self.wrote.iter().any(both) {
            return None;
        }
        let left = self.contents.writer(run.outcome.at(self.target)?.1)?;
        Some(format!("both make one, and {:?}'s is lost while it may be in use", other(left)))
    }

    fn double_owner(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<String> {
        if !self.itself() && self.actor != Actor::Acquirer {
            return None;
        }
        if outcome.double && !serials.iter().any(|s| s.double) {
            return Some("both believe they hold the lock".to_owned());
        }
        if self.is_taken_unnoticed(outcome, serials) {
            return Some("B takes the lock while it is gone, and A goes on as if it had kept it".to_owned());
        }
        (outcome.stolen && !serials.iter().any(|s| s.stolen))
            .then(|| "the lock that one has just taken is removed by the other".to_owned())
    }

    /// Whether B has what no serial order lets it have, because A lets go of it for a moment, and A tells its caller what it tells where
    /// it keeps it.
    fn is_taken_unnoticed(&self, outcome: &Outcome, serials: &[Outcome]) -> bool {
        self.actor == Actor::Acquirer
            && outcome.ended == [Ended::Ok; 2]
            && serials.iter().all(|s| matches!(s.ended, [_, Ended::Failed(..)]))
            && serials.iter().any(|s| s.ended.first() == Some(&Ended::Ok) && s.told == outcome.told)
    }

    /// Serial outcomes in which both actors ended as in this one.
    fn peers<'s>(&self, outcome: &Outcome, serials: &'s [Outcome]) -> Vec<&'s Outcome> {
        let kind = |ended: &Ended| match ended {
            Ended::Ok => (0, None),
            Ended::Failed(kind, _) => (1, Some(*kind)),
            Ended::Panicked(cause) => (2, cause.map(|(kind, _)| kind)),
            Ended::Never => (3, None),
        };
        serials.iter().filter(|s| s.ended.iter().map(kind).eq(outcome.ended.iter().map(kind))).collect()
    }

    /// Whether only one of the actors knows the path; what is left there is nobody's concern.
    fn is_own(&self, path: &[Name]) -> bool {
        self.program.effects.iter().any(|effect| {
            let [a, b] = &effect.paths;
            a != b && (path.starts_with(a) || path.starts_with(b))
        })
    }

    fn items(&self, outcome: &Outcome) -> Vec<Item> {
        let mut items = Vec::new();
        let kept = outcome.tree.iter().filter(|(path, _)| !self.is_own(path)).map(|(_, found)| found.content);
        for content in kept.chain(outcome.environment.iter().map(|(_, value)| *value)) {
            self.contents.provenance(content, &mut |term| {
                let item = match term {
                    Term::Initial(number) => Item::Initial(*number),
                    Term::Text { lane, effect, .. } => Item::Text(*lane, *effect),
                    _ => return,
                };
                if !items.contains(&item) {
                    items.push(item);
                }
            });
        }
        items
    }

    /// Content that every serial order keeps and that is gone.
    fn loss(&self, run: &Run, serials: &[Outcome]) -> Option<(Consequence, String)> {
        let outcome = &run.outcome;
        let peers = self.peers(outcome, serials);
        let alike = !peers.is_empty();
        let compared: Vec<&Outcome> = if alike { peers } else { serials.iter().collect() };
        let left = self.items(outcome);
        let (first, rest) = compared.split_first()?;
        let others: Vec<Vec<Item>> = rest.iter().map(|s| self.items(s)).collect();
        let mut lost: Vec<Item> = self
            .items(first)
            .into_iter()
            .filter(|item| !left.contains(item) && others.iter().all(|o| o.contains(item)))
            .filter(|item| match item {
                // What one did not write is not lost, and a lock file holds nothing to lose.
                Item::Text(lane, effect) => {
                    run.wrote.get(index(*lane)).is_some_and(|bits| bits & effect_bit(*effect) != 0)
                        && outcome.ended.get(index(*lane)) == Some(&Ended::Ok)
                        && !(self.actor == Actor::Acquirer && *lane == Lane::B)
                }
                Item::Initial(_) => alike,
            })
            .collect();
        if !self.itself() && self.actor != Actor::Acquirer {
            lost.extend(self.overwritten(Lane::B, run, serials, &left));
        }
        let whose = match lost.iter().find(|item| matches!(item, Item::Text(..))).or(lost.first())? {
            Item::Text(lane, _) => Some(*lane),
            Item::Initial(_) => None,
        };
        let survivor = match self.domain {
            Domain::Environment => outcome.variable(self.target),
            _ => outcome.at(self.target).map(|(_, content)| content),
        };
        let derived = survivor.is_some_and(|content| self.contents.is_derived(content));
        Some(match whose {
            Some(lane) if derived => {
                let winner = self.contents.writer(survivor?).unwrap_or(other(lane));
                (
                    Consequence::LostUpdate,
                    format!("{winner:?}'s update is made from what it read before and overwrites {lane:?}'s"),
                )
            }
            // Who has looked at it and then removes or replaces it means to.
            Some(lane) if run.saw.get(index(other(lane))) == Some(&true) => return None,
            Some(lane) => (Consequence::DataLoss, format!("{lane:?}'s content is gone")),
            None if derived => {
                (Consequence::LostUpdate, "what was there before is missing from the result".to_owned())
            }
            None => (Consequence::DataLoss, "what was there before is gone".to_owned()),
        })
    }

    /// What one wrote and believes done, and is gone, though every serial order in which it writes that keeps it. Unlike what all
    /// serial orders end in, this holds too where it writes nothing in one of them because it finds the place taken.
    fn overwritten(&self, lane: Lane, run: &Run, serials: &[Outcome], left: &[Item]) -> Option<Item> {
        let at = index(lane);
        let wrote = run.wrote.get(at).copied().unwrap_or(0);
        if run.outcome.ended.get(at) != Some(&Ended::Ok) {
            return None;
        }
        (0..64u16).filter(|effect| wrote & effect_bit(*effect) != 0).map(|e| Item::Text(lane, e)).find(
            |item| {
                let Item::Text(_, effect) = item else { return false };
                let mut writing = serials
                    .iter()
                    .zip(self.wrote)
                    .filter(|(s, wrote)| {
                        wrote.get(at).is_some_and(|bits| bits & effect_bit(*effect) != 0)
                            && s.ended.get(at) == Some(&Ended::Ok)
                    })
                    .peekable();
                !left.contains(item)
                    && writing.peek().is_some()
                    && writing.all(|(s, _)| self.items(s).contains(item))
            },
        )
    }

    /// Half, mixed or emptied content where no serial order shows it: in files and in what is read, or in directories.
    fn corruption(&self, outcome: &Outcome, serials: &[Outcome], looked_for: Kind) -> Option<String> {
        if looked_for == Kind::File
            && let Some(Seen::Content(kind, content)) = outcome.seen
            && self.contents.is_torn(content)
            && !serials.iter().any(|s| s.seen == outcome.seen)
        {
            let what = match kind {
                Kind::Directory => "an incomplete directory",
                _ if content == Content::EMPTY => "an empty file",
                _ => "a half-written file",
            };
            return Some(format!("B reads {what}"));
        }
        if self.actor == Actor::Visitor
            && let Some(Seen::Content(Kind::Directory, found)) = outcome.seen
            && self.contents.lacks_something(found)
            && !serials.iter().any(|s| s.seen == outcome.seen)
        {
            return Some("B takes an incomplete directory for a complete one".to_owned());
        }
        if let Some(astray) = self.passing(outcome, serials).or_else(|| self.misplaced(outcome, serials)) {
            return Some(astray);
        }
        let torn = outcome.tree.iter().find(|entry| {
            entry.1.kind == looked_for
                && self.contents.is_torn(entry.1.content)
                && !serials.iter().any(|s| s.tree.contains(entry))
                && !self.is_own(&entry.0)
        })?;
        Some(match self.contents.term(torn.1.content) {
            Term::Text { .. } => "what is left was made from a half-written file".to_owned(),
            _ if looked_for == Kind::Directory => "the directory is left incomplete".to_owned(),
            _ => format!("the file is left {}", self.contents.describe(torn.1.content)),
        })
    }

    /// What a thread sees of the process' own state while another has it changed for a while.
    fn passing(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<String> {
        if serials.iter().any(|s| s.seen == outcome.seen) {
            return None;
        }
        let what = match (self.domain, outcome.seen?) {
            (Domain::Environment, Seen::Changed) => "has the variable changed in the middle of its work",
            (Domain::WorkingDirectory, Seen::Changed) => {
                "has its relative paths lead to another directory in the middle of its work"
            }
            (Domain::Mask, Seen::Changed) => "makes some files under another mask than the rest",
            (Domain::Environment, Seen::Content(..)) => "reads a value that is set for a while only",
            (Domain::Environment, Seen::Failure(_)) => {
                "finds the variable unset, which it is for a while only"
            }
            (Domain::WorkingDirectory, Seen::Standing(_)) => {
                "runs in a directory that is the working directory for a while only"
            }
            (Domain::Mask, Seen::Mask { .. }) => "makes files under a mask that is set for a while only",
            _ => return None,
        };
        Some(format!("B {what}"))
    }

    /// What was written to a relative path while another thread had changed the directory.
    fn misplaced(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<String> {
        if self.domain != Domain::WorkingDirectory {
            return None;
        }
        let written = |path: &[Name], outcome: &Outcome| match self.contents.term(outcome.at(path)?.1) {
            Term::Text { lane, effect, .. } => Some((*lane, *effect)),
            _ => None,
        };
        outcome.tree.iter().find_map(|(path, _)| {
            let (lane, effect) = written(path, outcome)?;
            (!serials.iter().any(|s| written(path, s) == Some((lane, effect))))
                .then(|| format!("what {lane:?} writes ends in another directory"))
        })
    }

    /// A failure of the check or the act that no serial order has.
    fn spurious(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<String> {
        if let Some(Seen::Failure(kind)) = outcome.seen
            && !serials.iter().any(|s| s.seen == outcome.seen)
        {
            return Some(format!("B fails with {kind} although the place is there before and after"));
        }
        for lane in [Lane::A, Lane::B] {
            if lane == Lane::B && !self.itself() {
                continue;
            }
            let Some(ended) = outcome.ended.get(index(lane)) else { continue };
            let Some((kind, origin)) = ended.failure() else { continue };
            let counts = self.program.effect(origin).is_some_and(|effect| effect.counts);
            // Where a serial order fails too, in whatever way short of a panic, the failure is one that the caller expects.
            let panics = |ended: &Ended| matches!(ended, Ended::Panicked(_));
            let expected = serials.iter().any(|s| {
                s.ended.iter().enumerate().any(|(at, other)| {
                    (at == index(lane) || self.itself())
                        && *other != Ended::Ok
                        && panics(other) == panics(ended)
                })
            });
            // Who does not wait for a lock expects to be turned away.
            if counts && !expected && kind != ErrorKind::WouldBlock {
                if self.actor == Actor::Task {
                    let who = if lane == Lane::A { "the function" } else { "the started work" };
                    return Some(format!(
                        "{who} fails with {kind}, which it does not where the work ends first"
                    ));
                }
                let although = match kind {
                    ErrorKind::NotFound if self.looked => "although its check had found the place",
                    ErrorKind::AlreadyExists if self.looked => "although its check had found nothing",
                    _ => "although nothing is wrong",
                };
                return Some(format!("{lane:?} fails with {kind} {although}"));
            }
        }
        None
    }

    /// Something is there, or not, as after no serial order.
    fn presence(&self, outcome: &Outcome, serials: &[Outcome]) -> Option<(Consequence, String)> {
        let peers = self.peers(outcome, serials);
        if peers.is_empty() {
            return None;
        }
        let kind = |o: &Outcome| o.at(self.target).map(|(kind, _)| kind);
        let now = kind(outcome);
        if peers.iter().any(|p| kind(p) == now) {
            return None;
        }
        let emptied = peers.iter().all(|p| kind(p).is_none());
        match now {
            None => Some((Consequence::DataLoss, "nothing is left of what both wrote".to_owned())),
            Some(_) if emptied && self.was_there => {
                Some((Consequence::LostUpdate, "the removal is undone".to_owned()))
            }
            // Where nothing was, nothing is missed: each order of the two has one remove what the other has made.
            Some(_) if emptied => None,
            Some(_) => {
                Some((Consequence::Corruption, "the place is left as another kind of object".to_owned()))
            }
        }
    }
}
