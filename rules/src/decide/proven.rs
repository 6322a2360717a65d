//! A race that the explorer has found, and what the rules make of it.

use crate::confidence::Reason;
use crate::finding::Confidence;
use crate::rule::Rule;
use fsrace_analyzer::explore::{Actor, Consequence, Race, Script, Witness};

/// A race that was found, with what it is worth.
pub struct Proven {
    pub race: Race,
    pub reason: Reason,
    pub confidence: Confidence,
    pub reasons: Vec<String>,
    pub bounded: bool,
}

impl Proven {
    /// Neither race nor benign: the bound was hit before either was shown.
    pub fn undecided(rule: &Rule, actor: Actor) -> Self {
        let consequence = rule.consequences.last().copied().unwrap_or(Consequence::SpuriousFailure);
        let loss = "not decided: exploring hit its bound".to_owned();
        let witness = Witness {
            actor,
            initial: "unknown".to_owned(),
            steps: Vec::new(),
            loss: loss.clone(),
            failures: Vec::new(),
            script: Script::default(),
        };
        Proven {
            race: Race { consequence, reached: true, witness },
            reason: Reason::None,
            confidence: Confidence::Low,
            reasons: vec![loss],
            bounded: true,
        }
    }

    pub fn rank(&self) -> impl Ord + use<> {
        (self.confidence >= Confidence::Medium, self.race.consequence, self.confidence)
    }
}
